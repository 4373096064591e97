/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A post as the site or its source has it, read into an issue.
 *
 * All sources become one libxml2 tree and go through one reader. The post's blocks (paragraphs,
 * lists, headings) are laid out in a flat array first; sections and their parts are ranges of it.
 */
#include "post.h"

#include "buf.h"
#include "fault.h"
#include "frontmatter.h"
#include "issue.h"
#include "text.h"
#include "url.h"

#include <cmark.h>
#include <ctype.h>
#include <libxml/HTMLparser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *base; /* what relative links are resolved against */
    const xmlNode **blocks;
    size_t block_count;
    bool failed; /* out of memory; sticks */
};

static bool is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static bool is_one_of(const xmlNode *node, const char *const *names)
{
    for (; *names; names++)
        if (is(node, *names))
            return true;
    return false;
}

static bool is_list(const xmlNode *node)
{
    return is(node, "ul") || is(node, "ol");
}

static int heading_level(const xmlNode *node)
{
    const char *name = node->type == XML_ELEMENT_NODE ? (const char *)node->name : "";
    return name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && !name[2] ? name[1] - '0' : 0;
}

/* Elements whose children count as if they stood in their place. */
static bool is_transparent(const xmlNode *node)
{
    return is_one_of(node, (const char *const[]){"div", "section", "details", NULL});
}

/* Elements that are no content of any text. */
static bool is_hidden(const xmlNode *node)
{
    return is_one_of(
        node, (const char *const[]){"pre", "summary", "script", "style", "template", "head", NULL});
}

static bool is_block(const xmlNode *node)
{
    return heading_level(node) || is_list(node) || is_transparent(node) ||
           is_one_of(node, (const char *const[]){"p", "li", "blockquote", "table", "tr", "td", "th",
                                                 "dl", "dt", "dd", "br", "hr", NULL});
}

/* The value of an attribute, borrowed from the tree; NULL: none. */
static const char *attribute(const xmlNode *node, const char *name)
{
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (strcmp((const char *)a->name, name) == 0)
            return a->children && a->children->content ? (const char *)a->children->content : "";
    return NULL;
}

/* What of a node's content a text takes. */
struct scope {
    bool own_level;       /* not the lists inside */
    const xmlNode *after; /* only what stands behind this node; NULL: all */
    bool without_people;  /* not the spans with people */
};

static bool is_people_span(const xmlNode *node);

/* Steps into `node` only if its content is taken; keeps track of `after`. */
static bool enters(const xmlNode *node, struct scope *scope)
{
    if (node == scope->after) {
        scope->after = NULL;
        return false;
    }
    return node->type == XML_ELEMENT_NODE && !is_hidden(node) &&
           !(scope->own_level && is_list(node)) &&
           !(scope->without_people && is(node, "span") && is_people_span(node));
}

static void add_children(struct buf *out, const xmlNode *node, struct scope *scope, bool code)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
            const char *s = (const char *)child->content;
            if (!scope->after && s)
                for (size_t n; *s; s += n + (s[n] != '\0')) {
                    /* A code mark in the source must not become one of ours. */
                    n = strcspn(s, "\x0e\x0f");
                    text_add_folded(out, s, n);
                }
            continue;
        }
        if (!enters(child, scope))
            continue;
        bool opens_code = !code && !scope->after && is(child, "code");
        if (is_block(child))
            text_add_folded(out, " ", 1);
        if (opens_code)
            buf_addc(out, TEXT_CODE_BEGIN);
        add_children(out, child, scope, code || opens_code);
        if (opens_code)
            buf_addc(out, TEXT_CODE_END);
        if (is_block(child))
            text_add_folded(out, " ", 1);
    }
}

/* The text of what `scope` takes of a node; owned by the caller. NULL: out of memory. */
static char *scoped_text(struct reader *r, const xmlNode *node, struct scope scope)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    add_children(&out, node, &scope, false);
    text_trim(&out);
    char *text = buf_take(&out);
    r->failed = r->failed || !text;
    return text;
}

static char *node_text(struct reader *r, const xmlNode *node)
{
    return scoped_text(r, node, (struct scope){0});
}

static char *plain_text(struct reader *r, const xmlNode *node)
{
    char *text = node_text(r, node), *plain = text ? text_plain(text) : NULL;
    free(text);
    r->failed = r->failed || !plain;
    return plain;
}

