/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Searching the archive: what is found, in which order, and that no input does harm. */
#include "archived.h"
#include "io/database.h"
#include "news/month.h"
#include "state/search.h"

static struct database *open_invented(void)
{
    struct database *db = open_empty();
    put_content(db, "2031-01",
                "<h2 id=n>News</h2><ul><li><a href=https://a.example/1>A hypervisor in one file</a>"
                "</li><li><a href=https://a.example/2>Quiet title</a>: on the <b>hypervisor</b> of "
                "Zo\xC3\xAB"
                "</li></ul><h2>Other Projects</h2><p>Prose with zebra.</p>"
                "<h3 id=p><a href=https://github.com/zo/visor>zo/visor</a></h3>"
                "<p>Maintained by <a href=/z>@zoe-example</a></p><p>A hypervisor for x86_64.</p>");
    put_content(
        db, "2031-02",
        "<h2 id=n>News</h2><p>A word on every hypervisor.</p><ul><li>Nothing here</li></ul>"
        "<h2>Other Projects</h2>"
        "<h3 id=h><a href=https://github.com/kim/hypervisor>kim/hypervisor</a></h3><p>It is "
        "new, and no loader.</p>"
        "<h3 id=p><a href=https://github.com/zo/visor>visor</a></h3><p>The hypervisor "
        "boots.</p>");
    put_content(
        db, "2031-03",
        "<h2 id=n>News</h2><ul><li><a href=https://a.example/3>The <code>hypervisor</code>s "
        "of virtualization</a></li><li>The hypervisor again</li></ul>");
    return db;
}

/* A line for each hit: kind, issue, title, "+" its other issues; at last the total. */
static char *found(struct database *db, const char *words, size_t max, bool prefix)
{
    struct search_result result = {0};
    struct fault fault = {0};
    struct buf out = BUF_INIT(test_arena, 1024 * 1024);
    bool some = false;
    if (!search_run(test_arena, db, words, prefix ? SEARCH_BEGINNINGS : SEARCH_ALL, max, &result,
                    &fault))
        fail_msg("%s: %s", words, fault.msg);
    if (!result.total) {
        if (!search_run(test_arena, db, words, prefix ? SEARCH_SOME_BEGINNINGS : SEARCH_SOME, max,
                        &result, &fault))
            fail_msg("%s: %s", words, fault.msg);
        some = result.total;
    }
    assert_true(result.count <= max);
    for (size_t i = 0; i < result.count; i++) {
        const struct search_hit *hit = &result.hit[i];
        char *title = text_plain(test_arena, hit->title);
        char id[MONTH_ID_SIZE];
        month_id(hit->month, id);
        assert_contains(hit->issue_url, id);
        buf_addf(&out, "%c %s %s", "phsae"[hit->kind], id + 5, title);
        if (hit->more)
            buf_addf(&out, " +%d", (int)hit->more);
        buf_adds(&out, "\n");
    }
    buf_addf(&out, "%s%d", some ? "some of " : "", (int)result.total);
    return buf_str(&out);
}

static void test_order(void **state)
{
    (void)state;
    struct database *db = open_invented();
    assert_text(found(db, "hypervisor", 20, false), "p 02 kim/hypervisor\n"
                                                    "h 03 The hypervisor again\n"
                                                    "h 01 A hypervisor in one file\n"
                                                    "h 01 Quiet title\n"
                                                    "p 02 visor +1\n"
                                                    "s 02 News\n"
                                                    "7");
    assert_text(found(db, "hypervisor", 2, false), "p 02 kim/hypervisor\n"
                                                   "h 03 The hypervisor again\n"
                                                   "7");
    struct search_result result = {0};
    struct fault fault = {0};
    assert_true(search_run(test_arena, db, "file", SEARCH_ALL, 5, &result, &fault));
    assert_string_equal(result.hit[0].url, "https://a.example/1");
    assert_string_equal(result.hit[0].anchor, "n");
    database_close(db);
}

