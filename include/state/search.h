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

/* Terms of a query that are looked at; more are ignored. */
#define SEARCH_TERMS_MAX 24

/* Places of one kind (projects, headlines, ...) that are counted; older ones are not looked at, so
 * that a common word is found in large archives as fast as in small ones. */
#define SEARCH_PLACES_MAX 150

enum search_how {
    SEARCH_ALL,             /* all of the words must be there */
    SEARCH_SOME,            /* of several words some must */
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
    int64_t total; /* places found, `more` included; see SEARCH_PLACES_MAX */
    bool at_least; /* there are more places than `total` */
    char *words;   /* that were looked for, as they were typed, with quotes and "-" */
    bool excludes; /* all of them are such as must not be there: nothing was looked for */
};

/* Finds `words` as a person types them: "quoted words" are together, -word must not be there; any
 * bytes are fine. Whole words, case and accents ignored. Words that only hold a question together
 * ("the", "what", "of") count when there are no others. Order: what has most of the words, projects
 * of that name, titles, what else is said; newer before older. Fills a zeroed result. */
bool search_run(struct arena *arena, struct database *db, const char *words, enum search_how how,
                size_t max, struct search_result *result, struct fault *fault);

#endif
