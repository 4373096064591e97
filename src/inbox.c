/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What was asked of the bot and what became of it. */
#include "inbox.h"

#include "buf.h"
#include "database.h"
#include "fault.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const states[] = {"new", "intent", "answered", "left", "limited"};

bool inbox_get_queue(struct database *db, struct inbox_queue *queue, struct fault *fault)
{
    struct query q;
    bool row = false;
    *queue = (struct inbox_queue){.last = -1};
    if (!database_query(db, &q, fault,
                        "SELECT id, last, handled, begun, ahead FROM queue WHERE site = ?", "i",
                        database_site(db)) ||
        !query_next(&q, &row, fault))
        return false;
    if (!row)
        return true;
    const char *id = query_string(&q, 0);
    snprintf(queue->id, sizeof queue->id, "%s", id ? id : "");
    queue->last = query_integer(&q, 1);
    queue->handled = query_integer(&q, 2);
    queue->begun = query_integer(&q, 3) != 0;
    queue->ahead = query_real(&q, 4);
    query_finish(&q);
    return true;
}

bool inbox_put_queue(struct database *db, const struct inbox_queue *queue, struct fault *fault)
{
    return database_run(db, fault,
                        "INSERT INTO queue (site, id, last, handled, begun, ahead)"
                        " VALUES (?, ?, ?, ?, ?, ?)"
                        " ON CONFLICT DO UPDATE SET id = excluded.id, last = excluded.last,"
                        " handled = excluded.handled, begun = excluded.begun,"
                        " ahead = excluded.ahead",
                        "isiiir", database_site(db), *queue->id ? queue->id : NULL, queue->last,
                        queue->handled, (int64_t)queue->begun, queue->ahead);
}

void inbox_entry_finish(struct inbox_entry *entry)
{
    free(entry->request);
    free(entry->text);
    *entry = (struct inbox_entry){0};
}

void inbox_entries_finish(struct inbox_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        inbox_entry_finish(&entries->entry[i]);
    free(entries->entry);
    *entries = (struct inbox_entries){0};
}

bool inbox_has(struct database *db, int64_t message, bool *has, struct fault *fault)
{
    int64_t count = 0;
    bool done = database_get_integer(db, &count, fault,
                                     "SELECT count(*) FROM answer WHERE site = ? AND message = ?",
                                     "ii", database_site(db), message);
    *has = count > 0;
    return done;
}

bool inbox_is_answer(struct database *db, int64_t posted, bool *is, struct fault *fault)
{
    int64_t count = 0;
    bool done = database_get_integer(db, &count, fault,
                                     "SELECT count(*) FROM answer WHERE site = ? AND posted = ?",
                                     "ii", database_site(db), posted);
    *is = count > 0;
    return done;
}

bool inbox_claims(struct database *db, const struct chat_message *own, bool *claims,
                  struct fault *fault)
{
    struct query q;
    bool row = true;
    int64_t count = 0;
    /* Texts before ids: a message that is recorded in between is found by one of them. */
    bool done = database_query(db, &q, fault,
                               "SELECT content FROM intent WHERE site = ?1"
                               " UNION ALL SELECT text FROM answer"
                               " WHERE site = ?1 AND state = 'intent' AND text IS NOT NULL"
                               " UNION ALL SELECT text FROM told WHERE site = ?1",
                               "i", database_site(db));
    *claims = false;
    while (done && (done = query_next(&q, &row, fault)) && row && !*claims)
        *claims = chat_same_text(query_string(&q, 0), own->content);
    if (done && row)
        query_finish(&q);
    if (!done || *claims)
        return done;
    done =
        database_get_integer(db, &count, fault,
                             "SELECT (SELECT count(*) FROM answer WHERE site = ?1 AND posted = ?2)"
                             " + (SELECT count(*) FROM announcement"
                             " WHERE site = ?1 AND message_id = ?2)",
                             "ii", database_site(db), own->id);
    *claims = count > 0;
    return done;
}

