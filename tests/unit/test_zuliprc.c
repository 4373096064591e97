/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests zuliprc: the file as Zulip and as people write it, where it is found, what is refused. */
#include "io/zuliprc.h"

#include "fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#define KEY  "abcdefghijklmnopqrstuvwxyz012345"
#define KEY2 "ABCDEFGHIJKLMNOPQRSTUVWXYZ678901"
#define GOOD "[api]\nemail=bot@example.org\nkey=" KEY "\nsite=https://chat.example.org\n"

static void test_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *file, *site, *bundle;
    } cases[] = {
        {GOOD, "https://chat.example.org", NULL},
        {"[api]\nemail : bot@example.org\nkey : " KEY "\nsite : https://chat.example.org\n",
         "https://chat.example.org", NULL},
        {"\xEF\xBB\xBF[api]\r\nemail = bot@example.org\r\nkey = " KEY
         "\r\nsite = https://chat.example.org:8443\r\n",
         "https://chat.example.org:8443", NULL},
        {"# a\n; b\n\n  [api]  \n  # c\n\temail\t=\tbot@example.org \n Key=" KEY
         "\nSITE=https://x.org",
         "https://x.org", NULL},
        {"[other]\nemail=x\nnonsense=[y]\n[api]\nemail=bot@example.org\nkey=" KEY
         "\nsite=https://x.org\n[more]\nkey=z\n",
         "https://x.org", NULL},
        {GOOD "cert_bundle=/etc/ca.pem\ninsecure=false\ntoken=xyz\nother=1\n",
         "https://chat.example.org", "/etc/ca.pem"},
        {GOOD "insecure = False \n", "https://chat.example.org", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct credentials c = {0};
        struct fault fault = {0};
        if (!credentials_parse(test_arena, cases[i].file, strlen(cases[i].file), "f", &c, &fault))
            fail_msg("%s\n%s", fault.msg, cases[i].file);
        assert_string_equal(c.email, "bot@example.org");
        assert_string_equal(c.key, KEY);
        assert_string_equal(c.site, cases[i].site);
        if (cases[i].bundle)
            assert_string_equal(c.cert_bundle, cases[i].bundle);
        else
            assert_null(c.cert_bundle);
    }
}

/* No message ever holds the key. */
static void assert_refused(bool done, const struct fault *fault, const char *msg, const char *what)
{
    if (done)
        fail_msg("accepted: %s", what);
    assert_fault(fault, FAULT_SETUP);
    assert_null(strstr(fault->msg, KEY));
    assert_null(strstr(fault->msg, "abcdefgh"));
    if (!strstr(fault->msg, msg))
        fail_msg("'%s' instead of '%s' for:\n%s", fault->msg, msg, what);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *file, *msg;
    } cases[] = {
        {"", "f: not a zuliprc: the section '[api]' is missing"},
        {"email=bot@example.org\nkey=" KEY "\n",
         "f: not a zuliprc: the section '[api]' is missing"},
        {"[API]\nemail=x\n", "f: not a zuliprc: the section '[api]' is missing"},
        {"[api\nemail=x\n", "f: not a zuliprc: the section '[api]' is missing"},
        {"<html>\n", "f:1: not 'name = value'"},
        {"[api]\n\n" KEY "\n", "f:3: not 'name = value'"},
        {GOOD "insecure=true\n",
         "f:5: 'insecure' is refused: put the server's CA into 'cert_bundle'"},
        {GOOD "Insecure: yes\n", "f:5: 'insecure' is refused"},
        {GOOD "insecure=\n", "f:5: 'insecure' is refused"},
        {GOOD "client_cert=/x\n", "f:5: client certificates are not supported"},
        {GOOD "client_cert_key=/x\n", "f:5: client certificates are not supported"},
        {GOOD "key=" KEY2 "\n", "f:5: "},
        {GOOD "EMAIL=x@y\n", "f:5: "},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct credentials c = {0};
        struct fault fault = {0};
        bool done =
            credentials_parse(test_arena, cases[i].file, strlen(cases[i].file), "f", &c, &fault);
        assert_refused(done, &fault, cases[i].msg, cases[i].file);
    }
    struct credentials c = {0};
    struct fault fault = {0};
    bool done = credentials_parse(test_arena, "[api]\0", 6, "f", &c, &fault);
    assert_refused(done, &fault, "f: not a text file", "NUL");
}

static void test_truncated(void **state)
{
    (void)state;
    static const char file[] =
        "\xEF\xBB\xBF# c\r\n[api]\r\nemail : bot@example.org\r\nkey=" KEY "\ninsecure=false";
    for (size_t len = 0; len < sizeof file; len++) {
        char *exact = arena_zero(test_arena, 1, len); /* exactly so long, for the sanitizer */
        memcpy(exact, file, len);
        struct credentials c = {0};
        struct fault fault = {0};
        if (!credentials_parse(test_arena, exact, len, "f", &c, &fault))
            assert_refused(false, &fault, "f", "prefix");
    }
}

