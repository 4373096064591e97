/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests buf: bounded strings and growing arrays. */
#include "fixture.h"

static void test_adds(void **state)
{
    (void)state;
    struct buf b = BUF_INIT(100);
    assert_string_equal(buf_str(&b), "");
    buf_adds(&b, "one");
    buf_addc(&b, ' ');
    buf_add(&b, "two\0three", 9);
    buf_add(&b, NULL, 0);
    buf_addf(&b, " %d %s", 4, "five");
    assert_int_equal(b.len, 20);
    assert_memory_equal(b.ptr, "one two\0three 4 five", 21);
    assert_false(b.failed);
    buf_finish(&b);
    buf_finish(&b);
    assert_null(b.ptr);
    assert_int_equal(b.max, 100);
}

/* Exactly the maximum fits; one byte more fails, adds nothing and sticks. */
static void test_maximum(void **state)
{
    (void)state;
    static const size_t limits[] = {0, 1, 2, 63, 64, 65, 127, 128, 1000};
    for (size_t i = 0; i < COUNT(limits); i++) {
        size_t max = limits[i];
        struct buf b = BUF_INIT(max);
        for (size_t n = 0; n < max; n++)
            buf_addc(&b, 'x');
        assert_false(b.failed);
        buf_add(&b, "", 0);
        assert_false(b.failed);
        buf_addc(&b, 'y');
        assert_true(b.failed);
        buf_truncate(&b, 0);
        buf_adds(&b, "");
        assert_true(b.failed);
        assert_int_equal(b.len, 0);
        assert_null(buf_take(&b));
        assert_null(b.ptr);
    }
    struct buf b = BUF_INIT(10);
    buf_addf(&b, "%s", "0123456789");
    assert_false(b.failed);
    buf_addf(&b, "%s", "a");
    assert_true(b.failed);
    assert_string_equal(buf_str(&b), "0123456789");
    buf_finish(&b);
    struct buf huge = BUF_INIT(10);
    buf_adds(&huge, "ab");
    buf_add(&huge, "", SIZE_MAX);
    assert_true(huge.failed);
    buf_finish(&huge);
}

static void test_take(void **state)
{
    (void)state;
    struct buf b = BUF_INIT(10);
    assert_owned(buf_take(&b), "");
    buf_adds(&b, "full of it");
    assert_owned(buf_take(&b), "full of it");
    assert_int_equal(b.len, 0);
    assert_string_equal(buf_str(&b), "");
    buf_adds(&b, "again");
    assert_owned(buf_take(&b), "again");
}

static void test_truncate(void **state)
{
    (void)state;
    struct buf b = BUF_INIT(10);
    buf_truncate(&b, 0);
    buf_adds(&b, "abcdef");
    buf_truncate(&b, 9);
    assert_string_equal(buf_str(&b), "abcdef");
    buf_truncate(&b, 3);
    assert_string_equal(buf_str(&b), "abc");
    buf_adds(&b, "xy");
    assert_string_equal(buf_str(&b), "abcxy");
    buf_finish(&b);
}

static void test_array(void **state)
{
    (void)state;
    struct pair {
        size_t number;
        char letter;
    } *pairs = NULL;
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_MAX; i++) {
        struct pair *pair = array_add(&pairs, &count, sizeof *pair);
        assert_non_null(pair);
        assert_int_equal(pair->number, 0);
        assert_int_equal(pair->letter, 0);
        *pair = (struct pair){i, 'z'};
    }
    assert_null(array_add(&pairs, &count, sizeof *pairs));
    assert_int_equal(count, ARRAY_MAX);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pairs[i].number, i);
    free(pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds),  cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_take),  cmocka_unit_test(test_truncate),
        cmocka_unit_test(test_array),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
