/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests chat: events as a server sends them and as none does, places and texts that are the same.
 */
#include "zulip/events.h"

#include "fixture.h"
#include "io/json.h"

#define PERSON(id, name)                                                                           \
    "{\"id\":" id ",\"email\":\"user" id "@zulip.example.org\",\"full_name\":\"" name              \
    "\",\"is_mirror_dummy\":false}"
#define STREAM(rest)                                                                               \
    "{\"id\":5000000001,\"sender_id\":8,\"type\":\"stream\",\"stream_id\":435142,"                 \
    "\"subject\":\"chat\",\"content\":\"list\",\"timestamp\":1754000000" rest "}"
#define TOPIC(s)       ((char[]){s})
#define EVENT(message) "{\"id\":9,\"type\":\"message\",\"flags\":[],\"message\":" message "}"

/* Reads the events of a list. */
static struct events read_events(const char *list)
{
    struct buf text = BUF_INIT(test_arena, 64 * 1024 * 1024);
    struct events events = {.last = 5};
    struct fault fault = {0};
    buf_addf(&text, "{\"result\":\"success\",\"msg\":\"\",\"events\":[%s],\"queue_id\":\"q\"}",
             list);
    assert_false(text.full);
    struct json *answer = json_parse(text.ptr, text.len, NULL);
    if (!answer)
        fail_msg("no JSON: %.200s", list);
    if (!events_read(test_arena, answer, &events, &fault))
        fail_msg("%s", fault.msg);
    json_free(answer);
    return events;
}

/* The only message of the list. */
static struct chat_message read_one(const char *list)
{
    struct events events = read_events(list);
    assert_int_equal(events.messages.count, 1);
    struct chat_message message = events.messages.message[0];
    return message;
}

static void test_stream(void **state)
{
    (void)state;
    struct events events = read_events(
        "{\"id\":3000000000,\"type\":\"message\",\"flags\":[\"read\",\"mentioned\"],\"message\":{"
        "\"id\":9007199254740992,\"sender_id\":8,\"sender_email\":\"user8@zulip.example.org\","
        "\"sender_full_name\":\"Ada\",\"sender_realm_str\":\"example\",\"type\":\"stream\","
        "\"stream_id\":435142,\"display_recipient\":\"newsletter\",\"subject\":\"\\u2714 issue 7\","
        "\"content\":\"@**This Month|9001** show july \\ud83e\\udd80\","
        "\"content_type\":\"text/x-markdown\",\"client\":\"website\",\"timestamp\":1754000000,"
        "\"recipient_id\":1435142,\"is_me_message\":false,\"reactions\":[],\"submessages\":[],"
        "\"topic_links\":[],\"avatar_url\":null}}");
    assert_true(events.any);
    assert_true(events.last == 3000000000);
    assert_int_equal(events.messages.count, 1);
    const struct chat_message *message = &events.messages.message[0];
    assert_true(message->id == 9007199254740992);
    assert_int_equal(message->sender, 8);
    assert_false(message->system);
    assert_true(message->mentioned);
    assert_true(message->sent_at > 1753999999 && message->sent_at < 1754000001);
    assert_int_equal(message->place.channel, 435142);
    assert_string_equal(message->place.topic, "✔ issue 7");
    assert_int_equal(message->place.people_count, 0);
    assert_string_equal(message->content, "@**This Month|9001** show july 🦀");
}

static void test_private(void **state)
{
    (void)state;
    static const char people[] = PERSON("9001", "This Month") "," PERSON("10", "Grace") "," PERSON(
        "5000000000", "Ada") "," PERSON("10", "Grace");
    char event[2000];
    snprintf(event, sizeof event,
             "{\"id\":7,\"type\":\"message\",\"flags\":[],\"message\":{\"id\":11,\"sender_id\":10,"
             "\"sender_realm_str\":\"zulipinternal\",\"type\":\"private\","
             "\"display_recipient\":[%s],\"subject\":\"\",\"content\":\"help\","
             "\"timestamp\":1754000000.25}}",
             people);
    struct chat_message message = read_one(event);
    assert_true(message.system);
    assert_false(message.mentioned);
    assert_int_equal(message.place.channel, 0);
    assert_string_equal(message.place.topic, "");
    assert_int_equal(message.place.people_count, 3);
    assert_int_equal(message.place.people[0], 10);
    assert_int_equal(message.place.people[1], 9001);
    assert_true(message.place.people[2] == 5000000000);
}

