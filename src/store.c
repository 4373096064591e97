/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is announced, and what is about to be posted. */
#include "store.h"

#include "buf.h"
#include "database.h"
#include "fault.h"

#include <stdlib.h>

bool store_get_record(struct database *db, int month, int64_t channel, struct store_record *record,
                      struct fault *fault)
{
    struct query query;
    bool row;
    /* In this order: what another process records meanwhile is in one of them at least. */
    if (!database_query(db, &query, fault,
                        "SELECT doubt, look_id, sender FROM intent"
                        " WHERE site = ? AND issue = ? AND channel = ?",
                        "imi", database_site(db), month, channel) ||
        !query_next(&query, &record->intent, fault))
        return false;
    if (record->intent) {
        record->doubt = query_integer(&query, 0) != 0;
        record->look_id = query_integer(&query, 1);
        record->sender = query_integer(&query, 2);
        query_finish(&query);
    }
    if (!database_query(db, &query, fault,
                        "SELECT message_id, topic FROM announcement"
                        " WHERE site = ? AND issue = ? AND channel = ?",
                        "imi", database_site(db), month, channel) ||
        !query_next(&query, &row, fault))
        return false;
    if (row) {
        record->message_id = query_integer(&query, 0);
        record->topic = query_copy(&query, 1);
        query_finish(&query);
        if (!record->topic)
            return fault_memory(fault);
    }
    return true;
}

void store_record_finish(struct store_record *record)
{
    free(record->topic);
    *record = (struct store_record){0};
}

bool store_put_intent(struct database *db, int month, int64_t channel, int64_t look_id,
                      int64_t sender, const struct store_message *message, struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT OR REPLACE INTO intent (site, issue, channel, doubt, look_id,"
                        " sender, channel_name, topic, content, data, fresh)"
                        " VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)",
                        "imiiisssss", database_site(db), month, channel, look_id, sender,
                        message->channel_name, message->topic, message->content, message->data,
                        message->fresh);
}

bool store_clear_doubt(struct database *db, int month, int64_t channel, struct fault *fault)
{
    return database_run(db, fault,
                        "UPDATE intent SET doubt = 0 WHERE site = ? AND issue = ? AND channel = ?",
                        "imi", database_site(db), month, channel);
}

bool store_drop_intent(struct database *db, int month, int64_t channel, struct fault *fault)
{
    return database_run(db, fault,
                        "DELETE FROM intent WHERE site = ? AND issue = ? AND channel = ?", "imi",
                        database_site(db), month, channel);
}

/* Ends the transaction that the caller began and `done` tells the fate of. */
static bool end(struct database *db, bool done, struct fault *fault)
{
    done = done && database_commit(db, fault);
    if (!done)
        database_rollback(db);
    return done;
}

bool store_put_posted(struct database *db, int month, int64_t channel, int64_t message_id,
                      double at, const struct store_message *message, struct fault *fault)
{
    bool done =
        database_begin(db, fault) &&
        database_run(db, fault,
                     "INSERT OR REPLACE INTO announcement (site, issue, channel, message_id,"
                     " channel_name, topic, content, posted_at, data, fresh)"
                     " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, max(data), max(fresh) FROM intent"
                     " WHERE site = ?1 AND issue = ?2 AND channel = ?3",
                     "imiisssr", database_site(db), month, channel, message_id,
                     message->channel_name, message->topic, message->content, at) &&
        store_drop_intent(db, month, channel, fault);
    return end(db, done, fault);
}

bool store_put_edited(struct database *db, int month, int64_t channel, int64_t message_id,
                      double at, const struct store_message *message, struct fault *fault)
{
    bool done =
        database_begin(db, fault) &&
        database_run(db, fault,
                     "INSERT INTO announcement (site, issue, channel, message_id, channel_name,"
                     " topic, content, posted_at, data, fresh)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                     " ON CONFLICT DO UPDATE SET message_id = excluded.message_id,"
                     " channel_name = excluded.channel_name, topic = excluded.topic,"
                     " content = excluded.content, data = excluded.data, fresh = excluded.fresh",
                     "imiisssrss", database_site(db), month, channel, message_id,
                     message->channel_name, message->topic, message->content, at, message->data,
                     message->fresh) &&
        store_drop_intent(db, month, channel, fault);
    return end(db, done, fault);
}

bool store_put_data(struct database *db, int month, int64_t channel, int64_t message_id,
                    const char *data, struct fault *fault)
{
    return database_run(db, fault,
                        "UPDATE announcement SET data = ?"
                        " WHERE site = ? AND issue = ? AND channel = ? AND message_id = ?",
                        "simii", data, database_site(db), month, channel, message_id);
}

bool store_put_edit_over(struct database *db, int month, int64_t channel, struct fault *fault)
{
    return database_run(db, fault,
                        "UPDATE announcement SET edit_over = 1"
                        " WHERE site = ? AND issue = ? AND channel = ?",
                        "imi", database_site(db), month, channel);
}

/* Takes the rows of a query with the columns of struct store_entry, in its order. */
static bool take_entries(struct query *query, struct store_entries *entries, struct fault *fault)
{
    bool row = true, done = true;
    while (done && (done = query_next(query, &row, fault)) && row) {
        struct store_entry *e = array_add(&entries->entry, &entries->count, sizeof *e);
        if (e)
            *e = (struct store_entry){.month = query_month(query, 0),
                                      .channel = query_integer(query, 1),
                                      .message_id = query_integer(query, 2),
                                      .doubt = query_integer(query, 3) != 0,
                                      .posted_at = query_real(query, 4),
                                      .edit_over = query_integer(query, 5) != 0,
                                      .channel_name = query_copy(query, 6),
                                      .topic = query_copy(query, 7),
                                      .content = query_copy(query, 8),
                                      .data = query_copy(query, 9),
                                      .fresh = query_copy(query, 10)};
        if (!e || !e->channel_name || !e->topic || !e->content ||
            (!e->data && !query_is_null(query, 9)) || (!e->fresh && !query_is_null(query, 10))) {
            query_finish(query);
            done = fault_memory(fault);
        }
    }
    return done;
}

bool store_list_announcements(struct database *db, int month, struct store_entries *entries,
                              struct fault *fault)
{
    struct query query;
    return database_query(
               db, &query, fault,
               "SELECT issue, channel, message_id, 0, posted_at, edit_over, channel_name, topic,"
               " content, data, fresh FROM announcement WHERE site = ?1 AND issue ="
               " coalesce(nullif(?2, 0), (SELECT max(issue) FROM announcement WHERE site = ?1))"
               " ORDER BY channel",
               "im", database_site(db), month) &&
           take_entries(&query, entries, fault);
}

bool store_list_intents(struct database *db, struct store_entries *entries, struct fault *fault)
{
    struct query query;
    return database_query(db, &query, fault,
                          "SELECT issue, channel, 0, doubt, 0, 0, channel_name, topic, content,"
                          " data, fresh FROM intent WHERE site = ? ORDER BY issue, channel",
                          "i", database_site(db)) &&
           take_entries(&query, entries, fault);
}

void store_entries_finish(struct store_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        struct store_entry *e = &entries->entry[i];
        free(e->channel_name);
        free(e->topic);
        free(e->content);
        free(e->data);
        free(e->fresh);
    }
    free(entries->entry);
    *entries = (struct store_entries){0};
}
