/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a feed means, given what is known. */
#include "fixture.h"

#include "io/config.h"
#include "io/http.h"
#include "news/feed.h"
#include "watch/poll.h"

#define MONTHS_MAX 8
#define NOW        1e9
#define MINUTE     60.0
#define HOUR       3600.0
#define DAY        86400.0

static const struct config config = {.timing = {.poll_s = HOUR, .backoff_s = 60, .refused_s = 600}};
static char why[] = "it is unwell";

/* Waits are spread by a tenth. */
static void assert_about(double wait, double expected)
{
    assert_true(wait >= 0.9 * expected && wait <= 1.1 * expected);
}

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

/* Later and later, up to six hours; what is known stays. */
static void test_failures(void **state)
{
    char etag[] = "\"1\"";
    struct feed_state feed = {.etag = etag, .good_at = NOW - HOUR, .hash = 1};
    (void)state;
    for (int i = 0; i < 5; i++) {
        poll_fail(&feed, &config, NOW, NULL, why);
        assert_about(watched_poll_at(&feed, true) - NOW, 60 << i);
    }
    for (int i = 0; i < 20; i++)
        poll_fail(&feed, &config, NOW, NULL, why);
    assert_true(watched_poll_at(&feed, true) - NOW <= 6 * HOUR);
    assert_true(feed.etag == etag && feed.good_at == NOW - HOUR && feed.hash == 1);
    assert_ptr_equal(feed.error, why);
}

static void test_retry_after(void **state)
{
    static const struct {
        int status;
        double asked_s, waited_s;
    } cases[] = {{503, 7200, 7200}, {429, 1, 60}, {429, 1e9, DAY}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct feed_state feed = {0};
        struct http_response response = {.status = cases[i].status,
                                         .retry_after_s = cases[i].asked_s};
        poll_fail(&feed, &config, NOW, &response, why);
        assert_true(feed.hold_until == NOW + cases[i].waited_s);
    }
    /* Of another answer it does not count, but the site was there: not at once again. */
    struct feed_state feed = {0};
    struct http_response response = {.status = 500, .retry_after_s = 7200};
    poll_fail(&feed, &config, NOW, &response, why);
    assert_true(feed.hold_until == 0 && feed.next_at >= NOW + 600);
}

static void test_good(void **state)
{
    char old[] = "\"1\"", new[] = "\"2\"";
    struct feed_state feed = {.etag = old, .last_modified = old, .failures = 3, .error = why};
    struct http_response response = {.status = 304, .max_age_s = 60};
    (void)state;
    feed.distrusted_at = NOW - DAY;
    poll_succeed(&feed, &config, NOW, &response, true);
    assert_true(feed.etag == old && feed.good_at == NOW && feed.full_at == 0);
    assert_true(!feed.error && feed.failures == 0 && feed.distrusted_at == 0);
    assert_about(watched_poll_at(&feed, false) - NOW, HOUR);
    /* With work to do it waits for the max-age only. */
    assert_true(watched_poll_at(&feed, true) == NOW + 60);
    response = (struct http_response){.status = 200, .etag = new, .max_age_s = 1e9};
    poll_succeed(&feed, &config, NOW, &response, false);
    assert_true(feed.etag == new && !feed.last_modified &&feed.full_at == NOW);
    assert_true(watched_poll_at(&feed, true) == NOW + DAY);
}

static void test_distrust(void **state)
{
    char old[] = "\"1\"";
    struct feed_state feed = {.etag = old, .good_at = NOW - HOUR};
    (void)state;
    poll_distrust(&feed, &config, NOW, why);
    poll_distrust(&feed, &config, NOW + HOUR, why);
    assert_true(feed.distrusted_at == NOW && feed.etag == old && feed.good_at == NOW - HOUR);
    assert_about(watched_poll_at(&feed, false) - NOW - HOUR, HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_feed),  cmocka_unit_test(test_new),
        cmocka_unit_test(test_changed),     cmocka_unit_test(test_left_and_returned),
        cmocka_unit_test(test_missing),     cmocka_unit_test(test_failures),
        cmocka_unit_test(test_retry_after), cmocka_unit_test(test_good),
        cmocka_unit_test(test_distrust)};
    return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
