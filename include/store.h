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

/* One issue in one channel. */
struct store_announcement {
    const char *issue; /* id; borrowed */
    int64_t channel;
    bool found;         /* there is a record: an intent or a message */
    bool intent;        /* a message was going to be posted, or is in doubt */
    double sent_at;     /* Unix time the intent's request was sent at the latest */
    int64_t look_id;    /* newest own message there before the intent; 0: none */
    int64_t message_id; /* the announcement posted (before the intent); 0: none */
    char *channel_name, *topic, *content; /* owned; of the intent, else of the message */
};

/* Fills what is known of (issue, channel), which the caller sets. The caller finishes it. */
bool store_get_announcement(struct store *store, struct store_announcement *announcement,
                            struct fault *fault);
void store_announcement_finish(struct store_announcement *announcement);

/* Records the intent to post, all fields but `message_id`, which stays as it was. */
bool store_put_intent(struct store *store, const struct store_announcement *intent,
                      struct fault *fault);

/* Ends the intent: the message is there, with this topic. */
bool store_put_posted(struct store *store, const struct store_announcement *posted,
                      struct fault *fault);

/* Forgets the intent, certainly not carried out; an earlier message stays recorded. */
bool store_drop_intent(struct store *store, const char *issue, int64_t channel,
                       struct fault *fault);

/* Takes the lock file PATH.post, held from look to record by whoever announces; waits for up to
 * `wait_s` seconds, then RETRY, naming the holder's pid. Released by store_unlock_post(), and by
 * the end of the process. STOPPED when asked to stop. */
bool store_lock_post(struct store *store, const struct stop *stop, double wait_s,
                     struct fault *fault);
void store_unlock_post(struct store *store);

/* Version of the database library, for --version; static. */
const char *store_version(void);

#endif
