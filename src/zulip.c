/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The Zulip API, as far as the bot needs it. */
#include "zulip.h"

#include "buf.h"
#include "fault.h"
#include "http.h"
#include "json.h"
#include "text.h"
#include "url.h"
#include "zuliprc.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Largest answer: 100 messages of the greatest length in four-byte letters. */
#define ANSWER_MAX_BYTES (8 * 1024 * 1024)
#define FORM_MAX_BYTES   (1024 * 1024)
/* Messages asked for at once, and how often: more than a bot writes between two looks. */
#define PAGE_SIZE 100
#define PAGES_MAX 500

struct zulip {
    const struct credentials *credentials;
    struct http *http;
};

/* One request to be. */
struct call {
    const char *method;
    const char *path;    /* below /api/v1/ */
    const char *purpose; /* completes "cannot …" */
    const char *hint;    /* what a refusal probably means; NULL: nothing to add */
    struct buf form;     /* parameters, urlencoded */
    bool fresh;
};

struct zulip *zulip_open(const struct credentials *credentials, const struct http_options *options,
                         struct fault *fault)
{
    struct http_options own = *options;
    own.ca_file = credentials->cert_bundle;
    struct zulip *zulip = calloc(1, sizeof *zulip);
    if (!zulip) {
        fault_memory(fault);
        return NULL;
    }
    zulip->credentials = credentials;
    zulip->http = http_open(&own, fault);
    if (zulip->http)
        return zulip;
    free(zulip);
    return NULL;
}

void zulip_close(struct zulip *zulip)
{
    if (zulip)
        http_close(zulip->http);
    free(zulip);
}

/* Adds a parameter: a string raw, everything else as its JSON text. */
static void add_parameter(struct call *call, const char *name, const char *value)
{
    char *encoded = value ? url_encode(value) : NULL;
    if (encoded)
        buf_addf(&call->form, "%s%s=%s", call->form.len ? "&" : "", name, encoded);
    else
        call->form.failed = true;
    free(encoded);
}

static void add_integer(struct call *call, const char *name, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    add_parameter(call, name, digits);
}

/* Puts what a server said into quotes, printable. */
static const char *quote(char *out, size_t size, const char *s)
{
    char shown[300];
    text_printable(shown, sizeof shown, s ? s : "", s ? strlen(s) : 0);
    snprintf(out, size, "'%s'", shown);
    return out;
}

__attribute__((format(printf, 4, 5))) static bool refuse(struct fault *fault, enum fault_kind kind,
                                                         const struct call *call,
                                                         const char *format, ...)
{
    char why[900];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return fault_set(fault, kind, "cannot %s: %s", call->purpose, why);
}

static bool refuse_rate(struct fault *fault, const struct call *call,
                        const struct http_response *response, const struct json *answer)
{
    double seconds = response->retry_after_s;
    json_number(answer, "retry-after", &seconds);
    if (!(seconds >= 0))
        seconds = 60;
    seconds = seconds > 86400 ? 86400 : seconds;
    refuse(fault, FAULT_RETRY, call, "Zulip limits the bot's rate, try again in %.0f s",
           seconds + 0.5);
    fault->retry_after_s = (int)seconds + 1;
    return false;
}

