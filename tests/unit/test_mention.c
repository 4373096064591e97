/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests what messages ask of the bot. */
#include "ask/mention.h"
#include "fixture.h"

#define NONE NULL /* not meant for the bot */

static const struct mention_bot bot = {.name = "TMRO Bot", .id = 42};

/* Each mentions the bot, or a group that it is in: the server says so. */
static const struct {
    const char *content;
    const char *request; /* in a channel */
} cases[] = {
    /* The forms of a mention. */
    {"@**TMRO Bot** latest", "latest"},
    {"@**tmro bot** latest", "latest"},
    {"@**TMRO Bot|42** latest", "latest"},
    {"@**|42** latest", "latest"},
    {"@*helpers* latest", NONE},
    {"@*helpers* @**Somebody** latest", NONE},
    {"@*helpers* @_**TMRO Bot** latest", NONE},
    {"@*helpers* @**TMRO Bot|43** latest", NONE},
    {"@*helpers* @**TMRO** latest", NONE},
    {"@*helpers* @**TMRO Bot** latest", "latest"},
    {"@**TMRO Bot** @*helpers* latest", "latest"},
    {"@_*helpers* @**New Name** latest", "latest"},
    /* Since it was renamed. */
    {"@**New Name** latest", "latest"},
    {"well,\n@**New Name** latest", "well,"},
    {"@**New Name**", ""},
    {"@**New Name|42** latest", "latest"},
    {"@**|42** @**Old Name** latest", "latest"},
    /* What may stand before it. */
    {"(@**TMRO Bot** latest", "latest"},
    {"x\xC2\xA0@**TMRO Bot** latest", "latest"},
    /* Where the request is. */
    {"@**TMRO Bot**", ""},
    {"  @**TMRO Bot**  ", ""},
    {"@**TMRO Bot**!", "!"},
    {"@**TMRO Bot** \xF0\x9F\x91\x8D", "\xF0\x9F\x91\x8D"},
    {"\xF0\x9F\x91\x8D @**TMRO Bot**", "\xF0\x9F\x91\x8D"},
    {"@**TMRO Bot** :+1:", ":+1:"},
    {"@**TMRO Bot**:+1:", ":+1:"},
    {"latest @**TMRO Bot** \xF0\x9F\x99\x8F", "latest"},
    {"latest @**TMRO Bot** :pray:", "latest"},
    {"@**TMRO Bot** :pray:\nlatest", "latest"},
    {"@**TMRO Bot** ?", "?"},
    {"@**TMRO Bot**: latest", "latest"},
    {"@**TMRO Bot**, latest", "latest"},
    {"@**TMRO Bot**latest", "latest"},
    {"@**TMRO Bot**   july \t 2025  ", "july 2025"},
    {"@**TMRO Bot**\nlatest", "latest"},
    {"@**TMRO Bot**\r\n\r\n  latest\r\nmore", "latest"},
    {"@**TMRO Bot** latest\nand more", "latest"},
    {"Hey @**TMRO Bot**, what about july?", "what about july?"},
    {"Well,\nhey @**TMRO Bot** latest", "latest"},
    {"latest @**TMRO Bot**", "latest"},
    {"what is in june, @**TMRO Bot**?", "what is in june,"},
    {"latest, please!\n@**TMRO Bot**", "latest, please!"},
    {"old\nlatest\n\n@**TMRO Bot**\n\n", "latest"},
    {"@**TMRO Bot** @**TMRO Bot** latest", "latest"},
    {"@**TMRO Bot** latest @**TMRO Bot|42** july", "latest july"},
    {"@_**TMRO Bot** @**TMRO Bot** latest", "latest"},
    {"@**TMRO Bot** : , latest", "latest"},
    /* Who else is mentioned is not what is asked about. */
    {"@**TMRO Bot** latest @**Somebody**", "latest"},
    {"@**TMRO Bot** latest cc @**Somebody|7**, @_**Else** and @*group*!", "latest cc , and !"},
    {"@**Somebody** @**TMRO Bot** latest", "latest"},
    {"@**TMRO Bot** @**Somebody** latest", "latest"},
    {"@**TMRO Bot** latest @_*group* @**all**", "latest"},
    {"@**TMRO Bot** search @**Somebody**", "search"},
    {"@**TMRO Bot** @**Somebody**", ""},
    {"@**TMRO Bot** search `@**Somebody**` x@**Else** @ada", "search x @ada"},
    {"@**TMRO Bot** a @** b * @*e", "a @** b * @*e"},
    {"@**TMRO Bot** history `uefi-rs`", "history uefi-rs"},
    {"@**TMRO Bot** `@**TMRO Bot**`", ""},
    {"@**TMRO Bot** search \"a b\" -c", "search \"a b\" -c"},
    /* Code inside of a line. */
    {"`a\n\n@**TMRO Bot** latest`", "latest"},
    {"`a` @**TMRO Bot** latest", "latest"},
    {"`` ` @**TMRO Bot** b", "b"},
    {"` a @**TMRO Bot** b``", "b"},
    {"\\` @**TMRO Bot** b`", "b"},
    {"` @**TMRO Bot** latest", "latest"},
    {"- ` a\n- @**TMRO Bot** latest `", "latest"},
    {"# ` a\n@**TMRO Bot** latest `", "latest"},
    /* Fences. */
    {"```\nx\n```\n@**TMRO Bot** latest", "latest"},
    {"````\nx\n```\n````\n@**TMRO Bot** latest", "latest"},
    {"```\nx\n```  \n@**TMRO Bot** latest", "latest"},
    {" ```\n@**TMRO Bot** latest", "latest"}, /* not at the line's start */
    {"```a `\n@**TMRO Bot** latest", "latest"},
    {"```quote\nx\n```\n@**TMRO Bot** latest", "latest"},
    {"````quote\n```\nx\n```\n@**TMRO Bot** a\n````\n@**TMRO Bot** b", "b"},
    {"```spoiler\n@**TMRO Bot** latest\n```", "latest"},
    {"```spoiler Title\n@**TMRO Bot** latest\n```", "latest"},
    {"```spoiler @**TMRO Bot** latest\nx\n```", "latest"},
    {"````spoiler\n```quote\n@**TMRO Bot** a\n```\n@**TMRO Bot** b\n````", "b"},
    {"@**TMRO Bot**\n```\nlatest\n```", ""},
    {"@**TMRO Bot**\n```quote\nlatest\n```\njuly", "july"},
    /* Quotations of lines, with lines that continue them. */
    {"> x\n\n@**TMRO Bot** latest", "latest"},
    {"> x\ny\n \n@**TMRO Bot** latest", "latest"},
    {"@**TMRO Bot** july\n> latest", "july"},
    {"@**TMRO Bot**\n> latest", ""},
    {"@**TMRO Bot**\n> x\n\nlatest", "latest"},
    {"> x\n```spoiler\n@**TMRO Bot** latest\n```", "latest"},
    {"a > @**TMRO Bot** latest", "latest"},
    /* Indented code and lists. */
    {"x\n    @**TMRO Bot** latest", "latest"},
    {"- x\n\n    @**TMRO Bot** latest", "latest"},
    {"1. x\n  - @**TMRO Bot** latest", "latest"},
    {"    x\n@**TMRO Bot** latest", "latest"},
    {"## @**TMRO Bot** latest", "latest"},
    {"* @**TMRO Bot**", "*"},
    /* The one who is quoted is no request. */
    {"@_**Somebody|7** [said](https://example.org):\n```quote\nx\n```\n@**TMRO Bot**", ""},
    {"@_**Somebody|7** [said](https://example.org):\n```quote\nx\n```\n@**TMRO Bot** july", "july"},
};

