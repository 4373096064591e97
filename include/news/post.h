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

/* An issue without sections is read without complaint: issue_is_plausible() judges. False: INPUT,
 * when it is not a post (too large, not cheap to parse, bad front matter). */

/* Reads a page into a zeroed issue. `url` is where it came from; NULL: it must have a canonical
 * link. False: also ABSENT (the URL, a canonical link and where the page redirects to do not all
 * name one month, so it is another page), or INPUT (no <main>, no title, no canonical link). */
bool post_read_page(struct arena *arena, const char *html, size_t len, const char *url,
                    struct issue *issue, struct fault *fault);

/* Adds to an issue what the HTML of a feed item says. The caller has set `url`, and what else the
 * feed told. */
bool post_read_content(struct arena *arena, const char *html, size_t len, struct issue *issue,
                       struct fault *fault);

/* Reads a Markdown source with front matter into a zeroed issue; `site` is the base URL its links
 * are resolved against. */
bool post_read_markdown(struct arena *arena, const char *data, size_t len, const char *site,
                        struct issue *issue, struct fault *fault);

/* Whether a text begins like one that names who maintains a project, or who wrote about it. */
bool post_names_people(const char *text);

/* A stretch of a post that a search can point to: a section without its projects, or a project.
 * Texts are plain (text_plain()). */
struct passage {
    const char *section; /* the section's title */
    const char *project; /* the project's name; NULL: the section's own passage */
    const char *anchor;  /* of the heading it begins with; or NULL */
    const char *text;    /* all that can be seen, heading, prose, lists and code blocks */
};

struct passages {
    struct passage *passage;
    size_t count;
};

/* The passages of a page of the site or, without `page`, of the HTML of a feed item, the issue's
 * address being `url`: one for each section that an issue read from it has, each followed by one
 * for each project of it. What is before the first section is in none. Fills zeroed passages, and
 * fails as above, but needs no canonical link and no title. */
bool post_read_passages(struct arena *arena, const char *html, size_t len, bool page,
                        const char *url, struct passages *passages, struct fault *fault);

#endif
