/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The front matter of a Markdown post: the part of TOML that posts use. All else is refused with
 * its line, and so is whatever TOML forbids, for the site would not be built from it. */
#ifndef TMRO_NEWS_FRONTMATTER_H
#define TMRO_NEWS_FRONTMATTER_H

#include "news/issue.h"

struct arena;

enum front_type {
    FRONT_IMPLIED, /* a table that only has tables in it so far: "a" of [a.b] */
    FRONT_HEADER,  /* a table with its own [header] */
    FRONT_DOTTED,  /* a table made by a dotted key: "a" of a.b = 1 */
    FRONT_INLINE,  /* a table in braces, or any of the three above to those who ask */
    FRONT_STRING,
    FRONT_BOOLEAN,
    FRONT_NUMBER,
    FRONT_DATE, /* also with a time */
    FRONT_STRINGS,
    FRONT_ARRAY, /* with something other than strings in it */
};

struct front_key {
    const char *name; /* with its tables: "extra.month" */
    enum front_type type;
    int line;             /* of the file */
    const char *text;     /* of a string, folded to one line; of BOOLEAN, NUMBER, DATE as written */
    struct names strings; /* of STRINGS */
};

struct frontmatter {
    struct front_key *key;
    size_t count;
    const char *title;
    struct names authors, editors;   /* of extra.authors and extra.editors */
    char published[ISSUE_DATE_SIZE]; /* "" when missing, not a date, or before 2020 */
    int month;                       /* of extra.month */
    size_t body;                     /* where the Markdown begins, a byte offset; 0: nowhere */
    int body_line;                   /* and its line, counted from 1 as all are */
    int first_line;                  /* of its first "+++" */
    int wrong_line;                  /* where it failed; 0: it did not */
    const char *wrong;               /* and why, the line left out; NULL: it did not */
};

/* Reads what is between the two "+++" lines of a post, valid UTF-8, into a zeroed `front`. False
 * (INPUT, with the line): no front matter, unclosed, not TOML or a form that posts do not use,
 * `title` or `extra.month` missing, a wrong type. */
bool frontmatter_parse(struct arena *arena, const char *data, size_t len, struct frontmatter *front,
                       struct fault *fault);

/* A key by its whole name; NULL: none. */
struct front_key *frontmatter_find(const struct frontmatter *front, const char *name);

#endif
