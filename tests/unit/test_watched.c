/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher remembers. */
#include "fixture.h"

#include "base/buf.h"
#include "base/fault.h"
#include "io/config.h"
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
    assert_true(server_set_refused(db, NOW - 60, &fault));
    for (double by = -7200; by <= 7200; by += 14400) {
        double now = NOW + (by < 0 ? by : 0);
        assert_true(watched_fix_times(db, by, now, 60, &fault));
        assert_true(server_get_refused(db, &since, &fault));
        assert_true(since == now - 60);
    }
    /* What has happened is not in the future. */
    assert_true(watched_fix_times(db, 0, NOW - 3600, 60, &fault));
    assert_true(server_get_refused(db, &since, &fault));
    assert_true(since == NOW - 3600);
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
    struct watched_items known = {0};
    assert_non_null(db);
    for (size_t i = 0; i < COUNT(items); i++) {
        char none[] = "";
        items[i].url = items[i].title = none;
        assert_true(watched_put_item(db, &items[i], &fault));
    }
    assert_true(watched_list_items(test_arena, db, &known, &fault));
    assert_month(watched_newest(&known)->month, "2062-07");
    months_add(test_arena, &listed, items[0].month);
    assert_true(watched_keep_listed(db, &listed, 5, &fault));
    known = (struct watched_items){0};
    assert_true(watched_list_items(test_arena, db, &known, &fault));
    assert_month(watched_newest(&known)->month, "2031-01");
    database_close(db);
}

static struct watched_item list_one(struct database *db)
{
    struct watched_items items = {0};
    struct fault fault = {0};
    assert_true(watched_list_items(test_arena, db, &items, &fault));
    assert_int_equal(items.count, 1);
    return items.item[0];
}

/* What one channel refuses is tried there at its own time, whatever becomes of it elsewhere. */
static void test_retry_by_channel(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct database *db =
        database_open(test_arena, NULL, "https://chat.example.org", DATABASE_CREATE, &fault);
    const int month = month_of_id("2031-01");
    char none[] = "";
    struct watched_item item = {.month = month, .url = none, .title = none};
    char one[] = "one", two[] = "two";
    struct destination destinations[] = {{.channel = one}, {.channel = two}};
    const struct config config = {.destinations = destinations,
                                  .destination_count = COUNT(destinations)};
    struct destination_row row[COUNT(destinations)];
    bool due;
    assert_non_null(db);
    assert_true(watched_put_item(db, &item, &fault));
    for (size_t i = 0; i < COUNT(destinations); i++) {
        const char *name = destinations[i].channel;
        assert_true(destination_add(db, name, 0, &fault));
        assert_true(destination_find(db, name, 0, &row[i], &fault));
    }
    assert_true(destination_activate(test_arena, db, &config, &fault));
    assert_true(destination_await(db, month, &due, &fault));
    assert_true(due);
    assert_true(destination_set_retry(db, row[1].id, month, NOW + 60, &fault));
    assert_true(list_one(db).channels_at == 0);
    assert_true(destination_is_due(db, row[1].id, month, NOW, &due, &fault));
    assert_false(due);
    assert_true(destination_is_due(db, row[0].id, month, NOW, &due, &fault));
    assert_true(due);
    assert_true(watched_put_announced(db, month, row[0].id, NOW, &fault));
    assert_true(list_one(db).pending);
    item = list_one(db);
    assert_true(watched_due_at(&item, 1) == NOW + 60);
    /* A page that is missing holds up all of them. */
    item.retry_at = NOW + 90;
    assert_true(watched_put_work(db, &item, &fault));
    item = list_one(db);
    assert_true(watched_due_at(&item, 1) == NOW + 90);
    database_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shift), cmocka_unit_test(test_newest),
                                       cmocka_unit_test(test_retry_by_channel)};
    return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
