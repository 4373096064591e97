/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Searching the archive: what is found, in which order, and that no input does harm. */
#include "archived.h"
#include "io/database.h"
#include "news/month.h"
#include "state/search.h"

#include <limits.h>

#define ITEM(url, words) "<li><a href=https://" url ">" words "</a></li>"

static struct database *open_invented(void)
{
    struct database *db = open_empty();
    put_content(db, "2031-01",
                "<h2 id=n>News</h2><ul>" ITEM("a.example/1", "A hypervisor in one file")
                    ITEM("www.lwn.example/2",
                         "Quiet title") ": on the <b>hypervisor</b> of "
                                        "Zo\xC3\xAB" ITEM("a.example/3",
                                                          "A C++ kernel on RISC-V with "
                                                          "<code>no_std</code>") "</ul><h2 "
                                                                                 "id=o>Other "
                                                                                 "Projects</"
                                                                                 "h2><p>Prose with "
                                                                                 "zebra.</p>"
                                                                                 "<h3 id=v><a "
                                                                                 "href=https://"
                                                                                 "github.com/zo/"
                                                                                 "visor>zo/visor</"
                                                                                 "a></h3>"
                                                                                 "<p>Maintained by "
                                                                                 "<a "
                                                                                 "href=/"
                                                                                 "z>@zoe-example</"
                                                                                 "a></p><p>A "
                                                                                 "hypervisor for "
                                                                                 "x86_64.</p>");
    put_content(db, "2031-02",
                "<h2 id=n>News</h2><p>A word on every hypervisor.</p><ul><li>Nothing here</li></ul>"
                "<h2 id=o>Other Projects</h2>"
                "<h3 id=k><a href=https://github.com/kim/hypervisor>kim/hypervisor</a></h3>"
                "<p>It is new, and no loader.</p>"
                "<h3 id=v><a href=https://github.com/zo/visor>visor</a></h3>"
                "<p>A hypervisor for x86_64.</p>"
                "<ul>" ITEM("github.com/zo/visor/pull/1", "Use <code>PageTable&lt;L4&gt;</code>")
                    ITEM("github.com/zo/visor/pull/2",
                         "Update dependencies") "</ul>"
                                                "<p>Thanks to <a href=/z>@zoe-example</a> and <a "
                                                "href=/k>@kim-example</a></p>");
    put_content(
        db, "2031-03",
        "<h2 id=n>News</h2><ul>" ITEM(
            "a.example/4",
            "The <code>hypervisor</code>s of virtualization") "<li>The hypervisor "
                                                              "again</li></ul><h2 id=o>Other "
                                                              "Projects</h2>"
                                                              "<h3 id=v><a "
                                                              "href=https://github.com/zo/"
                                                              "visor>visor</a></h3>"
                                                              "<ul>" ITEM(
                                                                  "github.com/zo/visor/pull/3",
                                                                  "Update dependencies") "</ul>");
    return db;
}

#define ALL_TIME ((struct span){0, INT_MAX})

static struct search_hits search(struct database *db, const char *words, struct span span,
                                 unsigned kinds, size_t max)
{
    struct search_hits hits = {0};
    struct fault fault = {0};
    if (!search_run(test_arena, db, words, span, kinds, true, max, &hits, &fault))
        fail_msg("%s: %s", words, fault.msg);
    assert_true(hits.count <= max && hits.total >= (int64_t)hits.count);
    assert_true(hits.total <= SEARCH_MAX && (!hits.nothing || !hits.total));
    for (size_t i = 0; i < hits.count; i++) {
        const struct search_hit *hit = &hits.hit[i];
        char id[MONTH_ID_SIZE];
        month_id(hit->month, id);
        assert_contains(hit->issue_url, id);
        assert_true(hit->first <= hit->month && hit->month <= hit->last);
    }
    return hits;
}

/* A line for each hit: kind, issue, project, title, "+" its other issues. */
static char *list(const struct search_hits *hits)
{
    struct buf out = BUF_INIT(test_arena, 1024 * 1024);
    buf_adds(&out, hits->nothing ? "nothing\n" : hits->any ? "any\n" : "");
    for (size_t i = 0; i < hits->count; i++) {
        const struct search_hit *hit = &hits->hit[i];
        char kind = "phcet"[hit->kind];
        buf_addf(&out, "%c %02d", kind, hit->month % 12 + 1);
        if (hit->project)
            buf_addf(&out, " %s", hit->project);
        buf_addf(&out, ": %s", text_plain(test_arena, hit->title));
        if (hit->more)
            buf_addf(&out, " +%d", (int)hit->more);
        buf_adds(&out, "\n");
    }
    return buf_str(&out);
}

static char *found(struct database *db, const char *words)
{
    struct search_hits hits = search(db, words, ALL_TIME, SEARCH_ALL_KINDS, 20);
    return list(&hits);
}

