/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests answer: the wording of each answer, and that all of them keep the rules. */
#include "ask/answer.h"

#include "archived.h"
#include "io/config.h"
#include "io/database.h"
#include "news/month.h"

#define SITE   "https://rust-osdev.com"
#define AT(id) SITE "/this-month/" id "/"

/* 20 October 2031 */
#define NOW 1950260000.0

/* The pages among the fixtures. */
static struct database *fixture_store(void)
{
    struct database *db = open_empty();
    put_pages(db);
    return db;
}

/* An issue with that content, published on the `day` of the month after; 0: unknown. */
static void put(struct database *db, const char *id, int day, const char *html)
{
    struct fault fault = {0};
    struct issue issue = {0};
    char text[MONTH_TEXT_SIZE], title[100];
    issue.month = month_of_id(id);
    month_text(issue.month, text);
    snprintf(title, sizeof title, "This Month in Rust OSDev: %s", text);
    issue.url = issue_url(test_arena, SITE, issue.month);
    issue.title = arena_copy(test_arena, title);
    if (day)
        issue_date(issue.published, (issue.month + 1) / 12, (issue.month + 1) % 12 + 1, day);
    assert_true(post_read_content(test_arena, html, strlen(html), &issue, &fault));
    assert_true(archive_put(db, &issue, false, html, strlen(html), &fault));
}

#define NEWS     "<h2 id=\"news\">Announcements, News, and Blog Posts</h2>"
#define PROJECTS "<h2 id=\"projects\"><code>rust-osdev</code> Projects</h2>"
#define PROJECT(name)                                                                              \
    "<h3 id=\"" name "\"><a href=\"https://github.com/rust-osdev/" name "\"><code>" name           \
    "</code></a></h3>"
#define CHANGE(n)                                                                                  \
    "<ul><li><a href=\"https://github.com/rust-osdev/x/pull/" n "\">Change " n "</a></li></ul>"
#define LINK(n) "<ul><li><a href=\"https://example.org/" n "\">Link number " n "</a></li></ul>"

static char *ask_at(struct database *db, const char *request, size_t max_length, double now,
                    bool *found)
{
    struct fault fault = {0};
    struct config config = {.site_url = (char[]){SITE},
                            .site_feed = (char[]){SITE "/rss.xml"},
                            .site_suggest = (char[]){"https://chat.example.org/suggest"},
                            .site_poll_minutes = 60};
    struct answerer answerer = {test_arena, db, &config, now, max_length};
    char *text = NULL;
    if (!answer_request(&answerer, request, strlen(request), &text, found, &fault))
        fail_msg("'%s': %s", request, fault.msg);
    return text;
}

static void expect_at(struct database *db, double now, const char *request, bool found,
                      const char *expected)
{
    bool was_found;
    char *text = ask_at(db, request, 10000, now, &was_found);
    assert_string_equal(text, expected);
    assert_int_equal(was_found, found);
}

static void expect(struct database *db, const char *request, bool found, const char *expected)
{
    expect_at(db, NOW, request, found, expected);
}

static void expect_starts(struct database *db, const char *request, const char *start)
{
    bool found;
    char *text = ask_at(db, request, 10000, NOW, &found);
    if (strncmp(text, start, strlen(start)) != 0)
        fail_msg("'%s': %s", request, text);
    assert_true(found);
}

/* Lines seen before a spoiler is opened: its header counts, what is inside does not. */
static size_t count_visible(const char *text, bool *open)
{
    size_t lines = 0;
    *open = false;
    while (*text) {
        size_t len = strcspn(text, "\n");
        bool fence = strncmp(text, "```", 3) == 0;
        lines += !*open;
        if (fence && !*open && memchr(text + 3, '`', len - 3))
            fail_msg("a backtick in '%.*s'", (int)len, text);
        *open = fence ? !*open : *open;
        text += len + (text[len] == '\n');
    }
    return lines;
}

/* The text without its code spans, in which nothing acts. */
static struct buf without_code(const char *text)
{
    struct buf out = BUF_INIT(test_arena, 1024 * 1024);
    while (*text) {
        size_t run = strspn(text, "`"), end = run;
        while (run && text[end] && text[end] != '\n') {
            size_t closing = strspn(text + end, "`");
            end += closing ? closing : 1;
            if (closing == run)
                break;
        }
        if (run && run < end && text[end - 1] == '`') {
            text += end;
            continue;
        }
        buf_add(&out, text, run ? run : 1);
        text += run ? run : 1;
    }
    return out;
}

