/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher remembers. */
#include "state/watched.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "io/config.h"
#include "io/database.h"
#include "news/issue.h"
#include "news/month.h"
#include "zulip/markup.h"
#include "zulip/org.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool watched_get_feed(struct arena *arena, struct database *db, const char *url,
                      struct feed_state *feed, struct fault *fault)
{
    static const struct columns columns = {
        sizeof *feed,
        {COLUMN_OR_NULL(feed_state, etag), COLUMN_OR_NULL(feed_state, last_modified),
         COLUMN_OR_NULL(feed_state, error), COLUMN(feed_state, hash), COLUMN(feed_state, since),
         COLUMN(feed_state, polled_at), COLUMN(feed_state, good_at), COLUMN(feed_state, full_at),
         COLUMN(feed_state, next_at), COLUMN(feed_state, fresh_until),
         COLUMN(feed_state, hold_until), COLUMN(feed_state, distrusted_at),
         COLUMN(feed_state, date), COLUMN(feed_state, failures), COLUMN(feed_state, gone)}};
    return database_row(arena, db, &columns, feed, NULL, fault,
                        "SELECT etag, last_modified, error, hash, since, polled_at, good_at,"
                        " full_at, next_at, fresh_until, hold_until, distrusted_at, date, failures,"
                        " gone FROM feed WHERE url = ?",
                        "s", url);
}

bool watched_put_feed(struct database *db, const char *url, const struct feed_state *feed,
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

bool watched_note_read(struct database *db, const char *url, double now, struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT INTO feed (url, since, good_at) VALUES (?, ?2, ?2)"
                        " ON CONFLICT (url) DO UPDATE SET good_at = excluded.good_at",
                        "sr", url, now);
}

double watched_poll_at(const struct feed_state *feed, bool work)
{
    double at = fmax(feed->fresh_until, feed->hold_until);
    return feed->gone ? INFINITY : work ? at : fmax(at, feed->next_at);
}

bool watched_forget_waits(struct database *db, const char *url, struct fault *fault)
{
    bool done = database_begin(db, fault) &&
                database_run(db, fault,
                             "UPDATE feed SET next_at = 0, fresh_until = 0, gone = 0 WHERE url = ?",
                             "s", url) &&
                database_run(db, fault, "UPDATE item SET retry_at = 0", "") &&
                database_run(db, fault, "UPDATE pending SET retry_at = 0", "");
    return database_end(db, done, fault);
}

bool watched_list_items(struct arena *arena, struct database *db, struct watched_items *items,
                        struct fault *fault)
{
    static const struct columns columns = {
        sizeof(struct watched_item),
        {COLUMN(watched_item, month), COLUMN(watched_item, url), COLUMN(watched_item, title),
         COLUMN(watched_item, hash), COLUMN(watched_item, seen_at), COLUMN(watched_item, gone_at),
         COLUMN(watched_item, waits), COLUMN(watched_item, pending),
         COLUMN(watched_item, announced_at), COLUMN(watched_item, channels_at),
         COLUMN(watched_item, retry_at), COLUMN(watched_item, unread_since),
         COLUMN(watched_item, recheck_at), COLUMN(watched_item, look),
         COLUMN(watched_item, corrections), COLUMN(watched_item, corrected_at)}};
    return database_rows(
        arena, db, &columns, &items->item, &items->count, fault,
        "WITH active AS (SELECT p.issue, min(p.retry_at) AS retry_at FROM pending AS p"
        " JOIN destination AS d ON d.id = p.destination WHERE d.site = ?1 AND d.active"
        " GROUP BY p.issue),"
        " posted AS (SELECT about, site, max(at) AS at FROM outbox WHERE kind = 'announcement'"
        " AND state = 'posted' GROUP BY about, site)"
        " SELECT item.id AS month, url, title, hash, seen_at, gone_at,"
        " item.id IN (SELECT issue FROM pending) AND item.id NOT IN (SELECT about FROM posted)"
        " AS waits, gone_at = 0 AND active.issue IS NOT NULL AS pending,"
        " posted.at AS announced_at, active.retry_at AS channels_at, item.retry_at AS retry_at,"
        " unread_since, recheck_at, look, corrections, corrected_at"
        " FROM item LEFT JOIN active ON active.issue = item.id"
        " LEFT JOIN posted ON posted.about = item.id AND posted.site = ?1 ORDER BY item.id",
        "i", database_site(db));
}