static void test_queries(void **state)
{
    (void)state;
    static const char file[] = "h 01: A hypervisor in one file\n",
                      kernel[] = "h 01: A C++ kernel on RISC-V with no_std\n",
                      x86_64[] = "t 01 visor: A hypervisor for x86_64. +1\n",
                      table[] = "c 02 visor: Use PageTable<L4>\n",
                      zebra[] = "t 01: Prose with zebra.\n", quiet[] = "h 01: Quiet title\n",
                      zoe[] = "e 01 visor: zoe-example\ne 02 visor: zoe-example, kim-example\n";
    static const struct {
        const char *words, *found;
    } cases[] = {
        {"hypervisor", "p 02 hypervisor: kim/hypervisor\n"
                       "h 03: The hypervisor again\n"
                       "h 03: The hypervisors of virtualization\n"
                       "h 01: A hypervisor in one file\n"
                       "t 02: A word on every hypervisor.\n"
                       "t 01: on the hypervisor of Zo\xC3\xAB\n"
                       "t 01 visor: A hypervisor for x86_64. +1\n"},
        {"zebra", zebra},
        {"ZEBRAS", zebra},
        {"virtual", "h 03: The hypervisors of virtualization\n"},
        {"zoe-example", zoe},
        {"@Zoe-Example", zoe},
        {"zoë-example", zoe},
        /* all words, or some that are nearest */
        {"title quiet", quiet},
        {"kernel zebra",
         "any\nh 01: A C++ kernel on RISC-V with no_std\nt 01: Prose with zebra.\n"},
        {"frobnicator", ""},
        /* without, together, or */
        {"quiet -zoe", quiet},
        {"quiet -title", ""},
        {"-file", file},
        {"hypervisor -kim -again -file -word -zo\xC3\xAB -x86 -\"of virtualization\"", ""},
        {"\"one file\"", file},
        {"\"file one\"", ""},
        {"\xE2\x80\x9Cone file\xE2\x80\x9D", file},
        {"\xE2\x80\x9C"
         "file one\xE2\x80\x9D",
         ""},
        {"\"one file", file},
        {"one\"file", file},
        {"file OR zebra", "h 01: A hypervisor in one file\nt 01: Prose with zebra.\n"},
        {"OR zebra OR", zebra},
        {"(zebra)", zebra},
        {"AND zebra", zebra},
        /* no other operators */
        {"kim*", "p 02 hypervisor: kim/hypervisor\ne 02 visor: zoe-example, kim-example\n"},
        {"zebr*", ""},
        {"^zebra", zebra},
        {"text:zebra", ""},
        {"zebra NOT frobnicator", "any\nt 01: Prose with zebra.\n"},
        /* spellings, and symbols */
        {"C++", kernel},
        {"c", ""},
        {"risc-v", kernel},
        {"RISC V", kernel},
        {"riscv", kernel},
        {"no_std", kernel},
        {"x86", x86_64},
        {"X86-64", x86_64},
        {"x64", x86_64},
        {"amd64", x86_64},
        {"x86_32", ""},
        {"PageTable<L4>", table},
        {"l4", table},
        {"lwn.example", quiet},
        {"file \xF0\x9F\xA6\x80 & !", file},
        /* the same in several issues */
        {"update dependency", "c 03 visor: Update dependencies +1\n"},
        {"&", "nothing\n"},
        {"OR", "nothing\n"},
        {"", "nothing\n"},
    };
    struct database *db = open_invented();
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *actual = found(db, cases[i].words);
        if (strcmp(actual, cases[i].found) != 0)
            fail_msg("'%s': '%s' instead of '%s'", cases[i].words, actual, cases[i].found);
    }
    database_close(db);
}

static void test_filters(void **state)
{
    (void)state;
    struct database *db = open_invented();
    struct span march = {month_of_id("2031-03"), month_of_id("2031-03")};
    struct search_hits hits = search(db, "hypervisor", march, SEARCH_ALL_KINDS, 20);
    assert_text(list(&hits),
                "h 03: The hypervisor again\nh 03: The hypervisors of virtualization\n");
    hits = search(db, "hypervisor", ALL_TIME, 1U << SEARCH_PROJECT | 1U << SEARCH_TEXT, 2);
    assert_text(list(&hits),
                "p 02 hypervisor: kim/hypervisor\nt 02: A word on every hypervisor.\n");
    assert_int_equal(hits.total, 4);
    hits = search(db, "hypervisor", ALL_TIME, SEARCH_ALL_KINDS, 0);
    assert_int_equal(hits.total, 7);
    database_close(db);
}

