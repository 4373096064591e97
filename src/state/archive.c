/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All issues that were read. */
#include "state/archive.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/stop.h"
#include "base/text.h"
#include "io/database.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/post.h"
#include "state/catalog.h"

#include <string.h>

/* Version of the index; issues with an older one are indexed again. */
#define ARCHIVE_INDEX 3

int64_t archive_passage_id(enum passage_kind kind, int month, size_t section, size_t n)
{
    return (int64_t)kind << PASSAGE_KIND_SHIFT | (int64_t)month << PASSAGE_MONTH_SHIFT |
           (int64_t)(0xFFFF - (section & 0xFFFF)) << PASSAGE_SECTION_SHIFT |
           (int64_t)(0xFFFF - (n & 0xFFFF));
}

/* An issue that is being indexed. */
struct parts {
    struct arena *arena;
    struct database *db;
    const struct issue *issue;
    struct fault *fault;
    int64_t links, changes;
};

static bool put_passage(struct parts *parts, int64_t id, const char *project, const char *anchor,
                        const char *url, const char *title, const char *text)
{
    return database_run(parts->db, parts->fault,
                        "INSERT INTO passage (id, issue, project, anchor, url, title, text)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?)",
                        "imsssss", id, parts->issue->month, project, anchor, url, title, text);
}

/* Stores a project. If an issue has several with one identity, the first gives name and anchor. */
static bool put_project(struct parts *parts, const struct project *project, const char *key,
                        const char *name)
{
    int64_t changes = 0;
    for (size_t i = 0; i < project->change_count; i++)
        changes += issue_is_change(&project->changes[i]);
    parts->changes += changes;
    return database_run(parts->db, parts->fault,
                        "INSERT INTO project (issue, identity, key, name, url, anchor, changes)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?)"
                        " ON CONFLICT DO UPDATE SET changes = changes + excluded.changes",
                        "msssssi", parts->issue->month, project_identity(project), key, name,
                        project->url, project->anchor, changes) &&
           catalog_put_names(parts->arena, parts->db, parts->issue->month, key, name, parts->fault);
}

/* What a headline says after its title. */
static const char *headline_text(struct arena *arena, const struct item *item)
{
    struct buf out = BUF_INIT(arena, 2 * TEXT_MAX);
    buf_adds(&out, item->group ? item->group : "");
    for (size_t i = 0; i < item->note_count; i++)
        buf_addf(&out, " %s", item->notes[i].text);
    return buf_str(&out);
}

static bool put_headlines(struct parts *parts, const struct section *section, size_t s)
{
    for (size_t i = 0; i < section->headline_count; i++) {
        const struct item *item = &section->headlines[i];
        int64_t id = archive_passage_id(PASSAGE_HEADLINE, parts->issue->month, s, i);
        if (!put_passage(parts, id, NULL, section->anchor, item->url, item->title,
                         headline_text(parts->arena, item)))
            return false;
    }
    parts->links += (int64_t)section->headline_count;
    return true;
}

/* Stores the projects of a section; their passages begin at `passage`, with `count` left. */
static bool put_projects(struct parts *parts, const struct section *section, size_t s,
                         const struct passage *passage, size_t count)
{
    for (size_t i = 0; i < section->project_count; i++) {
        const struct project *project = &section->projects[i];
        const char *name = text_plain(parts->arena, project->name);
        const char *key = catalog_key(parts->arena, project->url, project->name);
        int64_t id = archive_passage_id(PASSAGE_PROJECT, parts->issue->month, s, i);
        if (!put_project(parts, project, key, name) ||
            !put_passage(parts, id, key, project->anchor, project->url, name,
                         i < count ? passage[i].text : ""))
            return false;
    }
    return true;
}

/* Stores the authors or editors as one line. */
static bool put_people(struct parts *parts, enum passage_kind kind, const struct names *names)
{
    struct buf line = BUF_INIT(parts->arena, TEXT_MAX);
    if (!names->count)
        return true;
    for (size_t i = 0; i < names->count; i++)
        buf_addf(&line, "%s%s", i ? ", " : "", names->name[i]);
    return put_passage(parts, archive_passage_id(kind, parts->issue->month, 0, 0), NULL, NULL, NULL,
                       buf_str(&line), "");
}

/* Replaces the projects, names and passages of a stored issue. The passages are in the order of the
 * issue's sections and projects. */
