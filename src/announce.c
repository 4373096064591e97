/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Carries one issue into one channel exactly once. */
#include "announce.h"

#include "digest.h"
#include "fault.h"
#include "log.h"
#include "stop.h"
#include "store.h"
#include "zulip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A request accepted by a server that answered 502 was carried out up to 55 s later. */
#define DOUBT_S 60
/* How long another announcing process is waited for. */
#define LOCK_WAIT_S 30
/* Requests for one message before the caller is told to try again later. */
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

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
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

/* Looks among the bot's own messages above `after` (0: the newest 100) for the announcement, and
 * learns the newest id. `*found`: its newest one, with the outcome filled in. */
static bool look(struct job *job, int64_t after, bool *found, char **content)
{
    const struct announcer *a = job->announcer;
    struct zulip_messages messages = {0};
    bool done = zulip_list_messages(a->zulip, job->announcement->channel, a->bot, after, &messages,
                                    job->fault);
    *found = false;
    if (after > job->newest)
        job->newest = after;
    for (size_t i = messages.count; done && i-- > 0;) {
        const struct zulip_message *message = &messages.message[i];
        if (message->id > job->newest)
            job->newest = message->id;
        if (!*found && digest_is_announcement(message->content, job->announcement->url)) {
            *found = true;
            done = set_outcome(job, ANNOUNCE_ADOPTED, message->id, message->topic);
            if (done && content)
                done = (*content = strdup(message->content)) || fault_memory(job->fault);
        }
    }
    zulip_messages_finish(&messages);
    return done;
}

/* The record of this announcement with what the caller wants to say. */
static struct store_announcement record_of(const struct announcement *wanted)
{
    return (struct store_announcement){.issue = wanted->issue, .channel = wanted->channel};
}

/* Records the message of the outcome as the announcement. */
static bool record_posted(struct job *job, const char *topic, const char *content)
{
    const struct announcement *wanted = job->announcement;
    /* The record borrows: nothing of it is finished. */
    struct store_announcement posted = record_of(wanted);
    char *copies[] = {strdup(wanted->channel_name), strdup(topic), strdup(content)};
    posted.message_id = job->outcome->message;
    posted.channel_name = copies[0];
    posted.topic = copies[1];
    posted.content = copies[2];
    bool done = (copies[0] && copies[1] && copies[2]) || fault_memory(job->fault);
    done = done && store_put_posted(job->announcer->store, &posted, job->fault);
    store_announcement_finish(&posted);
    return done;
}

/* Looks for a message that a request may have left, and once more when it must have arrived:
 * `sent_at` is when that request was sent. */
static bool look_twice(struct job *job, int64_t after, double sent_at, bool *found)
{
    const struct announcer *a = job->announcer;
    double doubt_s = a->doubt_s > 0 ? a->doubt_s : DOUBT_S;
    char *content = NULL;
    bool done = look(job, after, found, &content);
    if (done && !*found) {
        double left = sent_at + doubt_s - now();
        if (left > doubt_s) /* the clock was set back */
            left = doubt_s;
        if (left > 0) {
            log_line(LOG_LEVEL_INFO,
                     "the request for issue %s in channel %" PRId64
                     " is in doubt: looking again in %.0f s",
                     job->announcement->issue, job->announcement->channel, left);
            if (!stop_wait(a->stop, left))
                done = fault_set(job->fault, FAULT_STOPPED,
                                 "interrupted while the announcement was in doubt: the next try "
                                 "settles it");
        }
        done = done && look(job, after, found, &content);
    }
    done = done && (!*found || record_posted(job, job->outcome->topic, content));
    free(content);
    return done;
}

/* Records the intent to post; `sent_at` 0: no request for it is under way. */
static bool record_intent(struct job *job, double sent_at)
{
    const struct announcement *wanted = job->announcement;
    struct store_announcement intent = record_of(wanted);
    intent.sent_at = sent_at;
    intent.look_id = job->newest;
    intent.channel_name = strdup(wanted->channel_name);
    intent.topic = strdup(wanted->topic);
    intent.content = strdup(wanted->content);
    bool done = (intent.channel_name && intent.topic && intent.content) || fault_memory(job->fault);
    done = done && store_put_intent(job->announcer->store, &intent, job->fault);
    store_announcement_finish(&intent);
    return done;
}

