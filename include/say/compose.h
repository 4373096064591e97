/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What all answers share: what they draw on, the search for a length that fits, common phrases. */
#ifndef TMRO_SAY_COMPOSE_H
#define TMRO_SAY_COMPOSE_H

#include "news/issue.h"
#include "state/catalog.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct database;

/* What an answer draws on. */
struct asked {
    struct arena *arena; /* of this answer */
    struct database *db;
    int64_t issue_count;          /* of the archive */
    struct catalog_issues issues; /* all of them, oldest month first; a search does without */
    char today[ISSUE_DATE_SIZE];
    size_t max_length;   /* of the answer, in code points */
    const char *opening; /* a line before the answer, as Markdown; NULL: none */
};

/* What `write` makes of `context` at the highest `level` of 0 to `most` that gives an answer of at
 * most `max_length`; a higher level shows more. When not even 0 fits, a sentence that says so. */
char *compose_fit(const struct asked *asked, size_t most,
                  void (*write)(struct buf *out, size_t level, const void *context),
                  const void *context);

/* How a month is named: "July 2025", "July" or "Jul". */
enum compose_month { COMPOSE_MONTH_YEAR, COMPOSE_MONTH_NAME, COMPOSE_MONTH_SHORT };

/* The month, linked to the issue's URL with a fragment when there is an anchor. */
void compose_month_link(struct buf *out, enum compose_month form, int month, const char *issue_url,
                        const char *anchor);

/* The same for an issue of the archive. */
void compose_issue_link(struct buf *out, const struct catalog_issue *issue);

/* "1 change", "2 changes" */
void compose_count(struct buf *out, int64_t count, const char *noun);

/* "at least 3 places: `search WORDS`" */
void compose_places(struct buf *out, int64_t places, bool at_least, const char *words);

/* The words of a request as code, cut to so many code points, which read well. */
#define COMPOSE_WORDS_MAX 60
void compose_words_code(struct buf *out, const char *words);

/* A foreign text as prose, cut to `max` code points. */
void compose_prose(struct buf *out, const char *text, size_t max);

#endif