static void test_queries(void **state)
{
    (void)state;
    static const struct {
        const char *words, *found;
    } cases[] = {
        {"zebra", "s 01 Other Projects\n1"},
        {"ZOE", "h 01 Quiet title\np 01 zo/visor\n2"},
        {"zoe-example", "p 01 zo/visor\n1"},
        {"@zoe-example", "p 01 zo/visor\n1"},
        {"hypervisor zebra", "some of 7"},
        {"kim frobnicator", "p 02 kim/hypervisor\nsome of 1"},
        {"what about the kim?", "p 02 kim/hypervisor\n1"},
        {"what is the", "some of 5"},
        {"quiet -zoe", "0"},
        {"quiet -file", "h 01 Quiet title\n1"},
        {"-file", "0"},
        {"kim -boots -\"no loader\"", "0"},
        {"kim -\"loader no\"", "p 02 kim/hypervisor\n1"},
        {"\"one file\"", "h 01 A hypervisor in one file\n1"},
        {"\"file one\"", "0"},
        {"“one file”", "h 01 A hypervisor in one file\n1"},
        {"\"one file", "h 01 A hypervisor in one file\n1"},
        {"one\"file", "h 01 A hypervisor in one file\n1"},
        {"file \xF0\x9F\xA6\x80", "h 01 A hypervisor in one file\n1"},
        {"file & !", "h 01 A hypervisor in one file\n1"},
        {"hypervisors", "h 03 The hypervisors of virtualization\n1"},
        {"virtual", "0"},
        {"x86", "p 01 zo/visor\n1"},
        {"x86_64", "p 01 zo/visor\n1"},
        {"x86-65", "0"},
        {"title:quiet", "0"},
        {"file*", "h 01 A hypervisor in one file\n1"},
        {"fil*", "0"},
        {"^file", "h 01 A hypervisor in one file\n1"},
        {"file OR frobnicator", "h 01 A hypervisor in one file\nsome of 1"},
        {"file NOT one", "h 01 A hypervisor in one file\nsome of 1"},
    };
    struct database *db = open_invented();
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *actual = found(db, cases[i].words, 20, false);
        /* of many only the number */
        const char *end = strrchr(actual, '\n'), *expected = cases[i].found;
        const char *compared = end && !strchr(expected, '\n') ? end + 1 : actual;
        if (strcmp(compared, expected) != 0)
            fail_msg("'%s': '%s' instead of '%s'", cases[i].words, actual, expected);
    }
    assert_text(found(db, "virtual", 9, true), "h 03 The hypervisors of virtualization\n1");
    assert_text(found(db, "\"virtual\"", 9, true), "0");
    assert_text(found(db, "v", 9, true), "0");
    database_close(db);
}

/* What was looked for, without what was not. */
static void test_words(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *words;
        bool excludes;
    } cases[] = {
        {"what is paging?", "paging", false},
        {"the stuff and things on paging since this thing", "paging", false},
        {"uefi OR acpi", "uefi acpi", false},
        {"the \"for loops\" -of -\"no loader\"", "\"for loops\" -of -\"no loader\"", false},
        {"what is the", "what is the", false},
        {"(paging), & C++!", "paging C++", false},
        {"@ada-example x86_64", "@ada-example x86_64", false},
        {"-redox", "-redox", true},
        {"the -redox -\"a b\"", "the -redox -\"a b\"", false},
        {"-redox -\"a b\"", "-redox -\"a b\"", true},
        {"paging -", "paging", false},
        {"&", "", false},
        {"", "", false},
    };
    struct database *db = open_invented();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct search_result result = {0};
        struct fault fault = {0};
        assert_true(search_run(test_arena, db, cases[i].typed, SEARCH_ALL, 1, &result, &fault));
        assert_string_equal(result.words, cases[i].words);
        assert_int_equal(result.excludes, cases[i].excludes);
    }
    database_close(db);
}

