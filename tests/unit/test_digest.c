/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests digest: the wording of the announcement, and that whatever is cut is counted. */
#include "say/address.h"
#include "say/digest.h"

#include "fixture.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/post.h"
#include "zulip/chat.h"
#include "zulip/markup.h"

#define SITE    "https://rust-osdev.com"
#define URL     SITE "/this-month/2031-01/"
#define SUGGEST "https://chat.example.org/suggest"

static const size_t limits[] = {10000, 3000, 500, 200, 100};

static void read_file(const char *path, struct issue *issue)
{
    struct buf data = read_path(path);
    struct fault fault = {0};
    if (!(strstr(path, ".md")
              ? post_read_markdown(test_arena, buf_str(&data), data.len, SITE, issue, &fault)
              : post_read_page(test_arena, buf_str(&data), data.len, NULL, issue, &fault)))
        fail_msg("%s: %s", path, fault.msg);
}

/* An issue of January 2031 with the content `html`. */
static void read_html(const char *html, const char *title, struct issue *issue)
{
    struct fault fault = {0};
    issue->url = arena_copy(test_arena, URL);
    issue->title = arena_copy(test_arena, title);
    issue->month = month_of_id("2031-01");
    if (!post_read_content(test_arena, html, strlen(html), issue, &fault))
        fail_msg("%s", fault.msg);
}

static char *announce(const struct issue *issue, size_t limit, const char *suggest,
                      const struct names *known)
{
    struct buf fresh = BUF_INIT(test_arena, TEXT_MAX);
    for (size_t s = 0; known && s < issue->section_count; s++)
        for (size_t p = 0; p < issue->sections[s].project_count; p++) {
            const char *identity = project_identity(&issue->sections[s].projects[p]);
            bool old = false;
            for (size_t k = 0; k < known->count; k++)
                old = old || strcmp(known->name[k], identity) == 0;
            if (!old)
                buf_addf(&fresh, "%s\n", identity);
        }
    char *message =
        digest_announcement(test_arena, issue,
                            &(struct digest_options){
                                .max_length = limit, .suggest = suggest, .fresh = buf_str(&fresh)});
    assert_non_null(message);
    return message;
}

/* A reader that goes through a message along its issue. */
struct walk {
    const char *at;
    const struct issue *issue;
    struct buf expected;
};

static bool step_over(struct walk *w, const char *s)
{
    size_t len = strlen(s);
    bool there = strncmp(w->at, s, len) == 0;
    w->at += there ? len : 0;
    return there;
}

static void need(struct walk *w, const char *s)
{
    if (!step_over(w, s))
        fail_msg("%d: '%.100s' expected, not '%.100s'", w->issue->month, s, w->at);
}

/* What `expected` was filled with. */
static void need_expected(struct walk *w)
{
    need(w, buf_str(&w->expected));
    buf_truncate(&w->expected, 0);
}

static const char *url_of(const struct walk *w, const char *anchor, char url[2000])
{
    snprintf(url, 2000, "%s%s%s", w->issue->url, anchor ? "#" : "", anchor ? anchor : "");
    return url;
}

static void need_bold(struct walk *w, const char *text, const char *anchor)
{
    char url[2000];
    markup_bold_link(&w->expected, text, url_of(w, anchor, url));
    need_expected(w);
}

/* A section's title, which is not linked. */
static const char *bold_title(struct walk *w, const char *title)
{
    buf_truncate(&w->expected, 0);
    markup_bold_link(&w->expected, title, NULL);
    return arena_copy(test_arena, buf_str(&w->expected));
}

/* `own`: of whose repository it is said, or NULL. */
static void need_said(struct walk *w, const char *bullet, const char *text, const char *url,
                      const char *own)
{
    char *cut = text_cut(test_arena, address_text(test_arena, text, url, own), 1000, false);
    need(w, bullet);
    markup_link(&w->expected, cut, url);
    need_expected(w);
}

