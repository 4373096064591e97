/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Times as people say them: "july 2025", "q1 2024", "two months ago", "since march", "issue 42". */
#ifndef TMRO_ASK_WHEN_H
#define TMRO_ASK_WHEN_H

#include "state/facts.h"

#include <stdbool.h>
#include <stddef.h>

struct tokens;

/* What times are counted from. */
struct calendar {
    int today;                         /* 0: the clock cannot be believed */
    const struct facts_issues *issues; /* all of the archive */
};

/* One time of a request. */
struct when {
    size_t end; /* the token after it */
    enum { WHEN_AT, WHEN_SINCE, WHEN_AFTER, WHEN_BEFORE, WHEN_UNTIL } bound;
    struct span span;
    int named;   /* a month without a year, 1 to 12: `span` is found by when_join() */
    bool month;  /* it is one month */
    bool weak;   /* it may be another word: "may", "march", "jul" */
    bool weekly; /* shorter than a month, as "last week": the newest issue is meant */
};

/* Reads the time that begins at a token. False: there is none. */
bool when_read(const struct tokens *tokens, size_t at, const struct calendar *calendar,
               struct when *when);

/* Joins the times of a request, in their order, from the earliest to the latest. A month without a
 * year takes that of its neighbour, else it is the newest issue of that name, or with `coming` the
 * next one. */
struct span when_join(struct when *when, size_t count, const struct calendar *calendar,
                      bool coming);

#endif
