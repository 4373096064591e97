/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A post as the site or its source has it, read into an issue. All sources become one tree and go
 * through one reader. The post's blocks (paragraphs, lists, headings) are laid out in a flat array
 * first; sections and their parts are ranges of it. */
#include "news/post.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "base/url.h"
#include "news/frontmatter.h"
#include "news/html.h"
#include "news/issue.h"
#include "news/markdown.h"

#include <ctype.h>
#include <string.h>

/* Longest base address in bytes, and longest title in code points: each is repeated for every item
 * below it. */
#define BASE_MAX  1000
#define TITLE_MAX 150

struct reader {
    struct arena *arena;
    const char *base; /* relative links are resolved against it */
    const struct html_node **blocks;
    size_t block_count;
};

static char *node_text(const struct reader *r, const struct html_node *node)
{
    return html_text(r->arena, node, (struct html_scope){0});
}

static char *plain_text(struct arena *arena, const struct html_node *node)
{
    return text_plain(arena, html_text(arena, node, (struct html_scope){0}));
}

/* The text of the heading of a section or group. */
static char *title_of(const struct reader *r, const struct html_node *heading)
{
    return text_cut(r->arena, node_text(r, heading), TITLE_MAX, true);
}

/* The target of a link, resolved. NULL: no link, or a target that is not a URL. */
static char *target(const struct reader *r, const struct html_node *link)
{
    return link ? url_resolve(r->arena, r->base, html_attribute(link, "href")) : NULL;
}

/* The text without the punctuation that joined it to the link before. */
static const char *skip_joint(const char *text)
{
    for (const char *end = text + strlen(text); text < end;) {
        const char *next = text;
        uint32_t c = unicode_next(&next, end);
        bool joins = c == 0x2013 || c == 0x2014 || (c < 0x80 && strchr(":;,.-", (int)c));
        if (c == TEXT_CODE_BEGIN || !(joins || unicode_is_invisible(c)))
            break;
        text = next;
    }
    return text;
}

/* A note without text is left out. */
static void add_note(const struct reader *r, struct item *item, const char *text, const char *url)
{
    if (!*text)
        return;
    struct note *note = arena_add(r->arena, &item->notes, &item->note_count, sizeof *note);
    *note = (struct note){text, url};
}

/* A note for each item of the lists below `node`, at any depth. */
static void add_nested_notes(const struct reader *r, struct item *item,
                             const struct html_node *node)
{
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        if (!html_is_element(child) || html_is_hidden(child))
            continue;
        if (html_is(child, "li")) {
            struct html_scope own = {.own_level = true};
            add_note(r, item, html_text(r->arena, child, own),
                     target(r, html_first_link(child, own)));
        }
        add_nested_notes(r, item, child);
    }
}

static struct item read_item(const struct reader *r, const struct html_node *li)
{
    struct item item = {0};
    struct html_scope own = {.own_level = true};
    const struct html_node *outer, *link = html_leading_link(li, &outer);
    if (link) {
        item.title = node_text(r, link);
        item.url = target(r, link);
        own.without = outer;
        add_note(r, &item, skip_joint(html_text(r->arena, li, own)),
                 target(r, html_first_link(li, own)));
    } else {
        item.title = html_text(r->arena, li, own);
        item.url = target(r, html_first_link(li, own));
    }
    add_nested_notes(r, &item, li);
    return item;
}

/* Appends the items of a list. */
static void read_list(const struct reader *r, const struct html_node *list, const char *group,
                      struct item **items, size_t *count)
{
    for (const struct html_node *li = html_child(list); li; li = html_next(li)) {
        if (!html_is(li, "li") || !html_is_visible(li, (struct html_scope){0}))
            continue;
        struct item item = read_item(r, li);
        if (!*item.title && !item.note_count)
            continue; /* it only shows what is in a list without items */
        item.group = group;
        struct item *slot = arena_add(r->arena, items, count, sizeof *slot);
        *slot = item;
    }
}

/* Appends the items of the lists in a block, which may be a list itself; lists inside lists do not
 * count. Returns the number of lists. */
static size_t read_lists(const struct reader *r, const struct html_node *block, const char *group,
                         struct item **items, size_t *count)
{
    if (html_is_list(block)) {
        read_list(r, block, group, items, count);
        return 1;
    }
    size_t lists = 0;
    if (html_is_element(block) && !html_is_hidden(block))
        for (const struct html_node *child = html_child(block); child; child = html_next(child))
            lists += read_lists(r, child, group, items, count);
    return lists;
}

