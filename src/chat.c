/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What people write to the bot: the event queue, the history, and answering where it was written.
 */
#include "chat.h"

#include "api.h"
#include "buf.h"
#include "fault.h"
#include "json.h"
#include "text.h"
#include "unicode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most people of one conversation. */
#define PEOPLE_MAX 1000
/* Messages asked for at once. */
#define PAGE_SIZE 100
/* The year 10000: anything later is not a time. */
#define TIME_MAX 253402300800.0
/* First server with the operators "dm" and "is:dm". */
#define FEATURE_LEVEL_DM 177

/* What becomes of a message that is read. */
enum reading { READ_TAKEN, READ_LEFT_OUT, READ_NO_MEMORY };

bool chat_place_copy(struct chat_place *to, const struct chat_place *from, struct fault *fault)
{
    size_t size = from->people_count * sizeof *from->people;
    *to = (struct chat_place){.channel = from->channel, .topic = strdup(from->topic)};
    to->people = size ? malloc(size) : NULL;
    if (!to->topic || (size && !to->people))
        return fault_memory(fault);
    if (size)
        memcpy(to->people, from->people, size);
    to->people_count = from->people_count;
    return true;
}

void chat_place_finish(struct chat_place *place)
{
    free(place->topic);
    free(place->people);
    *place = (struct chat_place){0};
}

void chat_message_finish(struct chat_message *message)
{
    chat_place_finish(&message->place);
    free(message->content);
    *message = (struct chat_message){0};
}

void chat_messages_finish(struct chat_messages *messages)
{
    for (size_t i = 0; i < messages->count; i++)
        chat_message_finish(&messages->message[i]);
    free(messages->message);
    *messages = (struct chat_messages){0};
}

/* Copies a string as valid UTF-8; one longer than any real text is left out. */
static enum reading read_text(const char *s, char **copy)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    if (!s)
        return READ_LEFT_OUT;
    text_add_valid(&out, s, strlen(s));
    enum reading failed = out.full ? READ_LEFT_OUT : READ_NO_MEMORY;
    *copy = buf_take(&out);
    return *copy ? READ_TAKEN : failed;
}

double chat_clock_now(const struct chat_clock *clock, double elapsed)
{
    return clock->time > 0 ? clock->time + (elapsed - clock->elapsed) : 0;
}

