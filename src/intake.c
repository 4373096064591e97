/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an answer of the site means. */
#include "intake.h"

#include "archive.h"
#include "buf.h"
#include "config.h"
#include "database.h"
#include "fault.h"
#include "feed.h"
#include "http.h"
#include "markup.h"
#include "month.h"
#include "plan.h"
#include "source.h"
#include "target.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The least that Retry-After may ask for. */
#define HOLD_MIN_S 60.0
/* Known issues that change at once in a rebuild of the site. */
#define REBUILD_MIN 3
/* How much older than the newest known one a new issue may be, in months. */
#define MONTHS_OLD_MAX 2
/* The newest issue of a baseline is pointed out while it is so young. */
#define HINT_S (30 * 86400.0)

static bool set_error(struct feed_state *feed, const char *why, struct fault *fault)
{
    free(feed->error);
    feed->error = strdup(why);
    return feed->error || fault_memory(fault);
}

/* A poll that brought nothing: everything stays, and the next one waits longer. */
static bool take_failure(struct plan *plan, struct feed_state *feed,
                         const struct http_response *response, const char *why, struct fault *fault)
{
    double wait = plan_backoff(plan, feed->failures);
    if (response)
        wait = fmax(wait, plan->config->timing.refused_s);
    if (response && response->retry_after_s >= 0 &&
        (response->status == 429 || response->status == 503)) {
        wait = fmin(fmax(response->retry_after_s, HOLD_MIN_S), PLAN_HOLD_MAX_S);
        feed->hold_until = plan->now + wait;
    }
    feed->failures++;
    feed->gone = false;
    feed->fresh_until = feed->next_at = plan->now + wait;
    return set_error(feed, why, fault);
}

/* Takes the new value of a validator, if there is one or if the old one is of another body. */
static bool take_validator(char **kept, const char *sent, bool replace, struct fault *fault)
{
    if (!sent && !replace)
        return true;
    free(*kept);
    *kept = sent ? strdup(sent) : NULL;
    return *kept || !sent || fault_memory(fault);
}

static bool take_success(struct plan *plan, struct feed_state *feed,
                         const struct http_response *response, struct fault *fault)
{
    bool body = response->status == 200;
    double keeps = fmin(fmax(response->max_age_s, 0), PLAN_HOLD_MAX_S);
    const char *url = plan->config->site_feed;
    feed->failures = 0;
    feed->gone = false;
    feed->distrusted_at = 0;
    feed->good_at = plan->now;
    if (!plan->conditional)
        feed->full_at = plan->now;
    feed->hold_until = 0;
    feed->fresh_until = plan->now + keeps;
    feed->next_at = plan->now + fmax(plan_spread(plan, plan_interval_s(plan)), keeps);
    free(feed->error);
    feed->error = NULL;
    return take_validator(&feed->etag, response->etag, body, fault) &&
           take_validator(&feed->last_modified, response->last_modified, body, fault) &&
           plan_end_alarm(plan, "blind", url, "It is over: I can read the feed again.", fault) &&
           plan_end_alarm(plan, "gone", url, "It is over: the feed is there again.", fault) &&
           plan_end_alarm(plan, "distrusted", url, "It is over: I trust the feed again.", fault);
}

static int64_t hash_entry(const struct feed_entry *entry)
{
    uint64_t hash = text_hash(TEXT_HASH_INIT, entry->title, strlen(entry->title) + 1);
    hash = text_hash(hash, entry->url, strlen(entry->url) + 1);
    hash = text_hash(hash, entry->published, strlen(entry->published) + 1);
    if (entry->content)
        hash = text_hash(hash, entry->content, strlen(entry->content));
    return (int64_t)hash;
}

/* What a feed that counts means for the issues. */
struct intake {
    struct plan *plan;
    struct fault *fault;
    struct watch_items known;
    const struct watch_item *newest; /* known, and in the feed; NULL: none */
    int latest;                      /* month of the feed's newest */
    double date;                     /* at the site */
    int64_t *rows;                   /* of the destinations; 0: without a baseline */
    int announced;                   /* the newest announced issue, and when */
    double announced_at;
    size_t changed;
    bool corrected; /* the newest announced issue is among them */
};

static const struct watch_item *find_item(const struct watch_items *items, int month)
{
    for (size_t i = 0; i < items->count; i++)
        if (items->item[i].month == month)
            return &items->item[i];
    return NULL;
}

/* Keeps the text that the feed has of an issue; what cannot be read as one is not kept. */
static bool archive_entry(struct intake *in, const struct feed_entry *entry)
{
    struct issue issue = {0};
    struct fault fault = {0};
    bool done =
        source_take_entry(arena_ambient(), entry, &issue, &fault) &&
        archive_put(in->plan->db, &issue, false, entry->content, strlen(entry->content), &fault);
    issue_finish(&issue);
    if (!done && fault.kind == FAULT_INPUT)
        return true;
    *in->fault = fault;
    return done;
}

