/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests post: the passages a search reads. */
#include "fixture.h"
#include "news/feed.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/post.h"

#define URL "https://rust-osdev.com/this-month/2031-01/"

/* The passages, a line each: SECTION[ / PROJECT][ #ANCHOR]: TEXT, its own lines joined. */
static char *to_lines(const struct passages *passages)
{
    struct buf out = BUF_INIT(test_arena, 8 * POST_MAX_BYTES);
    for (size_t i = 0; i < passages->count; i++) {
        const struct passage *p = &passages->passage[i];
        buf_adds(&out, p->section);
        if (p->project)
            buf_addf(&out, " / %s", p->project);
        if (p->anchor)
            buf_addf(&out, " #%s", p->anchor);
        char *text = arena_copy(test_arena, p->text);
        for (char *end = strchr(text, '\n'); end; end = strchr(end, '\n'))
            *end = ' ';
        buf_addf(&out, ": %s\n", text);
    }
    char *lines = buf_str(&out);
    assert_non_null(lines);
    return lines;
}

static char *read_lines(const char *html, size_t len, bool page)
{
    struct passages passages = {0};
    struct fault fault = {0};
    if (!post_read_passages(test_arena, html, len, page, URL, &passages, &fault))
        fail_msg("%s", fault.msg);
    char *lines = to_lines(&passages);
    return lines;
}

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        const char *html, *lines;
    } cases[] = {
        /* sections: prose, items with their notes, deeper headings; not what stands before */
        {"<p>before</p><h2 id=n>News</h2><p>In <em>short</em>:</p><ul><li><a href=/u>a</a>: b"
         "<ul><li>c</li></ul></li></ul><h4>Deep</h4><p>d</p><h2>Join  Us</h2>",
         "News #n: News In short: a: b c Deep d\nJoin Us: Join Us\n"},
        /* what a heading has to copy its own address is not its text */
        {"<h2 id=n>News <a href=#n>\xC2\xB6</a></h2><h4 id=d><a href=#d>#</a>Deep</h4><p>d</p>"
         "<h2 id=p><a href='" URL "#p'>#</a>Projects</h2><h3><a id=y href=#y>#</a>y</h3>",
         "News #n: News Deep d\nProjects #p: Projects\nProjects / y #y: y\n"},
        /* groups belong to their section */
        {"<h2 id=n>News</h2><h3 id=g>Group</h3><p>lost</p><ul><li>a</li></ul><h3 id=h>Alone</h3>"
         "<p>note</p>",
         "News #n: News Group lost a Alone note\n"},
        /* projects do not, whatever stands before the first */
        {"<h2 id=p>The <code>x</code> Projects</h2><p>All.</p><ul><li>a</li></ul>"
         "<h3 id=y><a href=/y><code>y</code></a> 2.0</h3><p><span>Maintained by <a href=/z>@z</a> "
         "and Zoe</span> It is y.</p><h4 id=d>Deep</h4><ul><li><a href=/c>c</a></li></ul>"
         "<p>Thanks to <a href=/w>@w</a>:</p><ul><li><a href=/v>@v</a></li></ul>"
         "<h3>No <em>link</em></h3><h2>News</h2>",
         "The x Projects #p: The x Projects All. a\n"
         "The x Projects / y #y: y 2.0 Maintained by @z and Zoe It is y. Deep c Thanks to @w: @v\n"
         "The x Projects / No link: No link\nNews: News\n"},
        /* code, also where it is no part of an item */
        {"<h2>News</h2><pre><code>let a =\n\t1;</code></pre><ul><li>a<code>b</code>c"
         "<pre>d\n  e</pre>f</li></ul><div><pre>g</pre></div>",
         "News: News let a = 1; abc d e f g\n"},
        /* what is folded away */
        {"<h2>News</h2><details><summary>More</summary><p>a</p><ul><li>b<details><summary>c"
         "</summary>d</details>e</li></ul></details><details>f<summary>g</summary></details>",
         "News: News More a b c d e f g\n"},
        /* headings in transparent elements count, others are text */
        {"<section><h2>News</h2></section>a<div>b<h2>Projects</h2><details><h3>x</h3>c</details>"
         "</div>d<blockquote><h3>y</h3></blockquote>",
         "News: News a b\nProjects: Projects\nProjects / x: x c d y\n"},
        /* loose text */
        {"<div><h2>News</h2> a <b>b</b><i>c</i><div>d</div>e<!-- f -->g</div>",
         "News: News a b c d e g\n"},
        {"<h2>A &amp; B</h2><p>&lt;b&gt;&nbsp;&#x43;\n \t&eacute;&#14;\x0f</p><table><tr><td>d<td>e"
         "</table>x<br>y",
         "A & B: A & B <b> C \xC3\xA9 d e x y\n"},
        /* what nobody sees: addresses, pictures, scripts, comments */
        {"<h2>News<!-- a --></h2><a href='https://example.org/b'>c</a><img src=d alt=e><script>f"
         "</script><style>g</style><template>h</template><p>i<script>j</script></p>",
         "News: News c i\n"},
        {"<h2></h2><p>a</p><h2 id=''>Projects</h2><h3></h3>b", "Projects: Projects b\n"},
        {"<h2>News</h2>a<h2 id=comment-form>Comments</h2>b<h3>c</h3>", "News: News a\n"},
        {"<h1>T</h1><p>a</p><h3>b</h3><pre>c</pre>", ""},
        {"text", ""},
        {"", ""},
        {" \n", ""},
        {"<!-- <h2>News</h2> -->", ""},
        {"{\"h2\": 1}", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf page = BUF_INIT(test_arena, 10000);
        buf_addf(&page, "<h2>Outside</h2><main>%s</main><h2>Outside</h2>", cases[i].html);
        assert_text(read_lines(cases[i].html, strlen(cases[i].html), false), cases[i].lines);
        assert_text(read_lines(page.ptr, page.len, true), cases[i].lines);
    }
}

