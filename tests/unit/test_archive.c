/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Issues taken apart, and taken apart again after an update. */
#include "archived.h"
#include "base/stop.h"
#include "io/database.h"
#include "news/month.h"

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
        "SELECT json_group_array(json_array(id, links, changes)) FROM issue",
        "SELECT json_group_array(json_array(issue, n, kind, title, anchor)) FROM section",
        "SELECT json_group_array(json_array(id, issue, section, n, name, url, anchor, summary,"
        " about, key, changes)) FROM appearance",
        "SELECT json_group_array(json_array(id, issue, section, appearance, parent, n, title, url,"
        " key, heading, change)) FROM entry",
        "SELECT json_group_array(json_array(id, (SELECT json_array(key, name) FROM person p"
        " WHERE p.id = person), issue, appearance, role)) FROM credit",
        "SELECT json_group_array(json_array(id, name, url)) FROM project",
        "SELECT json_group_array(json_array(project, appearance)) FROM part",
        "SELECT json_group_array(json_array(name, rank, project)) FROM alias",
        "SELECT json_group_array(json_array(id, issue, kind, role, section, appearance, entry,"
        " text)) FROM place",
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
    assert_int_equal(get_integer(db, "SELECT count(*) FROM appearance WHERE issue = 2031 * 12 + 1"),
                     5);
    char *before = dump(db);
    put_pages(db);
    assert_text(dump(db), before);
    /* nothing is left of what is gone */
    put_content(db, "2031-01", "<h2>News</h2><ul><li>One</li></ul>");
    assert_int_equal(get_integer(db, "SELECT count(*) FROM words WHERE words MATCH 'toaster' AND"
                                     " rowid IN (SELECT id FROM place WHERE issue = 2031 * 12)"),
                     0);
    assert_int_equal(get_integer(db, "SELECT count(*) FROM place WHERE issue = 2031 * 12"), 2);
    assert_int_equal(get_integer(db, "SELECT count(*) FROM credit WHERE issue = 2031 * 12"), 0);
    assert_int_equal(get_integer(db, "SELECT count(*) FROM person p WHERE NOT EXISTS (SELECT 1"
                                     " FROM credit WHERE person = p.id)"),
                     0);
    run(db, "INSERT INTO words (words) VALUES ('integrity-check')");
    run(db, "INSERT INTO words (words, rank) VALUES ('integrity-check', 1)");
    database_close(db);
}

/* The same archive, in whatever order the issues come. */
static void test_any_order(void **state)
{
    (void)state;
    static const struct {
        const char *id, *html;
    } issues[] = {
#define HEADING(link, name)                                                                        \
    "<h2>Projects</h2><h3><a href='https://github.com/" link "'>" name "</a></h3>"
        {"2031-01", HEADING("kim/boot", "boot") "<p>Thanks to <a href=/k>@KIM-example</a></p>"},
        {"2031-02", HEADING("kim/boot-rs", "boot") "<p>Thanks to <a href=/k>@Kim-Example</a></p>"},
        {"2031-03",
         HEADING("rust-osdev/boot", "Boot") "<p>Thanks to <a href=/k>@kim-example</a></p>"},
    };
    static const int orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};
    char *first = NULL;
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct database *db = open_empty();
        for (size_t k = 0; k < 3; k++)
            put_content(db, issues[orders[i][k]].id, issues[orders[i][k]].html);
        char *whole = dump(db);
        first = first ? first : whole;
        assert_text(whole, first);
        assert_int_equal(get_integer(db, "SELECT count(*) FROM project"), 1);
        database_close(db);
    }
    assert_contains(first, "[\"kim-example\",\"kim-example\"]");
}

static void test_refresh(void **state)
{
    (void)state;
    struct database *db = open_empty();
    struct fault fault = {0};
    put_pages(db);
    char *before = dump(db);
    run(db, "DELETE FROM place");
    run(db, "UPDATE appearance SET key = '', name = '', changes = 0");
    run(db, "UPDATE person SET name = 'toaster'");
    run(db, "INSERT INTO alias (name, rank, project) VALUES ('toaster', 1, 1)");
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

/* A project is not new because it is written in another way, was moved, or is named with another; a
 * heading without link that is no project's is an article, and never new. */
static void test_fresh(void **state)
{
    (void)state;
    static const char html[] = "<h2>Projects</h2>"
                               "<h3><a href='http://www.github.com/Nova/ACPI.git/'>acpi</a></h3>"
                               "<h3><a href='https://github.com/rust-osdev/aml'>aml</a></h3>"
                               "<h3><a href='https://github.com/other/aml'>aml</a></h3>"
                               "<h3><a href='https://github.com/nova/new'>new</a></h3>"
                               "<h3>acpi</h3><h3>aml and acpi</h3><h3>A talk</h3>";
    struct database *db = open_empty();
    struct fault fault = {0};
    for (int i = 1; i <= ARCHIVE_FRESH_MIN; i++) {
        char id[20];
        snprintf(id, sizeof id, "2031-%02d", i);
        put_content(db, id,
                    "<h2>Projects</h2><h3><a href='https://github.com/nova/acpi'>acpi</a></h3>"
                    "<h3><a href='https://github.com/nova/aml'>aml</a></h3>");
    }
    struct issue issue = {.month = month_of_id("2031-09"),
                          .url =
                              issue_url(test_arena, "https://news.example", month_of_id("2031-09")),
                          .title = arena_copy(test_arena, "An issue")};
    char *fresh;
    assert_true(post_read_content(test_arena, html, strlen(html), &issue, &fault));
    assert_true(archive_fresh(test_arena, db, &issue, &fresh, &fault));
    assert_text(fresh, "https://github.com/other/aml\nhttps://github.com/nova/new\n");
    database_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),   cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_refresh), cmocka_unit_test(test_growing),
        cmocka_unit_test(test_fresh),
    };
    return cmocka_run_group_tests_name("archive", tests, setup_arena, teardown_arena);
}
