/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Carries what is due for issues into the chat. */
#include "publish.h"

#include "announce.h"
#include "archive.h"
#include "buf.h"
#include "catalog.h"
#include "chat.h"
#include "config.h"
#include "digest.h"
#include "fault.h"
#include "http.h"
#include "issue.h"
#include "log.h"
#include "markup.h"
#include "month.h"
#include "plan.h"
#include "source.h"
#include "store.h"
#include "target.h"
#include "text.h"
#include "watcher.h"
#include "zuliprc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Reads the page of an issue and keeps it. `*ours`: it failed only because the page, which is this
 * issue's, makes no sense as one. */
static bool read_issue(struct watcher *w, const struct watch_item *item, struct issue *issue,
                       bool *ours, struct fault *fault)
{
    struct http_response response = {0};
    struct fault unkept = {0};
    bool got = source_fetch_page(arena_ambient(), &w->source, item->month, &response, fault);
    bool done =
        got && source_read_page(arena_ambient(), &w->source, item->month, &response, issue, fault);
    *ours = got && (done || fault->kind == FAULT_INPUT);
    if (done && !issue_is_plausible(issue)) {
        done = fault_set(fault, FAULT_INPUT,
                         "'%s': its reading is implausible, no known section or nothing in any",
                         issue->url);
    } else if (done) {
        *ours = false;
        w->page_voice.last[0] = '\0'; /* the next failure is news */
        done =
            archive_put(w->db, issue, true, buf_str(&response.body), response.body.len, &unkept) ||
            unkept.kind == FAULT_INPUT;
        if (!done)
            *fault = unkept;
    }
    return done;
}

/* What there is of an issue whose page makes no sense: the text that was kept before, the feed's or
 * the page's, or its title alone. */
static bool do_without_page(struct watcher *w, const struct watch_item *item, struct issue *issue,
                            struct fault *fault)
{
    struct fault unkept = {0};
    issue_finish(issue);
    if (catalog_read(arena_ambient(), w->db, item->month, issue, &unkept) &&
        issue_is_plausible(issue))
        return true;
    issue_finish(issue);
    if (fault_is_local(unkept.kind)) {
        *fault = unkept;
        return false;
    }
    issue->month = item->month;
    issue->title = strdup(item->title);
    issue->url = strdup(item->url);
    return (issue->title && issue->url) || fault_memory(fault);
}

/* The alarm that an issue has been without a page for an hour. */
static bool raise_unread(struct watcher *w, const struct watch_item *item, bool ours,
                         const struct fault *failure, struct fault *fault)
{
    char month[MONTH_TEXT_SIZE], id[MONTH_ID_SIZE];
    struct buf text = BUF_INIT(TEXT_MAX);
    month_text(item->month, month);
    month_id(item->month, id);
    if (ours)
        buf_addf(&text,
                 "For an hour my reading of %s has been implausible: did the site's template "
                 "change? An announcement waits for six hours, and is then made of the feed's "
                 "text or, without that, is the title line alone. ",
                 month);
    else
        buf_addf(&text,
                 "For an hour I could not get the page of %s, so its announcement or correction "
                 "waits; I go on trying. ",
                 month);
    markup_prose(&text, failure->msg);
    char *said = buf_take(&text);
    bool done = (said || fault_memory(fault)) &&
                plan_raise(&w->plan, ours ? "implausible" : "unread", id, item->month, said, fault);
    free(said);
    return done;
}

static bool end_unread(struct watcher *w, int month, struct fault *fault)
{
    char id[MONTH_ID_SIZE];
    month_id(month, id);
    return plan_end_alarm(&w->plan, "implausible", id, "It is over: the page reads well again.",
                          fault) &&
           plan_end_alarm(&w->plan, "unread", id, "It is over: the page is there.", fault);
}

