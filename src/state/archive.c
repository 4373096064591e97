/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All issues that were read, taken apart. */
#include "state/archive.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/url.h"
#include "io/database.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/post.h"
#include "state/facts.h"
#include "state/projects.h"
#include "state/search.h"

#include <ctype.h>
#include <string.h>

/* Version of what is taken apart; issues with an older one are taken apart again. */
#define ARCHIVE_INDEX 5

/* An issue that is taken apart. */
struct parts {
    struct arena *arena;
    struct database *db;
    const struct issue *issue;
    struct fault *fault;
    int64_t id; /* the last one given */
    int64_t links, changes;
    size_t section;     /* the one that is taken apart */
    int64_t appearance; /* of the project that is; 0: none */
};

/* The id of the appearance, for SQL: NULL when there is none. */
static const char *appearance_of(const struct parts *parts)
{
    return parts->appearance ? arena_format(parts->arena, "%lld", (long long)parts->appearance)
                             : NULL;
}

/* Stores something to search for, in the words of `text`. */
static bool put_place(struct parts *parts, enum search_kind kind, int role, int64_t entry,
                      const char *text)
{
    return database_run(
        parts->db, parts->fault,
        "INSERT INTO place (id, issue, kind, role, section, appearance, entry, text)"
        " VALUES (?, ?, ?, ?, ?, CAST(? AS INTEGER), nullif(?, 0), ?)",
        "imiiisis", ++parts->id, parts->issue->month, (int64_t)kind, (int64_t)role,
        (int64_t)parts->section, appearance_of(parts), entry, search_fold(parts->arena, text));
}

static char *key_of(const struct parts *parts, const char *url)
{
    return url ? url_page_key(parts->arena, url) : NULL;
}

static bool put_entry(struct parts *parts, const struct item *item, int64_t parent, size_t n)
{
    return database_run(
        parts->db, parts->fault,
        "INSERT INTO entry (id, issue, section, appearance, parent, n, title, url, key, heading,"
        " change) VALUES (?, ?, ?, CAST(? AS INTEGER), nullif(?, 0), ?, ?, ?, ?, ?, ?)",
        "imisiisssss", ++parts->id, parts->issue->month, (int64_t)parts->section,
        appearance_of(parts), parent, (int64_t)n, item->title, item->url, key_of(parts, item->url),
        item->group, key_of(parts, item->change));
}

/* What is looked for in an item: all that it says, and the hosts of its links. */
static const char *text_of(const struct parts *parts, const struct item *item)
{
    struct buf out = BUF_INIT(parts->arena, 4 * TEXT_MAX);
    buf_addf(&out, "%s %s", item->title, item->group ? item->group : "");
    for (size_t i = 0; i < item->note_count; i++)
        buf_addf(&out, " %s", item->notes[i].text);
    for (size_t i = 0; i <= item->note_count; i++) {
        const char *url = i ? item->notes[i - 1].url : item->url, *host;
        size_t len = 0;
        host = url ? url_host(url, &len) : "";
        if (len && strncmp(host, "github.com", len) != 0)
            buf_addf(&out, " %.*s", (int)len, host);
    }
    return buf_str(&out);
}

/* Stores headlines, or the items of a project. */
static bool put_items(struct parts *parts, const struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!put_entry(parts, &items[i], 0, i))
            return false;
        parts->changes += items[i].change != NULL;
        int64_t id = parts->id;
        for (size_t k = 0; k < items[i].note_count; k++) {
            const struct note *note = &items[i].notes[k];
            if (!put_entry(parts, &(struct item){.title = note->text, .url = note->url}, id, k))
                return false;
        }
        enum search_kind kind = parts->appearance ? SEARCH_CHANGE : SEARCH_HEADLINE;
        if (!put_place(parts, kind, 0, id, text_of(parts, &items[i])))
            return false;
    }
    return true;
}