/* Only messages are messages, and all ids count. */
static void test_other_events(void **state)
{
    (void)state;
    struct events events = read_events("");
    assert_false(events.any);
    assert_int_equal(events.last, 5);
    events = read_events("{\"type\":\"heartbeat\",\"id\":6}");
    assert_true(events.any);
    assert_int_equal(events.last, 6);
    assert_int_equal(events.messages.count, 0);
    events = read_events(
        "{\"id\":6,\"type\":\"update_message\",\"message_id\":5,\"message_ids\":[5],\"flags\":"
        "[\"mentioned\"],\"content\":\"@**This Month** list\",\"rendering_only\":false},"
        "{\"id\":7,\"type\":\"messages\",\"message\":" STREAM(
            "") "},"
                "{\"id\":8,\"type\":\"realm_user\",\"op\":\"update\",\"person\":{\"user_id\":9001}}"
                ","
                "{\"id\":13,\"type\":\"restart\",\"server_generation\":1700000000},"
                "{\"id\":12,\"type\":\"delete_message\",\"message_id\":5},{\"id\":3,\"type\":7}");
    assert_int_equal(events.last, 13);
    assert_int_equal(events.messages.count, 0);
    /* An old id moves nothing back. */
    events = read_events("{\"type\":\"heartbeat\",\"id\":4}");
    assert_true(events.any);
    assert_int_equal(events.last, 5);
}

/* Flags count only where events have them, and only by their names. */
static void test_flags(void **state)
{
    (void)state;
    static const struct {
        const char *flags;
        bool mentioned;
    } cases[] = {
        {"[\"mentioned\"]", true},
        {"[\"read\",\"starred\",\"mentioned\"]", true},
        {"[]", false},
        {"[\"wildcard_mentioned\",\"stream_wildcard_mentioned\"]", false},
        {"[\"Mentioned\",null,7,[\"mentioned\"],{\"a\":\"mentioned\"}]", false},
        {"{\"a\":\"mentioned\"}", false},
        {"\"mentioned\"", false},
        {"null", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char event[1000];
        snprintf(event, sizeof event, "{\"id\":9,\"type\":\"message\",\"flags\":%s,\"message\":%s}",
                 cases[i].flags, STREAM(",\"flags\":[\"mentioned\"]"));
        struct chat_message message = read_one(event);
        if (message.mentioned != cases[i].mentioned)
            fail_msg("%s", cases[i].flags);
    }
    struct chat_message message =
        read_one("{\"id\":9,\"type\":\"message\",\"message\":" STREAM("") "}");
    assert_false(message.mentioned);
}

/* Parts of a message. */
#define ID     "\"id\":1,"
#define SENDER "\"sender_id\":8,"
#define AT     "\"timestamp\":1,"
#define IN     "\"type\":\"stream\",\"stream_id\":1,\"subject\":\"\","
#define AMONG  "\"type\":\"private\",\"display_recipient\":"
#define TOLD   "\"content\":\"\""

/* What lacks something is left out, the next is read, and the ids count. */
static void test_left_out(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "null",
        "[]",
        "7",
        "{}",
        "{" SENDER AT IN TOLD "}",
        "{\"id\":0," SENDER AT IN TOLD "}",
        "{\"id\":1e16," SENDER AT IN TOLD "}",
        "{\"id\":\"1\"," SENDER AT IN TOLD "}",
        "{" ID AT IN TOLD "}",
        "{" ID "\"sender_id\":-8," AT IN TOLD "}",
        "{" ID SENDER IN TOLD "}",
        "{" ID SENDER "\"timestamp\":\"1\"," IN TOLD "}",
        "{" ID SENDER AT "\"stream_id\":1,\"subject\":\"\"," TOLD "}",
        "{" ID SENDER AT "\"type\":\"huddle\",\"stream_id\":1,\"subject\":\"\"," TOLD "}",
        "{" ID SENDER AT "\"type\":\"stream\",\"subject\":\"\"," TOLD "}",
        "{" ID SENDER AT "\"type\":\"stream\",\"stream_id\":0,\"subject\":\"\"," TOLD "}",
        "{" ID SENDER AT "\"type\":\"stream\",\"stream_id\":1," TOLD "}",
        "{" ID SENDER AT IN "\"subject\":\"\"}",
        "{" ID SENDER AT IN "\"content\":{}}",
        "{" ID SENDER AT "\"type\":\"private\"," TOLD "}",
        "{" ID SENDER AT AMONG "\"Ada\"," TOLD "}",
        "{" ID SENDER AT AMONG "[]," TOLD "}",
        "{" ID SENDER AT AMONG "[{\"id\":8},{}]," TOLD "}",
        "{" ID SENDER AT AMONG "[{\"id\":8},9001]," TOLD "}",
        "{" ID SENDER AT AMONG "[{\"id\":8},{\"id\":0}]," TOLD "}",
    };
    read_one(EVENT("{" ID SENDER AT IN TOLD "}"));
    read_one(EVENT("{" ID SENDER AT AMONG "[{\"id\":8}]," TOLD "}"));
    for (size_t i = 0; i < COUNT(messages); i++) {
        char list[2000];
        snprintf(list, sizeof list,
                 "{\"id\":30,\"type\":\"message\",\"flags\":[],\"message\":%s}," EVENT(STREAM("")),
                 messages[i]);
        struct events events = read_events(list);
        if (events.last != 30 || events.messages.count != 1 ||
            events.messages.message[0].id != 5000000001)
            fail_msg("%zu messages up to event %d: %s", events.messages.count, (int)events.last,
                     messages[i]);
    }
}

