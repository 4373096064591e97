/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue as one message within a budget, and its entries as messages show them. */
#ifndef TMRO_SAY_DIGEST_H
#define TMRO_SAY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct issue;
struct project;
struct section;

/* Code points of the issue's title, and changes of one project, that a message shows. */
#define DIGEST_TITLE_MAX     200
#define DIGEST_CHANGES_SHOWN 15

struct digest_options {
    size_t max_length;   /* of the message, in code points */
    const char *suggest; /* URL for suggestions; NULL: no such link */
    const char *fresh;   /* identities of the projects to mark as new, a line each; or NULL */
};

/* The announcement in Zulip's Markdown: at most `max_length` code points, the title line at least,
 * whole entries left out and counted. An implausible issue is its title line alone. The same input
 * gives the same bytes. */
char *digest_announcement(struct arena *arena, const struct issue *issue,
                          const struct digest_options *options);

/* The issue's URL, with a fragment when there is an anchor. */
char *digest_anchor_url(struct arena *arena, const char *issue_url, const char *anchor);

/* "[… and 3 moreWHAT](URL)"; here and below, `issue_url` is what anchors are added to. */
void digest_add_more(struct buf *out, size_t more, const char *what, const char *issue_url,
                     const char *anchor);

/* The section's title in bold, linked. */
void digest_add_section_title(struct buf *out, const struct section *section,
                              const char *issue_url);

/* What joins a title to what it names: ": ", or a space after one that ends in a colon. Static. */
const char *digest_joint(const char *title);

/* The first `shown` headlines of the section as bullets, those of a group below its name, and how
 * many more there are. Each line ends with a newline. */
void digest_add_headlines(struct buf *out, const struct section *section, size_t shown,
                          const char *issue_url);

/* The project's short name as code, linked. */
void digest_add_project(struct buf *out, const struct project *project, const char *issue_url);

/* The first `shown` changes of the project as bullets, and how many more there are. */
void digest_add_changes(struct buf *out, const struct project *project, size_t shown,
                        const char *issue_url);

#endif