static bool is_login_code(const char *code)
{
    static const char *const codes[] = {"UNAUTHORIZED", "INVALID_API_KEY", "USER_DEACTIVATED",
                                        "REALM_DEACTIVATED"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

/* Turns an answer that is no success into a fault. */
static bool explain(struct fault *fault, const struct zulip *zulip, const struct call *call,
                    const struct http_response *response, const struct json *answer)
{
    char said[320], site[320];
    int status = response->status;
    const char *code = json_string(answer, "code");
    bool zulips = answer && json_string(answer, "result");
    quote(said, sizeof said, json_string(answer, "msg"));
    quote(site, sizeof site, zulip->credentials->site);
    code = code ? code : "";
    if (status == 429)
        return refuse_rate(fault, call, response, answer);
    if (status >= 500)
        return refuse(fault, FAULT_RETRY, call, "%s answers %d%s%s: it is restarting or unwell",
                      site, status, zulips ? " " : "", zulips ? said : "");
    if (status == 401 || is_login_code(code))
        return refuse(fault, FAULT_LOGIN, call,
                      "Zulip refuses the bot's login, %s: a wrong or renewed key, a deactivated "
                      "bot or organization, or an incoming-webhook bot (a generic one is needed); "
                      "download its zuliprc again",
                      zulips ? said : "status 401");
    if (status < 300)
        return refuse(fault, FAULT_INPUT, call,
                      "%s answers %d with something that is not Zulip's JSON: a proxy or login "
                      "page in between?",
                      site, status);
    if (status < 400)
        return refuse(fault, FAULT_SETUP, call,
                      "%s redirects (%d): put the server's own address into 'site'", site, status);
    if (!zulips)
        return refuse(fault, FAULT_SETUP, call,
                      "%s answers %d without Zulip's JSON: a proxy or login page in between, or "
                      "'site' is no Zulip server",
                      site, status);
    const char *hint = strcmp(code, "STREAM_DOES_NOT_EXIST") == 0
                           ? "misspelt, renamed or archived, or private without the bot"
                           : call->hint;
    return refuse(fault, FAULT_REFUSED, call, "Zulip says %s%s%s", said, hint ? ": " : "",
                  hint ? hint : "");
}

/* Does the request. True: `*answer` is a success, owned by the caller. `*doubt` (or NULL): a failed
 * request may have been carried out. Finishes the form. */
static bool perform(struct zulip *zulip, struct call *call, struct json **answer, bool *doubt,
                    struct fault *fault)
{
    struct http_response response = {0};
    struct buf url = BUF_INIT(FORM_MAX_BYTES);
    bool get = strcmp(call->method, "GET") == 0, done = false, maybe = false;
    *answer = NULL;
    buf_addf(&url, "%s/api/v1/%s", zulip->credentials->site, call->path);
    if (get && call->form.len)
        buf_addf(&url, "?%s", buf_str(&call->form));
    if (url.failed || call->form.failed) {
        fault_memory(fault);
        goto out;
    }
    struct http_request request = {.method = call->method,
                                   .url = buf_str(&url),
                                   .user = zulip->credentials->email,
                                   .password = zulip->credentials->key,
                                   .form = get ? NULL : buf_str(&call->form),
                                   .max_bytes = ANSWER_MAX_BYTES,
                                   .fresh = call->fresh};
    if (!http_perform(zulip->http, &request, &response, fault)) {
        maybe = response.sent;
        fault_prefix(fault, "cannot %s", call->purpose);
        goto out;
    }
    *answer = json_parse(buf_str(&response.body), response.body.len);
    const char *result = json_string(*answer, "result");
    done = response.status == 200 && result && strcmp(result, "success") == 0;
    if (!done) {
        maybe = response.status < 300 || response.status >= 500;
        explain(fault, zulip, call, &response, *answer);
        json_free(*answer);
        *answer = NULL;
    }
out:
    if (doubt)
        *doubt = maybe;
    http_response_finish(&response);
    buf_finish(&url);
    buf_finish(&call->form);
    return done;
}

/* A call without parameters yet. */
static struct call call_to(const char *method, const char *path, const char *purpose)
{
    return (struct call){
        .method = method, .path = path, .purpose = purpose, .form = BUF_INIT(FORM_MAX_BYTES)};
}

static bool wrong_shape(struct fault *fault, const struct call *call, const char *missing)
{
    return refuse(fault, FAULT_INPUT, call, "the answer has no '%s'", missing);
}

/* The queue that a registration leaves behind; a server that keeps it collects it by itself. */
static void drop_queue(struct zulip *zulip, const char *queue)
{
    struct fault ignored = {0};
    struct json *answer;
    struct call call = call_to("DELETE", "events", "drop the event queue");
    add_parameter(&call, "queue_id", queue);
    perform(zulip, &call, &answer, NULL, &ignored);
    json_free(answer);
}

bool zulip_ask_server(struct zulip *zulip, struct zulip_server *server, struct fault *fault)
{
    struct call call = call_to("POST", "register", "ask Zulip for its limits");
    struct json *answer;
    add_parameter(&call, "event_types", "[\"realm\"]");
    add_parameter(&call, "fetch_event_types", "[\"realm\"]");
    if (!perform(zulip, &call, &answer, NULL, fault))
        return false;
    int64_t message = ZULIP_MESSAGE_LENGTH, topic = ZULIP_TOPIC_LENGTH;
    const char *version = json_string(answer, "zulip_version"),
               *queue = json_string(answer, "queue_id");
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
    text_printable(user->name, sizeof user->name, name ? name : "?", name ? strlen(name) : 1);
    user->is_bot = json_bool(from, "is_bot", false);
    json_integer(from, "bot_owner_id", &user->owner_id);
    if (json_integer(from, "bot_type", &type) && type >= 1 && type <= 3)
        user->bot_type = (enum zulip_bot_type)type;
    return json_integer(from, "user_id", &user->id);
}

bool zulip_ask_me(struct zulip *zulip, struct zulip_user *user, struct fault *fault)
{
    struct call call = call_to("GET", "users/me", "ask Zulip who the bot is");
    struct json *answer;
    if (!perform(zulip, &call, &answer, NULL, fault))
        return false;
    bool read = read_user(answer, user) || wrong_shape(fault, &call, "user_id");
    json_free(answer);
    return read;
}

bool zulip_ask_user(struct zulip *zulip, int64_t id, struct zulip_user *user, struct fault *fault)
{
    char path[40];
    snprintf(path, sizeof path, "users/%" PRId64, id);
    struct call call = call_to("GET", path, "ask Zulip about a user");
    struct json *answer;
    if (!perform(zulip, &call, &answer, NULL, fault))
        return false;
    bool read =
        read_user(json_object(answer, "user"), user) || wrong_shape(fault, &call, "user.user_id");
    json_free(answer);
    return read;
}

/* What the old policy number says; the groups of newer servers cannot be resolved here. */
static enum zulip_answer may_post(const struct json *stream)
{
    int64_t policy = 0;
    if (json_object(stream, "can_send_message_group") ||
        json_integer(stream, "can_send_message_group", &policy))
        return ZULIP_CANNOT_TELL;
    json_integer(stream, "stream_post_policy", &policy);
    return policy == 1 ? ZULIP_YES : ZULIP_CANNOT_TELL;
}

static enum zulip_answer may_start_topics(const struct json *stream)
{
    int64_t group;
    const char *policy = json_string(stream, "topics_policy");
    if (policy && strcmp(policy, "empty_topic_only") == 0)
        return ZULIP_NO;
    if (json_object(stream, "can_create_topic_group") ||
        json_integer(stream, "can_create_topic_group", &group))
        return ZULIP_CANNOT_TELL;
    return may_post(stream);
}

/* Adds one channel; false: out of memory. One without id or name is left out. */
static bool add_channel(struct zulip_channels *channels, const struct json *stream)
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
                                      .may_post = may_post(stream),
                                      .may_start_topics = may_start_topics(stream)};
    return channel->name;
}