static bool is_visible_string(const char *s)
{
    const char *end = s + strlen(s);
    while (s < end)
        if (!text_is_space(text_next(&s, end)))
            return true;
    return false;
}

static bool is_visible(const xmlNode *node, struct scope *scope)
{
    if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
        return !scope->after && node->content && is_visible_string((const char *)node->content);
    if (!enters(node, scope))
        return false;
    for (const xmlNode *child = node->children; child; child = child->next)
        if (is_visible(child, scope))
            return true;
    return false;
}

/* A link is an <a href> with visible text. */
static bool is_link(const xmlNode *node)
{
    return is(node, "a") && attribute(node, "href") && is_visible(node, &(struct scope){0});
}

/* The first link of what `scope` takes. */
static const xmlNode *first_link(const xmlNode *node, struct scope *scope)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (!enters(child, scope))
            continue;
        if (!scope->after && is_link(child))
            return child;
        const xmlNode *found = first_link(child, scope);
        if (found)
            return found;
    }
    return NULL;
}

/* The link that is the first visible thing below `node`, also when it alone is wrapped in emphasis.
 * `*outer`: the node that ends where the link does. NULL: something else comes first. */
static const xmlNode *leading_link(const xmlNode *node, const xmlNode **outer)
{
    static const char *const wrappers[] = {"em", "strong", "b", "i", "del", NULL};
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (!is_visible(child, &(struct scope){.own_level = true}))
            continue;
        if (is_link(child)) {
            *outer = child;
            return child;
        }
        if (is(child, "p") || is_transparent(child))
            return leading_link(child, outer);
        if (!is_one_of(child, wrappers))
            return NULL;
        const xmlNode *inner = leading_link(child, outer);
        struct scope behind = {.after = *outer};
        if (!inner || is_visible(child, &behind))
            return NULL;
        *outer = child;
        return inner;
    }
    return NULL;
}

/* The target of a link, resolved; owned by the caller. NULL: no link, or a target that is no URL.
 */
static char *target(struct reader *r, const xmlNode *link)
{
    return link ? url_resolve(r->base, attribute(link, "href")) : NULL;
}

/* The text without the punctuation that joined it to the link before. */
static void drop_joint(char *text)
{
    static const char *const joints[] = {" ", ":", ";", ",", ".", "–", "—", "-"};
    const char *s = text;
    for (size_t i = 0; i < sizeof joints / sizeof *joints;) {
        size_t len = strlen(joints[i]);
        bool starts = strncmp(s, joints[i], len) == 0;
        s += starts ? len : 0;
        i = starts ? 0 : i + 1;
    }
    memmove(text, s, strlen(s) + 1);
}

/* Adds a note that takes `text` over; one without text is left out. */
static void add_note(struct reader *r, struct item *item, char *text, char *url)
{
    struct note *note =
        text && *text ? array_add(&item->notes, &item->note_count, sizeof *note) : NULL;
    if (note) {
        *note = (struct note){text, url};
        return;
    }
    r->failed = r->failed || (text && *text);
    free(text);
    free(url);
}

/* A note for each item of the lists below `node`, at any depth. */
static void add_nested_notes(struct reader *r, struct item *item, const xmlNode *node)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || is_hidden(child))
            continue;
        if (is(child, "li")) {
            struct scope own = {.own_level = true}, links = own;
            add_note(r, item, scoped_text(r, child, own), target(r, first_link(child, &links)));
        }
        add_nested_notes(r, item, child);
    }
}

static void read_item(struct reader *r, const xmlNode *li, struct item *item)
{
    const xmlNode *outer, *link = leading_link(li, &outer);
    if (link) {
        item->title = node_text(r, link);
        item->url = target(r, link);
        struct scope behind = {.own_level = true, .after = outer}, links = behind;
        char *text = scoped_text(r, li, behind);
        if (text)
            drop_joint(text);
        add_note(r, item, text, target(r, first_link(li, &links)));
    } else {
        struct scope own = {.own_level = true}, links = own;
        item->title = scoped_text(r, li, own);
        item->url = target(r, first_link(li, &links));
    }
    add_nested_notes(r, item, li);
}

/* Appends the items of a list. */
static void read_list(struct reader *r, const xmlNode *list, const char *group, struct item **items,
                      size_t *count)
{
    for (const xmlNode *li = list->children; li; li = li->next) {
        if (!is(li, "li") || !is_visible(li, &(struct scope){0}))
            continue;
        struct item *item = array_add(items, count, sizeof *item);
        if (!item) {
            r->failed = true;
            return;
        }
        read_item(r, li, item);
        item->group = group ? strdup(group) : NULL;
        r->failed = r->failed || (group && !item->group);
    }
}

