/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One pass over the site and what is due, and the loop. */
#include "watch/watch.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/stop.h"
#include "base/text.h"
#include "io/config.h"
#include "io/database.h"
#include "io/http.h"
#include "news/issue.h"
#include "news/month.h"
#include "state/archive.h"
#include "state/server.h"
#include "state/watched.h"
#include "watch/alarms.h"
#include "watch/announce.h"
#include "watch/poll.h"
#include "watch/publish.h"
#include "watch/watcher.h"
#include "zulip/api.h"
#include "zulip/markup.h"

#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MINUTE_S 60.0
#define DAY_S    86400.0

/* A wait of so long is long enough to give memory and connections back. */
#define REST_S 60
/* If wall time and elapsed time differ by this much, the clock was set. */
#define CLOCK_SET_S 5
/* Longest sleep, in case a time on record is wrong. */
#define SLEEP_MAX_S DAY_S
/* How often a sleep is interrupted to see whether an alarm is due. */
#define LOOK_S 300
/* How often the login and the channels are checked. */
#define LOGIN_CHECK_S DAY_S

static double wall_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Notices that the clock was set since the last pass. Corrects the times on record then, at the
 * first pass, and when the last pass seems to lie in the future. */
static bool read_clocks(struct watcher *w, struct fault *fault)
{
    double wall = wall_clock(), elapsed = stop_elapsed();
    double longest = fmax(WATCHER_HOLD_MAX_S, w->config->timing.poll_s * 1.1) + MINUTE_S;
    double by = w->wall > 0 ? wall - w->wall - (elapsed - w->elapsed) : 0;
    bool set = fabs(by) >= CLOCK_SET_S;
    if ((set || !(w->now > 0 && wall >= w->now)) &&
        !watched_fix_times(w->db, set ? by : 0, wall, longest, fault))
        return false; /* the next pass does it */
    w->now = w->wall = wall;
    w->elapsed = elapsed;
    if (!set)
        return true;
    log_line(LOG_LEVEL_INFO, "the clock was set by %.0f s; pending timers were adjusted", by);
    w->chat_retry_at += w->chat_retry_at > 0 ? by : 0;
    w->chat_checked_at += w->chat_checked_at > 0 ? by : 0;
    return true;
}

/* A destination without a baseline may be the new name of a channel that has one, which opening the
 * chat finds out. A second baseline would swallow what is new in the feed. */
static bool know_destinations(struct watcher *w, struct fault *fault)
{
    for (size_t i = 0; i < w->config->destination_count; i++) {
        struct destination_row row;
        if (!destination_find(w->db, w->config->destinations[i].channel, 0, &row, fault))
            return false;
        if (!row.id)
            watcher_open_chat(w);
    }
    return destination_activate(w->arena, w->db, w->config, fault);
}

/* Says how to announce the newest issue of a new destination's baseline, if it is not announced.
 * False: the chat or the state failed. */
static bool point_out(struct watcher *w, const struct destination *destination)
{
    struct fault fault = {0};
    struct announcer by = watcher_announcer(w);
    struct watched_items items = {0};
    char id[MONTH_ID_SIZE];
    struct destination_row row;
    struct buf title = BUF_INIT(w->arena, TEXT_MAX);
    if (!destination_find(w->db, destination->channel, 0, &row, &fault) ||
        !watched_list_items(w->arena, w->db, &items, &fault))
        return watcher_complain_local(w, &fault);
    const struct org_channel *channel = org_find_channel(&w->channels, row.channel);
    if (!channel) {
        destination_absent(destination->channel, &fault);
        watcher_complain(w, &w->channel_voice, LOG_LEVEL_WARNING, &fault);
        return true;
    }
    if (!row.hint)
        return true;
    const struct watched_item *item = watched_find_item(&items, row.hint);
    const char *url = item ? item->url : issue_url(w->arena, w->config->site_url, row.hint);
    markup_bold_link(&title, "", url);
    struct outbox_entry entry = {.kind = OUTBOX_ANNOUNCEMENT,
                                 .about = row.hint,
                                 .place = {.channel = channel->id, .topic = ""},
                                 .channel_name = channel->name,
                                 .content = buf_str(&title)};
    enum announce_result found =
        announce_carry(w->arena, &by, ANNOUNCE_FIND, channel, &entry, &fault);
    if (found == ANNOUNCE_FAILED) {
        if (fault.kind != FAULT_REFUSED && fault.kind != FAULT_SETUP)
            return watcher_fail(w, &fault);
        watcher_complain(w, &w->channel_voice, LOG_LEVEL_WARNING, &fault);
    }
    if (found != ANNOUNCE_ABSENT)
        return true;
    month_id(row.hint, id);
    log_line(LOG_LEVEL_INFO,
             "issue %s is the newest, and not in '%s': 'tmro-bot announce %s' puts it there", id,
             destination->channel, id);
    return true;
}

