/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher decides. */
#include "plan.h"

#include "archive.h"
#include "buf.h"
#include "config.h"
#include "database.h"
#include "fault.h"
#include "feed.h"
#include "http.h"
#include "markup.h"
#include "source.h"
#include "store.h"
#include "target.h"
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MINUTE_S 60.0
#define DAY_S    86400.0

/* Once a week the feed is asked for unconditionally, whatever became of the validators. */
#define FULL_EVERY_S (7 * DAY_S)
/* What Retry-After and max-age may ask for. */
#define HOLD_MIN_S    MINUTE_S
#define HOLD_MAX_S    DAY_S
#define BACKOFF_S     MINUTE_S
#define BACKOFF_MAX_S (6 * 60 * MINUTE_S)
/* A server that answers, if only with an error, is asked again no sooner. */
#define ANSWERED_MIN_S (10 * MINUTE_S)
/* Inside the 10 minutes for which servers allow edits by default. */
#define EXTRA_POLL_S  (8 * MINUTE_S)
#define CORRECTIONS_S (14 * DAY_S)
/* Known issues that change at once in a rebuild of the site. */
#define REBUILD_MIN 3
/* How much older than the newest known one a new issue may be, in months. */
#define MONTHS_OLD_MAX 2
/* The newest issue of a baseline is pointed out while it is so young. */
#define HINT_S (30 * DAY_S)
/* Day of the following month by which every issue has come so far, with two days to spare. */
#define LATE_DAY 16

static double interval_s(const struct plan *plan)
{
    const struct config *config = plan->config;
    return config->timing.poll > 0 ? config->timing.poll : config->site_poll_minutes * MINUTE_S;
}

static double settle_s(const struct plan *plan)
{
    const struct config *config = plan->config;
    return config->timing.settle > 0 ? config->timing.settle
                                     : config->site_settle_minutes * MINUTE_S;
}

/* `seconds`, spread by a tenth either way. */
static double spread(const struct plan *plan, double seconds)
{
    return plan->jitter ? seconds * (0.9 + 0.2 * arc4random() / UINT32_MAX) : seconds;
}

double plan_backoff(const struct plan *plan, int tries)
{
    double base = plan->config->timing.backoff > 0 ? plan->config->timing.backoff : BACKOFF_S;
    double wait = spread(plan, base * exp2(tries < 20 ? tries : 20));
    return wait < BACKOFF_MAX_S ? wait : BACKOFF_MAX_S;
}

void plan_time(double at, char out[PLAN_TIME_SIZE])
{
    time_t seconds = (time_t)at;
    struct tm tm;
    if (at <= 0 || !gmtime_r(&seconds, &tm) ||
        !strftime(out, PLAN_TIME_SIZE, "%Y-%m-%d %H:%M UTC", &tm))
        snprintf(out, PLAN_TIME_SIZE, "never");
}

void plan_finish(struct plan *plan)
{
    free(plan->event);
    plan->event = NULL;
    plan->event_count = 0;
}

bool plan_note(struct plan *plan, enum plan_action action, const char *issue, const char *format,
               ...)
{
    struct plan_event *event = array_add(&plan->event, &plan->event_count, sizeof *event);
    va_list args;
    if (!event)
        return false;
    event->action = action;
    snprintf(event->issue, sizeof event->issue, "%s", issue ? issue : "");
    va_start(args, format);
    vsnprintf(event->why, sizeof event->why, format, args);
    va_end(args);
    return true;
}

bool plan_raise(struct plan *plan, const char *kind, const char *subject, const char *issue,
                const char *text, struct fault *fault)
{
    bool raised;
    return watchstate_raise(plan->store, kind, subject, text, plan->now, &raised, fault) &&
           (!raised || plan_note(plan, PLAN_ALARM, issue, "%s: %s", kind, text) ||
            fault_memory(fault));
}

