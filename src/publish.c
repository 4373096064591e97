/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Carries what is due for issues into the chat. */
#include "publish.h"

#include "announce.h"
#include "archive.h"
#include "buf.h"
#include "config.h"
#include "digest.h"
#include "fault.h"
#include "http.h"
#include "issue.h"
#include "log.h"
#include "markup.h"
#include "plan.h"
#include "source.h"
#include "store.h"
#include "target.h"
#include "text.h"
#include "watcher.h"
#include "zulip.h"
#include "zuliprc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The alarm that a page cannot be read as an issue; ends it when it can. */
static bool judge_reading(struct watcher *w, const struct issue *issue, struct fault *fault)
{
    char month[ISSUE_MONTH_SIZE];
    struct buf text = BUF_INIT(TEXT_MAX);
    issue_month(issue->id, month);
    if (issue_is_plausible(issue))
        return plan_end_alarm(&w->plan, "implausible", issue->id,
                              "It is over: the page reads well again.", fault);
    buf_addf(&text,
             "My reading of %s is implausible, no known section or nothing in any: did the "
             "site's template change? An announcement made of it is its title line alone. "
             "The page: ",
             month);
    markup_prose(&text, issue->url);
    char *said = buf_take(&text);
    bool done = (said || fault_memory(fault)) &&
                plan_raise(&w->plan, "implausible", issue->id, issue->id, said, fault);
    free(said);
    return done;
}

/* Reads the page of an issue and keeps it. What answers but is no such issue is read as its title
 * alone. `*local`: it is the state that failed. */
static bool read_issue(struct watcher *w, const struct watch_item *item, struct issue *issue,
                       bool *local, struct fault *fault)
{
    struct http_response response = {0};
    struct fault nonsense = {0};
    bool done = source_fetch_page(&w->source, item->id, &response, fault);
    if (done)
        w->page_voice.last[0] = '\0'; /* the next failure is news */
    if (done && !source_read_page(&w->source, item->id, &response, issue, &nonsense)) {
        issue_finish(issue);
        memcpy(issue->id, item->id, sizeof issue->id);
        issue->title = strdup(item->title);
        issue->url = strdup(item->url);
        if (nonsense.kind == FAULT_INPUT)
            log_line(LOG_LEVEL_WARNING, "%s", nonsense.msg);
        done = (issue->title && issue->url && nonsense.kind == FAULT_INPUT) || fault_memory(fault);
    } else if (done) {
        struct fault unkept = {0};
        done = archive_put(w->store, issue, true, buf_str(&response.body), response.body.len,
                           w->plan.now, &unkept) ||
               unkept.kind == FAULT_INPUT;
        *local = !done;
        if (!done)
            *fault = unkept;
    }
    http_response_finish(&response);
    return done;
}

static bool log_announced(struct watcher *w, const struct announcement *a,
                          const struct announce_outcome *outcome, struct fault *fault)
{
    static const char *const how[] = {"announced", "found announced", "announced before", "edited",
                                      "unchanged"};
    char name[120];
    char *link = zulip_link(w->options.credentials->site, a->channel, a->channel_name,
                            outcome->topic, outcome->message);
    bool done =
        link &&
        plan_note(&w->plan, outcome->result >= ANNOUNCE_EDITED ? PLAN_EDIT : PLAN_ANNOUNCE,
                  a->issue, "%s in '%s' (id %" PRId64 "), message %" PRId64 ", %s",
                  how[outcome->result],
                  text_printable(name, sizeof name, a->channel_name, strlen(a->channel_name)),
                  a->channel, outcome->message, link);
    free(link);
    watcher_log_events(w);
    return done || fault_memory(fault);
}

/* Announces at one destination; false ends the announcing of this pass. */
static bool announce_at(struct watcher *w, const struct destination *destination,
                        const struct zulip_channel *channel, int64_t row, const struct issue *issue,
                        struct announcement *announcement)
{
    struct announcer by = watcher_announcer(w);
    struct announce_outcome outcome = {0};
    struct fault fault = {0}, local = {0};
    char *topic = target_topic(destination->topic, issue, w->server.max_topic_length, &fault);
    announcement->channel = channel->id;
    announcement->channel_name = channel->name;
    announcement->topic = topic;
    bool posted = topic && target_check_readable(w->zulip, channel, &fault) &&
                  announce_post(&by, announcement, &outcome, &fault);
    bool done = posted ? plan_announced(&w->plan, issue->id, row, &local) &&
                             watcher_channel_is_well(w, destination->channel, &local) &&
                             watcher_channel_is_well(w, channel->name, &local) &&
                             log_announced(w, announcement, &outcome, &local)
                       : watcher_fail_channel(w, channel->name, issue->id, outcome.in_vain, &fault);
    if (posted && !done)
        watcher_complain_local(w, &local);
    announce_outcome_finish(&outcome);
    free(topic);
    return done;
}

