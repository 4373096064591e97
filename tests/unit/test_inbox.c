/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests of the inbox: what goes in comes out, by site. */
#include "inbox.h"

#include "database.h"
#include "fault.h"
#include "fixture.h"
#include "server.h"
#include "store.h"

#include <stdlib.h>
#include <string.h>

static struct database *open_memory(void)
{
    struct fault fault = {0};
    struct database *db =
        database_open(arena_ambient(), NULL, "https://chat.example.org", DATABASE_CREATE, &fault);
    assert_non_null(db);
    return db;
}

static void test_queue(void **state)
{
    struct fault fault = {0};
    struct database *db = open_memory();
    struct inbox_queue queue;
    (void)state;
    assert_true(inbox_get_queue(db, &queue, &fault));
    assert_string_equal(queue.id, "");
    assert_int_equal(queue.last, -1);
    assert_false(queue.begun);
    strcpy(queue.id, "b0b-1");
    queue.last = INT64_C(5000000000);
    queue.handled = INT64_C(6000000000);
    queue.begun = true;
    assert_true(inbox_put_queue(db, &queue, &fault));
    memset(&queue, 0, sizeof queue);
    assert_true(inbox_get_queue(db, &queue, &fault));
    assert_string_equal(queue.id, "b0b-1");
    assert_int_equal(queue.last, INT64_C(5000000000));
    assert_int_equal(queue.handled, INT64_C(6000000000));
    assert_true(queue.begun);
    queue.id[0] = '\0';
    assert_true(inbox_put_queue(db, &queue, &fault));
    assert_true(inbox_get_queue(db, &queue, &fault));
    assert_string_equal(queue.id, "");
    database_close(db);
}

static void test_entries(void **state)
{
    struct fault fault = {0};
    struct database *db = open_memory();
    int64_t people[] = {7, 9, INT64_C(5000000001)};
    char none[] = "", latest[] = "latest", hello[] = "Hello", topic[] = "a 'topic'";
    struct inbox_entry direct = {.message = 20,
                                 .sender = 7,
                                 .place = {.topic = none, .people = people, .people_count = 3},
                                 .request = latest,
                                 .sent_at = 100.5,
                                 .state = INBOX_INTENT,
                                 .text = hello};
    struct inbox_entry channel = {.message = 10,
                                  .sender = 8,
                                  .place = {.channel = 3, .topic = topic},
                                  .request = none,
                                  .state = INBOX_NEW};
    struct inbox_entries entries = {0};
    bool has;
    (void)state;
    assert_true(inbox_has(db, 20, &has, &fault));
    assert_false(has);
    assert_true(inbox_put(db, &direct, 1000, &fault));
    assert_true(inbox_put(db, &channel, 1000, &fault));
    assert_true(inbox_has(db, 20, &has, &fault));
    assert_true(has);
    assert_true(inbox_list_waiting(db, &entries, &fault));
    assert_int_equal(entries.count, 2);
    assert_int_equal(entries.entry[0].message, 10);
    assert_int_equal(entries.entry[0].place.channel, 3);
    assert_string_equal(entries.entry[0].place.topic, "a 'topic'");
    assert_null(entries.entry[0].text);
    assert_int_equal(entries.entry[0].state, INBOX_NEW);
    assert_true(chat_place_equal(&entries.entry[1].place, &direct.place));
    assert_string_equal(entries.entry[1].request, "latest");
    assert_string_equal(entries.entry[1].text, "Hello");
    assert_int_equal(entries.entry[1].state, INBOX_INTENT);
    assert_true(entries.entry[1].sent_at == 100.5);
    inbox_entries_finish(&entries);
    direct.state = INBOX_ANSWERED;
    direct.posted = 33;
    channel.state = INBOX_LEFT;
    assert_true(inbox_put(db, &direct, 1001, &fault));
    assert_true(inbox_put(db, &channel, 1001, &fault));
    assert_true(inbox_list_waiting(db, &entries, &fault));
    assert_int_equal(entries.count, 0);
    int64_t said = -1;
    assert_true(
        database_get_integer(db, &said, &fault,
                             "SELECT sum(length(topic || people || request || ifnull(text, '')))"
                             " FROM answer",
                             ""));
    assert_int_equal(said, 0);
    assert_true(inbox_is_answer(db, 33, &has, &fault));
    assert_true(has);
    assert_true(inbox_is_answer(db, 34, &has, &fault));
    assert_false(has);
    inbox_entries_finish(&entries);
    database_close(db);
}

/* What waits is never forgotten, nor what may come again. */
static void test_prune(void **state)
{
    struct fault fault = {0};
    struct database *db = open_memory();
    char none[] = "";
    struct inbox_entry entry = {.place = {.channel = 3, .topic = none}, .request = none};
    bool has;
    (void)state;
    for (int i = INBOX_NEW; i <= INBOX_LIMITED; i++) {
        entry.message = 1 + i;
        entry.state = (enum inbox_state)i;
        assert_true(inbox_put(db, &entry, 1000, &fault));
    }
    assert_true(inbox_prune(db, 1000 + INBOX_KEEP_S, &fault));
    for (int i = INBOX_NEW; i <= INBOX_LIMITED; i++) {
        assert_true(inbox_has(db, 1 + i, &has, &fault));
        assert_true(has);
    }
    assert_true(inbox_prune(db, 1001 + INBOX_KEEP_S, &fault));
    for (int i = INBOX_NEW; i <= INBOX_LIMITED; i++) {
        assert_true(inbox_has(db, 1 + i, &has, &fault));
        assert_int_equal(has, i <= INBOX_INTENT);
    }
    database_close(db);
}

/* Whose a message of the bot's own is. */
static void test_claims(void **state)
{
    struct fault fault = {0};
    struct database *db = open_memory();
    char none[] = "", request[] = "latest", text[] = "An answer", told[] = "It is late.";
    struct inbox_entry answered = {.message = 10,
                                   .place = {.channel = 3, .topic = none},
                                   .request = request,
                                   .state = INBOX_ANSWERED,
                                   .posted = 11},
                       intent = {.message = 12,
                                 .place = {.channel = 3, .topic = none},
                                 .request = request,
                                 .state = INBOX_INTENT,
                                 .text = text};
    struct store_message announced = {"newsletter", "topic", "An announcement", NULL, NULL};
    (void)state;
    assert_true(inbox_put(db, &answered, 1, &fault));
    assert_true(inbox_put(db, &intent, 1, &fault));
    assert_true(server_put_told(db, told, 1, &fault));
    assert_true(store_put_intent(db, 2031 * 12, 3, 0, 9, &announced, &fault));
    announced.content = "Another one";
    assert_true(store_put_posted(db, 2031 * 12 + 1, 3, 20, 1, &announced, &fault));
    static const struct {
        int64_t id;
        const char *content;
        bool claims;
    } cases[] = {
        {11, "whatever it says", true}, {12, "An answer", true},
        {30, "\nAn answer  \n", true},  {30, "An answer.", false},
        {31, "It is late.", true},      {32, "An announcement\n", true},
        {33, "Another one", false},     {20, "edited", true},
        {10, "latest", false},          {34, "", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char content[40];
        bool claims;
        snprintf(content, sizeof content, "%s", cases[i].content);
        struct chat_message own = {.id = cases[i].id, .content = content};
        assert_true(inbox_claims(db, &own, &claims, &fault));
        if (claims != cases[i].claims)
            fail_msg("case %zu: '%s'", i, content);
    }
    database_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_prune),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
