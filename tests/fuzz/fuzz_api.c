/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes the answers of Zulip's API: what is made of them is whole, what cannot be used is told.
 *
 * The fuzzer takes the place of http_perform() (the linker's --wrap). The first byte of the input
 * chooses what is asked; each line after it is an answer: three bytes of status, and the body. */
#include "io/http.h"
#include "io/zuliprc.h"
#include "zulip/api.h"
#include "zulip/events.h"

#include "property.h"
#include "zulip/org.h"

#define ANSWERS_MAX 20

bool __wrap_http_perform(struct arena *arena, struct http *http, const struct http_request *request,
                         struct http_response *response, struct fault *fault);

static struct arena *process, *job; /* memory of all inputs, and of one */

static struct {
    const char *at, *end;
    int left;
} wire;

bool __wrap_http_perform(struct arena *arena, struct http *http, const struct http_request *request,
                         struct http_response *response, struct fault *fault)
{
    (void)http;
    require(strncmp(request->url, "https://chat.example/api/v1/", 28) == 0);
    size_t rest = (size_t)(wire.end - wire.at);
    const char *stop = memchr(wire.at, '\n', rest);
    size_t len = stop ? (size_t)(stop - wire.at) : rest;
    if (wire.left-- <= 0 || len < 3)
        return fault_set(fault, FAULT_RETRY, "no connection");
    response->sent = true;
    response->status = (int)strtol((char[]){wire.at[0], wire.at[1], wire.at[2], '\0'}, NULL, 10);
    response->max_age_s = response->retry_after_s = -1;
    response->body = BUF_INIT(arena, request->max_bytes);
    buf_add(&response->body, wire.at + 3, len - 3);
    wire.at += len + (stop != NULL);
    return true;
}

static void require_shown(const char *s)
{
    char shown[200];
    require(strcmp(text_printable(shown, sizeof shown, s, strlen(s)), s) == 0);
}

static bool ask_server(struct api *api, struct fault *fault)
{
    struct events_server server;
    bool done = events_ask_server(api, &server, fault);
    if (done) {
        require_shown(server.version);
        require(server.max_message_length > 0 && server.max_topic_length > 0);
    }
    return done;
}

static bool ask_user(struct api *api, struct fault *fault)
{
    struct org_user user;
    bool done = org_ask_me(api, &user, fault) && org_ask_user(api, 7, &user, fault);
    if (done)
        require_shown(user.name);
    return done;
}

static bool list_channels(struct api *api, struct fault *fault)
{
    struct org_channels channels = {0};
    char name[] = "general";
    const struct org_channel channel = {.id = 7, .name = name, .private = true};
    bool done = org_list_channels(job, api, &(struct org_poster){9001, 8, 400}, &channels, fault) &&
                org_check_readable(api, &channel, fault);
    for (size_t i = 0; i < channels.count; i++)
        require(channels.channel[i].name);
    return done;
}

static bool post(struct api *api, struct fault *fault)
{
    int64_t id = 0;
    char topic[] = "a topic";
    struct chat_place channel = {.channel = 7, .topic = topic},
                      person = {.email = "ada@example.org"};
    return chat_send(api, &channel, "post", "content", 0, &id, fault) == API_DONE &&
           chat_send(api, &person, "post", "content", 0, NULL, fault) == API_DONE &&
           chat_edit(api, id, "content", fault) && chat_react(api, id, "zzz", fault);
}

static void require_messages(struct chat_messages *messages, int64_t after)
{
    for (size_t i = 0; i < messages->count; i++) {
        const struct chat_message *message = &messages->message[i];
        require(message->id > (i ? message[-1].id : after));
        require_valid(message->content);
        require_valid(message->place.topic);
    }
}

static bool list_messages(struct api *api, int64_t after, struct fault *fault)
{
    const struct chat_place place = {.channel = 7};
    struct chat_messages messages = {0};
    bool done = chat_find_own(job, api, 300, &place, 42, after, &messages, fault);
    require_messages(&messages, after);
    return done;
}

static bool listen(struct api *api, struct fault *fault)
{
    struct events_queue queue = {0};
    if (!events_register(api, 600, &queue, fault))
        return false;
    require(*queue.id && queue.server.max_message_length > 0);
    struct events events = {.last = queue.last};
    bool done = events_poll(job, api, queue.id, 60, &events, fault);
    require(events.last >= queue.last);
    return done;
}

static bool catch_up(struct api *api, struct fault *fault)
{
    struct chat_messages newest = {0}, missed = {0}, own = {0};
    struct chat_message message = {0};
    bool done = chat_newest(job, api, &newest, fault) &&
                chat_find_missed(job, api, 300, 5, 0, &missed, fault) &&
                chat_read_message(job, api, 9, &message, fault) &&
                chat_find_own(job, api, 300, &message.place, 42, 5, &own, fault);
    require_messages(&newest, 0);
    require_messages(&missed, 5);
    require_messages(&own, 5);
    return done;
}

static bool ask(struct api *api, uint8_t what, struct fault *fault)
{
    switch (what % 8) {
    case 0:
        return ask_server(api, fault);
    case 1:
        return ask_user(api, fault);
    case 2:
        return list_channels(api, fault);
    case 3:
        return list_messages(api, CHAT_NEWEST, fault);
    case 4:
        return list_messages(api, 5, fault);
    case 5:
        return post(api, fault);
    case 6:
        return listen(api, fault);
    default:
        return catch_up(api, fault);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char email[] = "bot@chat.example", key[] = "abcd", site[] = "https://chat.example";
    static const struct credentials credentials = {.email = email, .key = key, .site = site};
    static struct api *api;
    struct fault fault = {0};
    if (!api) {
        process = arena_new();
        job = arena_new();
        api = api_open(process, NULL, &credentials);
    }
    if (size == 0)
        return 0;
    wire.at = (const char *)data + 1;
    wire.end = (const char *)data + size;
    wire.left = ANSWERS_MAX;
    bool done = ask(api, data[0], &fault);
    arena_reset(job);
    require(done == (fault.kind == FAULT_NONE));
    require_told(done, &fault, fault.kind);
    return 0;
}
