/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The channel that a configured destination means, and the topic there. */
#include "target.h"

#include "chat.h"
#include "config.h"
#include "fault.h"
#include "issue.h"
#include "log.h"
#include "markup.h"
#include "month.h"
#include "server.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The id in "123" or "123-name"; 0: it is a name. */
static int64_t read_id(const char *wanted)
{
    size_t digits = strspn(wanted, "0123456789");
    return digits && digits < 18 && (wanted[digits] == '\0' || wanted[digits] == '-')
               ? strtoll(wanted, NULL, 10)
               : 0;
}

static const struct chat_channel *find_id(const struct chat_channels *channels, int64_t id)
{
    for (size_t i = 0; i < channels->count; i++)
        if (channels->channel[i].id == id)
            return &channels->channel[i];
    return NULL;
}

static const struct chat_channel *find_name(const struct chat_channels *channels, const char *name)
{
    for (size_t i = 0; i < channels->count; i++)
        if (text_equal_fold(channels->channel[i].name, name))
            return &channels->channel[i];
    return NULL;
}

bool target_peek(struct database *db, const struct chat_channels *channels, const char *wanted,
                 const struct chat_channel **channel, struct fault *fault)
{
    char shown[120], name[120];
    int64_t id = 0;
    /* A channel may be called "2024": a name goes before an id. */
    if ((*channel = find_name(channels, wanted)))
        return true;
    if (db && !server_get_channel(db, wanted, &id, fault))
        return false;
    *channel = find_id(channels, id ? id : read_id(wanted));
    if (*channel && id)
        log_line(LOG_LEVEL_WARNING,
                 "no channel is called '%s' any more: using its id %" PRId64 ", now '%s'",
                 text_printable(shown, sizeof shown, wanted, strlen(wanted)), id,
                 text_printable(name, sizeof name, (*channel)->name, strlen((*channel)->name)));
    return true;
}

bool target_find(struct database *db, const struct chat_channels *channels, const char *wanted,
                 const struct chat_channel **channel, struct fault *fault)
{
    return target_peek(db, channels, wanted, channel, fault) &&
           (!*channel || !text_equal_fold((*channel)->name, wanted) ||
            server_put_channel(db, wanted, (*channel)->id, fault));
}

bool target_absent(const char *wanted, struct fault *fault)
{
    char shown[120];
    return fault_set(fault, FAULT_SETUP,
                     "there is no channel '%s' that the bot can see: misspelt, archived, or "
                     "private without the bot (subscribe it in the channel's settings)",
                     text_printable(shown, sizeof shown, wanted, strlen(wanted)));
}

bool target_remembered(struct database *db, const char *wanted, int64_t *id, struct fault *fault)
{
    bool done = server_get_channel(db, wanted, id, fault);
    if (done && !*id)
        *id = read_id(wanted);
    return done;
}

char *target_topic(const char *topic, const struct issue *issue, size_t max_length,
                   struct fault *fault)
{
    char month[MONTH_TEXT_SIZE], id[MONTH_ID_SIZE];
    month_text(issue->month, month);
    month_id(issue->month, id);
    char *filled = config_topic(arena_ambient(), topic, issue->title, month, id);
    char *cut = filled ? markup_topic(arena_ambient(), filled, max_length) : NULL;
    free(filled);
    if (!cut)
        fault_memory(fault);
    return cut;
}

bool target_check_readable(struct api *api, const struct chat_channel *channel, struct fault *fault)
{
    bool subscribed = false;
    char name[120];
    if (!channel->private)
        return true;
    if (!chat_is_subscribed(api, channel->id, &subscribed, fault))
        return false;
    return subscribed ||
           fault_set(fault, FAULT_SETUP,
                     "the bot cannot read the private channel '%s' and so could not tell what it "
                     "has posted: subscribe it in the channel's settings",
                     text_printable(name, sizeof name, channel->name, strlen(channel->name)));
}
