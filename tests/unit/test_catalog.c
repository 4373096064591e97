/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Issues and projects of the archive. */
#include "archived.h"
#include "io/database.h"
#include "news/month.h"
#include "state/catalog.h"

#define PROJECTS(list) "<h2>Projects</h2>" list
#define LINKED(link, name)                                                                         \
    "<h3 id=x><a href='https://github.com/" link "'><code>" name "</code></a></h3>"                \
    "<ul><li><a href='https://github.com/a/b/pull/1'>c</a></li></ul>"
#define UNLINKED(name) "<h3>" name "</h3><p>Words.</p>"

/* Projects as they really come: renamed, linked in several ways, without link at first. */
static struct database *open_invented(void)
{
    struct database *db = open_empty();
    put_content(db, "2031-01", PROJECTS(UNLINKED("loader") UNLINKED("Some OS")));
    put_content(db, "2031-02", PROJECTS(LINKED("nova/loader-rs", "loader")));
    put_content(
        db, "2031-03",
        PROJECTS(LINKED("Nova/Loader-rs/", "loader-rs") LINKED("nova/loader-rs.git", "loader_rs")));
    put_content(db, "2031-04",
                PROJECTS(LINKED("one/list_alloc", "list_alloc")
                             LINKED("two/list-alloc", "two/list-alloc")));
    put_content(db, "2031-05", PROJECTS(LINKED("two/list-alloc", "two/list-alloc")));
    put_content(db, "2031-06", PROJECTS(LINKED("x/y", "Talk on list-alloc and loader")));
    return db;
}

/* "NAME URL COUNT ALSO" of the project that is meant, behind "near" when it has another name; "-":
 * none. */
static char *meant(struct database *db, const char *words, bool near)
{
    struct catalog_project project = {0};
    struct fault fault = {0};
    struct buf out = BUF_INIT(test_arena, 10000);
    enum catalog_match match;
    if (!catalog_find_project(test_arena, db, words, near, &project, &match, &fault))
        fail_msg("%s: %s", words, fault.msg);
    if (match)
        buf_addf(&out, "%s%s %s %zu", match == CATALOG_NEAR ? "near " : "", project.name,
                 project.url ? project.url : "-", project.count);
    else
        buf_adds(&out, "-");
    for (size_t i = 0; i < project.also.count; i++)
        buf_addf(&out, " %s", project.also.name[i]);
    return buf_str(&out);
}

static void test_find(void **state)
{
    (void)state;
    static const char loader[] = "loader-rs https://github.com/Nova/Loader-rs/ 3 loader",
                      two[] = "two/list-alloc https://github.com/two/list-alloc 2",
                      near_loader[] = "near loader-rs https://github.com/Nova/Loader-rs/ 3 loader",
                      near_two[] = "near two/list-alloc https://github.com/two/list-alloc 2";
    static const struct {
        const char *words, *found;
        bool near;
    } cases[] = {
        {"loader", loader, false},
        {"LOADER_RS", loader, false},
        {"  loader rs ", loader, false},
        {"nova/loader-rs", loader, false},
        {"https://github.com/nova/loader-rs", loader, false},
        {"http://www.github.com/nova/loader-rs.git", loader, false},
        {"github.com/nova/loader-rs/", loader, false},
        {"lodaer", "-", false},
        {"lodaer", near_loader, true},
        {"**loader**", loader, false},
        {"<https://github.com/nova/loader-rs>!", loader, false},
        {"\xC2\xABsome os\xC2\xBB", "Some OS - 1", false},
        {"**lodaer**", near_loader, true},
        {"list-alloc", "list_alloc https://github.com/one/list_alloc 1", false},
        {"two/list alloc", two, false},
        {"two/list-aloc", near_two, true},
        {"some os", "Some OS - 1", false},
        {"y", "Talk on list-alloc and loader https://github.com/x/y 1", false},
        {"os", "-", false},
        {"", "-", true},
        {" ", "-", true},
        {"=loader", "-", false},
        {"%", "-", false},
        {"'; DROP TABLE project; --", "-", true},
        {"\xFF\xFE", "-", true},
    };
    struct database *db = open_invented();
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *found = meant(db, cases[i].words, cases[i].near);
        if (!found || strcmp(found, cases[i].found) != 0)
            fail_msg("'%s': '%s' instead of '%s'", cases[i].words, found, cases[i].found);
    }
    database_close(db);
}

