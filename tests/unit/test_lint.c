/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests lint: each rule speaks, in the right line, and is silent on what is right. */
#include "lint/draft.h"

#include "fixture.h"
#include "lint/earlier.h"
#include "lint/rules.h"
#include "news/html.h"
#include "news/issue.h"
#include "news/post.h"

#define HEAD                                                                                       \
    "+++\ntitle = \"This Month: July 2031\"\ndate = 2031-08-08\n\n[extra]\nmonth = \"July "        \
    "2031\"\n"                                                                                     \
    "editors = [\"ada\"]\n+++\n"
/* The line of what follows HEAD. */
#define L1 "9"

#define NEWS     "## News\n\n- [a](https://example.org/a)\n"
#define PROJECTS "## Other Projects\n\n"
#define PROJECT                                                                                    \
    PROJECTS                                                                                       \
    "### [`x`](https://example.org/x)\n<span>Maintained by [@ada](https://example.org/ada)"        \
    "</span>\n\nIt is.\n\n"

/* Asks all rules about a source, and what the bot reads of it; made in `arena`. */
static struct findings judge(struct arena *arena, struct draft_source source)
{
    struct issue issue = {0};
    struct draft draft;
    struct fault fault = {0}, unread = {0};
    source.issue = &issue;
    if (!post_read_markdown(arena, source.data, source.len, "https://example.org", &issue, &unread))
        source.unread = unread.msg;
    if (!draft_read(arena, &source, &draft, &fault))
        fail_msg("%s", fault.msg);
    struct findings findings = *rules_check(&draft);
    draft_finish(&draft);
    return findings;
}

static bool is_of(const struct finding *finding, const char *rule)
{
    return strcmp(finding->rule->name, rule) == 0;
}

/* What lint says: "LINE:RULE LINE:RULE". What it says of the message has a test of its own: few
 * sources below make one. */
static const char *said(struct arena *arena, const struct draft_source *source)
{
    struct findings findings = judge(arena, *source);
    struct buf out = BUF_INIT(arena, 100000);
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *finding = &findings.finding[i];
        assert_clear_line(finding->text);
        assert_true(strlen(finding->text) > 10);
        if (!is_of(finding, "message"))
            buf_addf(&out, "%s%d:%s", out.len ? " " : "", finding->line, finding->rule->name);
    }
    return buf_str(&out);
}

/* The source ends where its memory does: a sanitizer sees who reads on. */
static void check(const char *text, struct draft_source source, const char *expected)
{
    struct arena *arena = arena_new();
    source.len = strlen(text);
    char *bytes = memory_alloc(source.len + !source.len);
    memcpy(bytes, text, source.len);
    source.data = bytes;
    const char *actual = said(arena, &source);
    if (strcmp(actual, expected) != 0)
        fail_msg("%s\nsaid '%s' instead of '%s'", text, actual, expected);
    (free)(bytes);
    arena_free(arena);
}

/* The same of a source with lines that end as on Windows. */
static void check_both_ends(const char *text, struct draft_source source, const char *expected)
{
    struct arena *arena = arena_new();
    struct buf windows = BUF_INIT(arena, 100000);
    check(text, source, expected);
    for (const char *s = text; *s; s++)
        buf_adds(&windows, *s == '\n' ? "\r\n" : (char[]){*s, '\0'});
    check(buf_str(&windows), source, expected);
    arena_free(arena);
}

struct row {
    const char *body, *expected;
};

static void check_bodies(const struct row *rows, size_t count)
{
    struct arena *arena = arena_new();
    for (size_t i = 0; i < count; i++)
        check_both_ends(arena_format(arena, "%s%s", HEAD, rows[i].body), (struct draft_source){0},
                        rows[i].expected);
    arena_free(arena);
}

/* What is said about a body. */
static struct findings judge_body(struct arena *arena, const char *body)
{
    const char *text = arena_format(arena, "%s%s", HEAD, body);
    return judge(arena, (struct draft_source){.data = text, .len = strlen(text)});
}

/* One of the findings on a body is so worded. */
static void check_words(const char *body, const char *words)
{
    struct arena *arena = arena_new();
    struct findings findings = judge_body(arena, body);
    bool found = false;
    for (size_t i = 0; i < findings.count; i++)
        found = found || strstr(findings.finding[i].text, words);
    if (!found)
        fail_msg("%s\nis not said to be: %s", body, words);
    arena_free(arena);
}

