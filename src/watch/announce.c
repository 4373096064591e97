/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Brings one issue into one channel exactly once. */
#include "watch/announce.h"

#include "base/fault.h"
#include "base/file.h"
#include "base/stop.h"
#include "io/database.h"
#include "news/month.h"
#include "zulip/chat.h"
#include "zulip/org.h"

#include <inttypes.h>

/* How long another announcing process is waited for. */
#define LOCK_WAIT_S 30
/* Requests for one message before the caller is told to try again later; what has failed before is
 * sent once. */
#define TRIES_MAX 3
/* Longest rate limit that is waited for here. */
#define RATE_WAIT_MAX_S 120

/* Waits before the next look. The wait begins now, because the clock may have been set since the
 * request was sent. */
static bool wait_in_doubt(const struct announcer *a, const struct outbox_entry *entry,
                          double wait_s, struct fault *fault)
{
    char id[MONTH_ID_SIZE];
    month_id((int)entry->about, id);
    log_line(LOG_LEVEL_INFO,
             "the request for issue %s in channel %" PRId64 " is in doubt: looking again in %g s",
             id, entry->place.channel, wait_s);
    return stop_wait(a->stop, wait_s) ||
           fault_set(fault, FAULT_STOPPED,
                     "interrupted while the announcement was in doubt: the next try settles it");
}

/* Steps the entry while it may have been sent, and as long as it has tries left. */
static enum announce_result carry(struct arena *arena, const struct announcer *a,
                                  struct outbox_entry *entry, int tries, struct fault *fault)
{
    struct fault why = {0}, undropped = {0};
    bool sent = false;
    while (entry->state == OUTBOX_SENT || (entry->state == OUTBOX_NEW && tries > 0)) {
        double wait_s;
        switch (outbox_step(arena, &a->outbox, entry, &wait_s, fault)) {
        case OUTBOX_POSTED_NOW:
            return ANNOUNCE_POSTED;
        case OUTBOX_FOUND:
            return sent ? ANNOUNCE_POSTED : ANNOUNCE_ADOPTED;
        case OUTBOX_GOES_ON:
            break;
        case OUTBOX_DOUBT:
            tries--;
            /* What is not waited for here stays in doubt on record. */
            if (fault->kind == FAULT_STOPPED ||
                fault->retry_after_s > (tries > 0 ? RATE_WAIT_MAX_S : 0))
                return ANNOUNCE_FAILED;
            log_line(LOG_LEVEL_WARNING, "%s; looking whether it was carried out", fault->msg);
            why = *fault;
            *fault = (struct fault){0};
            sent = true;
            break;
        case OUTBOX_REFUSED:
            if (a->once && !outbox_drop(a->outbox.db, entry, &undropped))
                *fault = undropped;
            return ANNOUNCE_FAILED;
        case OUTBOX_FAILED:
            if (entry->message)
                fault_prefix(fault,
                             "message %" PRId64
                             " is posted but not on record (the next try finds it)",
                             entry->message);
            return ANNOUNCE_FAILED;
        }
        if (wait_s > 0 && !wait_in_doubt(a, entry, wait_s, fault))
            return ANNOUNCE_FAILED;
    }
    *fault = why;
    return ANNOUNCE_IN_VAIN;
}

/* Reads the record, and settles what may have been sent: `waiting` is new then, or posted. */
static bool read_record(struct arena *arena, const struct announcer *a,
                        const struct outbox_entry *entry, struct outbox_entry *posted,
                        struct outbox_entry *waiting, struct fault *fault)
{
    return outbox_get_announced(arena, a->outbox.db, (int)entry->about, entry->place.channel,
                                posted, waiting, fault) &&
           (waiting->state != OUTBOX_SENT || carry(arena, a, waiting, 0, fault) != ANNOUNCE_FAILED);
}

/* The lock is held. */
static enum announce_result post(struct arena *arena, const struct announcer *a,
                                 struct outbox_entry *entry, struct fault *fault)
{
    struct outbox_entry posted, waiting;
    if (!read_record(arena, a, entry, &posted, &waiting, fault))
        return ANNOUNCE_FAILED;
    bool found = waiting.state == OUTBOX_POSTED;
    if ((found || posted.id) && !entry->again) {
        const struct outbox_entry *known = found ? &waiting : &posted;
        entry->message = known->message;
        entry->place = known->place;
        /* It was about to be posted once more. */
        if (!found && waiting.id && !outbox_drop(a->outbox.db, &waiting, fault))
            return ANNOUNCE_FAILED;
        return found ? ANNOUNCE_ADOPTED : ANNOUNCE_KNOWN;
    }
    entry->id = found ? 0 : waiting.id;
    entry->state = OUTBOX_NEW;
    entry->message = 0;
    entry->looked = waiting.looked;
    entry->after = waiting.after;
    return carry(arena, a, entry, waiting.id ? 1 : TRIES_MAX, fault);
}

