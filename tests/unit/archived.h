/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What tests of the archive share: a database in memory, filled from HTML. */
#ifndef TMRO_ARCHIVED_H
#define TMRO_ARCHIVED_H

#include "state/archive.h"
#include "io/database.h"
#include "fixture.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/post.h"

static inline struct database *open_empty(void)
{
    struct fault fault = {0};
    struct database *db = database_open(test_arena, NULL, "https://chat.example", DATABASE_CREATE, &fault);
    if (!db)
        fail_msg("%s", fault.msg);
    return db;
}

/* Keeps an issue with this content, as if read from a feed. */
static inline void put_content(struct database *db, const char *id, const char *html)
{
    struct issue issue = {.month = month_of_id(id),
                          .url = issue_url(test_arena, "https://news.example", month_of_id(id)),
                          .title = arena_copy(test_arena, "An issue")};
    struct fault fault = {0};
    assert_non_null(issue.url);
    assert_non_null(issue.title);
    if (!post_read_content(test_arena, html, strlen(html), &issue, &fault) ||
        !archive_put(db, &issue, false, html, strlen(html), &fault))
        fail_msg("%s: %s", id, fault.msg);
}

/* Keeps all pages of the fixtures. */
static inline void put_pages(struct database *db)
{
    glob_t pages = find_paths("tests/fixtures/pages/*.html", 9);
    for (size_t i = 0; i < pages.gl_pathc; i++) {
        struct buf page = read_path(pages.gl_pathv[i]);
        struct issue issue = {0};
        struct fault fault = {0};
        if (!post_read_page(test_arena, page.ptr, page.len, NULL, &issue, &fault) ||
            !archive_put(db, &issue, true, page.ptr, page.len, &fault))
            fail_msg("%s: %s", pages.gl_pathv[i], fault.msg);
    }
    globfree(&pages);
}

static inline int64_t get_integer(struct database *db, const char *sql)
{
    struct fault fault = {0};
    int64_t value = -1;
    assert_true(database_get_integer(db, &value, &fault, sql, ""));
    return value;
}

#endif
