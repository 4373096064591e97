/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The TOML front matter of a Markdown post: strings, dates, arrays of strings. */
#include "frontmatter.h"

#include "buf.h"
#include "fault.h"
#include "text.h"
#include "unicode.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest key with its table, and deepest array or inline table. */
#define KEY_MAX   128
#define DEPTH_MAX 16

enum value_type { VALUE_STRING, VALUE_BARE, VALUE_ARRAY, VALUE_TABLE };

struct value {
    enum value_type type;
    struct buf string;    /* of a string, or the bare word */
    struct names strings; /* of an array of strings */
    bool only_strings;    /* of an array */
};

struct parser {
    const char *at, *end;
    int line;
    struct fault *fault;
    struct frontmatter *front;
    char table[KEY_MAX];
    unsigned seen; /* a bit for each wanted key that stood there */
};

static bool wrong(struct parser *p, const char *what)
{
    p->front->wrong_line = p->line;
    return fault_set(p->fault, FAULT_INPUT, "front matter, line %d: %s", p->line, what);
}

static bool wrong_key(struct parser *p, const char *key, const char *what)
{
    p->front->wrong_line = p->line;
    return fault_set(p->fault, FAULT_INPUT, "front matter, line %d: '%s' %s", p->line, key, what);
}

/* Steps over blanks and comments; with `lines` over line ends too. */
static void skip(struct parser *p, bool lines)
{
    while (p->at < p->end) {
        if (*p->at == '#') {
            while (p->at < p->end && *p->at != '\n')
                p->at++;
        } else if (*p->at == '\n' && lines) {
            p->line++;
            p->at++;
        } else if (*p->at == ' ' || *p->at == '\t' || *p->at == '\r') {
            p->at++;
        } else {
            break;
        }
    }
}

static bool next_is(const struct parser *p, char c)
{
    return p->at < p->end && *p->at == c;
}

static bool take(struct parser *p, char c)
{
    if (!next_is(p, c))
        return false;
    p->at++;
    return true;
}

static bool parse_escape(struct parser *p, struct buf *out)
{
    static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\x1b\"\\";
    char c = *p->at++;
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        buf_addc(out, to[found - from]);
        return true;
    }
    int count = c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (!count || p->end - p->at < count)
        return wrong(p, "unknown escape in a string");
    uint32_t code = 0;
    for (int i = 0; i < count; i++, p->at++) {
        if (!isxdigit((unsigned char)*p->at))
            return wrong(p, "unknown escape in a string");
        code = code << 4 | (uint32_t)(isdigit((unsigned char)*p->at) ? *p->at - '0'
                                                                     : (*p->at | 0x20) - 'a' + 10);
    }
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return wrong(p, "unknown escape in a string");
    unicode_add(out, code);
    return true;
}

/* A string in " or ', also in three of them over several lines. */
static bool parse_string(struct parser *p, struct buf *out)
{
    char quote = *p->at;
    bool many = p->end - p->at >= 3 && p->at[1] == quote && p->at[2] == quote;
    p->at += many ? 3 : 1;
    if (many && p->at < p->end && *p->at == '\r')
        p->at++;
    if (many && take(p, '\n'))
        p->line++;
    while (p->at < p->end) {
        if (*p->at == quote) {
            if (!many) {
                p->at++;
                return true;
            }
            if (p->end - p->at >= 3 && p->at[1] == quote && p->at[2] == quote) {
                p->at += 3;
                return true;
            }
        }
        if (*p->at == '\n') {
            if (!many)
                return wrong(p, "string without its closing quote");
            p->line++;
        }
        char c = *p->at++;
        if (c == '\\' && quote == '"' && p->at < p->end) {
            if (many && isspace((unsigned char)*p->at)) { /* a line end that does not count */
                for (; p->at < p->end && isspace((unsigned char)*p->at); p->at++)
                    p->line += *p->at == '\n';
            } else if (!parse_escape(p, out)) {
                return false;
            }
        } else {
            buf_addc(out, c);
        }
    }
    return wrong(p, "string without its closing quote");
}

static bool parse_value(struct parser *p, struct value *value, int depth);

static void value_finish(struct value *value)
{
    buf_finish(&value->string);
    names_finish(&value->strings);
}

/* A TOML string as a plain text on one line; owned by the caller; NULL: out of memory. */
static char *plain_line(const struct buf *string)
{
    struct buf folded = BUF_INIT(TEXT_MAX);
    char *plain = text_plain(buf_str(string));
    if (!plain)
        return NULL;
    text_add_folded(&folded, plain, strlen(plain));
    text_trim(&folded);
    free(plain);
    return buf_take(&folded);
}

static bool add_name(struct names *names, const struct buf *string)
{
    char *name = plain_line(string);
    bool added = name && (!*name || names_add(names, name));
    free(name);
    return added;
}

