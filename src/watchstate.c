/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher remembers. */
#include "watchstate.h"

#include "buf.h"
#include "database.h"
#include "fault.h"
#include "month.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool watchstate_get_feed(struct database *db, const char *url, struct feed_state *feed,
                         struct fault *fault)
{
    struct query q;
    bool row;
    if (!database_query(db, &q, fault,
                        "SELECT etag, last_modified, error, hash, since, polled_at, good_at,"
                        " full_at, next_at, fresh_until, hold_until, distrusted_at, failures, gone,"
                        " date FROM feed WHERE url = ?",
                        "s", url) ||
        !query_next(&q, &row, fault))
        return false;
    if (!row)
        return true;
    *feed = (struct feed_state){.etag = query_copy(&q, 0),
                                .last_modified = query_copy(&q, 1),
                                .error = query_copy(&q, 2),
                                .hash = query_integer(&q, 3),
                                .since = query_real(&q, 4),
                                .polled_at = query_real(&q, 5),
                                .good_at = query_real(&q, 6),
                                .full_at = query_real(&q, 7),
                                .next_at = query_real(&q, 8),
                                .fresh_until = query_real(&q, 9),
                                .hold_until = query_real(&q, 10),
                                .distrusted_at = query_real(&q, 11),
                                .failures = (int)query_integer(&q, 12),
                                .gone = query_integer(&q, 13) != 0,
                                .date = query_real(&q, 14)};
    bool whole = (feed->etag || query_is_null(&q, 0)) &&
                 (feed->last_modified || query_is_null(&q, 1)) &&
                 (feed->error || query_is_null(&q, 2));
    query_finish(&q);
    return whole || fault_memory(fault);
}

bool watchstate_put_feed(struct database *db, const char *url, const struct feed_state *feed,
                         struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT OR REPLACE INTO feed (url, etag, last_modified, error, hash, since,"
                        " polled_at, good_at, full_at, next_at, fresh_until, hold_until,"
                        " distrusted_at, failures, gone, date)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        "ssssirrrrrrrriir", url, feed->etag, feed->last_modified, feed->error,
                        feed->hash, feed->since, feed->polled_at, feed->good_at, feed->full_at,
                        feed->next_at, feed->fresh_until, feed->hold_until, feed->distrusted_at,
                        (int64_t)feed->failures, (int64_t)feed->gone, feed->date);
}

bool watchstate_note_read(struct database *db, const char *url, double now, struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT INTO feed (url, since, good_at) VALUES (?, ?2, ?2)"
                        " ON CONFLICT (url) DO UPDATE SET good_at = excluded.good_at",
                        "sr", url, now);
}

void feed_state_finish(struct feed_state *feed)
{
    free(feed->etag);
    free(feed->last_modified);
    free(feed->error);
    *feed = (struct feed_state){0};
}

/* Takes the items that a condition on the table chooses. */
static bool list_items(struct database *db, const char *sql, const char *types, int64_t site,
                       struct watch_items *items, struct fault *fault)
{
    struct query q;
    bool row = true, done = database_query(db, &q, fault, sql, types, site);
    while (done && (done = query_next(&q, &row, fault)) && row) {
        struct watch_item *item = array_add(&items->item, &items->count, sizeof *item);
        if (item) {
            *item = (struct watch_item){.month = query_month(&q, 0),
                                        .url = query_copy(&q, 2),
                                        .title = query_copy(&q, 3),
                                        .hash = query_integer(&q, 4),
                                        .waits = query_integer(&q, 5) != 0,
                                        .gone_at = query_real(&q, 14),
                                        .seen_at = query_real(&q, 6),
                                        .retry_at = query_real(&q, 7),
                                        .unread_since = query_real(&q, 8),
                                        .recheck_at = query_real(&q, 9),
                                        .unchecked_since = query_real(&q, 10),
                                        .look = query_integer(&q, 11),
                                        .corrections = (int)query_integer(&q, 12),
                                        .corrected_at = query_real(&q, 13)};
            snprintf(item->published, sizeof item->published, "%s", query_string(&q, 1));
        }
        if (!item || !item->url || !item->title) {
            query_finish(&q);
            done = fault_memory(fault);
        }
    }
    return done;
}

