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

/* Deepest parts whose end is told: an image in a link in an item, ten lists deep, is half of it. */
#define NESTED_MAX 64

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

struct outliner {
    struct markdown_outline *outline;
    const char **lines; /* where each line of what libcmark reads begins */
    const char *end;
    size_t nested; /* lists and quotes around */
    int reached;   /* line that libcmark has counted up to */
    int uncounted; /* lines of the block that it has not, so far */
    bool failed;   /* out of memory; sticks */
};

static bool find_lines(struct outliner *o, struct buf *source, const char *data, size_t len,
                       int line)
{
    struct markdown_outline *outline = o->outline;
    o->lines = calloc(len + 1, sizeof *o->lines);
    outline->lines = calloc(len + 1, sizeof *outline->lines);
    if (!o->lines || !outline->lines)
        return false;
    outline->lines[0] = line;
    add_lines(source, data, len, line, outline->lines);
    o->end = buf_str(source) + source->len;
    for (const char *s = buf_str(source); s < o->end;) {
        const char *stop = memchr(s, '\n', (size_t)(o->end - s));
        o->lines[outline->line_count++] = s;
        s = stop ? stop + 1 : o->end;
    }
    return !source->failed;
}

static bool is_line(const struct outliner *o, int line)
{
    return line >= 1 && (size_t)line <= o->outline->line_count;
}

/* The line of a row, which for links in broken HTML may lie behind the last. */
static int line_of_row(const struct markdown_outline *outline, size_t row)
{
    size_t last = outline->line_count ? outline->line_count - 1 : 0;
    return outline->lines[row < last ? row : last];
}

/* Adds the text of a node and all below it. */
static void add_node_text(struct buf *out, cmark_node *node)
{
    for (cmark_node *child = cmark_node_first_child(node); child; child = cmark_node_next(child)) {
        cmark_node_type type = cmark_node_get_type(child);
        if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
            buf_adds(out, cmark_node_get_literal(child));
        else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
            buf_addc(out, '\n');
        else if (type != CMARK_NODE_HTML_INLINE && type != CMARK_NODE_IMAGE)
            add_node_text(out, child);
    }
}

static struct markdown_part *add_part(struct outliner *o, enum markdown_kind kind, size_t row,
                                      size_t last_row)
{
    struct markdown_part *part = array_add(&o->outline->part, &o->outline->count, sizeof *part);
    o->failed = o->failed || !part;
    if (part) {
        part->kind = kind;
        part->row = row;
        part->line = line_of_row(o->outline, row);
        part->last_line = line_of_row(o->outline, last_row);
        part->top = !o->nested;
        part->end = o->outline->count;
    }
    return part;
}

static void keep(struct outliner *o, char **into, const char *s)
{
    *into = strdup(s ? s : "");
    o->failed = o->failed || !*into;
}

/* The line `s` begins in, without its end. */
static size_t line_length(const struct outliner *o, const char *s)
{
    const char *stop = memchr(s, '\n', (size_t)(o->end - s));
    return (size_t)((stop ? stop : o->end) - s);
}

/* The fence in a line, its first run of three "`" or "~"; its length, 0: none. */
static size_t find_fence(const struct outliner *o, int line, const char **fence)
{
    const char *s = o->lines[line - 1], *end = s + line_length(o, s);
    while (s < end) {
        size_t run = strspn(s, *s == '~' ? "~" : "`");
        *fence = s;
        if (run >= 3)
            return run;
        s += run ? run : 1;
    }
    return 0;
}

/* Notes the fence of the code that begins in line `first`; libcmark does not tell. Code without one
 * stands farther right, and its first line is all there is. */
static void set_fence(const struct outliner *o, struct markdown_part *part, int first, int last,
                      int column)
{
    const char *line = o->lines[first - 1], *open = NULL, *close = NULL;
    size_t len = line_length(o, line), opened = find_fence(o, first, &open);
    if (column < 1 || (size_t)column > len || !opened || open != line + column - 1 ||
        (column > 4 && strncmp(part->text, open, len - (size_t)column + 1) == 0))
        return;
    size_t closed = last > first ? find_fence(o, last, &close) : 0;
    part->fence = *open;
    part->fence_length = opened;
    part->row++;
    part->closed = closed >= opened && *open == *close &&
                   closed + strspn(close + closed, " \t") == line_length(o, close);
}

