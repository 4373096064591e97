/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests feed: RSS and Atom, what is no issue, and hostile feeds. */
#include "news/feed.h"

#include "fixture.h"
#include "news/html.h"
#include "news/month.h"

#define BASE "https://rust-osdev.com/rss.xml"
#define RSS                                                                                        \
    "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel>"
#define END "</channel></rss>"
#define ITEM(inside)                                                                               \
    RSS "<item><link>https://rust-osdev.com/this-month/2031-01/</link>" inside "</item>" END
#define ATOM          "<feed xmlns=\"http://www.w3.org/2005/Atom\">"
#define ENTRY(inside) ATOM "<entry>" inside "</entry></feed>"

struct expected {
    const char *id, *published;
};

/* Reads a fixture that has exactly these issues, with their text. */
static struct feed read_feed(const char *name, const char *base, const struct expected *expected,
                             size_t count)
{
    struct buf data = read_fixture(name);
    struct feed feed = {0};
    struct fault fault = {0};
    if (!feed_parse(test_arena, data.ptr, data.len, base, &feed, &fault))
        fail_msg("%s", fault.msg);
    assert_int_equal(feed.count, count);
    for (size_t i = 0; i < count; i++) {
        char url[100];
        snprintf(url, sizeof url, "https://rust-osdev.com/this-month/%s/", expected[i].id);
        assert_month(feed.entries[i].month, expected[i].id);
        assert_string_equal(feed.entries[i].published, expected[i].published);
        assert_string_equal(feed.entries[i].url, url);
        assert_int_equal(strncmp(feed.entries[i].title, "This Month in Rust OSDev", 24), 0);
        assert_contains(feed.entries[i].content, "<h2");
    }
    return feed;
}

static void test_full(void **state)
{
    (void)state;
    static const struct expected expected[] = {{"2031-08", "2031-09-05"},
                                               {"2031-04", "2031-05-06"},
                                               {"2031-03", "2031-04-09"},
                                               {"2031-02", "2031-03-05"},
                                               {"2031-01", "2031-02-07"}};
    struct feed feed = read_feed("feeds/full.xml", BASE, expected, COUNT(expected));
    assert_string_equal(
        feed.entries[1].title,
        "This Month in Rust OSDev: \"April\" & <Fools> C:\\2031 | *bold* `code` @**all**");
    assert_ptr_equal(feed_find(&feed, month_of_id("2031-02")), &feed.entries[3]);
    assert_null(feed_find(&feed, month_of_id("2031-05")));
    assert_ptr_equal(feed_latest(&feed), &feed.entries[0]);
    assert_null(feed_latest(&(struct feed){0}));
}

static void test_bare(void **state)
{
    (void)state;
    struct buf data = read_fixture("feeds/bare.xml");
    struct feed feed = {0};
    struct fault fault = {0};
    assert_true(feed_parse(test_arena, data.ptr, data.len, BASE, &feed, &fault));
    assert_int_equal(feed.count, 8);
    for (size_t i = 0; i < feed.count; i++)
        assert_null(feed.entries[i].content);
    /* The latest by month, not by place or date; a date of year 0 is none. */
    assert_month(feed_latest(&feed)->month, "2031-08");
    assert_string_equal(feed_find(&feed, month_of_id("2031-06"))->published, "2032-07-04");
    assert_string_equal(feed_find(&feed, month_of_id("2031-05"))->published, "");
}

static void test_atom(void **state)
{
    (void)state;
    static const struct expected expected[] = {{"2031-08", "2031-09-05"},
                                               {"2031-05", "2031-06-03"},
                                               {"2031-07", "2031-08-08"},
                                               {"2031-01", "2031-02-07"}};
    read_feed("feeds/atom.xml", "https://rust-osdev.com/atom.xml", expected, COUNT(expected));
}