bool plan_end_alarm(struct plan *plan, const char *kind, const char *subject, const char *over,
                    struct fault *fault)
{
    bool ended;
    return watchstate_end_alarm(plan->store, kind, subject, over, &ended, fault);
}

bool plan_destination(struct plan *plan, const char *name, int64_t channel, int64_t *row,
                      struct fault *fault)
{
    return (channel || target_remembered(plan->store, name, &channel, fault)) &&
           watchstate_find_destination(plan->store, name, channel, row, fault);
}

/* The rows of all configured destinations, 0 for one without a baseline; owned by the caller. */
static int64_t *list_destinations(struct plan *plan, struct fault *fault)
{
    const struct config *config = plan->config;
    int64_t *rows = calloc(config->destination_count + 1, sizeof *rows);
    bool done = rows || fault_memory(fault);
    for (size_t i = 0; done && i < config->destination_count; i++)
        done = plan_destination(plan, config->destinations[i].channel, 0, &rows[i], fault);
    if (done)
        return rows;
    free(rows);
    return NULL;
}

bool plan_begin(struct plan *plan, double now, bool forced, struct fault *fault)
{
    double longest = fmax(HOLD_MAX_S, interval_s(plan) * 1.1) + MINUTE_S;
    plan_finish(plan);
    bool backwards = !(now >= plan->now && plan->now > 0);
    plan->now = now;
    plan->forced = forced;
    if (backwards && !watchstate_clamp(plan->store, now, longest, fault))
        return false;
    int64_t *rows = list_destinations(plan, fault);
    size_t count = 0;
    for (size_t i = 0; rows && i < plan->config->destination_count; i++) {
        bool twice = rows[i] == 0;
        for (size_t j = 0; j < count; j++)
            twice = twice || rows[j] == rows[i];
        if (!twice)
            rows[count++] = rows[i];
    }
    bool done = rows && watchstate_activate(plan->store, rows, count, fault);
    free(rows);
    return done;
}

static double due_at(const struct plan *plan, const struct watch_item *item)
{
    return fmax(item->seen_at + settle_s(plan), item->retry_at);
}

/* Whether something becomes due for the first time, before which the site is asked once more. */
static bool has_new_work(struct plan *plan, bool *has, struct fault *fault)
{
    struct watch_items pending = {0}, rechecks = {0};
    bool done = watchstate_list_pending(plan->store, &pending, fault) &&
                watchstate_list_rechecks(plan->store, &rechecks, fault);
    *has = false;
    for (size_t i = 0; done && i < pending.count; i++)
        *has = *has || (pending.item[i].tries == 0 && due_at(plan, &pending.item[i]) <= plan->now);
    for (size_t i = 0; done && i < rechecks.count; i++)
        *has = *has || (rechecks.item[i].tries == 0 && rechecks.item[i].recheck_at <= plan->now);
    watch_items_finish(&pending);
    watch_items_finish(&rechecks);
    return done;
}