bool inbox_put(struct database *db, const struct inbox_entry *entry, double at, struct fault *fault)
{
    struct buf people = BUF_INIT(TEXT_MAX);
    /* Of what is settled nobody needs to know what was said. */
    bool settled = entry->state >= INBOX_ANSWERED;
    buf_adds(&people, "");
    for (size_t i = 0; !settled && i < entry->place.people_count; i++)
        buf_addf(&people, "%s%" PRId64, i ? "," : "", entry->place.people[i]);
    bool done =
        people.failed
            ? fault_memory(fault)
            : database_run(
                  db, fault,
                  "INSERT INTO answer (site, message, sender, channel, topic, people, request,"
                  " sent_at, state, text, posted, at)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                  " ON CONFLICT DO UPDATE SET channel = excluded.channel, topic = excluded.topic,"
                  " people = excluded.people, request = excluded.request, state = excluded.state,"
                  " text = excluded.text, posted = excluded.posted, at = excluded.at",
                  "iiiisssrssir", database_site(db), entry->message, entry->sender,
                  settled ? (int64_t)0 : entry->place.channel, settled ? "" : entry->place.topic,
                  buf_str(&people), settled ? "" : entry->request, entry->sent_at,
                  states[entry->state], settled ? NULL : entry->text, entry->posted, at);
    buf_finish(&people);
    return done;
}

/* Reads "1,2,3". */
static bool read_people(const char *s, struct chat_place *place)
{
    while (s && *s) {
        char *end;
        int64_t *person = array_add(&place->people, &place->people_count, sizeof *person);
        if (!person)
            return false;
        *person = strtoll(s, &end, 10);
        s = *end ? end + 1 : end;
    }
    return true;
}

static bool read_entry(const struct query *q, struct inbox_entry *entry)
{
    entry->message = query_integer(q, 0);
    entry->sender = query_integer(q, 1);
    entry->place.channel = query_integer(q, 2);
    entry->place.topic = query_copy(q, 3);
    entry->request = query_copy(q, 5);
    entry->sent_at = query_real(q, 6);
    entry->state = strcmp(query_string(q, 7), states[INBOX_INTENT]) == 0 ? INBOX_INTENT : INBOX_NEW;
    entry->text = query_copy(q, 8);
    return read_people(query_string(q, 4), &entry->place) && entry->place.topic && entry->request &&
           (entry->text || query_is_null(q, 8));
}

bool inbox_list_waiting(struct database *db, struct inbox_entries *entries, struct fault *fault)
{
    struct query q;
    bool row = true;
    bool done = database_query(db, &q, fault,
                               "SELECT message, sender, channel, topic, people, request, sent_at,"
                               " state, text FROM answer"
                               " WHERE site = ? AND state IN ('new', 'intent') ORDER BY message",
                               "i", database_site(db));
    while (done && (done = query_next(&q, &row, fault)) && row) {
        struct inbox_entry *entry = array_add(&entries->entry, &entries->count, sizeof *entry);
        if (!entry || !read_entry(&q, entry)) {
            query_finish(&q);
            done = fault_memory(fault);
        }
    }
    return done;
}

bool inbox_summarize(struct database *db, double now, struct inbox_summary *summary,
                     struct fault *fault)
{
    struct query q;
    bool row = false;
    *summary = (struct inbox_summary){0};
    if (!database_query(db, &q, fault,
                        "SELECT count(*) FILTER (WHERE state = 'answered' AND at >= ?2),"
                        " count(*) FILTER (WHERE state IN ('new', 'intent')),"
                        " max(at) FILTER (WHERE state = 'answered') FROM answer WHERE site = ?1",
                        "ir", database_site(db), now - INBOX_KEEP_S) ||
        !query_next(&q, &row, fault) || !row)
        return fault->kind == FAULT_NONE;
    summary->answered = query_integer(&q, 0);
    summary->waiting = query_integer(&q, 1);
    summary->last_at = query_real(&q, 2);
    query_finish(&q);
    return true;
}

bool inbox_prune(struct database *db, double now, struct fault *fault)
{
    return database_run(db, fault,
                        "DELETE FROM answer WHERE site = ? AND at < ?"
                        " AND state NOT IN ('new', 'intent')",
                        "ir", database_site(db), now - INBOX_KEEP_S);
}
