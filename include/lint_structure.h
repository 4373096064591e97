/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about headings, sections, projects and lists. */
#ifndef TMRO_LINT_STRUCTURE_H
#define TMRO_LINT_STRUCTURE_H

struct draft;
struct findings;

/* A heading of a level, or in a place, where no reader will find it. */
void lint_headings(const struct draft *draft, struct findings *findings);

/* A section, or projects of one, that the bot does not find. */
void lint_lost(const struct draft *draft, struct findings *findings);

/* A project without link, people or content. */
void lint_projects(const struct draft *draft, struct findings *findings);

/* A section with nothing in it that does not say so. */
void lint_empty_sections(const struct draft *draft, struct findings *findings);

/* An item without link where items have one. */
void lint_items(const struct draft *draft, struct findings *findings);

/* A section whose title no earlier issue had. */
void lint_new_sections(const struct draft *draft, struct findings *findings);

#endif
