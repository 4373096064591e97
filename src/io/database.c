/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The SQLite file with all that the bot remembers. */
#include "io/database.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "io/schema.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 5000
/* Prepared statements that are kept: more than a pass of the watcher uses. */
#define KEPT_MAX   64
#define PAGE_BYTES 4096

struct database {
    struct arena *arena;
    sqlite3 *handle;
    char *path;
    int64_t site;
    char *site_url;
    bool older; /* the tables are of the version before */
    bool alone; /* read as a file that nobody has open, last written then: */
    struct timespec written_at;
    int depth;                    /* of transactions in each other */
    sqlite3_stmt *kept[KEPT_MAX]; /* statements that may be used again */
    size_t next;                  /* the first that is not used yet, or gives way */
};

/* The fault of a file that cannot be used. Its log must go along: SQLite would play it into the
 * next state of that name. */
static bool useless(const struct database *db, const char *what, struct fault *fault)
{
    return fault_set(fault, FAULT_DAMAGED,
                     "%s; move it away: mv '%s' '%s.damaged', and likewise its -wal and -shm where "
                     "there are any; announcements are found again in their channel",
                     what, db->path, db->path);
}

/* The size of the write-ahead log, next to the file itself where the path is a link; -1: none. */
static off_t log_size(const struct database *db)
{
    struct stat st;
    return stat(sqlite3_filename_wal(sqlite3_db_filename(db->handle, "main")), &st) == 0
               ? st.st_size
               : -1;
}

/* Whether somebody writes a file that was opened as one that nobody has open. */
static bool is_written(const struct database *db)
{
    struct stat st;
    return db->alone && (log_size(db) >= 0 || stat(db->path, &st) != 0 ||
                         st.st_mtim.tv_sec != db->written_at.tv_sec ||
                         st.st_mtim.tv_nsec != db->written_at.tv_nsec);
}

/* What the system last said of the database or its log; 0: nothing. */
static int disk_error(sqlite3 *handle)
{
    int error = sqlite3_system_errno(handle);
    sqlite3_file *log = NULL;
    if (!error)
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
    if (!error &&
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
        log && log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
    return error;
}

/* SQLite calls a file damaged also when it cannot be read, or is read while somebody writes it. */
static bool damaged(const struct database *db, const char *why, struct fault *fault)
{
    char shown[200];
    int error = disk_error(db->handle);
    if (error)
        return fault_set(fault, FAULT_LOCAL, "cannot read the state '%s': %s", db->path,
                         strerror(error));
    if (is_written(db))
        return fault_set(fault, FAULT_BUSY, "the state '%s' was being written: try again",
                         db->path);
    text_printable(shown, sizeof shown, why, strlen(why));
    return useless(db, arena_format(db->arena, "the state '%s' is damaged (%s)", db->path, shown),
                   fault);
}

/* Why a file cannot be opened, for which SQLite has many codes. */
static bool explain_access(const struct database *db, struct fault *fault)
{
    int error = sqlite3_system_errno(db->handle);
    bool readable = access(db->path, R_OK) == 0;
    if (!readable || access(db->path, W_OK) != 0)
        return fault_set(fault, FAULT_LOCAL, "cannot %s the state '%s': %s",
                         readable ? "write" : "read", db->path, file_why(errno));
    return fault_set(fault, FAULT_LOCAL,
                     "cannot write the state '%s': %s (the folder must be writable, too)", db->path,
                     error ? file_why(error) : sqlite3_errmsg(db->handle));
}

/* Turns SQLite's last error into a fault. */
static bool explain(const struct database *db, int code, struct fault *fault)
{
    const char *why = sqlite3_errmsg(db->handle);
    int error = disk_error(db->handle);
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fault_set(fault, FAULT_BUSY, "the state '%s' is locked by another process",
                         db->path);
    case SQLITE_FULL:
        return fault_set(fault, FAULT_LOCAL, "cannot write the state '%s': the disk is full",
                         db->path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return damaged(db, why, fault);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return explain_access(db, fault);
    default:
        return fault_set(fault, FAULT_LOCAL, "cannot use the state '%s': %s", db->path,
                         error ? strerror(error) : why);
    }
}

static bool execute(struct database *db, const char *sql, struct fault *fault)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || explain(db, code, fault);
}

