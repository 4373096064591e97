/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher remembers. */
#include "fixture.h"

#include "buf.h"
#include "fault.h"
#include "issue.h"
#include "store.h"
#include "watchstate.h"

#define NOW 1e9

/* A clock that is set makes nothing older or younger. */
static void test_shift(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct store *store = store_open(NULL, "https://chat.example.org", DATABASE_CREATE, &fault);
    double since = 0;
    assert_non_null(store);
    assert_true(store_note_refused(store, NOW - 60, &fault));
    for (double by = -7200; by <= 7200; by += 14400) {
        assert_true(watchstate_shift(store, by, &fault));
        assert_true(store_get_refused(store, &since, &fault));
        assert_true(since == NOW - 60 + (by < 0 ? by : 0));
    }
    store_close(store);
}

/* A month that was mistyped, and taken back, is not the newest for ever. */
static void test_newest(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct store *store = store_open(NULL, "https://chat.example.org", DATABASE_CREATE, &fault);
    struct watch_item items[] = {{.id = "2031-01"}, {.id = "2062-07"}};
    struct names listed = {0};
    char id[ISSUE_ID_SIZE];
    assert_non_null(store);
    for (size_t i = 0; i < COUNT(items); i++) {
        char none[] = "";
        items[i].url = items[i].title = none;
        assert_true(watchstate_put_item(store, &items[i], &fault));
    }
    assert_true(watchstate_newest(store, id, &fault));
    assert_string_equal(id, "2062-07");
    assert_true(names_add(&listed, "2031-01"));
    assert_true(watchstate_keep_listed(store, &listed, 5, &fault));
    assert_true(watchstate_newest(store, id, &fault));
    assert_string_equal(id, "2031-01");
    names_finish(&listed);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shift), cmocka_unit_test(test_newest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
