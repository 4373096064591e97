/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot remembers, in one SQLite file. */
#include "store.h"

#include "buf.h"
#include "fault.h"
#include "stop.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
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
/* Between two looks at a lock that somebody else holds. */
#define LOCK_PAUSE_S 0.1

/* Each brings the schema one version further; user_version says how far it is. */
static const char *const migrations[] = {
    "CREATE TABLE site ("
    "  id INTEGER PRIMARY KEY,"
    "  url TEXT NOT NULL UNIQUE,"
    "  max_message_length INTEGER,"
    "  max_topic_length INTEGER,"
    "  used_at REAL NOT NULL"
    ") STRICT;"
    "CREATE TABLE channel ("
    "  site INTEGER NOT NULL REFERENCES site,"
    "  name TEXT NOT NULL,"
    "  id INTEGER NOT NULL,"
    "  PRIMARY KEY (site, name)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE announcement ("
    "  site INTEGER NOT NULL REFERENCES site,"
    "  issue TEXT NOT NULL,"
    "  channel INTEGER NOT NULL,"
    "  message_id INTEGER NOT NULL,"
    "  channel_name TEXT NOT NULL,"
    "  topic TEXT NOT NULL,"
    "  content TEXT NOT NULL,"
    "  PRIMARY KEY (site, issue, channel)"
    ") STRICT;"
    "CREATE TABLE intent ("
    "  site INTEGER NOT NULL REFERENCES site,"
    "  issue TEXT NOT NULL,"
    "  channel INTEGER NOT NULL,"
    "  doubt INTEGER NOT NULL CHECK (doubt IN (0, 1)),"
    "  look_id INTEGER NOT NULL,"
    "  sender INTEGER NOT NULL,"
    "  channel_name TEXT NOT NULL,"
    "  topic TEXT NOT NULL,"
    "  content TEXT NOT NULL,"
    "  PRIMARY KEY (site, issue, channel)"
    ") STRICT;",
};
#define SCHEMA_VERSION ((int)(sizeof migrations / sizeof *migrations))

struct store {
    sqlite3 *db;
    char *path;
    int64_t site;
    int lock_fd; /* of PATH.post; -1: not held */
};

static bool damaged(const struct store *store, const char *why, struct fault *fault)
{
    char shown[200];
    return fault_set(fault, FAULT_SETUP,
                     "the state '%s' is damaged (%s); move it away: mv '%s' '%s.damaged' (and -wal "
                     "and -shm beside it, if any); announcements are found again in their channel",
                     store->path, text_printable(shown, sizeof shown, why, strlen(why)),
                     store->path, store->path);
}

/* Turns SQLite's last error into a fault. */
static bool explain(const struct store *store, int code, struct fault *fault)
{
    const char *why = store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code);
    switch (code & 0xFF) {
    case SQLITE_NOMEM:
        return fault_memory(fault);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fault_set(fault, FAULT_RETRY, "the state '%s' is locked by another process",
                         store->path);
    case SQLITE_FULL:
        return fault_set(fault, FAULT_LOCAL, "cannot write the state '%s': the disk is full",
                         store->path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return damaged(store, why, fault);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return fault_set(fault, FAULT_LOCAL,
                         "cannot write the state '%s': %s (the folder must be writable, too)",
                         store->path, why);
    default:
        return fault_set(fault, FAULT_LOCAL, "cannot use the state '%s': %s", store->path, why);
    }
}

/* Prepares a statement and binds its parameters, a letter of `types` each: i int64_t, r double, s
 * string (borrowed). NULL: fault. */
