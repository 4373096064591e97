/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests config: every key, and every kind of mistake with its place and advice. */
#include "io/config.h"

#include "fixture.h"

#include <unistd.h>

static bool parse(const char *data, struct config *config, struct fault *fault)
{
    return config_parse(test_arena, data, strlen(data), "f.conf", config, fault);
}

static void assert_parses(const char *data, struct config *config)
{
    struct fault fault = {0};
    if (!parse(data, config, &fault))
        fail_msg("%s\n%s", fault.msg, data);
}

static void test_defaults(void **state)
{
    (void)state;
    static const char *const empty[] = {"", "\n\n", "# no line end",
                                        "# comment\n// comment\n/* comment\n*/\n",
                                        "site = {}; zulip: {};"};
    for (size_t i = 0; i < COUNT(empty); i++) {
        struct config c = {0};
        assert_parses(empty[i], &c);
        assert_null(c.path);
        assert_string_equal(c.site_url, "https://rust-osdev.com");
        assert_string_equal(c.site_feed, "https://rust-osdev.com/rss.xml");
        assert_contains(c.site_suggest, "https://rust-osdev.zulipchat.com/");
        assert_string_equal(c.site_repository, "https://github.com/rust-osdev/homepage");
        assert_string_equal(c.site_organisation, "rust-osdev");
        assert_null(c.site_ca_file);
        assert_int_equal(c.site_poll_minutes, 60);
        assert_int_equal(c.site_settle_minutes, 45);
        assert_int_equal((int)c.timing.poll_s, 3600);
        assert_int_equal((int)c.timing.settle_s, 2700);
        assert_int_equal((int)c.timing.doubt_s, 60);
        assert_int_equal((int)c.timing.stall_s, 30);
        assert_false(c.timing.shortened);
        assert_null(c.zulip_credentials);
        assert_int_equal(c.owner_count, 0);
        assert_int_equal(c.destination_count, 1);
        assert_string_equal(c.destinations[0].channel, "newsletter");
        assert_string_equal(c.destinations[0].topic, "{month} issue");
        assert_string_equal(c.about, "https://github.com/rust-osdev/tmro-bot");
        assert_null(c.state);
    }
}

static void test_every_key(void **state)
{
    (void)state;
    static const char file[] =
        "site: {\n"
        "  url = \"http://127.0.0.1:8000/\";\n"
        "  feed = \"http://127.0.0.1:8000/feed\" \".xml\";\n"
        "  poll_minutes = 10;\n"
        "  settle_minutes = 0;\n"
        "  suggest = \"https://chat.example.org/#x\";\n"
        "  repository = \"https://code.example.org/site\";\n"
        "  organisation = \"example-org\";\n"
        "  ca_file = \"/etc/ca.pem\";\n"
        "};\n"
        "zulip = { credentials = \"/etc/zuliprc\"; owners = ( 9, \"ada@example.org\", 5000000000L "
        "); };\n"
        "announce = ( { channel = \"news\"; topic = \"{title} {month} {id}\"; }, { channel = "
        "435142; },\n"
        "             { channel = \"435142-newsletter\"; topic = \"x\"; }, { channel = "
        "5000000000L; } );\n"
        "about = \"https://code.example.org/bot\";\n"
        "state = \"/tmp/s.db\";\n"
        "timing = { poll = 0.0500000000001; settle = 1; doubt = 2.5e-1; backoff = 86400; stall = "
        "3L; };\n";
    struct config c = {0};
    assert_parses(file, &c);
    assert_string_equal(c.site_url, "http://127.0.0.1:8000");
    assert_string_equal(c.site_feed, "http://127.0.0.1:8000/feed.xml");
    assert_int_equal(c.site_poll_minutes, 10);
    assert_int_equal(c.site_settle_minutes, 0);
    assert_string_equal(c.site_suggest, "https://chat.example.org/#x");
    assert_string_equal(c.site_repository, "https://code.example.org/site");
    assert_string_equal(c.site_organisation, "example-org");
    assert_string_equal(c.site_ca_file, "/etc/ca.pem");
    assert_string_equal(c.zulip_credentials, "/etc/zuliprc");
    assert_int_equal(c.owner_count, 3);
    assert_int_equal(c.owners[0].id, 9);
    assert_null(c.owners[0].email);
    assert_int_equal(c.owners[1].id, 0);
    assert_string_equal(c.owners[1].email, "ada@example.org");
    assert_true(c.owners[2].id == 5000000000);
    assert_int_equal(c.destination_count, 4);
    static const char *const destinations[][2] = {{"news", "{title} {month} {id}"},
                                                  {"435142", "{month} issue"},
                                                  {"435142-newsletter", "x"},
                                                  {"5000000000", "{month} issue"}};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(c.destinations[i].channel, destinations[i][0]);
        assert_string_equal(c.destinations[i].topic, destinations[i][1]);
    }
    assert_string_equal(c.about, "https://code.example.org/bot");
    assert_string_equal(c.state, "/tmp/s.db");
    assert_true(c.timing.poll_s > 0.049 && c.timing.poll_s < 0.051);
    assert_true(c.timing.settle_s > 0.9 && c.timing.settle_s < 1.1);
    assert_true(c.timing.doubt_s > 0.249 && c.timing.doubt_s < 0.251);
    assert_true(c.timing.shortened);
    assert_true(c.timing.backoff_s > 86399 && c.timing.stall_s > 2.9 && c.timing.stall_s < 3.1);
}

