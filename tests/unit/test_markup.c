/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests markup: foreign text and URLs that can do nothing in Zulip's dialect. */
#include "zulip/markup.h"

#include "fixture.h"

#include <ctype.h>

#define B    "\x0e"
#define E    "\x0f"
#define TEXT 4096

typedef void write_function(struct buf *out, const char *text);

static char *written(write_function *write, const char *text)
{
    struct buf out = BUF_INIT(test_arena, 64 * TEXT);
    write(&out, text);
    return buf_str(&out);
}

static void write_link(struct buf *out, const char *text)
{
    markup_link(out, text, "https://example.org/");
}

#define PROSE_SPECIALS "!\"#$&'()*+,-./:;<=>@[\\]^_`{|}~"
#define LINK_SPECIALS  "&*`[]$<@"

/* Reads what was written as the server does, and fails when a character could act: the text that is
 * shown. `specials` act when they stand outside code, all that prose is free of between two code
 * spans; '_' and '-' inside a word do not. */
static void decode(struct buf *shown, const char *s, size_t len, const char *specials)
{
    const char *end = s + len, *acting = specials;
    for (const char *p = s; p < end;) {
        if (*p == '`') {
            size_t run = strspn(p, "`");
            const char *inside = p + run, *close = inside;
            if (p > s && p[-1] == '\\')
                fail_msg("a backslash before code: %.*s", (int)len, s);
            while (close < end && strspn(close, "`") != run)
                close += *close == '`' ? strspn(close, "`") : 1;
            if (close >= end)
                fail_msg("open code: %.*s", (int)len, s);
            buf_add(shown, inside, (size_t)(close - inside));
            p = close + run;
            acting = memchr(p, '`', (size_t)(end - p)) ? PROSE_SPECIALS : specials;
        } else if (p[0] == '&' && p[1] == '#') {
            char *stop;
            unsigned long c = strtoul(p + 2, &stop, 10);
            if (*stop != ';' || c < 33 || c > 126)
                fail_msg("no reference: %.*s", (int)len, s);
            buf_addc(shown, (char)c);
            p = stop + 1;
        } else {
            bool inner = (*p == '_' || *p == '-') && p > s && p + 1 < end &&
                         isalnum((unsigned char)p[-1]) && isalnum((unsigned char)p[1]);
            if (!inner && strchr(acting, *p))
                fail_msg("'%c' may act: %.*s", *p, (int)len, s);
            buf_addc(shown, *p++);
        }
    }
}

/* Code that begins or ends with a backtick gets a space there, so spaces do not count. */
static bool is_same_but_spaces(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, " ");
        b += strspn(b, " ");
        if (*a != *b)
            return false;
        if (!*a)
            return true;
    }
}

/* Writes `text` as prose and as a link, and compares what is shown with `expected`. */
static void assert_shown(const char *text, const char *expected)
{
    struct buf shown = BUF_INIT(test_arena, 64 * TEXT);
    char *prose = written(markup_prose, text);
    assert_non_null(prose);
    decode(&shown, prose, strlen(prose), PROSE_SPECIALS);
    if (!is_same_but_spaces(buf_str(&shown), expected))
        fail_msg("'%s' shows as '%s' instead of '%s'", prose, buf_str(&shown), expected);
    buf_truncate(&shown, 0);

    static const char target[] = "](https://example.org/)";
    char *link = written(write_link, text);
    assert_non_null(link);
    size_t len = strlen(link);
    assert_true(len >= sizeof target && link[0] == '[' &&
                strcmp(link + len - sizeof target + 1, target) == 0);
    decode(&shown, link + 1, len - sizeof target, LINK_SPECIALS);
    if (!is_same_but_spaces(buf_str(&shown), expected))
        fail_msg("'%s' shows as '%s' instead of '%s'", link, buf_str(&shown), expected);
}

/* Every ASCII punctuation mark, alone, in and around words, and each beside each. */
static void test_punctuation(void **state)
{
    (void)state;
    /* 'c' stands for the mark. */
    static const char *const forms[] = {"c",  "acb", "ca",  "ac",  "a c b",
                                        "cc", "ccc", "1c2", "accb"};
    for (int c = 33; c < 127; c++) {
        if (isalnum(c))
            continue;
        for (size_t i = 0; i < COUNT(forms); i++) {
            char text[20];
            snprintf(text, sizeof text, "%s", forms[i]);
            for (char *p = text; (p = strchr(p, 'c')); p++)
                *p = (char)c;
            assert_shown(text, text);
        }
        for (int d = 33; d < 127; d++) {
            const char text[] = {'x', (char)c, (char)d, 'y', '\0'};
            assert_shown(text, text);
        }
    }
}

