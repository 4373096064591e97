/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests tags: what costs a parser much. */
#include "tags.h"

#include "fixture.h"

/* Every way in which a parser may read the bytes counts. */
static void test_wide_tag(void **state)
{
    (void)state;
    static const struct {
        const char *head, *unit, *tail;
        bool wide;
    } cases[] = {
        {"", "a ", "", false},
        {"<!-- ", "a ", "-->", false},
        {"<p>", "a ", "</p>", false},
        {"1 < 2 ", "a ", ">", false},
        {"<p title=\"", "a ", "\">", true},
        {"<p title=\">", "a ", "\">", false},
        {"", "<a b c=d>", "", false},
        {"<a ", "b ", ">", true},
        {"<:a ", "b ", ">", true},
        {"<a\n", "b\t", "", true},
        {"<a", "/b", ">", true},
        {"<a ", "b=''", ">", true},
        {"<a ", "b=\"\"", ">", true},
        {"<a ", "b=\"'\"", ">", true},
        {"<a b='>' ", "c ", ">", true},
        {"<a b=\">\" ", "c ", ">", true},
        {"<a b = \n\">\" ", "c ", ">", true},
        {"<a b=\">'\" ", "c ", ">", true},
        {"<a b=\"x>\"", "c='>'", ">", true},
        {"<a b='\"' c=\">\" ", "d='>'", ">", true},
        {"<a b=\"", "<c d='>' ", "", true},
        {"<a =\">", "<b>", "", false},
        {"<a =\"></a>", "<b c='d'>", "", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf text = BUF_INIT(100000);
        buf_adds(&text, cases[i].head);
        for (int n = 0; n <= TAGS_WORDS_MAX; n++)
            buf_adds(&text, cases[i].unit);
        buf_adds(&text, cases[i].tail);
        if ((tags_count_nodes(text.ptr, text.len) == SIZE_MAX) != cases[i].wide)
            fail_msg("%.100s", text.ptr);
        buf_finish(&text);
    }
}

static void test_nodes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t nodes;
    } cases[] = {{"", 0},          {"a > b", 0},    {"<", 0},           {"<<a<", 3},
                 {"x<a/>", 2},     {"</a>", 0},     {"<!---->", 2},     {"<?a?>", 2},
                 {"<a b='c'>", 4}, {"<a b c/>", 4}, {"<a b='>c d'>", 3}};
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(tags_count_nodes(cases[i].text, strlen(cases[i].text)), cases[i].nodes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wide_tag),
        cmocka_unit_test(test_nodes),
    };
    return cmocka_run_group_tests_name("tags", tests, NULL, NULL);
}
