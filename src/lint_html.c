/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about what becomes of HTML on the page, and of Markdown beside it. */
#include "lint_html.h"

#include "draft.h"
#include "finding.h"
#include "issue.h"
#include "lint_text.h"
#include "text.h"
#include "words.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for what is quoted in a finding. */
#define SHOWN_SIZE 100

/* Longest name of an element, with the NUL: none in HTML has more than 10 letters. */
#define NAME_SIZE 16

/* Tags in one line of text that are looked at: each is looked for in the source. */
#define TRIES_MAX 20

/* Tags that are open at once; further ones are not expected to be closed. */
#define OPEN_MAX 64

/* The elements a page may have, by the HTML standard but for those that hold a document. */
static const char elements[] =
    "a abbr address area article aside audio b bdi bdo blockquote br button canvas caption center "
    "cite code col colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset "
    "figcaption figure font footer form h1 h2 h3 h4 h5 h6 header hgroup hr i iframe img input ins "
    "kbd label legend li link main map mark math menu meta meter nav noscript object ol optgroup "
    "option output p param picture pre progress q rp rt ruby s samp script search section select "
    "small source span strike strong style sub summary sup svg table tbody td template text "
    "textarea tfoot th thead time title tr track tt u ul var video wbr";

/* Those that have no end, or need not be closed. */
static const char endless[] =
    "area br caption col colgroup dd dt embed hr img input li link meta optgroup option p param rp "
    "rt source tbody td tfoot th thead tr track wbr";

/* Those that end with what they stand in. */
static const char contained[] =
    "abbr bdi bdo cite data del dfn ins kbd label mark q samp span sub sup time var";

/* Those that the page around a post may be in. */
static const char around[] = "article aside body div footer header html main nav section";

struct tag {
    const char *start, *end; /* from its "<" to behind its ">" */
    char name[NAME_SIZE];    /* lower case, cut */
    bool closes;             /* "</x>" */
    bool empty;              /* "<x/>" */
    bool whole;              /* has its ">" */
};

/* The length of a tag's name at `s`, which stands behind "<" or "</". */
static size_t name_length(const char *s)
{
    size_t len = 0;
    while (isalnum((unsigned char)s[len]) || (len && s[len] == '-'))
        len++;
    return isalpha((unsigned char)*s) ? len : 0;
}

/* The ">" of the tag whose name ends at `s`, which does not stand in quotes; or the end. */
static const char *end_of_tag(const char *s)
{
    for (char quote = '\0'; *s && (quote || *s != '>'); s++)
        if (quote ? *s == quote : *s == '"' || *s == '\'')
            quote = quote ? '\0' : *s;
    return s;
}

/* Reads the tag that begins at `s`. False: none does. */
static bool read_tag(const char *s, struct tag *tag)
{
    bool closes = s[0] == '<' && s[1] == '/';
    const char *name = s + 1 + closes;
    size_t len = *s == '<' ? name_length(name) : 0, kept = len < NAME_SIZE ? len : NAME_SIZE - 1;
    if (!len)
        return false;
    const char *end = end_of_tag(name + len);
    *tag = (struct tag){.start = s,
                        .end = end + (*end == '>'),
                        .closes = closes,
                        .empty = *end == '>' && end[-1] == '/',
                        .whole = *end == '>'};
    for (size_t i = 0; i < kept; i++)
        tag->name[i] = (char)tolower((unsigned char)name[i]);
    return true;
}

/* Steps over what is no tag, comments included, and reads the next one. False: none follows. */
static bool next_tag(const char **at, struct tag *tag)
{
    const char *s = *at;
    while (*s && !read_tag(s, tag)) {
        const char *close = strncmp(s, "<!--", 4) == 0 ? strstr(s + 4, "-->") : s;
        s = close ? close + 1 : s + strlen(s);
    }
    *at = *s ? tag->end : s;
    return *s;
}