enum people { PEOPLE_NONE, PEOPLE_MAINTAINERS, PEOPLE_WRITERS };

static enum people people_kind(const char *text)
{
    text += strspn(text, "([{ ");
    if (text_starts_fold(text, "maintained by"))
        return PEOPLE_MAINTAINERS;
    text += text_starts_fold(text, "section ") ? 8 : 0;
    return text_starts_fold(text, "written by") ? PEOPLE_WRITERS : PEOPLE_NONE;
}

bool post_names_people(const char *text)
{
    return people_kind(text) != PEOPLE_NONE;
}

static struct names *people_in(struct project *project, enum people kind)
{
    return kind == PEOPLE_MAINTAINERS ? &project->maintainers : &project->written_by;
}

static enum people people_of(const struct reader *r, const struct html_node *node)
{
    /* The beginning is enough. */
    struct buf start = BUF_INIT(r->arena, 64);
    html_add_text(&start, node, (struct html_scope){0});
    return people_kind(buf_str(&start));
}

static bool is_people_span(const struct html_node *node, const void *user)
{
    return html_is(node, "span") && people_of(user, node) != PEOPLE_NONE;
}

/* Adds the handles below `node`, except in nodes for which `skips` (or NULL) holds. */
static void add_handles(const struct reader *r, const struct html_node *node,
                        bool (*skips)(const struct html_node *node, const void *user),
                        struct names *names)
{
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        if (!html_is_element(child) || html_is_hidden(child) || (skips && skips(child, r)))
            continue;
        add_handles(r, child, skips, names);
        const char *name = html_is_link(child) ? plain_text(r->arena, child) : "";
        if (name[0] == '@' && name[1])
            names_add(r->arena, names, name);
    }
}

/* Adds the people of the spans below `node`; false: there is no such span. */
static bool add_people_spans(const struct reader *r, const struct html_node *node,
                             struct project *project)
{
    bool found = false;
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        if (!html_is_element(child) || html_is_hidden(child) || html_is_list(child))
            continue;
        enum people kind = html_is(child, "span") ? people_of(r, child) : PEOPLE_NONE;
        if (kind != PEOPLE_NONE)
            add_handles(r, child, NULL, people_in(project, kind));
        if (kind != PEOPLE_NONE || add_people_spans(r, child, project))
            found = true;
    }
    return found;
}

static bool is_thanks(const char *text)
{
    text += text_starts_fold(text, "many ") ? 5 : text_starts_fold(text, "special ") ? 8 : 0;
    return text_starts_fold(text, "thanks") && !isalnum((unsigned char)text[6]);
}

/* Reads a block that is not a list. True: if a list follows at once, it names people too. */
static bool read_project_text(const struct reader *r, const struct html_node *block,
                              struct project *project)
{
    struct html_scope rest = {0};
    if (add_people_spans(r, block, project)) {
        rest.skips = is_people_span;
        rest.user = r;
    } else {
        enum people kind = people_of(r, block);
        if (kind != PEOPLE_NONE) {
            add_handles(r, block, NULL, people_in(project, kind));
            return false;
        }
    }
    if (!html_is(block, "p"))
        return false;
    char *text = html_text(r->arena, block, rest);
    if (is_thanks(text)) {
        add_handles(r, block, rest.skips, &project->contributors);
        return text[strlen(text) - 1] == ':';
    }
    if (!project->summary && text_has_letter(text, strlen(text)))
        project->summary = text;
    return false;
}

/* The heading's id; NULL: none. */
static char *anchor(const struct reader *r, const struct html_node *heading)
{
    const char *id = html_attribute(heading, "id");
    return id && *id ? arena_copy(r->arena, id) : NULL;
}

/* The part of a project's heading that is its name. */
static const struct html_node *name_of(const struct html_node *heading)
{
    const struct html_node *outer, *link = html_leading_link(heading, &outer);
    return link ? link : heading;
}

/* Reads the part from an h3 to block `end` of a projects section. */
static void read_project(const struct reader *r, size_t start, size_t end, struct section *section)
{
    const struct html_node *heading = r->blocks[start];
    struct project *project =
        arena_add(r->arena, &section->projects, &section->project_count, sizeof *project);
    project->name = node_text(r, name_of(heading));
    project->url = target(r, html_first_link(heading, (struct html_scope){0}));
    project->anchor = anchor(r, heading);
    bool people_list = false;
    for (size_t i = start + 1; i < end; i++) {
        const struct html_node *block = r->blocks[i];
        if (!html_is_element(block) || html_is(block, "summary"))
            continue;
        bool names_people = people_list && html_is_list(block);
        people_list = false;
        if (names_people)
            add_handles(r, block, NULL, &project->contributors);
        else if (!html_heading_level(block) &&
                 !read_lists(r, block, NULL, &project->changes, &project->change_count))
            people_list = read_project_text(r, block, project);
    }
}

