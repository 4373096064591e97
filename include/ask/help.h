/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What can be asked, by example. */
#ifndef TMRO_ASK_HELP_H
#define TMRO_ASK_HELP_H

struct arena;

/* The help, a row a kind of request, in the order shown; the last one has no name. Static. */
struct help {
    const char *name;     /* "time" */
    const char *phrases;  /* besides its name, what is explained by it: as of tokens_match() */
    const char *examples; /* "`2025`, `since march 2026`" */
    const char *summary;  /* what these answer, without a full stop */
    const char *more;     /* sentences, for those who ask for this kind */
};
const struct help *help_rows(void);

/* The row that explains a topic; NULL: none. */
const struct help *help_find(struct arena *arena, const char *topic);

#endif