static void test_head(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {HEAD, ""},
        {"\xEF\xBB\xBF" HEAD, ""},
        {"\n\n+++\ntitle = \"July 2031\"\ndate = 2031-08-08\n[extra]\nmonth = \"july 2031\"\n+++\n"
         "# x\n",
         "9:heading"},
        {"", "1:front-matter"},
        {"# Text\n", "1:front-matter"},
        {"+++\ntitle = \"x\"\n", "1:front-matter"},
        {"---\ntitle: x\n# a\n---\n## News\n", "1:front-matter"},
        {"+++\n# a\ntitle = \"x\"\n", "1:front-matter"},
        {"+++\ntitle = 3\n+++\n", "2:front-matter"},
        {"+++\ntitle = \"x\"\n[extra]\nmonth = 7\n+++\n", "4:front-matter"},
        {"+++\ntitle = \"x\"\n[extra]\nmonth = \"Smarch 2031\"\n+++\n", "4:front-matter"},
        {"+++\ntitle = \"x\"\n[extra]\nmonth = \"July 2031\"\neditors = \"ada\"\n+++\n",
         "5:front-matter"},
        {"+++\ntitle = \"x\"\n+++\n", "1:front-matter"},
        {"+++\ntitle = \"x\n+++\n# x\n", "2:front-matter 4:heading"},
        {"+++\ntitle = \"x\"\ntitle = \"x\"\n+++\n", "3:front-matter"},
        {"+++\ntitle = \"June 2031\"\ndate = 2031-08-08\n[extra]\nmonth = \"July 2031\"\n+++\n",
         "2:month"},
        {"+++\ntitle = \"July 2031\"\n[extra]\nmonth = \"July 2031\"\n+++\n", "1:date"},
        {"\n\n+++\ntitle = \"July 2031\"\n[extra]\nmonth = \"July 2031\"\n+++\n", "3:date"},
        {"+++\ntitle = \"July 2031\"\ndate = \"2031-08-08\"\n[extra]\nmonth = \"July 2031\"\n+++\n",
         "3:date"},
        {"+++\ntitle = \"July 2031\"\ndate = ['2031-08-08']\n[extra]\nmonth = \"July 2031\"\n+++\n",
         "3:date"},
        {"+++\ntitle = \"July 2031\"\ndate = 2031-08-08x\n[extra]\nmonth = \"July 2031\"\n+++\n",
         "3:front-matter"},
        {"+++\ntitle = \"July 2031\"\ndate = 2031-08-08T10:00:00Z\n[extra]\nmonth = \"July 2031\"\n"
         "+++\n",
         ""},
        {"+++\ntitle = \"July 2031\"\ndate = 2031-08-08 10:00:00\n[extra]\nmonth = \"July 2031\"\n"
         "+++\n",
         ""},
        {"+++\ntitle = \"July 2031\"\ndate = 2019-08-08\n[extra]\nmonth = \"July 2031\"\n+++\n",
         "3:date"},
        {"+++\ntitle = \"July 2031\"\ndate = \"soon\"\n[extra]\nmonth = \"July 2031\"\n+++\n",
         "3:date"},
        {"+++\ntitle = \"July 2031\"\ndate = 2031-02-30\n[extra]\nmonth = \"July 2031\"\n+++\n",
         "3:front-matter"},
        {"+++\ntitle = \"July 2031\"\ndate = 2031-07-31\n[extra]\nmonth = \"July 2031\"\n+++\n",
         "3:date"},
        {"+++\ntitle = \"July 2031\"\ndate = 2031-09-01\n[extra]\nmonth = \"July 2031\"\n+++\n",
         "3:date"},
        {"+++\ntitle = \"December 2031\"\ndate = 2032-01-31\n[extra]\nmonth = \"December 2031\"\n"
         "+++\n",
         ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check_both_ends(rows[i].body, (struct draft_source){0}, rows[i].expected);
}

/* What of the generator's own keys keeps the issue from its place. */
static void test_keys(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"draft = true", "4:front-matter"},
        {"draft = false", ""},
        {"draft = \"true\"", "4:front-matter"},
        {"render = false", "4:front-matter"},
        {"render = true", ""},
        {"slug = \"july\"", "4:front-matter"},
        {"slug = \"2031-08\"", "4:front-matter"},
        {"slug = \"\"", "4:front-matter"},
        {"slug = '2031-07'", ""},
        {"path = \"news/july\"", "4:front-matter"},
        {"path = \"/this-month/2031-07-1/\"", "4:front-matter"},
        {"path = \"/this-month/2031-07/\"", ""},
        {"path = \"this-month/2031-07\"", ""},
        {"template = \"bare.html\"", "4:front-matter"},
        {"aliases = [\"x\", \"/this-month/2031-07\"]", "4:front-matter"},
        {"aliases = [\"this-month/2031-07/\"]", "4:front-matter"},
        {"aliases = [\"this-month/july-2031\"]", ""},
        {"aliases = [1]", "4:front-matter"},
        {"weight = 7\nin_search_index = false\nupdated = 2031-08-09\ndescription = 'x'", ""},
        {"# draft = true\nextra.draft = true", ""},
        {"weight = 1\nrender = false\ndraft = true", "5:front-matter 6:front-matter"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[1000];
        snprintf(text, sizeof text,
                 "+++\ntitle = \"July 2031\"\ndate = 2031-08-08\n%s\nextra.month = \"July 2031\"\n"
                 "+++\n",
                 rows[i].body);
        check_both_ends(text, (struct draft_source){0}, rows[i].expected);
    }
}

static void test_folder_and_today(void **state)
{
    (void)state;
    check(HEAD, (struct draft_source){.place = "2031-07"}, "");
    check(HEAD, (struct draft_source){.place = "2031-06"}, "6:month");
    check(HEAD, (struct draft_source){.place = "2031-7"}, "6:month");
    check(HEAD, (struct draft_source){.place = "2031-07-draft"}, "6:month");
    static const struct row days[] = {{"2031-08-06", "3:date"}, {"2031-08-07", ""},
                                      {"2031-08-08", ""},       {"2031-08-09", ""},
                                      {"2031-08-10", "3:date"}, {"2032-08-08", "3:date"}};
    for (size_t i = 0; i < COUNT(days); i++)
        check(HEAD, (struct draft_source){.today = days[i].body}, days[i].expected);
}

static void test_placeholders(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<!--\n- [Title](https://example.com)\n\n### `repo_name`\n<<changelog, so>>\n-->\n", ""},
        {"```\nrepo_name <<a>>\n```\n", ""},
        {"Shifts `1 << n >> m` and 1 << 2 >> 3.\n", ""},
        {NEWS "- [Title](https://example.org/b)\n", "12:placeholder"},
        {NEWS "- [b](https://example.com/b)\n", "12:placeholder"},
        {NEWS "- [b](https://video.example.com/b) and `example.com`\n", ""},
        {NEWS "- [b](https://example.org/b)\n  - (optional) Some words\n", "13:placeholder"},
        {"one\ntwo `repo_name`\n", "10:placeholder"},
        {PROJECT "The crate ...<<short introduction>>...\n", "16:placeholder"},
        {PROJECT "<<changelog, either in list or text form>>\n", "16:placeholder"},
        {PROJECT "<text>\n", "16:placeholder"},
        {PROJECT "TODO: ask somebody\n", "16:placeholder"},
        {PROJECT "TODOS are gone\n", ""},
        {"a `b\nc` <!--\n--> d\nTODO: e\nTODO\n", "12:placeholder 13:placeholder"},
        {PROJECT "a\nTBD\nb\n\n## TODO\n", "17:placeholder 20:placeholder"},
        {NEWS "- [TODO lists in the kernel](https://example.org/b)\n", ""},
        {NEWS "- [XXX](https://example.org/b)\n- FIXME: [c](https://example.org/c)\n",
         "12:placeholder 13:placeholder"},
        {PROJECT "- [Rename `repo_name` to `name`](https://example.org/b)\n", ""},
        {NEWS "- [(`repo_name`) Issue Description](https://example.com/link-to-issue)\n",
         "12:placeholder"},
        {PROJECT "a `b\nc` <!--\n--> d\n`owner_name`\n", "19:placeholder"},
        {NEWS "- [b](https://...)\n- [c](...)\n- [d](http://.../d)\n- [e](../e.md)\n",
         "12:placeholder 13:placeholder 14:placeholder"},
        {PROJECTS "### [`y`](https://github.com/rust-osdev/repo_name)\n\n"
                  "Maintained by [@ada](https://github.com/maintainer_1)\n\nText.\n",
         "11:placeholder 13:placeholder 13:handle"},
        {PROJECTS "### [`owner_name/repo_name`](https://github.com/owner_name/repo_name)\n\n"
                  "Written by [@ada](https://example.org/ada)\n\nText.\n",
         "11:placeholder 11:placeholder"},
        {"Try cat <<EOF >>file now\n", "9:raw-html"},
        {NEWS "<<<<<<< HEAD\n- [b](https://example.org/b)\n=======\n"
              "- [c](https://example.org/c)\n>>>>>>> next\n",
         "12:placeholder 14:placeholder 16:placeholder"},
        {"```\n<<<<<<< HEAD\n```\n\nA\n\n    <<<<<<< HEAD\n\n<!--\n<<<<<<< HEAD\n=======\n>>>>>>> "
         "a\n"
         "-->\n\n" NEWS,
         "18:placeholder 19:placeholder 20:placeholder"},
        {"<<<<<< a\n\n<<<<<<<<< a\n\n>>>>>> a\n\n||||||| \n\n=======\n",
         "15:placeholder 17:placeholder"},
        {"a\n\n>>>>>>> next\n=======\n", "11:placeholder"},
        {NEWS "<<<<<<< HEAD\n||||||| 1234567\n=======\n>>>>>>> next\n",
         "12:placeholder 13:placeholder 14:placeholder 15:placeholder"},
        {PROJECT "Section written by [@author](https://github.com/author)\n", "16:placeholder"},
    };
    check_bodies(rows, COUNT(rows));
    check_words(NEWS "- [A post](https://example.com/a)\n",
                "'https://example.com/a' is left over from");
    check_words("TODO\n", "'TODO' marks unfinished work");
    check_words(NEWS "<<<<<<< HEAD\n", "'<<<<<<< HEAD' is left over from a merge");
}