static sqlite3_stmt *prepare(struct store *store, struct fault *fault, const char *sql,
                             const char *types, ...)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    va_list args;
    va_start(args, types);
    for (int i = 1; code == SQLITE_OK && *types; i++, types++) {
        if (*types == 'i')
            code = sqlite3_bind_int64(statement, i, va_arg(args, int64_t));
        else if (*types == 'r')
            code = sqlite3_bind_double(statement, i, va_arg(args, double));
        else
            code = sqlite3_bind_text(statement, i, va_arg(args, const char *), -1, SQLITE_STATIC);
    }
    va_end(args);
    if (code != SQLITE_OK) {
        explain(store, code, fault);
        sqlite3_finalize(statement);
        return NULL;
    }
    return statement;
}

/* Runs a statement that gives no rows, and finalises it; NULL passes a fault on. */
static bool run(struct store *store, sqlite3_stmt *statement, struct fault *fault)
{
    if (!statement)
        return false;
    int code = sqlite3_step(statement);
    bool done = code == SQLITE_DONE || code == SQLITE_ROW || explain(store, code, fault);
    sqlite3_finalize(statement);
    return done;
}

/* Steps to the next row. `*row`: there is one; else the statement is finalised. */
static bool step(struct store *store, sqlite3_stmt *statement, bool *row, struct fault *fault)
{
    *row = false;
    if (!statement)
        return false;
    int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    bool done = *row || code == SQLITE_DONE || explain(store, code, fault);
    if (!*row)
        sqlite3_finalize(statement);
    return done;
}

static bool execute(struct store *store, const char *sql, struct fault *fault)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || explain(store, code, fault);
}

static bool get_integer(struct store *store, const char *sql, int64_t *value, struct fault *fault)
{
    bool row;
    sqlite3_stmt *statement = prepare(store, fault, sql, "");
    if (!step(store, statement, &row, fault))
        return false;
    if (row) {
        *value = sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
    }
    return true;
}

static bool connect(struct store *store, const char *path, struct fault *fault)
{
    int code = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE, NULL);
    if (code != SQLITE_OK)
        return explain(store, code, fault);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, BUSY_MS);
    return execute(store, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON", fault);
}

/* Brings an open database to SCHEMA_VERSION. */
static bool migrate(struct store *store, struct fault *fault)
{
    int64_t version = 0;
    if (!execute(store, "BEGIN IMMEDIATE", fault))
        return false;
    bool done = get_integer(store, "PRAGMA user_version", &version, fault);
    for (; done && version < SCHEMA_VERSION; version++) {
        char sql[60];
        snprintf(sql, sizeof sql, "PRAGMA user_version=%d", (int)version + 1);
        done = execute(store, migrations[version], fault) && execute(store, sql, fault);
    }
    done = done && execute(store, "COMMIT", fault);
    if (!done)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return done;
}

/* Makes the folders of `path` that are missing, for this user only. */
static bool make_folders(const char *path, struct fault *fault)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return fault_set(fault, FAULT_LOCAL, "cannot make the folder '%s': %s", part,
                             strerror(errno));
        *slash = '/';
    }
    return true;
}

/* Gives a file that root has just made to the owner of its folder, who runs the service. What fails
 * here fails again, with words, when the service opens the file. */
static void give_to_folder_owner(int fd, const char *path)
{
    char copy[PATH_MAX];
    struct stat st;
    snprintf(copy, sizeof copy, "%s", path);
    if (geteuid() == 0 && stat(dirname(copy), &st) == 0 && fchown(fd, st.st_uid, st.st_gid) != 0)
        errno = 0;
}

