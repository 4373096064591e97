/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Issues taken apart, and taken apart again after an update. */
#include "archived.h"
#include "base/stop.h"
#include "io/database.h"
#include "news/month.h"
#include "state/catalog.h"

#include <unistd.h>

static const struct stop never = STOP_NEVER;

static void run(struct database *db, const char *sql)
{
    struct fault fault = {0};
    if (!database_run(db, &fault, sql, ""))
        fail_msg("%s: %s", sql, fault.msg);
}

/* All that was made of the issues, as text. */
static char *dump(struct database *db)
{
    static const char *const queries[] = {
        "SELECT group_concat(id || links || '/' || changes) FROM issue",
        "SELECT group_concat(issue || identity || key || name || coalesce(url, '-') ||"
        " coalesce(anchor, '-') || changes, x'0a') FROM project",
        "SELECT group_concat(id || issue || coalesce(project, '-') || coalesce(anchor, '-')"
        " || coalesce(url, '-') || title || text, x'0a') FROM passage",
        "SELECT group_concat(name || rank || key || issue, x'0a') FROM alias",
    };
    struct buf out = BUF_INIT(test_arena, 64 * 1024 * 1024);
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct fault fault = {0};
        char *text = NULL;
        assert_true(database_get_text(out.arena, db, &text, &fault, queries[i], ""));
        buf_addf(&out, "%s\n", text);
    }
    char *text = buf_str(&out);
    assert_non_null(text);
    return text;
}

static void test_parts(void **state)
{
    (void)state;
    struct database *db = open_empty();
    put_pages(db);
    assert_int_equal(get_integer(db, "SELECT links FROM issue WHERE id = 2031 * 12 + 0"), 10);
    assert_int_equal(get_integer(db, "SELECT changes FROM issue WHERE id = 2031 * 12 + 8"), 1);
    /* two projects without link and with one name are one row */
    assert_int_equal(get_integer(db, "SELECT count(*) FROM project WHERE issue = 2031 * 12 + 1"),
                     4);
    assert_int_equal(get_integer(db, "SELECT count(*) FROM passage WHERE issue = 2031 * 12 + 1"
                                     " AND project IS NOT NULL"),
                     5);
    char *before = dump(db);
    put_pages(db);
    assert_text(dump(db), before);
    /* the index knows nothing of what is gone */
    put_content(db, "2031-01", "<h2>News</h2><ul><li>One</li></ul>");
    assert_int_equal(get_integer(db, "SELECT count(*) FROM passage_text WHERE passage_text"
                                     " MATCH 'toaster' AND rowid IN (SELECT id FROM passage"
                                     " WHERE issue = 2031 * 12 + 0)"),
                     0);
    run(db, "INSERT INTO passage_text (passage_text) VALUES ('integrity-check')");
    run(db, "INSERT INTO passage_title (passage_title) VALUES ('integrity-check')");
    database_close(db);
}

static void test_ids(void **state)
{
    (void)state;
    int64_t id = archive_passage_id(PASSAGE_HEADLINE, month_of_id("2031-01"), 3, 5);
    assert_true(archive_passage_id(PASSAGE_HEADLINE, month_of_id("2030-12"), 0, 0) < id);
    assert_true(archive_passage_id(PASSAGE_HEADLINE, month_of_id("2031-01"), 3, 6) < id);
    assert_true(archive_passage_id(PASSAGE_HEADLINE, month_of_id("2031-01"), 4, 0) < id);
    assert_true(archive_passage_id(PASSAGE_PROJECT, month_of_id("9999-12"), 0, 0) < id);
    assert_true(archive_passage_id(PASSAGE_SECTION, month_of_id("0000-01"), 0xFFFF, 0xFFFF) > id);
}

static void test_refresh(void **state)
{
    (void)state;
    struct database *db = open_empty();
    struct fault fault = {0};
    put_pages(db);
    char *before = dump(db);
    run(db, "DELETE FROM passage");
    run(db, "UPDATE project SET key = '', name = '', changes = 0");
    run(db, "INSERT INTO alias (name, rank, key, issue) VALUES ('toaster', 1, 'x/y', 2031 * 12)");
    run(db, "UPDATE issue SET indexed = 0, links = 0");
    assert_true(archive_refresh(db, &never, &fault));
    assert_text(dump(db), before);
    /* what cannot be read any more is tried once */
    run(db, "UPDATE issue SET indexed = 0, html = '' WHERE id = 2031 * 12 + 2");
    assert_true(archive_refresh(db, &never, &fault));
    assert_text(dump(db), before);
    assert_int_equal(get_integer(db, "SELECT count(*) FROM issue WHERE indexed = 0"), 0);
    /* asked to stop, and quick when there is nothing to do */
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct stop stop = {.fd = ends[0]};
    assert_true(archive_refresh(db, &stop, &fault));
    run(db, "UPDATE issue SET indexed = 0");
    assert_false(archive_refresh(db, &stop, &fault));
    assert_fault(&fault, FAULT_STOPPED);
    close(ends[0]);
    close(ends[1]);
    database_close(db);
}

/* What is kept can be read again: invalid bytes grow when they are made valid. */
static void test_growing(void **state)
{
    (void)state;
    struct database *db = open_empty();
    struct buf page = BUF_INIT(test_arena, POST_MAX_BYTES);
    struct issue issue = {.url = arena_copy(test_arena, "https://news.example/"),
                          .title = arena_copy(test_arena, "An issue")};
    struct fault fault = {0};
    issue.month = month_of_id("2031-01");
    buf_adds(&page, "<h2>News</h2><ul><li>A toaster</li></ul><p>");
    while (page.len < POST_MAX_BYTES / 2)
        buf_addc(&page, (char)0xFF);
    assert_false(archive_put(db, &issue, false, page.ptr, page.len, &fault));
    assert_fault(&fault, FAULT_INPUT);
    assert_int_equal(get_integer(db, "SELECT count(*) FROM issue"), 0);
    database_close(db);
}

/* A project is not new because its link is written in another way. */
static void test_fresh(void **state)
{
    (void)state;
    static const char html[] =
        "<h2>Projects</h2>"
        "<h3><a href='http://www.github.com/Nova/ACPI.git/'>acpi</a></h3>"
        "<h3>My OS</h3><h3><a href='https://github.com/nova/new'>new</a></h3>";
    struct database *db = open_empty();
    struct fault fault = {0};
    for (int i = 1; i <= ARCHIVE_FRESH_MIN; i++) {
        char id[20];
        snprintf(id, sizeof id, "2031-%02d", i);
        put_content(db, id,
                    "<h2>Projects</h2><h3><a href='https://github.com/nova/acpi'>acpi</a></h3>"
                    "<h3>my_os</h3>");
    }
    struct issue issue = {.month = month_of_id("2031-09"),
                          .url =
                              issue_url(test_arena, "https://news.example", month_of_id("2031-09")),
                          .title = arena_copy(test_arena, "An issue")};
    char *fresh;
    assert_true(post_read_content(test_arena, html, strlen(html), &issue, &fault));
    assert_true(archive_fresh(test_arena, db, &issue, &fresh, &fault));
    assert_text(fresh, "https://github.com/nova/new\n");
    database_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),   cmocka_unit_test(test_ids),
        cmocka_unit_test(test_refresh), cmocka_unit_test(test_growing),
        cmocka_unit_test(test_fresh),
    };
    return cmocka_run_group_tests_name("archive", tests, setup_arena, teardown_arena);
}
