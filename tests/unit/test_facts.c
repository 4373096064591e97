/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Facts of the archive: issues, projects that were renamed and moved, people, links. */
#include "state/facts.h"

#include "archived.h"
#include "state/projects.h"

#include <limits.h>

#define ALL_TIME ((struct span){0, INT_MAX})

#define NEWS           "<h2 id=n>News</h2>"
#define TOOLS          "<h2 id=t>Infrastructure and Tooling</h2>"
#define PROJECTS       "<h2>Projects</h2>"
#define HUB            "https://github.com/"
#define HEADING(name)  "<h3 id=x>" name "</h3>"
#define LINKED(at, is) "<h3 id=x><a href=" HUB at ">" is "</a></h3>"
#define ITEM(url, is)  "<li><a href=" url ">" is "</a></li>"
#define CHANGE(at)     "<ul>" ITEM(HUB at, "Change of " at) "</ul>"
#define PERSON(name)   "<a href=" HUB name ">@" name "</a>"

static struct span month_span(const char *first, const char *last)
{
    return (struct span){month_of_id(first), month_of_id(last)};
}

static struct facts_projects list_projects(struct database *db, struct span span)
{
    struct facts_projects projects = {0};
    struct fault fault = {0};
    assert_true(facts_projects(test_arena, db, span, &projects, &fault));
    return projects;
}

/* All projects, a line each: "NAME ADDRESS FIRST-LAST, ISSUES issues, CHANGES changes, also NAME".
 */
static char *show_projects(struct database *db, struct span span)
{
    struct facts_projects projects = list_projects(db, span);
    struct buf out = BUF_INIT(test_arena, 10000);
    for (size_t i = 0; i < projects.count; i++) {
        const struct facts_project *p = &projects.project[i];
        struct names also = {0};
        struct fault fault = {0};
        char *about = NULL;
        assert_true(facts_describe(test_arena, db, p->id, &about, &also, &fault));
        buf_addf(&out, "%s %s %d-%d, %d issues, %d changes", p->name,
                 p->url ? p->url + strlen(HUB) : "-", p->first % 12 + 1, p->last % 12 + 1,
                 (int)p->issues, (int)p->changes);
        for (size_t k = 0; k < also.count; k++)
            buf_addf(&out, ", also %s", also.name[k]);
        buf_adds(&out, about ? arena_format(test_arena, ": %s\n", about) : "\n");
    }
    return buf_str(&out);
}