static void test_prose(void **state)
{
    (void)state;
    static const struct {
        const char *text, *prose;
    } cases[] = {
        {"", ""},
        {"phil-opp and snake_case_1", "phil-opp and snake_case_1"},
        {"100% sure? Yes", "100% sure? Yes"},
        {"- a", "&#45; a"},
        {"_x_ a_ _b a__b", "&#95;x&#95; a&#95; &#95;b a&#95;&#95;b"},
        {"a -b- é-é", "a &#45;b&#45; é&#45;é"},
        {"@**all**", "&#64;&#42;&#42;all&#42;&#42;"},
        {"See example.com!", "See example&#46;com&#33;"},
        {"&copy;", "&#38;copy&#59;"},
        {"a\nb\t \r\nc", "a b c"},
        {"  a  ", "a"},
        {"a\x01\x7F\xC2\x80\xE2\x80\xA8z", "a z"},
        {"\xE2\x80\xAEgnp\xE2\x80\xAC \xE2\x81\xA6x\xE2\x81\xA9\xE2\x80\x8F\xE2\x80\x8E\xD8\x9C",
         "gnp x"},
        {"a \xE2\x80\xAE b", "a b"},
        {"שלום 🦀", "שלום 🦀"},
        {B "x" E, "`x`"},
        {"a " B "b*c" E " d", "a `b*c` d"},
        {B "`" E, "`` ` ``"},
        {B "a`b" E, "``a`b``"},
        {B "``a`" E, "``` ``a` ```"},
        {B "a ``` b" E, "````a ``` b````"},
        {B "a" E B "b" E, "`ab`"},
        {B "a" E "\xE2\x80\x8E" B "b" E, "`ab`"},
        {"x" B E "y", "xy"},
        {"x" B " " E "y", "x y"},
        {B "\xE2\x80\xAE" E, ""},
        {"back\\" B "x" E, "back&#92;`x`"},
        {B "x\\" E "\\", "`x\\`&#92;"},
        {B "open", "`open`"},
        {B "a\nb\xE2\x80\xAE" E, "`a b`"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_text(written(markup_prose, cases[i].text), cases[i].prose);
}

static void test_link(void **state)
{
    (void)state;
    static const struct {
        const char *text, *url, *link;
    } cases[] = {
        {"t", "https://example.org/", "[t](https://example.org/)"},
        {"a: b_c -d. (e) \"f\" | ~ # !", "https://example.org/",
         "[a: b_c -d. (e) \"f\" | ~ # !](https://example.org/)"},
        {"&*`[]$<@", "https://example.org/",
         "[&#38;&#42;&#96;&#91;&#93;&#36;&#60;&#64;](https://example.org/)"},
        {"](https://evil.example/)", "https://example.org/",
         "[&#93;(https://evil.example/)](https://example.org/)"},
        {B "[x]" E, "https://example.org/", "[`[x]`](https://example.org/)"},
        {"\\" B "x" E, "https://example.org/", "[&#92;`x`](https://example.org/)"},
        /* from the first of several code spans on it is prose */
        {"a.b: " B "c.d" E ": e.f :x:", "https://example.org/",
         "[a.b: `c.d`: e.f :x:](https://example.org/)"},
        {"main.rs " B "a" E " main.rs: " B "b" E " ~~c~~", "https://example.org/",
         "[main.rs `a` main&#46;rs&#58; `b` &#126;&#126;c&#126;&#126;](https://example.org/)"},
        {B "a" E " in_a_name " B "b" E "-" B "c" E "!", "https://example.org/",
         "[`a` in_a_name `b`&#45;`c`&#33;](https://example.org/)"},
        {"a.b", NULL, "a&#46;b"},
        {"a.b", "javascript:alert(1)", "a&#46;b"},
        {"a.b", "data:text/html,x", "a&#46;b"},
        {"a.b", "mailto:a@example.org", "a&#46;b"},
        {"a.b", "ftp://example.org/", "a&#46;b"},
        {"a.b", "", "a&#46;b"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = BUF_INIT(test_arena, 1000);
        markup_link(&out, cases[i].text, cases[i].url);
        assert_text(buf_str(&out), cases[i].link);
        buf_reset(&out);
    }
    struct buf out = BUF_INIT(test_arena, 1000);
    markup_bold_link(&out, "*", "https://example.org/");
    markup_bold_link(&out, "*", NULL);
    assert_text(buf_str(&out), "**[&#42;](https://example.org/)****&#42;**");
}

static void test_code(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *link;
    } cases[] = {
        {"x", "`x`", "[`x`](https://example.org/)"},
        {"a " B "b" E, "`a b`", "[`a b`](https://example.org/)"},
        {"we*ird|na_me", "`we*ird|na_me`", "[`we*ird|na_me`](https://example.org/)"},
        {"`", "`` ` ``", "[`` ` ``](https://example.org/)"},
        {"a\nb \xE2\x80\xAE", "`a b`", "[`a b`](https://example.org/)"},
        {"@**all**", "`@**all**`", "[`@**all**`](https://example.org/)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_text(written(markup_code, cases[i].text), cases[i].code);
        struct buf out = BUF_INIT(test_arena, 1000);
        markup_code_link(&out, cases[i].text, "https://example.org/");
        assert_text(buf_str(&out), cases[i].link);
        buf_reset(&out);
        markup_code_link(&out, cases[i].text, "javascript:x");
        assert_text(buf_str(&out), cases[i].code);
    }
}

static void test_url(void **state)
{
    (void)state;
    static const struct {
        const char *url, *written;
    } cases[] = {
        {"https://example.org/a-b._~/:?#&=%20+,@!", "https://example.org/a-b._~/:?#&=%20+,@!"},
        {"https://example.org/*`$()[]<>\"';\\|^{} x",
         "https://example.org/%2A%60%24%28%29%5B%5D%3C%3E%22%27%3B%5C%7C"
         "%5E%7B%7D%20x"},
        {"https://example.org/@**all**", "https://example.org/@%2A%2Aall%2A%2A"},
        {"https://example.org/$$a$$", "https://example.org/%24%24a%24%24"},
        {"https://example.org/?a&copy;b", "https://example.org/?a&copy%3Bb"},
        {"https://example.org/é\n", "https://example.org/%C3%A9%0A"},
        {"https://example.org/\xE2\x80\xAE", "https://example.org/%E2%80%AE"},
        /* pictures and films */
        {"https://example.org/a.png", "https://example.org/a.pn%67"},
        {"https://example.org/A.JPG?size=large#top", "https://example.org/A.JP%47?size=large#top"},
        {"https://example.org/a.jpeg", "https://example.org/a.jpe%67"},
        {"https://example.org/a.jpe", "https://example.org/a.jp%65"},
        {"https://example.org/a.gif", "https://example.org/a.gi%66"},
        {"https://example.org/a.bmp", "https://example.org/a.bm%70"},
        {"https://example.org/a.webp#x", "https://example.org/a.web%70#x"},
        {"https://example.org/a.mp4", "https://example.org/a.mp%34"},
        {"https://example.org/a.webm", "https://example.org/a.web%6D"},
        {"https://en.wikipedia.org/wiki/File:X.png", "https://en.wikipedia.org/wiki/File:X.pn%67"},
        {"https://github.com/a/b/blob/main/x.png", "https://github.com/a/b/blob/main/x.pn%67"},
        {"https://example.org/a.png/", "https://example.org/a.png/"},
        {"https://example.org/?a.png", "https://example.org/?a.png"},
        {"https://example.org/a.m4v", "https://example.org/a.m4%76"},
        {"https://example.org/a.MP4V?x", "https://example.org/a.MP4%56?x"},
        {"https://example.org/play?file=a.mp4", "https://example.org/play?file=a.mp%34"},
        {"https://example.org/#a.webm", "https://example.org/#a.web%6D"},
        {"https://example.org?a.mpg4", "https://example.org?a.mpg%34"},
        {"https://example.org/a.mp4.gz", "https://example.org/a.mp4.g%7A"},
        {"https://example.org/a.webm.Z#b", "https://example.org/a.webm.%5A#b"},
        {"https://example.org/a.png?b.mp4.br", "https://example.org/a.pn%67?b.mp4.b%72"},
        {"https://example.org/a.mp4.GZ", "https://example.org/a.mp4.GZ"},
        {"https://example.org/a.gz", "https://example.org/a.gz"},
        {"https://example.org/a.mp4.gz.xz", "https://example.org/a.mp4.gz.xz"},
        {"https://example.mp4", "https://example.mp4"},
        /* Dropbox */
        {"https://www.dropbox.com/s/abc/slides.pdf", "https://www.dropbox.com/%73/abc/slides.pdf"},
        {"https://dropbox.com/sh/x", "https://dropbox.com/%73h/x"},
        {"https://WWW.DROPBOX.COM:443/sc/x", "https://WWW.DROPBOX.COM:443/%73c/x"},
        {"https://www.dropbox.com/photos/a.png", "https://www.dropbox.com/%70hotos/a.pn%67"},
        {"https://www.dropbox.com/scl/fi/x", "https://www.dropbox.com/scl/fi/x"},
        {"https://dropbox.example/s/x", "https://dropbox.example/s/x"},
        {"https://example.org/dropbox.com/s/x", "https://example.org/dropbox.com/s/x"},
        {"https://example.png", "https://example.png"},
        {"https://example.org/apng", "https://example.org/apng"},
        /* YouTube */
        {"https://www.youtube.com/watch?v=A&t=1s", "https://www.youtube.com/%77atch?v=A&t=1s"},
        {"https://youtu.be/BBB", "https://youtu.be/%42BB"},
        {"https://YouTu.Be/-_B", "https://YouTu.Be/-_%42"},
        {"https://youtu.be/%42BB", "https://youtu.be/%42%42B"},
        {"https://m.youtube.com/shorts/C", "https://m.youtube.com/%73horts/C"},
        {"https://www.youtube-nocookie.com/embed/D", "https://www.youtube-nocookie.com/%65mbed/D"},
        {"http://user@youtube.com:80/v/E", "http://user@youtube.com:80/%76/E"},
        {"https://youtube.com/?v=F", "https://youtube.com/?%76=F"},
        {"https://youtube.com", "https://youtube.com"},
        {"https://notyoutube.com/watch?v=A", "https://notyoutube.com/watch?v=A"},
        {"https://youtube.com.example.org/watch?v=A", "https://youtube.com.example.org/watch?v=A"},
        {"https://example.org/youtube.com/watch", "https://example.org/youtube.com/watch"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_text(written(markup_url, cases[i].url), cases[i].written);
}

static void test_linkable(void **state)
{
    (void)state;
    static const char *const not [] = {NULL,           "",       "#x",       "/x",
                                       "javascript:x", "data:x", "https://", "file:///etc/x"};
    assert_true(markup_is_linkable("https://example.org/"));
    assert_true(markup_is_linkable("HTTP://[::1]:80/"));
    for (size_t i = 0; i < COUNT(not ); i++)
        assert_false(markup_is_linkable(not [i]));
}

static void test_topic(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t max;
        const char *topic;
    } cases[] = {
        {"June 2026 issue", 60, "June 2026 issue"},
        {" a\n\t" B "b" E "\x7F\xC2\x85 c ", 60, "a b c"},
        {"\xE2\x80\xAE*x* @**all**", 60, "*x* @**all**"},
        {"äöüßé", 5, "äöüßé"},
        {"äöüßé", 4, "äöü…"},
        {"one two", 5, "one…"},
        {"", 60, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_text(markup_topic(test_arena, cases[i].text, cases[i].max), cases[i].topic);
}

/* Texts of random pieces show as the same text: nothing acts, nothing is lost. */
static void test_random(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a",
        "B",
        "7",
        "é",
        "🦀",
        " ",
        "\n",
        "@**all**",
        "@_**x|1**",
        "@*g*",
        "#**c>t**",
        "[t](u)",
        "](",
        "``",
        "`",
        "```spoiler x",
        "~~~",
        "~~",
        "$$",
        "$",
        ":tada:",
        "&copy;",
        "&#42;",
        "&",
        "<time:1>",
        "<",
        "*",
        "**",
        "_",
        "-",
        "\\",
        "|",
        "!",
        "![",
        "/me ",
        "> ",
        "- ",
        "# ",
        "1. ",
        ".",
        "example.com",
        "https://x.org/",
        "\xE2\x80\xAE",
        "\x7F",
        "\xC2\x85",
        "…",
    };
    uint32_t random = 1;
    for (int round = 0; round < 5000; round++) {
        struct buf text = BUF_INIT(test_arena, TEXT), expected = BUF_INIT(test_arena, TEXT);
        bool code = false;
        for (int i = 0; i < 12; i++) {
            random = random * 1664525 + 1013904223;
            const char *piece = pieces[(random >> 16) % COUNT(pieces)];
            if (random >> 30 == 0) {
                buf_addc(&text, code ? TEXT_CODE_END : TEXT_CODE_BEGIN);
                code = !code;
            }
            buf_adds(&text, piece);
            if (*piece == '\x7F' || strcmp(piece, "\xC2\x85") == 0 || *piece == '\n')
                text_add_folded(&expected, " ", 1);
            else if (strcmp(piece, "\xE2\x80\xAE") != 0)
                text_add_folded(&expected, piece, strlen(piece));
        }
        if (code)
            buf_addc(&text, TEXT_CODE_END);
        text_trim(&expected);
        assert_shown(buf_str(&text), buf_str(&expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_punctuation), cmocka_unit_test(test_prose),
        cmocka_unit_test(test_link),        cmocka_unit_test(test_code),
        cmocka_unit_test(test_url),         cmocka_unit_test(test_linkable),
        cmocka_unit_test(test_topic),       cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests_name("markup", tests, setup_arena, teardown_arena);
}