/* Makes a complete, empty database under a passing name, then gives it its own. */
static bool create_database(struct store *store, struct fault *fault)
{
    char temporary[PATH_MAX], identify[60], journal[PATH_MAX + 10];
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", store->path) >= (int)sizeof temporary)
        return fault_set(fault, FAULT_SETUP, "the path of the state is too long");
    if (!make_folders(store->path, fault))
        return false;
    int fd = mkstemp(temporary);
    if (fd < 0)
        return fault_set(fault, FAULT_LOCAL, "cannot make the state '%s': %s", store->path,
                         strerror(errno));
    give_to_folder_owner(fd, temporary);
    close(fd);
    snprintf(identify, sizeof identify, "PRAGMA application_id=%d", APPLICATION_ID);
    bool made = connect(store, temporary, fault) && execute(store, identify, fault) &&
                migrate(store, fault);
    sqlite3_close(store->db);
    store->db = NULL;
    /* Somebody may have made it meanwhile: theirs is as good. */
    if (made && link(temporary, store->path) != 0 && errno != EEXIST)
        made = fault_set(fault, FAULT_LOCAL, "cannot make the state '%s': %s", store->path,
                         strerror(errno));
    unlink(temporary);
    snprintf(journal, sizeof journal, "%s-journal", temporary);
    unlink(journal);
    return made;
}

/* A file that was cut is not seen to be damaged when only empty parts of pages are missing. While
 * there is a log, the file may well be shorter than the database. */
static bool check_length(struct store *store, struct fault *fault)
{
    char log[PATH_MAX];
    struct stat st;
    int64_t pages = 0, page_size = 0;
    snprintf(log, sizeof log, "%s-wal", store->path);
    if (stat(log, &st) == 0 && st.st_size > 0)
        return true;
    if (!get_integer(store, "PRAGMA page_count", &pages, fault) ||
        !get_integer(store, "PRAGMA page_size", &page_size, fault))
        return false;
    return stat(store->path, &st) != 0 || st.st_size >= pages * page_size ||
           damaged(store, "its end is missing", fault);
}

/* Ours, whole, and not from the future. `*version`: of its schema. */
static bool check_database(struct store *store, int64_t *version, struct fault *fault)
{
    int64_t application = 0;
    bool row, sound = false;
    if (!get_integer(store, "PRAGMA application_id", &application, fault) ||
        !get_integer(store, "PRAGMA user_version", version, fault))
        return false;
    if (application != APPLICATION_ID)
        return fault_set(fault, FAULT_SETUP,
                         "'%s' is no state of tmro-bot, or damaged; move it away: mv '%s' "
                         "'%s.damaged'; announcements are found again in their channel",
                         store->path, store->path, store->path);
    if (*version > SCHEMA_VERSION)
        return fault_set(fault, FAULT_SETUP,
                         "the state '%s' was made by a newer tmro-bot: install that again",
                         store->path);
    sqlite3_stmt *statement = prepare(store, fault, "PRAGMA quick_check(1)", "");
    if (!step(store, statement, &row, fault))
        return false;
    if (row) {
        const char *result = (const char *)sqlite3_column_text(statement, 0);
        sound = result && strcmp(result, "ok") == 0;
        if (!sound)
            damaged(store, result ? result : "?", fault);
        sqlite3_finalize(statement);
    }
    return sound && check_length(store, fault);
}

/* Finds or makes the row of the Zulip site that is used. */
static bool select_site(struct store *store, const char *site, bool create, struct fault *fault)
{
    bool row;
    if (site && create &&
        !run(store,
             prepare(store, fault,
                     "INSERT INTO site (url, used_at) VALUES (?, julianday('now'))"
                     " ON CONFLICT (url) DO UPDATE SET used_at = excluded.used_at",
                     "s", site),
             fault))
        return false;
    sqlite3_stmt *statement =
        site ? prepare(store, fault, "SELECT id FROM site WHERE url = ?", "s", site)
             : prepare(store, fault, "SELECT id FROM site ORDER BY used_at DESC LIMIT 1", "");
    if (!step(store, statement, &row, fault))
        return false;
    if (row) {
        store->site = sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
    }
    return true;
}