bool plan_poll(struct plan *plan, bool *wanted, bool *held, struct feed_state *feed,
               struct fault *fault)
{
    bool work;
    if (!watchstate_get_feed(plan->store, plan->config->site_feed, feed, fault) ||
        !has_new_work(plan, &work, fault))
        return false;
    *held = plan->now < feed->hold_until;
    *wanted = !*held && (plan->forced || (!feed->gone && plan->now >= feed->fresh_until &&
                                          (plan->now >= feed->next_at || work)));
    *held = *held && plan->forced;
    if (plan->now - feed->full_at >= FULL_EVERY_S) {
        free(feed->etag);
        free(feed->last_modified);
        feed->etag = feed->last_modified = NULL;
    }
    plan->conditional = feed->etag || feed->last_modified;
    return true;
}

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
    if (response && !(plan->config->timing.backoff > 0))
        wait = fmax(wait, ANSWERED_MIN_S);
    if (response && response->retry_after_s >= 0 &&
        (response->status == 429 || response->status == 503)) {
        wait = fmin(fmax(response->retry_after_s, HOLD_MIN_S), HOLD_MAX_S);
        feed->hold_until = plan->now + wait;
    }
    feed->failures++;
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
    double keeps = fmin(fmax(response->max_age_s, 0), HOLD_MAX_S);
    const char *url = plan->config->site_feed;
    feed->failures = 0;
    feed->gone = false;
    feed->distrusted_at = 0;
    feed->good_at = plan->now;
    if (!plan->conditional)
        feed->full_at = plan->now;
    feed->hold_until = 0;
    feed->fresh_until = plan->now + keeps;
    feed->next_at = plan->now + fmax(spread(plan, interval_s(plan)), keeps);
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
    const struct watch_item *newest; /* known; NULL: none */
    int64_t *rows;                   /* of the destinations; 0: without a baseline */
    char announced[ISSUE_ID_SIZE];   /* the newest announced issue, and when */
    double announced_at;
    size_t changed;
    bool corrected; /* the newest announced issue is among them */
};

static const struct watch_item *find_item(const struct watch_items *items, const char *id)
{
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(items->item[i].id, id) == 0)
            return &items->item[i];
    return NULL;
}

static int month_number(const char *id)
{
    return (int)strtol(id, NULL, 10) * 12 + (int)strtol(id + 5, NULL, 10);
}

/* Keeps the text that the feed has of an issue; what cannot be read as one is not kept. */
static bool archive_entry(struct intake *in, const struct feed_entry *entry)
{
    struct issue issue = {0};
    struct fault fault = {0};
    bool done = source_take_entry(entry, &issue, &fault) &&
                archive_put(in->plan->store, &issue, false, entry->content, strlen(entry->content),
                            in->plan->now, &fault);
    issue_finish(&issue);
    if (!done && fault.kind == FAULT_INPUT)
        return true;
    *in->fault = fault;
    return done;
}

/* A new issue waits at every destination that has a baseline. */
static bool take_new(struct intake *in, const struct feed_entry *entry)
{
    struct plan *plan = in->plan;
    char month[ISSUE_MONTH_SIZE], at[PLAN_TIME_SIZE];
    if (!plan_end_alarm(plan, "late", entry->id, NULL, in->fault))
        return false;
    if (!in->known.count)
        return true;
    if (in->newest && month_number(entry->id) < month_number(in->newest->id) - MONTHS_OLD_MAX) {
        issue_month(in->newest->id, month);
        return plan_note(plan, PLAN_SKIP, entry->id,
                         "new in the feed, but more than %d months older than the newest known "
                         "one, %s: recorded, not announced",
                         MONTHS_OLD_MAX, month) ||
               fault_memory(in->fault);
    }
    size_t waits = 0;
    for (size_t i = 0; i < plan->config->destination_count; i++) {
        if (in->rows[i] && !watchstate_add_pending(plan->store, in->rows[i], entry->id, in->fault))
            return false;
        waits += in->rows[i] != 0;
    }
    plan_time(plan->now + settle_s(plan), at);
    return !waits ||
           plan_note(plan, PLAN_SETTLE, entry->id, "new in the feed: settles until %s", at) ||
           fault_memory(in->fault);
}

static bool take_entry(struct intake *in, const struct feed_entry *entry)
{
    const struct watch_item *known = find_item(&in->known, entry->id);
    struct watch_item item = {.url = entry->url,
                              .title = entry->title,
                              .hash = hash_entry(entry),
                              .seen_at = in->plan->now};
    bool changed = known && known->hash != item.hash, archived = true;
    memcpy(item.id, entry->id, sizeof item.id);
    memcpy(item.published, entry->published, sizeof item.published);
    in->changed += changed;
    in->corrected = in->corrected || (changed && strcmp(entry->id, in->announced) == 0);
    if (entry->content && !changed &&
        !archive_has(in->plan->store, entry->id, &archived, in->fault))
        return false;
    return (known && !changed && known->listed
                ? true
                : watchstate_put_item(in->plan->store, &item, in->fault)) &&
           (known || take_new(in, entry)) &&
           (!entry->content || (known && !changed && archived) || archive_entry(in, entry));
}

