/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Replies: one structure as Markdown within a limit, and as text for a terminal or a pipe. */
#include "say/reply.h"

#include "fixture.h"
#include "say/terminal.h"

#define URL "https://a.example/"

static struct reply *new_reply(void)
{
    return reply_new(test_arena);
}

static void add_entries(struct reply *reply, bool inline_, int count, int most, const char *more)
{
    reply_list(reply, inline_, (size_t)most);
    for (int i = 1; i <= count; i++) {
        reply_entry(reply);
        reply_link(reply, REPLY_PLAIN, arena_format(test_arena, "e%d", i),
                   arena_format(test_arena, URL "%d", i));
    }
    reply_list_end(reply, more, NULL);
}

/* A line with a list in it, bullets, and a spoiler with two lists. */
static struct reply *make_all(void)
{
    struct reply *reply = new_reply();
    reply_link(reply, REPLY_BOLD_CODE, "boot", URL "boot");
    reply_say(reply, " is `in` %d issues: ", 3);
    add_entries(reply, true, 3, 9, NULL);
    reply_line(reply);
    add_entries(reply, false, 2, 9, " of them");
    reply_spoiler(reply, "%d more", 5);
    reply_link(reply, REPLY_PLAIN, "July", URL "july");
    reply_line(reply);
    reply_line(reply);
    add_entries(reply, false, 3, 9, NULL);
    reply_line(reply);
    reply_link(reply, REPLY_CODE, "June", NULL);
    reply_line(reply);
    reply_line(reply);
    add_entries(reply, false, 2, 9, NULL);
    return reply;
}

static void test_markdown(void **state)
{
    (void)state;
    assert_text(reply_markdown(make_all(), 10000),
                "**[`boot`](https://a.example/boot)** is `in` 3 issues: [e1](https://a.example/1), "
                "[e2](https://a.example/2), [e3](https://a.example/3)\n"
                "- [e1](https://a.example/1)\n"
                "- [e2](https://a.example/2)\n"
                "\n"
                "```spoiler 5 more\n"
                "[July](https://a.example/july)\n"
                "\n"
                "- [e1](https://a.example/1)\n"
                "- [e2](https://a.example/2)\n"
                "- [e3](https://a.example/3)\n"
                "\n"
                "`June`\n"
                "\n"
                "- [e1](https://a.example/1)\n"
                "- [e2](https://a.example/2)\n"
                "```");
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (text = strstr(text, part); text; text = strstr(text + 1, part))
        n++;
    return n;
}

/* How many entries are there, or counted in "… and N more", of the part of a text up to `end`. */
static size_t count_entries(const char *text, const char *end)
{
    size_t n = 0;
    for (const char *s = text; s < end; s++) {
        n += strncmp(s, "[e", 2) == 0;
        if (strncmp(s, "and ", 4) == 0)
            n += strtoul(s + 4, NULL, 10);
    }
    return n;
}

/* At every limit: never longer, whole links, and what is left out is counted; the spoiler's entries
 * go first, then the spoiler, then others. */
static void test_limits(void **state)
{
    (void)state;
    struct reply *reply = make_all();
    char *all = reply_markdown(reply, 10000);
    size_t len = text_length(all), shown = SIZE_MAX, hidden = SIZE_MAX;
    assert_text(reply_markdown(reply, len), all);
    for (size_t max = len; max > 0; max--) {
        char *text = reply_markdown(reply, max), *spoiler = strstr(text, "```spoiler");
        assert_true(text_length(text) <= max);
        if (strcmp(text, "…") == 0) {
            shown = 0;
            continue;
        }
        assert_int_equal(count(text, "["), count(text, "]("));
        assert_int_equal(count(text, "]("), count(text, ")"));
        assert_int_equal(count(text, "```"), spoiler ? 2 : 0);
        size_t now_shown = count(text, "[e"), now_hidden = spoiler ? count(spoiler, "[e") : 0;
        now_shown -= now_hidden;
        assert_int_equal(count_entries(text, spoiler ? spoiler : text + strlen(text)), 5);
        assert_true(!spoiler || count_entries(spoiler, text + strlen(text)) == 5);
        assert_true(now_shown <= shown && now_hidden <= hidden && (now_shown == 5 || !spoiler));
        shown = now_shown;
        hidden = now_hidden;
    }
    assert_int_equal(shown, 0);
    assert_text(reply_markdown(reply, 10000), all);
}