/* Links of all sorts: only /this-month/YYYY-MM/ is an issue, of each month the first. */
static void test_mixed(void **state)
{
    (void)state;
    static const struct {
        const char *id, *title;
    } expected[] = {
        {"2031-02", "Link: plain"},
        {"2031-05", "Link: query"},
        {"2031-06", "Link: fragment"},
        {"2031-07", "Link: http"},
        {"2031-08", "Link: upper-case scheme and host"},
        {"2031-09", "Link: port"},
        {"2031-10", "Link: relative"},
        {"2031-11", "Link: relative without slash"},
        {"2031-12", "Link: protocol-relative"},
        {"2032-04", "Link: white space around"},
        {"2032-06", "Link: none, only a guid"},
    };
    static const char *const never[] = {"2031-00", "2031-13", "2032-07",
                                        "2031-01", "2032-02", "2032-05"};
    struct buf data = read_fixture("feeds/mixed.xml");
    struct feed feed = {0};
    struct fault fault = {0};
    assert_true(feed_parse(test_arena, data.ptr, data.len, BASE, &feed, &fault));
    for (size_t i = 0; i < COUNT(expected); i++) {
        const struct feed_entry *entry = feed_find(&feed, month_of_id(expected[i].id));
        if (!entry)
            fail_msg("no entry %s", expected[i].id);
        assert_string_equal(entry->title, expected[i].title);
    }
    for (size_t i = 0; i < COUNT(never); i++)
        assert_null(feed_find(&feed, month_of_id(never[i])));
    assert_string_equal(feed_find(&feed, month_of_id("2031-10"))->url,
                        "https://rust-osdev.com/this-month/2031-10/");
}