static void check_rules(struct database *db, const char *request, size_t max_length)
{
    bool found, again_found, open;
    char *text = ask_at(db, request, max_length, NOW, &found);
    char *again = ask_at(db, request, max_length, NOW, &again_found);
    size_t line = strcspn(text, "\n");
    assert_string_equal(text, again);
    assert_true(*text);
    if (count_visible(text, &open) > 8)
        fail_msg("'%.60s' has more than eight lines: %s", request, text);
    if (open)
        fail_msg("'%.60s' leaves a spoiler open: %s", request, text);
    if (text_length(text) > max_length)
        fail_msg("'%.60s' is longer than %zu: %s", request, max_length, text);
    struct buf acting = without_code(text);
    if (strstr(buf_str(&acting), "@*") || strstr(buf_str(&acting), "@_") ||
        strstr(buf_str(&acting), "](http://evil"))
        fail_msg("'%.60s' acts: %s", request, buf_str(&acting));
    if (strncmp(text, "**[", 3) == 0 && strncmp(text + line - 3, ")**", 3) == 0)
        fail_msg("'%.60s' looks like an announcement: %s", request, text);
}

static void rules(void **state)
{
    static const size_t limits[] = {10000, 1000, 500};
    static const char *const requests[] = {"",
                                           "help",
                                           "help since",
                                           "help nothing",
                                           "is the new issue out yet?",
                                           "when is march due",
                                           "thanks 🙏",
                                           "-kernel -\"x y\"",
                                           "histroy tinyboot",
                                           "history tiny",
                                           "since march tiny",
                                           "latest",
                                           "previous",
                                           "last month",
                                           "this month",
                                           "2031-01",
                                           "2031-02",
                                           "2031-03",
                                           "2031-04",
                                           "2031-05",
                                           "2031-06",
                                           "2031-07",
                                           "2031-08",
                                           "2031-09",
                                           "2031-10",
                                           "2099-12",
                                           "2020-01",
                                           "july",
                                           "december",
                                           "list",
                                           "list 2031",
                                           "list 1999",
                                           "history tinyboot",
                                           "tinyboot",
                                           "nova",
                                           "vulcan-hal",
                                           "history nothing",
                                           "history a",
                                           "search kernel",
                                           "kernel",
                                           "the",
                                           "search a",
                                           "search the of",
                                           "a b c d e f",
                                           "boot OR 1",
                                           "\"unbalanced",
                                           "'; DROP TABLE issue; --",
                                           "NEAR(a b)",
                                           "*",
                                           "***",
                                           "-kernel",
                                           "since",
                                           "since 2031-01",
                                           "since 2031-09",
                                           "since 2040-01",
                                           "since may",
                                           "since last month",
                                           "since 2031-01 tinyboot",
                                           "since 2031-01 vulcan-hal",
                                           "since 2031-09 nova",
                                           "since 2031-01 nothing",
                                           "next",
                                           "how do I submit",
                                           "status",
                                           "lates",
                                           "frobnicator",
                                           "@**all**",
                                           "search @**all**",
                                           "@**all** kernel",
                                           "[x](http://evil.example.org)",
                                           "kernel [x](http://evil.example.org) ```",
                                           "```spoiler x",
                                           "~~~",
                                           "search `` ` ```",
                                           "🦀",
                                           "\x0e\x0f",
                                           "\xff\xfe",
                                           "kernel\n\n# heading\n```quote",
                                           "/me waves",
                                           "&#64;**all**"};
    struct database *db = fixture_store();
    for (size_t r = 0; r < COUNT(requests); r++)
        for (size_t l = 0; l < COUNT(limits); l++)
            check_rules(db, requests[r], limits[l]);
    struct buf words = repeat("kernel @**all** ` ", 1000);
    check_rules(db, buf_str(&words), 500);
    database_close(db);
    (void)state;
}