struct store *store_open(const char *path, const char *site, bool create, struct fault *fault)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store || !(store->path = strdup(path))) {
        free(store);
        fault_memory(fault);
        return NULL;
    }
    store->lock_fd = -1;
    int64_t version = 0;
    bool exists = access(path, F_OK) == 0;
    if (!exists && !create)
        fault_set(fault, FAULT_ABSENT, "there is no state '%s'", path);
    else if ((exists || create_database(store, fault)) && connect(store, path, fault) &&
             check_database(store, &version, fault) &&
             execute(store, "PRAGMA journal_mode=WAL", fault) &&
             (version == SCHEMA_VERSION || migrate(store, fault)) &&
             select_site(store, site, create, fault))
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_unlock_post(store);
    sqlite3_close(store->db);
    free(store->path);
    free(store);
}

bool store_get_limits(struct store *store, struct store_limits *limits, struct fault *fault)
{
    bool row;
    sqlite3_stmt *statement =
        prepare(store, fault,
                "SELECT max_message_length, max_topic_length FROM site"
                " WHERE id = ? AND max_message_length > 0 AND max_topic_length > 0",
                "i", store->site);
    if (!step(store, statement, &row, fault))
        return false;
    if (row) {
        limits->max_message_length = (size_t)sqlite3_column_int64(statement, 0);
        limits->max_topic_length = (size_t)sqlite3_column_int64(statement, 1);
        sqlite3_finalize(statement);
    }
    return true;
}

bool store_put_limits(struct store *store, const struct store_limits *limits, struct fault *fault)
{
    return run(store,
               prepare(store, fault,
                       "UPDATE site SET max_message_length = ?, max_topic_length = ? WHERE id = ?",
                       "iii", (int64_t)limits->max_message_length,
                       (int64_t)limits->max_topic_length, store->site),
               fault);
}

bool store_get_channel(struct store *store, const char *name, int64_t *id, struct fault *fault)
{
    bool row;
    sqlite3_stmt *statement =
        prepare(store, fault, "SELECT id FROM channel WHERE site = ? AND name = ?", "is",
                store->site, name);
    *id = 0;
    if (!step(store, statement, &row, fault))
        return false;
    if (row) {
        *id = sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
    }
    return true;
}

bool store_put_channel(struct store *store, const char *name, int64_t id, struct fault *fault)
{
    return run(store,
               prepare(store, fault,
                       "INSERT INTO channel (site, name, id) VALUES (?, ?, ?)"
                       " ON CONFLICT (site, name) DO UPDATE SET id = excluded.id",
                       "isi", store->site, name, id),
               fault);
}

static char *column_copy(sqlite3_stmt *statement, int column)
{
    const char *s = (const char *)sqlite3_column_text(statement, column);
    return s ? strdup(s) : NULL;
}

bool store_get_record(struct store *store, const char *issue, int64_t channel,
                      struct store_record *record, struct fault *fault)
{
    bool row;
    sqlite3_stmt *statement = prepare(
        store, fault,
        "SELECT message_id, topic FROM announcement WHERE site = ? AND issue = ? AND channel = ?",
        "isi", store->site, issue, channel);
    if (!step(store, statement, &row, fault))
        return false;
    if (row) {
        record->message_id = sqlite3_column_int64(statement, 0);
        record->topic = column_copy(statement, 1);
        sqlite3_finalize(statement);
        if (!record->topic)
            return fault_memory(fault);
    }
    statement = prepare(
        store, fault,
        "SELECT doubt, look_id, sender FROM intent WHERE site = ? AND issue = ? AND channel = ?",
        "isi", store->site, issue, channel);
    if (!step(store, statement, &record->intent, fault))
        return false;
    if (record->intent) {
        record->doubt = sqlite3_column_int(statement, 0);
        record->look_id = sqlite3_column_int64(statement, 1);
        record->sender = sqlite3_column_int64(statement, 2);
        sqlite3_finalize(statement);
    }
    return true;
}

void store_record_finish(struct store_record *record)
{
    free(record->topic);
    *record = (struct store_record){0};
}

