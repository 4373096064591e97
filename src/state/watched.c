/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher remembers. */
#include "state/watched.h"

#include "base/arena.h"
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

static const struct columns item_columns = {
    sizeof(struct watched_item),
    {COLUMN(watched_item, month), COLUMN(watched_item, url), COLUMN(watched_item, title),
     COLUMN(watched_item, published), COLUMN(watched_item, hash), COLUMN(watched_item, waits),
     COLUMN(watched_item, gone_at), COLUMN(watched_item, seen_at), COLUMN(watched_item, retry_at),
     COLUMN(watched_item, unread_since), COLUMN(watched_item, recheck_at),
     COLUMN(watched_item, unchecked_since), COLUMN(watched_item, look),
     COLUMN(watched_item, corrections), COLUMN(watched_item, corrected_at)}};

#define ITEMS                                                                                      \
    "SELECT id AS month, url, title, published, hash,"                                             \
    " id IN (SELECT issue FROM pending) AND id NOT IN (SELECT about FROM outbox"                   \
    " WHERE kind = 'announcement' AND state = 'posted') AS waits,"                                 \
    " gone_at, seen_at, retry_at, unread_since, recheck_at, unchecked_since, look, corrections,"   \
    " corrected_at FROM item "

bool watched_list_items(struct arena *arena, struct database *db, struct watched_items *items,
                        struct fault *fault)
{
    return database_rows(arena, db, &item_columns, &items->item, &items->count, fault,
                         ITEMS "ORDER BY id", "");
}

bool watched_list_pending(struct arena *arena, struct database *db, struct watched_items *items,
                          struct fault *fault)
{
    return database_rows(arena, db, &item_columns, &items->item, &items->count, fault,
                         ITEMS "WHERE gone_at = 0 AND id IN (SELECT p.issue FROM pending AS p"
                               " JOIN destination AS d ON d.id = p.destination"
                               " WHERE d.site = ? AND d.active) ORDER BY id",
                         "i", database_site(db));
}

bool watched_list_rechecks(struct arena *arena, struct database *db, struct watched_items *items,
                           struct fault *fault)
{
    return database_rows(arena, db, &item_columns, &items->item, &items->count, fault,
                         ITEMS "WHERE recheck_at > 0 ORDER BY id", "");
}

const struct watched_item *watched_find_item(const struct watched_items *items, int month)
{
    for (size_t i = 0; i < items->count; i++)
        if (items->item[i].month == month)
            return &items->item[i];
    return NULL;
}

bool watched_newest(struct database *db, int *month, struct fault *fault)
{
    int64_t newest = 0;
    if (!database_get_integer(db, &newest, fault, "SELECT max(id) FROM item WHERE gone_at = 0", ""))
        return false;
    *month = (int)newest;
    return true;
}

struct newest {
    int month;
    double at;
};

bool watched_newest_announced(struct database *db, int *month, double *at, struct fault *fault)
{
    static const struct columns columns = {sizeof(struct newest),
                                           {COLUMN(newest, month), COLUMN(newest, at)}};
    struct newest newest = {0};
    if (!database_row(NULL, db, &columns, &newest, NULL, fault,
                      "SELECT about AS month, max(at) AS at FROM outbox WHERE site = ?1"
                      " AND kind = 'announcement' AND state = 'posted'"
                      " GROUP BY about ORDER BY about DESC LIMIT 1",
                      "i", database_site(db)))
        return false;
    *month = newest.month;
    *at = newest.at;
    return true;
}

double watched_due_at(const struct watched_item *item, double settle_s)
{
    return fmax(item->seen_at + settle_s, item->retry_at);
}

bool watched_put_item(struct database *db, const struct watched_item *item, struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT INTO item (id, url, title, published, hash, seen_at)"
                        " VALUES (?, ?, ?, ?, ?, ?)"
                        " ON CONFLICT DO UPDATE SET url = excluded.url, title = excluded.title,"
                        " published = excluded.published, hash = excluded.hash, gone_at = 0",
                        "msssir", item->month, item->url, item->title, item->published, item->hash,
                        item->seen_at);
}

bool watched_set_gone(struct database *db, int month, double now, struct fault *fault)
{
    return database_run(db, fault, "UPDATE item SET gone_at = ? WHERE id = ?", "rm", now, month);
}

