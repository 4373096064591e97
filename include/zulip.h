/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The Zulip API: who and what there is, messages of one's own, and sending them. Calls that take a
 * fault do one or a few requests; faults are those of api.h. */
#ifndef TMRO_ZULIP_H
#define TMRO_ZULIP_H

#include "api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct credentials;
struct fault;
struct http_options;
struct json;

/* What a server allows when it was never asked. */
#define ZULIP_MESSAGE_LENGTH 10000
#define ZULIP_TOPIC_LENGTH   60

struct zulip;

struct zulip_server {
    char version[40]; /* printable */
    int64_t feature_level;
    size_t max_message_length, max_topic_length; /* code points */
    int64_t edit_seconds;                        /* -1: no limit; 0: no edits */
};

enum zulip_bot_type {
    ZULIP_BOT_UNKNOWN,
    ZULIP_BOT_GENERIC,
    ZULIP_BOT_INCOMING,
    ZULIP_BOT_OUTGOING
};

struct zulip_user {
    int64_t id, owner_id; /* 0: no owner */
    char name[120];       /* printable */
    char full_name[401];  /* raw, as mentions have it; Zulip allows 100 characters */
    bool is_bot, is_active;
    enum zulip_bot_type bot_type;
    int64_t
        role; /* 100 owner, 200 administrator, 300 moderator, 400 member, 600 guest; 0: unknown */
};

enum zulip_answer { ZULIP_NO, ZULIP_YES, ZULIP_CANNOT_TELL };

/* Whose rights count for what a bot posts: its own and its owner's. */
struct zulip_poster {
    int64_t id, owner_id; /* 0: no owner */
    int64_t role;         /* the better one of both; 0: unknown */
};

struct zulip_channel {
    int64_t id;
    char *name;
    bool private;
    enum zulip_answer may_post, may_start_topics; /* as far as the server tells */
};

struct zulip_channels {
    struct zulip_channel *channel;
    size_t count;
};

struct zulip_message {
    int64_t id;
    char *topic, *content;
};

struct zulip_messages {
    struct zulip_message *message; /* ids rising */
    size_t count;
};

/* A client for one thread; `credentials` and what `options` points to are borrowed for its life.
 * NULL: LOCAL. */
struct zulip *zulip_open(const struct credentials *credentials, const struct http_options *options,
                         struct fault *fault);
void zulip_close(struct zulip *zulip);

/* What does its requests; borrowed. */
struct api *zulip_api(struct zulip *zulip);

/* What the answer to a registration tells of the server, which asked for its "realm". */
void zulip_read_server(const struct json *answer, struct zulip_server *server);

/* Version and limits, by a short registration. */
bool zulip_ask_server(struct zulip *zulip, struct zulip_server *server, struct fault *fault);

/* The bot itself, and any user. */
bool zulip_ask_me(struct zulip *zulip, struct zulip_user *user, struct fault *fault);
bool zulip_ask_user(struct zulip *zulip, int64_t id, struct zulip_user *user, struct fault *fault);

/* Whether a user has this API e-mail, by which messages can be addressed; the address that people
 * log in with is another one on most servers. */
bool zulip_has_email(struct zulip *zulip, const char *email, bool *has, struct fault *fault);

/* All channels the bot or its owner sees, with what `poster` may do there (NULL: not told). The
 * caller finishes a zeroed list in every case. */
bool zulip_list_channels(struct zulip *zulip, const struct zulip_poster *poster,
                         struct zulip_channels *channels, struct fault *fault);
void zulip_channels_finish(struct zulip_channels *channels);

/* Whether the bot is subscribed, without which it reads no private channel. */
bool zulip_is_subscribed(struct zulip *zulip, int64_t channel, bool *subscribed,
                         struct fault *fault);

/* Raw text of what `sender` wrote in a channel: all above message id `after` (0: from the
 * beginning), or the newest 100 with ZULIP_NEWEST. The caller finishes a zeroed list in every case.
 */
#define ZULIP_NEWEST (-1)
bool zulip_list_messages(struct zulip *zulip, int64_t channel, int64_t sender, int64_t after,
                         struct zulip_messages *messages, struct fault *fault);
void zulip_messages_finish(struct zulip_messages *messages);

/* Hangs ids of users into a list, without `except` (0: nobody) unless there is nobody else. False:
 * out of memory. */
bool zulip_add_people(struct json *list, const int64_t *people, size_t count, int64_t except);

/* The narrow to what `sender` wrote in a channel or, with channel 0, among people, by the operator
 * `direct`. Owned by the caller; NULL: out of memory. */
char *zulip_narrow(int64_t channel, const char *direct, const int64_t *people, size_t count,
                   int64_t sender);

/* Sends a message that is all filled in, on a fresh connection. `message` may be NULL. A success
 * without an id above `after`, that of a message that was there before, is in doubt. */
enum api_outcome zulip_send(struct zulip *zulip, struct api_call *call, int64_t after,
                            int64_t *message, struct fault *fault);

/* Posts, as zulip_send(). */
enum api_outcome zulip_post(struct zulip *zulip, int64_t channel, const char *topic,
                            const char *content, int64_t after, int64_t *message,
                            struct fault *fault);

/* A direct message, to a user id or, with id 0, to an e-mail. */
enum api_outcome zulip_post_direct(struct zulip *zulip, int64_t user, const char *email,
                                   const char *content, struct fault *fault);

/* Replaces the bot's own message. */
bool zulip_edit(struct zulip *zulip, int64_t message, const char *content, struct fault *fault);

/* A link to a message; owned by the caller; NULL: out of memory. */
char *zulip_link(const char *site, int64_t channel, const char *channel_name, const char *topic,
                 int64_t message);

#endif
