/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The SQLite file with all that the bot remembers: its schema, and statements run on it.
 *
 * Faults: BUSY (locked by another process), DAMAGED (also not ours, or of another version of the
 * schema), SETUP (its path is not a file's), LOCAL (rights, disk). One thread uses a database;
 * others open their own. */
#ifndef TMRO_IO_DATABASE_H
#define TMRO_IO_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct fault;

struct database;

/* What a database is opened for. */
enum database_use {
    DATABASE_READ,   /* changes nothing and creates nothing, even while another process writes */
    DATABASE_WRITE,  /* an existing one */
    DATABASE_CREATE, /* a missing one is made, with its folder; all of an existing one is checked */
};

/* Once per process, before anything else here and before the second thread: memory that cannot be
 * had ends the process (arena.h). */
void database_init(void);

/* Opens the file at `path`, or with NULL a new one in memory; the caller closes it before the arena
 * ends. Except with DATABASE_CREATE, a missing one is ABSENT, and damage is found only where it is
 * read. Only a complete file ever gets the name, so an empty or cut one is damaged, never a first
 * run; a process that is killed meanwhile leaves a file NAME.XXXXXX, which may be deleted.
 * What is remembered of Zulip is remembered by `site`, its URL (NULL: as last used). */
struct database *database_open(struct arena *arena, const char *path, const char *site,
                               enum database_use use, struct fault *fault);
void database_close(struct database *db);

/* As it was given; ":memory:" in memory. */
const char *database_path(const struct database *db);

/* The row of the Zulip site, and its URL; 0 and NULL: none is known yet. */
int64_t database_site(const struct database *db);
const char *database_site_url(const struct database *db);

/* Reads all pages, which takes its time in a large archive. False: damaged, as above. */
bool database_check(struct database *db, struct fault *fault);

/* Before a long wait: gives the memory back that nobody needs meanwhile. */
void database_rest(struct database *db);

/* Of a statement's parameters, a letter of `types` each: i int64_t, r double, m int (a month), s
 * string, borrowed (NULL is SQL's NULL). Runs one that gives no rows; alone it is a transaction, on
 * disk when it returns. */
bool database_run(struct database *db, struct fault *fault, const char *sql, const char *types,
                  ...);

/* Several statements as one transaction. One inside another is part of it; rollback ends all of
 * them, and is safe when there is none. */
bool database_begin(struct database *db, struct fault *fault);
bool database_commit(struct database *db, struct fault *fault);
void database_rollback(struct database *db);

/* A statement that gives at most one row: its first column. Without a row `*value` stays as it is.
 */
bool database_get_integer(struct database *db, int64_t *value, struct fault *fault, const char *sql,
                          const char *types, ...);

/* The same of a text, copied into the arena. */
bool database_get_text(struct arena *arena, struct database *db, char **value, struct fault *fault,
                       const char *sql, const char *types, ...);

/* Which columns of a row fill which members of a struct: each member has the name of its column
 * (of "place.topic", the column "topic"). SQL's NULL is 0 or false; a text that may be NULL is
 * declared so, another one makes the state DAMAGED. */
enum column_type {
    COLUMN_INT,
    COLUMN_INT64,
    COLUMN_BOOL,
    COLUMN_REAL,
    COLUMN_TEXT,
    COLUMN_TEXT_OR_NULL,
};

struct column {
    const char *name;
    size_t offset;
    enum column_type type;
};

#define COLUMNS_MAX 20

struct columns {
    size_t size;                           /* of the struct */
    struct column column[COLUMNS_MAX + 1]; /* up to one without a name */
};

/* A member of `struct of`, whose type says how it is read; and a text that may be NULL. */
/* clang-format off */
#define COLUMN(of, member) \
    {#member, offsetof(struct of, member), COLUMN_TYPE(&((struct of *)NULL)->member)}
#define COLUMN_OR_NULL(of, member)          \
    {#member, offsetof(struct of, member),  \
     _Generic(&((struct of *)NULL)->member, \
        char **: COLUMN_TEXT_OR_NULL,       \
        const char **: COLUMN_TEXT_OR_NULL)}
#define COLUMN_TYPE(pointer)         \
    _Generic((pointer),              \
        int *: COLUMN_INT,           \
        unsigned *: COLUMN_INT,      \
        int64_t *: COLUMN_INT64,     \
        size_t *: COLUMN_INT64,      \
        bool *: COLUMN_BOOL,         \
        double *: COLUMN_REAL,       \
        char **: COLUMN_TEXT,        \
        const char **: COLUMN_TEXT)
/* clang-format on */

/* Appends a struct for each row to `*array` (a `T *`), counted in `*count`. Other members are
 * zero. What it makes is in the arena. */
bool database_rows(struct arena *arena, struct database *db, const struct columns *columns,
                   void *array, size_t *count, struct fault *fault, const char *sql,
                   const char *types, ...);

/* Fills the members of `*into` (a `T`) from at most one row; without one it stays as it is. `found`
 * may be NULL. */
bool database_row(struct arena *arena, struct database *db, const struct columns *columns,
                  void *into, bool *found, struct fault *fault, const char *sql, const char *types,
                  ...);

/* Version of the library, for --version; static. */
const char *database_version(void);

#endif
