/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests frontmatter: the TOML that posts use, and every way to get it wrong. */
#include "news/frontmatter.h"

#include "fixture.h"

#define HEAD  "title = \"T\"\ndate = 2025-08-08\n"
#define FRONT "+++\n" HEAD "[extra]\nmonth = \"July 2025\"\n+++\n"

#define NO_VALUE(word)                                                                             \
    "front matter, line 2: '" word "' is not a value: expected a quoted string, a whole number, "  \
    "a date, true or false"
#define NO_ESCAPE "front matter, line 2: the string has an escape that is not supported"
#define UNUSED    " is not supported"
#define MISSING   "front matter, line 1: a post must begin with a line that is only '+++'"
#define UNCLOSED  "front matter, line 1: the second line that is only '+++' is missing"
#define NO_KEY    "expected a key of letters, digits, '_' and '-'"
#define NO_STRING "expected a quoted string or ']': other arrays are not supported"

/* The fault has what a post would be refused with. */
static bool parse_bytes(const char *data, size_t len, struct frontmatter *front,
                        struct fault *fault)
{
    bool parsed = frontmatter_parse(test_arena, data, len, front);
    assert_int_equal(parsed, !front->wrong);
    return parsed || fault_set(fault, FAULT_INPUT, "front matter, line %d: %s", front->wrong_line,
                               front->wrong);
}

static bool parse(const char *data, struct frontmatter *front, struct fault *fault)
{
    return parse_bytes(data, strlen(data), front, fault);
}

static void test_whole(void **state)
{
    (void)state;
    static const char post[] =
        "+++\n"
        "title = \"This Month: \\\"a\\\" \\\\ \\u00e9\\t\\U0001F980\" # comment\n"
        "date = 2025-08-08T12:00:00Z\n"
        "draft = false\nweight = -1500\n"
        "aliases = [\"a\", 'b',]\n"
        "inline = { a = \"b\", c = [ '1' ], d = '}', e = true }\n"
        "literal = 'C:\\no\\escapes'\n"
        "[extra]\n"
        "month = \"July 2025\"\n"
        "authors = [\n"
        "    \"phil-opp\", # first\n"
        "    # nobody\n"
        "    '@Freax13',\n"
        "    \"PHIL-OPP\",\n"
        "]\n"
        "editors=[]\n"
        "1234 = 1\n"
        "[list]\nmonth = 1\n"
        "+++\n"
        "# Body\n+++\n";
    struct frontmatter front = {0};
    struct fault fault = {0};
    if (!parse(post, &front, &fault))
        fail_msg("%s", fault.msg);
    assert_string_equal(front.title, "This Month: \"a\" \\ é 🦀");
    assert_string_equal(front.published, "2025-08-08");
    assert_month(front.month, "2025-07");
    assert_int_equal(front.authors.count, 2);
    assert_string_equal(front.authors.name[0], "phil-opp");
    assert_string_equal(front.authors.name[1], "Freax13");
    assert_int_equal(front.editors.count, 0);
    assert_string_equal(post + front.body, "# Body\n+++\n");
    const struct front_key *key = frontmatter_find(&front, "weight");
    assert_int_equal(key->type, FRONT_NUMBER);
    assert_int_equal(key->line, 5);
    assert_string_equal(key->text, "-1500");
    assert_int_equal(frontmatter_find(&front, "aliases")->type, FRONT_STRINGS);
    assert_int_equal(frontmatter_find(&front, "extra")->type, FRONT_TABLE);
    assert_string_equal(frontmatter_find(&front, "inline.d")->text, "}");
    assert_string_equal(frontmatter_find(&front, "literal")->text, "C:\\no\\escapes");
    assert_string_equal(frontmatter_find(&front, "list.month")->text, "1");
    assert_null(frontmatter_find(&front, "month"));
}

