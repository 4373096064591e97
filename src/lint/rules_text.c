/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about the words of a source: characters, remains of the template, comments and code
 * without an end. */
#include "base/arena.h"
#include "base/text.h"
#include "base/url.h"
#include "lint/draft.h"
#include "lint/rules.h"

#include <cmark.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* libcmark turns the references to U+FFFE and U+FFFF into one byte. */
static void check_characters(struct draft *draft, const char *s, int line)
{
    for (const char *end = s + strlen(s); s < end;) {
        unsigned char byte = (unsigned char)*s;
        uint32_t next = unicode_next(&s, end), c = byte >= 0xFE ? 0xFF00U | byte : next;
        if (!unicode_is_xml(c))
            finding_add(draft, line, "the character U+%04X breaks the feed: remove it", c);
    }
}

/* Characters that a feed may not have, as such or as "&#8;". */
void rule_character(struct draft *draft)
{
    for (size_t i = 0; i < draft->line_count; i++)
        check_characters(draft, draft->lines[i], draft->first_line + (int)i);
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        bool text = cmark_node_get_type(node) == CMARK_NODE_TEXT;
        const char *const read[] = {cmark_node_get_url(node), cmark_node_get_title(node),
                                    cmark_node_get_fence_info(node),
                                    text ? cmark_node_get_literal(node) : NULL};
        for (size_t i = 0; i < COUNT(read) && !draft_is_html(node); i++)
            if (read[i])
                check_characters(draft, read[i], draft_first_line(node));
    }
}

/* Words that only the template has, in names and addresses. */
static const char *const template_words[] = {"repo_name", "owner_name", "maintainer_1",
                                             "your_github_name", "Some additional context"};

#define WORD_COUNT COUNT(template_words)

static bool has_template_word(const char *text)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (strstr(text, template_words[i]))
            return true;
    return false;
}

/* Whether a link leads where one in the template does, or to dots. */
static bool is_template_url(const char *url)
{
    size_t len;
    const char *host = url_host(url, &len), *scheme = strstr(url, "://");
    return (len == 11 && strncasecmp(host, "example.com", len) == 0) ||
           strncmp(url, "link-to-", 8) == 0 || strcmp(url, "https://github.com/author") == 0 ||
           strncmp(scheme ? scheme + 3 : url, "...", 3) == 0 || has_template_word(url);
}

static void say_placeholder(struct draft *draft, int line, const char *what)
{
    finding_add(draft, line, "'%s' is left over from the template: fill it in, or remove it",
                quote(draft, what));
}

/* The first line of a node, from `line` on, that has a word; its last line if none has it. */
static int find_line(const struct draft *draft, struct cmark_node *node, int line, const char *word)
{
    while (line < draft_last_line(node) && !strstr(draft_line(draft, line), word))
        line++;
    return line;
}

/* Finds words of the template in a heading or paragraph. In a list they may be real names: "rename
 * repo_name". */
static void find_template_words(struct draft *draft, struct cmark_node *node)
{
    const char *text = draft_text(draft, node);
    int first = draft_first_line(node);
    for (size_t i = 0; i < WORD_COUNT && draft_is_top(node); i++)
        if (strstr(text, template_words[i]))
            say_placeholder(draft, find_line(draft, node, first, template_words[i]),
                            template_words[i]);
    if (strncmp(text, "(optional)", 10) == 0)
        say_placeholder(draft, first, "(optional)");
}

/* Finds lines that mark unfinished work. The source may have more lines than the text, which lacks
 * the line ends in code and comments. */
static void find_tasks(struct draft *draft, struct cmark_node *node)
{
    static const char *const tasks[] = {"TODO", "TBD", "FIXME", "XXX"};
    int number = draft_first_line(node);
    for (const char *line = draft_text(draft, node); line; line = strchr(line, '\n'), number++) {
        line += *line == '\n';
        for (size_t i = 0; i < COUNT(tasks); i++) {
            size_t len = strlen(tasks[i]);
            if (strncmp(line, tasks[i], len) != 0 || (line[len] && !strchr(":\n", line[len])))
                continue;
            number = find_line(draft, node, number, tasks[i]);
            finding_add(draft, number, "'%s' marks unfinished work: finish it, or remove the mark",
                        tasks[i]);
        }
    }
}

static void check_link(struct draft *draft, struct cmark_node *link)
{
    static const char *const titles[] = {"Title", "Issue Description", "@author"};
    const char *text = draft_text(draft, link), *url = cmark_node_get_url(link);
    bool title = false;
    for (size_t i = 0; i < COUNT(titles); i++)
        title = title || strcmp(text, titles[i]) == 0;
    /* Words of the template in the text of a link are found with its paragraph. */
    if (draft_is_top(link) && has_template_word(text))
        return;
    if (title || is_template_url(url))
        say_placeholder(draft, draft_first_line(link), title ? text : url);
}

static bool is_text(struct cmark_node *node)
{
    return node && cmark_node_get_type(node) == CMARK_NODE_TEXT;
}

