/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The SQLite file with everything the bot remembers: opening it, and running statements.
 *
 * Faults: BUSY (locked by another process), DAMAGED (also: not ours, or another version of the
 * schema), SETUP (the path is not a file; the schema is too old for this), LOCAL (permissions,
 * disk). A database belongs to one
 * thread; other threads open their own. */
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
    DATABASE_WRITE,  /* changes an existing file */
    DATABASE_CREATE, /* makes a missing file and its folder; checks all of an existing one */
};

/* Call once per process, before anything else here and before a second thread starts. From then on,
 * running out of memory in SQLite ends the process (arena.h). */
void database_init(void);

/* Opens the file at `path`, or a new database in memory if it is NULL. The caller closes it before
 * it frees the arena. Except with DATABASE_CREATE, a missing file is ABSENT, and damage is found
 * only where it is read. A new file gets its name once it is complete, so an empty or truncated
 * file is damaged, never a first run; a process killed before that leaves a file NAME.XXXXXX, which
 * may be deleted. Tables of the version before are brought to this one, except for DATABASE_READ;
 * then what is made of the issues cannot be read. What the bot remembers of Zulip is kept by
 * `site`, the server's URL (NULL: the one used last). */
struct database *database_open(struct arena *arena, const char *path, const char *site,
                               enum database_use use, struct fault *fault);
void database_close(struct database *db);

/* The path as it was given; ":memory:" in memory. */
const char *database_path(const struct database *db);

/* The row of the Zulip site and its URL; 0 and NULL when none is known yet. */
int64_t database_site(const struct database *db);
const char *database_site_url(const struct database *db);

/* Reads and checks all pages, which is slow in a large archive. False: DAMAGED, or as above. */
bool database_check(struct database *db, struct fault *fault);

/* Frees memory that is not needed during a long wait. */
void database_rest(struct database *db);

/* Runs a statement that returns no rows. `types` has a letter for each parameter: i int64_t, r
 * double, m int (a month), s string, borrowed (NULL is SQL's NULL). Outside a transaction, the
 * change is on disk when this returns. */
bool database_run(struct database *db, struct fault *fault, const char *sql, const char *types,
                  ...);

/* Several statements as one transaction. A nested one is part of the outer one. Rollback ends all
 * of them, and is safe outside a transaction. database_end() commits what is `done`, else it rolls
 * back; true: it is committed. */
bool database_begin(struct database *db, struct fault *fault);
bool database_commit(struct database *db, struct fault *fault);
void database_rollback(struct database *db);
bool database_end(struct database *db, bool done, struct fault *fault);

/* Gets the first column of a statement that returns at most one row. Without a row `*value` is
 * unchanged. */
bool database_get_integer(struct database *db, int64_t *value, struct fault *fault, const char *sql,
                          const char *types, ...);

/* The same for a text, copied into the arena. */
bool database_get_text(struct arena *arena, struct database *db, char **value, struct fault *fault,
                       const char *sql, const char *types, ...);

/* Which columns of a row fill which members of a struct. A member has the name of its column; for
 * "place.topic" that is "topic". SQL's NULL reads as 0 or false. A text that may be NULL must be
 * declared so; any other NULL text means that the state is DAMAGED. */
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
    struct column column[COLUMNS_MAX + 1]; /* ends with one without a name */
};

/* A member of `struct of`, read according to its type; and a text that may be NULL. */
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

/* Appends a struct for each row to `*array` (a `T *`), counted in `*count`. Members without a
 * column are zero. Array and texts are in the arena. */
bool database_rows(struct arena *arena, struct database *db, const struct columns *columns,
                   void *array, size_t *count, struct fault *fault, const char *sql,
                   const char *types, ...);

/* Fills the members of `*into` (a `T`) from at most one row; without a row it is unchanged. `found`
 * may be NULL. */
bool database_row(struct arena *arena, struct database *db, const struct columns *columns,
                  void *into, bool *found, struct fault *fault, const char *sql, const char *types,
                  ...);

/* The version of SQLite, for --version; static. */
const char *database_version(void);

#endif
