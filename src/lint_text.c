/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about what a source says word for word: what the template left, what is not closed,
 * what HTML becomes on the page. */
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

/* Tags in one line of text that are looked at: each is looked for in the source. */
#define TRIES_MAX 20

/* Where a link of the template leads. */
static bool is_template_url(const char *url)
{
    size_t len;
    const char *host = url_host(url, &len);
    return (len == 11 && strncasecmp(host, "example.com", len) == 0) ||
           strncmp(url, "link-to-", 8) == 0 || strcmp(url, "https://github.com/author") == 0;
}

/* Whether the part is the inside of "<<...>>", of which Markdown makes a tag. */
static bool is_in_guillemets(const struct draft *draft, size_t i)
{
    const struct markdown_part *part = draft->outline.part;
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
        else if (is_in_guillemets(draft, i) ||
                 (part->kind == MARKDOWN_HTML && strncmp(part->text, "<text>", 6) == 0))
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

/* The elements a page may have, by the HTML standard but for those that hold a document. */
static bool is_element(const char *name, size_t len)
{
    static const char elements[] =
        " a abbr address area article aside audio b bdi bdo blockquote br button canvas caption "
        "center cite code col colgroup data datalist dd del details dfn dialog div dl dt em embed "
        "fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 header hgroup hr i iframe "
        "img input ins kbd label legend li link main map mark math menu meta meter nav noscript "
        "object ol optgroup option output p param picture pre progress q rp rt ruby s samp script "
        "search section select small source span strike strong style sub summary sup svg table "
        "tbody td template text textarea tfoot th thead time title tr track tt u ul var video wbr ";
    char word[16];
    if (len == 0 || len > 12)
        return false;
    word[0] = ' ';
    for (size_t i = 0; i < len; i++)
        word[i + 1] = (char)tolower((unsigned char)name[i]);
    word[len + 1] = ' ';
    word[len + 2] = '\0';
    return strstr(elements, word);
}

/* The length of a tag's name at `s`, which stands behind "<" or "</". */
static size_t name_length(const char *s)
{
    size_t len = 0;
    while (isalnum((unsigned char)s[len]) || (len && s[len] == '-'))
        len++;
    return isalpha((unsigned char)*s) ? len : 0;
}

/* Whether the source has these `len` bytes in a line as they are, not as "\<" or "&lt;", by which
 * somebody wants them shown. */
static bool is_written_so(const struct draft *draft, int line, const char *s, size_t len)
{
    size_t line_len;
    const char *source = draft_line(draft, line, &line_len);
    const char *found = memmem(source, line_len, s, len);
    return found && (found == source || found[-1] != '\\');
}

/* What of a text was meant as HTML: a tag that is not whole, the end of a comment; NULL: nothing.
 */
static const char *find_shown_html(const struct draft *draft, const struct markdown_part *part)
{
    const char *text = part->text;
    int tries = 0;
    for (const char *s = strchr(text, '<'); s && tries < TRIES_MAX; s = strchr(s + 1, '<')) {
        const char *name = s + 1 + (s[1] == '/');
        size_t len = name_length(name);
        tries++;
        if (is_element(name, len) && (!name[len] || strchr(" \t>/", name[len])) &&
            is_written_so(draft, part->line, s, (size_t)(name - s) + len))
            return s;
    }
    const char *begin = text + strspn(text, " ");
    return strncmp(begin, "-->", 3) == 0 && !begin[3 + strspn(begin + 3, " ")] ? begin : NULL;
}

/* Whether code is what somebody has indented as the template in its comment is. */
static bool is_indented_template(const char *code)
{
    const char *s = code + strspn(code, " ");
    size_t hashes = strspn(s, "#");
    const char *name = s + 1 + (s[0] == '<' && s[1] == '/');
    if (*s == '<' && is_element(name, name_length(name)))
        return strstr(s, "](http");
    return (hashes >= 2 && s[hashes] == ' ') || strncmp(s, "- [", 3) == 0 ||
           strncmp(s, "<!--", 4) == 0;
}

/* Markdown in a block of HTML, which is shown as it stands: a link; NULL: none. */
static const char *find_dead_markdown(const char *html)
{
    const char *link = strstr(html, "](http");
    const char *s = html + strspn(html, " ");
    if (strncmp(s, "<!--", 4) != 0)
        return link;
    const char *close = strstr(s, "-->");
    link = close ? strstr(close, "](http") : NULL;
    const char *again = close ? strstr(close, "<!--") : NULL;
    return again && again < link ? NULL : link;
}

static void check_html(const struct draft *draft, size_t i, struct findings *findings)
{
    const struct markdown_part *part = &draft->outline.part[i];
    const char *name = part->text + 1 + (part->text[0] && part->text[1] == '/');
    size_t len = *part->text == '<' ? name_length(name) : 0;
    char shown[SHOWN_SIZE];
    const char *dead = find_dead_markdown(part->text);
    if (len && !is_element(name, len) && !is_in_guillemets(draft, i))
        findings_add(findings, RULE_RAW_HTML, part->line,
                     "'%s' is read as an HTML tag, which the page does not show: put it in "
                     "backticks",
                     text_printable(shown, sizeof shown, part->text, strcspn(part->text, "\n")));
    else if (dead)
        findings_add(findings, RULE_RAW_HTML, markdown_line_of(&draft->outline, part, dead),
                     "Markdown beside HTML is shown as it stands: leave an empty line between "
                     "them");
}

void lint_raw_html(const struct draft *draft, struct findings *findings)
{
    char shown[SHOWN_SIZE];
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        const char *found = part->kind == MARKDOWN_TEXT ? find_shown_html(draft, part) : NULL;
        if (part->kind == MARKDOWN_HTML)
            check_html(draft, i, findings);
        else if (part->kind == MARKDOWN_CODE && !part->fence && is_indented_template(part->text))
            findings_add(findings, RULE_RAW_HTML, part->line,
                         "what is indented by four spaces is shown as code: move it to the left");
        if (found)
            findings_add(findings, RULE_RAW_HTML, part->line,
                         "'%s' is shown as text, for it is no whole HTML: close the tag, or put it "
                         "in backticks",
                         text_printable(shown, sizeof shown, found, strlen(found)));
    }
}
