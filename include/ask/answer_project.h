/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The answer about one project: where it appeared. */
#ifndef TMRO_ASK_ANSWER_PROJECT_H
#define TMRO_ASK_ANSWER_PROJECT_H

#include <stdbool.h>
#include <stddef.h>

struct asked;
struct buf;
struct catalog_appearance;
struct catalog_project;
struct fault;
struct issue;
struct project;

/* `words` are what may have been meant as words to search for, not as the project's name; NULL: no
 * doubt. Faults are those of database.h. */
bool answer_history(const struct asked *asked, const struct catalog_project *project,
                    const char *words, char **text, struct fault *fault);

/* The project's short name as code, linked when it has a link. */
void answer_add_project_name(struct buf *out, const struct catalog_project *project);

/* Up to `most` of the appearances, newest first: "2026 [Jun](URL) (14), [May](URL), … and 3 more".
 */
void answer_add_appearances(struct buf *out, const struct catalog_appearance *appearance,
                            size_t count, size_t most);

/* The project as it is in an issue, with the changes of all of its headings there; without a
 * name: it is not there. It shares what the issue has. Faults are those of database.h. */
bool answer_find_in_issue(const struct asked *asked, const struct issue *issue,
                          const struct catalog_project *project, struct project *found,
                          struct fault *fault);

#endif
