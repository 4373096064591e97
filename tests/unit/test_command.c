/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests the grammar of requests: a table that people can read, hostile input, the help. */
#include "ask/command.h"
#include "ask/words.h"
#include "fixture.h"
#include "news/month.h"

/* Fewer lines than this, and the table was not read. */
#define CASES_MIN 200

static char *trim(char *s)
{
    s += strspn(s, " ");
    size_t len = strlen(s);
    while (len > 0 && s[len - 1] == ' ')
        s[--len] = '\0';
    return s;
}

/* Adds the byte or character that `*s` begins with, and steps over it. */
static void unescape_one(const char **s, struct buf *out)
{
    static const char names[] = "nts\\", bytes[] = "\n\t \\";
    if (**s != '\\') {
        buf_addc(out, *(*s)++);
        return;
    }
    char c = *++*s;
    const char *name = strchr(names, c);
    if (c == 'x') {
        char digits[3] = {(*s)[1], (*s)[1] ? (*s)[2] : '\0', '\0'};
        buf_addc(out, (char)strtoul(digits, NULL, 16));
        *s += 3;
    } else if (c && name) {
        buf_addc(out, bytes[name - names]);
        ++*s;
    } else {
        fail_msg("unknown escape: \\%s", *s);
    }
}

static struct buf unescape(const char *s)
{
    struct buf out = BUF_INIT(test_arena, 1024 * 1024);
    while (*s) {
        if (strncmp(s, "\\(", 2) != 0) {
            unescape_one(&s, &out);
            continue;
        }
        char *behind;
        struct buf part = BUF_INIT(test_arena, 1000);
        unsigned long count = strtoul(s + 2, &behind, 10);
        assert_memory_equal(behind, "){", 2);
        for (s = behind + 2; *s && *s != '}';)
            unescape_one(&s, &part);
        s += *s == '}';
        while (count-- > 0)
            buf_add(&out, part.ptr, part.len);
    }
    assert_false(out.full);
    return out;
}

/* In the words of the table. */
static struct buf describe(const struct command *command)
{
    static const char *const names[] = {
        [COMMAND_NONE] = "nothing",  [COMMAND_THANKS] = "thanks",   [COMMAND_SHOW] = "show",
        [COMMAND_LIST] = "list",     [COMMAND_HISTORY] = "history", [COMMAND_SEARCH] = "search",
        [COMMAND_WORDS] = "words",   [COMMAND_SINCE] = "since",     [COMMAND_NEXT] = "next",
        [COMMAND_STATUS] = "status", [COMMAND_HELP] = "help",
    };
    static const char *const whens[] = {
        [WHEN_NONE] = NULL,
        [WHEN_MONTH] = NULL,
        [WHEN_NAMED] = NULL,
        [WHEN_LATEST] = "newest",
        [WHEN_PREVIOUS] = "previous",
        [WHEN_LAST_MONTH] = "last month",
        [WHEN_THIS_MONTH] = "this month",
    };
    struct buf out = BUF_INIT(test_arena, 10000);
    buf_adds(&out, names[command->kind]);
    if (whens[command->when])
        buf_addf(&out, " %s", whens[command->when]);
    char id[MONTH_ID_SIZE];
    month_id(command->month, id);
    if (command->when == WHEN_MONTH)
        buf_addf(&out, " %s", id);
    if (command->when == WHEN_NAMED) {
        buf_addf(&out, " %s", month_name(command->named - 1));
        out.ptr[out.len - strlen(month_name(command->named - 1))] |= 0x20;
    }
    if (command->year)
        buf_addf(&out, " %d", command->year);
    if (command->coming)
        buf_adds(&out, ", to come");
    if (*command->words)
        buf_addf(&out, "%s %s", command->kind == COMMAND_SINCE ? "," : ":", command->words);
    if (command->kind == COMMAND_WORDS && command->name_len < strlen(command->words))
        buf_addf(&out, ", or %.*s", (int)command->name_len, command->words);
    assert_false(out.full);
    return out;
}

/* What holds of every command, whatever was asked. */
static void assert_sound(const struct command *command)
{
    size_t len = strlen(command->words);
    assert_true(len <= WORDS_MAX);
    struct buf valid = BUF_INIT(test_arena, 4 * WORDS_MAX);
    text_add_valid(&valid, command->words, len);
    assert_string_equal(buf_str(&valid), command->words);
    buf_reset(&valid);
    text_add_folded(&valid, command->words, len);
    text_trim(&valid);
    assert_string_equal(buf_str(&valid), command->words);
    bool timed = command->kind == COMMAND_SHOW || command->kind == COMMAND_SINCE;
    assert_int_equal(timed, command->when != WHEN_NONE);
    assert_int_equal(command->when == WHEN_MONTH, command->month > 0);
    assert_int_equal(command->when == WHEN_NAMED, command->named >= 1 && command->named <= 12);
    assert_true(!command->coming ||
                (command->kind == COMMAND_SHOW &&
                 (command->when == WHEN_NAMED || command->when == WHEN_LATEST)));
    assert_true(command->name_len <= len);
    assert_int_equal(command->kind == COMMAND_WORDS, command->name_len > 0);
    assert_true(command->year == 0 || (command->kind == COMMAND_LIST && command->year >= 2000));
}

