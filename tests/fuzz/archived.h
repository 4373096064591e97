/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An archive of the fixtures' pages for the fuzzers that ask it. */
#ifndef TMRO_FUZZ_ARCHIVED_H
#define TMRO_FUZZ_ARCHIVED_H

#include "base/arena.h"
#include "io/database.h"
#include "news/post.h"
#include "property.h"
#include "state/archive.h"

#include <glob.h>
#include <stdio.h>

static inline void put_page(struct arena *arena, struct database *db, const char *path)
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

/* It stays for the process. */
static inline struct database *open_archive(void)
{
    struct fault fault = {0};
    struct arena *arena = arena_new();
    struct database *db =
        database_open(arena, NULL, "https://chat.example", DATABASE_CREATE, &fault);
    glob_t pages;
    require(db && glob("tests/fixtures/pages/*.html", 0, NULL, &pages) == 0);
    for (size_t i = 0; i < pages.gl_pathc; i++)
        put_page(arena, db, pages.gl_pathv[i]);
    globfree(&pages);
    return db;
}

#endif
