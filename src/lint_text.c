/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about what a source says word for word: what the template left, what is not closed. */
#include "lint_text.h"

#include "draft.h"
#include "finding.h"
#include "text.h"
#include "unicode.h"
#include "url.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Room for what is quoted in a finding. */
#define SHOWN_SIZE 100

/* Words that only the template has, as names and in addresses. */
static const char *const template_words[] = {"repo_name", "owner_name", "maintainer_1",
                                             "your_github_name", "Some additional context"};

#define WORD_COUNT (sizeof template_words / sizeof *template_words)

static bool has_template_word(const char *text)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (strstr(text, template_words[i]))
            return true;
    return false;
}

/* Whether a link leads where one of the template does, or to dots. */
static bool is_template_url(const char *url)
{
    size_t len;
    const char *host = url_host(url, &len), *scheme = strstr(url, "://");
    return (len == 11 && strncasecmp(host, "example.com", len) == 0) ||
           strncmp(url, "link-to-", 8) == 0 || strcmp(url, "https://github.com/author") == 0 ||
           strncmp(scheme ? scheme + 3 : url, "...", 3) == 0 || has_template_word(url);
}

bool lint_is_template_tag(const struct draft *draft, size_t i)
{
    const struct markdown_part *part = draft->outline.part;
    if (part[i].kind != MARKDOWN_HTML || strncmp(part[i].text, "<text>", 6) == 0)
        return part[i].kind == MARKDOWN_HTML;
    if (i == 0 || i + 1 >= draft->outline.count || part[i - 1].kind != MARKDOWN_TEXT ||
        part[i + 1].kind != MARKDOWN_TEXT)
        return false;
    size_t before = strlen(part[i - 1].text), len = strlen(part[i].text);
    return before && part[i - 1].text[before - 1] == '<' && *part[i + 1].text == '>' && len > 2 &&
           part[i].text[len - 2] != ' ';
}

/* "<<" with words up to ">>" in a text; NULL: none. */
static const char *find_guillemets(const char *text)
{
    const char *open = strstr(text, "<<"), *close = open ? strstr(open, ">>") : NULL;
    return close && isalpha((unsigned char)open[2]) && close[-1] != ' ' ? open : NULL;
}

static void say_placeholder(struct findings *findings, int line, const char *what)
{
    char shown[SHOWN_SIZE];
    findings_add(findings, RULE_PLACEHOLDER, line,
                 "'%s' is left from the template: fill it in, or take it out",
                 text_printable(shown, sizeof shown, what, strlen(what)));
}

/* The first line of a part from `line` that has a word; the last one if none shows it. */
static int find_line(const struct draft *draft, const struct markdown_part *part, int line,
                     const char *word)
{
    size_t len;
    const char *source;
    while (line < part->last_line && (source = draft_line(draft, line, &len)) &&
           !memmem(source, len, word, strlen(word)))
        line++;
    return line;
}

/* The template's words in what can be read of a heading or paragraph; those of a list tell what
 * happened to a name that may be one. */
static void find_template_words(const struct draft *draft, const struct markdown_part *part,
                                struct findings *findings)
{
    for (size_t i = 0; i < WORD_COUNT && part->top; i++) {
        const char *word = template_words[i];
        if (strstr(part->text, word))
            say_placeholder(findings, find_line(draft, part, part->line, word), word);
    }
    if (strncmp(part->text, "(optional)", 10) == 0)
        say_placeholder(findings, part->line, "(optional)");
}

/* Lines that say there is something to do. The source may have more of them than the text, whose
 * code and comments end none. */
static void find_tasks(const struct draft *draft, const struct markdown_part *part,
                       struct findings *findings)
{
    static const char *const tasks[] = {"TODO", "TBD", "FIXME", "XXX"};
    int number = part->line;
    for (const char *line = part->text; line; line = strchr(line, '\n'), number++) {
        line += *line == '\n';
        for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
            size_t len = strlen(tasks[i]);
            if (strncmp(line, tasks[i], len) != 0 || (line[len] && !strchr(":\n", line[len])))
                continue;
            number = find_line(draft, part, number, tasks[i]);
            findings_add(findings, RULE_PLACEHOLDER, number,
                         "'%s' says that something is still to be done: do it, or take it out",
                         tasks[i]);
        }
    }
}

static void check_link(const struct markdown_part *link, struct findings *findings)
{
    static const char *const titles[] = {"Title", "Issue Description", "@author"};
    bool said = link->top && has_template_word(link->text);
    for (size_t i = 0; i < sizeof titles / sizeof *titles && !said; i++) {
        said = strcmp(link->text, titles[i]) == 0;
        if (said)
            say_placeholder(findings, link->line, link->text);
    }
    if (!said && is_template_url(link->url))
        say_placeholder(findings, link->line, link->url);
}

void lint_placeholders(const struct draft *draft, struct findings *findings)
{
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        const char *found = part->kind == MARKDOWN_TEXT ? find_guillemets(part->text) : NULL;
        if (part->kind == MARKDOWN_PARAGRAPH || part->kind == MARKDOWN_HEADING) {
            find_template_words(draft, part, findings);
            find_tasks(draft, part, findings);
        }
        if (part->kind == MARKDOWN_LINK)
            check_link(part, findings);
        if (found || lint_is_template_tag(draft, i))
            say_placeholder(findings, part->line, found ? found : part->text);
    }
}