/* Headings of up to four issues, of which each may be "", and the projects that they make. */
static void test_projects(void **state)
{
    (void)state;
    static const struct {
        const char *issues[4], *projects;
    } cases[] = {
        /* renamed: one name, one owner */
        {{LINKED("kim/boot", "boot"), LINKED("kim/boot-rs", "Boot"),
          LINKED("kim/boot-rs", "boot-rs")},
         "boot-rs kim/boot-rs 1-3, 3 issues, 0 changes, also Boot\n"},
        {{LINKED("kim/boot", "boot"), LINKED("kim/boot-rs", "boot-rs")},
         "boot kim/boot 1-1, 1 issues, 0 changes\nboot-rs kim/boot-rs 2-2, 1 issues, 0 changes\n"},
        /* moved into the organisation, not out of it, and not elsewhere */
        {{LINKED("kim/boot", "boot"), LINKED("rust-osdev/boot", "boot")},
         "boot rust-osdev/boot 1-2, 2 issues, 0 changes\n"},
        {{LINKED("rust-osdev/boot", "boot"), LINKED("kim/boot", "boot")},
         "boot rust-osdev/boot 1-1, 1 issues, 0 changes\nboot kim/boot 2-2, 1 issues, 0 changes\n"},
        {{LINKED("kim/boot", "boot"), LINKED("zo/boot", "boot")},
         "boot kim/boot 1-1, 1 issues, 0 changes\nboot zo/boot 2-2, 1 issues, 0 changes\n"},
        {{LINKED("kim/boot", "kim/boot"), LINKED("zo/boot", "zo/boot")},
         "boot kim/boot 1-1, 1 issues, 0 changes\nboot zo/boot 2-2, 1 issues, 0 changes\n"},
        /* renamed, then moved */
        {{LINKED("kim/boot64", "boot"), LINKED("kim/boot", "boot"),
          LINKED("rust-osdev/boot", "boot")},
         "boot rust-osdev/boot 1-3, 3 issues, 0 changes\n"},
        /* one address, written in several ways */
        {{LINKED("kim/my_os", "my_os"), LINKED("Kim/My_OS/", "My OS"),
          LINKED("kim/my_os.git#a", "my-os")},
         "my-os kim/my_os.git#a 1-3, 3 issues, 0 changes\n"},
        /* without link: the project of exactly this name, also of a later issue */
        {{HEADING("boot"), LINKED("kim/boot", "boot"), HEADING("<code>Boot</code>")},
         "boot kim/boot 1-3, 3 issues, 0 changes\n"},
        {{HEADING("boot-rs"), LINKED("kim/boot", "boot")},
         "boot kim/boot 2-2, 1 issues, 0 changes\n"},
        /* an article */
        {{HEADING("How to boot"), LINKED("kim/boot", "boot"), HEADING("A talk")},
         "boot kim/boot 2-2, 1 issues, 0 changes\n"},
        {{HEADING("boot"), HEADING("boot")}, ""},
        /* one that names two, and one that names a project and something else */
        {{HEADING("acpi and aml"), LINKED("kim/acpi", "acpi") LINKED("kim/aml", "aml"),
          HEADING("aml, acpi"), HEADING("acpi/aml")},
         "acpi kim/acpi 1-4, 4 issues, 0 changes\naml kim/aml 1-4, 4 issues, 0 changes\n"},
        {{HEADING("<code>acpi</code> &amp; <code>aml</code>"), LINKED("kim/acpi", "acpi"),
          LINKED("kim/aml", "aml")},
         "acpi kim/acpi 1-2, 2 issues, 0 changes\naml kim/aml 1-3, 2 issues, 0 changes\n"},
        {{HEADING("acpi and you"), LINKED("kim/acpi", "acpi")},
         "acpi kim/acpi 1-2, 2 issues, 0 changes\n"},
        {{LINKED("kim/boot", "boot"), HEADING("kim/boot"), LINKED("rust-osdev/boot", "kim/boot")},
         "boot rust-osdev/boot 1-3, 3 issues, 0 changes\n"},
        /* twice in an issue */
        {{LINKED("kim/boot", "boot") CHANGE("kim/boot/pull/1") LINKED("kim/boot", "boot")
              CHANGE("kim/boot/pull/2")},
         "boot kim/boot 1-1, 1 issues, 2 changes\n"},
        /* what it is: the newest sentence that says it */
        {{LINKED("kim/boot", "boot") "<p>A loader. Of any kernel.</p>",
          LINKED("kim/boot", "boot") "<p>(Section suggested by kim.)</p>",
          LINKED("kim/boot", "boot") "<p>We merged these:</p>" CHANGE("kim/boot/pull/1")},
         "boot kim/boot 1-3, 3 issues, 1 changes: A loader.\n"},
        {{LINKED("kim/boot", "boot") "<p>A loader.</p>",
          LINKED("kim/boot", "boot") "<p>A loader, e.g. of v1.2 kernels! It boots.</p>"},
         "boot kim/boot 1-2, 2 issues, 0 changes: A loader, e.g. of v1.2 kernels!\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct database *db = open_empty();
        for (size_t k = 0; k < 4 && cases[i].issues[k]; k++) {
            char *id = arena_format(test_arena, "2031-%02zu", k + 1);
            put_content(db, id, arena_format(test_arena, PROJECTS "%s", cases[i].issues[k]));
        }
        char *projects = show_projects(db, ALL_TIME);
        if (strcmp(projects, cases[i].projects) != 0)
            fail_msg("%zu: '%s' instead of '%s'", i, projects, cases[i].projects);
        database_close(db);
    }
}

/* Into another organisation than the default one. */
static void test_organisation(void **state)
{
    (void)state;
    struct database *db = open_empty();
    struct fault fault = {0};
    put_content(db, "2031-01", PROJECTS LINKED("kim/boot", "boot"));
    put_content(db, "2031-02", PROJECTS LINKED("Nova-OS/boot", "boot"));
    assert_int_equal(list_projects(db, ALL_TIME).count, 2);
    assert_true(projects_set_organisation(db, "nova-os", &fault));
    assert_int_equal(list_projects(db, ALL_TIME).count, 1);
    assert_true(projects_set_organisation(db, "nova", &fault));
    assert_int_equal(list_projects(db, ALL_TIME).count, 2);
    database_close(db);
}

/* Some issues of everything. */
static struct database *open_invented(void)
{
    struct database *db = open_empty();
    put_content(
        db, "2031-01",
        NEWS "<ul>" ITEM("https://a.example/one", "One <code>thing</code>") ITEM(
            "https://a.example/two?utm_source=b",
            "Two things") "<li>Three things</li></ul>" PROJECTS
            LINKED("kim/my_os", "my_os") "<p>Maintained by " PERSON("kim-example") "</p>" CHANGE(
                "k"
                "i"
                "m"
                "/"
                "m"
                "y"
                "_"
                "o"
                "s"
                "/"
                "p"
                "u"
                "l"
                "l"
                "/"
                "1") "<p>Thanks to " PERSON("Zoe-Example") " and " PERSON("bo-example") "</"
                                                                                        "p>" LINKED(
                                                                                            "zo/"
                                                                                            "visor",
                                                                                            "zo/"
                                                                                            "visor") "<p>Thanks "
                                                                                                     "to " PERSON(
                                                                                                         "zoe-example") "</p>");
    put_content(
        db, "2031-02",
        NEWS "<ul>" ITEM(
            "https://a.example/two/#end",
            "Two things again") "</ul>" TOOLS
                                "<ul>" ITEM("https://a.example/tool",
                                            "A tool") "</ul>" PROJECTS LINKED("kim/our-os", "my_os")
                                    CHANGE("kim/our-os/pull/7") "<ul><li>Support for it<ul>" ITEM(HUB "kim/our-os/pull/8/files", "the first part") "</ul></li></ul><p>Thanks to " PERSON(
                                        "ZOE-example") "</p>" LINKED("zo/visor",
                                                                     "zo/visor") "<ul>" ITEM(HUB
                                                                                             "zo/"
                                                                                             "visor"
                                                                                             "/pull"
                                                                                             "/1",
                                                                                             "A")
                                        ITEM(HUB "zo/visor/pull/2", "B")
                                            ITEM(HUB "zo/visor/pull/3", "C") "</ul>" HEADING(
                                                "On one thing") "<p>Written by " PERSON("bo-"
                                                                                        "example") "</p>");
    put_content(db, "2031-04",
                PROJECTS LINKED("kim/our-os", "our-os") CHANGE("kim/our-os/pull/7")
                    LINKED("al/visor", "al/visor") LINKED("al/long-name", "long-name"));
    return db;
}

/* The project or the person of a name, "NAME ISSUES"; "-": there is none. */
static char *find_name(struct database *db, const char *name)
{
    struct facts_project project = {0};
    struct facts_person person = {0};
    struct fault fault = {0};
    assert_true(facts_find_project(test_arena, db, name, &project, &fault));
    assert_true(facts_find_person(test_arena, db, name, &person, &fault));
    assert_false(project.id && person.id);
    return project.id  ? arena_format(test_arena, "%s %d", project.name, (int)project.issues)
           : person.id ? arena_format(test_arena, "@%s %d", person.name, (int)person.issues)
                       : arena_copy(test_arena, "-");
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *found;
    } cases[] = {
        {"our-os", "our-os 3"},
        {"my_os", "our-os 3"},
        {"My OS", "our-os 3"},
        {"kim/my-os", "our-os 3"},
        {"Kim/Our_OS", "our-os 3"},
        {"https://github.com/kim/my_os", "our-os 3"},
        {"http://www.github.com/Kim/Our-OS.git", "our-os 3"},
        {"github.com/kim/our-os/#readme", "our-os 3"},
        {"visor", "visor 2"}, /* of two the one in more issues */
        {"al/visor", "visor 1"},
        {"os", "-"},
        {"on one thing", "-"},
        {"kim", "-"},
        {"", "-"},
        {" ", "-"},
        {"%", "-"},
        {"'; DROP TABLE project; --", "-"},
        {"\xFF\xFE", "-"},
        {"zoe-example", "@ZOE-example 2"},
        {"@Zoe-Example", "@ZOE-example 2"},
        {"https://github.com/zoe-example/", "@ZOE-example 2"},
        {"GitHub.com/Kim-Example", "@kim-example 1"},
        {"github.com/", "-"},
        {"@", "-"},
    };
    struct database *db = open_invented();
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *found = find_name(db, cases[i].name);
        if (strcmp(found, cases[i].found) != 0)
            fail_msg("'%s': '%s' instead of '%s'", cases[i].name, found, cases[i].found);
    }
    database_close(db);
}

