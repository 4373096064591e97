/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher remembers: the feed, its issues, the destinations, what waits, alarms.
 *
 * Times are seconds since 1970; 0 is never. Faults are those of database.h. */
#ifndef TMRO_WATCHSTATE_H
#define TMRO_WATCHSTATE_H

#include "issue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct fault;
struct months;
struct months;

/* The feed at one URL; owns its strings, each of which may be NULL. */
struct feed_state {
    char *etag, *last_modified; /* of the last body that counted */
    char *error;                /* why the last poll was no good */
    int64_t hash;               /* of the last body that counted */
    double since;               /* first asked */
    double polled_at, good_at;  /* last asked, and with a good answer */
    double date;                /* the site's own time when it last answered */
    double full_at;             /* last good answer to an unconditional request */
    double next_at;             /* the next poll */
    double fresh_until;         /* no poll before, but when a person wants it */
    double hold_until;          /* no poll before: the site asked for it */
    double distrusted_at;       /* since when what it says is not believed */
    int failures;               /* polls in a row that got no good answer */
    bool gone;                  /* 410 */
};

/* Zeroed when the URL was never asked. The caller finishes it in every case. */
bool watchstate_get_feed(struct database *db, const char *url, struct feed_state *feed,
                         struct fault *fault);
/* The feed was read by another command: this counts as a good poll. */
bool watchstate_note_read(struct database *db, const char *url, double now, struct fault *fault);
bool watchstate_put_feed(struct database *db, const char *url, const struct feed_state *feed,
                         struct fault *fault);
void feed_state_finish(struct feed_state *feed);

/* An issue that a feed has named. */
struct watch_item {
    int month;
    char published[ISSUE_DATE_SIZE]; /* as the feed says, or "" */
    const char *url, *title;
    int64_t hash;           /* of the feed's item */
    bool waits;             /* to be announced, and never was */
    double gone_at;         /* when it left the feed; 0: it is there */
    double seen_at;         /* first */
    double retry_at;        /* its announcement waits until then; 0: was not tried */
    double unread_since;    /* there was no page to announce it from; 0: there is */
    double recheck_at;      /* when its page is read again; 0: it is not */
    double unchecked_since; /* there was no page to correct it by; 0: there is */
    int64_t look;           /* hash of what was read then; 0: what is announced */
    int corrections;        /* on the day that began with the first of them */
    double corrected_at;
};

struct watch_items {
    struct watch_item *item; /* oldest month first */
    size_t count;
};

/* The caller finishes a zeroed list in every case. */
bool watchstate_list_items(struct database *db, struct watch_items *items, struct fault *fault);
void watch_items_finish(struct watch_items *items);

/* The newest of them that is in the feed; 0 when there is none. */
bool watchstate_newest(struct database *db, int *month, struct fault *fault);

/* Adds the item, or brings what the feed says of it up to date. */
bool watchstate_put_item(struct database *db, const struct watch_item *item, struct fault *fault);

/* The item has left the feed; watchstate_put_item() brings it back. */
bool watchstate_set_gone(struct database *db, int month, double now, struct fault *fault);

/* All but `months` have left the feed, and these are in it. */
bool watchstate_keep_listed(struct database *db, const struct months *months, double now,
                            struct fault *fault);

bool watchstate_set_retry(struct database *db, int month, double at, double unread_since,
                          struct fault *fault);
bool watchstate_set_recheck(struct database *db, int month, double at, double unchecked_since,
                            int64_t look, struct fault *fault);
bool watchstate_set_corrections(struct database *db, int month, int count, double since,
                                struct fault *fault);
/* Its page is to be read again now, unless that is planned already. */
bool watchstate_want_recheck(struct database *db, int month, double now, struct fault *fault);

/* A destination's row; 0: it has no baseline yet. `channel` 0: not resolved. Rows that stand for
 * the same channel become one. */
bool watchstate_find_destination(struct database *db, const char *name, int64_t channel,
                                 int64_t *row, struct fault *fault);

/* The row that it would give; changes nothing. */
bool watchstate_peek_destination(struct database *db, const char *name, int64_t channel,
                                 int64_t *row, struct fault *fault);
/* `hint`: the issue that a person may want to announce there, or 0. */
bool watchstate_add_destination(struct database *db, const char *name, int64_t channel, int hint,
                                int64_t *row, struct fault *fault);
bool watchstate_get_hint(struct database *db, int64_t row, int *month, struct fault *fault);
bool watchstate_drop_hint(struct database *db, int64_t row, struct fault *fault);
/* Only what waits for these destinations is due. */
bool watchstate_activate(struct database *db, const int64_t *rows, size_t count,
                         struct fault *fault);

/* What waits to be announced. */
bool watchstate_add_pending(struct database *db, int64_t row, int month, struct fault *fault);
bool watchstate_drop_pending(struct database *db, int64_t row, int month, struct fault *fault);
bool watchstate_is_pending(struct database *db, int64_t row, int month, bool *pending,
                           struct fault *fault);

/* Items of the feed for which something is due at an active destination (announce), or items that
 * are to be read again (recheck), oldest month first; what is not due yet, too. */
bool watchstate_list_pending(struct database *db, struct watch_items *items, struct fault *fault);
bool watchstate_list_rechecks(struct database *db, struct watch_items *items, struct fault *fault);

/* Times that lie in the future are of a clock that was wrong: they become `now`, and waits that
 * would last longer than `longest_s` end now. */
bool watchstate_clamp(struct database *db, double now, double longest_s, struct fault *fault);

/* The clock was set by `by_s`: all times move with it, so that what waits goes on waiting. */
bool watchstate_shift(struct database *db, double by_s, struct fault *fault);

/* An alarm is raised once, told to each owner, and once more when it is over. */
struct alarm {
    int64_t id;
    char *kind, *subject, *text; /* owned */
    double raised_at;
    int told;        /* owners that have been told */
    int64_t look_id; /* the next may have been, in a message after this one; -1: certainly not */
};

struct alarms {
    struct alarm *alarm;
    size_t count;
};

/* `*raised`: it was not open before. */
bool watchstate_raise(struct database *db, const char *kind, const char *subject, const char *text,
                      double now, bool *raised, struct fault *fault);
/* Ends an open alarm, if there is one; `over` is what is told then, together with the alarm where
 * that could not be told before. NULL: nobody needs to know any more. */
bool watchstate_end_alarm(struct database *db, const char *kind, const char *subject,
                          const char *over, bool *ended, struct fault *fault);
/* Alarms still to be told, or those open; the caller finishes a zeroed list in every case. */
bool watchstate_list_alarms(struct database *db, bool open, struct alarms *alarms,
                            struct fault *fault);
/* Before owner number `told` is told; `look_id` as in struct alarm. */
bool watchstate_put_telling(struct database *db, int64_t id, int told, int64_t look_id,
                            struct fault *fault);
bool watchstate_set_told(struct database *db, int64_t id, int told, bool sent, struct fault *fault);
void alarms_finish(struct alarms *alarms);

#endif
