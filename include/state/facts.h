/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the archive knows, as rows: issues, projects, people, links. No HTML is read for it.
 *
 * Everything is added to a zeroed list, in the arena. Faults are those of database.h. */
#ifndef TMRO_STATE_FACTS_H
#define TMRO_STATE_FACTS_H

#include "news/issue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct database;
struct fault;

/* Months, both included. */
struct span {
    int first, last;
};

struct facts_issue {
    int month;
    char *published; /* "" when unknown */
    char *url;
    int64_t links, changes, projects;
};

struct facts_issues {
    struct facts_issue *issue; /* oldest month first */
    size_t count;
};

bool facts_issues(struct arena *arena, struct database *db, struct span span,
                  struct facts_issues *issues, struct fault *fault);

/* The whole issue, put together from its rows. ABSENT: it is not in the archive. */
bool facts_issue(struct arena *arena, struct database *db, int month, struct issue *issue,
                 struct fault *fault);

/* A project through all issues, whatever it was called and wherever it lived. */
struct facts_project {
    int64_t id;
    char *name;              /* its short name, plain, as its newest issue has it */
    char *url;               /* NULL: none */
    int first, last;         /* issues that had it, over all years */
    int64_t issues, changes; /* within the span */
};

struct facts_projects {
    struct facts_project *project;
    size_t count;
};

/* The projects with an appearance in the span: most changes first, then most issues, then by name.
 */
bool facts_projects(struct arena *arena, struct database *db, struct span span,
                    struct facts_projects *projects, struct fault *fault);

/* The project that has, or had, exactly this name ("name", "owner/name", the address of its
 * repository; case, and "-", "_", " " are the same). Of several the one in the most issues. `id` 0:
 * none. */
bool facts_find_project(struct arena *arena, struct database *db, const char *name,
                        struct facts_project *project, struct fault *fault);

/* The name of a project or person that is one typing error away, for names of five letters or
 * more; NULL: none. */
bool facts_near_name(struct arena *arena, struct database *db, const char *name, char **near,
                     struct fault *fault);

/* What a project is said to be in the newest issue that says it, one sentence; NULL: nowhere.
 * `also` gets its other names, newest first. */
bool facts_describe(struct arena *arena, struct database *db, int64_t project, char **about,
                    struct names *also, struct fault *fault);

/* A project in one issue. */
struct facts_appearance {
    int month;
    char *issue_url;
    char *anchor; /* or NULL */
    int64_t changes;
};

struct facts_appearances {
    struct facts_appearance *appearance; /* newest first */
    size_t count;
};

bool facts_appearances(struct arena *arena, struct database *db, int64_t project, struct span span,
                       struct facts_appearances *appearances, struct fault *fault);

enum facts_role {
    ROLE_THANKED = 1 << 0,
    ROLE_MAINTAINS = 1 << 1,
    ROLE_WROTE = 1 << 2, /* a project's report, or the issue */
    ROLE_EDITED = 1 << 3,
};

struct facts_person {
    int64_t id;
    char *name;              /* as the newest issue writes it, without "@" */
    int first, last;         /* issues that name them in these roles, over all years */
    int64_t issues, credits; /* within the span; a credit is one project in one issue */
};

struct facts_people {
    struct facts_person *person;
    size_t count;
};

/* Who has one of the roles (a sum) in the span: in one project, in any and in the issues themselves
 * (0), or in the issues alone. Most issues first, then most credits, then by name. */
#define FACTS_ISSUES (-1)
bool facts_people(struct arena *arena, struct database *db, int64_t project, int roles,
                  struct span span, struct facts_people *people, struct fault *fault);

/* The person of exactly this name (case ignored, with or without "@", or the address of a profile);
 * counted in all roles and years. `id` 0: none. */
bool facts_find_person(struct arena *arena, struct database *db, const char *name,
                       struct facts_person *person, struct fault *fault);

/* What a person did in one issue. */
struct facts_credit {
    int month;
    char *issue_url;
    int64_t role;
    char *project; /* its short name; NULL: the issue itself */
    char *anchor;  /* or NULL */
};

struct facts_credits {
    struct facts_credit *credit; /* newest first */
    size_t count;
};

bool facts_credits(struct arena *arena, struct database *db, int64_t person, struct span span,
                   struct facts_credits *credits, struct fault *fault);

/* A link of an issue, of a headline, a change, or a note of these. */
struct facts_link {
    int month;
    char *issue_url;
    int64_t section; /* enum section_kind */
    char *project;   /* short name; NULL: a headline */
    char *anchor;    /* or NULL */
    char *title;     /* a text with code marks, of the item */
    char *url;       /* of what was asked for; of a headline NULL when it has none */
};

struct facts_links {
    struct facts_link *link;
    size_t count;
};

/* Every place that has this address, oldest first; it is compared without scheme, "www.", trailing
 * "/", fragment and tracking parameters. */
bool facts_find_link(struct arena *arena, struct database *db, const char *url,
                     struct facts_links *links, struct fault *fault);

/* Every item whose whole title is this, case and marks ignored, oldest first. */
bool facts_find_title(struct arena *arena, struct database *db, const char *title,
                      struct facts_links *links, struct fault *fault);

/* The headlines of sections of a kind (SECTION_NEWS, SECTION_TOOLING), newest issue first. */
bool facts_headlines(struct arena *arena, struct database *db, enum section_kind section,
                     struct span span, struct facts_links *links, struct fault *fault);

/* The changes of one project or (0) of all: newest issue first, most changed project first. */
bool facts_changes(struct arena *arena, struct database *db, int64_t project, struct span span,
                   struct facts_links *links, struct fault *fault);

#endif
