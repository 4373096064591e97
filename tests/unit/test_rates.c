/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests of rates: limits, windows, and what is shown once. */
#include "ask/rates.h"

#include "fixture.h"

/* Answers until it is refused; how often it answered. */
static int answer_all(struct rates *rates, double now, int64_t sender, uint64_t place)
{
    int answered = 0;
    while (rates_ask(rates, now, sender, place) == RATES_ANSWER && answered < 1000) {
        rates_count(rates, now, sender, place);
        answered++;
    }
    return answered;
}

static void test_sender(void **state)
{
    struct rates rates = {0};
    (void)state;
    assert_int_equal(answer_all(&rates, 100, 7, 1), RATES_SENDER);
    assert_int_equal(rates_ask(&rates, 100, 7, 2), RATES_OVER); /* wherever he asks */
    assert_int_equal(rates_ask(&rates, 100, 8, 1), RATES_ANSWER);
    assert_int_equal(rates_ask(&rates, 159.9, 7, 1), RATES_OVER);
    assert_int_equal(answer_all(&rates, 160, 7, 1), RATES_SENDER);
}

static void test_shown_once_a_minute(void **state)
{
    struct rates rates = {0};
    (void)state;
    for (int i = 0; i < RATES_SENDER; i++)
        rates_count(&rates, 100 + i, 7, 1);
    assert_int_equal(rates_ask(&rates, 110, 7, 1), RATES_FIRST);
    assert_int_equal(rates_ask(&rates, 111, 7, 1), RATES_OVER);
    assert_int_equal(rates_ask(&rates, 112, 7, 3), RATES_OVER);
    assert_int_equal(rates_ask(&rates, 160.5, 7, 1), RATES_ANSWER); /* the first is out of sight */
    rates_count(&rates, 160.5, 7, 1);
    assert_int_equal(rates_ask(&rates, 160.6, 7, 1), RATES_OVER);
    rates_count(&rates, 170, 7, 1);
    assert_int_equal(rates_ask(&rates, 170.1, 7, 1), RATES_ANSWER);
    for (int i = 0; i < RATES_SENDER; i++)
        rates_count(&rates, 171, 7, 1);
    assert_int_equal(rates_ask(&rates, 172, 7, 1), RATES_FIRST);
    assert_int_equal(rates_ask(&rates, 173, 7, 1), RATES_OVER);
}

/* Who asks once a second for an hour: what is shown is limited as well. */
static void test_flood(void **state)
{
    struct rates rates = {0};
    int answered = 0, shown = 0;
    (void)state;
    for (int second = 0; second < 3600; second++) {
        enum rates_verdict verdict = rates_ask(&rates, second, 7, 1);
        if (verdict == RATES_ANSWER)
            rates_count(&rates, second, 7, 1);
        answered += verdict == RATES_ANSWER;
        shown += verdict == RATES_FIRST;
    }
    assert_int_equal(answered, 60 * RATES_SENDER);
    assert_in_range(shown, 1, 60);
}

static void test_place(void **state)
{
    struct rates rates = {0};
    int answered = 0;
    (void)state;
    for (int64_t person = 1; person <= 10; person++)
        answered += answer_all(&rates, 100, person, 1);
    assert_int_equal(answered, RATES_PLACE);
    assert_int_equal(rates_ask(&rates, 100, 99, 1), RATES_OVER);
    assert_int_equal(rates_ask(&rates, 100, 99, 2), RATES_ANSWER);
}

static void test_all(void **state)
{
    struct rates rates = {0};
    int answered = 0;
    (void)state;
    for (int64_t person = 1; person <= 100; person++)
        answered += answer_all(&rates, 100, person, (uint64_t)person);
    assert_int_equal(answered, RATES_ALL);
    assert_int_equal(rates_ask(&rates, 100, 1000, 1000), RATES_OVER);
    assert_int_equal(rates_ask(&rates, 160, 1000, 1000), RATES_ANSWER);
}

/* More scopes are over their limit than are remembered. */
static void test_many_marks(void **state)
{
    struct rates rates = {0};
    (void)state;
    for (int64_t person = 1; person <= 4L * RATES_MARKS; person++) {
        double now = (double)person * RATES_WINDOW_S;
        assert_int_equal(answer_all(&rates, now, person, 1), RATES_SENDER);
        assert_int_equal(rates_ask(&rates, now, person, 1), RATES_OVER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sender),     cmocka_unit_test(test_shown_once_a_minute),
        cmocka_unit_test(test_flood),

        cmocka_unit_test(test_place),      cmocka_unit_test(test_all),
        cmocka_unit_test(test_many_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
