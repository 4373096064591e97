/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether a message is meant for the bot, and what it asks. */
#include "mention.h"

#include "buf.h"
#include "text.h"
#include "unicode.h"
#include "words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Deeper fences count as code up to the end. */
#define FENCES_MAX 100

/* Longer runs of backticks open no code. */
#define TICKS_MAX 200

/* What a byte of a message is. */
enum kind {
    KIND_TEXT,
    KIND_CODE,  /* in code inside of a line */
    KIND_DROP,  /* marks of code inside of a line, and of mentions */
    KIND_BLOCK, /* in a block of code */
    KIND_QUOTE, /* in a quotation, or a fence's own line */
    KIND_END,   /* a line's end that also ends a block: code does not go over it */
};

struct fence {
    char mark;
    size_t run;
    bool code, quote;
};

struct message {
    const char *s;
    size_t len;
    unsigned char *kind; /* of each byte */
    struct fence fence[FENCES_MAX];
    size_t depth;
    bool lazy;     /* in a quotation of ">" lines */
    bool in_list;  /* indented lines belong to the list */
    bool indented; /* in a block of indented code */
    bool open;     /* the line before is a text's */
};

static size_t line_end(const struct message *m, size_t at)
{
    const char *end = memchr(m->s + at, '\n', m->len - at);
    return end ? (size_t)(end - m->s) : m->len;
}

static void mark(struct message *m, size_t from, size_t to, enum kind kind)
{
    memset(m->kind + from, kind, to - from);
}

static bool is_blank(const char *s, size_t len)
{
    while (len > 0 && isspace((unsigned char)s[len - 1]))
        len--;
    return len == 0;
}

/* Reads a line that opens a fence: what stands behind the run has neither of the marks. */
static bool read_fence(const char *s, size_t len, struct fence *fence)
{
    static const char *const quotes[] = {"quote", "quoted"};
    size_t run = 0;
    if (len == 0 || (*s != '`' && *s != '~'))
        return false;
    while (run < len && s[run] == *s)
        run++;
    if (run < 3 || memchr(s + run, '`', len - run) || memchr(s + run, '~', len - run))
        return false;
    *fence = (struct fence){.mark = *s, .run = run, .code = true};
    const char *end = s + len;
    for (s += run; s < end && (*s == ' ' || *s == '{' || *s == '.');)
        s++;
    size_t word = 0;
    while (s + word < end && !isspace((unsigned char)s[word]) && s[word] != '}')
        word++;
    for (size_t i = 0; i < 2; i++)
        fence->quote |= word == strlen(quotes[i]) && memcmp(s, quotes[i], word) == 0;
    fence->code = !fence->quote && !(word == 7 && memcmp(s, "spoiler", 7) == 0);
    return true;
}

static bool closes(const struct fence *fence, const char *s, size_t len)
{
    size_t run = 0;
    while (run < len && s[run] == fence->mark)
        run++;
    return run == fence->run && is_blank(s + run, len - run);
}

static bool is_list_item(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len && s[i] == ' ')
        i++;
    if (i + 1 < len && strchr("-*+", s[i]))
        return s[i + 1] == ' ';
    size_t digits = i;
    while (i < len && isdigit((unsigned char)s[i]))
        i++;
    return i > digits && i + 1 < len && s[i] == '.' && s[i + 1] == ' ';
}

/* Ends the block before: its last line's end stands before `at`. */
static void end_block(struct message *m, size_t at)
{
    if (at > 0 && m->kind[at - 1] == KIND_TEXT)
        m->kind[at - 1] = KIND_END;
    m->open = m->lazy = m->indented = false;
}

/* Who is quoted stands before the quotation: "@_**Name|1** [said](link):". */
static void mark_quoted_name(struct message *m, size_t at)
{
    size_t end = at;
    while (end > 0 && isspace((unsigned char)m->s[end - 1]))
        end--;
    size_t start = end;
    while (start > 0 && m->s[start - 1] != '\n')
        start--;
    if (end - start > 4 && m->kind[start] == KIND_TEXT && m->s[end - 1] == ':' &&
        memcmp(m->s + start, "@_**", 4) == 0)
        mark(m, start, end, KIND_QUOTE);
}

