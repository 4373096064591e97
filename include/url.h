/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* URLs: resolve, take apart, percent-encode. */
#ifndef TMRO_URL_H
#define TMRO_URL_H

#include <stdbool.h>

/* Longest URL that is looked at. */
#define URL_MAX 4096

/* `reference` as the page at `base` means it: a relative or fragment reference is resolved, one
 * with a scheme stays as written (white space around it dropped). Owned by the caller;
 * NULL: out of memory, or a reference that is no URL or too long. */
char *url_resolve(const char *base, const char *reference);

/* True for http and https with a host. */
bool url_is_web(const char *url);

/* True for a host that can only be this machine: localhost, 127.0.0.0/8, [::1]. */
bool url_is_loopback(const char *url);

/* True for https (as against http and the rest). */
bool url_is_https(const char *url);

/* Path of a URL as written, "/" if it has none. Owned by the caller; NULL: no URL, or no memory. */
char *url_path(const char *url);

/* Host with port as written. Owned by the caller; NULL: no URL, or no memory. */
char *url_host(const char *url);

/* `s` with every byte outside A-Za-z0-9-._~ percent-encoded: one part of a path or query.
 * Owned by the caller; NULL: out of memory. */
char *url_encode(const char *s);

#endif
