/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher remembers. */
#include "fixture.h"

#include "base/buf.h"
#include "base/fault.h"
#include "io/database.h"
#include "news/issue.h"
#include "news/month.h"
#include "state/server.h"
#include "state/watched.h"

#define NOW 1e9

/* A clock that is set makes nothing older or younger. */
static void test_shift(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct database *db =
        database_open(test_arena, NULL, "https://chat.example.org", DATABASE_CREATE, &fault);
    double since = 0;
    assert_non_null(db);
    assert_true(server_note_refused(db, NOW - 60, &fault));
    for (double by = -7200; by <= 7200; by += 14400) {
        assert_true(watched_shift(db, by, &fault));
        assert_true(server_get_refused(db, &since, &fault));
        assert_true(since == NOW - 60 + (by < 0 ? by : 0));
    }
    database_close(db);
}

/* A month that was mistyped, and taken back, is not the newest for ever. */
static void test_newest(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct database *db =
        database_open(test_arena, NULL, "https://chat.example.org", DATABASE_CREATE, &fault);
    struct watched_item items[] = {{.month = month_of_id("2031-01")},
                                   {.month = month_of_id("2062-07")}};
    struct months listed = {0};
    int newest;
    assert_non_null(db);
    for (size_t i = 0; i < COUNT(items); i++) {
        char none[] = "";
        items[i].url = items[i].title = items[i].published = none;
        assert_true(watched_put_item(db, &items[i], &fault));
    }
    assert_true(watched_newest(db, &newest, &fault));
    assert_month(newest, "2062-07");
    months_add(test_arena, &listed, items[0].month);
    assert_true(watched_keep_listed(db, &listed, 5, &fault));
    assert_true(watched_newest(db, &newest, &fault));
    assert_month(newest, "2031-01");
    database_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shift), cmocka_unit_test(test_newest)};
    return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
