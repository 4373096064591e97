/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Code points: UTF-8, and what kinds of them there are. */
#include "base/unicode.h"

#include "base/arena.h"
#include "base/buf.h"

#include <stddef.h>

uint32_t unicode_next(const char **p, const char *end)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)*p;
    size_t left = (size_t)(end - *p);
    uint32_t c = s[0];
    size_t more = c < 0x80 ? 0 : c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : 3;
    ++*p;
    if (more == 0)
        return c;
    if (c < 0xC2 || c > 0xF4 || more >= left)
        return UNICODE_REPLACEMENT;
    c &= 0x3FU >> more;
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return UNICODE_REPLACEMENT;
        c = c << 6 | (s[i] & 0x3FU);
    }
    if (c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return UNICODE_REPLACEMENT;
    *p += more;
    return c;
}

void unicode_add(struct buf *out, uint32_t c)
{
    char s[4];
    if (c < 0x80) {
        buf_addc(out, (char)c);
    } else if (c < 0x800) {
        s[0] = (char)(0xC0 | c >> 6);
        s[1] = (char)(0x80 | (c & 0x3F));
        buf_add(out, s, 2);
    } else if (c < 0x10000) {
        s[0] = (char)(0xE0 | c >> 12);
        s[1] = (char)(0x80 | (c >> 6 & 0x3F));
        s[2] = (char)(0x80 | (c & 0x3F));
        buf_add(out, s, 3);
    } else {
        s[0] = (char)(0xF0 | c >> 18);
        s[1] = (char)(0x80 | (c >> 12 & 0x3F));
        s[2] = (char)(0x80 | (c >> 6 & 0x3F));
        s[3] = (char)(0x80 | (c & 0x3F));
        buf_add(out, s, 4);
    }
}

bool unicode_is_space(uint32_t c)
{
    return c <= 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool unicode_is_unprintable(uint32_t c)
{
    return unicode_is_space(c) || (c >= 0x7F && c <= 0x9F);
}

bool unicode_is_bidi(uint32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

bool unicode_is_xml(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= ' ' && c < 0xD800) ||
           (c > 0xDFFF && c < 0xFFFE) || (c >= 0x10000 && c <= 0x10FFFF);
}

bool unicode_is_invisible(uint32_t c)
{
    /* Unicode's Default_Ignorable_Code_Point, and the Braille pattern without dots. */
    static const uint32_t ranges[][2] = {
        {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},   {0x115F, 0x1160},
        {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F}, {0x202A, 0x202E},
        {0x2060, 0x206F},   {0x2800, 0x2800},   {0x3164, 0x3164}, {0xFE00, 0xFE0F},
        {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFF8}, {0x1BCA0, 0x1BCA3},
        {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    };
    bool found = unicode_is_unprintable(c);
    for (size_t i = 0; !found && i < COUNT(ranges) && c >= ranges[i][0]; i++)
        found = c <= ranges[i][1];
    return found;
}

/* Beyond ASCII, rising. */
static const struct {
    uint32_t first, last;
} symbols[] = {
    {0x80, 0xA9},     {0xAB, 0xB1},     {0xB4, 0xB4},       {0xB6, 0xB8},        {0xBB, 0xBB},
    {0xBF, 0xBF},     {0xD7, 0xD7},     {0xF7, 0xF7},       {0x55A, 0x55F},      {0x589, 0x58A},
    {0x5BE, 0x5BE},   {0x5F3, 0x5F4},   {0x60C, 0x60D},     {0x61B, 0x61F},      {0x66A, 0x66D},
    {0x6D4, 0x6D4},   {0x964, 0x965},   {0x2000, 0x2BFF},   {0x2E00, 0x2E7F},    {0x3000, 0x3004},
    {0x3008, 0x3020}, {0x3030, 0x3030}, {0x303D, 0x303F},   {0x30FB, 0x30FB},    {0xE000, 0xF8FF},
    {0xFE00, 0xFE19}, {0xFE30, 0xFE6F}, {0xFEFF, 0xFF0F},   {0xFF1A, 0xFF20},    {0xFF3B, 0xFF40},
    {0xFF5B, 0xFF65}, {0xFFE0, 0xFFFF}, {0x1F000, 0x1FBFF}, {0xE0000, 0x10FFFF},
};

bool unicode_is_symbol(uint32_t c)
{
    if (c < 0x80)
        return !((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'));
    size_t i = 0;
    while (i < COUNT(symbols) && symbols[i].last < c)
        i++;
    return i < COUNT(symbols) && symbols[i].first <= c;
}

bool unicode_is_picture(uint32_t c)
{
    return (c >= 0x2190 && c <= 0x2BFF) || (c >= 0x1F000 && c <= 0x1FBFF);
}
