/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests frontmatter: the TOML that posts have, and every way to get it wrong. */
#include "frontmatter.h"

#include "fixture.h"

#define HEAD  "title = \"T\"\ndate = 2025-08-08\n"
#define FRONT "+++\n" HEAD "[extra]\nmonth = \"July 2025\"\n+++\n"

#define NO_VALUE                                                                                   \
    "front matter, line 2: a word that is no value: true and false are, and what is in quotes"

static bool parse(const char *data, struct frontmatter *front, struct fault *fault)
{
    return frontmatter_parse(data, strlen(data), front, fault);
}

static void test_whole(void **state)
{
    (void)state;
    static const char post[] =
        "+++\n"
        "title = \"This Month: \\\"a\\\" \\\\ \\u00e9\\t\\U0001F980\" # comment\n"
        "date = 2025-08-08T12:00:00Z\n"
        "draft = false\nweight = -1.5e3\n"
        "aliases = [\"a\", ['b', [1, 2]], {x = 1, y.z = \"}\"}]\n"
        "inline = { a = \"b\", c = [ 1 ] }\n"
        "long = \"\"\"\nmany\nlines \\\n   of \"text\" \"\"\"\n"
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
        "\"quoted key\" = 1\n"
        "[[extra.list]]\nmonth = 1\n[[extra.list]]\nmonth = 2\n"
        "+++\n"
        "# Body\n+++\n";
    struct frontmatter front = {0};
    struct fault fault = {0};
    if (!parse(post, &front, &fault))
        fail_msg("%s", fault.msg);
    assert_string_equal(front.title, "This Month: \"a\" \\ é 🦀");
    assert_string_equal(front.published, "2025-08-08");
    assert_string_equal(front.id, "2025-07");
    assert_int_equal(front.authors.count, 2);
    assert_string_equal(front.authors.name[0], "phil-opp");
    assert_string_equal(front.authors.name[1], "Freax13");
    assert_int_equal(front.editors.count, 0);
    assert_string_equal(post + front.body, "# Body\n+++\n");
    frontmatter_finish(&front);
    frontmatter_finish(&front);
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
        {"+++  \r\ntitle = 'T'\r\ndate = 2025-08-08\r\nextra.month = \"july 2025\"\r\n+++\r\nx\r\n",
         "2025-08-08", "x\r\n"},
        {"+++\ntitle = \"\"\"T\"\"\"\n\n[ extra ]\nmonth = 'Jul 2025'\n+++", "", ""},
        {"+++\ntitle='T'\ndate = 0000-05-06\nextra.month='2025-07'\n+++\n", "", ""},
        {"+++\ntitle='T'\ndate = \"2025-08-08\"\nextra.month='2025-07'\n+++\n", "2025-08-08", ""},
        {"+++\ntitle='T'\ndate = 2019-08-08\nextra.month='2025-07'\n+++\n", "", ""},
        {"+++\ntitle='T'\ndate = 2025-02-30\nextra.month='2025-07'\n+++\n", "", ""},
        {"+++\ntitle='T'\ndate = 2025-08-08 10:00:00\nextra.month='2025-07'\n+++\n", "2025-08-08",
         ""},
        {"+++\ntitle='T'\ndate = 2025-08-08 # 10:00\nextra.month='2025-07'\n+++\n", "2025-08-08",
         ""},
        {"+++\nTitle='another key'\ntitle='T'\nextra.month='2025-07'\n+++\n", "", ""},
        {"+++\n'@title'='another key'\ntitle='T'\nextra.month='2025-07'\n+++\n", "", ""},
        {"+++\ntitle='T'\nextra.month='2025-07'\n'+++' = '+++'\n+++\nx", "", "x"},
        {"+++\ntitle='T'\nempty = \"\"\nextra.month='2025-07'\nalso = ''\n+++\n", "", ""},
        {"+++\ntitle='T'\ntime = 07:32:00\nn = 0x_ff\ni = inf\nj = -inf\nk = nan\nl = "
         "true\nextra.month='2025-07'\n+++\n",
         "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct frontmatter front = {0};
        struct fault fault = {0};
        if (!parse(cases[i].data, &front, &fault))
            fail_msg("case %zu: %s", i, fault.msg);
        assert_string_equal(front.title, "T");
        assert_string_equal(front.published, cases[i].published);
        assert_string_equal(front.id, "2025-07");
        assert_string_equal(cases[i].data + front.body, cases[i].body);
        frontmatter_finish(&front);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *data, *msg;
    } cases[] = {
        {"", "no front matter: a post begins with a line that is only '+++'"},
        {"# Post\n", "no front matter: a post begins with a line that is only '+++'"},
        {"text\n" FRONT, "no front matter: a post begins with a line that is only '+++'"},
        {"++++\n" HEAD, "no front matter: a post begins with a line that is only '+++'"},
        {"+++ x\n" HEAD "+++\n", "no front matter: a post begins with a line that is only '+++'"},
        {"---\ntitle: x\n---\n", "no front matter: a post begins with a line that is only '+++'"},
        {"+++", "unclosed front matter: the second line that is only '+++' is missing"},
        {"+++\n" HEAD, "unclosed front matter: the second line that is only '+++' is missing"},
        {"+++\n" HEAD "+++x\n",
         "unclosed front matter: the second line that is only '+++' is missing"},
        {"+++\n+++\n", "front matter: 'title' is missing"},
        {"+++\ntitle = ' '\nextra.month = '2025-07'\n+++\n", "front matter: 'title' is missing"},
        {"+++\n" HEAD "+++\n", "front matter: 'extra.month' is missing"},
        {"+++\n" HEAD "month = 'July 2025'\n+++\n", "front matter: 'extra.month' is missing"},
        {"+++\ntitle = 5\n+++\n", "front matter, line 2: 'title' must be a string"},
        {"+++\n\n\ntitle = ['T']\n+++\n", "front matter, line 4: 'title' must be a string"},
        {"+++\ntitle = {a = 1}\n+++\n", "front matter, line 2: 'title' must be a string"},
        {"+++\n" HEAD "[extra]\nmonth = 2025-07\n+++\n",
         "front matter, line 5: 'extra.month' must be a string"},
        {"+++\n" HEAD "[extra]\nmonth = 'Smarch 2031'\n+++\n",
         "front matter, line 5: 'extra.month' must be a month and a year, such as \"July 2025\""},
        {"+++\n" HEAD "[extra]\neditors = 'x'\n+++\n",
         "front matter, line 5: 'extra.editors' must be an array of strings"},
        {"+++\n" HEAD "[extra]\nauthors = [\n1\n]\n+++\n",
         "front matter, line 7: 'extra.authors' must be an array of strings"},
        {"+++\n" HEAD "[extra]\nauthors = ['a', ['b']]\n+++\n",
         "front matter, line 5: 'extra.authors' must be an array of strings"},
        {"+++\ntitle = 'T'\ntitle = 'U'\n+++\n", "front matter, line 3: 'title' stands twice"},
        {"+++\n" HEAD "[extra]\nmonth = '2025-07'\n[extra]\nmonth = '2025-08'\n+++\n",
         "front matter, line 7: 'extra.month' stands twice"},
        {"+++\ntitle\n+++\n", "front matter, line 2: a key is not followed by '='"},
        {"+++\ntitle 'T'\n+++\n", "front matter, line 2: a key is not followed by '='"},
        {"+++\ntitle =\n+++\n", "front matter, line 2: value missing"},
        {"+++\ntitle = # nothing\n+++\n", "front matter, line 2: value missing"},
        {"+++\ndraft = yes\n+++\n", NO_VALUE},
        {"+++\ndate = someday\n+++\n", NO_VALUE},
        {"+++\na = [truely]\n+++\n", NO_VALUE},
        {"+++\na = 2025-08-08 10\n+++\n", "front matter, line 2: something behind the value"},
        {"+++\ntitle = 'T' 'U'\n+++\n", "front matter, line 2: something behind the value"},
        {"+++\ntitle = 'T', b = 2\n+++\n", "front matter, line 2: something behind the value"},
        {"+++\n= 'T'\n+++\n", "front matter, line 2: not a key"},
        {"+++\n.a = 'T'\n+++\n", "front matter, line 2: not a key"},
        {"+++\na. = 'T'\n+++\n", "front matter, line 2: not a key"},
        {"+++\n*\n+++\n", "front matter, line 2: not a key"},
        {"+++\n[extra\nmonth = 1\n+++\n", "front matter, line 2: table without its closing ']'"},
        {"+++\n[[extra]\nmonth = 1\n+++\n", "front matter, line 2: table without its closing ']'"},
        {"+++\n[]\n+++\n", "front matter, line 2: not a key"},
        {"+++\ntitle = \"T\n+++\n", "front matter, line 2: string without its closing quote"},
        {"+++\ntitle = 'T\n+++\n", "front matter, line 2: string without its closing quote"},
        {"+++\ntitle = \"\"\"T\nU\n+++\n",
         "front matter, line 4: string without its closing quote"},
        {"+++\ntitle = \"\\q\"\n+++\n", "front matter, line 2: unknown escape in a string"},
        {"+++\ntitle = \"\\u12\"\n+++\n", "front matter, line 2: unknown escape in a string"},
        {"+++\ntitle = \"\\ud800\"\n+++\n", "front matter, line 2: unknown escape in a string"},
        {"+++\ntitle = \"\\u0000\"\n+++\n", "front matter, line 2: unknown escape in a string"},
        {"+++\ntitle = \"\\U00110000\"\n+++\n", "front matter, line 2: unknown escape in a string"},
        {"+++\ntitle = \"\\U0010\n+++\n", "front matter, line 2: unknown escape in a string"},
        {"+++\na = [1, 2\n\n+++\n", "front matter, line 4: array without its closing ']'"},
        {"+++\na = [1 2]\n+++\n", "front matter, line 2: array without its closing ']'"},
        {"+++\na = [,]\n+++\n", "front matter, line 2: value missing"},
        {"+++\na = { b = 1\n+++\n", "front matter, line 2: inline table without its closing '}'"},
        {"+++\na = { b 1 }\n+++\n", "front matter, line 2: a key is not followed by '='"},
        {"+++\na = [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n+++\n",
         "front matter, line 2: nested too deep"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct frontmatter front = {0};
        struct fault fault = {0};
        if (parse(cases[i].data, &front, &fault))
            fail_msg("accepted: %s", cases[i].data);
        assert_fault(&fault, FAULT_INPUT);
        if (strcmp(fault.msg, cases[i].msg) != 0)
            fail_msg("'%s' instead of '%s' for:\n%s", fault.msg, cases[i].msg, cases[i].data);
        frontmatter_finish(&front);
    }
}

/* Text of the post that a message quotes stays one printable line. */
static void test_hostile_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {"\"\\u001b[31m\\n\"", "'\xE2\x80\xAE'", "'\xC2\x9B'",
                                       "\"\\u007f\""};
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct frontmatter front = {0};
        struct fault fault = {0};
        char data[100];
        snprintf(data, sizeof data, "+++\n%s = 1\n%s = 2\n+++\n", keys[i], keys[i]);
        assert_false(parse(data, &front, &fault));
        assert_fault(&fault, FAULT_INPUT);
        frontmatter_finish(&front);
    }
}

