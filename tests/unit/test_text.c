/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests text: folding, code marks, cutting, printable lines, nearness. */
#include "base/text.h"

#include "fixture.h"

#define B "\x0e"
#define E "\x0f"
#define R "\xEF\xBF\xBD" /* U+FFFD */

/* Lines as Markdown counts them. */
static void test_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length, next;
    } cases[] = {
        {"", 0, 0},      {"a", 1, 1},       {"\n", 0, 1},    {"a\nb", 1, 2},   {"a\r\nb", 1, 3},
        {"ab\rc", 2, 3}, {"a\r\r\n", 1, 2}, {"a\n\n", 1, 2}, {"a\n\rb", 1, 2}, {"a\r", 1, 2},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = cases[i].text, *next;
        assert_int_equal(text_line(text, text + strlen(text), &next), cases[i].length);
        assert_int_equal(next - text, cases[i].next);
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
        struct buf b = BUF_INIT(test_arena, 100);
        text_add_valid(&b, cases[i].in, cases[i].len);
        assert_string_equal(buf_str(&b), cases[i].out);
    }
}

static char *folded(const char *const *pieces)
{
    struct buf b = BUF_INIT(test_arena, 1000);
    for (; *pieces; pieces++)
        text_add_folded(&b, *pieces, strlen(*pieces));
    text_trim(&b);
    return buf_str(&b);
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
        assert_text(folded(cases[i].pieces), cases[i].out);
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
        assert_text(text_plain(test_arena, cases[i].text), cases[i].plain);
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
        assert_text(text_cut(test_arena, cases[i].text, cases[i].max, cases[i].at_word),
                    cases[i].out);
}