/* Different ways to write the same. */
static void test_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *data, *published, *body;
    } cases[] = {
        {FRONT, "2025-08-08", ""},
        {FRONT "x", "2025-08-08", "x"},
        {"\xEF\xBB\xBF" FRONT "x", "2025-08-08", "x"},
        {"\n \n" FRONT "x", "2025-08-08", "x"},
        {"+++\r\ntitle = 'T'\r\ndate = 2025-08-08\r\nextra.month = \"july 2025\"\r\n+++  \r\nx\r\n",
         "2025-08-08", "x\r\n"},
        {"+++\ntitle = \"T\"\n\n[ extra ]\nmonth = 'Jul 2025'\n+++", "", ""},
        {"+++\ntitle='T'\ndate = 0000-05-06\nextra.month='2025-07'\n+++\n", "", ""},
        {"+++\ntitle='T'\ndate = \"2025-08-08\"\nextra.month='2025-07'\n+++\n", "2025-08-08", ""},
        {"+++\ntitle='T'\ndate = 2019-08-08\nextra.month='2025-07'\n+++\n", "", ""},
        {"+++\ntitle='T'\ndate = 2025-08-08 10:00:00\nextra.month='2025-07'\n+++\n", "2025-08-08",
         ""},
        {"+++\ntitle='T'\ndate = 2025-08-08 # 10:00\nextra.month='2025-07'\n+++\n", "2025-08-08",
         ""},
        {"+++\nTitle='another key'\ntitle='T'\nextra.month='2025-07'\n+++\n", "", ""},
        {"+++\ntitle='T'\nextra = { month='2025-07' } # both\n+++\n", "", ""},
        {"+++\ntitle='T'\nextra={authors=[\n'a',\n'b'],month='2025-07'}\n+++\n", "", ""},
        {"+++\ntitle='T'\nextra.month='2025-07'\nplus = '+++'\n+++\nx", "", "x"},
        {"+++\ntitle='T'\nextra.month='2025-07'\n \t+++ \t\r\nx", "", "x"},
        {"+++\ntitle='T'\nextra.month='2025-07' # +++\nx", "", "x"},
        {"+++\ntitle='T'\nextra.month='2025-07' # +++ +++x\n+++", "", ""},
        {"+++\ntitle='T'\nempty = \"\"\nextra.month='2025-07'\nalso = ''\n+++\n", "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct frontmatter front = {0};
        struct fault fault = {0};
        if (!parse(cases[i].data, &front, &fault))
            fail_msg("case %zu: %s", i, fault.msg);
        assert_string_equal(front.title, "T");
        assert_string_equal(front.published, cases[i].published);
        assert_month(front.month, "2025-07");
        assert_string_equal(cases[i].data + front.body, cases[i].body);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *data, *msg;
    } cases[] = {
        {"", MISSING},
        {"# Post\n", MISSING},
        {"text\n" FRONT, MISSING},
        {"++++\n" HEAD, MISSING},
        {"+++ x\n" HEAD "+++\n", MISSING},
        {"+++ \n" HEAD "+++\n", MISSING},
        {"---\ntitle: x\n---\n", MISSING},
        {"+++", UNCLOSED},
        {"+++\n" HEAD, UNCLOSED},
        {"+++\n" HEAD "+++x\n", UNCLOSED},
        {"+++\n+++\n", "front matter, line 1: 'title' is missing"},
        {"+++\n" HEAD "x = 1 # +++\n[extra]\nmonth = '2025-07'\n+++\n",
         "front matter, line 1: 'extra.month' is missing"},
        {"+++\ntitle = \"\"\"\nC +++\n\"\"\"\nextra.month = '2025-07'\n+++\n",
         "front matter, line 2: a string in three quotes is not supported: use one quote"},
        {"+++\ntitle = ' '\nextra.month = '2025-07'\n+++\n",
         "front matter, line 1: 'title' is missing"},
        {"+++\n" HEAD "+++\n", "front matter, line 1: 'extra.month' is missing"},
        {"+++\n" HEAD "month = 'July 2025'\n+++\n",
         "front matter, line 1: 'extra.month' is missing"},
        {"+++\ntitle = 5\n+++\n", "front matter, line 2: 'title' must be a string"},
        {"+++\n\n\ntitle = ['T']\n+++\n", "front matter, line 4: 'title' must be a string"},
        {"+++\ntitle = {a = 1}\n+++\n", "front matter, line 2: 'title' must be a string"},
        {"+++\n" HEAD "[extra]\nmonth = 2025-07-01\n+++\n",
         "front matter, line 5: 'extra.month' must be a string"},
        {"+++\n" HEAD "[extra]\nmonth = 'Smarch 2031'\n+++\n",
         "front matter, line 5: 'extra.month' must be a month and a year, such as \"July 2025\""},
        {"+++\n" HEAD "[extra]\neditors = 'x'\n+++\n",
         "front matter, line 5: 'extra.editors' must be an array of strings"},
        {"+++\n" HEAD "[extra]\nauthors = [\n1\n]\n+++\n", "front matter, line 6: " NO_STRING},
        {"+++\nextra = 'x'\n+++\n", "front matter, line 2: 'extra' must be a table"},
        {"+++\ndraft = 'true'\n+++\n", "front matter, line 2: 'draft' must be true or false"},
        {"+++\nweight = true\n+++\n", "front matter, line 2: 'weight' must be a whole number"},
        {"+++\ntitle = 'T'\ntitle = 'U'\n+++\n",
         "front matter, line 3: 'title' is already in line 2"},
        {"+++\n" HEAD "[extra]\nmonth = '2025-07'\n[extra]\nmonth = '2025-08'\n+++\n",
         "front matter, line 6: 'extra' is already in line 4"},
        {"+++\ntitle\n+++\n", "front matter, line 2: the '=' after the key is missing"},
        {"+++\ntitle 'T'\n+++\n", "front matter, line 2: the '=' after the key is missing"},
        {"+++\ntitle =\n+++\n", "front matter, line 2: the value is missing"},
        {"+++\ntitle = # nothing\n+++\n", "front matter, line 2: the value is missing"},
        {"+++\ndraft = yes\n+++\n", NO_VALUE("yes")},
        {"+++\ndate = someday\n+++\n", NO_VALUE("someday")},
        {"+++\na = truely\n+++\n", NO_VALUE("truely")},
        {"+++\nweight = 08\n+++\n", NO_VALUE("08")},
        {"+++\na = 2021-02-30\n+++\n", NO_VALUE("2021-02-30")},
        {"+++\na = 2025-08-08 10\n+++\n", NO_VALUE("2025-08-08 10")},
        {"+++\ntitle = 'T' 'U'\n+++\n", "front matter, line 2: unexpected text after the value"},
        {"+++\ntitle = 'T', b = 2\n+++\n", "front matter, line 2: unexpected text after the value"},
        {"+++\n= 'T'\n+++\n", "front matter, line 2: " NO_KEY},
        {"+++\n.a = 'T'\n+++\n", "front matter, line 2: " NO_KEY},
        {"+++\na. = 'T'\n+++\n", "front matter, line 2: " NO_KEY},
        {"+++\n*\n+++\n", "front matter, line 2: " NO_KEY},
        {"+++\n[extra\nmonth = 1\n+++\n",
         "front matter, line 2: the closing ']' of the table is missing"},
        {"+++\n[[extra]\nmonth = 1\n+++\n", "front matter, line 2: an array of tables" UNUSED},
        {"+++\n[]\n+++\n", "front matter, line 2: " NO_KEY},
        {"+++\ntitle = \"T\n+++\n",
         "front matter, line 2: the closing quote of the string is missing"},
        {"+++\ntitle = 'T\n+++\n",
         "front matter, line 2: the closing quote of the string is missing"},
        {"+++\ntitle = \"\\q\"\n+++\n", NO_ESCAPE},
        {"+++\ntitle = \"\\u12\"\n+++\n", NO_ESCAPE},
        {"+++\ntitle = \"\\ud800\"\n+++\n", NO_ESCAPE},
        {"+++\ntitle = \"\\u0000\"\n+++\n", NO_ESCAPE},
        {"+++\ntitle = \"\\U00110000\"\n+++\n", NO_ESCAPE},
        {"+++\ntitle = \"\\U0010\n+++\n", NO_ESCAPE},
        {"+++\na = ['1', '2'\n\n+++\n",
         "front matter, line 4: the closing ']' of the array is missing"},
        {"+++\na = ['1' '2']\n+++\n",
         "front matter, line 2: the closing ']' of the array is missing"},
        {"+++\na = [,]\n+++\n", "front matter, line 2: " NO_STRING},
        {"+++\na = { b = 1\n+++\n",
         "front matter, line 2: the closing '}' of the table is missing"},
        {"+++\na = { b 1 }\n+++\n", "front matter, line 2: the '=' after the key is missing"},
        {"+++\na = [[1]]\n+++\n", "front matter, line 2: " NO_STRING},
        {"+++\na = [{b = 1}]\n+++\n", "front matter, line 2: " NO_STRING},
        {"+++\na = {b = {}}\n+++\n", "front matter, line 2: a table in a table" UNUSED},
        {"+++\n'a' = 1\n+++\n", "front matter, line 2: " NO_KEY},
        {"+++\n[[a]]\n+++\n", "front matter, line 2: an array of tables" UNUSED},
        {"+++\n# \x08\n+++\n",
         "front matter, line 2: the character U+0008 is not allowed: remove it"},
        {"+++\r\na = 1\r\nb = '\r'\r\n+++\r\n",
         "front matter, line 3: the character U+000D is not allowed: remove it"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct frontmatter front = {0};
        struct fault fault = {0};
        if (parse(cases[i].data, &front, &fault))
            fail_msg("accepted: %s", cases[i].data);
        assert_fault(&fault, FAULT_INPUT);
        if (strcmp(fault.msg, cases[i].msg) != 0)
            fail_msg("'%s' instead of '%s' for:\n%s", fault.msg, cases[i].msg, cases[i].data);
    }
}

/* Whether a document, after a valid head, is taken. */
static bool is_taken(const char *document)
{
    struct frontmatter front = {0};
    struct fault fault = {0};
    char data[4000];
    snprintf(data, sizeof data, "+++\n" HEAD "extra.month = '2025-07'\n%s\n+++\n", document);
    bool taken = parse(data, &front, &fault);
    if (!taken) {
        assert_fault(&fault, FAULT_INPUT);
        assert_true(front.wrong_line > 4);
    }
    return taken;
}

/* What TOML forbids, whatever posts use. */
static void test_forbidden(void **state)
{
    (void)state;
    static const char *const documents[] = {
        /* numbers */
        "a = 01",
        "a = -07",
        "a = +00",
        "a = 1__0",
        "a = _1",
        "a = 1_",
        "a = 1_000_",
        "a = +-1",
        "a = --1",
        "a = +",
        "a = -",
        "a = 1 2",
        "a = 0x",
        "a = 0xg1",
        "a = 0b12",
        "a = 0o8",
        "a = 0X1F",
        "a = -0x1",
        "a = 1.",
        "a = .5",
        "a = 1.e2",
        "a = 1e",
        "a = 1e+",
        "a = 03.14",
        "a = 1..2",
        "a = 1e2.3",
        "a = Inf",
        "a = NaN",
        "a = 9223372036854775808",
        "a = 12a",
        "a = -9223372036854775809",
        "a = 99999999999999999999999999",
        "a = 1,2",
        "a = \xD9\xA1",
        "a = +_1",
        "a = 0_1",
        "a = 00",
        "a = - 1",
        /* dates */
        "a = 2021-02-30",
        "a = 2023-02-29",
        "a = 1900-02-29",
        "a = 2021-13-01",
        "a = 2021-00-10",
        "a = 2021-04-31",
        "a = 2021-01-00",
        "a = 2021-1-1",
        "a = 21-01-01",
        "a = 2021-01-01T",
        "a = 2021-01-01T24:00:00",
        "a = 2021-01-01T10:60:00",
        "a = 2021-01-01T10:00:61",
        "a = 2021-01-01T1:00:00",
        "a = 2021-01-01T10:00:00.",
        "a = 2021-01-01T10:00:00+24:00",
        "a = 2021-01-01T10:00:00+01:60",
        "a = 2021-01-01T10:00:00+0100",
        "a = 2021-01-01x10:00:00",
        "a = 2021-01-01T10:00:00ZZ",
        "a = 2021-01-01T10:00:00 Z",
        "a = 2021-01-01  10:00:00",
        "a = 2021/01/01",
        "a = 20210101T100000",
        "a = 2021-01-01T10:00:00.5.5",
        "a = 10:00:0",
        "a = 2021-01-01T10:00:00+01:00:00",
        "a = 2021-01",
        "a = 12021-01-01",
        "a = 2021-01-01-01",
        /* words */
        "a = True",
        "a = FALSE",
        "a = yes",
        "a = null",
        "a = truefalse",
        "a = tru",
        "a = t",
        "a =",
        /* strings */
        "a = \"x",
        "a = 'x",
        "a = x\"",
        "a = \"x\ny\"",
        "a = 'x\ny'",
        "a = \"\\q\"",
        "a = \"\\x41\"",
        "a = \"\\e\"",
        "a = \"\\u12\"",
        "a = \"\\u 123\"",
        "a = \"\\u+123\"",
        "a = \"\\ud800\"",
        "a = \"\\u0x41\"",
        "a = \"\\U00110000\"",
        "a = \"\\\"",
        "a = \"\"\"x",
        "a = \"\"\"x\"\"",
        "a = '''x",
        "a = '''x''",
        "a = \"\"\"\"\"\"\"\"\"",
        "a = '''''''''",
        "a = '''x''''''",
        "a = \"\"\"\\ x\"\"\"",
        "a = \"\"\"\\q\"\"\"",
        "a = 'it''s'",
        "a = \"x\" \"y\"",
        "a = \"a\tb\x01\"",
        "a = 'x\x7f'",
        "a = '''x\x0b'''",
        "a = \"\"\"x\x1f\"\"\"",
        "a = \"x\ry\"",
        "a = '''x\ry'''",
        "a = 'x\x0c'",
        /* characters outside of strings */
        "# x\x01",
        "a = '\xEF\xBF\xBF'",
        "# x\x7f",
        "a = 1 # \x0c",
        "a = 1\rb = 2",
        "\x0b",
        "a = 1\x0c",
        "a =\xc2\xa0 1",
        "\xE2\x80\x8B = 1",
        "a = 1\xE2\x80\x8B",
        /* keys */
        "a",
        "a 1",
        "= 1",
        "a = 1 b = 2",
        "a == 1",
        "a : 1",
        "a. = 1",
        ".a = 1",
        "a..b = 1",
        "a b = 1",
        "a# = 1",
        "a\n= 1",
        "a =\n1",
        "\xC3\xA4 = 1",
        "a+b = 1",
        "a, b = 1",
        "\"a = 1",
        "\"a\"b = 1",
        "'''a''' = 1",
        "a = 1;",
        "a = 1\na = 2",
        "title = 'again'",
        "a = 1\na.b = 2",
        "a.b = 1\na.b.c = 2",
        "a.b = 1\na.b = 2",
        "a = []\na.b = 1",
        "a.b = 1\na = 2",
        "a.b.c = 1\na.b = 2",
        "date = 2025-08-08",
        /* tables */
        "[]",
        "[ ]",
        "[a",
        "a]",
        "[a]]",
        "[a] b = 1",
        "[a.]",
        "[.a]",
        "[a..b]",
        "[a b]",
        "[a\n]",
        "[a=1]",
        "[a]\nb = 1\n[a]\nc = 2",
        "[a.b]\n[a]\n[a.b]",
        "[a]\n[a]",
        "a = 1\n[a]",
        "a = 1\n[a.b]",
        "a.b = 1\n[a]",
        "a.b.c = 1\n[a.b]",
        "a = []\n[a]",
        "[a]\nb = 1\n[a.b]",
        "[a.b.c]\nd = 1\n[a]\nb.c.e = 2",
        "[a]\nb.c = 1\n[a.b]",
        "[a] [b]",
        "[extra]",
        "[ [a] ]",
        "[a]\nb = 1\n[a.b.c]",
        "[title]",
        "[a.b]\n[a]\nb = 1",
        "a = 1\n[b]\n[b]",
        /* arrays */
        "a = [",
        "a = [1",
        "a = [1,",
        "a = [1 2]",
        "a = [,]",
        "a = [1,,2]",
        "a = [,1]",
        "a = [1]]",
        "a = 1]",
        "a = [1\nb = 2",
        "a = ['x' 'y']",
        "a = [1,\n# ]\n",
        "a = [b = 1]",
        "a = [1;2]",
        /* tables in braces */
        "a = {",
        "a = {b = 1",
        "a = {b = 1,}",
        "a = {,}",
        "a = {b}",
        "a = {b = 1 c = 2}",
        "a = }",
        "a = {b = 1,\nc = 2}",
        "a = {\nb = 1}",
        "a = {b = 1\n}",
        "a = {b = 1, b = 2}",
        "a = {b = 1,, c = 2}",
        "a = {b = 1} c",
        "a = {b = 1}\na.c = 2",
        "a = {b = 1}\n[a]",
        "a = {}\n[a.b]",
        "a = {b.c = 1, b = 2}",
        "a = {b = 1, b.c = 2}",
        "a = {b.c = 1}\na.b.d = 2",
        "a = {b = 1 # x\n}",
        "a = {b: 1}",
        "a = {1}",
        "a.b = 1\na = {}",
        "extra = {}",
        "[a.b]\n[a]\nb = {}",
    };
    for (size_t i = 0; i < COUNT(documents); i++)
        if (is_taken(documents[i]))
            fail_msg("taken: %s", documents[i]);
}

/* What posts may use. */
static void test_allowed(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "",
        "# only a comment\n#\n#\ttab",
        "a = 0",
        "a = -0",
        "a = +0",
        "a = +99",
        "a = 2024-02-29",
        "a = 2000-02-29",
        "a = 0001-01-01",
        "a = 2021-01-01T10:00:00",
        "a = 2021-01-01 10:00:00",
        "a=true",
        "a =false# x",
        "a = 2021-01-01t23:59:59.123456z",
        "a = 2021-12-31T00:00:00-07:30",
        "a = 2021-01-01 # 10:00",
        "a = ''",
        "a = \"\"",
        "a = '\\'",
        "a = \"\\\\\"",
        "a = \"\\\"\"",
        "a = \"# no comment\"",
        "a = \"\xC3\xA4\\u00e4\\U0001F980\\t\"",
        "a = [ ]",
        "a = ['1',]",
        "a = [\n# one\n'1', # x\n\n'2'\n# y\n,\n]",
        "a = ['x', \"y\", ']']",
        "a = { b = ['1',\n '2', # x\n], c = 1 }",
        "a.b = 1\na.c = 2",
        "a\t.  c = 1\na.d = 2",
        "1.2 = 3",
        "a-b_C = 1",
        "- = 1",
        "a = 1\nA = 2",
        "[a]\nb = 1\n[c]\nb = 1",
        "a = {}",
        "a = { }",
        "true = false",
        "a = '\xC2\xA0'",
        "a = \"}\"",
        "description = 'x'\nweight = 8\nin_search_index = false",
        "[taxonomies]\ntags = ['x']",
    };
    for (size_t i = 0; i < COUNT(documents); i++)
        if (!is_taken(documents[i]))
            fail_msg("refused: %s", documents[i]);
}

