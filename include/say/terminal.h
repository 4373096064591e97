/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a terminal or a pipe gets. Nothing foreign can control the terminal. */
#ifndef TMRO_SAY_TERMINAL_H
#define TMRO_SAY_TERMINAL_H

#include <stdbool.h>

struct arena;
struct buf;
struct issue;

#define TERMINAL_BOLD  "\033[1m"
#define TERMINAL_RESET "\033[0m"

/* Whether standard output is a terminal that wants colour: not with NO_COLOR or TERM=dumb. */
bool terminal_is_rich(void);

/* Adds foreign text without code marks and without what controls a terminal. */
void terminal_text(struct buf *out, const char *text);

/* The same as a link that can be clicked. */
void terminal_link(struct buf *out, const char *text, const char *url);

/* The whole issue as text. `rich`: with colour and clickable links; else links are written out. */
char *terminal_issue(struct arena *arena, const struct issue *issue, bool rich);

#endif