/* Each limit down to nothing gives an answer. */
static void lengths(void **state)
{
    static const char *const requests[] = {"2031-03",  "2031-09", "list",
                                           "tinyboot", "kernel",  "since 2031-01"};
    struct database *db = fixture_store();
    for (size_t r = 0; r < COUNT(requests); r++) {
        size_t last = 0;
        for (size_t limit = 100; limit <= 2000; limit += 100) {
            bool found;
            char *text = ask_at(db, requests[r], limit, NOW, &found);
            size_t length = text_length(text);
            if (length > limit)
                fail_msg("'%s' at %zu: %s", requests[r], limit, text);
            last = length;
        }
        assert_true(last > 100);
    }
    database_close(db);
    (void)state;
}

static void show(void **state)
{
    struct database *db = open_empty();
    put(db, "2031-01", 0,
        NEWS LINK("1") LINK("2") PROJECTS PROJECT("bootloader") CHANGE("7") PROJECT("volatile"));
    put(db, "2031-02", 8, PROJECTS PROJECT("bootloader") CHANGE("8"));
    put(db, "2031-04", 9, NEWS LINK("3"));
    expect(
        db, "january 2031", true,
        "**[This Month in Rust OSDev: January 2031](" AT(
            "2031-01") ")**, date unknown\n"
                       "`rust-osdev` Projects: [`bootloader`](" AT(
                           "2031-01") "#bootloader) (1), "
                                      "[`volatile`](" AT(
                                          "2031-01") "#volatile)\n"
                                                     "\n"
                                                     "```spoiler 2 links\n"
                                                     "**[Announcements, News, and Blog Posts](" AT(
                                                         "2031-01") "#news)**\n"
                                                                    "\n"
                                                                    "- [Link number "
                                                                    "1](https://example.org/1)\n"
                                                                    "- [Link number "
                                                                    "2](https://example.org/2)\n"
                                                                    "```");
    expect(
        db, "previous", true,
        "**[This Month in Rust OSDev: February 2031](" AT(
            "2031-02") ")**, published on "
                       "8 March 2031\n"
                       "`rust-osdev` Projects: [`bootloader`](" AT("2031-02") "#bootloader) (1)");
    expect(db, "latest", true,
           "**[This Month in Rust OSDev: April 2031](" AT(
               "2031-04") ")**, published on "
                          "9 May 2031\n"
                          "\n"
                          "```spoiler 1 link\n"
                          "**[Announcements, News, and Blog Posts](" AT(
                              "2031-04") "#news)**\n"
                                         "\n"
                                         "- [Link number 3](https://example.org/3)\n"
                                         "```");
    expect(db, "2031-03", false,
           "I have no issue of March 2031; the nearest are [February 2031](" AT(
               "2031-02") ") and [April 2031](" AT("2031-04") ").");
    expect(db, "2030-12", false,
           "I have no issue of December 2030; the first is [January 2031](" AT("2031-01") ").");
    expect(db, "2031-05", false,
           "May 2031 is not out yet. The newest issue is [April 2031](" AT("2031-04") ").");
    expect(db, "last month", false,
           "September 2031 is not out yet. The newest issue is [April 2031](" AT("2031-04") ").");
    database_close(db);
    (void)state;
}

static void show_short(void **state)
{
    bool found;
    struct database *db = open_empty();
    put(db, "2031-01", 5,
        NEWS LINK("1") LINK("2") LINK("3") LINK("4") PROJECTS PROJECT("bootloader") CHANGE("7"));
    char *text = ask_at(db, "latest", 440, NOW, &found);
    assert_string_equal(
        text,
        "**[This Month in Rust OSDev: January 2031](" AT(
            "2031-01") ")**, published "
                       "on 5 February 2031\n"
                       "`rust-osdev` Projects: [`bootloader`](" AT(
                           "2031-01") "#bootloader) (1)\n"
                                      "\n"
                                      "```spoiler 4 links\n"
                                      "**[Announcements, News, and Blog Posts](" AT(
                                          "2031-01") "#news)**\n"
                                                     "\n"
                                                     "- [Link number 1](https://example.org/1)\n"
                                                     "- [… and 3 more](" AT("2031-01") "#news)\n"
                                                                                       "```");
    text = ask_at(db, "latest", 300, NOW, &found);
    assert_string_equal(text,
                        "**[This Month in Rust OSDev: January 2031](" AT(
                            "2031-01") ")**, published "
                                       "on 5 February 2031\n"
                                       "`rust-osdev` Projects: [`bootloader`](" AT(
                                           "2031-01") "#bootloader) (1)\n"
                                                      "[… and 4 more links](" AT("2031-01") ")");
    database_close(db);
    (void)state;
}

