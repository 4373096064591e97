/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Carries what is due for issues into the chat: settles, announces, corrects. What fails is said,
 * and tried in a later pass. */
#ifndef TMRO_WATCH_PUBLISH_H
#define TMRO_WATCH_PUBLISH_H

#include <stdbool.h>

struct fault;
struct watcher;

/* Finishes the announcements that are on their way, whoever began them. */
void publish_waiting(struct watcher *watcher);

/* Announces the issues that have settled. */
void publish_due(struct watcher *watcher);

/* Reads announced issues again, and brings their messages in line. */
void publish_corrections(struct watcher *watcher);

/* `*at`: when there is something to announce or to correct next (in the past: now); INFINITY:
 * never. */
bool publish_due_at(struct watcher *watcher, double *at, struct fault *fault);

#endif