struct open_tag {
    struct tag tag;
    int line;
    size_t until; /* the part it is closed before; SIZE_MAX: none */
};

struct tags {
    const struct draft *draft;
    struct findings *findings;
    struct open_tag open[OPEN_MAX];
    size_t depth;
};

static const char *show(char shown[SHOWN_SIZE], const struct tag *tag)
{
    return text_printable(shown, SHOWN_SIZE, tag->start, (size_t)(tag->end - tag->start));
}

/* Whether HTML has been left for drawings or formulas, which have elements of their own. */
static bool is_foreign(const struct tags *tags)
{
    for (size_t i = 0; i < tags->depth; i++)
        if (words_is_among("svg math", tags->open[i].tag.name))
            return true;
    return false;
}

/* Whether it is a type's parameter that is an element, too: "<S>", which its line does not close.
 */
static bool is_parameter(const struct draft *draft, int line, const struct tag *tag)
{
    const char closing[] = {'<', '/', tag->start[1], '>'};
    size_t len;
    const char *source = draft_line(draft, line, &len);
    return tag->end - tag->start == 3 && isupper((unsigned char)tag->start[1]) &&
           !memmem(source, len, closing, sizeof closing);
}

static void say_unclosed(const struct tags *tags, const struct open_tag *open)
{
    char shown[SHOWN_SIZE];
    findings_add(tags->findings, RULE_UNCLOSED, open->line,
                 "'%s' is never closed, so all below it is taken for a part of it: add '</%s>', or "
                 "put it in backticks",
                 show(shown, &open->tag), open->tag.name);
}

/* Closes the innermost tag of that name, and all in it. */
static void close_tag(struct tags *tags, const struct tag *tag, int line)
{
    char shown[SHOWN_SIZE];
    size_t i = tags->depth;
    while (i > 0 && strcmp(tags->open[i - 1].tag.name, tag->name) != 0)
        i--;
    if (!i && words_is_among(around, tag->name))
        findings_add(tags->findings, RULE_UNCLOSED, line,
                     "'%s' closes what is not open here, so the page around ends with it: take it "
                     "out",
                     show(shown, tag));
    for (size_t inner = i; i > 0 && inner < tags->depth; inner++)
        if (!words_is_among(contained, tags->open[inner].tag.name))
            say_unclosed(tags, &tags->open[inner]);
    tags->depth = i > 0 ? i - 1 : tags->depth;
}

/* Takes the next tag. `until`: where the paragraph, item or quote it stands in ends. */
static void take_tag(struct tags *tags, const struct tag *tag, int line, size_t until)
{
    char shown[SHOWN_SIZE];
    if (!tag->whole)
        findings_add(tags->findings, RULE_UNCLOSED, line, "the tag '%s' has no '>'",
                     show(shown, tag));
    else if (!is_foreign(tags) &&
             (is_parameter(tags->draft, line, tag) || !words_is_among(elements, tag->name)))
        findings_add(tags->findings, RULE_RAW_HTML, line,
                     "'%s' is read as an HTML tag, which the page does not show: %s",
                     show(shown, tag), tag->closes ? "mend it" : "put it in backticks");
    else if (tag->closes)
        close_tag(tags, tag, line);
    else if (!tag->empty && tags->depth < OPEN_MAX && !words_is_among(endless, tag->name))
        tags->open[tags->depth++] =
            (struct open_tag){*tag, line, words_is_among(contained, tag->name) ? until : SIZE_MAX};
}

void lint_tags(const struct draft *draft, struct findings *findings)
{
    struct tags tags = {.draft = draft, .findings = findings};
    size_t until = SIZE_MAX;
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        struct draft_place place = {part, part->text, 0};
        struct tag tag;
        if (until <= i)
            until = SIZE_MAX;
        if (until == SIZE_MAX && part->end > i + 1 && part->kind != MARKDOWN_HTML)
            until = part->end;
        while (tags.depth && tags.open[tags.depth - 1].until <= i)
            tags.depth--;
        if (part->kind == MARKDOWN_HTML && !lint_is_template_tag(draft, i))
            for (const char *at = part->text; next_tag(&at, &tag);)
                take_tag(&tags, &tag, draft_go_on(draft, &place, tag.start), until);
    }
    for (size_t i = 0; i < tags.depth; i++)
        if (tags.open[i].until == SIZE_MAX)
            say_unclosed(&tags, &tags.open[i]);
}

