/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reads a draft into the tree that the rules walk. */
#include "lint/draft.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "news/html.h"
#include "news/markdown.h"
#include "news/month.h"
#include "news/post.h"

#include <cmark.h>
#include <ctype.h>
#include <string.h>

/* What libcmark does not know about a node; kept as its user data. */
struct mark {
    int line, last_line; /* of the file */
    bool top, html;
    const char *text; /* from draft_text(); NULL: not made yet */
};

static struct mark *mark_of(struct cmark_node *node)
{
    return cmark_node_get_user_data(node);
}

struct cmark_node *draft_skip(struct cmark_node *node)
{
    while (node && !cmark_node_next(node))
        node = cmark_node_parent(node);
    return node ? cmark_node_next(node) : NULL;
}

struct cmark_node *draft_next(struct cmark_node *node)
{
    struct cmark_node *child = cmark_node_first_child(node);
    return child ? child : draft_skip(node);
}

struct cmark_node *draft_find(struct cmark_node *start, struct cmark_node *end, int type)
{
    while (start && start != end && (int)cmark_node_get_type(start) != type)
        start = draft_next(start);
    return start == end ? NULL : start;
}

struct cmark_node *draft_find_heading(const struct draft *draft, struct cmark_node *start,
                                      struct cmark_node *end, int deepest)
{
    for (struct cmark_node *node = draft_find(start, end, CMARK_NODE_HEADING); node;
         node = draft_find(draft_next(node), end, CMARK_NODE_HEADING))
        if (draft_is_top(node) && cmark_node_get_heading_level(node) <= deepest &&
            text_shows(draft_text(draft, node)))
            return node;
    return NULL;
}

bool draft_is_top(struct cmark_node *node)
{
    return mark_of(node)->top;
}

bool draft_is_html(struct cmark_node *node)
{
    return mark_of(node)->html;
}

const char *draft_text(const struct draft *draft, struct cmark_node *node)
{
    struct mark *mark = mark_of(node);
    if (mark->text)
        return mark->text;
    struct buf text = BUF_INIT(draft->arena, TEXT_MAX);
    for (struct cmark_node *n = node, *end = draft_skip(node), *next; n != end; n = next) {
        cmark_node_type type = cmark_node_get_type(n);
        next = type == CMARK_NODE_IMAGE ? draft_skip(n) : draft_next(n);
        if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
            buf_adds(&text, cmark_node_get_literal(n));
        else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
            buf_addc(&text, '\n');
    }
    mark->text = buf_str(&text) + strspn(buf_str(&text), " \n");
    return mark->text;
}

/* A line number, at most that of the last line: in broken HTML it may seem to be more. */
static int bounded(const struct draft *draft, int line)
{
    int last = draft->first_line + (int)draft->line_count - 1;
    return line < last ? line : last < draft->first_line ? draft->first_line : last;
}

int draft_first_line(struct cmark_node *node)
{
    return mark_of(node)->line;
}

int draft_last_line(struct cmark_node *node)
{
    return mark_of(node)->last_line;
}

int draft_line_at(const struct draft *draft, struct cmark_node *node, const char *at)
{
    bool code = cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK;
    int line = mark_of(node)->line + code;
    for (const char *s = cmark_node_get_literal(node); s < at; s++)
        line += *s == '\n';
    return bounded(draft, line);
}

const char *draft_line(const struct draft *draft, int line)
{
    size_t i = (size_t)(line - draft->first_line);
    return line >= draft->first_line && i < draft->line_count ? draft->lines[i] : "";
}

bool draft_has_so(const struct draft *draft, int line, const char *s, size_t len)
{
    const char *source = draft_line(draft, line), *found = memmem(source, strlen(source), s, len);
    return found && (found == source || found[-1] != '\\');
}

char draft_fence(const struct draft *draft, struct cmark_node *code, size_t *len)
{
    size_t column = (size_t)cmark_node_get_start_column(code) - 1;
    const char *line = draft_line(draft, draft_first_line(code));
    if (column >= strlen(line) || !strchr("`~", line[column]))
        return '\0';
    const char *fence = line + column;
    *len = strspn(fence, (char[]){*fence, '\0'});
    /* The text of indented code begins in its first line. */
    bool indented = strncmp(cmark_node_get_literal(code), fence, strlen(fence)) == 0;
    return *len >= 3 && !(indented && column >= 4) ? *fence : '\0';
}

