/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When the feed is asked, and what its answer means. */
#include "watch/poll.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/text.h"
#include "io/config.h"
#include "io/database.h"
#include "io/http.h"
#include "news/feed.h"
#include "news/month.h"
#include "news/source.h"
#include "state/archive.h"
#include "state/watched.h"
#include "watch/alarms.h"
#include "watch/watcher.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400.0

/* The feed is read in full once a week, whatever its validators say. */
#define FULL_EVERY_S (7 * DAY_S)
/* The shortest wait that Retry-After can ask for. */
#define HOLD_MIN_S 60.0
/* When so many known issues change at once, the site was rebuilt. */
#define REBUILD_MIN 3
/* A new issue may be this many months older than the newest known one. */
#define MONTHS_OLD_MAX 2
/* The newest issue of a baseline is pointed out up to this age. */
#define HINT_S (30 * DAY_S)

static int64_t hash_entry(const struct feed_entry *entry)
{
    uint64_t hash = text_hash(TEXT_HASH_INIT, entry->title, strlen(entry->title) + 1);
    hash = text_hash(hash, entry->url, strlen(entry->url) + 1);
    hash = text_hash(hash, entry->published, strlen(entry->published) + 1);
    if (entry->content)
        hash = text_hash(hash, entry->content, strlen(entry->content));
    return (int64_t)hash;
}

/* The newest known issue must be in the feed, or the feed is not believed. Issues that wait to be
 * announced, or have left it before, do not count. */
static const struct watched_item *find_missing(const struct watched_items *known,
                                               const struct feed *feed)
{
    for (size_t i = known->count; i-- > 0;) {
        const struct watched_item *item = &known->item[i];
        if (item->gone_at <= 0 && !item->waits)
            return feed_find(feed, item->month) ? NULL : item;
    }
    return NULL;
}

/* The newest known issue that is in the feed. After a sync there may be none; then it is the feed's
 * newest. */
static int find_newest(const struct watched_items *known, const struct feed *feed)
{
    for (size_t i = known->count; i-- > 0;)
        if (feed_find(feed, known->item[i].month))
            return known->item[i].month;
    return feed_latest(feed)->month;
}

static int by_month(const void *a, const void *b)
{
    return ((const struct feed_entry *)a)->month - ((const struct feed_entry *)b)->month;
}

/* Adds what a feed says of one month. */
static void compare_entry(struct arena *arena, const struct watched_items *known,
                          const struct feed_entry *entry, struct poll_changes *changes)
{
    const struct watched_item *item = watched_find_item(known, entry->month);
    const struct watched_item *announced = watched_newest_announced(known);
    struct poll_change *change =
        arena_add(arena, &changes->change, &changes->count, sizeof *change);
    *change = (struct poll_change){
        .month = entry->month, .entry = entry, .known = item, .hash = hash_entry(entry)};
    if (!item) {
        bool old = known->count && entry->month < changes->newest - MONTHS_OLD_MAX;
        change->meaning = old ? POLL_NEW_TOO_OLD : POLL_NEW;
    } else if (item->hash != change->hash) {
        change->meaning = POLL_CHANGED;
        changes->changed++;
        changes->corrected = changes->corrected || item == announced;
    } else {
        change->meaning = item->gone_at > 0 ? POLL_RETURNED : POLL_SAME;
    }
}

void poll_compare(struct arena *arena, const struct watched_items *known, struct feed *feed,
                  struct poll_changes *changes)
{
    const struct watched_item *missing = find_missing(known, feed);
    *changes = (struct poll_changes){.missing = missing ? missing->month : 0,
                                     .newest = find_newest(known, feed)};
    if (missing)
        return;
    for (size_t i = 0; i < known->count; i++) {
        const struct watched_item *item = &known->item[i];
        if (item->gone_at > 0 || feed_find(feed, item->month))
            continue;
        struct poll_change *change =
            arena_add(arena, &changes->change, &changes->count, sizeof *change);
        *change = (struct poll_change){.meaning = POLL_LEFT, .month = item->month, .known = item};
    }
    qsort(feed->entries, feed->count, sizeof *feed->entries, by_month);
    for (size_t i = 0; i < feed->count; i++)
        compare_entry(arena, known, &feed->entries[i], changes);
}

