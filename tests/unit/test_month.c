/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "fixture.h"
#include "news/month.h"

static void test_id(void **state)
{
    (void)state;
    static const char *const right[] = {"2025-07", "2020-01", "2031-12", "0000-02", "9999-10"};
    static const char *const wrong[] = {"",         "2025-00", "2025-13", "2025-7",   "2025-077",
                                        "25-07",    "2025/07", "2025-0a", " 2025-07", "202a-07",
                                        "2025-07 ", "-025-07", "0000-01"};
    for (size_t i = 0; i < COUNT(right); i++)
        assert_month(month_of_id(right[i]), right[i]);
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (month_of_id(wrong[i]))
            fail_msg("valid: '%s'", wrong[i]);
    assert_month(month_read("2025-07-08"), "2025-07");
    assert_int_equal(month_read("2025-0"), 0);
    assert_int_equal(month_read("July 2025"), 0);
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *words, *id;
    } cases[] = {
        {"2025-07", "2025-07"},
        {"July 2025", "2025-07"},
        {"jul 2025", "2025-07"},
        {"DECEMBER 2031", "2031-12"},
        {"  may   2026 ", "2026-05"},
        {" 2025-07 ", "2025-07"},
        {"sep 2030", "2030-09"},
        {"Sept 2030", NULL},
        {"July", NULL},
        {"2025", NULL},
        {"July2025", NULL},
        {"July 25", NULL},
        {"July 20255", NULL},
        {"July 2025 x", NULL},
        {"Smarch 2031", NULL},
        {"2025-13", NULL},
        {"2025-07-01", NULL},
        {"2025 July", NULL},
        {"Ju 2025", NULL},
        {"Jul. 2025", NULL},
        {"July -025", NULL},
        {"", NULL},
        {"   ", NULL},
        {"latest", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int month = month_parse(cases[i].words);
        if (month != (cases[i].id ? month_of_id(cases[i].id) : 0))
            fail_msg("'%s': %d", cases[i].words, month);
    }
}

static void test_at(void **state)
{
    (void)state;
    static const struct {
        double at;
        const char *id;
    } cases[] = {{0, "1970-01"},          {1771977599, "2026-02"}, {1772323199, "2026-02"},
                 {1772323200, "2026-03"}, {-1, "1970-01"},         {-1e12, "1970-01"},
                 {1e12, "9999-12"}};
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_month(month_at(cases[i].at), cases[i].id);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        const char *id, *month, *next;
    } cases[] = {
        {"2025-01", "January 2025", "2025-02"},   {"2025-08", "August 2025", "2025-09"},
        {"2025-09", "September 2025", "2025-10"}, {"2025-12", "December 2025", "2026-01"},
        {"9999-12", "December 9999", "0000-01"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[MONTH_TEXT_SIZE];
        month_text(month_of_id(cases[i].id), text);
        assert_string_equal(text, cases[i].month);
        assert_month(month_of_id(cases[i].id) + 1, cases[i].next);
    }
    for (int m = 1; m <= 12; m++) {
        size_t length = 0;
        assert_int_equal(month_number(month_name(m - 1), &length), m);
        assert_int_equal(length, strlen(month_name(m - 1)));
        char words[20];
        snprintf(words, sizeof words, "%.3s.", month_name(m - 1));
        assert_int_equal(month_number(words, &length), m);
        assert_int_equal(length, 3);
    }
    size_t length;
    assert_int_equal(month_number("Octo 3", &length), 0);
    assert_int_equal(month_number("", &length), 0);
}

/* A month is once in a list. */
static void test_list(void **state)
{
    (void)state;
    struct months months = {0};
    assert_false(months_have(&months, 24300));
    for (int i = 0; i < 100; i++)
        months_add(test_arena, &months, 24300 + i % 10);
    assert_int_equal(months.count, 10);
    assert_true(months_have(&months, 24309));
    assert_false(months_have(&months, 24310));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_id),    cmocka_unit_test(test_parse), cmocka_unit_test(test_at),
        cmocka_unit_test(test_texts), cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