/* Whether it is text: valid UTF-8 without NUL. If not, `*line` is where it is not. */
static bool is_text(const char *data, size_t len, int *line)
{
    const char *s = data, *end = data + len;
    *line = 1;
    while (s < end) {
        const char *before = s;
        uint32_t c = unicode_next(&s, end);
        if (c == 0 || (c == UNICODE_REPLACEMENT &&
                       (s - before != 3 || memcmp(before, "\xEF\xBF\xBD", 3) != 0)))
            return false;
        *line += c == '\n';
    }
    return true;
}

static void find_lines(struct draft *draft, const char *markdown, size_t len)
{
    const char *next, *end = markdown + len;
    for (const char *s = markdown; s < end; s = next) {
        size_t length = text_line(s, end, &next);
        const char **line =
            arena_add(draft->arena, &draft->lines, &draft->line_count, sizeof *line);
        *line = arena_copy_n(draft->arena, s, length);
    }
}

static struct mark *add_mark(const struct draft *draft, struct cmark_node *node, int line, bool top)
{
    struct mark *mark = arena_zero(draft->arena, 1, sizeof *mark);
    mark->line = mark->last_line = bounded(draft, line);
    mark->top = top;
    cmark_node_set_user_data(node, mark);
    return mark;
}

/* Marks all nodes. The lines that libcmark gives are right for blocks. Inside blocks, libcmark 0.30
 * misses line ends after a backslash, so they are counted here. */
static void set_marks(const struct draft *draft)
{
    size_t nested = 0;
    int line = draft->first_line;
    cmark_iter *iter = cmark_iter_new(draft->root);
    for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        struct cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        bool nests = type == CMARK_NODE_LIST || type == CMARK_NODE_BLOCK_QUOTE,
             block = type <= CMARK_NODE_LAST_BLOCK;
        if (event == CMARK_EVENT_EXIT) {
            nested -= nests;
            continue;
        }
        int first = cmark_node_get_start_line(node), last = cmark_node_get_end_line(node),
            more = last > first ? last - first : 0;
        if (block)
            line = draft->first_line + (first > 0 ? first - 1 : 0);
        struct mark *mark = add_mark(draft, node, line, !nested);
        if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
            line++;
        else if (type == CMARK_NODE_CODE || type == CMARK_NODE_HTML_INLINE)
            line += more;
        mark->last_line = bounded(draft, block ? line + more : line);
        nested += nests;
    }
    cmark_iter_free(iter);
}

static struct cmark_node *add_child(const struct draft *draft, struct cmark_node *parent,
                                    cmark_node_type type, int line)
{
    struct cmark_node *node = cmark_node_new(type);
    cmark_node_append_child(parent, node);
    add_mark(draft, node, line, draft_is_top(parent))->html = true;
    return node;
}

/* Adds what readers see of HTML that begins in `line`, as Markdown. */
static void add_seen(const struct draft *draft, struct cmark_node *parent,
                     const struct html_node *html, int line)
{
    for (const struct html_node *child = html_child(html); child; child = html_next(child)) {
        const char *characters = html_characters(child);
        if (characters)
            cmark_node_set_literal(add_child(draft, parent, CMARK_NODE_TEXT, mark_of(parent)->line),
                                   characters);
        if (!html_is_element(child) || (html_is_hidden(child) && !html_is(child, "summary")))
            continue;
        bool link = html_is(child, "a");
        const char *url = html_attribute(child, link ? "href" : "src");
        struct cmark_node *into = parent;
        if (url) {
            into = add_child(draft, parent, link ? CMARK_NODE_LINK : CMARK_NODE_IMAGE,
                             line + html_line(child) - 1);
            cmark_node_set_url(into, url);
        }
        add_seen(draft, into, child, line);
    }
}

/* Makes a paragraph with what readers see of an HTML node. */
static struct cmark_node *make_seen(const struct draft *draft, struct cmark_node *node)
{
    const char *literal = cmark_node_get_literal(node);
    const struct mark *mark = mark_of(node);
    struct fault ignored = {0};
    struct cmark_node *seen = cmark_node_new(CMARK_NODE_PARAGRAPH);
    struct html_node *document = html_parse(literal, strlen(literal), POST_MAX_BYTES, &ignored);
    struct mark *own = add_mark(draft, seen, mark->line, mark->top);
    own->html = true;
    own->last_line = mark->last_line;
    if (document)
        add_seen(draft, seen, document, mark->line);
    html_free(document);
    return seen;
}

/* Whether it is "<a ...>" or "</a>", between which the words of a link are. */
static bool is_link_tag(struct cmark_node *node)
{
    if (cmark_node_get_type(node) != CMARK_NODE_HTML_INLINE)
        return false;
    const char *tag = cmark_node_get_literal(node), *name = tag + 1 + (tag[1] == '/');
    return text_starts_fold(name, "a") && !isalnum((unsigned char)name[1]);
}

