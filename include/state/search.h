/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Full-text search over everything the issues in the archive say. Faults are those of database.h.
 */
#ifndef TMRO_STATE_SEARCH_H
#define TMRO_STATE_SEARCH_H

#include "state/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct database;
struct fault;

/* What was found. */
enum search_kind {
    SEARCH_PROJECT, /* its name */
    SEARCH_HEADLINE,
    SEARCH_CHANGE, /* an item of a project */
    SEARCH_PEOPLE, /* names, of a project or of the issue */
    SEARCH_TEXT,   /* what is said besides, of a project or in a section */
};
#define SEARCH_ALL_KINDS (~0u)

struct search_hit {
    int64_t kind; /* enum search_kind */
    int month;
    char *issue_url;
    char *project;   /* its short name; NULL: none */
    char *anchor;    /* where in the issue; or NULL */
    char *title;     /* of an item, with code marks; else the sentence, or names, with a word */
    char *url;       /* of an item; or NULL */
    int64_t role;    /* of people, enum facts_role; of a name 0: an article, no project */
    int64_t more;    /* other issues that have the same */
    int first, last; /* the first and the last of all */
};

struct search_hits {
    struct search_hit *hit; /* the best first */
    size_t count;           /* at most as many as asked for */
    int64_t total;
    bool any;     /* no place has all words: these have some of them */
    bool nothing; /* there is nothing to look for in the query */
};

/* Most places that are found, the newest; a query that finds more finds too much to tell them
 * apart.
 */
#define SEARCH_MAX 1000

/* Finds what a person typed: all of the words, in their English stems; "quoted words" together;
 * -word must not be there; OR is or. Any bytes are fine. With `some`, when no place has all of
 * them, those that have any. `kinds` is a sum of 1 << kind. Fills a zeroed result. */
bool search_run(struct arena *arena, struct database *db, const char *query, struct span span,
                unsigned kinds, bool some, size_t max, struct search_hits *hits,
                struct fault *fault);

/* A text as it is indexed: spellings of one thing are one, and symbols keep their sense. */
char *search_fold(struct arena *arena, const char *text);

#endif
