/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One pass over the site and what is due, and the loop. A failure is logged once, kept for the
 * status, and tried again later; only what a person must mend ends the watching. */
#ifndef TMRO_WATCH_WATCH_H
#define TMRO_WATCH_WATCH_H

#include <stdbool.h>

struct fault;
struct watcher;

/* One pass now. `forced`: whatever interval, max-age and back-off say. False: the worst of what
 * failed, which is logged already (STOPPED is not). */
bool watch_pass(struct watcher *watcher, bool forced, struct fault *fault);

/* Passes until asked to stop: true. The first one is `forced` or when it is due. False: DAMAGED,
 * which is logged already; LOGIN (refused for an hour), which is not. */
bool watch_run(struct watcher *watcher, bool forced, struct fault *fault);

#endif
