/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A page of the site: which issue it is, and what is around the post. */
#ifndef TMRO_NEWS_PAGE_H
#define TMRO_NEWS_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct fault;
struct issue;

/* Reads a page into a zeroed issue. `url` is where it came from; NULL: it must have a canonical
 * link. False: ABSENT (the URL, a canonical link and where the page redirects to do not all name
 * one month, so it is another page), or INPUT (as post.h says; no <main>, no title, no canonical
 * link). */
bool page_read(struct arena *arena, const char *html, size_t len, const char *url,
               struct issue *issue, struct fault *fault);

#endif
