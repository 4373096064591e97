/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Markdown as the HTML that the site's generator makes of it. */
#include "markdown.h"

#include "buf.h"
#include "fault.h"
#include "html.h"
#include "issue.h"
#include "text.h"

#include <cmark.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Largest HTML that is looked at: sixty times the longest real one. */
#define HTML_MAX_BYTES (2 * 1024 * 1024)

/* Headings that get an id: finding a free one is cubic, and a real post has 30. */
#define HEADINGS_MAX 500

/* A heading and its id: as written, else as the generator makes it. */
struct heading {
    cmark_node *node;
    char *id; /* owned; NULL: none so far */
};

struct headings {
    struct heading *heading;
    size_t count;
};

static void headings_finish(struct headings *headings)
{
    for (size_t i = 0; i < headings->count; i++)
        free(headings->heading[i].id);
    free(headings->heading);
}

/* Cuts "{#id .class}" off the end of a heading's text, if the source has it without "\", and gives
 * the id. As in pulldown-cmark, the braces may hold other words. False: out of memory.
 */
static bool cut_attributes(cmark_node *heading, const char *source, size_t len, char **id)
{
    cmark_node *last = cmark_node_last_child(heading);
    bool is_text = last && cmark_node_get_type(last) == CMARK_NODE_TEXT;
    const char *text = is_text ? cmark_node_get_literal(last) : "", *open = strrchr(text, '{');
    size_t n = open ? strlen(open) : 0;
    if (n < 2 || open[n - 1] != '}' || strcspn(open, "}\\<>") != n - 1)
        return true;
    const char *written = memmem(source, len, open, n);
    if (!written || (written > source && written[-1] == '\\'))
        return true;
    bool done = true;
    for (const char *word = open + 1, *end = open + n - 1; done && word < end;) {
        size_t length = strcspn(word, " \t}");
        if (*word == '#' && length > 1) {
            free(*id);
            done = (*id = strndup(word + 1, length - 1));
        }
        word += length + 1;
    }
    while (open > text && (open[-1] == ' ' || open[-1] == '\t'))
        open--;
    char *rest = strndup(text, (size_t)(open - text));
    done = done && rest && cmark_node_set_literal(last, rest);
    free(rest);
    return done;
}

/* Steps over lines. */
static const char *skip_lines(const char *s, const char *end, int count)
{
    for (; count > 0 && s < end; count--) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        s = stop ? stop + 1 : end;
    }
    return s;
}

/* Reads Markdown, whose headings lose their attributes; with `headings` these are listed. The
 * caller frees it; NULL: out of memory. */
static cmark_node *read_document(const struct buf *source, struct headings *headings)
{
    cmark_node *root = cmark_parse_document(buf_str(source), source->len,
                                            CMARK_OPT_SOURCEPOS | CMARK_OPT_VALIDATE_UTF8);
    cmark_iter *iter = root ? cmark_iter_new(root) : NULL;
    const char *at = buf_str(source), *end = at + source->len;
    int line = 1;
    bool done = iter;
    if (root)
        cmark_consolidate_text_nodes(root);
    for (cmark_event_type event; done && (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(iter);
        if (event != CMARK_EVENT_ENTER || cmark_node_get_type(node) != CMARK_NODE_HEADING)
            continue;
        int first = cmark_node_get_start_line(node), last = cmark_node_get_end_line(node);
        char *id = NULL;
        at = skip_lines(at, end, first - line);
        line = first;
        done = cut_attributes(node, at, (size_t)(skip_lines(at, end, last - first + 1) - at), &id);
        struct heading *heading = done && headings ? array_add(&headings->heading, &headings->count,
                                                               sizeof *headings->heading)
                                                   : NULL;
        if (heading)
            *heading = (struct heading){node, id};
        else
            free(id);
        done = done && (heading || !headings);
    }
    if (iter)
        cmark_iter_free(iter);
    if (root && !done) {
        cmark_node_free(root);
        root = NULL;
    }
    return root;
}

/* Adds a text as a part of an address: letters and digits of ASCII, "-" between. False: out of
 * memory. */
static bool add_slug(struct buf *out, const char *text)
{
    size_t start = out->len;
    char *ascii = text_ascii(arena_ambient(), text);
    for (const char *s = ascii; s && *s; s++) {
        if (isalnum((unsigned char)*s))
            buf_addc(out, (char)tolower((unsigned char)*s));
        else if (out->len > start && out->ptr[out->len - 1] != '-')
            buf_addc(out, '-');
    }
    if (out->len > start && out->ptr[out->len - 1] == '-')
        buf_truncate(out, out->len - 1);
    free(ascii);
    return ascii && out->failed == out->full;
}

/* The same of a heading, line ends and HTML left out. */
static bool add_heading_slug(struct buf *out, cmark_node *heading)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    cmark_iter *iter = cmark_iter_new(heading);
    while (cmark_iter_next(iter) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
            buf_adds(&text, cmark_node_get_literal(node));
    }
    cmark_iter_free(iter);
    bool done = text.failed == text.full && add_slug(out, buf_str(&text));
    buf_finish(&text);
    return done;
}