const struct watched_item *watched_find_item(const struct watched_items *items, int month)
{
    for (size_t i = 0; i < items->count; i++)
        if (items->item[i].month == month)
            return &items->item[i];
    return NULL;
}

const struct watched_item *watched_newest(const struct watched_items *items)
{
    for (size_t i = items->count; i-- > 0;)
        if (items->item[i].gone_at <= 0)
            return &items->item[i];
    return NULL;
}

const struct watched_item *watched_newest_announced(const struct watched_items *items)
{
    for (size_t i = items->count; i-- > 0;)
        if (items->item[i].announced_at > 0)
            return &items->item[i];
    return NULL;
}

double watched_recheck_at(const struct watched_item *item)
{
    return item->recheck_at > 0 ? fmax(item->recheck_at, item->retry_at) : INFINITY;
}

double watched_due_at(const struct watched_item *item, double settle_s)
{
    return item->pending ? fmax(item->seen_at + settle_s, fmax(item->retry_at, item->channels_at))
                         : INFINITY;
}

bool watched_put_item(struct database *db, const struct watched_item *item, struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT INTO item (id, url, title, hash, seen_at) VALUES (?, ?, ?, ?, ?)"
                        " ON CONFLICT DO UPDATE SET url = excluded.url, title = excluded.title,"
                        " hash = excluded.hash, gone_at = 0",
                        "mssir", item->month, item->url, item->title, item->hash, item->seen_at);
}

bool watched_set_gone(struct database *db, int month, double now, struct fault *fault)
{
    return database_run(db, fault, "UPDATE item SET gone_at = ? WHERE id = ?", "rm", now, month);
}

bool watched_keep_listed(struct database *db, const struct months *months, double now,
                         struct fault *fault)
{
    bool done = database_begin(db, fault) &&
                database_run(db, fault, "UPDATE item SET gone_at = ? WHERE gone_at = 0", "r", now);
    for (size_t i = 0; done && i < months->count; i++)
        done = database_run(db, fault, "UPDATE item SET gone_at = 0 WHERE id = ?", "m",
                            months->month[i]);
    return database_end(db, done, fault);
}

bool watched_put_work(struct database *db, const struct watched_item *item, struct fault *fault)
{
    return database_run(db, fault,
                        "UPDATE item SET retry_at = ?, unread_since = ?, recheck_at = ?,"
                        " look = ?, corrections = ?, corrected_at = ? WHERE id = ?",
                        "rrriirm", item->retry_at, item->unread_since, item->recheck_at, item->look,
                        (int64_t)item->corrections, item->corrected_at, item->month);
}

bool watched_put_announced(struct database *db, int month, int64_t row, double recheck_at,
                           struct fault *fault)
{
    bool done =
        database_begin(db, fault) &&
        database_run(db, fault, "DELETE FROM pending WHERE destination = ? AND issue = ?", "im",
                     row, month) &&
        database_run(db, fault, "UPDATE destination SET hint = 0 WHERE id = ?", "i", row) &&
        database_run(db, fault,
                     "UPDATE item SET retry_at = 0, unread_since = 0, recheck_at = ?, look = 0"
                     " WHERE id = ?",
                     "rm", recheck_at, month);
    return database_end(db, done, fault);
}

/* The id in "123" or "123-name"; 0: it is a name. */
static int64_t read_id(const char *wanted)
{
    size_t digits = strspn(wanted, "0123456789");
    return digits && digits < 18 && (wanted[digits] == '\0' || wanted[digits] == '-')
               ? strtoll(wanted, NULL, 10)
               : 0;
}

