/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the issues before one had: their links, their sections, and how they name people. */
#ifndef TMRO_EARLIER_H
#define TMRO_EARLIER_H

#include "issue.h"
#include "month.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most links that are kept, three times what 200 real issues have; further ones are not known. */
#define EARLIER_LINKS_MAX 50000

struct earlier_link {
    uint64_t hash; /* of the address as it is compared */
    int month;
};

struct earlier_section {
    char *title; /* plain */
    int month;
    size_t projects, with_people, with_link;
};

struct earlier {
    struct earlier_link *links;
    struct earlier_section *sections;
    size_t link_count, section_count;
    struct months months; /* of the issues */
    bool sorted;
};

/* Adds an issue. The caller finishes a zeroed one in every case. False: out of memory. */
bool earlier_add(struct earlier *earlier, const struct issue *issue);
void earlier_finish(struct earlier *earlier);

/* How many issues of months before `month` there are. */
size_t earlier_count(const struct earlier *earlier, int month);

/* The month of the newest issue before `month` of which a headline or change links `url`, but for
 * those that call for participation: a task may be called for until it is done. 0: none. */
int earlier_find_link(struct earlier *earlier, const char *url, int month);

/* Whether an issue before `month` has a section of that title, case ignored. */
bool earlier_has_section(const struct earlier *earlier, const char *title, int month);

/* The newest such section that has projects; NULL: none. Borrowed. */
const struct earlier_section *earlier_find_projects(const struct earlier *earlier,
                                                    const char *title, int month);

/* The title of a section of such issues that is nearly this one; NULL: none. Borrowed. */
const char *earlier_nearest_section(const struct earlier *earlier, const char *title, int month);

/* The same number for addresses that lead to the same: scheme, "www.", the host's case or its
 * Punycode, "/" at the end, "utm_" parameters and the views of a pull request aside. */
uint64_t earlier_link_hash(const char *url);

#endif
