/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the archive says about issues and projects. Faults are those of database.h. */
#ifndef TMRO_STATE_CATALOG_H
#define TMRO_STATE_CATALOG_H

#include "news/issue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct database;
struct fault;

struct catalog_issue {
    int month;
    char *published; /* "" when unknown */
    char *url;
    int64_t links;   /* headlines of all sections */
    int64_t changes; /* of all projects, as issue_is_change() */
};

struct catalog_issues {
    struct catalog_issue *issue; /* oldest month first */
    size_t count;
};

/* All issues, added to a list. */
bool catalog_list(struct arena *arena, struct database *db, struct catalog_issues *issues,
                  struct fault *fault);

/* The whole issue, read from what was kept of it into a zeroed one. ABSENT: it is not there; INPUT:
 * what an older version kept cannot be read. */
bool catalog_read(struct arena *arena, struct database *db, int month, struct issue *issue,
                  struct fault *fault);

/* A project in one issue. */
struct catalog_appearance {
    int month;
    char *issue_url;
    char *name, *anchor; /* as the issue has them; the anchor may be NULL */
    int64_t changes;
};

/* A project through all issues: one by its repository link; an appearance without link joins the
 * project of the same name. */
struct catalog_project {
    char *name;                            /* plain, as its newest issue has it */
    char *url;                             /* of its newest linked appearance; NULL: none */
    struct names also;                     /* its other short names, newest first */
    struct catalog_appearance *appearance; /* oldest month first, one an issue */
    size_t count;
};

struct catalog_projects {
    struct catalog_project *project;
    size_t count;
};

/* What makes a project one through all issues: its link without what does not matter; without a
 * link "=" and its name, plain, in lower case, "_" and white space as "-". `name` is not looked at
 * when `url` is not NULL. */
char *catalog_key(struct arena *arena, const char *url, const char *name);

/* The key of the project that one without link belongs to; any other key as it is. NULL: fault. */
char *catalog_resolve(struct arena *arena, struct database *db, const char *key,
                      struct fault *fault);

/* Remembers under which names the project of a key is found since the issue of a month has it so;
 * they are forgotten with that issue's rows of "alias". */
bool catalog_put_names(struct arena *arena, struct database *db, int month, const char *key,
                       const char *name, struct fault *fault);

enum catalog_match { CATALOG_NONE, CATALOG_NEAR, CATALOG_EXACT };

/* The project meant by `words`: its name, short name, "owner/name" or link, whatever
 * its case and what is around it (text_unwrap()), "-", "_" and " " the same. When there is none and
 * `near`: one whose name begins with the words and goes on with "-" or a digit ("uart":
 * "uart_16550"), else one at a distance of 1 or 2, for words of fewer than six bytes of a third of
 * their length. Of several the one in the most issues. Fills a zeroed project. */
bool catalog_find_project(struct arena *arena, struct database *db, const char *words, bool near,
                          struct catalog_project *project, enum catalog_match *match,
                          struct fault *fault);

/* Projects with their appearances since month `from`; most changes first, then by name. */
bool catalog_projects_since(struct arena *arena, struct database *db, int from,
                            struct catalog_projects *projects, struct fault *fault);

#endif