/* Anything at all is searched for, and nothing happens. */
static void test_hostile(void **state)
{
    (void)state;
    struct buf many = repeat("word ", 1000), quotes = repeat("\"a\" ", 1000),
               letters = repeat("a ", 5000), one = repeat("x", 10000), open = repeat("(", 3000),
               minus = repeat("-a ", 2000), long_phrase = repeat("\xC3\xA9 ", 4000);
    buf_adds(&long_phrase, "\"");
    const char *const queries[] = {
        "",
        " ",
        "\"",
        "\"\"",
        "\"\"\"",
        "-",
        "--",
        "- -",
        "-\"",
        "-\"\"",
        "*",
        "^",
        ":",
        "(",
        ")",
        "{",
        "}",
        "AND",
        "OR",
        "NOT",
        "NEAR",
        "AND OR NOT",
        "a AND",
        "NOT a",
        "NEAR(a b, 2)",
        "{title text} : a",
        "title : a",
        "- title : a",
        "a + b",
        "a*",
        "\"a\" * b",
        "^a",
        "a^",
        "'; DROP TABLE passage; --",
        "' OR 1=1 --",
        "%s%n%d",
        "\\",
        "\"\\\"",
        "a\"b\"c\"d",
        "rank MATCH 'x'",
        "\xF0\x9F\xA6\x80",
        "\xF0\x9F\xA6\x80 file",
        "\xFF",
        "a\xFF\xFE\"b",
        "\xE2\x80\x9C",
        "\xE2\x80",
        "\x01\x02",
        "\x0e\x0f",
        "a\nb\tc",
        "\xEF\xBF\xBD",
        "\xE2\x80\xAE"
        "abc",
        "\xC2\xA0",
        "\xC2\xAD",
        "\xCC\x81",
        many.ptr,
        quotes.ptr,
        letters.ptr,
        one.ptr,
        open.ptr,
        minus.ptr,
        long_phrase.ptr,
    };
    struct database *db = open_invented();
    for (size_t i = 0; i < COUNT(queries); i++) {
        found(db, queries[i], 20, false);
        found(db, queries[i], 20, true);
        found(db, queries[i], 0, false);
    }
    /* every two bytes */
    for (unsigned a = 1; a < 256; a += is_slowed() ? 64 : 1)
        for (unsigned b = 1; b < 256; b += a < 128 ? 1 : 15) {
            char words[] = {(char)a, (char)b, 'x', '\0'};
            found(db, words, 1, false);
        }
    assert_int_equal(get_integer(db, "SELECT count(*) FROM issue"), 3);
    database_close(db);
}

/* Whether a search for these words leads to the issue. */
static void assert_leads(struct database *db, int month, const char *words)
{
    struct search_result result = {0};
    struct fault fault = {0};
    struct buf quoted = BUF_INIT(test_arena, TEXT_MAX);
    bool there = false;
    char *plain = text_plain(test_arena, words);
    buf_adds(&quoted, "\"");
    for (const char *p = plain; *p && quoted.len < 100; p++)
        buf_addc(&quoted, *p == '"' ? ' ' : *p);
    bool cut = quoted.len >= 100;
    while (quoted.len > 1 && cut && quoted.ptr[quoted.len - 1] != ' ')
        buf_truncate(&quoted, quoted.len - 1);
    buf_adds(&quoted, "\"");
    assert_true(search_run(test_arena, db, buf_str(&quoted), SEARCH_ALL, 1000, &result, &fault));
    for (size_t i = 0; i < result.count; i++)
        there = there || result.hit[i].month == month || result.hit[i].more > 0;
    bool letters = false;
    for (const char *p = plain; *p; p++)
        letters = letters || (*p >= 'a' && *p <= 'z');
    if (letters && !there)
        fail_msg("%d: not found: %s", month, quoted.ptr);
}

static void assert_leads_names(struct database *db, int month, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        assert_leads(db, month, names->name[i]);
}

static void assert_leads_items(struct database *db, int month, const struct item *items,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_leads(db, month, items[i].title);
        if (items[i].group)
            assert_leads(db, month, items[i].group);
        for (size_t k = 0; k < items[i].note_count; k++)
            assert_leads(db, month, items[i].notes[k].text);
    }
}

/* People by what they did, newer before older. */
static void test_people(void **state)
{
    (void)state;
    struct database *db = open_empty();
    put_pages(db);
    char *all = found(db, "ada-example", 20, false);
    assert_contains(all, "e 03 ada-example, bo-example, cy-example\n"
                         "a 02 ada-example, Kit-Example, lark_example\n"
                         "e 01 ada-example, bo-example\n");
    all = found(db, "under_score", 20, false);
    assert_contains(all, "e 04 bo-example, _under_score_\n");
    database_close(db);
}

