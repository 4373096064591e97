/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is remembered of what is watched: the feed, its issues, the destinations, what waits there,
 * the alarms.
 *
 * Times are seconds since 1970; 0 is never. Faults are those of database.h. */
#ifndef TMRO_STATE_WATCHED_H
#define TMRO_STATE_WATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct arena;
struct org_channel;
struct org_channels;
struct database;
struct fault;
struct issue;
struct months;

/* The feed at one URL. */
struct feed_state {
    char *etag, *last_modified; /* of the last body that counted; or NULL */
    char *error;                /* why the last poll was no good; NULL: it was */
    int64_t hash;               /* of the last body that counted */
    double since;               /* first asked */
    double polled_at, good_at;  /* last asked, and with a good answer */
    double full_at;             /* last read in full, unconditionally */
    double next_at;             /* next poll, by the interval */
    double fresh_until;         /* not before, but for a person: max-age, or backing off */
    double hold_until;          /* not before, for anybody: Retry-After */
    double distrusted_at;       /* since when its bodies are not believed */
    double date;                /* the site's own time when it last answered */
    int failures;
    bool gone; /* 410: is not asked any more */
};

/* Fills a zeroed state, which stays zero for a feed that was never asked. */
bool watched_get_feed(struct arena *arena, struct database *db, const char *url,
                      struct feed_state *feed, struct fault *fault);
bool watched_put_feed(struct database *db, const char *url, const struct feed_state *feed,
                      struct fault *fault);

/* The feed was read by another command: this counts as a good poll. */
bool watched_note_read(struct database *db, const char *url, double now, struct fault *fault);

/* When the feed is asked unless a person wants it sooner; `work` does not wait for the interval.
 * INFINITY: not any more. */
double watched_poll_at(const struct feed_state *feed, bool work);

/* An issue that a feed has named. */
struct watched_item {
    int month;
    const char *url, *title, *published; /* as the feed says; the date may be "" */
    int64_t hash;                        /* of the feed's item */
    bool waits;                          /* to be announced, and never was */
    double gone_at;                      /* when it left the feed; 0: it is there */
    double seen_at;                      /* first */
    double retry_at;                     /* its announcement waits until then; 0: not tried yet */
    double unread_since;                 /* there was no page to announce it from; 0: there is */
    double recheck_at;                   /* when its page is read again; 0: it is not */
    double unchecked_since;              /* there was no page to correct it by; 0: there is */
    int64_t look;                        /* hash of what was read then; 0: what is announced */
    int corrections;                     /* on the day that began with the first of them */
    double corrected_at;
};

/* Oldest month first. */
struct watched_items {
    struct watched_item *item;
    size_t count;
};

/* All of them; those for which something is due at an active destination; those that are to be read
 * again. What is not due yet is there, too. */
bool watched_list_items(struct arena *arena, struct database *db, struct watched_items *items,
                        struct fault *fault);
bool watched_list_pending(struct arena *arena, struct database *db, struct watched_items *items,
                          struct fault *fault);
bool watched_list_rechecks(struct arena *arena, struct database *db, struct watched_items *items,
                           struct fault *fault);

/* The item of a month; NULL: there is none. */
const struct watched_item *watched_find_item(const struct watched_items *items, int month);

/* The newest month that is in the feed; 0: none. */
bool watched_newest(struct database *db, int *month, struct fault *fault);

/* The newest announced month, and when that was; 0: none. */
bool watched_newest_announced(struct database *db, int *month, double *at, struct fault *fault);

/* When the announcement of an issue that waits is due. */
double watched_due_at(const struct watched_item *item, double settle_s);

/* Adds the item, or brings what the feed says of it up to date: it is in the feed. */
bool watched_put_item(struct database *db, const struct watched_item *item, struct fault *fault);

/* The item has left the feed. */
bool watched_set_gone(struct database *db, int month, double now, struct fault *fault);

/* All but `months` have left the feed, and these are in it. */
bool watched_keep_listed(struct database *db, const struct months *months, double now,
                         struct fault *fault);