static void need_item(struct walk *w, const char *bullet, const char *text, const char *url)
{
    need_said(w, bullet, text, url, NULL);
}

/* The end of a project's address. */
static char *own_of(const struct project *project)
{
    char *url = arena_copy(test_arena, project->url ? project->url : "");
    size_t len = strlen(url);
    if (len && url[len - 1] == '/')
        url[len - 1] = '\0';
    return strrchr(url, '/') ? strrchr(url, '/') + 1 : url;
}

static bool is_more(const struct walk *w, const char *bullet)
{
    return strncmp(w->at, bullet, strlen(bullet)) == 0 &&
           strncmp(w->at + strlen(bullet), "[… and ", 9) == 0;
}

/* "… and N" and what, linked; gives N. */
static size_t need_more(struct walk *w, const char *bullet, const char *what, const char *anchor)
{
    char url[2000], *end;
    need(w, bullet);
    need(w, "[… and ");
    size_t more = strtoul(w->at, &end, 10);
    assert_true(end > w->at && more > 0);
    w->at = end;
    buf_addf(&w->expected, "%s](", what);
    markup_url(&w->expected, url_of(w, anchor, url));
    buf_addc(&w->expected, ')');
    need_expected(w);
    return more;
}

static void skip_line(struct walk *w)
{
    w->at += strcspn(w->at, "\n");
    need(w, "\n");
}

/* Gives the number of headlines that are not there, nor counted: the last ones. */
static size_t walk_headlines(struct walk *w, const struct section *section)
{
    size_t shown = 0;
    const char *group = NULL, *title = bold_title(w, section->title);
    buf_truncate(&w->expected, 0);
    if (!step_over(w, title))
        return section->headline_count;
    need(w, "\n");
    for (; *w->at != '\n' && !is_more(w, "- "); shown++) {
        assert_in_range(shown, 0, section->headline_count - 1);
        const struct item *item = &section->headlines[shown];
        if (item->group && (!group || strcmp(group, item->group) != 0)) {
            need_item(w, "- ", item->group, NULL);
            need(w, "\n");
        }
        group = item->group;
        need_item(w, group ? "  - " : "- ", item->title, item->url);
        skip_line(w);
    }
    if (is_more(w, "- ")) {
        shown += need_more(w, "- ", " more", section->anchor);
        need(w, "\n");
    }
    assert_in_range(shown, 0, section->headline_count);
    need(w, "\n");
    return section->headline_count - shown;
}

static void walk_projects(struct walk *w, const struct section *section, const struct names *known)
{
    char url[2000];
    size_t shown = 0, more = 0;
    const char *title = bold_title(w, section->title);
    buf_truncate(&w->expected, 0);
    need(w, title);
    for (; shown < section->project_count; shown++) {
        const struct project *project = &section->projects[shown];
        need(w, shown ? ", " : text_ends_in_colon(section->title) ? " " : ": ");
        if (is_more(w, "")) {
            more = need_more(w, "", " more", section->anchor);
            break;
        }
        char *name = text_plain(test_arena, project->name);
        const char *slash = strchr(name, ' ') ? NULL : strrchr(name, '/');
        name = slash && slash[1] ? name + (slash + 1 - name) : name;
        if (strchr(name, ' '))
            markup_link(&w->expected, name, url_of(w, project->anchor, url));
        else
            markup_code_link(&w->expected, name, url_of(w, project->anchor, url));
        bool new = known;
        for (size_t k = 0; known && k < known->count; k++)
            new = new &&strcmp(known->name[k], project->url ? project->url : project->name) != 0;
        size_t changes = issue_count_changes(project);
        if (changes)
            buf_addf(&w->expected, new ? "\u00a0(%zu, new)" : "\u00a0(%zu)", changes);
        else
            buf_adds(&w->expected, new ? "\u00a0(new)" : "");
        need_expected(w);
    }
    assert_int_equal(shown + more, section->project_count);
    need(w, "\n");
}