/* What TOML allows, and posts do not use. */
static void test_unused(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "a = 1_2_3",
        "a = 9223372036854775807",
        "a = -9223372036854775808",
        "a = ''''''",
        "a = \"\"\"\"\"\"",
        "a = \"\"\"\"x\"\"\"\"\"",
        "a = '''''x'''''",
        "a = '''\nx\n\n'y' \\q\n'''",
        "a = \"\"\"\n\\\n  x\\  \n\n   y\"\"\"",
        "a = \"\"\"x\r\ny\"\"\"",
        "a = [1,]",
        "a = [\n# one\n1, # x\n\n2\n# y\n,\n]",
        "a = ['x', \"y\", '''z\nz''']",
        "a = [true, 2021-01-01, -1, ']']",
        "[a.b.c]\n[a]\n[a.b]",
        "[ a . b ] # x",
        "[a]\n[a.b]\n[a.b.c]",
        "[a]\nb.c = 1\n[a.b.d]\ne = 1",
        "a = {b = 1, c = 'x', d.e = true, d.f = 2021-01-01}",
        "a = { b = [1,\n 2, # x\n], c = 1 }",
        "[a]\nb = {c = 1}",
        "a.b = {c = 1}\na.d = 1",
        "a.b.c = 1",
    };
    for (size_t i = 0; i < COUNT(documents); i++)
        if (is_taken(documents[i]))
            fail_msg("taken: %s", documents[i]);
}