/* Reads the message to edit: the recorded one, else the newest that the look recognises. */
static bool read_message(struct arena *arena, const struct announcer *a, struct outbox_entry *entry,
                         int64_t recorded, struct chat_message *message, struct fault *fault)
{
    const struct chat_message *found;
    if (recorded) {
        if (chat_read_message(arena, a->outbox.api, recorded, message, fault))
            return true;
        if (fault->kind != FAULT_ABSENT)
            return false;
        *fault = (struct fault){0};
    }
    if (!outbox_look(arena, &a->outbox, entry, &found, fault))
        return false;
    if (!found) {
        char id[MONTH_ID_SIZE];
        month_id((int)entry->about, id);
        return fault_set(fault, FAULT_ABSENT,
                         "there is no announcement of %s in channel %" PRId64 " to edit", id,
                         entry->place.channel);
    }
    *message = *found;
    return true;
}

/* The lock is held. */
static enum announce_result edit(struct arena *arena, const struct announcer *a,
                                 struct outbox_entry *entry, struct fault *fault)
{
    struct outbox_entry posted, waiting;
    struct chat_message message = {0};
    if (!read_record(arena, a, entry, &posted, &waiting, fault))
        return ANNOUNCE_FAILED;
    if (waiting.state == OUTBOX_POSTED)
        posted = waiting;
    if (!read_message(arena, a, entry, posted.message, &message, fault))
        return ANNOUNCE_FAILED;
    bool same = chat_same_text(message.content, entry->content);
    if (!same && !chat_edit(a->outbox.api, message.id, entry->content, fault))
        return ANNOUNCE_FAILED;
    /* Where it is on record, what was about to be posted once more is forgotten. */
    if (posted.id && waiting.state == OUTBOX_NEW && !outbox_drop(a->outbox.db, &waiting, fault))
        return ANNOUNCE_FAILED;
    entry->id = posted.id ? posted.id : waiting.id;
    entry->state = OUTBOX_POSTED;
    entry->at = posted.at;
    entry->edit_over = posted.edit_over;
    entry->message = message.id;
    entry->place = message.place;
    if (!outbox_record(a->outbox.db, entry, OUTBOX_POSTED, fault))
        return ANNOUNCE_FAILED;
    return same ? ANNOUNCE_UNCHANGED : ANNOUNCE_EDITED;
}

/* The lock is held. */
static enum announce_result find(struct arena *arena, const struct announcer *a,
                                 struct outbox_entry *entry, struct fault *fault)
{
    struct outbox_entry posted, waiting;
    const struct chat_message *message;
    if (!outbox_get_announced(arena, a->outbox.db, (int)entry->about, entry->place.channel, &posted,
                              &waiting, fault))
        return ANNOUNCE_FAILED;
    if (posted.id || waiting.id)
        return posted.id ? ANNOUNCE_KNOWN : ANNOUNCE_ABSENT;
    if (!outbox_look(arena, &a->outbox, entry, &message, fault))
        return ANNOUNCE_FAILED;
    if (!message)
        return ANNOUNCE_ABSENT;
    entry->message = message->id;
    entry->place = message->place;
    entry->content = message->content;
    return outbox_record(a->outbox.db, entry, OUTBOX_POSTED, fault) ? ANNOUNCE_ADOPTED
                                                                    : ANNOUNCE_FAILED;
}

enum announce_result announce_carry(struct arena *arena, const struct announcer *a,
                                    enum announce_task task, const struct org_channel *channel,
                                    struct outbox_entry *entry, struct fault *fault)
{
    struct lock lock = LOCK_INIT;
    enum announce_result result = ANNOUNCE_FAILED;
    if (channel && !org_check_readable(a->outbox.api, channel, fault))
        return ANNOUNCE_FAILED;
    /* Held from look to record. */
    if (!lock_take(&lock, database_path(a->outbox.db), "post", "announcing", a->stop, LOCK_WAIT_S,
                   fault))
        return ANNOUNCE_FAILED;
    switch (task) {
    case ANNOUNCE_POST:
        result = post(arena, a, entry, fault);
        break;
    case ANNOUNCE_EDIT:
        result = edit(arena, a, entry, fault);
        break;
    case ANNOUNCE_FIND:
        result = find(arena, a, entry, fault);
        break;
    }
    lock_release(&lock);
    return result;
}
