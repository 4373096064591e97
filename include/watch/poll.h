/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When the feed is asked, and what its answer means: which issues are new, which changed, whether
 * the feed is to be believed, when it is asked next. */
#ifndef TMRO_WATCH_POLL_H
#define TMRO_WATCH_POLL_H

#include "state/watched.h"

#include <stdbool.h>

struct arena;
struct config;
struct fault;
struct feed;
struct feed_entry;
struct http_response;
struct watcher;

/* How long after its announcement an issue is corrected. */
#define POLL_CORRECTIONS_S (14 * 86400.0)

/* What a feed says of a month. */
enum poll_meaning {
    POLL_SAME,
    POLL_CHANGED,     /* its item has */
    POLL_RETURNED,    /* it is back in the feed */
    POLL_LEFT,        /* it is no longer in the feed */
    POLL_NEW,         /* it is announced once it has settled */
    POLL_NEW_TOO_OLD, /* it is not */
};

struct poll_change {
    enum poll_meaning meaning;
    int month;
    const struct feed_entry *entry;   /* NULL: it left */
    const struct watched_item *known; /* NULL: it is new */
    int64_t hash;                     /* of the entry */
};

struct poll_changes {
    int missing; /* the newest known issue, without which the feed is not believed; 0: it is */
    struct poll_change *change; /* what left the feed, then what is in it, oldest first */
    size_t count;
    int newest;     /* known and in the feed, or the feed's own */
    size_t changed; /* known issues */
    bool corrected; /* the newest announced one is among them */
};

/* What a feed means, given the issues that are known. Sorts its entries. */
void poll_compare(struct arena *arena, const struct watched_items *known, struct feed *feed,
                  struct poll_changes *changes);

/* What the row of the feed becomes after a poll. It failed: what is known stays, and the next poll
 * waits longer; without an answer, `response` is NULL. It was good, a body or a 304: one without a
 * validator keeps the old one. Or the feed is not believed. `why` is kept, not copied. */
void poll_fail(struct feed_state *feed, const struct config *config, double now,
               const struct http_response *response, char *why);
void poll_succeed(struct feed_state *feed, const struct config *config, double now,
                  const struct http_response *response, bool conditional);
void poll_distrust(struct feed_state *feed, const struct config *config, double now, char *why);

/* Asks for the feed if it is time, and takes the answer in one transaction. A poll that is no good
 * is logged; `feed` is as it is afterwards, and must be zeroed before. False: as database.h fails,
 * and STOPPED and LOCAL as http.h does. */
bool poll_feed(struct watcher *watcher, struct feed_state *feed, struct fault *fault);

#endif
