/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The front matter of a Markdown post: the part of TOML that posts use. */
#include "news/frontmatter.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "news/month.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Room for a key with its tables, and the most keys: each new one is compared with all. */
#define NAME_SIZE 128
#define KEYS_MAX  4000

/* Room for what a fault quotes. */
#define SHOWN_SIZE 100

#define KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#define WORD_ENDS      " \t\n,]}#"

struct parser {
    struct arena *arena;
    const char *at; /* in a copy that ends with a NUL; its lines end with "\n" */
    int line;
    struct fault *fault;
    struct frontmatter *front;
    char table[NAME_SIZE]; /* of the last [header] */
};

__attribute__((format(printf, 2, 3))) static bool wrong(struct parser *p, const char *format, ...)
{
    char what[2 * SHOWN_SIZE + NAME_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    p->front->wrong_line = p->line;
    p->front->wrong = arena_copy(p->arena, what);
    return fault_set(p->fault, FAULT_INPUT, "front matter, line %d: %s", p->line, what);
}

/* The same of what is wrong in no line of its own. */
static bool wrong_at_all(struct frontmatter *front, const char *what, struct fault *fault)
{
    front->wrong = what;
    return fault_set(fault, FAULT_INPUT, "%s", what);
}

/* Steps over blanks and a comment; with `lines` over line ends too. */
static void skip(struct parser *p, bool lines)
{
    for (;; p->at++, p->line++) {
        p->at += strspn(p->at, " \t");
        if (*p->at == '#')
            p->at += strcspn(p->at, "\n");
        if (!lines || *p->at != '\n')
            return;
    }
}

static bool take(struct parser *p, char c)
{
    if (*p->at != c)
        return false;
    p->at++;
    return true;
}

struct front_key *frontmatter_find(const struct frontmatter *front, const char *name)
{
    for (size_t i = 0; i < front->count; i++)
        if (strcmp(front->key[i].name, name) == 0)
            return &front->key[i];
    return NULL;
}

/* Adds a key, or goes through a table that is there: TOML lets [a.b] and [a] follow each other in
 * any order once each, and a.b = 1 follow a.c = 1. A value is `FRONT_STRING` until it is read.
 * NULL: it may not be there, or there are too many. */
static struct front_key *define(struct parser *p, const char *name, enum front_type type)
{
    struct frontmatter *front = p->front;
    struct front_key *key = frontmatter_find(front, name);
    if (key && type == FRONT_HEADER && key->type == FRONT_IMPLIED)
        key->type = FRONT_HEADER;
    else if (key && !(type == FRONT_IMPLIED && key->type < FRONT_INLINE) &&
             !(type == FRONT_DOTTED && key->type == FRONT_DOTTED))
        return wrong(p, "'%s' is already in line %d", name, key->line), NULL;
    if (key)
        return key;
    if (front->count == KEYS_MAX)
        return wrong(p, "too many keys"), NULL;
    key = arena_add(p->arena, &front->key, &front->count, sizeof *key);
    key->name = arena_copy(p->arena, name);
    key->type = type;
    key->line = p->line;
    return key;
}

/* Reads a key of a table; those that a dotted key goes through become tables of the type `between`.
 */
static bool read_name(struct parser *p, const char *table, enum front_type between,
                      char name[NAME_SIZE])
{
    size_t len = (size_t)snprintf(name, NAME_SIZE, "%s", table);
    for (;;) {
        skip(p, false);
        size_t n = strspn(p->at, KEY_CHARACTERS);
        if (*p->at == '"' || *p->at == '\'')
            return wrong(p, "a key in quotes is not supported");
        if (!n)
            return wrong(p, "a key is missing");
        if (len + 1 + n >= NAME_SIZE)
            return wrong(p, "the key is too long");
        len +=
            (size_t)snprintf(name + len, NAME_SIZE - len, "%s%.*s", len ? "." : "", (int)n, p->at);
        p->at += n;
        skip(p, false);
        if (!take(p, '.'))
            return true;
        if (!define(p, name, between))
            return false;
    }
}

/* Reads what follows a backslash. Control characters, which TOML allows here, break the feed. */
static bool read_escape(struct parser *p, struct buf *out)
{
    static const char from[] = "tnr\"\\", to[] = "\t\n\r\"\\";
    const char *found = *p->at ? strchr(from, *p->at) : NULL;
    size_t count = *p->at == 'u' ? 4 : *p->at == 'U' ? 8 : 0;
    if (found) {
        p->at++;
        buf_addc(out, to[found - from]);
        return true;
    }
    size_t given = !count ? 0 : strspn(p->at + 1, "0123456789ABCDEFabcdef");
    const char *digits = arena_copy_n(p->arena, p->at + 1, given < count ? given : count);
    uint32_t code = (uint32_t)strtoul(digits, NULL, 16);
    if (!count || given < count || !unicode_is_xml(code))
        return wrong(p, "the string has an escape that is not supported");
    p->at += 1 + count;
    unicode_add(out, code);
    return true;
}

/* Steps over the end of a line of a long string, and the blanks after it. False: the line goes on.
 */
static bool skip_line_end(struct parser *p)
{
    const char *end = p->at + strspn(p->at, " \t");
    if (*end != '\n')
        return false;
    for (p->at = end; *p->at && strchr(" \t\n", *p->at); p->at++)
        p->line += *p->at == '\n';
    return true;
}

/* A string in single or double quotes, or in three of them over several lines. */
static bool read_string(struct parser *p, struct buf *out)
{
    const char quote[] = {*p->at, '\0'};
    bool many = strspn(p->at, quote) >= 3;
    p->at += many ? 3 : 1;
    if (many && take(p, '\n'))
        p->line++;
    while (*p->at && (many || *p->at != '\n')) {
        size_t run = strspn(p->at, quote);
        if (run && !many) {
            p->at++;
            return true;
        }
        if (run >= 3) { /* up to two more are part of the string */
            buf_add(out, p->at, run - 3 < 2 ? run - 3 : 2);
            p->at += run < 5 ? run : 5;
            return true;
        }
        if (*p->at == '\n')
            p->line++;
        char c = *p->at++;
        if (c != '\\' || *quote == '\'')
            buf_addc(out, c);
        else if (!(many && skip_line_end(p)) && !read_escape(p, out))
            return false;
    }
    return wrong(p, "the closing quote of the string is missing");
}

/* Whether `s` begins like the pattern, in which a 9 is any digit. */
static bool looks_like(const char *s, const char *pattern)
{
    for (; *pattern; s++, pattern++)
        if (*pattern == '9' ? !isdigit((unsigned char)*s) : *s != *pattern)
            return false;
    return true;
}

/* Whether "99:99" at `s` is below the hour of 24 and the minute of 60. */
static bool is_time(const char *s)
{
    return strtol(s, NULL, 10) < 24 && strtol(s + 3, NULL, 10) < 60;
}

static bool is_date(const char *s)
{
    if (!looks_like(s, "9999-99-99"))
        return false;
    const struct tm day = {.tm_year = (int)strtol(s, NULL, 10) - 1900,
                           .tm_mon = (int)strtol(s + 5, NULL, 10) - 1,
                           .tm_mday = (int)strtol(s + 8, NULL, 10)};
    struct tm real = day;
    timegm(&real);
    if (real.tm_mon != day.tm_mon || real.tm_mday != day.tm_mday)
        return false;
    s += 10;
    if (!*s)
        return true;
    if (!strchr("Tt ", *s) || !looks_like(s + 1, "99:99:99") || !is_time(s + 1) ||
        strtol(s + 7, NULL, 10) >= 60)
        return false;
    s += 9;
    if (s[0] == '.' && isdigit((unsigned char)s[1]))
        s += 1 + strspn(s + 1, "0123456789");
    if (*s == '+' || *s == '-')
        return looks_like(s + 1, "99:99") && !s[6] && is_time(s + 1);
    return !*s || strcmp(s, "Z") == 0 || strcmp(s, "z") == 0;
}

/* A whole number of 64 bits; single underscores may be between digits. */
static bool is_number(const char *s)
{
    char digits[24], *end;
    size_t len = 0, sign = *s == '+' || *s == '-';
    for (size_t i = 0; s[i] && len + 1 < sizeof digits; i++)
        if (s[i] != '_' || !i || !isdigit((unsigned char)s[i - 1]) ||
            !isdigit((unsigned char)s[i + 1]))
            digits[len++] = s[i];
    digits[len] = '\0';
    errno = 0;
    strtoll(digits, &end, 10);
    return isdigit((unsigned char)digits[sign]) && !*end && !errno &&
           (digits[sign] != '0' || len == sign + 1);
}

/* Reads a value without quotes. NULL: it is wrong. */
static const char *read_word(struct parser *p, enum front_type *type)
{
    char shown[SHOWN_SIZE];
    size_t len = strcspn(p->at, WORD_ENDS);
    if (len == 10 && p->at[10] == ' ' && looks_like(p->at + 11, "99:"))
        len = 11 + strcspn(p->at + 11, WORD_ENDS);
    const char *word = arena_copy_n(p->arena, p->at, len);
    p->at += len;
    *type = is_date(word) ? FRONT_DATE : is_number(word) ? FRONT_NUMBER : FRONT_BOOLEAN;
    if (*type != FRONT_BOOLEAN || strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
        return word;
    if (!len)
        wrong(p, "the value is missing");
    else
        wrong(p,
              "'%s' is not a value: expected a quoted string, a whole number, a date, true or "
              "false",
              text_printable(shown, sizeof shown, word, len));
    return NULL;
}

/* Reads what is neither an array nor a table: its text, folded to one line. NULL: it is wrong. */
static const char *read_plain(struct parser *p, enum front_type *type)
{
    struct buf raw = BUF_INIT(p->arena, TEXT_MAX), folded = BUF_INIT(p->arena, TEXT_MAX);
    if (*p->at == '[' || *p->at == '{') {
        wrong(p, "an array or table in an array is not supported");
        return NULL;
    }
    if (*p->at != '"' && *p->at != '\'')
        return read_word(p, type);
    *type = FRONT_STRING;
    if (!read_string(p, &raw))
        return NULL;
    text_add_folded(&folded, buf_str(&raw), raw.len);
    text_trim(&folded);
    return buf_str(&folded);
}

static bool read_array(struct parser *p, struct front_key *array)
{
    array->type = FRONT_STRINGS;
    for (;;) {
        enum front_type type = FRONT_STRING;
        skip(p, true);
        if (take(p, ']'))
            return true;
        const char *text = read_plain(p, &type);
        if (!text)
            return false;
        if (type != FRONT_STRING)
            array->type = FRONT_ARRAY;
        if (*text)
            names_add(p->arena, &array->strings, text);
        skip(p, true);
        if (!take(p, ',') && *p->at != ']')
            return wrong(p, "the closing ']' of the array is missing");
    }
}

/* Reads "key = value" of a table, which may be `inside` braces. */
static bool read_pair(struct parser *p, const char *table, bool inside)
{
    char name[NAME_SIZE];
    if (!read_name(p, table, FRONT_DOTTED, name))
        return false;
    struct front_key *key = define(p, name, FRONT_STRING);
    if (!key)
        return false;
    if (!take(p, '='))
        return wrong(p, "the '=' after the key is missing");
    skip(p, false);
    if (take(p, '['))
        return read_array(p, key);
    if (!take(p, '{')) {
        key->text = read_plain(p, &key->type);
        return key->text;
    }
    if (inside)
        return wrong(p, "a table in an inline table is not supported");
    key->type = FRONT_INLINE;
    skip(p, false);
    if (take(p, '}'))
        return true;
    do {
        if (!read_pair(p, name, true))
            return false;
        skip(p, false);
        if (take(p, '}'))
            return true;
    } while (take(p, ','));
    return wrong(p, "the closing '}' of the inline table is missing");
}

static bool read_header(struct parser *p)
{
    if (*p->at == '[')
        return wrong(p, "an array of tables is not supported");
    if (!read_name(p, "", FRONT_IMPLIED, p->table) || !define(p, p->table, FRONT_HEADER))
        return false;
    return take(p, ']') || wrong(p, "the closing ']' of the table is missing");
}

static bool read_lines(struct parser *p)
{
    for (;;) {
        skip(p, true);
        if (!*p->at)
            return true;
        if (!(take(p, '[') ? read_header(p) : read_pair(p, p->table, false)))
            return false;
        skip(p, false);
        if (*p->at && *p->at != '\n')
            return wrong(p, "unexpected text after the value");
    }
}

/* Copies what will be read. TOML forbids control characters, and "\r" except before "\n"; a feed
 * also forbids U+FFFE and U+FFFF. */
static bool copy(struct parser *p, const char *s, const char *end)
{
    int first = p->line;
    struct buf out = BUF_INIT(p->arena, (size_t)(end - s));
    while (s < end) {
        const char *start = s;
        uint32_t c = unicode_next(&s, end);
        if (!unicode_is_xml(c) || c == 0x7F || (c == '\r' && !(s < end && *s == '\n')))
            return wrong(p, "the character U+%04X is not allowed: take it out", c);
        if (c == '\n')
            p->line++;
        if (c != '\r')
            buf_add(&out, start, (size_t)(s - start));
    }
    p->at = buf_str(&out);
    p->line = first;
    return true;
}

/* The types that the site's generator wants for the keys it knows, and the newsletter for its own.
 */
static bool check_types(struct parser *p)
{
    static const char *const names[] = {
        [FRONT_INLINE] = "a table",
        [FRONT_STRING] = "a string",
        [FRONT_BOOLEAN] = "true or false",
        [FRONT_NUMBER] = "a whole number",
        [FRONT_STRINGS] = "an array of strings",
    };
    static const struct {
        const char *name;
        enum front_type type;
    } known[] = {
        {"title", FRONT_STRING},          {"description", FRONT_STRING},
        {"slug", FRONT_STRING},           {"path", FRONT_STRING},
        {"template", FRONT_STRING},       {"draft", FRONT_BOOLEAN},
        {"render", FRONT_BOOLEAN},        {"in_search_index", FRONT_BOOLEAN},
        {"weight", FRONT_NUMBER},         {"authors", FRONT_STRINGS},
        {"aliases", FRONT_STRINGS},       {"taxonomies", FRONT_INLINE},
        {"extra", FRONT_INLINE},          {"extra.month", FRONT_STRING},
        {"extra.authors", FRONT_STRINGS}, {"extra.editors", FRONT_STRINGS},
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        const struct front_key *key = frontmatter_find(p->front, known[i].name);
        if (key && (key->type < FRONT_INLINE ? FRONT_INLINE : key->type) != known[i].type) {
            p->line = key->line;
            return wrong(p, "'%s' must be %s", key->name, names[known[i].type]);
        }
    }
    return true;
}

/* Takes from the keys what an issue needs. */
static bool read_issue(struct parser *p)
{
    struct frontmatter *front = p->front;
    const struct front_key *title = frontmatter_find(front, "title"),
                           *date = frontmatter_find(front, "date"),
                           *month = frontmatter_find(front, "extra.month"),
                           *authors = frontmatter_find(front, "extra.authors"),
                           *editors = frontmatter_find(front, "extra.editors");
    if (!title || !*title->text)
        return wrong_at_all(front, "front matter: 'title' is missing", p->fault);
    if (!month)
        return wrong_at_all(front, "front matter: 'extra.month' is missing", p->fault);
    front->title = title->text;
    if (authors)
        front->authors = authors->strings;
    if (editors)
        front->editors = editors->strings;
    if (date && date->text && (strlen(date->text) <= 10 || strchr("Tt ", date->text[10])))
        issue_date_read(front->published, date->text);
    front->month = month_parse(month->text);
    p->line = month->line;
    return front->month ||
           wrong(p, "'extra.month' must be a month and a year, such as \"July 2025\"");
}

/* Whether a line that is only "+++" begins at `s`. */
static bool opens(const char *s, const char *end)
{
    if (end - s < 3 || memcmp(s, "+++", 3) != 0)
        return false;
    s += 3;
    s += end - s >= 2 && *s == '\r';
    return s == end || *s == '\n';
}

/* Where the front matter ends: at the first "+++" that ends a line, as the site's generator has it,
 * whatever is before it. NULL: nowhere. */
static const char *find_close(const char *at, const char *end)
{
    for (; (at = memmem(at, (size_t)(end - at), "+++", 3)); at++) {
        const char *s = at + 3;
        while (s < end && *s != '\n' && isspace((unsigned char)*s))
            s++;
        if (s == end || *s == '\n')
            return at;
    }
    return NULL;
}

static const char *after_line(const char *at, const char *end)
{
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    return stop ? stop + 1 : end;
}

bool frontmatter_parse(struct arena *arena, const char *data, size_t len, struct frontmatter *front,
                       struct fault *fault)
{
    static const char bom[] = "\xEF\xBB\xBF";
    const char *end = data + len, *start = data;
    if (len >= 3 && memcmp(data, bom, 3) == 0)
        start += 3;
    int line = 1;
    for (; start < end && isspace((unsigned char)*start); start++)
        line += *start == '\n';
    front->first_line = front->wrong_line = line;
    if (!opens(start, end))
        return wrong_at_all(
            front, "no front matter: a post must begin with a line that is only '+++'", fault);
    const char *inside = after_line(start, end), *close = find_close(inside, end);
    if (!close)
        return wrong_at_all(
            front, "unclosed front matter: the second line that is only '+++' is missing", fault);
    front->body = (size_t)(after_line(close, end) - data);
    front->body_line = line + 2;
    for (const char *s = inside; s < close; s++)
        front->body_line += *s == '\n';

    struct parser p = {.arena = arena, .line = line + 1, .fault = fault, .front = front};
    if (!copy(&p, inside, close) || !read_lines(&p) || !check_types(&p) || !read_issue(&p))
        return false;
    front->wrong_line = 0;
    return true;
}
