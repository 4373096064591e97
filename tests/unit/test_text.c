/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests text: UTF-8, folding, code marks, cutting, printable lines, nearness. */
#include "fixture.h"

#define B "\x0e"
#define E "\x0f"
#define R "\xEF\xBF\xBD" /* U+FFFD */

/* Well-formed sequences read as their code point; anything else as one U+FFFD for one byte. */
static void test_next(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t c;
        size_t length;
    } cases[] = {
        {"a", 'a', 1},
        {"\x7f", 0x7F, 1},
        {"\xC2\x80", 0x80, 2},
        {"\xDF\xBF", 0x7FF, 2},
        {"\xE0\xA0\x80", 0x800, 3},
        {"\xED\x9F\xBF", 0xD7FF, 3},
        {"\xEE\x80\x80", 0xE000, 3},
        {"\xEF\xBF\xBF", 0xFFFF, 3},
        {"\xF0\x90\x80\x80", 0x10000, 4},
        {"\xF4\x8F\xBF\xBF", 0x10FFFF, 4},
        {"\x80", 0xFFFD, 1}, /* a continuation alone */
        {"\xBF\xBF", 0xFFFD, 1},
        {"\xC0\x80", 0xFFFD, 1}, /* too long */
        {"\xC1\xBF", 0xFFFD, 1},
        {"\xE0\x9F\xBF", 0xFFFD, 1},
        {"\xF0\x8F\xBF\xBF", 0xFFFD, 1},
        {"\xED\xA0\x80", 0xFFFD, 1}, /* surrogates */
        {"\xED\xBF\xBF", 0xFFFD, 1},
        {"\xF4\x90\x80\x80", 0xFFFD, 1}, /* above the last */
        {"\xF5\x80\x80\x80", 0xFFFD, 1},
        {"\xFF", 0xFFFD, 1},
        {"\xC2", 0xFFFD, 1}, /* cut short */
        {"\xE2\x80", 0xFFFD, 1},
        {"\xF0\x9F\xA6", 0xFFFD, 1},
        {"\xE2\x28\xA1", 0xFFFD, 1},
        {"\xC3\xC3", 0xFFFD, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *p = cases[i].bytes, *end = p + strlen(p);
        assert_int_equal(text_next(&p, end), cases[i].c);
        assert_int_equal(p - cases[i].bytes, cases[i].length);
    }
}

/* Every code point survives being written and read. */
static void test_round_trip(void **state)
{
    (void)state;
    for (uint32_t c = 1; c <= 0x10FFFF; c++) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        struct buf b = BUF_INIT(4);
        text_add_code_point(&b, c);
        const char *p = b.ptr;
        uint32_t read = text_next(&p, b.ptr + b.len);
        bool whole = p == b.ptr + b.len;
        buf_finish(&b);
        if (read != c || !whole)
            fail_msg("U+%04X reads as U+%04X", c, read);
    }
}

static void test_valid(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t len;
        const char *out;
    } cases[] = {
        {"", 0, ""},
        {"plain\ttext\n", 11, "plain\ttext\n"},
        {"a\0b", 3, "a" R "b"},
        {"\0", 1, R},
        {"caf\xC3\xA9 \xF0\x9F\xA6\x80", 10, "caf\xC3\xA9 \xF0\x9F\xA6\x80"},
        {"caf\xC3", 4, "caf" R},
        {"\xE2\x80", 2, R R},
        {"\xED\xA0\x80", 3, R R R},
        {"\xFF\xFE"
         "a",
         3, R R "a"},
        {R, 3, R},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = BUF_INIT(100);
        text_add_valid(&b, cases[i].in, cases[i].len);
        assert_string_equal(buf_str(&b), cases[i].out);
        buf_finish(&b);
    }
}