static void test_near(void **state)
{
    (void)state;
    static const struct {
        const char *name, *near;
    } cases[] = {
        {"vizor", "visor"},
        {"Our OZ", "our-os"},
        {"long_nam", "long-name"},
        {"zoe-exampel", "zoe-example"},
        {"longname", "long-name"},
        {"visor", "visor"},
        {"viso", NULL},
        {"vi", NULL},
        {"wizard", NULL},
        {"", NULL},
        {"lnog-anme", NULL},
    };
    struct database *db = open_invented();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault fault = {0};
        char *near;
        assert_true(facts_near_name(test_arena, db, cases[i].name, &near, &fault));
        if (!near != !cases[i].near || (near && strcmp(near, cases[i].near) != 0))
            fail_msg("'%s': '%s'", cases[i].name, near ? near : "none");
    }
    database_close(db);
}

/* Counted within a span, first and last over all years; in their order. */
static void test_spans(void **state)
{
    (void)state;
    struct database *db = open_invented();
    assert_text(show_projects(db, ALL_TIME),
                "our-os kim/our-os 1-4, 3 issues, 4 changes, also my_os\n"
                "visor zo/visor 1-2, 2 issues, 3 changes\n"
                "long-name al/long-name 4-4, 1 issues, 0 changes\n"
                "visor al/visor 4-4, 1 issues, 0 changes\n");
    assert_text(show_projects(db, month_span("2031-02", "2031-03")),
                "visor zo/visor 1-2, 1 issues, 3 changes\n"
                "our-os kim/our-os 1-4, 1 issues, 2 changes, also my_os\n");
    assert_text(show_projects(db, month_span("2031-03", "2031-03")), "");
    struct facts_issues issues = {0};
    struct facts_appearances at = {0};
    struct fault fault = {0};
    assert_true(facts_issues(test_arena, db, month_span("2031-01", "2031-02"), &issues, &fault));
    assert_int_equal(issues.count, 2);
    assert_month(issues.issue[0].month, "2031-01");
    assert_int_equal(issues.issue[0].links, 3);
    assert_int_equal(issues.issue[1].changes, 5);
    int64_t id = list_projects(db, ALL_TIME).project[0].id;
    assert_true(facts_appearances(test_arena, db, id, ALL_TIME, &at, &fault));
    assert_int_equal(at.count, 3);
    assert_month(at.appearance[0].month, "2031-04");
    assert_month(at.appearance[2].month, "2031-01");
    assert_string_equal(at.appearance[1].anchor, "x");
    assert_int_equal(at.appearance[1].changes, 2);
    database_close(db);
}

