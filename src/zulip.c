/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The Zulip API, as far as the bot needs it. */
#include "zulip.h"

#include "api.h"
#include "buf.h"
#include "fault.h"
#include "json.h"
#include "text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_MAX_BYTES (1024 * 1024)
/* Messages asked for at once, and how often: more than a bot writes between two looks. */
#define PAGE_SIZE 100
#define PAGES_MAX 500

struct zulip {
    struct api *api;
};

struct zulip *zulip_open(const struct credentials *credentials, const struct http_options *options,
                         struct fault *fault)
{
    struct zulip *zulip = calloc(1, sizeof *zulip);
    if (!zulip) {
        fault_memory(fault);
        return NULL;
    }
    zulip->api = api_open(credentials, options, fault);
    if (zulip->api)
        return zulip;
    free(zulip);
    return NULL;
}

void zulip_close(struct zulip *zulip)
{
    if (zulip)
        api_close(zulip->api);
    free(zulip);
}

struct api *zulip_api(struct zulip *zulip)
{
    return zulip->api;
}

/* The queue that a registration leaves behind; a server that keeps it collects it by itself. */
static void drop_queue(struct zulip *zulip, const char *queue)
{
    struct fault ignored = {0};
    struct json *answer;
    struct api_call call = api_call("DELETE", "events", "drop the event queue");
    api_add(&call, "queue_id", queue);
    api_perform(zulip->api, &call, &answer, NULL, &ignored);
    json_free(answer);
}

void zulip_read_server(const struct json *answer, struct zulip_server *server)
{
    int64_t message = ZULIP_MESSAGE_LENGTH, topic = ZULIP_TOPIC_LENGTH;
    const char *version = json_string(answer, "zulip_version");
    *server = (struct zulip_server){.edit_seconds = -1};
    text_printable(server->version, sizeof server->version, version ? version : "?",
                   version ? strlen(version) : 1);
    json_integer(answer, "zulip_feature_level", &server->feature_level);
    json_integer(answer, "max_message_length", &message);
    json_integer(answer, "max_topic_length", &topic);
    json_integer(answer, "realm_message_content_edit_limit_seconds", &server->edit_seconds);
    if (!json_bool(answer, "realm_allow_message_editing", true))
        server->edit_seconds = 0;
    server->max_message_length = message > 0 ? (size_t)message : ZULIP_MESSAGE_LENGTH;
    server->max_topic_length = topic > 0 ? (size_t)topic : ZULIP_TOPIC_LENGTH;
}

bool zulip_ask_server(struct zulip *zulip, struct zulip_server *server, struct fault *fault)
{
    struct api_call call = api_call("POST", "register", "ask Zulip for its limits");
    struct json *answer;
    api_add(&call, "event_types", "[\"realm\"]");
    api_add(&call, "fetch_event_types", "[\"realm\"]");
    if (!api_perform(zulip->api, &call, &answer, NULL, fault))
        return false;
    const char *queue = json_string(answer, "queue_id");
    zulip_read_server(answer, server);
    if (queue)
        drop_queue(zulip, queue);
    json_free(answer);
    return true;
}

static bool read_user(const struct json *from, struct zulip_user *user)
{
    const char *name = json_string(from, "full_name");
    int64_t type = 0;
    *user = (struct zulip_user){0};
    name = name ? name : "?";
    text_printable(user->name, sizeof user->name, name, strlen(name));
    snprintf(user->full_name, sizeof user->full_name, "%s", name);
    user->is_bot = json_bool(from, "is_bot", false);
    user->is_active = json_bool(from, "is_active", true);
    json_integer(from, "role", &user->role);
    json_integer(from, "bot_owner_id", &user->owner_id);
    if (json_integer(from, "bot_type", &type) && type >= 1 && type <= 3)
        user->bot_type = (enum zulip_bot_type)type;
    return json_integer(from, "user_id", &user->id);
}

bool zulip_ask_me(struct zulip *zulip, struct zulip_user *user, struct fault *fault)
{
    struct api_call call = api_call("GET", "users/me", "ask Zulip who the bot is");
    struct json *answer;
    if (!api_perform(zulip->api, &call, &answer, NULL, fault))
        return false;
    bool read = read_user(answer, user) || api_wrong_shape(fault, &call, "user_id");
    json_free(answer);
    return read;
}

bool zulip_ask_user(struct zulip *zulip, int64_t id, struct zulip_user *user, struct fault *fault)
{
    char path[40];
    snprintf(path, sizeof path, "users/%" PRId64, id);
    struct api_call call = api_call("GET", path, "ask Zulip about a user");
    struct json *answer;
    if (!api_perform(zulip->api, &call, &answer, NULL, fault))
        return false;
    bool read = read_user(json_object(answer, "user"), user) ||
                api_wrong_shape(fault, &call, "user.user_id");
    json_free(answer);
    return read;
}

