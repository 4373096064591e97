/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about HTML, and about Markdown next to it, that the page does not show as it was meant.
 * libxml2 reads all HTML of a source in one go, each piece on the line where it was. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "lint/draft.h"
#include "lint/rules.h"
#include "news/html.h"
#include "news/post.h"

#include <cmark.h>
#include <ctype.h>
#include <libxml/HTMLparser.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Most tags of one text that are looked for in the source. */
#define TRIES_MAX 20

/* Room for the name of an element: no name in HTML has more than 10 letters. */
#define NAME_SIZE 16

/* Most lines of a tag. */
#define TAG_LINES 10

/* The comment after all HTML: an element that is open there is never closed. */
#define END "the end"

/* Elements that libxml2 does not know, because it knows HTML 4; those in the second list have no
 * end tag, or need none. */
static const char newer[] =
    "article aside audio bdi canvas data datalist details dialog figcaption figure footer header "
    "hgroup main mark math meter nav output picture progress ruby search section summary svg "
    "template time video";
static const char newer_endless[] = "rp rt source track wbr";

/* Elements that it knows, but that a post cannot have. */
static const char unfit[] =
    "applet base basefont body dir frame frameset head html isindex noframes";

/* Elements that the page around a post may be made of. */
static const char around[] = "article aside body div footer header html main nav section";

/* Elements that end with their paragraph, closed or not. */
static const char contained[] =
    "abbr bdi bdo cite data del dfn ins kbd label mark q samp span sub sup time var";

static bool is_element(const char *name)
{
    return (htmlTagLookup((const xmlChar *)name) && !text_has_word(unfit, name)) ||
           text_has_word(newer, name) || text_has_word(newer_endless, name);
}

/* A reading of the tags: for those that are not closed, or for those that the page does not show.
 */
struct tags {
    struct draft *draft;
    bool unclosed;
    bool in_comment; /* at the end */
};

/* A tag as it is written. */
struct tag {
    int line;
    const char *shown;
    bool found;     /* in the source: libxml2 adds <body> and others where they are implied */
    bool parameter; /* it is the parameter of a type: "<S>" without "</S>" */
};

static const char *find(const char *s, const char *tag)
{
    size_t len = strlen(tag);
    while ((s = strchr(s, '<')) &&
           (strncasecmp(s, tag, len) != 0 || isalnum((unsigned char)s[len])))
        s++;
    return s;
}

/* Finds the tag with this name that ends in `line`; `opening` is "<" or "</". */
static struct tag find_tag(const struct tags *tags, int line, const char *opening, const char *name)
{
    const struct draft *draft = tags->draft;
    const char *wanted = arena_format(draft->arena, "%s%s", opening, name), *found = NULL;
    struct tag tag = {.line = line, .shown = quote(draft, wanted)};
    for (int i = line; !found && i > line - TAG_LINES && i >= draft->first_line; i--) {
        const char *source = draft_line(draft, i);
        found = find(source, wanted);
        if (!found)
            continue;
        const char closing[] = {'<', '/', found[1], '>', '\0'};
        size_t len = strcspn(found, ">");
        tag.found = true;
        tag.line = i;
        tag.parameter =
            len == 2 && found[2] && isupper((unsigned char)found[1]) && !strstr(source, closing);
        tag.shown = quote(draft, arena_copy_n(draft->arena, found, len + (found[len] == '>')));
    }
    return tag;
}

static int line_of(const struct tags *tags, int line)
{
    return tags->draft->first_line + line - 1;
}

static struct tag tag_of(const struct tags *tags, const xmlNode *node)
{
    return find_tag(tags, line_of(tags, (int)xmlGetLineNo(node)), "<", (const char *)node->name);
}

