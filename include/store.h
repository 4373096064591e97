/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Announcements, and the intents to post one.
 *
 * Every call is one transaction, on disk when it returns, for the database's Zulip site. Faults are
 * those of database.h. */
#ifndef TMRO_STORE_H
#define TMRO_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct fault;

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
bool store_get_record(struct database *db, int month, int64_t channel, struct store_record *record,
                      struct fault *fault);
void store_record_finish(struct store_record *record);

/* Records the intent to post a message: from now on its request may have been sent. A recorded
 * announcement stays as it is. */
bool store_put_intent(struct database *db, int month, int64_t channel, int64_t look_id,
                      int64_t sender, const struct store_message *message, struct fault *fault);

/* The intent's request was certainly not carried out, and none is under way. */
bool store_clear_doubt(struct database *db, int month, int64_t channel, struct fault *fault);

/* Forgets the intent. */
bool store_drop_intent(struct database *db, int month, int64_t channel, struct fault *fault);

/* Records the announcement, posted `at` (seconds since 1970), which ends the intent; its data and
 * fresh projects are those of the intent. */
bool store_put_posted(struct database *db, int month, int64_t channel, int64_t message_id,
                      double at, const struct store_message *message, struct fault *fault);

/* Records that the announcement now reads so; one that was not on record was posted `at`. Ends an
 * intent. */
bool store_put_edited(struct database *db, int month, int64_t channel, int64_t message_id,
                      double at, const struct store_message *message, struct fault *fault);

/* Records new data of which the same text was made, if it is this message's still. */
bool store_put_data(struct database *db, int month, int64_t channel, int64_t message_id,
                    const char *data, struct fault *fault);

/* The server edits this announcement no more. */
bool store_put_edit_over(struct database *db, int month, int64_t channel, struct fault *fault);

/* An announcement, or what is about to be one; owned. */
struct store_entry {
    int month;
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

/* Announcements of one issue (0: of the newest that has one), and all intents, oldest month
 * first. The caller finishes a zeroed list in every case. */
bool store_list_announcements(struct database *db, int month, struct store_entries *entries,
                              struct fault *fault);
bool store_list_intents(struct database *db, struct store_entries *entries, struct fault *fault);
void store_entries_finish(struct store_entries *entries);

#endif