bool zulip_has_email(struct zulip *zulip, const char *email, bool *has, struct fault *fault)
{
    struct api_call call = api_call("GET", "messages", "look for a user");
    struct api_failure failure = {0};
    struct json *narrow = json_new_array(NULL, NULL), *answer;
    struct json *by = narrow ? json_new_object(narrow, NULL) : NULL;
    char *text =
        by && json_new_string(by, "operator", "sender") && json_new_string(by, "operand", email)
            ? json_print(narrow, false)
            : NULL;
    json_free(narrow);
    if (!text)
        return fault_memory(fault);
    api_add(&call, "anchor", "newest");
    api_add(&call, "num_before", "0");
    api_add(&call, "num_after", "0");
    api_add(&call, "apply_markdown", "false");
    api_add(&call, "narrow", text);
    free(text);
    *has = api_perform(zulip->api, &call, &answer, &failure, fault);
    if (*has)
        json_free(answer);
    else if (strcmp(failure.code, "BAD_NARROW") == 0)
        *fault = (struct fault){0};
    return fault->kind == FAULT_NONE;
}

/* Whether the poster is in a group of users, an object of members and groups. */
static enum zulip_answer is_in_group(const struct json *group, const struct zulip_poster *poster)
{
    const struct json *members = json_array(group, "direct_members");
    for (const struct json *m = json_first(members); m; m = json_next(m)) {
        int64_t id;
        if (json_whole(m, &id) && (id == poster->id || id == poster->owner_id))
            return ZULIP_YES;
    }
    return members && !json_first(json_array(group, "direct_subgroups")) ? ZULIP_NO
                                                                         : ZULIP_CANNOT_TELL;
}

static bool has_group(const struct json *stream, const char *field)
{
    int64_t number;
    return json_object(stream, field) || json_integer(stream, field, &number);
}

/* Newer servers use a group of users. They still tell the old policy where it means the same, and
 * 1, everybody, where it does not. */
static enum zulip_answer may_post(const struct json *stream, const struct zulip_poster *poster)
{
    enum { EVERYBODY = 1, ADMINISTRATORS, FULL_MEMBERS, MODERATORS };
    int64_t policy = 0;
    const struct json *group = json_object(stream, "can_send_message_group");
    json_integer(stream, "stream_post_policy", &policy);
    if (group && poster)
        return is_in_group(group, poster);
    if (policy == EVERYBODY && !has_group(stream, "can_send_message_group"))
        return ZULIP_YES;
    if (policy < ADMINISTRATORS || policy > MODERATORS || !poster || !poster->role)
        return ZULIP_CANNOT_TELL;
    if (poster->role <= (policy == ADMINISTRATORS ? 200 : 300))
        return ZULIP_YES;
    /* A member is a full one after some days. */
    return policy == FULL_MEMBERS && poster->role <= 400 ? ZULIP_CANNOT_TELL : ZULIP_NO;
}

static enum zulip_answer may_start_topics(const struct json *stream,
                                          const struct zulip_poster *poster)
{
    const char *policy = json_string(stream, "topics_policy");
    const struct json *group = json_object(stream, "can_create_topic_group");
    if (policy && strcmp(policy, "empty_topic_only") == 0)
        return ZULIP_NO;
    enum zulip_answer post = may_post(stream, poster);
    if (post == ZULIP_NO || !has_group(stream, "can_create_topic_group"))
        return post;
    return group && poster ? is_in_group(group, poster) : ZULIP_CANNOT_TELL;
}

/* Adds one channel; false: out of memory. One without id or name is left out. */
static bool add_channel(struct zulip_channels *channels, const struct json *stream,
                        const struct zulip_poster *poster)
{
    const char *name = json_string(stream, "name");
    int64_t id;
    if (!name || !json_integer(stream, "stream_id", &id))
        return true;
    struct zulip_channel *channel =
        array_add(&channels->channel, &channels->count, sizeof *channel);
    if (!channel)
        return false;
    *channel = (struct zulip_channel){.id = id,
                                      .name = strdup(name),
                                      .private = json_bool(stream, "invite_only", false),
                                      .may_post = may_post(stream, poster),
                                      .may_start_topics = may_start_topics(stream, poster)};
    return channel->name;
}