/* Of one short name the project in the most issues, unless a name is meant exactly. */
static void test_most_issues(void **state)
{
    (void)state;
    struct database *db = open_empty();
    put_content(db, "2031-01", PROJECTS(LINKED("a/list", "a/list") LINKED("b/list", "b/list")));
    put_content(db, "2031-02", PROJECTS(LINKED("a/list", "a/list")));
    put_content(db, "2031-03", PROJECTS(LINKED("b/list", "b/list") LINKED("c/list", "c/list")));
    put_content(db, "2031-04", PROJECTS(LINKED("a/list", "a/list")));
    assert_text(meant(db, "list", false), "a/list https://github.com/a/list 3");
    assert_text(meant(db, "b/list", false), "b/list https://github.com/b/list 2");
    /* of the nearest ones, too */
    put_content(db, "2031-05", PROJECTS(LINKED("n/acpa", "acpa") LINKED("n/acpi", "acpi")));
    put_content(db, "2031-06", PROJECTS(LINKED("n/acpi", "acpi")));
    assert_text(meant(db, "acpx", true), "near acpi https://github.com/n/acpi 2");
    database_close(db);
}

/* A name that no issue has any more, since its link was corrected, means nothing. */
static void test_corrected(void **state)
{
    (void)state;
    struct database *db = open_empty();
    put_content(db, "2031-01", PROJECTS(LINKED("nova/uefi", "uefi")));
    put_content(db, "2031-02", PROJECTS(LINKED("nova/uefi", "uefi")));
    put_content(db, "2031-03", PROJECTS(LINKED("nova/uefi", "foo")));
    assert_text(meant(db, "foo", false), "foo https://github.com/nova/uefi 3 uefi");
    put_content(db, "2031-03", PROJECTS(LINKED("nova/foo", "foo")));
    assert_text(meant(db, "foo", false), "foo https://github.com/nova/foo 1");
    put_content(db, "2031-03", PROJECTS(UNLINKED("foo")));
    assert_text(meant(db, "foo", false), "foo - 1");
    assert_text(meant(db, "nova/foo", true), "-");
    assert_text(meant(db, "uefi", false), "uefi https://github.com/nova/uefi 2");
    database_close(db);
}

/* Names that begin so go before those that are only written alike, and short ones must be nearer.
 */
static void test_near(void **state)
{
    (void)state;
    static const struct {
        const char *words, *found;
    } cases[] = {
        {"tty", "near tty_types https://github.com/a/tty_types 1"},
        {"pci", "near pci_types https://github.com/a/pci_types 2"},
        {"uart", "near uart_9000 https://github.com/a/uart_9000 1"},
        {"pic", "near pic8259 https://github.com/a/pic8259 1"},
        {"ofs", "near efs https://github.com/a/efs 1"},
        {"efi", "near efs https://github.com/a/efs 1"},
        {"rss", "-"},
        {"yes", "-"},
        {"acp", "near acpi https://github.com/a/acpi 1"},
        {"axpj", "-"},
        {"uart_90", "near uart_9000 https://github.com/a/uart_9000 1"},
        {"x86_32", "near x86_64 https://github.com/a/x86_64 1"},
        {"pcitypes", "near pci_types https://github.com/a/pci_types 2"},
        {"a", "-"},
        {"nothing-like-it", "-"},
    };
    struct database *db = open_empty();
    put_content(db, "2031-01",
                PROJECTS(LINKED("a/pci-old", "pci-old") LINKED("a/pci_types", "pci_types")
                             LINKED("a/acpi", "acpi") LINKED("a/tty_types", "tty_types")));
    put_content(db, "2031-02",
                PROJECTS(LINKED("a/pci_types", "pci_types") LINKED("a/uart_9000", "uart_9000")
                             LINKED("a/pic8259", "pic8259") LINKED("a/efs", "efs")
                                 LINKED("a/x86_64", "x86_64")));
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *found = meant(db, cases[i].words, true);
        if (!found || strcmp(found, cases[i].found) != 0)
            fail_msg("'%s': '%s' instead of '%s'", cases[i].words, found, cases[i].found);
        found = meant(db, cases[i].words, false);
        assert_string_equal(found, "-");
    }
    database_close(db);
}