/* What was late up to this issue is so no more, and older ones are not read again. */
static bool end_older(struct intake *in, int month)
{
    struct alarms open = {0};
    bool done = watchstate_list_alarms(in->plan->db, true, &open, in->fault);
    for (size_t i = 0; done && i < open.count; i++) {
        const struct alarm *alarm = &open.alarm[i];
        int subject = month_of_id(alarm->subject);
        if ((strcmp(alarm->kind, "late") == 0 && subject <= month) ||
            ((strcmp(alarm->kind, "implausible") == 0 || strcmp(alarm->kind, "unread") == 0) &&
             subject < month))
            done = plan_end_alarm(in->plan, alarm->kind, alarm->subject, NULL, in->fault);
    }
    alarms_finish(&open);
    return done;
}

/* A new issue waits at every destination that has a baseline. */
static bool take_new(struct intake *in, const struct feed_entry *entry)
{
    struct plan *plan = in->plan;
    char text[MONTH_TEXT_SIZE], at[PLAN_TIME_SIZE];
    if (!end_older(in, entry->month))
        return false;
    if (!in->known.count)
        return true;
    /* Behind a sync none may be left that counts as known: then the feed's own newest does. */
    int newest = in->newest ? in->newest->month : in->latest;
    if (entry->month < newest - MONTHS_OLD_MAX) {
        month_text(newest, text);
        return plan_note(plan, PLAN_SKIP, entry->month,
                         "new in the feed, but more than %d months older than the newest known "
                         "one, %s: recorded, not announced",
                         MONTHS_OLD_MAX, text) ||
               fault_memory(in->fault);
    }
    size_t waits = 0;
    for (size_t i = 0; i < plan->config->destination_count; i++) {
        if (in->rows[i] && !watchstate_add_pending(plan->db, in->rows[i], entry->month, in->fault))
            return false;
        waits += in->rows[i] != 0;
    }
    plan_time(plan->now + plan_settle_s(plan), at);
    return !waits ||
           plan_note(plan, PLAN_SETTLE, entry->month, "new in the feed: settles until %s", at) ||
           fault_memory(in->fault);
}

static bool take_entry(struct intake *in, const struct feed_entry *entry)
{
    const struct watch_item *known = find_item(&in->known, entry->month);
    struct watch_item item = {.month = entry->month,
                              .url = entry->url,
                              .title = entry->title,
                              .hash = hash_entry(entry),
                              .seen_at = in->plan->now};
    bool changed = known && known->hash != item.hash, archived = true;
    memcpy(item.published, entry->published, sizeof item.published);
    in->changed += changed;
    in->corrected = in->corrected || (changed && entry->month == in->announced);
    if (entry->content && !changed &&
        !archive_has(in->plan->db, entry->month, &archived, in->fault))
        return false;
    if (known && known->waits && known->gone_at > 0 &&
        !plan_note(in->plan, PLAN_SETTLE, entry->month, "back in the feed: goes on where it was"))
        return fault_memory(in->fault);
    bool same = known && !changed;
    return ((same && known->gone_at <= 0) || watchstate_put_item(in->plan->db, &item, in->fault)) &&
           (known || take_new(in, entry)) &&
           (!entry->content || (same && archived) || archive_entry(in, entry));
}

/* Notes which issues have left the feed. Those that were never announced do not count any more. */
static bool take_leave(struct intake *in, const struct feed *feed)
{
    char id[MONTH_ID_SIZE];
    struct plan *plan = in->plan;
    bool done = true;
    for (size_t i = 0; done && i < in->known.count; i++) {
        const struct watch_item *item = &in->known.item[i];
        if (feed_find(feed, item->month)) {
            in->newest = item;
            continue;
        }
        if (item->gone_at > 0)
            continue;
        done = watchstate_set_gone(plan->db, item->month, plan->now, in->fault);
        month_id(item->month, id);
        if (done && item->waits)
            done = plan_end_alarm(plan, "unread", id, NULL, in->fault) &&
                   plan_end_alarm(plan, "implausible", id, NULL, in->fault) &&
                   (plan_note(plan, PLAN_SKIP, item->month,
                              "left the feed before it was announced: waits until it is back") ||
                    fault_memory(in->fault));
    }
    return done;
}