/* A spoiler that is much too long takes nothing visible with it. */
static void test_long_spoiler(void **state)
{
    (void)state;
    for (int lists = 0; lists < 2; lists++) {
        struct reply *reply = new_reply();
        add_entries(reply, false, 3, 9, NULL);
        reply_spoiler(reply, "more");
        for (int i = 0; i < 1000; i++) {
            reply_say(reply, "These are words that belong to no list. ");
            if (lists)
                add_entries(reply, false, 1, 9, NULL);
        }
        assert_text(reply_markdown(reply, 200),
                    "- [e1](" URL "1)\n- [e2](" URL "2)\n- [e3](" URL "3)");
    }
}

/* A list with a limit of its own. */
static void test_most(void **state)
{
    (void)state;
    static const struct {
        int count, most;
        const char *text;
    } cases[] = {
        {0, 2, ":"},
        {2, 2, ": [e1](" URL "1), [e2](" URL "2)"},
        {3, 2, ": [e1](" URL "1), [e2](" URL "2), … and 1 more things"},
        {2, 0, ": … and 2 more things"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reply *reply = new_reply();
        reply_say(reply, ": ");
        add_entries(reply, true, cases[i].count, cases[i].most, " things");
        char *text = reply_markdown(reply, 1000);
        if (strncmp(text, cases[i].text, strlen(cases[i].text)) != 0)
            fail_msg("%zu: '%s'", i, text);
    }
    struct reply *reply = new_reply();
    reply_list(reply, false, 0);
    reply_entry(reply);
    reply_list_end(reply, NULL, URL);
    assert_text(reply_markdown(reply, 1000), "- [… and 1 more](" URL ")");
}

/* Everything foreign, in every style. */
static struct reply *make_foreign(const char *text, const char *url)
{
    struct reply *reply = new_reply();
    for (int style = REPLY_PLAIN; style <= REPLY_BOLD_CODE; style++) {
        reply_say(reply, "a ");
        reply_link(reply, (enum reply_style)style, text, url);
        reply_line(reply);
    }
    reply_text(reply, text, 1000);
    reply_line(reply);
    reply_list(reply, false, 9);
    reply_entry(reply);
    reply_link(reply, REPLY_PLAIN, text, url);
    reply_list_end(reply, NULL, NULL);
    reply_spoiler(reply, "more");
    reply_link(reply, REPLY_BOLD, text, url);
    return reply;
}

/* The text without its code spans, in which nothing acts. */
static char *without_code(const char *text)
{
    struct buf out = BUF_INIT(test_arena, 1024 * 1024);
    while (*text) {
        size_t run = strspn(text, "`"), end = run;
        while (run && text[end] && text[end] != '\n') {
            size_t closing = strspn(text + end, "`");
            end += closing ? closing : 1;
            if (closing == run)
                break;
        }
        bool code = run && run < end && text[end - 1] == '`';
        if (!code)
            buf_add(&out, text, run ? run : 1);
        text += code ? end : run ? run : 1;
    }
    return buf_str(&out);
}

static const char *const foreign[] = {
    "@**all**",
    "@_**x|1**",
    "@*group*",
    "#**general**",
    "](https://evil.example/)",
    "[x](y)",
    "```",
    "``` x\n```spoiler y",
    "`",
    "*",
    "**",
    "a**b",
    "~~~",
    "&#64;**all**",
    "$$x$$",
    ":tada:",
    "/me x",
    "\n\n# x",
    "\x0e@**all**\x0f",
    "\x0e`\x0f b \x0e``\x0f",
    "",
    " ",
    "\x0e\x0f",
    "\xE2\x80\x8B",
    "\x1B[31mx",
    "\x1B]8;;https://evil.example\x1B\\x",
    "\x07\x08\x7F\r",
    ("\xC2\x9B"
     "31m"),
    "\xE2\x80\xAEx",
};

static void test_foreign(void **state)
{
    (void)state;
    static const char *const urls[] = {NULL, URL, "javascript:x", "https://a.example/)@**all**(",
                                       "https://a.example/\x1B]8;;\x07"};
    for (size_t i = 0; i < COUNT(foreign); i++)
        for (size_t u = 0; u < COUNT(urls); u++) {
            struct reply *reply = make_foreign(foreign[i], urls[u]);
            char *text = reply_markdown(reply, 10000), *acting = without_code(text);
            if (strstr(acting, "@*") || strstr(acting, "@_*") || strstr(acting, "#**") ||
                strstr(acting, "](https://evil") || strstr(acting, "](javascript") ||
                strstr(text, "****") || strstr(text, "[](") || count(text, "\n```") != 2 ||
                count(text, "\n") != 9)
                fail_msg("'%s' at %s acts: '%s'", foreign[i], urls[u] ? urls[u] : "-", text);
            for (size_t max = 1; max < text_length(text); max += 7)
                assert_true(text_length(reply_markdown(reply, max)) <= max);
        }
}

/* What is left of a terminal's output without our own controls. */
static char *without_ours(const char *text)
{
    static const char *const ours[] = {TERMINAL_BOLD, TERMINAL_RESET, "\033]8;;\033\\"};
    struct buf out = BUF_INIT(test_arena, 1024 * 1024);
    while (*text) {
        size_t len = 0;
        for (size_t i = 0; i < COUNT(ours); i++)
            len = strncmp(text, ours[i], strlen(ours[i])) == 0 ? strlen(ours[i]) : len;
        const char *end =
            strncmp(text, "\033]8;;https://", 13) == 0 ? strstr(text + 1, "\033\\") : NULL;
        len = end ? (size_t)(end + 2 - text) : len;
        if (!len)
            buf_addc(&out, *text);
        text += len ? len : 1;
    }
    return buf_str(&out);
}

/* Nothing foreign controls a terminal, or ends a link. */
static void test_terminal_is_safe(void **state)
{
    (void)state;
    static const char *const urls[] = {NULL, URL, "javascript:x", "https://a.example/\x1B]8;;\x07"};
    for (size_t i = 0; i < COUNT(foreign); i++)
        for (size_t u = 0; u < COUNT(urls); u++)
            for (int rich = 0; rich < 2; rich++) {
                char *text = reply_terminal(make_foreign(foreign[i], urls[u]), rich);
                char *left = rich ? without_ours(text) : text;
                for (const char *s = left; *s; s++)
                    if ((*s != '\n' && (unsigned char)*s < ' ') || *s == '\x7F' ||
                        strncmp(s, "\xC2\x9B", 2) == 0 || strncmp(s, "\xE2\x80\xAE", 3) == 0)
                        fail_msg("'%s' at %s: '%s'", foreign[i], urls[u] ? urls[u] : "-", text);
            }
}

static void test_terminal(void **state)
{
    (void)state;
    assert_text(reply_terminal(make_all(), false),
                "boot is `in` 3 issues: e1, e2, e3\n" URL "boot\n"
                "- e1\n  " URL "1\n"
                "- e2\n  " URL "2\n"
                "\n"
                "5 more:\n"
                "  July\n\n"
                "  - e1\n    " URL "1\n"
                "  - e2\n    " URL "2\n"
                "  - e3\n    " URL "3\n"
                "\n"
                "  `June`\n\n"
                "  - e1\n    " URL "1\n"
                "  - e2\n    " URL "2");
    char *rich = reply_terminal(make_all(), true);
    assert_contains(rich, "\033]8;;" URL "1\033\\e1\033]8;;\033\\, ");
    assert_contains(rich, TERMINAL_BOLD "5 more" TERMINAL_RESET ":\n");
    assert_int_equal(count(without_ours(rich), URL), 0);
}

static void test_lines(void **state)
{
    (void)state;
    struct reply *reply = new_reply();
    assert_true(reply_is_at_start(reply));
    assert_text(reply_markdown(reply, 10), "");
    assert_text(reply_terminal(reply, false), "");
    reply_text(reply, "Words of somebody else, which are long", 20);
    assert_false(reply_is_at_start(reply));
    reply_line(reply);
    assert_true(reply_is_at_start(reply));
    reply_line(reply);
    assert_text(reply_markdown(reply, 100), "Words of somebody…");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markdown), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_most),     cmocka_unit_test(test_long_spoiler),
        cmocka_unit_test(test_foreign),  cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_lines),    cmocka_unit_test(test_terminal_is_safe),
    };
    return cmocka_run_group_tests_name("reply", tests, setup_arena, teardown_arena);
}
