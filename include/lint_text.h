/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about what a source says word for word: what the template left, what is not closed. */
#ifndef TMRO_LINT_TEXT_H
#define TMRO_LINT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct draft;
struct findings;

/* Template placeholders left in, and words such as TODO. */
void lint_placeholders(const struct draft *draft, struct findings *findings);

/* Characters that no feed may have. */
void lint_characters(const struct draft *draft, struct findings *findings);

/* Marks of a merge that was left undone. */
void lint_conflicts(const struct draft *draft, struct findings *findings);

/* A comment or code fence without end. */
void lint_unclosed(const struct draft *draft, struct findings *findings);

/* Whether a part is "<text>", or the inside of "<<...>>", of which Markdown makes tags. */
bool lint_is_template_tag(const struct draft *draft, size_t i);

#endif