static void walk_changes(struct walk *w, const struct project *project)
{
    size_t shown = 0, more = 0, total = issue_count_changes(project);
    need_bold(w, project->name, project->anchor);
    skip_line(w);
    need(w, "\n");
    for (size_t i = 0; i < project->change_count && !is_more(w, "- "); i++) {
        const struct item *item = &project->changes[i];
        if (!item->change)
            continue;
        if (shown == total || strncmp(w->at, "```", 3) == 0 || *w->at == '\n')
            break;
        if (*item->title) {
            need_said(w, "- ", item->title, item->url, own_of(project));
            need(w, "\n");
        }
        for (size_t n = 0; n < item->note_count && !markup_is_linkable(item->url); n++)
            if (markup_is_linkable(item->notes[n].url)) {
                need_said(w, *item->title ? "  - " : "- ", item->notes[n].text, item->notes[n].url,
                          own_of(project));
                need(w, "\n");
            }
        shown++;
    }
    if (is_more(w, "- ")) {
        more = need_more(w, "- ", " more", project->anchor);
        need(w, "\n");
        assert_in_range(shown, 5, 15);
    }
    assert_int_equal(shown + more, total);
}

static bool is_report(const struct project *project)
{
    return !issue_count_changes(project) && project->summary && *project->summary;
}

/* A project that reports in prose: the beginning of it. */
static void walk_report(struct walk *w, const struct project *project)
{
    need_bold(w, project->name, project->anchor);
    need(w, ": ");
    assert_true(*w->at != '\n');
    skip_line(w);
}

/* "5 more headlines, 27 changes in 7 projects, news of 2 more" */
static void add_name_of_spoiler(struct walk *w, size_t moved)
{
    size_t changes = 0, projects = 0, reports = 0;
    for (size_t s = 0; s < w->issue->section_count; s++)
        for (size_t p = 0; p < w->issue->sections[s].project_count; p++) {
            size_t n = issue_count_changes(&w->issue->sections[s].projects[p]);
            changes += n;
            projects += n > 0;
            reports += is_report(&w->issue->sections[s].projects[p]);
        }
    struct buf *name = &w->expected;
    buf_truncate(name, 0);
    if (moved)
        buf_addf(name, "%zu more headline%s", moved, moved == 1 ? "" : "s");
    if (changes)
        buf_addf(name, "%s%zu change%s in %zu project%s", moved ? ", " : "", changes,
                 changes == 1 ? "" : "s", projects, projects == 1 ? "" : "s");
    if (reports)
        buf_addf(name, "%snews of %zu %s", moved || changes ? ", " : "", reports,
                 changes        ? "more"
                 : reports == 1 ? "project"
                                : "projects");
}

/* Headlines in the spoiler, of which the last ones may be counted. */
static void walk_moved(struct walk *w, const size_t *moved, size_t all)
{
    size_t shown = 0;
    for (size_t s = 0; s < w->issue->section_count; s++) {
        const struct section *section = &w->issue->sections[s];
        for (size_t i = section->headline_count - moved[s];
             i < section->headline_count && !is_more(w, "- "); i++, shown++) {
            need_item(w, "- ", section->headlines[i].title, section->headlines[i].url);
            skip_line(w);
        }
    }
    if (is_more(w, "- ")) {
        shown += need_more(w, "- ", " more", NULL);
        need(w, "\n");
    }
    assert_int_equal(shown, all);
}

/* `moved`: of each section, the headlines that are in the spoiler. */
static void walk_spoiler(struct walk *w, const size_t *moved)
{
    size_t all = 0;
    for (size_t s = 0; s < w->issue->section_count; s++)
        all += moved[s];
    add_name_of_spoiler(w, all);
    if (!w->expected.len)
        return;
    char *name = arena_copy(test_arena, buf_str(&w->expected));
    buf_truncate(&w->expected, 0);
    if (!step_over(w, "```spoiler ")) {
        char url[2000];
        markup_link(&w->expected, arena_format(test_arena, "… and %s", name), url_of(w, NULL, url));
        need_expected(w);
        return;
    }
    need(w, name);
    need(w, "\n");
    bool first = !all;
    walk_moved(w, moved, all);
    for (size_t s = 0; s < w->issue->section_count; s++)
        for (size_t p = 0; p < w->issue->sections[s].project_count; p++) {
            const struct project *project = &w->issue->sections[s].projects[p];
            if (!issue_count_changes(project) && !is_report(project))
                continue;
            need(w, first ? "" : "\n");
            first = false;
            if (is_report(project))
                walk_report(w, project);
            else
                walk_changes(w, project);
        }
    need(w, "```");
}