/* A template that changed has many sections with projects, still few lines. */
static void many_sections(void **state)
{
    struct database *db = open_empty();
    struct buf html = BUF_INIT(test_arena, 100000);
    bool found, open;
    for (int i = 0; i < 9; i++)
        buf_addf(&html,
                 "<h2 id=\"s%d\">Projects %d</h2><h3 id=\"p%d\"><a href=\"https://example.org/%d\">"
                 "@**all** `%d</a></h3>" CHANGE("1"),
                 i, i, i, i, i);
    put(db, "2031-01", 5, buf_str(&html));
    char *text = ask_at(db, "latest", 10000, NOW, &found);
    assert_true(count_visible(text, &open) <= 8 && !open);
    assert_contains(text, "Projects 3: [``@**all** `3``](" AT(
                              "2031-01") "#p3) (1)\n"
                                         "[… and 5 more projects](" AT("2031-01") ")");
    text = ask_at(db, "is it out yet?", 10000, NOW, &found);
    assert_true(count_visible(text, &open) <= 8 && !open);
    assert_contains(text, "February 2031 is not out yet. The newest is:\n**[");
    assert_contains(text, "[… and 6 more projects](");
    database_close(db);
    (void)state;
}

static void list(void **state)
{
    static const char *const years[] = {"2023", "2024", "2025", "2026",
                                        "2027", "2028", "2029", "2030"};
    struct database *db = open_empty();
    char id[MONTH_ID_SIZE];
    put(db, "2022-11", 3, NEWS LINK("1"));
    for (size_t i = 0; i < COUNT(years); i++) {
        snprintf(id, sizeof id, "%s-01", years[i]);
        put(db, id, 3, NEWS LINK("1"));
    }
    put(db, "2030-02", 3, NEWS LINK("1") LINK("2") PROJECTS PROJECT("volatile") CHANGE("1"));
    expect(
        db, "list", true,
        "**2030** [Jan](" AT("2030-01") ") [Feb](" AT(
            "2030-02") ")\n"
                       "**2029** [Jan](" AT(
                           "2029-01") ")\n"
                                      "**2028** [Jan](" AT(
                                          "2028-01") ")\n"
                                                     "**2027** [Jan](" AT(
                                                         "2027-01") ")\n"
                                                                    "**2026** [Jan](" AT(
                                                                        "2026-01") ")\n"
                                                                                   "**2025** "
                                                                                   "[Jan](" AT(
                                                                                       "2025-01") ")\n"
                                                                                                  "**2024** [Jan](" AT(
                                                                                                      "2024-01") ")\n"
                                                                                                                 "```spoiler 2 earlier years\n"
                                                                                                                 "**2023** [Jan](" AT(
                                                                                                                     "2023-01") ")\n"
                                                                                                                                "**2022** [Nov](" AT(
                                                                                                                                    "2022-11") ")\n"
                                                                                                                                               "```");
    expect(db, "list 2030", true,
           "**2030**: [January](" AT("2030-01") "), [February](" AT(
               "2030-02") ")\n"
                          "2 issues with 3 links and 1 change");
    expect(db, "list 2029", true,
           "**2029**: [January](" AT("2029-01") ")\n1 issue with 1 link and 0 changes");
    expect(db, "list 2031", false,
           "I have no issue of 2031; the first is [November 2022](" AT(
               "2022-11") "), the newest is [February 2030](" AT("2030-02") ").");
    database_close(db);
    (void)state;
}

/* Issues with a project that goes away for more than a year. */
static struct database *project_store(void)
{
    struct database *db = open_empty();
    put(db, "2029-12", 4, PROJECTS PROJECT("volatile") CHANGE("1"));
    put(db, "2030-01", 6, NEWS LINK("1"));
    put(db, "2031-02", 7, NEWS LINK("2") LINK("3"));
    put(db, "2031-03", 8,
        PROJECTS PROJECT("volatile") CHANGE("2") CHANGE("3") PROJECT("multiboot2") CHANGE("4"));
    put(db, "2031-04", 6, PROJECTS PROJECT("volatile") "<p>Nothing new.</p>");
    return db;
}