static void test_unclosed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<!-- a -->\n\nb <!-- c --> d\n\n<!--\ne\n\nf\n-->\n", ""},
        {"a\n\n<!--\n\nb\n", "11:unclosed"},
        {"- a\n\n\n\n\n<!-- b\n", "14:unclosed"},
        {"a <!-- b\n\nc --> d\n", "9:unclosed"},
        {"a \\<!-- b --> c &lt;!-- d -->\n", ""},
        {"a <!-- b -- c --> d\n", "9:unclosed"},
        {"<!--\na\n<!-- b -->\n-->\n", "11:unclosed 12:raw-html"},
        {"```\na\n```\n\n````\n```\nb\n```\n````\n\n~~~ rust\n~~~\n", ""},
        {"a\n\n```\nb\n", "11:unclosed"},
        {"```\n", "9:unclosed"},
        {"```\na\n~~~\n", "9:unclosed"},
        {"````\na\n```\n", "9:unclosed"},
        {"```\na\n\n\n## b\n\n```rust\nc\n```\n", "9:unclosed"},
        {"- a\n  ```\n  b\n  ```\n", ""},
        {"- a\n  ```\n  b\n\nc\n", "10:unclosed"},
        {"    ```\n    a\n", ""},
        {"````md\n```rust\na\n```\n````\n", ""},
        {"~~~\n```rust\na\n```\n~~~\n", ""},
        {"~~~\na\n\n~~~~ rust\nb\n~~~\n", "9:unclosed"},
        {"<!-- a\n\n\n\nb\n<!-- c -->\n", "14:unclosed"},
        {"- a\n\n\n  <!-- b\n\n\n\n  <!-- c -->\n", "16:unclosed"},
    };
    check_bodies(rows, COUNT(rows));
    check_words("<!-- a\n\n\n\nb\n<!-- c -->\n", "inside the one of line 9");
    check_words("a <!-- b\n\nc\n", "not closed in its paragraph");
    check_words("a <!-- b -- c --> d\n", "has '--' in it");
    check_words("```\na\n\n\n\n```rust\nb\n```\n", "in line 14");
}

/* What breaks the feed, in the line where it is. */
static void test_characters(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {NEWS "- from a hex dump: [b \x08](https://example.org/b)\n", "12:character"},
        {"a\n\n\n\n`b\nc\x1b`\n", "14:character"},
        {"```\na\n\x0c\n```\n", "11:character"},
        {"<!--\n\x01\n-->\n\n<div>\n\x1f</div>\n", "10:character 14:character"},
        {"a \ufffe\nb \uffff\n", "9:character 10:character"},
        {"\x0b\x0b\n", "9:character"},
        {"\x02\x03\n", "9:character 9:character"},
        {"a\tb\xC2\x85\xC2\x9F\x7f \ufffd\U0001F980\n", ""},
        {"a &#8; b\n", "9:character"},
        {"**a\n[&#x1B;](https://example.org/a)**\n", "10:character"},
        {"[a](https://example.org/a&#8; \"title\")\n", "9:character 9:link-scheme"},
        {"[a](https://example.org/a \"&#12;\")\n", "9:character"},
        {"![&#xFFFE;](a.png)\n", "9:character"},
        {"## Weather &#31;\n", "9:character"},
        {"<div>\na\n&#x8; <b title='&#1;'>b</b>\n</div>\n", ""}, /* the feed escapes the "&" */
        {"a <b>&#8;</b>\n", "9:character"},
        {"```x&#8;\n&#8;\n```\n", "9:character"},
        {"`&#8;` \\&#8; &amp;#8; &#8 &#x; &#9; &#10; &#0; &#8203;\n\n    &#8;\n", ""},
        {"<div>\n&#65; &#x41; &#; &#x; &#13;\n</div>\n", ""},
    };
    check_bodies(rows, COUNT(rows));
    check_words("a\x08\n", "the character U+0008 breaks the feed");
}

static void test_unclosed_tags(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<span class=\"gray\">\nDisclaimer\n\n" NEWS, "9:unclosed"},
        {"<span class=\"gray\">\nDisclaimer\n</spam>\n\n" NEWS, "9:unclosed 11:raw-html"},
        {NEWS "\n<center>\n\n## News\n\n- [b](https://example.org/b)\n", "13:unclosed"},
        {NEWS "\na <table> b\n", "13:unclosed"},
        {NEWS "\n<div>\nb\n<b>\n\n</div>\n", "15:unclosed"},
        {NEWS "\n<ul>\n<li><a href=\"https://example.org/b\">b</a>\n", "13:unclosed"},
        {"<ul>\n<li>a\n<li>b\n</ul>\n<p>c\n<hr><br>\n", ""},
        {NEWS "- [b](https://example.org/b) <span class=\"gray\">(as 0.1)\n", ""},
        {"> <span>\n> a\n\nb\n", "9:unclosed"},
        {"a <sub>b\n\nc\n", ""},
        {"a <b>b\n\nc\n", "9:unclosed"},
        {"<details><summary>a</summary>\n\nb\n", "9:unclosed"},
        {"<DIV>\n\na\n\n</div>\n", ""},
        {"<span>\n\na <span>b</span>\n\nc\n", "9:unclosed"},
        {"<span>\n\na <span>b\n\n</span>\n", ""},
        {"<div title=\"a > b <i>\">\n\n</div>\n", ""},
        {"<div><!-- <b> --></div>\n", ""},
        {"<!-- <b> -->\n", ""},
        {"<div title=\"a\nb\n", "9:unclosed"},
        {"- <div>\n  a\n\nb\n", "9:unclosed"},
        {"<svg viewBox=\"0\"><path d=\"M\"/><g></g></svg>\n", ""},
        {"<a id=\"x\"/>\n", ""},
        {"</span>\n", ""},
        {NEWS "\n</main>\n", "13:unclosed"},
        {NEWS "\nwords </main> <!-- </div> --> `</div>`\n", "13:unclosed"},
        {"<div>\n\na\n\n</div>\n</div>\n", "14:unclosed"},
        {"- a\n\n  </section>\n", "11:unclosed"},
        {"</ARTICLE >\n\n    </main>\n\n```\n</main>\n```\n", "9:unclosed"},
        {"<main><section>a</section></main>\n", ""},
    };
    check_bodies(rows, COUNT(rows));
    check_words("<span class=\"gray\">\nDisclaimer\n", "'<span class=\"gray\">' is never closed");
}