/* Moves a passage to `out` up to a text that it has, which is left out; gives the rest of it. */
static const char *leave_out(struct parts *parts, struct buf *out, const char *passage,
                             const char *text)
{
    const char *plain = text_plain(parts->arena, text),
               *at = *plain ? strstr(passage, plain) : NULL;
    if (!at)
        return passage;
    buf_add(out, passage, (size_t)(at - passage));
    return at + strlen(plain);
}

/* What a passage says besides a name, and items, which are found by themselves: its lines that say
 * something. */
static char *rest_of(struct parts *parts, const char *passage, const char *name,
                     const struct item *items, size_t count)
{
    struct buf rest = BUF_INIT(parts->arena, TEXT_MAX), out = BUF_INIT(parts->arena, TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        passage = leave_out(parts, &rest, passage, items[i].title);
        for (size_t k = 0; k < items[i].note_count; k++)
            passage = leave_out(parts, &rest, passage, items[i].notes[k].text);
    }
    buf_adds(&rest, passage);
    for (const char *line = buf_str(&rest), *end; *line; line = end + (*end != '\0')) {
        struct buf folded = BUF_INIT(parts->arena, TEXT_MAX);
        end = line + strcspn(line, "\n");
        line += strspn(line, " ,.:;");
        if (line >= end || !text_has_letter(line, (size_t)(end - line)))
            continue;
        text_add_folded(&folded, line, (size_t)(end - line));
        text_trim(&folded);
        if (!name || strcmp(buf_str(&folded), text_plain(parts->arena, name)) != 0)
            buf_addf(&out, "%s%s", out.len ? "\n" : "", buf_str(&folded));
    }
    return buf_str(&out);
}

static bool put_credits(struct parts *parts, enum facts_role role, const struct names *names)
{
    struct buf line = BUF_INIT(parts->arena, TEXT_MAX);
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->name[i], *key = projects_name(parts->arena, name);
        if (!database_run(parts->db, parts->fault,
                          "INSERT INTO person (key, name) VALUES (?1, ?2) ON CONFLICT (key) DO"
                          " UPDATE SET name = ?2 WHERE NOT EXISTS (SELECT 1 FROM credit c"
                          " WHERE c.person = person.id AND c.issue > ?3)",
                          "ssm", key, name, parts->issue->month) ||
            !database_run(parts->db, parts->fault,
                          "INSERT INTO credit (id, person, issue, appearance, role)"
                          " SELECT ?, id, ?, CAST(? AS INTEGER), ? FROM person WHERE key = ?",
                          "imsis", ++parts->id, parts->issue->month, appearance_of(parts),
                          (int64_t)role, key))
            return false;
        buf_addf(&line, "%s%s", i ? ", " : "", name);
    }
    return !names->count || put_place(parts, SEARCH_PEOPLE, (int)role, 0, buf_str(&line));
}

/* A project's first sentence, when it says what the project is. It does not end before a small
 * letter, as after "e.g.". */
static char *about(struct arena *arena, const char *summary)
{
    const char *end = summary;
    while (
        end && *end &&
        !(strchr(".!?", *end) && (!end[1] || (end[1] == ' ' && !islower((unsigned char)end[2])))))
        end++;
    if (!summary || *summary == '(' || !*summary || (end > summary && end[-1] == ':' && !*end))
        return NULL;
    char *sentence = arena_copy_n(arena, summary, (size_t)(end - summary) + (*end != '\0'));
    /* What happened then is not what the project is. */
    bool personal = strncmp(sentence, "I ", 2) == 0 || strncmp(sentence, "I'", 2) == 0 ||
                    strncmp(sentence, "We ", 3) == 0;
    return personal || text_has_word(sentence, "month") ? NULL : sentence;
}