bool zulip_list_channels(struct zulip *zulip, const struct zulip_poster *poster,
                         struct zulip_channels *channels, struct fault *fault)
{
    struct api_call call = api_call("GET", "streams", "list Zulip's channels");
    struct json *answer;
    api_add(&call, "include_owner_subscribed", "true");
    if (!api_perform(zulip->api, &call, &answer, NULL, fault))
        return false;
    const struct json *streams = json_array(answer, "streams");
    bool read = streams || api_wrong_shape(fault, &call, "streams");
    for (const struct json *s = json_first(streams); read && s; s = json_next(s))
        read = add_channel(channels, s, poster) || fault_memory(fault);
    json_free(answer);
    return read;
}

void zulip_channels_finish(struct zulip_channels *channels)
{
    for (size_t i = 0; i < channels->count; i++)
        free(channels->channel[i].name);
    free(channels->channel);
    *channels = (struct zulip_channels){0};
}

bool zulip_is_subscribed(struct zulip *zulip, int64_t channel, bool *subscribed,
                         struct fault *fault)
{
    struct api_call call =
        api_call("GET", "users/me/subscriptions", "list the bot's subscriptions");
    struct json *answer;
    if (!api_perform(zulip->api, &call, &answer, NULL, fault))
        return false;
    const struct json *list = json_array(answer, "subscriptions");
    bool read = list || api_wrong_shape(fault, &call, "subscriptions");
    *subscribed = false;
    for (const struct json *s = json_first(list); s; s = json_next(s)) {
        int64_t id;
        *subscribed = *subscribed || (json_integer(s, "stream_id", &id) && id == channel);
    }
    json_free(answer);
    return read;
}

/* Adds one message; false: out of memory. */
static bool add_message(struct zulip_messages *messages, int64_t id, const struct json *from)
{
    const char *topic = json_string(from, "subject"), *content = json_string(from, "content");
    struct zulip_message *message =
        array_add(&messages->message, &messages->count, sizeof *message);
    if (!message)
        return false;
    *message = (struct zulip_message){
        .id = id, .topic = strdup(topic ? topic : ""), .content = strdup(content ? content : "")};
    return message->topic && message->content;
}

bool zulip_add_people(struct json *list, const int64_t *people, size_t count, int64_t except)
{
    bool added = list;
    for (size_t i = 0; added && i < count; i++)
        if (people[i] != except || count == 1)
            added = json_new_integer(list, NULL, people[i]);
    return added;
}

char *zulip_narrow(int64_t channel, const char *direct, const int64_t *people, size_t count,
                   int64_t sender)
{
    struct json *narrow = json_new_array(NULL, NULL), *in, *by;
    bool built =
        narrow && (in = json_new_object(narrow, NULL)) &&
        json_new_string(in, "operator", channel ? "stream" : direct) &&
        (channel ? json_new_integer(in, "operand", channel) != NULL
                 : zulip_add_people(json_new_array(in, "operand"), people, count, sender)) &&
        (by = json_new_object(narrow, NULL)) && json_new_string(by, "operator", "sender") &&
        json_new_integer(by, "operand", sender);
    char *text = built ? json_print(narrow, false) : NULL;
    json_free(narrow);
    return text;
}

/* Adds one page; `*after` moves to its last message, `*more` tells whether another may follow. */
static bool list_page(struct zulip *zulip, const char *narrow, int64_t *after, bool *more,
                      struct zulip_messages *messages, struct fault *fault)
{
    struct api_call call = api_call("GET", "messages", "look for the bot's own messages");
    call.hint = "the bot must be subscribed to read a private channel";
    struct json *answer;
    bool newest = *after == ZULIP_NEWEST;
    if (*after > 0)
        api_add_integer(&call, "anchor", *after);
    else
        api_add(&call, "anchor", newest ? "newest" : "oldest");
    api_add(&call, "include_anchor", *after > 0 ? "false" : "true");
    api_add_integer(&call, "num_before", newest ? PAGE_SIZE : 0);
    api_add_integer(&call, "num_after", newest ? 0 : PAGE_SIZE);
    api_add(&call, "narrow", narrow);
    api_add(&call, "apply_markdown", "false");
    if (!api_perform(zulip->api, &call, &answer, NULL, fault))
        return false;
    const struct json *list = json_array(answer, "messages");
    bool read = list || api_wrong_shape(fault, &call, "messages");
    *more = !newest && !json_bool(answer, "found_newest", true);
    int64_t last = *after;
    for (const struct json *m = json_first(list); read && m; m = json_next(m)) {
        int64_t id;
        read = json_integer(m, "id", &id) || api_wrong_shape(fault, &call, "messages[].id");
        if (read && id > last) {
            read = add_message(messages, id, m) || fault_memory(fault);
            last = id;
        }
    }
    *more = *more && last > *after;
    *after = last;
    json_free(answer);
    return read;
}

