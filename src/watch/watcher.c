/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the parts of the watcher share: the context of a pass, the chat, and how failures are told.
 */
#include "watch/watcher.h"

#include "base/arena.h"
#include "base/stop.h"
#include "io/config.h"
#include "io/database.h"
#include "io/http.h"
#include "io/zuliprc.h"
#include "state/server.h"
#include "state/watched.h"
#include "zulip/api.h"
#include "zulip/events.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define BACKOFF_MAX_S (6 * 3600.0)

struct watcher *watcher_open(const struct watcher_options *options)
{
    const struct config *config = options->config;
    struct arena *life = arena_new();
    struct watcher *w = arena_zero(life, 1, sizeof *w);
    *w = (struct watcher){.config = config,
                          .credentials = options->credentials,
                          .stop = options->stop,
                          .passed_fd = options->passed_fd,
                          .life = life,
                          .arena = arena_new(),
                          .db = options->db,
                          .http = http_open(life, config->timing.stall_s, options->stop)};
    w->api = api_open(life, w->http, options->credentials);
    w->source = (struct source){.config = config, .http = w->http};
    return w;
}

void watcher_close(struct watcher *w)
{
    api_close(w->api);
    http_close(w->http);
    arena_free(w->arena);
    arena_free(w->life);
}

double watcher_spread(double seconds)
{
    return seconds * (0.9 + 0.2 * arc4random() / UINT32_MAX);
}

double watcher_backoff(const struct config *config, int tries)
{
    return fmin(watcher_spread(config->timing.backoff_s * exp2(tries < 20 ? tries : 20)),
                BACKOFF_MAX_S);
}

void watcher_complain(struct watcher *w, struct log_voice *voice, enum log_level level,
                      const struct fault *fault)
{
    if (fault->kind != FAULT_STOPPED)
        log_once(voice, level, fault);
    if (!w->worst.kind || fault->kind == FAULT_STOPPED || fault->kind == FAULT_DAMAGED ||
        fault_exit_status(fault->kind) > fault_exit_status(w->worst.kind))
        w->worst = *fault;
}

bool watcher_complain_local(struct watcher *w, const struct fault *fault)
{
    w->local_failed = true;
    watcher_complain(w, &w->local_voice, LOG_LEVEL_ERROR, fault);
    return false;
}

bool watcher_stopped(const struct watcher *w)
{
    return w->worst.kind == FAULT_STOPPED || stop_requested(w->stop);
}

bool watcher_fail(struct watcher *w, const struct fault *fault)
{
    struct fault local = {0};
    double now = w->now;
    if (fault->kind == FAULT_STOPPED || fault_is_local(fault->kind))
        return watcher_complain_local(w, fault);
    w->chat_open = false;
    watcher_complain(w, &w->chat_voice, LOG_LEVEL_WARNING, fault);
    /* From the present: a pass that was in doubt has taken minutes. */
    w->chat_retry_at = fmax(now, (double)time(NULL)) +
                       fmax(watcher_backoff(w->config, w->chat_failures++), fault->retry_after_s);
    if (!server_set_trouble(w->db, SERVER_ANNOUNCING, fault->msg, now, w->chat_retry_at, &local) ||
        (fault->kind == FAULT_LOGIN && !server_set_refused(w->db, now, &local)))
        watcher_complain_local(w, &local);
    return false;
}

bool watcher_open_chat(struct watcher *w)
{
    struct database *db = w->db;
    struct fault fault = {0};
    if (w->chat_open)
        return true;
    if (w->now < w->chat_retry_at)
        return false;
    w->channels = (struct org_channels){0};
    if (!org_ask_me(w->api, &w->me, &fault) || !events_ask_server(w->api, &w->server, &fault) ||
        !org_list_channels(w->arena, w->api, NULL, &w->channels, &fault))
        return watcher_fail(w, &fault);
    log_calm(&w->chat_voice, "Zulip answers again");
    w->chat_open = true;
    w->chat_retry_at = 0;
    for (size_t i = 0; i < w->config->destination_count; i++) {
        const struct org_channel *channel;
        if (!destination_resolve_channel(db, &w->channels, w->config->destinations[i].channel,
                                         &channel, &fault))
            return watcher_complain_local(w, &fault);
    }
    struct server_limits limits = {w->server.max_message_length, w->server.max_topic_length};
    if (!server_put_limits(db, &limits, &fault) || !server_set_refused(db, 0, &fault) ||
        !server_set_trouble(db, SERVER_ANNOUNCING, NULL, 0, 0, &fault))
        return watcher_complain_local(w, &fault);
    return true;
}

struct announcer watcher_announcer(const struct watcher *w)
{
    return (struct announcer){.outbox = {.db = w->db,
                                         .api = w->api,
                                         .bot = w->me.id,
                                         .doubt_s = w->config->timing.doubt_s},
                              .stop = w->stop};
}