static bool put_project(struct parts *parts, const struct project *project, size_t n,
                        const char *text)
{
    parts->appearance = ++parts->id;
    int64_t changes = parts->changes;
    if (!database_run(parts->db, parts->fault,
                      "INSERT INTO appearance (id, issue, section, n, name, url, anchor, summary,"
                      " about, key, changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                      "imiissssss", parts->appearance, parts->issue->month, (int64_t)parts->section,
                      (int64_t)n, project->name, project->url, project->anchor, project->summary,
                      about(parts->arena, project->summary), key_of(parts, project->url)))
        return false;
    return put_place(parts, SEARCH_PROJECT, 0, 0, project->name) &&
           put_items(parts, project->changes, project->change_count) &&
           put_credits(parts, ROLE_MAINTAINS, &project->maintainers) &&
           put_credits(parts, ROLE_WROTE, &project->written_by) &&
           put_credits(parts, ROLE_THANKED, &project->contributors) &&
           put_place(
               parts, SEARCH_TEXT, 0, 0,
               rest_of(parts, text, project->name, project->changes, project->change_count)) &&
           database_run(parts->db, parts->fault, "UPDATE appearance SET changes = ? WHERE id = ?",
                        "ii", parts->changes - changes, parts->appearance);
}

/* Stores a section; `passages` are the rest of the issue's, and what it takes of them is counted.
 */
static bool put_section(struct parts *parts, const struct section *section,
                        const struct passages *passages, size_t *taken)
{
    const char *text = *taken < passages->count ? passages->passage[*taken].text : "";
    ++*taken;
    parts->appearance = 0;
    if (!database_run(parts->db, parts->fault,
                      "INSERT INTO section (issue, n, kind, title, anchor) VALUES (?, ?, ?, ?, ?)",
                      "miiss", parts->issue->month, (int64_t)parts->section, (int64_t)section->kind,
                      section->title, section->anchor) ||
        !put_items(parts, section->headlines, section->headline_count) ||
        !put_place(parts, SEARCH_TEXT, 0, 0,
                   rest_of(parts, text, NULL, section->headlines, section->headline_count)))
        return false;
    parts->links += (int64_t)section->headline_count;
    for (size_t i = 0; i < section->project_count; i++) {
        text = *taken < passages->count ? passages->passage[*taken].text : "";
        ++*taken;
        if (!put_project(parts, &section->projects[i], i, text))
            return false;
    }
    parts->appearance = 0;
    return true;
}

static bool forget(struct database *db, int month, struct fault *fault)
{
    static const char *const statements[] = {
        "DELETE FROM place WHERE issue = ?",
        "DELETE FROM credit WHERE issue = ?",
        "DELETE FROM entry WHERE issue = ?",
        "DELETE FROM part WHERE appearance IN (SELECT id FROM appearance WHERE issue = ?)",
        "DELETE FROM appearance WHERE issue = ?",
        "DELETE FROM section WHERE issue = ?",
    };
    for (size_t i = 0; i < COUNT(statements); i++)
        if (!database_run(db, fault, statements[i], "m", month))
            return false;
    return true;
}

/* Replaces what was made of a stored issue. The passages are in the order of its sections and
 * projects. */
static bool take_apart(struct arena *arena, struct database *db, const struct issue *issue,
                       const struct passages *passages, struct fault *fault)
{
    struct parts parts = {.arena = arena,
                          .db = db,
                          .issue = issue,
                          .fault = fault,
                          .id = (int64_t)issue->month * ARCHIVE_IDS};
    size_t taken = 0;
    if (!forget(db, issue->month, fault))
        return false;
    for (; parts.section < issue->section_count; parts.section++)
        if (!put_section(&parts, &issue->sections[parts.section], passages, &taken))
            return false;
    return put_credits(&parts, ROLE_WROTE, &issue->authors) &&
           put_credits(&parts, ROLE_EDITED, &issue->editors) &&
           database_run(db, fault,
                        "UPDATE issue SET indexed = ?, links = ?, changes = ? WHERE id = ?", "iiim",
                        (int64_t)ARCHIVE_INDEX, parts.links, parts.changes, issue->month) &&
           database_run(db, fault,
                        "DELETE FROM person WHERE NOT EXISTS (SELECT 1 FROM credit"
                        " WHERE credit.person = person.id)",
                        "") &&
           projects_derive(db, fault);
}