/* The newest announced issue and when that was; "": none. */
static bool newest_announced(struct plan *plan, char id[ISSUE_ID_SIZE], double *at,
                             struct fault *fault)
{
    struct store_entries entries = {0};
    bool done = store_list_announcements(plan->store, NULL, &entries, fault);
    id[0] = '\0';
    *at = 0;
    for (size_t i = 0; done && i < entries.count; i++) {
        snprintf(id, ISSUE_ID_SIZE, "%s", entries.entry[i].issue);
        *at = fmax(*at, entries.entry[i].posted_at);
    }
    store_entries_finish(&entries);
    return done;
}

/* One known issue or two that changed are corrections; more are a rebuild of the site. */
static bool take_changes(struct intake *in)
{
    struct plan *plan = in->plan;
    if (in->changed >= REBUILD_MIN)
        return plan_note(plan, PLAN_SKIP, NULL,
                         "%zu known issues changed at once: a rebuild of the site, no correction",
                         in->changed) ||
               fault_memory(in->fault);
    return !in->corrected || plan->now - in->announced_at > CORRECTIONS_S ||
           (watchstate_set_retry(plan->store, in->announced, 0, 0, in->fault) &&
            watchstate_set_recheck(plan->store, in->announced, plan->now, in->fault));
}

/* Sets the baseline of the destinations that have none. */
static bool take_baseline(struct intake *in, const struct feed *feed)
{
    struct plan *plan = in->plan;
    const struct feed_entry *latest = feed_latest(feed);
    struct tm tm = {0};
    char first[ISSUE_ID_SIZE + 3]; /* without a date: as if it came on the first day it could */
    issue_id_next(latest->id, first);
    memcpy(first + ISSUE_ID_SIZE - 1, "-01", 4);
    bool young = strptime(*latest->published ? latest->published : first, "%Y-%m-%d", &tm) &&
                 fabs(plan->now - (double)timegm(&tm)) <= HINT_S;
    size_t set = 0;
    for (size_t i = 0; i < plan->config->destination_count; i++) {
        const char *name = plan->config->destinations[i].channel;
        int64_t channel, row;
        if (in->rows[i])
            continue;
        set++;
        if (!target_remembered(plan->store, name, &channel, in->fault) ||
            !watchstate_find_destination(plan->store, name, channel, &row, in->fault) ||
            (!row && !watchstate_add_destination(plan->store, name, channel,
                                                 young ? latest->id : NULL, &row, in->fault)))
            return false;
    }
    return (!set && in->known.count) ||
           plan_note(plan, PLAN_BASELINE, NULL,
                     "the first good feed for %zu destination%s: its %zu issue%s up to %s are "
                     "known, not announced",
                     set, set == 1 ? "" : "s", feed->count, feed->count == 1 ? "" : "s",
                     latest->id) ||
           fault_memory(in->fault);
}

static int by_month(const void *a, const void *b)
{
    return strcmp(((const struct feed_entry *)a)->id, ((const struct feed_entry *)b)->id);
}

/* Takes the issues of a feed that is well-formed. `*trusted`: the newest known one is still there.
 */