void poll_fail(struct feed_state *feed, const struct config *config, double now,
               const struct http_response *response, char *why)
{
    double wait = watcher_backoff(config, feed->failures);
    if (response)
        wait = fmax(wait, config->timing.refused_s);
    if (response && response->retry_after_s >= 0 &&
        (response->status == 429 || response->status == 503)) {
        wait = fmin(fmax(response->retry_after_s, HOLD_MIN_S), WATCHER_HOLD_MAX_S);
        feed->hold_until = now + wait;
    }
    feed->failures++;
    feed->gone = false;
    feed->fresh_until = feed->next_at = now + wait;
    feed->error = why;
}

void poll_succeed(struct feed_state *feed, const struct config *config, double now,
                  const struct http_response *response, bool conditional)
{
    bool body = response->status == 200;
    double keeps = fmin(fmax(response->max_age_s, 0), WATCHER_HOLD_MAX_S);
    feed->failures = 0;
    feed->gone = false;
    feed->distrusted_at = 0;
    feed->good_at = now;
    if (!conditional)
        feed->full_at = now;
    feed->hold_until = 0;
    feed->fresh_until = now + keeps;
    feed->next_at = now + fmax(watcher_spread(config->timing.poll_s), keeps);
    feed->error = NULL;
    if (body || response->etag)
        feed->etag = response->etag;
    if (body || response->last_modified)
        feed->last_modified = response->last_modified;
}

void poll_distrust(struct feed_state *feed, const struct config *config, double now, char *why)
{
    if (feed->distrusted_at <= 0)
        feed->distrusted_at = now;
    feed->failures = 0;
    feed->fresh_until = 0;
    feed->next_at = now + watcher_spread(config->timing.poll_s);
    feed->error = why;
}

/* A poll that is under way. */
struct poll {
    struct watcher *w;
    const struct http_response *response;
    bool conditional; /* it was asked whether there is something new */
    struct feed_state *feed;
    struct fault *fault;
};

/* Whether something has become due since the last poll, for the first time: the site is asked once
 * more before it is done. */
static bool has_new_work(struct watcher *w, double polled_at, bool *has, struct fault *fault)
{
    struct watched_items items = {0};
    if (!watched_list_items(w->arena, w->db, &items, fault))
        return false;
    *has = false;
    for (size_t i = 0; i < items.count; i++) {
        const struct watched_item *item = &items.item[i];
        double at = watched_due_at(item, w->config->timing.settle_s);
        double recheck_at = watched_recheck_at(item);
        *has = *has ||
               (item->retry_at <= 0 && item->channels_at <= 0 && at > polled_at && at <= w->now) ||
               (item->unread_since <= 0 && recheck_at > polled_at && recheck_at <= w->now);
    }
    return true;
}

/* Whether a configured destination has no baseline, so that the next good feed is read, known or
 * not. */
static bool lacks_baseline(struct watcher *w, bool *lacks, struct fault *fault)
{
    *lacks = false;
    for (size_t i = 0; i < w->config->destination_count; i++) {
        struct destination_row row;
        if (!destination_find(w->db, w->config->destinations[i].channel, 0, &row, fault))
            return false;
        *lacks = *lacks || !row.id;
    }
    return true;
}