/* Reads the part from an h3 to block `end` of any other section: a group, or one headline. */
static void read_group(const struct reader *r, size_t start, size_t end, struct section *section)
{
    const struct html_node *heading = r->blocks[start];
    const char *title = title_of(r, heading);
    size_t lists = 0;
    for (size_t i = start + 1; i < end; i++)
        lists += read_lists(r, r->blocks[i], title, &section->headlines, &section->headline_count);
    if (lists || !*title)
        return;
    struct item *item =
        arena_add(r->arena, &section->headlines, &section->headline_count, sizeof *item);
    item->title = title;
    item->url = target(r, html_first_link(heading, (struct html_scope){0}));
    for (size_t i = start + 1; i < end; i++)
        if (html_is(r->blocks[i], "p"))
            add_note(r, item, node_text(r, r->blocks[i]), NULL);
}

/* The first block at or after `start` that is a heading of level 2 to `deepest`. One without text
 * does not count: a message could not name it. */
static size_t next_heading(const struct reader *r, size_t start, int deepest)
{
    size_t i = start;
    for (; i < r->block_count; i++) {
        int level = html_heading_level(r->blocks[i]);
        if (level >= 2 && level <= deepest && html_is_visible(r->blocks[i], (struct html_scope){0}))
            break;
    }
    return i;
}

static void read_section(const struct reader *r, size_t start, size_t end, struct issue *issue)
{
    const struct html_node *heading = r->blocks[start];
    struct section *section =
        arena_add(r->arena, &issue->sections, &issue->section_count, sizeof *section);
    section->title = title_of(r, heading);
    section->kind = section_kind_of(text_plain(r->arena, section->title));
    section->anchor = anchor(r, heading);
    size_t part = next_heading(r, start + 1, 3);
    for (size_t i = start + 1; i < part; i++)
        read_lists(r, r->blocks[i], NULL, &section->headlines, &section->headline_count);
    while (part < end) {
        size_t next = next_heading(r, part + 1, 3);
        if (section->kind == SECTION_PROJECTS)
            read_project(r, part, next, section);
        else
            read_group(r, part, next, section);
        part = next;
    }
}

/* Lists the blocks below `node`; text outside of blocks is a block itself. */
static void lay_out(struct reader *r, const struct html_node *node)
{
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        if (!html_is_element(child) && !html_is_visible(child, (struct html_scope){0}))
            continue;
        if (html_is_transparent(child)) {
            lay_out(r, child);
            continue;
        }
        const struct html_node **block =
            arena_add(r->arena, &r->blocks, &r->block_count, sizeof *block);
        *block = child;
    }
}

/* The first block at or after `start` that begins a section; the comment form of the page does not.
 */
static size_t next_section(const struct reader *r, size_t start)
{
    for (size_t i = next_heading(r, start, 2);; i = next_heading(r, i + 1, 2)) {
        const char *id = i < r->block_count ? html_attribute(r->blocks[i], "id") : NULL;
        if (!id || strcmp(id, "comment-form") != 0)
            return i;
    }
}

static void read_sections(struct arena *arena, const struct html_node *document,
                          const struct html_node *container, struct issue *issue)
{
    struct reader r = {.arena = arena, .base = issue->url};
    const struct html_node *stated = html_find(document, "base", "href", NULL);
    const char *base =
        stated ? url_resolve(arena, issue->url, html_attribute(stated, "href")) : NULL;
    if (base && strlen(base) <= BASE_MAX)
        r.base = base;
    lay_out(&r, container);
    for (size_t i = next_section(&r, 0); i < r.block_count; i = next_section(&r, i + 1))
        read_section(&r, i, next_heading(&r, i + 1, 2), issue);
    issue_mark_changes(arena, issue);
}

/* Whether a block is text that continues on the line of the text beside it. */
static bool is_inline(const struct html_node *node)
{
    static const char *const elements[] = {"a", "b", "code", "em", "i", "span", "strong"};
    bool is = html_characters(node);
    for (size_t i = 0; !is && i < COUNT(elements); i++)
        is = html_is(node, elements[i]);
    return is;
}