/* Stores an issue in one transaction. */
static bool put(struct arena *arena, struct database *db, const struct issue *issue, bool page,
                const char *html, const struct passages *passages, struct fault *fault)
{
    bool done =
        database_begin(db, fault) &&
        database_run(db, fault,
                     "INSERT INTO issue (id, url, title, published, origin, html)"
                     " VALUES (?, ?, ?, ?, ?, ?)"
                     " ON CONFLICT DO UPDATE SET url = excluded.url, title = excluded.title,"
                     " published = excluded.published, origin = excluded.origin,"
                     " html = excluded.html",
                     "msssss", issue->month, issue->url, issue->title, issue->published,
                     page ? "page" : "feed", html) &&
        take_apart(arena, db, issue, passages, fault) && database_commit(db, fault);
    if (!done)
        database_rollback(db);
    return done;
}

bool archive_put(struct database *db, const struct issue *issue, bool page, const char *html,
                 size_t len, struct fault *fault)
{
    struct arena *arena = arena_new();
    struct passages passages = {0};
    /* The stored text must be small enough to be read again, and replacing invalid bytes grows it.
     */
    struct buf valid = BUF_INIT(arena, POST_MAX_BYTES);
    text_add_valid(&valid, html, len);
    /* Read first: a failure must not roll back a transaction that the caller may have begun. */
    bool done =
        valid.full
            ? fault_set(fault, FAULT_INPUT, "the post is larger than %d bytes", POST_MAX_BYTES)
            : post_read_passages(arena, html, len, page, issue->url, &passages, fault) &&
                  put(arena, db, issue, page, buf_str(&valid), &passages, fault);
    arena_free(arena);
    return done;
}

bool archive_put_page(struct database *db, const struct issue *issue, const struct buf *html,
                      struct fault *fault)
{
    bool useless = issue->section_count == 0;
    /* Some text of an issue is better than this, such as that of a feed. */
    if (!issue_is_plausible(issue) && !useless && !archive_has(db, issue->month, &useless, fault))
        return false;
    if (useless)
        return fault_set(fault, FAULT_INPUT,
                         "'%s' does not read as an issue: no known section, or nothing in any",
                         issue->url);
    return archive_put(db, issue, true, buf_str(html), html->len, fault);
}

/* Takes a stored issue apart again; one that can no longer be read is left as it is. The caller has
 * begun a transaction. */
static bool refresh(struct arena *arena, struct database *db, int month, struct fault *fault)
{
    struct kept {
        char *url, *title, *published, *origin, *html;
    } kept;
    static const struct columns columns = {sizeof kept,
                                           {COLUMN(kept, url), COLUMN(kept, title),
                                            COLUMN(kept, published), COLUMN(kept, origin),
                                            COLUMN(kept, html)}};
    struct issue issue = {.month = month};
    struct passages passages = {0};
    struct fault why = {0};
    if (!database_row(arena, db, &columns, &kept, NULL, fault,
                      "SELECT url, title, published, origin, html FROM issue WHERE id = ?", "m",
                      month))
        return false;
    size_t len = strlen(kept.html);
    bool page = strcmp(kept.origin, "page") == 0, read;
    if (page) {
        read = post_read_page(arena, kept.html, len, kept.url, &issue, &why);
    } else {
        issue_date_read(issue.published, kept.published);
        issue.url = kept.url;
        issue.title = kept.title;
        read = post_read_content(arena, kept.html, len, &issue, &why);
    }
    issue.month = month;
    if (read && post_read_passages(arena, kept.html, len, page, kept.url, &passages, &why))
        return take_apart(arena, db, &issue, &passages, fault);
    return database_run(db, fault, "UPDATE issue SET indexed = ? WHERE id = ?", "im",
                        (int64_t)ARCHIVE_INDEX, month);
}

