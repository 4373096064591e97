/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a watcher has open, and how it speaks of what fails. */
#include "watcher.h"

#include "announce.h"
#include "api.h"
#include "buf.h"
#include "chat.h"
#include "config.h"
#include "database.h"
#include "events.h"
#include "fault.h"
#include "http.h"
#include "issue.h"
#include "log.h"
#include "markup.h"
#include "month.h"
#include "plan.h"
#include "server.h"
#include "source.h"
#include "stop.h"
#include "text.h"
#include "zuliprc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A long wait: servers close a connection that was idle for so long. */
#define REST_S 60

void watcher_complain(struct watcher *w, struct log_voice *voice, enum log_level level,
                      const struct fault *fault)
{
    if (fault->kind != FAULT_STOPPED)
        log_once(voice, level, fault);
    if (!w->worst.kind || fault->kind == FAULT_STOPPED || fault->kind == FAULT_DAMAGED ||
        fault_exit_status(fault->kind) > fault_exit_status(w->worst.kind))
        w->worst = *fault;
}

void watcher_complain_local(struct watcher *w, const struct fault *fault)
{
    w->local_failed = true;
    watcher_complain(w, &w->local_voice, LOG_LEVEL_ERROR, fault);
}

bool watcher_stopped(const struct watcher *w)
{
    return w->worst.kind == FAULT_STOPPED || stop_requested(w->options.stop);
}

struct watcher *watcher_open(const struct watcher_options *options, struct fault *fault)
{
    struct watcher *w = calloc(1, sizeof *w);
    const struct config *config = options->config;
    struct http_options http = {
        .ca_file = config->site_ca_file, .stall_s = config->timing.stall_s, .stop = options->stop};
    struct http_options chat = {.stall_s = config->timing.stall_s, .stop = options->stop};
    if (!w) {
        fault_memory(fault);
        return NULL;
    }
    w->options = *options;
    if ((w->db = database_open(arena_ambient(), options->state, options->credentials->site,
                               DATABASE_CREATE, fault))) {
        w->site = http_open(arena_ambient(), &http);
        w->api = api_open(arena_ambient(), options->credentials, &chat);
        w->plan = (struct plan){.db = w->db, .config = config, .jitter = true};
        w->source = (struct source){.config = config, .http = w->site};
        return w;
    }
    watcher_close(w);
    return NULL;
}

void watcher_close(struct watcher *w)
{
    if (!w)
        return;
    plan_finish(&w->plan);
    months_finish(&w->skipped);
    names_finish(&w->tried);
    api_close(w->api);
    http_close(w->site);
    database_close(w->db);
    free(w);
}

void watcher_rest(struct watcher *w, double wait_s)
{
    if (wait_s < REST_S)
        return;
    http_rest(w->site);
    api_rest(w->api);
    database_rest(w->db);
}

bool watcher_fail_chat(struct watcher *w, const struct fault *fault)
{
    struct fault local = {0};
    w->chat_open = false;
    w->chat_failed = true;
    if (fault->kind == FAULT_STOPPED || fault_is_local(fault->kind)) {
        watcher_complain_local(w, fault);
        return false;
    }
    watcher_complain(w, &w->chat_voice, LOG_LEVEL_WARNING, fault);
    /* From now: a pass that was in doubt has taken minutes. */
    w->chat_retry_at = fmax(w->plan.now, (double)time(NULL)) +
                       fmax(plan_backoff(&w->plan, w->chat_failures++), fault->retry_after_s);
    if (!server_put_trouble(w->db, SERVER_ANNOUNCING, fault->msg, w->plan.now, w->chat_retry_at,
                            &local) ||
        (fault->kind == FAULT_LOGIN && !server_note_refused(w->db, w->plan.now, &local)))
        watcher_complain_local(w, &local);
    return false;
}