static void drop_kept(struct database *db)
{
    for (size_t i = 0; i < KEPT_MAX; i++)
        sqlite3_finalize(db->kept[i]);
    memset(db->kept, 0, sizeof db->kept);
    db->next = 0;
}

/* Gives a statement that is kept, or prepares one and keeps it. NULL: fault. */
static sqlite3_stmt *prepare(struct database *db, const char *sql, struct fault *fault)
{
    for (size_t i = 0; i < KEPT_MAX && db->kept[i]; i++)
        if (strcmp(sqlite3_sql(db->kept[i]), sql) == 0)
            return db->kept[i];
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    if (code == SQLITE_ERROR && db->older) {
        fault_set(
            fault, FAULT_SETUP,
            "an older tmro-bot made the archive in '%s': 'tmro-bot sync' brings it up to date",
            db->path);
        return NULL;
    }
    if (code != SQLITE_OK) {
        /* All statements fit our own tables. */
        explain(db, code == SQLITE_ERROR ? SQLITE_CORRUPT : code, fault);
        return NULL;
    }
    sqlite3_finalize(db->kept[db->next]);
    db->kept[db->next] = statement;
    db->next = (db->next + 1) % KEPT_MAX;
    return statement;
}

static bool bind(struct database *db, sqlite3_stmt *statement, struct fault *fault,
                 const char *types, va_list args)
{
    int code = SQLITE_OK;
    for (int i = 1; code == SQLITE_OK && *types; i++, types++) {
        if (*types == 'i')
            code = sqlite3_bind_int64(statement, i, va_arg(args, int64_t));
        else if (*types == 'r')
            code = sqlite3_bind_double(statement, i, va_arg(args, double));
        else if (*types == 'm')
            code = sqlite3_bind_int(statement, i, va_arg(args, int));
        else
            code = sqlite3_bind_text(statement, i, va_arg(args, const char *), -1, SQLITE_STATIC);
    }
    return code == SQLITE_OK || explain(db, code, fault);
}

/* What becomes of the rows of a statement. */
struct result {
    struct arena *arena;
    const struct columns *columns;
    void *array; /* each is appended here; NULL: fills `into` */
    void *into;
    size_t count;        /* of rows */
    int at[COLUMNS_MAX]; /* which column of a row fills each member */
};

static void fill_member(struct arena *arena, sqlite3_stmt *statement, int i, enum column_type type,
                        void *member)
{
    switch (type) {
    case COLUMN_INT:
        *(int *)member = sqlite3_column_int(statement, i);
        break;
    case COLUMN_INT64:
        *(int64_t *)member = sqlite3_column_int64(statement, i);
        break;
    case COLUMN_BOOL:
        *(bool *)member = sqlite3_column_int64(statement, i) != 0;
        break;
    case COLUMN_REAL:
        *(double *)member = sqlite3_column_double(statement, i);
        break;
    case COLUMN_TEXT:
    case COLUMN_TEXT_OR_NULL:
        *(char **)member = arena_copy(arena, (const char *)sqlite3_column_text(statement, i));
    }
}

/* Finds the columns that fill the members, by their names; for "" the first one. */
static bool find_columns(struct database *db, sqlite3_stmt *statement, struct result *result,
                         struct fault *fault)
{
    const struct column *columns = result->columns->column;
    for (size_t member = 0; columns[member].name; member++) {
        const char *dot = strrchr(columns[member].name, '.');
        const char *name = dot ? dot + 1 : columns[member].name;
        int i = 0, count = sqlite3_column_count(statement);
        while (i < count && *name && strcmp(sqlite3_column_name(statement, i), name) != 0)
            i++;
        if (i == count)
            return damaged(db, "a column is missing", fault);
        result->at[member] = i;
    }
    return true;
}

static bool take_row(struct database *db, sqlite3_stmt *statement, struct result *result,
                     struct fault *fault)
{
    char *row = result->into;
    if (result->array)
        row = arena_add(result->arena, result->array, &result->count, result->columns->size);
    else
        result->count++;
    const struct column *column = result->columns->column;
    for (const int *at = result->at; column->name; column++, at++) {
        if (column->type == COLUMN_TEXT && sqlite3_column_type(statement, *at) == SQLITE_NULL)
            return damaged(db, "a value is missing", fault);
        fill_member(result->arena, statement, *at, column->type, row + column->offset);
    }
    return true;
}

