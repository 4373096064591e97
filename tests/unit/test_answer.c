/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Answers: which view a request gets from a small archive, and what holds of every answer. */
#include "ask/answer.h"

#include "archived.h"
#include "io/config.h"
#include "say/reply.h"

/* 20 June 2031 */
#define NOW 1939719200.0

#define SITE          "https://rust-osdev.com"
#define AT(id)        SITE "/this-month/" id "/"
#define HUB           "https://github.com/"
#define NEWS          "<h2 id=n>News</h2><ul>"
#define TOOLS         "</ul><h2 id=t>Infrastructure and Tooling</h2><ul>"
#define PROJECTS      "</ul><h2 id=p>Projects</h2>"
#define ITEM(url, is) "<li><a href=" url ">" is "</a></li>"
#define PROJECT(owner, name)                                                                       \
    "<h3 id=" name "><a href=" HUB owner "/" name "><code>" name "</code></a></h3>"
#define CHANGES(at)                                                                                \
    "<ul>" ITEM(HUB at "1", "First of " at) ITEM(HUB at "2", "Second of " at) "</ul>"
#define THANKS(name) "<p>Thanks to <a href=" HUB name ">@" name "</a></p>"

/* An issue published on the tenth of the next month. */
static void put(struct database *db, const char *id, const char *html)
{
    struct fault fault = {0};
    int month = month_of_id(id);
    char text[MONTH_TEXT_SIZE], *editor = arena_copy(test_arena, "ed-example");
    month_text(month, text);
    struct issue issue = {.month = month,
                          .url = issue_url(test_arena, SITE, month),
                          .title = arena_format(test_arena, "This Month in Rust OSDev: %s", text),
                          .editors = {&editor, 1}};
    issue_date(issue.published, (month + 1) / 12, (month + 1) % 12 + 1, 10);
    assert_true(post_read_content(test_arena, html, strlen(html), &issue, &fault));
    assert_true(archive_put(db, &issue, false, html, strlen(html), &fault));
}

static struct database *open_invented(void)
{
    struct database *db = open_empty();
    put(db, "2030-12",
        NEWS ITEM("https://a.example/one", "A hypervisor in one file") PROJECTS PROJECT(
            "kim", "bootloader") "<p>Maintained by <a href=/>@kim-example</a></p><p>It loads "
                                 "kernels.</p>" THANKS("zoe-example"));
    put(db, "2031-01",
        NEWS ITEM("https://a.example/two", "Paging for all")
            TOOLS ITEM("https://a.example/tool", "A linker for hypervisors")
                PROJECTS PROJECT("rust-osdev", "bootloader") CHANGES("rust-osdev/bootloader/pull/")
                    THANKS("zoe-example") PROJECT("zo", "visor") CHANGES("zo/visor/pull/"));
    put(db, "2031-03",
        NEWS ITEM("https://a.example/three", "Three kernels") PROJECTS PROJECT("zo", "visor")
            CHANGES("zo/visor/pull/1") PROJECT("al", "kernel") THANKS("al-example"));
    put(db, "2031-04",
        NEWS ITEM("https://a.example/four", "Four of them") ITEM("https://a.example/two",
                                                                 "Paging, again")
            PROJECTS PROJECT("rust-osdev", "bootloader") CHANGES("rust-osdev/bootloader/pull/3"));
    return db;
}

static char *answer_at(struct database *db, const char *request, size_t len, bool *found,
                       size_t max)
{
    struct config config = {0};
    struct fault fault = {0};
    struct reply *reply;
    assert_true(config_parse(test_arena, "", 0, "test", &config, &fault));
    struct answerer answerer = {.arena = test_arena, .db = db, .config = &config, .now = NOW};
    if (!answer_request(&answerer, request, len, &reply, found, &fault))
        fail_msg("'%s': %s", request, fault.msg);
    return reply_markdown(reply, max);
}