/* Whether a message is known again as the announcement of the issue at `url`. */
static bool is_announcement(const char *message, const char *url)
{
    struct buf title = BUF_INIT(test_arena, 1000);
    buf_adds(&title, "**[](");
    markup_url(&title, url);
    buf_adds(&title, ")**");
    return chat_same_title(message, buf_str(&title));
}

/* Writes the announcement and goes through all of it: not too long, the title first, and every
 * headline, project and change there or counted. False: it is the title line alone. */
static bool check(const struct issue *issue, size_t limit, const struct names *known)
{
    char *message = announce(issue, limit, SUGGEST, known),
         *again = announce(issue, limit, SUGGEST, known);
    assert_string_equal(message, again);
    if (text_length(message) > limit)
        fail_msg("%d: %zu code points instead of %zu", issue->month, text_length(message), limit);
    assert_true(is_announcement(message, issue->url));
    bool whole = strchr(message, '\n');
    struct walk w = {.at = message, .issue = issue, .expected = BUF_INIT(test_arena, 1000000)};
    if (whole) {
        skip_line(&w);
        need(&w, "\n");
        bool projects = false;
        size_t *moved = arena_zero(test_arena, issue->section_count + 1, sizeof *moved);
        for (size_t s = 0; s < issue->section_count; s++)
            if (issue->sections[s].headline_count)
                moved[s] = walk_headlines(&w, &issue->sections[s]);
        for (size_t s = 0; s < issue->section_count; s++)
            if (issue->sections[s].project_count) {
                walk_projects(&w, &issue->sections[s], known);
                projects = true;
            }
        need(&w, projects ? "\n" : "");
        walk_spoiler(&w, moved);
        w.at += strspn(w.at, "\n");
        assert_null(strchr(w.at, '\n'));
        assert_contains(w.at, "uggest something for ");
        assert_contains(w.at, "](" SUGGEST ")");
    }
    return whole;
}

static void test_limits(void **state)
{
    (void)state;
    struct names known = {0};
    names_add(test_arena, &known, "https://github.com/nova-os/tinyboot");
    names_add(test_arena, &known, "Kernel");
    glob_t posts = find_paths("tests/fixtures/posts/*.md", 9);
    for (size_t i = 0; i < posts.gl_pathc; i++) {
        struct issue issue = {0};
        read_file(posts.gl_pathv[i], &issue);
        for (size_t l = 0; l < COUNT(limits); l++) {
            check(&issue, limits[l], NULL);
            check(&issue, limits[l], &known);
        }
        assert_int_equal(check(&issue, 10000, &known), issue_is_plausible(&issue));
    }
    globfree(&posts);
}

/* At every limit; what just fits is not cut, and with one less something is. */
static void test_every_limit(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t step;
    } cases[] = {{"tests/fixtures/posts/2031-01.md", 211},
                 {"tests/fixtures/posts/2031-02.md", 211},
                 {"tests/fixtures/posts/2031-03.md", 4999},
                 {"tests/fixtures/posts/2031-04.md", 997}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct issue issue = {0};
        read_file(cases[i].path, &issue);
        char *all = announce(&issue, 1000000, SUGGEST, NULL);
        size_t len = text_length(all);
        size_t wholes = 0;
        for (size_t limit = 60; limit <= len; limit += cases[i].step)
            wholes += check(&issue, limit, NULL);
        assert_true(wholes > 2);
        char *fits = announce(&issue, len, SUGGEST, NULL),
             *cut = announce(&issue, len - 1, SUGGEST, NULL);
        assert_string_equal(fits, all);
        assert_true(text_length(cut) < len);
        assert_true(check(&issue, len - 1, NULL));
    }
}

