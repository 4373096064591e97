/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages on their way into the chat, each posted at most once, and what became of them. */
#include "state/outbox.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "io/database.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const kinds[] = {"announcement", "answer"};
static const char *const states[] = {"new", "sent", "posted", "left"};

/* A row as it is read, with the people of its place as text. */
struct row {
    struct outbox_entry entry;
    const char *people;
};

static const struct columns columns = {sizeof(struct row),
                                       {COLUMN(row, entry.id),
                                        COLUMN(row, entry.kind),
                                        COLUMN(row, entry.about),
                                        COLUMN(row, entry.state),
                                        COLUMN(row, entry.place.channel),
                                        COLUMN(row, entry.place.topic),
                                        COLUMN(row, people),
                                        COLUMN_OR_NULL(row, entry.content),
                                        COLUMN(row, entry.sender),
                                        COLUMN(row, entry.after),
                                        COLUMN(row, entry.message),
                                        COLUMN(row, entry.at),
                                        COLUMN_OR_NULL(row, entry.channel_name),
                                        COLUMN_OR_NULL(row, entry.data),
                                        COLUMN_OR_NULL(row, entry.fresh),
                                        COLUMN(row, entry.edit_over),
                                        COLUMN(row, entry.asker),
                                        COLUMN_OR_NULL(row, entry.request),
                                        COLUMN(row, entry.asked_at),
                                        COLUMN(row, entry.begun)}};

#define ROWS                                                                                       \
    "SELECT id, kind = 'answer' AS kind, about,"                                                   \
    " CASE state WHEN 'new' THEN 0 WHEN 'sent' THEN 1 WHEN 'posted' THEN 2 ELSE 3 END AS state,"   \
    " channel, topic, people, content, sender, after, message, at, channel_name, data, fresh,"     \
    " edit_over, asker, request, asked_at, begun FROM outbox "

/* "1,2,3" */
static const char *write_people(struct arena *arena, const struct chat_place *place)
{
    struct buf people = BUF_INIT(arena, TEXT_MAX);
    for (size_t i = 0; i < place->people_count; i++)
        buf_addf(&people, "%s%" PRId64, i ? "," : "", place->people[i]);
    return buf_str(&people);
}

static void read_people(struct arena *arena, const char *s, struct chat_place *place)
{
    while (*s) {
        char *end;
        int64_t *person = arena_add(arena, &place->people, &place->people_count, sizeof *person);
        *person = strtoll(s, &end, 10);
        s = *end ? end + 1 : end;
    }
}

/* Turns rows into entries. */
static void take_rows(struct arena *arena, const struct row *rows, size_t count,
                      struct outbox_entries *entries)
{
    for (size_t i = 0; i < count; i++) {
        struct outbox_entry *entry =
            arena_add(arena, &entries->entry, &entries->count, sizeof *entry);
        *entry = rows[i].entry;
        read_people(arena, rows[i].people, &entry->place);
    }
}

bool outbox_list_waiting(struct arena *arena, struct database *db, enum outbox_kind kind,
                         struct outbox_entries *entries, struct fault *fault)
{
    struct row *rows = NULL;
    size_t count = 0;
    if (!database_rows(arena, db, &columns, &rows, &count, fault,
                       ROWS "WHERE site = ? AND kind = ? AND state IN ('new', 'sent')"
                            " ORDER BY about, channel",
                       "is", database_site(db), kinds[kind]))
        return false;
    take_rows(arena, rows, count, entries);
    return true;
}

bool outbox_list_announced(struct arena *arena, struct database *db, int month,
                           struct outbox_entries *entries, struct fault *fault)
{
    struct row *rows = NULL;
    size_t count = 0;
    if (!database_rows(arena, db, &columns, &rows, &count, fault,
                       ROWS "WHERE site = ?1 AND kind = 'announcement' AND state = 'posted'"
                            " AND about = coalesce(nullif(?2, 0), (SELECT max(about) FROM outbox"
                            " WHERE site = ?1 AND kind = 'announcement' AND state = 'posted'))"
                            " ORDER BY channel",
                       "ii", database_site(db), (int64_t)month))
        return false;
    take_rows(arena, rows, count, entries);
    return true;
}