/* libcmark makes one byte of the references to U+FFFE and U+FFFF. */
static void check_characters(const char *s, size_t len, int line, struct findings *findings)
{
    for (const char *end = s + len; s < end;) {
        unsigned char byte = (unsigned char)*s;
        uint32_t next = unicode_next(&s, end), c = byte >= 0xFE ? 0xFF00U | byte : next;
        if (!unicode_is_xml(c))
            findings_add(
                findings, RULE_CHARACTER, line,
                "the character U+%04X breaks the feed, which must not have it: take it out", c);
    }
}

void lint_characters(const struct draft *draft, struct findings *findings)
{
    for (size_t i = 0; i < draft->line_count; i++) {
        size_t len;
        int line = draft->first_line + (int)i;
        const char *s = draft_line(draft, line, &len);
        check_characters(s, len, line, findings);
    }
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        const char *const read[] = {part->url, part->words,
                                    part->kind == MARKDOWN_TEXT ? part->text : NULL};
        for (size_t j = 0; j < sizeof read / sizeof *read; j++)
            if (read[j])
                check_characters(read[j], strlen(read[j]), part->line, findings);
    }
}

/* Whether a line is a mark of git's around what it could not merge: seven of `c`, then words. */
static bool is_mark(const char *line, size_t len, char c)
{
    size_t run = 0;
    while (run < len && line[run] == c)
        run++;
    return run == 7 && (c == '=' ? run == len : run < len && line[run] == ' ');
}

void lint_conflicts(const struct draft *draft, struct findings *findings)
{
    const struct markdown_outline *outline = &draft->outline;
    char shown[SHOWN_SIZE];
    bool inside = false;
    size_t code = 0;
    for (size_t i = 0; i < draft->line_count; i++) {
        int number = draft->first_line + (int)i;
        size_t len;
        const char *line = draft_line(draft, number, &len), *next;
        while (code < outline->count && (outline->part[code].kind != MARKDOWN_CODE ||
                                         outline->part[code].last_line < number))
            code++;
        bool in_code = code < outline->count && outline->part[code].line <= number;
        len = text_line(line, line + len, &next);
        bool opens = is_mark(line, len, '<') || is_mark(line, len, '|'),
             closes = is_mark(line, len, '>');
        if (in_code || !(opens || closes || (inside && is_mark(line, len, '='))))
            continue;
        inside = !closes;
        findings_add(findings, RULE_PLACEHOLDER, number,
                     "'%s' is left from a merge: choose one side, and take the marks out",
                     text_printable(shown, sizeof shown, line, len));
    }
}

static void check_comment(const struct draft *draft, const struct markdown_part *part,
                          struct findings *findings)
{
    struct draft_place place = {part, part->text, 0};
    for (const char *open = strstr(part->text, "<!--"), *close; open;
         open = strstr(close, "<!--")) {
        int line = draft_go_on(draft, &place, open);
        close = strstr(open + 4, "-->");
        const char *inner = strstr(open + 4, "<!--");
        if (!close) {
            findings_add(findings, RULE_UNCLOSED, line,
                         "the comment that begins here is never closed, so nothing below it is "
                         "shown: add '-->'");
            return;
        }
        if (inner && inner < close)
            findings_add(findings, RULE_UNCLOSED, draft_go_on(draft, &place, inner),
                         "a comment begins inside a comment, and the first '-->' ends both: close "
                         "the one of line %d first",
                         line);
    }
}

/* A text may be a comment to those who wrote it. */
static void check_shown_comment(const struct draft *draft, const struct markdown_part *text,
                                struct findings *findings)
{
    const char *open = strstr(text->text, "<!--");
    if (open && draft_has_so(draft, text->line, "<!--", 4))
        findings_add(findings, RULE_UNCLOSED, text->line,
                     strstr(open + 4, "-->")
                         ? "the comment that begins here has '--' in it, so it is shown: take that "
                           "out"
                         : "the comment that begins here is not closed in its paragraph, so it is "
                           "shown: close it, or begin it on a line of its own");
}

/* A line of code that opens a fence which could have closed the one around it, had it no words
 * behind it: then that was to be closed before. NULL: none. */
static const char *find_inner_fence(const struct markdown_part *code)
{
    for (const char *line = code->text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *s = line + strspn(line, " ");
        size_t run = strspn(s, (char[]){code->fence, '\0'});
        const char *words = s + run + strspn(s + run, " ");
        if (s - line <= 3 && run >= code->fence_length && isalpha((unsigned char)*words))
            return line;
    }
    return NULL;
}

static void check_fence(const struct draft *draft, const struct markdown_part *code,
                        struct findings *findings)
{
    struct draft_place place = {code, code->text, 0};
    const char *inner = find_inner_fence(code);
    if (!code->closed)
        findings_add(findings, RULE_UNCLOSED, code->line,
                     "the code fence is never closed, so all below it is code: close it");
    else if (inner)
        findings_add(findings, RULE_UNCLOSED, code->line,
                     "a code fence opens in line %d, inside of this one: close this one before, "
                     "or make it longer",
                     draft_go_on(draft, &place, inner));
}

void lint_unclosed(const struct draft *draft, struct findings *findings)
{
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        if (part->kind == MARKDOWN_HTML)
            check_comment(draft, part, findings);
        else if (part->kind == MARKDOWN_TEXT)
            check_shown_comment(draft, part, findings);
        else if (part->kind == MARKDOWN_CODE && part->fence)
            check_fence(draft, part, findings);
    }
}
