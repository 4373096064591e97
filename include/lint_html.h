/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about what becomes of HTML on the page, and of Markdown beside it. */
#ifndef TMRO_LINT_HTML_H
#define TMRO_LINT_HTML_H

struct draft;
struct findings;

/* A tag that is never closed, or that the page hides because it is none. */
void lint_tags(const struct draft *draft, struct findings *findings);

/* HTML and Markdown that the page shows as they stand. */
void lint_shown(const struct draft *draft, struct findings *findings);

#endif
