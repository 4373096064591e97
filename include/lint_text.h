/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about what a source says word for word: what the template left, what is not closed,
 * what HTML becomes on the page. */
#ifndef TMRO_LINT_TEXT_H
#define TMRO_LINT_TEXT_H

struct draft;
struct findings;

/* Template placeholders left in. */
void lint_placeholders(const struct draft *draft, struct findings *findings);

/* A comment or code fence without end. */
void lint_unclosed(const struct draft *draft, struct findings *findings);

/* HTML that the page shows as text, text that it hides as HTML. */
void lint_raw_html(const struct draft *draft, struct findings *findings);

#endif
