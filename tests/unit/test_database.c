/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests of the database with several processes at once. */
#include "io/database.h"

#include "base/arena.h"
#include "base/fault.h"
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 120, SLOWED_ROUNDS = 2, PROCESSES = 4, WRITES = 3 };

/* Opens the state and writes into it a few times; as an exit status. */
static int use(const char *path)
{
    struct fault fault = {0};
    struct database *db = database_open(test_arena, path, NULL, DATABASE_CREATE, &fault);
    bool done = db != NULL;
    for (int i = 0; done && i < WRITES; i++)
        done = database_begin(db, &fault) &&
               database_run(db, &fault, "CREATE TABLE IF NOT EXISTS mark(at INTEGER)", "") &&
               database_run(db, &fault, "INSERT INTO mark VALUES(?)", "i", (int64_t)i) &&
               database_commit(db, &fault);
    database_close(db);
    if (!done)
        fprintf(stderr, "%s\n", fault.msg);
    return done ? 0 : 1;
}

/* All begin together, give or take a millisecond, so that one opens what another makes, writes
 * or closes. */
static void race(const char *path, int round)
{
    int gate[2];
    assert_return_code(pipe(gate), 0);
    for (int i = 0; i < PROCESSES; i++) {
        pid_t child = fork();
        assert_return_code(child, 0);
        if (child == 0) {
            char end;
            close(gate[1]);
            if (read(gate[0], &end, 1) == 0)
                usleep((useconds_t)((i * 7919 + round * 977) % 1000));
            _exit(use(path));
        }
    }
    close(gate[0]);
    close(gate[1]);
    int failed = 0;
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_return_code(wait(&status), 0);
        failed += status != 0;
    }
    assert_int_equal(failed, 0);
}

static void test_opened_by_several(void **state)
{
    char folder[40], path[60], beside[70];
    (void)state;
    /* A disk would keep them apart. */
    snprintf(folder, sizeof folder, "%s/tmro-unit-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state.db", folder);
    int rounds = is_slowed() ? SLOWED_ROUNDS : ROUNDS;
    for (int round = 0; round < rounds; round++) {
        race(path, round);
        struct fault fault = {0};
        int64_t marks = 0;
        struct database *db = database_open(test_arena, path, NULL, DATABASE_WRITE, &fault);
        assert_non_null(db);
        assert_true(database_get_integer(db, &marks, &fault, "SELECT count(*) FROM mark", ""));
        database_close(db);
        assert_int_equal(marks, PROCESSES * WRITES);
        unlink(path);
        /* The last one to close takes its log along. */
        snprintf(beside, sizeof beside, "%s-wal", path);
        assert_int_not_equal(access(beside, F_OK), 0);
    }
    assert_return_code(rmdir(folder), 0);
}

/* SQLite has the log beside the file, which is shorter than the database meanwhile. */
static void test_linked_with_a_log(void **state)
{
    char folder[] = "/tmp/tmro-unit-XXXXXX", path[60], link[60];
    struct fault fault = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state.db", folder);
    snprintf(link, sizeof link, "%s/link.db", folder);
    struct database *db = database_open(test_arena, path, NULL, DATABASE_CREATE, &fault);
    assert_non_null(db);
    database_close(db);
    assert_return_code(symlink(path, link), errno);
    pid_t child = fork();
    if (child == 0) {
        db = database_open(test_arena, link, NULL, DATABASE_WRITE, &fault);
        if (db && database_run(db, &fault, "CREATE TABLE large (x)", "") &&
            database_run(db, &fault, "INSERT INTO large VALUES (randomblob(600000))", ""))
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    db = database_open(test_arena, link, NULL, DATABASE_WRITE, &fault);
    assert_string_equal(fault.msg, "");
    database_close(db);
    unlink(link);
    unlink(path);
    assert_return_code(rmdir(folder), errno);
}

struct mark {
    int64_t id;
    int count;
    bool good;
    double at;
    struct {
        char *name;
    } of;
    char *note;
    int other; /* of no column */
};

static const struct columns mark_columns = {sizeof(struct mark),
                                            {COLUMN(mark, id), COLUMN(mark, count),
                                             COLUMN(mark, good), COLUMN(mark, at),
                                             COLUMN(mark, of.name), COLUMN_OR_NULL(mark, note)}};

#define MARKS                                                                                      \
    "SELECT column1 AS name, column2 AS at, column3 AS note, column4 AS id, column5 AS count,"     \
    " column6 AS good FROM"

/* Members are found by the names of their columns, whatever their order. */
static void test_rows(void **state)
{
    struct fault fault = {0};
    struct arena *arena = arena_new();
    struct database *db = database_open(test_arena, NULL, NULL, DATABASE_CREATE, &fault);
    struct mark *marks = NULL, one = {.other = 7};
    size_t count = 0;
    bool found = true;
    (void)state;
    assert_true(database_rows(arena, db, &mark_columns, &marks, &count, &fault,
                              MARKS " (VALUES (?, ?, NULL, ?, -1, 1), ('b', NULL, 'n', 2, 0, 0))",
                              "sri", "a", 0.5, INT64_MAX));
    assert_int_equal(count, 2);
    assert_string_equal(marks[0].of.name, "a");
    assert_true(marks[0].at > 0.4 && marks[0].at < 0.6 && marks[0].good && !marks[0].note);
    assert_true(marks[0].id == INT64_MAX && marks[0].count == -1);
    assert_string_equal(marks[1].note, "n");
    assert_true(marks[1].id == 2 && !marks[1].good && marks[1].at <= 0);
    assert_true(database_row(arena, db, &mark_columns, &one, &found, &fault,
                             MARKS " (VALUES (1, 2, 3, 4, 5, 6)) WHERE column1 = 2", ""));
    assert_true(!found && one.other == 7);
    /* A text that is not there, and a column. */
    assert_false(database_row(arena, db, &mark_columns, &one, &found, &fault,
                              MARKS " (VALUES (NULL, 2, 3, 4, 5, 6))", ""));
    assert_int_equal(fault.kind, FAULT_DAMAGED);
    fault = (struct fault){0};
    assert_false(
        database_rows(arena, db, &mark_columns, &marks, &count, &fault, "SELECT 1 AS id", ""));
    assert_int_equal(fault.kind, FAULT_DAMAGED);
    char *text = NULL;
    assert_true(database_get_text(arena, db, &text, &fault, "SELECT ?", "s", "x"));
    assert_string_equal(text, "x");
    database_close(db);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_opened_by_several),
                                       cmocka_unit_test(test_linked_with_a_log)};
    return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