/* One known issue or two that changed are corrections; more are a rebuild of the site. */
static bool take_changes(struct intake *in)
{
    struct plan *plan = in->plan;
    if (in->changed >= REBUILD_MIN)
        return plan_note(plan, PLAN_SKIP, 0,
                         "%zu known issues changed at once: a rebuild of the site, no correction",
                         in->changed) ||
               fault_memory(in->fault);
    return !in->corrected || plan->now - in->announced_at > PLAN_CORRECTIONS_S ||
           watchstate_want_recheck(plan->db, in->announced, plan->now, in->fault);
}

/* Sets the baseline of the destinations that have none. */
static bool take_baseline(struct intake *in, const struct feed *feed)
{
    struct plan *plan = in->plan;
    const struct feed_entry *latest = feed_latest(feed);
    struct tm tm = {0};
    char id[MONTH_ID_SIZE], next[MONTH_ID_SIZE], first[ISSUE_DATE_SIZE];
    /* Without a date: as if it came on the first day it could. */
    month_id(latest->month + 1, next);
    snprintf(first, sizeof first, "%s-01", next);
    bool young = strptime(*latest->published ? latest->published : first, "%Y-%m-%d", &tm) &&
                 fabs(in->date - (double)timegm(&tm)) <= HINT_S;
    month_id(latest->month, id);
    size_t set = 0;
    for (size_t i = 0; i < plan->config->destination_count; i++) {
        const char *name = plan->config->destinations[i].channel;
        int64_t channel, row;
        if (in->rows[i])
            continue;
        set++;
        if (!target_remembered(plan->db, name, &channel, in->fault) ||
            !watchstate_find_destination(plan->db, name, channel, &row, in->fault) ||
            (!row && !watchstate_add_destination(plan->db, name, channel, young ? latest->month : 0,
                                                 &row, in->fault)))
            return false;
    }
    return (!set && in->known.count) ||
           plan_note(plan, PLAN_BASELINE, 0,
                     "the first good feed for %zu destination%s: its %zu issue%s up to %s are "
                     "known: none of them is announced",
                     set, set == 1 ? "" : "s", feed->count, feed->count == 1 ? "" : "s", id) ||
           fault_memory(in->fault);
}

static int by_month(const void *a, const void *b)
{
    return ((const struct feed_entry *)a)->month - ((const struct feed_entry *)b)->month;
}

/* Takes the issues of a feed that is well-formed. `*trusted`: the newest known one is still there,
 * of those that do not wait to be announced. */
static bool take_issues(struct plan *plan, struct feed *feed, double date, bool *trusted,
                        int *missing, struct fault *fault)
{
    struct intake in = {.plan = plan, .fault = fault, .date = date};
    in.latest = feed_latest(feed)->month;
    bool done = watchstate_list_items(plan->db, &in.known, fault) &&
                plan_newest_announced(plan, &in.announced, &in.announced_at, fault) &&
                (in.rows = plan_list_destinations(plan, fault));
    const struct watch_item *binding = NULL;
    for (size_t i = 0; done && i < in.known.count; i++)
        if (in.known.item[i].gone_at <= 0 && !in.known.item[i].waits)
            binding = &in.known.item[i];
    *trusted = !binding || feed_find(feed, binding->month);
    if (done && *trusted) {
        qsort(feed->entries, feed->count, sizeof *feed->entries, by_month);
        done = take_leave(&in, feed);
        for (size_t i = 0; done && i < feed->count; i++)
            done = take_entry(&in, &feed->entries[i]);
        done = done && take_changes(&in) && take_baseline(&in, feed);
    } else if (done) {
        *missing = binding->month;
    }
    watch_items_finish(&in.known);
    free(in.rows);
    return done;
}

static bool take_distrust(struct plan *plan, struct feed_state *feed, int missing,
                          struct fault *fault)
{
    char why[120], id[MONTH_ID_SIZE];
    bool first = feed->distrusted_at <= 0;
    month_id(missing, id);
    snprintf(why, sizeof why, "the feed is not trusted: the newest known issue, %s, is not in it",
             id);
    if (first)
        feed->distrusted_at = plan->now;
    feed->failures = 0;
    feed->fresh_until = 0;
    feed->next_at = plan->now + plan_spread(plan, plan_interval_s(plan));
    return (!first || plan_note(plan, PLAN_SKIP, 0, "%s", why) || fault_memory(fault)) &&
           set_error(feed, why, fault);
}