/* False: the line is no fence's, neither opens nor closes one. */
static bool mark_fence(struct message *m, size_t at, size_t end, bool quoted)
{
    struct fence *top = m->depth > 0 ? &m->fence[m->depth - 1] : NULL, fence;
    const char *s = m->s + at;
    if (top && closes(top, s, end - at)) {
        m->depth--;
    } else if (!(top && top->code) && read_fence(s, end - at, &fence)) {
        if (fence.quote)
            mark_quoted_name(m, at);
        if (m->depth == FENCES_MAX - 1)
            fence = (struct fence){.run = SIZE_MAX, .code = true};
        m->fence[m->depth++] = fence;
        if (!fence.code && !fence.quote && !quoted) {
            /* A spoiler's title is text. */
            size_t word = at + fence.run + strspn(s + fence.run, " {.");
            end_block(m, at);
            mark(m, at, word + strlen("spoiler"), KIND_QUOTE);
            m->kind[end] = KIND_END;
            m->in_list = false;
            return true;
        }
    } else {
        return false;
    }
    end_block(m, at);
    mark(m, at, end, KIND_QUOTE);
    m->in_list = false;
    return true;
}

/* A line outside of fences. */
static void mark_line(struct message *m, size_t at, size_t end)
{
    const char *s = m->s + at;
    size_t len = end - at, indent = strspn(s, " ");
    bool item = is_list_item(s, len), deep = *s == '\t' || indent >= 4;
    if (is_blank(s, len)) {
        end_block(m, at);
    } else if (m->lazy || (indent < 4 && s[indent] == '>')) {
        end_block(m, at);
        m->lazy = true;
        mark(m, at, end, KIND_QUOTE);
    } else if (deep && (m->indented || (!m->open && !m->in_list))) {
        end_block(m, at);
        m->indented = true;
        mark(m, at, end, KIND_BLOCK);
    } else {
        bool heading = *s == '#';
        if (item || heading || m->indented)
            end_block(m, at);
        m->in_list = item || (m->in_list && (m->open || indent > 0 || *s == '\t'));
        m->open = true;
        if (heading)
            m->kind[end] = KIND_END;
    }
}

/* Finds quotations and blocks of code. */
static void mark_blocks(struct message *m)
{
    for (size_t at = 0, end; at < m->len; at = end + 1) {
        end = line_end(m, at);
        bool code = m->depth > 0 && m->fence[m->depth - 1].code, quote = false;
        for (size_t i = 0; i < m->depth; i++)
            quote |= m->fence[i].quote;
        if (mark_fence(m, at, end, quote))
            continue;
        if (quote || code)
            mark(m, at, end, quote ? KIND_QUOTE : KIND_BLOCK);
        else
            mark_line(m, at, end);
    }
}

static size_t ticks(const struct message *m, size_t at)
{
    size_t n = 0;
    while (at + n < m->len && m->s[at + n] == '`' && m->kind[at + n] == KIND_TEXT)
        n++;
    return n;
}

/* Finds code inside of the text from `from` to `to`. A run of backticks is closed by the next run
 * of its length, or else of the greatest smaller length that there is. */
static void mark_code(struct message *m, size_t from, size_t to)
{
    size_t last[TICKS_MAX + 1] = {0}; /* where the last run of a length stands */
    for (size_t at = from, n; at < to; at += n ? n : 1) {
        n = ticks(m, at);
        if (n > 0 && n <= TICKS_MAX)
            last[n] = at;
    }
    for (size_t at = from; at < to;) {
        size_t n = ticks(m, at), run = n;
        if (n > 0 && at > from && m->s[at - 1] == '\\') {
            at++;
            run = --n;
        }
        run = run > TICKS_MAX ? TICKS_MAX : run;
        while (run > 0 && last[run] <= at + run)
            run--;
        if (run == 0) {
            at += n ? n : 1;
            continue;
        }
        size_t close = at + n, behind;
        while ((behind = ticks(m, close)) != run)
            close += behind ? behind : 1;
        mark(m, at, at + run, KIND_DROP);
        mark(m, at + run, close, KIND_CODE);
        mark(m, close, close + run, KIND_DROP);
        at = close + run;
    }
}

