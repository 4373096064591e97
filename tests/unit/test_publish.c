/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When an announced issue is corrected, and when its page is read again. */
#include "fixture.h"

#include "io/config.h"
#include "state/watched.h"
#include "watch/publish.h"

#define NOW    1e9
#define MINUTE 60.0
#define HOUR   3600.0
#define DAY    86400.0

static const struct config config = {.timing = {.backoff_s = 60}};

static struct watched_item announced(double ago)
{
    return (struct watched_item){.announced_at = NOW - ago, .recheck_at = NOW - 1};
}

static void test_nothing_new(void **state)
{
    struct watched_item item = announced(3 * MINUTE);
    (void)state;
    /* Servers allow an edit for ten minutes: a second look comes within them. */
    item = publish_after_look(&item, 0, NOW, &config);
    assert_true(item.recheck_at == NOW + 5 * MINUTE);
    item = publish_after_look(&item, 0, NOW + 5 * MINUTE, &config);
    assert_true(item.recheck_at == 0);
}

static void test_two_looks_agree(void **state)
{
    struct watched_item item = announced(HOUR);
    (void)state;
    assert_false(publish_is_correctable(&item, 7, NOW));
    item = publish_after_look(&item, 7, NOW, &config);
    assert_true(item.recheck_at == NOW + 5 * MINUTE);
    assert_true(publish_is_correctable(&item, 7, NOW));
    assert_false(publish_is_correctable(&item, 8, NOW));
    item = publish_after_look(&item, 7, NOW, &config);
    assert_true(item.recheck_at == 0 && item.look == 0);
    assert_int_equal(item.corrections, 1);
}

/* A cache that serves old and new in turn is looked at less and less often. */
static void test_no_two_agree(void **state)
{
    struct watched_item item = announced(HOUR);
    double now = NOW;
    (void)state;
    item = publish_after_look(&item, 1, now, &config);
    for (int64_t seen = 2; seen < 12; seen++) {
        now = item.recheck_at;
        item = publish_after_look(&item, seen, now, &config);
        assert_true(item.recheck_at >= now + 5 * MINUTE && item.recheck_at <= now + 6 * HOUR);
        assert_int_equal(item.corrections, 0);
    }
    assert_true(item.recheck_at > now + HOUR);
    item = publish_after_look(&item, 0, now, &config);
    assert_true(item.unread_since == 0 && item.recheck_at == 0);
}

static void test_three_a_day(void **state)
{
    struct watched_item item = announced(HOUR);
    (void)state;
    for (int i = 0; i < 3; i++) {
        item.look = 7;
        assert_true(publish_is_correctable(&item, 7, NOW + i));
        item = publish_after_look(&item, 7, NOW + i, &config);
    }
    item.look = 7;
    assert_false(publish_is_correctable(&item, 7, NOW + 3));
    item = publish_after_look(&item, 7, NOW + 3, &config);
    assert_true(item.recheck_at == NOW + DAY);
    assert_true(publish_is_correctable(&item, 7, NOW + DAY));
    item = publish_after_look(&item, 7, NOW + DAY, &config);
    assert_int_equal(item.corrections, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_new), cmocka_unit_test(test_two_looks_agree),
        cmocka_unit_test(test_no_two_agree), cmocka_unit_test(test_three_a_day)};
    return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
