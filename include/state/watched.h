/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher remembers: the feed, its issues, the destinations, what waits there, the alarms.
 *
 * Times are seconds since 1970; 0 is never. Faults are those of database.h. */
#ifndef TMRO_STATE_WATCHED_H
#define TMRO_STATE_WATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct config;
struct org_channel;
struct org_channels;
struct database;
struct fault;
struct issue;
struct months;

/* The feed at one URL. */
struct feed_state {
    char *etag, *last_modified; /* of the last good body; or NULL */
    char *error;                /* why the last poll failed; NULL: it did not */
    int64_t hash;               /* of the last good body */
    double since;               /* first asked */
    double polled_at, good_at;  /* last asked, and with a good answer */
    double full_at;             /* last read in full, unconditionally */
    double next_at;             /* next poll, by the interval */
    double fresh_until;         /* no automatic poll before this: max-age, or back-off */
    double hold_until;          /* no poll at all before this: Retry-After */
    double distrusted_at;       /* since when its content is not believed */
    double date;                /* the site's own time when it last answered */
    int failures;
    bool gone; /* 410: it is no longer polled */
};

/* Fills a zeroed state, which stays zeroed for a feed that was never polled. */
bool watched_get_feed(struct arena *arena, struct database *db, const char *url,
                      struct feed_state *feed, struct fault *fault);
bool watched_put_feed(struct database *db, const char *url, const struct feed_state *feed,
                      struct fault *fault);

/* Records that another command read the feed; this counts as a good poll. */
bool watched_note_read(struct database *db, const char *url, double now, struct fault *fault);

/* When the next automatic poll is due; with `work` to do it does not wait for the interval.
 * INFINITY: never. */
double watched_poll_at(const struct feed_state *feed, bool work);

/* A person wants everything tried now: forgets all times before which the feed, pages and channels
 * are not tried again, but what the site asked for by Retry-After. */
bool watched_forget_waits(struct database *db, const char *url, struct fault *fault);

/* An issue that a feed has named. */
struct watched_item {
    int month;
    const char *url, *title; /* as the feed says */
    int64_t hash;            /* of the feed's item */
    double seen_at;          /* first */
    double gone_at;          /* when it left the feed; 0: it is there */
    bool waits;              /* it is to be announced somewhere, and has never been announced */
    bool pending;            /* it is in the feed, and waits at an active destination */
    double announced_at;     /* last; 0: it is not */
    double channels_at;      /* no channel is tried before this; 0: not tried yet */
    double retry_at;         /* its page is not asked for before this; 0: not tried yet */
    double unread_since;     /* since when it has no page to be made from; 0: it has */
    double recheck_at;       /* when its announcement is compared with its page; 0: never */
    int64_t look;            /* hash of what was last read; 0: what is announced */
    int corrections;         /* on the day that began with the first of them */
    double corrected_at;
};

/* Oldest month first. */
struct watched_items {
    struct watched_item *item;
    size_t count;
};

bool watched_list_items(struct arena *arena, struct database *db, struct watched_items *items,
                        struct fault *fault);

/* The item of a month, the newest in the feed, and the newest that is announced; NULL: none. */
const struct watched_item *watched_find_item(const struct watched_items *items, int month);
const struct watched_item *watched_newest(const struct watched_items *items);
const struct watched_item *watched_newest_announced(const struct watched_items *items);

/* When its announcement is due, and when its page is to be read again for a correction; INFINITY:
 * never. */
double watched_due_at(const struct watched_item *item, double settle_s);
double watched_recheck_at(const struct watched_item *item);

/* Adds an item that is in the feed, or updates what the feed says about it. */
bool watched_put_item(struct database *db, const struct watched_item *item, struct fault *fault);

/* Records that an item has left the feed. */
bool watched_set_gone(struct database *db, int month, double now, struct fault *fault);

/* Records that `months` are in the feed, and that all other items have left it. */
bool watched_keep_listed(struct database *db, const struct months *months, double now,
                         struct fault *fault);

/* Stores the members of an item from `retry_at` on. */
bool watched_put_work(struct database *db, const struct watched_item *item, struct fault *fault);

/* Records that it is announced in the destination of a row, and plans to read its page again. */
bool watched_put_announced(struct database *db, int month, int64_t row, double recheck_at,
                           struct fault *fault);

/* Destinations. */

/* Finds `wanted` (a name, an id, or "ID-NAME") among the server's channels. A name that no longer
 * exists stands for the channel it last named, and the log says so; with `db` NULL that is not
 * known. `*channel` is one of `channels`; NULL: the bot can see no such channel. */
bool destination_find_channel(struct database *db, const struct org_channels *channels,
                              const char *wanted, const struct org_channel **channel,
                              struct fault *fault);

/* Does the same, and stores the id of the name. */
bool destination_resolve_channel(struct database *db, const struct org_channels *channels,
                                 const char *wanted, const struct org_channel **channel,
                                 struct fault *fault);

/* Sets SETUP: there is no such channel, and what to do. Always returns false. */
bool destination_absent(const char *wanted, struct fault *fault);

/* A destination's topic for an issue, at most `max_length` code points. */
char *destination_topic(struct arena *arena, const char *topic, const struct issue *issue,
                        size_t max_length);

/* What is known of a destination. */
struct destination_row {
    int64_t id;      /* 0: it has no baseline yet */
    int64_t channel; /* 0: not known without asking the server */
    bool active;     /* it is in the configuration */
    int hint; /* the newest issue of the baseline if a person may want to announce it, else 0 */
};

/* Finds the row of a name, or that of another name of its channel. `channel` 0: the one that the
 * name last had, or the one in it. */
bool destination_find(struct database *db, const char *name, int64_t channel,
                      struct destination_row *row, struct fault *fault);

/* Adds a destination that has its baseline. */
bool destination_add(struct database *db, const char *name, int hint, struct fault *fault);

/* Makes the configured destinations the active ones: only what waits for them is due. */
bool destination_activate(struct arena *arena, struct database *db, const struct config *config,
                          struct fault *fault);

/* Makes an issue wait to be announced at all active destinations. `*waits`: there are any. */
bool destination_await(struct database *db, int month, bool *waits, struct fault *fault);

/* Set when an issue is tried again at a destination, and ask whether it waits there and that time
 * has come. */
bool destination_set_retry(struct database *db, int64_t row, int month, double at,
                           struct fault *fault);
bool destination_is_due(struct database *db, int64_t row, int month, double now, bool *due,
                        struct fault *fault);

/* Times. */

/* Moves all times by `by_s`, by which the clock was set, so that waits last as long as before; and
 * corrects those of a clock that was wrong: what has happened is not in the future, and waits that
 * would last longer than `longest_s` end now. */
bool watched_fix_times(struct database *db, double by_s, double now, double longest_s,
                       struct fault *fault);

/* An alarm is told to each owner when it is raised, and again when it is over. */
struct alarm {
    int64_t id;
    const char *kind, *subject, *text;
    double raised_at;
    int told;        /* owners that have been told */
    int64_t look_id; /* the next owner may have been, in a message after this; -1: certainly not */
};

struct alarms {
    struct alarm *alarm; /* in the order they were raised */
    size_t count;
};

/* Lists the alarms that are open, or those still to be told. */
bool watched_list_alarms(struct arena *arena, struct database *db, bool open, struct alarms *alarms,
                         struct fault *fault);

#endif