static void mark_spans(struct message *m)
{
    for (size_t at = 0, end; at < m->len; at = end + 1) {
        for (end = at; end < m->len && m->kind[end] == KIND_TEXT;)
            end++;
        if (memchr(m->s + at, '`', end - at))
            mark_code(m, at, end);
    }
}

/* Whom a mention names. */
enum named { NAMED_BOT, NAMED_UNKNOWN, NAMED_OTHER };

struct mention {
    size_t len;
    bool silent;
    enum named named;
};

/* Whom the name between two pairs of stars means. */
static enum named read_name(const struct mention_bot *bot, const char *s, size_t len)
{
    static const char *const everybody[] = {"all", "everyone", "channel", "stream", "topic"};
    if (len > 0 && len == strlen(bot->name) && strncasecmp(s, bot->name, len) == 0)
        return NAMED_BOT;
    const char *bar = memrchr(s, '|', len);
    size_t digits = bar ? strspn(bar + 1, "0123456789") : 0;
    if (digits > 0 && bar + 1 + digits == s + len) {
        char id[24];
        int width = snprintf(id, sizeof id, "%lld", (long long)bot->id);
        return digits == (size_t)width && memcmp(bar + 1, id, digits) == 0 ? NAMED_BOT
                                                                           : NAMED_OTHER;
    }
    for (size_t i = 0; i < sizeof everybody / sizeof *everybody; i++)
        if (len == strlen(everybody[i]) && memcmp(s, everybody[i], len) == 0)
            return NAMED_OTHER;
    return NAMED_UNKNOWN;
}

/* Reads the mention of a person ("@**name**") or a group ("@*name*") at `at`, which is "@". False:
 * there is none. */
static bool read_mention(const struct message *m, size_t at, const struct mention_bot *bot,
                         struct mention *mention)
{
    mention->silent = m->s[at + 1] == '_';
    size_t mark = at + 1 + mention->silent, stars = strspn(m->s + mark, "*"), name = mark + stars;
    size_t end = name;
    while (end < m->len && m->kind[end] == KIND_TEXT && !strchr("*\n", m->s[end]))
        end++;
    if (stars < 1 || stars > 2 || name >= m->len || end == name || end + stars > m->len ||
        memcmp(m->s + end, "**", stars) != 0)
        return false;
    mention->len = end + stars - at;
    mention->named = stars == 2 ? read_name(bot, m->s + name, end - name) : NAMED_OTHER;
    return true;
}

/* Whether a mention may stand behind what ends before `at`. */
static bool may_follow(const struct message *m, size_t at)
{
    if (at == 0 || strchr(" \t\r\n\v\f'\"({[/<", m->s[at - 1]))
        return true;
    /* White space of Unicode: at most three bytes. */
    for (size_t width = 2; width <= 3 && width <= at; width++) {
        const char *p = m->s + at - width, *end = m->s + at;
        uint32_t c = unicode_next(&p, end);
        if (p == end && unicode_is_space(c))
            return true;
    }
    return false;
}

/* Marks all mentions, which are no words; gives where the first of the bot that counts ends; 0:
 * none does. */