/* A thousand and more keys, authors, and a very long key. */
static void test_large(void **state)
{
    (void)state;
    struct buf post = BUF_INIT(1024 * 1024);
    struct frontmatter front = {0};
    struct fault fault = {0};
    buf_adds(&post, "+++\n" HEAD);
    for (int i = 0; i < 2000; i++)
        buf_addf(&post, "k%d = %d\n", i, i);
    buf_adds(&post, "[extra]\nmonth = 'July 2025'\nauthors = [");
    for (int i = 0; i < NAMES_MAX + 500; i++)
        buf_addf(&post, "'a%d',", i);
    buf_adds(&post, "]\n+++\n");
    if (!frontmatter_parse(post.ptr, post.len, &front, &fault))
        fail_msg("%s", fault.msg);
    assert_int_equal(front.authors.count, NAMES_MAX);
    frontmatter_finish(&front);
    buf_finish(&post);

    struct buf key = repeat("k", 5000), text = BUF_INIT(20000);
    buf_addf(&text, "+++\n%s = 1\n+++\n", key.ptr);
    assert_false(frontmatter_parse(text.ptr, text.len, &front, &fault));
    assert_fault(&fault, FAULT_INPUT);
    frontmatter_finish(&front);
    buf_finish(&key);
    buf_finish(&text);
}

/* Cut anywhere it is refused or whole, and nothing behind the end is read. */
static void test_truncated(void **state)
{
    (void)state;
    static const char post[] =
        "+++\ntitle = \"T\\u00e9\"\ndate = 2025-08-08\na = [ { b.'c' = 1 } ]\n"
        "t = \"\"\"\nx \\\n y\"\"\"\n[extra]\nmonth = \"July 2025\"\n+++";
    for (size_t len = 0; len < sizeof post; len++) {
        char *exact = malloc(len ? len : 1); /* exactly so long, for the sanitizer */
        assert_non_null(exact);
        memcpy(exact, post, len);
        struct frontmatter front = {0};
        struct fault fault = {0};
        assert_int_equal(frontmatter_parse(exact, len, &front, &fault), len == sizeof post - 1);
        if (len != sizeof post - 1)
            assert_fault(&fault, FAULT_INPUT);
        frontmatter_finish(&front);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_hostile_keys),
        cmocka_unit_test(test_large),   cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests_name("frontmatter", tests, NULL, NULL);
}