static void test_headings(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {NEWS "\n### a\n\n#### b\n\nc\n\n##### d\n\ne\n", ""},
        {"# a\n", "9:heading"},
        {"a\n===\n", "9:heading"},
        {"### a\n", "9:heading"},
        {NEWS "\n#### a\n", "13:heading"},
        {NEWS "\n### a\n\n" PROJECTS "- [b](https://example.org/b)\n\n#### c\n", "19:heading"},
        {NEWS "\n- ## a\n", "13:heading 13:item-without-link"},
        {"> ## a\n", "9:heading"},
        {"##a\n", "9:heading"},
        {NEWS "##Other\n###[y](https://x.org/y)\n\nb\n##`c`\n", "12:heading 13:heading 16:heading"},
        {"\\##a and &#35;#b\n", ""},
        {"> ##a\n\n- ##b\n", "9:heading 11:heading"},
        {"#[inline] is no heading\n", ""},
        {"#Infrastructure\n", "9:heading"},
        {"#Rust on\ntwo lines\n\n#osdev\n\n#12\n", ""},
        {"####### a\n", "9:heading"},
        {"###\\# a\n\n#######\n", ""},
        {PROJECT "#### [y](https://example.org/y)\n\nText by [@bo](https://example.org/bo)\n", ""},
        {PROJECT "#### [y](https://example.org/y)\n"
                 "<span>(Written by [@bo](https://example.org/bo))</span>\n\nText.\n",
         "16:heading"},
        {NEWS "\n### a\n\n#### b\n\nWritten by [@bo](https://example.org/bo)\n", ""},
        {NEWS "\n###\n", "13:heading"},
        {PROJECT "### \u200b\n\na\n", "16:heading"},
        {NEWS "\n## ![b](https://example.org/b.png)\n", "13:heading"},
    };
    check_bodies(rows, COUNT(rows));
}

static void test_raw_html(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<span class=\"gray\">a</span> <a href=\"#b\">c</a> <br/> <!-- d -->\n", ""},
        {"<span class=\"gray\">\n\n_No [tasks](https://example.org)_\n\n</span>\n", ""},
        {"<details><summary>a</summary>\n\nb [c](https://example.org)\n\n</details>\n", ""},
        {"`Vec<u8>` and 1 < 2 > 1, a <- b, `<span`, <https://example.org>\n", ""},
        {"a\nreturns NonZero<u8> now\n", "10:raw-html"},
        {"a <span class=\"gray>b\n", "9:raw-html"},
        {"a <span\n\nb\n", "9:raw-html"},
        {"a --> b\n", ""},
        {"a \\<b> and &lt;b> and &lt;span\n", ""},
        {"a\n-->\n", "10:raw-html"},
        {"    ### [`x`](https://example.org/x)\n", "9:raw-html"},
        {"    - [x](https://example.org/x)\n", "9:raw-html"},
        {"    let x = 1;\n", ""},
        {"<span>\na [b](https://example.org)\n</span>\n", "10:raw-html"},
        {"<!-- a --> [b](https://example.org)\n", "9:raw-html"},
        {"<!-- [a](https://example.org) -->\n<!-- [b](https://example.org) -->\n", ""},
        {"A `Mutex<S>` is a Mutex<S> as\nVec<A> is\n", "9:raw-html 10:raw-html"},
        {"<I> and <P> and <U>\n", "9:raw-html 9:raw-html 9:raw-html"},
        {"Vec<b> is\n", "9:unclosed"},
        {"a <body> b\n\nthe <head> of <dir>\n\nVec<base> is\n",
         "9:raw-html 11:raw-html 11:raw-html 13:raw-html"},
        {"a <wbr> b <video src=\"b.mp4\"><source src=\"c.mp4\"></video>\n", ""},
        {"un<B>believ</B>able\n", ""},
        {"<div>\na <u8> b\n</div>\n", "10:raw-html"},
        {"<div>\n## News\n</div>\n", "10:raw-html"},
        {"<div>\n<b>a</b>\n- [a](b.html)\n</div>\n", "11:raw-html"},
        {"<p>\nThe `x` crate\n</p>\n", "10:raw-html"},
        {"<p>\nIt is **x**\n</p>\n", "10:raw-html"},
        {"<!--\na\n--> [b](https://example.org/b)\n", "11:raw-html"},
        {"<pre>\n# `x` **y** [a](http://b)\n</pre>\n", ""},
        {"<details><summary>a</summary><pre>\n# uname -a\n</pre></details>\n", ""},
        {"<div>\n<STYLE>\n# a {}\n</STYLE>\n- [a](b)\n</div>\n", "13:raw-html"},
        {"<div><pre>\n`a`\n", "9:unclosed 9:unclosed"},
        {"for i <n; x <i && y, a <b c\n", ""},
        {"x <b class=y\n", "9:raw-html"},
        {"    ## build\n    make\n", ""},
        {"    ## News\n", "9:raw-html"},
        {"[`x`](https://example.org/x\n", "9:raw-html"},
        {"a\n[b] (https://example.org/b)\n", "10:raw-html"},
        {"[b](https://example.org/b c)\n", "9:raw-html"},
        {"a (b)[https://x.org/b]\n[c] (@/c/index.md)\n[d] (www.x.org/d)\n",
         "9:raw-html 10:raw-html 11:raw-html"},
        {"\\[b\\](https://example.org/b\n", ""},
        {"The `x crate\nis **new\n", "9:raw-html 10:raw-html"},
        {"## [`x](https://example.org/x)\n", "9:raw-html"},
        {"a \\` b &#96;c \\*\\* `d` ``f`g``\n\n**e** f\n", ""},
        {"`d` is no \\`e\n", ""},
        {"``` `` ``` and \\`\\`\n", ""},
        {NEWS "-[b](https://example.org/b)\n", "12:raw-html"},
        {NEWS "• [b](https://example.org/b)\n", "12:raw-html"},
        {NEWS "– [b](https://example.org/b)\n—[c](https://example.org/c)\n"
              "-`d` [d](https://example.org/d)\n-\u00a0[e](https://example.org/e)\n",
         "12:raw-html 13:raw-html 14:raw-html 15:raw-html"},
        {NEWS "\n1.[b](https://example.org/b)\n\nc\n– d [e](https://example.org/e)\n",
         "13:raw-html"},
        {NEWS "\n* a [b](https://example.org/b)\n+ -[c](https://example.org/c) - d\n", ""},
    };
    check_bodies(rows, COUNT(rows));
    check_words("a\n-->\n", "has no '<!--'");
}

