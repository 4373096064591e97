/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The answers about what came since a month. Faults are those of database.h. */
#ifndef TMRO_ASK_ANSWER_SINCE_H
#define TMRO_ASK_ANSWER_SINCE_H

#include <stdbool.h>

struct asked;
struct catalog_project;
struct fault;

/* Issues, changes by project, and links by month. */
bool answer_since(const struct asked *asked, int month, char **text, bool *found,
                  struct fault *fault);

/* The same of one project. */
bool answer_since_project(const struct asked *asked, int month,
                          const struct catalog_project *project, char **text, bool *found,
                          struct fault *fault);

#endif