static bool take_issues(struct plan *plan, struct feed *feed, bool *trusted,
                        char missing[ISSUE_ID_SIZE], struct fault *fault)
{
    struct intake in = {.plan = plan, .fault = fault};
    bool done = watchstate_list_items(plan->store, &in.known, fault) &&
                newest_announced(plan, in.announced, &in.announced_at, fault) &&
                (in.rows = list_destinations(plan, fault));
    for (size_t i = 0; done && i < in.known.count; i++)
        if (in.known.item[i].listed)
            in.newest = &in.known.item[i];
    *trusted = !in.newest || feed_find(feed, in.newest->id);
    if (done && *trusted) {
        qsort(feed->entries, feed->count, sizeof *feed->entries, by_month);
        for (size_t i = 0; done && i < feed->count; i++)
            done = take_entry(&in, &feed->entries[i]);
        done = done && take_changes(&in) && take_baseline(&in, feed);
    } else if (done) {
        snprintf(missing, ISSUE_ID_SIZE, "%s", in.newest->id);
    }
    watch_items_finish(&in.known);
    free(in.rows);
    return done;
}

static bool take_distrust(struct plan *plan, struct feed_state *feed, const char *missing,
                          struct fault *fault)
{
    char why[120];
    bool first = feed->distrusted_at <= 0;
    snprintf(why, sizeof why, "the feed is not trusted: the newest known issue, %s, is not in it",
             missing);
    if (first)
        feed->distrusted_at = plan->now;
    feed->failures = 0;
    feed->fresh_until = 0;
    feed->next_at = plan->now + spread(plan, interval_s(plan));
    return (!first || plan_note(plan, PLAN_SKIP, NULL, "%s", why) || fault_memory(fault)) &&
           set_error(feed, why, fault);
}

static bool take_body(struct plan *plan, struct feed_state *feed,
                      const struct http_response *response, struct fault *fault)
{
    const char *body = buf_str(&response->body);
    size_t len = response->body.len;
    int64_t hash = (int64_t)text_hash(TEXT_HASH_INIT, body, len);
    struct feed parsed = {0};
    struct fault nonsense = {0};
    bool trusted = false, done;
    char missing[ISSUE_ID_SIZE] = "";
    if (feed->hash && hash == feed->hash)
        return take_success(plan, feed, response, fault);
    if (!feed_parse(body, len, plan->config->site_feed, &parsed, &nonsense)) {
        if (nonsense.kind != FAULT_LOCAL)
            return take_failure(plan, feed, response, nonsense.msg, fault);
        *fault = nonsense;
        return false;
    }
    done = take_issues(plan, &parsed, &trusted, missing, fault);
    if (done && trusted) {
        feed->hash = hash;
        done = take_success(plan, feed, response, fault);
    } else if (done) {
        done = take_distrust(plan, feed, missing, fault);
    }
    feed_finish(&parsed);
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
                plan_raise(plan, "gone", plan->config->site_feed, NULL, said, fault);
    free(said);
    return done;
}

static bool judge(struct plan *plan, struct feed_state *feed, const struct http_response *response,
                  const struct fault *failure, struct fault *fault)
{
    char why[60];
    if (!response)
        return take_failure(plan, feed, NULL, failure->msg, fault);
    if (response->status == 200)
        return take_body(plan, feed, response, fault);
    if (response->status == 304 && plan->conditional)
        return take_success(plan, feed, response, fault);
    if (response->status == 410)
        return take_gone(plan, feed, fault);
    snprintf(why, sizeof why, "the site answers %d for its feed", response->status);
    return take_failure(plan, feed, response, why, fault);
}

bool plan_take(struct plan *plan, const struct http_response *response, const struct fault *failure,
               struct fault *fault)
{
    struct database *db = store_database(plan->store);
    struct feed_state feed = {0};
    const char *url = plan->config->site_feed;
    bool done = database_begin(db, fault) && watchstate_get_feed(plan->store, url, &feed, fault);
    if (done && !(feed.since > 0))
        feed.since = plan->now;
    feed.polled_at = plan->now;
    done = done && judge(plan, &feed, response, failure, fault) &&
           watchstate_put_feed(plan->store, url, &feed, fault) && database_commit(db, fault);
    if (!done)
        database_rollback(db);
    feed_state_finish(&feed);
    return done;
}