static void test_appearances(void **state)
{
    (void)state;
    struct database *db = open_invented();
    struct catalog_project project = {0};
    struct fault fault = {0};
    enum catalog_match match;
    assert_true(catalog_find_project(test_arena, db, "loader", false, &project, &match, &fault));
    assert_int_equal(match, CATALOG_EXACT);
    assert_int_equal(project.count, 3);
    assert_month(project.appearance[0].month, "2031-01");
    assert_null(project.appearance[0].anchor);
    assert_int_equal(project.appearance[0].changes, 0);
    assert_string_equal(project.appearance[0].issue_url,
                        "https://news.example/this-month/2031-01/");
    assert_string_equal(project.appearance[1].name, "loader");
    assert_month(project.appearance[2].month, "2031-03");
    assert_string_equal(project.appearance[2].anchor, "x");
    assert_int_equal(project.appearance[2].changes, 2);
    database_close(db);
}

static void test_since(void **state)
{
    (void)state;
    struct database *db = open_invented();
    struct catalog_projects projects = {0};
    struct fault fault = {0};
    assert_true(catalog_projects_since(test_arena, db, month_of_id("2031-03"), &projects, &fault));
    assert_int_equal(projects.count, 4);
    assert_string_equal(projects.project[0].name, "two/list-alloc");
    assert_int_equal(projects.project[0].count, 2);
    assert_string_equal(projects.project[1].name, "loader-rs");
    assert_int_equal(projects.project[1].count, 1);
    assert_string_equal(projects.project[2].name, "list_alloc");
    projects = (struct catalog_projects){0};
    assert_true(catalog_projects_since(test_arena, db, month_of_id("2031-07"), &projects, &fault));
    assert_int_equal(projects.count, 0);
    database_close(db);
}

static void test_list(void **state)
{
    (void)state;
    struct database *db = open_empty();
    struct fault fault = {0};
    put_pages(db);
    struct catalog_issues issues = {0};
    assert_true(catalog_list(test_arena, db, &issues, &fault));
    assert_int_equal(issues.count, 9);
    assert_month(issues.issue[1].month, "2031-02");
    assert_int_equal(strlen(issues.issue[1].published), 10);
    assert_contains(issues.issue[1].url, "/this-month/2031-02/");
    database_close(db);
}

/* What is read back is what was kept. */
static void test_read(void **state)
{
    (void)state;
    struct database *db = open_invented();
    struct issue issue = {0}, page = {0};
    struct fault fault = {0};
    assert_true(catalog_read(test_arena, db, month_of_id("2031-02"), &issue, &fault));
    assert_month(issue.month, "2031-02");
    assert_string_equal(issue.title, "An issue");
    assert_string_equal(issue.sections[0].projects[0].name, "\x0eloader\x0f");
    assert_false(catalog_read(test_arena, db, month_of_id("2030-01"), &issue, &fault));
    assert_fault(&fault, FAULT_ABSENT);
    put_pages(db);
    issue = (struct issue){0};
    struct buf html = read_fixture("pages/2031-01.html");
    assert_true(post_read_page(test_arena, html.ptr, html.len, NULL, &page, &fault));
    assert_true(catalog_read(test_arena, db, month_of_id("2031-01"), &issue, &fault));
    char *expected = issue_json(test_arena, &page);
    assert_text(issue_json(test_arena, &issue), expected);
    database_close(db);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(project_short_name("owner/name"), "name");
    assert_string_equal(project_short_name("name"), "name");
    assert_string_equal(project_short_name("a/b and c/d"), "a/b and c/d");
    assert_string_equal(project_short_name("name/"), "name/");
    assert_text(catalog_key(test_arena, NULL,
                            " \x0e"
                            "Blog_OS\x0f  x "),
                "=blog-os-x");
    assert_text(catalog_key(test_arena, "HTTPS://www.GitHub.com/A/B.git/", "c"), "github.com/a/b");
    assert_text(catalog_key(test_arena, "https://x.example/a#b", NULL), "x.example/a#b");
    assert_text(catalog_key(test_arena, NULL, "My OS"), "=my-os");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),      cmocka_unit_test(test_most_issues),
        cmocka_unit_test(test_near),      cmocka_unit_test(test_appearances),
        cmocka_unit_test(test_since),     cmocka_unit_test(test_list),
        cmocka_unit_test(test_read),      cmocka_unit_test(test_names),
        cmocka_unit_test(test_corrected),
    };
    return cmocka_run_group_tests_name("catalog", tests, setup_arena, teardown_arena);
}