/* When its announcement is tried again, and since when there is no page for that. */
bool watched_set_retry(struct database *db, int month, double at, double unread_since,
                       struct fault *fault);

/* Keeps what the item says of its rechecks, from `recheck_at` on. */
bool watched_put_recheck(struct database *db, const struct watched_item *item, struct fault *fault);

/* Its page is to be read again at that time, unless that is planned already. */
bool watched_want_recheck(struct database *db, int month, double at, struct fault *fault);

/* It is announced in the destination of a row; its page is to be read again at that time. */
bool watched_put_announced(struct database *db, int month, int64_t row, double recheck_at,
                           struct fault *fault);

/* Destinations. */

/* Finds `wanted` (a name, an id, or "ID-NAME") among the server's channels; a name that no longer
 * resolves means the channel it last meant (`db` NULL: that is not known), and the log says so.
 * `*channel` is one of `channels`; NULL: there is no such channel that the bot can see. */
bool destination_find_channel(struct database *db, const struct org_channels *channels,
                              const char *wanted, const struct org_channel **channel,
                              struct fault *fault);

/* Does that, and remembers the name's id. */
bool destination_resolve_channel(struct database *db, const struct org_channels *channels,
                                 const char *wanted, const struct org_channel **channel,
                                 struct fault *fault);

/* Says that there is no such channel, and what to do: SETUP. Always false. */
bool destination_absent(const char *wanted, struct fault *fault);

/* The channel's id as far as it is known without asking: the one that the name last meant, or that
 * it gives; `*id` 0: not known. */
bool destination_channel_id(struct database *db, const char *wanted, int64_t *id,
                            struct fault *fault);

/* A destination's topic for an issue, at most `max_length` code points. */
char *destination_topic(struct arena *arena, const char *topic, const struct issue *issue,
                        size_t max_length);

/* Whether the bot can read the channel, without which it could not tell what it has posted there.
 * False: SETUP with what to do, or that it could not be asked. */
bool destination_check_readable(struct api *api, const struct org_channel *channel,
                                struct fault *fault);

/* A destination's row, 0: it has no baseline yet; and the newest issue of that baseline, if a
 * person may want to announce it there, else 0. `channel` 0: as far as it is known. */
bool destination_find(struct database *db, const char *name, int64_t channel, int64_t *row,
                      int *hint, struct fault *fault);

/* The row, from now on by its channel: rows that stand for the same channel become one. */
bool destination_settle(struct database *db, const char *name, int64_t channel, int64_t *row,
                        struct fault *fault);

/* It has its baseline. */
bool destination_add(struct database *db, const char *name, int hint, struct fault *fault);
bool destination_drop_hint(struct database *db, int64_t row, struct fault *fault);

/* Only what waits for these destinations is due. */
bool destination_activate(struct database *db, const int64_t *rows, size_t count,
                          struct fault *fault);

/* What waits to be announced there. */
bool destination_add_pending(struct database *db, int64_t row, int month, struct fault *fault);
bool destination_is_pending(struct database *db, int64_t row, int month, bool *pending,
                            struct fault *fault);

/* Times. */

/* Times that lie in the future are of a clock that was wrong: they become `now`, and waits that
 * would last longer than `longest_s` end now. */
bool watched_clamp(struct database *db, double now, double longest_s, struct fault *fault);

/* The clock was set by `by_s`: all times move with it, so that what waits goes on waiting. */
bool watched_shift(struct database *db, double by_s, struct fault *fault);

/* An alarm is raised once, told to each owner, and once more when it is over. */
struct alarm {
    int64_t id;
    const char *kind, *subject, *text;
    double raised_at;
    int told;        /* owners that have been told */
    int64_t look_id; /* the next may have been, in a message after this one; -1: certainly not */
};

struct alarms {
    struct alarm *alarm; /* the first raised first */
    size_t count;
};

/* Those that are open, or those still to be told. */
bool watched_list_alarms(struct arena *arena, struct database *db, bool open, struct alarms *alarms,
                         struct fault *fault);

#endif
