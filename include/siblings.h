/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The other issues' sources beside one, as the newsletter's repository has them. */
#ifndef TMRO_SIBLINGS_H
#define TMRO_SIBLINGS_H

#include "earlier.h"

#include <stdbool.h>

struct fault;

/* Sources that are read, the newest months first: 16 years of a monthly. */
#define SIBLINGS_MAX 200

/* Where a source stands: ROOT/YYYY-MM/index.md, or ROOT/YYYY-MM.md. */
struct siblings {
    char *root;   /* NULL: unknown */
    char *name;   /* what is YYYY-MM there; NULL: unknown */
    bool folders; /* the first of the two */
    struct earlier earlier;
};

/* Where the file at `path` stands. What was known is kept when it stands where the last one stood,
 * else read anew from the sources there; one that is no issue is passed over, and a place that is
 * not there, or closed to us, has none. `site` is the base URL of their links. The caller finishes
 * zeroed siblings in every case. False: LOCAL, SETUP (a source that is not for this user). */
bool siblings_find(struct siblings *siblings, const char *path, const char *site,
                   struct fault *fault);
void siblings_finish(struct siblings *siblings);

/* The name by which the place says the file's month: if it is one, or was to be one, for it begins
 * with a digit and others there are. Borrowed; NULL: none. */
const char *siblings_month(const struct siblings *siblings);

#endif
