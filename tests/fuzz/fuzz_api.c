/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes the answers of Zulip's API: what is made of them is whole, what cannot be used is told.
 *
 * The fuzzer takes the place of http_perform() (the linker's --wrap). The first byte of the input
 * chooses what is asked; each line behind it is an answer: three bytes of status, and the body. */
#include "api.h"
#include "chat.h"
#include "http.h"
#include "zulip.h"
#include "zuliprc.h"

#include "property.h"

#define ANSWERS_MAX 20

bool __wrap_http_perform(struct http *http, const struct http_request *request,
                         struct http_response *response, struct fault *fault);

static struct {
    const char *at, *end;
    int left;
} wire;

bool __wrap_http_perform(struct http *http, const struct http_request *request,
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
    response->body = BUF_INIT(request->max_bytes);
    buf_add(&response->body, wire.at + 3, len - 3);
    wire.at += len + (stop != NULL);
    return true;
}

static void require_shown(const char *s)
{
    char shown[200];
    require(strcmp(text_printable(shown, sizeof shown, s, strlen(s)), s) == 0);
}

static bool ask_server(struct zulip *zulip, struct fault *fault)
{
    struct zulip_server server;
    bool done = zulip_ask_server(zulip, &server, fault);
    if (done) {
        require_shown(server.version);
        require(server.max_message_length > 0 && server.max_topic_length > 0);
    }
    return done;
}

static bool ask_user(struct zulip *zulip, struct fault *fault)
{
    struct zulip_user user;
    bool done = zulip_ask_me(zulip, &user, fault) && zulip_ask_user(zulip, 7, &user, fault);
    if (done)
        require_shown(user.name);
    return done;
}

static bool list_channels(struct zulip *zulip, struct fault *fault)
{
    struct zulip_channels channels = {0};
    bool subscribed,
        done = zulip_list_channels(zulip, &(struct zulip_poster){9001, 8, 400}, &channels, fault) &&
               zulip_is_subscribed(zulip, 7, &subscribed, fault);
    for (size_t i = 0; i < channels.count; i++)
        require(channels.channel[i].name);
    zulip_channels_finish(&channels);
    return done;
}

static bool list_messages(struct zulip *zulip, int64_t after, struct fault *fault)
{
    struct zulip_messages messages = {0};
    bool done = zulip_list_messages(zulip, 7, 42, after, &messages, fault);
    for (size_t i = 0; i < messages.count; i++) {
        require(messages.message[i].topic && messages.message[i].content);
        require(messages.message[i].id > (i ? messages.message[i - 1].id : after));
    }
    zulip_messages_finish(&messages);
    return done;
}

static bool post(struct zulip *zulip, struct fault *fault)
{
    int64_t id = 0;
    return zulip_post(zulip, 7, "a topic", "content", 0, &id, fault) == API_DONE &&
           zulip_post_direct(zulip, 0, "ada@example.org", "content", fault) == API_DONE &&
           zulip_edit(zulip, id, "content", fault) && chat_react(zulip, id, "zzz", fault);
}

static void require_messages(struct chat_messages *messages, int64_t after)
{
    for (size_t i = 0; i < messages->count; i++) {
        const struct chat_message *message = &messages->message[i];
        require(message->id > (i ? message[-1].id : after));
        require_valid(message->content);
        require_valid(message->place.topic);
    }
    chat_messages_finish(messages);
}

static bool listen(struct zulip *zulip, struct fault *fault)
{
    struct chat_queue queue = {0};
    if (!chat_register(zulip, 600, &queue, fault))
        return false;
    require(*queue.id && queue.server.max_message_length > 0);
    struct chat_events events = {.last = queue.last};
    bool done = chat_poll(zulip, queue.id, 60, &events, fault);
    require(events.last >= queue.last);
    chat_messages_finish(&events.messages);
    return done;
}

static bool catch_up(struct zulip *zulip, struct fault *fault)
{
    struct chat_messages newest = {0}, missed = {0}, own = {0};
    struct chat_message message = {0};
    bool done = chat_newest(zulip, &newest, fault) &&
                chat_missed(zulip, 300, 5, 0, &missed, fault) &&
                chat_read_message(zulip, 9, &message, fault) &&
                chat_find_own(zulip, 300, &message.place, 42, 5, "hello", &own, fault);
    require_messages(&newest, 0);
    require_messages(&missed, 5);
    require_messages(&own, 5);
    chat_message_finish(&message);
    return done;
}

static bool ask(struct zulip *zulip, uint8_t what, struct fault *fault)
{
    switch (what % 8) {
    case 0:
        return ask_server(zulip, fault);
    case 1:
        return ask_user(zulip, fault);
    case 2:
        return list_channels(zulip, fault);
    case 3:
        return list_messages(zulip, ZULIP_NEWEST, fault);
    case 4:
        return list_messages(zulip, 5, fault);
    case 5:
        return post(zulip, fault);
    case 6:
        return listen(zulip, fault);
    default:
        return catch_up(zulip, fault);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char email[] = "bot@chat.example", key[] = "abcd", site[] = "https://chat.example";
    static const struct credentials credentials = {.email = email, .key = key, .site = site};
    static const struct http_options options;
    static struct zulip *zulip;
    struct fault fault = {0};
    zulip = zulip ? zulip : zulip_open(&credentials, &options, &fault);
    require(zulip);
    if (size == 0)
        return 0;
    wire.at = (const char *)data + 1;
    wire.end = (const char *)data + size;
    wire.left = ANSWERS_MAX;
    bool done = ask(zulip, data[0], &fault);
    require(done == (fault.kind == FAULT_NONE));
    require_told(done, &fault, fault.kind);
    return 0;
}