bool store_put_intent(struct store *store, const char *issue, int64_t channel, int64_t look_id,
                      int64_t sender, const struct store_message *message, struct fault *fault)
{
    return run(store,
               prepare(store, fault,
                       "INSERT OR REPLACE INTO intent (site, issue, channel, doubt, look_id,"
                       " sender, channel_name, topic, content) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)",
                       "isiiisss", store->site, issue, channel, look_id, sender,
                       message->channel_name, message->topic, message->content),
               fault);
}

bool store_clear_doubt(struct store *store, const char *issue, int64_t channel, struct fault *fault)
{
    return run(store,
               prepare(store, fault,
                       "UPDATE intent SET doubt = 0 WHERE site = ? AND issue = ? AND channel = ?",
                       "isi", store->site, issue, channel),
               fault);
}

bool store_drop_intent(struct store *store, const char *issue, int64_t channel, struct fault *fault)
{
    return run(store,
               prepare(store, fault,
                       "DELETE FROM intent WHERE site = ? AND issue = ? AND channel = ?", "isi",
                       store->site, issue, channel),
               fault);
}

bool store_put_posted(struct store *store, const char *issue, int64_t channel, int64_t message_id,
                      const struct store_message *message, struct fault *fault)
{
    bool done = execute(store, "BEGIN IMMEDIATE", fault) &&
                run(store,
                    prepare(store, fault,
                            "INSERT OR REPLACE INTO announcement (site, issue, channel, message_id,"
                            " channel_name, topic, content) VALUES (?, ?, ?, ?, ?, ?, ?)",
                            "isiisss", store->site, issue, channel, message_id,
                            message->channel_name, message->topic, message->content),
                    fault) &&
                store_drop_intent(store, issue, channel, fault) && execute(store, "COMMIT", fault);
    if (!done)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return done;
}

/* The pid that a lock's holder wrote into it. */
static void read_holder(int fd, char holder[24])
{
    ssize_t n = pread(fd, holder, 23, 0);
    holder[n > 0 ? n : 0] = '\0';
    holder[strspn(holder, "0123456789")] = '\0';
    if (!*holder)
        snprintf(holder, 24, "?");
}

/* Opens PATH.post, making it where it is missing. Its folder may belong to somebody who would like
 * root to write elsewhere: links are not followed. */
static int open_lock(const struct store *store, char path[PATH_MAX], struct fault *fault)
{
    char *real = realpath(store->path, NULL);
    struct stat st;
    snprintf(path, PATH_MAX, "%s.post", real ? real : store->path);
    free(real);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        give_to_folder_owner(fd, path);
        return fd;
    }
    fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)) {
        close(fd);
        fd = -1;
        errno = EPERM;
    }
    if (fd < 0)
        fault_set(fault, FAULT_LOCAL, "cannot open the lock '%s': %s", path, strerror(errno));
    return fd;
}

bool store_lock_post(struct store *store, const struct stop *stop, double wait_s,
                     struct fault *fault)
{
    char path[PATH_MAX], holder[24];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open_lock(store, path, fault);
    if (fd < 0)
        return false;
    for (int tries = 0; fcntl(fd, F_OFD_SETLK, &lock) != 0; tries++) {
        bool busy = errno == EAGAIN || errno == EACCES;
        if (!busy)
            fault_set(fault, FAULT_LOCAL, "cannot lock '%s': %s", path, strerror(errno));
        else if (tries * LOCK_PAUSE_S >= wait_s) {
            read_holder(fd, holder);
            fault_set(fault, FAULT_RETRY,
                      "another tmro-bot (pid %s) is announcing and holds '%s': try again later",
                      holder, path);
        } else if (stop_wait(stop, LOCK_PAUSE_S))
            continue;
        else
            fault_set(fault, FAULT_STOPPED, "interrupted");
        close(fd);
        return false;
    }
    int n = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    /* Only for the message above. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, (size_t)n, 0) != n)
        errno = 0;
    store->lock_fd = fd;
    return true;
}

void store_unlock_post(struct store *store)
{
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    store->lock_fd = -1;
}

const char *store_version(void)
{
    return sqlite3_libversion();
}