static void test_link_scheme(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[a](https://x.org) [a](HTTP://x.org) [a](#b) [a](/b) [a](@/b.md) [a](../b/) [a](b.png) "
         "![a](b)\n",
         ""},
        {"a\n[b](ttps://example.org/b)\n", "10:link-scheme"},
        {"[a](mailto:x@example.org) <x@example.org> <a href=\"MAILTO:x@y.org?subject=z\">b</a>\n",
         ""},
        {"[a](mailto:)\n[b](mailto:x)\n[c](tel:+123)\n",
         "9:link-scheme 10:link-scheme 11:link-scheme"},
        {"<a href=\"javascript:x\">a</a>\n", "9:link-scheme"},
        {"<div>\nb\n<a href=\"x:y\">a</a>\n<a href=\"x:z\">\nb</a></div>\n",
         "11:link-scheme 12:link-scheme"},
        {"- a\n\n\n\n\n  <div>\n  <a href=\"x:y\">a</a></div>\n", "15:link-scheme"},
        {"<ucs2::Error>\n", "9:link-scheme"},
        {"[a](www.example.org/b)\n", "9:link-scheme"},
        {"[a](example.org)\n", "9:link-scheme"},
        {"[a](https//example.org)\n", "9:link-scheme"},
        {"[a](https:///b)\n", "9:link-scheme"},
        {"[a](later)\n", "9:link-scheme"},
        {"[a](http://https://x.org/a)\n[b](https://HTTP//x.org/b)\n[c](https://https.dev)\n",
         "9:link-scheme 10:link-scheme"},
        {"[a]()\n", "9:link-scheme"},
        {"![a](ftp://example.org/b)\n", "9:link-scheme"},
        {"[a][r]\n\n[r]: htps://example.org\n", "9:link-scheme"},
        {"[a\nb](ttps://x)\n", "9:link-scheme"},
        {NEWS "- [](https://example.org/b)\n- [ ](https://example.org/c)\n",
         "12:link-scheme 13:link-scheme"},
        {"[![](a.png)](https://example.org/b) <a href=\"https://example.org/c\">c</a>\n", ""},
        {"<div>\n<a href=\"https://example.org/c\">c</a>\n</div>\n", ""},
        {"a <a href=\"https://example.org/c\"> </a> <a href=\"https://example.org/d\">d</a>\n",
         "9:link-scheme"},
        {"<p>\n<a href=\"https://example.org/c\"><img src=\"c.png\"></a>\n</p>\n", ""},
        {"<p>\n<a href=\"https://example.org/c\"></a><img src=\"c.png\">\n</p>\n",
         "10:link-scheme"},
        {"<video src=\"ftp://example.org/b\"></video>\n", "9:link-scheme"},
        /* what nobody sees in an address */
        {"[a](https://example.org/a\u200b)\n[b](https://example.org/\u00a0b)\n",
         "9:link-scheme 10:link-scheme"},
        {"[a](https://exam\u00adple.org/)\n[b](\u2060https://example.org/b)\n",
         "9:link-scheme 10:link-scheme"},
        {"[a](https://example.org/a\u202e)\n[b](https://example.org/\u3000)\n",
         "9:link-scheme 10:link-scheme"},
        {"[a](https://example.org/&#8203;) [b](https://example.org/&nbsp;)\n",
         "9:link-scheme 9:link-scheme"},
        {"<a href=\"https://example.org/a\ufeff\">a</a>\n<https://example.org/\u200d>\n",
         "9:link-scheme 10:link-scheme"},
        {"![a](a\u200b.png)\n[b](#b\u200b)\n[c](@/c\u200c.md)\n",
         "9:link-scheme 10:link-scheme 11:link-scheme"},
        {"[a][r]\n\n[r]: https://example.org/\u2028r\n", "9:link-scheme"},
        {"[a](<https://example.org/a b>) [b](https://example.org/%C2%A0) "
         "[c](https://\u00f1.org/\u00fc)\n",
         ""},
        /* where nobody else gets */
        {"[a](http://127.0.0.1:1111/a)\n![b](http://LOCALHOST/b.png)\n",
         "9:link-scheme 10:link-scheme"},
        {"<a href=\"http://[::1]:8080/\">a</a>\n<http://0.0.0.0/>\n[c](https://me@build.local/c)\n",
         "9:link-scheme 10:link-scheme 11:link-scheme"},
        {"[a](//localhost:1111/a)\n![b](//127.0.0.1/b.png)\n<a href='//[::1]/'>c</a>\n",
         "9:link-scheme 10:link-scheme 11:link-scheme"},
        {"[a](//example.org/?from=http://localhost/) [b](/x?from=http://localhost/)\n", ""},
        {"[a](http://%6Cocalhost/)\n[b](http://\uFF4Cocalhost/)\n<a href='//127.0.0%2E1/'>c</a>\n",
         "9:link-scheme 10:link-scheme 11:link-scheme"},
        /* what no host can be called */
        {"[a](https://-\u00fc-.example/)\n[b](https://\u00fc%20x.example/)\n"
         "![c](//\u00fc\u2100.example/c.png)\n",
         "9:link-scheme 10:link-scheme 11:link-scheme"},
        {"[a](https://b\u00fccher.example/) [b](//b\u00fccher.example/) [c](https://e%2Eorg/)\n",
         ""},
        {"[a](https://local.example.org/) [b](https://localhost.dev/) "
         "[c](http://127.example.org)\n",
         ""},
        /* what only Markdown resolves */
        {"<a href=\"@/a/index.md\">a</a>\n![b](@/b.png)\n", "9:link-scheme 10:link-scheme"},
        {"<div>\n<img alt=c src=\"@/c.png\">\n</div>\n\n[a]: @/a.md\n\n[a]\n", "10:link-scheme"},
    };
    check_bodies(rows, COUNT(rows));
}

