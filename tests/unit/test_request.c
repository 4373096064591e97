/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests the language of requests: a table that people can read, and hostile input. */
#include "ask/request.h"
#include "fixture.h"
#include "news/month.h"

/* Fewer lines than this, and the table was not read. */
#define CASES_MIN 700

/* What the requests are read at: in July 2026, with every issue from April 2020 to June 2026. */
static struct facts_issue archive[75];
static const struct facts_issues archive_issues = {archive, COUNT(archive)};
static struct calendar calendar;

static void make_calendar(void)
{
    for (size_t i = 0; i < COUNT(archive); i++)
        archive[i].month = month_read("2020-04") + (int)i;
    calendar = (struct calendar){.today = month_read("2026-07"), .issues = &archive_issues};
}

static char *trim(char *s)
{
    s += strspn(s, " ");
    size_t len = strlen(s);
    while (len > 0 && s[len - 1] == ' ')
        s[--len] = '\0';
    return s;
}

/* Adds the byte or character that `*s` begins with, and steps over it. */
static void unescape_one(const char **s, struct buf *out)
{
    static const char names[] = "nts\\", bytes[] = "\n\t \\";
    if (**s != '\\') {
        buf_addc(out, *(*s)++);
        return;
    }
    char c = *++*s;
    const char *name = strchr(names, c);
    if (c == 'x') {
        char digits[3] = {(*s)[1], (*s)[1] ? (*s)[2] : '\0', '\0'};
        buf_addc(out, (char)strtoul(digits, NULL, 16));
        *s += 3;
    } else if (c && name) {
        buf_addc(out, bytes[name - names]);
        ++*s;
    } else {
        fail_msg("unknown escape: \\%s", *s);
    }
}

static struct buf unescape(const char *s)
{
    struct buf out = BUF_INIT(test_arena, 1024 * 1024);
    while (*s) {
        if (strncmp(s, "\\(", 2) != 0) {
            unescape_one(&s, &out);
            continue;
        }
        char *after;
        struct buf part = BUF_INIT(test_arena, 1000);
        unsigned long count = strtoul(s + 2, &after, 10);
        assert_memory_equal(after, "){", 2);
        for (s = after + 2; *s && *s != '}';)
            unescape_one(&s, &part);
        s += *s == '}';
        while (count-- > 0)
            buf_add(&out, part.ptr, part.len);
    }
    assert_false(out.full);
    return out;
}

static void add_span(struct buf *out, const struct request *request)
{
    char first[MONTH_ID_SIZE], last[MONTH_ID_SIZE];
    month_id(request->span.first, first);
    month_id(request->span.last, last);
    if (request->timed)
        buf_addf(out, request->month ? " %s" : " %s..%s", first, last);
    if (request->weekly)
        buf_adds(out, " weekly");
}

static void add_view(struct buf *out, const struct request *request)
{
    static const char *const whats[] = {
        [WHAT_NONE] = "",
        [WHAT_HELP] = " help",
        [WHAT_STATUS] = " status",
        [WHAT_NEXT] = " next",
        [WHAT_EDITORS] = " editors",
        [WHAT_MAINTAINERS] = " maintainers",
        [WHAT_PEOPLE] = " people",
        [WHAT_PROJECTS] = " projects",
        [WHAT_TOOLING] = " tooling",
        [WHAT_LINKS] = " links",
        [WHAT_CHANGES] = " changes",
        [WHAT_ISSUES] = " issues",
    };
    static const char *const hows[] = {
        [HOW_NONE] = "",    [HOW_COUNT] = " count", [HOW_TOP] = " top",
        [HOW_NEW] = " new", [HOW_FIRST] = " first", [HOW_LAST] = " last",
    };
    add_span(out, request);
    buf_addf(out, "%s%s", whats[request->what], hows[request->how]);
    if (*request->bare)
        buf_addf(out, ": %s", request->bare);
    if (*request->subject && strcmp(request->subject, request->bare) != 0)
        buf_addf(out, " | %s", request->subject);
}

/* In the words of the table. */
static struct buf describe(const struct request *request)
{
    static const char *const sayings[] = {
        [SAYING_WHO] = "who",         [SAYING_NEWSLETTER] = "newsletter",
        [SAYING_MISTAKE] = "mistake", [SAYING_FEED] = "feed",
        [SAYING_EDITOR] = "editor",   [SAYING_CANNOT] = "cannot",
        [SAYING_PRIVACY] = "privacy", [SAYING_LICENCE] = "licence",
        [SAYING_MORE] = "more",       [SAYING_NAMES] = "names",
    };
    struct buf out = BUF_INIT(test_arena, 10000);
    switch (request->kind) {
    case REQUEST_SILENT:
        buf_adds(&out, "silent");
        break;
    case REQUEST_EMPTY:
        buf_adds(&out, "nothing");
        break;
    case REQUEST_SAYING:
        buf_addf(&out, "saying %s", sayings[request->saying]);
        break;
    case REQUEST_LINK:
        buf_addf(&out, "link: %s", request->subject);
        break;
    case REQUEST_SEARCH:
        buf_adds(&out, "search");
        add_span(&out, request);
        buf_addf(&out, ": %s", request->subject);
        break;
    case REQUEST_SINCE_WHEN:
        buf_adds(&out, "since when");
        break;
    case REQUEST_VIEW:
        buf_adds(&out, "view");
        add_view(&out, request);
        break;
    }
    assert_false(out.full);
    return out;
}

