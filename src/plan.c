/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher decides. */
#include "plan.h"

#include "buf.h"
#include "config.h"
#include "database.h"
#include "fault.h"
#include "markup.h"
#include "month.h"
#include "server.h"
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
#define FULL_EVERY_S  (7 * DAY_S)
#define BACKOFF_MAX_S (6 * 60 * MINUTE_S)
/* How long the bot may be kept from answering before its owners are told. */
#define HELD_UP_S (60 * MINUTE_S)
/* The first look after an announcement, and the time between two looks, which must agree: inside
 * the 10 minutes for which servers allow edits by default. */
#define FIRST_LOOK_S (3 * MINUTE_S)
#define LOOKS_S      (5 * MINUTE_S)
/* Most corrections of an issue in a day: caches may serve old and new in turn without end.
 */
#define CORRECTIONS_MAX 3
/* Day of the following month by which every issue has come so far, with two days to spare. */
#define LATE_DAY 16

double plan_interval_s(const struct plan *plan)
{
    return plan->config->timing.poll_s;
}

double plan_settle_s(const struct plan *plan)
{
    return plan->config->timing.settle_s;
}

/* `seconds`, spread by a tenth either way. */
double plan_spread(const struct plan *plan, double seconds)
{
    return plan->jitter ? seconds * (0.9 + 0.2 * arc4random() / UINT32_MAX) : seconds;
}