static char *answer(struct database *db, const char *request, bool *found)
{
    return answer_at(db, request, strlen(request), found, 10000);
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        bool found;
        const char *parts[3]; /* that are in the answer, in this order */
    } cases[] = {
        /* help, and what has a fixed answer */
        {"", true, {"4 issues", "`latest`"}},
        {"help time", true, {"`q1 2024`"}},
        {"rss feed?", true, {SITE "/rss.xml"}},
        {"source code?", true, {"tmro-bot"}},
        {"status", true, {"site has not been read"}},
        {"next", true, {"May 2031", "10 June", "late"}},
        {"since", false, {"Since when?"}},
        /* one issue, and a part of it */
        {"latest",
         true,
         {"April 2031](" AT("2031-04"), "[`bootloader`](" AT("2031-04") "#bootloader) (2)",
          "spoiler 2 links"}},
        {"first issue", true, {"December 2030](" AT("2030-12")}},
        {"last week", true, {"one issue a month", "April 2031](" AT("2031-04")}},
        {"february 2031", false, {"January 2031](", "March 2031]("}},
        {"may 2031", false, {"not out yet", "[April 2031]("}},
        {"who edited january 2031", true, {"edited by ed-example"}},
        {"headlines of april 2031",
         true,
         {"2 headlines", "- [Four of them](https://a.example/four)"}},
        {"infrastructure of january 2031", true, {"- [A linker for hypervisors]("}},
        {"projects in march 2031",
         true,
         {"2 projects", "`visor`](" HUB "zo/visor) (2)", "`kernel`"}},
        {"changes in april 2031", true, {"2 changes", "[First of", "[Second of"}},
        {"contributors of january 2031", true, {"1 person", "zoe-example"}},
        /* a period, and a part of it */
        {"2031", true, {"3 issues with 5 links and 8 changes", "New: ", "spoiler 4 headlines"}},
        {"since march 2031", true, {"2 issues", "[March](", "[April]("}},
        {"2024", false, {"December 2030"}},
        {"new projects in 2031", true, {"2 new projects", "`visor`", "`kernel`"}},
        {"top contributors of 2031", true, {"2 people", "al-example", "zoe-example"}},
        {"how many changes were there in 2031", true, {"8 changes"}},
        /* all of them */
        {"list", true, {"**2031**", "[Jan](", "**2030**"}},
        {"how many issues are there", true, {"4 issues", "December 2030", "April 2031"}},
        {"projects", true, {"3 projects", "`bootloader`"}},
        {"editors", true, {"edited by ed-example"}},
        /* a project */
        {"bootloader", true, {"3 of 4 issues", "It loads kernels", "kim-example"}},
        {"kim/bootloader", true, {"3 of 4 issues"}},
        {"bootlaoder", true, {"There is no `bootlaoder`", "3 of 4 issues"}},
        {"when was visor first mentioned",
         true,
         {"first", "[January 2031](" AT("2031-01") "#visor)"}},
        {"who maintains bootloader", true, {"kim-example."}},
        {"who contributes to bootloader", true, {"zoe-example (2)"}},
        {"how many changes did visor have", true, {"4 changes in 2 issues"}},
        {"visor 2031", true, {"4 changes", "[Mar](", "spoiler 4 changes"}},
        {"visor in march 2031", true, {"2 changes", "- [First of"}},
        {"visor in april 2031", false, {"[March 2031]("}},
        /* a person */
        {"@zoe-example", true, {"thanked in 2 issues", "`bootloader` (2)"}},
        {"zoe-example in april 2031", false, {"not named"}},
        /* a link */
        {"https://a.example/two",
         true,
         {"[January 2031](" AT("2031-01") "#n)", "[April 2031](" AT("2031-04") "#n)"}},
        {"bootloader#1",
         true,
         {"](" HUB "rust-osdev/bootloader/pull/1)", "[January 2031](", "First of"}},
        {"https://a.example/none", false, {"in no issue"}},
        {HUB "zo/visor", true, {"2 of 4 issues"}},
        {"Paging for all", true, {"](https://a.example/two)", "January 2031"}},
        /* words */
        {"search hypervisor", true, {"2 places", "- [A "}},
        {"hypervisor 2030", true, {"1 place", "in one file"}},
        {"hypervisor in april 2031",
         true,
         {"Nothing about `hypervisor` in April 2031", "2 places"}},
        {"links about kernels", true, {"[Three kernels]("}},
        {"search paging frobnicator", false, {"closest", "[Paging"}},
        {"frobnicator", false, {"Nothing about `frobnicator` in 4 issues"}},
        {"a thread panicked at frobnicator line twelve", false, {"I don't understand"}},
    };
    struct database *db = open_invented();
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool found;
        char *text = answer(db, cases[i].request, &found), *at = text;
        for (size_t k = 0; k < 3 && cases[i].parts[k] && at; k++)
            at = strstr(at, cases[i].parts[k]);
        if (!at || found != cases[i].found)
            fail_msg("'%s' (%s): %s", cases[i].request, found ? "found" : "not found", text);
    }
    database_close(db);
}