/* Appends the items of the lists in a block, itself one perhaps; lists inside lists do not count.
 * Gives the number of lists. */
static size_t read_lists(struct reader *r, const xmlNode *block, const char *group,
                         struct item **items, size_t *count)
{
    if (is_list(block)) {
        read_list(r, block, group, items, count);
        return 1;
    }
    size_t lists = 0;
    if (block->type == XML_ELEMENT_NODE && !is_hidden(block))
        for (const xmlNode *child = block->children; child; child = child->next)
            lists += read_lists(r, child, group, items, count);
    return lists;
}

enum people { PEOPLE_NONE, PEOPLE_MAINTAINERS, PEOPLE_WRITERS };

static enum people people_kind(const char *text)
{
    text += strspn(text, "([{ ");
    if (text_starts_fold(text, "maintained by"))
        return PEOPLE_MAINTAINERS;
    return text_starts_fold(text, "section written by") || text_starts_fold(text, "written by")
               ? PEOPLE_WRITERS
               : PEOPLE_NONE;
}

static enum people people_of(struct reader *r, const xmlNode *node)
{
    char *plain = plain_text(r, node);
    enum people kind = plain ? people_kind(plain) : PEOPLE_NONE;
    free(plain);
    return kind;
}

static bool is_people_span(const xmlNode *node)
{
    struct reader unused = {0};
    return people_of(&unused, node) != PEOPLE_NONE;
}

/* Adds the names of the links below `node` that begin with "@". */
static void add_handles(struct reader *r, const xmlNode *node, struct names *names)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || is_hidden(child))
            continue;
        add_handles(r, child, names);
        if (!is_link(child))
            continue;
        char *name = plain_text(r, child);
        if (name && name[0] == '@' && name[1] && !names_add(names, name))
            r->failed = true;
        free(name);
    }
}

static void add_people(struct reader *r, const xmlNode *node, enum people kind,
                       struct project *project)
{
    add_handles(r, node, kind == PEOPLE_MAINTAINERS ? &project->maintainers : &project->written_by);
}

/* Adds the people of the spans below `node`; false: there is no such span. */
static bool add_people_spans(struct reader *r, const xmlNode *node, struct project *project)
{
    bool found = false;
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || is_hidden(child) || is_list(child))
            continue;
        enum people kind = is(child, "span") ? people_of(r, child) : PEOPLE_NONE;
        if (kind != PEOPLE_NONE)
            add_people(r, child, kind, project);
        found = (kind != PEOPLE_NONE || add_people_spans(r, child, project)) || found;
    }
    return found;
}

