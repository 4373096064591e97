/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The organization: its users and channels, and who may post where. */
#include "zulip/org.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/text.h"
#include "io/json.h"
#include "zulip/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool read_user(const struct json *from, struct org_user *user)
{
    const char *name = json_string(from, "full_name");
    int64_t type = 0;
    *user = (struct org_user){0};
    name = name ? name : "?";
    text_printable(user->name, sizeof user->name, name, strlen(name));
    snprintf(user->full_name, sizeof user->full_name, "%s", name);
    user->is_bot = json_bool(from, "is_bot", false);
    user->is_active = json_bool(from, "is_active", true);
    json_integer(from, "role", &user->role);
    json_integer(from, "bot_owner_id", &user->owner_id);
    if (json_integer(from, "bot_type", &type) && type >= 1 && type <= 3)
        user->bot_type = (enum org_bot_type)type;
    return json_integer(from, "user_id", &user->id);
}

bool org_ask_me(struct api *api, struct org_user *user, struct fault *fault)
{
    struct api_call call = api_call(api, "GET", "users/me", "ask Zulip who the bot is");
    const struct json *answer = api_perform(api, &call, NULL, fault);
    if (!answer)
        return false;
    return read_user(answer, user) || api_wrong_shape(fault, &call, "user_id");
}

bool org_ask_user(struct api *api, int64_t id, struct org_user *user, struct fault *fault)
{
    char path[40];
    snprintf(path, sizeof path, "users/%" PRId64, id);
    struct api_call call = api_call(api, "GET", path, "ask Zulip about a user");
    const struct json *answer = api_perform(api, &call, NULL, fault);
    if (!answer)
        return false;
    return read_user(json_object(answer, "user"), user) ||
           api_wrong_shape(fault, &call, "user.user_id");
}

bool org_has_email(struct api *api, const char *email, bool *has, struct fault *fault)
{
    struct api_call call = api_call(api, "GET", "messages", "look for a user");
    struct api_failure failure;
    struct fault why = {0};
    struct json *narrow = json_new_array(NULL, NULL), *by = json_new_object(narrow, NULL);
    json_new_string(by, "operator", "sender");
    json_new_string(by, "operand", email);
    api_add(&call, "anchor", "newest");
    api_add(&call, "num_before", "0");
    api_add(&call, "num_after", "0");
    api_add(&call, "apply_markdown", "false");
    api_add_json(&call, "narrow", narrow);
    *has = api_perform(api, &call, &failure, &why);
    if (*has || strcmp(failure.code, "BAD_NARROW") == 0)
        return true;
    *fault = why;
    return false;
}

/* Whether the poster is in a group of users, an object of members and groups. */
static enum org_right is_in_group(const struct json *group, const struct org_poster *poster)
{
    const struct json *members = json_array(group, "direct_members");
    if (json_has_integer(members, poster->id) || json_has_integer(members, poster->owner_id))
        return ORG_YES;
    return members && !json_first(json_array(group, "direct_subgroups")) ? ORG_NO : ORG_CANNOT_TELL;
}

static bool has_group(const struct json *stream, const char *field)
{
    int64_t number;
    return json_object(stream, field) || json_integer(stream, field, &number);
}

/* Newer servers use a group of users. They still send the old policy if it means the same, and 1,
 * everybody, if it does not. */
static enum org_right may_post(const struct json *stream, const struct org_poster *poster)
{
    enum { EVERYBODY = 1, ADMINISTRATORS, FULL_MEMBERS, MODERATORS };
    int64_t policy = 0;
    const struct json *group = json_object(stream, "can_send_message_group");
    json_integer(stream, "stream_post_policy", &policy);
    if (group && poster)
        return is_in_group(group, poster);
    if (policy == EVERYBODY && !has_group(stream, "can_send_message_group"))
        return ORG_YES;
    if (policy < ADMINISTRATORS || policy > MODERATORS || !poster || !poster->role)
        return ORG_CANNOT_TELL;
    if (poster->role <= (policy == ADMINISTRATORS ? 200 : 300))
        return ORG_YES;
    /* A member becomes a full member after some days. */
    return policy == FULL_MEMBERS && poster->role <= 400 ? ORG_CANNOT_TELL : ORG_NO;
}

static enum org_right may_start_topics(const struct json *stream, const struct org_poster *poster)
{
    const char *policy = json_string(stream, "topics_policy");
    const struct json *group = json_object(stream, "can_create_topic_group");
    if (policy && strcmp(policy, "empty_topic_only") == 0)
        return ORG_NO;
    enum org_right post = may_post(stream, poster);
    if (post == ORG_NO || !has_group(stream, "can_create_topic_group"))
        return post;
    return group && poster ? is_in_group(group, poster) : ORG_CANNOT_TELL;
}

bool org_list_channels(struct arena *arena, struct api *api, const struct org_poster *poster,
                       struct org_channels *channels, struct fault *fault)
{
    struct api_call call = api_call(api, "GET", "streams", "list Zulip's channels");
    api_add(&call, "include_owner_subscribed", "true");
    const struct json *answer = api_perform(api, &call, NULL, fault);
    if (!answer)
        return false;
    const struct json *streams = json_array(answer, "streams");
    if (!streams)
        return api_wrong_shape(fault, &call, "streams");
    *channels = (struct org_channels){0};
    for (const struct json *s = json_first(streams); s; s = json_next(s)) {
        const char *name = json_string(s, "name");
        int64_t id;
        if (!name || !json_integer(s, "stream_id", &id))
            continue;
        struct org_channel *channel =
            arena_add(arena, &channels->channel, &channels->count, sizeof *channel);
        *channel = (struct org_channel){.id = id,
                                        .name = arena_copy(arena, name),
                                        .private = json_bool(s, "invite_only", false),
                                        .may_post = may_post(s, poster),
                                        .may_start_topics = may_start_topics(s, poster)};
    }
    return true;
}

const struct org_channel *org_find_channel(const struct org_channels *channels, int64_t id)
{
    for (size_t i = 0; i < channels->count; i++)
        if (channels->channel[i].id == id)
            return &channels->channel[i];
    return NULL;
}

/* Whether the bot is subscribed to a channel. */
static bool is_subscribed(struct api *api, int64_t channel, bool *subscribed, struct fault *fault)
{
    struct api_call call =
        api_call(api, "GET", "users/me/subscriptions", "list the bot's subscriptions");
    const struct json *answer = api_perform(api, &call, NULL, fault);
    if (!answer)
        return false;
    const struct json *list = json_array(answer, "subscriptions");
    if (!list)
        return api_wrong_shape(fault, &call, "subscriptions");
    *subscribed = false;
    for (const struct json *s = json_first(list); s; s = json_next(s)) {
        int64_t id;
        *subscribed = *subscribed || (json_integer(s, "stream_id", &id) && id == channel);
    }
    return true;
}

bool org_check_readable(struct api *api, const struct org_channel *channel, struct fault *fault)
{
    bool subscribed = false;
    char name[120];
    if (!channel->private)
        return true;
    if (!is_subscribed(api, channel->id, &subscribed, fault))
        return false;
    return subscribed ||
           fault_set(fault, FAULT_SETUP,
                     "the bot cannot read the private channel '%s' and so could not tell what it "
                     "has posted: subscribe it in the channel's settings",
                     text_printable(name, sizeof name, channel->name, strlen(channel->name)));
}