#define ITEM_COLUMNS                                                                               \
    "SELECT i.id, i.published, i.url, i.title, i.hash,"                                            \
    " i.id IN (SELECT issue FROM pending) AND i.id NOT IN (SELECT issue FROM announcement),"       \
    " i.seen_at, i.retry_at, i.unread_since, i.recheck_at, i.unchecked_since, i.look,"             \
    " i.corrections, i.corrected_at, i.gone_at FROM item AS i "

bool watchstate_list_items(struct database *db, struct watch_items *items, struct fault *fault)
{
    return list_items(db, ITEM_COLUMNS "ORDER BY i.id", "", 0, items, fault);
}

bool watchstate_list_pending(struct database *db, struct watch_items *items, struct fault *fault)
{
    return list_items(db,
                      ITEM_COLUMNS "WHERE i.id IN (SELECT p.issue FROM pending AS p"
                                   " JOIN destination AS d ON d.id = p.destination"
                                   " WHERE d.site = ? AND d.active)"
                                   " AND i.gone_at = 0 ORDER BY i.id",
                      "i", database_site(db), items, fault);
}

bool watchstate_list_rechecks(struct database *db, struct watch_items *items, struct fault *fault)
{
    return list_items(db, ITEM_COLUMNS "WHERE i.recheck_at > 0 ORDER BY i.id", "", 0, items, fault);
}

bool watchstate_newest(struct database *db, int *month, struct fault *fault)
{
    int64_t newest = 0;
    bool done =
        database_get_integer(db, &newest, fault, "SELECT max(id) FROM item WHERE gone_at = 0", "");
    *month = (int)newest;
    return done;
}

void watch_items_finish(struct watch_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        free(items->item[i].url);
        free(items->item[i].title);
    }
    free(items->item);
    *items = (struct watch_items){0};
}

bool watchstate_put_item(struct database *db, const struct watch_item *item, struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT INTO item (id, url, title, published, hash, seen_at)"
                        " VALUES (?, ?, ?, ?, ?, ?)"
                        " ON CONFLICT DO UPDATE SET url = excluded.url, title = excluded.title,"
                        " published = excluded.published, hash = excluded.hash, gone_at = 0",
                        "msssir", item->month, item->url, item->title, item->published, item->hash,
                        item->seen_at);
}

bool watchstate_set_gone(struct database *db, int month, double now, struct fault *fault)
{
    return database_run(db, fault, "UPDATE item SET gone_at = ? WHERE id = ?", "rm", now, month);
}

bool watchstate_keep_listed(struct database *db, const struct months *months, double now,
                            struct fault *fault)
{
    bool done = database_begin(db, fault) &&
                database_run(db, fault, "UPDATE item SET gone_at = ? WHERE gone_at = 0", "r", now);
    for (size_t i = 0; done && i < months->count; i++)
        done = database_run(db, fault, "UPDATE item SET gone_at = 0 WHERE id = ?", "m",
                            months->month[i]);
    done = done && database_commit(db, fault);
    if (!done)
        database_rollback(db);
    return done;
}

bool watchstate_set_retry(struct database *db, int month, double at, double unread_since,
                          struct fault *fault)
{
    return database_run(db, fault, "UPDATE item SET retry_at = ?, unread_since = ? WHERE id = ?",
                        "rrm", at, unread_since, month);
}

bool watchstate_set_recheck(struct database *db, int month, double at, double unchecked_since,
                            int64_t look, struct fault *fault)
{
    return database_run(db, fault,
                        "UPDATE item SET recheck_at = ?, unchecked_since = ?, look = ?"
                        " WHERE id = ?",
                        "rrim", at, unchecked_since, look, month);
}