/* False, and says why, when the request is understood otherwise. */
static bool check(const char *asked, const char *expected, int line)
{
    struct buf request = unescape(asked), meaning = unescape(expected);
    struct command command;
    command_read(buf_str(&request), request.len, &command);
    assert_sound(&command);
    struct buf read = describe(&command);
    bool same = strcmp(buf_str(&read), buf_str(&meaning)) == 0;
    if (!same)
        print_error("grammar.txt:%d: '%s' is understood as '%s' instead of '%s'\n", line, asked,
                    buf_str(&read), buf_str(&meaning));
    return same;
}

static void test_grammar(void **state)
{
    (void)state;
    struct buf table = read_path("tests/unit/grammar.txt");
    size_t cases = 0, wrong = 0;
    int number = 1;
    for (char *line = table.ptr, *next; line; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (*line == '#' || !*line)
            continue;
        char *arrow = strstr(line, "=>");
        if (!arrow)
            fail_msg("grammar.txt:%d: no =>", number);
        *arrow = '\0';
        wrong += !check(trim(line), trim(arrow + 2), number);
        cases++;
    }
    print_message("%zu cases of the grammar\n", cases);
    if (wrong)
        fail_msg("%zu of %zu cases", wrong, cases);
    assert_true(cases >= CASES_MIN);
}

/* Every byte, alone and inside of words. */
static void test_bytes(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        static const char *const around[][2] = {{"", ""},           {"uefi", "rs"},
                                                {"july ", " 2025"}, {"since march ", ""},
                                                {"help ", ""},      {"search ", ""}};
        for (size_t i = 0; i < COUNT(around); i++) {
            struct buf text = BUF_INIT(test_arena, 100);
            buf_adds(&text, around[i][0]);
            buf_addc(&text, (char)c);
            buf_adds(&text, around[i][1]);
            struct command command;
            command_read(text.ptr, text.len, &command);
            assert_sound(&command);
        }
    }
}

/* 10,000 characters and more of one thing. */
static void test_long(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a",           " ",       "a ",       "july ",      "2025 ",
        "since ",      "the ",    "what is ", "thank you ", "\xF0\x9F\xA6\x80",
        "\xFF",        "\"",      "- ",       "help ",      "this month in rust osdev ",
        "history of ", "search ", "may i ",   "\x0e",       "\xE2\x80\xAE",
        "uefi-rs ",    "next ",   "before ",  "crate ",
    };
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct buf text = repeat(pieces[i], 200000);
        struct command command;
        command_read(text.ptr, text.len, &command);
        assert_sound(&command);
    }
    struct command command;
    command_read("", 0, &command);
    assert_int_equal(command.kind, COMMAND_NONE);
    command_read("latestXYZ", 6, &command);
    assert_int_equal(command.kind, COMMAND_SHOW);
}

static void test_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *word, *command;
    } cases[] = {
        {"lates", "latest"},
        {"latets", "latest"},
        {"LATES", "latest"},
        {"sho", "show"},
        {"lst", "list"},
        {"histroy", "history"},
        {"serach", "search"},
        {"sinse", "since"},
        {"nxt", "next"},
        {"statsu", "status"},
        {"halp", "help"},
        {"sugest", "suggest"},
        {"submitt", "submit"},
        {"fidn", "find"},
        {"newst", "newest"},
        {"porject", "project"},
        {"latest", NULL},
        {"Help", NULL},
        {"suggest", NULL},
        {"frobnicator", NULL},
        {"", NULL},
        {"hypervisor", NULL},
        {"help me", NULL},
        {"previos", "previous"},
        {"lastest", "latest"},
        {"shwo", "show"},
        {"sine", "since"},
        {"febuary", "february"},
        {"Setpember", "september"},
        {"marhc", "march"},
        {"june", NULL},
        {"jully", NULL},
        {"previous", NULL},
        {"March", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *nearest = words_nearest(cases[i].word);
        if (!nearest || !cases[i].command ? nearest != cases[i].command
                                          : strcmp(nearest, cases[i].command) != 0)
            fail_msg("'%s': %s", cases[i].word, nearest ? nearest : "none");
    }
    struct buf word = repeat("latest", 10000);
    assert_null(words_nearest(word.ptr));
}

/* The help speaks of every command, by names that are understood. */
static void test_help(void **state)
{
    (void)state;
    static const char *const names[] = {"latest", "show", "list",   "history", "search",
                                        "since",  "next", "status", "help"};
    size_t count;
    const struct command_help *help = command_help(&count);
    assert_int_equal(count, COUNT(names));
    for (size_t i = 0; i < count; i++) {
        struct command command;
        char asked[100];
        assert_string_equal(help[i].name, names[i]);
        assert_true(text_starts_fold(help[i].usage, help[i].name));
        assert_clear_line(help[i].summary);
        assert_true(text_starts_fold(help[i].example, help[i].name));
        snprintf(asked, sizeof asked, "help %s", help[i].name);
        command_read(asked, strlen(asked), &command);
        assert_int_equal(command.kind, COMMAND_HELP);
        assert_string_equal(command.words, help[i].name);
        assert_null(words_nearest(help[i].name));
        command_read(help[i].example, strlen(help[i].example), &command);
        assert_sound(&command);
        assert_int_not_equal(command.kind, COMMAND_NONE);
        if (help[i].shorter)
            assert_string_equal(strstr(help[i].example, help[i].shorter), help[i].shorter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar), cmocka_unit_test(test_bytes), cmocka_unit_test(test_long),
        cmocka_unit_test(test_nearest), cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests_name("command", tests, setup_arena, teardown_arena);
}
