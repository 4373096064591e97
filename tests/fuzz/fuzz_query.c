/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes what is searched for, in an archive of the fixtures' pages: any bytes are fine, and what
 * is found is whole and as much as is counted. The first byte chooses kinds and the span. */
#include "state/search.h"

#include "archived.h"

#include <limits.h>

#define HITS_MAX 6

static void require_hits(const struct search_hits *hits, struct span span, unsigned kinds)
{
    require(hits->count <= HITS_MAX && hits->total >= (int64_t)hits->count);
    require(hits->total <= SEARCH_MAX && (hits->count > 0) == (hits->total > 0));
    require(!(hits->nothing || hits->any) || hits->nothing == !hits->count);
    for (size_t i = 0; i < hits->count; i++) {
        const struct search_hit *hit = &hits->hit[i];
        require(hit->issue_url && hit->kind >= 0 && (1U << hit->kind & kinds));
        require(span.first <= hit->first && hit->first <= hit->month);
        require(hit->month <= hit->last && hit->last <= span.last);
        require((hit->more > 0) == (hit->first < hit->last));
        require_text(hit->title, true);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct database *db;
    db = db ? db : open_archive();
    struct arena *arena = arena_new();
    uint8_t choice = size ? data[0] : 0;
    char *words = arena_copy_n(arena, (const char *)data + (size > 0), size - (size > 0));
    unsigned kinds = choice & 1 ? choice >> 2 : SEARCH_ALL_KINDS;
    struct span span =
        choice & 2 ? (struct span){2031 * 12 + 2, 2031 * 12 + 4} : (struct span){0, INT_MAX};
    struct search_hits hits = {0};
    struct fault fault = {0};
    require(search_run(arena, db, words, span, kinds, true, HITS_MAX, &hits, &fault));
    require_hits(&hits, span, kinds);
    arena_free(arena);
    return 0;
}