static bool is_used(const struct headings *headings, const char *id)
{
    for (size_t i = 0; i < headings->count && i < HEADINGS_MAX; i++)
        if (headings->heading[i].id && strcmp(headings->heading[i].id, id) == 0)
            return true;
    return false;
}

/* Gives a heading that has none the id that the generator makes of its text: as a slug, numbered
 * when it is used. False: out of memory. */
static bool make_id(const struct headings *headings, struct heading *heading)
{
    struct buf slug = BUF_INIT(TEXT_MAX);
    bool done = add_heading_slug(&slug, heading->node);
    size_t len = slug.len;
    for (size_t n = 1; done && is_used(headings, buf_str(&slug)); n++) {
        buf_truncate(&slug, len);
        buf_addf(&slug, "-%zu", n);
        done = !slug.failed;
    }
    done = done && (heading->id = buf_take(&slug));
    buf_finish(&slug);
    return done;
}

/* Puts the HTML of a heading, with its id, in its place. False: out of memory. */
static bool set_id(const struct heading *heading)
{
    char *html = cmark_render_html(heading->node, CMARK_OPT_UNSAFE);
    cmark_node *block = cmark_node_new(CMARK_NODE_HTML_BLOCK);
    struct buf out = BUF_INIT(HTML_MAX_BYTES);
    size_t name = strlen("<h2");
    buf_add(&out, html, name);
    buf_adds(&out, " id=\"");
    for (const char *s = heading->id; *s; s++)
        if (*s == '"' || *s == '&')
            buf_addf(&out, "&#%d;", *s);
        else
            buf_addc(&out, *s);
    buf_addf(&out, "\"%s", html + name);
    bool done = !out.failed && cmark_node_set_literal(block, buf_str(&out)) &&
                cmark_node_replace(heading->node, block);
    cmark_node_free(done ? heading->node : block);
    buf_finish(&out);
    free(html);
    return done;
}

/* Steps over the date that a name begins with, which the generator leaves out:
 * "2023-01-02-hermit", "2023-01-02T10:00:00Z_hermit". */
static const char *skip_date(const char *name)
{
    const char *s = name;
    for (const char *pattern = "9999-99-99"; *pattern; pattern++, s++)
        if (*pattern == '9' ? !isdigit((unsigned char)*s) : *s != *pattern)
            return name;
    long month = strtol(name + 5, NULL, 10), day = strtol(name + 8, NULL, 10);
    if (*s == 'T')
        s += strspn(s, "T0123456789:.Z+");
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 && (*s == '-' || *s == '_') && s[1]
               ? s + 1
               : name;
}

/* The site's path of a page whose source is `path`, with its fragment; owned by the caller; NULL:
 * out of memory. */
