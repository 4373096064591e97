/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Brings what is due for issues into the chat: settles, announces, corrects. A failure is logged,
 * and a later pass tries again. */
#ifndef TMRO_WATCH_PUBLISH_H
#define TMRO_WATCH_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct fault;
struct watched_item;
struct watcher;

/* Finishes the announcements that are on their way, whoever began them. */
void publish_waiting(struct watcher *watcher);

/* Announces the issues that have settled and wait. */
void publish_due(struct watcher *watcher);

/* Reads announced issues again, and brings their messages in line. */
void publish_corrections(struct watcher *watcher);

/* Whether an issue whose page now says something else (`seen`, a hash of it) is to be corrected:
 * the last look saw the same, and there were not too many corrections today. */
bool publish_is_correctable(const struct watched_item *item, int64_t seen, double now);

/* The item after a look at its page; `seen` 0: its announcement says what the page says. */
struct watched_item publish_after_look(const struct watched_item *before, int64_t seen, double now,
                                       const struct config *config);

/* `*at`: when there is something to announce or to correct next (in the past: now); INFINITY:
 * never. */
bool publish_due_at(struct watcher *watcher, double *at, struct fault *fault);

#endif
