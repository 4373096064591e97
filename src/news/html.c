/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* HTML as a tree: its elements, and their text as readers see it. */
#include "news/html.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "base/url.h"

#include <ctype.h>
#include <libxml/HTMLparser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

/* A struct html_node is an xmlNode; only this file looks into it. */
static struct html_node *wrap(xmlNode *node)
{
    return (struct html_node *)node;
}

static const xmlNode *look(const struct html_node *node)
{
    return (const xmlNode *)node;
}

const char *html_find_costly(const char *s, size_t len, size_t max_nodes)
{
    const char *const end = s + len;
    const char *tag = NULL; /* the first tag that may not have ended; NULL: none */
    /* Whether a value in such quotes may be open in the tag: the last such quote came after a "=".
     */
    bool twice = false, once = false;
    char before = '\0'; /* the last character in it that is not blank */
    for (size_t nodes = 0; s < end; s++) {
        if (!tag) {
            s = memchr(s, '<', (size_t)(end - s));
            if (!s)
                return NULL;
        }
        nodes += *s == '<' || *s == '=';
        if (nodes > max_nodes || (tag && s - tag >= HTML_TAG_MAX))
            return tag ? tag : s;
        if (!tag && s + 1 < end && !strchr(BLANKS "<!?/", s[1])) {
            tag = s;
            twice = once = false;
        } else if (*s == '"') {
            twice = before == '=';
        } else if (*s == '\'') {
            once = before == '=';
        } else if (*s == '>' && !twice && !once) {
            tag = NULL;
        }
        if (!strchr(BLANKS, *s))
            before = *s;
    }
    return NULL;
}

struct html_node *html_parse(const char *html, size_t len, size_t max_bytes, struct fault *fault)
{
    struct arena *scratch = arena_new();
    struct buf valid = BUF_INIT(scratch, max_bytes);
    htmlDocPtr doc = NULL;
    text_add_valid(&valid, html, len);
    if (valid.full)
        fault_set(fault, FAULT_INPUT, "the post is larger than %zu bytes", max_bytes);
    else if (html_find_costly(buf_str(&valid), valid.len, HTML_NODES_MAX))
        fault_set(fault, FAULT_INPUT,
                  "the post has a tag of more than %d bytes, or more than %d tags and attributes",
                  HTML_TAG_MAX, HTML_NODES_MAX);
    else if (!(doc = htmlReadMemory(buf_str(&valid), (int)valid.len, NULL, "UTF-8",
                                    HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                        HTML_PARSE_NONET | HTML_PARSE_COMPACT)))
        fault_set(fault, FAULT_INPUT, "not HTML");
    arena_free(scratch);
    return wrap((xmlNode *)doc);
}

void html_free(struct html_node *document)
{
    xmlFreeDoc((htmlDocPtr)document);
}

struct html_node *html_child(const struct html_node *node)
{
    return wrap(look(node)->children);
}

struct html_node *html_next(const struct html_node *node)
{
    return wrap(look(node)->next);
}

int html_line(const struct html_node *node)
{
    return (int)xmlGetLineNo(look(node));
}

bool html_is_element(const struct html_node *node)
{
    return look(node)->type == XML_ELEMENT_NODE;
}

bool html_is(const struct html_node *node, const char *element)
{
    return html_is_element(node) && strcmp((const char *)look(node)->name, element) == 0;
}

static bool is_one_of(const struct html_node *node, const char *elements)
{
    return html_is_element(node) && text_has_word(elements, (const char *)look(node)->name);
}

bool html_is_list(const struct html_node *node)
{
    return is_one_of(node, "ul ol");
}

const char *html_characters(const struct html_node *node)
{
    const xmlNode *n = look(node);
    return n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE ? (const char *)n->content
                                                                         : NULL;
}

int html_heading_level(const struct html_node *node)
{
    const char *name = html_is_element(node) ? (const char *)look(node)->name : "";
    return name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && !name[2] ? name[1] - '0' : 0;
}

bool html_is_transparent(const struct html_node *node)
{
    return is_one_of(node, "div section details");
}

static bool is_set_apart(const struct html_node *node)
{
    return is_one_of(node, "pre summary");
}

bool html_is_hidden(const struct html_node *node)
{
    return is_set_apart(node) || is_one_of(node, "script style template head");
}

/* Elements that separate the text before them from the text after. */
static bool is_block(const struct html_node *node)
{
    return html_heading_level(node) || html_is_list(node) || html_is_transparent(node) ||
           is_set_apart(node) || is_one_of(node, "p li blockquote table tr td th dl dt dd br hr");
}

