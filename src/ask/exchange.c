/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The answer to one message. */
#include "ask/exchange.h"

#include "ask/answer.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/stop.h"
#include "base/text.h"
#include "io/config.h"
#include "say/reply.h"
#include "state/server.h"
#include "zulip/events.h"
#include "zulip/org.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long it is remembered whether somebody is a bot, that the server does not tell, and that a
 * channel can be read. */
#define KNOWN_S    86400
#define UNTOLD_S   300
#define READABLE_S 3600
/* So long a question is taken to be where it was written. */
#define FRESH_S 2
/* Shows that the bot has seen a message that it leaves unanswered because there are too many. */
#define LIMITED_EMOJI "zzz"
/* A request that so many processes began to answer and did not end is left: they died of it. */
#define BEGUN_MAX 3

bool exchange_is_late(const struct replier *r, int64_t message, double sent_at)
{
    double age = events_server_time(&r->clock, stop_elapsed()) - sent_at;
    if (age > EXCHANGE_AGE_MAX_S)
        log_line(LOG_LEVEL_DEBUG, "message %" PRId64 " is left: it is %.0f s old", message, age);
    return age > EXCHANGE_AGE_MAX_S;
}

/* Nobody waits for an answer to it any more, or it cannot be given. */
static bool leave(struct replier *r, struct outbox_entry *entry, struct fault *fault)
{
    return outbox_record(r->outbox.db, entry, OUTBOX_LEFT, fault);
}

static void learn(struct exchange_known *known, int64_t id, bool yes, double keep_s)
{
    size_t at = known->count++ % EXCHANGE_KNOWN_MAX;
    known->said[at].id = id;
    known->said[at].yes = yes;
    known->said[at].until_mono = stop_clock() + keep_s;
}

/* False: it is not known. */
static bool recall(const struct exchange_known *known, int64_t id, bool *yes)
{
    for (size_t i = 0; i < EXCHANGE_KNOWN_MAX && i < known->count; i++)
        if (known->said[i].id == id && stop_clock() < known->said[i].until_mono) {
            *yes = known->said[i].yes;
            return true;
        }
    return false;
}

/* Whether a person, not a bot, asks. */
static bool ask_is_bot(struct replier *r, int64_t user, bool *is_bot, struct fault *fault)
{
    struct org_user answer;
    if (recall(&r->bots, user, is_bot))
        return true;
    if (org_ask_user(r->outbox.api, user, &answer, fault)) {
        *is_bot = answer.is_bot;
        learn(&r->bots, user, answer.is_bot, KNOWN_S);
        return true;
    }
    if (fault->kind != FAULT_REFUSED)
        return false;
    /* If the server does not say who it is, it is not answered. */
    log_line(LOG_LEVEL_INFO, "user %" PRId64 " is not answered for %d minutes: %s", user,
             UNTOLD_S / 60, fault->msg);
    *fault = (struct fault){0};
    learn(&r->bots, user, true, UNTOLD_S);
    return *is_bot = true;
}

/* One number for a conversation. */
static uint64_t hash_place(const struct chat_place *place)
{
    uint64_t hash = text_hash(TEXT_HASH_INIT, &place->channel, sizeof place->channel);
    /* Topics are the same whatever the case. */
    for (const char *s = place->topic; *s; s++) {
        char c = *s >= 'A' && *s <= 'Z' ? (char)(*s | 0x20) : *s;
        hash = text_hash(hash, &c, 1);
    }
    return text_hash(hash, place->people, place->people_count * sizeof *place->people);
}

/* Leaves the entry unanswered, for there are too many; shows it by an emoji to the first. */
static bool limit(struct replier *r, struct outbox_entry *entry, bool first, struct fault *fault)
{
    struct fault ignored = {0};
    if (!leave(r, entry, fault))
        return false;
    if (!first)
        return true;
    log_line(LOG_LEVEL_WARNING,
             "too many requests: message %" PRId64 " of user %" PRId64
             " and those that follow are left for a minute",
             entry->about, entry->asker);
    if (!chat_react(r->outbox.api, entry->about, LIMITED_EMOJI, &ignored))
        log_line(LOG_LEVEL_DEBUG, "%s", ignored.msg);
    return true;
}

/* Whether a question needs no second look: it has just been written, by the clocks of both sides,
 * where the bot may read. */
static bool is_fresh(const struct replier *r, const struct outbox_entry *entry)
{
    bool readable;
    return fabs((double)time(NULL) - entry->asked_at) <= FRESH_S &&
           (!entry->place.channel || recall(&r->readable, entry->place.channel, &readable));
}

