/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One pass over the site and what is due, and for ever. */
#include "watch.h"

#include "config.h"
#include "fault.h"
#include "http.h"
#include "intake.h"
#include "log.h"
#include "plan.h"
#include "publish.h"
#include "server.h"
#include "source.h"
#include "stop.h"
#include "target.h"
#include "upkeep.h"
#include "watcher.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A clock that differs so much from the time that passed was set. */
#define CLOCK_SET_S 5
/* Longest sleep, so that a mistaken time is found out. */
#define SLEEP_MAX_S 86400
#define DAY_S       86400.0

/* How often a sleep is interrupted to see whether the responder's troubles have become an alarm. */
#define LOOK_S 300

static double wall_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A destination may be the new name of a channel that has its baseline: learns that before the feed
 * sets another, which would swallow what is new in it. */
static bool know_destinations(struct watcher *w)
{
    const struct config *config = w->options.config;
    struct fault fault = {0};
    bool done = true, renamed = false;
    for (size_t i = 0; done && i < config->destination_count; i++) {
        const char *name = config->destinations[i].channel;
        const struct chat_channel *channel = NULL;
        int64_t row;
        done = plan_destination(&w->plan, name, 0, &row, &fault);
        if (done && !row && watcher_open_chat(w))
            done = target_find(w->db, &w->channels, name, &channel, &fault);
        if (done && channel) {
            done = plan_destination(&w->plan, name, channel->id, &row, &fault);
            renamed = renamed || row;
        }
    }
    done = done && (!renamed || plan_begin(&w->plan, w->wall, w->plan.forced, &fault));
    if (!done)
        watcher_complain_local(w, &fault);
    return done && !watcher_stopped(w);
}

