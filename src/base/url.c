/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* URLs: resolving, taking apart, percent-encoding. */
#include "base/url.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <locale.h>
#include <string.h>
#include <strings.h>

#define HOST_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

/* Whether a reference has a scheme. */
static bool names_scheme(const char *s)
{
    if (!isalpha((unsigned char)*s))
        return false;
    while (isalnum((unsigned char)*s) || *s == '+' || *s == '-' || *s == '.')
        s++;
    return *s == ':';
}

/* curl resolves everything but a lone fragment, which it appends to the base's folder. */
static char *resolve_relative(struct arena *arena, const char *base, const char *reference)
{
    size_t page_len = strcspn(base, "#");
    if (page_len > URL_MAX)
        return NULL;
    char *page = arena_copy_n(arena, base, page_len), *value = NULL, *url = NULL;
    if (*reference == '#' || *reference == '\0')
        return arena_format(arena, "%s%s", page, reference);
    CURLU *u = curl_url();
    if (curl_url_set(u, CURLUPART_URL, page, 0) == CURLUE_OK &&
        curl_url_set(u, CURLUPART_URL, reference, CURLU_ALLOW_SPACE) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_URL, &value, 0) == CURLUE_OK)
        url = arena_copy(arena, value);
    curl_free(value);
    curl_url_cleanup(u);
    return url;
}

static bool has_scheme(const char *url, const char *scheme)
{
    size_t n = strlen(scheme);
    return strncasecmp(url, scheme, n) == 0 && strncmp(url + n, "://", 3) == 0;
}

/* `len` bytes of a host as DNS has it, in ASCII. NULL: there is no such host. */
static char *to_ascii(struct arena *arena, const char *host, size_t len)
{
    char *url = arena_format(arena, "https://%.*s/", (int)len, host), *converted = NULL;
    /* libcurl reads the host in the locale's encoding, and the program's locale has only ASCII. */
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), own = uselocale(utf8);
    CURLU *u = curl_url();
    /* libcurl 7.88 returns a host it cannot convert as it is, and reports that memory ran out. */
    if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
        curl_url_get(u, CURLUPART_HOST, &converted, CURLU_PUNYCODE);
    if (utf8) {
        uselocale(own);
        freelocale(utf8);
    }
    /* The conversion can produce characters that no host may have. */
    bool usable = converted && !converted[strspn(converted, HOST_LETTERS)];
    char *ascii = usable ? arena_copy(arena, converted) : NULL;
    curl_free(converted);
    curl_url_cleanup(u);
    return ascii;
}

/* The URL with the host of a web URL as DNS has it, if it has letters outside ASCII or "%XX", as
 * browsers do. NULL: there is no such host. */
static char *settle_host(struct arena *arena, char *url)
{
    size_t len, plain = 0;
    const char *host = url_host(url, &len);
    while (plain < len && host[plain] != '%' && isascii((unsigned char)host[plain]))
        plain++;
    if (plain == len || !(has_scheme(url, "http") || has_scheme(url, "https")))
        return url;
    const char *port = memchr(host, ':', len), *rest = port ? port : host + len;
    char *ascii = to_ascii(arena, host, (size_t)(rest - host));
    return ascii ? arena_format(arena, "%.*s%s%s", (int)(host - url), url, ascii, rest) : NULL;
}

char *url_resolve(struct arena *arena, const char *base, const char *reference)
{
    static const char space[] = " \t\r\n\f";
    reference += strspn(reference, space);
    size_t len = strlen(reference);
    while (len > 0 && strchr(space, reference[len - 1]))
        len--;
    if (len > URL_MAX)
        return NULL;
    char *url = arena_copy_n(arena, reference, len);
    if (!names_scheme(url))
        url = resolve_relative(arena, base, url);
    return url ? settle_host(arena, url) : NULL;
}

bool url_is_https(const char *url)
{
    return has_scheme(url, "https");
}

const char *url_host(const char *url, size_t *len)
{
    const char *slashes = strstr(url, "://"), *host = slashes ? slashes + 3 : url;
    *len = slashes ? strcspn(host, "/?#") : 0;
    for (size_t i = *len; i-- > 0;)
        if (host[i] == '@') {
            *len -= i + 1;
            return host + i + 1;
        }
    return host;
}

const char *url_path(const char *url, size_t *len)
{
    size_t host_len;
    const char *path = url_host(url, &host_len) + host_len;
    *len = host_len ? strcspn(path, "?#") : 0;
    return path;
}

bool url_has_login(const char *url)
{
    const char *host = strstr(url, "//");
    host = host ? host + 2 : url;
    return memchr(host, '@', strcspn(host, "/?#"));
}

bool url_is_web(const char *url)
{
    size_t len;
    const char *host = url_host(url, &len);
    for (size_t i = 0; i < len; i++)
        if (host[i] <= ' ' && host[i] >= 0)
            return false;
    return (has_scheme(url, "http") || url_is_https(url)) && len > 0 && *host != ':' &&
           *host != '%' && strlen(url) <= URL_MAX;
}

