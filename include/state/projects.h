/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One project is one, whatever it is called and wherever it lives.
 *
 * Two addresses are one project when a heading of the same name has either and they have one owner
 * (it was renamed), or the later one belongs to the newsletter's organisation (it was moved there).
 * A heading without a link is the project of exactly its name, or the two that it names; where
 * there is none it is an article, and no project. Faults are those of database.h. */
#ifndef TMRO_STATE_PROJECTS_H
#define TMRO_STATE_PROJECTS_H

#include <stdbool.h>

struct arena;
struct database;
struct fault;
struct project;

/* A name as it is compared: plain, in lower case, with "-" for "_" and white space. */
char *projects_name(struct arena *arena, const char *name);

/* Makes an organisation the newsletter's, and derives the projects again if it was another. */
bool projects_set_organisation(struct database *db, const char *name, struct fault *fault);

/* Derives the projects from all appearances in the archive, in whatever order they came. */
bool projects_derive(struct database *db, struct fault *fault);

/* Whether a heading, which need not be in the archive, is a project's that no issue before `month`
 * has; an article's never is. */
bool projects_is_new(struct arena *arena, struct database *db, int month,
                     const struct project *heading, bool *is_new, struct fault *fault);

#endif
