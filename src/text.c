/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Text: UTF-8, white space, code spans, case and nearness. */
#include "text.h"

#include "buf.h"

#include <string.h>
#include <strings.h>

#define REPLACEMENT 0xFFFDU

uint32_t text_next(const char **p, const char *end)
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
        return REPLACEMENT;
    c &= 0x3FU >> more;
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return REPLACEMENT;
        c = c << 6 | (s[i] & 0x3FU);
    }
    if (c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return REPLACEMENT;
    *p += more;
    return c;
}

void text_add_code_point(struct buf *out, uint32_t c)
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

void text_add_valid(struct buf *out, const char *data, size_t len)
{
    const char *end = data + len;
    while (data < end) {
        const char *start = data;
        uint32_t c = text_next(&data, end);
        if (c == 0 || c == REPLACEMENT)
            text_add_code_point(out, REPLACEMENT);
        else
            buf_add(out, start, (size_t)(data - start));
    }
}

bool text_is_space(uint32_t c)
{
    return c <= 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool text_is_unprintable(uint32_t c)
{
    return text_is_space(c) || (c >= 0x7F && c <= 0x9F);
}

bool text_is_bidi(uint32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

bool text_is_invisible(uint32_t c)
{
    /* Unicode's Default_Ignorable_Code_Point, and the Braille pattern without dots. */
    static const uint32_t ranges[][2] = {
        {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},   {0x115F, 0x1160},
        {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F}, {0x202A, 0x202E},
        {0x2060, 0x206F},   {0x2800, 0x2800},   {0x3164, 0x3164}, {0xFE00, 0xFE0F},
        {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFF8}, {0x1BCA0, 0x1BCA3},
        {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    };
    bool found = text_is_unprintable(c);
    for (size_t i = 0; !found && i < sizeof ranges / sizeof *ranges && c >= ranges[i][0]; i++)
        found = c <= ranges[i][1];
    return found;
}

bool text_shows(const char *s)
{
    const char *end = s + strlen(s);
    while (s < end)
        if (!text_is_invisible(text_next(&s, end)))
            return true;
    return false;
}

static bool is_mark(char c)
{
    return c == TEXT_CODE_BEGIN || c == TEXT_CODE_END;
}

void text_add_folded(struct buf *out, const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end) {
        const char *start = s;
        uint32_t c = text_next(&s, end);
        if (c < 0x80 && is_mark((char)c)) {
            buf_addc(out, (char)c);
        } else if (text_is_space(c)) {
            size_t i = out->len;
            while (i > 0 && is_mark(out->ptr[i - 1]))
                i--;
            if (i > 0 && out->ptr[i - 1] != ' ')
                buf_addc(out, ' ');
        } else {
            buf_add(out, start, (size_t)(s - start));
        }
    }
}

void text_trim(struct buf *out)
{
    /* At the end only marks and at most one space can stand behind the last visible character. */
    size_t visible = out->len;
    while (visible > 0 && (out->ptr[visible - 1] == ' ' || is_mark(out->ptr[visible - 1])))
        visible--;
    buf_truncate(out, visible);
    if (out->failed || !out->ptr)
        return;
    if (!text_shows(out->ptr)) {
        buf_truncate(out, 0);
        return;
    }
    char *to = out->ptr;
    bool code = false;
    for (const char *from = out->ptr; *from; from++) {
        /* An empty run, or two that touch and become one. */
        if (is_mark(from[0]) && is_mark(from[1])) {
            from++;
            continue;
        }
        if (is_mark(*from))
            code = *from == TEXT_CODE_BEGIN;
        *to++ = *from;
    }
    *to = '\0';
    out->len = (size_t)(to - out->ptr);
    if (code)
        buf_addc(out, TEXT_CODE_END);
}

char *text_plain(const char *text)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    for (; *text; text++)
        if (!is_mark(*text))
            buf_addc(&out, *text);
    return buf_take(&out);
}

bool text_is_plain(const char *text, const char *plain)
{
    for (; *text; text++)
        if (!is_mark(*text) && *text != *plain++)
            return false;
    return !*plain;
}

size_t text_length(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80 && !is_mark(*s);
    return n;
}

char *text_cut(const char *s, size_t max, bool at_word)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    if (text_length(s) <= max) {
        buf_adds(&out, s);
        return buf_take(&out);
    }
    const char *end = s + strlen(s), *cut = s, *word = NULL;
    size_t kept = 0;
    while (kept + 1 < max) {
        const char *start = cut;
        uint32_t c = text_next(&cut, end);
        if (c < 0x80 && is_mark((char)c))
            continue;
        if (c == ' ' && kept >= max / 2)
            word = start;
        kept++;
    }
    if (at_word && word && *cut != ' ')
        cut = word;
    buf_add(&out, s, (size_t)(cut - s));
    text_trim(&out);
    buf_adds(&out, "…");
    return buf_take(&out);
}

