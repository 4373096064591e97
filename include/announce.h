/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Carries one issue into one channel exactly once.
 *
 * Zulip has no idempotency key, and a request that failed may have been carried out. So: look for
 * the announcement in the channel; record the intent; post; record the message. Whatever is in
 * doubt is looked for again, and once more when a late request must have arrived, before it is
 * repeated. The process may be killed anywhere in between. */
#ifndef TMRO_ANNOUNCE_H
#define TMRO_ANNOUNCE_H

#include <stdbool.h>
#include <stdint.h>

struct database;
struct fault;
struct stop;
struct api;

struct announcer {
    struct api *api;
    struct database *db;
    const struct stop *stop;
    int64_t bot;    /* the bot's user id */
    double doubt_s; /* config_doubt_s() */
};

struct announcement {
    int month;
    const char *url; /* the issue's */
    int64_t channel;
    const char *channel_name, *topic, *content;
    const char *data, *fresh; /* as in struct store_message */
    bool force;               /* post although it was announced */
    bool drop_refused; /* forget the intent when Zulip refuses the message; else it waits for the
                          next try */
};

enum announce_result {
    ANNOUNCE_POSTED,  /* now */
    ANNOUNCE_ADOPTED, /* found in the channel, recorded */
    ANNOUNCE_KNOWN,   /* recorded before */
    ANNOUNCE_EDITED,
    ANNOUNCE_UNCHANGED, /* it has this text already, and was not edited */
};

struct announce_outcome {
    enum announce_result result;
    int64_t message;
    char *topic;  /* where the message is, owned */
    bool in_vain; /* the last request was in doubt, and has left no message */
};

/* Posts unless it is announced already. False: the faults of api.h; the next try settles what is
 * still in doubt. The caller finishes a zeroed outcome in every case. */
bool announce_post(const struct announcer *announcer, const struct announcement *announcement,
                   struct announce_outcome *outcome, struct fault *fault);

/* Rewrites the announcement's text where it is; never posts. ABSENT: there is none that could be
 * read; REFUSED: Zulip does not allow it (any more). */
bool announce_edit(const struct announcer *announcer, const struct announcement *announcement,
                   struct announce_outcome *outcome, struct fault *fault);

/* Looks for an announcement that is not on record, and records it when it is there. */
bool announce_find(const struct announcer *announcer, const struct announcement *announcement,
                   bool *found, struct announce_outcome *outcome, struct fault *fault);

void announce_outcome_finish(struct announce_outcome *outcome);

#endif
