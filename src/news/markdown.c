/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Markdown as the HTML that the site's generator makes from it. */
#include "news/markdown.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "news/html.h"
#include "news/issue.h"

#include <cmark.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Largest HTML that is read: sixty times the longest real post. */
#define HTML_MAX_BYTES (2 * 1024 * 1024)

/* Most headings that get an id: finding a free id takes cubic time. A real post has 30 headings. */
#define HEADINGS_MAX 500

#define BLANK_LINES_MAX 100

struct heading {
    cmark_node *node;
    const char *id; /* as written; NULL: the generator makes it from the text */
};

struct headings {
    struct heading *heading;
    size_t count;
};

/* Cuts "{#id .class}" off the end of a heading, unless the source has "\" before it, and returns
 * the id; NULL: none. As in pulldown-cmark, the braces may hold other words. */
static const char *cut_attributes(struct arena *arena, cmark_node *heading, const char *source,
                                  size_t len)
{
    cmark_node *last = cmark_node_last_child(heading);
    bool is_text = last && cmark_node_get_type(last) == CMARK_NODE_TEXT;
    const char *text = is_text ? cmark_node_get_literal(last) : "", *open = strrchr(text, '{');
    size_t n = open ? strlen(open) : 0;
    if (n < 2 || open[n - 1] != '}' || strcspn(open, "}\\<>") != n - 1)
        return NULL;
    const char *written = memmem(source, len, open, n), *id = NULL;
    if (!written || (written > source && written[-1] == '\\'))
        return NULL;
    for (const char *word = open + 1, *end = open + n - 1; word < end;) {
        size_t length = strcspn(word, " \t}");
        if (*word == '#' && length > 1)
            id = arena_copy_n(arena, word + 1, length - 1);
        word += length + 1;
    }
    while (open > text && (open[-1] == ' ' || open[-1] == '\t'))
        open--;
    cmark_node_set_literal(last, arena_copy_n(arena, text, (size_t)(open - text)));
    return id;
}

static const char *skip_lines(const char *s, const char *end, int count)
{
    for (; count > 0 && s < end; count--)
        text_line(s, end, &s);
    return s;
}

/* Whether libcmark can read it quickly: after nested lists, each empty line takes it long. */
static bool is_cheap(const char *data, size_t len)
{
    int blanks = 0;
    for (const char *s = data, *end = data + len, *next; s < end; s = next) {
        size_t line = text_line(s, end, &next);
        while (line && (s[line - 1] == ' ' || s[line - 1] == '\t'))
            line--;
        blanks = line ? 0 : blanks + 1;
        if (blanks > BLANK_LINES_MAX)
            return false;
    }
    return true;
}

/* Reads Markdown into a tree that the caller frees. The headings lose their attributes and are
 * listed in `headings` (NULL: no list). NULL: INPUT. */
static cmark_node *read_document(struct arena *arena, const char *data, size_t len,
                                 struct headings *headings, struct fault *fault)
{
    if (!is_cheap(data, len)) {
        fault_set(fault, FAULT_INPUT, "the post has more than %d empty lines in a row",
                  BLANK_LINES_MAX);
        return NULL;
    }
    cmark_node *root =
        cmark_parse_document(data, len, CMARK_OPT_SOURCEPOS | CMARK_OPT_VALIDATE_UTF8);
    cmark_iter *iter = cmark_iter_new(root);
    const char *at = data, *end = at + len;
    int line = 1;
    cmark_consolidate_text_nodes(root);
    for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(iter);
        if (event != CMARK_EVENT_ENTER || cmark_node_get_type(node) != CMARK_NODE_HEADING)
            continue;
        int first = cmark_node_get_start_line(node), last = cmark_node_get_end_line(node);
        at = skip_lines(at, end, first - line);
        line = first;
        size_t length = (size_t)(skip_lines(at, end, last - first + 1) - at);
        const char *id = cut_attributes(arena, node, at, length);
        if (!headings)
            continue;
        struct heading *heading =
            arena_add(arena, &headings->heading, &headings->count, sizeof *heading);
        *heading = (struct heading){node, id};
    }
    cmark_iter_free(iter);
    return root;
}

/* Adds a text as a part of an address: ASCII letters and digits, with "-" between them. */
static void add_slug(struct buf *out, const char *text)
{
    size_t start = out->len;
    for (const char *s = text_ascii(out->arena, text); *s; s++) {
        if (isalnum((unsigned char)*s))
            buf_addc(out, (char)tolower((unsigned char)*s));
        else if (out->len > start && out->ptr[out->len - 1] != '-')
            buf_addc(out, '-');
    }
    if (out->len > start && out->ptr[out->len - 1] == '-')
        buf_truncate(out, out->len - 1);
}

/* The text of a heading, without line ends and HTML. */
static const char *heading_text(struct arena *arena, cmark_node *heading)
{
    struct buf text = BUF_INIT(arena, TEXT_MAX);
    cmark_iter *iter = cmark_iter_new(heading);
    while (cmark_iter_next(iter) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
            buf_adds(&text, cmark_node_get_literal(node));
    }
    cmark_iter_free(iter);
    return buf_str(&text);
}

