/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The chat: places, messages, the history, and sending.
 *
 * What takes a fault does one or a few requests; faults are those of api.h, and ABSENT where it is
 * named. */
#ifndef TMRO_ZULIP_CHAT_H
#define TMRO_ZULIP_CHAT_H

#include "zulip/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct fault;
struct json;

/* What a server allows when it was never asked. */
#define CHAT_MESSAGE_LENGTH 10000
#define CHAT_TOPIC_LENGTH   60

/* Where a message is, or goes: a channel's topic, or people. */
struct chat_place {
    int64_t channel;   /* 0: a direct message */
    const char *topic; /* "" of a direct message */
    int64_t *people;   /* of a direct message, its sender and the bot among them; rising */
    size_t people_count;
    const char *email; /* to send to, instead of people */
};

struct chat_message {
    int64_t id, sender;
    bool system;     /* by one of the server's own bots */
    bool mentioned;  /* the server says that it names the bot, or a group that the bot is in */
    double sent_at;  /* seconds since 1970, by the server's clock */
    char client[60]; /* what it was sent with, printable; "" */
    struct chat_place place;
    char *content; /* raw Markdown, valid UTF-8 */
};

struct chat_messages {
    struct chat_message *message; /* ids rising, none twice */
    size_t count;
    bool more; /* there may be older ones, which were not read */
};

struct chat_place chat_place_copy(struct arena *arena, const struct chat_place *place);

/* Whether two places are the same conversation. Topics are compared as the server does, except that
 * only the case of ASCII letters is ignored. */
bool chat_place_equal(const struct chat_place *a, const struct chat_place *b);

/* Whether two messages are the same text after the server's changes to it: white space at the end
 * and newlines at the beginning dropped. */
bool chat_same_text(const char *a, const char *b);

/* Whether both begin with a title line that links the same address: "**[any title](URL)**". */
bool chat_same_title(const char *a, const char *b);

/* Adds a message of an answer to the list if it can be read. An event has the `flags` next to the
 * message, the history inside it. */
void chat_add_message(struct arena *arena, struct chat_messages *messages, const struct json *from,
                      const struct json *flags);

/* The newest message that the bot received, if there is one; the list is zeroed at declaration. */
bool chat_newest(struct arena *arena, struct api *api, struct chat_messages *messages,
                 struct fault *fault);

/* What `sender` wrote in a place (NULL: anywhere; in a channel in all its topics, because messages
 * are moved between them) after message `after` (0: since the beginning), or the newest 100 with
 * CHAT_NEWEST. At most CHAT_OWN_MAX messages, more than a bot says while one of its own is in
 * doubt: `more` tells whether there are older ones. The list is zeroed at declaration. */
#define CHAT_OWN_MAX 1000
#define CHAT_NEWEST  (-1)
bool chat_find_own(struct arena *arena, struct api *api, int64_t feature_level,
                   const struct chat_place *place, int64_t sender, int64_t after,
                   struct chat_messages *messages, struct fault *fault);

/* What the bot missed: messages above `after` that mention it, and direct ones; of each the newest
 * CHAT_MISSED_MAX, and no further page after a message sent before `since` (seconds since 1970, by
 * the server's clock). The list is zeroed at declaration. */
#define CHAT_MISSED_MAX 300
bool chat_find_missed(struct arena *arena, struct api *api, int64_t feature_level, int64_t after,
                      double since, struct chat_messages *messages, struct fault *fault);

/* Whether `sender`, which is the bot, wrote `text` after message `after` in any conversation of its
 * own or channel that it is subscribed to. */
bool chat_has_said(struct arena *arena, struct api *api, int64_t sender, int64_t after,
                   const char *text, bool *said, struct fault *fault);

/* Sends a message to a place, on a fresh connection. `purpose` as in struct api_call; `message` may
 * be NULL. A success without an id above `after`, a message that was there before, is in doubt. */
enum api_outcome chat_send(struct api *api, const struct chat_place *place, const char *purpose,
                           const char *content, int64_t after, int64_t *message,
                           struct fault *fault);

/* A message as it is now; ABSENT: deleted, or the bot may not read there. */
bool chat_read_message(struct arena *arena, struct api *api, int64_t id,
                       struct chat_message *message, struct fault *fault);

/* Replaces the bot's own message. */
bool chat_edit(struct api *api, int64_t message, const char *content, struct fault *fault);

/* Adds an emoji to a message; one that is there already is fine. */
bool chat_react(struct api *api, int64_t message, const char *emoji, struct fault *fault);

/* A link to a message. */
char *chat_link(struct arena *arena, const char *site, int64_t channel, const char *channel_name,
                const char *topic, int64_t message);

#endif
