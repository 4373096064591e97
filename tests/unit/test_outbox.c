/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests of what is recorded of messages for the chat: what goes in comes out. */
#include "state/outbox.h"

#include "base/arena.h"
#include "base/fault.h"
#include "fixture.h"
#include "io/database.h"
#include "state/server.h"

#include <stdlib.h>
#include <string.h>

static struct database *open_memory(void)
{
    struct fault fault = {0};
    struct database *db =
        database_open(test_arena, NULL, "https://chat.example.org", DATABASE_CREATE, &fault);
    assert_non_null(db);
    return db;
}

static void test_queue(void **state)
{
    struct fault fault = {0};
    struct database *db = open_memory();
    struct server_queue queue;
    (void)state;
    assert_true(server_get_queue(db, &queue, &fault));
    assert_string_equal(queue.id, "");
    assert_int_equal(queue.last, -1);
    assert_false(queue.begun);
    strcpy(queue.id, "b0b-1");
    queue.last = INT64_C(5000000000);
    queue.handled = INT64_C(6000000000);
    queue.begun = true;
    assert_true(server_put_queue(db, &queue, &fault));
    memset(&queue, 0, sizeof queue);
    assert_true(server_get_queue(db, &queue, &fault));
    assert_string_equal(queue.id, "b0b-1");
    assert_int_equal(queue.last, INT64_C(5000000000));
    assert_int_equal(queue.handled, INT64_C(6000000000));
    assert_true(queue.begun);
    queue.id[0] = '\0';
    assert_true(server_put_queue(db, &queue, &fault));
    assert_true(server_get_queue(db, &queue, &fault));
    assert_string_equal(queue.id, "");
    database_close(db);
}

static void test_answers(void **state)
{
    struct fault fault = {0};
    struct arena *arena = arena_new();
    struct database *db = open_memory();
    int64_t people[] = {7, 9, INT64_C(5000000001)};
    char none[] = "", topic[] = "a 'topic'";
    struct outbox_entry direct = {.kind = OUTBOX_ANSWER,
                                  .about = 20,
                                  .asker = 7,
                                  .place = {.topic = none, .people = people, .people_count = 3},
                                  .request = "latest",
                                  .asked_at = 100.5,
                                  .begun = 2,
                                  .content = "Hello",
                                  .sender = 5,
                                  .after = 20};
    struct outbox_entry channel = {.kind = OUTBOX_ANSWER,
                                   .about = 10,
                                   .asker = 8,
                                   .place = {.channel = 3, .topic = topic},
                                   .request = ""};
    struct outbox_entries entries = {0};
    bool has;
    (void)state;
    assert_true(outbox_has_question(db, 20, &has, &fault));
    assert_false(has);
    assert_true(outbox_record(db, &direct, OUTBOX_SENT, &fault));
    assert_true(outbox_record(db, &channel, OUTBOX_NEW, &fault));
    assert_true(outbox_has_question(db, 20, &has, &fault));
    assert_true(has);
    assert_true(outbox_list_waiting(arena, db, OUTBOX_ANSWER, &entries, &fault));
    assert_int_equal(entries.count, 2);
    struct outbox_entry *e = entries.entry;
    assert_int_equal(e[0].about, 10);
    assert_int_equal(e[0].place.channel, 3);
    assert_string_equal(e[0].place.topic, "a 'topic'");
    assert_null(e[0].content);
    assert_int_equal(e[0].state, OUTBOX_NEW);
    assert_true(e[0].at >= 1.0 && e[0].kind == OUTBOX_ANSWER);
    assert_true(chat_place_equal(&e[1].place, &direct.place));
    assert_string_equal(e[1].request, "latest");
    assert_string_equal(e[1].content, "Hello");
    assert_int_equal(e[1].state, OUTBOX_SENT);
    assert_true(e[1].asked_at == 100.5);
    assert_int_equal(e[1].begun, 2);
    assert_int_equal(e[1].asker, 7);
    assert_int_equal(e[1].sender, 5);
    assert_int_equal(e[1].after, 20);
    direct.message = 33;
    assert_true(outbox_record(db, &direct, OUTBOX_POSTED, &fault));
    assert_true(outbox_record(db, &channel, OUTBOX_LEFT, &fault));
    entries = (struct outbox_entries){0};
    assert_true(outbox_list_waiting(arena, db, OUTBOX_ANSWER, &entries, &fault));
    assert_int_equal(entries.count, 0);
    int64_t said = -1;
    assert_true(database_get_integer(
        db, &said, &fault,
        "SELECT sum(length(topic || people || ifnull(request, '') || ifnull(content, '')))"
        " FROM outbox",
        ""));
    assert_int_equal(said, 0);
    arena_free(arena);
    database_close(db);
}