static void history(void **state)
{
    struct database *db = project_store();
    static const char volatile_history[] =
        "**[`volatile`](https://github.com/rust-osdev/volatile)** is in 3 of 5 issues, first in "
        "[December 2029](" AT("2029-12") "#volatile), last in [April 2031](" AT(
            "2031-04") "#volatile). It was absent from January 2030 to February 2031.\n"
                       "Changes a year: 2029 **1**, 2031 **2**\n"
                       "Newest: 2031 [Apr](" AT("2031-04") "#volatile), [Mar](" AT(
                           "2031-03") "#volatile) (2), 2029 [Dec](" AT("2029-12") "#volatile) (1)\n"
                                                                                  "\n"
                                                                                  "```spoiler 2 "
                                                                                  "changes in "
                                                                                  "March 2031\n"
                                                                                  "- [Change "
                                                                                  "2](https://"
                                                                                  "github.com/"
                                                                                  "rust-osdev/x/"
                                                                                  "pull/2)\n"
                                                                                  "- [Change "
                                                                                  "3](https://"
                                                                                  "github.com/"
                                                                                  "rust-osdev/x/"
                                                                                  "pull/3)\n"
                                                                                  "```";
    expect(db, "volatile", true, volatile_history);
    expect(db, "history volatile", true, volatile_history);
    expect(db, "history **volatile**", true, volatile_history);
    expect(db, "<https://github.com/rust-osdev/volatile>", true, volatile_history);
    struct buf near = BUF_INIT(test_arena, 10000);
    buf_addf(&near, "No project `volatil`; the nearest is:\n%s", volatile_history);
    expect(db, "history volatil", true, buf_str(&near));
    expect_starts(db, "history multiboot",
                  "No project `multiboot`; the nearest is:\n**[`multiboot2`](");
    expect(db, "multiboot2", true,
           "**[`multiboot2`](https://github.com/rust-osdev/multiboot2)** is in 1 of 5 issues, "
           "[March 2031](" AT("2031-03") "#multiboot2).\n"
                                         "\n"
                                         "```spoiler 1 change in March 2031\n"
                                         "- [Change 4](https://github.com/rust-osdev/x/pull/4)\n"
                                         "```");
    expect(db, "volatile crate", true, volatile_history);
    expect(db, "the volatile crate?", true, volatile_history);
    expect(db, "what changed in volatile", true, volatile_history);
    expect(db, "history frobnicator", false,
           "No project `frobnicator` in 5 issues. (`help` says what I can do.)");
    expect(db, "history number", false,
           "No project `number` in 5 issues, but a search finds 3 places: `search number`. (`help` "
           "says what I can do.)");
    database_close(db);
    (void)state;
}

/* Years before the last ten are one sum. */
static void many_years(void **state)
{
    struct database *db = open_empty();
    char id[MONTH_ID_SIZE] = "2020-01";
    bool found;
    for (int year = 2020; year < 2032; year++) {
        snprintf(id, sizeof id, "%04u-01", (unsigned)year % 10000);
        put(db, id, 5, PROJECTS PROJECT("volatile") CHANGE("1"));
    }
    char *text = ask_at(db, "volatile", 10000, NOW, &found);
    assert_contains(text, "\nChanges a year: before 2022 **2**, 2022 **1**, 2023 **1**, ");
    assert_contains(text, ", 2031 **1**\nNewest: 2031 [Jan](");
    database_close(db);
    (void)state;
}

static const char number_is_in[] =
    "**number** is in 3 places:\n"
    "- [Link number 2](https://example.org/2), [February 2031](" AT(
        "2031-02") "#news)\n"
                   "- [Link number 3](https://example.org/3), [February 2031](" AT(
                       "2031-02") "#news)\n"
                                  "- [Link number 1](https://example.org/1), [January "
                                  "2030](" AT("2030-01") "#news)";

