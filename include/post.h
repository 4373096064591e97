/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A post as the site or its source has it, read into an issue. */
#ifndef TMRO_POST_H
#define TMRO_POST_H

#include <stdbool.h>
#include <stddef.h>

struct issue;
struct fault;

/* Largest page, Markdown source and HTML made of one: 30, 4 and 60 times the longest real ones.
 * They also bound libxml2 and libcmark, which do not survive running out of memory, and libcmark's
 * time, which grows with the square of what it is given at worst. */
#define POST_MAX_BYTES    (1024 * 1024)
#define POST_MAX_MARKDOWN (128 * 1024)

/* All three fill a zeroed issue, which the caller finishes in every case. An issue without sections
 * is read without complaint: issue_is_plausible() judges. False: INPUT when it is no post (too
 * large, no <main>, no canonical link, bad front matter), or LOCAL when memory ran out. */

/* A page of the site. `url` is where it came from, used when it has no canonical link of an issue;
 * NULL: it must have one. */
bool post_read_page(const char *html, size_t len, const char *url, struct issue *issue,
                    struct fault *fault);

/* The HTML of a feed item. The caller has set `url`, and what else the feed told. */
bool post_read_content(const char *html, size_t len, struct issue *issue, struct fault *fault);

/* A Markdown source with front matter; `site` is the base URL its links are resolved against. */
bool post_read_markdown(const char *data, size_t len, const char *site, struct issue *issue,
                        struct fault *fault);

#endif