/* Whatever an issue says is found. */
static void test_everything(void **state)
{
    (void)state;
    struct database *db = open_empty();
    put_pages(db);
    glob_t pages = find_paths("tests/fixtures/pages/*.html", 9);
    for (size_t i = 0; i < pages.gl_pathc; i++) {
        struct buf page = read_path(pages.gl_pathv[i]);
        struct issue issue = {0};
        struct fault fault = {0};
        assert_true(post_read_page(test_arena, page.ptr, page.len, NULL, &issue, &fault));
        assert_leads_names(db, issue.month, &issue.authors);
        assert_leads_names(db, issue.month, &issue.editors);
        for (size_t s = 0; s < issue.section_count; s++) {
            const struct section *section = &issue.sections[s];
            assert_leads(db, issue.month, section->title);
            assert_leads_items(db, issue.month, section->headlines, section->headline_count);
            for (size_t k = 0; k < section->project_count; k++) {
                const struct project *project = &section->projects[k];
                assert_leads(db, issue.month, project->name);
                assert_leads_names(db, issue.month, &project->maintainers);
                assert_leads_names(db, issue.month, &project->written_by);
                assert_leads_names(db, issue.month, &project->contributors);
                assert_leads_items(db, issue.month, project->changes, project->change_count);
            }
        }
    }
    globfree(&pages);
    database_close(db);
}

/* A word that is everywhere: the newest are shown, and not all are counted. */
static void test_many(void **state)
{
    (void)state;
    struct database *db = open_empty();
    struct search_result result = {0};
    struct fault fault = {0};
    for (int i = 0; i < 175; i++) {
        char id[20], html[500];
        snprintf(id, sizeof id, "%04d-%02d", 2031 + i / 12, i % 12 + 1);
        snprintf(html, sizeof html,
                 "<h2>News</h2><ul><li>A common word</li><li>Common word %d</li></ul><h2>Projects"
                 "</h2><h3><a href=https://github.com/a/b>b</a></h3><p>common rare%d</p>",
                 i, i);
        put_content(db, id, html);
    }
    assert_true(search_run(test_arena, db, "common", SEARCH_ALL, 20, &result, &fault));
    assert_int_equal(result.count, 20);
    assert_true(result.at_least);
    assert_true(result.total > SEARCH_PLACES_MAX && result.total < 2 * SEARCH_PLACES_MAX + 50);
    assert_string_equal(result.hit[0].title, "A common word");
    assert_text(found(db, "common rare3", 20, false), "p 04 b\n1");
    assert_text(found(db, "common rare3 nowhere", 1, false), "p 04 b +174\nsome of 375");
    database_close(db);
}

/* Of what has some of the words, too: projects of that name, titles, what else is said. */
static void test_order_of_some(void **state)
{
    (void)state;
    struct database *db = open_invented();
    assert_text(found(db, "hypervisor frobnicator", 20, false), "p 02 kim/hypervisor\n"
                                                                "h 03 The hypervisor again\n"
                                                                "h 01 A hypervisor in one file\n"
                                                                "h 01 Quiet title\n"
                                                                "p 02 visor +1\n"
                                                                "s 02 News\n"
                                                                "some of 7");
    /* the place with both words stands for the project */
    char *both = found(db, "visor boots frobnicator", 20, false);
    assert_contains(both, "p 02 visor +1\n");
    database_close(db);
}

/* As many as are counted are all there are, unless there is another. */
static void test_limit(void **state)
{
    (void)state;
    struct buf html = BUF_INIT(test_arena, 1024 * 1024);
    buf_adds(&html, "<h2>News</h2><ul>");
    for (int i = 0; i < SEARCH_PLACES_MAX; i++)
        buf_addf(&html, "<li>Toaster %d</li>", i);
    for (int more = 0; more < 2; more++) {
        struct database *db = open_empty();
        struct search_result result = {0};
        struct fault fault = {0};
        buf_adds(&html, more ? "<li>One more toaster</li>" : "");
        put_content(db, "2031-01", html.ptr);
        assert_true(search_run(test_arena, db, "toaster", SEARCH_ALL, 5, &result, &fault));
        assert_int_equal(result.total, SEARCH_PLACES_MAX);
        assert_int_equal(result.at_least, more);
        database_close(db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),         cmocka_unit_test(test_queries),
        cmocka_unit_test(test_hostile),       cmocka_unit_test(test_everything),
        cmocka_unit_test(test_many),          cmocka_unit_test(test_words),
        cmocka_unit_test(test_people),        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_order_of_some),
    };
    return cmocka_run_group_tests_name("search", tests, setup_arena, teardown_arena);
}