static bool log_announced(struct watcher *w, const struct announcement *a,
                          const struct announce_outcome *outcome, struct fault *fault)
{
    static const char *const how[] = {"announced", "found announced", "announced before", "edited",
                                      "unchanged"};
    char name[120];
    char *link = chat_link(arena_ambient(), w->options.credentials->site, a->channel,
                           a->channel_name, outcome->topic, outcome->message);
    bool done =
        link &&
        plan_note(&w->plan, outcome->result >= ANNOUNCE_EDITED ? PLAN_EDIT : PLAN_ANNOUNCE,
                  a->month, "%s in '%s' (id %" PRId64 "), message %" PRId64 ", %s",
                  how[outcome->result],
                  text_printable(name, sizeof name, a->channel_name, strlen(a->channel_name)),
                  a->channel, outcome->message, link);
    free(link);
    watcher_log_events(w);
    return done || fault_memory(fault);
}

/* Announces at one destination; false ends the announcing of this pass. */
static bool announce_at(struct watcher *w, const struct destination *destination,
                        const struct chat_channel *channel, int64_t row, const struct issue *issue,
                        struct announcement *announcement)
{
    struct announcer by = watcher_announcer(w);
    struct announce_outcome outcome = {0};
    struct fault fault = {0}, local = {0};
    char *topic = target_topic(destination->topic, issue, w->server.max_topic_length, &fault);
    announcement->channel = channel->id;
    announcement->channel_name = channel->name;
    announcement->topic = topic;
    bool posted = topic && target_check_readable(w->api, channel, &fault) &&
                  announce_post(&by, announcement, &outcome, &fault);
    bool done = posted
                    ? plan_announced(&w->plan, issue->month, row, &local) &&
                          watcher_channel_is_well(w, destination->channel, &local) &&
                          watcher_channel_is_well(w, channel->name, &local) &&
                          log_announced(w, announcement, &outcome, &local)
                    : watcher_fail_channel(w, channel->name, issue->month, outcome.in_vain, &fault);
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
    /* What the feed says is never compared with the page. */
    bool comparable = issue->page || !issue_is_plausible(issue);
    char *fresh = NULL, *content = NULL,
         *data = comparable ? issue_data(arena_ambient(), issue) : NULL;
    bool done = (data || !comparable || fault_memory(&fault)) &&
                archive_fresh(arena_ambient(), w->db, issue, &fresh, &fault);
    if (done) {
        struct digest_options options = {.max_length = w->server.max_message_length,
                                         .suggest = config->site_suggest,
                                         .fresh = fresh};
        content = digest_announcement(arena_ambient(), issue, &options);
    }
    watcher_log_events(w);
    bool go_on = done;
    for (size_t i = 0; go_on && i < config->destination_count; i++) {
        const struct destination *destination = &config->destinations[i];
        struct announcement announcement = {.month = issue->month,
                                            .url = issue->url,
                                            .content = content,
                                            .data = data,
                                            .fresh = fresh};
        const struct chat_channel *channel;
        struct fault absent = {0};
        int64_t row;
        bool pending;
        done = target_find(w->db, &w->channels, destination->channel, &channel, &fault) &&
               plan_destination(&w->plan, destination->channel, channel ? channel->id : 0, &row,
                                &fault) &&
               watchstate_is_pending(w->db, row, issue->month, &pending, &fault);
        go_on = done;
        if (done && pending && !channel) {
            target_absent(destination->channel, &absent);
            go_on = watcher_fail_channel(w, destination->channel, issue->month, false, &absent);
        } else if (done && pending && !watcher_tried(w, issue->month, channel->id)) {
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

/* There is no page for what is due for an issue, and has been none since `since`: puts it off. */
static bool postpone(struct watcher *w, const struct watch_item *item, double since, bool ours,
                     const struct fault *failure,
                     bool (*put_off)(struct plan *, const struct watch_item *, struct fault *))
{
    struct fault fault = {0};
    if (failure->kind == FAULT_STOPPED || fault_is_local(failure->kind)) {
        watcher_complain_local(w, failure);
        return false;
    }
    watcher_complain(w, &w->page_voice, LOG_LEVEL_WARNING, failure);
    bool done =
        put_off(&w->plan, item, &fault) && (plan_waited_s(&w->plan, since) < PLAN_UNREAD_S ||
                                            raise_unread(w, item, ours, failure, &fault));
    watcher_log_events(w);
    if (!done)
        watcher_complain_local(w, &fault);
    return done;
}

/* Announces one issue from its page; what is waited for may come later. False: the chat or the
 * state failed. `*tried`: there was something to announce it from. */
static bool publish_item(struct watcher *w, const struct watch_item *item, bool *tried)
{
    struct issue issue = {0};
    struct fault failure = {0}, fault = {0};
    bool ours, go_on;
    *tried = read_issue(w, item, &issue, &ours, &failure);
    bool waited = plan_waited_s(&w->plan, item->unread_since) >= PLAN_IMPLAUSIBLE_S;
    bool done = !*tried || end_unread(w, item->month, &fault);
    if (!*tried && ours && waited)
        *tried = done = do_without_page(w, item, &issue, &fault);
    if (!done) {
        watcher_complain_local(w, &fault);
        go_on = false;
    } else if (*tried) {
        go_on = announce_issue(w, &issue);
    } else {
        go_on = postpone(w, item, item->unread_since, ours, &failure, plan_postpone);
    }
    issue_finish(&issue);
    return go_on;
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
        bool tried = false;
        go_on = watcher_open_chat(w) && publish_item(w, &due.item[i], &tried);
        announced += tried;
    }
    watch_items_finish(&due);
}

/* The channel of an intent, if the bot sees it still. */
static const struct chat_channel *find_channel(const struct watcher *w, int64_t id)
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
        const struct chat_channel *channel;
        int64_t meant;
        if (!target_find(w->db, &w->channels, wanted, &channel, fault) ||
            !target_remembered(w->db, wanted, &meant, fault))
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
    struct announcement announcement = {.month = entry->month,
                                        .url = url,
                                        .channel = entry->channel,
                                        .channel_name = entry->channel_name,
                                        .topic = entry->topic,
                                        .content = entry->content,
                                        .data = entry->data,
                                        .fresh = entry->fresh};
    const struct chat_channel *channel = find_channel(w, entry->channel);
    int64_t row;
    bool wanted, done = is_destination(w, entry->channel, &wanted, &fault), go_on = true;
    if (done && !wanted && !entry->doubt) {
        /* Nothing was sent, and nobody wants it there any more. */
        done = store_drop_intent(w->db, entry->month, entry->channel, &fault) &&
               plan_end_alarm(&w->plan, "refused", entry->channel_name, NULL, &fault);
    } else if (done && (!channel || target_check_readable(w->api, channel, &failure)) &&
               announce_post(&by, &announcement, &outcome, &failure)) {
        done = plan_destination(&w->plan, entry->channel_name, entry->channel, &row, &fault) &&
               (row ? plan_announced(&w->plan, entry->month, row, &fault)
                    : watchstate_want_recheck(w->db, entry->month, w->plan.now, &fault)) &&
               watcher_channel_is_well(w, entry->channel_name, &fault) &&
               log_announced(w, &announcement, &outcome, &fault);
    } else if (done) {
        go_on =
            watcher_fail_channel(w, entry->channel_name, entry->month, outcome.in_vain, &failure);
    }
    if (!done)
        watcher_complain_local(w, &fault);
    announce_outcome_finish(&outcome);
    return done && go_on;
}

/* Whether an issue has left the feed. */
static bool is_gone(const struct watch_items *items, int month)
{
    for (size_t i = 0; i < items->count; i++)
        if (items->item[i].month == month)
            return items->item[i].gone_at > 0;
    return false;
}

void publish_intents(struct watcher *w)
{
    struct store_entries intents = {0};
    struct watch_items items = {0};
    struct fault fault = {0};
    bool go_on =
        store_list_intents(w->db, &intents, &fault) && watchstate_list_items(w->db, &items, &fault);
    if (!go_on)
        watcher_complain_local(w, &fault);
    for (size_t i = 0; go_on && i < intents.count && watcher_open_chat(w); i++) {
        const struct store_entry *entry = &intents.entry[i];
        /* What was not sent waits until the feed has the issue again. */
        if (!entry->doubt && is_gone(&items, entry->month))
            continue;
        char *url = digest_url(arena_ambient(), entry->content);
        if (url && !watcher_tried(w, entry->month, entry->channel))
            go_on = settle_intent(w, entry, url);
        free(url);
    }
    watch_items_finish(&items);
    store_entries_finish(&intents);
}

/* Brings one announcement in line with its page, where `edit` allows it. `*differs`: this takes, or
 * took, an edit. None is needed for the same page read by another version of this program, or for
 * the same text. False: the chat or the state failed. */
static bool correct(struct watcher *w, const struct issue *issue, const struct store_entry *entry,
                    const char *data, bool edit, bool *differs)
{
    struct digest_options options = {.max_length = w->server.max_message_length,
                                     .suggest = w->options.config->site_suggest,
                                     .fresh = entry->fresh};
    struct announcer by = watcher_announcer(w);
    struct announce_outcome outcome = {0};
    struct fault failure = {0}, fault = {0};
    char *content = digest_announcement(arena_ambient(), issue, &options), id[MONTH_ID_SIZE];
    struct announcement announcement = {.month = entry->month,
                                        .url = issue->url,
                                        .channel = entry->channel,
                                        .channel_name = entry->channel_name,
                                        .topic = entry->topic,
                                        .content = content,
                                        .data = data,
                                        .fresh = entry->fresh};
    bool done = true, chat = true;
    bool same = (issue_data_same_page(entry->data, data) || strcmp(content, entry->content) == 0);
    *differs = *differs || !same;
    month_id(entry->month, id);
    if (same) {
        done = store_put_data(w->db, entry->month, entry->channel, entry->message_id, data, &fault);
    } else if (done && !edit) {
        log_line(LOG_LEVEL_DEBUG, "issue %s: its page says something else: looking again", id);
    } else if (done && announce_edit(&by, &announcement, &outcome, &failure)) {
        done = log_announced(w, &announcement, &outcome, &fault);
    } else if (done && (failure.kind == FAULT_REFUSED || failure.kind == FAULT_ABSENT)) {
        log_line(LOG_LEVEL_INFO, "issue %s: its correction comes too late: %s", id, failure.msg);
        done = store_put_edit_over(w->db, entry->month, entry->channel, &fault);
    } else if (done) {
        chat = watcher_fail_chat(w, &failure);
    }
    if (!done)
        watcher_complain_local(w, &fault);
    announce_outcome_finish(&outcome);
    free(content);
    return done && chat;
}

/* Reads an announced issue again, and corrects what the last look has seen, too. */
static bool recheck(struct watcher *w, const struct watch_item *item)
{
    struct issue issue = {0};
    struct store_entries entries = {0};
    struct fault fault = {0};
    char *data = NULL;
    bool ours, go_on = true, edit = false, differs = false;
    if (!read_issue(w, item, &issue, &ours, &fault)) {
        issue_finish(&issue);
        return postpone(w, item, item->unchecked_since, ours, &fault, plan_postpone_recheck);
    }
    bool done = end_unread(w, item->month, &fault) &&
                store_list_announcements(w->db, item->month, &entries, &fault) &&
                ((data = issue_data(arena_ambient(), &issue)) || fault_memory(&fault));
    watcher_log_events(w);
    int64_t seen = done ? issue_data_hash(data) : 0;
    edit = plan_is_correctable(&w->plan, item, seen);
    for (size_t i = 0; done && go_on && i < entries.count; i++) {
        const struct store_entry *entry = &entries.entry[i];
        if (entry->data && !entry->edit_over && !issue_data_same(entry->data, data))
            go_on = watcher_open_chat(w) && correct(w, &issue, entry, data, edit, &differs);
    }
    done = done && (!go_on || plan_rechecked(&w->plan, item, differs ? seen : 0, &fault));
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