static size_t mark_mentions(struct message *m, const struct mention_bot *bot, bool *unknown)
{
    size_t first = 0;
    *unknown = false;
    for (size_t at = 0; at < m->len; at++) {
        struct mention mention;
        if (m->s[at] != '@' || m->kind[at] != KIND_TEXT || !may_follow(m, at) ||
            !read_mention(m, at, bot, &mention))
            continue;
        mark(m, at, at + mention.len, KIND_DROP);
        if (!first && !mention.silent && mention.named == NAMED_BOT)
            first = at + mention.len;
        *unknown = *unknown || (!mention.silent && mention.named == NAMED_UNKNOWN);
        at += mention.len - 1;
    }
    return first;
}

/* Adds the words between; `code` takes those of blocks of code, too. */
static void add_words(const struct message *m, size_t from, size_t to, bool code, struct buf *out)
{
    buf_reset(out);
    for (size_t i = from; i < to; i++) {
        enum kind kind = m->kind[i];
        char c = m->s[i];
        bool shown = kind == KIND_TEXT || kind == KIND_CODE || (code && kind == KIND_BLOCK);
        if (c == TEXT_CODE_BEGIN || c == TEXT_CODE_END ||
            (!shown && (c == '*' || kind == KIND_QUOTE)))
            buf_addc(out, ' ');
        else if (shown)
            buf_addc(out, c);
    }
}

static bool says(const struct buf *words)
{
    return !words_are_blank(buf_str(words), words->len);
}

/* What follows the mention that ends at `from`, else what stands before it. */
static void find_request(const struct message *m, size_t from, struct buf *out)
{
    size_t end = line_end(m, from), start = from;
    add_words(m, from, end, false, out);
    for (size_t at = end; !says(out) && at < m->len;) {
        size_t next = line_end(m, at + 1 < m->len ? at + 1 : m->len);
        add_words(m, at + 1 < m->len ? at + 1 : m->len, next, false, out);
        at = next;
    }
    for (size_t to = from; !says(out) && to > 0; to = start > 0 ? start - 1 : 0) {
        for (start = to; start > 0 && m->s[start - 1] != '\n';)
            start--;
        add_words(m, start, to, false, out);
    }
    if (says(out))
        return;
    for (start = from; start > 0 && m->s[start - 1] != '\n';)
        start--;
    add_words(m, start, end, false, out);
}

/* The first line that says something, else the first that is not empty; without quotations. */
static void find_line(const struct message *m, struct buf *out)
{
    size_t from = 0, to = 0;
    for (size_t at = 0, end; at < m->len; at = end + 1) {
        end = line_end(m, at);
        add_words(m, at, end, true, out);
        if (says(out))
            return;
        if (to == 0 && !is_blank(buf_str(out), out->len)) {
            from = at;
            to = end;
        }
    }
    add_words(m, from, to, true, out);
}

/* Behind white space and one of ":" and "," that stands by itself. */
static const char *skip_joint(const char *s)
{
    s += strspn(s, " ");
    while (*s && strchr(":,", *s) && (s[1] == ' ' || !s[1])) {
        s++;
        s += strspn(s, " ");
    }
    return s;
}

bool mention_request(const char *content, const struct mention_bot *bot, bool direct,
                     char **request, bool *unknown)
{
    bool done = false;
    struct buf words = BUF_INIT(MENTION_CONTENT_MAX), folded = BUF_INIT(MENTION_CONTENT_MAX);
    struct message m = {.s = content, .len = strnlen(content, MENTION_CONTENT_MAX)};
    *request = NULL;
    *unknown = false;
    m.kind = calloc(m.len + 1, 1);
    if (!m.kind)
        goto out;
    mark_blocks(&m);
    mark_spans(&m);
    size_t behind = mark_mentions(&m, bot, unknown);
    if (!behind && !direct) {
        done = true;
        goto out;
    }
    if (behind)
        find_request(&m, behind, &words);
    else
        find_line(&m, &words);
    text_add_folded(&folded, buf_str(&words), words.len);
    text_trim(&folded);
    if (!words.failed && !folded.failed)
        *request = strdup(skip_joint(buf_str(&folded)));
    done = *request;
out:
    free(m.kind);
    buf_finish(&words);
    buf_finish(&folded);
    return done;
}
