/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The chat: places, messages, the history, and sending.
 *
 * A function that takes a fault makes one or a few requests. Faults are those of api.h, and ABSENT
 * where it is named. */
#ifndef TMRO_ZULIP_CHAT_H
#define TMRO_ZULIP_CHAT_H

#include "zulip/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct fault;
struct json;

/* The limits assumed until the server has been asked. */
#define CHAT_MESSAGE_LENGTH 10000
#define CHAT_TOPIC_LENGTH   60

/* Where a message is, or is to go: a channel's topic, or people. */
struct chat_place {
    int64_t channel;   /* 0: a direct message */
    const char *topic; /* "" of a direct message */
    int64_t *people;   /* of a direct message, with its sender and the bot; rising */
    size_t people_count;
    const char *email; /* to send to, instead of people */
};

struct chat_message {
    int64_t id, sender;
    bool system;     /* from one of the server's own bots */
    bool mentioned;  /* it mentions the bot, or a group that the bot is in */
    double sent_at;  /* seconds since 1970, by the server's clock */
    char client[60]; /* what it was sent with, printable; "" */
    struct chat_place place;
    char *content; /* raw Markdown, valid UTF-8 */
};

struct chat_messages {
    struct chat_message *message; /* in rising order of ids, none twice */
    size_t count;
    bool more; /* there may be older ones that were not read */
};

struct chat_place chat_place_copy(struct arena *arena, const struct chat_place *place);

/* Whether two places are the same conversation. Topics are compared as the server compares them,
 * except that only the case of ASCII letters is ignored. */
bool chat_place_equal(const struct chat_place *a, const struct chat_place *b);

/* Whether two messages have the same text once the server has dropped white space at the end and
 * newlines at the beginning. */
bool chat_same_text(const char *a, const char *b);

/* Whether both begin with a title line, "**[any title](URL)**", that links the same URL. */
bool chat_same_title(const char *a, const char *b);

/* Adds a message from an answer to the list, if it can be read. An event has the `flags` next to
 * the message; the history has them inside it. */
void chat_add_message(struct arena *arena, struct chat_messages *messages, const struct json *from,
                      const struct json *flags);

/* The newest message that the bot received, if there is one. The list must be zeroed. */
bool chat_newest(struct arena *arena, struct api *api, struct chat_messages *messages,
                 struct fault *fault);

/* What `sender` wrote in a place (NULL: anywhere) after message `after` (0: since the beginning),
 * or the newest 100 with CHAT_NEWEST. In a channel it looks in all topics, because messages are
 * moved between them. It reads at most CHAT_OWN_MAX messages, more than the bot writes while one is
 * in doubt; `more` says whether there may be older ones. The list must be zeroed. */
#define CHAT_OWN_MAX 1000
#define CHAT_NEWEST  (-1)
bool chat_find_own(struct arena *arena, struct api *api, int64_t feature_level,
                   const struct chat_place *place, int64_t sender, int64_t after,
                   struct chat_messages *messages, struct fault *fault);

/* What the bot missed: messages above `after` that mention it, and direct messages. It reads the
 * newest CHAT_MISSED_MAX of each kind, and stops after a page with a message sent before `since`
 * (seconds since 1970, by the server's clock). The list must be zeroed. */
#define CHAT_MISSED_MAX 300
bool chat_find_missed(struct arena *arena, struct api *api, int64_t feature_level, int64_t after,
                      double since, struct chat_messages *messages, struct fault *fault);

/* Sends a message to a place, on a new connection. `purpose` is as in struct api_call; `message`
 * may be NULL. A success is in doubt unless its id is above `after`, a message that was there
 * before. */
enum api_outcome chat_send(struct api *api, const struct chat_place *place, const char *purpose,
                           const char *content, int64_t after, int64_t *message,
                           struct fault *fault);

/* Reads a message as it is now. ABSENT: it was deleted, or the bot may not read it. */
bool chat_read_message(struct arena *arena, struct api *api, int64_t id,
                       struct chat_message *message, struct fault *fault);

/* Replaces the bot's own message. */
bool chat_edit(struct api *api, int64_t message, const char *content, struct fault *fault);

/* Adds an emoji to a message; it is fine if it is there already. */
bool chat_react(struct api *api, int64_t message, const char *emoji, struct fault *fault);

/* A link to a message. */
char *chat_link(struct arena *arena, const char *site, int64_t channel, const char *channel_name,
                const char *topic, int64_t message);

#endif
