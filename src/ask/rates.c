/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How many answers are given. */
#include "ask/rates.h"

#include "base/text.h"

/* One who is limited: a sender, a place, or everybody. */
static uint64_t scope_of(char kind, uint64_t who)
{
    return text_hash(text_hash(TEXT_HASH_INIT, &kind, 1), &who, sizeof who);
}

/* The scope that is over its limit; 0: none. */
static uint64_t find_over(const struct rates *rates, double now_mono, int64_t sender,
                          uint64_t place)
{
    size_t all = 0, by_sender = 0, in_place = 0;
    for (size_t i = 0; i < RATES_ALL && i < rates->count; i++) {
        const struct rates_answer *a = &rates->answer[i];
        if (now_mono - a->at_mono >= RATES_WINDOW_S)
            continue;
        all++;
        by_sender += a->sender == sender;
        in_place += a->place == place;
    }
    return by_sender >= RATES_SENDER ? scope_of('s', (uint64_t)sender)
           : in_place >= RATES_PLACE ? scope_of('p', place)
           : all >= RATES_ALL        ? scope_of('a', 0)
                                     : 0;
}

enum rates_verdict rates_ask(struct rates *rates, double now_mono, int64_t sender, uint64_t place)
{
    uint64_t over = find_over(rates, now_mono, sender, place);
    if (!over)
        return RATES_ANSWER;
    for (size_t i = 0; i < RATES_MARKS; i++)
        if (rates->mark[i].scope == over && now_mono - rates->mark[i].at_mono < RATES_WINDOW_S)
            return RATES_OVER;
    rates->mark[rates->mark_count++ % RATES_MARKS] = (struct rates_mark){over, now_mono};
    return RATES_FIRST;
}

void rates_count(struct rates *rates, double now_mono, int64_t sender, uint64_t place)
{
    rates->answer[rates->count++ % RATES_ALL] = (struct rates_answer){now_mono, sender, place};
}
