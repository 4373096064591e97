/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A post as the site or its source has it, read into an issue.
 *
 * All sources become one tree and go through one reader. The post's blocks (paragraphs, lists,
 * headings) are laid out in a flat array first; sections and their parts are ranges of it. */
#include "post.h"

#include "buf.h"
#include "fault.h"
#include "frontmatter.h"
#include "html.h"
#include "issue.h"
#include "markdown.h"
#include "text.h"
#include "unicode.h"
#include "url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of text and entries that may be made of one post: a real one makes a hundredth of it, a
 * hostile one could repeat a long group name or address without end. */
#define BUDGET (4 * POST_MAX_BYTES)
/* What an entry costs beside its text. */
#define ENTRY_COST 128

struct reader {
    const char *base; /* what relative links are resolved against */
    const struct html_node **blocks;
    size_t block_count;
    size_t spent; /* of the BUDGET */
    bool failed;  /* out of memory, or of budget; sticks */
};

/* Pays for `s`, just made; NULL: it could not be made. */
static void spend(struct reader *r, const char *s)
{
    r->spent += s ? strlen(s) : 0;
    r->failed = r->failed || !s || r->spent > BUDGET;
}

/* Appends an element to an array of the issue; NULL: out of memory, or of budget. */
static void *add_entry(struct reader *r, void *array, size_t *count, size_t size)
{
    r->spent += ENTRY_COST;
    void *entry = r->spent > BUDGET ? NULL : array_add(array, count, size);
    r->failed = r->failed || !entry;
    return entry;
}

static bool explain(const struct reader *r, struct fault *fault)
{
    return r->spent > BUDGET ? fault_set(fault, FAULT_INPUT,
                                         "the post makes more entries and text than any real one")
                             : fault_memory(fault);
}

/* Takes a text that is made; owned by the caller. NULL: out of memory, or of budget. */
static char *take_text(struct reader *r, struct buf *out)
{
    if (out->full)
        r->spent = BUDGET + 1;
    char *text = buf_take(out);
    spend(r, text);
    return text;
}

/* The text of what `scope` takes of a node. */
static char *scoped_text(struct reader *r, const struct html_node *node, struct html_scope scope)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    html_add_text(&out, node, scope);
    return take_text(r, &out);
}

static char *node_text(struct reader *r, const struct html_node *node)
{
    return scoped_text(r, node, (struct html_scope){0});
}

/* Takes `text` over, and gives it without code marks. */
static char *make_plain(struct reader *r, char *text)
{
    char *plain = text ? text_plain(arena_ambient(), text) : NULL;
    free(text);
    spend(r, plain);
    return plain;
}

static char *plain_text(struct reader *r, const struct html_node *node)
{
    return make_plain(r, node_text(r, node));
}

/* The target of a link, resolved; owned by the caller. NULL: no link, or a target that is no URL.
 */
static char *target(struct reader *r, const struct html_node *link)
{
    char *url = NULL;
    if (link)
        url = url_resolve(arena_ambient(), r->base, html_attribute(link, "href"));
    if (url)
        spend(r, url);
    return url;
}

/* The text without the punctuation that joined it to the link before. */
static void drop_joint(char *text)
{
    const char *s = text, *end = text + strlen(text);
    while (s < end) {
        const char *next = s;
        uint32_t c = unicode_next(&next, end);
        bool joins = c == 0x2013 || c == 0x2014 || (c < 0x80 && strchr(":;,.-", (int)c));
        if (c == TEXT_CODE_BEGIN || !(joins || unicode_is_invisible(c)))
            break;
        s = next;
    }
    memmove(text, s, strlen(s) + 1);
}

/* Adds a note that takes `text` over; one without text is left out. */
static void add_note(struct reader *r, struct item *item, char *text, char *url)
{
    struct note *note =
        text && *text ? add_entry(r, &item->notes, &item->note_count, sizeof *note) : NULL;
    if (note) {
        *note = (struct note){text, url};
        return;
    }
    free(text);
    free(url);
}