/* What is not an event, or has no id of the server's, is not acknowledged. */
static void test_rubbish(void **state)
{
    (void)state;
    struct events events = read_events(
        "null,1,\"x\",[],{},true,[[{\"id\":70}]],{\"id\":-1,\"type\":\"heartbeat\"},{\"id\":1e16},"
        "{\"id\":7.5},{\"id\":\"8\"},{\"type\":\"message\",\"flags\":[],\"message\":" STREAM(
            "") "}");
    assert_false(events.any);
    assert_int_equal(events.last, 5);
    assert_int_equal(events.messages.count, 0);
    static const char *const answers[] = {"{}", "{\"events\":{}}", "{\"events\":null}", "[]",
                                          "{\"events\":\"[]\"}"};
    for (size_t i = 0; i <= COUNT(answers); i++) {
        struct json *answer =
            i < COUNT(answers) ? json_parse(answers[i], strlen(answers[i]), NULL) : NULL;
        struct fault fault = {0};
        struct events none = {.last = 5};
        assert_false(events_read(test_arena, answer, &none, &fault));
        assert_fault(&fault, FAULT_INPUT);
        assert_int_equal(none.last, 5);
        json_free(answer);
    }
}

/* Nests values as deep as the JSON library takes them. */
static void test_deep(void **state)
{
    (void)state;
    struct buf list = BUF_INIT(test_arena, 64 * 1024), open = repeat("[", 900),
               close = repeat("]", 900);
    buf_addf(&list,
             "{\"id\":6,\"type\":\"message\",\"flags\":%s%s,\"message\":%s},"
             "{\"id\":7,\"type\":\"message\",\"message\":%s%s},%s%s",
             buf_str(&open), buf_str(&close), STREAM(",\"x\":{\"x\":{}}"), buf_str(&open),
             buf_str(&close), buf_str(&open), buf_str(&close));
    struct events events = read_events(buf_str(&list));
    assert_int_equal(events.last, 7);
    assert_int_equal(events.messages.count, 1);
}

/* Messages stay as they came, twice when they came twice. */
static void test_order(void **state)
{
    (void)state;
    struct events events = read_events(EVENT(STREAM("")) "," EVENT(STREAM("")));
    assert_int_equal(events.messages.count, 2);
    assert_true(events.messages.message[0].id == events.messages.message[1].id);
}

