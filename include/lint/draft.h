/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A source that an editor is about to merge: its front matter, and libcmark's tree of its Markdown,
 * with the lines of the file. What readers see of HTML follows it in the tree, as Markdown. */
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

/* A source as it was found, and what is known about it. */
struct draft_source {
    const char *data; /* of any bytes */
    size_t len;
    const struct issue
        *issue;         /* what the bot reads of it, at least its month if that can be read */
    const char *unread; /* why it is not an issue; NULL: it is */
    const char *place;  /* the name of its folder or file, which is to be its month, "YYYY-MM";
                         * NULL: there is no such custom */
    bool in_folder;     /* it is the folder's name */
    const char *today;  /* "YYYY-MM-DD", when it is published today; NULL: it is not */
    const struct earlier *earlier; /* the issues before it; NULL: not known, and so not asked */
};

/* From a heading of level 2 to the next one. */
struct draft_section {
    enum section_kind kind;
    const char *title;
    struct cmark_node *start, *end; /* the heading, and the first node after it all; NULL: none */
    const struct section *read; /* what the bot reads of it; NULL: it does not find the section */
};

struct draft {
    struct draft_source source;
    int month;                /* that the front matter says, else the place; 0: neither does */
    struct frontmatter front; /* as far as it can be read */
    struct cmark_node *root;  /* NULL: nobody knows where the Markdown begins */
    struct draft_section *sections;
    size_t section_count;
    const char **lines; /* of the Markdown: where each begins, and where the last one ends */
    size_t line_count;
    int first_line;            /* of them in the file */
    struct findings *findings; /* of the rules; NULL: not asked so far */
    struct arena *arena;
};

/* Reads a source; draft_finish() gives back the tree, all else is of the arena. False: INPUT
 * (larger than POST_MAX_MARKDOWN, not text, or as markdown_read() fails). */
bool draft_read(struct arena *arena, const struct draft_source *source, struct draft *draft,
                struct fault *fault);
void draft_finish(struct draft *draft);

/* "The month" above. */
int draft_month(const struct draft_source *source);

/* Walking in the order of the source: the next node, children first, and the next one that is not
 * inside this one, which is where the content of a node ends. NULL: no more. */
struct cmark_node *draft_next(struct cmark_node *node);
struct cmark_node *draft_skip(struct cmark_node *node);

/* The first node of a type of libcmark's from `start` to `end` (excluded; NULL: to the end of all);
 * NULL: none. */
struct cmark_node *draft_find(struct cmark_node *start, struct cmark_node *end, int type);

/* The first heading there of level `deepest` or less, as readers find it: it has words and is in no
 * list and no quote. */
struct cmark_node *draft_find_heading(const struct draft *draft, struct cmark_node *start,
                                      struct cmark_node *end, int deepest);

/* Whether it is in no list and no quote; and whether it was written as HTML. */
bool draft_is_top(struct cmark_node *node);
bool draft_is_html(struct cmark_node *node);

/* What can be read of a node, code and line ends included, HTML and images left out. */
const char *draft_text(const struct draft *draft, struct cmark_node *node);

/* The lines in the file that a node begins and ends in, and that of a place in its literal, which
 * in code begins after the fence. */
int draft_first_line(struct cmark_node *node);
int draft_last_line(struct cmark_node *node);
int draft_line_at(const struct draft *draft, struct cmark_node *node, const char *at);

/* A line of the Markdown by its number in the file, `*len` bytes with its end. */
const char *draft_line(const struct draft *draft, int line, size_t *len);

/* Whether a line has these `len` bytes as such, not escaped as "\<" or "&lt;" to be shown. */
bool draft_has_so(const struct draft *draft, int line, const char *s, size_t len);

/* The character of the fence that a block of code begins with, "`" or "~", and the fence's length;
 * '\0': the block is indented. libcmark does not tell. */
char draft_fence(const struct draft *draft, struct cmark_node *code, size_t *len);

#endif
