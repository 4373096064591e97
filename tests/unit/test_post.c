/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests post: three sources, one reading; and hostile pages. */
#include "news/month.h"
#include "news/post.h"

#include "fixture.h"
#include "io/json.h"
#include "news/frontmatter.h"
#include "news/issue.h"

#define SITE "https://rust-osdev.com"
#define URL  SITE "/this-month/2031-01/"

enum source { PAGE, CONTENT, MARKDOWN };

/* Reads a post of any source; content gets the head that a feed would have told. */
static bool read_post(enum source source, const char *data, size_t len, struct issue *issue,
                      struct fault *fault)
{
    if (source == PAGE)
        return post_read_page(test_arena, data, len, NULL, issue, fault);
    if (source == MARKDOWN)
        return post_read_markdown(test_arena, data, len, SITE, issue, fault);
    issue->url = arena_copy(test_arena, URL);
    issue->title = arena_copy(test_arena, "T");
    issue->month = month_of_id("2031-01");
    return post_read_content(test_arena, data, len, issue, fault);
}

static bool read_text(enum source source, const char *text, struct issue *issue,
                      struct fault *fault)
{
    return read_post(source, text, strlen(text), issue, fault);
}

/* The JSON of a whole issue, compared without regard to white space. */
static char *to_json(const struct issue *issue)
{
    char *text = issue_json(test_arena, issue);
    assert_non_null(text);
    struct json *json = json_parse(text, strlen(text), NULL);
    char *folded = json_print(test_arena, json, false);
    json_free(json);
    assert_non_null(folded);
    return folded;
}

static char *read_json(enum source source, const char *name)
{
    struct buf data = read_path(name);
    struct issue issue = {0};
    struct fault fault = {0};
    if (!read_post(source, buf_str(&data), data.len, &issue, &fault))
        fail_msg("%s: %s", name, fault.msg);
    char *json = to_json(&issue);
    return json;
}

static void test_page_and_markdown(void **state)
{
    (void)state;
    glob_t posts = find_paths("tests/fixtures/posts/*.md", 9);
    for (size_t i = 0; i < posts.gl_pathc; i++) {
        char page[100];
        const char *name = strrchr(posts.gl_pathv[i], '/') + 1;
        snprintf(page, sizeof page, "tests/fixtures/pages/%.7s.html", name);
        char *a = read_json(MARKDOWN, posts.gl_pathv[i]), *b = read_json(PAGE, page);
        assert_string_equal(a, b);
    }
    globfree(&posts);
}

/* The sections of every case are those of the file beside it. */
static void test_cases(void **state)
{
    (void)state;
    glob_t cases = find_paths("tests/fixtures/cases/*.html", 23);
    for (size_t i = 0; i < cases.gl_pathc; i++) {
        const char *path = cases.gl_pathv[i];
        char expected_path[200];
        snprintf(expected_path, sizeof expected_path, "%.*s.json", (int)(strlen(path) - 5), path);
        struct buf expected_data = read_path(expected_path);
        struct json *expected = json_parse(expected_data.ptr, expected_data.len, NULL);
        char *expected_text = json_print(test_arena, expected, false),
             *whole = read_json(PAGE, path);
        const char *sections = strstr(whole, "\"sections\":");
        assert_non_null(sections);
        assert_non_null(expected_text);
        sections += strlen("\"sections\":");
        size_t len = strlen(expected_text);
        if (strncmp(sections, expected_text, len) != 0 || strcmp(sections + len, "}") != 0)
            fail_msg("%s:\n%s\ninstead of\n%s", path, sections, expected_text);
        json_free(expected);
    }
    globfree(&cases);
}

/* Texts keep their code, which JSON does not show. */
static void test_code(void **state)
{
    (void)state;
    static const char html[] = "<h2>The <code>rust</code>-<code>osdev</code> Projects</h2>"
                               "<h3><a href=/k><code>k</code></a></h3><p>The <code> a  b </code> "
                               "is <code></code>x<code>y</code><b><code>z"
                               "</code></b>.</p><ul><li><a href=/u><code>c<em>d</em></code> e</a>: "
                               "<code>n</code></li></ul>";
    struct issue issue = {0};
    struct fault fault = {0};
    assert_true(read_text(CONTENT, html, &issue, &fault));
    assert_int_equal(issue.section_count, 1);
    const struct section *section = issue.sections;
    assert_string_equal(section->title, "The \x0erust\x0f-\x0eosdev\x0f Projects");
    assert_int_equal(section->kind, SECTION_PROJECTS);
    assert_int_equal(section->project_count, 1);
    const struct project *project = section->projects;
    assert_string_equal(project->name, "\x0ek\x0f");
    assert_string_equal(project->summary, "The \x0e"
                                          "a b \x0fis x\x0eyz\x0f.");
    assert_int_equal(project->change_count, 1);
    assert_string_equal(project->changes[0].title, "\x0e"
                                                   "cd\x0f e");
    assert_string_equal(project->changes[0].notes[0].text, "\x0en\x0f");
}