static void assert_link(const char *link, const char *expected)
{
    assert_string_equal(link ? link : "none", expected ? expected : "none");
}

/* The feed and the links follow the site. */
static void test_own_site(void **state)
{
    (void)state;
    static const struct {
        const char *file, *feed, *suggest, *repository;
    } cases[] = {
        {"site = { url = \"https://example.org\"; };", "https://example.org/rss.xml", NULL, NULL},
        {"site = { url = \"https://example.org/\"; };", "https://example.org/rss.xml", NULL, NULL},
        {"site = { url = \"https://example.org/news/\"; };", "https://example.org/news/rss.xml",
         NULL, NULL},
        {"site = { url = \"https://example.org\"; suggest = \"https://x.example/\"; };",
         "https://example.org/rss.xml", "https://x.example/", NULL},
        {"site = { repository = \"https://x.example/r\"; url = \"https://example.org\"; };",
         "https://example.org/rss.xml", NULL, "https://x.example/r"},
        {"site = { url = \"https://b\xC3\xBC"
         "cher.example/\"; suggest = \"https://b\xC3\xBC"
         "cher.example/x\"; };",
         "https://xn--bcher-kva.example/rss.xml", "https://xn--bcher-kva.example/x", NULL},
        {"site = { suggest = \"\"; repository = \"\"; };", "https://rust-osdev.com/rss.xml", NULL,
         NULL},
        {"site = { feed = \"https://x.example/f\"; suggest = \"\"; };", "https://x.example/f", NULL,
         "https://github.com/rust-osdev/homepage"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config c = {0};
        assert_parses(cases[i].file, &c);
        assert_string_equal(c.site_feed, cases[i].feed);
        assert_link(c.site_suggest, cases[i].suggest);
        assert_link(c.site_repository, cases[i].repository);
        assert_link(c.about, "https://github.com/rust-osdev/tmro-bot");
    }
    struct config c = {0};
    assert_parses("about = \"\";", &c);
    assert_null(c.about);
}

static void test_announced_nowhere(void **state)
{
    (void)state;
    struct config c = {0};
    assert_parses("announce = ( );", &c);
    assert_int_equal(c.destination_count, 0);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *file, *msg;
    } cases[] = {
        /* misspelt and unknown keys */
        {"sites = {};", "f.conf:1: unknown setting 'sites'; did you mean 'site'?"},
        {"\nsite = {\n  ulr = \"x\";\n};",
         "f.conf:3: unknown setting 'site.ulr'; did you mean 'site.url'?"},
        {"site = { poll_minute = 60; };",
         "f.conf:1: unknown setting 'site.poll_minute'; did you mean 'site.poll_minutes'?"},
        {"zulip = { owner = (); };",
         "f.conf:1: unknown setting 'zulip.owner'; did you mean 'zulip.owners'?"},
        {"zulip = { Owners = (); };",
         "f.conf:1: unknown setting 'zulip.Owners'; did you mean 'zulip.owners'?"},
        {"frobnicate = 1;", "f.conf:1: unknown setting 'frobnicate'"},
        {"site = { site = 1; };", "f.conf:1: unknown setting 'site.site'"},
        {"announce = ( { chanel = \"x\"; } );",
         "f.conf:1: unknown setting 'chanel'; did you mean 'channel'?"},
        {"announce = (\n{ channel = \"x\";\n topics = \"y\"; } );",
         "f.conf:3: unknown setting 'topics'; did you mean 'topic'?"},
        {"timing = { poll = 1.0; sette = 1.0; };",
         "f.conf:1: unknown setting 'timing.sette'; did you mean 'timing.settle'?"},
        /* wrong types */
        {"site = 5;", "f.conf:1: 'site' must be a group, in { }"},
        {"site = \"x\";", "f.conf:1: 'site' must be a group, in { }"},
        {"site = ();", "f.conf:1: 'site' must be a group, in { }"},
        {"site = { url = 5; };", "f.conf:1: 'site.url' must be a string"},
        {"site = { url = { }; };", "f.conf:1: 'site.url' must be a string"},
        {"site = { url = [ \"x\" ]; };", "f.conf:1: 'site.url' must be a string"},
        {"site = { feed = true; };", "f.conf:1: 'site.feed' must be a string"},
        {"site = { suggest = 1; };", "f.conf:1: 'site.suggest' must be a string"},
        {"site = { repository = 1; };", "f.conf:1: 'site.repository' must be a string"},
        {"site = { organisation = 1; };", "f.conf:1: 'site.organisation' must be a string"},
        {"about = 1;", "f.conf:1: 'about' must be a string"},
        {"site = { ca_file = 1; };", "f.conf:1: 'site.ca_file' must be a string"},
        {"zulip = { credentials = 1; };", "f.conf:1: 'zulip.credentials' must be a string"},
        {"state = 1;", "f.conf:1: 'state' must be a string"},
        {"site = { poll_minutes = \"60\"; };",
         "f.conf:1: 'site.poll_minutes' must be a whole number"},
        {"site = { poll_minutes = 60.0; };",
         "f.conf:1: 'site.poll_minutes' must be a whole number"},
        {"site = { settle_minutes = true; };",
         "f.conf:1: 'site.settle_minutes' must be a whole number"},
        {"timing = { poll = \"x\"; };", "f.conf:1: 'timing.poll' must be a number"},
        {"announce = { channel = \"x\"; };",
         "f.conf:1: 'announce' must be a list of groups, in ( )"},
        {"announce = \"x\";", "f.conf:1: 'announce' must be a list of groups, in ( )"},
        {"announce = ( \"x\" );",
         "f.conf:1: 'announce' must hold groups such as { channel = \"newsletter\"; }"},
        {"announce = ( { channel = { }; } );", "f.conf:1: 'channel' must be a string"},
        {"announce = ( { channel = \"x\"; topic = 5; } );", "f.conf:1: 'topic' must be a string"},
        {"zulip = { owners = 9; };",
         "f.conf:1: 'zulip.owners' must be a list of user ids or e-mails, in ( )"},
        {"zulip = { owners = ( 9, { } ); };",
         "f.conf:1: 'zulip.owners' must be a list of user ids or e-mails"},
        {"zulip = { owners = ( \"ada\" ); };",
         "f.conf:1: 'zulip.owners' must be a list of user ids or e-mails"},
        {"zulip = { owners = [ 1.5 ]; };",
         "f.conf:1: 'zulip.owners' must be a list of user ids or e-mails"},
        /* values */
        {"site = { url = \"\"; };", "f.conf:1: 'site.url' must be a URL with http: or https:"},
        {"site = { url = \"rust-osdev.com\"; };",
         "f.conf:1: 'site.url' must be a URL with http: or https:"},
        {"site = { feed = \"file:///etc/passwd\"; };",
         "f.conf:1: 'site.feed' must be a URL with http: or https:"},
        {"site = { feed = \"https://-\xC3\xBC-.example/rss.xml\"; };",
         "f.conf:1: 'site.feed' must be a URL with http: or https:"},
        {"site = { suggest = \"javascript:x\"; };",
         "f.conf:1: 'site.suggest' must be a URL with http: or https:, or empty"},
        {"site = { repository = \"rust-osdev/homepage\"; };",
         "f.conf:1: 'site.repository' must be a URL with http: or https:, or empty"},
        {"\nabout = \"https://me:key@example.org/\";",
         "f.conf:2: 'about' has a user name or password in it: write it without"},
        {"site = { organisation = \"\"; };", "f.conf:1: 'site.organisation' is empty"},
        {"site = { poll_minutes = 9; };", "f.conf:1: 'site.poll_minutes' must be from 10 to 10080"},
        {"site = { poll_minutes = 10081; };",
         "f.conf:1: 'site.poll_minutes' must be from 10 to 10080"},
        {"site = { poll_minutes = -60; };",
         "f.conf:1: 'site.poll_minutes' must be from 10 to 10080"},
        {"site = { settle_minutes = -1; };",
         "f.conf:1: 'site.settle_minutes' must be from 0 to 10080"},
        {"site = { poll_minutes = 4294967356L; };",
         "f.conf:1: 'site.poll_minutes' must be from 10 to 10080"},
        {"timing = { stall = 99999.3333333333333333; };",
         "f.conf:1: 'timing.stall' must be from 0 to 86400"},
        {"timing = { stall = -0.1; };", "f.conf:1: 'timing.stall' must be from 0 to 86400"},
        {"timing = { stall = 1e9; };", "f.conf:1: 'timing.stall' must be from 0 to 86400"},
        {"zulip = { owners = ( 0 ); };", "f.conf:1: 'zulip.owners': a user id is above 0"},
        {"zulip = { owners = [ -3 ]; };", "f.conf:1: 'zulip.owners': a user id is above 0"},
        {"announce = ( { topic = \"x\"; } );",
         "f.conf:1: 'announce': a destination without 'channel'"},
        {"announce = ( { channel = \"\"; } );",
         "f.conf:1: 'announce': a destination without 'channel'"},
        {"announce = ( { channel = \"x\"; topic = \"\"; } );", "f.conf:1: 'topic' is empty"},
        {"announce = ( { channel = \"x\"; topic = \"{date}\"; } );",
         "f.conf:1: a topic may hold {title}, {month} and {id}, nothing else in braces"},
        {"announce = ( { channel = \"x\"; topic = \"{id} {\"; } );",
         "f.conf:1: a topic may hold {title}, {month} and {id}, nothing else in braces"},
        /* names as documents give them */
        {"# it is\nsite.url = \"https://example.org\";",
         "f.conf:2: 'site.url' is written site = { url = ...; };"},
        {"/* site.url */ state = \"x\"; site.poll_minutes:30",
         "f.conf:1: 'site.poll_minutes' is written site = { poll_minutes = ...; };"},
        {"zulip = { zulip.owners  =\n( 1 ); };",
         "f.conf:1: 'zulip.owners' is written zulip = { owners = ...; };"},
        {"announce.channel = \"x\";", "f.conf:1: syntax error"},
        {"a.b = 1;", "f.conf:1: syntax error"},
        {"state = state.db;", "f.conf:1: syntax error"},
        {"site. url = 1;", "f.conf:1: syntax error"},
        {"site.url", "f.conf:1: syntax error"},
        /* syntax */
        {"site = { url = \"https://example.org\" ", "f.conf:1: syntax error"},
        {"\n\nsite { };", "f.conf:3: syntax error"},
        {"site = { };\n}", "f.conf:2: syntax error"},
        {"state = \"open", "f.conf:1: syntax error"},
        {"<html>\n<body>", "f.conf:1: syntax error"},
        {"site = { };\nsite = { };", "f.conf:2: duplicate setting name"},
        {"site = {\n poll_minutes = 60;\n poll_minutes = 70;\n};",
         "f.conf:3: duplicate setting name"},
        {"announce = ( { channel = \"x\"; channel = \"y\"; } );",
         "f.conf:1: duplicate setting name"},
        {"\n@include \"/etc/passwd\"\n", "f.conf:2: other files cannot be included"},
        /* test timing away from this machine */
        {"timing = { poll = 0.1; };",
         "f.conf: 'timing' is for tests: the site must be on this machine"},
        {"site = { url = \"http://127.0.0.1.example.org\"; }; timing = { stall = 1; };",
         "f.conf: 'timing' is for tests: the site must be on this machine"},
        {"site = { url = \"http://127.0.0.1\"; feed = \"https://rust-osdev.com/rss.xml\"; }; "
         "timing = { poll = 1; };",
         "f.conf: 'timing' is for tests: the site must be on this machine"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config c = {0};
        struct fault fault = {0};
        if (parse(cases[i].file, &c, &fault))
            fail_msg("accepted: %s", cases[i].file);
        assert_fault(&fault, FAULT_SETUP);
        if (strcmp(fault.msg, cases[i].msg) != 0)
            fail_msg("'%s' instead of '%s' for:\n%s", fault.msg, cases[i].msg, cases[i].file);
    }
}

/* libconfig 1.5 wraps these around in silence, 1.7 reads them: they are refused with their line, or
 * they are what was written. */
static void test_wide_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *file, *place;
        int64_t owner; /* what it must be if it is taken; 0: it is not */
    } cases[] = {
        {"site = { poll_minutes = 4294967356; };", "f.conf:1: ", 0},
        {"site = {\n\n poll_minutes = 5000000000; };", "f.conf:3: ", 0},
        {"zulip = { owners = ( 2147483648 ); };", "f.conf:1: ", 2147483648},
        {"zulip = { owners = ( 99999999999999999999L ); };", "f.conf:1: ", 0},
        {"/* 5000000000\n5000000000 */ # 5000000000\n// 5000000000\nstate = \"5000000000 \\\" "
         "5000000000\";\nsite = { poll_minutes = 5000000000; };",
         "f.conf:5: ", 0},
        {"state = \"a\nb\";\nsite = { poll_minutes = 5000000000; };", "f.conf:3: ", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config c = {0};
        struct fault fault = {0};
        if (parse(cases[i].file, &c, &fault)) {
            assert_int_equal(c.owner_count, 1);
            assert_true(c.owners[0].id == cases[i].owner);
        } else {
            assert_fault(&fault, FAULT_SETUP);
            if (strncmp(fault.msg, cases[i].place, strlen(cases[i].place)) != 0)
                fail_msg("'%s' for:\n%s", fault.msg, cases[i].file);
        }
    }
}

