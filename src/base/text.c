/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Text. */
#include "base/text.h"

#include "base/arena.h"
#include "base/buf.h"

#include <iconv.h>
#include <locale.h>
#include <regex.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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

/* Beyond ASCII, in rising order. */
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

size_t text_line(const char *s, const char *end, const char **next)
{
    const char *stop = s;
    while (stop < end && *stop != '\n' && *stop != '\r')
        stop++;
    bool both = end - stop >= 2 && stop[0] == '\r' && stop[1] == '\n';
    *next = stop + (stop < end) + both;
    return (size_t)(stop - s);
}

void text_add_valid(struct buf *out, const char *data, size_t len)
{
    const char *end = data + len;
    while (data < end) {
        const char *start = data;
        uint32_t c = unicode_next(&data, end);
        if (c == 0 || c == UNICODE_REPLACEMENT)
            unicode_add(out, UNICODE_REPLACEMENT);
        else
            buf_add(out, start, (size_t)(data - start));
    }
}

bool text_has_letter(const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end)
        if (!unicode_is_symbol(unicode_next(&s, end)))
            return true;
    return false;
}

bool text_shows(const char *s)
{
    const char *end = s + strlen(s);
    while (s < end)
        if (!unicode_is_invisible(unicode_next(&s, end)))
            return true;
    return false;
}

/* May be around a word. */
static bool is_wrapping(uint32_t c)
{
    return c < 0x80 ? c && strchr("'\"()[]{}<>*_~/!?.,;:", (int)c) : unicode_is_symbol(c);
}

size_t text_unwrap(const char **s, size_t len)
{
    const char *end = *s + len, *after = *s;
    bool inside = false;
    for (const char *p = *s, *start = p; p < end; start = p) {
        if (is_wrapping(unicode_next(&p, end)))
            continue;
        if (!inside)
            *s = start;
        inside = true;
        after = p;
    }
    return (size_t)(after - *s);
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
        uint32_t c = unicode_next(&s, end);
        if (c < 0x80 && is_mark((char)c)) {
            buf_addc(out, (char)c);
        } else if (unicode_is_space(c)) {
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
    /* After the last visible character there are only marks and at most one space. */
    size_t visible = out->len;
    while (visible > 0 && (out->ptr[visible - 1] == ' ' || is_mark(out->ptr[visible - 1])))
        visible--;
    buf_truncate(out, visible);
    if (out->full || !out->ptr)
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

char *text_plain(struct arena *arena, const char *text)
{
    char *plain = arena_copy(arena, text), *to = plain;
    for (; *text; text++)
        if (!is_mark(*text))
            *to++ = *text;
    *to = '\0';
    return plain;
}

bool text_ends_in_colon(const char *text)
{
    static const uint32_t closing[] = {TEXT_CODE_END, ')',    ']',    '}',    '"',   '\'',
                                       '*',           0x00BB, 0x2019, 0x201D, 0x203A};
    uint32_t last = 0;
    for (const char *end = text + strlen(text); text < end;) {
        uint32_t c = unicode_next(&text, end);
        bool closes = unicode_is_invisible(c);
        for (size_t i = 0; i < COUNT(closing); i++)
            closes = closes || c == closing[i];
        last = closes ? last : c;
    }
    return last == ':' || last == 0xFF1A; /* the colon of East Asian texts */
}

char *text_ascii(struct arena *arena, const char *s)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = uselocale(utf8); /* iconv uses its table */
    iconv_t converter = iconv_open("ASCII//TRANSLIT", "UTF-8");
    for (const char *next, *end = s + strlen(s); s < end; s = next) {
        char one[4], ascii[32], *from = one, *to = ascii;
        next = s;
        unicode_next(&next, end);
        size_t len = (size_t)(next - s), room = sizeof ascii;
        memcpy(one, s, len);
        if (iconv(converter, &from, &len, &to, &room) == (size_t)-1)
            buf_addc(&out, '?');
        else
            buf_add(&out, ascii, (size_t)(to - ascii));
    }
    iconv_close(converter);
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
    return buf_str(&out);
}

size_t text_length(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80 && !is_mark(*s);
    return n;
}

char *text_cut(struct arena *arena, const char *s, size_t max, bool at_word)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    if (text_length(s) <= max)
        return arena_copy(arena, s);
    const char *end = s + strlen(s), *cut = s, *word = NULL;
    size_t kept = 0;
    while (kept + 1 < max) {
        const char *start = cut;
        uint32_t c = unicode_next(&cut, end);
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
    return buf_str(&out);
}

const char *text_printable(char *out, size_t size, const char *s, size_t len)
{
    static const char more[] = "…";
    const char *end = s + len;
    size_t n = 0, fits = 0; /* fits: where "…" still has room */
    while (s < end) {
        const char *start = s;
        uint32_t c = unicode_next(&s, end);
        bool space = unicode_is_unprintable(c);
        if (unicode_is_bidi(c) || (space && (n == 0 || out[n - 1] == ' ')))
            continue;
        size_t width = space ? 1 : c == UNICODE_REPLACEMENT ? 3 : (size_t)(s - start);
        if (n + width >= size) {
            n = fits;
            memcpy(out + n, more, sizeof more - 1);
            n += sizeof more - 1;
            break;
        }
        memcpy(out + n, space ? " " : c == UNICODE_REPLACEMENT ? "\xEF\xBF\xBD" : start, width);
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

uint64_t text_hash(uint64_t hash, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    /* FNV-1a, but with eight bytes at a time, because whole feeds are hashed. */
    for (uint64_t word; len >= sizeof word; bytes += sizeof word, len -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * UINT64_C(1099511628211);
        hash ^= hash >> 32;
    }
    for (; len > 0; bytes++, len--)
        hash = (hash ^ *bytes) * UINT64_C(1099511628211);
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

const char *text_match(const char *s, const char *expression, size_t *len)
{
    regex_t regex;
    regmatch_t match[2];
    if (regcomp(&regex, expression, REG_EXTENDED) != 0)
        memory_out();
    bool found = regexec(&regex, s, COUNT(match), match, 0) == 0;
    regfree(&regex);
    if (!found)
        return NULL;
    const regmatch_t *part = &match[match[1].rm_so >= 0];
    *len = (size_t)(part->rm_eo - part->rm_so);
    return s + part->rm_so;
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

const char *text_nearest(const char *word, const char *const *candidates, size_t count, size_t most)
{
    const char *nearest = NULL;
    size_t best = most + 1;
    for (size_t i = 0; i < count; i++) {
        size_t distance = text_distance(word, candidates[i]);
        if (distance < best && distance < strlen(candidates[i])) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

void text_hide(char *s, const char *secret)
{
    size_t len = strlen(secret);
    for (char *p = s; len && (p = strcasestr(p, secret)); p += len)
        memset(p, '*', len);
}

void text_time(double at, char out[TEXT_TIME_SIZE])
{
    time_t seconds = (time_t)at;
    struct tm tm;
    if (at <= 0 || !gmtime_r(&seconds, &tm) ||
        !strftime(out, TEXT_TIME_SIZE, "%Y-%m-%d %H:%M UTC", &tm))
        snprintf(out, TEXT_TIME_SIZE, "never");
}
