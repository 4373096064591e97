/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All issues that were read, taken apart into facts (facts.h) and into what can be searched for
 * (search.h). What an issue was read from is kept, too, and taken apart again by later versions.
 *
 * Faults are those of database.h. */
#ifndef TMRO_STATE_ARCHIVE_H
#define TMRO_STATE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct database;
struct fault;
struct issue;
struct months;
struct stop;

/* What an issue is taken apart into has ids in its order, from that of the month times this. */
#define ARCHIVE_IDS INT64_C(10000000)

/* Earlier issues without which nothing is said to be new. */
#define ARCHIVE_FRESH_MIN 6

/* Stores an issue read from `html`, a page of the site or the text of a feed's item, in place of
 * what was stored of it. INPUT: it cannot be read again from what would be stored. */
bool archive_put(struct database *db, const struct issue *issue, bool page, const char *html,
                 size_t len, struct fault *fault);

/* The same of a page that came from the site; INPUT also when it has no section, as while somebody
 * works on the site, or is not plausible and something is stored, which stays. */
bool archive_put_page(struct database *db, const struct issue *issue, const struct buf *html,
                      struct fault *fault);

/* Whether there are issues that archive_refresh() would take apart again. */
bool archive_is_old(struct database *db, bool *old, struct fault *fault);

/* Takes apart again what an older version took apart. Call it before you use facts.h or search.h;
 * it is quick when there is nothing to do. STOPPED: the rest is left for the next call. */
bool archive_refresh(struct database *db, const struct stop *stop, struct fault *fault);

/* Whether it has an issue, in whatever form; whether it has its page. */
bool archive_has(struct database *db, int month, bool *has, struct fault *fault);
bool archive_has_page(struct database *db, int month, bool *has, struct fault *fault);
bool archive_count(struct database *db, int64_t *count, struct fault *fault);

/* Adds the months of known issues of which the archive does not have the page: oldest first, and at
 * last those of which it has the feed's text, which tells no editors and authors. */
bool archive_list_pageless(struct arena *arena, struct database *db, struct months *months,
                           struct fault *fault);

/* The identities of the issue's projects that no earlier issue had, one per line; renamed and moved
 * projects are not new. `*fresh` is NULL when the archive has fewer than ARCHIVE_FRESH_MIN earlier
 * issues, or is old, or the list is larger than TEXT_MAX. */
bool archive_fresh(struct arena *arena, struct database *db, const struct issue *issue,
                   char **fresh, struct fault *fault);

#endif