static bool is_used(const struct headings *headings, const char *id)
{
    for (size_t i = 0; i < headings->count && i < HEADINGS_MAX; i++)
        if (headings->heading[i].id && strcmp(headings->heading[i].id, id) == 0)
            return true;
    return false;
}

/* The id that the generator makes from the text of a heading: a slug, with a number if it is taken.
 */
static const char *make_id(struct arena *arena, const struct headings *headings,
                           cmark_node *heading)
{
    struct buf slug = BUF_INIT(arena, TEXT_MAX);
    add_slug(&slug, heading_text(arena, heading));
    size_t len = slug.len;
    for (size_t n = 1; is_used(headings, buf_str(&slug)); n++) {
        buf_truncate(&slug, len);
        buf_addf(&slug, "-%zu", n);
    }
    return buf_str(&slug);
}

/* Replaces a heading with its HTML, which has the id. */
static void set_id(struct arena *arena, const struct heading *heading)
{
    char *html = cmark_render_html(heading->node, CMARK_OPT_UNSAFE);
    struct buf out = BUF_INIT(arena, HTML_MAX_BYTES);
    size_t name = strlen("<h2");
    buf_add(&out, html, name);
    buf_adds(&out, " id=\"");
    for (const char *s = heading->id; *s; s++)
        if (*s == '"' || *s == '&')
            buf_addf(&out, "&#%d;", *s);
        else
            buf_addc(&out, *s);
    buf_addf(&out, "\"%s", html + name);
    free(html);
    cmark_node *block = cmark_node_new(CMARK_NODE_HTML_BLOCK);
    cmark_node_set_literal(block, buf_str(&out));
    cmark_node_replace(heading->node, block);
    cmark_node_free(heading->node);
}

/* A date at the start of a name, which the generator leaves out: "2023-01-02-hermit",
 * "2023-01-02T10:00:00Z_hermit". */
#define DATE "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T[T0-9:.Z+]*)?[-_])."

/* The site's path of a page whose source is `path`, with its fragment. */
static const char *page_of_source(struct arena *arena, const char *path)
{
    size_t len = strcspn(path, "#"), date = 0;
    char *page = arena_copy_n(arena, path, len), *slash = strrchr(page, '/'),
         *name = slash ? slash + 1 : page, *dot = strrchr(name, '.');
    bool section = strcmp(name, "_index.md") == 0;
    if (section || strcmp(name, "index.md") == 0)
        *name = '\0';
    else if (dot && strcmp(dot, ".md") == 0)
        *dot = '\0';
    for (len = strlen(page); len && page[len - 1] == '/'; len--)
        page[len - 1] = '\0';
    slash = strrchr(page, '/');
    name = section ? page + len : slash ? slash + 1 : page;
    struct buf url = BUF_INIT(arena, TEXT_MAX);
    buf_addc(&url, '/');
    buf_add(&url, page, (size_t)(name - page));
    add_slug(&url, text_match(name, DATE, &date) ? name + date : name);
    if (url.len > 1 && url.ptr[url.len - 1] != '/')
        buf_addc(&url, '/');
    buf_adds(&url, strchrnul(path, '#'));
    return buf_str(&url);
}

/* Turns links to the sources of pages ("@/…") into links to the pages. */
static void resolve_links(struct arena *arena, cmark_node *root)
{
    cmark_iter *iter = cmark_iter_new(root);
    for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(iter);
        bool link = event == CMARK_EVENT_ENTER && cmark_node_get_type(node) == CMARK_NODE_LINK;
        if (link && strncmp(cmark_node_get_url(node), "@/", 2) == 0)
            cmark_node_set_url(node, page_of_source(arena, cmark_node_get_url(node) + 2));
    }
    cmark_iter_free(iter);
}

struct html_node *markdown_parse(const char *data, size_t len, struct fault *fault)
{
    struct arena *arena = arena_new();
    struct headings headings = {0};
    struct html_node *document = NULL;
    cmark_node *root = read_document(arena, data, len, &headings, fault);
    if (!root)
        goto out;
    resolve_links(arena, root);
    for (size_t i = 0; i < headings.count && i < HEADINGS_MAX; i++)
        if (!headings.heading[i].id)
            headings.heading[i].id = make_id(arena, &headings, headings.heading[i].node);
    for (size_t i = 0; i < headings.count; i++)
        if (headings.heading[i].id)
            set_id(arena, &headings.heading[i]);
    char *html = cmark_render_html(root, CMARK_OPT_UNSAFE);
    document = html_parse(html, strlen(html), HTML_MAX_BYTES, fault);
    free(html);
    cmark_node_free(root);
out:
    arena_free(arena);
    return document;
}

struct cmark_node *markdown_read(struct arena *arena, const char *data, size_t len,
                                 struct fault *fault)
{
    return read_document(arena, data, len, NULL, fault);
}

const char *markdown_version(void)
{
    return cmark_version_string();
}
