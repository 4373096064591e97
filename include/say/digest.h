/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue as one message within a budget. */
#ifndef TMRO_SAY_DIGEST_H
#define TMRO_SAY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct issue;

/* Code points of the issue's title that a message shows. */
#define DIGEST_TITLE_MAX 200

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
char *digest_address(struct arena *arena, const char *issue_url, const char *anchor);

/* What joins a title to what it names: ": ", or a space after one that ends in a colon. Static. */
const char *digest_joint(const char *title);

#endif