/* A line for each block; loose text stays on one. */
static void test_lines(void **state)
{
    (void)state;
    static const char html[] =
        "<h2>Projects</h2><h3>y</h3><span>By <a href=/z>@z</a></span><p>It is\n y.</p>a <b>b</b> c"
        "<ul><li>d<li>e</ul>f";
    struct passages passages = {0};
    struct fault fault = {0};
    assert_true(post_read_passages(test_arena, html, strlen(html), false, URL, &passages, &fault));
    assert_int_equal(passages.count, 2);
    assert_string_equal(passages.passage[1].text, "y\nBy @z\nIt is y.\na b c\nd e\nf");
}

static void assert_has(const struct passage *passage, const char *text)
{
    char *plain = text_plain(test_arena, text);
    assert_non_null(plain);
    assert_contains(passage->text, plain);
}

static void assert_has_items(const struct passage *passage, const struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_has(passage, items[i].group ? items[i].group : "");
        assert_has(passage, items[i].title);
        for (size_t k = 0; k < items[i].note_count; k++)
            assert_has(passage, items[i].notes[k].text);
    }
}

static void assert_has_names(const struct passage *passage, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        assert_has(passage, names->name[i]);
}

/* A passage is called as its section and project are, and begins with its own title. */
static void assert_names(const struct passage *passage, const struct section *section,
                         const struct project *project)
{
    const char *anchor = project ? project->anchor : section->anchor;
    char *title = text_plain(test_arena, section->title),
         *name = project ? text_plain(test_arena, project->name) : NULL;
    const char *first = name ? name : title;
    assert_string_equal(passage->section, title);
    assert_int_equal(strncmp(passage->text, first, strlen(first)), 0);
    assert_text(name, passage->project);
    assert_string_equal(passage->anchor ? passage->anchor : "", anchor ? anchor : "");
}

static void assert_agrees(const struct passages *passages, const struct issue *issue)
{
    const struct passage *passage = passages->passage;
    size_t count = 0;
    for (size_t s = 0; s < issue->section_count; s++) {
        const struct section *section = &issue->sections[s];
        count += 1 + section->project_count;
        assert_true(count <= passages->count);
        assert_names(passage, section, NULL);
        assert_has_items(passage++, section->headlines, section->headline_count);
        for (size_t k = 0; k < section->project_count; k++, passage++) {
            const struct project *project = &section->projects[k];
            assert_names(passage, section, project);
            assert_has(passage, project->summary ? project->summary : "");
            assert_has_items(passage, project->changes, project->change_count);
            assert_has_names(passage, &project->maintainers);
            assert_has_names(passage, &project->written_by);
            assert_has_names(passage, &project->contributors);
        }
    }
    assert_int_equal(count, passages->count);
}

/* Whatever an issue says of a section or project stands in its passage. */
static void test_agreement(void **state)
{
    (void)state;
    glob_t pages = find_paths("tests/fixtures/[pc]a[gs]es/*.html", 31);
    for (size_t i = 0; i < pages.gl_pathc; i++) {
        struct buf data = read_path(pages.gl_pathv[i]);
        struct issue issue = {0};
        struct passages passages = {0};
        struct fault fault = {0};
        if (!post_read_page(test_arena, data.ptr, data.len, NULL, &issue, &fault) ||
            !post_read_passages(test_arena, data.ptr, data.len, true, URL, &passages, &fault))
            fail_msg("%s: %s", pages.gl_pathv[i], fault.msg);
        assert_agrees(&passages, &issue);
    }
    globfree(&pages);
}

/* A feed item and the page say the same. */
static void test_feed(void **state)
{
    (void)state;
    struct buf data = read_fixture("feeds/full.xml");
    struct feed feed = {0};
    struct fault fault = {0};
    assert_true(feed_parse(test_arena, data.ptr, data.len, URL, &feed, &fault));
    size_t compared = 0;
    for (size_t i = 0; i < feed.count; i++) {
        const char *content = feed.entries[i].content;
        char id[MONTH_ID_SIZE], name[40];
        month_id(feed.entries[i].month, id);
        snprintf(name, sizeof name, "pages/%s.html", id);
        if (!content)
            continue;
        struct buf page = read_fixture(name);
        char *lines = read_lines(page.ptr, page.len, true);
        assert_text(read_lines(content, strlen(content), false), lines);
        compared++;
    }
    assert_true(compared > 0);
}

