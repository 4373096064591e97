/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A request, read: {TIME} {WHAT} {HOW} [SUBJECT], in any order. Without archive and clock but for
 * the months handed in. */
#ifndef TMRO_ASK_REQUEST_H
#define TMRO_ASK_REQUEST_H

#include "state/facts.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Most bytes of a request that are looked at. */
#define REQUEST_MAX 1000

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
    SAYING_WHO_AM_I,
    SAYING_NEWSLETTER,
    SAYING_MISTAKE,
    SAYING_FEED,
    SAYING_BECOME_EDITOR,
    SAYING_SUBMIT,
    SAYING_CANNOT,
    SAYING_PRIVACY,
    SAYING_MORE,
    SAYING_MY_NAME,
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

/* What times are counted from. */
struct calendar {
    int today;                         /* 0: the clock cannot be believed */
    const struct facts_issues *issues; /* all of the archive */
};

struct request {
    enum request_kind kind;
    enum request_saying saying;
    enum request_what what;
    enum request_how how;
    bool timed;       /* a time was said: `span` */
    bool month;       /* it is one month, perhaps one without an issue */
    struct span span; /* all of the archive when no time was said */
    /* Valid UTF-8 on one line, as it was typed; "" when there is none. `subject`: with the words of
     * the table that touch it; `bare`: without them; `typed`: the whole request. */
    char *subject, *bare, *typed;
};

/* Reads a request of any bytes; there is always a meaning. */
void request_read(struct arena *arena, const char *text, size_t len,
                  const struct calendar *calendar, struct request *request);

/* The word of the table that a mistyped one may mean; NULL: none is near. Static. */
const char *request_nearest(const char *word);

/* For the help and completion: one kind of word with examples, in the order shown; the last one has
 * no name. Static. */
struct request_help {
    const char *name;    /* "time", "projects" */
    const char *example; /* "uefi-rs 2025" */
    const char *summary; /* what it answers, lower case, no full stop */
};
const struct request_help *request_help(void);

#endif
