/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests html: what costs a parser much. */
#include "news/html.h"

#include "fixture.h"

#define MANY 30000

/* Wherever a parser may see a long tag there is one, whatever comes before it. */
static void test_long_tag(void **state)
{
    (void)state;
    static const struct {
        const char *head, *unit, *tail;
        bool cheap;
    } cases[] = {
        {"", "a ", "", true},
        {"<!-- ", "a ", "-->", true},
        {"</p ", "a ", ">", true},
        {"<p>", "a ", "</p>", true},
        {"1 < 2 ", "a ", ">", true},
        {"", "<a b c=d>", "", true},
        {"", "<a b='>' c=\"'\">d ", "", true},
        {"<a href='?b=' c>", "d ", "", false}, /* a value may begin at the second quote */
        {"<a href='?b='>", "<a href='c'>d", "", true},
        {"<a b=\"\">'\"", "c ", "", true},
        {"<p title=\"", "a ", "\">", false},
        {"<p title=\">", "a ", "\">", false},
        {"<a ", "b ", ">", false},
        {"<:a ", "b ", ">", false},
        {"<\xC3\xA9 ", "b ", ">", false},
        {"<a\n", "b\t", "", false},
        {"<a", "/b", ">", false},
        {"<a ", "b=''", ">", false},
        {"<a ", "b=\"\"", ">", false},
        {"<a ", "b=\"'\"", ">", false},
        {"<a b='>' ", "c ", ">", false},
        {"<a b=\">\" ", "c ", ">", false},
        {"<a b = \n\">\" ", "c ", ">", false},
        {"<a b=\">'\" ", "c ", ">", false},
        {"<a b=\"x>\"", "c='>'", ">", false},
        {"<a b='\"' c=\">\" ", "d='>'", ">", false},
        {"<a b=\"", "<c d='>' ", "", false},
        {"<!-- <a b=' --><p c=\"'>\" ", "d ", ">", false},
        {"<!-- <a b=' --><p c=\"'>'>\" ", "d ", ">", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf text = BUF_INIT(test_arena, 100000);
        buf_adds(&text, cases[i].head);
        for (size_t n = 0; n < HTML_TAG_MAX; n += strlen(cases[i].unit))
            buf_adds(&text, cases[i].unit);
        buf_adds(&text, cases[i].tail);
        const char *costly = html_find_costly(text.ptr, text.len, MANY);
        if (!costly != cases[i].cheap || (costly && *costly != '<'))
            fail_msg("%.100s", text.ptr);
    }
}

static void test_length(void **state)
{
    (void)state;
    struct buf name = repeat("a", HTML_TAG_MAX - 2), text = BUF_INIT(test_arena, 2 * HTML_TAG_MAX);
    buf_addf(&text, "<%s>", name.ptr);
    assert_null(html_find_costly(text.ptr, text.len, MANY));
    buf_truncate(&text, 0);
    buf_addf(&text, "<%sa>", name.ptr);
    assert_non_null(html_find_costly(text.ptr, text.len, MANY));
}

static void test_many(void **state)
{
    (void)state;
    static const char *const units[] = {"<a>", "</a>", "<!---->", "<", "<a b='c'>"};
    for (size_t i = 0; i < COUNT(units); i++) {
        size_t each = 1 + (i == COUNT(units) - 1);
        struct buf text = repeat(units[i], MANY / each);
        assert_null(html_find_costly(text.ptr, text.len, MANY));
        text = repeat(units[i], MANY / each + 1);
        assert_non_null(html_find_costly(text.ptr, text.len, MANY));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_tag),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests_name("html", tests, setup_arena, teardown_arena);
}
