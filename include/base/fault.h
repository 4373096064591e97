/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What failed, what the caller should do about it, and one line to stderr for the operator. */
#ifndef TMRO_BASE_FAULT_H
#define TMRO_BASE_FAULT_H

#include <stdbool.h>

/* A kind exists only because someone acts on it. */
enum fault_kind {
    FAULT_NONE,
    FAULT_RETRY,   /* network, 5xx, 429: the same later may succeed */
    FAULT_BUSY,    /* likewise: another process holds the state, or a lock */
    FAULT_INPUT,   /* the remote or the file is nonsense */
    FAULT_SETUP,   /* a person must act: bad config, no such channel */
    FAULT_DAMAGED, /* likewise: the state cannot be used, now or later */
    FAULT_LOGIN,   /* likewise: the server refuses the key; this has been seen to pass */
    FAULT_REFUSED, /* likewise: the server understood the request and refuses it */
    FAULT_LOCAL,   /* disk, files, this machine */
    FAULT_ABSENT,  /* there is no such thing: a month the site does not have, a missing file */
    FAULT_STOPPED, /* asked to stop while waiting */
};

/* Zeroed means no fault. `msg` is lower case, has no full stop, says what failed first, and never
 * holds a secret or raw text from outside. */
struct fault {
    enum fault_kind kind;
    int retry_after_s; /* FAULT_RETRY: wait at least this long; 0: the caller chooses */
    char msg[1200];
};

/* Fills in the fault and returns false, so that a function can `return fault_set(…)`. Text from
 * outside must go through text_printable() first. */
bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "WHERE: " before the message; returns false. */
bool fault_prefix(struct fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the state or this machine failed, rather than a server. */
bool fault_is_local(enum fault_kind kind);

/* The exit status for a kind: 0 none, 1 local, 3 absent, 65 input, 75 retry, busy or stopped, 78
 * for the others, where a person must act. */
int fault_exit_status(enum fault_kind kind);

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Shows lines up to this level; the default is INFO. */
void log_set_level(enum log_level level);

/* Writes one line to stderr in one write: "tmro-bot: LEVEL: TEXT" (INFO without its level), or TEXT
 * with its priority when stderr is the journal. Text from outside must go through text_printable()
 * first. A line is cut at 2,000 bytes. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The last failure logged for one part of the program; zeroed at declaration. */
struct log_voice {
    char last[sizeof((struct fault *)0)->msg];
};

/* Logs a failure, but at DEBUG if it is the same as the last one there. Digits are ignored: they
 * count seconds and bytes. */
void log_once(struct log_voice *voice, enum log_level level, const struct fault *failure);

/* Logs `relief` if a failure was logged there since the last relief. */
void log_calm(struct log_voice *voice, const char *relief);

/* Logs a fault as an error and returns its exit status. */
int log_fault(const struct fault *fault);

#endif