/* A host outside ASCII is read alike from a page and from Markdown; text with an impossible host
 * is not a link. */
static void test_hosts(void **state)
{
    (void)state;
    static const char markdown[] =
        "+++\ntitle = \"T\"\ndate = 2031-02-07\n[extra]\nmonth = \"January 2031\"\n+++\n## News\n"
        "- [a](https://pingüino.example/núcleo)\n- [b](//bücher.example:81/x) <https://☃.example>\n"
        "- [c](https://-ü-.example/)\n";
    static const char page[] =
        "<link rel=canonical href='" URL "'><main><h1>T</h1><h2>News</h2><ul>"
        "<li><a href='https://pingüino.example/núcleo'>a</a></li>"
        "<li><a href='//bücher.example:81/x'>b</a> <a href='https://☃.example'>c</a></li>"
        "<li><a href='https://-ü-.example/'>c</a></li></ul></main>";
    for (enum source source = PAGE; source <= MARKDOWN; source += 2) {
        struct issue issue = {0};
        struct fault fault = {0};
        const char *text = source == PAGE ? page : markdown;
        if (!read_text(source, text, &issue, &fault))
            fail_msg("%s", fault.msg);
        const struct item *item = issue.sections->headlines;
        assert_int_equal(issue.sections->headline_count, 3);
        assert_contains(item[0].url, "https://xn--pingino-q2a.example/n");
        assert_string_equal(item[1].url, "https://xn--bcher-kva.example:81/x");
        assert_string_equal(item[1].notes[0].url, "https://xn--n3h.example");
        assert_string_equal(item[2].title, "c");
        assert_null(item[2].url);
    }
    struct issue issue = {0};
    struct fault fault = {0};
    assert_true(read_text(PAGE,
                          "<link rel=canonical href='https://bücher.example/this-month/2031-01/?x'>"
                          "<main><h1>T</h1></main>",
                          &issue, &fault));
    assert_string_equal(issue.url, "https://xn--bcher-kva.example/this-month/2031-01/");
}

/* What a document says its links are relative to. */
static void test_base(void **state)
{
    (void)state;
    static const char html[] =
        "<base href='../../blog/'><h2>Projects</h2><h3><a href=k>k</a></h3>"
        "<ul><li><a href=/u>u</a></li><li><a href=//b.example/v>v</a></li></ul>";
    struct issue issue = {0};
    struct fault fault = {0};
    assert_true(read_text(CONTENT, html, &issue, &fault));
    const struct project *project = issue.sections->projects;
    assert_string_equal(project->url, SITE "/blog/k");
    assert_string_equal(project->changes[0].url, SITE "/u");
    assert_string_equal(project->changes[1].url, "https://b.example/v");
}

/* Control characters of the source never become code marks. */
static void test_foreign_marks(void **state)
{
    (void)state;
    static const char html[] = "<h2>News</h2><ul><li>a\x0e"
                               "b\x0f c &#14;d&#15;</li></ul>";
    struct issue issue = {0};
    struct fault fault = {0};
    assert_true(read_text(CONTENT, html, &issue, &fault));
    const char *title = issue.sections[0].headlines[0].title;
    assert_null(strpbrk(title, "\x0e\x0f"));
}

/* What the generator would have called the headings of a Markdown post. */
static void test_anchors(void **state)
{
    (void)state;
    static const struct {
        const char *heading, *anchor;
    } cases[] = {
        {"## News", "news"},
        {"## `rust-osdev` Projects", "rust-osdev-projects"},
        {"## News", "news-1"},
        {"## -- A & B: \"C\" --", "a-b-c"},
        {"## News-1", "news-1-1"},
        {"## News", "news-2"},
        {"## Caf\xC3\xA9 \xF0\x9F\xA6\x80", "cafe"},
        {"## \u00dcber **Stra\u00dfe**", "uber-strasse"},
        {"## News {#later}", "later"},
        {"## Later", "later-1"},
        {"## The end {.big #first #end .x}", "end"},
        {"## End", "end-2"},
        {"## **Bold** {#Of_1}  ##", "Of_1"},
        {"## Of_1", "of-1"},
        {"## Classes {.x .y}", "classes"},
        {"## Other words {x y=z}", "other-words"},
        {"## Escaped \\{#x}", "escaped-x"},
        {"## Escaped {\\#y}", "escaped-y"},
        {"## Inside {#in} a title", "inside-in-a-title"},
        {"## Two {#one} {#two}", "two"},
        {"## Code `{#code}`", "code-code"},
        {"## Not {#a<b}", "not-a-b"},
        {"## Signs {#a&b\"c'}", "a&b\"c'"},
        {"Below\na line {#under}\n---", "under"},
        {"Two\nlines\n---", "twolines"},
        {"## ![an image](/x.png) seen", "an-image-seen"},
        {"End {#end-1}\n===\n\n## Last", "last"},
        {"## [Link](https://example.org/) X_Y", "link-x-y"},
        {"## <span>html</span> &amp; 7", "html-7"},
    };
    struct buf post = BUF_INIT(test_arena, 10000);
    buf_adds(&post, "+++\ntitle='T'\nextra.month='2031-01'\n+++\n");
    for (size_t i = 0; i < COUNT(cases); i++)
        buf_addf(&post, "%s\n\n#### Deep\n\n", cases[i].heading);
    struct issue issue = {0};
    struct fault fault = {0};
    assert_true(read_text(MARKDOWN, post.ptr, &issue, &fault));
    assert_int_equal(issue.section_count, COUNT(cases));
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(issue.sections[i].anchor, cases[i].anchor);
}