/* A note for each item of the lists below `node`, at any depth. */
static void add_nested_notes(struct reader *r, struct item *item, const struct html_node *node)
{
    for (const struct html_node *child = html_child(node); child && !r->failed;
         child = html_next(child)) {
        if (!html_is_element(child) || html_is_hidden(child))
            continue;
        if (html_is(child, "li")) {
            struct html_scope own = {.own_level = true};
            add_note(r, item, scoped_text(r, child, own), target(r, html_first_link(child, own)));
        }
        add_nested_notes(r, item, child);
    }
}

static void read_item(struct reader *r, const struct html_node *li, struct item *item)
{
    const struct html_node *outer, *link = html_leading_link(li, &outer);
    if (link) {
        item->title = node_text(r, link);
        item->url = target(r, link);
        struct html_scope behind = {.own_level = true, .after = outer};
        char *text = scoped_text(r, li, behind);
        if (text)
            drop_joint(text);
        add_note(r, item, text, target(r, html_first_link(li, behind)));
    } else {
        struct html_scope own = {.own_level = true};
        item->title = scoped_text(r, li, own);
        item->url = target(r, html_first_link(li, own));
    }
    add_nested_notes(r, item, li);
}

/* Appends the items of a list. */
static void read_list(struct reader *r, const struct html_node *list, const char *group,
                      struct item **items, size_t *count)
{
    for (const struct html_node *li = html_child(list); li && !r->failed; li = html_next(li)) {
        if (!html_is(li, "li") || !html_is_visible(li, (struct html_scope){0}))
            continue;
        struct item *item = add_entry(r, items, count, sizeof *item);
        if (!item)
            return;
        read_item(r, li, item);
        if (item->title && !*item->title && !item->note_count) {
            /* What can be seen stands in a list without items. */
            free(item->title);
            free(item->url);
            --*count;
        } else if (group) {
            item->group = strdup(group);
            spend(r, item->group);
        }
    }
}

/* Appends the items of the lists in a block, itself one perhaps; lists inside lists do not count.
 * Gives the number of lists. */
static size_t read_lists(struct reader *r, const struct html_node *block, const char *group,
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
    return text_starts_fold(text, "section written by") || text_starts_fold(text, "written by")
               ? PEOPLE_WRITERS
               : PEOPLE_NONE;
}

bool post_names_people(const char *text)
{
    return people_kind(text) != PEOPLE_NONE;
}

static enum people people_of(struct reader *r, const struct html_node *node)
{
    /* The beginning is enough: what does not fit is not read. */
    struct buf start = BUF_INIT(64);
    html_add_text(&start, node, (struct html_scope){0});
    r->failed = r->failed || start.failed != start.full;
    enum people kind = people_kind(buf_str(&start));
    buf_finish(&start);
    return kind;
}

static bool is_people_span(const struct html_node *node, void *user)
{
    return html_is(node, "span") && people_of(user, node) != PEOPLE_NONE;
}

/* Adds the handles below `node`, but for those in what `skips`; NULL: all. */
static void add_handles(struct reader *r, const struct html_node *node,
                        bool (*skips)(const struct html_node *node, void *user),
                        struct names *names)
{
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        if (!html_is_element(child) || html_is_hidden(child) || (skips && skips(child, r)))
            continue;
        add_handles(r, child, skips, names);
        if (!html_is_link(child))
            continue;
        char *name = plain_text(r, child);
        if (name && name[0] == '@' && name[1] && !names_add(names, name))
            r->failed = true;
        free(name);
    }
}

static void add_people(struct reader *r, const struct html_node *node, enum people kind,
                       struct project *project)
{
    add_handles(r, node, NULL,
                kind == PEOPLE_MAINTAINERS ? &project->maintainers : &project->written_by);
}

