/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How many answers are given: so many a minute to one person, in one place, in all. */
#ifndef TMRO_ASK_RATES_H
#define TMRO_ASK_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATES_WINDOW_S 60
#define RATES_SENDER   8
#define RATES_PLACE    30
#define RATES_ALL      60

/* Scopes that are remembered to be over their limit; of more the oldest is forgotten. */
#define RATES_MARKS 64

/* Kept in memory alone, by a clock that nobody sets; zeroed at declaration. */
struct rates {
    struct rates_answer {
        double at_mono;
        int64_t sender;
        uint64_t place;
    } answer[RATES_ALL]; /* a ring */
    size_t count;
    struct rates_mark {
        uint64_t scope;
        double at_mono;
    } mark[RATES_MARKS]; /* a ring */
    size_t mark_count;
};

enum rates_verdict {
    RATES_ANSWER,
    RATES_FIRST, /* over a limit, which was not shown there in this window */
    RATES_OVER,  /* over a limit, and that was shown */
};

/* Whether a message of `sender` in a place (a hash of it) may be answered at `now_mono`. */
enum rates_verdict rates_ask(struct rates *rates, double now_mono, int64_t sender, uint64_t place);

/* An answer was given. */
void rates_count(struct rates *rates, double now_mono, int64_t sender, uint64_t place);

#endif
