/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The chat: places, messages, the history, and sending. */
#include "zulip/chat.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "io/json.h"
#include "zulip/api.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_MAX_BYTES (1024 * 1024)
/* Most people of one conversation. */
#define PEOPLE_MAX 1000
/* Messages asked for at once. */
#define PAGE_SIZE 100
/* The first server with the operators "dm" and "is:dm". */
#define FEATURE_LEVEL_DM 177
/* The year 10000: anything later is not a time. */
#define TIME_MAX 253402300800.0

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Reads the people of a direct message. False: the message is left out. */
static bool read_people(struct arena *arena, const struct json *people, struct chat_place *place)
{
    for (const struct json *one = json_first(people); one; one = json_next(one)) {
        int64_t id;
        if (!json_integer(one, "id", &id) || id <= 0 || place->people_count == PEOPLE_MAX)
            return false;
        *(int64_t *)arena_add(arena, &place->people, &place->people_count, sizeof id) = id;
    }
    if (!place->people_count)
        return false;
    qsort(place->people, place->people_count, sizeof *place->people, compare_ids);
    size_t kept = 1;
    for (size_t i = 1; i < place->people_count; i++)
        if (place->people[i] != place->people[kept - 1])
            place->people[kept++] = place->people[i];
    place->people_count = kept;
    return true;
}

/* A copy in valid UTF-8; NULL: missing, or longer than any real text. */
static char *read_text(struct arena *arena, const char *s)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    if (!s)
        return NULL;
    text_add_valid(&out, s, strlen(s));
    return out.full ? NULL : buf_str(&out);
}

/* New servers, too, send the old words "stream" and "private". */
static bool read_place(struct arena *arena, const struct json *from, struct chat_place *place)
{
    const char *type = json_string(from, "type");
    if (type && strcmp(type, "stream") == 0) {
        place->topic = read_text(arena, json_string(from, "subject"));
        return json_integer(from, "stream_id", &place->channel) && place->channel > 0 &&
               place->topic;
    }
    place->topic = "";
    return type && strcmp(type, "private") == 0 &&
           read_people(arena, json_array(from, "display_recipient"), place);
}

/* False: something is missing, and the message is left out. */
static bool read_message(struct arena *arena, const struct json *from, const struct json *flags,
                         struct chat_message *message)
{
    const char *realm = json_string(from, "sender_realm_str");
    const char *client = json_string(from, "client");
    *message = (struct chat_message){0};
    if (!json_integer(from, "id", &message->id) || message->id <= 0 ||
        !json_integer(from, "sender_id", &message->sender) || message->sender <= 0 ||
        !json_number(from, "timestamp", &message->sent_at) ||
        !(message->sent_at > 0 && message->sent_at < TIME_MAX) ||
        !read_place(arena, from, &message->place))
        return false;
    text_printable(message->client, sizeof message->client, client ? client : "",
                   client ? strlen(client) : 0);
    message->system = realm && strcmp(realm, "zulipinternal") == 0;
    message->mentioned = json_has_string(flags, "mentioned");
    message->content = read_text(arena, json_string(from, "content"));
    return message->content;
}

void chat_add_message(struct arena *arena, struct chat_messages *messages, const struct json *from,
                      const struct json *flags)
{
    struct chat_message message;
    if (read_message(arena, from, flags, &message))
        *(struct chat_message *)arena_add(arena, &messages->message, &messages->count,
                                          sizeof message) = message;
}

struct chat_place chat_place_copy(struct arena *arena, const struct chat_place *place)
{
    struct chat_place copy = *place;
    copy.topic = arena_copy(arena, place->topic);
    copy.email = arena_copy(arena, place->email);
    if (place->people_count) {
        copy.people = arena_zero(arena, place->people_count, sizeof *copy.people);
        memcpy(copy.people, place->people, place->people_count * sizeof *copy.people);
    }
    return copy;
}

bool chat_place_equal(const struct chat_place *a, const struct chat_place *b)
{
    if (a->channel || b->channel)
        return a->channel == b->channel && text_equal_fold(a->topic, b->topic);
    bool equal = a->people_count == b->people_count;
    for (size_t i = 0; equal && i < a->people_count; i++)
        equal = a->people[i] == b->people[i];
    return equal;
}