/* Runs a statement to its end. */
static bool run(struct database *db, struct result *result, struct fault *fault, const char *sql,
                const char *types, va_list args)
{
    sqlite3_stmt *statement = prepare(db, sql, fault);
    if (!statement)
        return false;
    bool done =
        find_columns(db, statement, result, fault) && bind(db, statement, fault, types, args);
    int code = SQLITE_ROW;
    while (done && code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            done = take_row(db, statement, result, fault);
        else if (code != SQLITE_DONE)
            done = explain(db, code, fault);
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return done;
}

bool database_run(struct database *db, struct fault *fault, const char *sql, const char *types, ...)
{
    static const struct columns none;
    struct result nothing = {.columns = &none};
    va_list args;
    va_start(args, types);
    bool done = run(db, &nothing, fault, sql, types, args);
    va_end(args);
    return done;
}

bool database_get_integer(struct database *db, int64_t *value, struct fault *fault, const char *sql,
                          const char *types, ...)
{
    static const struct columns columns = {sizeof *value, {{"", 0, COLUMN_INT64}}};
    struct result result = {.columns = &columns, .into = value};
    va_list args;
    va_start(args, types);
    bool done = run(db, &result, fault, sql, types, args);
    va_end(args);
    return done;
}

bool database_get_text(struct arena *arena, struct database *db, char **value, struct fault *fault,
                       const char *sql, const char *types, ...)
{
    static const struct columns columns = {sizeof *value, {{"", 0, COLUMN_TEXT_OR_NULL}}};
    struct result result = {.arena = arena, .columns = &columns, .into = value};
    va_list args;
    va_start(args, types);
    bool done = run(db, &result, fault, sql, types, args);
    va_end(args);
    return done;
}

bool database_rows(struct arena *arena, struct database *db, const struct columns *columns,
                   void *array, size_t *count, struct fault *fault, const char *sql,
                   const char *types, ...)
{
    struct result result = {.arena = arena, .columns = columns, .array = array, .count = *count};
    va_list args;
    va_start(args, types);
    bool done = run(db, &result, fault, sql, types, args);
    va_end(args);
    *count = result.count;
    return done;
}

bool database_row(struct arena *arena, struct database *db, const struct columns *columns,
                  void *into, bool *found, struct fault *fault, const char *sql, const char *types,
                  ...)
{
    struct result result = {.arena = arena, .columns = columns, .into = into};
    va_list args;
    va_start(args, types);
    bool done = run(db, &result, fault, sql, types, args);
    va_end(args);
    if (found)
        *found = result.count > 0;
    return done;
}

bool database_begin(struct database *db, struct fault *fault)
{
    if (db->depth == 0 && !execute(db, "BEGIN IMMEDIATE", fault))
        return false;
    db->depth++;
    return true;
}

bool database_commit(struct database *db, struct fault *fault)
{
    if (db->depth < 1)
        return fault_set(fault, FAULT_LOCAL, "the transaction was undone");
    if (db->depth == 1 && !execute(db, "COMMIT", fault))
        return false;
    db->depth--;
    return true;
}

void database_rollback(struct database *db)
{
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    db->depth = 0;
}

bool database_end(struct database *db, bool done, struct fault *fault)
{
    if (done && database_commit(db, fault))
        return true;
    database_rollback(db);
    return false;
}

static bool connect(struct database *db, const char *path, int flags, struct fault *fault)
{
    int code = sqlite3_open_v2(path, &db->handle, flags, NULL);
    if (code != SQLITE_OK)
        return explain(db, code, fault);
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    /* This would look into the file. */
    return flags & SQLITE_OPEN_READONLY ||
           execute(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-512",
                   fault);
}

/* Reading leaves the folder as it is. Without a log nobody has the file open; SQLite must be told,
 * or it would create a log, for which the rights may be missing. */
static bool connect_for_reading(struct database *db, struct fault *fault)
{
    if (!connect(db, db->path, SQLITE_OPEN_READONLY, fault))
        return false;
    if (log_size(db) >= 0)
        return true;
    const char *name = arena_format(db->arena, "file:%s?immutable=1",
                                    url_encode(db->arena, sqlite3_db_filename(db->handle, "main")));
    struct stat st = {0};
    sqlite3_close(db->handle);
    db->alone = stat(db->path, &st) == 0;
    db->written_at = st.st_mtim;
    return connect(db, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, fault);
}

/* Makes the folders of the path that are missing, for this user only. */
static bool make_folders(const struct database *db, struct fault *fault)
{
    char *part = arena_copy(db->arena, db->path);
    for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return fault_set(fault, FAULT_LOCAL, "cannot make the folder '%s': %s", part,
                             file_why(errno));
        *slash = '/';
    }
    return true;
}

