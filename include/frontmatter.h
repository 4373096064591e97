/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The TOML front matter of a Markdown post: strings, dates, arrays of strings. */
#ifndef TMRO_FRONTMATTER_H
#define TMRO_FRONTMATTER_H

#include "issue.h"

struct frontmatter {
    char *title;
    char published[ISSUE_DATE_SIZE]; /* "" when missing, no date, or before 2020 */
    char id[ISSUE_ID_SIZE];          /* of extra.month */
    struct names authors, editors;   /* of extra.authors and extra.editors */
    size_t body;                     /* where the Markdown begins, a byte offset; 0: nowhere */
    int body_line;                   /* and its line, counted from 1 as all are */
    int first_line;                  /* of its first "+++" */
    int title_line, date_line, month_line; /* of these keys; 0: missing */
    bool date_bare; /* `date` is no string, which the site's generator would not take */
    int wrong_line; /* where it failed; 0: it did not */
};

/* Reads what stands between the two "+++" lines; other keys are read over. False (INPUT, with the
 * line): no front matter, unclosed, not TOML, `title` or `extra.month` missing, a wrong type; or
 * memory. The caller finishes it in every case; zeroed at declaration. */
bool frontmatter_parse(const char *data, size_t len, struct frontmatter *front,
                       struct fault *fault);
void frontmatter_finish(struct frontmatter *front);

#endif
