/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Carries one issue into one channel exactly once. */
#include "announce.h"

#include "chat.h"
#include "database.h"
#include "digest.h"
#include "fault.h"
#include "lock.h"
#include "log.h"
#include "month.h"
#include "stop.h"
#include "store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long another announcing process is waited for. */
#define LOCK_WAIT_S 30
/* Requests for one message before the caller is told to try again later; what has failed before is
 * sent once. */
#define TRIES_MAX 3
/* Longest rate limit that is waited for here. */
#define RATE_WAIT_MAX_S 120

/* One announcement on its way. */
struct job {
    const struct announcer *announcer;
    const struct announcement *announcement;
    struct announce_outcome *outcome;
    struct fault *fault;
    int64_t newest; /* newest own message seen by the last look; 0: none */
};

/* Holds the lock from look to record. */
static bool lock_posts(const struct announcer *announcer, struct lock *lock, struct fault *fault)
{
    return lock_take(lock, database_path(announcer->db), "post", "announcing", announcer->stop,
                     LOCK_WAIT_S, fault);
}

static bool set_outcome(struct job *job, enum announce_result result, int64_t message,
                        const char *topic)
{
    char *copy = strdup(topic);
    free(job->outcome->topic);
    job->outcome->result = result;
    job->outcome->message = message;
    job->outcome->topic = copy;
    return copy || fault_memory(job->fault);
}

/* Records the message of the outcome as the announcement. */
static bool record_posted(struct job *job, const char *content)
{
    const struct announcement *wanted = job->announcement;
    struct store_message message = {
        .channel_name = wanted->channel_name, .topic = job->outcome->topic, .content = content};
    return store_put_posted(job->announcer->db, wanted->month, wanted->channel,
                            job->outcome->message, (double)time(NULL), &message, job->fault);
}

/* Looks among the messages of `sender` above `after` (or CHAT_NEWEST) for the announcement, and
 * learns the newest id. `*found`: its newest one, in the outcome, and with `adopt` on record. */
static bool look(struct job *job, int64_t sender, int64_t after, bool adopt, bool *found)
{
    const struct announcement *wanted = job->announcement;
    const struct chat_place place = {.channel = wanted->channel};
    struct chat_messages messages = {0};
    const struct chat_message *match = NULL;
    bool done = chat_find_own(arena_ambient(), job->announcer->api, 0, &place, sender, after,
                              &messages, job->fault);
    if (done && messages.more && after != CHAT_NEWEST)
        done = fault_set(job->fault, FAULT_INPUT,
                         "cannot look for the announcement: more than %d own messages in channel "
                         "%" PRId64,
                         CHAT_OWN_MAX, wanted->channel);
    job->newest = after > 0 ? after : 0;
    for (size_t i = 0; done && i < messages.count; i++) {
        const struct chat_message *message = &messages.message[i];
        if (message->id > job->newest)
            job->newest = message->id;
        if (digest_is_announcement(arena_ambient(), message->content, wanted->url))
            match = message;
    }
    *found = match;
    if (match)
        done = set_outcome(job, ANNOUNCE_ADOPTED, match->id, match->place.topic) &&
               (!adopt || record_posted(job, match->content));
    return done;
}

/* Looks for the message that a request in doubt may have left: at once, and when a late one must be
 * there. Where the server has said when to come again, the only look comes then. The wait begins
 * now, because the clock may have been set since the request was sent. */
static bool look_into_doubt(struct job *job, int64_t sender, int64_t after, int retry_after_s,
                            bool *found)
{
    const struct announcer *a = job->announcer;
    double wait_s = retry_after_s > 0 ? retry_after_s : a->doubt_s;
    char id[MONTH_ID_SIZE];
    if (retry_after_s <= 0 && (!look(job, sender, after, true, found) || *found))
        return job->fault->kind == FAULT_NONE;
    month_id(job->announcement->month, id);
    log_line(LOG_LEVEL_INFO,
             "the request for issue %s in channel %" PRId64 " is in doubt: looking again in %g s",
             id, job->announcement->channel, wait_s);
    if (!stop_wait(a->stop, wait_s))
        return fault_set(
            job->fault, FAULT_STOPPED,
            "interrupted while the announcement was in doubt: the next try settles it");
    return look(job, sender, after, true, found);
}

