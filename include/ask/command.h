/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the words of a request mean, without archive and clock.
 *
 * Order: a command, a month, else words, which are a project's name if there is one, else searched
 * for. Case, punctuation and filler words are forgiven. */
#ifndef TMRO_ASK_COMMAND_H
#define TMRO_ASK_COMMAND_H

#include "ask/words.h"
#include "news/issue.h"

#include <stdbool.h>
#include <stddef.h>

enum command_kind {
    COMMAND_NONE,   /* nothing was asked */
    COMMAND_THANKS, /* nothing, and no answer is waited for: thanks, or a smile */
    COMMAND_SHOW,   /* one issue */
    COMMAND_LIST,
    COMMAND_HISTORY, /* of a project */
    COMMAND_SEARCH,
    COMMAND_WORDS, /* a project or a search */
    COMMAND_SINCE,
    COMMAND_NEXT,
    COMMAND_STATUS,
    COMMAND_HELP,
};

enum command_when {
    WHEN_NONE,
    WHEN_MONTH,      /* `month` */
    WHEN_NAMED,      /* the newest one of `named`; with `coming` the next one */
    WHEN_LATEST,     /* the newest issue */
    WHEN_PREVIOUS,   /* the one before the newest */
    WHEN_LAST_MONTH, /* the month before today's */
    WHEN_THIS_MONTH,
};

struct command {
    enum command_kind kind;
    enum command_when when; /* of COMMAND_SHOW and COMMAND_SINCE; WHEN_NONE: it was not said */
    int month;              /* of WHEN_MONTH */
    int named;              /* of WHEN_NAMED, 1 to 12 */
    bool coming;            /* of SHOW, WHEN_NAMED or WHEN_LATEST: somebody waits for it */
    int year;               /* of COMMAND_LIST; 0: all years */
    /* Of HISTORY and SINCE the project, of SEARCH and WORDS the words, of HELP the command asked
     * about (its full name when it is one): valid UTF-8, white space folded; "" when there are
     * none. SEARCH and WORDS keep quotes and "-". */
    char words[WORDS_MAX + 1];
    size_t name_len; /* of WORDS: so many bytes may be a project's name, all or without a noun
                        after it ("uefi-rs crate") */
};

/* Reads a request of any bytes; there is always a meaning. */
void command_read(const char *text, size_t len, struct command *command);

/* For the help: one entry for each command, in the order shown. */
struct command_help {
    const char *name;
    const char *usage;   /* "show MONTH" */
    const char *summary; /* what it answers, lower case, no full stop */
    const char *example; /* "show june 2026" */
    const char *shorter; /* the same without the command's name, "june 2026"; or NULL */
};
const struct command_help *command_help(size_t *count);

#endif