/* Logs a line about an issue. */
__attribute__((format(printf, 2, 3))) static void say(int month, const char *format, ...)
{
    char id[MONTH_ID_SIZE], text[500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    month_id(month, id);
    log_line(LOG_LEVEL_INFO, "issue %s: %s", id, text);
}

/* Archives the feed's text of an issue, unless it cannot be read as one. */
static bool archive_entry(struct poll *p, const struct feed_entry *entry)
{
    struct issue issue = {0};
    struct fault fault = {0};
    if ((source_take_entry(p->w->arena, entry, &issue, &fault) &&
         archive_put(p->w->db, &issue, false, entry->content, strlen(entry->content), &fault)) ||
        fault.kind == FAULT_INPUT)
        return true;
    *p->fault = fault;
    return false;
}

/* Records what the feed says about an issue. */
static bool put_item(struct poll *p, const struct poll_change *change)
{
    const struct feed_entry *entry = change->entry;
    const struct watched_item item = {.month = entry->month,
                                      .url = entry->url,
                                      .title = entry->title,
                                      .hash = change->hash,
                                      .seen_at = p->w->now};
    return watched_put_item(p->w->db, &item, p->fault);
}

/* Makes a new issue wait at every destination that has a baseline. */
static bool await(struct poll *p, int month)
{
    char at[TEXT_TIME_SIZE];
    bool waits;
    if (!destination_await(p->w->db, month, &waits, p->fault))
        return false;
    text_time(p->w->now + p->w->config->timing.settle_s, at);
    if (waits)
        say(month, "new in the feed: settles until %s", at);
    return true;
}

static bool leave(struct poll *p, const struct watched_item *item)
{
    if (item->waits)
        say(item->month, "left the feed before it was announced: waits until it is back");
    return watched_set_gone(p->w->db, item->month, p->w->now, p->fault);
}

/* Records what a feed means for one month; `first`: none was known. */
static bool take_month(struct poll *p, const struct poll_changes *changes, bool first,
                       const struct poll_change *change)
{
    char newest[MONTH_TEXT_SIZE];
    bool archived = false;
    switch (change->meaning) {
    case POLL_LEFT:
        return leave(p, change->known);
    case POLL_NEW:
        if (!put_item(p, change) || (!first && !await(p, change->month)))
            return false;
        break;
    case POLL_NEW_TOO_OLD:
        month_text(changes->newest, newest);
        if (!put_item(p, change))
            return false;
        say(change->month,
            "new in the feed, but more than %d months older than the newest known one, %s: "
            "recorded, not announced",
            MONTHS_OLD_MAX, newest);
        break;
    case POLL_CHANGED:
    case POLL_RETURNED:
        if (change->known->waits && change->known->gone_at > 0)
            say(change->month, "back in the feed: goes on where it was");
        if (!put_item(p, change))
            return false;
        break;
    case POLL_SAME:
        break;
    }
    if (!change->entry->content)
        return true;
    if ((change->meaning == POLL_SAME || change->meaning == POLL_RETURNED) &&
        !archive_has(p->w->db, change->month, &archived, p->fault))
        return false;
    return archived || archive_entry(p, change->entry);
}

/* Records all changes. If one or two known issues changed, they were corrected; if more did, the
 * site was rebuilt. */
static bool take_changes(struct poll *p, const struct watched_items *known,
                         const struct poll_changes *changes)
{
    const struct watched_item *announced = watched_newest_announced(known);
    for (size_t i = 0; i < changes->count; i++)
        if (!take_month(p, changes, !known->count, &changes->change[i]))
            return false;
    if (changes->changed >= REBUILD_MIN) {
        log_line(LOG_LEVEL_INFO,
                 "the site: %zu known issues changed at once: a rebuild of the site, no correction",
                 changes->changed);
        return true;
    }
    if (!changes->corrected || announced->recheck_at > 0 ||
        p->w->now - announced->announced_at > POLL_CORRECTIONS_S)
        return true;
    struct watched_item again = *announced;
    again.recheck_at = p->w->now;
    return watched_put_work(p->w->db, &again, p->fault);
}

/* Whether the newest issue of a baseline is so young that somebody may want it announced. One
 * without a date counts from the first day on which it could come out. */
static bool is_young(const struct feed_entry *latest, double date)
{
    struct tm tm = {.tm_year = (latest->month + 1) / 12 - 1900,
                    .tm_mon = (latest->month + 1) % 12,
                    .tm_mday = 1};
    if (*latest->published) {
        tm = (struct tm){0};
        strptime(latest->published, "%Y-%m-%d", &tm);
    }
    return fabs(date - (double)timegm(&tm)) <= HINT_S;
}

/* Sets the baseline of the destinations that have none. */
static bool take_baseline(struct poll *p, const struct feed *feed, bool first)
{
    const struct config *config = p->w->config;
    const struct feed_entry *latest = feed_latest(feed);
    char id[MONTH_ID_SIZE];
    size_t set = 0;
    for (size_t i = 0; i < config->destination_count; i++) {
        const char *name = config->destinations[i].channel;
        struct destination_row row;
        if (!destination_find(p->w->db, name, 0, &row, p->fault))
            return false;
        if (row.id)
            continue;
        set++;
        if (!destination_add(p->w->db, name, is_young(latest, p->feed->date) ? latest->month : 0,
                             p->fault))
            return false;
    }
    month_id(latest->month, id);
    if (set || first)
        log_line(LOG_LEVEL_INFO,
                 "the site: the first good feed for %zu destination%s: its %zu issue%s up to %s "
                 "are known: none of them is announced",
                 set, set == 1 ? "" : "s", feed->count, feed->count == 1 ? "" : "s", id);
    return true;
}

/* An issue of a future month is a mistake, such as in the name of its folder. */
static bool look_ahead(struct poll *p, const struct feed *feed)
{
    const char *url = p->w->config->site_feed;
    char ahead[MONTH_TEXT_SIZE], present[MONTH_TEXT_SIZE];
    if (!feed->ahead)
        return alarm_set(p->w, ALARM_AHEAD, url, NULL, p->fault);
    month_text(feed->ahead, ahead);
    month_text(feed->present, present);
    return alarm_set(p->w, ALARM_AHEAD, url,
                     arena_format(p->w->arena,
                                  "The feed names an issue of %s, but it is only %s by the site's "
                                  "clock: is its folder named wrongly? I ignore it until its month "
                                  "has come.",
                                  ahead, present),
                     p->fault);
}

/* Takes the issues of a feed that is well-formed. */
static bool take_issues(struct poll *p, struct feed *feed, int64_t hash)
{
    struct watched_items known = {0};
    struct poll_changes changes;
    char id[MONTH_ID_SIZE];
    if (!watched_list_items(p->w->arena, p->w->db, &known, p->fault))
        return false;
    poll_compare(p->w->arena, &known, feed, &changes);
    if (changes.missing) {
        month_id(changes.missing, id);
        char *why = arena_format(
            p->w->arena, "the feed is not trusted: the newest known issue, %s, is not in it", id);
        if (p->feed->distrusted_at <= 0)
            log_line(LOG_LEVEL_INFO, "the site: %s", why);
        poll_distrust(p->feed, p->w->config, p->w->now, why);
        return true;
    }
    p->feed->hash = hash;
    poll_succeed(p->feed, p->w->config, p->w->now, p->response, p->conditional);
    return take_changes(p, &known, &changes) && take_baseline(p, feed, !known.count) &&
           look_ahead(p, feed);
}

/* Takes a whole feed. If a new month has begun since the last answer (`month_is_new`), an issue
 * that could not be out then may be now. */
static bool take_body(struct poll *p, bool month_is_new)
{
    const char *body = buf_str(&p->response->body);
    size_t len = p->response->body.len;
    int64_t hash = (int64_t)text_hash(TEXT_HASH_INIT, body, len);
    struct feed feed = {0};
    struct fault nonsense = {0};
    bool whole;
    if (!lacks_baseline(p->w, &whole, p->fault))
        return false;
    if (!whole && !month_is_new && p->feed->hash && hash == p->feed->hash) {
        poll_succeed(p->feed, p->w->config, p->w->now, p->response, p->conditional);
        return true;
    }
    if (feed_parse(p->w->arena, body, len, p->w->config->site_feed, &feed, &nonsense) &&
        feed_drop_ahead(&feed, p->feed->date, &nonsense))
        return take_issues(p, &feed, hash);
    poll_fail(p->feed, p->w->config, p->w->now, p->response, arena_copy(p->w->arena, nonsense.msg));
    return true;
}

/* Takes an answer from the site. */
static bool take_answer(struct poll *p)
{
    int before = month_at(p->feed->date);
    p->feed->date = source_time(p->response);
    bool month_is_new = month_at(p->feed->date) != before;
    if (p->response->status == 200)
        return take_body(p, month_is_new);
    if (p->response->status == 304 && p->conditional) {
        poll_succeed(p->feed, p->w->config, p->w->now, p->response, true);
        /* The next poll reads the feed even if it has not changed. */
        if (month_is_new) {
            p->feed->etag = p->feed->last_modified = NULL;
            p->feed->hash = 0;
        }
        return true;
    }
    if (p->response->status == 410) {
        p->feed->gone = true;
        p->feed->error = arena_copy(p->w->arena, "the feed is gone for good (status 410)");
        return true;
    }
    poll_fail(p->feed, p->w->config, p->w->now, p->response,
              arena_format(p->w->arena, "the site answers %d for its feed", p->response->status));
    return true;
}

/* Takes what became of the request, in one transaction; `failure` NULL: there is an answer. */
static bool take(struct poll *p, const struct fault *failure)
{
    struct database *db = p->w->db;
    const char *url = p->w->config->site_feed;
    *p->feed = (struct feed_state){0};
    bool done =
        database_begin(db, p->fault) && watched_get_feed(p->w->arena, db, url, p->feed, p->fault);
    if (!(p->feed->since > 0))
        p->feed->since = p->w->now;
    p->feed->polled_at = p->w->now;
    if (failure)
        poll_fail(p->feed, p->w->config, p->w->now, NULL, arena_copy(p->w->arena, failure->msg));
    else
        done = done && take_answer(p);
    return database_end(db, done && watched_put_feed(db, url, p->feed, p->fault), p->fault);
}

/* Says once that the clock of this machine is wrong, or that of the site. */
static void compare_clocks(struct watcher *w, const struct feed_state *feed)
{
    struct fault differ = {0};
    double days = (feed->date - feed->polled_at) / DAY_S;
    if (fabs(days) < 1) {
        log_calm(&w->clock_voice, "this machine and the site agree on the date again");
        return;
    }
    fault_set(
        &differ, FAULT_LOCAL,
        "the site's clock is %.0f days %s this machine's, and decides which issues can be out; "
        "if this machine's is wrong, set it (timedatectl)",
        fabs(days), days > 0 ? "ahead of" : "behind");
    log_once(&w->clock_voice, LOG_LEVEL_WARNING, &differ);
}

/* Logs once why a poll was no good, or that the feed can be read again. */
static void tell_outcome(struct watcher *w, const struct feed_state *feed, enum fault_kind kind)
{
    struct fault failure = {0};
    if (feed->error) {
        fault_set(&failure, kind, "%s", feed->error);
        watcher_complain(w, &w->feed_voice, LOG_LEVEL_WARNING, &failure);
    } else {
        log_calm(&w->feed_voice, "the feed can be read again");
    }
}

/* A person wants the feed asked now, but the site asked for a longer wait. */
static void complain_held(struct watcher *w, const struct feed_state *feed)
{
    struct fault held = {0};
    char at[TEXT_TIME_SIZE];
    text_time(feed->hold_until, at);
    fault_set(&held, FAULT_RETRY, "the site asked us to wait until %s before polling again", at);
    watcher_complain(w, &w->feed_voice, LOG_LEVEL_WARNING, &held);
}

bool poll_feed(struct watcher *w, struct feed_state *feed, struct fault *fault)
{
    const char *url = w->config->site_feed;
    struct http_response response = {0};
    struct fault failure = {0};
    bool work, whole;
    if (!watched_get_feed(w->arena, w->db, url, feed, fault) ||
        !has_new_work(w, feed->polled_at, &work, fault) || !lacks_baseline(w, &whole, fault))
        return false;
    if (w->now < watched_poll_at(feed, work)) {
        if (w->forced)
            complain_held(w, feed);
        return true;
    }
    whole = whole || w->now - feed->full_at >= FULL_EVERY_S;
    struct poll p = {.w = w,
                     .response = &response,
                     .conditional = !whole && (feed->etag || feed->last_modified),
                     .feed = feed,
                     .fault = fault};
    bool answered = source_poll_feed(w->arena, &w->source, whole ? NULL : feed->etag,
                                     whole ? NULL : feed->last_modified, &response, &failure);
    if (!answered && (failure.kind == FAULT_STOPPED || failure.kind == FAULT_LOCAL)) {
        *fault = failure;
        return false;
    }
    /* If the process dies of the body, the next one must not ask for it at once. */
    bool body = answered && response.status == 200;
    feed->next_at = w->now + w->config->timing.poll_s;
    if ((body && !watched_put_feed(w->db, url, feed, fault)) ||
        !take(&p, answered ? NULL : &failure))
        return false;
    if (answered)
        compare_clocks(w, feed);
    tell_outcome(w, feed, body ? FAULT_INPUT : FAULT_RETRY);
    return true;
}