/* Announces at all destinations where the issue waits. */
static bool announce_issue(struct watcher *w, const struct issue *issue)
{
    const struct config *config = w->options.config;
    struct fault fault = {0};
    char *fresh = NULL, *content = NULL, *data = issue_data(issue);
    bool done = (data || fault_memory(&fault)) && archive_fresh(w->store, issue, &fresh, &fault) &&
                judge_reading(w, issue, &fault);
    if (done) {
        struct digest_options options = {.max_length = w->server.max_message_length,
                                         .suggest = config->site_suggest,
                                         .fresh = fresh};
        content = digest_announcement(issue, &options);
        done = content || fault_memory(&fault);
    }
    watcher_log_events(w);
    bool go_on = done;
    for (size_t i = 0; go_on && i < config->destination_count; i++) {
        const struct destination *destination = &config->destinations[i];
        struct announcement announcement = {.issue = issue->id,
                                            .url = issue->url,
                                            .content = content,
                                            .data = data,
                                            .fresh = fresh};
        const struct zulip_channel *channel;
        struct fault absent = {0};
        int64_t row;
        bool pending;
        done = target_find(w->store, &w->channels, destination->channel, &channel, &fault) &&
               plan_destination(&w->plan, destination->channel, channel ? channel->id : 0, &row,
                                &fault) &&
               watchstate_is_pending(w->store, row, issue->id, &pending, &fault);
        go_on = done;
        if (done && pending && !channel) {
            target_absent(destination->channel, &absent);
            go_on = watcher_fail_channel(w, destination->channel, issue->id, false, &absent);
        } else if (done && pending && !watcher_tried(w, issue->id, channel->id)) {
            go_on = announce_at(w, destination, channel, row, issue, &announcement);
        }
    }
    if (!done)
        watcher_complain_local(w, &fault);
    free(content);
    free(fresh);
    free(data);
    return go_on && !watcher_stopped(w);
}

/* The site failed in what is due for an issue: later. */
static bool postpone(struct watcher *w, const struct watch_item *item, bool local,
                     const struct fault *failure,
                     bool (*put_off)(struct plan *, const struct watch_item *, struct fault *))
{
    struct fault fault = {0};
    if (local || failure->kind == FAULT_STOPPED || failure->kind == FAULT_LOCAL) {
        watcher_complain_local(w, failure);
        return false;
    }
    watcher_complain(w, &w->page_voice, LOG_LEVEL_WARNING, failure);
    if (put_off(&w->plan, item, &fault))
        return true;
    watcher_complain_local(w, &fault);
    return false;
}

void publish_due(struct watcher *w)
{
    struct watch_items due = {0};
    struct fault fault = {0};
    int announced = 0;
    bool go_on = plan_list_due(&w->plan, &due, &fault);
    if (!go_on)
        watcher_complain_local(w, &fault);
    for (size_t i = 0; go_on && i < due.count && announced < PLAN_ISSUES_PER_PASS; i++) {
        struct issue issue = {0};
        struct fault failure = {0};
        bool local = false;
        if (!watcher_open_chat(w)) {
            go_on = false;
        } else if (read_issue(w, &due.item[i], &issue, &local, &failure)) {
            go_on = announce_issue(w, &issue);
            announced++;
        } else {
            go_on = postpone(w, &due.item[i], local, &failure, plan_postpone);
        }
        issue_finish(&issue);
    }
    watch_items_finish(&due);
}

/* The channel of an intent, if the bot sees it still. */
static const struct zulip_channel *find_channel(const struct watcher *w, int64_t id)
{
    for (size_t i = 0; i < w->channels.count; i++)
        if (w->channels.channel[i].id == id)
            return &w->channels.channel[i];
    return NULL;
}

/* Whether a destination means this channel, which the bot may not see at present. */
static bool is_destination(const struct watcher *w, int64_t id, bool *is, struct fault *fault)
{
    const struct config *config = w->options.config;
    *is = false;
    for (size_t i = 0; i < config->destination_count; i++) {
        const char *wanted = config->destinations[i].channel;
        const struct zulip_channel *channel;
        int64_t meant;
        if (!target_find(w->store, &w->channels, wanted, &channel, fault) ||
            !target_remembered(w->store, wanted, &meant, fault))
            return false;
        *is = *is || (channel ? channel->id : meant) == id;
    }
    return true;
}