/* Whether what stands behind a tag's name could stand there: its end, or an attribute. */
static bool goes_on_as_tag(const char *s)
{
    const char *word = s + strspn(s, " \t");
    size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    return !*word || *word == '>' || *word == '/' || (word > s && len && word[len] == '=');
}

/* What of a text was meant as a tag; NULL: nothing. */
static const char *find_shown_tag(const struct draft *draft, const struct markdown_part *part)
{
    int tries = 0;
    for (const char *s = strchr(part->text, '<'); s && tries < TRIES_MAX; s = strchr(s + 1, '<')) {
        struct tag tag;
        size_t len = 1 + (s[1] == '/') + name_length(s + 1 + (s[1] == '/'));
        tries++;
        if (read_tag(s, &tag) && words_is_among(elements, tag.name) && goes_on_as_tag(s + len) &&
            draft_has_so(draft, part->line, s, len))
            return s;
    }
    return NULL;
}

/* Whether a mark of Markdown is shown, for its other half is missing: a backtick, or two stars.
 * What stands around it tells it from others in its line. */
static bool is_shown_mark(const struct draft *draft, const struct markdown_part *part)
{
    static const char *const marks[] = {"`", "**"};
    bool found = false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *mark = strstr(part->text, marks[i]);
        const char *from = mark && mark - part->text > 4 ? mark - 4 : part->text;
        found = found || (mark && draft_has_so(draft, part->line, from, strnlen(from, 10)));
    }
    return found;
}

static bool is_shown_link(const struct draft *draft, const struct markdown_part *part)
{
    static const char *const signs[] = {"](http", "] (http", ")[http", "] (@/", "] (www."};
    bool found = false;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        found = found || (strstr(part->text, signs[i]) &&
                          draft_has_so(draft, part->line, signs[i], strlen(signs[i])));
    return found;
}

/* Whether a text begins its line as an item would, but for the blank or the sign. */
static bool is_shown_item(const struct draft *draft, const struct markdown_part *part)
{
    static const char *const signs[] = {"-[",  "*[", "+[",  "1.[", "•",      "–[",
                                        "– [", "—[", "— [", "-`",  "-\u00a0"};
    size_t len;
    const char *line = draft_line(draft, part->line, &len), *end = line + len;
    while (line < end && *line == ' ')
        line++;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i]);
        if ((size_t)(end - line) > n && memcmp(line, signs[i], n) == 0 &&
            part->text[0] == signs[i][0])
            return true;
    }
    return false;
}

static void check_text(const struct draft *draft, const struct markdown_part *part,
                       struct findings *findings)
{
    char shown[SHOWN_SIZE];
    const char *tag = find_shown_tag(draft, part), *begin = part->text + strspn(part->text, " ");
    if (tag)
        findings_add(
            findings, RULE_RAW_HTML, part->line,
            "'%s' is shown as text, for it is not complete HTML: close the tag, or put it in "
            "backticks",
            text_printable(shown, sizeof shown, tag, strlen(tag)));
    if (strncmp(begin, "-->", 3) == 0 && !begin[3 + strspn(begin + 3, " ")])
        findings_add(findings, RULE_RAW_HTML, part->line,
                     "'-->' is shown as text, for the comment it ends has no '<!--'");
    if (is_shown_mark(draft, part))
        findings_add(findings, RULE_RAW_HTML, part->line,
                     "a backtick or '**' is shown as it stands, for its other half is missing: add "
                     "it, or write '\\' before it");
    if (is_shown_link(draft, part))
        findings_add(findings, RULE_RAW_HTML, part->line,
                     "a link is shown as it stands, for it is none: write [words](https://...), "
                     "without blanks from ']' to ')'");
    if (is_shown_item(draft, part))
        findings_add(findings, RULE_RAW_HTML, part->line,
                     "this is shown as text, not as an item of a list: items begin with '- '");
}