/* What is over the bound is not acknowledged either. */
static void test_many(void **state)
{
    (void)state;
    struct buf list = BUF_INIT(test_arena, 64 * 1024 * 1024);
    for (int i = 1; i <= EVENTS_MAX + 1; i++)
        buf_addf(&list, "%s{\"id\":%d,\"type\":\"message\",\"flags\":[],\"message\":%s}",
                 i > 1 ? "," : "", i, STREAM(""));
    struct events events = read_events(buf_str(&list));
    assert_int_equal(events.last, EVENTS_MAX);
    assert_int_equal(events.messages.count, EVENTS_MAX);
}

/* A text that is not UTF-8 becomes UTF-8; a text or a crowd too large for any server is left out.
 */
static void test_extremes(void **state)
{
    (void)state;
    struct chat_message message = read_one(
        EVENT("{\"id\":1,\"sender_id\":8,\"type\":\"stream\",\"stream_id\":1,\"subject\":\"a\xff\","
              "\"content\":\"\xc3(\xed\xa0\x80\",\"timestamp\":1}"));
    assert_string_equal(message.place.topic, "a\xef\xbf\xbd");
    assert_true(text_length(message.content) > 1);
    struct buf again = BUF_INIT(test_arena, 100);
    text_add_valid(&again, message.content, strlen(message.content));
    assert_string_equal(buf_str(&again), message.content);

    struct buf large = repeat("x", TEXT_MAX + 1), people = repeat("{\"id\":8},", 1000);
    struct buf list = BUF_INIT(test_arena, 64 * 1024 * 1024);
    buf_addf(&list,
             EVENT("{\"id\":1,\"sender_id\":8,\"type\":\"stream\",\"stream_id\":1,"
                   "\"subject\":\"\",\"content\":\"%s\",\"timestamp\":1}") ",",
             buf_str(&large));
    buf_addf(&list,
             EVENT("{\"id\":1,\"sender_id\":8,\"type\":\"private\",\"display_recipient\":"
                   "[%s{\"id\":9}],\"content\":\"\",\"timestamp\":1}"),
             buf_str(&people));
    struct events events = read_events(buf_str(&list));
    assert_int_equal(events.last, 9);
    assert_int_equal(events.messages.count, 0);
}

