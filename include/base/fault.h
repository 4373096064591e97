/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What failed, what the caller should do about it, and one line to stderr for the operator. */
#ifndef TMRO_BASE_FAULT_H
#define TMRO_BASE_FAULT_H

#include <stdbool.h>

/* A kind exists only because someone acts on it. */
enum fault_kind {
    FAULT_NONE,
    FAULT_RETRY,   /* network, 5xx, 429: the same later may succeed */
    FAULT_BUSY,    /* the same: another process holds the state, or a lock */
    FAULT_INPUT,   /* the remote or the file is nonsense */
    FAULT_SETUP,   /* a person must act: bad config, no such channel */
    FAULT_DAMAGED, /* the same: the state cannot be used, now or later */
    FAULT_LOGIN,   /* the same: the server refuses the key; it has been seen to come back */
    FAULT_REFUSED, /* the same: the server understood the request and refuses it */
    FAULT_LOCAL,   /* disk, files, this machine */
    FAULT_ABSENT,  /* there is no such thing: a month the site does not have, a missing file */
    FAULT_STOPPED, /* asked to stop while waiting */
};

/* Caller-owned; zeroed means no fault. `msg` is lower case, without full stop, says what failed
 * first and never holds a secret or raw text from outside. */
struct fault {
    enum fault_kind kind;
    int retry_after_s; /* FAULT_RETRY: not before so many seconds; 0: the caller chooses */
    char msg[1200];
};

/* Fills the fault and returns false, so that `return fault_set(…)` ends a function. Text from
 * outside goes through text_printable() first. */
bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "WHERE: " before the message; returns false. */
bool fault_prefix(struct fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the state or this machine failed, not the server that was asked. */
bool fault_is_local(enum fault_kind kind);

/* The exit status for a kind: 0 none, 1 local, 3 absent, 65 input, 75 retry, busy or stopped, 78
 * the rest, for a person. */
int fault_exit_status(enum fault_kind kind);

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* What is shown: lines up to this level; INFO until it is called. */
void log_set_level(enum log_level level);

/* Writes "tmro-bot: LEVEL: TEXT" in one write, or to the journal TEXT with its level; text from
 * outside goes through text_printable() first. A line is cut at 2,000 bytes. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What failed last in some part; zeroed at declaration. */
struct log_voice {
    char last[sizeof((struct fault *)0)->msg];
};

/* Says a failure unless it was the last thing said there (numbers, which count seconds and bytes,
 * aside). */
void log_once(struct log_voice *voice, enum log_level level, const struct fault *failure);

/* Says `relief` when the last thing said there was a failure. */
void log_calm(struct log_voice *voice, const char *relief);

/* Writes a fault as an error; gives the exit status for it. */
int log_fault(const struct fault *fault);

#endif