static bool is_thanks(const char *text)
{
    static const char *const starts[] = {"thanks", "many thanks", "special thanks"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (text_starts_fold(text, starts[i]) && !isalnum((unsigned char)text[strlen(starts[i])]))
            return true;
    return false;
}

static bool has_letters(const char *s)
{
    for (; *s; s++)
        if (isalnum((unsigned char)*s) || (unsigned char)*s >= 0x80)
            return true;
    return false;
}

/* Reads a block that is no list. True: the list that follows at once names people too. */
static bool read_project_text(struct reader *r, const xmlNode *block, struct project *project)
{
    struct scope rest = {0};
    if (add_people_spans(r, block, project)) {
        rest.without_people = true;
    } else {
        enum people kind = people_of(r, block);
        if (kind != PEOPLE_NONE) {
            add_people(r, block, kind, project);
            return false;
        }
    }
    if (!is(block, "p"))
        return false;
    char *text = scoped_text(r, block, rest);
    bool list_follows = false;
    if (text && is_thanks(text)) {
        add_handles(r, block, &project->contributors);
        list_follows = text[strlen(text) - 1] == ':';
    } else if (text && !project->summary && has_letters(text)) {
        project->summary = text;
        text = NULL;
    }
    free(text);
    return list_follows;
}

/* A copy of the heading's id; NULL: none. */
static char *anchor(struct reader *r, const xmlNode *heading)
{
    const char *id = attribute(heading, "id");
    char *copy = id && *id ? strdup(id) : NULL;
    r->failed = r->failed || (id && *id && !copy);
    return copy;
}

/* Reads the part from an h3 to block `end` of a projects section. */
static void read_project(struct reader *r, size_t start, size_t end, struct section *section)
{
    const xmlNode *heading = r->blocks[start], *outer;
    struct project *project =
        array_add(&section->projects, &section->project_count, sizeof *project);
    if (!project) {
        r->failed = true;
        return;
    }
    const xmlNode *link = leading_link(heading, &outer);
    project->name = node_text(r, link ? link : heading);
    project->url = target(r, first_link(heading, &(struct scope){0}));
    project->anchor = anchor(r, heading);
    bool people_list = false;
    for (size_t i = start + 1; i < end; i++) {
        const xmlNode *block = r->blocks[i];
        if (people_list && is_list(block)) {
            add_handles(r, block, &project->contributors);
            people_list = false;
            continue;
        }
        people_list = false;
        if (heading_level(block))
            continue;
        if (!read_lists(r, block, NULL, &project->changes, &project->change_count))
            people_list = read_project_text(r, block, project);
    }
}

/* Reads the part from an h3 to block `end` of any other section: a group, or one headline. */
static void read_group(struct reader *r, size_t start, size_t end, struct section *section)
{
    const xmlNode *heading = r->blocks[start];
    char *title = node_text(r, heading);
    size_t lists = 0;
    for (size_t i = start + 1; i < end; i++)
        lists += read_lists(r, r->blocks[i], title, &section->headlines, &section->headline_count);
    struct item *item =
        lists || !title || !*title
            ? NULL
            : array_add(&section->headlines, &section->headline_count, sizeof *item);
    if (!item) {
        r->failed = r->failed || (!lists && title && *title);
        free(title);
        return;
    }
    item->title = title;
    item->url = target(r, first_link(heading, &(struct scope){0}));
    for (size_t i = start + 1; i < end; i++)
        if (is(r->blocks[i], "p"))
            add_note(r, item, node_text(r, r->blocks[i]), NULL);
}

/* The first block at or behind `start` that is a heading of a level in 2..`deepest`. */
static size_t next_heading(const struct reader *r, size_t start, int deepest)
{
    size_t i = start;
    for (; i < r->block_count; i++) {
        int level = heading_level(r->blocks[i]);
        if (level >= 2 && level <= deepest)
            break;
    }
    return i;
}

static void read_section(struct reader *r, size_t start, size_t end, struct issue *issue)
{
    const xmlNode *heading = r->blocks[start];
    struct section *section = array_add(&issue->sections, &issue->section_count, sizeof *section);
    char *plain = plain_text(r, heading);
    if (!section || !plain) {
        r->failed = true;
        free(plain);
        return;
    }
    section->kind = section_kind_of(plain);
    free(plain);
    section->title = node_text(r, heading);
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

/* Lays the blocks below `node` out. */
static void lay_out(struct reader *r, const xmlNode *node)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || is(child, "summary"))
            continue;
        if (is_transparent(child)) {
            lay_out(r, child);
            continue;
        }
        const xmlNode **block = array_add(&r->blocks, &r->block_count, sizeof *block);
        if (block)
            *block = child;
        else
            r->failed = true;
    }
}

static bool read_sections(const xmlNode *container, struct issue *issue, struct fault *fault)
{
    struct reader r = {.base = issue->url};
    lay_out(&r, container);
    for (size_t start = next_heading(&r, 0, 2); start < r.block_count;) {
        size_t end = next_heading(&r, start + 1, 2);
        const char *id = attribute(r.blocks[start], "id");
        if (!id || strcmp(id, "comment-form") != 0)
            read_section(&r, start, end, issue);
        start = end;
    }
    free(r.blocks);
    return !r.failed || fault_memory(fault);
}

/* The first element below `node`, in document order, for which `wanted` holds. */
static xmlNode *find(xmlNode *node, bool (*wanted)(const xmlNode *))
{
    for (xmlNode *child = node ? node->children : NULL; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        xmlNode *found = wanted(child) ? child : find(child, wanted);
        if (found)
            return found;
    }
    return NULL;
}

static bool is_main(const xmlNode *node)
{
    return is(node, "main");
}

static bool is_body(const xmlNode *node)
{
    return is(node, "body");
}

static bool is_title(const xmlNode *node)
{
    return is(node, "h1");
}

static bool is_canonical(const xmlNode *node)
{
    const char *rel = is(node, "link") ? attribute(node, "rel") : NULL;
    return rel && text_equal_fold(rel, "canonical") && attribute(node, "href");
}

