/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue, or an answer, as text for a terminal or a pipe. */
#ifndef TMRO_SAY_TERMINAL_H
#define TMRO_SAY_TERMINAL_H

#include <stdbool.h>

struct arena;
struct issue;

/* Whether standard output is a terminal that wants colour: not with NO_COLOR or TERM=dumb. */
bool terminal_is_rich(void);

/* The whole issue as text. `rich`: with colour and clickable links; else links are written out.
 * Nothing from outside can control the terminal. */
char *terminal_issue(struct arena *arena, const struct issue *issue, bool rich);

/* The same of an answer in the Markdown that answer.h writes. */
char *terminal_answer(struct arena *arena, const char *markdown, bool rich);

#endif