const char *html_attribute(const struct html_node *node, const char *name)
{
    if (!html_is_element(node))
        return NULL;
    for (const xmlAttr *a = look(node)->properties; a; a = a->next)
        if (strcmp((const char *)a->name, name) == 0)
            return a->children && a->children->content ? (const char *)a->children->content : "";
    return NULL;
}

struct html_node *html_find(const struct html_node *node, const char *element,
                            const char *attribute, const char *word)
{
    for (struct html_node *child = html_child(node); child; child = html_next(child)) {
        const char *value = attribute ? html_attribute(child, attribute) : NULL;
        if ((element ? html_is(child, element) : html_is_element(child)) && (value || !attribute) &&
            (!word || text_has_word(value, word)))
            return child;
        struct html_node *found = html_find(child, element, attribute, word);
        if (found)
            return found;
    }
    return NULL;
}

/* Whether the content of a node is in the scope. */
static bool enters(const struct html_node *node, struct html_scope scope)
{
    bool inner = scope.own_level && (html_is_list(node) || html_is(node, "li"));
    bool hidden = html_is_hidden(node) && !(scope.whole && is_set_apart(node));
    return html_is_element(node) && node != scope.without && !hidden && !inner &&
           !(scope.skips && scope.skips(node, scope.user));
}

/* A code mark in the source must not become one of ours. */
static void add_characters(struct buf *out, const char *s)
{
    static const char marks[] = {TEXT_CODE_BEGIN, TEXT_CODE_END, '\0'};
    for (size_t n; *s; s += n + (s[n] != '\0')) {
        n = strcspn(s, marks);
        text_add_folded(out, s, n);
    }
}

static void add_children(struct buf *out, const struct html_node *node, struct html_scope scope,
                         bool in_code)
{
    for (const struct html_node *child = html_child(node); child && !out->full;
         child = html_next(child)) {
        const char *characters = html_characters(child);
        if (characters)
            add_characters(out, characters);
        if (characters || !enters(child, scope))
            continue;
        bool code = !in_code && html_is(child, "code"), block = is_block(child);
        if (block)
            text_add_folded(out, " ", 1);
        if (code)
            buf_addc(out, TEXT_CODE_BEGIN);
        size_t before = out->len;
        add_children(out, child, scope, in_code || code);
        if (code && out->len == before && !out->full)
            buf_truncate(out, before - 1);
        else if (code)
            buf_addc(out, TEXT_CODE_END);
        if (block)
            text_add_folded(out, " ", 1);
    }
}

void html_add_text(struct buf *out, const struct html_node *node, struct html_scope scope)
{
    const char *characters = html_characters(node);
    if (characters)
        add_characters(out, characters);
    else
        add_children(out, node, scope, false);
    text_trim(out);
}

char *html_text(struct arena *arena, const struct html_node *node, struct html_scope scope)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    html_add_text(&out, node, scope);
    return buf_str(&out);
}

bool html_is_visible(const struct html_node *node, struct html_scope scope)
{
    const char *characters = html_characters(node);
    if (characters)
        return text_shows(characters);
    if (!enters(node, scope))
        return false;
    for (const struct html_node *child = html_child(node); child; child = html_next(child))
        if (html_is_visible(child, scope))
            return true;
    return false;
}

bool html_is_link(const struct html_node *node)
{
    return html_is(node, "a") && html_attribute(node, "href") &&
           html_is_visible(node, (struct html_scope){0});
}

const struct html_node *html_first_link(const struct html_node *node, struct html_scope scope)
{
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        if (!enters(child, scope))
            continue;
        const struct html_node *found = html_is_link(child) ? child : html_first_link(child, scope);
        if (found)
            return found;
    }
    return NULL;
}

const struct html_node *html_leading_link(const struct html_node *node,
                                          const struct html_node **outer)
{
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        if (!html_is_visible(child, (struct html_scope){.own_level = true}))
            continue;
        if (html_is_link(child)) {
            *outer = child;
            return child;
        }
        if (html_is(child, "p") || html_is_transparent(child))
            return html_leading_link(child, outer);
        if (!is_one_of(child, "em strong b i del"))
            return NULL;
        const struct html_node *inner = html_leading_link(child, outer);
        if (!inner || html_is_visible(child, (struct html_scope){.without = *outer}))
            return NULL;
        *outer = child;
        return inner;
    }
    return NULL;
}

/* What is needed to find the links to a heading. */
struct heading {
    struct arena *arena;
    const char *url; /* address of the page; or NULL */
    const char *id;  /* or NULL */
};

