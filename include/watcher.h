/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a watcher has open, and how it speaks of what fails: shared by those who carry out a pass.
 *
 * A failure is logged once, until something else fails or it is over; it counts as the worst of the
 * pass, and what waits for the chat waits longer and longer. */
#ifndef TMRO_WATCHER_H
#define TMRO_WATCHER_H

#include "announce.h"
#include "chat.h"
#include "events.h"
#include "fault.h"
#include "issue.h"
#include "log.h"
#include "month.h"
#include "plan.h"
#include "source.h"

#include <stdbool.h>
#include <stdint.h>

struct config;
struct credentials;
struct database;
struct http;
struct stop;

struct watcher_options {
    const struct config *config; /* all borrowed for the watcher's life */
    const struct credentials *credentials;
    const char *state; /* path of the database, which exists or is made */
    const struct stop *stop;
    int passed_fd; /* an eventfd told of each pass; -1: none */
};

/* A watcher with connections of its own; one thread uses it. */
struct watcher {
    struct watcher_options options;
    struct http *site;
    struct api *api;
    struct database *db;
    struct plan plan;
    struct source source;
    struct log_voice feed_voice, clock_voice, page_voice, chat_voice, channel_voice, local_voice;
    struct months skipped; /* missing pages that are not asked for again that day */
    double skipped_at;     /* when it began */
    struct names tried;    /* "MONTH CHANNEL" of the intents that this pass tried */
    double wall, elapsed;  /* of the last pass, by both clocks */
    struct fault worst;    /* of this pass */
    bool local_failed;     /* in this pass */

    /* The chat, as it was when this pass opened it. */
    bool chat_open, chat_failed; /* it is not tried again */
    double chat_checked_at;
    int chat_failures;
    int local_failures; /* passes in a row in which the state or the machine failed */
    double chat_retry_at;
    struct chat_user me;
    struct events_server server;
    struct chat_channels channels;
};

/* NULL: as database_open() and http_open() fail. The caller closes it. */
struct watcher *watcher_open(const struct watcher_options *options, struct fault *fault);
void watcher_close(struct watcher *watcher);

/* Before a wait of so long: when it is a long one, gives memory and connections back. */
void watcher_rest(struct watcher *watcher, double wait_s);

/* Logs a failure unless it was the last thing said there, and keeps it if it is the worst. Of the
 * state and the machine: watcher_complain_local(). */
void watcher_complain(struct watcher *watcher, struct log_voice *voice, enum log_level level,
                      const struct fault *fault);
void watcher_complain_local(struct watcher *watcher, const struct fault *fault);

/* Whether the pass is to end at once. */
bool watcher_stopped(const struct watcher *watcher);

/* Learns who the bot is, what the server allows and which channels there are; once a pass. False:
 * the chat cannot be spoken to, or it is not time to try again. */
bool watcher_open_chat(struct watcher *watcher);

/* The chat failed: nobody tries it again in this pass. Always false. */
bool watcher_fail_chat(struct watcher *watcher, const struct fault *fault);

/* An issue could not be announced in a channel; `in_vain` as in struct announce_outcome. True: only
 * that channel does not take it, and an alarm says so now; else as watcher_fail_chat(). */
bool watcher_fail_channel(struct watcher *watcher, const char *channel, int month, bool in_vain,
                          const struct fault *failure);

/* The channel takes messages: the alarm is over. */
bool watcher_channel_is_well(struct watcher *watcher, const char *channel, struct fault *fault);

/* Whether this pass has tried this issue in this channel before; notes that it has. */
bool watcher_tried(struct watcher *watcher, int month, int64_t channel);

/* Who announces; valid while the chat is open. */
struct announcer watcher_announcer(const struct watcher *watcher);

/* Logs what was decided since the last call. */
void watcher_log_events(struct watcher *watcher);

#endif
