/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests arena and buf: memory by job, growing arrays and bounded strings. */
#include "base/stop.h"
#include "fixture.h"
#include "io/database.h"
#include "io/http.h"
#include "io/json.h"
#include "news/html.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void test_adds(void **state)
{
    (void)state;
    struct buf b = BUF_INIT(arena, 100);
    assert_string_equal(buf_str(&b), "");
    buf_adds(&b, "one");
    buf_addc(&b, ' ');
    buf_add(&b, "two\0three", 9);
    buf_add(&b, NULL, 0);
    buf_addf(&b, " %d %s", 4, "five");
    assert_int_equal(b.len, 20);
    assert_memory_equal(b.ptr, "one two\0three 4 five", 21);
    assert_false(b.full);
}

/* Exactly the maximum fits; one byte more fails, adds nothing and sticks. */
static void test_maximum(void **state)
{
    (void)state;
    static const size_t limits[] = {0, 1, 2, 63, 64, 65, 127, 128, 1000};
    for (size_t i = 0; i < COUNT(limits); i++) {
        size_t max = limits[i];
        struct buf b = BUF_INIT(arena, max);
        for (size_t n = 0; n < max; n++)
            buf_addc(&b, 'x');
        assert_false(b.full);
        buf_add(&b, "", 0);
        assert_false(b.full);
        buf_addc(&b, 'y');
        assert_true(b.full);
        buf_truncate(&b, 0);
        buf_adds(&b, "");
        assert_true(b.full);
        assert_int_equal(b.len, 0);
    }
    struct buf b = BUF_INIT(arena, 10);
    buf_addf(&b, "%s", "0123456789");
    assert_false(b.full);
    buf_addf(&b, "%s", "a");
    assert_true(b.full);
    assert_string_equal(buf_str(&b), "0123456789");
    struct buf huge = BUF_INIT(arena, 10);
    buf_adds(&huge, "ab");
    buf_add(&huge, "", SIZE_MAX);
    assert_true(huge.full);
}

static void test_truncate(void **state)
{
    (void)state;
    struct buf b = BUF_INIT(arena, 10);
    buf_truncate(&b, 0);
    buf_adds(&b, "abcdef");
    buf_truncate(&b, 9);
    assert_string_equal(buf_str(&b), "abcdef");
    buf_truncate(&b, 3);
    assert_string_equal(buf_str(&b), "abc");
    buf_adds(&b, "xy");
    assert_string_equal(buf_str(&b), "abcxy");
}

static void test_reset(void **state)
{
    (void)state;
    struct buf b = BUF_INIT(arena, 10);
    buf_adds(&b, "0123456789");
    buf_addc(&b, 'x');
    buf_reset(&b);
    assert_false(b.full);
    assert_string_equal(buf_str(&b), "");
    buf_adds(&b, "again");
    assert_string_equal(buf_str(&b), "again");
}

static void test_strings(void **state)
{
    (void)state;
    assert_null(arena_copy(arena, NULL));
    assert_string_equal(arena_copy(arena, ""), "");
    assert_string_equal(arena_copy_n(arena, "abcdef", 3), "abc");
    assert_string_equal(arena_copy_n(arena, NULL, 0), "");
    assert_string_equal(arena_format(arena, "%s %d", "month", 7), "month 7");
    assert_string_equal(arena_format(arena, "%s", ""), "");
}

/* Two arrays that grow by turns, and pieces of any size between them. */
static void test_pieces(void **state)
{
    (void)state;
    struct pair {
        size_t number;
        long double aligned;
    } *pairs = NULL;
    char *letters = NULL;
    size_t pair_count = 0, letter_count = 0;
    for (size_t i = 0; i < 20000; i++) {
        struct pair *pair = arena_add(arena, &pairs, &pair_count, sizeof *pair);
        assert_int_equal(pair->number, 0);
        assert_int_equal((uintptr_t)pair % _Alignof(long double), 0);
        *pair = (struct pair){i, 1};
        *(char *)arena_add(arena, &letters, &letter_count, 1) = (char)('a' + i % 26);
        char *piece = arena_zero(arena, i % 100, i % 7);
        for (size_t at = 0; at < i % 100 * (i % 7); at++)
            assert_int_equal(piece[at], 0);
        memset(piece, 0xFF, i % 100 * (i % 7));
    }
    for (size_t i = 0; i < pair_count; i++) {
        assert_int_equal(pairs[i].number, i);
        assert_int_equal(letters[i], 'a' + i % 26);
    }
    arena_reset(arena);
    assert_string_equal(arena_copy(arena, "next turn"), "next turn");
}

/* Each way to ask for memory, until it ends. */
static void arena_ask(void)
{
    arena_zero(arena, 1, 100000);
}

static void buf_ask(void)
{
    static struct buf b;
    if (!b.max)
        b = BUF_INIT(arena, SIZE_MAX / 2);
    buf_addf(&b, "%100000d", 1);
}

static void array_ask(void)
{
    static char(*array)[10000];
    static size_t count;
    arena_add(arena, &array, &count, sizeof *array);
}

static void copy_ask(void)
{
    memory_copy("a string that nobody gives back, over and over again");
}

static void absurd_ask(void)
{
    arena_zero(arena, SIZE_MAX / 2, 3);
}

static void json_ask(void)
{
    json_new_array(json_new_object(NULL, NULL), "of values");
}

static void html_ask(void)
{
    struct fault fault = {0};
    html_parse("<p>text", 7, 100, &fault);
}

static void database_ask(void)
{
    struct fault fault = {0};
    database_open(arena, NULL, NULL, DATABASE_CREATE, &fault);
}

static void http_ask(void)
{
    static const struct stop stop = STOP_NEVER;
    http_open(arena, 0, &stop);
}

/* Sanitizers and valgrind have memory of their own, which they cannot do without. */
static bool memory_is_ours(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false;
#elif defined(__clang__)
#if __has_feature(address_sanitizer)
    return false;
#endif
#endif
    return !is_slowed();
}

static void limit_memory(void)
{
    struct rlimit room = {(rlim_t)64 << 20, (rlim_t)64 << 20};
    setrlimit(RLIMIT_DATA, &room);
}

/* What the library is handed ends the process with one line, not with a crash or a wrong result. */
static void test_out_of_memory(void **state)
{
    (void)state;
    if (!memory_is_ours())
        skip();
    static void (*const ways[])(void) = {arena_ask, buf_ask,  array_ask,    copy_ask, absurd_ask,
                                         json_ask,  html_ask, database_ask, http_ask};
    for (size_t i = 0; i < COUNT(ways); i++) {
        int said[2];
        assert_int_equal(pipe(said), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct fault fault = {0};
            json_init();
            html_init();
            database_init();
            if (!http_init(&fault) || dup2(said[1], STDERR_FILENO) < 0)
                _exit(2);
            limit_memory();
            for (size_t turn = 0; turn < 100000000; turn++)
                ways[i]();
            _exit(3);
        }
        char line[200] = "";
        close(said[1]);
        ssize_t len = read(said[0], line, sizeof line - 1);
        close(said[0]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_true(len > 0);
        assert_string_equal(line, "tmro-bot: error: out of memory\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds),          cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_truncate),      cmocka_unit_test(test_reset),
        cmocka_unit_test(test_strings),       cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("arena", tests, set_up, tear_down);
}