/* The visible text of the blocks from `start` to `end`, each on a line. */
static char *whole_text(const struct reader *r, size_t start, size_t end)
{
    const struct html_scope whole = {.whole = true};
    struct buf out = BUF_INIT(r->arena, TEXT_MAX);
    bool joins = false;
    for (size_t i = start; i < end; i++) {
        if (!html_is_visible(r->blocks[i], whole))
            continue;
        bool was_inline = joins;
        joins = is_inline(r->blocks[i]);
        if (out.len)
            buf_addc(&out, was_inline && joins ? ' ' : '\n');
        buf_adds(&out, html_text(r->arena, r->blocks[i], whole));
    }
    return text_plain(r->arena, buf_str(&out));
}

/* A passage for a section's own blocks, and one for each of its projects. */
static void read_section_passages(const struct reader *r, size_t start, size_t end,
                                  struct passages *passages)
{
    char *title = text_plain(r->arena, title_of(r, r->blocks[start]));
    int deepest = section_kind_of(title) == SECTION_PROJECTS ? 3 : 2;
    for (size_t part = start, next; part < end; part = next) {
        const struct html_node *heading = r->blocks[part];
        next = next_heading(r, part + 1, deepest);
        struct passage *passage =
            arena_add(r->arena, &passages->passage, &passages->count, sizeof *passage);
        passage->section = title;
        passage->project = part > start ? plain_text(r->arena, name_of(heading)) : NULL;
        passage->anchor = anchor(r, heading);
        passage->text = whole_text(r, part, next);
    }
}

/* Reads "Written by @a, edited by @b": each link belongs to the last of these words before it. */
static void read_byline(struct arena *arena, const struct html_node *node, struct issue *issue,
                        struct names **into)
{
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        const char *characters = html_characters(child);
        if (characters && strcasestr(characters, "written by"))
            *into = &issue->authors;
        if (characters && strcasestr(characters, "edited by"))
            *into = &issue->editors;
        if (html_is_link(child)) {
            const char *name = plain_text(arena, child);
            if (*name == '@' && *into)
                names_add(arena, *into, name);
        } else if (html_is_element(child)) {
            read_byline(arena, child, issue, into);
        }
    }
}

/* The address that an element gives as that of the page, or of a redirect; NULL: none. */
static const char *stated_address(struct arena *arena, const struct html_node *node)
{
    const char *rel = html_is(node, "link") ? html_attribute(node, "rel") : NULL;
    if (rel && text_has_word(rel, "canonical"))
        return html_attribute(node, "href");
    const char *event = html_is(node, "meta") ? html_attribute(node, "http-equiv") : NULL;
    if (!event || !text_equal_fold(event, "refresh"))
        return NULL;
    const char *content = html_attribute(node, "content"),
               *url = content ? strcasestr(content, "url=") : NULL;
    if (!url)
        return NULL;
    url += strlen("url=");
    url += strspn(url, " '\"");
    return arena_copy_n(arena, url, strcspn(url, "'\""));
}

/* Sets the issue's address, if a message can link it. */
static void set_url(struct arena *arena, struct issue *issue, const char *url, size_t len)
{
    char *own = arena_format(arena, "%.*s/", (int)len, url);
    if (issue_month_of_url(own))
        issue->url = own;
}

/* Takes the addresses of the page that elements below `node`, but not in the post, give: they must
 * all be the same. */
static bool take_addresses(struct arena *arena, const struct html_node *node, const char *base,
                           struct issue *issue, struct fault *fault)
{
    char shown[200];
    size_t end;
    for (const struct html_node *n = html_child(node); n; n = html_next(n)) {
        if (html_is(n, "main"))
            continue;
        const char *href = stated_address(arena, n),
                   *url = href && *href ? url_resolve(arena, base, href) : NULL;
        int month = url ? issue_month_of_page(url, &end) : 0;
        if (href && *href && issue->month && month != issue->month)
            return fault_set(fault, FAULT_ABSENT, "it is another page, that of '%s'",
                             text_printable(shown, sizeof shown, href, strlen(href)));
        if (month && !issue->url) {
            issue->month = month;
            set_url(arena, issue, url, end);
        }
        if (!take_addresses(arena, n, base, issue, fault))
            return false;
    }
    return true;
}

/* Finds out which issue the page is of, if any: by the addresses in it, else by the one that it
 * came from. */
static bool identify_page(struct arena *arena, const struct html_node *document, const char *url,
                          struct issue *issue, struct fault *fault)
{
    const char *own = url ? url_resolve(arena, url, url) : NULL;
    size_t end = 0;
    int month = issue->month = own ? issue_month_of_page(own, &end) : 0;
    if (!take_addresses(arena, document, own ? own : "", issue, fault))
        return false;
    if (!issue->url && month)
        set_url(arena, issue, own, end);
    return true;
}

