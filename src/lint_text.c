/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about what a source says word for word: what the template left, what is not closed. */
#include "lint_text.h"

#include "draft.h"
#include "finding.h"
#include "text.h"
#include "url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Room for what is quoted in a finding. */
#define SHOWN_SIZE 100

/* Where a link of the template leads. */
static bool is_template_url(const char *url)
{
    size_t len;
    const char *host = url_host(url, &len);
    return (len == 11 && strncasecmp(host, "example.com", len) == 0) ||
           strncmp(url, "link-to-", 8) == 0 || strcmp(url, "https://github.com/author") == 0;
}

bool lint_is_template_tag(const struct draft *draft, size_t i)
{
    const struct markdown_part *part = draft->outline.part;
    if (part[i].kind == MARKDOWN_HTML && strncmp(part[i].text, "<text>", 6) == 0)
        return true;
    if (part[i].kind != MARKDOWN_HTML || i == 0 || i + 1 >= draft->outline.count ||
        part[i - 1].kind != MARKDOWN_TEXT || part[i + 1].kind != MARKDOWN_TEXT)
        return false;
    size_t len = strlen(part[i - 1].text);
    return len && part[i - 1].text[len - 1] == '<' && *part[i + 1].text == '>';
}

/* "<<" with words up to ">>" in a text; NULL: none. */
static const char *find_guillemets(const char *text)
{
    const char *open = strstr(text, "<<"), *close = open ? strstr(open, ">>") : NULL;
    return close && isalpha((unsigned char)open[2]) ? open : NULL;
}

static void say_placeholder(struct findings *findings, int line, const char *what)
{
    char shown[SHOWN_SIZE];
    findings_add(findings, RULE_PLACEHOLDER, line,
                 "'%s' is left from the template: fill it in, or take it out",
                 text_printable(shown, sizeof shown, what, strlen(what)));
}

/* The template's words in what can be read of a heading or paragraph. */
static void find_template_words(const struct markdown_part *part, struct findings *findings)
{
    static const char *const words[] = {"repo_name", "owner_name", "maintainer_1",
                                        "your_github_name", "Some additional context"};
    static const char *const starts[] = {"TODO", "TBD", "FIXME", "XXX", "(optional)"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *found = strstr(part->text, words[i]);
        int line = part->line;
        for (const char *s = part->text; found && s < found; s++)
            line += *s == '\n';
        if (found)
            say_placeholder(findings, line, words[i]);
    }
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        size_t len = strlen(starts[i]);
        if (strncmp(part->text, starts[i], len) == 0 && !isalnum((unsigned char)part->text[len]))
            say_placeholder(findings, part->line, starts[i]);
    }
}

void lint_placeholders(const struct draft *draft, struct findings *findings)
{
    static const char *const titles[] = {"Title", "Issue Description", "@author"};
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        const char *found;
        if (part->kind == MARKDOWN_PARAGRAPH || part->kind == MARKDOWN_HEADING)
            find_template_words(part, findings);
        else if (part->kind == MARKDOWN_TEXT && (found = find_guillemets(part->text)))
            say_placeholder(findings, part->line, found);
        else if (lint_is_template_tag(draft, i))
            say_placeholder(findings, part->line, part->text);
        if (part->kind != MARKDOWN_LINK)
            continue;
        bool template = is_template_url(part->url);
        for (size_t j = 0; j < sizeof titles / sizeof *titles && !template; j++)
            template = strcmp(part->text, titles[j]) == 0;
        if (template)
            say_placeholder(findings, part->line, *part->text ? part->text : part->url);
    }
}

static void check_comment(const struct draft *draft, const struct markdown_part *part,
                          struct findings *findings)
{
    for (const char *open = strstr(part->text, "<!--"), *close; open;
         open = strstr(close, "<!--")) {
        int line = markdown_line_of(&draft->outline, part, open);
        close = strstr(open + 4, "-->");
        const char *inner = strstr(open + 4, "<!--");
        if (!close) {
            findings_add(findings, RULE_UNCLOSED, line,
                         "the comment that begins here is never closed, so nothing below it is "
                         "shown: add '-->'");
            return;
        }
        if (inner && inner < close)
            findings_add(findings, RULE_UNCLOSED, markdown_line_of(&draft->outline, part, inner),
                         "a comment begins inside a comment, and the first '-->' ends both: close "
                         "the one of line %d first",
                         line);
    }
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
    const char *inner = find_inner_fence(code);
    if (!code->closed)
        findings_add(findings, RULE_UNCLOSED, code->line,
                     "the code fence is never closed, so all below it is code: close it");
    else if (inner)
        findings_add(findings, RULE_UNCLOSED, code->line,
                     "a code fence opens in line %d, inside of this one: close this one before, "
                     "or make it longer",
                     markdown_line_of(&draft->outline, code, inner));
}

void lint_unclosed(const struct draft *draft, struct findings *findings)
{
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        if (part->kind == MARKDOWN_HTML)
            check_comment(draft, part, findings);
        else if (part->kind == MARKDOWN_TEXT && strstr(part->text, "<!--"))
            findings_add(findings, RULE_UNCLOSED, part->line,
                         "the comment that begins here is not closed in its paragraph, so it is "
                         "shown: close it, or begin it on a line of its own");
        else if (part->kind == MARKDOWN_CODE && part->fence)
            check_fence(draft, part, findings);
    }
}
