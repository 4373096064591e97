/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The front matter of a Markdown post: the part of TOML that posts use. Everything else is refused
 * with its line, and so is what TOML forbids, because the site would not be built from it. */
#ifndef TMRO_NEWS_FRONTMATTER_H
#define TMRO_NEWS_FRONTMATTER_H

#include "news/issue.h"

struct arena;

enum front_type {
    FRONT_TABLE,  /* with its own [header], or in braces */
    FRONT_DOTTED, /* a table made by a dotted key: "a" of a.b = 1 */
    FRONT_STRING,
    FRONT_BOOLEAN,
    FRONT_NUMBER,
    FRONT_DATE, /* also with a time */
    FRONT_STRINGS,
};

struct front_key {
    const char *name; /* with its table: "extra.month" */
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
    size_t body;                     /* byte offset of the Markdown; 0: unknown */
    int body_line;                   /* the line of the Markdown; lines count from 1 */
    int first_line;                  /* the line of the first "+++" */
    const char *wrong;               /* why it cannot be read, and in which line; NULL: it can */
    int wrong_line;
};

/* Reads what is between the two "+++" lines of a post, valid UTF-8, into a zeroed `front`. False:
 * `wrong` says why. */
bool frontmatter_parse(struct arena *arena, const char *data, size_t len,
                       struct frontmatter *front);

/* A key by its whole name; NULL: none. */
const struct front_key *frontmatter_find(const struct frontmatter *front, const char *name);

#endif