/* Those who have a role, a line each: "NAME FIRST-LAST, ISSUES issues, CREDITS credits". */
static char *show_people(struct database *db, int64_t project, int roles, struct span span)
{
    struct facts_people people = {0};
    struct fault fault = {0};
    struct buf out = BUF_INIT(test_arena, 10000);
    assert_true(facts_people(test_arena, db, project, roles, span, &people, &fault));
    for (size_t i = 0; i < people.count; i++) {
        const struct facts_person *p = &people.person[i];
        buf_addf(&out, "%s %d-%d, %d issues, %d credits\n", p->name, p->first % 12 + 1,
                 p->last % 12 + 1, (int)p->issues, (int)p->credits);
    }
    return buf_str(&out);
}

static void test_people(void **state)
{
    (void)state;
    struct database *db = open_invented();
    int64_t os = list_projects(db, ALL_TIME).project[0].id;
    assert_text(show_people(db, 0, ROLE_THANKED, ALL_TIME),
                "ZOE-example 1-2, 2 issues, 3 credits\nbo-example 1-1, 1 issues, 1 credits\n");
    assert_text(show_people(db, os, ROLE_THANKED, ALL_TIME),
                "ZOE-example 1-2, 2 issues, 2 credits\nbo-example 1-1, 1 issues, 1 credits\n");
    assert_text(show_people(db, 0, ROLE_THANKED, month_span("2031-02", "2031-04")),
                "ZOE-example 1-2, 1 issues, 1 credits\n");
    assert_text(show_people(db, os, ROLE_MAINTAINS, ALL_TIME),
                "kim-example 1-1, 1 issues, 1 credits\n");
    assert_text(show_people(db, 0, ROLE_THANKED | ROLE_WROTE, month_span("2031-02", "2031-02")),
                "bo-example 1-2, 1 issues, 1 credits\nZOE-example 1-2, 1 issues, 1 credits\n");
    assert_text(show_people(db, FACTS_ISSUES, ROLE_WROTE | ROLE_EDITED, ALL_TIME), "");
    put_pages(db);
    char *editors =
        show_people(db, FACTS_ISSUES, ROLE_WROTE | ROLE_EDITED, month_span("2031-01", "2031-03"));
    assert_contains(editors, "ada-example 1-");
    database_close(db);
}

