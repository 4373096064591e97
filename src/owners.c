/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct messages to those who are told when something is wrong. */
#include "owners.h"

#include "chat.h"
#include "config.h"
#include "fault.h"
#include "log.h"
#include "server.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

size_t owners_count(const struct config *config)
{
    return config->owner_count ? config->owner_count : 1;
}

enum api_outcome owners_tell(struct api *api, struct database *db, const struct config *config,
                             int64_t bot, size_t which, const char *text, struct fault *fault)
{
    struct owner owner = {0};
    struct chat_user me;
    struct fault local = {0};
    char shown[120], purpose[200];
    if (config->owner_count) {
        owner = config->owners[which];
    } else {
        if (!chat_ask_user(api, bot, &me, fault))
            return API_UNSENT;
        if (!me.owner_id) {
            fault_set(fault, FAULT_SETUP,
                      "the bot has no owner to write to: set zulip.owners in the configuration");
            return API_UNSENT;
        }
        owner.id = me.owner_id;
    }
    /* If this fails, the message is only taken for somebody else's. */
    if (db && !server_put_told(db, text, (double)time(NULL), &local))
        log_line(LOG_LEVEL_DEBUG, "%s", local.msg);
    if (owner.email)
        snprintf(purpose, sizeof purpose, "write to '%s'",
                 text_printable(shown, sizeof shown, owner.email, strlen(owner.email)));
    else
        snprintf(purpose, sizeof purpose, "write to user %" PRId64, owner.id);
    const struct chat_place place = {.people = &owner.id, .people_count = 1, .email = owner.email};
    enum api_outcome outcome = chat_send(api, &place, purpose, text, 0, NULL, fault);
    if (outcome != API_DONE)
        return outcome;
    if (owner.email)
        log_line(LOG_LEVEL_INFO, "sent to '%s'", shown);
    else
        log_line(LOG_LEVEL_INFO, "sent to user %" PRId64, owner.id);
    return API_DONE;
}