static bool no_post(struct fault *fault)
{
    return fault_set(fault, FAULT_INPUT, "not a page of the site: it has no <main>");
}

/* Reads what is before the sections of a post; NULL: there is no post. */
static bool read_page_head(struct arena *arena, struct html_node *post, struct issue *issue,
                           struct fault *fault)
{
    if (!post)
        return no_post(fault);
    if (!issue->url)
        return fault_set(
            fault, FAULT_INPUT,
            "not a page of an issue: it has no canonical link to /this-month/YYYY-MM/");
    const struct html_node *title = html_find(post, "h1", NULL, NULL),
                           *byline = html_find(post, "span", "class", "post-authors"),
                           *time = byline ? html_find(byline, "time", "datetime", NULL) : NULL;
    html_drop_anchors(arena, post, issue->url);
    issue->title = title ? plain_text(arena, title) : NULL;
    if (!issue->title || !*issue->title)
        return fault_set(fault, FAULT_INPUT, "not a page of an issue: it has no title");
    if (time)
        issue_date_read(issue->published, html_attribute(time, "datetime"));
    struct names *into = NULL;
    if (byline)
        read_byline(arena, byline, issue, &into);
    return true;
}

bool post_read_page(struct arena *arena, const char *html, size_t len, const char *url,
                    struct issue *issue, struct fault *fault)
{
    issue->page = (int64_t)text_hash(TEXT_HASH_INIT, html, len);
    struct html_node *document = html_parse(html, len, POST_MAX_BYTES, fault);
    if (!document)
        return false;
    struct html_node *post = html_find(document, "main", NULL, NULL);
    bool read = identify_page(arena, document, url, issue, fault) &&
                read_page_head(arena, post, issue, fault);
    if (read)
        read_sections(arena, document, post, issue);
    html_free(document);
    return read;
}

/* Reads a document that has only the post, and frees it. False: it is NULL. */
static bool read_body(struct arena *arena, struct html_node *document, struct issue *issue)
{
    if (!document)
        return false;
    struct html_node *body = html_find(document, "body", NULL, NULL);
    if (body) {
        html_drop_anchors(arena, body, issue->url);
        read_sections(arena, document, body, issue);
    }
    html_free(document);
    return true;
}

bool post_read_content(struct arena *arena, const char *html, size_t len, struct issue *issue,
                       struct fault *fault)
{
    return len == 0 || read_body(arena, html_parse(html, len, POST_MAX_BYTES, fault), issue);
}

bool post_read_markdown(struct arena *arena, const char *data, size_t len, const char *site,
                        struct issue *issue, struct fault *fault)
{
    if (len > POST_MAX_MARKDOWN)
        return fault_set(fault, FAULT_INPUT, "the post is larger than %d bytes", POST_MAX_MARKDOWN);
    struct frontmatter front = {0};
    struct buf valid = BUF_INIT(arena, 3 * POST_MAX_MARKDOWN);
    text_add_valid(&valid, data, len);
    if (!frontmatter_parse(arena, buf_str(&valid), valid.len, &front))
        return fault_set(fault, FAULT_INPUT, "front matter, line %d: %s", front.wrong_line,
                         front.wrong);
    issue->month = front.month;
    issue->url = issue_url(arena, site, front.month);
    issue->title = front.title;
    issue->authors = front.authors;
    issue->editors = front.editors;
    memcpy(issue->published, front.published, sizeof issue->published);
    const char *body = buf_str(&valid) + front.body;
    return !body[strspn(body, " \t\r\n")] ||
           read_body(arena, markdown_parse(body, valid.len - front.body, fault), issue);
}

bool post_read_passages(struct arena *arena, const char *html, size_t len, bool page,
                        const char *url, struct passages *passages, struct fault *fault)
{
    if (len == 0 && !page)
        return true;
    struct html_node *document = html_parse(html, len, POST_MAX_BYTES, fault);
    if (!document)
        return false;
    struct html_node *container = html_find(document, page ? "main" : "body", NULL, NULL);
    struct reader r = {.arena = arena};
    if (container) {
        html_drop_anchors(arena, container, url);
        lay_out(&r, container);
    }
    for (size_t i = next_section(&r, 0); i < r.block_count; i = next_section(&r, i + 1))
        read_section_passages(&r, i, next_heading(&r, i + 1, 2), passages);
    html_free(document);
    return container || !page || no_post(fault);
}
