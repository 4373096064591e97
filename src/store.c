/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot remembers of the chat. */
#include "store.h"

#include "buf.h"
#include "database.h"
#include "fault.h"
#include "lock.h"

#include <stdlib.h>
#include <string.h>

#define TOLD_KEEP_S (7 * 86400.0)

struct store {
    struct database *db;
    char *path; /* NULL: in memory */
    int64_t site;
    struct lock post;
};

/* Finds or makes the row of the Zulip site that is used. Without one it is the last that was: one
 * that never told its limits did not answer. */
static bool select_site(struct store *store, const char *site, enum database_use use,
                        struct fault *fault)
{
    if (site && use == DATABASE_CREATE &&
        !database_run(store->db, fault,
                      "INSERT INTO site (url, used_at) VALUES (?, julianday('now'))"
                      " ON CONFLICT (url) DO UPDATE SET used_at = excluded.used_at",
                      "s", site))
        return false;
    return site ? database_get_integer(store->db, &store->site, fault,
                                       "SELECT id FROM site WHERE url = ?", "s", site)
                : database_get_integer(store->db, &store->site, fault,
                                       "SELECT id FROM site"
                                       " ORDER BY max_message_length IS NULL, used_at DESC LIMIT 1",
                                       "");
}

struct store *store_open(const char *path, const char *site, enum database_use use,
                         struct fault *fault)
{
    struct store *store = calloc(1, sizeof *store);
    if (store)
        store->post = LOCK_INIT;
    if (!store || (path && !(store->path = strdup(path))))
        fault_memory(fault);
    else if ((store->db = database_open(path, use, fault)) && select_site(store, site, use, fault))
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_unlock_post(store);
    database_close(store->db);
    free(store->path);
    free(store);
}

struct database *store_database(const struct store *store)
{
    return store->db;
}

int64_t store_site(const struct store *store)
{
    return store->site;
}

char *store_site_url(struct store *store, struct fault *fault)
{
    struct query query;
    bool row;
    char *url = NULL;
    if (!database_query(store->db, &query, fault, "SELECT url FROM site WHERE id = ?", "i",
                        store->site) ||
        !query_next(&query, &row, fault) || !row)
        return NULL;
    url = query_copy(&query, 0);
    query_finish(&query);
    if (!url)
        fault_memory(fault);
    return url;
}

bool store_get_limits(struct store *store, struct store_limits *limits, struct fault *fault)
{
    struct query query;
    bool row;
    if (!database_query(store->db, &query, fault,
                        "SELECT max_message_length, max_topic_length FROM site"
                        " WHERE id = ? AND max_message_length > 0 AND max_topic_length > 0",
                        "i", store->site) ||
        !query_next(&query, &row, fault))
        return false;
    if (row) {
        limits->max_message_length = (size_t)query_integer(&query, 0);
        limits->max_topic_length = (size_t)query_integer(&query, 1);
        query_finish(&query);
    }
    return true;
}

bool store_put_limits(struct store *store, const struct store_limits *limits, struct fault *fault)
{
    return database_run(store->db, fault,
                        "UPDATE site SET max_message_length = ?, max_topic_length = ? WHERE id = ?",
                        "iii", (int64_t)limits->max_message_length,
                        (int64_t)limits->max_topic_length, store->site);
}

bool store_get_refused(struct store *store, double *since, struct fault *fault)
{
    int64_t seconds = 0;
    bool done = database_get_integer(store->db, &seconds, fault,
                                     "SELECT refused_at FROM site WHERE id = ?", "i", store->site);
    *since = (double)seconds;
    return done;
}

bool store_put_refused(struct store *store, double since, struct fault *fault)
{
    return database_run(store->db, fault,
                        "UPDATE site SET refused_at = ?1"
                        " WHERE id = ?2 AND refused_at IS NOT ?1",
                        "ri", since, store->site);
}

bool store_note_refused(struct store *store, double now, struct fault *fault)
{
    double since = 0;
    return store_get_refused(store, &since, fault) &&
           ((since > 0 && since <= now) || store_put_refused(store, now, fault));
}

bool store_refused_too_long(struct store *store, double now, struct fault *fault)
{
    double since = 0;
    struct fault unknown = {0};
    if (!store_get_refused(store, &since, &unknown) || since <= 0 ||
        now - since < STORE_REFUSED_MAX_S)
        return false;
    fault_set(fault, FAULT_LOGIN, "Zulip has refused the bot's login for an hour: giving up");
    return true;
}

const char *store_part_name(enum store_part part)
{
    return part == STORE_ANSWERING ? "answering" : "announcing";
}