/* Makes a complete, empty database under a passing name, then gives it its own. */
static bool create_database(struct database *db, struct fault *fault)
{
    char *temporary = arena_format(db->arena, "%s.XXXXXX", db->path);
    if (!make_folders(db, fault))
        return false;
    int fd = mkstemp(temporary);
    if (fd < 0)
        return fault_set(fault, FAULT_LOCAL, "cannot make the state '%s': %s", db->path,
                         file_why(errno));
    file_give_to_folder_owner(fd, temporary);
    close(fd);
    /* A write-ahead log from the start, while nobody else can have it open: two that turn to one at
     * the same time get in each other's way. Last, so that the log is empty. */
    bool made = connect(db, temporary, SQLITE_OPEN_READWRITE, fault) &&
                execute(db, schema, fault) && execute(db, schema_archive, fault) &&
                execute(db, "PRAGMA journal_mode=WAL", fault);
    database_close(db);
    /* Somebody may have made it meanwhile: theirs is as good. */
    if (made && link(temporary, db->path) != 0 && errno != EEXIST)
        made = fault_set(fault, FAULT_LOCAL, "cannot make the state '%s': %s", db->path,
                         file_why(errno));
    unlink(temporary);
    return made;
}

/* SQLite does not see that a part of the last page is missing. While there is a log, the file may
 * well be shorter than the database. */
static bool is_cut(const struct database *db)
{
    struct stat st;
    return log_size(db) <= 0 && stat(db->path, &st) == 0 && st.st_size % PAGE_BYTES != 0;
}

/* Ours, of this version or the one before, and whole. */
static bool check_database(struct database *db, struct fault *fault)
{
    int64_t application = 0, version = 0;
    const char *what;
    if (!database_get_integer(db, &application, fault, "PRAGMA application_id", "") ||
        !database_get_integer(db, &version, fault, "PRAGMA user_version", ""))
        return false;
    db->older = version == SCHEMA_VERSION - 1;
    if (application == SCHEMA_APPLICATION && (version == SCHEMA_VERSION || db->older))
        return !is_cut(db) || damaged(db, "its end is missing", fault);
    if (application != SCHEMA_APPLICATION)
        what =
            arena_format(db->arena, "'%s' is not a state of tmro-bot, or it is damaged", db->path);
    else if (version >= 1 && version < SCHEMA_VERSION)
        what = arena_format(db->arena, "a development version of tmro-bot made the state '%s'",
                            db->path);
    else
        what = arena_format(db->arena,
                            "the state '%s' is damaged, or a newer tmro-bot made it (its version "
                            "is %" PRId64 ", that of this tmro-bot is %d)",
                            db->path, version, SCHEMA_VERSION);
    return useless(db, what, fault);
}

/* Brings the tables to this version, in one transaction. */
static bool upgrade(struct database *db, struct fault *fault)
{
    int64_t version = 0;
    if (!db->older)
        return true;
    /* Another process may have done it while this one waited. */
    bool done = database_begin(db, fault) &&
                database_get_integer(db, &version, fault, "PRAGMA user_version", "") &&
                (version == SCHEMA_VERSION ||
                 (execute(db, schema_drop_7, fault) && execute(db, schema_archive, fault)));
    db->older = !database_end(db, done, fault);
    return !db->older;
}

