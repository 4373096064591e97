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
    int64_t changes; /* of all projects, as counted by issue_is_change() */
};

struct catalog_issues {
    struct catalog_issue *issue; /* oldest month first */
    size_t count;
};

/* All issues, added to a list. */
bool catalog_list(struct arena *arena, struct database *db, struct catalog_issues *issues,
                  struct fault *fault);

/* Reads a whole issue from the archive into a zeroed one. ABSENT: the archive does not have it;
 * INPUT: what an older version stored cannot be read. */
bool catalog_read(struct arena *arena, struct database *db, int month, struct issue *issue,
                  struct fault *fault);

/* A project in one issue. */
struct catalog_appearance {
    int month;
    char *issue_url;
    char *name, *anchor; /* as the issue has them; the anchor may be NULL */
    int64_t changes;
};

/* A project across all issues, identified by its repository link. An appearance without a link
 * belongs to the project of the same name. */
struct catalog_project {
    char *name;                            /* plain, as in its newest issue */
    char *url;                             /* of its newest linked appearance; NULL: none */
    struct names also;                     /* its other short names, newest first */
    struct catalog_appearance *appearance; /* oldest month first, one per issue */
    size_t count;
};

struct catalog_projects {
    struct catalog_project *project;
    size_t count;
};

/* The key that identifies a project across all issues: url_key() of its link, or without a link "="
 * and its name, plain, in lower case, with "-" for "_" and white space. `name` is not used when
 * `url` is not NULL. */
char *catalog_key(struct arena *arena, const char *url, const char *name);

/* Resolves the key of a project without a link to that of the project it belongs to; returns any
 * other key as it is. NULL: fault. */
char *catalog_resolve(struct arena *arena, struct database *db, const char *key,
                      struct fault *fault);

/* Stores the names under which the issue of a month has the project of a key, in the issue's rows
 * of "alias". */
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
