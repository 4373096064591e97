/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The SQLite file with all that the bot remembers. */
#include "database.h"

#include "arena.h"
#include "fault.h"
#include "file.h"
#include "text.h"
#include "url.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "tmro" */
#define APPLICATION_ID 0x746d726f
#define BUSY_MS        5000
/* Prepared statements that are kept: more than a pass of the watcher uses. */
#define KEPT_MAX  64
#define PAGE_SIZE 4096

/* Versions 1 to 4 were development versions, and are not read. */
#define SCHEMA_VERSION 6

/* All tables. Times are seconds since 1970. */
static const char schema[] =
    "CREATE TABLE site (" /* a Zulip server */
    "  id INTEGER PRIMARY KEY,"
    "  url TEXT NOT NULL UNIQUE,"
    "  max_message_length INTEGER,"
    "  max_topic_length INTEGER,"
    "  used_at REAL NOT NULL," /* a Julian day */
    "  refused_at REAL,"
    "  foreign_at REAL" /* when something else posted with the bot's account */
    ") STRICT;"
    "CREATE TABLE told (" /* what was written to owners, or may have been */
    "  site INTEGER NOT NULL REFERENCES site,"
    "  text TEXT NOT NULL,"
    "  at REAL NOT NULL"
    ") STRICT;"
    "CREATE TABLE trouble (" /* what fails with the chat now, for each part that uses it */
    "  site INTEGER NOT NULL REFERENCES site,"
    "  part TEXT NOT NULL CHECK (part IN ('announcing', 'answering')),"
    "  text TEXT NOT NULL,"
    "  since REAL NOT NULL,"
    "  until REAL NOT NULL," /* the next try; 0: with the next pass */
    "  PRIMARY KEY (site, part)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE channel ("
    "  site INTEGER NOT NULL REFERENCES site,"
    "  name TEXT NOT NULL,"
    "  id INTEGER NOT NULL,"
    "  PRIMARY KEY (site, name)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE feed ("
    "  url TEXT PRIMARY KEY,"
    "  etag TEXT,"
    "  last_modified TEXT,"
    "  hash INTEGER NOT NULL DEFAULT 0,"
    "  since REAL NOT NULL," /* first asked */
    "  polled_at REAL NOT NULL DEFAULT 0,"
    "  good_at REAL NOT NULL DEFAULT 0,"
    "  full_at REAL NOT NULL DEFAULT 0," /* last read in full, unconditionally */
    "  next_at REAL NOT NULL DEFAULT 0,"
    "  fresh_until REAL NOT NULL DEFAULT 0," /* by max-age, or backing off: for a person it may be
                                                asked before */
    "  hold_until REAL NOT NULL DEFAULT 0,"  /* by Retry-After: not before, for anybody */
    "  failures INTEGER NOT NULL DEFAULT 0,"
    "  date REAL NOT NULL DEFAULT 0," /* the site's own time when it last answered */
    "  gone INTEGER NOT NULL DEFAULT 0,"
    "  distrusted_at REAL NOT NULL DEFAULT 0,"
    "  error TEXT"
    ") STRICT;"
    "CREATE TABLE item ("
    "  id INTEGER PRIMARY KEY," /* its month */
    "  url TEXT NOT NULL,"
    "  title TEXT NOT NULL,"
    "  published TEXT NOT NULL,"
    "  hash INTEGER NOT NULL,"
    "  seen_at REAL NOT NULL,"
    "  gone_at REAL NOT NULL DEFAULT 0," /* when it left the feed; 0: it is there */
    "  retry_at REAL NOT NULL DEFAULT 0,"
    "  unread_since REAL NOT NULL DEFAULT 0,"    /* no page to announce it from; 0: there is */
    "  recheck_at REAL NOT NULL DEFAULT 0,"      /* 0: no correction is looked for */
    "  unchecked_since REAL NOT NULL DEFAULT 0," /* no page to correct it by; 0: there is */
    "  look INTEGER NOT NULL DEFAULT 0,"        /* hash of what the last look saw; 0: nothing new */
    "  corrections INTEGER NOT NULL DEFAULT 0," /* of the day that began with the first */
    "  corrected_at REAL NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE TABLE destination ("
    "  id INTEGER PRIMARY KEY,"
    "  site INTEGER NOT NULL REFERENCES site,"
    "  name TEXT NOT NULL,"
    "  channel INTEGER NOT NULL DEFAULT 0," /* 0: not resolved yet */
    "  active INTEGER NOT NULL DEFAULT 1,"  /* it is in the configuration */
    "  hint INTEGER NOT NULL DEFAULT 0" /* the newest issue of the baseline, when it may be wanted
                                         */
    ") STRICT;"
    "CREATE TABLE pending ("
    "  destination INTEGER NOT NULL REFERENCES destination,"
    "  issue INTEGER NOT NULL REFERENCES item,"
    "  PRIMARY KEY (destination, issue)"
    ") STRICT, WITHOUT ROWID;"
    /* What left the feed before it was announced anywhere, and so does not count. */
    "CREATE VIEW withdrawn AS SELECT id FROM item WHERE gone_at > 0"
    "  AND id IN (SELECT issue FROM pending) AND id NOT IN (SELECT about FROM outbox"
    "  WHERE kind = 'announcement' AND state = 'posted');"
    "CREATE TABLE issue ("
    "  id INTEGER PRIMARY KEY," /* its month */
    "  url TEXT NOT NULL,"
    "  title TEXT NOT NULL,"
    "  published TEXT NOT NULL,"
    "  origin TEXT NOT NULL CHECK (origin IN ('page', 'feed')),"
    "  indexed INTEGER NOT NULL DEFAULT 0," /* the ARCHIVE_INDEX that it was indexed with */
    "  links INTEGER NOT NULL DEFAULT 0,"
    "  changes INTEGER NOT NULL DEFAULT 0,"
    "  html TEXT NOT NULL" /* long: what comes after it is slow to read */
    ") STRICT;"
    "CREATE INDEX issue_indexed ON issue (indexed);"
    "CREATE INDEX issue_listing ON issue (id, published, url, links, changes);"
    "CREATE TABLE project ("
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  identity TEXT NOT NULL,"
    "  key TEXT NOT NULL," /* as catalog_key() */
    "  name TEXT NOT NULL,"
    "  url TEXT,"
    "  anchor TEXT,"
    "  changes INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (issue, identity)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX project_identity ON project (identity, issue);"
    "CREATE INDEX project_key ON project (key, issue);"
    "CREATE TABLE alias (" /* what a project may be called, folded */
    "  name TEXT NOT NULL,"
    "  rank INTEGER NOT NULL," /* the lower the more exact: enum catalog_rank */
    "  key TEXT NOT NULL,"
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  PRIMARY KEY (name, rank, key, issue)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX alias_key ON alias (key, rank);"
    "CREATE INDEX alias_issue ON alias (issue);"
    "CREATE TABLE passage ("
    "  id INTEGER PRIMARY KEY," /* as archive_passage_id() */
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  project TEXT," /* its key */
    "  anchor TEXT,"
    "  url TEXT,"
    "  title TEXT NOT NULL," /* with code marks */
    "  text TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX passage_issue ON passage (issue);"
    "CREATE INDEX passage_project ON passage (id, project) WHERE project IS NOT NULL;"
    /* Of titles apart: few of those that match a common word have it in the title. */
    "CREATE VIRTUAL TABLE passage_text USING fts5(title, text, content='passage',"
    "  content_rowid='id', columnsize=0, tokenize='unicode61 remove_diacritics 2');"
    "CREATE VIRTUAL TABLE passage_title USING fts5(title, content='passage',"
    "  content_rowid='id', columnsize=0, tokenize='unicode61 remove_diacritics 2');"
    /* Code marks would part words. */
    "CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN"
    "  INSERT INTO passage_text (rowid, title, text) VALUES (new.id,"
    "  replace(replace(new.title, char(14), ''), char(15), ''),"
    "  replace(replace(new.text, char(14), ''), char(15), ''));"
    "  INSERT INTO passage_title (rowid, title) VALUES (new.id,"
    "  replace(replace(new.title, char(14), ''), char(15), ''));"
    "END;"
    "CREATE TRIGGER passage_dropped AFTER DELETE ON passage BEGIN"
    "  INSERT INTO passage_text (passage_text, rowid, title, text) VALUES ('delete', old.id,"
    "  replace(replace(old.title, char(14), ''), char(15), ''),"
    "  replace(replace(old.text, char(14), ''), char(15), ''));"
    "  INSERT INTO passage_title (passage_title, rowid, title) VALUES ('delete', old.id,"
    "  replace(replace(old.title, char(14), ''), char(15), ''));"
    "END;"
    "CREATE TABLE alarm ("
    "  id INTEGER PRIMARY KEY,"
    "  kind TEXT NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  text TEXT NOT NULL,"
    "  raised_at REAL NOT NULL,"
    "  over INTEGER NOT NULL DEFAULT 0,"
    "  told INTEGER NOT NULL DEFAULT 0," /* owners that have been told */
    "  look_id INTEGER," /* newest message before the next was, once it may have been sent */
    "  sent INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE UNIQUE INDEX alarm_open ON alarm (kind, subject) WHERE over = 0;"
    "CREATE TABLE queue ("
    "  site INTEGER PRIMARY KEY REFERENCES site,"
    "  id TEXT,"
    "  last INTEGER NOT NULL DEFAULT -1,"
    "  handled INTEGER NOT NULL DEFAULT 0,"
    "  begun INTEGER NOT NULL DEFAULT 0,"
    "  ahead REAL NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE TABLE outbox ("                   /* messages for the chat, and what became of them */
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," /* never that of an entry that was dropped */
    "  site INTEGER NOT NULL REFERENCES site,"
    "  kind TEXT NOT NULL CHECK (kind IN ('announcement', 'answer')),"
    "  about INTEGER NOT NULL," /* the month, or the message that asks */
    "  state TEXT NOT NULL CHECK (state IN ('new', 'sent', 'posted', 'left')),"
    "  channel INTEGER NOT NULL," /* 0: a direct message */
    "  topic TEXT NOT NULL,"
    "  people TEXT NOT NULL,"
    "  content TEXT,"
    "  sender INTEGER NOT NULL,"
    "  after INTEGER NOT NULL," /* the message is newer than this one */
    "  message INTEGER NOT NULL,"
    "  at REAL NOT NULL," /* when it came into its state */
    "  channel_name TEXT,"
    "  data TEXT,"
    "  fresh TEXT,"
    "  edit_over INTEGER NOT NULL,"
    "  asker INTEGER NOT NULL,"
    "  request TEXT,"
    "  asked_at REAL NOT NULL,"
    "  begun INTEGER NOT NULL" /* how often its answer was begun, and has not ended */
    ") STRICT;"
    "CREATE UNIQUE INDEX outbox_waiting ON outbox (site, kind, about, channel)"
    "  WHERE state IN ('new', 'sent');"
    "CREATE UNIQUE INDEX outbox_posted ON outbox (site, kind, about, channel)"
    "  WHERE state = 'posted';"
    "CREATE INDEX outbox_about ON outbox (site, kind, about);"
    "CREATE INDEX outbox_message ON outbox (site, message);";

