/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the owners are told when something is wrong: once, and once more when it is over.
 *
 * Texts are Zulip's Markdown. Where nothing else is said, faults are those of database.h. */
#ifndef TMRO_WATCH_ALARMS_H
#define TMRO_WATCH_ALARMS_H

#include "zulip/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct config;
struct database;
struct fault;
struct feed_state;
struct watcher;

enum alarm_kind {
    /* Of the feed, by its URL. */
    ALARM_BLIND,
    ALARM_GONE,
    ALARM_DISTRUSTED,
    ALARM_AHEAD,
    /* Of an issue, by its month. */
    ALARM_LATE,
    ALARM_UNREAD,
    ALARM_IMPLAUSIBLE,
    /* Of a channel, by its name. */
    ALARM_REFUSED,
    /* Of the chat. */
    ALARM_DEAF,
};

/* Says whether there is reason for an alarm. With a `text` there is: the alarm is raised, or stays
 * as it is. With NULL there is not: its end is told, too. */
bool alarm_set(struct watcher *watcher, enum alarm_kind kind, const char *subject, const char *text,
               struct fault *fault);

/* The same for the kinds whose subject is a month. */
bool alarm_set_month(struct watcher *watcher, enum alarm_kind kind, int month, const char *text,
                     struct fault *fault);

/* Raises the alarms that come with time: no good poll, distrust, a late issue, nobody answered; and
 * ends the last. */
bool alarms_look_at_clock(struct watcher *watcher, const struct feed_state *feed,
                          struct fault *fault);

/* When that is next due: in the past for what the chat brings; INFINITY: never. `feed` NULL: only
 * that. */
bool alarms_due_at(struct watcher *watcher, const struct feed_state *feed, double *at,
                   struct fault *fault);

/* Forgets the alarms that nobody needs to know about any more, and tells the others to the owners
 * who do not know them yet. */
void alarms_tell(struct watcher *watcher);

/* The owners: how many there are, at least one; and a direct message to one of them. */
size_t owners_count(const struct config *config);
enum api_outcome owners_tell(struct api *api, struct database *db, const struct config *config,
                             int64_t bot, size_t which, const char *text, struct fault *fault);

#endif
