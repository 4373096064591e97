/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A post as the site or its source has it, read into an issue. */
#ifndef TMRO_NEWS_POST_H
#define TMRO_NEWS_POST_H

#include <stdbool.h>
#include <stddef.h>

struct issue;
struct arena;
struct fault;

/* Largest page and Markdown source: 30 and 4 times the longest real ones. They also bound the
 * memory of libxml2 and libcmark, and libcmark's time, which at worst grows by the square. */
#define POST_MAX_BYTES    (1024 * 1024)
#define POST_MAX_MARKDOWN (128 * 1024)

/* The functions that read a post also accept one without sections; issue_is_plausible() is the
 * judge of that. False: INPUT (too large, too costly to parse, wrong front matter). */

/* Reads a page into a zeroed issue. `url` is where it came from; if that is NULL, the page must
 * have a canonical link. False: also INPUT (no <main>, title or canonical link), or ABSENT (it is
 * another page: the URL, the canonical link and the target of a redirect do not name the same
 * month). */
bool post_read_page(struct arena *arena, const char *html, size_t len, const char *url,
                    struct issue *issue, struct fault *fault);

/* Adds the sections in the HTML of a feed item to an issue. The caller has set `url` and whatever
 * else the feed says. */
bool post_read_content(struct arena *arena, const char *html, size_t len, struct issue *issue,
                       struct fault *fault);

/* Reads a Markdown source with front matter into a zeroed issue; `site` is the base URL of its
 * links.
 */
bool post_read_markdown(struct arena *arena, const char *data, size_t len, const char *site,
                        struct issue *issue, struct fault *fault);

/* Whether a text begins like one that names the maintainers of a project, or who wrote about it. */
bool post_names_people(const char *text);

/* A stretch of a post that a search can point to: a section without its projects, or a project.
 * Texts are plain (text_plain()). */
struct passage {
    const char *section; /* the section's title */
    const char *project; /* the project's name; NULL: the section's own passage */
    const char *anchor;  /* of the heading it begins with; or NULL */
    /* Everything visible, a line for each block: the heading, paragraphs, lists and code. */
    const char *text;
};

struct passages {
    struct passage *passage;
    size_t count;
};

/* Adds the passages of a page of the site (or, without `page`, of the HTML of a feed item) to
 * zeroed passages; `url` is the address of the issue. Each section that post_read_…() finds gives
 * one, followed by one for each of its projects. What is before the first section is left out.
 * Fails as above, but needs neither a canonical link nor a title. */
bool post_read_passages(struct arena *arena, const char *html, size_t len, bool page,
                        const char *url, struct passages *passages, struct fault *fault);

#endif