bool watched_keep_listed(struct database *db, const struct months *months, double now,
                         struct fault *fault)
{
    if (!database_begin(db, fault) ||
        !database_run(db, fault, "UPDATE item SET gone_at = ? WHERE gone_at = 0", "r", now))
        goto failed;
    for (size_t i = 0; i < months->count; i++)
        if (!database_run(db, fault, "UPDATE item SET gone_at = 0 WHERE id = ?", "m",
                          months->month[i]))
            goto failed;
    if (database_commit(db, fault))
        return true;
failed:
    database_rollback(db);
    return false;
}

bool watched_set_retry(struct database *db, int month, double at, double unread_since,
                       struct fault *fault)
{
    return database_run(db, fault, "UPDATE item SET retry_at = ?, unread_since = ? WHERE id = ?",
                        "rrm", at, unread_since, month);
}

bool watched_put_recheck(struct database *db, const struct watched_item *item, struct fault *fault)
{
    return database_run(db, fault,
                        "UPDATE item SET recheck_at = ?, unchecked_since = ?, look = ?,"
                        " corrections = ?, corrected_at = ? WHERE id = ?",
                        "rriirm", item->recheck_at, item->unchecked_since, item->look,
                        (int64_t)item->corrections, item->corrected_at, item->month);
}

bool watched_want_recheck(struct database *db, int month, double at, struct fault *fault)
{
    return database_run(db, fault, "UPDATE item SET recheck_at = ? WHERE id = ? AND recheck_at = 0",
                        "rm", at, month);
}

