/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot remembers of the Zulip server. */
#include "state/server.h"

#include "base/arena.h"
#include "base/fault.h"
#include "io/database.h"
#include "zulip/chat.h"

#include <stdio.h>

#define TOLD_KEEP_S (7 * 86400.0)

bool server_get_limits(struct database *db, struct server_limits *limits, struct fault *fault)
{
    static const struct columns columns = {
        sizeof *limits,
        {COLUMN(server_limits, max_message_length), COLUMN(server_limits, max_topic_length)}};
    *limits = (struct server_limits){CHAT_MESSAGE_LENGTH, CHAT_TOPIC_LENGTH};
    return database_row(NULL, db, &columns, limits, NULL, fault,
                        "SELECT max_message_length, max_topic_length FROM site"
                        " WHERE id = ? AND max_message_length > 0 AND max_topic_length > 0",
                        "i", database_site(db));
}

bool server_put_limits(struct database *db, const struct server_limits *limits, struct fault *fault)
{
    return database_run(db, fault,
                        "UPDATE site SET max_message_length = ?, max_topic_length = ? WHERE id = ?",
                        "iii", (int64_t)limits->max_message_length,
                        (int64_t)limits->max_topic_length, database_site(db));
}

bool server_get_refused(struct database *db, double *since, struct fault *fault)
{
    int64_t seconds = 0;
    bool done = database_get_integer(
        db, &seconds, fault, "SELECT refused_at FROM site WHERE id = ?", "i", database_site(db));
    *since = (double)seconds;
    return done;
}

bool server_set_refused(struct database *db, double since, struct fault *fault)
{
    return database_run(db, fault,
                        "UPDATE site SET refused_at = ?1 WHERE id = ?2 AND refused_at IS NOT ?1"
                        " AND (?1 = 0 OR coalesce(refused_at NOT BETWEEN 1 AND ?1, 1))",
                        "ri", since, database_site(db));
}

bool server_refused_too_long(struct database *db, double now, struct fault *fault)
{
    double since = 0;
    struct fault unknown = {0};
    if (!server_get_refused(db, &since, &unknown) || since <= 0 ||
        now - since < SERVER_REFUSED_MAX_S)
        return false;
    fault_set(fault, FAULT_LOGIN, "Zulip has refused the bot's login for an hour: giving up");
    return true;
}

const char *server_part_name(enum server_part part)
{
    return part == SERVER_ANSWERING ? "answering" : "announcing";
}

bool server_get_trouble(struct arena *arena, struct database *db, enum server_part part,
                        struct server_trouble *trouble, struct fault *fault)
{
    static const struct columns columns = {sizeof *trouble,
                                           {COLUMN(server_trouble, text),
                                            COLUMN(server_trouble, since),
                                            COLUMN(server_trouble, until)}};
    return database_row(arena, db, &columns, trouble, NULL, fault,
                        "SELECT text, since, until FROM trouble WHERE site = ? AND part = ?", "is",
                        database_site(db), server_part_name(part));
}

bool server_set_trouble(struct database *db, enum server_part part, const char *text, double now,
                        double until, struct fault *fault)
{
    if (!text)
        return database_run(db, fault, "DELETE FROM trouble WHERE site = ? AND part = ?", "is",
                            database_site(db), server_part_name(part));
    return database_run(db, fault,
                        "INSERT INTO trouble (site, part, text, since, until)"
                        " VALUES (?, ?, ?, ?, ?)"
                        " ON CONFLICT DO UPDATE SET text = excluded.text, until = excluded.until",
                        "issrr", database_site(db), server_part_name(part), text, now, until);
}

bool server_get_foreign(struct database *db, double *at, struct fault *fault)
{
    int64_t seconds = 0;
    bool done = database_get_integer(
        db, &seconds, fault, "SELECT foreign_at FROM site WHERE id = ?", "i", database_site(db));
    *at = (double)seconds;
    return done;
}

bool server_put_foreign(struct database *db, double at, struct fault *fault)
{
    return database_run(db, fault, "UPDATE site SET foreign_at = ? WHERE id = ?", "ri", at,
                        database_site(db));
}

bool server_put_told(struct database *db, const char *text, double now, struct fault *fault)
{
    return database_run(db, fault, "DELETE FROM told WHERE at < ?", "r", now - TOLD_KEEP_S) &&
           database_run(db, fault, "INSERT INTO told (site, text, at) VALUES (?, ?, ?)", "isr",
                        database_site(db), text, now);
}

bool server_get_queue(struct database *db, struct server_queue *queue, struct fault *fault)
{
    struct row {
        struct server_queue queue;
        const char *id;
    } row = {.queue = {.last = -1}};
    static const struct columns columns = {sizeof row,
                                           {COLUMN_OR_NULL(row, id), COLUMN(row, queue.last),
                                            COLUMN(row, queue.handled), COLUMN(row, queue.begun),
                                            COLUMN(row, queue.ahead)}};
    struct arena *arena = arena_new();
    bool done = database_row(arena, db, &columns, &row, NULL, fault,
                             "SELECT id, last, handled, begun, ahead FROM queue WHERE site = ?",
                             "i", database_site(db));
    *queue = row.queue;
    snprintf(queue->id, sizeof queue->id, "%s", row.id ? row.id : "");
    arena_free(arena);
    return done;
}

bool server_put_queue(struct database *db, const struct server_queue *queue, struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT INTO queue (site, id, last, handled, begun, ahead)"
                        " VALUES (?, ?, ?, ?, ?, ?)"
                        " ON CONFLICT DO UPDATE SET id = excluded.id, last = excluded.last,"
                        " handled = excluded.handled, begun = excluded.begun,"
                        " ahead = excluded.ahead",
                        "isiiir", database_site(db), *queue->id ? queue->id : NULL, queue->last,
                        queue->handled, (int64_t)queue->begun, queue->ahead);
}