static void search(void **state)
{
    struct database *db = project_store();
    expect(db, "search number", true, number_is_in);
    expect(db, "search volatile", true,
           "**volatile** is in 3 places:\n"
           "- `volatile`, a project in [April 2031](" AT("2031-04") "#volatile) and 2 more issues");
    expect(db, "search nothing new", true,
           "**nothing new** is in 1 place:\n"
           "- `volatile`, a project in [April 2031](" AT("2031-04") "#volatile)");
    expect(db, "search zebra link \"number 1\"", true,
           "No place has all of **zebra link &#34;number 1&#34;**; the best three with some of "
           "them:\n"
           "- [Link number 1](https://example.org/1), [January 2030](" AT(
               "2030-01") "#news)\n"
                          "- [Link number 2](https://example.org/2), [February 2031](" AT(
                              "2031-02") "#news)\n"
                                         "- [Link number 3](https://example.org/3), [February "
                                         "2031](" AT("2031-02") "#news)");
    expect(db, "multib", true,
           "**multib** begins a word in 1 place:\n"
           "- `multiboot2`, a project in [March 2031](" AT("2031-03") "#multiboot2)");
    expect(db, "lates", false,
           "I don't know `lates`. Did you mean `latest`? (`help` says what I can do.)");
    expect(db, "histroy volatile", false,
           "I don't know `histroy`. Did you mean `history volatile`? (`help` says what I can do.)");
    expect(db, "please serach number", false,
           "I don't know `serach`. Did you mean `search number`? (`help` says what I can do.)");
    expect(db, "febuary 2031?", false,
           "I don't know `febuary`. Did you mean `february 2031`? (`help` says what I can do.)");
    expect(db, "previos", false,
           "I don't know `previos`. Did you mean `previous`? (`help` says what I can do.)");
    expect_starts(db, "link zebra", "No place has all of **link zebra**; the best three");
    expect_starts(db, "search serach number", "No place has all of **serach number**; ");
    expect(db, "search what number?", true, number_is_in);
    expect(db, "search zebra OR multiboot2", true,
           "No place has all of **zebra multiboot2**; one has some of them:\n"
           "- `multiboot2`, a project in [March 2031](" AT("2031-03") "#multiboot2)");
    static const char excluding[] =
        "Say also what to find, for example `search paging -redox -\"a b\"`.";
    expect(db, "search -redox -\"a b\"", false, excluding);
    expect(db, "-redox -\"a b\"", false, excluding);
    expect(db, "frobnicator", false,
           "Nothing about `frobnicator` in 5 issues. (`help` says what I can do.)");
    expect(db, "volatyle", false,
           "Nothing about `volatyle` in 5 issues. Did you mean `volatile`? (`help` says what I can "
           "do.)");
    database_close(db);
    (void)state;
}

