/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests unicode: what is UTF-8, and the kinds of code points. */
#include "base/text.h"

#include "fixture.h"

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
        assert_int_equal(unicode_next(&p, end), cases[i].c);
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
        struct buf b = BUF_INIT(test_arena, 4);
        unicode_add(&b, c);
        const char *p = b.ptr;
        uint32_t read = unicode_next(&p, b.ptr + b.len);
        bool whole = p == b.ptr + b.len;
        if (read != c || !whole)
            fail_msg("U+%04X reads as U+%04X", c, read);
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
        assert_true(unicode_is_space(spaces[i]));
        assert_true(unicode_is_unprintable(spaces[i]));
        assert_false(unicode_is_bidi(spaces[i]));
    }
    for (size_t i = 0; i < COUNT(visible); i++) {
        assert_false(unicode_is_space(visible[i]));
        assert_false(unicode_is_unprintable(visible[i]));
        assert_false(unicode_is_bidi(visible[i]));
    }
    for (size_t i = 0; i < COUNT(bidi); i++)
        assert_true(unicode_is_bidi(bidi[i]));
    for (uint32_t c = 0x7F; c <= 0x9F; c++)
        assert_true(unicode_is_unprintable(c));
    assert_false(unicode_is_space(0x7F));
    for (uint32_t c = 1; c <= 0x10FFFF; c++)
        if ((unicode_is_unprintable(c) || unicode_is_bidi(c)) && !unicode_is_invisible(c))
            fail_msg("U+%04X is not invisible", c);
}

/* As XML 1.0 says in its production of Char. */
static void test_xml(void **state)
{
    (void)state;
    static const uint32_t no[] = {0,    1,      8,      0x0B,   0x0C,   0x0E,
                                  0x1F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x110000};
    static const uint32_t yes[] = {9,      0x0A,   0x0D,   0x20,    0x7F,    0x9F,
                                   0xD7FF, 0xE000, 0xFFFD, 0x10000, 0x10FFFF};
    for (size_t i = 0; i < COUNT(no); i++)
        assert_false(unicode_is_xml(no[i]));
    for (size_t i = 0; i < COUNT(yes); i++)
        assert_true(unicode_is_xml(yes[i]));
}

static void test_symbols(void **state)
{
    (void)state;
    static const uint32_t symbols[] = {0,      ' ',    '_',    '\'',   0x7F,    0xA1,   0xAB,
                                       0xBF,   0x60C,  0x2026, 0x20AC, 0x2764,  0x3002, 0x300C,
                                       0xFE0F, 0xFF1F, 0xFFFD, 0xE000, 0x1F64F, 0xE0001};
    static const uint32_t letters[] = {'0',    'z',    'A',    0xAA,    0xB5,   0xDF,   0x300,
                                       0x3B1,  0x43B,  0x5D0,  0x628,   0x3005, 0x3042, 0x30FC,
                                       0x4E00, 0xD55C, 0xFF21, 0x10400, 0x20000};
    static const uint32_t pictures[] = {0x2192, 0x2705, 0x2764, 0x1F44D, 0x1F980, 0x1FAE1};
    for (size_t i = 0; i < COUNT(symbols); i++)
        if (!unicode_is_symbol(symbols[i]))
            fail_msg("U+%04X is no symbol", symbols[i]);
    for (size_t i = 0; i < COUNT(letters); i++)
        if (unicode_is_symbol(letters[i]) || unicode_is_picture(letters[i]))
            fail_msg("U+%04X is a symbol", letters[i]);
    for (size_t i = 0; i < COUNT(pictures); i++)
        if (!unicode_is_picture(pictures[i]) || !unicode_is_symbol(pictures[i]))
            fail_msg("U+%04X is no picture", pictures[i]);
    assert_false(unicode_is_picture(0x2026) || unicode_is_picture(0xFF1F) ||
                 unicode_is_picture('?'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next),    cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_kinds),   cmocka_unit_test(test_xml),
        cmocka_unit_test(test_symbols),
    };
    return cmocka_run_group_tests_name("unicode", tests, setup_arena, teardown_arena);
}
