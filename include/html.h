/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* HTML as a tree: elements, and the text of them as readers see it. Nodes are borrowed from their
 * document. */
#ifndef TMRO_HTML_H
#define TMRO_HTML_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct fault;
struct html_node;

/* Once per process, before anything else here and before the second thread: memory that cannot be
 * had ends the process (arena.h). */
void html_init(void);

/* Whether markup, HTML or XML, costs libxml2 little: no tag is longer than HTML_TAG_MAX bytes,
 * since each attribute is compared with all others of its tag, and no more than HTML_NODES_MAX tags
 * and attributes become nodes of a tree. Whatever a parser may take for a tag counts, up to the
 * first
 * ">" that is certainly outside of quotes. A tree takes up to 60 MiB. */
#define HTML_TAG_MAX   4096
#define HTML_NODES_MAX 200000
bool html_is_cheap(const char *s, size_t len);

/* A document, which is a node itself; the caller frees it. NULL: INPUT (larger than `max_bytes`,
 * not cheap, not HTML) or LOCAL. What is no UTF-8 reads as
 * U+FFFD; what is nested deeper than 256 is lost. */
struct html_node *html_parse(const char *html, size_t len, size_t max_bytes, struct fault *fault);
void html_free(struct html_node *document);

/* Walking: the first child, and the next sibling. NULL: none. */
struct html_node *html_child(const struct html_node *node);
struct html_node *html_next(const struct html_node *node);

/* The line of the document that an element's first tag ends in, counted from 1. */
int html_line(const struct html_node *node);

bool html_is(const struct html_node *node, const char *element);
bool html_is_element(const struct html_node *node);
bool html_is_list(const struct html_node *node);

/* The characters of a text node; NULL for any other. */
const char *html_characters(const struct html_node *node);

/* 1 to 6; 0: no heading. */
int html_heading_level(const struct html_node *node);

/* div, section and details, whose children count as if they stood in their place. */
bool html_is_transparent(const struct html_node *node);

/* Elements that are part of no text: script and the like; also pre and summary, but see html_scope.
 */
bool html_is_hidden(const struct html_node *node);

/* An attribute's value, "" when it has none; NULL: no such attribute. */
const char *html_attribute(const struct html_node *node, const char *name);

/* Takes the links to a heading itself out of each heading below `node`, whatever their sign: a site
 * puts them there to be copied. Where such a link is all that the heading shows, its text stays.
 * They lead to the id of the heading, of something in it, or of the section it opens, on the page
 * at `url` (NULL: a fragment alone does). The heading gets this id if it has none. False: out of
 * memory. */
bool html_drop_anchors(struct html_node *node, const char *url);

/* The first element below `node`, in document order, for which `wanted` holds; NULL: none. */
struct html_node *html_find(const struct html_node *node,
                            bool (*wanted)(const struct html_node *node));

/* What of a node's content is taken; a zeroed scope takes all. The functions below use it up. */
struct html_scope {
    bool own_level;                                          /* not the lists inside */
    bool whole;                                              /* pre and summary too */
    const struct html_node *after;                           /* only what stands behind this node */
    bool (*skips)(const struct html_node *node, void *user); /* not where this holds */
    void *user;                                              /* of `skips` */
};

/* Adds the text of what `scope` takes of an element, or of a text node, folded, with code marks
 * (text.h). Stops when `out` is full. */
void html_add_text(struct buf *out, const struct html_node *node, struct html_scope scope);

/* Whether anything of it can be seen. */
bool html_is_visible(const struct html_node *node, struct html_scope scope);

/* A link is an <a href> with visible text. */
bool html_is_link(const struct html_node *node);

/* The first link of what `scope` takes; NULL: none. */
const struct html_node *html_first_link(const struct html_node *node, struct html_scope scope);

/* The link that is the first visible thing below `node`, also when it alone is wrapped in emphasis.
 * `*outer`: the node that ends where the link does. NULL: something else comes first. */
const struct html_node *html_leading_link(const struct html_node *node,
                                          const struct html_node **outer);

/* Version of the HTML and XML library, for --version; static. */
const char *html_version(void);

#endif