bool store_get_trouble(struct store *store, enum store_part part, struct store_trouble *trouble,
                       struct fault *fault)
{
    struct query query;
    bool row;
    if (!database_query(store->db, &query, fault,
                        "SELECT text, since, until FROM trouble WHERE site = ? AND part = ?", "is",
                        store->site, store_part_name(part)) ||
        !query_next(&query, &row, fault))
        return false;
    if (!row)
        return true;
    *trouble =
        (struct store_trouble){query_copy(&query, 0), query_real(&query, 1), query_real(&query, 2)};
    query_finish(&query);
    return trouble->text || fault_memory(fault);
}

void store_trouble_finish(struct store_trouble *trouble)
{
    free(trouble->text);
    *trouble = (struct store_trouble){0};
}

bool store_put_trouble(struct store *store, enum store_part part, const char *text, double now,
                       double until, struct fault *fault)
{
    return database_run(store->db, fault,
                        "INSERT INTO trouble (site, part, text, since, until)"
                        " VALUES (?, ?, ?, ?, ?)"
                        " ON CONFLICT DO UPDATE SET text = excluded.text, until = excluded.until",
                        "issrr", store->site, store_part_name(part), text, now, until);
}

bool store_end_trouble(struct store *store, enum store_part part, struct fault *fault)
{
    return database_run(store->db, fault, "DELETE FROM trouble WHERE site = ? AND part = ?", "is",
                        store->site, store_part_name(part));
}

bool store_get_foreign(struct store *store, double *at, struct fault *fault)
{
    int64_t seconds = 0;
    bool done = database_get_integer(store->db, &seconds, fault,
                                     "SELECT foreign_at FROM site WHERE id = ?", "i", store->site);
    *at = (double)seconds;
    return done;
}

bool store_put_foreign(struct store *store, double at, struct fault *fault)
{
    return database_run(store->db, fault, "UPDATE site SET foreign_at = ? WHERE id = ?", "ri", at,
                        store->site);
}

bool store_put_told(struct store *store, const char *text, double now, struct fault *fault)
{
    return database_run(store->db, fault, "DELETE FROM told WHERE at < ?", "r",
                        now - TOLD_KEEP_S) &&
           database_run(store->db, fault, "INSERT INTO told (site, text, at) VALUES (?, ?, ?)",
                        "isr", store->site, text, now);
}

bool store_get_channel(struct store *store, const char *name, int64_t *id, struct fault *fault)
{
    *id = 0;
    return database_get_integer(store->db, id, fault,
                                "SELECT id FROM channel WHERE site = ? AND name = ?", "is",
                                store->site, name);
}

bool store_put_channel(struct store *store, const char *name, int64_t id, struct fault *fault)
{
    return database_run(store->db, fault,
                        "INSERT INTO channel (site, name, id) VALUES (?, ?, ?)"
                        " ON CONFLICT (site, name) DO UPDATE SET id = excluded.id",
                        "isi", store->site, name, id);
}