static const struct org_channel *find_name(const struct org_channels *channels, const char *name)
{
    for (size_t i = 0; i < channels->count; i++)
        if (text_equal_fold(channels->channel[i].name, name))
            return &channels->channel[i];
    return NULL;
}

/* The id of the channel that a name last named; 0: none. */
static bool get_channel_id(struct database *db, const char *name, int64_t *id, struct fault *fault)
{
    *id = 0;
    return database_get_integer(db, id, fault, "SELECT id FROM channel WHERE site = ? AND name = ?",
                                "is", database_site(db), name);
}

bool destination_find_channel(struct database *db, const struct org_channels *channels,
                              const char *wanted, const struct org_channel **channel,
                              struct fault *fault)
{
    char shown[120], name[120];
    int64_t id = 0;
    /* A channel may be called "2024", so names are tried before ids. */
    if ((*channel = find_name(channels, wanted)))
        return true;
    if (db && !get_channel_id(db, wanted, &id, fault))
        return false;
    *channel = org_find_channel(channels, id ? id : read_id(wanted));
    if (*channel && id && id != read_id(wanted))
        log_line(LOG_LEVEL_WARNING,
                 "no channel is called '%s' any more: using its id %" PRId64 ", now '%s'",
                 text_printable(shown, sizeof shown, wanted, strlen(wanted)), id,
                 text_printable(name, sizeof name, (*channel)->name, strlen((*channel)->name)));
    return true;
}

bool destination_resolve_channel(struct database *db, const struct org_channels *channels,
                                 const char *wanted, const struct org_channel **channel,
                                 struct fault *fault)
{
    if (!destination_find_channel(db, channels, wanted, channel, fault))
        return false;
    return !*channel || database_run(db, fault,
                                     "INSERT INTO channel (site, name, id) VALUES (?, ?, ?)"
                                     " ON CONFLICT DO UPDATE SET id = excluded.id"
                                     " WHERE id <> excluded.id",
                                     "isi", database_site(db), wanted, (*channel)->id);
}

bool destination_absent(const char *wanted, struct fault *fault)
{
    char shown[120];
    return fault_set(fault, FAULT_SETUP,
                     "there is no channel '%s' that the bot can see: misspelt, archived, or "
                     "private without the bot (subscribe it in the channel's settings)",
                     text_printable(shown, sizeof shown, wanted, strlen(wanted)));
}

char *destination_topic(struct arena *arena, const char *topic, const struct issue *issue,
                        size_t max_length)
{
    char month[MONTH_TEXT_SIZE], id[MONTH_ID_SIZE];
    month_text(issue->month, month);
    month_id(issue->month, id);
    return markup_topic(arena, config_topic(arena, topic, issue->title, month, id), max_length);
}

bool destination_find(struct database *db, const char *name, int64_t channel,
                      struct destination_row *row, struct fault *fault)
{
    static const struct columns columns = {sizeof *row,
                                           {COLUMN(destination_row, id),
                                            COLUMN(destination_row, active),
                                            COLUMN(destination_row, hint)}};
    *row = (struct destination_row){.channel = channel};
    if (!channel && !get_channel_id(db, name, &row->channel, fault))
        return false;
    if (!row->channel)
        row->channel = read_id(name);
    return database_row(
        NULL, db, &columns, row, NULL, fault,
        "SELECT id, active, hint FROM destination WHERE site = ?1 AND (name = ?2 OR name IN"
        " (SELECT name FROM channel WHERE site = ?1 AND id = ?3))"
        " ORDER BY name <> ?2 LIMIT 1",
        "isi", database_site(db), name, row->channel);
}

bool destination_add(struct database *db, const char *name, int hint, struct fault *fault)
{
    return database_run(db, fault, "INSERT INTO destination (site, name, hint) VALUES (?, ?, ?)",
                        "ism", database_site(db), name, hint);
}

