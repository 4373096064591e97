/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a feed means, given what is known. */
#include "fixture.h"

#include "news/feed.h"
#include "watch/poll.h"

#define MONTHS_MAX 8

/* A feed that names these months, in this order, as `title`. */
static struct feed feed_of(const char *months, const char *title)
{
    struct feed feed = {.entries = arena_zero(test_arena, MONTHS_MAX, sizeof *feed.entries)};
    for (; *months; months += strlen("2031-01 "))
        feed.entries[feed.count++] = (struct feed_entry){
            .month = month_of_id(arena_copy_n(test_arena, months, strlen("2031-01"))),
            .title = title,
            .url = "https://site.example/"};
    return feed;
}

/* What is known after that feed was taken. */
static struct watched_items know(const char *months, const char *title)
{
    struct feed feed = feed_of(months, title);
    struct watched_items none = {0}, known = {0};
    struct poll_changes changes;
    poll_compare(test_arena, &none, &feed, &changes);
    known.item = arena_zero(test_arena, MONTHS_MAX, sizeof *known.item);
    for (size_t i = 0; i < changes.count; i++)
        known.item[known.count++] =
            (struct watched_item){.month = changes.change[i].month, .hash = changes.change[i].hash};
    return known;
}

/* One letter a change, oldest month first after those that left. */
static const char *letters(const struct poll_changes *changes)
{
    static const char of[] = {[POLL_SAME] = '=', [POLL_CHANGED] = '~', [POLL_RETURNED] = '<',
                              [POLL_LEFT] = '>', [POLL_NEW] = '+',     [POLL_NEW_TOO_OLD] = '-'};
    struct buf out = BUF_INIT(test_arena, 100);
    for (size_t i = 0; i < changes->count; i++)
        buf_addc(&out, of[changes->change[i].meaning]);
    return buf_str(&out);
}

static void test_first_feed(void **state)
{
    struct watched_items none = {0};
    struct feed feed = feed_of("2031-02 2029-01 2031-01 ", "one");
    struct poll_changes changes;
    (void)state;
    poll_compare(test_arena, &none, &feed, &changes);
    assert_string_equal(letters(&changes), "+++");
    assert_month(changes.change[0].month, "2029-01");
    assert_month(changes.newest, "2031-02");
    assert_int_equal(changes.missing, 0);
}

static void test_new(void **state)
{
    struct watched_items known = know("2031-01 2031-02 ", "one");
    struct feed feed = feed_of("2030-11 2030-12 2031-03 2031-02 2031-01 ", "one");
    struct poll_changes changes;
    (void)state;
    poll_compare(test_arena, &known, &feed, &changes);
    assert_string_equal(letters(&changes), "-+==+");
    assert_int_equal(changes.changed, 0);
}

static void test_changed(void **state)
{
    struct watched_items known = know("2031-01 2031-02 ", "one");
    struct feed feed = feed_of("2031-01 2031-02 ", "two");
    struct poll_changes changes;
    (void)state;
    poll_compare(test_arena, &known, &feed, &changes);
    assert_string_equal(letters(&changes), "~~");
    assert_int_equal(changes.changed, 2);
    assert_false(changes.corrected);
    known.item[0].announced_at = 1;
    poll_compare(test_arena, &known, &feed, &changes);
    assert_true(changes.corrected);
}

static void test_left_and_returned(void **state)
{
    struct watched_items known = know("2031-01 2031-02 2031-03 ", "one");
    struct feed feed = feed_of("2031-03 2031-02 ", "one");
    struct poll_changes changes;
    (void)state;
    known.item[1].gone_at = 1;
    poll_compare(test_arena, &known, &feed, &changes);
    assert_string_equal(letters(&changes), "><=");
}

/* Of what is known, only the newest must be there; and not if it waits, or had left before. */
static void test_missing(void **state)
{
    struct watched_items known = know("2031-01 2031-02 ", "one");
    struct feed feed = feed_of("2031-03 2031-01 ", "one");
    struct poll_changes changes;
    (void)state;
    poll_compare(test_arena, &known, &feed, &changes);
    assert_month(changes.missing, "2031-02");
    assert_int_equal(changes.count, 0);
    known.item[1].waits = true;
    poll_compare(test_arena, &known, &feed, &changes);
    assert_string_equal(letters(&changes), ">=+");
    known.item[1].gone_at = 1;
    known.item[1].waits = false;
    poll_compare(test_arena, &known, &feed, &changes);
    assert_string_equal(letters(&changes), "=+");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_feed),
                                       cmocka_unit_test(test_new), cmocka_unit_test(test_changed),
                                       cmocka_unit_test(test_left_and_returned),
                                       cmocka_unit_test(test_missing)};
    return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