/* "@/" links of a source lead where the generator puts the page. */
static void test_internal_links(void **state)
{
    (void)state;
    static const struct {
        const char *link, *url;
    } cases[] = {
        {"@/showcase/hermit/index.md", SITE "/showcase/hermit/"},
        {"@/showcase/hermit.md", SITE "/showcase/hermit/"},
        {"@/showcase/_index.md", SITE "/showcase/"},
        {"@/_index.md", SITE "/"},
        {"@/this-month/2031-01/index.md#news", SITE "/this-month/2031-01/#news"},
        {"@/showcase/reindex.md", SITE "/showcase/reindex/"},
        {"@/a&amp;b.md", SITE "/a-b/"},
        {"@/showcase/2023-01-02-hermit/index.md", SITE "/showcase/hermit/"},
        {"@/showcase/2031-07-02_Hermit_OS.md#top", SITE "/showcase/hermit-os/#top"},
        {"@/2023-01-02T10:00:00Z-caf\u00e9.md", SITE "/cafe/"},
        {"@/2023-01-02-talks/index.md", SITE "/talks/"},
        {"@/2023-01-02-talks/one.md", SITE "/2023-01-02-talks/one/"},
        {"@/2023-01-02-talks/_index.md", SITE "/2023-01-02-talks/"},
        {"@/x/2023-01-02.md", SITE "/x/2023-01-02/"},
        {"@/x/2023-01-02-.md", SITE "/x/2023-01-02/"},
        {"@/x/2023-13-02-y.md", SITE "/x/2023-13-02-y/"},
        {"@/x/2023-1-2-y.md", SITE "/x/2023-1-2-y/"},
        {"@/x/y-2023-01-02-z.md", SITE "/x/y-2023-01-02-z/"},
        {"#news", URL "#news"},
        {"../2030-12/", SITE "/this-month/2030-12/"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char post[300];
        snprintf(post, sizeof post,
                 "+++\ntitle='T'\nextra.month='2031-01'\n+++\n## News\n- [x](%s)\n", cases[i].link);
        struct issue issue = {0};
        struct fault fault = {0};
        assert_true(read_text(MARKDOWN, post, &issue, &fault));
        assert_string_equal(issue.sections[0].headlines[0].url, cases[i].url);
    }
}

/* What the generator leaves as it is: HTML has no ids of its making, and its links lead nowhere. */
static void test_raw_html(void **state)
{
    (void)state;
    struct issue issue = {0};
    struct fault fault = {0};
    assert_true(read_text(MARKDOWN,
                          "+++\ntitle='T'\nextra.month='2031-01'\n+++\n## News {#x}\n\n"
                          "- <a href=\"@/a.md\">a</a> [b](@/a.md)\n\n<h2>News</h2>\n\n"
                          "<h2 id=y>News {#z}</h2>\n\n## News\n",
                          &issue, &fault));
    assert_int_equal(issue.section_count, 4);
    assert_string_equal(issue.sections[0].title, "News");
    assert_string_equal(issue.sections[0].headlines[0].url, URL "@/a.md");
    assert_string_equal(issue.sections[0].headlines[0].notes[0].url, SITE "/a/");
    assert_null(issue.sections[1].anchor);
    assert_string_equal(issue.sections[2].anchor, "y");
    assert_string_equal(issue.sections[2].title, "News {#z}");
    assert_string_equal(issue.sections[3].anchor, "news");
}

/* What the head of a page says; `rest` stands in its <main>. */
static void test_page_head(void **state)
{
    (void)state;
    static const struct {
        const char *html, *url;
        const char *id, *title, *published, *issue_url, *authors, *editors;
    } cases[] = {
        {"<link rel=canonical href='" URL "'><main><h1> A\n<em>b</em> <code>c</code></h1>", NULL,
         "2031-01", "A b c", "", URL, "", ""},
        {"<LINK REL=Canonical HREF='" URL "'><MAIN><H1>T</H1>", NULL, "2031-01", "T", "", URL, "",
         ""},
        {"<main><h1>T</h1>", URL, "2031-01", "T", "", URL, "", ""},
        {"<main><h1>T</h1>", URL "index.html?a#b", "2031-01", "T", "", URL, "", ""},
        {"<link rel='x CANONICAL' href='/this-month/2031-01/?a=b#c'><main><h1>T</h1>", URL,
         "2031-01", "T", "", URL, "", ""},
        {"<link rel=canonical href='https://mirror.example/os/This-Month/2031-01/index.html'>"
         "<main><h1>T</h1>",
         URL, "2031-01", "T", "", URL, "", ""},
        {"<link rel=canonical href=' " URL " '><link rel=canonical href=../2031-01/><meta "
         "http-equiv=refresh content=300><link rel=alternate href=/><main><h1>T</h1>",
         URL, "2031-01", "T", "", URL, "", ""},
        {"<meta http-equiv=Refresh content='5; URL=" URL "'><main><h1>T</h1><link rel=canonical "
         "href='https://example.org/quoted'><!-- <link rel=canonical href=/> -->",
         URL, "2031-01", "T", "", URL, "", ""},
        {"<h1>Site</h1><link rel=canonical href='" URL "'><main><h1>T</h1><h1>U</h1>", NULL,
         "2031-01", "T", "", URL, "", ""},
        {"<link rel=canonical href='" URL
         "'><main><h1>T</h1><time datetime=2031-01-01></time><span class='x "
         "post-authors'><time datetime=2031-02-07>x</time> (Written by <a href=/a>@a</a>, <a "
         "href=/b>b</a> and <a "
         "href=/c>@c</a>, edited by <b><a href=/d>@d</a></b>)</span>",
         NULL, "2031-01", "T", "2031-02-07", URL, "ac", "d"},
        {"<link rel=canonical href='" URL "'><main><h1>T</h1><span class=post-authors><time "
         "datetime=0000-02-07></time><a href=/a>@a</a> edited by <a href=/d>@d</a> <a "
         "href=/d>@D</a></span>",
         NULL, "2031-01", "T", "", URL, "", "d"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct issue issue = {0};
        struct fault fault = {0};
        if (!post_read_page(test_arena, cases[i].html, strlen(cases[i].html), cases[i].url, &issue,
                            &fault))
            fail_msg("%s\n%s", fault.msg, cases[i].html);
        assert_month(issue.month, cases[i].id);
        assert_string_equal(issue.title, cases[i].title);
        assert_string_equal(issue.published, cases[i].published);
        assert_string_equal(issue.url, cases[i].issue_url);
        assert_int_equal(issue.authors.count, strlen(cases[i].authors));
        assert_int_equal(issue.editors.count, strlen(cases[i].editors));
        for (size_t n = 0; n < issue.authors.count; n++)
            assert_int_equal(issue.authors.name[n][0], cases[i].authors[n]);
    }
}

/* A page that comes in place of an issue's. */
static void test_another_page(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "<link rel=canonical href='https://example.org/'>",
        "<link rel=canonical href=/>",
        "<link rel=canonical href=/404.html>",
        "<link rel=canonical href='https://rust-osdev.com/this-month/2030-12/'>",
        "<link rel=canonical href='https://rust-osdev.com/this-month/'>",
        "<link rel=canonical href='https://rust-osdev.com/this-month/2031-01/more/'>",
        "<link rel=canonical href='https://rust-osdev.com/this-month/2031-13/'>",
        "<link rel=canonical href='https://rust-osdev.com/?/this-month/2031-01/'>",
        "<link rel=canonical href='mailto:x@example.org'>",
        "<link rel=canonical href='http://['>",
        "<link rel=canonical href='" URL "'><link rel=canonical href=/>",
        "<link rel=canonical href=/><link rel=canonical href='" URL "'>",
        "<body><div><link rel=canonical href=/></div>",
        "<meta http-equiv=refresh content='0;url=/'>",
        "<meta http-equiv=REFRESH content=\"0; URL='https://example.org/'\">",
    };
    static const char *const rests[] = {
        "", "<main>", ("<main><h1>T</h1><h2>News</h2><ul><li><a href=/x>x</a></ul></main>")};
    for (size_t i = 0; i < COUNT(heads) * COUNT(rests); i++) {
        struct issue issue = {0};
        struct fault fault = {0};
        struct buf page = BUF_INIT(test_arena, 1000);
        buf_addf(&page, "%s%s", heads[i / COUNT(rests)], rests[i % COUNT(rests)]);
        if (post_read_page(test_arena, buf_str(&page), page.len, URL, &issue, &fault))
            fail_msg("%s", buf_str(&page));
        assert_fault(&fault, FAULT_ABSENT);
        assert_contains(fault.msg, "it is another page, that of '");
    }
}

static void assert_refused(enum source source, const char *name, const char *data, size_t len,
                           const char *part)
{
    struct issue issue = {0};
    struct fault fault = {0};
    if (read_post(source, data, len, &issue, &fault))
        fail_msg("%s: accepted", name);
    assert_fault(&fault, FAULT_INPUT);
    assert_contains(fault.msg, part);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        enum source source;
        const char *name, *part;
    } files[] = {
        {MARKDOWN, "hostile/bad-month.md",
         "front matter, line 6: 'extra.month' must be a month and a year"},
        {MARKDOWN, "hostile/duplicate-key.md",
         "front matter, line 3: 'title' is already in line 2"},
        {MARKDOWN, "hostile/no-front-matter.md", "front matter, line 1: a post must begin"},
        {MARKDOWN, "hostile/no-title.md", "front matter, line 1: 'title' is missing"},
        {MARKDOWN, "hostile/unclosed-front-matter.md", "front matter, line 1: the second line"},
        {MARKDOWN, "hostile/wrong-types.md", "front matter, line 2: 'title' must be a string"},
        {MARKDOWN, "hostile/empty.xml", "front matter, line 1: a post must begin"},
        {MARKDOWN, "pages/2031-08.html", "front matter, line 1: a post must begin"},
        {PAGE, "hostile/no-canonical.html", "not a page of an issue: it has no canonical link"},
        {PAGE, "hostile/no-main.html", "not a page of the site: it has no <main>"},
        {PAGE, "hostile/empty.xml", "not "},
        {PAGE, "posts/2031-08.md", "not a page of the site: it has no <main>"},
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        struct buf data = read_fixture(files[i].name);
        assert_refused(files[i].source, files[i].name, buf_str(&data), data.len, files[i].part);
    }
    static const char *const pages[] = {
        "",
        " ",
        "x",
        "<main>",
        "<main><h1>T</h1>",
        "<main></main><link rel=canonical href='" URL "'>",
        "<link rel=canonical href='" URL "'><main><h1> </h1>",
        "<link rel=canonical><main><h1>T</h1>",
        "<link rel=canonical href='https://example.org/this-month/'><main><h1>T</h1>",
        "<link rel=alternate href='" URL "'><main><h1>T</h1>",
        "\xFF\xFE",
        "{\"a\":1}",
        "<!-- <link rel=canonical href='" URL "'><main><h1>T</h1> -->",
    };
    for (size_t i = 0; i < COUNT(pages); i++)
        assert_refused(PAGE, pages[i], pages[i], strlen(pages[i]), "");
}