bool database_check(struct database *db, struct fault *fault)
{
    char *found = arena_copy(db->arena, "?");
    if (!database_get_text(db->arena, db, &found, fault, "PRAGMA quick_check(1)", ""))
        return false;
    return strcmp(found, "ok") == 0 || damaged(db, found, fault);
}

static bool open_file(struct database *db, enum database_use use, struct fault *fault)
{
    struct stat file;
    bool exists = !file_is_missing(db->path);
    if (exists && errno)
        return fault_set(fault, FAULT_LOCAL, "cannot use the state '%s': %s", db->path,
                         file_why(errno));
    if (!exists && use != DATABASE_CREATE)
        return fault_set(fault, FAULT_ABSENT, "there is no state '%s'", db->path);
    if (!exists && !create_database(db, fault))
        return false;
    /* SQLite would wait for whoever writes into a pipe. */
    if (stat(db->path, &file) == 0 && !S_ISREG(file.st_mode))
        return fault_set(fault, FAULT_SETUP,
                         "the state '%s' is not a regular file: set 'state' to another path",
                         db->path);
    if (use == DATABASE_READ)
        return connect_for_reading(db, fault) && check_database(db, fault);
    return connect(db, db->path, SQLITE_OPEN_READWRITE, fault) && check_database(db, fault) &&
           (use == DATABASE_WRITE || database_check(db, fault)) &&
           execute(db, "PRAGMA journal_mode=WAL", fault) && upgrade(db, fault);
}

/* SQLite's own, which give NULL when there is no memory. */
static struct sqlite3_mem_methods usual;

static void *allocate(int size)
{
    void *p = usual.xMalloc(size);
    if (!p)
        memory_out();
    return p;
}

static void *resize(void *p, int size)
{
    void *resized = usual.xRealloc(p, size);
    if (!resized)
        memory_out();
    return resized;
}

void database_init(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual);
    struct sqlite3_mem_methods methods = usual;
    methods.xMalloc = allocate;
    methods.xRealloc = resize;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    /* No locks: one thread uses a connection. */
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    /* Nothing in advance: each connection would keep it for as long as it is open. */
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
}

/* Finds or makes the row of the Zulip site that is used. Without one it is the last that was: one
 * that never told its limits did not answer. */
static bool select_site(struct database *db, const char *site, enum database_use use,
                        struct fault *fault)
{
    static const struct columns columns = {sizeof *db,
                                           {COLUMN(database, site), COLUMN(database, site_url)}};
    if (site && use == DATABASE_CREATE &&
        !database_run(db, fault,
                      "INSERT INTO site (url, used_at) VALUES (?, julianday('now'))"
                      " ON CONFLICT (url) DO UPDATE SET used_at = excluded.used_at",
                      "s", site))
        return false;
    return database_row(db->arena, db, &columns, db, NULL, fault,
                        "SELECT id AS site, url AS site_url FROM site"
                        " WHERE url = ?1 OR ?1 IS NULL"
                        " ORDER BY max_message_length IS NULL, used_at DESC LIMIT 1",
                        "s", site);
}

struct database *database_open(struct arena *arena, const char *path, const char *site,
                               enum database_use use, struct fault *fault)
{
    struct database *db = arena_zero(arena, 1, sizeof *db);
    db->arena = arena;
    db->path = arena_copy(arena, path ? path : ":memory:");
    bool opened = path ? open_file(db, use, fault)
                       : connect(db, db->path, SQLITE_OPEN_READWRITE, fault) &&
                             execute(db, schema, fault) && execute(db, schema_archive, fault);
    if (!opened || !select_site(db, site, use, fault)) {
        database_close(db);
        return NULL;
    }
    /* The check has read all of it. */
    database_rest(db);
    return db;
}

void database_close(struct database *db)
{
    if (!db)
        return;
    drop_kept(db);
    sqlite3_close(db->handle);
    db->handle = NULL;
}

const char *database_path(const struct database *db)
{
    return db->path;
}

int64_t database_site(const struct database *db)
{
    return db->site;
}

const char *database_site_url(const struct database *db)
{
    return db->site_url;
}

void database_rest(struct database *db)
{
    drop_kept(db);
    sqlite3_db_release_memory(db->handle);
    malloc_trim(0);
}

const char *database_version(void)
{
    return sqlite3_libversion();
}
