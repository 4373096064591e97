/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Carries the answer to one message into the chat, once at most. */
#include "reply.h"

#include "answer.h"
#include "api.h"
#include "buf.h"
#include "config.h"
#include "events.h"
#include "fault.h"
#include "log.h"
#include "server.h"
#include "stop.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long it is remembered whether somebody is a bot, and that the server does not tell. */
#define KNOWN_S  86400
#define UNTOLD_S 300
/* Shows that the bot has seen a message that it leaves unanswered because there are too many. */
#define LIMITED_EMOJI "zzz"

bool reply_is_late(const struct replier *r, int64_t message, double sent_at)
{
    double age = events_server_time(&r->clock, stop_elapsed()) - sent_at;
    if (age > REPLY_AGE_MAX_S)
        log_line(LOG_LEVEL_DEBUG, "message %" PRId64 " is left: it is %.0f s old", message, age);
    return age > REPLY_AGE_MAX_S;
}

/* Puts the entry on record in a state. */
static bool record(struct replier *r, struct inbox_entry *entry, enum inbox_state state,
                   struct fault *fault)
{
    enum inbox_state before = entry->state;
    entry->state = state;
    if (inbox_put(r->db, entry, (double)time(NULL), fault))
        return true;
    entry->state = before;
    return false;
}

