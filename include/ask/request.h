/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A request, read: {TIME} {WHAT} {HOW} [SUBJECT], in any order. Without archive and clock but for
 * the months handed in. */
#ifndef TMRO_ASK_REQUEST_H
#define TMRO_ASK_REQUEST_H

#include "ask/tokens.h"
#include "ask/when.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

enum request_kind {
    REQUEST_SILENT, /* thanks, or a smile: no answer is waited for */
    REQUEST_EMPTY,  /* nothing was asked: the short help */
    REQUEST_SAYING, /* `saying` has a fixed answer */
    REQUEST_LINK,   /* `subject` is an address, or "owner/repo#12", "PROJECT #12" as one says it */
    REQUEST_SEARCH, /* `subject` is searched for as it was typed */
    REQUEST_SINCE_WHEN, /* "since" without a time */
    REQUEST_VIEW,       /* everything else */
};

enum request_saying {
    SAYING_WHO,        /* what the bot is, and where its source is */
    SAYING_NEWSLETTER, /* what the newsletter is */
    SAYING_MISTAKE,    /* where a mistake in an issue is reported */
    SAYING_FEED,
    SAYING_EDITOR, /* how to become one */
    SAYING_CANNOT, /* announce, stop, subscribe: what to do instead */
    SAYING_PRIVACY,
    SAYING_LICENCE,
    SAYING_MORE,  /* of an answer */
    SAYING_NAMES, /* "my contributions": whose? */
};

enum request_what {
    WHAT_NONE,
    WHAT_HELP,
    WHAT_STATUS,
    WHAT_NEXT,
    WHAT_EDITORS,
    WHAT_MAINTAINERS,
    WHAT_PEOPLE,
    WHAT_PROJECTS,
    WHAT_TOOLING,
    WHAT_LINKS,
    WHAT_CHANGES,
    WHAT_ISSUES,
};

enum request_how { HOW_NONE, HOW_COUNT, HOW_TOP, HOW_NEW, HOW_FIRST, HOW_LAST };

struct request {
    enum request_kind kind;
    enum request_saying saying;
    enum request_what what;
    enum request_how how;
    bool timed;       /* a time was said, and is `span` */
    bool month;       /* it is one month, perhaps one without an issue */
    bool weekly;      /* it was shorter than a month */
    struct span span; /* all of the archive when no time was said */
    /* As typed, "" when there is none. `bare` may be a project or a person; `subject` are words to
     * look for, with the words of the table that touch them; of HELP without a subject `bare` is
     * what help is wanted with. `typed` is all of the request. */
    char *subject, *bare, *typed;
    /* What remains of WHAT and HOW when `subject` is looked for. */
    enum request_what subject_what;
};

/* Reads a request of any bytes; there is always a meaning. */
void request_read(struct arena *arena, const char *text, size_t len,
                  const struct calendar *calendar, struct request *request);

/* The word of the table, or month, that a mistyped one may mean; NULL: none is near. */
const char *request_nearest(struct arena *arena, const char *word);

#endif