bool watched_put_announced(struct database *db, int month, int64_t row, double recheck_at,
                           struct fault *fault)
{
    if (database_begin(db, fault) &&
        database_run(db, fault, "DELETE FROM pending WHERE destination = ? AND issue = ?", "im",
                     row, month) &&
        destination_drop_hint(db, row, fault) && watched_set_retry(db, month, 0, 0, fault) &&
        database_run(db, fault,
                     "UPDATE item SET recheck_at = ?, unchecked_since = 0, look = 0 WHERE id = ?",
                     "rm", recheck_at, month) &&
        database_commit(db, fault))
        return true;
    database_rollback(db);
    return false;
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
    if (*channel && id)
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
    if (!*channel || !text_equal_fold((*channel)->name, wanted))
        return true;
    return database_run(db, fault,
                        "INSERT INTO channel (site, name, id) VALUES (?, ?, ?)"
                        " ON CONFLICT (site, name) DO UPDATE SET id = excluded.id",
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

bool destination_channel_id(struct database *db, const char *wanted, int64_t *id,
                            struct fault *fault)
{
    if (!get_channel_id(db, wanted, id, fault))
        return false;
    if (!*id)
        *id = read_id(wanted);
    return true;
}

char *destination_topic(struct arena *arena, const char *topic, const struct issue *issue,
                        size_t max_length)
{
    char month[MONTH_TEXT_SIZE], id[MONTH_ID_SIZE];
    month_text(issue->month, month);
    month_id(issue->month, id);
    return markup_topic(arena, config_topic(arena, topic, issue->title, month, id), max_length);
}

bool destination_check_readable(struct api *api, const struct org_channel *channel,
                                struct fault *fault)
{
    bool subscribed = false;
    char name[120];
    if (!channel->private)
        return true;
    if (!org_is_subscribed(api, channel->id, &subscribed, fault))
        return false;
    return subscribed ||
           fault_set(fault, FAULT_SETUP,
                     "the bot cannot read the private channel '%s' and so could not tell what it "
                     "has posted: subscribe it in the channel's settings",
                     text_printable(name, sizeof name, channel->name, strlen(channel->name)));
}

/* The rows of a destination: the one known only by name, and the one with its channel; 0: none. */
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

bool destination_find(struct database *db, const char *name, int64_t channel, int64_t *row,
                      int *hint, struct fault *fault)
{
    int64_t named, resolved, newest = 0;
    if ((!channel && !destination_channel_id(db, name, &channel, fault)) ||
        !find_rows(db, name, channel, &named, &resolved, fault))
        return false;
    *row = resolved ? resolved : named;
    if (!database_get_integer(db, &newest, fault, "SELECT hint FROM destination WHERE id = ?", "i",
                              *row))
        return false;
    *hint = (int)newest;
    return true;
}

/* Merges the row that is known only by name into that of the channel. */
static bool merge(struct database *db, int64_t named, int64_t resolved, struct fault *fault)
{
    if (database_begin(db, fault) &&
        database_run(db, fault,
                     "UPDATE OR IGNORE pending SET destination = ? WHERE destination = ?", "ii",
                     resolved, named) &&
        database_run(db, fault, "DELETE FROM pending WHERE destination = ?", "i", named) &&
        database_run(db, fault, "DELETE FROM destination WHERE id = ?", "i", named) &&
        database_commit(db, fault))
        return true;
    database_rollback(db);
    return false;
}

bool destination_settle(struct database *db, const char *name, int64_t channel, int64_t *row,
                        struct fault *fault)
{
    int64_t named, resolved;
    if ((!channel && !destination_channel_id(db, name, &channel, fault)) ||
        !find_rows(db, name, channel, &named, &resolved, fault))
        return false;
    *row = resolved ? resolved : named;
    if (named && resolved)
        return merge(db, named, resolved, fault);
    return !named || !channel ||
           database_run(db, fault, "UPDATE destination SET channel = ? WHERE id = ?", "ii", channel,
                        named);
}

bool destination_add(struct database *db, const char *name, int hint, struct fault *fault)
{
    int64_t channel;
    return destination_channel_id(db, name, &channel, fault) &&
           database_run(db, fault,
                        "INSERT INTO destination (site, name, channel, hint) VALUES (?, ?, ?, ?)",
                        "isim", database_site(db), name, channel, hint);
}

bool destination_drop_hint(struct database *db, int64_t row, struct fault *fault)
{
    return database_run(db, fault, "UPDATE destination SET hint = 0 WHERE id = ?", "i", row);
}

/* Whether exactly these are active. */
static bool are_active(struct database *db, const int64_t *rows, size_t count, bool *are,
                       struct fault *fault)
{
    int64_t active = 0, right = 0;
    if (!database_get_integer(db, &active, fault,
                              "SELECT count(*) FROM destination WHERE site = ? AND active", "i",
                              database_site(db)))
        return false;
    for (size_t i = 0; i < count; i++) {
        int64_t one = 0;
        if (!database_get_integer(db, &one, fault, "SELECT active FROM destination WHERE id = ?",
                                  "i", rows[i]))
            return false;
        right += one;
    }
    *are = active == right && right == (int64_t)count;
    return true;
}

bool destination_activate(struct database *db, const int64_t *rows, size_t count,
                          struct fault *fault)
{
    bool are;
    if (!are_active(db, rows, count, &are, fault))
        return false;
    if (are)
        return true;
    if (!database_begin(db, fault) ||
        !database_run(db, fault, "UPDATE destination SET active = 0 WHERE site = ?", "i",
                      database_site(db)))
        goto failed;
    for (size_t i = 0; i < count; i++)
        if (!database_run(db, fault, "UPDATE destination SET active = 1 WHERE id = ?", "i",
                          rows[i]))
            goto failed;
    if (database_commit(db, fault))
        return true;
failed:
    database_rollback(db);
    return false;
}

bool destination_add_pending(struct database *db, int64_t row, int month, struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT OR IGNORE INTO pending (destination, issue) VALUES (?, ?)", "im",
                        row, month);
}

bool destination_is_pending(struct database *db, int64_t row, int month, bool *pending,
                            struct fault *fault)
{
    int64_t count = 0;
    if (!database_get_integer(db, &count, fault,
                              "SELECT count(*) FROM pending WHERE destination = ? AND issue = ?",
                              "im", row, month))
        return false;
    *pending = count > 0;
    return true;
}

/* All times in the state. */
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
             {"outbox", "at", false},
             {"site", "refused_at", false},
             {"site", "foreign_at", false},
             {"told", "at", false},
             {"trouble", "since", false},
             {"trouble", "until", true}};
#define TIME_COUNT COUNT(times)

bool watched_clamp(struct database *db, double now, double longest_s, struct fault *fault)
{
    if (!database_begin(db, fault))
        return false;
    for (size_t i = 0; i < TIME_COUNT; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "UPDATE %s SET %s = ?1 WHERE %s > ?2", times[i].table,
                 times[i].column, times[i].column);
        if (!database_run(db, fault, sql, "rr", now, times[i].future ? now + longest_s : now))
            goto failed;
    }
    if (database_commit(db, fault))
        return true;
failed:
    database_rollback(db);
    return false;
}

bool watched_shift(struct database *db, double by_s, struct fault *fault)
{
    if (!database_begin(db, fault))
        return false;
    for (size_t i = 0; i < TIME_COUNT; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "UPDATE %s SET %s = max(1, %s + ?) WHERE %s > 0", times[i].table,
                 times[i].column, times[i].column, times[i].column);
        if (!database_run(db, fault, sql, "r", by_s))
            goto failed;
    }
    if (database_commit(db, fault))
        return true;
failed:
    database_rollback(db);
    return false;
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