bool zulip_list_messages(struct zulip *zulip, int64_t channel, int64_t sender, int64_t after,
                         struct zulip_messages *messages, struct fault *fault)
{
    char *narrow = zulip_narrow(channel, NULL, NULL, 0, sender);
    bool more = true, read = narrow || fault_memory(fault);
    for (int page = 0; read && more && page < PAGES_MAX; page++)
        read = list_page(zulip, narrow, &after, &more, messages, fault);
    if (read && more)
        read = fault_set(fault, FAULT_INPUT,
                         "cannot look for the bot's own messages: more than %d in channel %" PRId64,
                         PAGES_MAX * PAGE_SIZE, channel);
    free(narrow);
    return read;
}

void zulip_messages_finish(struct zulip_messages *messages)
{
    for (size_t i = 0; i < messages->count; i++) {
        free(messages->message[i].topic);
        free(messages->message[i].content);
    }
    free(messages->message);
    *messages = (struct zulip_messages){0};
}

enum api_outcome zulip_send(struct zulip *zulip, struct api_call *call, int64_t after,
                            int64_t *message, struct fault *fault)
{
    struct json *answer;
    struct api_failure failure;
    int64_t id;
    call->fresh = true;
    if (!api_perform(zulip->api, call, &answer, &failure, fault))
        return failure.outcome;
    bool read =
        (json_integer(answer, "id", &id) && id > after) || api_wrong_shape(fault, call, "id");
    if (read && message)
        *message = id;
    json_free(answer);
    return read ? API_DONE : API_DOUBT;
}

enum api_outcome zulip_post(struct zulip *zulip, int64_t channel, const char *topic,
                            const char *content, int64_t after, int64_t *message,
                            struct fault *fault)
{
    char purpose[60];
    snprintf(purpose, sizeof purpose, "post to channel %" PRId64, channel);
    struct api_call call = api_call("POST", "messages", purpose);
    call.hint = "the bot or its owner needs the right to post and to start topics in the channel, "
                "which must not be archived";
    api_add(&call, "type", "stream");
    api_add_integer(&call, "to", channel);
    api_add(&call, "topic", topic);
    api_add(&call, "content", content);
    return zulip_send(zulip, &call, after, message, fault);
}

enum api_outcome zulip_post_direct(struct zulip *zulip, int64_t user, const char *email,
                                   const char *content, struct fault *fault)
{
    struct json *to = json_new_array(NULL, NULL);
    bool built = to && (user ? json_new_integer(to, NULL, user) : json_new_string(to, NULL, email));
    char *recipients = built ? json_print(to, false) : NULL;
    char purpose[200], shown[120];
    text_printable(shown, sizeof shown, email ? email : "", email ? strlen(email) : 0);
    if (user)
        snprintf(purpose, sizeof purpose, "write to user %" PRId64, user);
    else
        snprintf(purpose, sizeof purpose, "write to '%s'", shown);
    struct api_call call = api_call("POST", "messages", purpose);
    call.hint = user ? "is it an active user of this organization?"
                     : "is it an active user of this organization, and is its e-mail hidden? then "
                       "use its user id";
    api_add(&call, "type", "private");
    api_add(&call, "to", recipients);
    api_add(&call, "content", content);
    enum api_outcome outcome = zulip_send(zulip, &call, 0, NULL, fault);
    free(recipients);
    json_free(to);
    return outcome;
}

bool zulip_edit(struct zulip *zulip, int64_t message, const char *content, struct fault *fault)
{
    char path[40], purpose[60];
    snprintf(path, sizeof path, "messages/%" PRId64, message);
    snprintf(purpose, sizeof purpose, "edit message %" PRId64, message);
    struct api_call call = api_call("PATCH", path, purpose);
    struct json *answer;
    call.hint = "servers allow edits only for a while, 10 minutes by default";
    api_add(&call, "content", content);
    bool edited = api_perform(zulip->api, &call, &answer, NULL, fault);
    json_free(answer);
    return edited;
}

/* Adds `s` as part of a narrow link: "." for "%" of the percent-encoding. */
static void add_link_part(struct buf *out, const char *s, bool dashes)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == ' ' && dashes)
            buf_addc(out, '-');
        else if (isascii(c) && (isalnum(c) || strchr("-_~", c)))
            buf_addc(out, *s);
        else
            buf_addf(out, ".%02X", c);
    }
}

char *zulip_link(const char *site, int64_t channel, const char *channel_name, const char *topic,
                 int64_t message)
{
    struct buf out = BUF_INIT(LINK_MAX_BYTES);
    buf_addf(&out, "%s/#narrow/channel/%" PRId64 "-", site, channel);
    add_link_part(&out, channel_name, true);
    buf_adds(&out, "/topic/");
    add_link_part(&out, topic, false);
    buf_addf(&out, "/near/%" PRId64, message);
    return buf_take(&out);
}