static void say_unclosed(const struct tags *tags, const xmlNode *node)
{
    const htmlElemDesc *known = htmlTagLookup(node->name);
    const char *name = (const char *)node->name;
    bool ends = known ? !known->empty && known->endTag != 1 : text_has_word(newer, name);
    if (!ends || !is_element(name))
        return;
    struct tag tag = tag_of(tags, node);
    if (!tag.parameter)
        finding_add(tags->draft, tag.line,
                    "'%s' is never closed, so everything after it is inside it: add '</%s>', or "
                    "put it in backticks",
                    tag.shown, name);
}

/* Called for each error that libxml2 finds. */
static void note_error(void *user, const xmlError *error)
{
    struct tags *tags = user;
    const htmlParserCtxt *parser = error->ctxt;
    const char *name = error->str1;
    bool end = error->code == XML_ERR_TAG_NAME_MISMATCH;
    tags->in_comment = tags->in_comment || error->code == XML_ERR_COMMENT_NOT_FINISHED;
    if (!name || !(end || error->code == XML_HTML_STRUCURE_ERROR))
        return;
    struct tag tag = find_tag(tags, line_of(tags, error->line), end ? "</" : "<", name);
    if (end && error->str2 && tags->unclosed && parser->node)
        say_unclosed(tags, parser->node);
    else if (end && tags->unclosed && text_has_word(around, name))
        finding_add(tags->draft, tag.line,
                    "'%s' closes an element that is not open in the post, and so a part of the "
                    "page around it: remove it",
                    tag.shown);
    else if (!tags->unclosed && !(end && is_element(name)))
        finding_add(tags->draft, tag.line, "'%s' is read as an HTML tag, so it is not shown: %s",
                    tag.shown, end ? "correct it" : "put it in backticks");
}

/* Reads the name of an element after "<" or "</"; returns where it ends. */
static const char *read_name(const char *s, char name[NAME_SIZE])
{
    size_t len = 0;
    s += 1 + (s[1] == '/');
    while (len < NAME_SIZE - 1 && isalnum((unsigned char)s[len]))
        len++;
    memcpy(name, s, len);
    name[len] = '\0';
    return s + len;
}

/* Whether the element of a tag ends with its paragraph. */
static bool is_contained(struct cmark_node *tag)
{
    char name[NAME_SIZE];
    read_name(cmark_node_get_literal(tag), name);
    return *name && text_has_word(contained, name);
}

/* The HTML to read, each piece on the line where it was, with the comment after it. */
static const char *collect_html(const struct tags *tags)
{
    const struct draft *draft = tags->draft;
    struct buf html = BUF_INIT(draft->arena, 4 * POST_MAX_MARKDOWN);
    int line = draft->first_line;
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);
        bool tag = type == CMARK_NODE_HTML_INLINE;
        if ((type != CMARK_NODE_HTML_BLOCK && !tag) || rules_template_tag(node) ||
            (tag && tags->unclosed && is_contained(node)))
            continue;
        const char *s = cmark_node_get_literal(node);
        for (int own = draft_line_at(draft, node, s); *s; own++) {
            for (; line < own; line++)
                buf_addc(&html, '\n');
            size_t len = strcspn(s, "\n");
            buf_add(&html, s, len);
            s += len + (s[len] == '\n');
        }
    }
    buf_adds(&html, "<!--" END "-->");
    return buf_str(&html);
}

/* The last node; NULL: none. */
static const xmlNode *last_node(const xmlNode *node)
{
    while (node && node->last)
        node = node->last;
    return node;
}

static void check_open(const struct tags *tags, const xmlDoc *document)
{
    for (const xmlNode *node = last_node((const xmlNode *)document); node; node = node->parent)
        if (node->type == XML_ELEMENT_NODE && !tags->in_comment)
            say_unclosed(tags, node);
}