void chat_clock_see(struct chat_clock *clock, const struct chat_messages *messages, double age_s,
                    double elapsed)
{
    double newest = 0, now = chat_clock_now(clock, elapsed);
    int64_t last = clock->last;
    for (size_t i = 0; i < messages->count; i++) {
        const struct chat_message *m = &messages->message[i];
        newest = m->sent_at > newest ? m->sent_at : newest;
        last = m->id > last ? m->id : last;
    }
    if (last == clock->last)
        return; /* none, or they have come again */
    bool behind = newest < now - age_s, back = behind && clock->behind;
    clock->last = last;
    clock->behind = behind && !back;
    if (newest > now || back) {
        clock->time = newest;
        clock->elapsed = elapsed;
    }
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The people of a direct message; an array where a channel's message has a name. */
static enum reading read_people(const struct json *people, struct chat_place *place)
{
    for (const struct json *one = json_first(people); one; one = json_next(one)) {
        int64_t id;
        if (!json_integer(one, "id", &id) || id <= 0 || place->people_count == PEOPLE_MAX)
            return READ_LEFT_OUT;
        int64_t *last = array_add(&place->people, &place->people_count, sizeof *last);
        if (!last)
            return READ_NO_MEMORY;
        *last = id;
    }
    if (!place->people_count)
        return READ_LEFT_OUT;
    qsort(place->people, place->people_count, sizeof *place->people, compare_ids);
    size_t kept = 1;
    for (size_t i = 1; i < place->people_count; i++)
        if (place->people[i] != place->people[kept - 1])
            place->people[kept++] = place->people[i];
    place->people_count = kept;
    return READ_TAKEN;
}

/* Whether it is a channel's or a direct message is told by the words of old, on new servers too. */
static enum reading read_place(const struct json *from, struct chat_place *place)
{
    const char *type = json_string(from, "type");
    if (type && strcmp(type, "stream") == 0) {
        if (!json_integer(from, "stream_id", &place->channel) || place->channel <= 0)
            return READ_LEFT_OUT;
        return read_text(json_string(from, "subject"), &place->topic);
    }
    if (!type || strcmp(type, "private") != 0)
        return READ_LEFT_OUT;
    enum reading reading = read_people(json_array(from, "display_recipient"), place);
    return reading == READ_TAKEN ? read_text("", &place->topic) : reading;
}

static bool has_text(const struct json *array, const char *wanted)
{
    for (const struct json *element = json_first(array); element; element = json_next(element)) {
        const char *text = json_text(element);
        if (text && strcmp(text, wanted) == 0)
            return true;
    }
    return false;
}

/* Fills a zeroed message, which the caller finishes unless it is taken. `flags` are beside the
 * message in an event and inside it in the history. */
static enum reading read_message(const struct json *from, const struct json *flags,
                                 struct chat_message *message)
{
    const char *realm = json_string(from, "sender_realm_str");
    if (!json_integer(from, "id", &message->id) || message->id <= 0 ||
        !json_integer(from, "sender_id", &message->sender) || message->sender <= 0 ||
        !json_number(from, "timestamp", &message->sent_at) ||
        !(message->sent_at > 0 && message->sent_at < TIME_MAX))
        return READ_LEFT_OUT;
    const char *client = json_string(from, "client");
    text_printable(message->client, sizeof message->client, client ? client : "",
                   client ? strlen(client) : 0);
    message->system = realm && strcmp(realm, "zulipinternal") == 0;
    message->mentioned = has_text(flags, "mentioned");
    enum reading reading = read_place(from, &message->place);
    return reading == READ_TAKEN ? read_text(json_string(from, "content"), &message->content)
                                 : reading;
}

/* Adds a message to the list if it can be read. */
static enum reading add_message(struct chat_messages *messages, const struct json *from,
                                const struct json *flags)
{
    struct chat_message message = {0}, *added = NULL;
    enum reading reading = read_message(from, flags, &message);
    if (reading == READ_TAKEN) {
        added = array_add(&messages->message, &messages->count, sizeof *added);
        reading = added ? READ_TAKEN : READ_NO_MEMORY;
    }
    if (added)
        *added = message;
    else
        chat_message_finish(&message);
    return reading;
}

bool chat_read_events(const struct json *answer, struct chat_events *events, struct fault *fault)
{
    const struct json *list = json_array(answer, "events"), *event = json_first(list);
    if (!list)
        return fault_set(fault, FAULT_INPUT, "Zulip's answer has no list of events");
    /* The rest is not acknowledged, and comes again. */
    for (size_t i = 0; event && i < CHAT_EVENTS_MAX; i++, event = json_next(event)) {
        const char *type = json_string(event, "type");
        int64_t id;
        if (!json_integer(event, "id", &id) || id < 0)
            continue;
        if (type && strcmp(type, "message") == 0 &&
            add_message(&events->messages, json_object(event, "message"),
                        json_array(event, "flags")) == READ_NO_MEMORY)
            return fault_memory(fault);
        events->any = true;
        events->last = id > events->last ? id : events->last;
    }
    return true;
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

/* What the server leaves of a text: its begin and its length. */
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

/* Copies the queue's name; false: there is none that fits. */
static bool copy_queue(const struct json *answer, struct chat_queue *queue)
{
    const char *id = json_string(answer, "queue_id");
    if (!id || !*id || strlen(id) >= sizeof queue->id)
        return false;
    memcpy(queue->id, id, strlen(id) + 1);
    return true;
}

bool chat_register(struct zulip *zulip, int keep_s, struct chat_queue *queue, struct fault *fault)
{
    struct api_call call = api_call("POST", "register", "register an event queue");
    struct json *answer;
    api_add(&call, "event_types", "[\"message\"]");
    api_add(&call, "fetch_event_types", "[\"realm\"]");
    api_add(&call, "apply_markdown", "false");
    /* Its name up to feature level 480, and since then; a server ignores the other. */
    api_add_integer(&call, "queue_lifespan_secs", keep_s);
    api_add_integer(&call, "idle_queue_timeout", keep_s);
    if (!api_perform(zulip_api(zulip), &call, &answer, NULL, fault))
        return false;
    *queue = (struct chat_queue){.last = -1};
    json_integer(answer, "last_event_id", &queue->last);
    zulip_read_server(answer, &queue->server);
    bool read = copy_queue(answer, queue) || api_wrong_shape(fault, &call, "queue_id");
    json_free(answer);
    return read;
}

bool chat_poll(struct zulip *zulip, const char *queue, double wait_s, struct chat_events *events,
               struct fault *fault)
{
    struct api_call call = api_call("GET", "events", "wait for messages");
    struct api_failure failure;
    struct fault why = {0};
    struct json *answer;
    call.timeout_s = wait_s > 0.001 ? wait_s : 0.001;
    api_add(&call, "queue_id", queue);
    api_add_integer(&call, "last_event_id", events->last);
    if (!api_perform(zulip_api(zulip), &call, &answer, &failure, &why)) {
        /* An answer on its way is lost too: it was not acknowledged, and comes again. */
        if (failure.timed_out)
            return true;
        /* A refusal means that there is no such queue; the server's text is translated. Too many
         * events for one answer would stay too many. */
        if (why.kind == FAULT_REFUSED || failure.too_large)
            why.kind = FAULT_ABSENT;
        *fault = why;
        return false;
    }
    bool read = chat_read_events(answer, events, fault);
    json_free(answer);
    return read;
}

/* A search of the history, newest first. */
struct search {
    const char *purpose;
    const char *hint;   /* or NULL */
    const char *narrow; /* JSON; NULL: everything the bot received */
    int64_t after;      /* only messages above it */
    double since;       /* a message sent before ends the search with its page */
    const char *text;   /* only with this text; or NULL */
    int page_size, pages_max;
};

/* Whether a message is one that the search is for. */
static bool is_sought(const struct search *search, const struct json *m, int64_t id)
{
    const char *content = json_string(m, "content");
    return id > search->after &&
           (!search->text || (content && chat_same_text(content, search->text)));
}

/* Adds what is sought of one answer; `*before` moves to its first message, `*more` tells whether
 * older ones may follow. */
static bool read_page(const struct search *search, const struct json *list, int64_t *before,
                      bool *more, struct chat_messages *messages, struct fault *fault)
{
    int64_t first = *before;
    for (const struct json *m = json_first(list); m; m = json_next(m)) {
        int64_t id;
        double sent_at = 0;
        if (!json_integer(m, "id", &id))
            continue;
        if (is_sought(search, m, id) &&
            add_message(messages, m, json_array(m, "flags")) == READ_NO_MEMORY)
            return fault_memory(fault);
        *more = *more && !(json_number(m, "timestamp", &sent_at) && sent_at < search->since);
        first = first < 0 || id < first ? id : first;
    }
    /* A page that leads no further is the last one. */
    *more = *more && first != *before && first > search->after;
    *before = first;
    return true;
}

static bool find_page(struct zulip *zulip, const struct search *search, int64_t *before, bool *more,
                      struct chat_messages *messages, struct fault *fault)
{
    struct api_call call = api_call("GET", "messages", search->purpose);
    struct json *answer;
    call.hint = search->hint;
    if (*before < 0)
        api_add(&call, "anchor", "newest");
    else
        api_add_integer(&call, "anchor", *before);
    api_add(&call, "include_anchor", *before < 0 ? "true" : "false");
    api_add_integer(&call, "num_before", search->page_size);
    api_add_integer(&call, "num_after", 0);
    if (search->narrow)
        api_add(&call, "narrow", search->narrow);
    api_add(&call, "apply_markdown", "false");
    if (!api_perform(zulip_api(zulip), &call, &answer, NULL, fault))
        return false;
    const struct json *list = json_array(answer, "messages");
    *more = !json_bool(answer, "found_oldest", true);
    bool read = list ? read_page(search, list, before, more, messages, fault)
                     : api_wrong_shape(fault, &call, "messages");
    json_free(answer);
    return read;
}

static int compare_messages(const void *a, const void *b)
{
    const struct chat_message *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* By rising id, none twice. */
static void sort_messages(struct chat_messages *messages)
{
    size_t kept = 0;
    if (messages->count)
        qsort(messages->message, messages->count, sizeof *messages->message, compare_messages);
    for (size_t i = 0; i < messages->count; i++)
        if (kept && messages->message[kept - 1].id == messages->message[i].id)
            chat_message_finish(&messages->message[i]);
        else
            messages->message[kept++] = messages->message[i];
    messages->count = kept;
}

/* Adds what the search finds, backwards page by page. */
static bool find_messages(struct zulip *zulip, const struct search *search,
                          struct chat_messages *messages, struct fault *fault)
{
    int64_t before = -1;
    bool more = true, found = true;
    for (int page = 0; found && more && page < search->pages_max; page++)
        found = find_page(zulip, search, &before, &more, messages, fault);
    sort_messages(messages);
    return found;
}

bool chat_newest(struct zulip *zulip, struct chat_messages *messages, struct fault *fault)
{
    const struct search search = {
        .purpose = "ask Zulip for the newest message", .page_size = 1, .pages_max = 1};
    return find_messages(zulip, &search, messages, fault);
}

/* Drops messages that name only everybody: "is:mentioned" finds them, too. */
static void drop_wildcards(struct chat_messages *messages)
{
    size_t kept = 0;
    for (size_t i = 0; i < messages->count; i++)
        if (messages->message[i].mentioned || !messages->message[i].place.channel)
            messages->message[kept++] = messages->message[i];
        else
            chat_message_finish(&messages->message[i]);
    messages->count = kept;
}

bool chat_missed(struct zulip *zulip, int64_t feature_level, int64_t after, double since,
                 struct chat_messages *messages, struct fault *fault)
{
    struct search search = {.purpose = "ask Zulip for missed messages",
                            .narrow = "[{\"operator\":\"is\",\"operand\":\"mentioned\"}]",
                            .after = after,
                            .since = since,
                            .page_size = PAGE_SIZE,
                            .pages_max = CHAT_MISSED_MAX / PAGE_SIZE};
    if (!find_messages(zulip, &search, messages, fault))
        return false;
    drop_wildcards(messages);
    search.narrow = feature_level >= FEATURE_LEVEL_DM
                        ? "[{\"operator\":\"is\",\"operand\":\"dm\"}]"
                        : "[{\"operator\":\"is\",\"operand\":\"private\"}]";
    return find_messages(zulip, &search, messages, fault);
}

bool chat_read_message(struct zulip *zulip, int64_t id, struct chat_message *message,
                       struct fault *fault)
{
    char path[40], purpose[60];
    snprintf(path, sizeof path, "messages/%" PRId64, id);
    snprintf(purpose, sizeof purpose, "read message %" PRId64, id);
    struct api_call call = api_call("GET", path, purpose);
    struct json *answer;
    *message = (struct chat_message){0};
    api_add(&call, "apply_markdown", "false");
    if (!api_perform(zulip_api(zulip), &call, &answer, NULL, fault)) {
        if (fault->kind == FAULT_REFUSED)
            fault->kind = FAULT_ABSENT;
        return false;
    }
    const struct json *from = json_object(answer, "message");
    enum reading reading = read_message(from, json_array(from, "flags"), message);
    json_free(answer);
    if (reading == READ_TAKEN)
        return true;
    chat_message_finish(message);
    return reading == READ_NO_MEMORY ? fault_memory(fault)
                                     : api_wrong_shape(fault, &call, "message");
}

bool chat_find_own(struct zulip *zulip, int64_t feature_level, const struct chat_place *place,
                   int64_t sender, int64_t after, const char *text, struct chat_messages *messages,
                   struct fault *fault)
{
    const char *direct = feature_level >= FEATURE_LEVEL_DM ? "dm" : "pm-with";
    char *narrow = zulip_narrow(place->channel, direct, place->people, place->people_count, sender);
    const struct search search = {.purpose = "look for the bot's own messages",
                                  .hint = "the bot must be subscribed to read a private channel",
                                  .narrow = narrow,
                                  .after = after,
                                  .text = text,
                                  .page_size = PAGE_SIZE,
                                  .pages_max = CHAT_OWN_MAX / PAGE_SIZE};
    bool found = narrow ? find_messages(zulip, &search, messages, fault) : fault_memory(fault);
    free(narrow);
    return found;
}

bool chat_has_said(struct zulip *zulip, int64_t sender, int64_t after, const char *text, bool *said,
                   struct fault *fault)
{
    char narrow[80];
    snprintf(narrow, sizeof narrow, "[{\"operator\":\"sender\",\"operand\":%" PRId64 "}]", sender);
    const struct search search = {.purpose = "look for the bot's own messages",
                                  .narrow = narrow,
                                  .after = after,
                                  .text = text,
                                  .page_size = PAGE_SIZE,
                                  .pages_max = CHAT_OWN_MAX / PAGE_SIZE};
    struct chat_messages messages = {0};
    bool done = find_messages(zulip, &search, &messages, fault);
    *said = messages.count;
    chat_messages_finish(&messages);
    return done;
}

/* Says where the message goes; out of memory fails the call. */
static void add_destination(struct api_call *call, const struct chat_place *place)
{
    if (place->channel) {
        api_add(call, "type", "stream");
        api_add_integer(call, "to", place->channel);
        api_add(call, "topic", place->topic);
        return;
    }
    struct json *to = json_new_array(NULL, NULL);
    bool added = zulip_add_people(to, place->people, place->people_count, 0);
    char *people = added ? json_print(to, false) : NULL;
    api_add(call, "type", "private");
    api_add(call, "to", people);
    json_free(to);
    free(people);
}

enum api_outcome chat_post(struct zulip *zulip, const struct chat_place *place, const char *content,
                           int64_t after, int64_t *message, struct fault *fault)
{
    struct api_call call = api_call("POST", "messages", "post an answer");
    call.hint = place->channel ? "the bot or its owner needs the right to post there"
                               : "are they all active users of this organization?";
    add_destination(&call, place);
    api_add(&call, "content", content);
    return zulip_send(zulip, &call, after, message, fault);
}

bool chat_react(struct zulip *zulip, int64_t message, const char *emoji, struct fault *fault)
{
    char path[60], purpose[60];
    snprintf(path, sizeof path, "messages/%" PRId64 "/reactions", message);
    snprintf(purpose, sizeof purpose, "react to message %" PRId64, message);
    struct api_call call = api_call("POST", path, purpose);
    struct api_failure failure;
    struct fault why = {0};
    struct json *answer;
    api_add(&call, "emoji_name", emoji);
    bool done = api_perform(zulip_api(zulip), &call, &answer, &failure, &why) ||
                strcmp(failure.code, "REACTION_ALREADY_EXISTS") == 0;
    if (!done)
        *fault = why;
    json_free(answer);
    return done;
}
