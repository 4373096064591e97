/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A source that an editor is about to merge, taken apart for rules that say lines. */
#ifndef TMRO_DRAFT_H
#define TMRO_DRAFT_H

#include "issue.h"
#include "markdown.h"

#include <stdbool.h>
#include <stddef.h>

struct earlier;
struct fault;

struct draft_section {
    enum section_kind kind;
    const char *title;          /* borrowed from the outline */
    size_t start, end;          /* parts of the outline; the first is the heading */
    const struct section *read; /* what the bot reads of it, borrowed; NULL: it does not find it */
};

struct draft {
    struct markdown_outline outline; /* its lines are those of the file */
    struct draft_section *sections;
    size_t section_count;
    const char **lines; /* where each begins, borrowed, and where the last one ends */
    size_t line_count;
    int first_line;            /* of them in the file */
    int month;                 /* the month it is of, 0: unknown */
    const struct issue *issue; /* what the bot reads of it, borrowed; NULL: it cannot */
    struct earlier *earlier;   /* borrowed; NULL: unknown */
};

/* Takes Markdown apart, which is borrowed and begins in line `line` of its file. The caller has set
 * `issue`, and finishes an otherwise zeroed draft in every case. False: LOCAL. */
bool draft_read(struct draft *draft, const char *markdown, size_t len, int line,
                struct fault *fault);
void draft_finish(struct draft *draft);

/* A line of the Markdown by its number in the file: `*len` bytes; borrowed. */
const char *draft_line(const struct draft *draft, int line, size_t *len);

/* Whether a line has these `len` bytes as they are, not as "\<" or "&lt;", by which somebody wants
 * them shown. */
bool draft_has_so(const struct draft *draft, int line, const char *s, size_t len);

/* A place in the text of a CODE, HTML or TEXT, which begins as {part, part->text, 0}. */
struct draft_place {
    const struct markdown_part *part;
    const char *at;
    size_t row;
};

/* Goes on to `at`, and gives its line. */
int draft_go_on(const struct draft *draft, struct draft_place *place, const char *at);

/* The first part from `start` to `end` (excluded) of a kind; `end`: none. */
size_t draft_find(const struct draft *draft, enum markdown_kind kind, size_t start, size_t end);

/* The first heading from `start` to `end` of level `deepest` or less that has words and stands in
 * no list and no quote, as readers find it; `end`: none. */
size_t draft_next_heading(const struct draft *draft, size_t start, size_t end, int deepest);

/* Lists that stand in no list, from `start`; `end`: no more. Their items; 0: no more. */
size_t draft_next_list(const struct draft *draft, size_t start, size_t end);
size_t draft_first_item(const struct draft *draft, size_t list);
size_t draft_next_item(const struct draft *draft, size_t list, size_t item);

/* The first link of an item's own level; NULL: none. Borrowed. */
const struct markdown_part *draft_item_link(const struct draft *draft, size_t item);

/* Whether what is linked is a person: "@name". */
bool draft_is_handle(const struct markdown_part *link);

/* Whether a link only says where more is: "#123", or its own address. */
bool draft_is_reference(const struct markdown_part *link);

#endif