/* A folder of its own, and an environment without credentials. */
static int set_up(void **state)
{
    static char folder[] = "/tmp/tmro-zuliprc-XXXXXX";
    static const char *const variables[] = {"CREDENTIALS_DIRECTORY", "ZULIP_EMAIL", "ZULIP_API_KEY",
                                            "ZULIP_SITE"};
    memset(folder + strlen(folder) - 6, 'X', 6);
    for (size_t i = 0; i < COUNT(variables); i++)
        unsetenv(variables[i]);
    *state = mkdtemp(folder);
    return *state && setenv("HOME", *state, 1) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"zuliprc", ".zuliprc", "configured"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[100];
        snprintf(path, sizeof path, "%s/%s", (const char *)*state, names[i]);
        unlink(path);
    }
    return rmdir(*state);
}

/* Writes a file of the folder; gives its path. */
static const char *put(const char *folder, const char *name, const char *content, mode_t mode)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0 && fclose(file) == 0 && chmod(path, mode) == 0);
    return path;
}

static void test_places(void **state)
{
    const char *folder = *state;
    struct credentials c = {0};
    struct fault fault = {0};
    if (geteuid() == 0 && access("/etc/tmro-bot/zuliprc", F_OK) == 0)
        skip(); /* a real one of this machine goes before ~/.zuliprc */
    assert_refused(credentials_load(test_arena, NULL, &c, &fault), &fault,
                   "no credentials: download the bot's zuliprc", "nothing");

    put(folder, ".zuliprc", "[api]\nemail=home@example.org\nkey=" KEY "\nsite=https://x.org\n",
        0600);
    assert_true(credentials_load(test_arena, NULL, &c, &fault));
    assert_string_equal(c.email, "home@example.org");
    assert_contains(c.path, "/.zuliprc");

    const char *configured =
        put(folder, "configured",
            "[api]\nemail=conf@example.org\nkey=" KEY "\nsite=https://x.org\n", 0640);
    assert_true(credentials_load(test_arena, configured, &c, &fault));
    assert_string_equal(c.email, "conf@example.org");
    assert_string_equal(c.path, configured);

    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    char path[100];
    snprintf(path, sizeof path, "%s/configured", folder);
    assert_true(credentials_load(test_arena, path, &c, &fault));
    assert_string_equal(c.email, "conf@example.org");
    put(folder, "zuliprc", "[api]\nemail=cred@example.org\nkey=" KEY "\nsite=https://x.org\n",
        0400);
    assert_true(credentials_load(test_arena, path, &c, &fault));
    assert_string_equal(c.email, "cred@example.org");

    unsetenv("CREDENTIALS_DIRECTORY");
    assert_refused(credentials_load(test_arena, "/nonexistent/zuliprc", &c, &fault), &fault,
                   "'/nonexistent/zuliprc'", "missing");
}