/* Once a day, and at first: is the login right, are the channels there, and is the newest issue of
 * a new destination's baseline in it? */
static void check_chat(struct watcher *w)
{
    bool checked = fabs(w->now - w->chat_checked_at) < LOGIN_CHECK_S;
    if ((checked && !(w->chat_retry_at > 0)) || !watcher_open_chat(w))
        return;
    w->chat_checked_at = w->now;
    for (size_t i = 0; i < w->config->destination_count; i++)
        if (!point_out(w, &w->config->destinations[i]))
            return;
}

/* Fetches the page of a month for the archive; one that is not worth keeping is skipped. */
static bool fetch_page(struct watcher *w, int month, struct fault *fault)
{
    struct http_response response = {0};
    struct issue issue = {0};
    char id[MONTH_ID_SIZE];
    month_id(month, id);
    if (source_fetch_page(w->arena, &w->source, month, &response, fault) &&
        source_read_page(w->arena, &w->source, month, &response, &issue, fault) &&
        archive_put_page(w->db, &issue, &response.body, fault)) {
        log_line(LOG_LEVEL_DEBUG, "issue %s: read for the archive", id);
        return true;
    }
    /* One page that always fails must not keep the others away. */
    w->skipped += !fault_is_local(fault->kind);
    if (fault->kind != FAULT_ABSENT && fault->kind != FAULT_INPUT)
        return false;
    /* Of most there is the feed's text. */
    log_line(LOG_LEVEL_INFO, "%s; skipping it in the archive", fault->msg);
    return true;
}

/* Fetches one page that the archive lacks, the first of those that were not skipped today. */
static void fill_archive(struct watcher *w)
{
    struct months pageless = {0};
    struct watched_items items = {0};
    struct fault fault = {0};
    size_t passed = 0;
    if (fabs(w->now - w->skipped_at) >= DAY_S) {
        w->skipped = 0;
        w->skipped_at = w->now;
    }
    if (!archive_list_pageless(w->arena, w->db, &pageless, &fault) ||
        !watched_list_items(w->arena, w->db, &items, &fault)) {
        watcher_complain_local(w, &fault);
        return;
    }
    for (size_t i = 0; i < pageless.count; i++) {
        const struct watched_item *item = watched_find_item(&items, pageless.month[i]);
        if ((item && item->pending) || passed++ < w->skipped)
            continue;
        if (fetch_page(w, pageless.month[i], &fault))
            return;
        if (fault_is_local(fault.kind))
            watcher_complain_local(w, &fault);
        else
            watcher_complain(w, &w->page_voice, LOG_LEVEL_WARNING, &fault);
        return;
    }
}

/* The part of a pass that the rest needs: times, destinations, the feed, and their alarms. */
static bool prepare(struct watcher *w, struct fault *fault)
{
    struct feed_state feed = {0};
    return read_clocks(w, fault) &&
           (!w->forced || watched_forget_waits(w->db, w->config->site_feed, fault)) &&
           know_destinations(w, fault) && poll_feed(w, &feed, fault) &&
           alarms_look_at_clock(w, &feed, fault);
}

/* Forgets what the last pass made. */
static void begin(struct watcher *w, bool forced)
{
    arena_reset(w->arena);
    w->forced = forced;
    w->worst = (struct fault){0};
    w->chat_open = w->local_failed = false;
    w->channels = (struct org_channels){0};
}

