/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the unit tests share: cmocka, files of tests/fixtures, faults that are judged. */
#ifndef TMRO_FIXTURE_H
#define TMRO_FIXTURE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "news/month.h"
#include "base/text.h"

/* cmocka wants these before it, in this order. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>


static inline void assert_month(int month, const char *id)
{
    char shown[MONTH_ID_SIZE];
    month_id(month, shown);
    assert_string_equal(shown, id);
}

/* Memory of the tests of a file that runs with setup_arena() and teardown_arena(). */
static struct arena *test_arena __attribute__((unused));

static inline int setup_arena(void **state)
{
    (void)state;
    test_arena = arena_new();
    return 0;
}

static inline int teardown_arena(void **state)
{
    (void)state;
    arena_free(test_arena);
    return 0;
}

/* The content of a file; fails the test when it cannot be read. The caller finishes it. */
static inline struct buf read_path(const char *path)
{
    struct buf data = BUF_INIT(test_arena, 64 * 1024 * 1024);
    char chunk[65536];
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buf_add(&data, chunk, n);
    assert_false(ferror(file));
    fclose(file);
    assert_false(data.full);
    return data;
}

static inline struct buf read_fixture(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "tests/fixtures/%s", name);
    return read_path(path);
}

/* The files a pattern names, at least `least`; the caller frees it with globfree(). */
static inline glob_t find_paths(const char *pattern, size_t least)
{
    glob_t found;
    int error = glob(pattern, 0, NULL, &found);
    if (error || found.gl_pathc < least)
        fail_msg("%s: fewer than %zu files", pattern, least);
    return found;
}

/* Whether all costs some thirty times as much: under valgrind less of the same is enough. */
static inline bool is_slowed(void)
{
    const char *wrapper = getenv("TMRO_WRAPPER");
    return wrapper && *wrapper;
}

/* `s` repeated. */
static inline struct buf repeat(const char *s, size_t count)
{
    struct buf out = BUF_INIT(test_arena, 64 * 1024 * 1024);
    while (count--)
        buf_adds(&out, s);
    assert_false(out.full);
    return out;
}

/* Whether this process may open files. */
static inline void allow_files(bool allowed)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = allowed ? limit.rlim_max : 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* One clear line that a terminal can show: not empty, no control or bidi characters, no full stop.
 */
static inline void assert_clear_line(const char *msg)
{
    char shown[2000] = "";
    size_t len = strlen(msg);
    if (len == 0 || strcmp(text_printable(shown, sizeof shown, msg, len), msg) != 0 ||
        msg[len - 1] == '.' || msg[len - 1] == ' ')
        fail_msg("not a clear line: '%s'", shown);
}

static inline void assert_fault(const struct fault *fault, enum fault_kind kind)
{
    if (fault->kind != kind)
        fail_msg("fault kind %d instead of %d: %s", (int)fault->kind, (int)kind, fault->msg);
    assert_clear_line(fault->msg);
}

static inline void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

/* Compares strings, NULL included. */
static inline void assert_text(const char *actual, const char *expected)
{
    if (!actual || !expected)
        assert_ptr_equal(actual, expected);
    else
        assert_string_equal(actual, expected);
}

#endif