const char *rules_template_tag(struct cmark_node *node)
{
    cmark_node_type type = cmark_node_get_type(node);
    const char *literal = cmark_node_get_literal(node);
    if (type == CMARK_NODE_TEXT) {
        const char *open = strstr(literal, "<<"), *close = open ? strstr(open, ">>") : NULL;
        return close && isalpha((unsigned char)open[2]) && close[-1] != ' ' ? open : NULL;
    }
    if (type != CMARK_NODE_HTML_BLOCK && type != CMARK_NODE_HTML_INLINE)
        return NULL;
    if (strncmp(literal, "<text>", 6) == 0)
        return literal;
    struct cmark_node *before = cmark_node_previous(node), *after = cmark_node_next(node);
    if (!is_text(before) || !is_text(after))
        return NULL;
    const char *text = cmark_node_get_literal(before);
    size_t len = strlen(literal), text_len = strlen(text);
    bool inside = text_len && text[text_len - 1] == '<' && *cmark_node_get_literal(after) == '>';
    return inside && len > 2 && literal[len - 2] != ' ' ? literal : NULL;
}

/* Whether a line is a conflict marker of git: seven of `c`, then words. */
static bool is_mark(const char *line, char c)
{
    return strspn(line, (char[]){c, '\0'}) == 7 && (c == '=' ? !line[7] : line[7] == ' ');
}

static struct cmark_node *next_code(struct cmark_node *node)
{
    return node ? draft_find(draft_next(node), NULL, CMARK_NODE_CODE_BLOCK) : NULL;
}

/* Finds the markers of an unfinished merge, except in code. */
static void find_conflicts(struct draft *draft)
{
    bool inside = false;
    struct cmark_node *code = next_code(draft->root);
    for (size_t i = 0; i < draft->line_count; i++) {
        int number = draft->first_line + (int)i;
        const char *line = draft->lines[i];
        while (code && draft_last_line(code) < number)
            code = next_code(code);
        bool opens = is_mark(line, '<') || is_mark(line, '|'), closes = is_mark(line, '>');
        if ((code && draft_first_line(code) <= number) ||
            !(opens || closes || (inside && is_mark(line, '='))))
            continue;
        inside = !closes;
        finding_add(draft, number,
                    "'%s' is left over from a merge: choose one side, and remove the markers",
                    quote(draft, line));
    }
}

void rule_placeholder(struct draft *draft)
{
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);
        const char *tag = draft_is_html(node) ? NULL : rules_template_tag(node);
        if (type == CMARK_NODE_PARAGRAPH || type == CMARK_NODE_HEADING) {
            find_template_words(draft, node);
            find_tasks(draft, node);
        }
        if (type == CMARK_NODE_LINK)
            check_link(draft, node);
        if (tag)
            say_placeholder(draft, draft_first_line(node), tag);
    }
    find_conflicts(draft);
}

static void check_comment(struct draft *draft, struct cmark_node *html)
{
    const char *open = strstr(cmark_node_get_literal(html), "<!--"), *close;
    for (; open; open = strstr(close, "<!--")) {
        const char *inner = strstr(open + 4, "<!--");
        close = strstr(open + 4, "-->");
        if (!close) {
            finding_add(draft, draft_line_at(draft, html, open),
                        "this comment is never closed, so nothing after it is shown: add '-->'");
            return;
        }
        if (inner && inner < close)
            finding_add(draft, draft_line_at(draft, html, inner),
                        "a comment begins inside the one of line %d, and the first '-->' ends "
                        "both: close the outer one first",
                        draft_line_at(draft, html, open));
    }
}

/* Finds text that was meant as a comment. */
static void check_shown_comment(struct draft *draft, struct cmark_node *text)
{
    int line = draft_first_line(text);
    const char *open = strstr(cmark_node_get_literal(text), "<!--");
    if (open && draft_has_so(draft, line, "<!--", 4))
        finding_add(draft, line,
                    strstr(open + 4, "-->")
                        ? "this comment has '--' in it, so it is shown as text: remove the '--'"
                        : "this comment is not closed in its paragraph, so it is shown as text: "
                          "close it, or begin it on a line of its own");
}

/* Whether the last line of code is only a fence, at least as long as the first one. */
static bool is_closed(const struct draft *draft, struct cmark_node *code, char fence, size_t len)
{
    int last = draft_last_line(code);
    const char *s = draft_line(draft, last);
    s += strspn(s, " \t>");
    size_t run = strspn(s, (char[]){fence, '\0'});
    return last > draft_first_line(code) && run >= len && !s[run + strspn(s + run, " \t")];
}

/* Finds a line of code that opens a fence and would close the fence around it if no words followed:
 * that one should have been closed before. NULL: none. */
static const char *find_inner_fence(const char *code, char fence, size_t len)
{
    for (const char *line = code; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *s = line + strspn(line, " ");
        size_t run = strspn(s, (char[]){fence, '\0'});
        const char *words = s + run + strspn(s + run, " ");
        if (s - line <= 3 && run >= len && isalpha((unsigned char)*words))
            return line;
    }
    return NULL;
}

static void check_code(struct draft *draft, struct cmark_node *code)
{
    size_t len = 0;
    int line = draft_first_line(code);
    char fence = draft_fence(draft, code, &len);
    const char *literal = cmark_node_get_literal(code),
               *inner = fence ? find_inner_fence(literal, fence, len) : NULL;
    if (fence && !is_closed(draft, code, fence, len))
        finding_add(draft, line,
                    "this code fence is never closed, so everything after it is code: close it");
    else if (inner)
        finding_add(draft, line,
                    "another code fence opens inside this one, in line %d: close this one first, "
                    "or make its fence longer",
                    draft_line_at(draft, code, inner));
}

void rule_unclosed(struct draft *draft)
{
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE)
            check_comment(draft, node);
        else if (type == CMARK_NODE_TEXT && !draft_is_html(node))
            check_shown_comment(draft, node);
        else if (type == CMARK_NODE_CODE_BLOCK)
            check_code(draft, node);
    }
    rules_check_tags(draft);
}