static void test_kinds(void **state)
{
    (void)state;
    static const uint32_t spaces[] = {1,      9,      0x0A,   0x0C,   0x0D,   0x1F,
                                      0x20,   0x85,   0xA0,   0x1680, 0x2000, 0x200A,
                                      0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
    static const uint32_t visible[] = {'!', 'z', 0x200B, 0x200D, 0xFEFF, 0xAD, 0x300, 0x1F980};
    static const uint32_t bidi[] = {0x61C,  0x200E, 0x200F, 0x202A, 0x202B, 0x202C,
                                    0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069};
    for (size_t i = 0; i < COUNT(spaces); i++) {
        assert_true(text_is_space(spaces[i]));
        assert_true(text_is_unprintable(spaces[i]));
        assert_false(text_is_bidi(spaces[i]));
    }
    for (size_t i = 0; i < COUNT(visible); i++) {
        assert_false(text_is_space(visible[i]));
        assert_false(text_is_unprintable(visible[i]));
        assert_false(text_is_bidi(visible[i]));
    }
    for (size_t i = 0; i < COUNT(bidi); i++)
        assert_true(text_is_bidi(bidi[i]));
    for (uint32_t c = 0x7F; c <= 0x9F; c++)
        assert_true(text_is_unprintable(c));
    assert_false(text_is_space(0x7F));
}

static char *folded(const char *const *pieces)
{
    struct buf b = BUF_INIT(1000);
    for (; *pieces; pieces++)
        text_add_folded(&b, *pieces, strlen(*pieces));
    text_trim(&b);
    return buf_take(&b);
}

static void test_fold_and_trim(void **state)
{
    (void)state;
    static const struct {
        const char *pieces[7];
        const char *out;
    } cases[] = {
        {{""}, ""},
        {{" \t\r\n "}, ""},
        {{"  a \n\t b  "}, "a b"},
        {{"a ", " ", " b"}, "a b"},
        {{"a", "b"}, "ab"},
        {{"a\xC2\xA0\xE2\x80\xA8 b\xE3\x80\x80"}, "a b"},
        {{"a\x01\x1F"
          "b"},
         "a b"},
        {{"a\x7F\xC2\x80"
          "b"},
         "a\x7F\xC2\x80"
         "b"},
        {{B "x" E}, B "x" E},
        {{"a ", B "x" E, " b"}, "a " B "x" E " b"},
        {{"a ", B " x " E, " b"}, "a " B "x " E "b"},
        {{B " x" E}, B "x" E},
        {{B "x " E " "}, B "x" E},
        {{"a ", B E, " b"}, "a b"},
        {{B E}, ""},
        {{" ", B, " ", E, " "}, ""},
        {{B "x" E, B "y" E}, B "xy" E},
        {{B "x" E, B E, B "y" E}, B "xy" E},
        {{B E, B E, "z"}, "z"},
        {{B "x" E, B E, "z"}, B "x" E "z"},
        {{"a" B, " ", E "b"}, "a" B " " E "b"},
        {{"\u202e\u2069 ", B "\u200b" E}, ""},
        {{"\u202e", "a\u200d"}, "\u202ea\u200d"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_owned(folded(cases[i].pieces), cases[i].out);
}

static void test_shows(void **state)
{
    (void)state;
    static const char *const nothing[] = {"",
                                          " \n",
                                          B E,
                                          "\x7f\xC2\x85",
                                          "\u00ad\u034f\u061c\u115f\u1160\u180e",
                                          "\u200b\u200c\u200d\u200e\u200f\u202a\u202e",
                                          "\u2060\u2064\u2066\u206f\u2800\u3000\u3164",
                                          "\ufe00\ufe0f\ufeff\uffa0\ufff8",
                                          "\U0001d173\U000e0001\U000e0fff"};
    static const char *const something[] = {
        "a",      B "." E,  "\u200b\u202e-", "\u00ac",     "\u0350",     "\u200a\u2010",
        "\u2801", "\ufffd", "\xff",          "\U0001f680", "\U000e1000",
    };
    for (size_t i = 0; i < COUNT(nothing); i++)
        if (text_shows(nothing[i]))
            fail_msg("nothing[%zu] shows", i);
    for (size_t i = 0; i < COUNT(something); i++)
        if (!text_shows(something[i]))
            fail_msg("something[%zu] does not show", i);
    for (uint32_t c = 1; c <= 0x10FFFF; c++)
        if ((text_is_unprintable(c) || text_is_bidi(c)) && !text_is_invisible(c))
            fail_msg("U+%04X is not invisible", c);
}

static void test_plain_and_length(void **state)
{
    (void)state;
    static const struct {
        const char *text, *plain;
        size_t length;
    } cases[] = {
        {"", "", 0},
        {B "a" E, "a", 1},
        {"a " B "b c" E " d", "a b c d", 7},
        {"\xC3\xA9\xE2\x80\xA6\xF0\x9F\xA6\x80", "\xC3\xA9\xE2\x80\xA6\xF0\x9F\xA6\x80", 3},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_owned(text_plain(cases[i].text), cases[i].plain);
        for (size_t k = 0; k < COUNT(cases); k++)
            assert_int_equal(text_is_plain(cases[i].text, cases[k].plain), i == k);
        assert_int_equal(text_length(cases[i].text), cases[i].length);
    }
}

static void test_cut(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t max;
        bool at_word;
        const char *out;
    } cases[] = {
        {"abc", 3, false, "abc"},
        {"abcd", 3, false, "ab…"},
        {"abcd", 1, false, "…"},
        {"äöüß", 3, false, "äö…"},
        {"🦀🦀🦀", 2, false, "🦀…"},
        {"ab cd", 4, false, "ab…"},
        {"one two three", 10, false, "one two t…"},
        {"one two three", 10, true, "one two…"},
        {"one two three", 8, true, "one two…"},
        {"one two three", 9, true, "one two…"},
        {"a bcdefghijkl", 10, true, "a bcdefgh…"},
        {"abcdefghijklm", 10, true, "abcdefghi…"},
        {B "abcd" E, 3, false, B "ab" E "…"},
        {"a" B "bcd" E "e", 5, false, "a" B "bcd" E "e"},
        {"a" B "bcd" E "e", 4, false, "a" B "bc" E "…"},
        {"a" B "bcd" E "e", 2, false, "a…"},
        {"a " B "b c d" E " e f g", 6, true, "a " B "b c" E "…"},
        {"", 5, true, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_owned(text_cut(cases[i].text, cases[i].max, cases[i].at_word), cases[i].out);
}

/* Whatever is cut where: never too long, always valid, code always closed. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char text[] =
        "The " B "fra me<'a>" E " of é " B "🦀 b" E B "c" E ", שלום … end" B "!" E;
    for (size_t max = 1; max <= text_length(text) + 1; max++)
        for (int at_word = 0; at_word < 2; at_word++) {
            char *cut = text_cut(text, max, at_word);
            assert_non_null(cut);
            assert_in_range(text_length(cut), 1, max);
            size_t open = 0;
            for (const char *s = cut, *end = s + strlen(s); s < end;) {
                uint32_t c = text_next(&s, end);
                assert_int_not_equal(c, 0xFFFD);
                open += c == TEXT_CODE_BEGIN;
                open -= c == TEXT_CODE_END;
                assert_in_range(open, 0, 1);
            }
            assert_int_equal(open, 0);
            free(cut);
        }
}

static void test_printable(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t len, size;
        const char *out;
    } cases[] = {
        {"", 0, 10, ""},
        {"plain", 5, 10, "plain"},
        {"exact", 5, 6, "exact"},
        {"toolong", 7, 7, "too…"},
        {"toolong", 7, 6, "to…"},
        {"two\nlines\r\nand\ttabs", 19, 40, "two lines and tabs"},
        {"\x1b[31mred", 8, 40, "[31mred"},
        {"a\0b", 3, 40, "a b"},
        {"\xC2\x9B"
         "31m",
         5, 40, "31m"},
        {"a\x7F"
         "b",
         3, 40, "a b"},
        {"bad\xFFutf", 7, 40, "bad" R "utf"},
        {"r\xE2\x80\xAEtl\xE2\x81\xA6!", 10, 40, "rtl!"},
        {"äöüäöü", 12, 12, "äöüä…"},
        {"äöüäöü", 12, 10, "äöü…"},
        {"\xFF\xFF\xFF", 3, 10, R R R},
        {"\xFF\xFF\xFF", 3, 9, R "…"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[64];
        memset(out, 'X', sizeof out);
        assert_ptr_equal(text_printable(out, cases[i].size, cases[i].in, cases[i].len), out);
        assert_string_equal(out, cases[i].out);
        assert_int_equal(out[cases[i].size], 'X');
    }
}

static void test_fold_compare(void **state)
{
    (void)state;
    assert_true(text_equal_fold("Latest", "lATEST"));
    assert_false(text_equal_fold("Latest", "Latest "));
    assert_true(text_starts_fold("THANKS to", "thanks"));
    assert_false(text_starts_fold("Thank", "thanks"));
    assert_true(text_starts_fold("anything", ""));
}

static void test_word(void **state)
{
    (void)state;
    static const struct {
        const char *s, *word;
        bool has;
    } cases[] = {
        {"Project Updates", "project", true},
        {"Other Projects", "projects", true},
        {"Other Projects", "project", false},
        {"Projection", "project", false},
        {"Subproject", "project", false},
        {"my_project", "project", false},
        {"sub-project", "project", true},
        {"(PROJECT)", "project", true},
        {"project2", "project", false},
        {"projects, project", "project", true},
        {"éproject", "project", false},
        {"projecté", "project", false},
        {"", "project", false},
        {"project", "project", true},
        {"Project's", "project", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (text_has_word(cases[i].s, cases[i].word) != cases[i].has)
            fail_msg("'%s' in '%s'", cases[i].word, cases[i].s);
}

static void test_distance(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"a", "", 1},
        {"", "abc", 3},
        {"same", "SAME", 0},
        {"lates", "latest", 1},
        {"latets", "latest", 1},
        {"latesst", "latest", 1},
        {"kitten", "sitting", 3},
        {"ab", "ba", 1},
        {"ca", "abc", 3},
        {"chanel", "channel", 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(text_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(text_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
    struct buf fits = repeat("x", 63), over = repeat("x", 64);
    assert_int_equal(text_distance(buf_str(&fits), ""), 63);
    assert_int_equal(text_distance(buf_str(&fits), buf_str(&fits)), 0);
    assert_true(text_distance(buf_str(&over), buf_str(&over)) == SIZE_MAX);
    assert_true(text_distance("x", buf_str(&over)) == SIZE_MAX);
    buf_finish(&fits);
    buf_finish(&over);
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"latest", "list", "next", "since", "id"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"lates", "latest"}, {"lsit", "list"},      {"lisst", "list"},
        {"nxt", "next"},     {"frobnicator", NULL}, {"", NULL},
        {"xy", NULL},        {"di", "id"},          {"snice", "since"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *nearest = text_nearest(cases[i].word, words, COUNT(words));
        if (!nearest || !cases[i].nearest)
            assert_ptr_equal(nearest, cases[i].nearest);
        else
            assert_string_equal(nearest, cases[i].nearest);
    }
    assert_null(text_nearest("latest", NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next),          cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_valid),         cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_fold_and_trim), cmocka_unit_test(test_plain_and_length),
        cmocka_unit_test(test_cut),           cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_printable),     cmocka_unit_test(test_fold_compare),
        cmocka_unit_test(test_word),          cmocka_unit_test(test_distance),
        cmocka_unit_test(test_nearest),       cmocka_unit_test(test_shows),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
