/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What was asked of the bot and what became of it, and where it reads on.
 *
 * Every call is one transaction, on disk when it returns, for the database's Zulip site. Faults are
 * those of database.h. */
#ifndef TMRO_INBOX_H
#define TMRO_INBOX_H

#include "events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct fault;

/* How long requests are remembered: longer than any message can come again. */
#define INBOX_KEEP_S (7 * 86400.0)

/* The queue in use. */
struct inbox_queue {
    char id[EVENTS_QUEUE_MAX + 1]; /* "": none */
    int64_t last;                  /* event id up to which all is done or on record */
    int64_t handled;               /* highest message id seen */
    bool begun;                    /* `handled` is known */
    double ahead; /* the server's clock before ours, seconds; 0: taken to be right */
};

bool inbox_get_queue(struct database *db, struct inbox_queue *queue, struct fault *fault);
bool inbox_put_queue(struct database *db, const struct inbox_queue *queue, struct fault *fault);

enum inbox_state {
    INBOX_NEW,      /* nothing was sent for it */
    INBOX_INTENT,   /* its answer may have been sent */
    INBOX_ANSWERED, /* `posted` is the answer */
    INBOX_LEFT,     /* nobody waits for an answer, or it cannot be given */
    INBOX_LIMITED,  /* left because there were too many */
};

/* A message that asks something of the bot. */
struct inbox_entry {
    int64_t message, sender;
    struct chat_place place; /* of an intent: where the answer went */
    char *request;
    double sent_at; /* by the server's clock */
    enum inbox_state state;
    char *text;     /* the answer; NULL: none yet */
    int64_t posted; /* 0: none yet */
};

struct inbox_entries {
    struct inbox_entry *entry;
    size_t count;
};

void inbox_entry_finish(struct inbox_entry *entry);
void inbox_entries_finish(struct inbox_entries *entries);

/* Whether a message is on record, whatever became of it. */
bool inbox_has(struct database *db, int64_t message, bool *has, struct fault *fault);

/* Whether a message of the bot's is the recorded answer to something. */
bool inbox_is_answer(struct database *db, int64_t posted, bool *is, struct fault *fault);

/* Whether this state knows a message of the bot's own: it is on record as an answer or
 * announcement, or has a text that is about to be one or was written to owners. */
bool inbox_claims(struct database *db, const struct chat_message *own, bool *claims,
                  struct fault *fault);

/* Puts the entry on record, `at` seconds since 1970: as it is while it waits, else without what was
 * said and where. */
bool inbox_put(struct database *db, const struct inbox_entry *entry, double at,
               struct fault *fault);

/* What is new or an intent, oldest message first. The caller finishes a zeroed list in every case.
 */
bool inbox_list_waiting(struct database *db, struct inbox_entries *entries, struct fault *fault);

/* What is on record, for a status. */
struct inbox_summary {
    int64_t answered; /* in the last INBOX_KEEP_S */
    int64_t waiting;
    double last_at; /* of the last answer, seconds since 1970; 0: none */
};
bool inbox_summarize(struct database *db, double now, struct inbox_summary *summary,
                     struct fault *fault);

/* Forgets what is older than INBOX_KEEP_S. */
bool inbox_prune(struct database *db, double now, struct fault *fault);

#endif
