/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue as one message within a budget. */
#ifndef TMRO_DIGEST_H
#define TMRO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

struct issue;

/* Code points of the issue's title that a message shows. */
#define DIGEST_TITLE_MAX 200

struct digest_options {
    size_t max_length;   /* of the message, in code points */
    const char *suggest; /* URL for suggestions; NULL: no such link */
    const char *fresh;   /* identities of the projects to mark as new, a line each; or NULL */
};

/* The announcement in Zulip's Markdown: at most `max_length` code points, the title line at least,
 * whole entries cut and counted. An implausible issue is its title line alone. The same input gives
 * the same bytes. Owned by the caller; NULL: out of memory. */
char *digest_announcement(const struct issue *issue, const struct digest_options *options);

/* How the title line of an announcement of the issue at `url` ends: "](URL)**". Owned by the
 * caller; NULL: out of memory. */
char *digest_title_end(const char *url);

/* Whether a message begins with such a title line: begins with "**[", and its first line so ends.
 */
bool digest_is_announcement(const char *message, const char *title_end);

/* The address that the title line of an announcement links. Owned by the caller; NULL: it has no
 * title line, or memory ran out. */
char *digest_url(const char *message);

#endif