static bool take_apart(struct arena *arena, struct database *db, const struct issue *issue,
                       const struct passages *passages, struct fault *fault)
{
    struct parts parts = {.arena = arena, .db = db, .issue = issue, .fault = fault};
    bool done = database_run(db, fault, "DELETE FROM alias WHERE issue = ?", "m", issue->month) &&
                database_run(db, fault, "DELETE FROM project WHERE issue = ?", "m", issue->month) &&
                database_run(db, fault, "DELETE FROM passage WHERE issue = ?", "m", issue->month);
    size_t p = 0;
    for (size_t s = 0; done && s < issue->section_count; s++) {
        const struct section *section = &issue->sections[s];
        const char *text = p < passages->count ? passages->passage[p].text : "";
        int64_t id = archive_passage_id(PASSAGE_SECTION, issue->month, s, 0);
        p = p < passages->count ? p + 1 : p;
        done = put_passage(&parts, id, NULL, section->anchor, NULL, section->title, text) &&
               put_headlines(&parts, section, s) &&
               put_projects(&parts, section, s, passages->passage + p, passages->count - p);
        p = passages->count - p > section->project_count ? p + section->project_count
                                                         : passages->count;
    }
    return done && put_people(&parts, PASSAGE_AUTHORS, &issue->authors) &&
           put_people(&parts, PASSAGE_EDITORS, &issue->editors) &&
           database_run(db, fault,
                        "UPDATE issue SET indexed = ?, links = ?, changes = ? WHERE id = ?", "iiim",
                        (int64_t)ARCHIVE_INDEX, parts.links, parts.changes, issue->month);
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
    if (issue->section_count == 0)
        return fault_set(fault, FAULT_INPUT, "'%s' is not an issue: it has no section", issue->url);
    return archive_put(db, issue, true, buf_str(html), html->len, fault);
}

/* The passages of a stored issue. */
static bool read_kept_passages(struct arena *arena, struct database *db, int month,
                               struct passages *passages, struct fault *fault)
{
    struct kept {
        char *origin, *html, *url;
    } kept;
    static const struct columns columns = {
        sizeof kept, {COLUMN(kept, origin), COLUMN(kept, html), COLUMN(kept, url)}};
    bool found;
    if (!database_row(arena, db, &columns, &kept, &found, fault,
                      "SELECT origin, html, url FROM issue WHERE id = ?", "m", month))
        return false;
    if (!found)
        return fault_set(fault, FAULT_ABSENT, "the archive has no such issue");
    return post_read_passages(arena, kept.html, strlen(kept.html), strcmp(kept.origin, "page") == 0,
                              kept.url, passages, fault);
}

/* Indexes a stored issue again; one that can no longer be read is left as it is. The caller has
 * begun a transaction. */
static bool refresh(struct arena *arena, struct database *db, int month, struct fault *fault)
{
    struct issue issue = {0};
    struct passages passages = {0};
    struct fault why = {0};
    if (catalog_read(arena, db, month, &issue, &why) &&
        read_kept_passages(arena, db, month, &passages, &why))
        return take_apart(arena, db, &issue, &passages, fault);
    if (why.kind == FAULT_INPUT)
        return database_run(db, fault, "UPDATE issue SET indexed = ? WHERE id = ?", "im",
                            (int64_t)ARCHIVE_INDEX, month);
    *fault = why;
    return false;
}

/* Indexes one issue again; `*more` false: none needs it. */
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

bool archive_count(struct database *db, int64_t *count, struct fault *fault)
{
    *count = 0;
    return database_get_integer(db, count, fault, "SELECT count(*) FROM issue", "");
}

bool archive_list_missing(struct arena *arena, struct database *db, struct months *months,
                          struct fault *fault)
{
    static const struct columns columns = {sizeof(int), {{"id", 0, COLUMN_INT}}};
    return database_rows(arena, db, &columns, &months->month, &months->count, fault,
                         "SELECT id FROM item WHERE id NOT IN (SELECT id FROM issue)"
                         " AND id NOT IN (SELECT id FROM withdrawn) ORDER BY id",
                         "");
}

/* Adds the project's identity unless an earlier issue had the project. An issue that has yet to be
 * indexed again has only identities, no keys. */
static bool add_fresh(struct database *db, int month, const struct project *project,
                      struct buf *fresh, struct fault *fault)
{
    int64_t earlier = 0;
    const char *identity = project_identity(project);
    if (!database_get_integer(db, &earlier, fault,
                              "SELECT count(*) FROM project WHERE (key = ? OR identity = ?)"
                              " AND issue < ?",
                              "ssm", catalog_key(fresh->arena, project->url, project->name),
                              identity, month))
        return false;
    if (!earlier)
        buf_addf(fresh, "%s\n", identity);
    return true;
}

bool archive_fresh(struct arena *arena, struct database *db, const struct issue *issue,
                   char **fresh, struct fault *fault)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    int64_t earlier = 0;
    *fresh = NULL;
    if (!database_get_integer(db, &earlier, fault, "SELECT count(*) FROM issue WHERE id < ?", "m",
                              issue->month))
        return false;
    if (earlier < ARCHIVE_FRESH_MIN)
        return true;
    for (size_t i = 0; i < issue->section_count; i++)
        for (size_t j = 0; j < issue->sections[i].project_count; j++)
            if (!add_fresh(db, issue->month, &issue->sections[i].projects[j], &out, fault))
                return false;
    /* If they do not all fit, none is marked. */
    if (!out.full)
        *fresh = buf_str(&out);
    return true;
}
