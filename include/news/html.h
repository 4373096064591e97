/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* HTML as a tree: its elements, and their text as readers see it. Nodes belong to their document.
 */
#ifndef TMRO_NEWS_HTML_H
#define TMRO_NEWS_HTML_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct fault;
struct html_node;

/* Call once per process, before anything else here and before the second thread starts. */
void html_init(void);

/* Finds what would cost libxml2 too much time or memory in HTML or XML: a tag longer than
 * HTML_TAG_MAX bytes (libxml2 compares each attribute with all others of its tag), or the tag after
 * the first `max_nodes` tags and attributes. NULL: nothing. Anything that a parser may take for a
 * tag counts, up to the first ">" that is certainly outside quotes. */
#define HTML_TAG_MAX 4096
/* The limit for a post: ten times what the longest real page has. */
#define HTML_NODES_MAX 15000
const char *html_find_costly(const char *s, size_t len, size_t max_nodes);

/* A document, which is itself a node; the caller frees it. NULL: INPUT (larger than `max_bytes` as
 * UTF-8, costly, not HTML). Bytes that are not UTF-8 read as U+FFFD; elements nested deeper than
 * 256 are lost. */
struct html_node *html_parse(const char *html, size_t len, size_t max_bytes, struct fault *fault);
void html_free(struct html_node *document);

/* The first child, and the next sibling. NULL: none. */
struct html_node *html_child(const struct html_node *node);
struct html_node *html_next(const struct html_node *node);

/* The line, counted from 1, in which the start tag of an element ends. */
int html_line(const struct html_node *node);

bool html_is(const struct html_node *node, const char *element);
bool html_is_element(const struct html_node *node);
bool html_is_list(const struct html_node *node);

/* The characters of a text node; NULL for any other. */
const char *html_characters(const struct html_node *node);

/* 1 to 6; 0: not a heading. */
int html_heading_level(const struct html_node *node);

/* div, section and details: their children count as if they were in the place of the element. */
bool html_is_transparent(const struct html_node *node);

/* Elements that are not part of any text: script and the like, and also pre and summary (but see
 * html_scope). */
bool html_is_hidden(const struct html_node *node);

/* An attribute's value, "" when it has none; NULL: no such attribute. */
const char *html_attribute(const struct html_node *node, const char *name);

/* Removes from each heading below `node` the links to that heading, which a site adds for readers
 * to copy. If such a link is all that a heading shows, its text stays. The links lead to the id of
 * the heading, of something in it, or of the section it opens, on the page at `url` (NULL: only
 * bare fragments count). A heading without an id gets this one. */
void html_drop_anchors(struct arena *arena, struct html_node *node, const char *url);

/* The first element below `node`, in document order, with this name, this attribute, and this word
 * in the value of the attribute; each may be NULL for any. NULL: none. */
struct html_node *html_find(const struct html_node *node, const char *element,
                            const char *attribute, const char *word);

/* A part of the content of a node; a zeroed scope is all of it. */
struct html_scope {
    bool own_level;                                                /* without the lists inside */
    bool whole;                                                    /* with pre and summary */
    const struct html_node *without;                               /* not this node */
    bool (*skips)(const struct html_node *node, const void *user); /* no node for which it holds */
    const void *user;                                              /* for `skips` */
};

/* Adds the text of an element or text node within `scope`, folded and with code marks (text.h).
 * Stops when `out` is full. */
void html_add_text(struct buf *out, const struct html_node *node, struct html_scope scope);

/* The same as a string of at most TEXT_MAX bytes. */
char *html_text(struct arena *arena, const struct html_node *node, struct html_scope scope);

/* Whether any of it can be seen. */
bool html_is_visible(const struct html_node *node, struct html_scope scope);

/* A link is an <a href> with visible text. */
bool html_is_link(const struct html_node *node);

/* The first link within `scope`; NULL: none. */
const struct html_node *html_first_link(const struct html_node *node, struct html_scope scope);

/* The link that is the first visible thing below `node`, perhaps in emphasis of its own. `*outer`
 * is the link with that emphasis. NULL: something else comes first. */
const struct html_node *html_leading_link(const struct html_node *node,
                                          const struct html_node **outer);

/* Version of the HTML and XML library, for --version; static. */
const char *html_version(void);

#endif