bool watchstate_set_corrections(struct database *db, int month, int count, double since,
                                struct fault *fault)
{
    return database_run(db, fault, "UPDATE item SET corrections = ?, corrected_at = ? WHERE id = ?",
                        "irm", (int64_t)count, since, month);
}

bool watchstate_want_recheck(struct database *db, int month, double now, struct fault *fault)
{
    return database_run(db, fault, "UPDATE item SET recheck_at = ? WHERE id = ? AND recheck_at = 0",
                        "rm", now, month);
}

/* Makes one row of a destination that was known by name only and of its channel's. */
static bool merge_destinations(struct database *db, int64_t named, int64_t resolved,
                               struct fault *fault)
{
    bool done = database_begin(db, fault) &&
                database_run(db, fault,
                             "UPDATE OR IGNORE pending SET destination = ?"
                             " WHERE destination = ?",
                             "ii", resolved, named) &&
                database_run(db, fault, "DELETE FROM pending WHERE destination = ?", "i", named) &&
                database_run(db, fault, "DELETE FROM destination WHERE id = ?", "i", named) &&
                database_commit(db, fault);
    if (!done)
        database_rollback(db);
    return done;
}

/* The rows of a destination: known by its name only, and by its channel; 0: there is none. */
static bool find_rows(struct database *db, const char *name, int64_t channel, int64_t *named,
                      int64_t *resolved, struct fault *fault)
{
    *named = *resolved = 0;
    return database_get_integer(db, named, fault,
                                "SELECT id FROM destination WHERE site = ? AND channel = 0"
                                " AND name = ?",
                                "is", database_site(db), name) &&
           (!channel ||
            database_get_integer(db, resolved, fault,
                                 "SELECT id FROM destination WHERE site = ? AND channel = ?", "ii",
                                 database_site(db), channel));
}

bool watchstate_peek_destination(struct database *db, const char *name, int64_t channel,
                                 int64_t *row, struct fault *fault)
{
    int64_t named, resolved;
    bool done = find_rows(db, name, channel, &named, &resolved, fault);
    *row = resolved ? resolved : named;
    return done;
}

bool watchstate_find_destination(struct database *db, const char *name, int64_t channel,
                                 int64_t *row, struct fault *fault)
{
    int64_t named, resolved;
    bool done = find_rows(db, name, channel, &named, &resolved, fault);
    *row = resolved ? resolved : named;
    if (!done)
        return false;
    if (named && resolved)
        return merge_destinations(db, named, resolved, fault);
    return !named || !channel ||
           database_run(db, fault, "UPDATE destination SET channel = ? WHERE id = ?", "ii", channel,
                        named);
}

bool watchstate_add_destination(struct database *db, const char *name, int64_t channel, int hint,
                                int64_t *row, struct fault *fault)
{
    bool done = database_run(db, fault,
                             "INSERT INTO destination (site, name, channel, hint)"
                             " VALUES (?, ?, ?, ?)",
                             "isim", database_site(db), name, channel, hint);
    *row = database_inserted(db);
    return done;
}

bool watchstate_get_hint(struct database *db, int64_t row, int *month, struct fault *fault)
{
    int64_t hint = 0;
    bool done = database_get_integer(db, &hint, fault, "SELECT hint FROM destination WHERE id = ?",
                                     "i", row);
    *month = (int)hint;
    return done;
}

bool watchstate_drop_hint(struct database *db, int64_t row, struct fault *fault)
{
    return database_run(db, fault, "UPDATE destination SET hint = 0 WHERE id = ?", "i", row);
}