struct database {
    struct arena *arena;
    sqlite3 *handle;
    char *path;
    int64_t site;
    char *site_url;
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

/* Whether there is a write-ahead log. Where the path is a link, the log is next to the file itself.
 */
static bool has_log(const struct database *db, off_t *size)
{
    struct stat st = {0};
    bool has = stat(sqlite3_filename_wal(sqlite3_db_filename(db->handle, "main")), &st) == 0;
    *size = st.st_size;
    return has;
}

/* Whether somebody writes a file that was opened as one that nobody has open. */
static bool is_written(const struct database *db)
{
    struct stat st;
    off_t size;
    return db->alone && (has_log(db, &size) || stat(db->path, &st) != 0 ||
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
    char shown[200], what[PATH_MAX + 300];
    int error = disk_error(db->handle);
    if (error)
        return fault_set(fault, FAULT_LOCAL, "cannot read the state '%s': %s", db->path,
                         strerror(error));
    if (is_written(db))
        return fault_set(fault, FAULT_BUSY, "the state '%s' was being written: try again",
                         db->path);
    snprintf(what, sizeof what, "the state '%s' is damaged (%s)", db->path,
             text_printable(shown, sizeof shown, why, strlen(why)));
    return useless(db, what, fault);
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
    const struct columns *columns; /* NULL: nothing */
    void *array;                   /* each is appended here; NULL: fills `into` */
    void *into;
    size_t count; /* of rows */
};

/* The row's column that fills the member, by its name, or the first one for ""; -1: none does. */
static int find_column(sqlite3_stmt *statement, const struct column *column)
{
    const char *dot = strrchr(column->name, '.'), *name = dot ? dot + 1 : column->name;
    for (int i = 0; i < sqlite3_column_count(statement); i++)
        if (!*name || strcmp(sqlite3_column_name(statement, i), name) == 0)
            return i;
    return -1;
}

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

static bool take_row(struct database *db, sqlite3_stmt *statement, struct result *result,
                     struct fault *fault)
{
    if (!result->columns)
        return true;
    char *row = result->into;
    if (result->array)
        row = arena_add(result->arena, result->array, &result->count, result->columns->size);
    else
        result->count++;
    for (const struct column *column = result->columns->column; column->name; column++) {
        int i = find_column(statement, column);
        if (i < 0)
            return damaged(db, "a column is missing", fault);
        if (column->type == COLUMN_TEXT && sqlite3_column_type(statement, i) == SQLITE_NULL)
            return damaged(db, "a value is missing", fault);
        fill_member(result->arena, statement, i, column->type, row + column->offset);
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
    bool done = bind(db, statement, fault, types, args);
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
    struct result nothing = {0};
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

int64_t database_inserted(const struct database *db)
{
    return sqlite3_last_insert_rowid(db->handle);
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
    off_t size;
    if (!connect(db, db->path, SQLITE_OPEN_READONLY, fault))
        return false;
    if (has_log(db, &size))
        return true;
    const char *name = arena_format(db->arena, "file:%s?immutable=1",
                                    url_encode(db->arena, sqlite3_db_filename(db->handle, "main")));
    struct stat st = {0};
    sqlite3_close(db->handle);
    db->alone = stat(db->path, &st) == 0;
    db->written_at = st.st_mtim;
    return connect(db, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, fault);
}

/* Makes all tables in an empty database. */
static bool make_tables(struct database *db, struct fault *fault)
{
    char identify[100];
    snprintf(identify, sizeof identify, "PRAGMA application_id=%d; PRAGMA user_version=%d",
             APPLICATION_ID, SCHEMA_VERSION);
    bool done = database_begin(db, fault) && execute(db, schema, fault) &&
                execute(db, identify, fault) && database_commit(db, fault);
    if (!done)
        database_rollback(db);
    return done;
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
    bool made = connect(db, temporary, SQLITE_OPEN_READWRITE, fault) && make_tables(db, fault) &&
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
    off_t log_size = 0;
    bool logged = has_log(db, &log_size) && log_size > 0;
    return !logged && stat(db->path, &st) == 0 && st.st_size % PAGE_SIZE != 0;
}

/* Ours, of this version, and whole. */
static bool check_database(struct database *db, struct fault *fault)
{
    int64_t application = 0, version = 0;
    char what[PATH_MAX + 300];
    if (!database_get_integer(db, &application, fault, "PRAGMA application_id", "") ||
        !database_get_integer(db, &version, fault, "PRAGMA user_version", ""))
        return false;
    if (application == APPLICATION_ID && version == SCHEMA_VERSION)
        return !is_cut(db) || damaged(db, "its end is missing", fault);
    if (application != APPLICATION_ID)
        snprintf(what, sizeof what, "'%s' is not a state of tmro-bot, or it is damaged", db->path);
    else if (version >= 1 && version < SCHEMA_VERSION)
        snprintf(what, sizeof what, "a development version of tmro-bot made the state '%s'",
                 db->path);
    else
        snprintf(what, sizeof what,
                 "the state '%s' is damaged, or a newer tmro-bot made it (its version is %" PRId64
                 ", that of this tmro-bot is %d)",
                 db->path, version, SCHEMA_VERSION);
    return useless(db, what, fault);
}

bool database_check(struct database *db, struct fault *fault)
{
    char *found = NULL;
    if (!database_get_text(db->arena, db, &found, fault, "PRAGMA quick_check(1)", ""))
        return false;
    if (!found)
        return damaged(db, "?", fault);
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
           execute(db, "PRAGMA journal_mode=WAL", fault);
}

/* SQLite's own, which say by NULL that there is no memory. */
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
    bool opened =
        path ? open_file(db, use, fault)
             : connect(db, db->path, SQLITE_OPEN_READWRITE, fault) && make_tables(db, fault);
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

/* What follows goes with the last module that steps through rows by itself. */

bool database_query(struct database *db, struct query *query, struct fault *fault, const char *sql,
                    const char *types, ...)
{
    va_list args;
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    *query = (struct query){db, statement};
    if (code != SQLITE_OK)
        return explain(db, code == SQLITE_ERROR ? SQLITE_CORRUPT : code, fault);
    va_start(args, types);
    bool done = bind(db, statement, fault, types, args);
    va_end(args);
    if (!done)
        query_finish(query);
    return done;
}

bool query_next(struct query *query, bool *row, struct fault *fault)
{
    int code = sqlite3_step(query->statement);
    *row = code == SQLITE_ROW;
    bool done = *row || code == SQLITE_DONE || explain(query->db, code, fault);
    if (!*row)
        query_finish(query);
    return done;
}

void query_finish(struct query *query)
{
    sqlite3_finalize(query->statement);
    query->statement = NULL;
}

bool query_is_null(const struct query *query, int column)
{
    return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

int64_t query_integer(const struct query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

int query_month(const struct query *query, int column)
{
    return sqlite3_column_int(query->statement, column);
}

double query_real(const struct query *query, int column)
{
    return sqlite3_column_double(query->statement, column);
}

const char *query_string(const struct query *query, int column)
{
    return (const char *)sqlite3_column_text(query->statement, column);
}

const char *database_version(void)
{
    return sqlite3_libversion();
}