/* What is odd but can be read. */
static void test_odd_files(void **state)
{
    (void)state;
    static const struct {
        enum source source;
        const char *name, *published, *headline;
        size_t sections;
    } files[] = {
        {MARKDOWN, "hostile/date-zero.md", "", "Nova OS 1.0 is out", 3},
        {PAGE, "hostile/invalid-utf8.html", "2031-09-05",
         "Nova\xEF\xBF\xBD OS\xEF\xBF\xBD( 1.0\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD is out", 4},
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        struct buf data = read_fixture(files[i].name);
        struct issue issue = {0};
        struct fault fault = {0};
        if (!read_post(files[i].source, data.ptr, data.len, &issue, &fault))
            fail_msg("%s: %s", files[i].name, fault.msg);
        assert_string_equal(issue.published, files[i].published);
        assert_int_equal(issue.section_count, files[i].sections);
        assert_string_equal(issue.sections[0].headlines[0].title, files[i].headline);
    }
    /* NUL bytes: everything behind them is still there. */
    struct buf data = read_fixture("hostile/nul.html");
    assert_non_null(memchr(data.ptr, '\0', data.len));
    struct issue issue = {0};
    struct fault fault = {0};
    assert_true(read_post(PAGE, data.ptr, data.len, &issue, &fault));
    assert_int_equal(issue.section_count, 4);
    assert_int_equal(issue.sections[2].project_count, 2);
}

