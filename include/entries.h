/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The entries of an issue as a message shows them: headlines, projects, changes.
 *
 * `issue_url` is the address that anchors are added to. When memory runs out the buffer fails
 * without being full. */
#ifndef TMRO_ENTRIES_H
#define TMRO_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct names;
struct project;
struct section;

/* Changes shown of one project. */
#define ENTRIES_CHANGES_SHOWN 15

/* The issue's URL, with a fragment when there is an anchor. Owned by the caller; NULL: out of
 * memory. */
char *entries_url(const char *issue_url, const char *anchor);

/* "[… and 3 moreWHAT](URL)" */
void entries_add_more(struct buf *out, size_t more, const char *what, const char *issue_url,
                      const char *anchor);

/* The section's title in bold, linked. */
void entries_add_section_title(struct buf *out, const struct section *section,
                               const char *issue_url);

/* What joins a title to what it names: ": ", or a space after one that ends in a colon. Static. */
const char *entries_joint(const char *title);

/* The first `shown` headlines of the section as bullets, those of a group below its name, and how
 * many more there are. Each line ends with a newline. */
void entries_add_headlines(struct buf *out, const struct section *section, size_t shown,
                           const char *issue_url);

/* Its items that are changes. */
size_t entries_count_changes(const struct project *project);

/* The project's short name as code, linked. */
void entries_add_project(struct buf *out, const struct project *project, const char *issue_url);

/* The first `shown` changes of the project as bullets, and how many more there are. */
void entries_add_changes(struct buf *out, const struct project *project, size_t shown,
                         const char *issue_url);

/* "A, B and C" */
void entries_add_names(struct buf *out, const struct names *names);

#endif
