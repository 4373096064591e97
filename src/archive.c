/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All issues that were read. */
#include "archive.h"

#include "buf.h"
#include "database.h"
#include "fault.h"
#include "issue.h"
#include "post.h"
#include "store.h"
#include "text.h"

#include <stdlib.h>

/* Keeps the projects and the text of an issue that is kept. */
static bool put_parts(struct database *db, const struct issue *issue,
                      const struct passages *passages, struct fault *fault)
{
    bool done = true;
    for (size_t i = 0; i < issue->section_count; i++)
        for (size_t j = 0; done && j < issue->sections[i].project_count; j++)
            done = database_run(db, fault,
                                "INSERT OR IGNORE INTO project (issue, identity) VALUES (?, ?)",
                                "ss", issue->id, project_identity(&issue->sections[i].projects[j]));
    for (size_t i = 0; done && i < passages->count; i++) {
        const struct passage *p = &passages->passage[i];
        done = database_run(db, fault,
                            "INSERT INTO passage (issue, section, project, anchor, text)"
                            " VALUES (?, ?, ?, ?, ?)",
                            "sssss", issue->id, p->section, p->project, p->anchor, p->text);
    }
    return done;
}

bool archive_put(struct store *store, const struct issue *issue, bool page, const char *html,
                 size_t len, double read_at, struct fault *fault)
{
    struct database *db = store_database(store);
    struct passages passages = {0};
    struct buf valid = BUF_INIT(4 * (size_t)POST_MAX_BYTES);
    text_add_valid(&valid, html, len);
    char *text = buf_take(&valid), *data = issue_data(issue);
    bool done = ((text && data) || fault_memory(fault)) &&
                post_read_passages(html, len, page, &passages, fault);
    /* What cannot be read must not undo the transaction that the caller may have begun. */
    if (done) {
        done = database_begin(db, fault) &&
               database_run(db, fault, "DELETE FROM project WHERE issue = ?", "s", issue->id) &&
               database_run(db, fault, "DELETE FROM passage WHERE issue = ?", "s", issue->id) &&
               database_run(
                   db, fault,
                   "INSERT INTO issue (id, url, title, published, origin, read_at, data, html)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                   " ON CONFLICT DO UPDATE SET url = excluded.url, title = excluded.title,"
                   " published = excluded.published, origin = excluded.origin,"
                   " read_at = excluded.read_at, data = excluded.data, html = excluded.html",
                   "sssssrss", issue->id, issue->url, issue->title, issue->published,
                   page ? "page" : "feed", read_at, data, text) &&
               put_parts(db, issue, &passages, fault) && database_commit(db, fault);
        if (!done)
            database_rollback(db);
    }
    passages_finish(&passages);
    free(text);
    free(data);
    return done;
}

bool archive_has(struct store *store, const char *id, bool *has, struct fault *fault)
{
    int64_t count = 0;
    bool done = database_get_integer(store_database(store), &count, fault,
                                     "SELECT count(*) FROM issue WHERE id = ?", "s", id);
    *has = count > 0;
    return done;
}

bool archive_count(struct store *store, int64_t *count, struct fault *fault)
{
    *count = 0;
    return database_get_integer(store_database(store), count, fault, "SELECT count(*) FROM issue",
                                "");
}

bool archive_list_missing(struct store *store, struct names *ids, struct fault *fault)
{
    struct query q;
    bool row = true;
    bool done = database_query(store_database(store), &q, fault,
                               "SELECT id FROM item WHERE id NOT IN (SELECT id FROM issue)"
                               " ORDER BY id",
                               "");
    while (done && (done = query_next(&q, &row, fault)) && row)
        if (!names_add(ids, query_string(&q, 0))) {
            query_finish(&q);
            done = fault_memory(fault);
        }
    return done;
}

/* Adds the project's identity unless an earlier issue had it. */
static bool add_fresh(struct database *db, const char *id, const struct project *project,
                      struct buf *fresh, struct fault *fault)
{
    int64_t earlier = 0;
    const char *identity = project_identity(project);
    if (!database_get_integer(db, &earlier, fault,
                              "SELECT count(*) FROM project WHERE identity = ? AND issue < ?", "ss",
                              identity, id))
        return false;
    if (!earlier)
        buf_addf(fresh, "%s\n", identity);
    return true;
}

bool archive_fresh(struct store *store, const struct issue *issue, char **fresh,
                   struct fault *fault)
{
    struct database *db = store_database(store);
    struct buf out = BUF_INIT(TEXT_MAX);
    int64_t earlier = 0;
    *fresh = NULL;
    if (!database_get_integer(db, &earlier, fault, "SELECT count(*) FROM issue WHERE id < ?", "s",
                              issue->id))
        return false;
    if (earlier < ARCHIVE_FRESH_MIN)
        return true;
    bool done = true;
    buf_adds(&out, "");
    for (size_t i = 0; i < issue->section_count; i++)
        for (size_t j = 0; done && j < issue->sections[i].project_count; j++)
            done = add_fresh(db, issue->id, &issue->sections[i].projects[j], &out, fault);
    /* So many that they do not fit: none is marked. */
    bool full = out.full;
    *fresh = buf_take(&out);
    return done && (*fresh || full || fault_memory(fault));
}