/* Leaves only the items for which `due` holds, and what concerns whom it was called for. */
static void keep_due(const struct plan *plan, struct watch_items *items,
                     double (*at)(const struct plan *plan, const struct watch_item *item))
{
    size_t kept = 0;
    for (size_t i = 0; i < items->count; i++) {
        struct watch_item *item = &items->item[i];
        if (at(plan, item) <= plan->now || (plan->forced && item->retry_at > plan->now &&
                                            item->seen_at + settle_s(plan) <= plan->now)) {
            struct watch_item due = *item;
            *item = items->item[kept];
            items->item[kept++] = due;
        }
    }
    for (size_t i = kept; i < items->count; i++) {
        free(items->item[i].url);
        free(items->item[i].title);
    }
    items->count = kept;
}

bool plan_list_due(struct plan *plan, struct watch_items *due, struct fault *fault)
{
    bool done = watchstate_list_pending(plan->store, due, fault);
    if (done)
        keep_due(plan, due, due_at);
    return done;
}

static double recheck_due_at(const struct plan *plan, const struct watch_item *item)
{
    (void)plan;
    return fmax(item->recheck_at, item->retry_at);
}

bool plan_list_rechecks(struct plan *plan, struct watch_items *due, struct fault *fault)
{
    char announced[ISSUE_ID_SIZE];
    double at;
    bool done = watchstate_list_rechecks(plan->store, due, fault) &&
                newest_announced(plan, announced, &at, fault);
    for (size_t i = 0; done && i < due->count; i++)
        if (strcmp(due->item[i].id, announced) != 0 || plan->now - at > CORRECTIONS_S) {
            done = watchstate_set_recheck(plan->store, due->item[i].id, 0, fault);
            due->item[i].retry_at = INFINITY;
        }
    if (done)
        keep_due(plan, due, recheck_due_at);
    return done;
}

bool plan_announced(struct plan *plan, const char *id, int64_t row, struct fault *fault)
{
    struct database *db = store_database(plan->store);
    bool done = database_begin(db, fault) && watchstate_drop_pending(plan->store, row, id, fault) &&
                watchstate_set_retry(plan->store, id, 0, 0, fault) &&
                watchstate_set_recheck(plan->store, id, plan->now + EXTRA_POLL_S, fault) &&
                database_commit(db, fault);
    if (!done)
        database_rollback(db);
    return done;
}

bool plan_postpone(struct plan *plan, const struct watch_item *item, struct fault *fault)
{
    return watchstate_set_retry(plan->store, item->id, plan->now + plan_backoff(plan, item->tries),
                                item->tries + 1, fault);
}

bool plan_await(struct plan *plan, const char *id, struct fault *fault)
{
    struct feed_state feed = {0};
    bool done =
        watchstate_get_feed(plan->store, plan->config->site_feed, &feed, fault) &&
        watchstate_set_retry(plan->store, id, fmax(feed.next_at, plan->now + plan_backoff(plan, 0)),
                             1, fault);
    feed_state_finish(&feed);
    return done;
}

bool plan_rechecked(struct plan *plan, const char *id, struct fault *fault)
{
    return watchstate_set_retry(plan->store, id, 0, 0, fault) &&
           watchstate_set_recheck(plan->store, id, 0, fault);
}

/* Since when nothing that the feed says was believed, or there was none. */
static double blind_since(const struct feed_state *feed)
{
    return feed->distrusted_at > 0 ? feed->distrusted_at : fmax(feed->good_at, feed->since);
}

