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
    "  intent INTEGER NOT NULL CHECK (intent IN (0, 1)),"
    "  sent_at REAL NOT NULL,"
    "  look_id INTEGER NOT NULL,"
    "  message_id INTEGER,"
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
        return fault_set(fault, FAULT_SETUP,
                         "the state '%s' is damaged (%s); move it away: mv '%s' '%s.damaged' "
                         "(and -wal and -shm beside it, if any); announcements are found again in "
                         "their channel",
                         store->path, why, store->path, store->path);
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

/* Gives a file that root made to the owner of its folder, who runs the service. */
static void give_to_folder_owner(const char *path)
{
    char copy[PATH_MAX];
    struct stat st;
    snprintf(copy, sizeof copy, "%s", path);
    /* What fails here fails again, with words, when the service opens the file. */
    if (geteuid() == 0 && stat(dirname(copy), &st) == 0 && chown(path, st.st_uid, st.st_gid) != 0)
        return;
}

/* Makes a complete, empty database under a passing name, then gives it its own. */
static bool create_database(struct store *store, struct fault *fault)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", store->path) >= (int)sizeof temporary)
        return fault_set(fault, FAULT_SETUP, "the state's path is too long");
    if (!make_folders(store->path, fault))
        return false;
    int fd = mkstemp(temporary);
    if (fd < 0)
        return fault_set(fault, FAULT_LOCAL, "cannot make the state '%s': %s", store->path,
                         strerror(errno));
    close(fd);
    char identify[60];
    snprintf(identify, sizeof identify, "PRAGMA application_id=%d", APPLICATION_ID);
    bool made = connect(store, temporary, fault) &&
                execute(store, "PRAGMA journal_mode=WAL", fault) &&
                execute(store, identify, fault) && migrate(store, fault);
    /* Closing writes the log back, so the one file is all there is. */
    int code = sqlite3_close(store->db);
    store->db = NULL;
    if (made && code != SQLITE_OK)
        made = explain(store, code, fault);
    give_to_folder_owner(temporary);
    /* Somebody may have made it meanwhile: theirs is as good. */
    if (made && link(temporary, store->path) != 0 && errno != EEXIST)
        made = fault_set(fault, FAULT_LOCAL, "cannot make the state '%s': %s", store->path,
                         strerror(errno));
    unlink(temporary);
    return made;
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
        sqlite3_finalize(statement);
    }
    return sound || explain(store, SQLITE_CORRUPT, fault);
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

bool store_get_announcement(struct store *store, struct store_announcement *a, struct fault *fault)
{
    bool row;
    sqlite3_stmt *statement =
        prepare(store, fault,
                "SELECT intent, sent_at, look_id, message_id, channel_name, topic, content"
                " FROM announcement WHERE site = ? AND issue = ? AND channel = ?",
                "isi", store->site, a->issue, a->channel);
    if (!step(store, statement, &row, fault))
        return false;
    a->found = row;
    if (!row)
        return true;
    a->intent = sqlite3_column_int(statement, 0);
    a->sent_at = sqlite3_column_double(statement, 1);
    a->look_id = sqlite3_column_int64(statement, 2);
    a->message_id = sqlite3_column_int64(statement, 3);
    a->channel_name = column_copy(statement, 4);
    a->topic = column_copy(statement, 5);
    a->content = column_copy(statement, 6);
    sqlite3_finalize(statement);
    return (a->channel_name && a->topic && a->content) || fault_memory(fault);
}

void store_announcement_finish(struct store_announcement *a)
{
    free(a->channel_name);
    free(a->topic);
    free(a->content);
    *a = (struct store_announcement){0};
}

bool store_put_intent(struct store *store, const struct store_announcement *a, struct fault *fault)
{
    return run(store,
               prepare(store, fault,
                       "INSERT INTO announcement (site, issue, channel, intent, sent_at, look_id,"
                       " channel_name, topic, content) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)"
                       " ON CONFLICT (site, issue, channel) DO UPDATE SET intent = 1,"
                       " sent_at = excluded.sent_at, look_id = excluded.look_id,"
                       " channel_name = excluded.channel_name, topic = excluded.topic,"
                       " content = excluded.content",
                       "isirisss", store->site, a->issue, a->channel, a->sent_at, a->look_id,
                       a->channel_name, a->topic, a->content),
               fault);
}

bool store_put_posted(struct store *store, const struct store_announcement *a, struct fault *fault)
{
    return run(store,
               prepare(store, fault,
                       "INSERT INTO announcement (site, issue, channel, intent, sent_at, look_id,"
                       " message_id, channel_name, topic, content)"
                       " VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?)"
                       " ON CONFLICT (site, issue, channel) DO UPDATE SET intent = 0,"
                       " message_id = excluded.message_id, channel_name = excluded.channel_name,"
                       " topic = excluded.topic, content = excluded.content",
                       "isiriisss", store->site, a->issue, a->channel, a->sent_at, a->look_id,
                       a->message_id, a->channel_name, a->topic, a->content),
               fault);
}

bool store_drop_intent(struct store *store, const char *issue, int64_t channel, struct fault *fault)
{
    static const char forget[] = "DELETE FROM announcement WHERE site = ? AND issue = ?"
                                 " AND channel = ? AND message_id IS NULL",
                      keep[] = "UPDATE announcement SET intent = 0 WHERE site = ? AND issue = ?"
                               " AND channel = ?";
    return run(store, prepare(store, fault, forget, "isi", store->site, issue, channel), fault) &&
           run(store, prepare(store, fault, keep, "isi", store->site, issue, channel), fault);
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

bool store_lock_post(struct store *store, const struct stop *stop, double wait_s,
                     struct fault *fault)
{
    char path[PATH_MAX], holder[24];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    snprintf(path, sizeof path, "%s.post", store->path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault_set(fault, FAULT_LOCAL, "cannot open the lock '%s': %s", path,
                         strerror(errno));
    give_to_folder_owner(path);
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
