/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a pass does besides announcing. */
#include "upkeep.h"

#include "announce.h"
#include "archive.h"
#include "buf.h"
#include "chat.h"
#include "config.h"
#include "fault.h"
#include "http.h"
#include "issue.h"
#include "log.h"
#include "month.h"
#include "owners.h"
#include "plan.h"
#include "source.h"
#include "stop.h"
#include "store.h"
#include "target.h"
#include "watcher.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400.0

/* Pages fetched in one pass for issues that the feed has no text of. */
#define PAGES_PER_PASS 10
/* Zulip is asked who the bot is at least so often. */
#define LOGIN_CHECK_S DAY_S

/* The hint could not be looked for; false: in no other channel either. */
static bool say_unread(struct watcher *w, const struct fault *fault)
{
    if (fault->kind != FAULT_REFUSED && fault->kind != FAULT_SETUP)
        return watcher_fail_chat(w, fault);
    watcher_complain(w, &w->channel_voice, LOG_LEVEL_WARNING, fault);
    return true;
}

/* Says how the newest issue of a new destination's baseline is announced, if it is not. False: the
 * chat or the state failed. */
static bool hint_at(struct watcher *w, const struct destination *destination)
{
    const struct chat_channel *channel;
    struct fault missing = {0}, fault = {0};
    struct announce_outcome outcome = {0};
    struct announcer by = watcher_announcer(w);
    char id[MONTH_ID_SIZE];
    int hint;
    int64_t row;
    bool found = false, done = true;
    if (!target_find(w->db, &w->channels, destination->channel, &channel, &fault)) {
        watcher_complain_local(w, &fault);
        return false;
    }
    if (!channel) {
        target_absent(destination->channel, &missing);
        watcher_complain(w, &w->channel_voice, LOG_LEVEL_WARNING, &missing);
        return true;
    }
    if (!plan_destination(&w->plan, destination->channel, channel->id, &row, &fault) ||
        !watchstate_get_hint(w->db, row, &hint, &fault)) {
        watcher_complain_local(w, &fault);
        return false;
    }
    if (!row || !hint)
        return true;
    month_id(hint, id);
    char *url = issue_url(arena_ambient(), w->options.config->site_url, hint);
    struct announcement announcement = {
        .month = hint, .url = url, .channel = channel->id, .channel_name = channel->name};
    struct watch_items items = {0};
    done = (url || fault_memory(&fault)) && watchstate_list_items(w->db, &items, &fault);
    for (size_t i = 0; i < items.count; i++)
        if (items.item[i].month == hint)
            announcement.url = items.item[i].url;
    done = done && target_check_readable(w->api, channel, &fault) &&
           announce_find(&by, &announcement, &found, &outcome, &fault);
    if (done && found)
        done = watchstate_drop_hint(w->db, row, &fault);
    else if (done)
        log_line(LOG_LEVEL_INFO,
                 "issue %s is the newest, and not in '%s': 'tmro-bot announce %s' puts it there",
                 id, destination->channel, id);
    if (!done)
        done = say_unread(w, &fault);
    watch_items_finish(&items);
    announce_outcome_finish(&outcome);
    free(url);
    return done;
}

/* Once a day, and at first: is the login right, and are the channels there? */
void upkeep_chat(struct watcher *w)
{
    const struct config *config = w->options.config;
    bool checked = w->chat_checked_at > 0 && w->chat_checked_at <= w->plan.now &&
                   w->plan.now - w->chat_checked_at < LOGIN_CHECK_S;
    if ((checked && !(w->chat_retry_at > 0) && !w->plan.forced) || !watcher_open_chat(w))
        return;
    for (size_t i = 0; i < config->destination_count; i++)
        if (!hint_at(w, &config->destinations[i]))
            break;
}

/* Fetches some of the pages whose issues are not kept. */
void upkeep_archive(struct watcher *w)
{
    struct months missing = {0};
    struct watch_items pending = {0};
    struct fault fault = {0};
    char id[MONTH_ID_SIZE];
    int fetched = 0;
    if (fabs(w->plan.now - w->skipped_at) >= DAY_S) {
        months_finish(&w->skipped);
        w->skipped_at = w->plan.now;
    }
    bool done = archive_list_missing(arena_ambient(), w->db, &missing, &fault) &&
                watchstate_list_pending(w->db, &pending, &fault);
    for (size_t i = 0; done && i < missing.count && fetched < PAGES_PER_PASS && !watcher_stopped(w);
         i++) {
        int month = missing.month[i];
        struct http_response response = {0};
        struct issue issue = {0};
        bool skip = months_have(&w->skipped, month);
        for (size_t j = 0; j < pending.count; j++)
            skip = skip || pending.item[j].month == month;
        if (skip)
            continue;
        fetched++;
        month_id(month, id);
        struct fault failure = {0};
        bool read =
            source_fetch_page(arena_ambient(), &w->source, month, &response, &failure) &&
            source_read_page(arena_ambient(), &w->source, month, &response, &issue, &failure);
        bool kept = read && archive_put_page(w->db, &issue, &response.body, &failure);
        issue_finish(&issue);
        if (kept)
            log_line(LOG_LEVEL_DEBUG, "issue %s: read for the archive", id);
        else if (failure.kind == FAULT_ABSENT || failure.kind == FAULT_INPUT) {
            log_line(LOG_LEVEL_WARNING, "%s; the archive goes without it", failure.msg);
            done = months_add(&w->skipped, month) || fault_memory(&fault);
        } else if (read) {
            fault = failure;
            done = false;
        } else {
            watcher_complain(w, &w->page_voice, LOG_LEVEL_WARNING, &failure);
            break;
        }
    }
    if (!done)
        watcher_complain_local(w, &fault);
    watch_items_finish(&pending);
    months_finish(&missing);
}