static char *request_of(const char *content, bool direct)
{
    return mention_request(test_arena, content, &bot, direct);
}

static void test_channel(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *request = request_of(cases[i].content, false);
        if (!request || !cases[i].request ? request != cases[i].request
                                          : strcmp(request, cases[i].request) != 0) {
            print_error("'%s': '%s' instead of '%s'\n", cases[i].content,
                        request ? request : "none", cases[i].request ? cases[i].request : "none");
            wrong++;
        }
    }
    print_message("%zu messages\n", COUNT(cases));
    assert_int_equal(wrong, 0);
}

/* A direct message needs no mention, but one says where the request is. */
static void test_direct(void **state)
{
    (void)state;
    static const struct {
        const char *content, *request;
    } direct[] = {
        {"latest", "latest"},
        {"", ""},
        {" \n\n  july  2025 \nmore", "july 2025"},
        {"@**TMRO Bot** latest", "latest"},
        {"@_**TMRO Bot** latest", "latest"},
        {"hello\n@**TMRO Bot** latest", "latest"},
        {"> x\n\nlatest", "latest"},
        {"> x\ny", "y"},
        {"> x", ""},
        {"```quote\nx\n```\nlatest", "latest"},
        {"@_**Somebody|7** [said](https://example.org):\n```quote\nx\n```\nlatest", "latest"},
        {"```\nlatest\n```", "latest"},
        {"    latest", "latest"},
        {"`latest`", "latest"},
        {"@**Somebody** x", "x"},
        {"\xF0\x9F\x99\x8F\nlatest", "latest"},
        {"\xF0\x9F\x99\x8F\n!", "\xF0\x9F\x99\x8F"},
        {"?", "?"},
    };
    for (size_t i = 0; i < COUNT(direct); i++)
        assert_string_equal(request_of(direct[i].content, true), direct[i].request);
}