static void assert_line(const char *s)
{
    struct buf valid = BUF_INIT(test_arena, 4 * REQUEST_MAX);
    size_t len = strlen(s);
    assert_true(len <= REQUEST_MAX);
    text_add_valid(&valid, s, len);
    assert_string_equal(buf_str(&valid), s);
    assert_null(strchr(s, '\n'));
}

/* What holds of every request. */
static void assert_sound(const struct request *request)
{
    assert_line(request->subject);
    assert_line(request->bare);
    assert_line(request->typed);
    assert_true(strlen(request->bare) <= strlen(request->subject) || request->what == WHAT_HELP);
    assert_true(request->timed || (!request->month && !request->weekly));
    assert_true(request->kind != REQUEST_SEARCH || *request->subject);
    assert_true(request->kind != REQUEST_LINK || *request->subject);
}

static struct request read_request(const char *text, size_t len)
{
    struct request request;
    request_read(test_arena, text, len, &calendar, &request);
    assert_sound(&request);
    return request;
}

/* False, and says why, when the request is understood otherwise. */
static bool check(const char *asked, const char *expected, int line)
{
    struct buf text = unescape(asked), meaning = unescape(expected);
    struct request request = read_request(buf_str(&text), text.len);
    struct buf read = describe(&request);
    bool same = strcmp(buf_str(&read), buf_str(&meaning)) == 0;
    if (!same)
        print_error("grammar.txt:%d: '%s' is understood as '%s' instead of '%s'\n", line, asked,
                    buf_str(&read), buf_str(&meaning));
    return same;
}

static void test_grammar(void **state)
{
    (void)state;
    struct buf table = read_path("tests/unit/grammar.txt");
    size_t cases = 0, wrong = 0;
    int number = 1;
    for (char *line = table.ptr, *next; line; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (*line == '#' || !*line)
            continue;
        char *arrow = strstr(line, "=>");
        if (!arrow)
            fail_msg("grammar.txt:%d: no =>", number);
        *arrow = '\0';
        wrong += !check(trim(line), trim(arrow + 2), number);
        cases++;
    }
    print_message("%zu cases of the grammar\n", cases);
    if (wrong)
        fail_msg("%zu of %zu cases", wrong, cases);
    assert_true(cases >= CASES_MIN);
}

/* Every byte, alone and inside of words. */
static void test_bytes(void **state)
{
    (void)state;
    static const char *const around[][2] = {
        {"", ""},      {"uefi", "rs"},  {"july ", " 2025"}, {"since march ", ""},
        {"help ", ""}, {"search ", ""}, {"o/r#", "1"},      {"https://", "x"}};
    for (int c = 0; c < 256; c++)
        for (size_t i = 0; i < COUNT(around); i++) {
            struct buf text = BUF_INIT(test_arena, 100);
            buf_adds(&text, around[i][0]);
            buf_addc(&text, (char)c);
            buf_adds(&text, around[i][1]);
            read_request(text.ptr, text.len);
        }
}

/* 10,000 characters and more of one thing. */
static void test_long(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a",           " ",       "a ",       "july ",      "2025 ",
        "since ",      "the ",    "what is ", "thank you ", "\xF0\x9F\xA6\x80",
        "\xFF",        "\"",      "- ",       "help ",      "this month in rust osdev ",
        "history of ", "search ", "may i ",   "\x0e",       "\xE2\x80\xAE",
        "uefi-rs ",    "next ",   "before ",  "crate ",     "@**",
        "#1 ",         "://",     "a/b#1",
    };
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct buf text = repeat(pieces[i], 200000);
        read_request(text.ptr, text.len);
    }
    assert_int_equal(read_request("", 0).kind, REQUEST_EMPTY);
    assert_int_equal(read_request("latestXYZ", 6).how, HOW_LAST);
}

/* An archive without issues, and a clock that cannot be believed. */
static void test_empty_archive(void **state)
{
    (void)state;
    static const struct facts_issues none = {NULL, 0};
    static const char *const asked[] = {"latest",         "july",       "last month",
                                        "issue 1",        "since july", "last 3 issues",
                                        "two issues ago", "previous",   "2025"};
    for (int today = 0; today <= month_read("2026-07"); today += month_read("2026-07"))
        for (size_t i = 0; i < COUNT(asked); i++) {
            struct calendar empty = {.today = today, .issues = &none};
            struct request request;
            request_read(test_arena, asked[i], strlen(asked[i]), &empty, &request);
            assert_sound(&request);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_empty_archive),
    };
    make_calendar();
    return cmocka_run_group_tests_name("request", tests, setup_arena, teardown_arena);
}