/* No good poll for a day, for whatever reason that has no alarm of its own. */
static bool look_at_poll(struct plan *plan, const struct feed_state *feed, struct fault *fault)
{
    char good[PLAN_TIME_SIZE];
    double since = blind_since(feed);
    struct buf text = BUF_INIT(TEXT_MAX);
    const char *kind = "blind";
    plan_time(feed->good_at, good);
    if (feed->distrusted_at > 0 && plan->now - since >= DAY_S) {
        kind = "distrusted";
        buf_adds(&text, "For 24 hours I have not trusted the feed and announced nothing from it: ");
        markup_prose(&text, feed->error ? feed->error : "");
        buf_addf(&text,
                 ". The last good poll was %s. If the feed is right as it is, "
                 "`tmro-bot sync` accepts it.",
                 good);
    } else if (feed->distrusted_at <= 0 && !feed->gone && since > 0 && plan->now - since >= DAY_S) {
        buf_addf(&text,
                 "For 24 hours I could not read the feed. The last good poll was %s, the "
                 "last error: ",
                 good);
        markup_prose(&text, feed->error ? feed->error : "none");
        buf_adds(&text, ". I go on trying; what comes meanwhile is announced later.");
    } else {
        return true;
    }
    char *said = buf_take(&text);
    bool done = (said || fault_memory(fault)) &&
                plan_raise(plan, kind, plan->config->site_feed, NULL, said, fault);
    free(said);
    return done;
}

/* No issue of last month by the day on which it is late. */
static bool look_at_month(struct plan *plan, const struct feed_state *feed, struct fault *fault)
{
    struct tm tm;
    time_t now = (time_t)plan->now;
    char id[ISSUE_ID_SIZE], last[ISSUE_ID_SIZE], month[ISSUE_MONTH_SIZE], newest[ISSUE_MONTH_SIZE],
        good[PLAN_TIME_SIZE], text[400];
    if (!gmtime_r(&now, &tm) || tm.tm_mday < LATE_DAY)
        return true;
    if (!watchstate_newest(plan->store, last, fault))
        return false;
    int months = (tm.tm_year + 1900) * 12 + tm.tm_mon - 1;
    snprintf(id, sizeof id, "%04u-%02u", (unsigned)(months / 12) % 10000,
             (unsigned)(months % 12) + 1);
    if (!*last || strcmp(last, id) >= 0)
        return true;
    issue_month(id, month);
    issue_month(last, newest);
    plan_time(feed->good_at, good);
    snprintf(text, sizeof text,
             "There is no issue of %s yet: it is late, or I am blind. The last good poll was %s, "
             "the newest issue I know is %s.",
             month, good, newest);
    return plan_raise(plan, "late", id, id, text, fault);
}

bool plan_look_at_clock(struct plan *plan, struct fault *fault)
{
    struct feed_state feed = {0};
    bool done = watchstate_get_feed(plan->store, plan->config->site_feed, &feed, fault) &&
                look_at_poll(plan, &feed, fault) && look_at_month(plan, &feed, fault);
    feed_state_finish(&feed);
    return done;
}

bool plan_next(struct plan *plan, double *poll, double *work, struct fault *fault)
{
    struct feed_state feed = {0};
    struct watch_items pending = {0}, rechecks = {0};
    bool done = watchstate_get_feed(plan->store, plan->config->site_feed, &feed, fault) &&
                watchstate_list_pending(plan->store, &pending, fault) &&
                watchstate_list_rechecks(plan->store, &rechecks, fault);
    *poll = feed.gone ? INFINITY : fmax(feed.next_at, feed.hold_until);
    *work = INFINITY;
    for (size_t i = 0; i < pending.count; i++)
        *work = fmin(*work, due_at(plan, &pending.item[i]));
    for (size_t i = 0; i < rechecks.count; i++)
        *work = fmin(*work, recheck_due_at(plan, &rechecks.item[i]));
    /* The alarm does not wait for a poll that backs off. */
    double alarm = blind_since(&feed) + DAY_S;
    if (!feed.gone && alarm > plan->now)
        *work = fmin(*work, alarm);
    watch_items_finish(&pending);
    watch_items_finish(&rechecks);
    feed_state_finish(&feed);
    return done;
}