static void test_rights(void **state)
{
    static const struct {
        mode_t mode;
        const char *wrong;
    } cases[] = {{0600, NULL},
                 {0400, NULL},
                 {0640, NULL},
                 {0644, "readable by everybody"},
                 {0604, "readable by everybody"},
                 {0666, "readable by everybody"},
                 {0602, "writable by others"},
                 {0620, "writable by others"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct credentials c = {0};
        struct fault fault = {0};
        const char *path = put(*state, "configured", GOOD, cases[i].mode);
        char command[200];
        snprintf(command, sizeof command, "'%s' is %s and holds the bot's key: chmod 600 '%s'",
                 path, cases[i].wrong, path);
        bool done = credentials_load(test_arena, path, &c, &fault);
        if (cases[i].wrong)
            assert_refused(done, &fault, command, cases[i].wrong);
        else if (!done)
            fail_msg("%s", fault.msg);
    }
    if (geteuid() != 0) {
        struct credentials c = {0};
        struct fault fault = {0};
        bool done = credentials_load(test_arena, put(*state, "configured", GOOD, 0), &c, &fault);
        assert_refused(done, &fault, "Permission denied", "unreadable");
    }
    struct credentials c = {0};
    struct fault fault = {0};
    assert_true(chmod(*state, 0755) == 0);
    assert_refused(credentials_load(test_arena, *state, &c, &fault), &fault, "Is a directory",
                   "a folder");
    struct buf large = repeat("# comment\n", ZULIPRC_MAX_BYTES / 10 + 1);
    assert_refused(
        credentials_load(test_arena, put(*state, "configured", large.ptr, 0600), &c, &fault),
        &fault, "larger than 16384", "too large");
}

/* What passes by itself, or cannot be told, is not said to be missing. */
static void test_out_of_reach(void **state)
{
    struct credentials c = {0};
    struct fault fault = {0};
    const char *path = put(*state, "configured", GOOD, 0600);
    allow_files(false);
    bool done = credentials_load(test_arena, path, &c, &fault);
    allow_files(true);
    assert_false(done);
    assert_fault(&fault, FAULT_LOCAL);
    assert_contains(fault.msg, path);

    if (geteuid() == 0 && access("/etc/tmro-bot/zuliprc", F_OK) == 0)
        skip(); /* a real one of this machine goes before ~/.zuliprc */
    char home[100];
    snprintf(home, sizeof home, "%s/.zuliprc", (const char *)*state);
    assert_int_equal(symlink(".zuliprc", home), 0);
    assert_false(credentials_load(test_arena, NULL, &c, &fault));
    assert_fault(&fault, FAULT_LOCAL);
    assert_contains(fault.msg, "/.zuliprc'");
}

static void test_environment(void **state)
{
    struct credentials c = {0};
    struct fault fault = {0};
    const char *path = put(*state, "configured", GOOD, 0600);
    setenv("ZULIP_EMAIL", "env@example.org", 1);
    setenv("ZULIP_API_KEY", KEY2, 1);
    setenv("ZULIP_SITE", "https://env.example.org/", 1);
    assert_true(credentials_load(test_arena, path, &c, &fault));
    assert_string_equal(c.email, "env@example.org");
    assert_string_equal(c.key, KEY2);
    assert_string_equal(c.site, "https://env.example.org");
    assert_string_equal(c.path, path);

    if (geteuid() != 0 || access("/etc/tmro-bot/zuliprc", F_OK) != 0) {
        assert_true(credentials_load(test_arena, NULL, &c, &fault));
        assert_null(c.path);
        unsetenv("ZULIP_SITE");
        assert_refused(credentials_load(test_arena, NULL, &c, &fault), &fault,
                       "the environment: site (ZULIP_SITE) is missing", "no site");
    }
    /* Empty variables are none. */
    setenv("ZULIP_EMAIL", "", 1);
    setenv("ZULIP_API_KEY", "", 1);
    setenv("ZULIP_SITE", "", 1);
    assert_true(credentials_load(test_arena, path, &c, &fault));
    assert_string_equal(c.email, "bot@example.org");
}

/* The values themselves: `site` as it is normalised, or the message. */
static void test_values(void **state)
{
    static const struct {
        const char *email, *key, *site, *normal, *msg;
    } cases[] = {
        {"b@x.org", KEY, "chat.example.org", "https://chat.example.org", NULL},
        {"b@x.org", KEY, "https://chat.example.org/", "https://chat.example.org", NULL},
        {"b@x.org", KEY, "https://chat.example.org/api/", "https://chat.example.org", NULL},
        {"b@x.org", KEY, "https://chat.example.org//", "https://chat.example.org", NULL},
        {"b@x.org", KEY, "https://example.org/chat", "https://example.org/chat", NULL},
        {"b@x.org", KEY, "https://api", "https://api", NULL},
        {"b@x.org", KEY, "localhost:9991", "http://localhost:9991", NULL},
        {"b@x.org", KEY, "http://127.0.0.1:9991", "http://127.0.0.1:9991", NULL},
        {"b@x.org", KEY, "http://[::1]:9991/api", "http://[::1]:9991", NULL},
        {"b@x.org", KEY, "http://chat.example.org", NULL,
         "over http: the key could be read on the way"},
        {"b@x.org", KEY, "http://localhost.example.org", NULL, "over http: "},
        {"b@x.org", KEY, "localhost.example.org", NULL, "over http: "},
        {"b@x.org", KEY, "http://127.0.0.1@example.org", NULL, "has a user name or password"},
        {"b@x.org", KEY, "https://u:p@example.org/api", NULL, "has a user name or password"},
        {"b@x.org", KEY, "u:p@example.org", NULL, "has a user name or password"},
        {"b@x.org", KEY, "ftp://chat.example.org", NULL, "'site' is not a server's URL"},
        {"b@x.org", KEY, "https://", NULL, "'site' is not a server's URL"},
        {"b@x.org", KEY, "", NULL, "site (ZULIP_SITE) is missing"},
        {"", KEY, "https://x.org", NULL, "email (ZULIP_EMAIL) is missing"},
        {"bot", KEY, "https://x.org", NULL, "'email' is not the bot's e-mail address"},
        {"b:c@x.org", KEY, "https://x.org", NULL, "'email' is not the bot's e-mail address"},
        {"b@x.org", "", "https://x.org", NULL, "key (ZULIP_API_KEY) is missing"},
        {"b@x.org", KEY "6", "https://x.org", NULL,
         "malformed key: a Zulip key is 32 letters and digits"},
        {"b@x.org", "abcdefgh", "https://x.org", NULL, "malformed key"},
        {"b@x.org", "abcdefghijklmnopqrstuvwxyz01234-", "https://x.org", NULL, "malformed key"},
        {"b@x.org", "abcdefghijklmnopqrstuvwxyz 12345", "https://x.org", NULL, "malformed key"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct credentials c = {0};
        struct fault fault = {0};
        char file[500];
        snprintf(file, sizeof file, "[api]\nemail=%s\nkey=%s\nsite=%s\n", cases[i].email,
                 cases[i].key, cases[i].site);
        bool done = credentials_load(test_arena, put(*state, "configured", file, 0600), &c, &fault);
        if (cases[i].msg)
            assert_refused(done, &fault, cases[i].msg, file);
        else if (!done)
            fail_msg("%s\n%s", fault.msg, file);
        else
            assert_string_equal(c.site, cases[i].normal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test_setup_teardown(test_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rights, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_out_of_reach, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_environment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("zuliprc", tests, setup_arena, teardown_arena);
}