static bool parse_array(struct parser *p, struct value *array, int depth)
{
    array->type = VALUE_ARRAY;
    array->only_strings = true;
    p->at++;
    for (;;) {
        skip(p, true);
        if (take(p, ']'))
            return true;
        struct value element = {0};
        bool parsed = parse_value(p, &element, depth + 1);
        if (parsed && element.type != VALUE_STRING)
            array->only_strings = false;
        else if (parsed && !add_name(&array->strings, &element.string))
            parsed = fault_memory(p->fault);
        value_finish(&element);
        if (!parsed)
            return false;
        skip(p, true);
        if (!take(p, ',') && !next_is(p, ']'))
            return wrong(p, "array without its closing ']'");
    }
}

/* Reads a key, also dotted or quoted, behind `prefix`. */
static bool parse_key(struct parser *p, const char *prefix, char *key)
{
    struct buf out = BUF_INIT(KEY_MAX - 1);
    buf_adds(&out, prefix);
    bool parsed = true;
    do {
        skip(p, false);
        if (out.len)
            buf_addc(&out, '.');
        size_t before = out.len;
        if (next_is(p, '"') || next_is(p, '\''))
            parsed = parse_string(p, &out);
        while (parsed && p->at < p->end &&
               (isalnum((unsigned char)*p->at) || *p->at == '_' || *p->at == '-'))
            buf_addc(&out, *p->at++);
        if (parsed && out.failed && !out.full)
            parsed = fault_memory(p->fault);
        if (parsed && (out.len == before || out.failed))
            parsed = wrong(p, "not a key");
        skip(p, false);
    } while (parsed && take(p, '.'));
    snprintf(key, KEY_MAX, "%s", buf_str(&out));
    buf_finish(&out);
    return parsed;
}

static bool parse_inline_table(struct parser *p, struct value *table, int depth)
{
    table->type = VALUE_TABLE;
    p->at++;
    for (;;) {
        skip(p, false);
        if (take(p, '}'))
            return true;
        char key[KEY_MAX];
        struct value value = {0};
        bool parsed =
            parse_key(p, "", key) && (take(p, '=') || wrong(p, "a key is not followed by '='"));
        skip(p, false);
        parsed = parsed && parse_value(p, &value, depth + 1);
        value_finish(&value);
        if (!parsed)
            return false;
        skip(p, false);
        if (!take(p, ',') && !next_is(p, '}'))
            return wrong(p, "inline table without its closing '}'");
    }
}

static void add_word(struct parser *p, struct buf *out)
{
    while (p->at < p->end && !strchr(" \t\r\n,]}#", *p->at))
        buf_addc(out, *p->at++);
}

/* A number, a date, true or false. */
static bool parse_bare(struct parser *p, struct buf *out)
{
    add_word(p, out);
    if (out->len == 10 && p->end - p->at > 3 && p->at[0] == ' ' &&
        isdigit((unsigned char)p->at[1]) && isdigit((unsigned char)p->at[2]) && p->at[3] == ':') {
        buf_addc(out, *p->at++); /* a time behind a date */
        add_word(p, out);
    }
    if (out->failed)
        return fault_memory(p->fault);
    const char *word = buf_str(out);
    bool number = isdigit((unsigned char)*word) || *word == '+' || *word == '-';
    if (number || strcmp(word, "true") == 0 || strcmp(word, "false") == 0 ||
        strcmp(word, "inf") == 0 || strcmp(word, "nan") == 0)
        return true;
    return wrong(p, *word ? "a word that is no value: true and false are, and what is in quotes"
                          : "value missing");
}

static bool parse_value(struct parser *p, struct value *value, int depth)
{
    value->string = BUF_INIT(TEXT_MAX);
    if (depth > DEPTH_MAX)
        return wrong(p, "nested too deep");
    if (next_is(p, '"') || next_is(p, '\'')) {
        value->type = VALUE_STRING;
        return parse_string(p, &value->string) && (!value->string.failed || fault_memory(p->fault));
    }
    if (next_is(p, '['))
        return parse_array(p, value, depth);
    if (next_is(p, '{'))
        return parse_inline_table(p, value, depth);
    value->type = VALUE_BARE;
    return parse_bare(p, &value->string);
}

static bool take_names(struct parser *p, const char *key, struct value *value, struct names *into)
{
    if (value->type != VALUE_ARRAY || !value->only_strings)
        return wrong_key(p, key, "must be an array of strings");
    *into = value->strings;
    value->strings = (struct names){0};
    return true;
}

static bool take_string(struct parser *p, const char *key, const struct value *value)
{
    return value->type == VALUE_STRING || wrong_key(p, key, "must be a string");
}