bool watchstate_activate(struct database *db, const int64_t *rows, size_t count,
                         struct fault *fault)
{
    int64_t active = 0, right = 0;
    bool done = database_get_integer(db, &active, fault,
                                     "SELECT count(*) FROM destination WHERE site = ? AND active",
                                     "i", database_site(db));
    for (size_t i = 0; done && i < count; i++) {
        int64_t one = 0;
        done = database_get_integer(db, &one, fault, "SELECT active FROM destination WHERE id = ?",
                                    "i", rows[i]);
        right += one;
    }
    if (!done || (active == right && right == (int64_t)count))
        return done;
    done = database_begin(db, fault) &&
           database_run(db, fault, "UPDATE destination SET active = 0 WHERE site = ?", "i",
                        database_site(db));
    for (size_t i = 0; done && i < count; i++)
        done =
            database_run(db, fault, "UPDATE destination SET active = 1 WHERE id = ?", "i", rows[i]);
    done = done && database_commit(db, fault);
    if (!done)
        database_rollback(db);
    return done;
}

bool watchstate_add_pending(struct database *db, int64_t row, int month, struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT OR IGNORE INTO pending (destination, issue) VALUES (?, ?)", "im",
                        row, month);
}

bool watchstate_drop_pending(struct database *db, int64_t row, int month, struct fault *fault)
{
    return database_run(db, fault, "DELETE FROM pending WHERE destination = ? AND issue = ?", "im",
                        row, month);
}

bool watchstate_is_pending(struct database *db, int64_t row, int month, bool *pending,
                           struct fault *fault)
{
    int64_t count = 0;
    bool done = database_get_integer(
        db, &count, fault, "SELECT count(*) FROM pending WHERE destination = ? AND issue = ?", "im",
        row, month);
    *pending = count > 0;
    return done;
}

/* Every time there is: of what was, and of what is to come. */
static const struct {
    const char *table, *column;
    bool future;
} times[] = {{"feed", "since", false},
             {"feed", "polled_at", false},
             {"feed", "good_at", false},
             {"feed", "full_at", false},
             {"feed", "distrusted_at", false},
             {"feed", "next_at", true},
             {"feed", "fresh_until", true},
             {"feed", "hold_until", true},
             {"item", "seen_at", false},
             {"item", "unread_since", false},
             {"item", "unchecked_since", false},
             {"item", "corrected_at", false},
             {"item", "gone_at", false},
             {"item", "retry_at", true},
             {"item", "recheck_at", true},
             {"alarm", "raised_at", false},
             {"announcement", "posted_at", false},
             {"site", "refused_at", false},
             {"site", "foreign_at", false},
             {"told", "at", false},
             {"trouble", "since", false},
             {"trouble", "until", true}};
#define TIME_COUNT (sizeof times / sizeof *times)

/* Changes all times in one transaction, by the end of a statement for the past and the future. */
static bool change_times(struct database *db, const char *past, const char *future, double a,
                         double b, struct fault *fault)
{
    bool done = database_begin(db, fault);
    for (size_t i = 0; done && i < TIME_COUNT; i++) {
        struct buf sql = BUF_INIT(400);
        const char *column = times[i].column;
        buf_addf(&sql, "UPDATE %s SET %s = ", times[i].table, column);
        for (const char *s = times[i].future ? future : past; *s; s++)
            if (*s == '@')
                buf_adds(&sql, column);
            else
                buf_addc(&sql, *s);
        done =
            !sql.failed ? database_run(db, fault, buf_str(&sql), "rr", a, b) : fault_memory(fault);
        buf_finish(&sql);
    }
    done = done && database_commit(db, fault);
    if (!done)
        database_rollback(db);
    return done;
}

bool watchstate_clamp(struct database *db, double now, double longest_s, struct fault *fault)
{
    return change_times(db, "?1 WHERE @ > ?1 + 0 * ?2", "?1 WHERE @ > ?1 + ?2", now, longest_s,
                        fault);
}

bool watchstate_shift(struct database *db, double by_s, struct fault *fault)
{
    static const char end[] = "max(1, @ + ?1) + 0 * ?2 WHERE @ > 0";
    return change_times(db, end, end, by_s, 0, fault);
}