/* Adds the links and images of raw HTML, a document that begins in row `row`. */
static void add_html_links(struct outliner *o, const struct html_node *node, size_t row)
{
    for (const struct html_node *child = html_child(node); child && !o->failed;
         child = html_next(child)) {
        if (!html_is_element(child))
            continue;
        bool link = html_is(child, "a");
        const char *url = html_attribute(child, link ? "href" : "src");
        size_t index = o->outline->count, own = row + (size_t)(url ? html_line(child) - 1 : 0);
        struct markdown_part *part =
            url ? add_part(o, link ? MARKDOWN_LINK : MARKDOWN_IMAGE, own, own) : NULL;
        if (part) {
            struct buf text = BUF_INIT(TEXT_MAX);
            html_add_text(&text, child, (struct html_scope){0});
            o->failed = o->failed || text.failed != text.full;
            keep(o, &part->text, buf_str(&text));
            keep(o, &part->url, url);
            part->raw = true;
            buf_finish(&text);
        }
        add_html_links(o, child, row);
        if (part)
            o->outline->part[index].end = o->outline->count;
    }
}

/* Adds what can be seen of a block of HTML, as a paragraph, and the links and images of any HTML.
 */
static void add_html(struct outliner *o, size_t index, bool block)
{
    struct fault ignored = {0};
    const char *html = o->outline->part[index].text;
    size_t row = o->outline->part[index].row;
    int last_line = o->outline->part[index].last_line;
    struct html_node *document = block || strcasestr(html, "href") || strcasestr(html, "src")
                                     ? html_parse(html, strlen(html), HTML_MAX_BYTES, &ignored)
                                     : NULL;
    struct buf text = BUF_INIT(TEXT_MAX);
    if (document && block)
        html_add_text(&text, document, (struct html_scope){0});
    o->failed = o->failed || ignored.kind == FAULT_LOCAL || text.failed != text.full;
    struct markdown_part *seen = text.len ? add_part(o, MARKDOWN_PARAGRAPH, row, row) : NULL;
    if (seen) {
        keep(o, &seen->text, buf_str(&text));
        seen->last_line = last_line;
    }
    if (document)
        add_html_links(o, document, row);
    buf_finish(&text);
    html_free(document);
    o->outline->part[index].end = o->outline->count;
}

static void set_text(struct outliner *o, char **into, cmark_node *node)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    add_node_text(&text, node);
    *into = buf_take(&text);
    o->failed = o->failed || !*into;
}

static int kind_of(cmark_node_type type)
{
    static const int kinds[] = {
        [CMARK_NODE_HEADING] = MARKDOWN_HEADING + 1,
        [CMARK_NODE_PARAGRAPH] = MARKDOWN_PARAGRAPH + 1,
        [CMARK_NODE_LIST] = MARKDOWN_LIST + 1,
        [CMARK_NODE_ITEM] = MARKDOWN_ITEM + 1,
        [CMARK_NODE_BLOCK_QUOTE] = MARKDOWN_QUOTE + 1,
        [CMARK_NODE_CODE_BLOCK] = MARKDOWN_CODE + 1,
        [CMARK_NODE_HTML_BLOCK] = MARKDOWN_HTML + 1,
        [CMARK_NODE_HTML_INLINE] = MARKDOWN_HTML + 1,
        [CMARK_NODE_TEXT] = MARKDOWN_TEXT + 1,
        [CMARK_NODE_LINK] = MARKDOWN_LINK + 1,
        [CMARK_NODE_IMAGE] = MARKDOWN_IMAGE + 1,
    };
    return (size_t)type < sizeof kinds / sizeof *kinds ? kinds[type] - 1 : -1;
}

/* The line a node begins on, 1 at least: that of a link, as libcmark tells it, is where it ends. */
static int first_line(cmark_node *node)
{
    int line = cmark_node_get_start_line(node);
    cmark_node *child = cmark_node_first_child(node);
    int inner = child ? cmark_node_get_start_line(child) : 0;
    line = inner > 0 && inner < line ? inner : line;
    return line > 0 ? line : 1;
}

/* Follows libcmark's count of lines, which misses those that end with a backslash (0.30 does): then
 * what stands behind has the line before it. */
