/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When the feed is asked, and what its answer means: which issues are new, which changed, whether
 * the feed is to be believed, when it is asked next. */
#ifndef TMRO_WATCH_POLL_H
#define TMRO_WATCH_POLL_H

#include "state/watched.h"

#include <stdbool.h>

struct fault;
struct watcher;

/* How long after its announcement an issue is corrected. */
#define POLL_CORRECTIONS_S (14 * 86400.0)

/* What became of a poll. */
struct poll_report {
    bool held; /* a person wanted it, but the site asked for a longer wait */
    bool asked, answered;
    bool nonsense;          /* the answer is not a feed to be believed */
    struct feed_state feed; /* as it is now; `error` says why the poll was no good */
};

/* Asks for the feed if it is time, and takes the answer in one transaction. Fills a zeroed report.
 * False: as database.h fails, and STOPPED and LOCAL as http.h does. */
bool poll_feed(struct watcher *watcher, struct poll_report *report, struct fault *fault);

#endif