bool outbox_get_announced(struct arena *arena, struct database *db, int month, int64_t channel,
                          struct outbox_entry *posted, struct outbox_entry *waiting,
                          struct fault *fault)
{
    struct row *rows = NULL;
    size_t count = 0;
    *posted = *waiting = (struct outbox_entry){0};
    if (!database_rows(arena, db, &columns, &rows, &count, fault,
                       ROWS "WHERE site = ? AND kind = 'announcement' AND about = ?"
                            " AND channel = ? AND state <> 'left'",
                       "iii", database_site(db), (int64_t)month, channel))
        return false;
    for (size_t i = 0; i < count; i++)
        *(rows[i].entry.state == OUTBOX_POSTED ? posted : waiting) = rows[i].entry;
    return true;
}

bool outbox_has_question(struct database *db, int64_t message, bool *has, struct fault *fault)
{
    int64_t count = 0;
    bool done = database_get_integer(
        db, &count, fault,
        "SELECT count(*) FROM outbox WHERE site = ? AND kind = 'answer' AND about = ?", "ii",
        database_site(db), message);
    *has = count > 0;
    return done;
}

/* Whether a message is on record for another entry. */
static bool is_taken(struct database *db, int64_t id, int64_t message, bool *taken,
                     struct fault *fault)
{
    int64_t count = 0;
    bool done = database_get_integer(
        db, &count, fault, "SELECT count(*) FROM outbox WHERE site = ? AND message = ? AND id <> ?",
        "iii", database_site(db), message, id);
    *taken = count > 0;
    return done;
}

struct text {
    const char *content;
};

/* Whether a message has a text that may have been sent, or was written to owners. */
static bool has_known_text(struct arena *arena, struct database *db, const char *content, bool *has,
                           struct fault *fault)
{
    static const struct columns text_columns = {sizeof(struct text), {COLUMN(text, content)}};
    struct text *texts = NULL;
    size_t count = 0;
    if (!database_rows(arena, db, &text_columns, &texts, &count, fault,
                       "SELECT content FROM outbox WHERE site = ?1 AND state = 'sent'"
                       " UNION ALL SELECT text FROM told WHERE site = ?1",
                       "i", database_site(db)))
        return false;
    *has = false;
    for (size_t i = 0; i < count; i++)
        *has = *has || chat_same_text(texts[i].content, content);
    return true;
}

bool outbox_claims(struct database *db, const struct chat_message *own, bool *claims,
                   struct fault *fault)
{
    struct arena *arena = arena_new();
    /* Texts before ids: a message recorded in between is found by one of the two. */
    bool done = has_known_text(arena, db, own->content, claims, fault);
    arena_free(arena);
    return done && (*claims || is_taken(db, 0, own->id, claims, fault));
}

bool outbox_record(struct database *db, struct outbox_entry *entry, enum outbox_state state,
                   struct fault *fault)
{
    bool waits = state <= OUTBOX_SENT, kept = waits || entry->kind == OUTBOX_ANNOUNCEMENT;
    struct arena *arena = arena_new();
    double at = state == entry->state && entry->at > 0 ? entry->at : (double)time(NULL);
    /* The unique indexes let a posted announcement replace the one before. */
    int64_t id = 0;
    bool done = database_get_integer(
        db, &id, fault,
        "INSERT OR REPLACE INTO outbox (id, site, kind, about, state, channel, topic, people,"
        " content, sender, after, message, at, channel_name, data, fresh, edit_over, asker,"
        " request, asked_at, begun) VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
        " ?, ?, ?, ?, ?, ?) RETURNING id",
        "iisisisssiiirsssiisri", entry->id, database_site(db), kinds[entry->kind], entry->about,
        states[state], kept ? entry->place.channel : (int64_t)0, kept ? entry->place.topic : "",
        kept ? write_people(arena, &entry->place) : "", kept ? entry->content : NULL, entry->sender,
        entry->after, entry->message, at, entry->channel_name, entry->data, entry->fresh,
        (int64_t)entry->edit_over, entry->asker, kept ? entry->request : NULL, entry->asked_at,
        entry->begun);
    arena_free(arena);
    if (!done)
        return false;
    entry->id = id;
    entry->state = state;
    entry->at = at;
    return true;
}

