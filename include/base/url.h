/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* URLs: resolve, take apart, percent-encode. */
#ifndef TMRO_BASE_URL_H
#define TMRO_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Longest URL that is looked at. */
#define URL_MAX 4096

/* `reference` as the page at `base` means it: a relative or fragment reference is resolved, one
 * with a scheme stays as written (white space around it dropped), but a web URL's host with letters
 * outside ASCII is in Punycode. NULL: it is not a URL, or a web URL with an impossible host, or
 * longer than URL_MAX as it is written. */
char *url_resolve(struct arena *arena, const char *base, const char *reference);

/* True for http and https with a host, not longer than URL_MAX. */
bool url_is_web(const char *url);

/* Whether the host can only be this machine: localhost, 127.0.0.0/8, [::1]. */
bool url_is_loopback(const char *url);

/* Whether a web URL's host means something only where it was written: this machine, or an address
 * or name of a local network. */
bool url_is_private(const char *url);

/* Whether there is a user name, with a password or not, before the host. */
bool url_has_login(const char *url);

/* True for https (as against http and the rest). */
bool url_is_https(const char *url);

/* The path of a web URL, perhaps without its scheme, as written, without query and fragment, and
 * its host with port. Borrowed; `*len` bytes, 0 when there is none. */
const char *url_path(const char *url, size_t *len);
const char *url_host(const char *url, size_t *len);

/* `s` with every byte outside A-Za-z0-9-._~ percent-encoded: one part of a path or query.
 */
char *url_encode(struct arena *arena, const char *s);

/* The same for addresses that lead to the same place: without scheme, "www.", "/" or ".git" at the
 * end of the path, "utm_" parameters and the views of a pull request, the host in Punycode, all in
 * lower case. */
char *url_key(struct arena *arena, const char *url);

#endif