bool zulip_list_channels(struct zulip *zulip, struct zulip_channels *channels, struct fault *fault)
{
    struct call call = call_to("GET", "streams", "list Zulip's channels");
    struct json *answer;
    add_parameter(&call, "include_owner_subscribed", "true");
    if (!perform(zulip, &call, &answer, NULL, fault))
        return false;
    const struct json *streams = json_array(answer, "streams");
    bool read = streams || wrong_shape(fault, &call, "streams");
    for (const struct json *s = json_first(streams); read && s; s = json_next(s))
        read = add_channel(channels, s) || fault_memory(fault);
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
    struct call call = call_to("GET", "users/me/subscriptions", "list the bot's subscriptions");
    struct json *answer;
    if (!perform(zulip, &call, &answer, NULL, fault))
        return false;
    const struct json *list = json_array(answer, "subscriptions");
    bool read = list || wrong_shape(fault, &call, "subscriptions");
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

/* The narrow to one channel and one sender; owned by the caller. */
static char *narrow_text(int64_t channel, int64_t sender)
{
    struct json *narrow = json_new_array(NULL, NULL), *in, *by;
    bool built = narrow && (in = json_new_object(narrow, NULL)) &&
                 json_new_string(in, "operator", "stream") &&
                 json_new_integer(in, "operand", channel) && (by = json_new_object(narrow, NULL)) &&
                 json_new_string(by, "operator", "sender") &&
                 json_new_integer(by, "operand", sender);
    char *text = built ? json_print(narrow, false) : NULL;
    json_free(narrow);
    return text;
}

/* Adds one page; `*after` moves to its last message, `*more` tells whether another may follow. */
static bool list_page(struct zulip *zulip, const char *narrow, int64_t *after, bool *more,
                      struct zulip_messages *messages, struct fault *fault)
{
    struct call call = call_to("GET", "messages", "look for the bot's own messages");
    call.hint = "the bot must be subscribed to read a private channel";
    struct json *answer;
    bool newest = *after == ZULIP_NEWEST;
    if (*after > 0)
        add_integer(&call, "anchor", *after);
    else
        add_parameter(&call, "anchor", newest ? "newest" : "oldest");
    add_parameter(&call, "include_anchor", *after > 0 ? "false" : "true");
    add_integer(&call, "num_before", newest ? PAGE_SIZE : 0);
    add_integer(&call, "num_after", newest ? 0 : PAGE_SIZE);
    add_parameter(&call, "narrow", narrow);
    add_parameter(&call, "apply_markdown", "false");
    if (!perform(zulip, &call, &answer, NULL, fault))
        return false;
    const struct json *list = json_array(answer, "messages");
    bool read = list || wrong_shape(fault, &call, "messages");
    *more = !newest && !json_bool(answer, "found_newest", true);
    int64_t last = *after;
    for (const struct json *m = json_first(list); read && m; m = json_next(m)) {
        int64_t id;
        read = json_integer(m, "id", &id) || wrong_shape(fault, &call, "messages[].id");
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
    char *narrow = narrow_text(channel, sender);
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

/* Sends a message that is all filled in; `message` may be NULL. */
static bool send_message(struct zulip *zulip, struct call *call, int64_t *message, bool *doubt,
                         struct fault *fault)
{
    struct json *answer;
    int64_t id;
    call->fresh = true;
    if (!perform(zulip, call, &answer, doubt, fault))
        return false;
    bool read = json_integer(answer, "id", &id) || wrong_shape(fault, call, "id");
    *doubt = !read;
    if (read && message)
        *message = id;
    json_free(answer);
    return read;
}

bool zulip_post(struct zulip *zulip, int64_t channel, const char *topic, const char *content,
                int64_t *message, bool *doubt, struct fault *fault)
{
    char purpose[60];
    snprintf(purpose, sizeof purpose, "post to channel %" PRId64, channel);
    struct call call = call_to("POST", "messages", purpose);
    call.hint = "the bot or its owner needs the right to post and to start topics in the channel, "
                "which must not be archived";
    add_parameter(&call, "type", "stream");
    add_integer(&call, "to", channel);
    add_parameter(&call, "topic", topic);
    add_parameter(&call, "content", content);
    return send_message(zulip, &call, message, doubt, fault);
}

bool zulip_post_direct(struct zulip *zulip, int64_t user, const char *email, const char *content,
                       bool *doubt, struct fault *fault)
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
    struct call call = call_to("POST", "messages", purpose);
    call.hint = "is it an active user of this organization?";
    add_parameter(&call, "type", "private");
    add_parameter(&call, "to", recipients);
    add_parameter(&call, "content", content);
    bool sent = send_message(zulip, &call, NULL, doubt, fault);
    free(recipients);
    json_free(to);
    return sent;
}

bool zulip_edit(struct zulip *zulip, int64_t message, const char *content, struct fault *fault)
{
    char path[40], purpose[60];
    snprintf(path, sizeof path, "messages/%" PRId64, message);
    snprintf(purpose, sizeof purpose, "edit message %" PRId64, message);
    struct call call = call_to("PATCH", path, purpose);
    struct json *answer;
    call.hint = "servers allow edits only for a while, 10 minutes by default";
    add_parameter(&call, "content", content);
    bool edited = perform(zulip, &call, &answer, NULL, fault);
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
    struct buf out = BUF_INIT(FORM_MAX_BYTES);
    buf_addf(&out, "%s/#narrow/channel/%" PRId64 "-", site, channel);
    add_link_part(&out, channel_name, true);
    buf_adds(&out, "/topic/");
    add_link_part(&out, topic, false);
    buf_addf(&out, "/near/%" PRId64, message);
    return buf_take(&out);
}