bool outbox_drop(struct database *db, const struct outbox_entry *entry, struct fault *fault)
{
    return database_run(db, fault, "DELETE FROM outbox WHERE id = ? AND state = 'new'", "i",
                        entry->id);
}

bool outbox_keep(struct database *db, int64_t id, const char *data, bool edit_over,
                 struct fault *fault)
{
    return database_run(db, fault, "UPDATE outbox SET data = ?, edit_over = ? WHERE id = ?", "sii",
                        data, (int64_t)edit_over, id);
}

bool outbox_summarize(struct database *db, double now, struct outbox_summary *summary,
                      struct fault *fault)
{
    static const struct columns facts = {sizeof *summary,
                                         {COLUMN(outbox_summary, answered),
                                          COLUMN(outbox_summary, waiting),
                                          COLUMN(outbox_summary, last_at)}};
    struct arena *arena = arena_new();
    *summary = (struct outbox_summary){0};
    bool done =
        database_row(arena, db, &facts, summary, NULL, fault,
                     "SELECT count(*) FILTER (WHERE state = 'posted' AND at >= ?2) AS answered,"
                     " count(*) FILTER (WHERE state IN ('new', 'sent')) AS waiting,"
                     " max(at) FILTER (WHERE state = 'posted') AS last_at"
                     " FROM outbox WHERE site = ?1 AND kind = 'answer'",
                     "ir", database_site(db), now - OUTBOX_KEEP_S);
    arena_free(arena);
    return done;
}

bool outbox_prune(struct database *db, double now, struct fault *fault)
{
    return database_run(db, fault,
                        "DELETE FROM outbox WHERE site = ? AND kind = 'answer' AND at < ?"
                        " AND state NOT IN ('new', 'sent')",
                        "ir", database_site(db), now - OUTBOX_KEEP_S);
}

static bool is_sought(const struct outbox_entry *entry, const struct chat_message *m)
{
    if (entry->kind == OUTBOX_ANNOUNCEMENT)
        return chat_same_title(m->content, entry->content);
    return chat_same_text(m->content, entry->content) &&
           (chat_place_equal(&m->place, &entry->place) ||
            chat_place_equal(&m->place, &entry->next));
}

/* Looks for the entry's message in the channel or conversation of `in`, after `after`; `*newest`
 * rises to the newest message there. */
static bool look_in(struct arena *arena, const struct outbox *o, const struct outbox_entry *entry,
                    const struct chat_place *in, int64_t sender, int64_t after, int64_t *newest,
                    const struct chat_message **found, struct fault *fault)
{
    struct chat_messages own = {0};
    if (!chat_find_own(arena, o->api, o->feature_level, in, sender, after, &own, fault))
        return false;
    /* Only an announcement must be certain: after so many messages nobody waits for an answer. */
    if (own.more && after != CHAT_NEWEST && entry->kind == OUTBOX_ANNOUNCEMENT)
        return fault_set(fault, FAULT_INPUT,
                         "cannot look for the announcement: more than %d own messages in channel "
                         "%" PRId64,
                         CHAT_OWN_MAX, in->channel);
    for (size_t i = 0; i < own.count; i++) {
        const struct chat_message *m = &own.message[i];
        bool taken;
        *newest = m->id > *newest ? m->id : *newest;
        if (!is_sought(entry, m))
            continue;
        if (!is_taken(o->db, entry->id, m->id, &taken, fault))
            return false;
        if (taken)
            continue;
        *found = m;
        /* Later messages with the same text answer later questions. */
        if (entry->kind == OUTBOX_ANSWER)
            return true;
    }
    return true;
}

bool outbox_look(struct arena *arena, const struct outbox *o, struct outbox_entry *entry,
                 const struct chat_message **found, struct fault *fault)
{
    *found = NULL;
    entry->after = 0;
    return look_in(arena, o, entry, &entry->place, o->bot, CHAT_NEWEST, &entry->after, found,
                   fault);
}

/* Records the message that was found. Until it is on record, the entry keeps only its id, because
 * what was found does not outlive this step. */