/* No number is wrapped around, whatever the rest of the file has. */
static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        int minutes; /* 0: refused */
    } cases[] = {{"60", 60},           {"60L", 60},           {"4294967356", 0},
                 {"4294967356060", 0}, {"60004294967296", 0}, {"0x3C", 0},
                 {"0x10000003C", 0},   {"0xFFFFFFFF", 0},     {"4294967356L", 0},
                 {"/* 61 */ 62", 62},  {"\n  60", 60}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config c = {0};
        struct fault fault = {0};
        char file[100];
        snprintf(file, sizeof file, "site = { poll_minutes = %s; };", cases[i].number);
        bool parsed = parse(file, &c, &fault);
        if (parsed != (cases[i].minutes != 0))
            fail_msg("%s: %d minutes, %s", file, c.site_poll_minutes, fault.msg);
        if (parsed)
            assert_int_equal(c.site_poll_minutes, cases[i].minutes);
        else
            assert_fault(&fault, FAULT_SETUP);
    }
}

static void test_no_text(void **state)
{
    (void)state;
    struct config c = {0};
    struct fault fault = {0};
    assert_false(config_parse(test_arena, "state\0", 6, "f.conf", &c, &fault));
    assert_string_equal(fault.msg, "f.conf: not a text file");
    struct buf large = repeat("#", CONFIG_MAX_BYTES);
    if (!config_parse(test_arena, large.ptr, large.len, "f.conf", &c, &fault))
        fail_msg("%s", fault.msg);
    buf_addc(&large, '\n');
    assert_false(config_parse(test_arena, large.ptr, large.len, "f.conf", &c, &fault));
    assert_string_equal(fault.msg, "f.conf: larger than 65536 bytes");
    /* A key of any length or look is one line of a message. */
    struct buf key = repeat("k", 5000);
    buf_adds(&key, " = 1;");
    assert_false(parse(key.ptr, &c, &fault));
    assert_fault(&fault, FAULT_SETUP);
}

