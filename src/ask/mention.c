/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a message asks of the bot.
 *
 * The server knows who is mentioned. What is told apart here decides only where in the message the
 * request is, and a wrong guess costs a wrong answer at most. */
#include "ask/mention.h"

#include "ask/tokens.h"
#include "base/buf.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What is left of a message without quotations, mentions and the marks of code. */
struct reading {
    struct buf text;
    size_t after; /* where the first mention of the bot was: a new line begins */
    bool named;   /* there is one */
    bool group;   /* a group is mentioned */
};

struct line {
    const char *s;
    size_t len;
};

static bool names(const struct mention_bot *bot, const char *name, size_t len)
{
    char id[32];
    size_t width = (size_t)snprintf(id, sizeof id, "|%" PRId64, bot->id);
    return (len == strlen(bot->name) && strncasecmp(name, bot->name, len) == 0) ||
           (len >= width && memcmp(name + len - width, id, width) == 0);
}

/* Drops the mention of a person ("@**NAME**") or a group ("@*NAME*") at `s`, also a silent one
 * ("@_"). Gives its length; 0: there is none. */
static size_t drop_mention(struct reading *r, const char *s, const struct mention_bot *bot)
{
    bool silent = s[1] == '_';
    const char *name = s + 1 + silent;
    size_t stars = strspn(name, "*");
    name += stars;
    size_t len = strcspn(name, "*\r\n");
    if (stars < 1 || stars > 2 || len == 0 || strncmp(name + len, "**", stars) != 0)
        return 0;
    bool bots = !silent && stars == 2 && names(bot, name, len);
    buf_addc(&r->text, bots && !r->named ? '\n' : ' ');
    if (bots && !r->named)
        r->after = r->text.len;
    r->named |= bots;
    r->group |= !silent && stars == 1;
    return (size_t)(name - s) + len + stars;
}

static void add_line(struct reading *r, struct line line, const struct mention_bot *bot)
{
    for (size_t i = 0; i < line.len; i++) {
        char c = line.s[i];
        size_t mention = c == '@' ? drop_mention(r, line.s + i, bot) : 0;
        if (mention)
            i += mention - 1;
        else if (c == TEXT_CODE_BEGIN || c == TEXT_CODE_END)
            buf_addc(&r->text, ' ');
        else if (c != '`')
            buf_addc(&r->text, c);
    }
    buf_addc(&r->text, '\n');
}

static bool is_blank(const char *s, size_t len)
{
    return strspn(s, " \t\v\f") >= len;
}

/* The length of the marks that open a block of code or a quotation; 0: none. A spoiler is text. */
static size_t fence_run(struct line line)
{
    size_t run = strspn(line.s, *line.s == '~' ? "~" : "`");
    const char *title = line.s + run + strspn(line.s + run, " ");
    bool opens = run >= 3 && strncmp(title, "spoiler", 7) != 0 &&
                 title + strcspn(title, "`~\r\n") == line.s + line.len;
    return opens ? run : 0;
}

static bool closes(struct line fence, struct line line)
{
    return line.len >= fence.len && memcmp(line.s, fence.s, fence.len) == 0 &&
           is_blank(line.s + fence.len, line.len - fence.len);
}

/* A line of a quotation, or what a client writes above one: "@_**Name|1** [said](link):". */
static bool is_quoted(struct line line)
{
    return line.s[strspn(line.s, " ")] == '>' ||
           (strncmp(line.s, "@_**", 4) == 0 && line.s[line.len - 1] == ':');
}

/* Reads a message; `code`: with its blocks of code. */
static void read_message(struct reading *r, const char *content, const struct mention_bot *bot,
                         bool code)
{
    struct line fence = {0}; /* that is open; of length 0: none */
    bool quotes = false;
    const char *end = content + strlen(content), *next;
    for (struct line line = {.s = content}; line.s < end; line.s = next) {
        line.len = text_line(line.s, end, &next);
        size_t run = fence.len ? 0 : fence_run(line);
        if (run) {
            const char *title = line.s + run + strspn(line.s + run, " ");
            quotes = strncmp(title, "quote", 5) == 0;
            fence = (struct line){line.s, run};
        } else if (fence.len && closes(fence, line)) {
            fence.len = 0;
        } else if (fence.len ? code && !quotes : !is_quoted(line)) {
            add_line(r, line, bot);
        }
    }
}

/* The first line from `s` to `end`, or the last one, that is not empty; of length 0: none. */
static struct line find_line(const char *s, const char *end, bool last,
                             bool (*is_empty)(const char *, size_t))
{
    struct line found = {"", 0};
    for (const char *next; s < end && (last || !found.len); s = next) {
        size_t len = text_line(s, end, &next);
        if (!is_empty(s, len))
            found = (struct line){s, len};
    }
    return found;
}

static struct line find_request(const struct reading *r)
{
    const char *text = buf_str(&r->text), *after = text + r->after, *end = text + r->text.len;
    struct line line = find_line(after, end, false, tokens_are_blank);
    if (!line.len)
        line = find_line(text, after, true, tokens_are_blank);
    if (!line.len)
        line = find_line(after, end, false, is_blank);
    if (!line.len)
        line = find_line(text, after, true, is_blank);
    return line;
}

/* After white space and each ":" and "," that is on its own. */
static char *skip_joint(char *s)
{
    s += strspn(s, " ");
    while (*s && strchr(":,", *s) && (s[1] == ' ' || !s[1])) {
        s++;
        s += strspn(s, " ");
    }
    return s;
}

char *mention_request(struct arena *arena, const char *content, const struct mention_bot *bot,
                      bool direct)
{
    struct reading r = {.text = BUF_INIT(arena, MENTION_CONTENT_MAX + 1)};
    struct buf folded = BUF_INIT(arena, MENTION_CONTENT_MAX);
    read_message(&r, arena_copy_n(arena, content, strnlen(content, MENTION_CONTENT_MAX)), bot,
                 direct);
    if (!direct && !r.named && r.group)
        return NULL;
    struct line line = find_request(&r);
    text_add_folded(&folded, line.s, line.len);
    text_trim(&folded);
    return skip_joint(buf_str(&folded));
}