bool watch_pass(struct watcher *w, bool forced, struct fault *fault)
{
    static void (*const steps[])(struct watcher *) = {
        publish_waiting, publish_due, publish_corrections, check_chat, fill_archive, alarms_tell};
    struct fault local = {0};
    begin(w, forced);
    bool prepared = prepare(w, &local) || watcher_complain_local(w, &local);
    for (size_t i = 0; prepared && i < COUNT(steps) && !watcher_stopped(w); i++)
        steps[i](w);
    if (w->chat_open)
        w->chat_failures = 0;
    if (!w->local_failed)
        log_calm(&w->local_voice, "the state can be used again");
    *fault = w->worst;
    return w->worst.kind == FAULT_NONE;
}

/* When the feed is asked next, and when other work is due (in the past: now); INFINITY: never. */
static bool next_times(struct watcher *w, double *poll_at, double *work_at, struct fault *fault)
{
    struct feed_state feed = {0};
    double alarm;
    if (!watched_get_feed(w->arena, w->db, w->config->site_feed, &feed, fault) ||
        !publish_due_at(w, work_at, fault) || !alarms_due_at(w, &feed, &alarm, fault))
        return false;
    /* Alarms do not wait for a poll that backs off. */
    *poll_at = watched_poll_at(&feed, false);
    *work_at = fmin(*work_at, alarm);
    return true;
}

/* Seconds until the next pass. */
static double next_pass(struct watcher *w)
{
    /* By the clock as it was in the last pass: it may have been set since. */
    double poll_at, work_at, now = w->wall + stop_elapsed() - w->elapsed;
    struct fault fault = {0};
    if (!next_times(w, &poll_at, &work_at, &fault)) {
        watcher_complain_local(w, &fault);
        return watcher_backoff(w->config, w->local_failures++);
    }
    /* What is still due has failed at the chat, or is more than one pass does. */
    if (work_at <= w->now)
        work_at = w->chat_retry_at > 0 ? w->chat_retry_at : now + watcher_backoff(w->config, 0);
    else if (w->chat_retry_at > 0)
        work_at = fmin(work_at, w->chat_retry_at);
    double wait = fmin(poll_at, work_at) - now;
    if (w->local_failed)
        wait = fmax(wait, watcher_backoff(w->config, w->local_failures++));
    else
        w->local_failures = 0;
    return fmin(fmax(wait, 0), SLEEP_MAX_S);
}

/* Sleeps for `wait` seconds, or until an alarm is due: the responder may have trouble by then, or
 * have none any more. False: asked to stop. */
static bool sleep_until_due(struct watcher *w, double wait)
{
    double until = stop_clock() + wait, at = INFINITY;
    do {
        struct fault ignored = {0}; /* the next pass meets it, too */
        if (!stop_wait(w->stop, fmax(fmin(until - stop_clock(), LOOK_S), 0)))
            return false;
        alarms_due_at(w, NULL, &at, &ignored);
    } while (stop_clock() < until && at > w->wall + stop_elapsed() - w->elapsed);
    return true;
}

/* Before a wait of so long: gives memory back, and before a long one connections, because servers
 * close those that are idle. */
static void rest(struct watcher *w, double wait_s)
{
    arena_reset(w->arena);
    if (wait_s < REST_S)
        return;
    api_rest(w->api);
    http_rest(w->http);
    database_rest(w->db);
}

/* Whether another pass follows one that ended so. */
static bool goes_on(struct watcher *w, struct fault *fault)
{
    return fault->kind != FAULT_DAMAGED &&
           (fault->kind != FAULT_LOGIN || !server_refused_too_long(w->db, w->now, fault));
}

bool watch_run(struct watcher *w, bool forced, struct fault *fault)
{
    double wait_s;
    do {
        uint64_t one = 1;
        watch_pass(w, forced, fault);
        forced = false;
        if (!goes_on(w, fault))
            return false;
        /* A counter that is full has told enough. */
        if (w->passed_fd >= 0 && write(w->passed_fd, &one, sizeof one) < 0)
            one = 0;
        wait_s = next_pass(w);
        rest(w, wait_s);
    } while (sleep_until_due(w, wait_s));
    return true;
}