static void test_projects(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {PROJECT, ""},
        {PROJECT "### y\n\n(Section written by [@bo](https://example.org/bo))\n\n"
                 "The [y](https://example.org/y).\n",
         ""},
        {PROJECT "### [y](https://example.org/y)\n\nText.\n\n### z\n\n"
                 "(Section written by [@bo](https://example.org/bo))\n\n"
                 "The [z](https://example.org/z).\n",
         "16:project 20:project"},
        {PROJECTS
         "### [`y`](https://example.org/y\n\nMaintained by [@bo](https://example.org/bo)\n\n"
         "- [c](https://example.org/c)\n",
         "11:raw-html 11:project"},
        {PROJECT "### y\n\nMaintained by [@bo](https://example.org/bo)\n\nText.\n", "16:project"},
        {PROJECT "### [y](https://example.org/y)\n\nText.\n", "16:project"},
        {PROJECT "### [y](https://example.org/y)\n\nMaintained by [@bo](https://x.org/bo)\n",
         "16:project"},
        {PROJECT "### [y](https://example.org/y)\n<span>Maintained by [@bo](https://x.org/bo)"
                 "</span> Text.\n",
         ""},
        {PROJECT
         "### [y](https://example.org/y)\n<p>(Written by <a href=\"https://x.org/bo\">@bo</a>)"
         "</p>\n\n- Item\n",
         ""},
        {PROJECT "### [y](https://example.org/y)\n<p>(Section written by Bo)</p>\n\n- Item\n",
         "16:project"},
        {PROJECT "### [y](https://example.org/y)\n<span>Maintained by </span>\n\nText.\n",
         "16:project"},
        {PROJECT "### [y](https://example.org/y)\n<span>Maintained by @bo</span>\n\nText.\n",
         "16:project"},
        {PROJECT "### [y](https://example.org/y)\n<!-- <span>Maintained by "
                 "[@bo](https://x.org/bo)</span> -->\n\nText.\n",
         "16:project"},
        {PROJECT "### [y](https://x.org/y)\nMaintained by [@bo](https://x.org/bo)\n\n"
                 "Thanks to [@cy](https://x.org/cy)!\n",
         "16:project"},
        {PROJECT "### [y](https://x.org/y)\nMaintained by [@bo](https://x.org/bo)\n\n> Text.\n",
         ""},
        {PROJECT "### [y](https://x.org/y)\nMaintained by [@bo](https://x.org/bo)\n\n```\na\n```\n",
         ""},
        {PROJECT "### [y](https://x.org/y)\nMaintained by [@bo](https://x.org/bo)\n\n"
                 "![a](https://x.org/a.png)\n",
         ""},
        {PROJECT "### [y](https://x.org/y)\nMaintained by [@bo](https://x.org/bo)\n\n"
                 "<video src=\"y.mp4\"></video>\n",
         ""},
        {PROJECTS "### y\n", "11:project 11:project 11:project"},
        {PROJECTS "### y\n\na\n\n### z\n\nb\n", "11:project 15:project"},
        {PROJECTS "### [y](https://x.org/y)\n\na\n\n### [z](https://x.org/z)\n\nb\n", ""},
        {PROJECTS "### [y](https://x.org/y)\n\na\n\n### z\n\nb\n", "15:project"},
        {PROJECTS "### `z`\n\nBy [@bo](https://x.org/bo): see [z](https://x.org/z).\n",
         "11:project 11:project"},
        {NEWS "\n### y\n", ""},
    };
    check_bodies(rows, COUNT(rows));
}

static void test_sections_and_items(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"## News\n\nHere we collect.\n", "9:section-empty"},
        {"## News\n\nHere we collect.\n\nNo updates were submitted this month.\n", ""},
        {"## News\n\nHere we collect.\n\n<span>_No_ updates this month.</span>\n", ""},
        {"## News\n\nHere we collect.\n\n<div>No updates this month.</div>\n", ""},
        {"## News\n\nHere we collect.\n\n<div>\n\nNo updates this month.\n\n</div>\n", ""},
        {"## News\n\nThere were no updates this month.\n", ""},
        {"## News\n\nHere we collect.\n\n<span class=\"gray\"> </span>\n", "9:section-empty"},
        {"## News\n\n<div>Nothing.</div>\n<!-- <b>No updates</b> -->\n", "9:section-empty"},
        {"## Other Projects\n\nHere we collect [them](https://x.org/pulls).\n\n"
         "<!-- <span class=\"gray\">No updates were submitted this month.</span> -->\n",
         "9:section-empty"},
        {"## News\n\nThere was [a fair](https://x.org/fair).\n", ""},
        {"## News\n\n<ul><li><a href=\"https://x.org/a\">a</a></li></ul>\n", ""},
        {"## News\n\nHere we collect.\n\n<!-- No updates this month. -->\n", "9:section-empty"},
        {"## News\n\nHere we collect.\n\nThere was a fair.\n", ""},
        {"## Call for Participation\n\na\n\nb\n", "9:section-empty"},
        {"## Call for Participation\n\na\n\nb\n\nc\n", ""},
        {"## Join Us?\n\nPlease.\n\n## Thoughts\n\n- one\n", ""},
        {NEWS "- b\n- c\n  - [d](https://example.org/d)\n", "12:item-without-link"},
        {NEWS "- [b] (https://example.org/b)\n", "12:raw-html 12:item-without-link"},
        {PROJECT "- Prose\n- [b](https://example.org/b)\n", ""},
        {PROJECT "- Mend b (#12)\n- [c] (https://example.org/c)\n- See https://example.org\n",
         "16:item-without-link 17:raw-html 17:item-without-link 18:item-without-link"},
    };
    check_bodies(rows, COUNT(rows));
}

static void test_links(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {NEWS "- [b](https://example.org/a/)\n", "12:link-twice"},
        {NEWS "- [b](http://www.example.org/a)\n", "12:link-twice"},
        {NEWS "- [b](https://example.org/A)\n", "12:link-twice"},
        {NEWS "- [b](https://Example.ORG/a?utm_source=x&utm_medium=y)\n", "12:link-twice"},
        {NEWS "- [b](https://example.org/a?b=1&utm_source=x#c)\n"
              "- [c](https://example.org/a/?b=1#c)\n- [d](https://example.org/a?b=2#c)\n",
         "13:link-twice"},
        {NEWS "- [b](https://example.org/pull/1/files)\n- [c](https://example.org/pull/1)\n"
              "- [d](https://example.org/pull/1/commits)\n- [e](https://example.org/pull/12)\n"
              "- [f](https://example.org/pull/1/commits/1)\n",
         "13:link-twice 14:link-twice"},
        {NEWS "- [b](https://bücher.example/)\n- [c](https://xn--bcher-kva.example)\n"
              "- [d](https://B%C3%BCcher.example/)\n",
         "13:link-twice 14:link-twice"},
        {NEWS "- [b](https://example.org/b)\n  - [a](https://example.org/a)\n", "13:link-twice"},
        {NEWS "\n### [a](https://example.org/a)\n\nText.\n", "13:link-twice"},
        {NEWS "\n### [a](https://example.org/a)\n\n- [b](https://example.org/b)\n", ""},
        {NEWS "- [b](https://example.org/b), [b](https://example.org/b)\n", ""},
        {NEWS "- [b](https://example.org/a#b)\n", ""},
        {NEWS "- <https://example.org/a>\n- b [#12](https://example.org/a)\n", ""},
        {NEWS "- [b](https://example.org/b): as [above](https://example.org/a)\n", ""},
        {NEWS "- [@ada](https://example.org/ada)\n- [@ada](https://example.org/ada)\n", ""},
        {PROJECT "- [b](https://example.org/b)\n\n### [y](https://example.org/y)\n\n"
                 "Written by [@bo](https://x.org/bo)\n\n- [c](https://example.org/b)\n",
         "22:link-twice"},
        {"[@ada](https://github.com/Ada) [@ada](https://github.com/orgs/x/people/ada)\n"
         "[@ada](https://ada.example.org) [@ada](https://example.org/@ada?x)\n"
         "[@ada@example.org](https://example.org/@ada) [@ada/x](../ada)\n"
         "[@ada[bot]](https://github.com/apps/ada) "
         "[@org/team](https://github.com/orgs/org/teams/team)\n",
         ""},
        {"a\n[@ada](https://github.com/adam)\n", "10:handle"},
        {"[@ada](https://github.com/?ada)\n", "9:handle"},
        {"a <a href=\"https://github.com/adam\">@ada</a> <abbr>b</abbr>\n", "9:handle"},
        {NEWS "- <a href=\"https://example.org/a\">b</a> [c](https://example.org/c)\n",
         "12:link-twice"},
    };
    check_bodies(rows, COUNT(rows));
}