static char *page_of_source(const char *path)
{
    static const char *const sources[] = {"_index.md", "index.md", ".md"};
    const char *fragment = strchrnul(path, '#');
    size_t len = (size_t)(fragment - path), kind = 0;
    for (; kind < sizeof sources / sizeof *sources; kind++) {
        size_t n = strlen(sources[kind]);
        if (len >= n && strncmp(path + len - n, sources[kind], n) == 0 &&
            (kind == 2 || len == n || path[len - n - 1] == '/')) {
            len -= n;
            break;
        }
    }
    while (len && path[len - 1] == '/')
        len--;
    size_t folder = len;
    while (kind && folder && path[folder - 1] != '/')
        folder--;
    char *name = strndup(path + folder, len - folder);
    struct buf url = BUF_INIT(TEXT_MAX);
    buf_addc(&url, '/');
    buf_add(&url, path, folder);
    bool done = name && add_slug(&url, skip_date(name));
    if (url.len > 1 && url.ptr[url.len - 1] != '/')
        buf_addc(&url, '/');
    buf_adds(&url, fragment);
    char *taken = done ? buf_take(&url) : NULL;
    buf_finish(&url);
    free(name);
    return taken;
}

/* Leads links to sources of pages, "@/", to the pages. False: out of memory. */
static bool resolve_links(cmark_node *root)
{
    bool done = true;
    cmark_iter *iter = cmark_iter_new(root);
    for (cmark_event_type event; done && (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(iter);
        bool link = event == CMARK_EVENT_ENTER && cmark_node_get_type(node) == CMARK_NODE_LINK;
        if (!link || strncmp(cmark_node_get_url(node), "@/", 2) != 0)
            continue;
        char *url = page_of_source(cmark_node_get_url(node) + 2);
        done = url && cmark_node_set_url(node, url);
        free(url);
    }
    cmark_iter_free(iter);
    return done;
}

static bool is_blank(const char *s, size_t len)
{
    while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
        len--;
    return len == 0;
}

/* Adds the Markdown, its lines ended by "\n", without the second and further blank ones of a run:
 * they mean nothing to a reader of texts, and libcmark takes its time over each below nested lists.
 * `numbers`, if it is not NULL, gets the number of each line that is left, the first being
 * `number`.
 */
static void add_lines(struct buf *out, const char *s, size_t len, int number, int *numbers)
{
    bool blank = false;
    for (const char *end = s + len, *next; s < end; s = next, number++) {
        size_t line = text_line(s, end, &next);
        bool again = blank && is_blank(s, line);
        blank = is_blank(s, line);
        if (again)
            continue;
        buf_add(out, s, line);
        if (s + line < end)
            buf_addc(out, '\n');
        if (numbers)
            *numbers++ = number;
    }
}

struct html_node *markdown_parse(const char *data, size_t len, struct fault *fault)
{
    struct headings headings = {0};
    struct buf source = BUF_INIT(len);
    struct html_node *document = NULL;
    char *html = NULL;
    add_lines(&source, data, len, 1, NULL);
    cmark_node *root = source.failed ? NULL : read_document(&source, &headings);
    bool done = root && resolve_links(root);
    for (size_t i = 0; done && i < headings.count && i < HEADINGS_MAX; i++)
        done = headings.heading[i].id || make_id(&headings, &headings.heading[i]);
    for (size_t i = 0; done && i < headings.count; i++)
        done = !headings.heading[i].id || set_id(&headings.heading[i]);
    if (done)
        html = cmark_render_html(root, CMARK_OPT_UNSAFE);
    if (html)
        document = html_parse(html, strlen(html), HTML_MAX_BYTES, fault);
    else
        fault_memory(fault);
    if (root)
        cmark_node_free(root);
    headings_finish(&headings);
    free(html);
    buf_finish(&source);
    return document;
}

struct cmark_node *markdown_read(struct arena *arena, const char *data, size_t len, int line,
                                 const int **numbers, size_t *count)
{
    struct buf source = BUF_INIT(arena, len);
    int *number = arena_zero(arena, len + 1, sizeof *number);
    number[0] = line;
    add_lines(&source, data, len, line, number);
    *numbers = number;
    *count = 0;
    for (size_t i = 0; i < source.len; i++)
        *count += i == 0 || source.ptr[i - 1] == '\n';
    return read_document(&source, NULL);
}

const char *markdown_version(void)
{
    return cmark_version_string();
}