/* Learns where the question is now; `*gone`: it is nowhere, or cannot be read. */
static bool find_question(struct arena *arena, struct replier *r, struct outbox_entry *entry,
                          bool *gone, struct fault *fault)
{
    struct chat_message message = {0};
    *gone = false;
    if (chat_read_message(r->turn, r->outbox.api, entry->about, &message, fault)) {
        const struct chat_place *place = &message.place;
        /* Mostly nothing moved: an answer that waits for long does not grow by each look. */
        if (!entry->next.topic || strcmp(place->topic, entry->next.topic) != 0 ||
            !chat_place_equal(place, &entry->next))
            entry->next = chat_place_copy(arena, place);
        if (place->channel)
            learn(&r->readable, place->channel, true, READABLE_S);
        return true;
    }
    if (fault->kind != FAULT_ABSENT)
        return false;
    *fault = (struct fault){0};
    return *gone = true;
}

static bool compose(struct arena *arena, struct replier *r, struct outbox_entry *entry,
                    struct fault *fault)
{
    struct server_limits limits;
    struct reply *reply;
    bool found;
    /* The newest limits that the state knows, whoever learned them. */
    if (!server_get_limits(r->outbox.db, &limits, fault))
        return false;
    struct answerer answerer = {
        .arena = r->turn, .db = r->outbox.db, .config = r->config, .now = (double)time(NULL)};
    if (!answer_request(&answerer, entry->request, strlen(entry->request), &reply, &found, fault))
        return false;
    entry->content = arena_copy(arena, reply_markdown(reply, limits.max_message_length));
    return true;
}

/* A channel, or people, and what the bot said there. */
struct exchange_look {
    struct chat_place in;
    struct chat_messages own;
};

/* Keeps the messages that no record claims. */
static bool drop_claimed(struct replier *r, struct chat_messages *own, struct fault *fault)
{
    size_t kept = 0;
    for (size_t i = 0; i < own->count; i++) {
        bool claimed;
        if (!outbox_claims(r->outbox.db, &own->message[i], &claimed, fault))
            return false;
        if (!claimed)
            own->message[kept++] = own->message[i];
    }
    own->count = kept;
    return true;
}

/* The look into the conversation of a place, made at first use; NULL: fault. */
static struct exchange_look *look_into(struct replier *r, struct exchange_past *past,
                                       const struct outbox_entry *entry, struct fault *fault)
{
    const struct chat_place *place = &entry->place;
    for (size_t i = 0; i < past->count; i++)
        if (place->channel ? past->look[i].in.channel == place->channel
                           : chat_place_equal(&past->look[i].in, place))
            return &past->look[i];
    struct exchange_look look = {.in = chat_place_copy(r->turn, place)};
    if (!chat_find_own(r->turn, r->outbox.api, r->outbox.feature_level, place, r->outbox.bot,
                       entry->about, &look.own, fault)) {
        if (fault->kind != FAULT_REFUSED)
            return NULL;
        *fault = (struct fault){0}; /* where it may not read, it cannot have answered */
    }
    if (!drop_claimed(r, &look.own, fault))
        return NULL;
    struct exchange_look *kept = arena_add(r->turn, &past->look, &past->count, sizeof *kept);
    *kept = look;
    return kept;
}

bool exchange_find_answer(struct replier *r, struct exchange_past *past, struct outbox_entry *entry,
                          bool *found, struct fault *fault)
{
    bool is_bot;
    *found = false;
    /* What is never answered has no answer. */
    if (!answer_is_awaited(entry->request, strlen(entry->request)))
        return true;
    if (!ask_is_bot(r, entry->asker, &is_bot, fault))
        return false;
    if (is_bot)
        return true;
    struct exchange_look *look = look_into(r, past, entry, fault);
    if (!look)
        return false;
    for (size_t i = 0; i < look->own.count && !*found; i++) {
        struct chat_message *m = &look->own.message[i];
        if (m->id > entry->about && chat_place_equal(&m->place, &entry->place)) {
            *found = true;
            entry->message = m->id;
            m->id = 0; /* answers nothing else */
        }
    }
    if (!*found)
        return true;
    log_line(LOG_LEVEL_INFO, "message %" PRId64 " was answered before, by message %" PRId64,
             entry->about, entry->message);
    return outbox_record(r->outbox.db, entry, OUTBOX_POSTED, fault);
}

/* The answer cannot be given, because of the fault. */
static bool leave_for(struct replier *r, struct outbox_entry *entry, struct fault *fault)
{
    log_once(&r->voice, LOG_LEVEL_WARNING, fault);
    *fault = (struct fault){0};
    return leave(r, entry, fault);
}

