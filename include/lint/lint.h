/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an editor wants to know before a source is merged. */
#ifndef TMRO_LINT_LINT_H
#define TMRO_LINT_LINT_H

#include "lint/earlier.h"
#include "lint/rules.h"
#include "news/issue.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct database;
struct fault;

struct lint {
    const char *site;    /* base URL of links */
    const char *today;   /* "YYYY-MM-DD", when the files are published today; else NULL */
    struct database *db; /* the archive, for files that no earlier issue is beside; NULL: none */
    struct earlier_place place; /* of the last file */
    struct earlier archive;
    bool archive_read;
    struct arena *arena; /* of all this */
};

/* A file, and what there is to say about it. */
struct lint_file {
    struct issue issue; /* what the bot reads of it */
    bool is_issue;      /* it reads all of it */
    int month;          /* 0: unknown */
    size_t earlier;     /* issues it was compared with */
    const struct findings *findings;
};

/* Reads a file ("-": the standard input) and asks all rules about it; `file` lives as long as
 * `arena`. False: as file_read(); INPUT (larger than a post, or not text); LOCAL, SETUP (sources
 * beside it that cannot be read). */
bool lint_look(struct lint *lint, struct arena *arena, const char *path, struct lint_file *file,
               struct fault *fault);

#endif