/* What lint says of the message, the lines of it. */
static void check_message(const char *body, const char *expected)
{
    struct arena *arena = arena_new();
    struct buf lines = BUF_INIT(arena, 1000);
    struct findings findings = judge_body(arena, body);
    for (size_t i = 0; i < findings.count; i++)
        if (is_of(&findings.finding[i], "message"))
            buf_addf(&lines, "%s%d", lines.len ? " " : "", findings.finding[i].line);
    if (strcmp(buf_str(&lines), expected) != 0)
        fail_msg("%s\nsaid '%s' instead of '%s'", body, buf_str(&lines), expected);
    arena_free(arena);
}

static void test_message(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {NEWS, ""},
        {"", "2"},
        {NEWS "\n##\n\n## <!-- a -->\n\n## ![a](b.png)\n\n## Join Us?\n", ""},
        {NEWS "\n## a<br>b\n\n## c &amp;\n   d\n\n<h2>e</h2>\n", ""},
        {"<details>\n\n" NEWS "\n</details>\n\n<div>\n\n## A\n\n## B\n\n</div>\n", ""},
        {"## News\n\nNo news.\n", "2"},
        {"## Weather\n\n- [a](https://example.org/a)\n", "2"},
        {NEWS "\n<span>\n\n## A\n\n## B\n\n</span>\n\n## C\n", "15"},
        {NEWS "\n## A\n<b>\n\n## A\n\n## A\n", "16"},
        {"<span>\n\n" NEWS, "2 11"},
        {"<ul>\n\n" NEWS, "2 11"},
        {"<center>\n\n" NEWS "\n</center>\n", "2 11"},
        {NEWS "\n<!--\n\n## A\n\n-->\n", ""},
        {PROJECT "<span>\n\n### [y](https://example.org/y)\n\n</span>\n\n### `z` a\n", "9"},
        {PROJECT "<b>\n\n### [y](https://example.org/y)\n\n### z\n", "9"},
        {NEWS "\n<span>\n\n### y\n", ""},
        {NEWS "\n## Comment Form\n\na\n", "13"},
        {PROJECT "### \u200b\n\na\n", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check_message(rows[i].body, rows[i].expected);
    check_words(NEWS "\n## Comment Form\n\na\n", "is an HTML tag above still open?");
    /* It is no issue at all: a tag without end, of which libxml2 would make too much. */
    struct arena *arena = arena_new();
    struct buf wide = BUF_INIT(arena, 100000);
    buf_adds(&wide, NEWS "\n<div class=\"x\n");
    for (int i = 0; i < HTML_TAG_MAX / 5; i++)
        buf_adds(&wide, "word ");
    check_message(buf_str(&wide), "2");
    arena_free(arena);
}

/* A picture inside a tag, which makes the tag so long that nobody reads the post. */
static void test_inlined_picture(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct buf picture = repeat("iVBORw0K", HTML_TAG_MAX / 8);
    const char *body = arena_format(
        arena, NEWS "\n<p>\n<b>a</b>\n<img src=\"data:image/png;%s\">\n</p>\n", picture.ptr);
    check_message(body, "2");
    check_words(body, "this tag is longer than 4 KiB");
    check_bodies(&(struct row){body, "15:raw-html"}, 1);
    body = arena_format(arena, NEWS "\nb <img\nsrc=\"data:image/png;%s\"> c\n", picture.ptr);
    check_bodies(&(struct row){body, "13:raw-html"}, 1);
    body = arena_format(arena, NEWS "\n![b](data:image/png;%s)\n", picture.ptr);
    check_message(body, "2");
    check_words(body, "contains the picture itself: put it into a file");
    check_bodies(&(struct row){body, "13:link-scheme"}, 1);
    arena_free(arena);
}

static void add(struct arena *arena, struct earlier *earlier, const char *source)
{
    struct issue issue = {0};
    struct fault fault = {0};
    if (!post_read_markdown(arena, source, strlen(source), "https://example.org", &issue, &fault))
        fail_msg("%s", fault.msg);
    earlier_add(arena, earlier, &issue);
}

#define SOURCE(month, body) "+++\ntitle = \"x\"\n[extra]\nmonth = \"" month "\"\n+++\n" body

static void test_earlier(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct earlier earlier = {0};
    add(arena, &earlier,
        SOURCE("August 2031", "## Late News\n\n- [later](https://example.org/later)\n"));
    add(arena, &earlier,
        SOURCE("June 2031", NEWS "\n## Call for Participation\n\n"
                                 "- [task](https://example.org/task)\n"));
    add(arena, &earlier, SOURCE("June 2031", "## News\n\n- [n](https://ñandu.example/b)\n"));
    add(arena, &earlier, SOURCE("May 2031", NEWS PROJECT "- [c](https://example.org/c)\n"));
    struct draft_source source = {.earlier = &earlier};
    check(HEAD NEWS, source, "11:link-earlier");
    check(HEAD "## News\n\n- [b](https://example.org/later)\n", source, "");
    check(HEAD "## News\n\n- [b](https://ñandu.example/b)\n", source, "11:link-earlier");
    check(HEAD PROJECT "- [c](https://example.org/c)\n", source, "16:link-earlier");
    check(HEAD PROJECT "- [b](https://example.org/b)\n  - [c](https://example.org/c)\n", source,
          "17:link-earlier");
    check(HEAD "## News\n\n### [c](https://example.org/c)\n\nText.\n", source, "11:link-earlier");
    check(HEAD PROJECT "- [b](https://example.org/task)\n", source, "");
    check(HEAD "## Call for Participation\n\n- [b](https://example.org/task)\n"
               "- [a](https://example.org/a)\n",
          source, "");
    check(HEAD "## Late News\n\nNo news.\n", source, "9:section-new");
    check(HEAD "## NEWS\n\nNo news.\n", source, "");
    check(HEAD "## News\n\n- [b](https://example.org/b)\n\n### Other Projects\n\n### Late News\n",
          source, "13:heading");
    check(HEAD PROJECTS "### [y](https://x.org/y)\n\na\n\n### [z](https://x.org/z)\n\nb\n", source,
          "11:project 15:project");

    source.data = HEAD NEWS "\n## Other Project\n\nNo projects.\n";
    source.len = strlen(source.data);
    struct findings findings = judge(arena, source);
    assert_int_equal(findings.count, 2);
    assert_string_equal(findings.finding[0].text,
                        "'https://example.org/a' was already in the issue of June 2031: remove "
                        "it, unless it is news again");
    assert_non_null(strstr(findings.finding[1].text, "did you mean 'Other Projects'?"));

    /* Without a month nothing is earlier, but that of the folder does. */
    check("+++\n+++\n" NEWS, source, "1:front-matter");
    source.place = "2031-07";
    check("+++\n+++\n" NEWS, source, "1:front-matter 5:link-earlier");
    check(HEAD NEWS, (struct draft_source){.earlier = &(struct earlier){0}}, "");
    arena_free(arena);
}

static void test_proper_fixtures(void **state)
{
    (void)state;
    static const char *const names[] = {"2031-02", "2031-08"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[100];
        snprintf(path, sizeof path, "tests/fixtures/posts/%s.md", names[i]);
        struct buf data = read_path(path);
        struct draft_source source = {.data = buf_str(&data), .len = data.len, .place = names[i]};
        struct arena *arena = arena_new();
        assert_string_equal(said(arena, &source), "");
        arena_free(arena);
    }
}

static void expect_refused(const char *data, size_t len, const char *word)
{
    struct issue issue = {0};
    struct draft_source source = {.data = data, .len = len, .issue = &issue};
    struct arena *arena = arena_new();
    struct draft draft;
    struct fault fault = {0};
    assert_false(draft_read(arena, &source, &draft, &fault));
    assert_int_equal(fault.kind, FAULT_INPUT);
    if (!strstr(fault.msg, word))
        fail_msg("%s", fault.msg);
    arena_free(arena);
}

/* Every end of a line that Markdown knows counts as one, and blank lines do. */
static void test_lines(void **state)
{
    (void)state;
    check(HEAD "a\rb\r\r# c", (struct draft_source){0}, "12:heading");
    check(HEAD "a\rb\r\n\r\n\r\n# c", (struct draft_source){0}, "13:heading");
    check(HEAD "```\ra\r```\r\r# c\r \t", (struct draft_source){0}, "13:heading");
    check(HEAD "a\r<span\r\rb", (struct draft_source){0}, "10:raw-html");
    static const struct row breaks[] = {
        {"a\\\nb\\\n<u8>\n", "11:raw-html"},
        {"a\\\n\\\nb `c\nd` <u8>\n", "12:raw-html"},
        {"a  \nb\\\n[c\\\nd](x:y) [e](x:y)\n", "11:link-scheme 12:link-scheme"},
        {"a\\\n[*b*](x:y)\\\n![c\\\nd](x:y)\\\n<span> <!-- e\n-->\\\n<u8>\n",
         "10:link-scheme 11:link-scheme 15:raw-html"},
        {"a\\\n<u8>\n\nb\n<u8>\n", "10:raw-html 13:raw-html"},
        {"> a\\\n> <u8>\n\na\\\n<u8>\n===\n", "10:raw-html 12:heading 13:raw-html"},
        {"a\\\n[b] (https://x.org/b)\n", "10:raw-html"},
    };
    check_bodies(breaks, COUNT(breaks));
}

static void test_no_text(void **state)
{
    (void)state;
    static const char nul[] = HEAD "a\0b\n", latin[] = HEAD "\n\xE4\n", cut[] = HEAD "\xC3";
    expect_refused(nul, sizeof nul - 1, "line 9");
    expect_refused(latin, sizeof latin - 1, "line 10");
    expect_refused(cut, sizeof cut - 1, "line 9");
    check(HEAD "\xEF\xBF\xBD is fine\n", (struct draft_source){0}, "");
    static char large[POST_MAX_MARKDOWN + 1];
    expect_refused(large, sizeof large, "larger");
}

/* Nothing takes for ever, and nobody is told more than he will read. */
static void test_hostile(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "[",      "![",         "<",       "<a ",
        "<!--",   "`",          "```\n",   "> ",
        "- ",     "* x\n\n",    "<u8>",    "# x\n",
        "<<a",    "###### x\n", "<b>",     "<!-- <!-- -->",
        "x\n\n",  "x\r",        "[a](b) ", "- [a](https://x.org)\n",
        "## a\n", "### a\n",    "@",       "[@a](https://x.org/b)",
        "*_",     "&lt;b ",     "&lt;b\n", "&#1;",
        "###\n",  "<a href=x>", "- <div>", "<!-- -->",
    };
    static const char *const heads[] = {HEAD, HEAD NEWS, HEAD PROJECTS, ""};
    for (size_t i = 0; i < COUNT(pieces) * COUNT(heads); i++) {
        struct arena *arena = arena_new();
        struct buf data = BUF_INIT(arena, POST_MAX_MARKDOWN);
        const char *piece = pieces[i / COUNT(heads)];
        /* each piece fills a whole post after one of the heads */
        bool whole = i % COUNT(heads) == i / COUNT(heads) % COUNT(heads);
        size_t size = POST_MAX_MARKDOWN / (is_slowed() ? 64 : whole ? 1 : 16);
        buf_adds(&data, heads[i % COUNT(heads)]);
        while (data.len + strlen(piece) <= size)
            buf_adds(&data, piece);
        struct earlier earlier = {0};
        struct draft_source source = {.data = buf_str(&data), .len = data.len, .earlier = &earlier};
        struct findings findings = judge(arena, source);
        assert_true(findings.count <= FINDINGS_MAX);
        for (size_t j = 1; j < findings.count; j++)
            assert_true(findings.finding[j - 1].line <= findings.finding[j].line);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_folder_and_today),
        cmocka_unit_test(test_placeholders),
        cmocka_unit_test(test_unclosed),
        cmocka_unit_test(test_unclosed_tags),
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_headings),
        cmocka_unit_test(test_raw_html),
        cmocka_unit_test(test_link_scheme),
        cmocka_unit_test(test_projects),
        cmocka_unit_test(test_sections_and_items),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_inlined_picture),
        cmocka_unit_test(test_earlier),
        cmocka_unit_test(test_proper_fixtures),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_no_text),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
