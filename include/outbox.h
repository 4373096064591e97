/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A message on its way into the chat, posted once at most, and what became of it.
 *
 * Zulip has no idempotency key, and a request that failed may have been carried out. So: record
 * that it may have been sent; send it; record the message. What is in doubt, also after a restart,
 * is looked for among the bot's own messages, and once more when a late request must have arrived,
 * before it is sent again. The process may be killed anywhere in between. No two processes may step
 * one entry at once: who announces holds a lock, and one service alone answers.
 * tests/model/outbox.pml proves this.
 *
 * What is recorded is on disk when the call returns, for the database's Zulip site. Faults are
 * those of database.h, and of chat.h where there is a `struct outbox`. */
#ifndef TMRO_OUTBOX_H
#define TMRO_OUTBOX_H

#include "chat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct arena;
struct database;
struct fault;

/* How long answers are remembered: longer than any question can come again. */
#define OUTBOX_KEEP_S (7 * 86400.0)

enum outbox_kind {
    OUTBOX_ANNOUNCEMENT, /* is known by the link of its title line */
    OUTBOX_ANSWER,       /* is known by its text and place */
};

enum outbox_state {
    OUTBOX_NEW,    /* it certainly was not sent, or came to nothing */
    OUTBOX_SENT,   /* it may have been sent */
    OUTBOX_POSTED, /* as `message` */
    OUTBOX_LEFT,   /* nobody waits for it, or it cannot be given */
};

struct outbox_entry {
    int64_t id; /* on record; 0: it is not */
    enum outbox_kind kind;
    int64_t about; /* the month, or the message that asks */
    enum outbox_state state;
    struct chat_place place; /* where it goes, or was sent */
    struct chat_place next;  /* where its question was found last; zeroed: not looked for */
    const char *content;     /* NULL: not written yet */
    int64_t sender;          /* the bot that may have sent it */
    int64_t after;           /* its message is newer than this one */
    int64_t message;         /* 0: not known */
    double at;               /* when it came into this state, seconds since 1970 */
    bool looked;             /* a look now sees whatever became of it */

    /* Of an announcement. */
    const char *channel_name;
    const char
        *data; /* the issue as JSON without its date; NULL: read from elsewhere than a page */
    const char *fresh; /* identities of the projects marked as new, a line each; or NULL */
    bool edit_over;    /* the server edits it no more */
    bool again;        /* is posted although the issue was announced; not recorded */

    /* Of an answer. */
    int64_t asker;
    const char *request;
    double asked_at; /* by the server's clock */
    int64_t begun;   /* how often its answer was begun, and has not ended: who does dies of it */
};

struct outbox_entries {
    struct outbox_entry *entry;
    size_t count;
};

struct outbox {
    struct database *db;
    struct api *api;
    int64_t bot; /* its user id */
    int64_t feature_level;
    double doubt_s; /* config->timing.doubt_s */
};

enum outbox_result {
    OUTBOX_POSTED_NOW, /* and is on record */
    OUTBOX_FOUND,      /* in the chat, and is on record */
    OUTBOX_GOES_ON,    /* the next step is due in `*wait_s` */
    OUTBOX_DOUBT,      /* the same; the fault says what came of the request */
    OUTBOX_REFUSED,    /* the fault is Zulip's word that it does not take it; it is new */
    OUTBOX_FAILED,     /* the fault; the same step is due again */
};

/* Goes one step with an entry that is new or sent: looks, sends, or records. What it finds in the
 * chat is in the arena. */
enum outbox_result outbox_step(struct arena *arena, const struct outbox *outbox,
                               struct outbox_entry *entry, double *wait_s, struct fault *fault);

/* Looks for an announcement among the newest messages in its channel. `*found`: its newest one;
 * NULL: none. */
bool outbox_look(struct arena *arena, const struct outbox *outbox, struct outbox_entry *entry,
                 const struct chat_message **found, struct fault *fault);

/* Records the entry in a state: at first with id 0. A posted announcement takes the place of an
 * earlier one in its channel. Of an answer that is settled it is not kept what was said, and where.
 */
bool outbox_record(struct database *db, struct outbox_entry *entry, enum outbox_state state,
                   struct fault *fault);

/* Forgets an announcement that is new. */
bool outbox_drop(struct database *db, const struct outbox_entry *entry, struct fault *fault);

/* What is new or sent, oldest first. */
bool outbox_list_waiting(struct arena *arena, struct database *db, enum outbox_kind kind,
                         struct outbox_entries *entries, struct fault *fault);

/* The announcements of an issue (0: of the newest that has one). */
bool outbox_list_announced(struct arena *arena, struct database *db, int month,
                           struct outbox_entries *entries, struct fault *fault);

/* The announcement of an issue in a channel, and the one on its way there; ids 0: there is none. */
bool outbox_get_announced(struct arena *arena, struct database *db, int month, int64_t channel,
                          struct outbox_entry *posted, struct outbox_entry *waiting,
                          struct fault *fault);

/* Whether a question is on record, whatever became of it. */
bool outbox_has_question(struct database *db, int64_t message, bool *has, struct fault *fault);

/* Whether this state knows a message of the bot's own: it is on record, or has a text that is about
 * to be posted or was written to owners. */
bool outbox_claims(struct database *db, const struct chat_message *own, bool *claims,
                   struct fault *fault);

/* Records new data of which the same text was made; that the server edits it no more. */
bool outbox_set_data(struct database *db, const struct outbox_entry *entry, const char *data,
                     struct fault *fault);
bool outbox_set_edit_over(struct database *db, const struct outbox_entry *entry,
                          struct fault *fault);

/* Answers on record, for a status. */
struct outbox_summary {
    int64_t answered; /* in the last OUTBOX_KEEP_S */
    int64_t waiting;
    double last_at; /* of the last answer, seconds since 1970; 0: none */
};
bool outbox_summarize(struct database *db, double now, struct outbox_summary *summary,
                      struct fault *fault);

/* Forgets answers older than OUTBOX_KEEP_S. */
bool outbox_prune(struct database *db, double now, struct fault *fault);

#endif