/* Whether code is what somebody has indented as the template in its comment is. */
static bool is_indented_template(const char *code)
{
    const char *s = code + strspn(code, " ");
    size_t hashes = strspn(s, "#");
    struct tag tag;
    if (hashes >= 2 && s[hashes] == ' ')
        return strstr(s, "](") || strchr(s, '\n') == s + strlen(s) - 1;
    if (read_tag(s, &tag))
        return words_is_among(elements, tag.name) && strstr(s, "](http");
    return strncmp(s, "- [", 3) == 0 || strncmp(s, "<!--", 4) == 0;
}

/* Where what is no Markdown ends that begins at `s`: a comment, or a tag, and what is in it if that
 * is shown as it stands. NULL: none does. */
static const char *end_of_blank(const char *s)
{
    char closing[NAME_SIZE + 2];
    struct tag tag;
    if (strncmp(s, "<!--", 4) == 0) {
        const char *close = strstr(s + 4, "-->");
        return close ? close + 3 : s + strlen(s);
    }
    if (!read_tag(s, &tag))
        return NULL;
    if (tag.closes || !words_is_among("pre script style textarea", tag.name))
        return tag.end;
    snprintf(closing, sizeof closing, "</%s", tag.name);
    const char *end = strcasestr(tag.end, closing);
    return end ? end : tag.end + strlen(tag.end);
}

/* Makes blanks of that. */
static void blank_tags(char *html)
{
    for (char *s = html; *s;) {
        const char *end = end_of_blank(s);
        for (; s < end; s++)
            *s = *s == '\n' ? '\n' : ' ';
        s += !end;
    }
}

/* Whether a line, blanks before it left out, looks like Markdown. */
static bool is_markdown(const char *line, size_t len)
{
    size_t hashes = strspn(line, "#");
    const char *code = memchr(line, '`', len), *end = line + len;
    const char *strong = memmem(line, len, "**", 2);
    return (hashes && hashes <= 6 && line[hashes] == ' ') || strncmp(line, "- [", 3) == 0 ||
           memmem(line, len, "](http", 6) ||
           (code && memchr(code + 1, '`', (size_t)(end - code - 1))) ||
           (strong && isalnum((unsigned char)strong[2]));
}

/* A line of Markdown in HTML, which is shown as it stands: its place. NULL: none;
 * or out of memory. */
static const char *find_markdown(const char *html, struct findings *findings)
{
    const char *found = NULL;
    char *text = strdup(html);
    findings->failed = findings->failed || !text;
    if (text)
        blank_tags(text);
    for (char *line = text; line && *line && !found; line += *line == '\n') {
        line += strspn(line, " ");
        size_t len = strcspn(line, "\n");
        if (is_markdown(line, len))
            found = html + (line - text);
        line += len;
    }
    free(text);
    return found;
}

void lint_shown(const struct draft *draft, struct findings *findings)
{
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        struct draft_place place = {part, part->text, 0};
        const char *dead = part->kind == MARKDOWN_HTML ? find_markdown(part->text, findings) : NULL;
        if (part->kind == MARKDOWN_TEXT)
            check_text(draft, part, findings);
        if (part->kind == MARKDOWN_CODE && !part->fence && is_indented_template(part->text))
            findings_add(findings, RULE_RAW_HTML, part->line,
                         "what is indented by four spaces is shown as code: move it to the left");
        if (dead)
            findings_add(findings, RULE_RAW_HTML, draft_go_on(draft, &place, dead),
                         "Markdown beside HTML is shown as it stands: leave an empty line between "
                         "them");
    }
}
