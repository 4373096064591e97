/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests fault: texts that are cut safely, and the exit status of each kind. */
#include "fixture.h"

static void test_set(void **state)
{
    (void)state;
    struct fault fault = {.kind = FAULT_RETRY, .retry_after_s = 30, .msg = "old"};
    assert_false(fault_set(&fault, FAULT_INPUT, "line %d: %s", 7, "odd"));
    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_int_equal(fault.retry_after_s, 0);
    assert_string_equal(fault.msg, "line 7: odd");
}

static void test_prefix(void **state)
{
    (void)state;
    struct fault fault = {0};
    fault_set(&fault, FAULT_RETRY, "no connection");
    fault.retry_after_s = 5;
    assert_false(fault_prefix(&fault, "feed '%s'", "x"));
    assert_string_equal(fault.msg, "feed 'x': no connection");
    assert_int_equal(fault.kind, FAULT_RETRY);
    assert_int_equal(fault.retry_after_s, 5);
}

/* Longer texts are cut at the end of the buffer, whatever is long. */
static void test_long(void **state)
{
    (void)state;
    struct buf big = repeat("0123456789", 300);
    for (size_t n = sizeof((struct fault *)0)->msg - 12; n < sizeof((struct fault *)0)->msg + 12;
         n++) {
        struct fault fault = {0};
        fault_set(&fault, FAULT_INPUT, "%.*s", (int)n, buf_str(&big));
        size_t most = sizeof fault.msg - 1, len = n < most ? n : most;
        assert_int_equal(strlen(fault.msg), len);
        fault_prefix(&fault, "where");
        assert_int_equal(strlen(fault.msg), len + 7 < most ? len + 7 : most);
        assert_int_equal(strncmp(fault.msg, "where: 0123", 11), 0);
        fault_prefix(&fault, "%.*s", (int)n, buf_str(&big));
        assert_int_equal(strlen(fault.msg), most);
    }
}

static void test_exit_status(void **state)
{
    (void)state;
    static const struct {
        enum fault_kind kind;
        int status;
    } cases[] = {
        {FAULT_NONE, 0},   {FAULT_LOCAL, 1},    {FAULT_ABSENT, 3},
        {FAULT_INPUT, 65}, {FAULT_RETRY, 75},   {FAULT_BUSY, 75},
        {FAULT_SETUP, 78}, {FAULT_STOPPED, 75}, {FAULT_DAMAGED, 78},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(fault_exit_status(cases[i].kind), cases[i].status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_exit_status),
    };
    return cmocka_run_group_tests_name("fault", tests, setup_arena, teardown_arena);
}
