/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All issues that were read, kept for search and for finding what is new in the next one.
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

/* Fewest earlier issues needed to say that a project is new. */
#define ARCHIVE_FRESH_MIN 6

/* Stores an issue that was read from `html`, a page of the site or the text of a feed's item, and
 * replaces the stored one. INPUT: it cannot be read, or could not be read again once stored. */
bool archive_put(struct database *db, const struct issue *issue, bool page, const char *html,
                 size_t len, struct fault *fault);

/* The same for a page of the site. INPUT also when it has no section, as may happen while somebody
 * works on the site. */
bool archive_put_page(struct database *db, const struct issue *issue, const struct buf *html,
                      struct fault *fault);

/* What a passage of the archive belongs to. */
enum passage_kind {
    PASSAGE_PROJECT,
    PASSAGE_HEADLINE,
    PASSAGE_SECTION,
    PASSAGE_AUTHORS,
    PASSAGE_EDITORS,
};

/* The id of a passage. Within a kind, newer issues have greater ids; within an issue, earlier
 * passages do. So a search for the newest needs no sorting, and knows the section from the id. */
#define PASSAGE_SECTION_SHIFT 16
#define PASSAGE_MONTH_SHIFT   32
#define PASSAGE_KIND_SHIFT    50
int64_t archive_passage_id(enum passage_kind kind, int month, size_t section, size_t n);

/* Whether there are issues that archive_refresh() would read again. */
bool archive_is_old(struct database *db, bool *old, struct fault *fault);

/* Indexes again the stored issues that an older version of this program indexed. Call it before you
 * use catalog.h or search.h; it is quick when there are none. STOPPED: the rest is left for the
 * next call. */
bool archive_refresh(struct database *db, const struct stop *stop, struct fault *fault);

bool archive_has(struct database *db, int month, bool *has, struct fault *fault);
bool archive_count(struct database *db, int64_t *count, struct fault *fault);

/* Adds the months of issues that a feed has named and the archive does not have, oldest first. */
bool archive_list_missing(struct arena *arena, struct database *db, struct months *months,
                          struct fault *fault);

/* The identities of the issue's projects that no earlier issue had, one per line; projects are
 * compared by catalog_key() and by identity. `*fresh` is NULL when the archive has fewer than
 * ARCHIVE_FRESH_MIN earlier issues, or the list is larger than TEXT_MAX. */
bool archive_fresh(struct arena *arena, struct database *db, const struct issue *issue,
                   char **fresh, struct fault *fault);

#endif