/* Writes the answer to a question, or leaves it. What was written before is sent as it is. */
static bool prepare(struct arena *arena, struct replier *r, struct outbox_entry *entry,
                    struct exchange_progress *progress, struct fault *fault)
{
    bool is_bot, gone = false, written = entry->content;
    if (exchange_is_late(r, entry->about, entry->asked_at) ||
        !answer_is_awaited(entry->request, strlen(entry->request)))
        return leave(r, entry, fault);
    if (progress->recalled) {
        struct exchange_past past = {0};
        bool found;
        if (!exchange_find_answer(r, &past, entry, &found, fault))
            return false;
        if (found)
            return true;
        progress->recalled = false;
    }
    if (!ask_is_bot(r, entry->asker, &is_bot, fault))
        return false;
    if (is_bot)
        return leave(r, entry, fault);
    uint64_t where = hash_place(&entry->place);
    enum rates_verdict verdict =
        written ? RATES_ANSWER : rates_ask(&r->rates, stop_clock(), entry->asker, where);
    if (verdict != RATES_ANSWER)
        return limit(r, entry, verdict == RATES_FIRST, fault);
    if ((written || !is_fresh(r, entry)) && !find_question(arena, r, entry, &gone, fault))
        return false;
    if (!gone && !written && !compose(arena, r, entry, fault))
        return false;
    /* That it is gone has cost as much as an answer. */
    if (!written)
        rates_count(&r->rates, stop_clock(), entry->asker, where);
    if (gone)
        log_line(LOG_LEVEL_INFO,
                 "message %" PRId64 " is left: it was deleted, or is in a private channel that the "
                 "bot is not subscribed to",
                 entry->about);
    /* What was asked meanwhile may have taken long. */
    return (!gone && !exchange_is_late(r, entry->about, entry->asked_at)) || leave(r, entry, fault);
}

/* An answer that may have been sent could not be looked for. Without a look it must not be posted
 * again, and nobody waits without an end. */
static bool give_up(struct replier *r, struct outbox_entry *entry, struct fault *fault)
{
    if (fault->kind != FAULT_REFUSED &&
        ((fault->kind != FAULT_SETUP && fault->kind != FAULT_INPUT) ||
         !exchange_is_late(r, entry->about, entry->asked_at)))
        return false;
    return leave_for(r, entry, fault);
}

static bool step(struct arena *arena, struct replier *r, struct outbox_entry *entry,
                 struct exchange_progress *progress, double *wait_s, struct fault *fault)
{
    bool gone;
    if (entry->state == OUTBOX_NEW && !prepare(arena, r, entry, progress, fault))
        return false;
    if (entry->state == OUTBOX_SENT && !entry->message &&
        !find_question(arena, r, entry, &gone, fault))
        return give_up(r, entry, fault);
    if (entry->state >= OUTBOX_POSTED)
        return true;
    switch (outbox_step(r->turn, &r->outbox, entry, wait_s, fault)) {
    case OUTBOX_POSTED_NOW:
    case OUTBOX_FOUND:
        log_calm(&r->voice, "posting answers works again");
        return true;
    case OUTBOX_GOES_ON:
        return true;
    case OUTBOX_DOUBT:
        /* Doubt that repeats is a failure, and so is a limit. */
        if (fault->kind == FAULT_STOPPED || fault->retry_after_s > 0 || progress->doubts++ > 0)
            return false;
        log_line(LOG_LEVEL_INFO, "the answer to message %" PRId64 " is in doubt: %s", entry->about,
                 fault->msg);
        *fault = (struct fault){0};
        return true;
    case OUTBOX_REFUSED:
        return fault->kind == FAULT_REFUSED && give_up(r, entry, fault);
    case OUTBOX_FAILED:
        break;
    }
    return entry->state == OUTBOX_SENT && give_up(r, entry, fault);
}

/* Counts on record that the answer is begun. An answer that may have been sent is looked for as
 * long as anybody waits for it, even if the process dies of that. */
static bool begin(struct replier *r, struct outbox_entry *entry, struct exchange_progress *progress,
                  struct fault *fault)
{
    if (progress->begun)
        return true;
    if (entry->begun >= BEGUN_MAX &&
        (entry->state == OUTBOX_NEW || exchange_is_late(r, entry->about, entry->asked_at))) {
        log_line(LOG_LEVEL_WARNING,
                 "message %" PRId64 " of user %" PRId64
                 " is left: the bot ended %d times while it answered it",
                 entry->about, entry->asker, BEGUN_MAX);
        return leave(r, entry, fault);
    }
    entry->begun++;
    progress->begun = outbox_record(r->outbox.db, entry, entry->state, fault);
    entry->begun -= !progress->begun;
    return progress->begun;
}

/* The answer goes on later: the process has not died of it. */
static void end(struct replier *r, struct outbox_entry *entry, struct exchange_progress *progress)
{
    struct fault ignored = {0};
    entry->begun--;
    progress->begun = !outbox_record(r->outbox.db, entry, entry->state, &ignored);
    entry->begun += progress->begun;
}

bool exchange_step(struct arena *arena, struct replier *r, struct outbox_entry *entry,
                   struct exchange_progress *progress, double *wait_s, struct fault *fault)
{
    *wait_s = 0;
    if (!begin(r, entry, progress, fault))
        return false;
    bool done = step(arena, r, entry, progress, wait_s, fault);
    if (entry->state < OUTBOX_POSTED)
        end(r, entry, progress);
    return done;
}