static void test_place_equal(void **state)
{
    (void)state;
    int64_t two[] = {8, 9001}, three[] = {8, 10, 9001};
    const struct {
        struct chat_place a, b;
        bool equal;
    } cases[] = {
        {{.channel = 1, .topic = TOPIC("Chat")}, {.channel = 1, .topic = TOPIC("chat")}, true},
        {{.channel = 1, .topic = TOPIC("✔ Größe")},
         {.channel = 1, .topic = TOPIC("✔ größe")},
         true},
        {{.channel = 1, .topic = TOPIC("")}, {.channel = 1, .topic = TOPIC("")}, true},
        {{.channel = 1, .topic = TOPIC("chat")}, {.channel = 2, .topic = TOPIC("chat")}, false},
        {{.channel = 1, .topic = TOPIC("chat")}, {.channel = 1, .topic = TOPIC("chats")}, false},
        {{.channel = 1, .topic = TOPIC("chat")}, {.channel = 1, .topic = TOPIC("✔ chat")}, false},
        {{.topic = TOPIC(""), .people = two, .people_count = 2},
         {.topic = TOPIC(""), .people = (int64_t[]){8, 9001}, .people_count = 2},
         true},
        {{.topic = TOPIC(""), .people = two, .people_count = 2},
         {.topic = TOPIC(""), .people = three, .people_count = 3},
         false},
        {{.topic = TOPIC(""), .people = two, .people_count = 2},
         {.topic = TOPIC(""), .people = (int64_t[]){8, 9002}, .people_count = 2},
         false},
        {{.channel = 1, .topic = TOPIC("")},
         {.topic = TOPIC(""), .people = two, .people_count = 2},
         false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (chat_place_equal(&cases[i].a, &cases[i].b) != cases[i].equal ||
            chat_place_equal(&cases[i].b, &cases[i].a) != cases[i].equal)
            fail_msg("case %zu", i);
}

static void test_same_text(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"one\ntwo", "one\ntwo", true},
        {"one \n\t\r\n", "one", true},
        {"\n\n one", " one", true},
        {"one\xc2\xa0\xe2\x80\xa8\xe3\x80\x80", "one", true},
        {" \n ", "", true},
        {"one", "two", false},
        {"one", "one.", false},
        {" one", "one", false},
        {"one\n\ntwo", "one\ntwo", false},
        {"one", "One", false},
        {"one", "", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (chat_same_text(cases[i].a, cases[i].b) != cases[i].same ||
            chat_same_text(cases[i].b, cases[i].a) != cases[i].same)
            fail_msg("'%s' and '%s'", cases[i].a, cases[i].b);
}

static void test_same_title(void **state)
{
    (void)state;
#define URL "https://rust-osdev.com/this-month/2031-01/"
    static const struct {
        const char *message;
        bool same;
    } cases[] = {
        {"**[T](" URL ")**", true},
        {"**[Another title &#93;](" URL ")**\n\nmore", true},
        {"**[](" URL ")**", true},
        {"**[a](b](" URL ")**", true},
        {"**[T](" URL ")**, published on 8 August", false},
        {"x **[T](" URL ")**", false},
        {"**[T](https://rust-osdev.com/this-month/2031-02/)**\n**[T](" URL ")**", false},
        {"**[T](" URL "x)**", false},
        {"[T](" URL ")", false},
        {"](" URL ")**", false},
        {"**[" URL ")**", false},
        {"**[)**", false},
        {"", false},
        {"\n**[T](" URL ")**", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (chat_same_title(cases[i].message, "**[T](" URL ")**") != cases[i].same ||
            chat_same_title("**[T](" URL ")**\n", cases[i].message) != cases[i].same)
            fail_msg("%s", cases[i].message);
#undef URL
}

/* Each line is a batch: the newest message's id, its time, when it comes; and what time it is then.
 */
static void test_clock(void **state)
{
    (void)state;
    static const struct {
        int64_t id;
        double sent_at, elapsed, now;
    } batches[] = {
        {10, 1000, 50, 1000}, /* the first is believed, whatever it says */
        {11, 1010, 60, 1010},
        {12, 1019, 70, 1020},            /* a second late */
        {13, 500, 80, 1030},             /* an old one that waited, within the age */
        {14, 50, 90, 1040},              /* and too old */
        {14, 50, 95, 1045},              /* the same once more: it says nothing new */
        {15, 1050, 100, 1050},           /* all is well */
        {16, 9000, 110, 9000},           /* a moment's mistake */
        {17, 1070, 120, 9010},           /* costs one message */
        {18, 1080, 130, 1080},           /* and no more */
        {19, 2e9, 140, 2e9},             /* a leap */
        {20, 2e9 - 3600, 150, 2e9 + 10}, /* back by an hour */
        {21, 2e9 - 3590, 160, 2e9 - 3590},
    };
    struct events_clock clock = {0};
    assert_true(events_server_time(&clock, 1e9) == 0);
    for (size_t i = 0; i < COUNT(batches); i++) {
        struct chat_message message[] = {{.id = batches[i].id, .sent_at = batches[i].sent_at},
                                         {.id = batches[i].id - 1, .sent_at = 7}};
        struct chat_messages messages = {.message = message, .count = 2};
        events_see_time(&clock, &messages, 600, batches[i].elapsed);
        if (events_server_time(&clock, batches[i].elapsed) != batches[i].now)
            fail_msg("batch %zu: %f", i, events_server_time(&clock, batches[i].elapsed));
    }
    struct events_clock before = clock;
    events_see_time(&clock, &(struct chat_messages){0}, 600, 200);
    assert_memory_equal(&before, &clock, sizeof clock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream),       cmocka_unit_test(test_private),
        cmocka_unit_test(test_other_events), cmocka_unit_test(test_flags),
        cmocka_unit_test(test_left_out),     cmocka_unit_test(test_rubbish),
        cmocka_unit_test(test_deep),         cmocka_unit_test(test_order),
        cmocka_unit_test(test_many),         cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_place_equal),  cmocka_unit_test(test_same_text),
        cmocka_unit_test(test_same_title),   cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests_name("chat", tests, setup_arena, teardown_arena);
}