/* The id that a link can lead to; NULL: none. */
static const char *id_of(const struct html_node *node)
{
    const char *id = html_attribute(node, "id");
    if (!id && html_is(node, "a"))
        id = html_attribute(node, "name");
    return id && *id ? id : NULL;
}

/* A key for the address of a page, without its query and fragment. */
static char *page_key(struct arena *arena, const char *url)
{
    return url_key(arena, arena_copy_n(arena, url, strcspn(url, "?#")));
}

/* Whether a fragment, perhaps percent-encoded, names `id`. */
static bool names_id(struct arena *arena, const char *fragment, const char *id)
{
    return id && (strcmp(fragment, id) == 0 || strcasecmp(fragment, url_encode(arena, id)) == 0);
}

static bool leads_to_page(const char *reference, const struct heading *heading)
{
    if (*reference == '#')
        return true;
    const char *url = heading->url ? url_resolve(heading->arena, heading->url, reference) : NULL;
    return url &&
           strcmp(page_key(heading->arena, url), page_key(heading->arena, heading->url)) == 0;
}

static bool is_anchor(const struct html_node *node, const void *user)
{
    const struct heading *heading = user;
    const char *href = html_is(node, "a") ? html_attribute(node, "href") : NULL,
               *hash = href ? strchr(href, '#') : NULL;
    if (!hash)
        return false;
    const char *fragment = arena_copy_n(heading->arena, hash + 1, strcspn(hash + 1, " \t\r\n\f"));
    return (names_id(heading->arena, fragment, heading->id) ||
            names_id(heading->arena, fragment, id_of(node))) &&
           leads_to_page(href, heading);
}

static bool shows_letter(struct arena *arena, const struct html_node *node)
{
    const char *text = html_text(arena, node, (struct html_scope){0});
    return text_has_letter(text, strlen(text));
}

/* Removes the links from a heading to itself. `all`: the heading shows nothing else, so links with
 * letters stay as text. */
static void take_anchors(struct html_node *node, const struct heading *heading, bool all)
{
    for (struct html_node *child = html_child(node), *next; child; child = next) {
        next = html_next(child);
        if (!is_anchor(child, heading)) {
            take_anchors(child, heading, all);
        } else if (all && shows_letter(heading->arena, child)) {
            xmlUnsetProp((xmlNode *)child, (const xmlChar *)"href");
        } else {
            xmlUnlinkNode((xmlNode *)child);
            xmlFreeNode((xmlNode *)child);
        }
    }
}

/* An id for a heading without one: that of something in it, or of the section that it opens. NULL:
 * none. */
static const char *find_id(struct html_node *heading)
{
    const struct html_node *inner = html_find(heading, NULL, "id", NULL),
                           *named = html_find(heading, "a", "name", NULL),
                           *outer = wrap(look(heading)->parent);
    if (inner || named)
        return id_of(inner ? inner : named);
    bool opens = !xmlPreviousElementSibling((xmlNode *)heading) && html_is_transparent(outer);
    return opens ? id_of(outer) : NULL;
}

static void drop_anchors_of(struct arena *arena, struct html_node *node, const char *url)
{
    const char *id = id_of(node) ? NULL : find_id(node);
    if (id)
        xmlSetProp((xmlNode *)node, (const xmlChar *)"id", (const xmlChar *)id);
    struct heading heading = {.arena = arena, .url = url, .id = id_of(node)};
    struct html_scope others = {.skips = is_anchor, .user = &heading};
    take_anchors(node, &heading, !html_is_visible(node, others));
}

void html_drop_anchors(struct arena *arena, struct html_node *node, const char *url)
{
    for (struct html_node *child = html_child(node); child; child = html_next(child)) {
        if (html_heading_level(child))
            drop_anchors_of(arena, child, url);
        html_drop_anchors(arena, child, url);
    }
}

static void say_nothing(void *user, const xmlError *error)
{
    (void)user;
    (void)error;
}

/* Otherwise libxml2 would write errors to stderr, in this thread and in others. */
void html_init(void)
{
    xmlMemSetup(free, memory_alloc, memory_resize, memory_copy);
    xmlSetStructuredErrorFunc(NULL, (xmlStructuredErrorFunc)say_nothing);
    xmlThrDefSetStructuredErrorFunc(NULL, (xmlStructuredErrorFunc)say_nothing);
    xmlInitParser();
}

const char *html_version(void)
{
    return LIBXML_DOTTED_VERSION;
}