static void since(void **state)
{
    struct database *db = project_store();
    expect(
        db, "since february 2031", true,
        "**Since February 2031** there are 3 issues: [Apr](" AT("2031-04") "), [Mar](" AT("2031-03") "), [Feb](" AT(
            "2031-02") ").\n"
                       "3 changes in 2 projects: [`volatile`](" AT(
                           "2031-"
                           "04") "#volatile) (2), [`multiboot2`](" AT("2031-03") "#multiboot2) "
                                                                                 "(1)\n"
                                                                                 "\n"
                                                                                 "```spoiler 2 "
                                                                                 "links: news and "
                                                                                 "tooling, by "
                                                                                 "month\n"
                                                                                 "**[February "
                                                                                 "2031](" AT(
                                                                                     "2031-02") ")*"
                                                                                                "*"
                                                                                                "\n"
                                                                                                "\n"
                                                                                                "- "
                                                                                                "[L"
                                                                                                "in"
                                                                                                "k "
                                                                                                "nu"
                                                                                                "mb"
                                                                                                "er"
                                                                                                " "
                                                                                                "2]"
                                                                                                "(h"
                                                                                                "tt"
                                                                                                "ps"
                                                                                                ":/"
                                                                                                "/"
                                                                                                "ex"
                                                                                                "am"
                                                                                                "pl"
                                                                                                "e."
                                                                                                "or"
                                                                                                "g/"
                                                                                                "2)"
                                                                                                "\n"
                                                                                                "- "
                                                                                                "[L"
                                                                                                "in"
                                                                                                "k "
                                                                                                "nu"
                                                                                                "mb"
                                                                                                "er"
                                                                                                " "
                                                                                                "3]"
                                                                                                "(h"
                                                                                                "tt"
                                                                                                "ps"
                                                                                                ":/"
                                                                                                "/"
                                                                                                "ex"
                                                                                                "am"
                                                                                                "pl"
                                                                                                "e."
                                                                                                "or"
                                                                                                "g/"
                                                                                                "3)"
                                                                                                "\n"
                                                                                                "``"
                                                                                                "`");
    expect(db, "since 2030-01 volatile", true,
           "**Since January 2030**, [`volatile`](https://github.com/rust-osdev/volatile) is in 2 "
           "issues with 2 changes: 2031 [Apr](" AT("2031-04") "#volatile), [Mar](" AT(
               "2031-03") "#volatile) (2).\n"
                          "\n"
                          "```spoiler 2 changes by month\n"
                          "**[March 2031](" AT(
                              "2031-03") "#volatile)**\n"
                                         "\n"
                                         "- [Change 2](https://github.com/rust-osdev/x/pull/2)\n"
                                         "- [Change 3](https://github.com/rust-osdev/x/pull/3)\n"
                                         "```");
    expect(db, "since 2031-03 multiboot2", true,
           "**Since March 2031**, [`multiboot2`](https://github.com/rust-osdev/multiboot2) is in 1 "
           "issue with 1 change, [March 2031](" AT(
               "2031-03") "#multiboot2).\n"
                          "\n"
                          "```spoiler 1 change by month\n"
                          "**[March 2031](" AT(
                              "2031-03") "#multiboot2)**\n"
                                         "\n"
                                         "- [Change 4](https://github.com/rust-osdev/x/pull/4)\n"
                                         "```");
    expect(db, "since april 2031", true,
           "**Since April 2031** there is 1 issue: [Apr](" AT("2031-04") ").");
    expect(db, "since 2031-04 multiboot2", false,
           "[`multiboot2`](https://github.com/rust-osdev/multiboot2) is in no issue since April "
           "2031; it was last in [March 2031](" AT("2031-03") "#multiboot2).");
    expect(db, "since 2031-04 multiboot", false,
           "No project `multiboot`; the nearest is:\n"
           "[`multiboot2`](https://github.com/rust-osdev/multiboot2) is in no issue since April "
           "2031; it was last in [March 2031](" AT("2031-03") "#multiboot2).");
    expect(db, "since 2031-05", false,
           "There is no issue since May 2031 yet; the newest is [April 2031](" AT("2031-04") ").");
    database_close(db);
    (void)state;
}

/* A project with two headings in an issue has the changes of both. */
static void two_headings(void **state)
{
    (void)state;
    struct database *db = open_empty();
    put(db, "2031-01", 1,
        PROJECTS "<h3 id=\"a\"><a href=\"https://github.com/nova/mb2\">mb2</a></h3>" CHANGE(
            "1") "<h3 "
                 "id=\"b\"><"
                 "a "
                 "href="
                 "\"https://"
                 "github."
                 "com/nova/"
                 "mb2/"
                 "\">mb2-"
                 "header</"
                 "a></"
                 "h3"
                 ">" CHANGE("2"));
    put(db, "2031-02", 1,
        PROJECTS
        "<h3 id=\"b\"><a href=\"https://github.com/nova/mb2\">mb2-header</a></h3>" CHANGE("9"));
    bool found;
    char *text = ask_at(db, "since 2031-01 mb2", 10000, NOW, &found);
    assert_contains(text, "spoiler 3 changes by month");
    assert_contains(text, "Change 1](");
    assert_contains(text, "Change 2](");
    put(db, "2031-02", 1, NEWS LINK("1"));
    text = ask_at(db, "history mb2", 10000, NOW, &found);
    assert_contains(text, "spoiler 2 changes in January 2031");
    assert_contains(text, "Change 1](");
    assert_contains(text, "Change 2](");
    database_close(db);
}

/* A colon that leads to notes says nothing without them. */
static void hit_with_colon(void **state)
{
    (void)state;
    struct database *db = open_empty();
    bool found;
    put(db, "2031-01", 1,
        NEWS "<ul><li><a href=\"https://example.org/1\"><code>ps2-mouse</code></a>: a driver</li>"
             "<li><a href=\"https://example.org/2\"><code>ps2-keys</code>:</a> another</li></ul>");
    char *text = ask_at(db, "search ps2", 10000, NOW, &found);
    assert_contains(text, "[`ps2-mouse`](https://example.org/1)");
    assert_contains(text, "[`ps2-keys`](https://example.org/2)");
    database_close(db);
}