/* Cut anywhere: a configuration or a clear message. */
static void test_truncated(void **state)
{
    (void)state;
    static const char file[] =
        "site = { url = \"http://[::1]\"; poll_minutes = 60; };\n/* x */ # y\n"
        "announce = ( { channel = 5; topic = \"{id}\"; } ); timing = { poll = 0.5; };";
    for (size_t len = 0; len < sizeof file; len++) {
        struct config c = {0};
        struct fault fault = {0};
        if (!config_parse(test_arena, file, len, "f.conf", &c, &fault))
            assert_fault(&fault, FAULT_SETUP);
    }
}

static void test_sample(void **state)
{
    (void)state;
    struct config c = {0};
    struct fault fault = {0};
    if (!config_load(test_arena, "etc/tmro-bot.conf", &c, &fault))
        fail_msg("%s", fault.msg);
    assert_string_equal(c.path, "etc/tmro-bot.conf");
    assert_string_equal(c.site_url, "https://rust-osdev.com");
    assert_int_equal(c.destination_count, 1);
    static const char *const keys[] = {
        "url",         "feed",   "poll_minutes", "settle_minutes", "suggest", "ca_file", "zulip",
        "credentials", "owners", "announce",     "channel",        "topic",   "state"};
    struct buf sample = read_path("etc/tmro-bot.conf");
    for (size_t i = 0; i < COUNT(keys); i++)
        assert_contains(sample.ptr, keys[i]);
}