/* Text of the post that a message quotes stays one printable line. */
static void test_hostile_words(void **state)
{
    (void)state;
    static const char *const words[] = {"\x1b[31m", "\xE2\x80\xAE", "\xC2\x9B", "1\x7f"};
    for (size_t i = 0; i < COUNT(words); i++) {
        struct frontmatter front = {0};
        struct fault fault = {0};
        char data[100];
        snprintf(data, sizeof data, "+++\na = %s\n+++\n", words[i]);
        assert_false(parse(data, &front, &fault));
        assert_fault(&fault, FAULT_INPUT);
        assert_clear_line(fault.msg);
    }
}

/* A thousand and more keys, authors, and a very long key. */
static void test_large(void **state)
{
    (void)state;
    struct buf post = BUF_INIT(test_arena, 1024 * 1024);
    struct frontmatter front = {0};
    struct fault fault = {0};
    buf_adds(&post, "+++\n" HEAD);
    for (int i = 0; i < 2000; i++)
        buf_addf(&post, "k%d = %d\n", i, i);
    buf_adds(&post, "[extra]\nmonth = 'July 2025'\nauthors = [");
    for (int i = 0; i < NAMES_MAX + 500; i++)
        buf_addf(&post, "'a%d',", i);
    buf_adds(&post, "]\n+++\n");
    if (!parse_bytes(post.ptr, post.len, &front, &fault))
        fail_msg("%s", fault.msg);
    assert_int_equal(front.authors.count, NAMES_MAX);

    struct buf key = repeat("k", 5000), text = BUF_INIT(test_arena, 130000);
    buf_addf(&text, "+++\n%s = 1\n%s = 2\n+++\n", key.ptr, key.ptr);
    front = (struct frontmatter){0};
    assert_false(parse_bytes(text.ptr, text.len, &front, &fault));
    assert_fault(&fault, FAULT_INPUT);
}