/* One item each, what is read of it. */
static void test_items(void **state)
{
    (void)state;
    static const struct {
        const char *data, *title, *published, *content;
    } cases[] = {
        {ITEM(""), "", "", NULL},
        {ITEM("<title>  a\n <![CDATA[<b> & ]]>&amp; &#233;\t</title>"), "a <b> & & é", "", NULL},
        {ITEM("<title>a<!-- not b -->c</title>"), "ac", "", NULL},
        {ITEM("<title>\xE2\x80\xAEx</title>"), "\xE2\x80\xAEx", "", NULL},
        {ITEM("<content:encoded></content:encoded>"), "", "", ""},
        {ITEM("<content:encoded><![CDATA[<p>x</p>]]></content:encoded>"), "", "", "<p>x</p>"},
        {ITEM("<encoded>x</encoded><description>y</description>"), "", "", NULL},
        {ITEM("<x:title xmlns:x=\"urn:x\">other</x:title>"), "", "", NULL},
        {ITEM("<pubDate>Fri, 07 Feb 2031 00:00:00 +0000</pubDate>"), "", "2031-02-07", NULL},
        {ITEM("<pubDate>7 Feb 2031 23:59 -1200</pubDate>"), "", "2031-02-07", NULL},
        {ITEM("<pubDate> Fri,7 February 2031</pubDate>"), "", "2031-02-07", NULL},
        {ITEM("<pubDate>Fri, 07 Feb 31 00:00:00 +0000</pubDate>"), "", "", NULL},
        {ITEM("<pubDate>Fri, 07 Feb 0000 00:00:00 +0000</pubDate>"), "", "", NULL},
        {ITEM("<pubDate>Fri, 07 Feb 0031 00:00:00 +0000</pubDate>"), "", "", NULL},
        {ITEM("<pubDate>Fri, 07 Feb 20311 00:00:00 +0000</pubDate>"), "", "", NULL},
        {ITEM("<pubDate>Fri, 30 Feb 2031 00:00:00 +0000</pubDate>"), "", "", NULL},
        {ITEM("<pubDate>Fri, 107 Feb 2031 00:00:00 +0000</pubDate>"), "", "", NULL},
        {ITEM("<pubDate>Fri, -7 Feb 2031 00:00:00 +0000</pubDate>"), "", "", NULL},
        {ITEM("<pubDate>2031-02-07</pubDate>"), "", "", NULL},
        {ITEM("<pubDate>7 Smarch 2031</pubDate>"), "", "", NULL},
        {ITEM("<pubDate>,,,</pubDate>"), "", "", NULL},
        {ITEM("<pubDate></pubDate>"), "", "", NULL},
        {RSS "<item><link>javascript:x</link></item><item><title>T</title>"
             "<link>\n /this-month/2031-01/ \n</link></item>" END,
         "T", "", NULL},
        {ENTRY("<link href=\"/this-month/2031-01/\"/>"), "", "", NULL},
        {ENTRY("<link href=\"/this-month/2031-01/?a=1&amp;b=2#c\" "
               "rel=\"alternate\"/><title>T</title>"),
         "T", "", NULL},
        {ENTRY("<link href=\"/x\" rel=\"self\"/><link href=\"/this-month/2031-01/\"/><link "
               "href=\"/y\" rel=\"edit\"/>"),
         "", "", NULL},
        {ENTRY("<link href=\"/this-month/2031-01/\"/><updated>2031-02-08T00:00:00Z</updated>"), "",
         "2031-02-08", NULL},
        {ENTRY("<link href=\"/this-month/2031-01/\"/><updated>2031-02-08T00:00:00Z</updated>"
               "<published>2031-02-07T00:00:00Z</published>"),
         "", "2031-02-07", NULL},
        {ENTRY("<link href=\"/this-month/2031-01/\"/><published>2031-02-07T00:00:00Z</published>"
               "<updated>2031-02-08T00:00:00Z</updated>"),
         "", "2031-02-07", NULL},
        {ENTRY("<link href=\"/this-month/2031-01/\"/><published>0000-02-07T00:00:00Z</published>"),
         "", "", NULL},
        {ENTRY("<link href=\"/this-month/2031-01/\"/><content type=\"html\">&lt;p&gt;x</content>"),
         "", "", "<p>x"},
        {ENTRY("<link href=\"/this-month/2031-01/\"/><content>&lt;p&gt;x</content>"), "", "", NULL},
        {ENTRY("<link href=\"/this-month/2031-01/\"/><content type=\"text/html\" src=\"/x\"/>"), "",
         "", NULL},
        {ENTRY("<link href=\"/this-month/2031-01/\"/><content type=\"text\">x</content>"), "", "",
         NULL},
        {ENTRY("<link href=\"/this-month/2031-01/\"/><content type=\"xhtml\">"
               "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a &amp; b<br/></p></div></content>"),
         "", "", "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a &amp; b<br/></p></div>"},
        {"\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?>\n" ITEM(
             "<title>\xC3\xA9</title>") "\n\n",
         "é", "", NULL},
        {"<!-- one --><?pi two?>" ITEM("<!-- three --><?pi four?>") "<!-- five -->", "", "", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct feed feed = {0};
        struct fault fault = {0};
        if (!feed_parse(test_arena, cases[i].data, strlen(cases[i].data), BASE, &feed, &fault))
            fail_msg("%s\n%s", fault.msg, cases[i].data);
        assert_int_equal(feed.count, 1);
        const struct feed_entry *entry = feed.entries;
        assert_month(entry->month, "2031-01");
        assert_string_equal(entry->title, cases[i].title);
        if (strcmp(entry->published, cases[i].published) != 0)
            fail_msg("date '%s' of %s", entry->published, cases[i].data);
        if (entry->content && cases[i].content)
            assert_string_equal(entry->content, cases[i].content);
        else
            assert_ptr_equal(entry->content, cases[i].content);
    }
}

static void assert_refused(const char *name, const char *data, size_t len, const char *part)
{
    struct feed feed = {0};
    struct fault fault = {0};
    if (feed_parse(test_arena, data, len, BASE, &feed, &fault))
        fail_msg("%s: accepted", name);
    assert_fault(&fault, FAULT_INPUT);
    assert_contains(fault.msg, part);
    assert_int_equal(feed.count, 0);
    assert_null(feed.entries);
}

/* A DOCTYPE is found wherever it may stand, and where there is none nothing is refused for it. */
static void test_prolog(void **state)
{
    (void)state;
    static const char *const prologs[] = {
        "<!DOCTYPE rss>",
        "\xEF\xBB\xBF<?xml version='1.0'?>\n<!DOCTYPE rss>",
        "<?xml version='1.0'?><!-- a --><?b c?>\t\r\n<!DOCTYPE rss>",
        "<!--> a --><!DOCTYPE rss>",
        "<!---> a --><!DOCTYPE rss>",
        "<!-- <?a --><!DOCTYPE rss>",
        "<?a <!-- ?><!DOCTYPE rss>",
    };
    for (size_t i = 0; i < COUNT(prologs); i++) {
        struct buf data = BUF_INIT(test_arena, 1000);
        buf_addf(&data,
                 "%s<rss><channel><item><link>https://rust-osdev.com/this-month/2031-01/</link></"
                 "item></channel></rss>",
                 prologs[i]);
        assert_refused(prologs[i], data.ptr, data.len, "it has a DOCTYPE (an HTML");
    }
}

static void test_hostile(void **state)
{
    (void)state;
    static const struct {
        const char *name, *part;
    } files[] = {
        {"hostile/doctype.xml", "not a feed: line 2: it has a DOCTYPE"},
        {"hostile/entity-bomb.xml", "not a feed: line 2: it has a DOCTYPE"},
        {"hostile/external-entity.xml", "not a feed: line 2: it has a DOCTYPE"},
        {"hostile/not-xml.xml",
         "not a feed: line 1: it has a DOCTYPE (an HTML page in its place?)"},
        {"hostile/empty.xml", "not a feed: it is empty"},
        {"hostile/truncated.xml", "not a feed: line "},
        {"hostile/nul.xml", ": the character U+0000, which XML forbids"},
        {"hostile/invalid-utf8.xml", "not a feed: line "},
        {"hostile/wrong-root.xml", ": it is XML with the root element 'svg'"},
        {"hostile/no-issues.xml", "the feed names no issue"},
        {"feeds/empty-channel.xml", "the feed names no issue"},
        {"pages/2031-08.html", "not a feed: "},
        {"posts/2031-08.md", "not a feed: "},
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        struct buf data = read_fixture(files[i].name);
        assert_refused(files[i].name, buf_str(&data), data.len, files[i].part);
    }
    static const char *const texts[] = {
        " ",
        "\n",
        "x",
        "<",
        "<rss",
        "<rss/>",
        "<rss a/>",
        "<rss></rss",
        RSS,
        RSS END "x",
        RSS END RSS END,
        "<rss>&undefined;</rss>",
        "<rss a=1/>",
        "<rss a='1' a='1'/>",
        "<rss><a></b></rss>",
        "<rss>\x01</rss>",
        "<rss>&#0;</rss>",
        "<rss>&#14;</rss>",
        "<html><body>Service unavailable</body></html>",
        "{\"feed\": true}",
        "<RSS/>",
        "<feed/>",
        "<rss><channel>"
        "<item><link>/this-month/2031-01/</link></item>"
        "</channel>",
        "<!DOCTYPE rss SYSTEM 'http://127.0.0.1:9/x'><rss/>",
        "<rss xmlns='urn:x'/>",
        "\xFF\xFE<\0",
        "<?xml version='1.0' encoding='no-such-thing'?><rss/>",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_refused(texts[i], texts[i], strlen(texts[i]), "feed");
}

/* What an element is called must not get into a message as it is. */
static void test_strange_names(void **state)
{
    (void)state;
    struct buf data = BUF_INIT(test_arena, 20000), name = repeat("\xC3\xA9", 1500);
    buf_addf(&data, "<%s/>", name.ptr);
    assert_refused("long name", data.ptr, data.len,
                   "not a feed: line 1: it is XML with the root element 'é");
    buf_truncate(&data, 0);
    buf_addf(&data, "<rss>&%s;</rss>", name.ptr);
    assert_refused("long entity", data.ptr, data.len, "not a feed: ");
}

/* What a parser would need too much memory or time for. */
static void test_costly(void **state)
{
    (void)state;
    static const struct {
        const char *head, *before, *after; /* of a number */
    } cases[] = {
        {RSS, "x<a", "/>"},         {RSS, "<!--", "-->"},       {RSS, "<a b='' c='", "'/>"},
        {RSS, "<?a", "?>"},         {RSS "<a ", "b", "='' "},   {RSS "<a b='>' ", "c", "='' "},
        {RSS, "<item>", "</item>"}, {RSS, "<a xmlns='", "'/>"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf data = BUF_INIT(test_arena, FEED_MAX_BYTES);
        buf_adds(&data, cases[i].head);
        for (unsigned n = 0; !data.full; n++)
            buf_addf(&data, "%s%x%s", cases[i].before, n, cases[i].after);
        assert_refused(cases[i].before, data.ptr, data.len, "not a feed: ");
    }
}

static void test_large(void **state)
{
    (void)state;
    struct buf data = BUF_INIT(test_arena, FEED_MAX_BYTES + 1000);
    struct feed feed = {0};
    struct fault fault = {0};
    buf_adds(&data, RSS);
    for (int i = 0; i < 10000; i++)
        buf_addf(&data, "<item><title>%d</title><link>/this-month/%04d-%02d/</link></item>", i,
                 i / 12 + 1000, i % 12 + 1);
    buf_adds(&data, END);
    if (!feed_parse(test_arena, data.ptr, data.len, BASE, &feed, &fault))
        fail_msg("%s", fault.msg);
    assert_int_equal(feed.count, 10000);
    assert_month(feed_latest(&feed)->month, "1833-04");
    assert_string_equal(feed_find(&feed, month_of_id("1833-04"))->title, "9999");

    /* Exactly the most, and one byte more. */
    while (data.len < FEED_MAX_BYTES)
        buf_addc(&data, '\n');
    feed = (struct feed){0};
    assert_true(feed_parse(test_arena, data.ptr, data.len, BASE, &feed, &fault));
    buf_addc(&data, '\n');
    assert_refused("too large", data.ptr, data.len, "larger than");
}

static void test_deep(void **state)
{
    (void)state;
    struct buf open = repeat("<a>", 10000), close = repeat("</a>", 10000),
               data = BUF_INIT(test_arena, 200000);
    buf_addf(&data, RSS "<item>%s%s</item>" END, open.ptr, close.ptr);
    assert_refused("nested tags", data.ptr, data.len, "not a feed: ");
    buf_truncate(&data, 0);
    buf_addf(&data, "%s", open.ptr);
    assert_refused("nested and open tags", data.ptr, data.len, "not a feed: ");
}

/* A feed that stops too early, at any byte, is refused whole: what came before is not believed. */
static void assert_no_prefix(const char *name, size_t step)
{
    struct buf data = read_fixture(name);
    size_t whole = (size_t)(strrchr(data.ptr, '>') - data.ptr) + 1;
    for (size_t len = 0; len < whole; len += step) {
        char *exact = arena_zero(test_arena, 1, len); /* exactly so long, for the sanitizer */
        memcpy(exact, data.ptr, len);
        assert_refused(name, exact, len, "not a feed: ");
    }
}

static void test_truncated(void **state)
{
    (void)state;
    assert_no_prefix("feeds/bare.xml", 1);
    assert_no_prefix("feeds/atom.xml", 31);
    assert_no_prefix("feeds/full.xml", 1999);
}

#define OWN(path)    "https://rust-osdev.com" path
#define SIXTY        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define MONTH        "/this-month/2031-01/"
#define RDF          "<r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\""
#define LINK(inside) "<link href=\"" inside "\"/>"
#define ATOM_LINK    "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" href=\""

/* Whatever the specifications allow: the one issue, its title and its content. */
static void test_grammar(void **state)
{
    (void)state;
    static const struct {
        const char *data, *title, *content;
    } cases[] = {
        /* RSS: which address is the item's */
        {RSS "<item><guid>" OWN(MONTH) "</guid></item>" END, "", NULL},
        {RSS "<item><link/><guid isPermaLink=\"TRUE\">\n" OWN(MONTH) " </guid></item>" END, "",
         NULL},
        {RSS "<item><link> </link><guid>" OWN(MONTH) "?utm=x</guid></item>" END, "", NULL},
        {RSS "<item><guid>/this-month/2031-02/</guid><link>" OWN(MONTH) "</link></item>" END, "",
         NULL},
        {RSS "<item>" ATOM_LINK "/this-month/2031-02/\"/><link>" MONTH "</link></item>" END, "",
         NULL},
        {RSS "<item><link><![CDATA[" OWN(MONTH) "]]></link></item>" END, "", NULL},
        /* in a namespace, of the whole or from the channel on, whatever the prefixes */
        {"<rss xmlns=\"http://backend.userland.com/rss2\"><channel><item><title>T</title>"
         "<link>" MONTH "</link></item></channel></rss>",
         "T", NULL},
        {"<r:rss xmlns:r=\"urn:r\"><r:channel><r:item><title>not ours</title><r:link>" MONTH
         "</r:link><r:title>T</r:title></r:item></r:channel></r:rss>",
         "T", NULL},
        {"<rss><channel xmlns=\"urn:r\" xmlns:c=\"http://purl.org/rss/1.0/modules/content/\">"
         "<item><link>" MONTH "</link><c:encoded>x</c:encoded></item></channel></rss>",
         "", "x"},
        /* RSS 1.0 */
        {RDF
         " xmlns=\"http://purl.org/rss/1.0/\"><channel/><item r:about=\"urn:x\"><title>T</title>"
         "<link>" MONTH "</link></item></r:RDF>",
         "T", NULL},
        /* Atom: which link is the entry's */
        {ENTRY(LINK("/this-month/2031-02/\" rel=\"alternate") LINK(MONTH "\" type=\"text/html")),
         "", NULL},
        {ENTRY(LINK("/this-month/2031-02/\" type=\"text/markdown")
                   LINK(MONTH "\" type=\"Text/HTML; charset=utf-8")
                       LINK("/this-month/2031-03/\" type=\"text/html")),
         "", NULL},
        {ENTRY(LINK(MONTH) LINK("/this-month/2031-01/index.md\" type=\"text/markdown")), "", NULL},
        {ENTRY(LINK("/this-month/2031-01/index.md") LINK(MONTH) LINK("/this-month/2031-02/")), "",
         NULL},
        {ENTRY(LINK("/this-month/2031-02/\" rel=\"related") LINK("/this-month/2031-02/\" rel=\"")
                   LINK(MONTH "\" rel=\"http://www.iana.org/assignments/relation/alternate")),
         "", NULL},
        {"<a:feed xmlns:a=\"http://www.w3.org/2005/Atom\"><a:entry><a:link href=\"" MONTH
         "\"/><link href=\"/x/\"/><a:title>T</a:title></a:entry></a:feed>",
         "T", NULL},
        /* Atom: titles and contents of each type */
        {ENTRY(LINK(MONTH) "<title type=\"html\">A &lt;code&gt;b&lt;/code&gt; &amp;amp; c</title>"),
         "A b & c", NULL},
        {ENTRY(LINK(MONTH) "<title type=\"text\">1 &lt; 2 &amp;amp; 3</title>"), "1 < 2 &amp; 3",
         NULL},
        {ENTRY(LINK(MONTH) "<title type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">A "
                           "<b>b</b></div></title>"),
         "A b", NULL},
        {ENTRY(LINK(MONTH) "<content type=\"text/html\">&lt;p&gt;x</content>"), "", "<p>x"},
        {ENTRY(LINK(MONTH) "<content type=\"HTML\"><![CDATA[<p>x]]>y</content>"), "", "<p>xy"},
        {ENTRY(LINK(MONTH) "<content type=\"application/octet-stream\">eA==</content>"), "", NULL},
        {ENTRY(LINK(MONTH) "<content type=\"application/xhtml+xml\"><p>x</p></content>"), "",
         "<p>x</p>"},
        /* xml:base, each relative to the one around it */
        {"<rss xml:base=\"https://rust-osdev.com/a/\"><channel xml:base=\"../this-month/\"><item>"
         "<link>2031-01/</link></item></channel></rss>",
         "", NULL},
        {ATOM "<entry xml:base=\"this-month/x\"><link xml:base=\"2031-01/\" href=\".\"/>"
              "</entry></feed>",
         "", NULL},
        {ATOM "<entry xml:base=\"this-month/2031-01/\"><link href=\"\"/>"
              "<content type=\"html\" xml:base=\"?a&amp;b='&quot;\">x</content></entry></feed>",
         "", "<base href=\"https://rust-osdev.com/this-month/2031-01/?a&#38;b='&#34;\">x"},
        {ATOM "<entry xml:base=\"this-month/2031-01/\"><link href=\"\"/>"
              "<content type=\"xhtml\" xml:base=\"/a/\">"
              "<x:div xmlns:x=\"urn:x\" xml:base=\"b/\">x</x:div></content></entry></feed>",
         "",
         "<base href=\"https://rust-osdev.com/a/b/\">"
         "<x:div xmlns:x=\"urn:x\" xml:base=\"b/\">x</x:div>"},
        {RSS "<item xml:base=\"/" SIXTY SIXTY SIXTY "aaaaaaaaaaaaaaaaaaaa/\"><link>this-month/"
             "2031-01/</link></item>" END,
         "", NULL}, /* longer than any that is looked at */
        {ATOM "<entry base=\"/x/\">" LINK("this-month/2031-01/") "</entry></feed>", "", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct feed feed = {0};
        struct fault fault = {0};
        if (!feed_parse(test_arena, cases[i].data, strlen(cases[i].data), BASE, &feed, &fault))
            fail_msg("%s\n%s", fault.msg, cases[i].data);
        assert_int_equal(feed.count, 1);
        if (strcmp(feed.entries->url, OWN(MONTH)) != 0)
            fail_msg("%s\n%s", feed.entries->url, cases[i].data);
        assert_string_equal(feed.entries->title, cases[i].title);
        if (feed.entries->content && cases[i].content)
            assert_string_equal(feed.entries->content, cases[i].content);
        else
            assert_ptr_equal(feed.entries->content, cases[i].content);
    }
    static const char *const none[] = {
        RSS "<item><guid isPermaLink=\"false\">" OWN(MONTH) "</guid></item>" END,
        RSS "<item><link>https://rust-osdev.com/</link><guid>" OWN(MONTH) "</guid></item>" END,
        RSS "<item>" ATOM_LINK MONTH "\"/></item>" END,
        RSS "<item><x:link xmlns:x=\"urn:x\">" OWN(MONTH) "</x:link></item>" END,
        RSS "<x:item xmlns:x=\"urn:x\"><x:link>" OWN(MONTH) "</x:link></x:item>" END,
        ENTRY(LINK(MONTH "\" rel=\"self")),
        ENTRY("<link>" MONTH "</link><id>" OWN(MONTH) "</id>"),
        RDF "><channel/><item><title>no link</title></item></r:RDF>",
    };
    for (size_t i = 0; i < COUNT(none); i++)
        assert_refused(none[i], none[i], strlen(none[i]), "the feed names no issue: of ");
}

#define DECLARED(encoding)  "<?xml version='1.0' encoding = \"" encoding "\"?>"
#define ENCODED(name, text) DECLARED(name) ITEM("<title>" text "</title>")

/* Adds a text of ASCII and Latin letters as UTF-16. */
static void add_utf16(struct buf *out, const char *latin, bool big_endian)
{
    for (; *latin; latin++) {
        if (big_endian)
            buf_addc(out, '\0');
        buf_addc(out, *latin);
        if (!big_endian)
            buf_addc(out, '\0');
    }
}

static void test_encodings(void **state)
{
    (void)state;
    static const struct {
        const char *data, *title;
    } cases[] = {
        {ENCODED("ISO-8859-1", "caf\xE9"), "café"},
        {ENCODED("iso-8859-15", "\xA4"), "€"},
        {ENCODED("windows-1252", "\x93x\x94 \x80"), "“x” €"},
        {ENCODED("koi8-r", "\xC4\xC1"), "да"},
        {ENCODED("Shift_JIS", "\x93\xFA"), "日"},
        {ENCODED("US-ASCII", "x"), "x"},
        {ENCODED("utf-8", "é"), "é"},
        {"\xEF\xBB\xBF" ENCODED("ISO-8859-1", "é"), "é"},
    };
    struct fault fault = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct feed feed = {0};
        if (!feed_parse(test_arena, cases[i].data, strlen(cases[i].data), BASE, &feed, &fault))
            fail_msg("%s\n%s", fault.msg, cases[i].data);
        assert_string_equal(feed.entries->title, cases[i].title);
    }
    for (int big_endian = 0; big_endian < 2; big_endian++)
        for (int mark = 0; mark < 2; mark++) {
            struct buf data = BUF_INIT(test_arena, 10000);
            struct feed feed = {0};
            if (mark)
                buf_add(&data, big_endian ? "\xFE\xFF" : "\xFF\xFE", 2);
            add_utf16(&data, ENCODED("utf-16", "caf\xE9"), big_endian);
            if (!feed_parse(test_arena, data.ptr, data.len, BASE, &feed, &fault))
                fail_msg("%s", fault.msg);
            assert_string_equal(feed.entries->title, "café");
            buf_addc(&data, 'x');
            assert_refused("half a letter", data.ptr, data.len, "not a feed: line 1: ");
        }
    static const struct {
        const char *data, *part;
    } refused[] = {
        {DECLARED("no-such-thing") "<rss/>", "line 1: the encoding 'no-such-thing' is not known"},
        {DECLARED("../../x") "<rss/>", "line 1: the encoding '../../x' is not known"},
        {DECLARED("ISO-8859-1//TRANSLIT") "<rss/>", "' is not known"},
        {DECLARED("") "<rss/>", "line 1: the encoding '' is not known"},
        {DECLARED("utf-16") "<rss/>", "not a feed: line 1: it "},
        {DECLARED("US-ASCII") "\n<rss>\n\xE9</rss>",
         "line 3: it is not in the encoding 'US-ASCII'"},
        {DECLARED("EUC-JP") "\n\n<rss>\xFF\xFF</rss>",
         "line 3: it is not in the encoding 'EUC-JP'"},
    };
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_refused(refused[i].data, refused[i].data, strlen(refused[i].data), refused[i].part);
}

/* Of all that is wrong, what comes first is said, with its line. */
static void test_first_complaint(void **state)
{
    (void)state;
    static const struct {
        const char *data, *part;
    } cases[] = {
        {RSS "\n<item><x><![CDATA[<b>a\b</b>]]></x></item>\n" END,
         "line 2: the character U+0008, "},
        {RSS "\n\n<item a='\x1B'/>\n" END, "line 3: the character U+001B, which XML forbids"},
        {RSS "\n<!-- \x01 -->" END, "line 2: the character U+0001"},
        {RSS "\n<item><a></b>\n\f</item>" END, "line 2: Opening and ending tag mismatch: a"},
        {RSS "<x>&nbsp;</x>\n<y>&copy;</y>" END, "line 1: Entity 'nbsp' not defined"},
        {RSS "\n<item><link>a & b</link></item>\n<a></b>" END,
         "line 2: xmlParseEntityRef: no name"},
        {RSS "\n<a b='1' b='2'/>" END "x", "line 2: Attribute b redefined"},
        {RSS "\n\n<a>\xC3(</a>" END, "line 3: Input is not proper UTF-8"},
        {RSS "\n<!DOCTYPE x>" END, "line 2: "},
        {"<rss>\n\n</rss>\n<rss/>", "line 4: Extra content at the end of the document"},
        {"\n\n<!DOCTYPE html>\n<html>\x01", "line 3: it has a DOCTYPE"},
        {"\n\n<html xmlns='http://www.w3.org/1999/xhtml'/>",
         "line 3: it is XML with the root element 'html' of 'http://www.w3.org/1999/xhtml'"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_refused(cases[i].data, cases[i].data, strlen(cases[i].data), cases[i].part);
}

/* Any byte of a feed replaced: read or refused, but nothing worse. */
static void test_damaged(void **state)
{
    (void)state;
    static const char bytes[] = {'\0', '<', '>', '&', ']', '"', '\xFF', '\x80'};
    struct buf data = read_fixture("feeds/atom.xml");
    size_t refused = 0, read = 0;
    for (size_t at = 0; at < data.len; at += 23) {
        char old = data.ptr[at];
        data.ptr[at] = bytes[at % sizeof bytes];
        struct feed feed = {0};
        struct fault fault = {0};
        if (feed_parse(test_arena, data.ptr, data.len, BASE, &feed, &fault)) {
            read++;
        } else {
            refused++;
            assert_int_equal(fault.kind, FAULT_INPUT);
        }
        data.ptr[at] = old;
    }
    assert_true(refused > 0 && read > 0);
}

/* Months after the one that it is are left out, in whatever order they come. */
static void test_ahead(void **state)
{
    (void)state;
    static const struct {
        double at;
        size_t kept;
        const char *latest, *ahead;
    } cases[] = {{2556143999.0, 3, "2050-12", "2051-01"}, /* the last second of 2050 */
                 {2556144000.0, 4, "2051-01", "2051-03"},
                 {253402300799.0, 6, "9999-12", ""},
                 {1772323200.0, 1, "2020-01", "2050-11"},
                 {0, 0, "", "2020-01"}};
    static const char *const months[] = {"2051-01", "9999-12", "2050-12",
                                         "2020-01", "2051-03", "2050-11"};
    struct buf data = BUF_INIT(test_arena, 10000);
    buf_adds(&data, RSS);
    for (size_t i = 0; i < COUNT(months); i++)
        buf_addf(&data, "<item><link>https://rust-osdev.com/this-month/%s/</link></item>",
                 months[i]);
    buf_adds(&data, END);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct feed feed = {0};
        struct fault fault = {0};
        assert_true(feed_parse(test_arena, buf_str(&data), data.len, BASE, &feed, &fault));
        bool kept = feed_drop_ahead(&feed, cases[i].at, &fault);
        assert_int_equal(feed.count, cases[i].kept);
        assert_int_equal(kept, cases[i].kept > 0);
        assert_int_equal(feed.ahead, month_of_id(cases[i].ahead));
        if (kept)
            assert_month(feed_latest(&feed)->month, cases[i].latest);
        else
            assert_fault(&fault, FAULT_INPUT);
    }
}

int main(void)
{
    html_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),          cmocka_unit_test(test_bare),
        cmocka_unit_test(test_atom),          cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_items),         cmocka_unit_test(test_prolog),
        cmocka_unit_test(test_hostile),       cmocka_unit_test(test_costly),
        cmocka_unit_test(test_strange_names), cmocka_unit_test(test_large),
        cmocka_unit_test(test_deep),          cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged),       cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_encodings),     cmocka_unit_test(test_first_complaint),
        cmocka_unit_test(test_ahead),
    };
    return cmocka_run_group_tests_name("feed", tests, setup_arena, teardown_arena);
}