/* Inserts the link or image that a tag makes after the tag. */
static void show_tag(const struct draft *draft, struct cmark_node *tag)
{
    const char *literal = cmark_node_get_literal(tag);
    if (!strcasestr(literal, "href") && !strcasestr(literal, "src"))
        return;
    struct cmark_node *seen = make_seen(draft, tag), *link = cmark_node_first_child(seen), *next;
    if (link)
        cmark_node_insert_after(tag, link);
    cmark_node_free(seen);
    if (!link || cmark_node_get_type(link) != CMARK_NODE_LINK)
        return;
    for (struct cmark_node *word = cmark_node_next(link); word && !is_link_tag(word); word = next) {
        next = cmark_node_next(word);
        cmark_node_append_child(link, word);
    }
}

/* After each piece of HTML, inserts what readers see of it as Markdown. */
static void show_html(const struct draft *draft)
{
    for (struct cmark_node *node = draft->root, *next; node; node = next) {
        cmark_node_type type = cmark_node_get_type(node);
        next = draft_next(node);
        if (type == CMARK_NODE_HTML_BLOCK)
            cmark_node_insert_after(node, make_seen(draft, node));
        else if (type == CMARK_NODE_HTML_INLINE)
            show_tag(draft, node);
    }
}

static const char *next_letter(const char *s)
{
    return s + strspn(s, (char[]){' ', '\n', TEXT_CODE_BEGIN, TEXT_CODE_END, '\0'});
}

/* Whether two texts are the same apart from white space and code marks. */
static bool is_same(const char *a, const char *b)
{
    a = next_letter(a);
    b = next_letter(b);
    while (*a && *a == *b) {
        a = next_letter(a + 1);
        b = next_letter(b + 1);
    }
    return *a == *b;
}

/* The first section from `i` on that has this title; NULL: none. */
static const struct section *find_title(const struct issue *issue, size_t i, const char *title)
{
    while (i < issue->section_count && !is_same(title, issue->sections[i].title))
        i++;
    return i < issue->section_count ? &issue->sections[i] : NULL;
}

/* Matches each section with the one that the bot reads: by order, or by title if some are missing.
 */
static void match_sections(struct draft *draft)
{
    const struct issue *issue = draft->source.issue;
    size_t next = 0;
    for (size_t i = 0; !draft->source.unread && i < draft->section_count; i++) {
        struct draft_section *section = &draft->sections[i];
        section->read = draft->section_count == issue->section_count
                            ? &issue->sections[i]
                            : find_title(issue, next, section->title);
        if (section->read)
            next = (size_t)(section->read - issue->sections) + 1;
    }
}

static void find_sections(struct draft *draft)
{
    for (struct cmark_node *heading = draft_find_heading(draft, draft->root, NULL, 2), *next;
         heading; heading = next) {
        next = draft_find_heading(draft, draft_next(heading), NULL, 2);
        if (cmark_node_get_heading_level(heading) != 2)
            continue;
        struct draft_section *section =
            arena_add(draft->arena, &draft->sections, &draft->section_count, sizeof *section);
        section->title = draft_text(draft, heading);
        section->kind = section_kind_of(section->title);
        section->start = heading;
        section->end = next;
    }
}

bool draft_read(struct arena *arena, const struct draft_source *source, struct draft *draft,
                struct fault *fault)
{
    int line;
    if (source->len > POST_MAX_MARKDOWN)
        return fault_set(fault, FAULT_INPUT, "the post is larger than %d bytes", POST_MAX_MARKDOWN);
    if (!is_text(source->data, source->len, &line))
        return fault_set(fault, FAULT_INPUT, "line %d is not text: it must be UTF-8", line);
    int place = source->place ? month_of_id(source->place) : 0;
    *draft = (struct draft){.source = *source,
                            .month = source->issue->month ? source->issue->month : place,
                            .arena = arena};
    frontmatter_parse(arena, source->data, source->len, &draft->front);
    size_t body = draft->front.body;
    if (!body)
        return true;
    draft->first_line = draft->front.body_line;
    find_lines(draft, source->data + body, source->len - body);
    draft->root = markdown_read(arena, source->data + body, source->len - body, fault);
    if (!draft->root)
        return false;
    set_marks(draft);
    show_html(draft);
    find_sections(draft);
    match_sections(draft);
    return true;
}

void draft_finish(struct draft *draft)
{
    if (draft->root)
        cmark_node_free(draft->root);
    draft->root = NULL;
}