const char *text_printable(char *out, size_t size, const char *s, size_t len)
{
    static const char more[] = "…";
    const char *end = s + len;
    size_t n = 0, fits = 0; /* fits: where "…" still has room */
    while (s < end) {
        const char *start = s;
        uint32_t c = text_next(&s, end);
        bool space = text_is_unprintable(c);
        if (text_is_bidi(c) || (space && (n == 0 || out[n - 1] == ' ')))
            continue;
        size_t width = space ? 1 : c == REPLACEMENT ? 3 : (size_t)(s - start);
        if (n + width >= size) {
            n = fits;
            memcpy(out + n, more, sizeof more - 1);
            n += sizeof more - 1;
            break;
        }
        memcpy(out + n, space ? " " : c == REPLACEMENT ? "\xEF\xBF\xBD" : start, width);
        n += width;
        if (n + sizeof more <= size)
            fits = n;
    }
    out[n] = '\0';
    return out;
}

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* The words of a tag from its first byte on, as far as they matter; moves behind the tag. */
static size_t count_tag_words(const char **at, const char *end)
{
    size_t words = 0;
    bool in_word = false;
    for (; *at < end && **at != '>' && words <= TEXT_TAG_MAX; (*at)++) {
        /* White space need not stand between two attributes: quotes and "/" part them, too. */
        bool word = !**at || !strchr(" \t\r\n\f\"'/=", **at);
        words += word && !in_word;
        in_word = word;
    }
    return words;
}

bool text_has_wide_tag(const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end && (s = memchr(s, '<', (size_t)(end - s)))) {
        s++;
        if (s < end && is_word_byte(*s) && count_tag_words(&s, end) > TEXT_TAG_MAX)
            return true;
    }
    return false;
}

uint64_t text_hash(uint64_t hash, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

bool text_equal_fold(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

bool text_starts_fold(const char *s, const char *prefix)
{
    return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

bool text_has_word(const char *s, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = s; *p; p++)
        if ((p == s || !is_word_byte(p[-1])) && strncasecmp(p, word, len) == 0 &&
            !is_word_byte(p[len]))
            return true;
    return false;
}

#define DISTANCE_MAX 63

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

size_t text_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    if (la > DISTANCE_MAX || lb > DISTANCE_MAX)
        return SIZE_MAX;
    /* Optimal string alignment over three rows: before last, last, this. */
    size_t rows[3][DISTANCE_MAX + 1];
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *this = rows[i % 3], *last = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
        this[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            size_t best = last[j - 1] + (x != y);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (this[j - 1] + 1 < best)
                best = this[j - 1] + 1;
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y &&
                older[j - 2] + 1 < best)
                best = older[j - 2] + 1;
            this[j] = best;
        }
    }
    return rows[la % 3][lb];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t best = 3;
    for (size_t i = 0; i < count; i++) {
        size_t distance = text_distance(word, candidates[i]);
        if (distance < best && distance < strlen(candidates[i])) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