/* Keeps the value of a key that is wanted. */
static bool keep(struct parser *p, const char *key, struct value *value)
{
    struct frontmatter *front = p->front;
    if (strcmp(key, "title") == 0) {
        front->title_line = p->line;
        if (!take_string(p, key, value))
            return false;
        front->title = plain_line(&value->string);
        return front->title || fault_memory(p->fault);
    }
    if (strcmp(key, "date") == 0) {
        front->date_line = p->line;
        front->date_bare = value->type == VALUE_BARE;
        if (value->string.len <= 10 || strchr("Tt ", buf_str(&value->string)[10]))
            issue_date_read(front->published, buf_str(&value->string));
    } else if (strcmp(key, "extra.month") == 0) {
        front->month_line = p->line;
        if (!take_string(p, key, value))
            return false;
        if (!issue_id_from_words(buf_str(&value->string), front->id))
            return wrong(p, "'extra.month' must be a month and a year, such as \"July 2025\"");
    } else if (strcmp(key, "extra.authors") == 0)
        return take_names(p, key, value, &front->authors);
    else if (strcmp(key, "extra.editors") == 0)
        return take_names(p, key, value, &front->editors);
    return true;
}

static const char *const wanted[] = {"title", "date", "extra.month", "extra.authors",
                                     "extra.editors"};

/* "key = value" up to its line's end. */
static bool parse_pair(struct parser *p)
{
    char key[KEY_MAX];
    struct value value = {0};
    if (!parse_key(p, p->table, key))
        return false;
    if (!take(p, '='))
        return wrong(p, "a key is not followed by '='");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        unsigned bit = 1U << i;
        if (strcmp(key, wanted[i]) != 0)
            continue;
        if (p->seen & bit)
            return wrong_key(p, key, "stands twice");
        p->seen |= bit;
    }
    skip(p, false);
    bool parsed = parse_value(p, &value, 0) && keep(p, key, &value);
    value_finish(&value);
    return parsed;
}

/* "[table]", or "[[table]]", of which each has keys of its own. */
static bool parse_table(struct parser *p)
{
    p->at++;
    bool array = take(p, '[');
    char name[KEY_MAX];
    if (!parse_key(p, "", name))
        return false;
    snprintf(p->table, sizeof p->table, array ? "%.100s[%d]" : "%.100s", name, p->line);
    return (take(p, ']') && (!array || take(p, ']'))) || wrong(p, "table without its closing ']'");
}

static bool parse_lines(struct parser *p)
{
    for (;;) {
        skip(p, true);
        if (p->at >= p->end)
            return true;
        if (!(*p->at == '[' ? parse_table(p) : parse_pair(p)))
            return false;
        skip(p, false);
        if (p->at < p->end && *p->at != '\n')
            return wrong(p, "something behind the value");
    }
}

/* Where the line that is only "+++" begins, at or behind `at`; NULL: none. */
static const char *find_fence(const char *at, const char *end)
{
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const char *last = stop ? stop : end;
        size_t len = (size_t)(last - at);
        while (len > 3 && (at[len - 1] == '\r' || at[len - 1] == ' '))
            len--;
        if (len == 3 && memcmp(at, "+++", 3) == 0)
            return at;
        at = stop ? stop + 1 : end;
    }
    return NULL;
}

static const char *behind_line(const char *at, const char *end)
{
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    return stop ? stop + 1 : end;
}

bool frontmatter_parse(const char *data, size_t len, struct frontmatter *front, struct fault *fault)
{
    static const char bom[] = "\xEF\xBB\xBF";
    const char *end = data + len, *start = data;
    if (len >= 3 && memcmp(data, bom, 3) == 0)
        start += 3;
    int line = 1;
    for (; start < end && isspace((unsigned char)*start); start++)
        line += *start == '\n';
    front->first_line = front->wrong_line = line;
    const char *open = find_fence(start, start < end ? behind_line(start, end) : end);
    if (!open)
        return fault_set(fault, FAULT_INPUT,
                         "no front matter: a post begins with a line that is only '+++'");
    const char *inside = behind_line(open, end), *close = find_fence(inside, end);
    if (!close)
        return fault_set(fault, FAULT_INPUT,
                         "unclosed front matter: the second line that is only '+++' is missing");
    front->body = (size_t)(behind_line(close, end) - data);
    front->body_line = line + 2;
    for (const char *s = inside; s < close; s++)
        front->body_line += *s == '\n';

    struct parser p = {
        .at = inside, .end = close, .line = line + 1, .fault = fault, .front = front};
    if (!parse_lines(&p))
        return false;
    if (!front->title || !*front->title)
        return fault_set(fault, FAULT_INPUT, "front matter: 'title' is missing");
    if (!*front->id)
        return fault_set(fault, FAULT_INPUT, "front matter: 'extra.month' is missing");
    front->wrong_line = 0;
    return true;
}

void frontmatter_finish(struct frontmatter *front)
{
    free(front->title);
    names_finish(&front->authors);
    names_finish(&front->editors);
    *front = (struct frontmatter){0};
}
