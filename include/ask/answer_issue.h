/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Answers about issues: one of them, a month without one, all of them. Faults are those of
 * database.h. */
#ifndef TMRO_ASK_ANSWER_ISSUE_H
#define TMRO_ASK_ANSWER_ISSUE_H

#include <stdbool.h>

struct asked;
struct buf;
struct fault;

/* The issue of that month in the short form; where there is none, when it is due or which issues
 * are nearest. */
bool answer_show(const struct asked *asked, int month, char **text, bool *found,
                 struct fault *fault);

/* "April 2026 is not out yet, it is due around 7 May." */
void answer_add_not_out(struct buf *out, const struct asked *asked, int month);

/* All issues, a line a year, or those of one year with its totals; `year` 0: all. */
char *answer_list(const struct asked *asked, int year, bool *found);

/* When the next issue is due; `suggest` is the URL for suggestions, NULL: none. */
char *answer_next(const struct asked *asked, const char *suggest);

#endif