/* A heading without text heads nothing: what stands below belongs to what is above. */
static void test_empty_headings(void **state)
{
    (void)state;
    struct buf data = read_fixture("hostile/empty-headings.html");
    struct issue issue = {0};
    struct fault fault = {0};
    assert_true(read_post(PAGE, data.ptr, data.len, &issue, &fault));
    assert_int_equal(issue.section_count, 2);
    assert_int_equal(issue.sections[0].headline_count, 2);
    assert_null(issue.sections[0].headlines[0].group);
    assert_int_equal(issue.sections[1].project_count, 1);
    assert_string_equal(issue.sections[1].projects[0].name, "x");
    assert_int_equal(issue.sections[1].projects[0].change_count, 1);
}

/* An item that shows nothing but a list without items is none. */
static void test_list_without_items(void **state)
{
    (void)state;
    struct buf data = read_fixture("hostile/list-without-items.html");
    struct issue issue = {0};
    struct fault fault = {0};
    assert_true(read_post(PAGE, data.ptr, data.len, &issue, &fault));
    assert_int_equal(issue.sections[0].headline_count, 1);
    assert_string_equal(issue.sections[0].headlines[0].title, "b");
}

/* An HTML comment that is never closed hides the rest, as in a browser; what stood before is read.
 */
static void test_comments(void **state)
{
    (void)state;
    static const char *const hidden[] = {"Parked", "parked-", "/parked", "must not be read"};
    glob_t files = find_paths("tests/fixtures/*/*.[hm][td]*", 30);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct buf data = read_path(files.gl_pathv[i]);
        struct issue issue = {0};
        struct fault fault = {0};
        enum source source = strstr(files.gl_pathv[i], ".md") ? MARKDOWN : PAGE;
        if (read_post(source, buf_str(&data), data.len, &issue, &fault)) {
            char *json = issue_json(test_arena, &issue);
            assert_non_null(json);
            for (size_t k = 0; k < COUNT(hidden); k++)
                if (strstr(json, hidden[k]))
                    fail_msg("%s: '%s' of a comment leaks", files.gl_pathv[i], hidden[k]);
        }
    }
    globfree(&files);
    struct buf data = read_fixture("hostile/unclosed-comment.md");
    struct issue issue = {0};
    struct fault fault = {0};
    assert_true(read_post(MARKDOWN, data.ptr, data.len, &issue, &fault));
    assert_true(issue.section_count >= 1);
    assert_string_equal(issue.sections[0].headlines[0].title, "Nova OS 1.0 is out");
}