/* The start and length of what the server keeps of a text. */
static const char *trim(const char *s, size_t *len)
{
    s += strspn(s, "\n");
    *len = 0;
    for (const char *p = s, *end = s + strlen(s); p < end;)
        if (!unicode_is_space(unicode_next(&p, end)))
            *len = (size_t)(p - s);
    return s;
}

bool chat_same_text(const char *a, const char *b)
{
    size_t a_len, b_len;
    a = trim(a, &a_len);
    b = trim(b, &b_len);
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* The URL that a message's title line links; NULL: it does not begin with one. */
static const char *title_link(const char *message, size_t *len)
{
    const char *end = message + strcspn(message, "\n"), *link = NULL;
    if (strncmp(message, "**[", 3) != 0 || end - message < 8 || strncmp(end - 3, ")**", 3) != 0)
        return NULL;
    end -= 3;
    for (const char *s = message; s + 1 < end; s++)
        if (s[0] == ']' && s[1] == '(')
            link = s + 2;
    *len = link ? (size_t)(end - link) : 0;
    return link;
}

bool chat_same_title(const char *a, const char *b)
{
    size_t a_len, b_len;
    a = title_link(a, &a_len);
    b = title_link(b, &b_len);
    return a && b && a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* A walk through the history, newest first, page by page. */
struct history {
    const char *purpose; /* as in struct api_call */
    const char *hint;    /* or NULL */
    const char *narrow;  /* JSON; NULL: everything that the bot received */
    int64_t after;       /* only messages above this id; 0: all */
    double since;        /* a page with a message sent before this is the last; 0: none */
    int page_size, pages_max;
};

/* Adds the wanted messages of one page; `*before` moves to its first message. */
static bool read_page(struct arena *arena, const struct history *history,
                      const struct api_call *call, const struct json *answer, int64_t *before,
                      struct chat_messages *messages, struct fault *fault)
{
    const struct json *list = json_array(answer, "messages");
    int64_t first = *before;
    if (!list)
        return api_wrong_shape(fault, call, "messages");
    messages->more = !json_bool(answer, "found_oldest", true);
    for (const struct json *m = json_first(list); m; m = json_next(m)) {
        int64_t id;
        double sent_at = 0;
        if (!json_integer(m, "id", &id))
            return api_wrong_shape(fault, call, "messages[].id");
        if (id > history->after)
            chat_add_message(arena, messages, m, json_array(m, "flags"));
        if (json_number(m, "timestamp", &sent_at) && sent_at < history->since)
            messages->more = false;
        first = first < 0 || id < first ? id : first;
    }
    /* A page without an older message is the last one. */
    if (first == *before || first <= history->after)
        messages->more = false;
    *before = first;
    return true;
}

static bool add_page(struct arena *arena, struct api *api, const struct history *history,
                     int64_t *before, struct chat_messages *messages, struct fault *fault)
{
    struct api_call call = api_call(api, "GET", "messages", history->purpose);
    call.hint = history->hint;
    if (*before < 0)
        api_add(&call, "anchor", "newest");
    else
        api_add_integer(&call, "anchor", *before);
    api_add(&call, "include_anchor", *before < 0 ? "true" : "false");
    api_add_integer(&call, "num_before", history->page_size);
    api_add_integer(&call, "num_after", 0);
    if (history->narrow)
        api_add(&call, "narrow", history->narrow);
    api_add(&call, "apply_markdown", "false");
    const struct json *answer = api_perform(api, &call, NULL, fault);
    return answer && read_page(arena, history, &call, answer, before, messages, fault);
}

static int compare_messages(const void *a, const void *b)
{
    const struct chat_message *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* Sorts by rising id and drops duplicates. */
static void sort_messages(struct chat_messages *messages)
{
    size_t kept = 0;
    if (messages->count)
        qsort(messages->message, messages->count, sizeof *messages->message, compare_messages);
    for (size_t i = 0; i < messages->count; i++)
        if (!kept || messages->message[kept - 1].id != messages->message[i].id)
            messages->message[kept++] = messages->message[i];
    messages->count = kept;
}

/* Adds the messages of a walk to a list. */
static bool walk(struct arena *arena, struct api *api, const struct history *history,
                 struct chat_messages *messages, struct fault *fault)
{
    int64_t before = -1;
    messages->more = true;
    for (int page = 0; messages->more && page < history->pages_max; page++)
        if (!add_page(arena, api, history, &before, messages, fault))
            return false;
    sort_messages(messages);
    return true;
}

bool chat_newest(struct arena *arena, struct api *api, struct chat_messages *messages,
                 struct fault *fault)
{
    const struct history history = {
        .purpose = "ask Zulip for the newest message", .page_size = 1, .pages_max = 1};
    return walk(arena, api, &history, messages, fault);
}

/* Adds the ids of the people of a place, but not `except` (0: nobody) unless that is the only one.
 */
static void add_people(struct json *list, const struct chat_place *place, int64_t except)
{
    for (size_t i = 0; i < place->people_count; i++)
        if (place->people[i] != except || place->people_count == 1)
            json_new_integer(list, NULL, place->people[i]);
}

/* The narrow for what `sender` wrote in a place (NULL: anywhere). */
static char *narrow_own(struct arena *arena, int64_t feature_level, const struct chat_place *place,
                        int64_t sender)
{
    struct json *narrow = json_new_array(NULL, NULL);
    if (place) {
        struct json *in = json_new_object(narrow, NULL);
        const char *direct = feature_level >= FEATURE_LEVEL_DM ? "dm" : "pm-with";
        json_new_string(in, "operator", place->channel ? "stream" : direct);
        if (place->channel)
            json_new_integer(in, "operand", place->channel);
        else
            add_people(json_new_array(in, "operand"), place, sender);
    }
    struct json *by = json_new_object(narrow, NULL);
    json_new_string(by, "operator", "sender");
    json_new_integer(by, "operand", sender);
    char *text = json_print(arena, narrow, false);
    json_free(narrow);
    return text;
}

bool chat_find_own(struct arena *arena, struct api *api, int64_t feature_level,
                   const struct chat_place *place, int64_t sender, int64_t after,
                   struct chat_messages *messages, struct fault *fault)
{
    const struct history history = {
        .purpose = "look for the bot's own messages",
        .hint = place ? "the bot must be subscribed to read a private channel" : NULL,
        .narrow = narrow_own(arena, feature_level, place, sender),
        .after = after == CHAT_NEWEST ? 0 : after,
        .page_size = PAGE_SIZE,
        .pages_max = after == CHAT_NEWEST ? 1 : CHAT_OWN_MAX / PAGE_SIZE};
    return walk(arena, api, &history, messages, fault);
}

/* Drops messages that only mention everybody, which "is:mentioned" finds, too. */
static void drop_wildcards(struct chat_messages *messages)
{
    size_t kept = 0;
    for (size_t i = 0; i < messages->count; i++)
        if (messages->message[i].mentioned || !messages->message[i].place.channel)
            messages->message[kept++] = messages->message[i];
    messages->count = kept;
}

bool chat_find_missed(struct arena *arena, struct api *api, int64_t feature_level, int64_t after,
                      double since, struct chat_messages *messages, struct fault *fault)
{
    struct history history = {.purpose = "ask Zulip for missed messages",
                              .narrow = "[{\"operator\":\"is\",\"operand\":\"mentioned\"}]",
                              .after = after,
                              .since = since,
                              .page_size = PAGE_SIZE,
                              .pages_max = CHAT_MISSED_MAX / PAGE_SIZE};
    if (!walk(arena, api, &history, messages, fault))
        return false;
    drop_wildcards(messages);
    history.narrow = feature_level >= FEATURE_LEVEL_DM
                         ? "[{\"operator\":\"is\",\"operand\":\"dm\"}]"
                         : "[{\"operator\":\"is\",\"operand\":\"private\"}]";
    return walk(arena, api, &history, messages, fault);
}

bool chat_read_message(struct arena *arena, struct api *api, int64_t id,
                       struct chat_message *message, struct fault *fault)
{
    char path[40], purpose[60];
    snprintf(path, sizeof path, "messages/%" PRId64, id);
    snprintf(purpose, sizeof purpose, "read message %" PRId64, id);
    struct api_call call = api_call(api, "GET", path, purpose);
    api_add(&call, "apply_markdown", "false");
    const struct json *answer = api_perform(api, &call, NULL, fault);
    if (!answer) {
        if (fault->kind == FAULT_REFUSED)
            fault->kind = FAULT_ABSENT;
        return false;
    }
    const struct json *from = json_object(answer, "message");
    return read_message(arena, from, json_array(from, "flags"), message) ||
           api_wrong_shape(fault, &call, "message");
}

/* Adds the recipients of a message to a call. */
static void add_recipients(struct api_call *call, const struct chat_place *place)
{
    if (place->channel) {
        api_add(call, "type", "stream");
        api_add_integer(call, "to", place->channel);
        api_add(call, "topic", place->topic);
        return;
    }
    struct json *to = json_new_array(NULL, NULL);
    if (place->email)
        json_new_string(to, NULL, place->email);
    else
        add_people(to, place, 0);
    api_add(call, "type", "private");
    api_add_json(call, "to", to);
}

/* What a refusal to send there probably means. */
static const char *send_hint(const struct chat_place *place)
{
    if (place->channel)
        return "the bot or its owner needs the right to post and to start topics in the channel, "
               "which must not be archived";
    if (place->email)
        return "is it an active user of this organization, and is its e-mail hidden? then use its "
               "user id";
    return place->people_count == 1 ? "is it an active user of this organization?"
                                    : "are they all active users of this organization?";
}

enum api_outcome chat_send(struct api *api, const struct chat_place *place, const char *purpose,
                           const char *content, int64_t after, int64_t *message,
                           struct fault *fault)
{
    struct api_call call = api_call(api, "POST", "messages", purpose);
    struct api_failure failure;
    int64_t id;
    call.hint = send_hint(place);
    call.fresh = true;
    add_recipients(&call, place);
    api_add(&call, "content", content);
    const struct json *answer = api_perform(api, &call, &failure, fault);
    if (!answer)
        return failure.outcome;
    if (!json_integer(answer, "id", &id) || id <= after) {
        api_wrong_shape(fault, &call, "id");
        return API_DOUBT;
    }
    if (message)
        *message = id;
    return API_DONE;
}

bool chat_edit(struct api *api, int64_t message, const char *content, struct fault *fault)
{
    char path[40], purpose[60];
    snprintf(path, sizeof path, "messages/%" PRId64, message);
    snprintf(purpose, sizeof purpose, "edit message %" PRId64, message);
    struct api_call call = api_call(api, "PATCH", path, purpose);
    call.hint = "servers allow edits only for a while, 10 minutes by default";
    api_add(&call, "content", content);
    return api_perform(api, &call, NULL, fault);
}

bool chat_react(struct api *api, int64_t message, const char *emoji, struct fault *fault)
{
    char path[60], purpose[60];
    snprintf(path, sizeof path, "messages/%" PRId64 "/reactions", message);
    snprintf(purpose, sizeof purpose, "react to message %" PRId64, message);
    struct api_call call = api_call(api, "POST", path, purpose);
    struct api_failure failure;
    struct fault why = {0};
    api_add(&call, "emoji_name", emoji);
    if (api_perform(api, &call, &failure, &why) ||
        strcmp(failure.code, "REACTION_ALREADY_EXISTS") == 0)
        return true;
    *fault = why;
    return false;
}

/* Adds `s` as part of a narrow link: percent-encoded with "." for "%". */
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

char *chat_link(struct arena *arena, const char *site, int64_t channel, const char *channel_name,
                const char *topic, int64_t message)
{
    struct buf out = BUF_INIT(arena, LINK_MAX_BYTES);
    buf_addf(&out, "%s/#narrow/channel/%" PRId64 "-", site, channel);
    add_link_part(&out, channel_name, true);
    buf_adds(&out, "/topic/");
    add_link_part(&out, topic, false);
    buf_addf(&out, "/near/%" PRId64, message);
    return buf_str(&out);
}