/* One that is posted replaces the one before, and another on its way stays. */
static void test_announcements(void **state)
{
    struct fault fault = {0};
    struct arena *arena = arena_new();
    struct database *db = open_memory();
    char topic[] = "January";
    const int month = 2031 * 12;
    struct outbox_entry first = {.about = month,
                                 .place = {.channel = 3, .topic = topic},
                                 .channel_name = "news",
                                 .content = "text",
                                 .data = "old",
                                 .message = 7},
                        again = first, other = first, posted, waiting;
    struct outbox_entries entries = {0};
    (void)state;
    again.message = 0;
    other.place.channel = 4;
    assert_true(outbox_record(db, &first, OUTBOX_POSTED, &fault));
    assert_true(outbox_record(db, &other, OUTBOX_POSTED, &fault));
    assert_true(outbox_record(db, &again, OUTBOX_SENT, &fault));
    assert_true(outbox_get_announced(arena, db, month, 3, &posted, &waiting, &fault));
    assert_int_equal(posted.message, 7);
    assert_int_equal(waiting.id, again.id);
    assert_string_equal(posted.place.topic, "January");
    assert_string_equal(posted.channel_name, "news");
    assert_null(posted.fresh);
    assert_true(outbox_keep(db, posted.id, "new", true, &fault));
    assert_true(outbox_drop(db, &again, &fault)); /* not what may have been sent */
    assert_true(outbox_get_announced(arena, db, month, 3, &posted, &waiting, &fault));
    assert_string_equal(posted.data, "new");
    assert_true(posted.edit_over);
    assert_int_equal(waiting.state, OUTBOX_SENT);
    again.message = 8;
    assert_true(outbox_record(db, &again, OUTBOX_POSTED, &fault));
    assert_true(outbox_get_announced(arena, db, month, 3, &posted, &waiting, &fault));
    assert_int_equal(posted.message, 8);
    assert_false(posted.edit_over);
    assert_int_equal(waiting.id, 0);
    assert_true(outbox_list_announced(arena, db, 0, &entries, &fault));
    assert_int_equal(entries.count, 2);
    assert_int_equal(entries.entry[1].place.channel, 4);
    arena_free(arena);
    database_close(db);
}

/* What waits is never forgotten, nor what may come again. */
static void test_prune(void **state)
{
    struct fault fault = {0};
    struct database *db = open_memory();
    char none[] = "";
    bool has;
    (void)state;
    for (enum outbox_state i = OUTBOX_NEW; i <= OUTBOX_LEFT; i++) {
        struct outbox_entry entry = {
            .kind = OUTBOX_ANSWER, .about = 1 + i, .place = {.channel = 3, .topic = none}};
        assert_true(outbox_record(db, &entry, i, &fault));
    }
    assert_true(database_run(db, &fault, "UPDATE outbox SET at = 1000", ""));
    assert_true(outbox_prune(db, 1000 + OUTBOX_KEEP_S, &fault));
    for (enum outbox_state i = OUTBOX_NEW; i <= OUTBOX_LEFT; i++) {
        assert_true(outbox_has_question(db, 1 + i, &has, &fault));
        assert_true(has);
    }
    assert_true(outbox_prune(db, 1001 + OUTBOX_KEEP_S, &fault));
    for (enum outbox_state i = OUTBOX_NEW; i <= OUTBOX_LEFT; i++) {
        assert_true(outbox_has_question(db, 1 + i, &has, &fault));
        assert_int_equal(has, i <= OUTBOX_SENT);
    }
    database_close(db);
}

/* Whose a message of the bot's own is. */
static void test_claims(void **state)
{
    struct fault fault = {0};
    struct database *db = open_memory();
    char none[] = "";
    struct outbox_entry answered = {.kind = OUTBOX_ANSWER,
                                    .about = 10,
                                    .place = {.channel = 3, .topic = none},
                                    .content = "latest",
                                    .message = 11},
                        sent = {.kind = OUTBOX_ANSWER,
                                .about = 12,
                                .place = {.channel = 3, .topic = none},
                                .content = "An answer"};
    struct outbox_entry announced = {
        .about = 2031 * 12, .place = {.channel = 3, .topic = none}, .content = "An announcement"};
    (void)state;
    assert_true(outbox_record(db, &answered, OUTBOX_POSTED, &fault));
    assert_true(outbox_record(db, &sent, OUTBOX_SENT, &fault));
    assert_true(server_put_told(db, "It is late.", 1, &fault));
    assert_true(outbox_record(db, &announced, OUTBOX_SENT, &fault));
    announced = (struct outbox_entry){.about = 2031 * 12 + 1,
                                      .place = {.channel = 3, .topic = none},
                                      .content = "Another one",
                                      .message = 20};
    assert_true(outbox_record(db, &announced, OUTBOX_POSTED, &fault));
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
        assert_true(outbox_claims(db, &own, &claims, &fault));
        if (claims != cases[i].claims)
            fail_msg("case %zu: '%s'", i, content);
    }
    database_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue),  cmocka_unit_test(test_answers),
        cmocka_unit_test(test_claims), cmocka_unit_test(test_announcements),
        cmocka_unit_test(test_prune),
    };
    return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