static void test_no_sections(void **state)
{
    (void)state;
    static const struct {
        enum source source;
        const char *text;
    } cases[] = {
        {CONTENT, ""},
        {CONTENT, " \n "},
        {CONTENT, "<!-- nothing -->"},
        {CONTENT, "plain text"},
        {CONTENT, "<p>Only a paragraph.</p>"},
        {CONTENT, "<h1>Not two</h1><h3>but three</h3><ul><li>lost</li></ul>"},
        {CONTENT, "<h2 id=comment-form>Comments</h2><ul><li>lost</li></ul>"},
        {MARKDOWN, "+++\ntitle='T'\nextra.month='2031-01'\n+++"},
        {MARKDOWN, "+++\ntitle='T'\nextra.month='2031-01'\n+++\n\n<!-- more -->\n"},
        {MARKDOWN, "+++\ntitle='T'\nextra.month='2031-01'\n+++\ntext\n"},
        {PAGE, "<link rel=canonical href='" URL
               "'><main><h1>T</h1></main><h2>Outside</h2><ul><li>x</li></ul>"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct issue issue = {0};
        struct fault fault = {0};
        if (!read_text(cases[i].source, cases[i].text, &issue, &fault))
            fail_msg("'%s': %s", cases[i].text, fault.msg);
        assert_int_equal(issue.section_count, 0);
        assert_false(issue_is_plausible(&issue));
    }
}

/* What a span says of people is not said of those who are thanked in the rest of its paragraph. */
static void test_thanks_beside_maintainers(void **state)
{
    struct issue issue = {0};
    struct fault fault = {0};
    (void)state;
    assert_true(read_text(CONTENT,
                          "<h2>Projects</h2><h3><a href=/x>x</a></h3><p><span>Maintained by "
                          "<a href=/a>@a</a></span> Thanks to <a href=/b>@b</a> for all.</p>",
                          &issue, &fault));
    assert_int_equal(issue.section_count, 1);
    assert_int_equal(issue.sections[0].project_count, 1);
    const struct project *project = &issue.sections[0].projects[0];
    assert_int_equal(project->maintainers.count, 1);
    assert_string_equal(project->maintainers.name[0], "a");
    assert_int_equal(project->contributors.count, 1);
    assert_string_equal(project->contributors.name[0], "b");
}

/* What a parser would need too much memory or time for. */
static void test_costly(void **state)
{
    (void)state;
    static const struct {
        const char *head, *before, *after; /* of a number */
    } cases[] = {{"", "<p>", "<p>"},
                 {"<a ", "b", " "},
                 {"<a b='>' ", "c", " "},
                 {"<a b=\"'>\" ", "c", "='>' "}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf data = BUF_INIT(test_arena, POST_MAX_BYTES);
        buf_adds(&data, cases[i].head);
        for (unsigned n = 0; !data.full; n++)
            buf_addf(&data, "%s%x%s", cases[i].before, n, cases[i].after);
        assert_refused(PAGE, cases[i].before, data.ptr, data.len,
                       "the post has a tag of more than 4096 bytes, or more than ");
    }
}

/* A post over the maximum is refused; at the maximum it is read. */
static void test_large(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "<link rel=canonical href='" URL "'><main><h1>T</h1><h2>News</h2><p>", "<h2>News</h2><p>",
        "+++\ntitle='T'\nextra.month='2031-01'\n+++\n## News\n"};
    for (int source = PAGE; source <= MARKDOWN; source++) {
        size_t max = source == MARKDOWN ? POST_MAX_MARKDOWN : POST_MAX_BYTES;
        struct buf data = BUF_INIT(test_arena, max + 1);
        struct issue issue = {0};
        struct fault fault = {0};
        buf_adds(&data, heads[source]);
        while (data.len < max)
            buf_addc(&data, data.len % 80 ? 'x' : '\n');
        if (!read_post(source, data.ptr, data.len, &issue, &fault))
            fail_msg("%s", fault.msg);
        assert_int_equal(issue.section_count, 1);
        buf_addc(&data, ' ');
        assert_refused(source, "over the maximum", data.ptr, data.len,
                       source == MARKDOWN ? "the post is larger than 131072 bytes"
                                          : "the post is larger than 1048576 bytes");
    }
    struct buf deep = repeat("- ", 200), blank = repeat("\n", 100);
    buf_adds(&deep, "x\n");
    buf_adds(&deep, blank.ptr);
    const char *source = arena_format(test_arena, "%s%sy", heads[MARKDOWN], deep.ptr);
    struct issue issue = {0};
    struct fault fault = {0};
    if (!read_text(MARKDOWN, source, &issue, &fault))
        fail_msg("%s", fault.msg);
    source = arena_format(test_arena, "%s%s \ny", heads[MARKDOWN], deep.ptr);
    assert_refused(MARKDOWN, "empty lines", source, strlen(source),
                   "the post has more than 100 empty lines in a row");
}

