/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The words of a request, one by one. */
#include "ask/tokens.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "news/month.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* What a typist means by a character: a quotation mark for a typographic one, a space for one that
 * cannot be seen; 0: nothing. */
static uint32_t plain_char(uint32_t c)
{
    if (c == '`' || c == 0x200B || c == 0x2060 || c == 0xFEFF || unicode_is_bidi(c))
        return 0;
    if ((c >= 0x2018 && c <= 0x201B) || c == 0x2039 || c == 0x203A)
        return '\'';
    if ((c >= 0x201C && c <= 0x201F) || c == 0xAB || c == 0xBB)
        return '"';
    return unicode_is_unprintable(c) ? ' ' : c;
}

/* The length of the marks of a mention at `s`, "@**", "@_**", or the "**" or "|ID**" after its
 * name; 0: there are none. */
static size_t mention_marks(const char *s, const char *end, bool in_name)
{
    size_t digits = 0;
    if (!in_name)
        return end - s > 3 && strncmp(s, "@**", 3) == 0    ? 3
               : end - s > 4 && strncmp(s, "@_**", 4) == 0 ? 4
                                                           : 0;
    while (*s == '|' && s + 1 + digits < end && isdigit((unsigned char)s[1 + digits]))
        digits++;
    digits += digits > 0;
    return end - s - (ptrdiff_t)digits >= 2 && strncmp(s + digits, "**", 2) == 0 ? digits + 2 : 0;
}

/* Valid UTF-8, white space folded; what is too long is cut after a word, if there is one. */
static char *fold(struct arena *arena, const char *s, size_t len)
{
    struct buf out = BUF_INIT(arena, REQUEST_MAX + 4);
    const char *end = s + len;
    bool in_name = false;
    size_t space = 0;
    while (s < end) {
        size_t marks = mention_marks(s, end, in_name), before = out.len;
        if (marks) {
            in_name = !in_name;
            s += marks;
            continue;
        }
        uint32_t c = plain_char(unicode_next(&s, end));
        if (!c || (c == ' ' && (!before || out.ptr[before - 1] == ' ')))
            continue;
        unicode_add(&out, c);
        if (out.len > REQUEST_MAX) {
            buf_truncate(&out, c != ' ' && space > REQUEST_MAX / 2 ? space : before);
            break;
        }
        if (c == ' ')
            space = before;
    }
    if (out.len && out.ptr[out.len - 1] == ' ')
        buf_truncate(&out, out.len - 1);
    return buf_str(&out);
}

/* One or more names of emoji as they are typed, ":tada:". */
static bool is_emoji_name(const char *s, size_t len)
{
    const char *end = s + len;
    bool any = false;
    for (; s < end && *s == ':'; any = true) {
        size_t name = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz0123456789_+-");
        if (name == 0 || s + 1 + name >= end || s[1 + name] != ':')
            return false;
        s += name + 2;
    }
    return any && s == end;
}

static bool has_picture(const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end)
        if (unicode_is_picture(unicode_next(&s, end)))
            return true;
    return false;
}

bool tokens_are_blank(const char *s, size_t len)
{
    for (const char *end = s + len; s < end;) {
        const char *p = s;
        while (p < end && !isspace((unsigned char)*p))
            p++;
        if (text_has_letter(s, (size_t)(p - s)) && !is_emoji_name(s, (size_t)(p - s)))
            return false;
        s = p + (p < end);
    }
    return true;
}

/* A character as it is compared: full-width ones and dashes are plain. */
static uint32_t key_char(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        c -= 0xFEE0;
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
        c = '-';
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static void make_key(struct arena *arena, struct token *token)
{
    struct buf plain = BUF_INIT(arena, 4 * REQUEST_MAX);
    for (const char *s = token->start, *end = s + token->len; s < end;)
        unicode_add(&plain, key_char(unicode_next(&s, end)));
    const char *key = buf_str(&plain);
    size_t len = text_unwrap(&key, plain.len);
    if (len > 2 && key[len - 2] == '\'' && key[len - 1] == 's')
        len -= 2;
    if (len < TOKEN_KEY_SIZE)
        memcpy(token->key, key, len);
}

/* Whether the number of double quotes in a token is odd: it begins or ends a phrase. */
static bool turns_quoting(const struct token *token)
{
    bool odd = false;
    for (size_t i = 0; i < token->len; i++)
        odd ^= token->start[i] == '"';
    return odd;
}

enum end { NO_END, YEAR_END, MONTH_END };

/* What text is of a range: a year, or a month's name. */
static enum end read_end(const char *s, size_t len)
{
    size_t name;
    if (month_number(s, &name) && name == len)
        return MONTH_END;
    return len == 4 && strspn(s, "0123456789") >= 4 ? YEAR_END : NO_END;
}

/* The dash of "2021-2023" or "march-june", and its length; 0: it is no such range. */
static size_t find_dash(const char *s, size_t len, const char **dash)
{
    const char *end = s + len, *p = s;
    uint32_t c = 0;
    while (p < end && c != '-') {
        *dash = p;
        c = key_char(unicode_next(&p, end));
    }
    enum end from = c == '-' ? read_end(s, (size_t)(*dash - s)) : NO_END;
    return from && from == read_end(p, (size_t)(end - p)) ? (size_t)(p - *dash) : 0;
}

/* Adds the token at `s`; `quoted`: an opened phrase goes on. */
static void add(struct arena *arena, struct tokens *tokens, const char *s, size_t len, bool *quoted)
{
    struct token *token = &tokens->token[tokens->count++];
    token->start = s;
    token->len = len;
    token->blank = tokens_are_blank(s, len);
    token->emoji = token->blank && (text_has_letter(s, len) || has_picture(s, len));
    bool turns = turns_quoting(token);
    token->literal = !token->blank && (*quoted || turns || memchr(s, '"', len) ||
                                       (*s == '-' && isalnum((unsigned char)s[1])));
    *quoted ^= turns;
    if (!token->blank)
        make_key(arena, token);
}

void tokens_read(struct arena *arena, const char *text, size_t len, struct tokens *tokens)
{
    bool quoted = false;
    *tokens = (struct tokens){.text = fold(arena, text, len)};
    tokens->token = arena_zero(arena, REQUEST_MAX / 2 + 2, sizeof *tokens->token);
    for (const char *s = tokens->text, *dash; *s; s += *s == ' ') {
        size_t size = strcspn(s, " "), width = find_dash(s, size, &dash);
        if (width) {
            add(arena, tokens, s, (size_t)(dash - s), &quoted);
            add(arena, tokens, dash, width, &quoted);
            size -= (size_t)(dash + width - s);
            s = dash + width;
        }
        add(arena, tokens, s, size, &quoted);
        s += size;
    }
}

/* Whether the key is one of "a/b/c" at `choice`. */
static bool is_one_of(const char *key, const char *choice)
{
    size_t len = strlen(key), n;
    for (bool more = true; more; choice += n + 1) {
        n = strcspn(choice, "/ ;");
        if (n == len && len && memcmp(choice, key, n) == 0)
            return true;
        more = choice[n] == '/';
    }
    return false;
}

size_t tokens_match(const struct tokens *tokens, size_t at, const char *phrases)
{
    size_t longest = 0;
    for (const char *p = phrases; *p; p += *p == ';') {
        size_t n = 0;
        bool same = true;
        for (; *p && *p != ';'; n++) {
            same = same && at + n < tokens->count && !tokens->token[at + n].literal &&
                   is_one_of(tokens->token[at + n].key, p);
            p += strcspn(p, " ;");
            p += *p == ' ';
        }
        if (same && n > longest)
            longest = n;
    }
    return longest;
}
