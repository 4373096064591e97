/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests issue: ids, dates, kinds, what is a change, names, JSON. */
#include "news/issue.h"

#include "fixture.h"
#include "io/json.h"
#include "news/month.h"

static void test_month_of_url(void **state)
{
    (void)state;
    static const struct {
        const char *url, *id;
    } cases[] = {
        {"https://rust-osdev.com/this-month/2025-07/", "2025-07"},
        {"http://127.0.0.1:8000/this-month/2025-07/", "2025-07"},
        {"https://rust-osdev.com/this-month/2025-07/?utm_source=feed", "2025-07"},
        {"https://rust-osdev.com/this-month/2025-07/#news", "2025-07"},
        {"https://rust-osdev.com/this-month/2025-07", NULL},
        {"https://rust-osdev.com/this-month/2025-13/", NULL},
        {"https://rust-osdev.com/this-month/2025-00/", NULL},
        {"https://rust-osdev.com/this-month/2025-7/", NULL},
        {"https://rust-osdev.com/this-month/2025-07/extra/", NULL},
        {"https://rust-osdev.com/this-month/2025-07/index.html", NULL},
        {"https://rust-osdev.com/archive/this-month/2025-07/", NULL},
        {"https://rust-osdev.com/This-Month/2025-07/", NULL},
        {"https://rust-osdev.com//this-month//2025-07/", NULL},
        {"https://rust-osdev.com/this-month/", NULL},
        {"https://rust-osdev.com/?/this-month/2025-07/", NULL},
        {"https://rust-osdev.com/#/this-month/2025-07/", NULL},
        {"javascript:alert('/this-month/2025-07/')", NULL},
        {"/this-month/2025-07/", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int month = issue_month_of_url(cases[i].url);
        if (month != (cases[i].id ? month_of_id(cases[i].id) : 0))
            fail_msg("%s: %d", cases[i].url, month);
    }
}

static void test_month_of_page(void **state)
{
    (void)state;
#define PAGE "/this-month/2025-07"
    static const char *const right[] = {
        "https://rust-osdev.com" PAGE "/",       "https://rust-osdev.com" PAGE,
        "https://rust-osdev.com" PAGE "/?a=b",   "https://rust-osdev.com" PAGE "/index.html#c",
        "http://127.0.0.1:8000/mirror" PAGE "/", "HTTP://RUST-OSDEV.COM/THIS-MONTH/2025-07/",
        "https://h/this-month/2025-06" PAGE "/", "https://h/x" PAGE "?/this-month/2025-06/",
    };
    static const char *const wrong[] = {
        "https://rust-osdev.com/",
        "https://rust-osdev.com/this-month/",
        "https://rust-osdev.com" PAGE "/more/",
        "https://rust-osdev.com" PAGE "/index.php",
        "https://rust-osdev.com" PAGE "5/",
        "https://rust-osdev.com/this-month/2025-13/",
        "https://rust-osdev.com/that-month/2025-07/",
        "https://rust-osdev.com/?" PAGE "/",
        "https://rust-osdev.com/#" PAGE "/",
        "https://this-month/2025-07/",
        "/this-month/2025-07/",
        "mailto:/this-month/2025-07/",
        "https://h/this-month/2025-0",
        "",
    };
    size_t end = 0;
    for (size_t i = 0; i < COUNT(right); i++) {
        int month = issue_month_of_page(right[i], &end);
        if (!month)
            fail_msg("%s", right[i]);
        assert_month(month, "2025-07");
        assert_int_equal(strncmp(right[i] + end - 7, "2025-07", 7), 0);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (issue_month_of_page(wrong[i], &end))
            fail_msg("%s", wrong[i]);
}

/* What was read from a page tells it; what it says is compared without. */
static void test_data(void **state)
{
    (void)state;
    char title[] = "T", other[] = "U", url[] = "https://h/";
    struct issue issue = {.month = month_of_id("2031-01"), .title = title, .url = url};
    char *none = issue_data(test_arena, &issue), *also_none = issue_data(test_arena, &issue);
    issue.page = 1;
    char *one = issue_data(test_arena, &issue);
    issue.page = -1;
    char *another = issue_data(test_arena, &issue);
    issue.title = other;
    char *changed = issue_data(test_arena, &issue);
    assert_true(none && also_none && one && another && changed);
    assert_true(issue_data_same(none, also_none) && !issue_data_same_page(none, also_none));
    assert_true(issue_data_same(one, another) && !issue_data_same_page(one, another));
    assert_true(issue_data_same_page(another, changed) && !issue_data_same(another, changed));
    assert_true(issue_data_hash(one) == issue_data_hash(another));
    assert_true(issue_data_hash(one) && issue_data_hash(one) != issue_data_hash(changed));
    /* What is in a state may be anything. */
    static const char *const odd[] = {"", "{", "{}", "{\"page\":\"", "{\"page\":\"0\""};
    for (size_t i = 0; i < COUNT(odd); i++) {
        assert_true(issue_data_same(odd[i], odd[i]) && !issue_data_same(odd[i], one));
        assert_true(!issue_data_same_page(odd[i], odd[i]) && !issue_data_same_page(one, odd[i]));
    }
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *s, *date;
    } cases[] = {
        {"2025-08-08", "2025-08-08"},
        {" 2025-08-08", "2025-08-08"},
        {"2025-08-08T12:00:00Z", "2025-08-08"},
        {"2020-01-01", "2020-01-01"},
        {"2024-02-29", "2024-02-29"},
        {"9999-12-31", "9999-12-31"},
        {"2019-12-31", ""},
        {"0000-05-06", ""},
        {"0025-08-08", ""},
        {"2025-02-29", ""},
        {"2100-02-29", ""},
        {"2025-13-01", ""},
        {"2025-00-01", ""},
        {"2025-01-00", ""},
        {"2025-01-32", ""},
        {"2025-04-31", ""},
        {"25-08-08", ""},
        {"2025-8-8", ""},
        {"2025/08/08", ""},
        {"   2025-8-8", ""},
        {"2025- 8- 8", ""},
        {"2025-+8-+8", ""},
        {"+202-08-08", ""},
        {"2025-08", ""},
        {"yesterday", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char date[ISSUE_DATE_SIZE] = "old";
        issue_date_read(date, cases[i].s);
        if (strcmp(date, cases[i].date) != 0)
            fail_msg("'%s' reads as '%s'", cases[i].s, date);
    }
}

static void test_url(void **state)
{
    (void)state;
    assert_text(issue_url(test_arena, "https://rust-osdev.com", month_of_id("2025-07")),
                "https://rust-osdev.com/this-month/2025-07/");
    assert_text(issue_url(test_arena, "https://rust-osdev.com/", month_of_id("2025-07")),
                "https://rust-osdev.com/this-month/2025-07/");
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *title, *kind;
    } cases[] = {
        {"Announcements, News, and Blog Posts", "news"},
        {"`rust-osdev` Projects", "projects"},
        {"Other Projects", "projects"},
        {"Project Updates", "projects"},
        {"New Projects", "news"},
        {"NEW PROJECTS of the month", "news"},
        {"Some New Projects", "projects"},
        {"Infrastructure and Tooling", "tooling"},
        {"Tooling News", "tooling"},
        {"Calls for Participation", "participation"},
        {"Join Us?", "join"},
        {"Showcase", "news"},
        {"Newsletter", "news"},
        {"Projections", "other"},
        {"Weather", "other"},
        {"", "other"},
        {"Announcement: a project", "projects"},
        {"Infrastructure Projects", "projects"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(section_kind_name(section_kind_of(cases[i].title)), cases[i].kind);
}

static void test_plausible(void **state)
{
    (void)state;
    struct item headline = {.title = (char[]){"x"}};
    struct project project = {.name = (char[]){"x"}};
    static const struct {
        bool known, headline, project, plausible;
    } cases[] = {
        {false, false, false, false}, {true, false, false, false}, {false, true, false, false},
        {true, true, false, true},    {true, false, true, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct section sections[] = {
            {.kind = cases[i].known ? SECTION_JOIN : SECTION_OTHER},
            {.kind = SECTION_OTHER,
             .headlines = &headline,
             .headline_count = cases[i].headline,
             .projects = &project,
             .project_count = cases[i].project},
        };
        struct issue issue = {.sections = sections, .section_count = 2};
        assert_int_equal(issue_is_plausible(&issue), cases[i].plausible);
    }
    assert_false(issue_is_plausible(&(struct issue){0}));
}

static void mark_changes(struct project *projects, size_t count)
{
    struct section section = {.projects = projects, .project_count = count};
    struct issue issue = {.sections = &section, .section_count = 1};
    issue_mark_changes(test_arena, &issue);
}

/* How many of the items are changes, as those of one project. */
static size_t count_changes(struct item *items, size_t count)
{
    struct project project = {.changes = items, .change_count = count};
    mark_changes(&project, 1);
    return issue_count_changes(&project);
}

static void test_change(void **state)
{
    (void)state;
    static const struct {
        const char *title, *url, *note;
        bool change;
    } cases[] = {
        {"Fix", "https://github.com/a/b/pull/1", NULL, true},
        {"Fix", "http://gitlab.example/a/-/merge_requests/1", NULL, true},
        {"Fix", "https://github.com/a/b/commit/abc", NULL, true},
        {"Fix", "https://github.com/a/b/commits/main", NULL, true},
        {"Fix", "https://github.com/a/b/compare/x...y", NULL, true},
        {"Fix", "https://github.com/a/b/releases/tag/v1", NULL, true},
        {"Fix", "https://github.com/a/b/pull/1?x#y", NULL, true},
        {"Fix", "https://github.com/a/b/releases", NULL, false},
        {"Fix", "https://github.com/a/b/issues/1", NULL, false},
        {"Fix", "https://github.com/a/b/pulls", NULL, false},
        {"Fix", "https://example.org/?x=/pull/1", NULL, false},
        {"Fix", "https://example.org/#/pull/1", NULL, false},
        {"Fix", "javascript:/pull/1", NULL, false},
        {"Fix", "ftp://example.org/pull/1", NULL, false},
        {"Fix", NULL, NULL, false},
        {"Fix", NULL, "https://github.com/a/b/pull/1", true},
        {"Fix", "https://example.org/", "https://github.com/a/b/pull/1", true},
        {"Fix", NULL, "https://example.org/", false},
        {"#1175", "https://github.com/a/b/pull/1175", NULL, false},
        {"1175", "https://github.com/a/b/pull/1175", NULL, false},
        {"\x0e#1175\x0f", "https://github.com/a/b/pull/1175", NULL, false},
        {"#1175", NULL, "https://github.com/a/b/pull/1", false},
        {"#", "https://github.com/a/b/pull/1175", NULL, true},
        {"#1175 fixed", "https://github.com/a/b/pull/1175", NULL, true},
        {"1175a", "https://github.com/a/b/pull/1175", NULL, true},
        {"\x0e"
         "16550\x0f driver",
         "https://github.com/a/b/pull/1175", NULL, true},
        {"", "https://github.com/a/b/pull/1175", NULL, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct note notes[] = {{"plain", NULL}, {"note", cases[i].note}};
        struct note *list = arena_zero(test_arena, COUNT(notes), sizeof *list);
        memcpy(list, notes, sizeof notes);
        struct item item = {.title = cases[i].title,
                            .url = cases[i].url,
                            .notes = list,
                            .note_count = COUNT(notes)};
        if (count_changes(&item, 1) != cases[i].change)
            fail_msg("'%s' at %s", cases[i].title, cases[i].url ? cases[i].url : "no link");
    }
}

/* Of addresses of one change only the first counts, in whichever project it is. */
static void test_same_change(void **state)
{
    (void)state;
#define PULL "https://github.com/a/b/pull/1"
    static const struct {
        const char *first, *second;
        size_t count;
    } cases[] = {
        {PULL, PULL, 1},
        {PULL, PULL "/", 1},
        {PULL "#discussion_r1", PULL, 1},
        {PULL, PULL "/files#diff-2", 1},
        {PULL, "http://www.GitHub.com/a/b/pull/1?utm_source=x", 1},
        {PULL, PULL "1", 2},
        {PULL, "https://github.com/a/c/pull/1", 2},
        {"https://github.com/a/b/compare/x...y", "https://github.com/a/b/compare/x...z", 2},
        {"https://github.com/a/b/issues/1", PULL, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct note note = {"note", cases[i].second};
        struct item items[] = {{.title = "First", .url = cases[i].first},
                               {.title = "Second", .notes = &note, .note_count = 1}};
        if (count_changes(items, 2) != cases[i].count)
            fail_msg("%s and %s in one project", cases[i].first, cases[i].second);
        struct project projects[] = {{.changes = items, .change_count = 1},
                                     {.changes = items + 1, .change_count = 1}};
        mark_changes(projects, 2);
        size_t count = issue_count_changes(&projects[0]) + issue_count_changes(&projects[1]);
        if (count != cases[i].count)
            fail_msg("%s and %s in two projects", cases[i].first, cases[i].second);
    }
}

static void test_identity(void **state)
{
    (void)state;
    struct project named = {.name = (char[]){"uefi"}};
    struct project linked = {.name = (char[]){"uefi"},
                             .url = (char[]){"https://example.org/uefi-rs"}};
    assert_string_equal(project_identity(&named), "uefi");
    assert_string_equal(project_identity(&linked), "https://example.org/uefi-rs");
}

static void test_names(void **state)
{
    (void)state;
    struct names names = {0};
    names_add(test_arena, &names, "@phil-opp");
    names_add(test_arena, &names, "Freax13");
    names_add(test_arena, &names, "PHIL-OPP");
    names_add(test_arena, &names, "@freax13");
    assert_int_equal(names.count, 2);
    assert_string_equal(names.name[0], "phil-opp");
    assert_string_equal(names.name[1], "Freax13");
    for (int i = 0; i < NAMES_MAX + 5; i++) {
        char name[20];
        snprintf(name, sizeof name, "n%d", i);
        names_add(test_arena, &names, name);
    }
    assert_int_equal(names.count, NAMES_MAX);
}

/* Keys in the documented order, texts without code marks, what is unknown is null. */
static void test_json(void **state)
{
    (void)state;
    struct note notes[] = {{(char[]){"a \x0enote\x0f"}, NULL}};
    struct item headlines[] = {{.title = (char[]){"\x0e"
                                                  "a\"b\x0f\\"},
                                .url = (char[]){"https://example.org/"},
                                .group = (char[]){"\x0eG\x0f"},
                                .notes = notes,
                                .note_count = 1},
                               {.title = (char[]){"t"}}};
    struct item changes[] = {{.title = (char[]){"c"}}};
    char *people[] = {(char[]){"x"}, (char[]){"y"}};
    struct project projects[] = {{.name = (char[]){"\x0ep\x0f"},
                                  .summary = (char[]){"s\x0e.\x0f"},
                                  .maintainers = {people, 2},
                                  .changes = changes,
                                  .change_count = 1}};
    struct section sections[] = {{.kind = SECTION_PROJECTS,
                                  .title = (char[]){"\x0er\x0f Projects"},
                                  .anchor = (char[]){"r-projects"},
                                  .headlines = headlines,
                                  .headline_count = 2,
                                  .projects = projects,
                                  .project_count = 1},
                                 {.kind = SECTION_OTHER, .title = (char[]){"O"}}};
    struct issue issue = {.month = month_of_id("2025-07"),
                          .title = (char[]){"T"},
                          .url = (char[]){"https://example.org/this-month/2025-07/"},
                          .editors = {people, 1},
                          .sections = sections,
                          .section_count = 2};
    static const char expected[] =
        "{\"id\":\"2025-07\",\"title\":\"T\",\"url\":\"https://example.org/this-month/2025-07/\","
        "\"published\":null,\"authors\":[],\"editors\":[\"x\"],\"sections\":["
        "{\"kind\":\"projects\",\"title\":\"r Projects\",\"anchor\":\"r-projects\",\"headlines\":["
        "{\"title\":\"a\\\"b\\\\\",\"url\":\"https://example.org/\",\"group\":\"G\",\"notes\":["
        "{\"text\":\"a note\",\"url\":null}]},"
        "{\"title\":\"t\",\"url\":null,\"group\":null,\"notes\":[]}],\"projects\":["
        "{\"name\":\"p\",\"url\":null,\"anchor\":null,\"maintainers\":[\"x\",\"y\"],\"written_by\":"
        "[],"
        "\"summary\":\"s.\",\"changes\":[{\"title\":\"c\",\"url\":null,\"notes\":[]}],"
        "\"contributors\":[]}]},"
        "{\"kind\":\"other\",\"title\":\"O\",\"anchor\":null,\"headlines\":[],\"projects\":[]}]}";
    char *text = issue_json(test_arena, &issue);
    assert_non_null(text);
    struct json *json = json_parse(text, strlen(text), NULL);
    assert_text(json_print(test_arena, json, false), expected); /* white space is not of interest */
    json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_month_of_url), cmocka_unit_test(test_month_of_page),
        cmocka_unit_test(test_data),         cmocka_unit_test(test_dates),
        cmocka_unit_test(test_url),          cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_plausible),    cmocka_unit_test(test_change),
        cmocka_unit_test(test_same_change),  cmocka_unit_test(test_identity),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests_name("issue", tests, setup_arena, teardown_arena);
}
