/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about links. */
#ifndef TMRO_LINT_LINKS_H
#define TMRO_LINT_LINKS_H

struct draft;
struct findings;

/* A link that is neither http nor https, nor leads to a place of the site. */
void lint_link_scheme(const struct draft *draft, struct findings *findings);

/* Two items of one link. */
void lint_link_twice(const struct draft *draft, struct findings *findings);

/* An item whose link an earlier issue had. */
void lint_link_earlier(const struct draft *draft, struct findings *findings);

/* "@name" that leads to another name. */
void lint_handles(const struct draft *draft, struct findings *findings);

#endif
