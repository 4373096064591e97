/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages on their way into the chat, each posted at most once, and what became of them.
 *
 * Zulip has no idempotency key, and a request that failed may have been carried out. So an entry is
 * recorded as sent before it is sent. When it is in doubt whether the message arrived, also after a
 * restart, the bot looks for it among its own messages, and looks again when a late request must
 * have arrived, before it sends the message again. The process may be killed at any instant. Two
 * processes must not step the same entry at the same time: announcing takes a lock, and only the
 * service answers. tests/model/outbox.pml proves this.
 *
 * What is recorded is on disk when the call returns, for the database's Zulip site. Faults are
 * those of database.h, and those of chat.h for functions that take a `struct outbox`. */
#ifndef TMRO_STATE_OUTBOX_H
#define TMRO_STATE_OUTBOX_H

#include "zulip/chat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct arena;
struct database;
struct fault;

/* How long answers are remembered. No question comes again after that. */
#define OUTBOX_KEEP_S (7 * 86400.0)

enum outbox_kind {
    OUTBOX_ANNOUNCEMENT, /* recognised by the link in its title line */
    OUTBOX_ANSWER,       /* recognised by its text and place */
};

enum outbox_state {
    OUTBOX_NEW,    /* certainly not in the chat: not sent yet, or sent in vain */
    OUTBOX_SENT,   /* perhaps in the chat */
    OUTBOX_POSTED, /* in the chat, as `message` */
    OUTBOX_LEFT,   /* no longer wanted, or impossible */
};

struct outbox_entry {
    int64_t id; /* 0: not on record */
    enum outbox_kind kind;
    int64_t about; /* the month, or the message that asks */
    enum outbox_state state;
    struct chat_place place; /* where it is to go, or was sent */
    struct chat_place next;  /* where its question was last found; zeroed: not looked for */
    const char *content;     /* NULL: not written yet */
    int64_t sender;          /* the user id of the bot that sent it */
    int64_t after;           /* its message will have a higher id */
    int64_t message;         /* 0: not known */
    double at;               /* in this state since then, seconds since 1970 */
    bool looked;             /* in vain once: the next look decides, and a new entry needs none */

    /* Of an announcement. */
    const char *channel_name;
    const char
        *data; /* the issue as JSON without its date; NULL: read from elsewhere than a page */
    const char *fresh; /* identities of the projects marked as new, one per line; or NULL */
    bool edit_over;    /* the server no longer allows edits */
    bool again;        /* post it although the issue was announced; not recorded */

    /* Of an answer. */
    int64_t asker;
    const char *request;
    double asked_at; /* by the server's clock */
    int64_t begun;   /* how many processes began its answer and did not finish it */
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
    OUTBOX_POSTED_NOW, /* it was sent, and is on record */
    OUTBOX_FOUND,      /* it was in the chat, and is on record */
    OUTBOX_GOES_ON,    /* the next step is due in `*wait_s` */
    OUTBOX_DOUBT,      /* the same; the fault says what became of the request */
    OUTBOX_REFUSED,    /* Zulip refuses the message, as the fault says; the entry is new again */
    OUTBOX_FAILED,     /* see the fault; the same step is due again */
};

/* Takes a new or sent entry one step further: looks, sends or records. What is found in the chat is
 * in the arena. */
enum outbox_result outbox_step(struct arena *arena, const struct outbox *outbox,
                               struct outbox_entry *entry, double *wait_s, struct fault *fault);

/* Looks for an announcement among the bot's newest messages in its channel. `*found` is the newest
 * match; NULL: there is none. Also sets the entry's `after`, to the newest message there. */
bool outbox_look(struct arena *arena, const struct outbox *outbox, struct outbox_entry *entry,
                 const struct chat_message **found, struct fault *fault);

/* Records the entry in a state; a new entry gets its id. A posted announcement replaces an earlier
 * one of the same issue in its channel. The text and place of a settled answer are not kept. */
bool outbox_record(struct database *db, struct outbox_entry *entry, enum outbox_state state,
                   struct fault *fault);

/* Deletes an entry, unless it may have been sent. */
bool outbox_drop(struct database *db, const struct outbox_entry *entry, struct fault *fault);

/* The entries that are new or sent: by month or question, then by channel, lowest first. */
bool outbox_list_waiting(struct arena *arena, struct database *db, enum outbox_kind kind,
                         struct outbox_entries *entries, struct fault *fault);

/* The posted announcements of an issue (0: of the newest one that has any). */
bool outbox_list_announced(struct arena *arena, struct database *db, int month,
                           struct outbox_entries *entries, struct fault *fault);

/* The posted announcement of an issue in a channel, and the one on its way there; id 0: none. */
bool outbox_get_announced(struct arena *arena, struct database *db, int month, int64_t channel,
                          struct outbox_entry *posted, struct outbox_entry *waiting,
                          struct fault *fault);

/* Whether a question is on record, whatever became of it. */
bool outbox_has_question(struct database *db, int64_t message, bool *has, struct fault *fault);

/* Whether the outbox accounts for one of the bot's own messages: it is on record, or its text may
 * have been sent or was written to owners. */
bool outbox_claims(struct database *db, const struct chat_message *own, bool *claims,
                   struct fault *fault);

/* Keeps the text of a posted announcement as it is: for an issue that now has this data, and, if
 * `edit_over`, since the server no longer allows edits. */
bool outbox_keep(struct database *db, int64_t id, const char *data, bool edit_over,
                 struct fault *fault);

/* The answers on record, for the status. */
struct outbox_summary {
    int64_t answered; /* in the last OUTBOX_KEEP_S */
    int64_t waiting;
    double last_at; /* of the last answer, seconds since 1970; 0: none */
};
bool outbox_summarize(struct database *db, double now, struct outbox_summary *summary,
                      struct fault *fault);

/* Deletes settled answers older than OUTBOX_KEEP_S. */
bool outbox_prune(struct database *db, double now, struct fault *fault);

#endif