/* The page shows only elements of HTML, and those in drawings and formulas. */
static void check_elements(const struct tags *tags, const xmlNode *node)
{
    for (; node; node = node->next) {
        const char *name = (const char *)node->name;
        if (node->type != XML_ELEMENT_NODE)
            continue;
        struct tag tag = tag_of(tags, node);
        if (tag.found && (tag.parameter || !is_element(name)))
            finding_add(tags->draft, tag.line,
                        "'%s' is read as an HTML tag, so it is not shown: put it in backticks",
                        tag.shown);
        if (!text_has_word("svg math", name))
            check_elements(tags, node->children);
    }
}

static void check_tags(struct tags tags)
{
    const char *html = collect_html(&tags);
    if (html_find_costly(html, strlen(html), HTML_NODES_MAX))
        return;
    xmlSetStructuredErrorFunc(&tags, (xmlStructuredErrorFunc)note_error);
    xmlDoc *document = htmlReadMemory(html, (int)strlen(html), NULL, "UTF-8",
                                      HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_COMPACT);
    xmlSetStructuredErrorFunc(NULL, NULL);
    if (document && tags.unclosed)
        check_open(&tags, document);
    else if (document)
        check_elements(&tags, document->children);
    xmlFreeDoc(document);
}

void rules_check_tags(struct draft *draft)
{
    check_tags((struct tags){.draft = draft, .unclosed = true});
}

/* Whether what follows the name of a tag could be part of it: its end, or an attribute. */
static bool goes_on_as_tag(const char *s)
{
    const char *word = s + strspn(s, " \t");
    size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    return !*word || *word == '>' || *word == '/' || (word > s && len && word[len] == '=');
}

/* The part of a text that was meant as a tag; NULL: none. */
static const char *find_shown_tag(const struct draft *draft, int line, const char *text)
{
    int tries = 0;
    for (const char *s = strchr(text, '<'); s && tries < TRIES_MAX; s = strchr(s + 1, '<')) {
        char name[NAME_SIZE];
        const char *rest = read_name(s, name);
        tries++;
        if (*name && is_element(name) && goes_on_as_tag(rest) &&
            draft_has_so(draft, line, s, (size_t)(rest - s)))
            return s;
    }
    return NULL;
}

/* Whether a backtick or two stars are shown because their other half is missing. The text around
 * them distinguishes them from others in the line. */
static bool is_shown_mark(const struct draft *draft, int line, const char *text)
{
    static const char *const marks[] = {"`", "**"};
    for (size_t i = 0; i < COUNT(marks); i++) {
        const char *mark = strstr(text, marks[i]);
        const char *from = mark && mark - text > 4 ? mark - 4 : text;
        if (mark && draft_has_so(draft, line, from, strnlen(from, 10)))
            return true;
    }
    return false;
}

static bool is_shown_link(const struct draft *draft, int line, const char *text)
{
    static const char *const signs[] = {"](http", "] (http", ")[http", "] (@/", "] (www."};
    for (size_t i = 0; i < COUNT(signs); i++)
        if (strstr(text, signs[i]) && draft_has_so(draft, line, signs[i], strlen(signs[i])))
            return true;
    return false;
}

/* Whether a text begins its line like an item, but without the space or with the wrong sign. */
static bool is_shown_item(const struct draft *draft, int number, const char *text)
{
    static const char *const signs[] = {"-[",  "*[", "+[",  "1.[", "•",      "–[",
                                        "– [", "—[", "— [", "-`",  "-\u00a0"};
    const char *line = draft_line(draft, number);
    line += strspn(line, " ");
    for (size_t i = 0; i < COUNT(signs); i++)
        if (strncmp(line, signs[i], strlen(signs[i])) == 0 && text[0] == signs[i][0])
            return true;
    return false;
}