/* Bytes of an issue's texts: what a post of at most a megabyte may cost in memory. */
static size_t text_bytes(const struct issue *issue)
{
    size_t n = strlen(issue->title);
    for (size_t s = 0; s < issue->section_count; s++) {
        const struct section *section = &issue->sections[s];
        for (size_t i = 0; i < section->headline_count; i++) {
            const struct item *item = &section->headlines[i];
            n += strlen(item->title) + (item->group ? strlen(item->group) : 0) +
                 (item->url ? strlen(item->url) : 0);
            for (size_t k = 0; k < item->note_count; k++)
                n += strlen(item->notes[k].text);
        }
    }
    return n;
}

/* `head`, then `unit` again and again up to `size` bytes, then `tail`: read, or refused as input.
 * Gives the bytes of all texts. */
static size_t attack(enum source source, const char *head, const char *unit, const char *tail,
                     size_t size)
{
    struct buf data = BUF_INIT(test_arena, POST_MAX_BYTES);
    struct issue issue = {0};
    struct fault fault = {0};
    if (source == PAGE)
        buf_adds(&data, "<link rel=canonical href='" URL "'><main><h1>T</h1>");
    if (source == MARKDOWN)
        buf_adds(&data, "+++\ntitle='T'\nextra.month='2031-01'\n+++\n");
    buf_adds(&data, head);
    while (data.len + strlen(unit) + strlen(tail) <= size)
        buf_adds(&data, unit);
    buf_adds(&data, tail);
    assert_false(data.full);
    size_t bytes = 0;
    if (read_post(source, data.ptr, data.len, &issue, &fault))
        bytes = text_bytes(&issue);
    else
        assert_fault(&fault, FAULT_INPUT);
    return bytes;
}