/* Titles of 5,000 characters: shown up to 200, less where the escaped line would not fit, and whole
 * in the data. */
static void test_long_title(void **state)
{
    (void)state;
    static const char *const units[] = {"x", "*", "&", "é", "🦀", "@**all** ", "`", "[", "word "};
    for (size_t u = 0; u < COUNT(units); u++) {
        struct buf title = repeat(units[u], 5000 / text_length(units[u]));
        struct issue issue = {0};
        read_html("<h2>News</h2><ul><li><a href=/u>t</a></ul>", title.ptr, &issue);
        for (size_t l = 0; l < COUNT(limits); l++) {
            check(&issue, limits[l], NULL);
            char *message = announce(&issue, limits[l], NULL, NULL);
            assert_non_null(strstr(message, "…](" URL ")**"));
            if (u == 0 && limits[l] >= 500) {
                assert_int_equal(strspn(message + 3, "x"), DIGEST_TITLE_MAX - 1);
                assert_int_equal(strncmp(message + 3 + DIGEST_TITLE_MAX - 1, "…]", 4), 0);
            }
        }
        assert_string_equal(issue.title, title.ptr);
    }
}

/* The wording, each rule once. */
static void test_wording(void **state)
{
    (void)state;
    static const char html[] =
        "<h2 id=n>News &amp; <code>more</code></h2><ul>"
        "<li><a href=https://example.org/1>A long enough title</a>: its note stays out.</li>"
        "<li><a href=https://example.org/2>Two words</a><ul><li>First, e.g. this. Second.</ul></li>"
        "<li><a href=https://example.org/3>Word:</a> is a thing</li>"
        "<li>No link<ul><li>Prose of it.</ul></li>"
        "<li>Nothing of its own, but two<ul><li><a "
        "href=https://example.org/4>four</a></li><li>x</li>"
        "<li><a href=https://example.org/5>five</a></li></ul></li>"
        "<li>A bad <a href=javascript:x>link</a> here</li></ul>"
        "<h3>The group</h3><ul><li><a href=https://example.org/6>In a group of its own</a></li>"
        "<li><a href=https://example.org/7>And another one</a></li></ul>"
        "<h3><a href=https://example.org/8>A heading that is one</a></h3><p>Text.</p>"
        "<h2 id=e>Empty news</h2><p>None.</p>"
        "<h2 id=p><code>org</code> Projects</h2>"
        "<h3 id=a><a href=https://example.org/a><code>own/a</code></a></h3><ul>"
        "<li><a href=https://example.org/a/pull/1>One</a></li>"
        "<li>What is a? <a href=https://example.org/a>This</a></li>"
        "<li><a href=https://example.org/a/pull/2>#2</a></li>"
        "<li>Support for b:<ul><li><a "
        "href=https://example.org/a/pull/3>c</a></li><li>y</li></ul></li></ul>"
        "<p>Thanks to <a href=/>@x_y</a>, <a href=/>@b</a> and <a href=/>@c.d</a></p>"
        "<h3>Old</h3><p>Nothing.</p>"
        "<h3 id=o><a href=https://example.org/o>o</a></h3><p>Nothing.</p>"
        "<h2 id=q>More Projects</h2>"
        "<h3 id=z>New one</h3><ul><li><a href=https://example.org/z/commit/1>Only</a></li></ul>";
    static const char expected[] =
        "**[Title](" URL ")**\n\n"
        "**News &#38; `more`**\n"
        "- [A long enough title](https://example.org/1)\n"
        "- [Two words](https://example.org/2): First, e&#46;g. this&#46;\n"
        "- [Word:](https://example.org/3) is a thing\n"
        "- No link: Prose of it&#46;\n"
        "- Nothing of its own, but two: [four](https://example.org/4), "
        "[five](https://example.org/5)\n"
        "- A bad link here\n"
        "- The group\n"
        "  - [In a group of its own](https://example.org/6)\n"
        "  - [And another one](https://example.org/7)\n"
        "- [A heading that is one](https://example.org/8)\n\n"
        "**`org` Projects**: [`a`](" URL "#a)\u00a0(2), [`Old`](" URL "), [`o`](" URL
        "#o)\u00a0(new)\n"
        "**More Projects**: [New one](" URL "#z)\u00a0(1, new)\n\n"
        "```spoiler 3 changes in 2 projects, news of 2 more\n"
        "**[`own/a`](" URL "#a)**, thanks to x_y, b and c&#46;d\n\n"
        "- [One](https://example.org/a/pull/1)\n"
        "- Support for b&#58;\n"
        "  - [c](https://example.org/a/pull/3)\n\n"
        "**[Old](" URL ")**: Nothing&#46;\n\n"
        "**[o](" URL "#o)**: Nothing&#46;\n\n"
        "**[New one](" URL "#z)**\n\n"
        "- [Only](https://example.org/z/commit/1)\n"
        "```\n\n"
        "Written by a, edited by b · [suggest something for February](" SUGGEST ")";
    struct issue issue = {0};
    struct names known = {0};
    read_html(html, "Title", &issue);
    names_add(test_arena, &issue.authors, "a");
    names_add(test_arena, &issue.editors, "b");
    names_add(test_arena, &known, "https://example.org/a");
    names_add(test_arena, &known, "Old");
    assert_text(announce(&issue, 10000, SUGGEST, &known), expected);
    assert_true(check(&issue, 10000, &known));
}

