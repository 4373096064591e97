/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the watcher remembers. */
#include "fixture.h"

#include "fault.h"
#include "store.h"
#include "watchstate.h"

#define NOW 1e9

/* A clock that is set makes nothing older or younger. */
static void test_shift(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct store *store = store_open(NULL, "https://chat.example.org", true, &fault);
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shift)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
