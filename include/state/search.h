/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Full-text search over everything the issues in the archive say. Faults are those of database.h.
 */
#ifndef TMRO_STATE_SEARCH_H
#define TMRO_STATE_SEARCH_H

#include "news/issue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct database;
struct fault;

/* Most terms of a query; more are ignored. */
#define SEARCH_TERMS_MAX 24

/* Most places counted of one kind (projects, headlines, …). Older ones are not looked at, so that a
 * common word is found as fast in a large archive as in a small one. */
#define SEARCH_PLACES_MAX 150

enum search_how {
    SEARCH_ALL,             /* all of the words must be there */
    SEARCH_SOME,            /* some of several words must */
    SEARCH_BEGINNINGS,      /* all, as beginnings of words: "virtual" finds "virtualization" */
    SEARCH_SOME_BEGINNINGS, /* some */
};

enum search_kind {
    SEARCH_PROJECT,
    SEARCH_HEADLINE,
    SEARCH_SECTION,
    SEARCH_AUTHORS,
    SEARCH_EDITORS,
};

struct search_hit {
    enum search_kind kind;
    int month;
    char *issue_url;
    char *title;  /* a text with code marks: of the headline, the section; a project's name; the
                     authors or editors, ", " between them */
    char *url;    /* the headline's; or NULL */
    char *anchor; /* where in the issue; or NULL */
    int64_t more; /* other issues in which the same project was found */
};

struct search_result {
    struct search_hit *hit; /* the best first, at most as many as asked for */
    size_t count;
    int64_t total; /* places found, including `more`; see SEARCH_PLACES_MAX */
    bool at_least; /* there are more places than `total` */
    char *words;   /* the words looked for, as typed, with quotes and "-" */
    bool excludes; /* all words are excluded ones: nothing was looked for */
};

/* Finds `words` as a person types them: "quoted words" must be together, -word must not be there;
 * any bytes are fine. It matches whole words and ignores case and accents. Filler words ("the",
 * "what", "of") count only when there are no others. Order: places with most of the words, then
 * projects of that name, titles, other text; newer before older. Fills a zeroed result. */
bool search_run(struct arena *arena, struct database *db, const char *words, enum search_how how,
                size_t max, struct search_result *result, struct fault *fault);

#endif