/* No second colon after a title that ends in one, even in code or before closing quotes. */
static void test_colons(void **state)
{
    (void)state;
    static const char html[] =
        "<h2>News</h2><ul><li><code>asm:</code><ul><li><a href=https://example.org/1>the "
        "RFC</a></li></ul></li>"
        "<li>In <em>a <code>b:</code></em> <ul><li><a "
        "href=https://example.org/2>c</a></li></ul></li>"
        "<li>\xE2\x80\x9C"
        "Quoted:\xE2\x80\x9D<ul><li><a href=https://example.org/3>d</a></li></ul></li>"
        "<li><a href=https://example.org/4><code>Word:</code></a><p>It is a thing.</li></ul>"
        "<h2>The Projects:</h2><h3 id=p>p</h3><h2><code>x:</code> projects</h2><h3 id=q>q</h3>";
    static const char expected[] = "**[Title](" URL ")**\n\n**News**\n"
                                   "- `asm:` [the RFC](https://example.org/1)\n"
                                   "- In a `b:` [c](https://example.org/2)\n"
                                   "- \xE2\x80\x9C"
                                   "Quoted&#58;\xE2\x80\x9D [d](https://example.org/3)\n"
                                   "- [`Word:`](https://example.org/4) It is a thing&#46;\n\n"
                                   "**The Projects&#58;** [`p`](" URL "#p)\n"
                                   "**`x:` projects**: [`q`](" URL "#q)";
    struct issue issue = {0};
    read_html(html, "Title", &issue);
    assert_text(announce(&issue, 10000, NULL, NULL), expected);
}

