/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The event queue: what people write to the bot. */
#include "zulip/events.h"

#include "base/fault.h"
#include "base/text.h"
#include "io/json.h"
#include "zulip/api.h"

#include <string.h>

double events_server_time(const struct events_clock *clock, double now_mono)
{
    return clock->server_at > 0 ? clock->server_at + (now_mono - clock->seen_mono) : 0;
}

void events_see_time(struct events_clock *clock, const struct chat_messages *messages, double age_s,
                     double now_mono)
{
    double newest_at = 0, now = events_server_time(clock, now_mono);
    int64_t last = clock->last;
    for (size_t i = 0; i < messages->count; i++) {
        const struct chat_message *m = &messages->message[i];
        newest_at = m->sent_at > newest_at ? m->sent_at : newest_at;
        last = m->id > last ? m->id : last;
    }
    if (last == clock->last)
        return; /* no messages, or known ones again */
    bool old = newest_at < now - age_s, set_back = old && clock->old;
    clock->last = last;
    clock->old = old && !set_back;
    if (newest_at > now || set_back) {
        clock->server_at = newest_at;
        clock->seen_mono = now_mono;
    }
}

bool events_read(struct arena *arena, const struct json *answer, struct events *events,
                 struct fault *fault)
{
    const struct json *list = json_array(answer, "events"), *event = json_first(list);
    if (!list)
        return fault_set(fault, FAULT_INPUT, "Zulip's answer has no list of events");
    /* Events over EVENTS_MAX are not acknowledged, so they come again. */
    for (size_t i = 0; event && i < EVENTS_MAX; i++, event = json_next(event)) {
        const char *type = json_string(event, "type");
        int64_t id;
        if (!json_integer(event, "id", &id) || id < 0)
            continue;
        if (type && strcmp(type, "message") == 0)
            chat_add_message(arena, &events->messages, json_object(event, "message"),
                             json_array(event, "flags"));
        events->any = true;
        events->last = id > events->last ? id : events->last;
    }
    return true;
}

/* Drops a queue that is not needed. If that fails, the server drops it later. */
static void drop_queue(struct api *api, const char *queue)
{
    struct fault ignored = {0};
    struct api_call call = api_call(api, "DELETE", "events", "drop the event queue");
    if (!queue)
        return;
    api_add(&call, "queue_id", queue);
    api_perform(api, &call, NULL, &ignored);
}

static void read_server(const struct json *answer, struct events_server *server)
{
    int64_t message = CHAT_MESSAGE_LENGTH, topic = CHAT_TOPIC_LENGTH;
    const char *version = json_string(answer, "zulip_version");
    *server = (struct events_server){.edit_seconds = -1};
    text_printable(server->version, sizeof server->version, version ? version : "?",
                   version ? strlen(version) : 1);
    json_integer(answer, "zulip_feature_level", &server->feature_level);
    json_integer(answer, "max_message_length", &message);
    json_integer(answer, "max_topic_length", &topic);
    json_integer(answer, "realm_message_content_edit_limit_seconds", &server->edit_seconds);
    if (!json_bool(answer, "realm_allow_message_editing", true))
        server->edit_seconds = 0;
    server->max_message_length = message > 0 ? (size_t)message : CHAT_MESSAGE_LENGTH;
    server->max_topic_length = topic > 0 ? (size_t)topic : CHAT_TOPIC_LENGTH;
}

bool events_ask_server(struct api *api, struct events_server *server, struct fault *fault)
{
    struct api_call call = api_call(api, "POST", "register", "ask Zulip for its limits");
    api_add(&call, "event_types", "[\"realm\"]");
    api_add(&call, "fetch_event_types", "[\"realm\"]");
    const struct json *answer = api_perform(api, &call, NULL, fault);
    if (!answer)
        return false;
    read_server(answer, server);
    drop_queue(api, json_string(answer, "queue_id"));
    return true;
}

bool events_register(struct api *api, int keep_s, struct events_queue *queue, struct fault *fault)
{
    struct api_call call = api_call(api, "POST", "register", "register an event queue");
    api_add(&call, "event_types", "[\"message\"]");
    api_add(&call, "fetch_event_types", "[\"realm\"]");
    api_add(&call, "apply_markdown", "false");
    /* The old name up to feature level 480, and the new one; a server ignores the other. */
    api_add_integer(&call, "queue_lifespan_secs", keep_s);
    api_add_integer(&call, "idle_queue_timeout", keep_s);
    const struct json *answer = api_perform(api, &call, NULL, fault);
    if (!answer)
        return false;
    *queue = (struct events_queue){.last = -1};
    json_integer(answer, "last_event_id", &queue->last);
    read_server(answer, &queue->server);
    const char *id = json_string(answer, "queue_id");
    if (!id || !*id || strlen(id) > EVENTS_QUEUE_MAX)
        return api_wrong_shape(fault, &call, "queue_id");
    memcpy(queue->id, id, strlen(id) + 1);
    return true;
}

bool events_poll(struct arena *arena, struct api *api, const char *queue, double wait_s,
                 struct events *events, struct fault *fault)
{
    struct api_call call = api_call(api, "GET", "events", "wait for messages");
    struct api_failure failure;
    struct fault why = {0};
    call.timeout_s = wait_s > 0.001 ? wait_s : 0.001;
    api_add(&call, "queue_id", queue);
    api_add_integer(&call, "last_event_id", events->last);
    const struct json *answer = api_perform(api, &call, &failure, &why);
    if (answer)
        return events_read(arena, answer, events, fault);
    /* An answer on its way is lost, but was not acknowledged, so it comes again. */
    if (failure.timed_out)
        return true;
    /* A refusal means that there is no such queue. An answer that is too large would be again. */
    if (why.kind == FAULT_REFUSED || failure.too_large)
        why.kind = FAULT_ABSENT;
    *fault = why;
    return false;
}