static void test_many_and_deep(void **state)
{
    (void)state;
    static const struct {
        enum source source;
        const char *head, *unit, *tail;
        size_t size;
    } cases[] = {
        /* 10,000 nested tags, of each kind that the reader steps into */
        {PAGE, "<h2>News</h2>", "<div>", "<ul><li>x", 50000},
        {CONTENT, "<h2>News</h2>", "<div>", "<ul><li>x", 50000},
        {CONTENT, "<h2>News</h2>", "<ul><li>", "x", 80000},
        {CONTENT, "<h2>News</h2><ul><li>", "<em>", "<a href=/x>x</a>", 40000},
        {CONTENT, "<h2>News</h2><ul><li>", "<a href=x>", "x", 100000},
        {CONTENT, "<h2>Projects</h2><h3>x</h3><p>", "<span>", "Maintained by <a href=x>@a", 60000},
        {CONTENT, "<h2>Projects</h2><h3>", "<code>", "x", 60000},
        {CONTENT, "<h2>News</h2>", "<blockquote>", "<ul><li>x", 120000},
        {CONTENT, "", "<h2>", "", 40000},
        {CONTENT, "", "</div></p>", "", 100000},
        {CONTENT, "<table>", "<tr><td><table>", "", 100000},
        {MARKDOWN, "## News\n\n", "> ", "- x\n", 20000},
        {MARKDOWN, "## News\n\n", "- ", "x\n", 20000},
        {MARKDOWN, "## News\n\n", "<div>", "\n\n- x\n", 50000},
        /* a megabyte of one thing */
        {CONTENT, "<h2>News</h2><ul>", "<li>", "", 1000000},
        {CONTENT, "<h2>News</h2><ul>", "<li>x", "", 1000000},
        {CONTENT, "<h2>News</h2>", "<hr>", "", 1000000},
        {CONTENT, "<h2>News</h2>", "<h3>x", "", 500000},
        {CONTENT, "", "<h2>x", "", 500000},
        {CONTENT, "<h2>News</h2>", "<", "", 1000000},
        {CONTENT, "<h2>News</h2>", "<a", "", 1000000},
        {CONTENT, "<h2>News</h2>", "<!--", "", 1000000},
        {CONTENT, "<h2>News</h2>", "&", "", 1000000},
        {CONTENT, "<h2>News</h2>", "&amp", "", 1000000},
        {CONTENT, "<h2>News</h2>", "<![CDATA[", "", 1000000},
        {CONTENT, "<h2>News</h2><ul><li>", "\xFF", "", 1000000},
        {CONTENT, "<h2>News</h2><ul><li>", "x", "", 1000000},
        {CONTENT, "<h2>Projects</h2><h3>x</h3><ul>", "<li><a href=#>x</a>", "", 1000000},
        {MARKDOWN, "## News\n", ">", "", 131000},
        {MARKDOWN, "## News\n", "[", "", 131000},
        {MARKDOWN, "## News\n", "*", "", 131000},
        {MARKDOWN, "## News\n", "_", "", 131000},
        {MARKDOWN, "## News\n", "`", "", 131000},
        {MARKDOWN, "## News\n", "\n", "", 131000},
        {MARKDOWN, "## News\n", "#", "", 131000},
        {MARKDOWN, "## News\n", "![", "", 131000},
        {MARKDOWN, "## News\n", "<", "", 131000},
        {MARKDOWN, "## News\n", "&", "", 131000},
        {MARKDOWN, "## News\n", "a**b", "", 131000},
        {MARKDOWN, "## News\n", "- x\n", "", 131000},
        {MARKDOWN, "", "## x\n", "", 131000},
        {MARKDOWN, "", "+++\n", "", 131000},
        {MARKDOWN, "", "\xFF", "", 131000},
        {MARKDOWN, "## News\n", "![[]()", "", 131000},
        {MARKDOWN, "- - - - - - - - - - - - - - - - - - - - - - - -\n", " \n", "", 131000},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        attack(cases[i].source, cases[i].head, cases[i].unit, cases[i].tail,
               cases[i].size / (is_slowed() ? 40 : 1));
}

/* No megabyte of a post becomes very much more in memory. */
static void test_amplification(void **state)
{
    (void)state;
    struct buf group = repeat("g", 30000), head = BUF_INIT(test_arena, 100000);
    buf_addf(&head, "<h2>News</h2><h3>%s</h3><ul>", group.ptr);
    size_t bytes = attack(CONTENT, head.ptr, "<li>x", "", 60000);
    if (bytes > 16 * POST_MAX_BYTES)
        fail_msg("a post of 60,000 bytes takes %zu bytes: each headline copies its group", bytes);
}

/* Cut at any byte, a page and a source are read or refused as input. */
static void assert_prefixes(enum source source, const char *name, size_t step)
{
    struct buf data = read_fixture(name);
    size_t read = 0, refused = 0;
    for (size_t len = 0; len <= data.len; len += step) {
        char *exact = arena_zero(test_arena, 1, len); /* exactly so long, for the sanitizer */
        memcpy(exact, data.ptr, len);
        struct issue issue = {0};
        struct fault fault = {0};
        if (read_post(source, exact, len, &issue, &fault)) {
            read++;
        } else {
            refused++;
            assert_fault(&fault, FAULT_INPUT);
        }
    }
    assert_true(read > 0 && refused > 0);
}

static void test_truncated(void **state)
{
    (void)state;
    assert_prefixes(MARKDOWN, "posts/2031-08.md", 1);
    assert_prefixes(PAGE, "pages/2031-08.html", 1);
    assert_prefixes(MARKDOWN, "posts/2031-04.md", 97);
    assert_prefixes(PAGE, "pages/2031-02.html", 97);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_and_markdown),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_code),
        cmocka_unit_test(test_base),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_foreign_marks),
        cmocka_unit_test(test_anchors),
        cmocka_unit_test(test_internal_links),
        cmocka_unit_test(test_raw_html),
        cmocka_unit_test(test_page_head),
        cmocka_unit_test(test_another_page),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_odd_files),
        cmocka_unit_test(test_empty_headings),
        cmocka_unit_test(test_list_without_items),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_no_sections),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_costly),
        cmocka_unit_test(test_thanks_beside_maintainers),
        cmocka_unit_test(test_many_and_deep),
        cmocka_unit_test(test_amplification),
        cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests_name("post", tests, setup_arena, teardown_arena);
}