/* libcurl will connect, so what it takes for the host counts. */
bool url_is_loopback(const char *url)
{
    char *host = NULL;
    CURLU *u = curl_url();
    bool known = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
                 curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK;
    bool loopback =
        known && (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
                  (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host)));
    curl_free(host);
    curl_url_cleanup(u);
    return loopback;
}

static bool is_private_address(uint32_t address)
{
    static const struct {
        uint32_t network;
        int bits;
    } networks[] = {{0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},
                    {0xA9FE0000, 16}, {0xAC100000, 12}, {0xC0A80000, 16}};
    for (size_t i = 0; i < COUNT(networks); i++)
        if ((address ^ networks[i].network) >> (32 - networks[i].bits) == 0)
            return true;
    return false;
}

static bool is_private_address6(const struct in6_addr *address)
{
    uint32_t last;
    memcpy(&last, address->s6_addr + 12, sizeof last);
    return IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address) ||
           IN6_IS_ADDR_LINKLOCAL(address) || (address->s6_addr[0] & 0xFE) == 0xFC ||
           (IN6_IS_ADDR_V4MAPPED(address) && is_private_address(ntohl(last)));
}

/* Whether a name is the domain or lies in it. */
static bool is_in_domain(const char *name, const char *domain)
{
    size_t len = strlen(name), n = strlen(domain);
    return len >= n && strcasecmp(name + len - n, domain) == 0 &&
           (len == n || name[len - n - 1] == '.');
}

bool url_is_private(const char *url)
{
    static const char *const domains[] = {"localhost", "localdomain", "local",     "internal",
                                          "intranet",  "lan",         "home.arpa", "test"};
    char host[256];
    size_t len;
    const char *start = url_host(url, &len);
    bool brackets = *start == '[';
    size_t n = strcspn(start + brackets, brackets ? "]%/?#" : ":/?#");
    n = n > 0 && start[brackets + n - 1] == '.' ? n - 1 : n;
    if (!len || !n || n >= sizeof host)
        return false;
    memcpy(host, start + brackets, n);
    host[n] = '\0';
    struct in_addr address;
    struct in6_addr address6;
    if (brackets)
        return inet_pton(AF_INET6, host, &address6) == 1 && is_private_address6(&address6);
    if (inet_aton(host, &address))
        return is_private_address(ntohl(address.s_addr));
    for (size_t i = 0; i < COUNT(domains); i++)
        if (is_in_domain(host, domains[i]))
            return true;
    return !strchr(host, '.');
}

char *url_encode(struct arena *arena, const char *s)
{
    struct buf out = BUF_INIT(arena, 3 * TEXT_MAX);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (isalnum(c) || strchr("-._~", c))
            buf_addc(&out, *s);
        else
            buf_addf(&out, "%%%02X", c);
    }
    return buf_str(&out);
}

/* The length of a path without the view of a pull request: "/pull/12/files". */
static size_t drop_view(const char *path, size_t len)
{
    static const char *const views[] = {"/files", "/commits", "/checks"};
    for (size_t i = 0; i < COUNT(views); i++) {
        size_t n = strlen(views[i]), number = len - n;
        if (len <= n || memcmp(path + len - n, views[i], n) != 0)
            continue;
        while (number > 0 && isdigit((unsigned char)path[number - 1]))
            number--;
        return number >= 6 && memcmp(path + number - 6, "/pull/", 6) == 0 ? len - n : len;
    }
    return len;
}

char *url_key(struct arena *arena, const char *url)
{
    const char *resolved = url_resolve(arena, "", url), *s = resolved ? resolved : url;
    const char *slashes = strstr(s, "://");
    s = slashes ? slashes + 3 : s + strspn(s, " ");
    s += text_starts_fold(s, "www.") ? 4 : 0;
    size_t len = strcspn(s, "?#");
    const char *rest = s + len;
    while (len && (s[len - 1] == '/' || s[len - 1] == ' '))
        len--;
    if (len > 4 && text_starts_fold(s + len - 4, ".git"))
        len -= 4;
    struct buf key = BUF_INIT(arena, 2 * TEXT_MAX);
    buf_add(&key, s, drop_view(s, len));
    char joint = '?';
    for (size_t n; *rest == '?' || *rest == '&'; rest += n) {
        n = 1 + strcspn(rest + 1, "&#");
        if (strncmp(rest + 1, "utm_", 4) == 0)
            continue;
        buf_addc(&key, joint);
        buf_add(&key, rest + 1, n - 1);
        joint = '&';
    }
    buf_adds(&key, rest);
    for (char *c = buf_str(&key); *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return buf_str(&key);
}

char *url_page_key(struct arena *arena, const char *url)
{
    return url_key(arena, arena_copy_n(arena, url, strcspn(url, "#")));
}