/* Whether a person, not a bot, asks. */
static bool ask_is_bot(struct replier *r, int64_t user, bool *is_bot, struct fault *fault)
{
    struct chat_user answer;
    double now = stop_clock(), keep_s = KNOWN_S;
    for (size_t i = 0; i < REPLY_KNOWN_MAX && i < r->known_count; i++)
        if (r->known[i].user == user && now < r->known[i].until) {
            *is_bot = r->known[i].is_bot;
            return true;
        }
    if (!chat_ask_user(r->api, user, &answer, fault)) {
        /* Whom the server does not tell about is not spoken to. */
        if (fault->kind != FAULT_REFUSED)
            return false;
        log_line(LOG_LEVEL_INFO, "user %" PRId64 " is not answered for %d minutes: %s", user,
                 UNTOLD_S / 60, fault->msg);
        *fault = (struct fault){0};
        answer.is_bot = true;
        keep_s = UNTOLD_S;
    }
    size_t at = r->known_count++ % REPLY_KNOWN_MAX;
    r->known[at].user = user;
    r->known[at].until = now + keep_s;
    r->known[at].is_bot = *is_bot = answer.is_bot;
    return true;
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
static bool limit(struct replier *r, struct inbox_entry *entry, bool first, struct fault *fault)
{
    struct fault ignored = {0};
    if (!record(r, entry, INBOX_LIMITED, fault))
        return false;
    if (!first)
        return true;
    log_line(LOG_LEVEL_WARNING,
             "too many requests: message %" PRId64 " of user %" PRId64
             " and those that follow are left for a minute",
             entry->message, entry->sender);
    if (!chat_react(r->api, entry->message, LIMITED_EMOJI, &ignored))
        log_line(LOG_LEVEL_DEBUG, "%s", ignored.msg);
    return true;
}

/* The place where the entry's message is now; `*gone`: it is nowhere, or cannot be read. */
static bool find_place(struct arena *arena, struct replier *r, const struct inbox_entry *entry,
                       struct chat_place *place, bool *gone, struct fault *fault)
{
    struct chat_message message = {0};
    *gone = false;
    bool read = chat_read_message(arena, r->api, entry->message, &message, fault);
    if (read) {
        *place = message.place;
    } else if (fault->kind == FAULT_ABSENT) {
        *fault = (struct fault){0};
        *gone = read = true;
    }
    return read;
}

static bool compose(struct arena *arena, struct replier *r, struct inbox_entry *entry,
                    struct fault *fault)
{
    struct answerer answerer = {
        .arena = arena, .db = r->db, .config = r->config, .now = (double)time(NULL)};
    struct server_limits limits = {CHAT_MESSAGE_LENGTH, CHAT_TOPIC_LENGTH};
    bool found;
    /* The newest limits that the state knows, whoever learned them. */
    if (!server_get_limits(r->db, &limits, fault))
        return false;
    answerer.max_length = limits.max_message_length;
    return answer_request(&answerer, entry->request, strlen(entry->request), &entry->text, &found,
                          fault);
}

/* Posts the text that is on record as an intent. */
static bool post(struct replier *r, struct inbox_entry *entry, struct reply_progress *progress,
                 double *wait_s, struct fault *fault)
{
    struct fault local = {0};
    enum api_outcome outcome = chat_send(r->api, &entry->place, "post an answer", entry->text,
                                         entry->message, &entry->posted, fault);
    if (outcome == API_DONE) {
        log_calm(&r->voice, "answers are taken again");
        return record(r, entry, INBOX_ANSWERED, fault);
    }
    if (outcome == API_DOUBT) {
        /* Doubt that repeats is a failure. */
        bool repeated = progress->looked;
        /* One look is enough when the server has said when to come again. */
        progress->looked = fault->retry_after_s > 0;
        if (fault->kind == FAULT_STOPPED || progress->looked || repeated)
            return false;
        log_line(LOG_LEVEL_INFO, "the answer to message %" PRId64 " is in doubt: %s",
                 entry->message, fault->msg);
        *fault = (struct fault){0};
        *wait_s = 0.01; /* looked for at once, but others first */
        return true;
    }
    bool refused = fault->kind == FAULT_REFUSED;
    if (!record(r, entry, refused ? INBOX_LEFT : INBOX_NEW, &local)) {
        *fault = local;
        return false;
    }
    if (!refused)
        return false;
    log_once(&r->voice, LOG_LEVEL_WARNING, fault);
    *fault = (struct fault){0};
    return true;
}

/* A channel, or people, and what the bot said there. */
struct reply_look {
    struct chat_place in;
    struct chat_messages own;
};

/* Keeps the messages that no record claims. */
static bool drop_claimed(struct replier *r, struct chat_messages *own, struct fault *fault)
{
    size_t kept = 0;
    for (size_t i = 0; i < own->count; i++) {
        bool claimed;
        if (!inbox_claims(r->db, &own->message[i], &claimed, fault))
            return false;
        if (!claimed)
            own->message[kept++] = own->message[i];
    }
    own->count = kept;
    return true;
}

/* The look into the conversation of a place, made at first use; NULL: fault. */
static struct reply_look *look_into(struct replier *r, struct reply_past *past,
                                    const struct inbox_entry *entry, struct fault *fault)
{
    const struct chat_place *place = &entry->place;
    for (size_t i = 0; i < past->count; i++)
        if (place->channel ? past->look[i].in.channel == place->channel
                           : chat_place_equal(&past->look[i].in, place))
            return &past->look[i];
    struct reply_look look = {.in = chat_place_copy(r->turn, place)};
    bool done = chat_find_own(r->turn, r->api, r->feature_level, place, r->bot, entry->message,
                              &look.own, fault);
    /* Where it may not read, it cannot have answered. */
    if (!done && fault->kind == FAULT_REFUSED) {
        *fault = (struct fault){0};
        done = true;
    }
    if (!done || !drop_claimed(r, &look.own, fault))
        return NULL;
    struct reply_look *kept = arena_add(r->turn, &past->look, &past->count, sizeof *kept);
    *kept = look;
    return kept;
}

bool reply_find_answer(struct replier *r, struct reply_past *past, struct inbox_entry *entry,
                       bool *found, struct fault *fault)
{
    bool is_bot;
    *found = false;
    /* What is never answered has no answer. */
    if (!answer_is_awaited(entry->request, strlen(entry->request)))
        return true;
    if (!ask_is_bot(r, entry->sender, &is_bot, fault))
        return false;
    if (is_bot)
        return true;
    struct reply_look *look = look_into(r, past, entry, fault);
    for (size_t i = 0; look && !*found && i < look->own.count; i++) {
        struct chat_message *m = &look->own.message[i];
        if (m->id > entry->message && chat_place_equal(&m->place, &entry->place)) {
            *found = true;
            entry->posted = m->id;
            m->id = 0; /* answers nothing else */
        }
    }
    if (!*found)
        return look;
    log_line(LOG_LEVEL_INFO, "message %" PRId64 " was answered before, by message %" PRId64,
             entry->message, entry->posted);
    return record(r, entry, INBOX_ANSWERED, fault);
}

/* A message that nothing was sent for. */
static bool step_new(struct arena *arena, struct replier *r, struct inbox_entry *entry,
                     struct reply_progress *progress, double *wait_s, struct fault *fault)
{
    bool is_bot, gone;
    struct chat_place place = {0};
    if (reply_is_late(r, entry->message, entry->sent_at) ||
        !answer_is_awaited(entry->request, strlen(entry->request)))
        return record(r, entry, INBOX_LEFT, fault);
    if (progress->recalled) {
        struct reply_past past = {0};
        bool found;
        if (!reply_find_answer(r, &past, entry, &found, fault))
            return false;
        if (found)
            return true;
        progress->recalled = false;
    }
    if (!ask_is_bot(r, entry->sender, &is_bot, fault))
        return false;
    if (is_bot)
        return record(r, entry, INBOX_LEFT, fault);
    uint64_t where = hash_place(&entry->place);
    enum rates_verdict verdict = rates_ask(&r->rates, stop_clock(), entry->sender, where);
    if (verdict != RATES_ANSWER)
        return limit(r, entry, verdict == RATES_FIRST, fault);
    if (!find_place(arena, r, entry, &place, &gone, fault) ||
        (!gone && !compose(arena, r, entry, fault)))
        return false;
    if (gone) {
        log_line(LOG_LEVEL_INFO,
                 "message %" PRId64 " is left: it was deleted, or is in a private channel that the "
                 "bot is not subscribed to",
                 entry->message);
        /* It has cost as much as an answer. */
        rates_count(&r->rates, stop_clock(), entry->sender, where);
        return record(r, entry, INBOX_LEFT, fault);
    }
    entry->place = place;
    /* What was asked meanwhile may have taken long. */
    if (reply_is_late(r, entry->message, entry->sent_at))
        return record(r, entry, INBOX_LEFT, fault);
    if (!record(r, entry, INBOX_INTENT, fault))
        return false;
    bool done = post(r, entry, progress, wait_s, fault);
    if (entry->state != INBOX_NEW)
        rates_count(&r->rates, stop_clock(), entry->sender, where);
    return done;
}

/* Looks for the answer among the bot's own messages in the channel or conversation of `in`, where
 * it was sent or where its message is `now`. */
static bool look_in(struct replier *r, struct inbox_entry *entry, const struct chat_place *in,
                    const struct chat_place *now, bool *found, struct fault *fault)
{
    struct chat_messages messages = {0};
    bool done = chat_find_own(r->turn, r->api, r->feature_level, in, r->bot, entry->message,
                              &messages, fault);
    for (size_t i = 0; done && !*found && i < messages.count; i++) {
        const struct chat_message *m = &messages.message[i];
        bool taken = true;
        if (chat_same_text(m->content, entry->text) &&
            (chat_place_equal(&m->place, &entry->place) || chat_place_equal(&m->place, now)))
            done = inbox_is_answer(r->db, m->id, &taken, fault);
        if (done && !taken) {
            *found = true;
            entry->posted = m->id;
        }
    }
    return done;
}

/* Looks for the answer where it was sent and where its message is `now`, which is nothing when
 * that is gone. */
static bool look(struct replier *r, struct inbox_entry *entry, const struct chat_place *now,
                 bool *found, struct fault *fault)
{
    *found = false;
    return look_in(r, entry, &entry->place, now, found, fault) &&
           (*found || !now->channel || now->channel == entry->place.channel ||
            look_in(r, entry, now, now, found, fault));
}

/* Posts once more, to where the message is now. */
static bool post_again(struct replier *r, struct inbox_entry *entry, struct chat_place *now,
                       struct reply_progress *progress, double *wait_s, struct fault *fault)
{
    if (!chat_place_equal(&entry->place, now)) {
        struct chat_place before = entry->place;
        entry->place = *now;
        *now = before;
        if (!record(r, entry, INBOX_INTENT, fault)) {
            *now = entry->place;
            entry->place = before;
            return false;
        }
    }
    return post(r, entry, progress, wait_s, fault);
}

/* A message whose answer may have been sent. */
static bool step_intent(struct arena *arena, struct replier *r, struct inbox_entry *entry,
                        struct reply_progress *progress, double *wait_s, struct fault *fault)
{
    struct chat_place now = {0};
    bool found = false, gone, done;
    if (entry->posted) /* its answer is known, and only was not on record yet */
        return record(r, entry, INBOX_ANSWERED, fault);
    if (!find_place(arena, r, entry, &now, &gone, fault) || !look(r, entry, &now, &found, fault)) {
        done = fault->kind == FAULT_REFUSED ||
               ((fault->kind == FAULT_SETUP || fault->kind == FAULT_INPUT) &&
                reply_is_late(r, entry->message, entry->sent_at));
        if (done) {
            /* Who cannot look must not post either, and nobody waits for ever. */
            log_once(&r->voice, LOG_LEVEL_WARNING, fault);
            *fault = (struct fault){0};
            done = record(r, entry, INBOX_LEFT, fault);
        }
    } else if (found) {
        done = record(r, entry, INBOX_ANSWERED, fault);
    } else if (reply_is_late(r, entry->message, entry->sent_at) || (gone && progress->looked)) {
        done = record(r, entry, INBOX_LEFT, fault);
    } else if (!progress->looked) {
        progress->looked = done = true;
        *wait_s = r->config->timing.doubt_s;
    } else {
        done = post_again(r, entry, &now, progress, wait_s, fault);
    }
    return done;
}

bool reply_step(struct arena *arena, struct replier *r, struct inbox_entry *entry,
                struct reply_progress *progress, double *wait_s, struct fault *fault)
{
    *wait_s = 0;
    return entry->state == INBOX_INTENT ? step_intent(arena, r, entry, progress, wait_s, fault)
                                        : step_new(arena, r, entry, progress, wait_s, fault);
}
