/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot remembers, in one SQLite file: schema, migrations, every SQL statement.
 *
 * Every call is one transaction, on disk when it returns. Faults: RETRY (locked by another
 * process), SETUP (damaged, not ours, or made by a newer version), LOCAL (disk, memory). One thread
 * uses a store; others open their own. */
#ifndef TMRO_STORE_H
#define TMRO_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault;
struct stop;

struct store;

/* Opens the state at `path`; what is remembered of Zulip is remembered by `site`, its URL (NULL: as
 * last used). With `create` a missing file is made, with its folder; else it is ABSENT. Only a
 * complete file ever gets the name, so an empty or cut one is damaged, never a first run. */
struct store *store_open(const char *path, const char *site, bool create, struct fault *fault);
void store_close(struct store *store);

/* What a server allows, in code points. */
struct store_limits {
    size_t max_message_length, max_topic_length;
};

/* `*limits` stays as it is when none are remembered. */
bool store_get_limits(struct store *store, struct store_limits *limits, struct fault *fault);
bool store_put_limits(struct store *store, const struct store_limits *limits, struct fault *fault);

/* The id a channel's name last resolved to; `*id` 0: never. */
bool store_get_channel(struct store *store, const char *name, int64_t *id, struct fault *fault);
bool store_put_channel(struct store *store, const char *name, int64_t id, struct fault *fault);

/* What is known of one issue in one channel. */
struct store_record {
    int64_t message_id; /* the announcement; 0: none is recorded */
    char *topic;        /* where it was posted, owned */
    bool intent;        /* a message is about to be posted */
    bool doubt;         /* its request may have been sent */
    int64_t look_id;    /* newest own message in the channel before it; 0: there was none */
    int64_t sender;     /* user id of the bot that posts it */
};

/* A message as it is, or will be, in the chat; borrowed. */
struct store_message {
    const char *channel_name, *topic, *content;
};

/* Fills a zeroed record, which the caller finishes. */
bool store_get_record(struct store *store, const char *issue, int64_t channel,
                      struct store_record *record, struct fault *fault);
void store_record_finish(struct store_record *record);

/* Records the intent to post a message: from now on its request may have been sent. A recorded
 * announcement stays as it is. */
bool store_put_intent(struct store *store, const char *issue, int64_t channel, int64_t look_id,
                      int64_t sender, const struct store_message *message, struct fault *fault);

/* The intent's request was certainly not carried out, and none is under way. */
bool store_clear_doubt(struct store *store, const char *issue, int64_t channel,
                       struct fault *fault);

/* Forgets the intent. */
bool store_drop_intent(struct store *store, const char *issue, int64_t channel,
                       struct fault *fault);

/* Records the announcement, which ends the intent. */
bool store_put_posted(struct store *store, const char *issue, int64_t channel, int64_t message_id,
                      const struct store_message *message, struct fault *fault);

/* Takes the lock file PATH.post (of the file itself, when PATH is a link), held from look to record
 * by whoever announces; waits for up to `wait_s` seconds, then RETRY, naming the holder's pid.
 * Released by store_unlock_post(), and by the end of the process. STOPPED when asked to stop. */
bool store_lock_post(struct store *store, const struct stop *stop, double wait_s,
                     struct fault *fault);
void store_unlock_post(struct store *store);

/* Version of the database library, for --version; static. */
const char *store_version(void);

#endif
