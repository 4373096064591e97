/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* URLs: resolve, take apart, percent-encode. */
#include "url.h"

#include "buf.h"
#include "text.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whether a reference names its scheme. */
static bool names_scheme(const char *s)
{
    if (!isalpha((unsigned char)*s))
        return false;
    while (isalnum((unsigned char)*s) || *s == '+' || *s == '-' || *s == '.')
        s++;
    return *s == ':';
}

/* curl resolves everything but a lone fragment, which it hangs below the base's folder. */
static bool resolve_relative(const char *base, const char *reference, char **url)
{
    struct buf page = BUF_INIT(URL_MAX), out = BUF_INIT(2 * URL_MAX);
    CURLU *u = NULL;
    CURLUcode code = CURLUE_OK;
    char *value = NULL;
    buf_add(&page, base, strcspn(base, "#"));
    if (*reference == '#' || *reference == '\0') {
        buf_adds(&out, buf_str(&page));
        buf_adds(&out, reference);
    } else if (!(u = curl_url())) {
        code = CURLUE_OUT_OF_MEMORY;
    } else if ((code = curl_url_set(u, CURLUPART_URL, buf_str(&page), 0)) == CURLUE_OK &&
               (code = curl_url_set(u, CURLUPART_URL, reference, CURLU_ALLOW_SPACE)) == CURLUE_OK &&
               (code = curl_url_get(u, CURLUPART_URL, &value, 0)) == CURLUE_OK) {
        buf_adds(&out, value);
    }
    bool memory =
        code != CURLUE_OUT_OF_MEMORY && page.failed == page.full && out.failed == out.full;
    if (memory && code == CURLUE_OK && !page.full && !out.full)
        memory = (*url = buf_take(&out));
    curl_free(value);
    curl_url_cleanup(u);
    buf_finish(&page);
    buf_finish(&out);
    return memory;
}

bool url_resolve(const char *base, const char *reference, char **url)
{
    static const char space[] = " \t\r\n\f";
    *url = NULL;
    reference += strspn(reference, space);
    size_t len = strlen(reference);
    while (len > 0 && strchr(space, reference[len - 1]))
        len--;
    if (len > URL_MAX)
        return true;
    char *trimmed = strndup(reference, len);
    if (!trimmed)
        return false;
    if (names_scheme(trimmed)) {
        *url = trimmed;
        return true;
    }
    bool done = resolve_relative(base, trimmed, url);
    free(trimmed);
    return done;
}

static bool has_scheme(const char *url, const char *scheme)
{
    size_t n = strlen(scheme);
    return strncasecmp(url, scheme, n) == 0 && strncmp(url + n, "://", 3) == 0;
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

/* What the library that will connect takes for the host decides. */
bool url_is_loopback(const char *url, bool *loopback)
{
    char *host = NULL;
    CURLU *u = curl_url();
    CURLUcode code = u ? curl_url_set(u, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK)
        code = curl_url_get(u, CURLUPART_HOST, &host, 0);
    *loopback = code == CURLUE_OK &&
                (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
                 (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host)));
    curl_free(host);
    curl_url_cleanup(u);
    return code != CURLUE_OUT_OF_MEMORY;
}

char *url_encode(const char *s)
{
    struct buf out = BUF_INIT(3 * TEXT_MAX);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (isalnum(c) || strchr("-._~", c))
            buf_addc(&out, *s);
        else
            buf_addf(&out, "%%%02X", c);
    }
    return buf_take(&out);
}
