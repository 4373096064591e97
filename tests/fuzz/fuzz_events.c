/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes what is read of GET /events: any bytes that a server may answer. */
#include "zulip/events.h"

#include "property.h"

#define ACKNOWLEDGED 7

static void require_message(const struct chat_message *message)
{
    const struct chat_place *place = &message->place;
    require(message->id > 0 && message->sender > 0);
    require_valid(message->content);
    require_valid(place->topic);
    require(chat_place_equal(place, place));
    require(chat_same_text(message->content, message->content));
    if (place->channel)
        require(place->channel > 0 && place->people_count == 0);
    else
        require(place->people_count > 0 && !*place->topic);
    for (size_t i = 1; i < place->people_count; i++)
        require(place->people[i - 1] < place->people[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct json *answer = json_parse((const char *)data, size, NULL);
    struct events events = {.last = ACKNOWLEDGED};
    struct fault fault = {0};
    bool read = events_read(arena, answer, &events, &fault);
    require_told(read, &fault, FAULT_INPUT);
    require(events.last >= ACKNOWLEDGED);
    require(events.any || (events.last == ACKNOWLEDGED && events.messages.count == 0));
    require(events.messages.count <= EVENTS_MAX);
    for (size_t i = 0; i < events.messages.count; i++)
        require_message(&events.messages.message[i]);
    for (size_t i = 1; i < events.messages.count; i++) {
        const struct chat_message *a = &events.messages.message[i - 1], *b = a + 1;
        require(chat_place_equal(&a->place, &b->place) == chat_place_equal(&b->place, &a->place));
        require(chat_same_text(a->content, b->content) == chat_same_text(b->content, a->content));
    }
    arena_free(arena);
    json_free(answer);
    return 0;
}