/* Other bots' names, with all that a name may have. */
static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *content, *request;
    } names[] = {
        {"a|b", "@**a|b** x", "x"},
        {"a|b", "@**a|b|42** x", "x"},
        {"a|b", "@**a|42** x", "x"},
        {"a", "@**A** x", "x"},
        {"", "@**|42** x", "x"},
        {"Größe", "@**größe** x", "x"},
        {"a (b) [c]", "@**a (b) [c]** x", "x"},
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        struct mention_bot other = {.name = names[i].name, .id = 42};
        assert_string_equal(mention_request(test_arena, names[i].content, &other, false),
                            names[i].request);
    }
}

/* Much of one thing: the time grows with the length alone. */
static void test_hostile(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "`",
        "` ",
        "`` ` ",
        "\\`",
        "@**",
        "@**TMRO Bot",
        "@**TMRO Bot** ",
        "@_**TMRO Bot** ",
        "```\n",
        "```quote\n",
        "````spoiler `\n",
        "```spoiler @**TMRO Bot**\n",
        "~~~\n",
        "> ",
        ">\n",
        "\n",
        " ",
        "    x\n",
        "- ",
        "- `\n",
        "#\n",
        "\xFF",
        "\x0e",
        "\x0f",
        "\xE2\x80",
        "*",
        "|",
        "@",
    };
    for (size_t i = 0; i < COUNT(pieces); i++) {
        for (size_t k = 0; k < COUNT(pieces); k++) {
            struct buf content = repeat(pieces[i], 10000), more = repeat(pieces[k], 5000);
            buf_adds(&content, buf_str(&more));
            buf_adds(&content, "\n\n@**TMRO Bot** latest");
            for (int direct = 0; direct < 2; direct++)
                request_of(content.ptr, direct);
            arena_reset(test_arena);
        }
    }
    /* Runs of all lengths, from long to short and the other way. */
    struct buf runs = BUF_INIT(test_arena, 1000000);
    for (int n = 1; n < 700; n++) {
        struct buf run = repeat("`", (size_t)(n < 350 ? n : 700 - n));
        buf_addf(&runs, "%s x", buf_str(&run));
    }
    request_of(runs.ptr, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channel),
        cmocka_unit_test(test_direct),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests_name("mention", tests, setup_arena, teardown_arena);
}