static void test_last_line(void **state)
{
    (void)state;
    static const struct {
        const char *author, *editors[3], *suggest, *line;
    } cases[] = {
        {NULL, {NULL}, NULL, "- [t](https://example.org/)"},
        {NULL, {NULL}, SUGGEST, "[Suggest something for February](" SUGGEST ")"},
        {NULL, {"e"}, NULL, "Edited by e"},
        {NULL, {"e", "f"}, NULL, "Edited by e and f"},
        {NULL,
         {"e", "f", "g"},
         SUGGEST,
         "Edited by e, f and g · [suggest something for February](" SUGGEST ")"},
        {"a_", {NULL}, NULL, "Written by a&#95;"},
        {"a", {"e"}, NULL, "Written by a, edited by e"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct issue issue = {0};
        read_html("<h2>News</h2><ul><li><a href=https://example.org/>t</a></ul>", "T", &issue);
        if (cases[i].author)
            names_add(test_arena, &issue.authors, cases[i].author);
        for (size_t n = 0; n < 3 && cases[i].editors[n]; n++)
            names_add(test_arena, &issue.editors, cases[i].editors[n]);
        char *message = announce(&issue, 10000, cases[i].suggest, NULL);
        assert_string_equal(strrchr(message, '\n') + 1, cases[i].line);
    }
}

/* 15 changes of a project, then how many more. */
static void test_many_changes(void **state)
{
    (void)state;
    for (size_t n = 14; n <= 17; n++) {
        struct buf html = BUF_INIT(test_arena, 100000);
        struct issue issue = {0};
        buf_adds(&html, "<h2>Projects</h2><h3 id=x>x</h3><ul>");
        for (size_t i = 0; i < n; i++)
            buf_addf(&html, "<li><a href=https://example.org/pull/%zu>c</a></li>", i);
        read_html(html.ptr, "T", &issue);
        assert_true(check(&issue, 10000, NULL));
        char *message = announce(&issue, 10000, NULL, NULL), more[100];
        snprintf(more, sizeof more, "- [… and %zu more](" URL "#x)\n```", n - 15);
        assert_int_equal(strstr(message, "more]") != NULL, n > 15);
        if (n > 15)
            assert_contains(message, more);
    }
}

/* What is cut first: changes, then the spoiler, then headlines and projects. */
static void test_order_of_cuts(void **state)
{
    (void)state;
    struct issue issue = {0};
    read_file("tests/fixtures/posts/2031-03.md", &issue);
    size_t order = 0;
    for (size_t limit = 40000; limit > 1500; limit -= limit > 4000 ? 1500 : 250) {
        char *message = announce(&issue, limit, NULL, NULL);
        bool spoiler = strstr(message, "```spoiler "), changes_more = strstr(message, "\n[… and ");
        bool cut = false;
        for (size_t s = 0; s < issue.section_count; s++) {
            struct buf more = BUF_INIT(test_arena, 1000);
            buf_addf(&more, " more](%s#%s)", issue.url, issue.sections[s].anchor);
            cut = cut || strstr(message, more.ptr);
        }
        assert_true(spoiler != changes_more);
        assert_false(spoiler && cut);
        size_t stage = cut ? 2 : !spoiler;
        assert_true(stage >= order);
        order = stage;
    }
    assert_int_equal(order, 2);
}

static void test_implausible(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "",
        "<p>text</p>",
        "<h2>News</h2><p>none</p>",
        "<h2>Weather</h2><ul><li><a href=/u>rain</a></ul>",
        "<h2>Weather</h2><h3>x</h3><p>y</p>",
    };
    for (size_t i = 0; i < COUNT(contents); i++) {
        struct issue issue = {0};
        read_html(contents[i], "T", &issue);
        names_add(test_arena, &issue.editors, "e");
        assert_text(announce(&issue, 10000, SUGGEST, NULL), "**[T](" URL ")**");
    }
}

