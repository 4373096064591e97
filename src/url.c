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

/* Length of "scheme:" at the start of a reference; 0: it has none. */
static size_t scheme_length(const char *s)
{
    if (!isalpha((unsigned char)*s))
        return 0;
    size_t n = 1;
    while (isalnum((unsigned char)s[n]) || s[n] == '+' || s[n] == '-' || s[n] == '.')
        n++;
    return s[n] == ':' ? n + 1 : 0;
}

/* One part of `url`, owned by the caller. */
static char *url_part(const char *url, CURLUPart part, unsigned int flags)
{
    char *value = NULL, *copy = NULL;
    CURLU *u = curl_url();
    if (!u)
        return NULL;
    if (strlen(url) <= URL_MAX &&
        curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME | CURLU_ALLOW_SPACE) ==
            CURLUE_OK &&
        curl_url_get(u, part, &value, flags) == CURLUE_OK)
        copy = strdup(value);
    curl_free(value);
    curl_url_cleanup(u);
    return copy;
}

/* curl resolves everything but a lone fragment, which it hangs below the base's folder. */
static char *resolve_relative(const char *base, const char *reference)
{
    struct buf out = BUF_INIT(2 * URL_MAX);
    if (*reference == '#' || *reference == '\0') {
        buf_add(&out, base, strcspn(base, "#"));
        buf_adds(&out, reference);
        return buf_take(&out);
    }
    CURLU *u = curl_url();
    char *value = NULL;
    if (u && curl_url_set(u, CURLUPART_URL, base, 0) == CURLUE_OK &&
        curl_url_set(u, CURLUPART_URL, reference, CURLU_ALLOW_SPACE) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_URL, &value, 0) == CURLUE_OK)
        buf_adds(&out, value);
    else
        out.failed = true;
    curl_free(value);
    curl_url_cleanup(u);
    return buf_take(&out);
}

char *url_resolve(const char *base, const char *reference)
{
    static const char space[] = " \t\r\n\f";
    reference += strspn(reference, space);
    size_t len = strlen(reference);
    while (len > 0 && strchr(space, reference[len - 1]))
        len--;
    if (len > URL_MAX)
        return NULL;
    char *trimmed = strndup(reference, len);
    if (!trimmed || scheme_length(trimmed))
        return trimmed;
    char *resolved = resolve_relative(base, trimmed);
    free(trimmed);
    return resolved;
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

bool url_is_web(const char *url)
{
    if (!has_scheme(url, "http") && !url_is_https(url))
        return false;
    char *host = url_part(url, CURLUPART_HOST, 0);
    bool web = host && *host;
    free(host);
    return web;
}

bool url_is_loopback(const char *url)
{
    char *host = url_part(url, CURLUPART_HOST, 0);
    bool loopback =
        host && (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
                 (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host)));
    free(host);
    return loopback;
}

char *url_path(const char *url)
{
    return url_part(url, CURLUPART_PATH, 0);
}

char *url_host(const char *url)
{
    char *host = url_part(url, CURLUPART_HOST, 0), *port = url_part(url, CURLUPART_PORT, 0);
    struct buf out = BUF_INIT(URL_MAX);
    if (host)
        buf_adds(&out, host);
    if (port)
        buf_addf(&out, ":%s", port);
    free(port);
    free(host);
    if (!out.len)
        out.failed = true;
    return buf_take(&out);
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
