/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes what is searched for, in an archive of the fixtures' pages: any bytes are fine, and what
 * is found is whole and as much as is counted. */
#include "state/search.h"

#include "base/arena.h"
#include "io/database.h"
#include "news/post.h"
#include "property.h"
#include "state/archive.h"

#include <glob.h>
#include <stdio.h>

#define HITS_MAX 6

static void put_page(struct arena *arena, struct database *db, const char *path)
{
    static char html[POST_MAX_BYTES];
    struct issue issue = {0};
    struct fault fault = {0};
    FILE *file = fopen(path, "rb");
    require(file);
    size_t len = fread(html, 1, sizeof html, file);
    fclose(file);
    require(post_read_page(arena, html, len, NULL, &issue, &fault));
    require(archive_put(db, &issue, true, html, len, &fault));
}

static struct database *open_archive(void)
{
    struct fault fault = {0};
    struct arena *arena = arena_new(); /* with the process, as the archive */
    struct database *db =
        database_open(arena, NULL, "https://chat.example", DATABASE_CREATE, &fault);
    glob_t pages;
    require(db && glob("tests/fixtures/pages/*.html", 0, NULL, &pages) == 0);
    for (size_t i = 0; i < pages.gl_pathc; i++)
        put_page(arena, db, pages.gl_pathv[i]);
    globfree(&pages);
    return db;
}

static void require_result(const struct search_result *result)
{
    require_valid(result->words);
    require(!result->excludes || result->total == 0);
    require(result->count <= HITS_MAX && result->total >= (int64_t)result->count);
    require(result->count > 0 || (result->total == 0 && !result->at_least));
    for (size_t i = 0; i < result->count; i++) {
        const struct search_hit *hit = &result->hit[i];
        require(hit->month > 0 && hit->issue_url && hit->more >= 0);
        require_text(hit->title, true);
        require(hit->kind == SEARCH_PROJECT || hit->more == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct database *db;
    db = db ? db : open_archive();
    struct arena *arena = arena_new();
    char *words = arena_copy_n(arena, (const char *)data, size);
    for (int how = SEARCH_ALL; how <= SEARCH_SOME_BEGINNINGS; how++) {
        struct search_result result = {0};
        struct fault fault = {0};
        require(search_run(arena, db, words, (enum search_how)how, HITS_MAX, &result, &fault));
        require_result(&result);
    }
    arena_free(arena);
    return 0;
}
