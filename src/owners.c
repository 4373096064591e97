/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct messages to those who are told when something is wrong. */
#include "owners.h"

#include "config.h"
#include "fault.h"
#include "log.h"
#include "server.h"
#include "text.h"
#include "zulip.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

size_t owners_count(const struct config *config)
{
    return config->owner_count ? config->owner_count : 1;
}

enum api_outcome owners_tell(struct zulip *zulip, struct database *db, const struct config *config,
                             int64_t bot, size_t which, const char *text, struct fault *fault)
{
    struct owner owner = {0};
    struct zulip_user me;
    struct fault local = {0};
    char shown[120];
    if (config->owner_count) {
        owner = config->owners[which];
    } else {
        if (!zulip_ask_user(zulip, bot, &me, fault))
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
    enum api_outcome outcome = zulip_post_direct(zulip, owner.id, owner.email, text, fault);
    if (outcome != API_DONE)
        return outcome;
    if (owner.email)
        log_line(LOG_LEVEL_INFO, "sent to '%s'",
                 text_printable(shown, sizeof shown, owner.email, strlen(owner.email)));
    else
        log_line(LOG_LEVEL_INFO, "sent to user %" PRId64, owner.id);
    return API_DONE;
}
