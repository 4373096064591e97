/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When an issue is due, by the dates of those before it. */
#ifndef TMRO_DUE_H
#define TMRO_DUE_H

#include <stdbool.h>

struct buf;
struct catalog_issues;

/* Dates without which nothing is expected. */
#define DUE_DATES_MIN 3

/* Days of the month after an issue's own, of those that came in it. */
struct due {
    bool known; /* there are enough dates */
    int day;    /* the median */
    int first, last;
    bool all; /* no issue came in another month */
};

void due_read(const struct catalog_issues *issues, struct due *due);

/* "is due around 7 August"; "is due any day now" behind that day while issues have come so late;
 * else "has been due since 7 August". False: it is not known, and nothing was added. */
bool due_add(struct buf *out, const struct due *due, const char *id, const char *today);

#endif
