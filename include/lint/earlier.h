/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What earlier issues had: their links and sections, and whether their projects name people. */
#ifndef TMRO_LINT_EARLIER_H
#define TMRO_LINT_EARLIER_H

#include "news/issue.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct fault;

struct earlier_link {
    const char *key; /* url_key() */
    int month;
};

struct earlier_section {
    const char *title; /* plain */
    int month;
    size_t projects, with_people, with_link;
};

struct earlier {
    int *months;                /* of the issues */
    struct earlier_link *links; /* of headlines and changes, without calls for participation */
    struct earlier_section *sections;
    size_t month_count, link_count, section_count;
};

/* Adds an issue: the newest first, or the functions below find an older one. */
void earlier_add(struct arena *arena, struct earlier *earlier, const struct issue *issue);

/* The number of issues before `month`. */
size_t earlier_count(const struct earlier *earlier, int month);

/* The newest month before `month` whose issue has a link with this key. 0: none. */
int earlier_find_link(const struct earlier *earlier, const char *key, int month);

/* The newest section with this title, case ignored, in an issue before `month`; only one that has
 * projects if `projects`. NULL: none. */
const struct earlier_section *earlier_find_section(const struct earlier *earlier, const char *title,
                                                   bool projects, int month);

/* The title of a section in such issues that is nearly this one; NULL: none. */
const char *earlier_nearest_section(const struct earlier *earlier, const char *title, int month);

/* Where a source is in the newsletter's repository (ROOT/YYYY-MM/index.md or ROOT/YYYY-MM.md), and
 * what the other sources there have. */
struct earlier_place {
    const char *root; /* NULL: unknown */
    const char *name; /* the part that is YYYY-MM there */
    bool folders;     /* the first of the two forms */
    struct earlier earlier;
};

/* Finds where the file at `path` is, and reads the sources there, unless it is where the last file
 * was. Sources that are not issues are passed over; a place that is missing or closed to us has
 * none. `site` is the base URL of links. False: LOCAL, SETUP (a source cannot be read). */
bool earlier_find_place(struct arena *arena, struct earlier_place *place, const char *path,
                        const char *site, struct fault *fault);

/* The name that should be the month of the file: it is a month, or is meant as one because it
 * begins with a digit and there are months beside it. NULL: none. */
const char *earlier_place_month(const struct earlier_place *place);

#endif