/* Should the process die of the body, the next one must not ask for it at once. */
static bool put_off(struct watcher *w, struct feed_state *feed, struct fault *fault)
{
    feed->next_at = w->plan.now + plan_interval_s(&w->plan);
    return watchstate_put_feed(w->db, w->options.config->site_feed, feed, fault);
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

/* Asks for the feed, if it is time. */
static bool poll_feed(struct watcher *w)
{
    struct fault fault = {0}, failure = {0};
    struct feed_state feed = {0}, after = {0};
    struct http_response response = {0};
    bool wanted, held, done, answered = false;
    const char *url = w->options.config->site_feed;
    done = plan_poll(&w->plan, &wanted, &held, &feed, &fault);
    if (done && held) {
        char at[PLAN_TIME_SIZE];
        plan_time(feed.hold_until, at);
        fault_set(&failure, FAULT_RETRY, "the site asked not to be asked for its feed before %s",
                  at);
        watcher_complain(w, &w->feed_voice, LOG_LEVEL_WARNING, &failure);
    }
    if (done && wanted) {
        answered = source_poll_feed(arena_ambient(), &w->source, feed.etag, feed.last_modified,
                                    &response, &failure);
        done = answered || (failure.kind != FAULT_STOPPED && failure.kind != FAULT_LOCAL);
        if (!done)
            fault = failure;
        done = done && (!answered || response.status != 200 || put_off(w, &feed, &fault)) &&
               intake_take(&w->plan, answered ? &response : NULL, &failure, &fault) &&
               watchstate_get_feed(w->db, url, &after, &fault);
        if (done && answered)
            compare_clocks(w, &after);
        if (done && after.error) {
            fault_set(&failure, FAULT_RETRY, "%s", after.error);
            if (answered && response.status == 200)
                failure.kind = FAULT_INPUT;
            watcher_complain(w, &w->feed_voice, LOG_LEVEL_WARNING, &failure);
        } else if (done) {
            log_calm(&w->feed_voice, "the feed can be read again");
        }
    }
    if (!done)
        watcher_complain_local(w, &fault);
    watcher_log_events(w);
    feed_state_finish(&feed);
    feed_state_finish(&after);
    return done;
}

/* Notices a clock that was set since the last pass. */
static bool read_clocks(struct watcher *w, struct fault *fault)
{
    double wall = wall_clock(), elapsed = stop_elapsed();
    double by = w->wall > 0 ? wall - w->wall - (elapsed - w->elapsed) : 0;
    bool set = fabs(by) >= CLOCK_SET_S;
    if (set && !watchstate_shift(w->db, by, fault))
        return false; /* the next pass does it */
    w->wall = wall;
    w->elapsed = elapsed;
    if (!set)
        return true;
    log_line(LOG_LEVEL_INFO, "the clock was set by %.0f s: what waits goes on waiting as it did",
             by);
    w->chat_retry_at += w->chat_retry_at > 0 ? by : 0;
    w->chat_checked_at += w->chat_checked_at > 0 ? by : 0;
    return true;
}

bool watch_pass(struct watcher *w, bool forced, struct fault *fault)
{
    w->worst = (struct fault){0};
    w->chat_open = w->chat_failed = w->local_failed = false;
    names_finish(&w->tried);
    struct fault local = {0};
    if (!read_clocks(w, &local) || !plan_begin(&w->plan, w->wall, forced, &local)) {
        watcher_complain_local(w, &local);
    } else if (know_destinations(w) && poll_feed(w)) {
        if (!plan_look_at_clock(&w->plan, &local))
            watcher_complain_local(w, &local);
        watcher_log_events(w);
        void (*const steps[])(struct watcher *) = {publish_intents,     publish_due,
                                                   publish_corrections, upkeep_chat,
                                                   upkeep_archive,      upkeep_alarms};
        for (size_t i = 0; i < sizeof steps / sizeof *steps && !watcher_stopped(w); i++)
            steps[i](w);
    }
    if (w->chat_open)
        w->chat_failures = 0;
    if (!w->local_failed)
        log_calm(&w->local_voice, "the state can be used again");
    *fault = w->worst;
    return w->worst.kind == FAULT_NONE;
}

/* Seconds until the next pass. */
static double next_pass(struct watcher *w)
{
    /* Now by the clock that the times were made by: it may have been set since. */
    double poll, work, now = w->wall + stop_elapsed() - w->elapsed;
    struct fault fault = {0};
    if (!plan_next(&w->plan, &poll, &work, &fault)) {
        watcher_complain_local(w, &fault);
        return plan_backoff(&w->plan, w->local_failures++);
    }
    /* What is still due failed at the chat, or is more than one pass takes. */
    if (work <= w->plan.now)
        work = w->chat_retry_at > 0 ? w->chat_retry_at : now + plan_backoff(&w->plan, 0);
    else if (w->chat_retry_at > 0)
        work = fmin(work, w->chat_retry_at);
    double wait = fmin(poll, work) - now;
    if (w->local_failed)
        wait = fmax(wait, plan_backoff(&w->plan, w->local_failures++));
    else
        w->local_failures = 0;
    return fmin(fmax(wait, 0), SLEEP_MAX_S);
}

/* Sleeps for `wait` seconds, or until the responder's troubles begin or end an alarm. False: asked
 * to stop. */
static bool sleep_until_due(struct watcher *w, double wait)
{
    double until = stop_clock() + wait, at = INFINITY;
    do {
        struct fault ignored = {0}; /* the next pass meets it, too */
        if (!stop_wait(w->options.stop, fmax(fmin(until - stop_clock(), LOOK_S), 0)))
            return false;
        plan_chat_alarm(&w->plan, &at, &ignored);
    } while (stop_clock() < until && at > w->wall + stop_elapsed() - w->elapsed);
    return true;
}

bool watch_run(struct watcher *w, bool forced, struct fault *fault)
{
    double wait;
    do {
        watch_pass(w, forced, fault);
        forced = false;
        if (fault->kind == FAULT_DAMAGED)
            return false;
        if (fault->kind == FAULT_LOGIN && server_refused_too_long(w->db, w->plan.now, fault))
            return false;
        uint64_t one = 1;
        /* A counter that is full has told enough. */
        if (w->options.passed_fd >= 0 && write(w->options.passed_fd, &one, sizeof one) < 0)
            one = 0;
        wait = next_pass(w);
        watcher_rest(w, wait);
    } while (sleep_until_due(w, wait));
    return true;
}
