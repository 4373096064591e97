/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The answer to one message: whether it gets one, and where. It is never late; the outbox carries
 * it. */
#ifndef TMRO_ASK_EXCHANGE_H
#define TMRO_ASK_EXCHANGE_H

#include "ask/rates.h"
#include "base/fault.h"
#include "state/outbox.h"
#include "zulip/events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct config;
struct fault;

/* A message that is older, by the server's clock, is not answered any more. */
#define EXCHANGE_AGE_MAX_S 600

/* What the server said of people, or of channels, for as long as that is believed; a ring. Zeroed
 * at declaration. */
#define EXCHANGE_KNOWN_MAX 256
struct exchange_known {
    struct {
        int64_t id;
        double until_mono;
        bool yes;
    } said[EXCHANGE_KNOWN_MAX];
    size_t count;
};

/* Zeroed at declaration but for what is borrowed, and the bot. */
struct replier {
    struct arena *turn; /* for what is only looked at */
    struct outbox outbox;
    const struct config *config;
    struct events_clock clock;
    struct rates rates;
    struct exchange_known bots;     /* whether users are */
    struct exchange_known readable; /* channels: private ones without the bot are not */
    struct log_voice voice;         /* for answers that are refused */
};

/* Own messages that no record claims, of the conversations that were looked into in this turn;
 * zeroed at declaration. */
struct exchange_past {
    struct exchange_look *look;
    size_t count;
};

/* Whether a question that is not on record was answered before, as happens when the state was
 * restored from a backup: the oldest message of `past` after it in its conversation is its answer,
 * which is taken out and recorded. Questions come oldest first. Faults as exchange_step(). */
bool exchange_find_answer(struct replier *replier, struct exchange_past *past,
                          struct outbox_entry *entry, bool *found, struct fault *fault);

/* How far an answer on its way has come, in this process. */
struct exchange_progress {
    bool begun;    /* that a step was begun is counted in the entry */
    int doubts;    /* how often it was in doubt */
    bool recalled; /* it comes from the state, which may be a backup: was it answered since? */
};

/* Goes one step with an answer that is new or sent, and records it; its text, once written, and
 * where it goes are in the arena, all else in the turn. If it is still new or sent afterwards, the
 * next step is due in `*wait_s`; otherwise it is settled. A request of which three processes died
 * is left. False: RETRY (nobody can be answered now), LOGIN, STOPPED, LOCAL, SETUP, INPUT: the same
 * step is due again. */
bool exchange_step(struct arena *arena, struct replier *replier, struct outbox_entry *entry,
                   struct exchange_progress *progress, double *wait_s, struct fault *fault);

/* Whether a message is too old to be answered; if so, a debug line says it. */
bool exchange_is_late(const struct replier *replier, int64_t message, double sent_at);

#endif