static bool is_byline(const xmlNode *node)
{
    const char *class = is(node, "span") ? attribute(node, "class") : NULL;
    return class && text_has_word(class, "post-authors");
}

static bool is_time(const xmlNode *node)
{
    return is(node, "time") && attribute(node, "datetime");
}

/* Reads "Written by @a, edited by @b": a link belongs to the words last read. */
static void read_byline(struct reader *r, const xmlNode *node, struct issue *issue,
                        struct names **into)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_TEXT_NODE) {
            const char *s = (const char *)child->content;
            if (strcasestr(s, "written by"))
                *into = &issue->authors;
            if (strcasestr(s, "edited by"))
                *into = &issue->editors;
        } else if (is_link(child)) {
            char *name = plain_text(r, child);
            if (name && *name == '@' && *into && !names_add(*into, name))
                r->failed = true;
            free(name);
        } else if (child->type == XML_ELEMENT_NODE) {
            read_byline(r, child, issue, into);
        }
    }
}

static bool read_page_head(xmlNode *root, xmlNode *container, const char *url, struct issue *issue,
                           struct fault *fault)
{
    struct reader r = {0};
    xmlNode *canonical = find(root, is_canonical), *title = find(container, is_title),
            *byline = find(container, is_byline), *time = find(byline, is_time);
    const char *href = canonical ? attribute(canonical, "href") : NULL;
    if (href && issue_id_from_url(href, issue->id))
        url = href;
    else if (!url || !issue_id_from_url(url, issue->id))
        return fault_set(
            fault, FAULT_INPUT,
            "not a page of an issue: it has no canonical link to /this-month/YYYY-MM/");
    issue->url = url_resolve(url, url);
    issue->title = title ? plain_text(&r, title) : strdup("");
    if (!issue->url || !issue->title)
        return fault_memory(fault);
    if (!*issue->title)
        return fault_set(fault, FAULT_INPUT, "not a page of an issue: it has no title");
    if (time)
        issue_date_read(issue->published, attribute(time, "datetime"));
    struct names *into = NULL;
    if (byline)
        read_byline(&r, byline, issue, &into);
    return !r.failed || fault_memory(fault);
}

/* The tree of an HTML text; the caller frees it. NULL: out of memory, or nothing in it. */
static htmlDocPtr parse_html(const char *html, size_t len, struct fault *fault)
{
    struct buf valid = BUF_INIT(3 * POST_MAX_BYTES);
    htmlDocPtr doc = NULL;
    if (len > POST_MAX_BYTES) {
        fault_set(fault, FAULT_INPUT, "the post is larger than %d bytes", POST_MAX_BYTES);
    } else {
        text_add_valid(&valid, html, len);
        if (!valid.failed)
            doc = htmlReadMemory(buf_str(&valid), (int)valid.len, NULL, "UTF-8",
                                 HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                     HTML_PARSE_NONET | HTML_PARSE_COMPACT);
        if (!doc)
            fault_set(fault, FAULT_INPUT, "not HTML");
    }
    buf_finish(&valid);
    return doc;
}

bool post_read_page(const char *html, size_t len, const char *url, struct issue *issue,
                    struct fault *fault)
{
    bool read = false;
    htmlDocPtr doc = parse_html(html, len, fault);
    if (!doc)
        return false;
    xmlNode *root = (xmlNode *)doc, *container = find(root, is_main);
    if (!container)
        fault_set(fault, FAULT_INPUT, "not a page of the site: it has no <main>");
    else
        read = read_page_head(root, container, url, issue, fault) &&
               read_sections(container, issue, fault);
    xmlFreeDoc(doc);
    return read;
}

bool post_read_content(const char *html, size_t len, struct issue *issue, struct fault *fault)
{
    if (len == 0)
        return true;
    htmlDocPtr doc = parse_html(html, len, fault);
    if (!doc)
        return false;
    xmlNode *body = find((xmlNode *)doc, is_body);
    bool read = !body || read_sections(body, issue, fault);
    xmlFreeDoc(doc);
    return read;
}

/* Headings that get an id: finding a free one is cubic, and a real post has 30. */
#define HEADINGS_MAX 500