/* Lines that are seen before the spoiler is opened: its title counts, what is inside does not. */
static size_t count_visible(const char *text)
{
    size_t lines = 0;
    const char *spoiler = strstr(text, "```spoiler");
    for (; *text && (!spoiler || text <= spoiler); text += *text == '\n') {
        lines += *text != '\n';
        text += strcspn(text, "\n");
    }
    return lines;
}

/* What holds of the answer to anything. */
static void test_rules(void **state)
{
    (void)state;
    static const size_t limits[] = {10000, 700, 300, 40, 1};
    static const char *const requests[] = {
        "2031",
        "list",
        "bootloader",
        "search kernel",
        "zoe-example",
        "projects",
        "help",
        "next",
        "@**all**",
        "search @**all**",
        "@**all** kernel",
        "[x](http://evil.example)",
        "kernel [x](http://evil.example) ```",
        "```spoiler x",
        "~~~",
        "search `` ` ```",
        "\xF0\x9F\xA6\x80",
        "\x0e\x0f",
        "\xFF\xFE",
        "kernel\n\n# heading\n```quote",
        "/me waves",
        "&#64;**all**",
        "'; DROP TABLE issue; --",
        "\"unbalanced",
        "-kernel",
        "*",
        "a OR",
        "https://evil.example/@**all**",
        "since 9999-12",
        "0000-01",
        "visor#99999999999999999999",
    };
    struct database *db = open_invented();
    for (size_t r = 0; r < COUNT(requests); r++)
        for (size_t l = 0; l < COUNT(limits); l++) {
            size_t len = strlen(requests[r]);
            bool found, again_found;
            char *text = answer_at(db, requests[r], len, &found, limits[l]),
                 *again = answer_at(db, requests[r], len, &again_found, limits[l]);
            assert_string_equal(text, again);
            assert_int_equal(found, again_found);
            const char *mention = strstr(text, "@*");
            if (!*text || text_length(text) > limits[l] || count_visible(text) > 8 ||
                strncmp(text, "**[](", 5) == 0 ||
                (mention && !memchr(text, '`', (size_t)(mention - text))))
                fail_msg("'%s' at %zu: %s", requests[r], limits[l], text);
        }
    database_close(db);
}

static void test_empty(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        bool found;
        const char *part;
    } cases[] = {
        {"latest", false, "archive is empty"},
        {"bootloader", false, "archive is empty"},
        {"search x", false, "archive is empty"},
        {"a#1", false, "archive is empty"},
        {"2031", false, "archive is empty"},
        {"next", false, "archive is empty"},
        {"help", true, "`latest`"},
        {"rss feed?", true, "/rss.xml"},
    };
    struct database *db = open_empty();
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool found;
        char *text = answer(db, cases[i].request, &found);
        if (!strstr(text, cases[i].part) || found != cases[i].found)
            fail_msg("'%s' (%s): %s", cases[i].request, found ? "found" : "not found", text);
    }
    database_close(db);
}

static void test_awaited(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        bool awaited;
    } cases[] = {
        {"thanks!", false},
        {"thank you \xF0\x9F\x99\x8F", false},
        {":+1:", false},
        {"ok", false},
        {"thanks, latest", true},
        {"hello", true},
        {"", true},
        {"search thanks", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (answer_is_awaited(cases[i].request, strlen(cases[i].request)) != cases[i].awaited)
            fail_msg("'%s'", cases[i].request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_awaited),
    };
    return cmocka_run_group_tests_name("answer", tests, setup_arena, teardown_arena);
}
