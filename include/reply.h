/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Carries the answer to one message into the chat, once at most, and never late.
 *
 * Zulip has no idempotency key. So: record the intent with its text; post; record the message. What
 * is in doubt, also after a restart, is looked for in its conversation, once more when a late
 * request must have arrived, and only then sent again. The process may be killed anywhere in
 * between. */
#ifndef TMRO_REPLY_H
#define TMRO_REPLY_H

#include "inbox.h"
#include "log.h"
#include "rates.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct config;
struct database;
struct fault;
struct api;

/* A message that is older, by the server's clock, is not answered any more. */
#define REPLY_AGE_MAX_S 600

/* People of whom is remembered, for a day, whether they are bots. */
#define REPLY_KNOWN_MAX 256

/* Zeroed at declaration but for what is borrowed, and the bot. */
struct replier {
    struct arena *turn; /* for what is only looked at */
    struct api *api;
    struct database *db;
    const struct config *config;
    int64_t bot; /* its user id */
    int64_t feature_level;
    struct events_clock clock;
    struct rates rates;
    struct {
        int64_t user;
        double until; /* by stop_clock() */
        bool is_bot;
    } known[REPLY_KNOWN_MAX]; /* a ring */
    size_t known_count;
    struct log_voice voice; /* for answers that are refused */
};

/* Own messages that no record claims, of the conversations that were looked into in this turn;
 * zeroed at declaration. */
struct reply_past {
    struct reply_look *look;
    size_t count;
};

/* Whether a question that is not on record was answered before, as happens when the state was
 * restored from a backup: the oldest message of `past` after it in its conversation is its answer,
 * which is taken out and recorded. Questions come oldest first. Faults as reply_step(). */
bool reply_find_answer(struct replier *replier, struct reply_past *past, struct inbox_entry *entry,
                       bool *found, struct fault *fault);

/* How far a message on record as new or an intent has come. */
struct reply_progress {
    bool looked;   /* an intent was looked for in vain once */
    bool recalled; /* it comes from the state, which may be a backup: was it answered since? */
};

/* Goes one step with an entry that is new or an intent, and records it; its text, once written, is
 * in the arena. `*wait_s` 0: it is settled; else it wants the next step after so long. False: RETRY
 * (nobody can be answered now), LOGIN, STOPPED, LOCAL, SETUP, INPUT: the same step is due again. */
bool reply_step(struct arena *arena, struct replier *replier, struct inbox_entry *entry,
                struct reply_progress *progress, double *wait_s, struct fault *fault);

/* Whether a message is too old to be answered; if so, a debug line says it. */
bool reply_is_late(const struct replier *replier, int64_t message, double sent_at);

#endif