/* In memory that is exactly as long as the data, for the sanitizer. */
static bool is_read(const char *data, size_t len)
{
    char *exact = arena_zero(test_arena, 1, len);
    struct frontmatter front = {0};
    struct fault fault = {0};
    memcpy(exact, data, len);
    bool read = parse_bytes(exact, len, &front, &fault);
    if (!read)
        assert_fault(&fault, FAULT_INPUT);
    return read;
}

/* Cut anywhere it is refused or whole, and nothing after the end is read. */
static void test_truncated(void **state)
{
    (void)state;
    static const char *const ends[] = {"\"\\U", "\"\\u1", "'''",         "\"\"\"\\", "[",
                                       "{",     "1 ",     "2021-01-01 ", "#"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        char data[40];
        int len = snprintf(data, sizeof data, "+++\na = %s\n+++", ends[i]);
        assert_false(is_read(data, (size_t)len));
    }
    static const char post[] = "+++\ntitle = \"T\\u00e9\"\ndate = 2025-08-08\na = { b = [ '1' ] }\n"
                               "[extra]\nmonth = \"July 2025\"\n+++";
    for (size_t len = 0; len < sizeof post; len++)
        assert_int_equal(is_read(post, len), len == sizeof post - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),         cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_forbidden),
        cmocka_unit_test(test_allowed),       cmocka_unit_test(test_unused),
        cmocka_unit_test(test_hostile_words), cmocka_unit_test(test_large),
        cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests_name("frontmatter", tests, setup_arena, teardown_arena);
}