/* Posted, but the record failed: the message must not be missed in the error. */
static bool say_posted(const struct job *job)
{
    return fault_prefix(job->fault,
                        "message %" PRId64 " is posted but not on record (the next try finds it)",
                        job->outcome->message);
}

/* A request is in doubt: true when it was carried out. `*again`: it certainly left no message, and
 * may be repeated. */
static bool settle_request(struct job *job, int64_t look_id, bool last, bool *again)
{
    struct fault first = *job->fault;
    bool found;
    /* What is not waited for here stays in doubt on record. */
    if (first.kind == FAULT_STOPPED || first.retry_after_s > (last ? 0 : RATE_WAIT_MAX_S))
        return false;
    log_line(LOG_LEVEL_WARNING, "%s; looking whether it was carried out", first.msg);
    *job->fault = (struct fault){0};
    if (!look_into_doubt(job, job->announcer->bot, look_id, first.retry_after_s, &found))
        return false;
    job->outcome->result = ANNOUNCE_POSTED;
    if (found)
        return true;
    const struct announcement *wanted = job->announcement;
    if (!store_clear_doubt(job->announcer->db, wanted->month, wanted->channel, job->fault))
        return false;
    job->outcome->in_vain = *again = true;
    *job->fault = first;
    return false;
}

/* One request; `*again` as settle_request(). */
static bool try_once(struct job *job, bool last, bool *again)
{
    const struct announcer *a = job->announcer;
    const struct announcement *wanted = job->announcement;
    struct store_message message = {wanted->channel_name, wanted->topic, wanted->content,
                                    wanted->data, wanted->fresh};
    int64_t id, look_id = job->newest;
    *again = job->outcome->in_vain = false;
    if (!store_put_intent(a->db, wanted->month, wanted->channel, look_id, a->bot, &message,
                          job->fault))
        return false;
    const struct chat_place place = {.channel = wanted->channel, .topic = wanted->topic};
    char purpose[60];
    snprintf(purpose, sizeof purpose, "post to channel %" PRId64, wanted->channel);
    enum api_outcome came =
        chat_send(a->api, &place, purpose, wanted->content, look_id, &id, job->fault);
    if (came == API_DONE)
        return set_outcome(job, ANNOUNCE_POSTED, id, wanted->topic) &&
               (record_posted(job, wanted->content) || say_posted(job));
    if (came == API_DOUBT)
        return settle_request(job, look_id, last, again);
    struct fault first = *job->fault;
    *job->fault = (struct fault){0};
    if (came == API_REFUSED && wanted->drop_refused
            ? store_drop_intent(a->db, wanted->month, wanted->channel, job->fault)
            : store_clear_doubt(a->db, wanted->month, wanted->channel, job->fault))
        *job->fault = first;
    return false;
}

/* Posts a message that is not there. */
static bool post(struct job *job, int tries)
{
    bool again = true, done = false;
    for (int i = 1; again && i <= tries; i++) {
        *job->fault = (struct fault){0};
        done = try_once(job, i == tries, &again);
    }
    return done;
}

/* Settles the intent on record: it was carried out, or there is no such message. */
static bool settle(struct job *job, const struct store_record *record, bool *found)
{
    *found = false;
    return record->doubt ? look_into_doubt(job, record->sender, record->look_id, 0, found)
                         : look(job, record->sender, record->look_id, true, found);
}

/* Settles an intent, then looks, then posts; the lock is held. */
static bool announce_locked(struct job *job, struct store_record *record)
{
    const struct announcer *a = job->announcer;
    const struct announcement *wanted = job->announcement;
    bool found = false;
    if (!store_get_record(a->db, wanted->month, wanted->channel, record, job->fault))
        return false;
    if (record->intent) {
        if (!settle(job, record, &found))
            return false;
        if (!found && record->message_id && !wanted->force &&
            !store_drop_intent(a->db, wanted->month, wanted->channel, job->fault))
            return false;
    }
    if (found && !wanted->force)
        return true;
    if (record->message_id && !wanted->force)
        return set_outcome(job, ANNOUNCE_KNOWN, record->message_id, record->topic);
    if (!record->intent || record->sender != a->bot) {
        if (!look(job, a->bot, CHAT_NEWEST, !wanted->force, &found))
            return false;
        if (found && !wanted->force)
            return true;
    }
    return post(job, record->intent ? 1 : TRIES_MAX);
}