bool destination_activate(struct arena *arena, struct database *db, const struct config *config,
                          struct fault *fault)
{
    struct buf rows = BUF_INIT(arena, TEXT_MAX);
    buf_adds(&rows, ",");
    for (size_t i = 0; i < config->destination_count; i++) {
        struct destination_row row;
        if (!destination_find(db, config->destinations[i].channel, 0, &row, fault))
            return false;
        buf_addf(&rows, "%" PRId64 ",", row.id);
    }
    return database_run(db, fault,
                        "UPDATE destination SET active = NOT active WHERE site = ?1"
                        " AND active <> (instr(?2, ',' || id || ',') > 0)",
                        "is", database_site(db), buf_str(&rows));
}

bool destination_await(struct database *db, int month, bool *waits, struct fault *fault)
{
    int64_t count = 0;
    if (!database_run(db, fault,
                      "INSERT OR IGNORE INTO pending (destination, issue)"
                      " SELECT id, ? FROM destination WHERE site = ? AND active",
                      "mi", month, database_site(db)) ||
        !database_get_integer(db, &count, fault, "SELECT count(*) FROM pending WHERE issue = ?",
                              "m", month))
        return false;
    *waits = count > 0;
    return true;
}

bool destination_set_retry(struct database *db, int64_t row, int month, double at,
                           struct fault *fault)
{
    return database_run(db, fault,
                        "UPDATE pending SET retry_at = ? WHERE destination = ? AND issue = ?",
                        "rim", at, row, month);
}

bool destination_is_due(struct database *db, int64_t row, int month, double now, bool *due,
                        struct fault *fault)
{
    int64_t count = 0;
    if (!database_get_integer(db, &count, fault,
                              "SELECT count(*) FROM pending WHERE destination = ? AND issue = ?"
                              " AND retry_at <= ?",
                              "imr", row, month, now))
        return false;
    *due = count > 0;
    return true;
}

/* All times in the state. */
static const struct {
    const char *table, *column;
    bool future;
} times[] = {{"feed", "since", false},         {"feed", "polled_at", false},
             {"feed", "good_at", false},       {"feed", "full_at", false},
             {"feed", "distrusted_at", false}, {"feed", "next_at", true},
             {"feed", "fresh_until", true},    {"feed", "hold_until", true},
             {"item", "seen_at", false},       {"item", "unread_since", false},
             {"item", "corrected_at", false},  {"item", "gone_at", false},
             {"item", "retry_at", true},       {"item", "recheck_at", true},
             {"pending", "retry_at", true},    {"alarm", "raised_at", false},
             {"outbox", "at", false},          {"site", "refused_at", false},
             {"site", "foreign_at", false},    {"told", "at", false},
             {"trouble", "since", false},      {"trouble", "until", true}};

bool watched_fix_times(struct database *db, double by_s, double now, double longest_s,
                       struct fault *fault)
{
    bool done = database_begin(db, fault);
    for (size_t i = 0; done && i < COUNT(times); i++) {
        const char *column = times[i].column;
        char sql[200];
        snprintf(sql, sizeof sql,
                 "UPDATE %s SET %s = iif(%s + ?1 > ?3, ?2, max(1, %s + ?1))"
                 " WHERE %s > 0 AND (?1 <> 0 OR %s > ?3)",
                 times[i].table, column, column, column, column, column);
        done =
            database_run(db, fault, sql, "rrr", by_s, now, times[i].future ? now + longest_s : now);
    }
    return database_end(db, done, fault);
}

bool watched_list_alarms(struct arena *arena, struct database *db, bool open, struct alarms *alarms,
                         struct fault *fault)
{
    static const struct columns columns = {
        sizeof(struct alarm),
        {COLUMN(alarm, id), COLUMN(alarm, kind), COLUMN(alarm, subject), COLUMN(alarm, text),
         COLUMN(alarm, raised_at), COLUMN(alarm, told), COLUMN(alarm, look_id)}};
    return database_rows(arena, db, &columns, &alarms->alarm, &alarms->count, fault,
                         "SELECT id, kind, subject, text, raised_at, told,"
                         " coalesce(look_id, -1) AS look_id FROM alarm"
                         " WHERE CASE WHEN ? THEN over = 0 ELSE sent = 0 END ORDER BY id",
                         "i", (int64_t)open);
}