/* An issue of a future month is a mistake, such as in the name of its folder. */
static bool look_ahead(struct plan *plan, const struct feed *feed, struct fault *fault)
{
    struct alarms open = {0};
    char id[MONTH_ID_SIZE], ahead[MONTH_TEXT_SIZE], now[MONTH_TEXT_SIZE], text[400];
    bool done = watchstate_list_alarms(plan->db, true, &open, fault);
    for (size_t i = 0; done && i < open.count; i++)
        if (strcmp(open.alarm[i].kind, "ahead") == 0 &&
            month_of_id(open.alarm[i].subject) != feed->ahead)
            done = plan_end_alarm(plan, "ahead", open.alarm[i].subject,
                                  "It is over: the feed no longer names it, or its month has come.",
                                  fault);
    alarms_finish(&open);
    if (!done || !feed->ahead)
        return done;
    month_id(feed->ahead, id);
    month_text(feed->ahead, ahead);
    month_text(feed->present, now);
    snprintf(text, sizeof text,
             "The feed names an issue of %s, but it is only %s by the site's clock: is its folder "
             "named wrongly? I ignore it until its month has come.",
             ahead, now);
    return plan_raise(plan, "ahead", id, feed->ahead, text, fault);
}

/* `month_is_new`: since the last answer. What could not be out yet may be now. */
static bool take_body(struct plan *plan, struct feed_state *feed,
                      const struct http_response *response, bool month_is_new, struct fault *fault)
{
    const char *body = buf_str(&response->body);
    size_t len = response->body.len;
    int64_t hash = (int64_t)text_hash(TEXT_HASH_INIT, body, len);
    struct feed parsed = {0};
    struct fault nonsense = {0};
    bool trusted = false, whole, done;
    int missing = 0;
    if (!plan_lacks_baseline(plan, &whole, fault))
        return false;
    if (!whole && !month_is_new && feed->hash && hash == feed->hash)
        return take_success(plan, feed, response, fault);
    if (!feed_parse(arena_ambient(), body, len, plan->config->site_feed, &parsed, &nonsense) ||
        !feed_drop_ahead(&parsed, feed->date, &nonsense)) {
        if (nonsense.kind != FAULT_LOCAL)
            return take_failure(plan, feed, response, nonsense.msg, fault);
        *fault = nonsense;
        return false;
    }
    done = take_issues(plan, &parsed, feed->date, &trusted, &missing, fault);
    if (done && trusted) {
        done = look_ahead(plan, &parsed, fault);
        feed->hash = hash;
        done = done && take_success(plan, feed, response, fault);
    } else if (done) {
        done = take_distrust(plan, feed, missing, fault);
    }
    return done;
}

static bool take_gone(struct plan *plan, struct feed_state *feed, struct fault *fault)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    feed->gone = true;
    buf_adds(&text, "The feed ");
    markup_prose(&text, plan->config->site_feed);
    buf_adds(&text,
             " is gone for good (status 410), so I have stopped asking for it. Set `site.feed`, "
             "or reload me (`systemctl reload tmro-bot`) to make me ask again.");
    char *said = buf_take(&text);
    bool done = (said || fault_memory(fault)) &&
                set_error(feed, "the feed is gone for good (status 410)", fault) &&
                plan_raise(plan, "gone", plan->config->site_feed, 0, said, fault);
    free(said);
    return done;
}

/* Makes the next poll read the feed even if it has not changed. */
static void forget_copy(struct feed_state *feed)
{
    free(feed->etag);
    free(feed->last_modified);
    feed->etag = feed->last_modified = NULL;
    feed->hash = 0;
}

/* Notes the site's time. True: the month has changed since the site last answered. */
static bool take_date(struct feed_state *feed, const struct http_response *response)
{
    int before = month_at(feed->date);
    feed->date = source_time(response);
    return month_at(feed->date) != before;
}

static bool judge(struct plan *plan, struct feed_state *feed, const struct http_response *response,
                  const struct fault *failure, struct fault *fault)
{
    char why[60];
    if (!response)
        return take_failure(plan, feed, NULL, failure->msg, fault);
    bool month_is_new = take_date(feed, response);
    if (response->status == 200)
        return take_body(plan, feed, response, month_is_new, fault);
    if (response->status == 304 && plan->conditional) {
        bool done = take_success(plan, feed, response, fault);
        if (month_is_new)
            forget_copy(feed);
        return done;
    }
    if (response->status == 410)
        return take_gone(plan, feed, fault);
    snprintf(why, sizeof why, "the site answers %d for its feed", response->status);
    return take_failure(plan, feed, response, why, fault);
}

bool intake_take(struct plan *plan, const struct http_response *response,
                 const struct fault *failure, struct fault *fault)
{
    struct database *db = plan->db;
    struct feed_state feed = {0};
    const char *url = plan->config->site_feed;
    bool done = database_begin(db, fault) && watchstate_get_feed(plan->db, url, &feed, fault);
    if (done && !(feed.since > 0))
        feed.since = plan->now;
    feed.polled_at = plan->now;
    done = done && judge(plan, &feed, response, failure, fault) &&
           watchstate_put_feed(plan->db, url, &feed, fault) && database_commit(db, fault);
    if (!done)
        database_rollback(db);
    feed_state_finish(&feed);
    return done;
}