static void next(void **state)
{
    struct database *db = project_store();
    /* 19 May, 7 and 9 June, and 8 October 2031 */
    static const double may = 1936999000, june = 1938600000, late = 1938772800,
                        october = 1949250000;
    static const char rest[] =
        "; so far every issue came between the 4th and the 8th. To suggest a "
        "link or your project: [here](https://chat.example.org/suggest).";
    char expected[500];
    snprintf(expected, sizeof expected, "May 2031 is due around 6 June%s", rest);
    expect_at(db, may, "next", true, expected);
    snprintf(expected, sizeof expected, "May 2031 is due any day now%s", rest);
    expect_at(db, june, "next", true, expected);
    snprintf(expected, sizeof expected, "May 2031 has been due since 6 June%s", rest);
    expect_at(db, late, "next", true, expected);
    expect_at(db, october, "2031-12", false,
              "December 2031 is not out yet, it is due around 6 January 2032. The newest issue is "
              "[April 2031](" AT("2031-04") ").");
    /* A month that somebody waits for is the next one, the newest issue's own among them. */
    expect_at(db, october, "when is december due?", true,
              "December 2031 is not out yet, it is due around 6 January 2032. The newest issue is "
              "[April 2031](" AT("2031-04") ").");
    expect_at(db, october, "is march out yet?", true,
              "March 2032 is not out yet, it is due around 6 April 2032. The newest issue is "
              "[April 2031](" AT("2031-04") ").");
    expect_starts(db, "is april out yet?", "**[This Month in Rust OSDev: April 2031](");
    expect_starts(db, "is the new issue out yet?",
                  "May 2031 is not out yet, it has been due since 6 June. The newest is:\n"
                  "**[This Month in Rust OSDev: April 2031](");
    expect_starts(db, "march", "**[This Month in Rust OSDev: March 2031](");
    database_close(db);
    db = open_empty();
    put(db, "2031-01", 31, NEWS LINK("1"));
    expect(db, "next", true,
           "I can't say yet when the next issue is due: too few issues have a date. To suggest a "
           "link or your project: [here](https://chat.example.org/suggest).");
    database_close(db);
    (void)state;
}

static void help(void **state)
{
    struct database *db = project_store();
    expect(
        db, "help", true,
        "I have 5 issues of This Month in Rust OSDev since December 2029. Mention me or write me "
        "a direct message, for example:\n"
        "- `latest`, `april 2031`, `list`: one issue, or all of them\n"
        "- `uefi-rs`: where a project appeared\n"
        "- `search hypervisor`: where a word appeared\n"
        "- `since january 2031`: what you missed\n"
        "- `next`: when the next issue is due, and how to suggest something");
    expect(db, "help since", true,
           "`since MONTH [PROJECT]`: what you missed since a month. For example `since march "
           "2026`.");
    database_close(db);
    db = open_empty();
    static const char empty[] =
        "I have no issue yet: the archive is empty. (`tmro-bot sync` fills it.)";
    static const char *const requests[] = {
        "latest", "list", "uefi-rs", "history uefi-rs", "search x", "since march 2026", "july"};
    for (size_t i = 0; i < COUNT(requests); i++)
        expect(db, requests[i], false, empty);
    database_close(db);
    (void)state;
}

static void thanks(void **state)
{
    static const struct {
        const char *request;
        bool awaited;
    } cases[] = {
        {"thanks!", false},       {"thank you 🙏", false}, {"👍", false}, {"ok", false},
        {"thanks, latest", true}, {"hello 👋", true},      {"", true},   {"search thanks", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (answer_is_awaited(cases[i].request, strlen(cases[i].request)) != cases[i].awaited)
            fail_msg("'%s'", cases[i].request);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),          cmocka_unit_test(lengths),
        cmocka_unit_test(show),           cmocka_unit_test(show_short),
        cmocka_unit_test(many_sections),  cmocka_unit_test(list),
        cmocka_unit_test(history),        cmocka_unit_test(many_years),
        cmocka_unit_test(search),         cmocka_unit_test(since),
        cmocka_unit_test(next),           cmocka_unit_test(two_headings),
        cmocka_unit_test(hit_with_colon), cmocka_unit_test(help),
        cmocka_unit_test(thanks),
    };
    return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