/* Whether an alarm that may have been sent is there; looks again when even a late one would be. */
static bool was_told(struct watcher *w, const struct alarm *alarm, bool *told, struct fault *fault)
{
    if (!chat_has_said(arena_ambient(), w->api, w->me.id, alarm->look_id, alarm->text, told,
                       fault) ||
        *told)
        return fault->kind == FAULT_NONE;
    return (stop_wait(w->options.stop, w->options.config->timing.doubt_s) ||
            fault_set(fault, FAULT_STOPPED, "interrupted while an alarm was in doubt")) &&
           chat_has_said(arena_ambient(), w->api, w->me.id, alarm->look_id, alarm->text, told,
                         fault);
}

/* Tells an alarm to one owner, unless an earlier request in doubt did. False: the state failed.
 */
static bool tell_owner(struct watcher *w, const struct alarm *alarm, int which,
                       enum api_outcome *outcome, struct fault *failure, struct fault *fault)
{
    struct chat_messages newest = {0};
    bool told = false;
    *outcome = API_DOUBT;
    if (which == alarm->told && alarm->look_id >= 0 && !was_told(w, alarm, &told, failure))
        return true;
    *outcome = told ? API_DONE : API_UNSENT;
    bool known = !told && chat_newest(arena_ambient(), w->api, &newest, failure);
    int64_t look_id = newest.count ? newest.message[0].id : 0;
    if (!known)
        return true;
    if (!watchstate_put_telling(w->db, alarm->id, which, look_id, fault))
        return false;
    *outcome = owners_tell(w->api, w->db, w->options.config, w->me.id, (size_t)which, alarm->text,
                           failure);
    return true;
}

/* Tells one alarm to the owners that do not know it yet; false: the chat failed. */
static bool tell(struct watcher *w, const struct alarm *alarm)
{
    int count = (int)owners_count(w->options.config), which = alarm->told;
    struct fault fault = {0};
    bool reached = which > 0, done = true;
    for (; done && which < count; which++) {
        struct fault failure = {0};
        enum api_outcome outcome;
        done = tell_owner(w, alarm, which, &outcome, &failure, &fault);
        reached = reached || (done && outcome == API_DONE);
        if (done && outcome == API_DOUBT)
            return watcher_fail_chat(w, &failure);
        if (done && outcome != API_DONE) {
            if (failure.kind != FAULT_REFUSED && failure.kind != FAULT_SETUP)
                return watcher_fail_chat(w, &failure);
            watcher_complain(w, &w->chat_voice, LOG_LEVEL_ERROR, &failure);
        }
        /* An owner who was not reached is tried again only if nobody was reached. */
        done =
            done && watchstate_set_told(w->db, alarm->id, reached ? which + 1 : 0, false, &fault);
    }
    done = done && (!reached || watchstate_set_told(w->db, alarm->id, which, true, &fault));
    if (!done)
        watcher_complain_local(w, &fault);
    return done;
}

/* Where nothing waits no channel refuses anything: its destination may be gone from the
 * configuration. */
static bool end_refused(struct watcher *w, struct fault *fault)
{
    struct alarms open = {0};
    struct watch_items pending = {0};
    struct store_entries intents = {0};
    bool done = watchstate_list_alarms(w->db, true, &open, fault) &&
                watchstate_list_pending(w->db, &pending, fault) &&
                store_list_intents(w->db, &intents, fault);
    for (size_t i = 0; done && !pending.count && !intents.count && i < open.count; i++)
        if (strcmp(open.alarm[i].kind, "refused") == 0)
            done = plan_end_alarm(&w->plan, "refused", open.alarm[i].subject, NULL, fault);
    alarms_finish(&open);
    watch_items_finish(&pending);
    store_entries_finish(&intents);
    return done;
}

void upkeep_alarms(struct watcher *w)
{
    struct alarms alarms = {0};
    struct fault fault = {0};
    bool go_on = end_refused(w, &fault) && watchstate_list_alarms(w->db, false, &alarms, &fault);
    if (!go_on)
        watcher_complain_local(w, &fault);
    for (size_t i = 0; go_on && i < alarms.count && !watcher_stopped(w); i++)
        go_on = watcher_open_chat(w) && tell(w, &alarms.alarm[i]);
    alarms_finish(&alarms);
}
