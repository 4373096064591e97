/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A source that an editor is about to merge: its front matter, and libcmark's tree of its Markdown,
 * with line numbers of the file. What readers see of a piece of HTML follows it in the tree, as
 * Markdown. */
#ifndef TMRO_LINT_DRAFT_H
#define TMRO_LINT_DRAFT_H

#include "news/frontmatter.h"
#include "news/issue.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct cmark_node;
struct earlier;
struct fault;
struct findings;

/* A source, and what is known about it. */
struct draft_source {
    const char *data; /* any bytes */
    size_t len;
    const struct issue *issue; /* what the bot reads from it, at least its month if possible */
    const char *unread;        /* why the bot cannot read it; NULL: it can */
    const char *place; /* the name of its folder or file, which should be its month, "YYYY-MM";
                        * NULL: it need not be */
    bool in_folder;    /* `place` is the name of the folder */
    const char *today; /* "YYYY-MM-DD" if it is published today; else NULL */
    const struct earlier
        *earlier; /* the issues before it, also set after draft_read(); NULL: unknown */
};

/* What is from one heading of level 2 to the next. */
struct draft_section {
    enum section_kind kind;
    const char *title;
    struct cmark_node *start,
        *end;                   /* the heading, and the first node after the section; NULL: none */
    const struct section *read; /* what the bot reads from it; NULL: it does not find the section */
};

struct draft {
    struct draft_source source;
    int month;                /* from the front matter, else from the place; 0: unknown */
    struct frontmatter front; /* as far as it could be read */
    struct cmark_node *root;  /* NULL: it is unknown where the Markdown begins */
    struct draft_section *sections;
    size_t section_count;
    const char **lines; /* of the Markdown, without line ends */
    size_t line_count;
    int first_line;            /* number of the first of them in the file */
    struct findings *findings; /* NULL: before rules_check() */
    struct arena *arena;
};

/* Reads a source; draft_finish() frees the tree, everything else is in the arena. False: INPUT
 * (larger than POST_MAX_MARKDOWN, not text, or as markdown_read() fails). */
bool draft_read(struct arena *arena, const struct draft_source *source, struct draft *draft,
                struct fault *fault);
void draft_finish(struct draft *draft);

/* Walk in the order of the source: the next node, children first; and the next node that is not
 * inside this one, so where its content ends. NULL: no more. */
struct cmark_node *draft_next(struct cmark_node *node);
struct cmark_node *draft_skip(struct cmark_node *node);

/* The first node of a libcmark type from `start` up to but without `end` (NULL: up to the end of
 * the source). NULL: none. */
struct cmark_node *draft_find(struct cmark_node *start, struct cmark_node *end, int type);

/* The first heading there of level `deepest` or less that readers see as one: it has words and is
 * not in a list or quote. */
struct cmark_node *draft_find_heading(const struct draft *draft, struct cmark_node *start,
                                      struct cmark_node *end, int deepest);

/* Whether a node is outside lists and quotes; whether it was written as HTML. */
bool draft_is_top(struct cmark_node *node);
bool draft_is_html(struct cmark_node *node);

/* The text of a node, with code and line ends, without HTML and images. */
const char *draft_text(const struct draft *draft, struct cmark_node *node);

/* The lines of the file in which a node begins and ends, and the line of a place in its literal,
 * which for code begins after the fence. */
int draft_first_line(struct cmark_node *node);
int draft_last_line(struct cmark_node *node);
int draft_line_at(const struct draft *draft, struct cmark_node *node, const char *at);

/* A line of the Markdown by its number in the file, without its end; "" if there is no such line.
 */
const char *draft_line(const struct draft *draft, int line);

/* Whether a line has these `len` bytes as they are, not escaped as "\<" or "&lt;". */
bool draft_has_so(const struct draft *draft, int line, const char *s, size_t len);

/* The character of the fence that a block of code begins with, "`" or "~", and the length of the
 * fence. '\0': the block is indented. libcmark does not say. */
char draft_fence(const struct draft *draft, struct cmark_node *code, size_t *len);

#endif