double plan_backoff(const struct plan *plan, int tries)
{
    double wait = plan_spread(plan, plan->config->timing.backoff_s * exp2(tries < 20 ? tries : 20));
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

bool plan_note(struct plan *plan, enum plan_action action, int month, const char *format, ...)
{
    struct plan_event *event = array_add(&plan->event, &plan->event_count, sizeof *event);
    va_list args;
    if (!event)
        return false;
    event->action = action;
    event->month = month;
    va_start(args, format);
    vsnprintf(event->why, sizeof event->why, format, args);
    va_end(args);
    return true;
}

bool plan_raise(struct plan *plan, const char *kind, const char *subject, int month,
                const char *text, struct fault *fault)
{
    bool raised;
    return watchstate_raise(plan->db, kind, subject, text, plan->now, &raised, fault) &&
           (!raised || plan_note(plan, PLAN_ALARM, month, "%s: %s", kind, text) ||
            fault_memory(fault));
}

bool plan_end_alarm(struct plan *plan, const char *kind, const char *subject, const char *over,
                    struct fault *fault)
{
    bool ended;
    return watchstate_end_alarm(plan->db, kind, subject, over, &ended, fault);
}

bool plan_destination(struct plan *plan, const char *name, int64_t channel, int64_t *row,
                      struct fault *fault)
{
    return (channel || target_remembered(plan->db, name, &channel, fault)) &&
           watchstate_find_destination(plan->db, name, channel, row, fault);
}

/* The rows of all configured destinations, 0 for one without a baseline; owned by the caller. */
int64_t *plan_list_destinations(struct plan *plan, struct fault *fault)
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

/* Whether a destination waits for its baseline: then the next good feed is read, known or not. */
bool plan_lacks_baseline(struct plan *plan, bool *lacks, struct fault *fault)
{
    int64_t *rows = plan_list_destinations(plan, fault);
    *lacks = false;
    for (size_t i = 0; rows && i < plan->config->destination_count; i++)
        *lacks = *lacks || !rows[i];
    bool done = rows;
    free(rows);
    return done;
}

bool plan_begin(struct plan *plan, double now, bool forced, struct fault *fault)
{
    double longest = fmax(PLAN_HOLD_MAX_S, plan_interval_s(plan) * 1.1) + MINUTE_S;
    plan_finish(plan);
    bool backwards = !(now >= plan->now && plan->now > 0);
    plan->now = now;
    plan->forced = forced;
    if (backwards && !watchstate_clamp(plan->db, now, longest, fault))
        return false;
    int64_t *rows = plan_list_destinations(plan, fault);
    size_t count = 0;
    for (size_t i = 0; rows && i < plan->config->destination_count; i++) {
        bool twice = rows[i] == 0;
        for (size_t j = 0; j < count; j++)
            twice = twice || rows[j] == rows[i];
        if (!twice)
            rows[count++] = rows[i];
    }
    bool done = rows && watchstate_activate(plan->db, rows, count, fault);
    free(rows);
    return done;
}

static double due_at(const struct plan *plan, const struct watch_item *item)
{
    return fmax(item->seen_at + plan_settle_s(plan), item->retry_at);
}

/* Whether something becomes due for the first time, before which the site is asked once more:
 * nothing that the last poll has seen due already. */
static bool has_new_work(struct plan *plan, double polled_at, bool *has, struct fault *fault)
{
    struct watch_items pending = {0}, rechecks = {0};
    bool done = watchstate_list_pending(plan->db, &pending, fault) &&
                watchstate_list_rechecks(plan->db, &rechecks, fault);
    *has = false;
    for (size_t i = 0; done && i < pending.count; i++) {
        double at = due_at(plan, &pending.item[i]);
        *has = *has || (pending.item[i].retry_at <= 0 && at > polled_at && at <= plan->now);
    }
    for (size_t i = 0; done && i < rechecks.count; i++) {
        double at = rechecks.item[i].recheck_at;
        *has = *has || (rechecks.item[i].unchecked_since <= 0 && at > polled_at && at <= plan->now);
    }
    watch_items_finish(&pending);
    watch_items_finish(&rechecks);
    return done;
}

/* When the feed is asked unless a person wants it sooner; `work` does not wait for the interval. */
static double poll_at(const struct feed_state *feed, bool work)
{
    double at = fmax(feed->fresh_until, feed->hold_until);
    return feed->gone ? INFINITY : work ? at : fmax(at, feed->next_at);
}

bool plan_poll(struct plan *plan, bool *wanted, bool *held, struct feed_state *feed,
               struct fault *fault)
{
    bool work, whole;
    if (!watchstate_get_feed(plan->db, plan->config->site_feed, feed, fault) ||
        !has_new_work(plan, feed->polled_at, &work, fault) ||
        !plan_lacks_baseline(plan, &whole, fault))
        return false;
    *held = plan->now < feed->hold_until;
    *wanted = plan->forced ? !*held : plan->now >= poll_at(feed, work);
    *held = *held && plan->forced;
    if (whole || plan->now - feed->full_at >= FULL_EVERY_S) {
        free(feed->etag);
        free(feed->last_modified);
        feed->etag = feed->last_modified = NULL;
    }
    plan->conditional = feed->etag || feed->last_modified;
    return true;
}

/* The newest announced issue and when that was; 0: none. */
bool plan_newest_announced(struct plan *plan, int *month, double *at, struct fault *fault)
{
    struct store_entries entries = {0};
    bool done = store_list_announcements(plan->db, 0, &entries, fault);
    *month = 0;
    *at = 0;
    for (size_t i = 0; done && i < entries.count; i++) {
        *month = entries.entry[i].month;
        *at = fmax(*at, entries.entry[i].posted_at);
    }
    store_entries_finish(&entries);
    return done;
}

/* Leaves only the items that are due, and by hand those that wait for another try. */
static void keep_due(const struct plan *plan, struct watch_items *items,
                     double (*at)(const struct plan *plan, const struct watch_item *item))
{
    size_t kept = 0;
    for (size_t i = 0; i < items->count; i++) {
        struct watch_item *item = &items->item[i];
        if (at(plan, item) <= plan->now ||
            (plan->forced && at == due_at && item->retry_at > plan->now &&
             item->seen_at + plan_settle_s(plan) <= plan->now)) {
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

/* What was tried before comes last, or what is refused would keep out the rest. */
static int by_wait(const void *a, const void *b)
{
    const struct watch_item *first = a, *second = b;
    if (first->retry_at < second->retry_at || first->retry_at > second->retry_at)
        return first->retry_at < second->retry_at ? -1 : 1;
    return first->month - second->month;
}

bool plan_list_due(struct plan *plan, struct watch_items *due, struct fault *fault)
{
    bool done = watchstate_list_pending(plan->db, due, fault);
    if (done)
        keep_due(plan, due, due_at);
    if (done && due->count)
        qsort(due->item, due->count, sizeof *due->item, by_wait);
    return done;
}

static double recheck_due_at(const struct plan *plan, const struct watch_item *item)
{
    (void)plan;
    return item->recheck_at;
}

bool plan_list_rechecks(struct plan *plan, struct watch_items *due, struct fault *fault)
{
    int announced;
    double at;
    bool done = watchstate_list_rechecks(plan->db, due, fault) &&
                plan_newest_announced(plan, &announced, &at, fault);
    for (size_t i = 0; done && i < due->count; i++)
        if (due->item[i].month != announced || plan->now - at > PLAN_CORRECTIONS_S) {
            done = watchstate_set_recheck(plan->db, due->item[i].month, 0, 0, 0, fault);
            /* Not due for anybody. */
            due->item[i].recheck_at = INFINITY;
        }
    if (done)
        keep_due(plan, due, recheck_due_at);
    return done;
}

bool plan_announced(struct plan *plan, int month, int64_t row, struct fault *fault)
{
    struct database *db = plan->db;
    bool done = database_begin(db, fault) && watchstate_drop_pending(plan->db, row, month, fault) &&
                watchstate_drop_hint(plan->db, row, fault) &&
                watchstate_set_retry(plan->db, month, 0, 0, fault) &&
                watchstate_set_recheck(plan->db, month, plan->now + FIRST_LOOK_S, 0, 0, fault) &&
                database_commit(db, fault);
    if (!done)
        database_rollback(db);
    return done;
}

double plan_waited_s(const struct plan *plan, double since)
{
    return since > 0 ? fmax(plan->now - since, 0) : 0;
}

/* Seconds before a page is asked for again: as many as it has been missing, but not beyond the next
 * time limit. */
static double page_wait(const struct plan *plan, double since)
{
    double waited = plan_waited_s(plan, since);
    double wait = fmax(plan_backoff(plan, 0), plan_spread(plan, waited));
    double mark = waited < PLAN_UNREAD_S ? PLAN_UNREAD_S : PLAN_IMPLAUSIBLE_S;
    if (waited < mark)
        wait = fmin(wait, mark - waited);
    return fmin(wait, BACKOFF_MAX_S);
}

bool plan_postpone(struct plan *plan, const struct watch_item *item, struct fault *fault)
{
    double since = item->unread_since > 0 ? item->unread_since : plan->now;
    return watchstate_set_retry(plan->db, item->month, plan->now + page_wait(plan, since), since,
                                fault);
}

bool plan_postpone_recheck(struct plan *plan, const struct watch_item *item, struct fault *fault)
{
    double since = item->unchecked_since > 0 ? item->unchecked_since : plan->now;
    return watchstate_set_recheck(plan->db, item->month, plan->now + page_wait(plan, since), since,
                                  item->look, fault);
}

bool plan_await(struct plan *plan, int month, struct fault *fault)
{
    struct feed_state feed = {0};
    bool done =
        watchstate_get_feed(plan->db, plan->config->site_feed, &feed, fault) &&
        watchstate_set_retry(plan->db, month, fmax(feed.next_at, plan->now + plan_backoff(plan, 0)),
                             0, fault);
    feed_state_finish(&feed);
    return done;
}

/* The corrections of the day that has begun. */
static int corrections_today(const struct plan *plan, const struct watch_item *item)
{
    return plan->now - item->corrected_at < DAY_S ? item->corrections : 0;
}

bool plan_is_correctable(const struct plan *plan, const struct watch_item *item, int64_t seen)
{
    return seen && seen == item->look && corrections_today(plan, item) < CORRECTIONS_MAX;
}

bool plan_rechecked(struct plan *plan, const struct watch_item *item, int64_t seen,
                    struct fault *fault)
{
    int announced;
    double announced_at, next = 0, since = 0;
    int today = corrections_today(plan, item);
    if (!plan_newest_announced(plan, &announced, &announced_at, fault))
        return false;
    if (plan_is_correctable(plan, item, seen))
        return watchstate_set_corrections(plan->db, item->month, today + 1,
                                          today ? item->corrected_at : plan->now, fault) &&
               watchstate_set_recheck(plan->db, item->month, 0, 0, 0, fault);
    if (seen && seen == item->look) {
        next = item->corrected_at + DAY_S;
    } else if (seen && item->look) { /* no two agree */
        since = item->unchecked_since > 0 ? item->unchecked_since : plan->now;
        next = plan->now + fmax(LOOKS_S, page_wait(plan, since));
    } else if (seen || plan->now - announced_at < LOOKS_S) {
        next = plan->now + LOOKS_S;
    }
    return watchstate_set_recheck(plan->db, item->month, next, since, seen, fault);
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
                plan_raise(plan, kind, plan->config->site_feed, 0, said, fault);
    free(said);
    return done;
}

/* No issue of last month by the day on which it is late, of the site's calendar. */
static bool look_at_month(struct plan *plan, const struct feed_state *feed, struct fault *fault)
{
    struct tm tm;
    time_t now = (time_t)(feed->date > 0 ? feed->date : plan->now);
    int newest;
    char id[MONTH_ID_SIZE], late[MONTH_TEXT_SIZE], known[MONTH_TEXT_SIZE], good[PLAN_TIME_SIZE],
        text[400];
    if (!gmtime_r(&now, &tm) || tm.tm_mday < LATE_DAY)
        return true;
    if (!watchstate_newest(plan->db, &newest, fault))
        return false;
    int last = month_at((double)now) - 1;
    if (!newest || newest >= last)
        return true;
    month_id(last, id);
    month_text(last, late);
    month_text(newest, known);
    plan_time(feed->good_at, good);
    snprintf(text, sizeof text,
             "There is no issue of %s yet: it is late, or I am blind. The last good poll was %s, "
             "the newest issue I know is %s.",
             late, good, known);
    return plan_raise(plan, "late", id, last, text, fault);
}

/* Something has kept the bot from answering for an hour, or that is over. */
static bool look_at_chat(struct plan *plan, struct fault *fault)
{
    struct server_trouble trouble = {0};
    struct buf text = BUF_INIT(TEXT_MAX);
    char since[PLAN_TIME_SIZE];
    bool done = server_get_trouble(arena_ambient(), plan->db, SERVER_ANSWERING, &trouble, fault);
    if (done && !trouble.text) {
        done = plan_end_alarm(plan, "deaf", "chat", "It is over: I answer again.", fault);
    } else if (done && plan->now - trouble.since >= HELD_UP_S) {
        plan_time(trouble.since, since);
        buf_addf(&text, "I have not been able to answer in the chat since %s: ", since);
        markup_prose(&text, trouble.text);
        buf_adds(&text,
                 ". I go on trying; messages older than ten minutes by then stay unanswered.");
        char *said = buf_take(&text);
        done = (said || fault_memory(fault)) && plan_raise(plan, "deaf", "chat", 0, said, fault);
        free(said);
    }
    buf_finish(&text);
    return done;
}

bool plan_look_at_clock(struct plan *plan, struct fault *fault)
{
    struct feed_state feed = {0};
    bool done = watchstate_get_feed(plan->db, plan->config->site_feed, &feed, fault) &&
                look_at_poll(plan, &feed, fault) && look_at_month(plan, &feed, fault) &&
                look_at_chat(plan, fault);
    feed_state_finish(&feed);
    return done;
}

bool plan_chat_alarm(struct plan *plan, double *at, struct fault *fault)
{
    struct server_trouble trouble = {0};
    struct alarms open = {0};
    bool raised = false,
         done = server_get_trouble(arena_ambient(), plan->db, SERVER_ANSWERING, &trouble, fault) &&
                watchstate_list_alarms(plan->db, true, &open, fault);
    for (size_t i = 0; done && i < open.count; i++)
        raised = raised || strcmp(open.alarm[i].kind, "deaf") == 0;
    *at = !raised && trouble.text   ? trouble.since + HELD_UP_S
          : raised && !trouble.text ? 0
                                    : INFINITY;
    alarms_finish(&open);
    return done;
}

bool plan_next(struct plan *plan, double *poll, double *work, struct fault *fault)
{
    struct feed_state feed = {0};
    struct watch_items pending = {0}, rechecks = {0};
    bool done = watchstate_get_feed(plan->db, plan->config->site_feed, &feed, fault) &&
                watchstate_list_pending(plan->db, &pending, fault) &&
                watchstate_list_rechecks(plan->db, &rechecks, fault);
    *poll = poll_at(&feed, false);
    *work = INFINITY;
    for (size_t i = 0; i < pending.count; i++)
        *work = fmin(*work, due_at(plan, &pending.item[i]));
    for (size_t i = 0; i < rechecks.count; i++)
        *work = fmin(*work, recheck_due_at(plan, &rechecks.item[i]));
    /* Alarms do not wait for a poll that backs off. */
    double alarm = blind_since(&feed) + DAY_S, held = INFINITY;
    if (!feed.gone && alarm > plan->now)
        *work = fmin(*work, alarm);
    done = done && plan_chat_alarm(plan, &held, fault);
    *work = fmin(*work, held);
    watch_items_finish(&pending);
    watch_items_finish(&rechecks);
    feed_state_finish(&feed);
    return done;
}
