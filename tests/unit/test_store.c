/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is remembered of the chat. */
#include "archived.h"
#include "database.h"
#include "store.h"

#define ISSUE   (2031 * 12 + 1)
#define CHANNEL 5

/* The intent of another process that announces the issue once more stays as it is. */
static void test_put_data(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct database *db = open_empty();
    struct store_message message = {"news", "topic", "text", "old", NULL};
    assert_true(store_put_edited(db, ISSUE, CHANNEL, 7, 1, &message, &fault));
    assert_true(store_put_intent(db, ISSUE, CHANNEL, 0, 0, &message, &fault));
    assert_true(store_put_data(db, ISSUE, CHANNEL, 6, "of another", &fault));
    assert_int_equal(get_integer(db, "SELECT data = 'old' FROM announcement"), 1);
    assert_true(store_put_data(db, ISSUE, CHANNEL, 7, "new", &fault));
    assert_int_equal(get_integer(db, "SELECT data = 'new' AND message_id = 7 FROM announcement"),
                     1);
    assert_int_equal(get_integer(db, "SELECT count(*) FROM intent"), 1);
    database_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_put_data)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