/* What a person did, newest first. */
static void test_credits(void **state)
{
    (void)state;
    struct database *db = open_invented();
    struct facts_person person = {0};
    struct facts_credits credits = {0};
    struct fault fault = {0};
    struct buf out = BUF_INIT(test_arena, 10000);
    assert_true(facts_find_person(test_arena, db, "bo-example", &person, &fault));
    assert_true(facts_credits(test_arena, db, person.id, ALL_TIME, &credits, &fault));
    for (size_t i = 0; i < credits.count; i++) {
        const struct facts_credit *c = &credits.credit[i];
        buf_addf(&out, "%d %d %s\n", c->month % 12 + 1, (int)c->role, c->project);
    }
    assert_text(buf_str(&out), "2 4 On one thing\n1 1 our-os\n");
    credits.count = 0;
    assert_true(facts_credits(test_arena, db, person.id, month_span("2031-03", "2031-04"), &credits,
                              &fault));
    assert_int_equal(credits.count, 0);
    database_close(db);
}

/* Links, a line each: "MONTH PROJECT TITLE URL". */
static char *show_links(const struct facts_links *links)
{
    struct buf out = BUF_INIT(test_arena, 100000);
    for (size_t i = 0; i < links->count; i++) {
        const struct facts_link *l = &links->link[i];
        buf_addf(&out, "%d %s: %s %s\n", l->month % 12 + 1, l->project ? l->project : "-",
                 text_plain(test_arena, l->title), l->url ? l->url : "-");
    }
    return buf_str(&out);
}

static void test_links(void **state)
{
    (void)state;
    static const char one[] = "1 -: One thing https://a.example/one\n",
                      two[] = "1 -: Two things https://a.example/two?utm_source=b\n"
                              "2 -: Two things again https://a.example/two/#end\n",
                      part[] =
                          "2 our-os: Support for it https://github.com/kim/our-os/pull/8/files\n";
    static const struct {
        const char *url, *found;
    } urls[] =
        {
            {"https://a.example/one", one},
            {"http://www.a.example/one/", one},
            {"a.example/one?utm_medium=x#y", one},
            {"https://A.example/two", two},
            {"https://a.example/two?b=1", ""},
            {"https://github.com/kim/our-os/pull/8#issuecomment-1", part},
            {"https://github.com/kim/our-os/pull/7",
             "2 our-os: Change of kim/our-os/pull/7 https://github.com/kim/our-os/pull/7\n"
             "4 our-os: Change of kim/our-os/pull/7 https://github.com/kim/our-os/pull/7\n"},
            {"https://a.example/", ""},
            {"", ""},
            {"\xFF", ""},
        },
      titles[] = {
          {"One thing", one},
          {"one `thing`", ""},
          {"ONE THING", one},
          {"Three things", "1 -: Three things -\n"},
          {"Support for it", "2 our-os: Support for it -\n"},
          {"the first part", ""},
          {"One", ""},
          {"", ""},
      };
    struct database *db = open_invented();
    for (size_t i = 0; i < COUNT(urls) + COUNT(titles); i++) {
        struct facts_links links = {0};
        struct fault fault = {0};
        bool by_url = i < COUNT(urls);
        const char *asked = by_url ? urls[i].url : titles[i - COUNT(urls)].url,
                   *expected = by_url ? urls[i].found : titles[i - COUNT(urls)].found;
        assert_true(by_url ? facts_find_link(test_arena, db, asked, &links, &fault)
                           : facts_find_title(test_arena, db, asked, &links, &fault));
        char *found = show_links(&links);
        if (strcmp(found, expected) != 0)
            fail_msg("'%s': '%s' instead of '%s'", asked, found, expected);
    }
    database_close(db);
}