/* Finishes one intent; false: the chat or the state failed. */
static bool settle_intent(struct watcher *w, const struct store_entry *entry, const char *url)
{
    struct announcer by = watcher_announcer(w);
    struct announce_outcome outcome = {0};
    struct fault failure = {0}, fault = {0};
    struct announcement announcement = {.issue = entry->issue,
                                        .url = url,
                                        .channel = entry->channel,
                                        .channel_name = entry->channel_name,
                                        .topic = entry->topic,
                                        .content = entry->content,
                                        .data = entry->data,
                                        .fresh = entry->fresh};
    const struct zulip_channel *channel = find_channel(w, entry->channel);
    int64_t row;
    bool wanted, done = is_destination(w, entry->channel, &wanted, &fault), go_on = true;
    if (done && !wanted && !entry->doubt) {
        /* Nothing was sent, and nobody wants it there any more. */
        done = store_drop_intent(w->store, entry->issue, entry->channel, &fault) &&
               plan_end_alarm(&w->plan, "refused", entry->channel_name, NULL, &fault);
    } else if (done && (!channel || target_check_readable(w->zulip, channel, &failure)) &&
               announce_post(&by, &announcement, &outcome, &failure)) {
        done = plan_destination(&w->plan, entry->channel_name, entry->channel, &row, &fault) &&
               (row ? plan_announced(&w->plan, entry->issue, row, &fault)
                    : watchstate_set_recheck(w->store, entry->issue, w->plan.now, &fault)) &&
               watcher_channel_is_well(w, entry->channel_name, &fault) &&
               log_announced(w, &announcement, &outcome, &fault);
    } else if (done) {
        go_on =
            watcher_fail_channel(w, entry->channel_name, entry->issue, outcome.in_vain, &failure);
    }
    if (!done)
        watcher_complain_local(w, &fault);
    announce_outcome_finish(&outcome);
    return done && go_on;
}

void publish_intents(struct watcher *w)
{
    struct store_entries intents = {0};
    struct fault fault = {0};
    bool go_on = store_list_intents(w->store, &intents, &fault);
    if (!go_on)
        watcher_complain_local(w, &fault);
    for (size_t i = 0; go_on && i < intents.count && watcher_open_chat(w); i++) {
        const struct store_entry *entry = &intents.entry[i];
        char *url = digest_url(entry->content);
        if (url && !watcher_tried(w, entry->issue, entry->channel))
            go_on = settle_intent(w, entry, url);
        free(url);
    }
    store_entries_finish(&intents);
}

/* Brings one announcement in line with its page; false: the chat failed. */
static bool correct(struct watcher *w, const struct issue *issue, const struct store_entry *entry,
                    const char *data)
{
    struct digest_options options = {.max_length = w->server.max_message_length,
                                     .suggest = w->options.config->site_suggest,
                                     .fresh = entry->fresh};
    struct announcer by = watcher_announcer(w);
    struct announce_outcome outcome = {0};
    struct fault failure = {0}, fault = {0};
    char *content = digest_announcement(issue, &options);
    struct announcement announcement = {.issue = entry->issue,
                                        .url = issue->url,
                                        .channel = entry->channel,
                                        .channel_name = entry->channel_name,
                                        .topic = entry->topic,
                                        .content = content,
                                        .data = data,
                                        .fresh = entry->fresh};
    bool done = content || fault_memory(&fault), chat = true;
    if (done && content && strcmp(content, entry->content) == 0) {
        done =
            store_put_data(w->store, entry->issue, entry->channel, entry->message_id, data, &fault);
    } else if (done && announce_edit(&by, &announcement, &outcome, &failure)) {
        done = log_announced(w, &announcement, &outcome, &fault);
    } else if (done && (failure.kind == FAULT_REFUSED || failure.kind == FAULT_ABSENT)) {
        log_line(LOG_LEVEL_INFO, "issue %s: its correction comes too late: %s", entry->issue,
                 failure.msg);
        done = store_put_edit_over(w->store, entry->issue, entry->channel, &fault);
    } else if (done) {
        chat = watcher_fail_chat(w, &failure);
    }
    if (!done)
        watcher_complain_local(w, &fault);
    announce_outcome_finish(&outcome);
    free(content);
    return done && chat;
}

/* Reads an announced issue again. */
static bool recheck(struct watcher *w, const struct watch_item *item)
{
    struct issue issue = {0};
    struct store_entries entries = {0};
    struct fault fault = {0};
    char *data = NULL;
    bool done, go_on = true, local = false;
    if (!read_issue(w, item, &issue, &local, &fault)) {
        issue_finish(&issue);
        return postpone(w, item, local, &fault, plan_postpone_recheck);
    }
    done = judge_reading(w, &issue, &fault) &&
           store_list_announcements(w->store, item->id, &entries, &fault) &&
           ((data = issue_data(&issue)) || fault_memory(&fault));
    watcher_log_events(w);
    for (size_t i = 0; done && data && go_on && issue_is_plausible(&issue) && i < entries.count;
         i++) {
        const struct store_entry *entry = &entries.entry[i];
        if (entry->data && !entry->edit_over && strcmp(entry->data, data) != 0)
            go_on = watcher_open_chat(w) && correct(w, &issue, entry, data);
    }
    done = done && (!go_on || plan_rechecked(&w->plan, item->id, &fault));
    if (!done)
        watcher_complain_local(w, &fault);
    free(data);
    store_entries_finish(&entries);
    issue_finish(&issue);
    return done && go_on;
}

void publish_corrections(struct watcher *w)
{
    struct watch_items due = {0};
    struct fault fault = {0};
    bool go_on = plan_list_rechecks(&w->plan, &due, &fault);
    if (!go_on)
        watcher_complain_local(w, &fault);
    for (size_t i = 0; go_on && i < due.count && !watcher_stopped(w); i++)
        go_on = recheck(w, &due.item[i]);
    watch_items_finish(&due);
}