/* Takes one issue apart again; `*more` false: none needs it. */
static bool refresh_one(struct database *db, bool *more, struct fault *fault)
{
    int64_t month = 0;
    if (!database_get_integer(db, &month, fault,
                              "SELECT id FROM issue WHERE indexed < ? ORDER BY id DESC LIMIT 1",
                              "i", (int64_t)ARCHIVE_INDEX))
        return false;
    *more = month > 0;
    if (!*more)
        return true;
    struct arena *arena = arena_new();
    bool done = refresh(arena, db, (int)month, fault);
    arena_free(arena);
    return done;
}

bool archive_is_old(struct database *db, bool *old, struct fault *fault)
{
    int64_t count = 0;
    bool done =
        database_get_integer(db, &count, fault, "SELECT count(*) FROM issue WHERE indexed < ?", "i",
                             (int64_t)ARCHIVE_INDEX);
    *old = count > 0;
    return done;
}

bool archive_refresh(struct database *db, const struct stop *stop, struct fault *fault)
{
    bool more = false, done = true;
    /* Usually there are none, and no transaction is needed. */
    if (!archive_is_old(db, &more, fault))
        return false;
    while (done && more) {
        if (stop_requested(stop))
            return fault_set(fault, FAULT_STOPPED, "interrupted");
        stop_beat(stop);
        done = database_begin(db, fault) && refresh_one(db, &more, fault) &&
               database_commit(db, fault);
        if (!done)
            database_rollback(db);
    }
    return done;
}

bool archive_has(struct database *db, int month, bool *has, struct fault *fault)
{
    int64_t count = 0;
    bool done = database_get_integer(db, &count, fault, "SELECT count(*) FROM issue WHERE id = ?",
                                     "m", month);
    *has = count > 0;
    return done;
}

bool archive_has_page(struct database *db, int month, bool *has, struct fault *fault)
{
    int64_t count = 0;
    bool done = database_get_integer(db, &count, fault,
                                     "SELECT count(*) FROM issue WHERE id = ? AND origin = 'page'",
                                     "m", month);
    *has = count > 0;
    return done;
}

bool archive_count(struct database *db, int64_t *count, struct fault *fault)
{
    *count = 0;
    return database_get_integer(db, count, fault, "SELECT count(*) FROM issue", "");
}

bool archive_list_pageless(struct arena *arena, struct database *db, struct months *months,
                           struct fault *fault)
{
    static const struct columns columns = {sizeof(int), {{"id", 0, COLUMN_INT}}};
    return database_rows(arena, db, &columns, &months->month, &months->count, fault,
                         "SELECT id FROM (SELECT id FROM item UNION SELECT id FROM issue)"
                         " WHERE id NOT IN (SELECT id FROM withdrawn) AND id NOT IN"
                         " (SELECT id FROM issue WHERE origin = 'page')"
                         " ORDER BY id IN (SELECT id FROM issue), id",
                         "");
}

bool archive_fresh(struct arena *arena, struct database *db, const struct issue *issue,
                   char **fresh, struct fault *fault)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    int64_t earlier = 0;
    *fresh = NULL;
    if (!database_get_integer(db, &earlier, fault,
                              "SELECT count(*) FROM issue WHERE id < ?1"
                              " AND NOT EXISTS (SELECT 1 FROM issue WHERE indexed < ?2)",
                              "mi", issue->month, (int64_t)ARCHIVE_INDEX))
        return false;
    if (earlier < ARCHIVE_FRESH_MIN)
        return true;
    for (size_t i = 0; i < issue->section_count; i++)
        for (size_t j = 0; j < issue->sections[i].project_count; j++) {
            const struct project *project = &issue->sections[i].projects[j];
            bool is_new;
            if (!projects_is_new(arena, db, issue->month, project, &is_new, fault))
                return false;
            if (is_new)
                buf_addf(&out, "%s\n", project_identity(project));
        }
    /* If they do not all fit, none is marked. */
    if (!out.full)
        *fresh = buf_str(&out);
    return true;
}