bool watcher_open_chat(struct watcher *w)
{
    struct fault fault = {0};
    if (w->chat_open)
        return true;
    if (w->chat_failed || (w->plan.now < w->chat_retry_at && !w->plan.forced))
        return false;
    if (!chat_ask_me(w->api, &w->me, &fault) || !events_ask_server(w->api, &w->server, &fault) ||
        !chat_list_channels(arena_ambient(), w->api, NULL, &w->channels, &fault))
        return watcher_fail_chat(w, &fault);
    struct server_limits limits = {w->server.max_message_length, w->server.max_topic_length};
    if (!server_put_limits(w->db, &limits, &fault) || !server_put_refused(w->db, 0, &fault) ||
        !server_end_trouble(w->db, SERVER_ANNOUNCING, &fault)) {
        w->chat_failed = true;
        watcher_complain_local(w, &fault);
        return false;
    }
    log_calm(&w->chat_voice, "Zulip answers again");
    w->chat_retry_at = 0;
    w->chat_checked_at = w->plan.now;
    return w->chat_open = true;
}

struct announcer watcher_announcer(const struct watcher *w)
{
    return (struct announcer){.api = w->api,
                              .db = w->db,
                              .stop = w->options.stop,
                              .bot = w->me.id,
                              .doubt_s = w->options.config->timing.doubt_s};
}

void watcher_log_events(struct watcher *w)
{
    for (size_t i = 0; i < w->plan.event_count; i++) {
        const struct plan_event *e = &w->plan.event[i];
        bool alarm = e->action == PLAN_ALARM;
        char id[MONTH_ID_SIZE];
        month_id(e->month, id);
        log_line(alarm ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "%s%s: %s", e->month ? "issue " : "",
                 e->month ? id
                 : alarm  ? "alarm"
                          : "the site",
                 e->why);
    }
    plan_finish(&w->plan);
}

/* Raises the alarm that a channel refuses the bot. */
static bool refused(struct watcher *w, const char *channel, int month, const struct fault *failure)
{
    char name[MONTH_TEXT_SIZE];
    struct fault fault = {0};
    struct buf text = BUF_INIT(TEXT_MAX);
    month_text(month, name);
    watcher_complain(w, &w->channel_voice, LOG_LEVEL_ERROR, failure);
    buf_addf(&text, "I cannot announce %s in the channel ", name);
    markup_prose(&text, channel);
    buf_adds(&text, ": ");
    markup_prose(&text, failure->msg);
    buf_adds(&text, ". It waits, and I try again with every poll.");
    char *said = buf_take(&text);
    bool done = (said || fault_memory(&fault)) &&
                plan_raise(&w->plan, "refused", channel, month, said, &fault) &&
                plan_await(&w->plan, month, &fault) &&
                server_put_trouble(w->db, SERVER_ANNOUNCING, failure->msg, w->plan.now, 0, &fault);
    free(said);
    if (!done)
        watcher_complain_local(w, &fault);
    return done;
}

/* What a failure at one channel means: true when the pass can go on to others. */
bool watcher_fail_channel(struct watcher *w, const char *channel, int month, bool in_vain,
                          const struct fault *failure)
{
    if (in_vain || failure->kind == FAULT_REFUSED || failure->kind == FAULT_SETUP)
        return refused(w, channel, month, failure);
    return watcher_fail_chat(w, failure);
}

/* The channel takes messages: what was said of it is over. */
bool watcher_channel_is_well(struct watcher *w, const char *channel, struct fault *fault)
{
    return plan_end_alarm(&w->plan, "refused", channel, "It is over: I could post there again.",
                          fault);
}

/* Whether this pass has tried this issue in this channel before; notes that it has. */
bool watcher_tried(struct watcher *w, int month, int64_t channel)
{
    char key[40];
    size_t before = w->tried.count;
    snprintf(key, sizeof key, "%d %" PRId64, month, channel);
    names_add(arena_ambient(), &w->tried, key);
    return w->tried.count == before;
}