static void count_lines(struct outliner *o, cmark_node *node)
{
    cmark_node_type type = cmark_node_get_type(node);
    bool long_leaf = type == CMARK_NODE_CODE || type == CMARK_NODE_HTML_INLINE;
    int first = first_line(node), last = cmark_node_get_end_line(node);
    if (type <= CMARK_NODE_LAST_BLOCK) {
        o->reached = first;
        o->uncounted = 0;
    } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
        o->reached++;
    } else if (long_leaf || type == CMARK_NODE_TEXT || type == CMARK_NODE_LINK ||
               type == CMARK_NODE_IMAGE) {
        o->uncounted += o->reached > first ? o->reached - first : 0;
        o->reached = long_leaf && last > first ? last : first;
    }
}

/* Adds the part that a node is; gives its index. */
static size_t enter(struct outliner *o, cmark_node *node, enum markdown_kind kind)
{
    int first = first_line(node) + o->uncounted,
        last = cmark_node_get_end_line(node) + o->uncounted;
    size_t index = o->outline->count;
    struct markdown_part *part =
        add_part(o, kind, (size_t)first - 1, (size_t)(last < first ? first : last) - 1);
    if (!part)
        return index;
    if (kind == MARKDOWN_HEADING)
        part->level = cmark_node_get_heading_level(node);
    if (kind == MARKDOWN_HEADING || kind == MARKDOWN_PARAGRAPH || kind == MARKDOWN_LINK)
        set_text(o, &part->text, node);
    if (kind == MARKDOWN_LINK || kind == MARKDOWN_IMAGE) {
        keep(o, &part->url, cmark_node_get_url(node));
        keep(o, &part->words, cmark_node_get_title(node));
    }
    if (kind == MARKDOWN_CODE)
        keep(o, &part->words, cmark_node_get_fence_info(node));
    if (kind == MARKDOWN_CODE || kind == MARKDOWN_HTML || kind == MARKDOWN_TEXT)
        keep(o, &part->text, cmark_node_get_literal(node));
    if (kind == MARKDOWN_CODE && part->text && is_line(o, first) && is_line(o, last))
        set_fence(o, part, first, last, cmark_node_get_start_column(node));
    return index;
}

static void read_nodes(struct outliner *o, cmark_node *root)
{
    size_t open[NESTED_MAX] = {0}, depth = 0;
    cmark_iter *iter = cmark_iter_new(root);
    for (cmark_event_type event;
         !o->failed && (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(iter);
        int kind = kind_of(cmark_node_get_type(node));
        bool nests = kind == MARKDOWN_LIST || kind == MARKDOWN_QUOTE;
        if (event == CMARK_EVENT_EXIT) {
            o->nested -= nests;
            depth -= kind >= 0;
            if (kind >= 0 && depth < NESTED_MAX)
                o->outline->part[open[depth]].end = o->outline->count;
            continue;
        }
        count_lines(o, node);
        if (kind < 0)
            continue;
        size_t index = enter(o, node, (enum markdown_kind)kind);
        if (o->failed)
            break;
        if (kind == MARKDOWN_HTML)
            add_html(o, index, cmark_node_get_type(node) == CMARK_NODE_HTML_BLOCK);
        o->nested += nests;
        if (kind == MARKDOWN_CODE || kind == MARKDOWN_HTML || kind == MARKDOWN_TEXT)
            continue; /* leaves, which are not left */
        if (depth < NESTED_MAX)
            open[depth] = index;
        depth++;
    }
    cmark_iter_free(iter);
}

bool markdown_read_outline(const char *data, size_t len, int line, struct markdown_outline *outline,
                           struct fault *fault)
{
    struct outliner o = {.outline = outline};
    struct buf source = BUF_INIT(len);
    cmark_node *root = NULL;
    if (find_lines(&o, &source, data, len, line))
        root = read_document(&source, NULL);
    o.failed = !root;
    if (root) {
        read_nodes(&o, root);
        cmark_node_free(root);
    }
    free(o.lines);
    buf_finish(&source);
    return !o.failed || fault_memory(fault);
}

int markdown_line_of(const struct markdown_outline *outline, const struct markdown_part *part,
                     size_t row)
{
    return line_of_row(outline, part->row + row);
}

void markdown_outline_finish(struct markdown_outline *outline)
{
    for (size_t i = 0; i < outline->count; i++) {
        free(outline->part[i].text);
        free(outline->part[i].url);
        free(outline->part[i].words);
    }
    free(outline->part);
    free(outline->lines);
    *outline = (struct markdown_outline){0};
}

const char *markdown_version(void)
{
    return cmark_version_string();
}
