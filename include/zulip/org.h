/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The organization: its users and channels, and who may post where. Faults are those of api.h. */
#ifndef TMRO_ZULIP_ORG_H
#define TMRO_ZULIP_ORG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct arena;
struct fault;

enum org_bot_type { ORG_BOT_UNKNOWN, ORG_BOT_GENERIC, ORG_BOT_INCOMING, ORG_BOT_OUTGOING };

struct org_user {
    int64_t id, owner_id; /* 0: no owner */
    char name[120];       /* printable */
    char full_name[401];  /* raw, as in mentions; Zulip allows 100 characters */
    bool is_bot, is_active;
    enum org_bot_type bot_type;
    /* 100 owner, 200 administrator, 300 moderator, 400 member, 600 guest; 0: unknown */
    int64_t role;
};

enum org_right { ORG_NO, ORG_YES, ORG_CANNOT_TELL };

/* Whose rights count for what a bot posts: its own and its owner's. */
struct org_poster {
    int64_t id, owner_id; /* 0: no owner */
    int64_t role;         /* the higher of the two; 0: unknown */
};

struct org_channel {
    int64_t id;
    char *name;
    bool private;
    enum org_right may_post, may_start_topics; /* as far as the server says */
};

struct org_channels {
    struct org_channel *channel;
    size_t count;
};

/* Ask about the bot itself, and about any user. */
bool org_ask_me(struct api *api, struct org_user *user, struct fault *fault);
bool org_ask_user(struct api *api, int64_t id, struct org_user *user, struct fault *fault);

/* Whether a user has this API e-mail, the one that messages can be sent to. On most servers it is
 * not the address people log in with. */
bool org_has_email(struct api *api, const char *email, bool *has, struct fault *fault);

/* All channels that the bot or its owner sees, with what `poster` may do there. NULL: no poster is
 * known, so some rights cannot be told. */
bool org_list_channels(struct arena *arena, struct api *api, const struct org_poster *poster,
                       struct org_channels *channels, struct fault *fault);

/* The channel with an id; NULL: it is not in the list. */
const struct org_channel *org_find_channel(const struct org_channels *channels, int64_t id);

/* Checks that the bot can read the channel, without which it could not tell what it has posted: it
 * must be subscribed to a private one. False: SETUP with what to do, or a fault of api.h. */
bool org_check_readable(struct api *api, const struct org_channel *channel, struct fault *fault);

#endif
