/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the parts of the watcher share: the context of a pass, the chat, and how failures are told.
 *
 * A failure is logged once, until something else fails or it is over. A pass keeps the worst of its
 * failures. After each failure of the chat, the next try waits longer. */
#ifndef TMRO_WATCH_WATCHER_H
#define TMRO_WATCH_WATCHER_H

#include "base/fault.h"
#include "news/source.h"
#include "watch/announce.h"
#include "zulip/chat.h"
#include "zulip/events.h"
#include "zulip/org.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct arena;
struct config;
struct credentials;
struct database;
struct http;
struct stop;

struct watcher_options {
    const struct config *config; /* all borrowed for the watcher's life */
    const struct credentials *credentials;
    struct database *db;
    const struct stop *stop;
    int passed_fd; /* an eventfd told of each pass; -1: none */
};

/* It has an HTTP client of its own; one thread uses it. */
struct watcher {
    /* Of the options. */
    const struct config *config;
    const struct credentials *credentials;
    const struct stop *stop;
    int passed_fd;

    struct arena *life, *arena; /* the latter of a pass */
    struct http *http;
    struct source source;
    struct api *api;
    struct database *db;
    size_t skipped;       /* how many pages that the archive lacks could not be read */
    double skipped_at;    /* on the day that began then */
    double wall, elapsed; /* of the last pass, by both clocks */
    int local_failures;   /* passes in a row in which the state or the machine failed */
    struct log_voice feed_voice, clock_voice, page_voice, chat_voice, channel_voice, local_voice;

    /* This pass. */
    double now;  /* seconds since 1970 */
    bool forced; /* a person wants everything tried now */
    struct fault worst;
    bool local_failed;

    /* The chat, as it was when this pass opened it. */
    bool chat_open;
    double chat_checked_at;
    int chat_failures;
    double chat_retry_at;
    struct org_user me;
    struct events_server server;
    struct org_channels channels;
};

/* The caller closes it. */
struct watcher *watcher_open(const struct watcher_options *options);
void watcher_close(struct watcher *watcher);

/* Logs a failure unless it was the last thing said there, and keeps it if it is the worst. Of the
 * state and the machine: watcher_complain_local(), which always gives false. */
void watcher_complain(struct watcher *watcher, struct log_voice *voice, enum log_level level,
                      const struct fault *fault);
bool watcher_complain_local(struct watcher *watcher, const struct fault *fault);

/* Whether the pass is to end at once. */
bool watcher_stopped(const struct watcher *watcher);

/* Learns who the bot is, what the server allows, which channels there are and which of them the
 * destinations mean; once a pass. False:
 * the chat cannot be spoken to, or it is not time to try again. */
bool watcher_open_chat(struct watcher *watcher);

/* The chat failed, and nobody tries it again before `chat_retry_at`; or the state or the machine
 * failed. Always false. */
bool watcher_fail(struct watcher *watcher, const struct fault *fault);

/* Who announces; valid while the chat is open. */
struct announcer watcher_announcer(const struct watcher *watcher);

/* The most that a site may ask for by Retry-After or max-age. */
#define WATCHER_HOLD_MAX_S 86400.0

/* `seconds`, spread by a tenth either way. */
double watcher_spread(double seconds);

/* Seconds before the n-th try after a failure, by an exponential back-off. */
double watcher_backoff(const struct config *config, int tries);

#endif