/* The id the site's generator gives a heading: its text as a slug, numbered when it was used. */
static char *heading_id(struct reader *r, const xmlNode *heading, struct names *used)
{
    char *text = plain_text(r, heading), *id = NULL;
    struct buf slug = BUF_INIT(TEXT_MAX);
    for (const char *s = text; s && *s; s++) {
        if (isascii(*s) && isalnum((unsigned char)*s))
            buf_addc(&slug, (char)tolower((unsigned char)*s));
        else if (slug.len && slug.ptr[slug.len - 1] != '-')
            buf_addc(&slug, '-');
    }
    if (slug.len && slug.ptr[slug.len - 1] == '-')
        buf_truncate(&slug, slug.len - 1);
    size_t len = slug.len;
    for (size_t n = 1, known = used->count; !id && !r->failed; n++) {
        r->failed = slug.failed || !names_add(used, buf_str(&slug));
        if (used->count > known)
            id = buf_take(&slug);
        buf_truncate(&slug, len);
        buf_addf(&slug, "-%zu", n);
    }
    buf_finish(&slug);
    free(text);
    return id;
}

/* Makes of the rendered Markdown what the site's generator would have made: ids of the headings,
 * and links to pages instead of "@/" links to their sources. */
static void finish_markdown(struct reader *r, xmlNode *node, struct names *used)
{
    for (xmlNode *child = node->children; child && !r->failed; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        const char *href = is(child, "a") ? attribute(child, "href") : NULL;
        if (heading_level(child) && !attribute(child, "id") && used->count < HEADINGS_MAX) {
            char *id = heading_id(r, child, used);
            if (id)
                xmlNewProp(child, (const xmlChar *)"id", (const xmlChar *)id);
            free(id);
        } else if (href && strncmp(href, "@/", 2) == 0) {
            const char *path = href + 2, *fragment = path + strcspn(path, "#");
            size_t len = (size_t)(fragment - path);
            static const char *const sources[] = {"_index.md", "index.md", ".md"};
            for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
                size_t n = strlen(sources[i]);
                if (len >= n && strncmp(path + len - n, sources[i], n) == 0) {
                    len -= n;
                    break;
                }
            }
            struct buf url = BUF_INIT(TEXT_MAX);
            buf_addc(&url, '/');
            buf_add(&url, path, len);
            if (url.ptr && url.ptr[url.len - 1] != '/')
                buf_addc(&url, '/');
            buf_adds(&url, fragment);
            xmlSetProp(child, (const xmlChar *)"href", (const xmlChar *)buf_str(&url));
            r->failed = r->failed || url.failed;
            buf_finish(&url);
        }
        finish_markdown(r, child, used);
    }
}

static bool read_markdown_body(const char *data, size_t len, struct issue *issue,
                               struct fault *fault)
{
    struct reader r = {0};
    struct names used = {0};
    bool read = false;
    char *html = cmark_markdown_to_html(data, len, CMARK_OPT_UNSAFE | CMARK_OPT_VALIDATE_UTF8);
    htmlDocPtr doc = html && *html ? parse_html(html, strlen(html), fault) : NULL;
    xmlNode *body = doc ? find((xmlNode *)doc, is_body) : NULL;
    if (body) {
        finish_markdown(&r, body, &used);
        read = r.failed ? fault_memory(fault) : read_sections(body, issue, fault);
    } else if (html && fault->kind == FAULT_NONE) {
        read = true;
    }
    xmlFreeDoc(doc);
    names_finish(&used);
    free(html);
    return read;
}

bool post_read_markdown(const char *data, size_t len, const char *site, struct issue *issue,
                        struct fault *fault)
{
    if (len > POST_MAX_BYTES)
        return fault_set(fault, FAULT_INPUT, "the post is larger than %d bytes", POST_MAX_BYTES);
    struct frontmatter front = {0};
    struct buf valid = BUF_INIT(3 * POST_MAX_BYTES);
    bool read = false;
    text_add_valid(&valid, data, len);
    if (valid.failed) {
        fault_memory(fault);
        goto out;
    }
    if (!frontmatter_parse(buf_str(&valid), valid.len, &front, fault))
        goto out;
    memcpy(issue->id, front.id, sizeof issue->id);
    memcpy(issue->published, front.published, sizeof issue->published);
    issue->url = issue_url(site, front.id);
    issue->title = front.title;
    issue->authors = front.authors;
    issue->editors = front.editors;
    front.title = NULL;
    front.authors = front.editors = (struct names){0};
    if (!issue->url) {
        fault_memory(fault);
        goto out;
    }
    read = read_markdown_body(valid.ptr + front.body, valid.len - front.body, issue, fault);
out:
    frontmatter_finish(&front);
    buf_finish(&valid);
    return read;
}

const char *post_version(void)
{
    return cmark_version_string();
}