bool announce_post(const struct announcer *announcer, const struct announcement *announcement,
                   struct announce_outcome *outcome, struct fault *fault)
{
    struct job job = {announcer, announcement, outcome, fault, 0};
    struct lock lock = LOCK_INIT;
    struct store_record record = {0};
    if (!lock_posts(announcer, &lock, fault))
        return false;
    bool done = announce_locked(&job, &record);
    store_record_finish(&record);
    lock_release(&lock);
    return done;
}

/* Finds the message to edit, and reads it: the recorded one, else the newest that the look
 * recognises. */
static bool find_message(struct job *job, struct store_record *record, struct chat_message *message)
{
    const struct announcer *a = job->announcer;
    const struct announcement *wanted = job->announcement;
    char id[MONTH_ID_SIZE];
    bool found = false;
    if (!store_get_record(a->db, wanted->month, wanted->channel, record, job->fault) ||
        (record->intent && !settle(job, record, &found)))
        return false;
    int64_t known = found ? job->outcome->message : record->message_id;
    if (known && chat_read_message(arena_ambient(), a->api, known, message, job->fault))
        return set_outcome(job, ANNOUNCE_EDITED, known, message->place.topic);
    if (known && job->fault->kind != FAULT_ABSENT)
        return false;
    *job->fault = (struct fault){0};
    if (!look(job, a->bot, CHAT_NEWEST, false, &found))
        return false;
    month_id(wanted->month, id);
    if (!found)
        return fault_set(job->fault, FAULT_ABSENT,
                         "there is no announcement of %s in channel %" PRId64 " to edit", id,
                         wanted->channel);
    job->outcome->result = ANNOUNCE_EDITED;
    return chat_read_message(arena_ambient(), a->api, job->outcome->message, message, job->fault);
}

/* Edits and records; the lock is held. */
static bool edit_locked(struct job *job, struct store_record *record, struct chat_message *message)
{
    const struct announcer *a = job->announcer;
    const struct announcement *wanted = job->announcement;
    if (!find_message(job, record, message))
        return false;
    struct announce_outcome *outcome = job->outcome;
    if (chat_same_text(message->content, wanted->content))
        outcome->result = ANNOUNCE_UNCHANGED;
    else if (!chat_edit(a->api, outcome->message, wanted->content, job->fault))
        return false;
    struct store_message edited = {wanted->channel_name, outcome->topic, wanted->content,
                                   wanted->data, wanted->fresh};
    return store_put_edited(a->db, wanted->month, wanted->channel, outcome->message,
                            (double)time(NULL), &edited, job->fault);
}

bool announce_edit(const struct announcer *announcer, const struct announcement *announcement,
                   struct announce_outcome *outcome, struct fault *fault)
{
    struct job job = {announcer, announcement, outcome, fault, 0};
    struct lock lock = LOCK_INIT;
    struct store_record record = {0};
    struct chat_message message = {0};
    if (!lock_posts(announcer, &lock, fault))
        return false;
    bool done = edit_locked(&job, &record, &message);
    store_record_finish(&record);
    lock_release(&lock);
    return done;
}

bool announce_find(const struct announcer *announcer, const struct announcement *announcement,
                   bool *found, struct announce_outcome *outcome, struct fault *fault)
{
    struct job job = {announcer, announcement, outcome, fault, 0};
    struct lock lock = LOCK_INIT;
    struct store_record record = {0};
    *found = false;
    if (!lock_posts(announcer, &lock, fault))
        return false;
    bool done =
        store_get_record(announcer->db, announcement->month, announcement->channel, &record, fault);
    if (done && record.message_id) {
        *found = true;
        done = set_outcome(&job, ANNOUNCE_KNOWN, record.message_id, record.topic);
    } else if (done && !record.intent) {
        done = look(&job, announcer->bot, CHAT_NEWEST, true, found);
    }
    store_record_finish(&record);
    lock_release(&lock);
    return done;
}

void announce_outcome_finish(struct announce_outcome *outcome)
{
    free(outcome->topic);
    *outcome = (struct announce_outcome){0};
}