/* One request. `*again`: it is settled that it was not carried out, and another may be sent. */
static bool try_once(struct job *job, bool *again)
{
    const struct announcer *a = job->announcer;
    const struct announcement *wanted = job->announcement;
    int64_t message;
    bool doubt, found;
    *again = false;
    double sent_at = now();
    if (!record_intent(job, sent_at))
        return false;
    if (zulip_post(a->zulip, wanted->channel, wanted->topic, wanted->content, &message, &doubt,
                   job->fault))
        return set_outcome(job, ANNOUNCE_POSTED, message, wanted->topic) &&
               record_posted(job, wanted->topic, wanted->content);
    if (job->fault->kind == FAULT_STOPPED)
        return false;
    struct fault first = *job->fault;
    if (!doubt) {
        job->outcome->refused = first.kind != FAULT_RETRY;
        if (job->outcome->refused || !record_intent(job, 0))
            return false;
        *again = first.retry_after_s > 0 && first.retry_after_s <= RATE_WAIT_MAX_S;
        if (*again) {
            log_line(LOG_LEVEL_WARNING, "%s", first.msg);
            *again = stop_wait(a->stop, first.retry_after_s);
        }
        return false;
    }
    log_line(LOG_LEVEL_WARNING, "%s; looking whether it was carried out", first.msg);
    if (!look_twice(job, job->newest, sent_at, &found))
        return false;
    job->outcome->result = ANNOUNCE_POSTED;
    *job->fault = (struct fault){0};
    if (!found)
        *job->fault = first;
    *again = !found;
    return found;
}

/* Posts a message that is not there. */
static bool post(struct job *job)
{
    bool again = true, done = false;
    for (int i = 0; again && i < TRIES_MAX; i++) {
        *job->fault = (struct fault){0};
        done = try_once(job, &again);
    }
    return done;
}

/* Settles an intent, then looks, then posts; the lock is held. */
static bool announce_locked(struct job *job, struct store_announcement *record)
{
    const struct announcement *wanted = job->announcement;
    char *content = NULL;
    bool found = false, done;
    if (!store_get_announcement(job->announcer->store, record, job->fault))
        return false;
    if (record->found && record->intent) {
        if (!look_twice(job, record->look_id, record->sent_at, &found))
            return false;
        if (found && !wanted->force)
            return true;
    } else if (record->found && !wanted->force) {
        return set_outcome(job, ANNOUNCE_KNOWN, record->message_id, record->topic);
    }
    if (!(record->found && record->intent)) {
        done = look(job, 0, &found, &content);
        if (done && found && !wanted->force)
            done = record_posted(job, job->outcome->topic, content);
        free(content);
        if (!done || (found && !wanted->force))
            return done;
    }
    return post(job);
}

bool announce_post(const struct announcer *announcer, const struct announcement *announcement,
                   struct announce_outcome *outcome, struct fault *fault)
{
    struct job job = {announcer, announcement, outcome, fault, 0};
    struct store_announcement record = record_of(announcement);
    if (!store_lock_post(announcer->store, announcer->stop, LOCK_WAIT_S, fault))
        return false;
    bool done = announce_locked(&job, &record);
    store_announcement_finish(&record);
    store_unlock_post(announcer->store);
    return done;
}

/* Finds the message to edit: the recorded one, else the newest that the look recognises. */
static bool find_message(struct job *job, struct store_announcement *record)
{
    bool found = false;
    if (!store_get_announcement(job->announcer->store, record, job->fault))
        return false;
    if (record->found && record->intent &&
        !look_twice(job, record->look_id, record->sent_at, &found))
        return false;
    if (found)
        return true;
    if (record->message_id)
        return set_outcome(job, ANNOUNCE_KNOWN, record->message_id, record->topic);
    return look(job, 0, &found, NULL) &&
           (found || fault_set(job->fault, FAULT_ABSENT,
                               "there is no announcement of %s in channel %" PRId64 " to edit",
                               job->announcement->issue, job->announcement->channel));
}

bool announce_edit(const struct announcer *announcer, const struct announcement *announcement,
                   struct announce_outcome *outcome, struct fault *fault)
{
    struct job job = {announcer, announcement, outcome, fault, 0};
    struct store_announcement record = record_of(announcement);
    if (!store_lock_post(announcer->store, announcer->stop, LOCK_WAIT_S, fault))
        return false;
    bool done = find_message(&job, &record) &&
                zulip_edit(announcer->zulip, outcome->message, announcement->content, fault) &&
                record_posted(&job, outcome->topic, announcement->content);
    outcome->result = ANNOUNCE_EDITED;
    store_announcement_finish(&record);
    store_unlock_post(announcer->store);
    return done;
}

bool announce_forget(const struct announcer *announcer, const struct announcement *announcement,
                     struct fault *fault)
{
    return store_drop_intent(announcer->store, announcement->issue, announcement->channel, fault);
}

void announce_outcome_finish(struct announce_outcome *outcome)
{
    free(outcome->topic);
    *outcome = (struct announce_outcome){0};
}
