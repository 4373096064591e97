/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* URLs: resolving, taking apart, percent-encoding. */
#ifndef TMRO_BASE_URL_H
#define TMRO_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Longest URL that is accepted, in bytes. */
#define URL_MAX 4096

/* Resolves `reference` on the page at `base`. One with a scheme stays as written, without white
 * space around it. A web URL's host with letters outside ASCII becomes Punycode. NULL: it is not a
 * URL, its host is impossible, or it is longer than URL_MAX as written. */
char *url_resolve(struct arena *arena, const char *base, const char *reference);

/* True for http and https with a host, up to URL_MAX. */
bool url_is_web(const char *url);

/* Whether the host can only be this machine: localhost, 127.0.0.0/8, [::1]. */
bool url_is_loopback(const char *url);

/* Whether a web URL's host only makes sense where it was written: this machine, or an address or
 * name of a local network. */
bool url_is_private(const char *url);

/* Whether the URL has a user name, with or without a password, before the host. */
bool url_has_login(const char *url);

/* True for https. */
bool url_is_https(const char *url);

/* The path of a web URL without query and fragment, and its host with port, as written. The scheme
 * may be missing. Borrowed; `*len` bytes, 0 when there is none. */
const char *url_path(const char *url, size_t *len);
const char *url_host(const char *url, size_t *len);

/* `s` with every byte outside A-Za-z0-9-._~ percent-encoded, for one part of a path or query. */
char *url_encode(struct arena *arena, const char *s);

/* A key that is equal for addresses of the same place: lower case, the host in Punycode, without
 * scheme, "www.", "/" or ".git" at the end of the path, "utm_" parameters, and the view of a pull
 * request. */
char *url_key(struct arena *arena, const char *url);

/* The same for the whole page: without the fragment, which leads to a place on it. */
char *url_page_key(struct arena *arena, const char *url);

#endif