/* Where a hit is, and where else. */
static void test_places(void **state)
{
    (void)state;
    struct database *db = open_invented();
    struct search_hits hits = search(db, "file", ALL_TIME, SEARCH_ALL_KINDS, 5);
    assert_int_equal(hits.count, 1);
    assert_string_equal(hits.hit->url, "https://a.example/1");
    assert_string_equal(hits.hit->anchor, "n");
    assert_null(hits.hit->project);
    hits = search(db, "dependencies", ALL_TIME, SEARCH_ALL_KINDS, 5);
    assert_int_equal(hits.count, 1);
    assert_string_equal(hits.hit->url, "https://github.com/zo/visor/pull/3");
    assert_string_equal(hits.hit->anchor, "v");
    assert_month(hits.hit->first, "2031-02");
    assert_month(hits.hit->last, "2031-03");
    hits = search(db, "kim-example", ALL_TIME, SEARCH_ALL_KINDS, 5);
    assert_int_equal(hits.count, 1);
    assert_int_equal(hits.hit->role, ROLE_THANKED);
    assert_null(hits.hit->url);
    database_close(db);
}

/* The sentence that is shown. */
static void test_sentences(void **state)
{
    (void)state;
    static const struct {
        const char *prose, *words, *title;
    } cases[] = {
        {"One. A toaster! Three.", "toaster", "A toaster!"},
        {"A toaster", "toaster", "A toaster"},
        {"See e.g. toasters of v1.2 or so. Other.", "toaster", "See e.g. toasters of v1.2 or so."},
        {"Toaster. Toaster two.", "toaster", "Toaster."},
        {"Is it on amd64? Yes.", "x86", "Is it on x86_64?"},
        {"a</p><p>the toaster</p><p>b", "toaster", "the toaster"},
        {"All that comes long before what one has been looking for in a sentence without any end "
         "is "
         "left out up to where the toaster is, not what comes after it.",
         "toaster",
         "\xE2\x80\xA6"
         "in a sentence without any end is left out up to where the toaster is, not what comes "
         "after it."},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf html = BUF_INIT(test_arena, 10000);
        struct database *db = open_empty();
        buf_addf(&html, "<h2>News</h2><p>%s</p>", cases[i].prose);
        put_content(db, "2031-01", buf_str(&html));
        struct search_hits hits = search(db, cases[i].words, ALL_TIME, SEARCH_ALL_KINDS, 5);
        assert_int_equal(hits.count, 1);
        assert_text(hits.hit->title, cases[i].title);
        database_close(db);
    }
}

/* As many as are looked at are all there are. */
static void test_limit(void **state)
{
    (void)state;
    struct buf html = BUF_INIT(test_arena, 1024 * 1024);
    struct database *db = open_empty();
    buf_adds(&html, "<h2>News</h2><ul>");
    for (int i = 0; i < SEARCH_MAX + 10; i++)
        buf_addf(&html, "<li>Toaster %d</li>", i);
    put_content(db, "2031-01", buf_str(&html));
    struct search_hits hits = search(db, "toaster", ALL_TIME, SEARCH_ALL_KINDS, 5);
    assert_int_equal(hits.total, SEARCH_MAX);
    assert_int_equal(hits.count, 5);
    database_close(db);
}

static void test_fold(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"C++ and c#, C, cc++", "cplusplus and csharp, C, cc++"},
        {"\x0eRISC-V\x0f, risc v, riscv64", "riscv, riscv, riscv64"},
        {"amd64 x64 x640 arm64", "x86_64 x86_64 x640 aarch64"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_text(search_fold(test_arena, cases[i][0]), cases[i][1]);
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
        "{text} : a",
        "text : a",
        "- text : a",
        "a + b",
        "a*",
        "\"a\" * b",
        "^a",
        "a^",
        "'; DROP TABLE place; --",
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
        found(db, queries[i]);
        search(db, queries[i], (struct span){1, 0}, 0, 0);
    }
    /* every two bytes */
    for (unsigned a = 1; a < 256; a += is_slowed() ? 64 : 1)
        for (unsigned b = 1; b < 256; b += a < 128 ? 1 : 15) {
            char words[] = {(char)a, (char)b, 'x', '\0'};
            found(db, words);
        }
    assert_int_equal(get_integer(db, "SELECT count(*) FROM issue"), 3);
    database_close(db);
}

/* Whether a search for these words leads to the issue. */
static void assert_leads(struct database *db, int month, const char *words)
{
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
    struct search_hits hits = search(db, buf_str(&quoted), ALL_TIME, SEARCH_ALL_KINDS, SEARCH_MAX);
    for (size_t i = 0; i < hits.count; i++)
        there = there || (hits.hit[i].first <= month && hits.hit[i].last >= month);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries), cmocka_unit_test(test_filters),
        cmocka_unit_test(test_places),  cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_hostile), cmocka_unit_test(test_everything),
        cmocka_unit_test(test_limit),   cmocka_unit_test(test_fold),
    };
    return cmocka_run_group_tests_name("search", tests, setup_arena, teardown_arena);
}