/* A link with a fragment or a query still leads to the sections. */
static void test_fragment(void **state)
{
    (void)state;
    static const struct {
        const char *url, *project;
    } cases[] = {
        {URL "?utm=x", "](" URL "?utm=x#p)"},
        {URL "#continue-reading", "](" URL "#p)"},
        {URL "?utm=x#continue-reading", "](" URL "?utm=x#p)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct issue issue = {0};
        read_html("<h2>Projects</h2><h3 id=p>p</h3>", "T", &issue);
        issue.url = arena_copy(test_arena, cases[i].url);
        char *message = announce(&issue, 10000, NULL, NULL);
        assert_contains(message, cases[i].project);
        assert_true(is_announcement(message, cases[i].url));
    }
}

/* Nobody is mentioned and nothing leaves its line, whatever a post calls its things. */
static void test_hostile_names(void **state)
{
    (void)state;
    static const char *const texts[] = {"@**all**", "](https://evil.example/)",
                                        "```",      "``` ```spoiler x",
                                        "*",        "!",
                                        "\\",       "`",
                                        "&#42;",    "$$x$$",
                                        ":tada:",   "#**general**",
                                        "[",        "~~~",
                                        "/poll x"};
    for (size_t i = 0; i < COUNT(texts); i++)
        for (int code = 0; code < 2; code++) {
            struct buf html = BUF_INIT(test_arena, 10000);
            char text[400], escaped[300] = "";
            for (const char *s = texts[i]; *s; s++)
                snprintf(escaped + strlen(escaped), 10, "&#%d;", *s);
            snprintf(text, sizeof text, code ? "<code>%s</code>" : "%s", escaped);
            buf_addf(
                &html,
                "<h2 id='%1$s'>News %1$s</h2><ul><li>%1$s</li><li><a "
                "href='https://example.org/%2$s'>%1$s</a> "
                "%1$s</li></ul><h3>%1$s</h3><ul><li>%1$s</li></ul><h2>Projects %1$s</h2><h3 "
                "id='%2$s'>%1$s</h3><ul>"
                "<li><a href='https://example.org/pull/%2$s'>%1$s</a></li></ul><p>Thanks to <a "
                "href=/>@%1$s</a></p>",
                text, escaped);
            struct issue issue = {0};
            read_html(html.ptr, texts[i], &issue);
            names_add(test_arena, &issue.editors, texts[i]);
            if (!check(&issue, 10000, NULL))
                fail_msg("title alone: %s", html.ptr);
            char *message = announce(&issue, 10000, SUGGEST, NULL);
            size_t fences = 0;
            for (const char *line = message; line;
                 line = strchr(line, '\n'), line = line ? line + 1 : NULL)
                fences += strncmp(line, "```", 3) == 0 || strncmp(line, "~~~", 3) == 0;
            assert_int_equal(fences, 2);
            if (!code && strchr(texts[i], '@')) {
                const char *mention = strstr(message, "@**");
                /* Only in the project's name, which is code. */
                for (; mention; mention = strstr(mention + 1, "@**"))
                    assert_int_equal(mention[-1], '`');
            }
        }
}

/* The real issues of the directory that TMRO_CORPUS names, when it is set. */
static void test_corpus(void **state)
{
    (void)state;
    static const char *const patterns[] = {"posts/*.md", "pages/*.html",
                                           "content/this-month/*/index.md"};
    const char *corpus = getenv("TMRO_CORPUS");
    size_t found = 0;
    for (size_t p = 0; corpus && *corpus && p < COUNT(patterns); p++) {
        char pattern[4096];
        snprintf(pattern, sizeof pattern, "%s/%s", corpus, patterns[p]);
        glob_t posts;
        if (glob(pattern, 0, NULL, &posts) == 0)
            for (size_t i = 0; i < posts.gl_pathc; i++, found++) {
                struct issue issue = {0};
                read_file(posts.gl_pathv[i], &issue);
                assert_true(issue_is_plausible(&issue));
                assert_true(check(&issue, 10000, NULL));
                assert_true(check(&issue, 3000, NULL));
                check(&issue, 500, NULL);
            }
        globfree(&posts);
    }
    if (corpus && *corpus && !found)
        fail_msg("no issue in %s", corpus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_every_limit),
        cmocka_unit_test(test_long_title),    cmocka_unit_test(test_wording),
        cmocka_unit_test(test_last_line),     cmocka_unit_test(test_colons),
        cmocka_unit_test(test_many_changes),  cmocka_unit_test(test_order_of_cuts),
        cmocka_unit_test(test_implausible),   cmocka_unit_test(test_fragment),
        cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_corpus),
    };
    return cmocka_run_group_tests_name("digest", tests, setup_arena, teardown_arena);
}