static void test_lists(void **state)
{
    (void)state;
    struct database *db = open_invented();
    struct facts_links links = {0};
    struct fault fault = {0};
    struct span until = month_span("2031-01", "2031-02");
    assert_true(facts_headlines(test_arena, db, SECTION_NEWS, until, &links, &fault));
    assert_text(show_links(&links), "2 -: Two things again https://a.example/two/#end\n"
                                    "1 -: One thing https://a.example/one\n"
                                    "1 -: Two things https://a.example/two?utm_source=b\n"
                                    "1 -: Three things -\n");
    assert_string_equal(links.link[0].anchor, "n");
    links = (struct facts_links){0};
    assert_true(facts_headlines(test_arena, db, SECTION_TOOLING, ALL_TIME, &links, &fault));
    assert_text(show_links(&links), "2 -: A tool https://a.example/tool\n");
    links = (struct facts_links){0};
    assert_true(facts_changes(test_arena, db, 0, until, &links, &fault));
    assert_text(show_links(&links),
                "2 visor: A https://github.com/zo/visor/pull/1\n"
                "2 visor: B https://github.com/zo/visor/pull/2\n"
                "2 visor: C https://github.com/zo/visor/pull/3\n"
                "2 our-os: Change of kim/our-os/pull/7 https://github.com/kim/our-os/pull/7\n"
                "2 our-os: Support for it -\n"
                "1 our-os: Change of kim/my_os/pull/1 https://github.com/kim/my_os/pull/1\n");
    links = (struct facts_links){0};
    int64_t os = list_projects(db, ALL_TIME).project[0].id;
    assert_true(
        facts_changes(test_arena, db, os, month_span("2031-04", "2031-04"), &links, &fault));
    assert_text(show_links(&links),
                "4 our-os: Change of kim/our-os/pull/7 https://github.com/kim/our-os/pull/7\n");
    database_close(db);
}

/* An issue that is put together from its rows is the one that was taken apart. */
static void test_issue(void **state)
{
    (void)state;
    struct database *db = open_empty();
    struct issue issue = {0};
    struct fault fault = {0};
    put_pages(db);
    glob_t pages = find_paths("tests/fixtures/pages/*.html", 9);
    for (size_t i = 0; i < pages.gl_pathc; i++) {
        struct buf page = read_path(pages.gl_pathv[i]);
        struct issue read = {0};
        assert_true(post_read_page(test_arena, page.ptr, page.len, NULL, &read, &fault));
        assert_true(facts_issue(test_arena, db, read.month, &issue, &fault));
        /* People are written as in the newest issue. */
        assert_text(projects_name(test_arena, issue_json(test_arena, &issue)),
                    projects_name(test_arena, issue_json(test_arena, &read)));
    }
    globfree(&pages);
    assert_false(facts_issue(test_arena, db, month_of_id("2030-01"), &issue, &fault));
    assert_fault(&fault, FAULT_ABSENT);
    database_close(db);
}

/* Nothing is known yet. */
static void test_empty(void **state)
{
    (void)state;
    struct database *db = open_empty();
    struct facts_issues issues = {0};
    struct facts_links links = {0};
    struct fault fault = {0};
    char *near;
    assert_true(facts_issues(test_arena, db, ALL_TIME, &issues, &fault));
    assert_true(facts_find_link(test_arena, db, "https://a.example/", &links, &fault));
    assert_true(facts_near_name(test_arena, db, "visor", &near, &fault));
    assert_int_equal(issues.count + links.count, 0);
    assert_null(near);
    assert_text(find_name(db, "visor"), "-");
    assert_text(show_projects(db, ALL_TIME), "");
    assert_text(show_people(db, 0, -1, ALL_TIME), "");
    database_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_projects), cmocka_unit_test(test_organisation),
        cmocka_unit_test(test_names),    cmocka_unit_test(test_near),
        cmocka_unit_test(test_spans),    cmocka_unit_test(test_people),
        cmocka_unit_test(test_credits),  cmocka_unit_test(test_links),
        cmocka_unit_test(test_lists),    cmocka_unit_test(test_issue),
        cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests_name("facts", tests, setup_arena, teardown_arena);
}
