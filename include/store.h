/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot remembers of the chat: channels, announcements, what is about to be posted.
 *
 * Every call is one transaction, on disk when it returns. Faults are those of database.h. */
#ifndef TMRO_STORE_H
#define TMRO_STORE_H

#include "database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault;
struct stop;

struct store;

/* Opens the state at `path` (NULL: in memory; see database_open()); what is remembered of Zulip is
 * remembered by `site`, its URL (NULL: as last used). */
struct store *store_open(const char *path, const char *site, enum database_use use,
                         struct fault *fault);
void store_close(struct store *store);

/* For the modules that keep other things in the same file; borrowed. */
struct database *store_database(const struct store *store);
int64_t store_site(const struct store *store);

/* The URL of the Zulip site. Owned by the caller; NULL: none yet, or fault. */
char *store_site_url(struct store *store, struct fault *fault);

/* What a server allows, in code points. */
struct store_limits {
    size_t max_message_length, max_topic_length;
};

/* `*limits` stays as it is when none are remembered. */
bool store_get_limits(struct store *store, struct store_limits *limits, struct fault *fault);
bool store_put_limits(struct store *store, const struct store_limits *limits, struct fault *fault);

/* Since when the server refuses the bot's login, in seconds since 1970; 0: it does not. */
bool store_get_refused(struct store *store, double *since, struct fault *fault);
bool store_put_refused(struct store *store, double since, struct fault *fault);

/* Remembers that it refuses the login: since `now`, unless it has before. */
bool store_note_refused(struct store *store, double now, struct fault *fault);

/* Whether it has refused the login for STORE_REFUSED_MAX_S: LOGIN then, in words that give up. */
#define STORE_REFUSED_MAX_S 3600
bool store_refused_too_long(struct store *store, double now, struct fault *fault);

/* Those who speak to the chat; each has troubles of its own. */
enum store_part { STORE_ANSWERING, STORE_ANNOUNCING, STORE_PARTS };

/* "answering", "announcing" */
const char *store_part_name(enum store_part part);

/* What fails there. Times are seconds since 1970. */
struct store_trouble {
    char *text; /* owned; NULL: nothing does */
    double since;
    double until; /* the next try; 0: not known */
};

/* Fills a zeroed trouble, which the caller finishes. */
bool store_get_trouble(struct store *store, enum store_part part, struct store_trouble *trouble,
                       struct fault *fault);
void store_trouble_finish(struct store_trouble *trouble);

/* It fails at `now`; since when it fails is kept. */
bool store_put_trouble(struct store *store, enum store_part part, const char *text, double now,
                       double until, struct fault *fault);

/* It is over. */
bool store_end_trouble(struct store *store, enum store_part part, struct fault *fault);

/* When the service last saw a message of the bot's own that no record knows; 0: never. */
bool store_get_foreign(struct store *store, double *at, struct fault *fault);
bool store_put_foreign(struct store *store, double at, struct fault *fault);

/* Records a text before it is written to owners; it is remembered for a week. */
bool store_put_told(struct store *store, const char *text, double now, struct fault *fault);

/* The id a channel's name last resolved to; `*id` 0: never. */
bool store_get_channel(struct store *store, const char *name, int64_t *id, struct fault *fault);
bool store_put_channel(struct store *store, const char *name, int64_t id, struct fault *fault);

/* A message as it is, or will be, in the chat; borrowed. */
struct store_message {
    const char *channel_name, *topic, *content;
    const char
        *data; /* the issue as JSON without its date; NULL: read from elsewhere than a page */
    const char *fresh; /* identities of the projects marked as new, a line each; or NULL */
};

/* What is known of one issue in one channel. */
struct store_record {
    int64_t message_id; /* the announcement; 0: none is recorded */
    char *topic;        /* where it was posted, owned */
    bool intent;        /* a message is about to be posted */
    bool doubt;         /* its request may have been sent */
    int64_t look_id;    /* newest own message in the channel before it; 0: there was none */
    int64_t sender;     /* user id of the bot that posts it */
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

/* Records the announcement, posted `at` (seconds since 1970), which ends the intent; its data and
 * fresh projects are those of the intent. */
bool store_put_posted(struct store *store, const char *issue, int64_t channel, int64_t message_id,
                      double at, const struct store_message *message, struct fault *fault);

/* Records that the announcement now reads so; one that was not on record was posted `at`. Ends an
 * intent. */
bool store_put_edited(struct store *store, const char *issue, int64_t channel, int64_t message_id,
                      double at, const struct store_message *message, struct fault *fault);

/* Records new data of which the same text was made, if it is this message's still. */
bool store_put_data(struct store *store, const char *issue, int64_t channel, int64_t message_id,
                    const char *data, struct fault *fault);

/* The server edits this announcement no more. */
bool store_put_edit_over(struct store *store, const char *issue, int64_t channel,
                         struct fault *fault);

/* An announcement, or what is about to be one; owned. */
struct store_entry {
    char *issue;
    int64_t channel;
    int64_t message_id; /* 0: an intent */
    bool doubt;         /* of an intent */
    double posted_at;
    bool edit_over;
    char *channel_name, *topic, *content;
    char *data, *fresh; /* or NULL */
};

struct store_entries {
    struct store_entry *entry;
    size_t count;
};

/* Announcements of one issue (NULL: of the newest that has one), and all intents, oldest month
 * first. The caller finishes a zeroed list in every case. */
bool store_list_announcements(struct store *store, const char *issue, struct store_entries *entries,
                              struct fault *fault);
bool store_list_intents(struct store *store, struct store_entries *entries, struct fault *fault);
void store_entries_finish(struct store_entries *entries);

/* Holds the lock from look to record, by whoever announces: see lock_take(). Released by
 * store_unlock_post(), and with the store. */
bool store_lock_post(struct store *store, const struct stop *stop, double wait_s,
                     struct fault *fault);
void store_unlock_post(struct store *store);

#endif
