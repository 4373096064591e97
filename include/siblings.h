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
    bool folders; /* the first of the two */
    struct earlier earlier;
};

/* Where the file at `path` stands, and `month`, "" when its name or folder is none. What was known
 * is kept when it stands where the last one stood, else read anew from the sources there; one that
 * cannot be read as an issue is passed over. `site` is the base URL of their links. The caller
 * finishes zeroed siblings in every case. False: LOCAL. */
bool siblings_find(struct siblings *siblings, const char *path, const char *site,
                   char month[ISSUE_ID_SIZE], struct fault *fault);
void siblings_finish(struct siblings *siblings);

#endif