bool store_get_record(struct store *store, const char *issue, int64_t channel,
                      struct store_record *record, struct fault *fault)
{
    struct query query;
    bool row;
    /* In this order: what another process records meanwhile is in one of them at least. */
    if (!database_query(store->db, &query, fault,
                        "SELECT doubt, look_id, sender FROM intent"
                        " WHERE site = ? AND issue = ? AND channel = ?",
                        "isi", store->site, issue, channel) ||
        !query_next(&query, &record->intent, fault))
        return false;
    if (record->intent) {
        record->doubt = query_integer(&query, 0) != 0;
        record->look_id = query_integer(&query, 1);
        record->sender = query_integer(&query, 2);
        query_finish(&query);
    }
    if (!database_query(store->db, &query, fault,
                        "SELECT message_id, topic FROM announcement"
                        " WHERE site = ? AND issue = ? AND channel = ?",
                        "isi", store->site, issue, channel) ||
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

bool store_put_intent(struct store *store, const char *issue, int64_t channel, int64_t look_id,
                      int64_t sender, const struct store_message *message, struct fault *fault)
{
    return database_run(store->db, fault,
                        "INSERT OR REPLACE INTO intent (site, issue, channel, doubt, look_id,"
                        " sender, channel_name, topic, content, data, fresh)"
                        " VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)",
                        "isiiisssss", store->site, issue, channel, look_id, sender,
                        message->channel_name, message->topic, message->content, message->data,
                        message->fresh);
}

bool store_clear_doubt(struct store *store, const char *issue, int64_t channel, struct fault *fault)
{
    return database_run(store->db, fault,
                        "UPDATE intent SET doubt = 0 WHERE site = ? AND issue = ? AND channel = ?",
                        "isi", store->site, issue, channel);
}

bool store_drop_intent(struct store *store, const char *issue, int64_t channel, struct fault *fault)
{
    return database_run(store->db, fault,
                        "DELETE FROM intent WHERE site = ? AND issue = ? AND channel = ?", "isi",
                        store->site, issue, channel);
}

/* Ends the transaction that the caller began and `done` tells the fate of. */
static bool end(struct store *store, bool done, struct fault *fault)
{
    done = done && database_commit(store->db, fault);
    if (!done)
        database_rollback(store->db);
    return done;
}

bool store_put_posted(struct store *store, const char *issue, int64_t channel, int64_t message_id,
                      double at, const struct store_message *message, struct fault *fault)
{
    bool done =
        database_begin(store->db, fault) &&
        database_run(store->db, fault,
                     "INSERT OR REPLACE INTO announcement (site, issue, channel, message_id,"
                     " channel_name, topic, content, posted_at, data, fresh)"
                     " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, max(data), max(fresh) FROM intent"
                     " WHERE site = ?1 AND issue = ?2 AND channel = ?3",
                     "isiisssr", store->site, issue, channel, message_id, message->channel_name,
                     message->topic, message->content, at) &&
        store_drop_intent(store, issue, channel, fault);
    return end(store, done, fault);
}

bool store_put_edited(struct store *store, const char *issue, int64_t channel, int64_t message_id,
                      double at, const struct store_message *message, struct fault *fault)
{
    bool done =
        database_begin(store->db, fault) &&
        database_run(store->db, fault,
                     "INSERT INTO announcement (site, issue, channel, message_id, channel_name,"
                     " topic, content, posted_at, data, fresh)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                     " ON CONFLICT DO UPDATE SET message_id = excluded.message_id,"
                     " channel_name = excluded.channel_name, topic = excluded.topic,"
                     " content = excluded.content, data = excluded.data, fresh = excluded.fresh",
                     "isiisssrss", store->site, issue, channel, message_id, message->channel_name,
                     message->topic, message->content, at, message->data, message->fresh) &&
        store_drop_intent(store, issue, channel, fault);
    return end(store, done, fault);
}

bool store_put_data(struct store *store, const char *issue, int64_t channel, int64_t message_id,
                    const char *data, struct fault *fault)
{
    return database_run(store->db, fault,
                        "UPDATE announcement SET data = ?"
                        " WHERE site = ? AND issue = ? AND channel = ? AND message_id = ?",
                        "sisii", data, store->site, issue, channel, message_id);
}

bool store_put_edit_over(struct store *store, const char *issue, int64_t channel,
                         struct fault *fault)
{
    return database_run(store->db, fault,
                        "UPDATE announcement SET edit_over = 1"
                        " WHERE site = ? AND issue = ? AND channel = ?",
                        "isi", store->site, issue, channel);
}

/* Takes the rows of a query with the columns of struct store_entry, in its order. */
static bool take_entries(struct query *query, struct store_entries *entries, struct fault *fault)
{
    bool row = true, done = true;
    while (done && (done = query_next(query, &row, fault)) && row) {
        struct store_entry *e = array_add(&entries->entry, &entries->count, sizeof *e);
        if (e)
            *e = (struct store_entry){.issue = query_copy(query, 0),
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
        if (!e || !e->issue || !e->channel_name || !e->topic || !e->content ||
            (!e->data && !query_is_null(query, 9)) || (!e->fresh && !query_is_null(query, 10))) {
            query_finish(query);
            done = fault_memory(fault);
        }
    }
    return done;
}

bool store_list_announcements(struct store *store, const char *issue, struct store_entries *entries,
                              struct fault *fault)
{
    struct query query;
    return database_query(
               store->db, &query, fault,
               "SELECT issue, channel, message_id, 0, posted_at, edit_over, channel_name, topic,"
               " content, data, fresh FROM announcement WHERE site = ?1 AND issue ="
               " coalesce(?2, (SELECT max(issue) FROM announcement WHERE site = ?1))"
               " ORDER BY channel",
               "is", store->site, issue) &&
           take_entries(&query, entries, fault);
}

bool store_list_intents(struct store *store, struct store_entries *entries, struct fault *fault)
{
    struct query query;
    return database_query(store->db, &query, fault,
                          "SELECT issue, channel, 0, doubt, 0, 0, channel_name, topic, content,"
                          " data, fresh FROM intent WHERE site = ? ORDER BY issue, channel",
                          "i", store->site) &&
           take_entries(&query, entries, fault);
}

void store_entries_finish(struct store_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        struct store_entry *e = &entries->entry[i];
        free(e->issue);
        free(e->channel_name);
        free(e->topic);
        free(e->content);
        free(e->data);
        free(e->fresh);
    }
    free(entries->entry);
    *entries = (struct store_entries){0};
}

bool store_lock_post(struct store *store, const struct stop *stop, double wait_s,
                     struct fault *fault)
{
    return lock_take(&store->post, store->path, "post", "announcing", stop, wait_s, fault);
}

void store_unlock_post(struct store *store)
{
    lock_release(&store->post);
}