static void test_load(void **state)
{
    (void)state;
    struct config c = {0};
    struct fault fault = {0};
    assert_false(config_load(test_arena, "/nonexistent/f.conf", &c, &fault));
    assert_fault(&fault, FAULT_SETUP);
    assert_contains(fault.msg, "cannot open '/nonexistent/f.conf'");
    assert_false(config_load(test_arena, "/", &c, &fault));
    assert_fault(&fault, FAULT_SETUP);
    setenv("TMRO_BOT_CONFIG", "/nonexistent/g.conf", 1);
    assert_false(config_load(test_arena, NULL, &c, &fault));
    assert_contains(fault.msg, "'/nonexistent/g.conf'");
    setenv("TMRO_BOT_CONFIG", "/dev/null", 1);
    assert_true(config_load(test_arena, NULL, &c, &fault));
    assert_string_equal(c.path, "/dev/null");
    unsetenv("TMRO_BOT_CONFIG");
}

/* What passes by itself is no mistake of the file's. */
/* As some editors save it. */
static void test_byte_order_mark(void **state)
{
    static const struct {
        const char *text, *wrong;
    } cases[] = {
        {"\xef\xbb\xbfsite = { poll_minutes = 30; };\n", NULL},
        {"\xef\xbb\xbf# mine\r\nsite = { poll_minutes = 30; };\r\n", NULL},
        {"\xef\xbb\xbf\n\nsite = { poll = 30; };", "f.conf:3: unknown setting"},
        {"\xef\xbb\xbf\xef\xbb\xbfsite = { poll_minutes = 30; };", "f.conf:1: syntax error"},
        {"\xef\xbb", "f.conf:1: syntax error"}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config config = {0};
        struct fault fault = {0};
        bool parsed = config_parse(test_arena, cases[i].text, strlen(cases[i].text), "f.conf",
                                   &config, &fault);
        assert_int_equal(parsed, !cases[i].wrong);
        if (parsed)
            assert_int_equal(config.site_poll_minutes, 30);
        else
            assert_ptr_equal(strstr(fault.msg, cases[i].wrong), fault.msg);
    }
    struct config config = {0};
    struct fault fault = {0};
    assert_true(config_parse(test_arena, "\xef\xbb\xbf", 3, "f.conf", &config, &fault));
}