/* Adds the people of the spans below `node`; false: there is no such span. */
static bool add_people_spans(struct reader *r, const struct html_node *node,
                             struct project *project)
{
    bool found = false;
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        if (!html_is_element(child) || html_is_hidden(child) || html_is_list(child))
            continue;
        enum people kind = html_is(child, "span") ? people_of(r, child) : PEOPLE_NONE;
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
static bool read_project_text(struct reader *r, const struct html_node *block,
                              struct project *project)
{
    struct html_scope rest = {0};
    if (add_people_spans(r, block, project)) {
        rest.skips = is_people_span;
        rest.user = r;
    } else {
        enum people kind = people_of(r, block);
        if (kind != PEOPLE_NONE) {
            add_people(r, block, kind, project);
            return false;
        }
    }
    if (!html_is(block, "p"))
        return false;
    char *text = scoped_text(r, block, rest);
    bool list_follows = false;
    if (text && is_thanks(text)) {
        add_handles(r, block, rest.skips, &project->contributors);
        list_follows = text[strlen(text) - 1] == ':';
    } else if (text && !project->summary && has_letters(text)) {
        project->summary = text;
        text = NULL;
    }
    free(text);
    return list_follows;
}

/* A copy of the heading's id; NULL: none. */
static char *anchor(struct reader *r, const struct html_node *heading)
{
    const char *id = html_attribute(heading, "id");
    char *copy = id && *id ? strdup(id) : NULL;
    if (id && *id)
        spend(r, copy);
    return copy;
}

/* What of a project's heading is its name. */
static const struct html_node *name_of(const struct html_node *heading)
{
    const struct html_node *outer, *link = html_leading_link(heading, &outer);
    return link ? link : heading;
}

/* Whether nothing but a search reads a block. */
static bool is_for_search(const struct html_node *block)
{
    return !html_is_element(block) || html_is(block, "summary");
}

/* Reads the part from an h3 to block `end` of a projects section. */
static void read_project(struct reader *r, size_t start, size_t end, struct section *section)
{
    const struct html_node *heading = r->blocks[start];
    struct project *project =
        add_entry(r, &section->projects, &section->project_count, sizeof *project);
    if (!project)
        return;
    project->name = node_text(r, name_of(heading));
    project->url = target(r, html_first_link(heading, (struct html_scope){0}));
    project->anchor = anchor(r, heading);
    bool people_list = false;
    for (size_t i = start + 1; i < end; i++) {
        const struct html_node *block = r->blocks[i];
        if (is_for_search(block))
            continue;
        if (people_list && html_is_list(block)) {
            add_handles(r, block, NULL, &project->contributors);
            people_list = false;
            continue;
        }
        people_list = false;
        if (html_heading_level(block))
            continue;
        if (!read_lists(r, block, NULL, &project->changes, &project->change_count))
            people_list = read_project_text(r, block, project);
    }
}

/* Reads the part from an h3 to block `end` of any other section: a group, or one headline. */
static void read_group(struct reader *r, size_t start, size_t end, struct section *section)
{
    const struct html_node *heading = r->blocks[start];
    char *title = node_text(r, heading);
    size_t lists = 0;
    for (size_t i = start + 1; i < end; i++)
        lists += read_lists(r, r->blocks[i], title, &section->headlines, &section->headline_count);
    struct item *item = NULL;
    if (!lists && title && *title)
        item = add_entry(r, &section->headlines, &section->headline_count, sizeof *item);
    if (!item) {
        free(title);
        return;
    }
    item->title = title;
    item->url = target(r, html_first_link(heading, (struct html_scope){0}));
    for (size_t i = start + 1; i < end; i++)
        if (html_is(r->blocks[i], "p"))
            add_note(r, item, node_text(r, r->blocks[i]), NULL);
}

/* The first block at or behind `start` that is a heading of a level in 2..`deepest`. One without
 * text heads nothing: a message could not name it. */
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

static void read_section(struct reader *r, size_t start, size_t end, struct issue *issue)
{
    const struct html_node *heading = r->blocks[start];
    struct section *section =
        add_entry(r, &issue->sections, &issue->section_count, sizeof *section);
    char *plain = plain_text(r, heading);
    if (!section || !plain) {
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

/* Lays the blocks below `node` out; text outside of any is one itself. */
static void lay_out(struct reader *r, const struct html_node *node)
{
    for (const struct html_node *child = html_child(node); child && !r->failed;
         child = html_next(child)) {
        if (!html_is_element(child) && !html_is_visible(child, (struct html_scope){0}))
            continue;
        if (html_is_transparent(child)) {
            lay_out(r, child);
            continue;
        }
        const struct html_node **block = add_entry(r, &r->blocks, &r->block_count, sizeof *block);
        if (block)
            *block = child;
    }
}

/* The first block at or behind `start` that begins a section; the page's own form is none. */
static size_t next_section(const struct reader *r, size_t start)
{
    for (size_t i = next_heading(r, start, 2);; i = next_heading(r, i + 1, 2)) {
        const char *id = i < r->block_count ? html_attribute(r->blocks[i], "id") : NULL;
        if (!id || strcmp(id, "comment-form") != 0)
            return i;
    }
}

static bool is_base(const struct html_node *node)
{
    return html_is(node, "base") && html_attribute(node, "href");
}

static bool read_sections(const struct html_node *document, const struct html_node *container,
                          struct issue *issue, struct fault *fault)
{
    const struct html_node *stated = html_find(document, is_base);
    char *base = NULL;
    if (stated)
        base = url_resolve(arena_ambient(), issue->url, html_attribute(stated, "href"));
    struct reader r = {.base = base ? base : issue->url};
    lay_out(&r, container);
    for (size_t i = next_section(&r, 0); i < r.block_count && !r.failed;
         i = next_section(&r, i + 1))
        read_section(&r, i, next_heading(&r, i + 1, 2), issue);
    free(r.blocks);
    free(base);
    return !r.failed || explain(&r, fault);
}

/* All that can be seen of the blocks from `start` to `end`. */
static char *whole_text(struct reader *r, size_t start, size_t end)
{
    const struct html_scope whole = {.whole = true};
    struct buf out = BUF_INIT(TEXT_MAX);
    for (size_t i = start; i < end && !r->failed; i++) {
        if (!html_is_visible(r->blocks[i], whole))
            continue;
        char *text = scoped_text(r, r->blocks[i], whole);
        text_add_folded(&out, " ", 1);
        buf_adds(&out, text ? text : "");
        free(text);
    }
    return make_plain(r, take_text(r, &out));
}

/* A passage for a section's own blocks, and one for each of its projects. */
static void read_section_passages(struct reader *r, size_t start, size_t end,
                                  struct passages *passages)
{
    char *title = plain_text(r, r->blocks[start]);
    int deepest = title && section_kind_of(title) == SECTION_PROJECTS ? 3 : 2;
    for (size_t part = start, next; part < end && !r->failed; part = next) {
        const struct html_node *heading = r->blocks[part];
        next = next_heading(r, part + 1, deepest);
        struct passage *passage =
            add_entry(r, &passages->passage, &passages->count, sizeof *passage);
        if (!passage)
            break;
        passage->section = strdup(title);
        spend(r, passage->section);
        passage->project = part > start ? plain_text(r, name_of(heading)) : NULL;
        passage->anchor = anchor(r, heading);
        passage->text = whole_text(r, part, next);
    }
    free(title);
}

static bool read_passages(const struct html_node *container, struct passages *passages,
                          struct fault *fault)
{
    struct reader r = {0};
    lay_out(&r, container);
    for (size_t i = next_section(&r, 0); i < r.block_count && !r.failed;
         i = next_section(&r, i + 1))
        read_section_passages(&r, i, next_heading(&r, i + 1, 2), passages);
    free(r.blocks);
    return !r.failed || explain(&r, fault);
}

static bool is_main(const struct html_node *node)
{
    return html_is(node, "main");
}

static bool is_body(const struct html_node *node)
{
    return html_is(node, "body");
}

static bool is_title(const struct html_node *node)
{
    return html_is(node, "h1");
}

static bool is_byline(const struct html_node *node)
{
    const char *class = html_is(node, "span") ? html_attribute(node, "class") : NULL;
    return class && text_has_word(class, "post-authors");
}

static bool is_time(const struct html_node *node)
{
    return html_is(node, "time") && html_attribute(node, "datetime");
}

/* Reads "Written by @a, edited by @b": a link belongs to the words last read. */
static void read_byline(struct reader *r, const struct html_node *node, struct issue *issue,
                        struct names **into)
{
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        const char *characters = html_characters(child);
        if (characters && strcasestr(characters, "written by"))
            *into = &issue->authors;
        if (characters && strcasestr(characters, "edited by"))
            *into = &issue->editors;
        if (html_is_link(child)) {
            char *name = plain_text(r, child);
            if (name && *name == '@' && *into && !names_add(*into, name))
                r->failed = true;
            free(name);
        } else if (html_is_element(child)) {
            read_byline(r, child, issue, into);
        }
    }
}

/* The address of the page, or of a redirect, that an element states; "": none. The
 * caller frees it; NULL: out of memory. */
static char *stated_address(const struct html_node *node)
{
    const char *rel = html_is(node, "link") ? html_attribute(node, "rel") : NULL;
    const char *event = html_is(node, "meta") ? html_attribute(node, "http-equiv") : NULL;
    const char *href = NULL;
    if (rel && text_has_word(rel, "canonical"))
        href = html_attribute(node, "href");
    else if (event && text_equal_fold(event, "refresh") && html_attribute(node, "content"))
        href = strcasestr(html_attribute(node, "content"), "url=");
    if (href && event)
        href += strlen("url=") + strspn(href + strlen("url="), " '\"");
    return strndup(href ? href : "", href && event ? strcspn(href, "'\"") : SIZE_MAX);
}

/* Sets the issue's address, if a message can link it; asprintf() leaves anything in it when it
 * fails. */
static bool set_url(struct issue *issue, const char *url, size_t len, struct fault *fault)
{
    char *own;
    if (asprintf(&own, "%.*s/", (int)len, url) < 0)
        return fault_memory(fault);
    if (issue_month_of_url(own))
        issue->url = own;
    else
        free(own);
    return true;
}

/* Takes the address that an element states, if any, for the issue's. */
static bool take_address(const struct html_node *node, const char *base, struct issue *issue,
                         struct fault *fault)
{
    char *href = stated_address(node), *url = NULL, shown[200];
    size_t end = 0;
    if (!href)
        return fault_memory(fault);
    bool done = true;
    if (*href)
        url = url_resolve(arena_ambient(), base, href);
    int month = url ? issue_month_of_page(url, &end) : 0;
    if (*href && issue->month && month != issue->month) {
        done = fault_set(fault, FAULT_ABSENT, "it is another page, that of '%s'",
                         text_printable(shown, sizeof shown, href, strlen(href)));
    } else if (done && month && !issue->url) {
        issue->month = month;
        done = set_url(issue, url, end, fault);
    }
    free(href);
    free(url);
    return done;
}

/* Takes the addresses that are stated below `node`, but not in the post: they must be one. */
static bool take_addresses(const struct html_node *node, const char *base, struct issue *issue,
                           struct fault *fault)
{
    for (const struct html_node *n = html_child(node); n; n = html_next(n))
        if (!is_main(n) &&
            !(take_address(n, base, issue, fault) && take_addresses(n, base, issue, fault)))
            return false;
    return true;
}

/* Finds out which issue's page it is, if any: a page from an issue's address that states no other
 * is that issue's. */
static bool identify_page(const struct html_node *document, const char *url, struct issue *issue,
                          struct fault *fault)
{
    char *own = url ? url_resolve(arena_ambient(), url, url) : NULL;
    size_t end = 0;
    issue->month = own ? issue_month_of_page(own, &end) : 0;
    bool done = take_addresses(document, own ? own : "", issue, fault) &&
                (issue->url || !issue->month || set_url(issue, own, end, fault));
    free(own);
    return done;
}

static bool read_page_head(struct html_node *container, struct issue *issue, struct fault *fault)
{
    struct reader r = {0};
    const struct html_node *title = html_find(container, is_title),
                           *byline = html_find(container, is_byline),
                           *time = html_find(byline, is_time);
    if (!issue->url)
        return fault_set(
            fault, FAULT_INPUT,
            "not a page of an issue: it has no canonical link to /this-month/YYYY-MM/");
    if (!html_drop_anchors(container, issue->url))
        return fault_memory(fault);
    issue->title = title ? plain_text(&r, title) : strdup("");
    if (!issue->title)
        return fault_memory(fault);
    if (!*issue->title)
        return fault_set(fault, FAULT_INPUT, "not a page of an issue: it has no title");
    if (time)
        issue_date_read(issue->published, html_attribute(time, "datetime"));
    struct names *into = NULL;
    if (byline)
        read_byline(&r, byline, issue, &into);
    return !r.failed || explain(&r, fault);
}

/* What of a page is the post; NULL, and a fault: nothing. A NULL document passes a fault on. */
static struct html_node *find_main(const struct html_node *document, struct fault *fault)
{
    struct html_node *container = html_find(document, is_main);
    if (document && !container)
        fault_set(fault, FAULT_INPUT, "not a page of the site: it has no <main>");
    return container;
}

bool post_read_page(const char *html, size_t len, const char *url, struct issue *issue,
                    struct fault *fault)
{
    struct html_node *document = html_parse(html, len, POST_MAX_BYTES, fault);
    struct html_node *container = NULL;
    bool read = document && identify_page(document, url, issue, fault) &&
                (container = find_main(document, fault)) &&
                read_page_head(container, issue, fault) &&
                read_sections(document, container, issue, fault);
    html_free(document);
    issue->page = (int64_t)text_hash(TEXT_HASH_INIT, html, len);
    return read;
}

/* Reads a document that is only the post, and frees it; NULL passes a fault on. */
static bool read_body(struct html_node *document, struct issue *issue, struct fault *fault)
{
    struct html_node *body = html_find(document, is_body);
    bool read =
        document && (!body || ((html_drop_anchors(body, issue->url) || fault_memory(fault)) &&
                               read_sections(document, body, issue, fault)));
    html_free(document);
    return read;
}

bool post_read_content(const char *html, size_t len, struct issue *issue, struct fault *fault)
{
    return len == 0 || read_body(html_parse(html, len, POST_MAX_BYTES, fault), issue, fault);
}

bool post_read_markdown(const char *data, size_t len, const char *site, struct issue *issue,
                        struct fault *fault)
{
    if (len > POST_MAX_MARKDOWN)
        return fault_set(fault, FAULT_INPUT, "the post is larger than %d bytes", POST_MAX_MARKDOWN);
    struct frontmatter front = {0};
    struct buf valid = BUF_INIT(3 * POST_MAX_MARKDOWN);
    bool read = false;
    text_add_valid(&valid, data, len);
    if (valid.failed) {
        fault_memory(fault);
        goto out;
    }
    if (!frontmatter_parse(buf_str(&valid), valid.len, &front, fault))
        goto out;
    issue->month = front.month;
    memcpy(issue->published, front.published, sizeof issue->published);
    issue->url = issue_url(site, front.month);
    issue->title = front.title;
    issue->authors = front.authors;
    issue->editors = front.editors;
    front.title = NULL;
    front.authors = front.editors = (struct names){0};
    if (!issue->url) {
        fault_memory(fault);
        goto out;
    }
    const char *body = valid.ptr + front.body;
    read = body[strspn(body, " \t\r\n")] == '\0' ||
           read_body(markdown_parse(body, valid.len - front.body, fault), issue, fault);
out:
    frontmatter_finish(&front);
    buf_finish(&valid);
    return read;
}

bool post_read_passages(const char *html, size_t len, bool page, const char *url,
                        struct passages *passages, struct fault *fault)
{
    if (len == 0 && !page)
        return true;
    struct html_node *document = html_parse(html, len, POST_MAX_BYTES, fault);
    struct html_node *container = page ? find_main(document, fault) : html_find(document, is_body);
    bool read = document && !page;
    if (container)
        read = (html_drop_anchors(container, url) || fault_memory(fault)) &&
               read_passages(container, passages, fault);
    html_free(document);
    return read;
}

void passages_finish(struct passages *passages)
{
    for (size_t i = 0; i < passages->count; i++) {
        free(passages->passage[i].section);
        free(passages->passage[i].project);
        free(passages->passage[i].anchor);
        free(passages->passage[i].text);
    }
    free(passages->passage);
    *passages = (struct passages){0};
}
