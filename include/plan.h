/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher decides: what is due when, and which alarms time brings.
 *
 * No network and no clock: whoever drives it says what the site answered and what time it is.
 * All decisions rest on, and go into, the database; faults are its. */
#ifndef TMRO_PLAN_H
#define TMRO_PLAN_H

#include "issue.h"
#include "watchstate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct database;
struct fault;

/* Issues announced in one pass. */
#define PLAN_ISSUES_PER_PASS 2

/* The most that a site may ask for by Retry-After or max-age. */
#define PLAN_HOLD_MAX_S 86400.0

/* How long after its announcement an issue is corrected. */
#define PLAN_CORRECTIONS_S (14 * 86400.0)

enum plan_action {
    PLAN_BASELINE, /* what is there now is known, not announced */
    PLAN_SETTLE,   /* a new issue waits until it has settled */
    PLAN_ANNOUNCE,
    PLAN_EDIT,
    PLAN_SKIP, /* something that is not acted upon */
    PLAN_ALARM,
};

struct plan_event {
    enum plan_action action;
    int month;      /* 0 when it is about none */
    char why[1200]; /* printable */
};

/* One pass after the other. Zeroed at declaration but for what is borrowed, and `jitter`. */
struct plan {
    struct database *db;
    const struct config *config;
    bool jitter; /* spread the polls */
    double now;  /* of plan_begin(), seconds since 1970 */
    bool forced, conditional;
    struct plan_event *event; /* what was decided since plan_begin() */
    size_t event_count;
};

void plan_finish(struct plan *plan);

/* Begins a pass. `forced`: a person wants it now, whatever interval, max-age and back-off say. */
bool plan_begin(struct plan *plan, double now, bool forced, struct fault *fault);

/* Whether the feed is to be asked now. If so, `feed` has the validators to send; the caller
 * finishes a zeroed one. `*held`: a person wanted it, but the site asked for a longer wait. */
bool plan_poll(struct plan *plan, bool *wanted, bool *held, struct feed_state *feed,
               struct fault *fault);

/* Issues to announce now and to read again now, oldest month first, what was tried before behind.
 * The caller finishes a zeroed list in every case. */
bool plan_list_due(struct plan *plan, struct watch_items *due, struct fault *fault);
bool plan_list_rechecks(struct plan *plan, struct watch_items *due, struct fault *fault);

/* The row of a configured destination; 0: it has no baseline yet. Its channel, when it is known,
 * is remembered. */
bool plan_destination(struct plan *plan, const char *name, int64_t channel, int64_t *row,
                      struct fault *fault);

/* The rows of all configured destinations in their order; owned by the caller. NULL: fault. */
int64_t *plan_list_destinations(struct plan *plan, struct fault *fault);

/* Whether a destination waits for its baseline: then the next good feed is read, known or not. */
bool plan_lacks_baseline(struct plan *plan, bool *lacks, struct fault *fault);

/* The newest announced issue and when that was; 0: none. */
bool plan_newest_announced(struct plan *plan, int *month, double *at, struct fault *fault);

/* The issue is announced there. */
bool plan_announced(struct plan *plan, int month, int64_t row, struct fault *fault);

/* After so long without a page to announce an issue from, or to correct it by, there is an alarm.
 */
#define PLAN_UNREAD_S 3600.0
/* After so long an issue whose page makes no sense is announced without the page. */
#define PLAN_IMPLAUSIBLE_S (6 * 3600.0)

/* There was no page to announce an issue from: it is looked for again, later and later. */
bool plan_postpone(struct plan *plan, const struct watch_item *item, struct fault *fault);

/* There was no page to correct an announcement by: likewise. */
bool plan_postpone_recheck(struct plan *plan, const struct watch_item *item, struct fault *fault);

/* For how many seconds there has been none; `since` 0: there is one. */
double plan_waited_s(const struct plan *plan, double since);

/* The same for a person's sake: it is tried again when the feed is next asked. */
bool plan_await(struct plan *plan, int month, struct fault *fault);

/* Whether an issue whose page now says something else (`seen`, a hash of it) is to be corrected:
 * the last look saw the same, and there were not too many corrections today. */
bool plan_is_correctable(const struct plan *plan, const struct watch_item *item, int64_t seen);

/* The issue was read again; `seen` 0: its announcement says what the page says. */
bool plan_rechecked(struct plan *plan, const struct watch_item *item, int64_t seen,
                    struct fault *fault);

/* Raises the alarms that time brings: no good poll, distrust, no issue, nobody answered; ends the
 * last of them. */
bool plan_look_at_clock(struct plan *plan, struct fault *fault);

/* Raises and ends one alarm; texts are Zulip's Markdown. */
bool plan_raise(struct plan *plan, const char *kind, const char *subject, int month,
                const char *text, struct fault *fault);
bool plan_end_alarm(struct plan *plan, const char *kind, const char *subject, const char *over,
                    struct fault *fault);

/* Notes a decision that the caller made. */
bool plan_note(struct plan *plan, enum plan_action action, int month, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* `*at`: when the alarm that nobody is answered is next raised or ended; INFINITY: no change is
 * due.
 */
bool plan_chat_alarm(struct plan *plan, double *at, struct fault *fault);

/* When the feed is asked next, and when other work is due next (in the past: now); INFINITY:
 * never. */
bool plan_next(struct plan *plan, double *poll, double *work, struct fault *fault);

/* Seconds between two polls, and those that a new issue settles; `seconds` spread by a tenth either
 * way, if this plan does that. */
double plan_interval_s(const struct plan *plan);
double plan_settle_s(const struct plan *plan);
double plan_spread(const struct plan *plan, double seconds);

/* Seconds before the n-th try after a failure, by an exponential back-off. */
double plan_backoff(const struct plan *plan, int tries);

/* "2026-06-30 14:05 UTC", or "never" for 0. */
#define PLAN_TIME_SIZE 32
void plan_time(double at, char out[PLAN_TIME_SIZE]);

#endif