bool watchstate_raise(struct database *db, const char *kind, const char *subject, const char *text,
                      double now, bool *raised, struct fault *fault)
{
    int64_t open = 0;
    *raised = false;
    if (!database_get_integer(db, &open, fault,
                              "SELECT count(*) FROM alarm WHERE kind = ? AND subject = ?"
                              " AND over = 0",
                              "ss", kind, subject))
        return false;
    *raised = open == 0;
    return open > 0 || database_run(db, fault,
                                    "INSERT INTO alarm (kind, subject, text, raised_at)"
                                    " VALUES (?, ?, ?, ?)",
                                    "sssr", kind, subject, text, now);
}

bool watchstate_end_alarm(struct database *db, const char *kind, const char *subject,
                          const char *over, bool *ended, struct fault *fault)
{
    int64_t id = 0;
    *ended = false;
    if (!database_get_integer(db, &id, fault,
                              "SELECT id FROM alarm WHERE kind = ? AND subject = ? AND over = 0",
                              "ss", kind, subject))
        return false;
    if (!id)
        return true;
    *ended = true;
    return over ? database_run(
                      db, fault,
                      "UPDATE alarm SET over = 1, told = 0, sent = 0, look_id = NULL, text ="
                      " CASE WHEN sent OR told THEN ?1 ELSE text || ' ' || ?1 END"
                      " WHERE id = ?2",
                      "si", over, id)
                : database_run(db, fault, "DELETE FROM alarm WHERE id = ?", "i", id);
}

bool watchstate_list_alarms(struct database *db, bool open, struct alarms *alarms,
                            struct fault *fault)
{
    struct query q;
    bool row = true;
    bool done = database_query(
        db, &q, fault,
        "SELECT id, kind, subject, text, raised_at, told, coalesce(look_id, -1) FROM alarm"
        " WHERE CASE WHEN ? THEN over = 0 ELSE sent = 0 END ORDER BY id",
        "i", (int64_t)open);
    while (done && (done = query_next(&q, &row, fault)) && row) {
        struct alarm *alarm = array_add(&alarms->alarm, &alarms->count, sizeof *alarm);
        if (alarm)
            *alarm = (struct alarm){.id = query_integer(&q, 0),
                                    .kind = query_copy(&q, 1),
                                    .subject = query_copy(&q, 2),
                                    .text = query_copy(&q, 3),
                                    .raised_at = query_real(&q, 4),
                                    .told = (int)query_integer(&q, 5),
                                    .look_id = query_integer(&q, 6)};
        if (!alarm || !alarm->kind || !alarm->subject || !alarm->text) {
            query_finish(&q);
            done = fault_memory(fault);
        }
    }
    return done;
}

bool watchstate_put_telling(struct database *db, int64_t id, int told, int64_t look_id,
                            struct fault *fault)
{
    return database_run(db, fault, "UPDATE alarm SET told = ?, look_id = ? WHERE id = ?", "iii",
                        (int64_t)told, look_id, id);
}

bool watchstate_set_told(struct database *db, int64_t id, int told, bool sent, struct fault *fault)
{
    /* An end that is told leaves nothing to remember. */
    return sent
               ? database_run(db, fault,
                              "UPDATE alarm SET told = ?, sent = 1, look_id = NULL WHERE id = ? "
                              "AND over = 0",
                              "ii", (int64_t)told, id) &&
                     database_run(db, fault, "DELETE FROM alarm WHERE id = ? AND over = 1", "i", id)
               : database_run(db, fault, "UPDATE alarm SET told = ?, look_id = NULL WHERE id = ?",
                              "ii", (int64_t)told, id);
}

void alarms_finish(struct alarms *alarms)
{
    for (size_t i = 0; i < alarms->count; i++) {
        free(alarms->alarm[i].kind);
        free(alarms->alarm[i].subject);
        free(alarms->alarm[i].text);
    }
    free(alarms->alarm);
    *alarms = (struct alarms){0};
}