static enum outbox_result adopt(const struct outbox *o, struct outbox_entry *entry,
                                const struct chat_message *found, struct fault *fault)
{
    struct outbox_entry posted = *entry;
    posted.message = entry->message = found->id;
    posted.place = found->place;
    posted.content = found->content;
    if (!outbox_record(o->db, &posted, OUTBOX_POSTED, fault))
        return OUTBOX_FAILED;
    *entry = posted;
    return OUTBOX_FOUND;
}

/* Sends the entry. Once it is on record as sent, it may have been. */
static enum outbox_result send(const struct outbox *o, struct outbox_entry *entry, double *wait_s,
                               struct fault *fault)
{
    char purpose[60] = "post an answer";
    struct fault unrecorded = {0};
    if (entry->kind == OUTBOX_ANNOUNCEMENT)
        snprintf(purpose, sizeof purpose, "post to channel %" PRId64, entry->place.channel);
    entry->sender = o->bot;
    entry->looked = false;
    if (!outbox_record(o->db, entry, OUTBOX_SENT, fault))
        return OUTBOX_FAILED;
    enum api_outcome came = chat_send(o->api, &entry->place, purpose, entry->content, entry->after,
                                      &entry->message, fault);
    if (came == API_DONE)
        return outbox_record(o->db, entry, OUTBOX_POSTED, fault) ? OUTBOX_POSTED_NOW
                                                                 : OUTBOX_FAILED;
    if (came == API_DOUBT) {
        /* A request over the rate limit is not carried out, so one look is enough. */
        entry->looked = fault->retry_after_s > 0;
        *wait_s = fault->retry_after_s;
        return OUTBOX_DOUBT;
    }
    if (outbox_record(o->db, entry, OUTBOX_NEW, &unrecorded))
        return came == API_REFUSED ? OUTBOX_REFUSED : OUTBOX_FAILED;
    *fault = unrecorded;
    return OUTBOX_FAILED;
}

static enum outbox_result step_new(struct arena *arena, const struct outbox *o,
                                   struct outbox_entry *entry, double *wait_s, struct fault *fault)
{
    const struct chat_message *found = NULL;
    if (entry->next.channel || entry->next.people_count)
        entry->place = entry->next;
    /* It may be there already: posted by hand, or before a state was lost. */
    if (entry->kind == OUTBOX_ANNOUNCEMENT && !entry->looked) {
        if (!outbox_look(arena, o, entry, &found, fault))
            return OUTBOX_FAILED;
        if (found && !entry->again) {
            entry->data = entry->fresh = NULL; /* what it was made from is unknown */
            return adopt(o, entry, found, fault);
        }
    }
    return send(o, entry, wait_s, fault);
}

static enum outbox_result step_sent(struct arena *arena, const struct outbox *o,
                                    struct outbox_entry *entry, double *wait_s, struct fault *fault)
{
    const struct chat_message *found = NULL;
    int64_t newest = entry->after;
    if (entry->message) /* it is known, but not on record yet */
        return outbox_record(o->db, entry, OUTBOX_POSTED, fault) ? OUTBOX_POSTED_NOW
                                                                 : OUTBOX_FAILED;
    if (!look_in(arena, o, entry, &entry->place, entry->sender, entry->after, &newest, &found,
                 fault))
        return OUTBOX_FAILED;
    if (!found && entry->next.channel && entry->next.channel != entry->place.channel &&
        !look_in(arena, o, entry, &entry->next, entry->sender, entry->after, &newest, &found,
                 fault))
        return OUTBOX_FAILED;
    if (found)
        return adopt(o, entry, found, fault);
    if (!entry->looked) {
        entry->looked = true;
        *wait_s = o->doubt_s;
        return OUTBOX_GOES_ON;
    }
    /* The request was not carried out. */
    entry->after = newest;
    entry->looked = entry->sender == o->bot;
    return outbox_record(o->db, entry, OUTBOX_NEW, fault) ? OUTBOX_GOES_ON : OUTBOX_FAILED;
}

enum outbox_result outbox_step(struct arena *arena, const struct outbox *outbox,
                               struct outbox_entry *entry, double *wait_s, struct fault *fault)
{
    *wait_s = 0;
    return entry->state == OUTBOX_NEW ? step_new(arena, outbox, entry, wait_s, fault)
                                      : step_sent(arena, outbox, entry, wait_s, fault);
}