/* Reads, or refuses as input, and gives the bytes of all texts. */
static size_t read_bytes(const char *html, size_t len, bool page)
{
    struct passages passages = {0};
    struct fault fault = {0};
    size_t bytes = 0;
    if (!post_read_passages(test_arena, html, len, page, URL, &passages, &fault)) {
        assert_fault(&fault, FAULT_INPUT);
    } else {
        char *lines = to_lines(&passages);
        bytes = strlen(lines);
    }
    return bytes;
}

/* A megabyte of anything is read or refused, and never becomes much more. */
static void test_hostile(void **state)
{
    (void)state;
    static const struct {
        const char *head, *unit, *tail;
        bool much, some; /* is read: 1,000,000 bytes of it, and 50,000 */
    } cases[] = {
        {"<h2>News</h2>", "x", "", true, true},
        {"<h2>News</h2><pre>", "x\n", "", true, true},
        {"<h2>News</h2>", "\xFF", "", false, true},
        {"<h2>News</h2>", "<hr>", "", false, true},
        {"<h2>News</h2><p>", "<b>x</b> <code>y</code> ", "", false, true},
        {"<h2>News</h2>", "<!-- a -->b", "", false, true},
        {"<h2>Projects</h2>", "<h3>x</h3>", "", false, true},
        {"", "<h2>x</h2>", "", false, true},
        {"<h2>News</h2>", "<div>", "x", false, true},
        {"<h2>News</h2>", "<details><summary>", "x", false, true},
        {"<h2>News</h2>", "<pre>", "x", false, true},
        {"<h2>News</h2>", "<ul><li>", "x", false, true},
        {"<h2>News</h2>", "<", "", false, false},
        {"<h2>News</h2>", "&", "", true, true},
        {"<h2>News</h2>", "\x0e", "", true, true},
        {"<h2>News", "<code>", "x", false, true},
    };
    for (size_t i = 0; i < 2 * COUNT(cases); i++) {
        bool much = i % 2;
        struct buf data = BUF_INIT(test_arena, POST_MAX_BYTES);
        buf_adds(&data, cases[i / 2].head);
        while (data.len + strlen(cases[i / 2].unit) + strlen(cases[i / 2].tail) <=
               (much ? 1000000 : 50000))
            buf_adds(&data, cases[i / 2].unit);
        buf_adds(&data, cases[i / 2].tail);
        size_t bytes = read_bytes(data.ptr, data.len, false);
        if ((bytes > 0) != (much ? cases[i / 2].much : cases[i / 2].some) ||
            bytes > 2 * POST_MAX_BYTES)
            fail_msg("'%s': %zu bytes", cases[i / 2].unit, bytes);
    }
    /* Each project repeats the title of its section, which is cut. */
    struct buf title = repeat("t", 30000), projects = repeat("<h3>x</h3>", 1000),
               html = BUF_INIT(test_arena, POST_MAX_BYTES);
    buf_addf(&html, "<h2>Projects %s</h2>%s", title.ptr, projects.ptr);
    assert_in_range(read_bytes(html.ptr, html.len, false), 1, POST_MAX_BYTES);
}

static void test_refused(void **state)
{
    (void)state;
    struct buf large = repeat("<p>", POST_MAX_BYTES / 3 + 1);
    const struct {
        const char *html, *part;
        bool page;
    } cases[] = {
        {"", "not ", true},
        {"<h2>News</h2>", "not a page of the site: it has no <main>", true},
        {"\xFF\xFE", "not ", true},
        {large.ptr, "the post is larger than 1048576 bytes", true},
        {large.ptr, "the post is larger than 1048576 bytes", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct passages passages = {0};
        struct fault fault = {0};
        assert_false(post_read_passages(test_arena, cases[i].html, strlen(cases[i].html),
                                        cases[i].page, URL, &passages, &fault));
        assert_fault(&fault, FAULT_INPUT);
        assert_contains(fault.msg, cases[i].part);
        assert_int_equal(passages.count, 0);
    }
}

/* Cut at any byte, a page is read or refused as input. */
static void test_truncated(void **state)
{
    (void)state;
    struct buf data = read_fixture("pages/2031-08.html");
    for (size_t len = 0; len <= data.len; len++) {
        char *exact = arena_zero(test_arena, 1, len); /* exactly so long, for the sanitizer */
        memcpy(exact, data.ptr, len);
        read_bytes(exact, len, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),     cmocka_unit_test(test_lines),
        cmocka_unit_test(test_agreement), cmocka_unit_test(test_feed),
        cmocka_unit_test(test_hostile),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests_name("passages", tests, setup_arena, teardown_arena);
}