static void check_text(struct draft *draft, struct cmark_node *node)
{
    int line = draft_first_line(node);
    const char *text = cmark_node_get_literal(node), *begin = text + strspn(text, " "),
               *tag = find_shown_tag(draft, line, text);
    if (tag)
        finding_add(draft, line,
                    "'%s' is shown as text, because the tag is incomplete: complete it, or put it "
                    "in backticks",
                    quote(draft, tag));
    if (strncmp(begin, "-->", 3) == 0 && !begin[3 + strspn(begin + 3, " ")])
        finding_add(draft, line,
                    "'-->' is shown as text, because the comment has no '<!--': add that, or "
                    "remove the '-->'");
    if (is_shown_mark(draft, line, text))
        finding_add(
            draft, line,
            "unmatched backtick or '**' is shown literally: close it, or escape it with '\\'");
    if (is_shown_link(draft, line, text))
        finding_add(draft, line,
                    "not a valid link, so it is shown as plain text: write [words](https://...), "
                    "without spaces from ']' to ')'");
    if (is_shown_item(draft, line, text))
        finding_add(draft, line,
                    "this is shown as text, not as an item of a list: begin it with '- '");
}

/* Whether code looks like a part of the template, which is indented inside its comment. */
static bool is_indented_template(const char *code)
{
    const char *s = code + strspn(code, " ");
    size_t hashes = strspn(s, "#");
    if (hashes >= 2 && s[hashes] == ' ')
        return strstr(s, "](") || strchr(s, '\n') == s + strlen(s) - 1;
    if (*s == '<' && strncmp(s, "<!--", 4) != 0)
        return strstr(s, "](http");
    return *s == '<' || strncmp(s, "- [", 3) == 0;
}

/* Whether a line, without the spaces before it, looks like Markdown. */
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

/* The line of a block of HTML that has these bytes of its text, else its first line. libcmark does
 * not count the line that ends a comment. */
static int find_line(const struct draft *draft, struct cmark_node *block, const char *s, size_t len)
{
    int line = draft_first_line(block), last = draft_last_line(block) + 1;
    while (line <= last && !draft_has_so(draft, line, s, len))
        line++;
    return line <= last ? line : draft_first_line(block);
}

/* The line of the first Markdown in the visible text of a block of HTML; 0: none. */
static int find_markdown(const struct draft *draft, struct cmark_node *block)
{
    for (struct cmark_node *node = block, *end = draft_skip(block); node != end;
         node = draft_next(node)) {
        bool text = cmark_node_get_type(node) == CMARK_NODE_TEXT;
        for (const char *line = text ? cmark_node_get_literal(node) : ""; *line;) {
            line += strspn(line, " ");
            size_t len = strcspn(line, "\n");
            if (is_markdown(line, len))
                return find_line(draft, block, line, len);
            line += len + (line[len] == '\n');
        }
    }
    return 0;
}

/* A long tag makes a post unreadable; usually it has a picture in it. */
static void check_length(struct draft *draft, struct cmark_node *html)
{
    const char *literal = cmark_node_get_literal(html),
               *tag = html_find_costly(literal, strlen(literal), SIZE_MAX);
    if (tag)
        finding_add(draft, draft_line_at(draft, html, tag),
                    "this tag is longer than %d KiB, so the bot cannot read the post: put the "
                    "picture into a file, and link that",
                    HTML_TAG_MAX / 1024);
}

void rule_raw_html(struct draft *draft)
{
    check_tags((struct tags){.draft = draft});
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);
        bool html = draft_is_html(node);
        size_t fence;
        if (type == CMARK_NODE_TEXT && !html)
            check_text(draft, node);
        if (type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE)
            check_length(draft, node);
        if (type == CMARK_NODE_CODE_BLOCK && !draft_fence(draft, node, &fence) &&
            is_indented_template(cmark_node_get_literal(node)))
            finding_add(
                draft, draft_first_line(node),
                "text that is indented by four spaces is shown as code: remove the indentation");
        int line = type == CMARK_NODE_PARAGRAPH && html ? find_markdown(draft, node) : 0;
        if (line)
            finding_add(
                draft, line,
                "Markdown next to HTML is shown as plain text: put an empty line between them");
    }
}