/* Whatever is cut where: never too long, always valid, code always closed. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char text[] =
        "The " B "fra me<'a>" E " of é " B "🦀 b" E B "c" E ", שלום … end" B "!" E;
    for (size_t max = 1; max <= text_length(text) + 1; max++)
        for (int at_word = 0; at_word < 2; at_word++) {
            char *cut = text_cut(test_arena, text, max, at_word);
            assert_non_null(cut);
            assert_in_range(text_length(cut), 1, max);
            size_t open = 0;
            for (const char *s = cut, *end = s + strlen(s); s < end;) {
                uint32_t c = unicode_next(&s, end);
                assert_int_not_equal(c, 0xFFFD);
                open += c == TEXT_CODE_BEGIN;
                open -= c == TEXT_CODE_END;
                assert_in_range(open, 0, 1);
            }
            assert_int_equal(open, 0);
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

static void test_ascii(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},
        {"Plain text, 1-2", "Plain text, 1-2"},
        {"Caf\u00e9", "Cafe"},
        {"cafe\u0301", "cafe"},
        {"\u0141\u00f3d\u017a", "Lodz"},
        {"Stra\u00dfe", "Strasse"},
        {"\u00c6on, \u0153uvre", "AEon, oeuvre"},
        {"Vi\u1ec7t, Bucure\u0219ti, \u00feorn", "Viet, Bucuresti, thorn"},
        {"don\u2019t \u2013 go\u2026", "don't - go..."},
        {"\u65e5\u672c \U0001F980", "?? ?"},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        char *ascii = text_ascii(test_arena, pairs[i][0]);
        assert_string_equal(ascii, pairs[i][1]);
    }
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
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"latest", "list", "next", "since", "id"};
    static const struct {
        const char *word, *nearest;
        size_t most;
    } cases[] = {
        {"lates", "latest", 2},   {"lsit", "list", 2},   {"lisst", "list", 2},  {"nxt", "next", 2},
        {"frobnicator", NULL, 2}, {"", NULL, 2},         {"xy", NULL, 2},       {"di", "id", 2},
        {"snice", "since", 2},    {"snice", "since", 1}, {"sniec", "since", 2}, {"sniec", NULL, 1},
        {"next", "next", 0},      {"nxt", NULL, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *nearest = text_nearest(cases[i].word, words, COUNT(words), cases[i].most);
        if (!nearest || !cases[i].nearest)
            assert_ptr_equal(nearest, cases[i].nearest);
        else
            assert_string_equal(nearest, cases[i].nearest);
    }
    assert_null(text_nearest("latest", NULL, 0, TEXT_NEAR));
}

static void test_unwrap(void **state)
{
    (void)state;
    static const struct {
        const char *s, *inside;
    } cases[] = {
        {"latest", "latest"},
        {"**latest**!", "latest"},
        {"\xC2\xABlatest\xC2\xBB", "latest"},
        {"(\"latest\xE2\x80\xA6\")", "latest"},
        {"latest\xF0\x9F\x99\x8F\xEF\xB8\x8F", "latest"},
        {"<https://x.example/a_b/>", "https://x.example/a_b"},
        {"-linux", "-linux"},
        {"C++?", "C++"},
        {"@ada", "@ada"},
        {"\xC3\xA4", "\xC3\xA4"},
        {"a.b c!d", "a.b c!d"},
        {"...", ""},
        {"\xF0\x9F\xA6\x80", ""},
        {"\xFFx\xFF", "x"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *s = cases[i].s;
        size_t len = text_unwrap(&s, strlen(s));
        if (len != strlen(cases[i].inside) || memcmp(s, cases[i].inside, len) != 0)
            fail_msg("'%s': '%.*s'", cases[i].s, (int)len, s);
    }
}

static void test_colon(void **state)
{
    (void)state;
    static const char *const colons[] = {
        ":",
        "a:",
        "a: ",
        B "asm:" E,
        "a " B "b:" E,
        B "a" E ":",
        "(new:)",
        "'news:'",
        "*a:*",
        "\xE2\x80\x9C"
        "a:\xE2\x80\x9D",
        "a\xEF\xBC\x9A",
        "a:\xE2\x80\x8B",
        B ":" E "\"",
    };
    static const char *const none[] = {"",    "a",          "a: b", B "a: b" E, "a:.",
                                       "a:!", B "a:" E "b", ")",    "::a"};
    for (size_t i = 0; i < COUNT(colons); i++)
        if (!text_ends_in_colon(colons[i]))
            fail_msg("'%s' ends in a colon", colons[i]);
    for (size_t i = 0; i < COUNT(none); i++)
        if (text_ends_in_colon(none[i]))
            fail_msg("'%s' does not end in a colon", none[i]);
}

static void test_hide(void **state)
{
    static const struct {
        const char *text, *secret, *hidden;
    } cases[] = {{"a key b", "key", "a *** b"},
                 {"keykey", "key", "******"},
                 {"KeY", "kEy", "***"},
                 {"ke", "key", "ke"},
                 {"", "key", ""},
                 {"aaa", "aa", "**a"},
                 {"text", "", "text"}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[20];
        snprintf(text, sizeof text, "%s", cases[i].text);
        text_hide(text, cases[i].secret);
        assert_string_equal(text, cases[i].hidden);
    }
}

static void test_match(void **state)
{
    (void)state;
    size_t len = 0;
    const char *s = "a: 12, b: 3";
    assert_ptr_equal(text_match(s, "[0-9]+", &len), s + 3);
    assert_int_equal(len, 2);
    assert_ptr_equal(text_match(s, "b: ([0-9])", &len), s + 10);
    assert_int_equal(len, 1);
    assert_ptr_equal(text_match(s, "^a(x)?:", &len), s);
    assert_int_equal(len, 2);
    assert_null(text_match(s, "^b", &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_fold_and_trim),
        cmocka_unit_test(test_plain_and_length),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_fold_compare),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_word),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_unwrap),
        cmocka_unit_test(test_shows),
        cmocka_unit_test(test_colon),
        cmocka_unit_test(test_hide),
    };
    return cmocka_run_group_tests_name("text", tests, setup_arena, teardown_arena);
}
