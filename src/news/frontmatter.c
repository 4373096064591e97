/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The front matter of a Markdown post: the part of TOML that posts use. */
#include "news/frontmatter.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "news/month.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#define WORD_ENDS      " \t\n,]}#"

#define NUMBER "^[+-]?(0|[1-9][0-9]{0,17})$"
#define TIME   "([01][0-9]|2[0-3]):[0-5][0-9]"
#define DAY    "[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}"
#define DATE   "^" DAY "([Tt ]" TIME ":[0-5][0-9]([.][0-9]+)?([Zz]|[+-]" TIME ")?)?$"

struct parser {
    struct arena *arena;
    const char *at; /* in a copy that ends with a NUL; its lines end with "\n" */
    int line;
    struct frontmatter *front;
};

__attribute__((format(printf, 2, 3))) static bool wrong(struct parser *p, const char *format, ...)
{
    char what[300];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    p->front->wrong_line = p->line;
    p->front->wrong = arena_copy(p->arena, what);
    return false;
}

static void skip_blanks(struct parser *p)
{
    p->at += strspn(p->at, " \t");
}

/* Steps over blanks, comments and line ends. */
static void skip_lines(struct parser *p)
{
    for (;; p->at++, p->line++) {
        skip_blanks(p);
        if (*p->at == '#')
            p->at += strcspn(p->at, "\n");
        if (*p->at != '\n')
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

static struct front_key *find_key(const struct frontmatter *front, const char *name)
{
    for (size_t i = 0; i < front->count; i++)
        if (strcmp(front->key[i].name, name) == 0)
            return &front->key[i];
    return NULL;
}

const struct front_key *frontmatter_find(const struct frontmatter *front, const char *name)
{
    return find_key(front, name);
}

/* Adds a key. NULL: there is one already, except that a.b = 1 may follow a.c = 1. */
static struct front_key *add_key(struct parser *p, const char *name, enum front_type type)
{
    struct frontmatter *front = p->front;
    struct front_key *key = find_key(front, name);
    if (key && !(key->type == FRONT_DOTTED && type == FRONT_DOTTED))
        return wrong(p, "'%s' is already in line %d", name, key->line), NULL;
    if (key)
        return key;
    key = arena_add(p->arena, &front->key, &front->count, sizeof *key);
    key->name = name;
    key->type = type;
    key->line = p->line;
    return key;
}

/* Reads a key in `table` ("" outside of tables) and the blanks around it. Returns its whole name.
 * NULL: it is wrong. */
static const char *read_name(struct parser *p, const char *table)
{
    skip_blanks(p);
    size_t len = strspn(p->at, KEY_CHARACTERS);
    if (!len)
        return wrong(p, "expected a key of letters, digits, '_' and '-'"), NULL;
    const char *name =
        arena_format(p->arena, "%s%s%.*s", table, *table ? "." : "", (int)len, p->at);
    p->at += len;
    skip_blanks(p);
    if (*table && *p->at == '.')
        return wrong(p, "a table in a table is not supported"), NULL;
    return name;
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
    if (!count || strspn(p->at + 1, "0123456789ABCDEFabcdef") < count)
        return wrong(p, "the string has an escape that is not supported");
    const char *digits = arena_copy_n(p->arena, p->at + 1, count);
    uint32_t code = (uint32_t)strtoul(digits, NULL, 16);
    if (!unicode_is_xml(code))
        return wrong(p, "the string has an escape that is not supported");
    p->at += 1 + count;
    unicode_add(out, code);
    return true;
}

/* Reads a string in single or double quotes as a text, folded. NULL: it is wrong. */
static const char *read_string(struct parser *p)
{
    struct buf raw = BUF_INIT(p->arena, TEXT_MAX), folded = BUF_INIT(p->arena, TEXT_MAX);
    char quote = *p->at;
    if (p->at[1] == quote && p->at[2] == quote)
        return wrong(p, "a string in three quotes is not supported: use one quote"), NULL;
    for (p->at++; !take(p, quote);) {
        char c = *p->at;
        if (!c || c == '\n')
            return wrong(p, "the closing quote of the string is missing"), NULL;
        p->at++;
        if (c != '\\' || quote == '\'')
            buf_addc(&raw, c);
        else if (!read_escape(p, &raw))
            return NULL;
    }
    text_add_folded(&folded, buf_str(&raw), raw.len);
    text_trim(&folded);
    return buf_str(&folded);
}

/* Whether a word is a date that exists, perhaps with a time. */
static bool is_date(const char *s)
{
    size_t len;
    if (!text_match(s, DATE, &len))
        return false;
    struct tm tm = {.tm_year = (int)strtol(s, NULL, 10) - 1900,
                    .tm_mon = (int)strtol(s + 5, NULL, 10) - 1,
                    .tm_mday = (int)strtol(s + 8, NULL, 10)};
    int day = tm.tm_mday;
    timegm(&tm);
    return tm.tm_mday == day;
}

/* Reads a value without quotes. NULL: it is wrong. */
static const char *read_word(struct parser *p, enum front_type *type)
{
    char shown[100];
    size_t number, len = strcspn(p->at, WORD_ENDS);
    if (len == 10 && p->at[10] == ' ' && isdigit((unsigned char)p->at[11]))
        len = 11 + strcspn(p->at + 11, WORD_ENDS);
    const char *word = arena_copy_n(p->arena, p->at, len);
    p->at += len;
    if (!len)
        return wrong(p, "the value is missing"), NULL;
    *type = is_date(word)                       ? FRONT_DATE
            : text_match(word, NUMBER, &number) ? FRONT_NUMBER
                                                : FRONT_BOOLEAN;
    if (*type != FRONT_BOOLEAN || strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
        return word;
    wrong(p, "'%s' is not a value: expected a quoted string, a whole number, a date, true or false",
          text_printable(shown, sizeof shown, word, len));
    return NULL;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

static bool read_array(struct parser *p, struct names *strings)
{
    for (;;) {
        skip_lines(p);
        if (take(p, ']'))
            return true;
        if (!is_quote(*p->at))
            return wrong(p, "expected a quoted string or ']': other arrays are not supported");
        const char *text = read_string(p);
        if (!text)
            return false;
        if (*text)
            names_add(p->arena, strings, text);
        skip_lines(p);
        if (!take(p, ',') && *p->at != ']')
            return wrong(p, "the closing ']' of the array is missing");
    }
}

static bool read_pair(struct parser *p, const char *table);

/* Reads a table in braces. */
static bool read_inline(struct parser *p, const char *table)
{
    skip_blanks(p);
    if (take(p, '}'))
        return true;
    do {
        if (!read_pair(p, table))
            return false;
        skip_blanks(p);
        if (take(p, '}'))
            return true;
    } while (take(p, ','));
    return wrong(p, "the closing '}' of the table is missing");
}

/* Reads "key = value" of a table; outside of tables, the key may be "table.key". */
static bool read_pair(struct parser *p, const char *table)
{
    const char *name = read_name(p, table);
    if (name && take(p, '.')) {
        table = name;
        name = add_key(p, table, FRONT_DOTTED) ? read_name(p, table) : NULL;
    }
    struct front_key *key = name ? add_key(p, name, FRONT_STRING) : NULL;
    if (!key)
        return false;
    if (!take(p, '='))
        return wrong(p, "the '=' after the key is missing");
    skip_blanks(p);
    if (take(p, '[')) {
        key->type = FRONT_STRINGS;
        return read_array(p, &key->strings);
    }
    if (take(p, '{')) {
        key->type = FRONT_TABLE;
        return *table ? wrong(p, "a table in a table is not supported") : read_inline(p, name);
    }
    key->text = is_quote(*p->at) ? read_string(p) : read_word(p, &key->type);
    return key->text;
}

/* Reads "name]" and returns the name. NULL: it is wrong. */
static const char *read_header(struct parser *p)
{
    if (*p->at == '[')
        return wrong(p, "an array of tables is not supported"), NULL;
    const char *name = read_name(p, "");
    if (!name || !add_key(p, name, FRONT_TABLE))
        return NULL;
    if (*p->at == '.')
        return wrong(p, "a table in a table is not supported"), NULL;
    return take(p, ']') ? name : (wrong(p, "the closing ']' of the table is missing"), NULL);
}

static bool read_all(struct parser *p)
{
    const char *table = "";
    for (;;) {
        skip_lines(p);
        if (!*p->at)
            return true;
        bool header = take(p, '[');
        if (header)
            table = read_header(p);
        if (!table || (!header && !read_pair(p, table)))
            return false;
        skip_blanks(p);
        if (*p->at && !strchr("#\n", *p->at))
            return wrong(p, "unexpected text after the value");
    }
}

/* Copies the text to read. TOML forbids control characters, and "\r" except before "\n"; a feed
 * also forbids U+FFFE and U+FFFF. */
static bool copy(struct parser *p, const char *s, const char *end)
{
    int first = p->line;
    struct buf out = BUF_INIT(p->arena, (size_t)(end - s));
    while (s < end) {
        const char *start = s;
        uint32_t c = unicode_next(&s, end);
        if (!unicode_is_xml(c) || c == 0x7F || (c == '\r' && !(s < end && *s == '\n')))
            return wrong(p, "the character U+%04X is not allowed: remove it", c);
        p->line += c == '\n';
        if (c != '\r')
            buf_add(&out, start, (size_t)(s - start));
    }
    p->at = buf_str(&out);
    p->line = first;
    return true;
}

/* Checks the types of the keys that the site's generator and the newsletter know. */
static bool check_types(struct parser *p)
{
    static const char *const names[] = {
        [FRONT_TABLE] = "a table",
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
        {"aliases", FRONT_STRINGS},       {"taxonomies", FRONT_TABLE},
        {"extra", FRONT_TABLE},           {"extra.month", FRONT_STRING},
        {"extra.authors", FRONT_STRINGS}, {"extra.editors", FRONT_STRINGS},
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        const struct front_key *key = frontmatter_find(p->front, known[i].name);
        if (!key || key->type == known[i].type ||
            (key->type == FRONT_DOTTED && known[i].type == FRONT_TABLE))
            continue;
        p->line = key->line;
        return wrong(p, "'%s' must be %s", key->name, names[known[i].type]);
    }
    return true;
}

static struct names strings_of(const struct frontmatter *front, const char *name)
{
    const struct front_key *key = frontmatter_find(front, name);
    return key ? key->strings : (struct names){0};
}

/* Takes what an issue needs from the keys. */
static bool read_issue(struct parser *p)
{
    struct frontmatter *front = p->front;
    const struct front_key *title = frontmatter_find(front, "title"),
                           *date = frontmatter_find(front, "date"),
                           *month = frontmatter_find(front, "extra.month");
    p->line = front->first_line;
    if (!title || !*title->text)
        return wrong(p, "'title' is missing");
    if (!month)
        return wrong(p, "'extra.month' is missing");
    front->title = title->text;
    front->authors = strings_of(front, "extra.authors");
    front->editors = strings_of(front, "extra.editors");
    if (date && date->text && (strlen(date->text) <= 10 || strchr("Tt ", date->text[10])))
        issue_date_read(front->published, date->text);
    front->month = month_parse(month->text);
    p->line = month->line;
    return front->month ||
           wrong(p, "'extra.month' must be a month and a year, such as \"July 2025\"");
}

static const char *after_line(const char *at, const char *end)
{
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    return stop ? stop + 1 : end;
}

/* The first "+++" that ends a line. Like the site's generator, it does not care what is before it.
 * NULL: none. */
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

/* Whether the line at `s` is only "+++". */
static bool opens(const char *s, const char *end)
{
    const char *next;
    return text_line(s, end, &next) == 3 && memcmp(s, "+++", 3) == 0;
}

bool frontmatter_parse(struct arena *arena, const char *data, size_t len, struct frontmatter *front)
{
    const char *end = data + len, *start = data;
    struct parser p = {.arena = arena, .line = 1, .front = front};
    if (len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
        start += 3;
    for (; start < end && isspace((unsigned char)*start); start++)
        p.line += *start == '\n';
    front->first_line = p.line;
    if (!opens(start, end))
        return wrong(&p, "a post must begin with a line that is only '+++'");
    const char *inside = after_line(start, end), *close = find_close(inside, end);
    if (!close)
        return wrong(&p, "the second line that is only '+++' is missing");
    front->body = (size_t)(after_line(close, end) - data);
    front->body_line = ++p.line + 1;
    for (const char *s = inside; s < close; s++)
        front->body_line += *s == '\n';
    return copy(&p, inside, close) && read_all(&p) && check_types(&p) && read_issue(&p);
}