static void test_out_of_files(void **state)
{
    (void)state;
    struct config c = {0};
    struct fault fault = {0};
    allow_files(false);
    bool loaded = config_load(test_arena, "/dev/null", &c, &fault);
    allow_files(true);
    assert_false(loaded);
    assert_fault(&fault, FAULT_LOCAL);
    assert_contains(fault.msg, "cannot open '/dev/null'");
}

static void test_topic(void **state)
{
    (void)state;
    static const struct {
        const char *topic, *filled;
    } cases[] = {
        {"{month} issue", "July 2025 issue"},
        {"{title}", "T {id}"},
        {"{id}{id} {Title} {", "2025-072025-07 {Title} {"},
        {"plain", "plain"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_text(config_topic(test_arena, cases[i].topic, "T {id}", "July 2025", "2025-07"),
                    cases[i].filled);
}

static void test_state_path(void **state)
{
    (void)state;
    struct config c = {0};
    struct fault fault = {0};
    setenv("STATE_DIRECTORY", "/run/a:/run/b", 1);
    assert_text(config_state_path(test_arena, &c, &fault), "/run/a/state.db");
    c.state = (char[]){"/tmp/own.db"};
    assert_text(config_state_path(test_arena, &c, &fault), "/tmp/own.db");
    c.state = NULL;
    setenv("STATE_DIRECTORY", "", 1);
    setenv("XDG_STATE_HOME", "/x", 1);
    setenv("HOME", "/h", 1);
    bool root = geteuid() == 0;
    assert_text(config_state_path(test_arena, &c, &fault),
                root ? "/var/lib/tmro-bot/state.db" : "/x/tmro-bot/state.db");
    if (!root) {
        setenv("XDG_STATE_HOME", "relative", 1);
        assert_text(config_state_path(test_arena, &c, &fault), "/h/.local/state/tmro-bot/state.db");
        unsetenv("XDG_STATE_HOME");
        unsetenv("HOME");
        assert_null(config_state_path(test_arena, &c, &fault));
        assert_fault(&fault, FAULT_SETUP);
    }
    /* What cannot be a path is said, not passed over. */
    struct buf long_path = repeat("/x", 5000);
    char *const paths[] = {(char[]){""}, long_path.ptr};
    for (size_t i = 0; i < COUNT(paths); i++) {
        fault = (struct fault){0};
        c.state = paths[i];
        char *path = config_state_path(test_arena, &c, &fault);
        if (!path && fault.kind == FAULT_NONE)
            fail_msg("no path and no fault for a state of %zu bytes", strlen(paths[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),     cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_own_site),     cmocka_unit_test(test_announced_nowhere),
        cmocka_unit_test(test_mistakes),     cmocka_unit_test(test_wide_numbers),
        cmocka_unit_test(test_numbers),      cmocka_unit_test(test_no_text),
        cmocka_unit_test(test_truncated),    cmocka_unit_test(test_sample),
        cmocka_unit_test(test_load),         cmocka_unit_test(test_topic),
        cmocka_unit_test(test_state_path),   cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_out_of_files),
    };
    return cmocka_run_group_tests_name("config", tests, setup_arena, teardown_arena);
}
