/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an editor wants to know before a source is merged. Pure: no disk, no clock. */
#ifndef TMRO_LINT_H
#define TMRO_LINT_H

#include <stdbool.h>
#include <stddef.h>

struct earlier;
struct fault;
struct findings;
struct issue;

struct lint_source {
    const char *data; /* the source, of any bytes */
    size_t len;
    const struct issue *issue; /* what the bot reads of it, at least its `id` if that can be read */
    const char *unread;        /* why it is no issue; NULL: it is */
    const char *place; /* the folder's name or the file's, which is to be its month, "YYYY-MM";
                        * NULL: there is no such custom */
    bool in_folder;    /* it is the folder's */
    const char *today; /* "YYYY-MM-DD", when it is published today; NULL: it is not */
    struct earlier *earlier; /* NULL: not known, and so not asked */
};

/* The month that the front matter says, else the place; 0: neither does. */
int lint_month(const struct lint_source *source);

/* Runs all rules over a source; only that of the front matter when it has none. The caller finishes
 * zeroed findings in every case. False: INPUT (larger than POST_MAX_MARKDOWN, no text), LOCAL. */
bool lint_check(const struct lint_source *source, struct findings *findings, struct fault *fault);

#endif
