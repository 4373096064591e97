/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One pass over the site and what is due, and for ever. */
#include "watch.h"

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
#include "owners.h"
#include "plan.h"
#include "source.h"
#include "stop.h"
#include "store.h"
#include "target.h"
#include "text.h"
#include "zulip.h"
#include "zuliprc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Pages fetched in one pass for issues that the feed has no text of. */
#define PAGES_PER_PASS 10
/* Zulip is asked who the bot is at least so often. */
#define LOGIN_CHECK_S 86400
/* A login may be refused for so long before the watching ends. */
#define LOGIN_PATIENCE_S 3600
/* A clock that differs so much from the time that passed was set. */
#define CLOCK_SET_S 5
/* Longest sleep, so that a mistaken time is found out. */
#define SLEEP_MAX_S 86400

/* What failed last in some part, so that it is logged once. */
struct voice {
    char last[sizeof((struct fault *)0)->msg];
};

struct watch {
    struct watch_options options;
    struct http *site;
    struct zulip *zulip;
    struct store *store;
    struct plan plan;
    struct source source;
    struct voice feed_voice, page_voice, chat_voice, local_voice;
    struct names skipped; /* missing pages that are not asked for again */
    struct names tried;   /* "ISSUE CHANNEL" of the intents that this pass tried */
    double wall, elapsed; /* of the last pass, by both clocks */
    struct fault worst;   /* of this pass */

    /* The chat, as it was when this pass opened it. */
    bool chat_open;
    double chat_checked_at;
    int chat_failures;
    double chat_retry_at;
    struct zulip_user me;
    struct zulip_server server;
    struct zulip_channels channels;
};

static double elapsed_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double wall_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Equal but for digits, which count seconds and bytes. */
static bool says_the_same(const char *a, const char *b)
{
    for (;;) {
        a += strspn(a, "0123456789.");
        b += strspn(b, "0123456789.");
        if (*a != *b)
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

/* Logs a failure unless it was the last thing said; keeps the worst of the pass. */
static void complain(struct watch *w, struct voice *voice, enum log_level level,
                     const struct fault *fault)
{
    bool again = says_the_same(voice->last, fault->msg);
    if (fault->kind != FAULT_STOPPED)
        log_line(again ? LOG_LEVEL_DEBUG : level, "%s", fault->msg);
    memcpy(voice->last, fault->msg, sizeof voice->last);
    if (!w->worst.kind || fault->kind == FAULT_STOPPED ||
        fault_exit_status(fault->kind) > fault_exit_status(w->worst.kind))
        w->worst = *fault;
}

static void calm(struct voice *voice, const char *relief)
{
    if (*voice->last)
        log_line(LOG_LEVEL_INFO, "%s", relief);
    voice->last[0] = '\0';
}

static void complain_local(struct watch *w, const struct fault *fault)
{
    complain(w, &w->local_voice, LOG_LEVEL_ERROR, fault);
}

static bool stopped(const struct watch *w)
{
    return w->worst.kind == FAULT_STOPPED || stop_requested(w->options.stop);
}

struct watch *watch_open(const struct watch_options *options, struct fault *fault)
{
    struct watch *w = calloc(1, sizeof *w);
    const struct config *config = options->config;
    struct http_options http = {
        .ca_file = config->site_ca_file, .stall_s = config->timing.stall, .stop = options->stop};
    struct http_options chat = {.stall_s = config->timing.stall, .stop = options->stop};
    if (!w) {
        fault_memory(fault);
        return NULL;
    }
    w->options = *options;
    if ((w->store = store_open(options->state, options->credentials->site, true, fault)) &&
        (w->site = http_open(&http, fault)) &&
        (w->zulip = zulip_open(options->credentials, &chat, fault))) {
        w->plan = (struct plan){.store = w->store, .config = config, .jitter = true};
        w->source = (struct source){.config = config, .http = w->site};
        return w;
    }
    watch_close(w);
    return NULL;
}

void watch_close(struct watch *w)
{
    if (!w)
        return;
    plan_finish(&w->plan);
    names_finish(&w->skipped);
    names_finish(&w->tried);
    zulip_channels_finish(&w->channels);
    zulip_close(w->zulip);
    http_close(w->site);
    store_close(w->store);
    free(w);
}

/* Whether the chat can be spoken to; a failure is waited out by all that needs it. */
static bool fail_chat(struct watch *w, const struct fault *fault)
{
    struct fault local = {0};
    double since = 0;
    w->chat_open = false;
    if (fault->kind == FAULT_STOPPED || fault->kind == FAULT_LOCAL) {
        complain(w, &w->local_voice, LOG_LEVEL_ERROR, fault);
        return false;
    }
    complain(w, &w->chat_voice, LOG_LEVEL_WARNING, fault);
    w->chat_retry_at =
        w->plan.now + fmax(plan_backoff(&w->plan, w->chat_failures++), fault->retry_after_s);
    if (!store_put_error(w->store, fault->msg, &local) ||
        !store_get_refused(w->store, &since, &local) ||
        (fault->kind == FAULT_LOGIN && !(since > 0 && since <= w->plan.now) &&
         !store_put_refused(w->store, w->plan.now, &local)))
        complain_local(w, &local);
    return false;
}

/* Learns who the bot is, what the server allows and which channels there are. */
static bool open_chat(struct watch *w)
{
    struct fault fault = {0};
    if (w->chat_open)
        return true;
    if (w->plan.now < w->chat_retry_at && !w->plan.forced)
        return false;
    zulip_channels_finish(&w->channels);
    if (!zulip_ask_me(w->zulip, &w->me, &fault) ||
        !zulip_ask_server(w->zulip, &w->server, &fault) ||
        !zulip_list_channels(w->zulip, &w->channels, &fault))
        return fail_chat(w, &fault);
    struct store_limits limits = {w->server.max_message_length, w->server.max_topic_length};
    if (!store_put_limits(w->store, &limits, &fault) || !store_put_refused(w->store, 0, &fault) ||
        !store_put_error(w->store, NULL, &fault))
        return fail_chat(w, &fault);
    calm(&w->chat_voice, "Zulip answers again");
    w->chat_failures = 0;
    w->chat_retry_at = 0;
    w->chat_checked_at = w->plan.now;
    return w->chat_open = true;
}

static struct announcer announcer(const struct watch *w)
{
    return (struct announcer){.zulip = w->zulip,
                              .store = w->store,
                              .stop = w->options.stop,
                              .bot = w->me.id,
                              .doubt_s = w->options.config->timing.doubt};
}

static void log_events(struct watch *w)
{
    for (size_t i = 0; i < w->plan.event_count; i++) {
        const struct plan_event *e = &w->plan.event[i];
        log_line(e->action == PLAN_ALARM ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "%s%s%s: %s",
                 *e->issue ? "issue " : "", *e->issue ? e->issue : "", *e->issue ? "" : "the site",
                 e->why);
    }
    plan_finish(&w->plan);
}

/* Asks for the feed, if it is time. */
static bool poll_feed(struct watch *w)
{
    struct fault fault = {0}, failure = {0};
    struct feed_state feed = {0}, after = {0};
    struct http_response response = {0};
    bool wanted, held, done, answered = false;
    const char *url = w->options.config->site_feed;
    done = plan_poll(&w->plan, &wanted, &held, &feed, &fault);
    if (done && held) {
        char at[PLAN_TIME_SIZE];
        plan_time(feed.hold_until, at);
        fault_set(&failure, FAULT_RETRY, "the site asked not to be asked for its feed before %s",
                  at);
        complain(w, &w->feed_voice, LOG_LEVEL_WARNING, &failure);
    }
    if (done && wanted) {
        answered = source_poll_feed(&w->source, feed.etag, feed.last_modified, &response, &failure);
        done = answered || (failure.kind != FAULT_STOPPED && failure.kind != FAULT_LOCAL);
        if (!done)
            fault = failure;
        done = done && plan_take(&w->plan, answered ? &response : NULL, &failure, &fault) &&
               watchstate_get_feed(w->store, url, &after, &fault);
        if (done && after.error) {
            fault_set(&failure, FAULT_RETRY, "%s", after.error);
            if (answered && response.status == 200)
                failure.kind = FAULT_INPUT;
            complain(w, &w->feed_voice, LOG_LEVEL_WARNING, &failure);
        } else if (done) {
            calm(&w->feed_voice, "the feed can be read again");
        }
    }
    if (!done)
        complain_local(w, &fault);
    log_events(w);
    http_response_finish(&response);
    feed_state_finish(&feed);
    feed_state_finish(&after);
    return done;
}

/* The alarm that a page cannot be read as an issue; ends it when it can. */
static bool judge_reading(struct watch *w, const struct issue *issue, struct fault *fault)
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
 * alone. */
static bool read_issue(struct watch *w, const struct watch_item *item, struct issue *issue,
                       struct fault *fault)
{
    struct http_response response = {0};
    struct fault nonsense = {0};
    bool done = source_fetch_page(&w->source, item->id, &response, fault);
    if (done && !source_read_page(&w->source, item->id, &response, issue, &nonsense)) {
        issue_finish(issue);
        memcpy(issue->id, item->id, sizeof issue->id);
        issue->title = strdup(item->title);
        issue->url = strdup(item->url);
        if (nonsense.kind == FAULT_INPUT)
            complain(w, &w->page_voice, LOG_LEVEL_WARNING, &nonsense);
        done = (issue->title && issue->url && nonsense.kind == FAULT_INPUT) || fault_memory(fault);
    } else if (done) {
        struct fault unkept = {0};
        done = archive_put(w->store, issue, true, buf_str(&response.body), response.body.len,
                           w->plan.now, &unkept) ||
               unkept.kind == FAULT_INPUT;
        if (!done)
            *fault = unkept;
    }
    http_response_finish(&response);
    return done;
}

/* Raises the alarm that a channel refuses the bot. */
static bool refused(struct watch *w, const char *channel, const char *id,
                    const struct fault *failure)
{
    char month[ISSUE_MONTH_SIZE];
    struct fault fault = {0};
    struct buf text = BUF_INIT(TEXT_MAX);
    issue_month(id, month);
    complain(w, &w->chat_voice, LOG_LEVEL_ERROR, failure);
    buf_addf(&text, "I cannot announce %s in the channel ", month);
    markup_prose(&text, channel);
    buf_adds(&text, ": ");
    markup_prose(&text, failure->msg);
    buf_adds(&text, ". It waits, and I try again with every poll.");
    char *said = buf_take(&text);
    bool done = (said || fault_memory(&fault)) &&
                plan_raise(&w->plan, "refused", channel, id, said, &fault) &&
                plan_await(&w->plan, id, &fault) && store_put_error(w->store, failure->msg, &fault);
    free(said);
    if (!done)
        complain_local(w, &fault);
    return done;
}

/* What a failure at one channel means: true when the pass can go on to others. */
static bool fail_channel(struct watch *w, const char *channel, const char *id,
                         const struct fault *failure)
{
    if (failure->kind == FAULT_REFUSED || failure->kind == FAULT_SETUP)
        return refused(w, channel, id, failure);
    return fail_chat(w, failure);
}

/* The channel takes messages: what was said of it is over. */
static bool channel_is_well(struct watch *w, const char *channel, struct fault *fault)
{
    return plan_end_alarm(&w->plan, "refused", channel, "It is over: I could post there again.",
                          fault);
}

/* Whether this pass has tried this issue in this channel before; notes that it has. */
static bool tried(struct watch *w, const char *id, int64_t channel)
{
    char key[40];
    size_t before = w->tried.count;
    snprintf(key, sizeof key, "%s %" PRId64, id, channel);
    return !names_add(&w->tried, key) || w->tried.count == before;
}

static bool log_announced(struct watch *w, const struct announcement *a,
                          const struct announce_outcome *outcome, struct fault *fault)
{
    static const char *const how[] = {"announced", "found announced", "announced before", "edited"};
    char name[120];
    char *link = zulip_link(w->options.credentials->site, a->channel, a->channel_name,
                            outcome->topic, outcome->message);
    bool done =
        link &&
        plan_note(&w->plan, outcome->result == ANNOUNCE_EDITED ? PLAN_EDIT : PLAN_ANNOUNCE,
                  a->issue, "%s in '%s' (id %" PRId64 "), message %" PRId64 ", %s",
                  how[outcome->result],
                  text_printable(name, sizeof name, a->channel_name, strlen(a->channel_name)),
                  a->channel, outcome->message, link);
    free(link);
    log_events(w);
    return done || fault_memory(fault);
}

/* Announces at one destination; false ends the announcing of this pass. */
static bool announce_at(struct watch *w, const struct destination *destination,
                        const struct zulip_channel *channel, int64_t row, const struct issue *issue,
                        struct announcement *announcement)
{
    struct announcer by = announcer(w);
    struct announce_outcome outcome = {0};
    struct fault fault = {0}, local = {0};
    char *topic = target_topic(destination->topic, issue, w->server.max_topic_length, &fault);
    announcement->channel = channel->id;
    announcement->channel_name = channel->name;
    announcement->topic = topic;
    bool posted = topic && target_check_readable(w->zulip, channel, &fault) &&
                  announce_post(&by, announcement, &outcome, &fault);
    bool done = posted ? plan_announced(&w->plan, issue->id, row, &local) &&
                             channel_is_well(w, destination->channel, &local) &&
                             channel_is_well(w, channel->name, &local) &&
                             log_announced(w, announcement, &outcome, &local)
                       : fail_channel(w, channel->name, issue->id, &fault);
    if (posted && !done)
        complain_local(w, &local);
    announce_outcome_finish(&outcome);
    free(topic);
    return done;
}

/* Announces at all destinations where the issue waits. */
static bool announce_issue(struct watch *w, const struct issue *issue)
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
    log_events(w);
    bool go_on = done;
    for (size_t i = 0; go_on && i < config->destination_count; i++) {
        const struct destination *destination = &config->destinations[i];
        struct announcement announcement = {.issue = issue->id,
                                            .url = issue->url,
                                            .content = content,
                                            .data = data,
                                            .fresh = fresh};
        struct fault missing = {0};
        const struct zulip_channel *channel =
            target_find(w->store, &w->channels, destination->channel, &missing);
        int64_t row;
        bool pending;
        done = plan_destination(&w->plan, destination->channel, channel ? channel->id : 0, &row,
                                &fault) &&
               watchstate_is_pending(w->store, row, issue->id, &pending, &fault);
        go_on = done;
        if (done && pending && (!channel || !tried(w, issue->id, channel->id)))
            go_on = channel ? announce_at(w, destination, channel, row, issue, &announcement)
                            : fail_channel(w, destination->channel, issue->id, &missing);
    }
    if (!done)
        complain_local(w, &fault);
    free(content);
    free(fresh);
    free(data);
    return go_on && !stopped(w);
}

/* The site failed in what is due for an issue: later. */
static bool postpone(struct watch *w, const struct watch_item *item, const struct fault *failure)
{
    struct fault fault = {0};
    if (failure->kind == FAULT_STOPPED || failure->kind == FAULT_LOCAL) {
        complain_local(w, failure);
        return false;
    }
    complain(w, &w->page_voice, LOG_LEVEL_WARNING, failure);
    if (plan_postpone(&w->plan, item, &fault))
        return true;
    complain_local(w, &fault);
    return false;
}

static void announce_due(struct watch *w)
{
    struct watch_items due = {0};
    struct fault fault = {0};
    int announced = 0;
    bool go_on = plan_list_due(&w->plan, &due, &fault);
    if (!go_on)
        complain_local(w, &fault);
    for (size_t i = 0; go_on && i < due.count && announced < PLAN_ISSUES_PER_PASS; i++) {
        struct issue issue = {0};
        struct fault failure = {0};
        if (!open_chat(w)) {
            go_on = false;
        } else if (read_issue(w, &due.item[i], &issue, &failure)) {
            go_on = announce_issue(w, &issue);
            announced++;
        } else {
            go_on = postpone(w, &due.item[i], &failure);
        }
        issue_finish(&issue);
    }
    watch_items_finish(&due);
}

/* Finishes what an intent on record began, by whomever. */
static void settle_intents(struct watch *w)
{
    struct store_entries intents = {0};
    struct fault fault = {0};
    bool go_on = store_list_intents(w->store, &intents, &fault);
    if (!go_on)
        complain_local(w, &fault);
    for (size_t i = 0; go_on && i < intents.count && open_chat(w); i++) {
        const struct store_entry *entry = &intents.entry[i];
        struct announcer by = announcer(w);
        struct announce_outcome outcome = {0};
        struct fault failure = {0}, local = {0};
        char *url = digest_url(entry->content);
        struct announcement announcement = {.issue = entry->issue,
                                            .url = url,
                                            .channel = entry->channel,
                                            .channel_name = entry->channel_name,
                                            .topic = entry->topic,
                                            .content = entry->content,
                                            .data = entry->data,
                                            .fresh = entry->fresh};
        int64_t row;
        if (!url || tried(w, entry->issue, entry->channel)) {
            free(url);
            continue;
        }
        if (announce_post(&by, &announcement, &outcome, &failure)) {
            go_on = plan_destination(&w->plan, entry->channel_name, entry->channel, &row, &local) &&
                    (row ? plan_announced(&w->plan, entry->issue, row, &local)
                         : watchstate_set_recheck(w->store, entry->issue, w->plan.now, &local)) &&
                    channel_is_well(w, entry->channel_name, &local) &&
                    log_announced(w, &announcement, &outcome, &local);
            if (!go_on)
                complain_local(w, &local);
        } else {
            go_on = fail_channel(w, entry->channel_name, entry->issue, &failure);
        }
        announce_outcome_finish(&outcome);
        free(url);
    }
    store_entries_finish(&intents);
}

/* Brings one announcement in line with its page; false: the chat failed. */
static bool correct(struct watch *w, const struct issue *issue, const struct store_entry *entry,
                    const char *data)
{
    struct digest_options options = {.max_length = w->server.max_message_length,
                                     .suggest = w->options.config->site_suggest,
                                     .fresh = entry->fresh};
    struct announcer by = announcer(w);
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
    struct store_message same = {entry->channel_name, entry->topic, content, data, entry->fresh};
    bool done = content || fault_memory(&fault), chat = true;
    if (done && content && strcmp(content, entry->content) == 0) {
        done = store_put_edited(w->store, entry->issue, entry->channel, entry->message_id,
                                entry->posted_at, &same, &fault);
    } else if (done && announce_edit(&by, &announcement, &outcome, &failure)) {
        done = log_announced(w, &announcement, &outcome, &fault);
    } else if (done && failure.kind == FAULT_REFUSED) {
        log_line(LOG_LEVEL_INFO, "issue %s: its correction comes too late: %s", entry->issue,
                 failure.msg);
        done = store_put_edit_over(w->store, entry->issue, entry->channel, &fault);
    } else if (done) {
        chat = fail_chat(w, &failure);
    }
    if (!done)
        complain_local(w, &fault);
    announce_outcome_finish(&outcome);
    free(content);
    return done && chat;
}

/* Reads an announced issue again. */
static bool recheck(struct watch *w, const struct watch_item *item)
{
    struct issue issue = {0};
    struct store_entries entries = {0};
    struct fault fault = {0};
    char *data = NULL;
    bool done, go_on = true;
    if (!read_issue(w, item, &issue, &fault)) {
        issue_finish(&issue);
        return postpone(w, item, &fault);
    }
    done = judge_reading(w, &issue, &fault) &&
           store_list_announcements(w->store, item->id, &entries, &fault) &&
           ((data = issue_data(&issue)) || fault_memory(&fault));
    log_events(w);
    for (size_t i = 0; done && data && go_on && issue_is_plausible(&issue) && i < entries.count;
         i++) {
        const struct store_entry *entry = &entries.entry[i];
        if (entry->data && !entry->edit_over && strcmp(entry->data, data) != 0)
            go_on = open_chat(w) && correct(w, &issue, entry, data);
    }
    done = done && (!go_on || plan_rechecked(&w->plan, item->id, &fault));
    if (!done)
        complain_local(w, &fault);
    free(data);
    store_entries_finish(&entries);
    issue_finish(&issue);
    return done && go_on;
}

static void recheck_due(struct watch *w)
{
    struct watch_items due = {0};
    struct fault fault = {0};
    bool go_on = plan_list_rechecks(&w->plan, &due, &fault);
    if (!go_on)
        complain_local(w, &fault);
    for (size_t i = 0; go_on && i < due.count && !stopped(w); i++)
        go_on = recheck(w, &due.item[i]);
    watch_items_finish(&due);
}

/* Says how the newest issue of a new destination's baseline is announced, if it is not. */
static bool hint_at(struct watch *w, const struct destination *destination)
{
    const struct zulip_channel *channel;
    struct fault missing = {0}, fault = {0};
    struct announce_outcome outcome = {0};
    struct announcer by = announcer(w);
    char hint[ISSUE_ID_SIZE];
    int64_t row;
    bool found = false, done = true;
    channel = target_find(w->store, &w->channels, destination->channel, &missing);
    if (!channel) {
        complain(w, &w->chat_voice, LOG_LEVEL_WARNING, &missing);
        return true;
    }
    if (!plan_destination(&w->plan, destination->channel, channel->id, &row, &fault) ||
        !watchstate_get_hint(w->store, row, hint, &fault)) {
        complain_local(w, &fault);
        return false;
    }
    if (!row || !*hint)
        return true;
    char *url = issue_url(w->options.config->site_url, hint);
    struct announcement announcement = {
        .issue = hint, .url = url, .channel = channel->id, .channel_name = channel->name};
    struct watch_items items = {0};
    done = (url || fault_memory(&fault)) && watchstate_list_items(w->store, &items, &fault);
    for (size_t i = 0; i < items.count; i++)
        if (strcmp(items.item[i].id, hint) == 0)
            announcement.url = items.item[i].url;
    done = done && target_check_readable(w->zulip, channel, &fault) &&
           announce_find(&by, &announcement, &found, &outcome, &fault);
    if (done && found)
        done = watchstate_drop_hint(w->store, row, &fault);
    else if (done)
        log_line(LOG_LEVEL_INFO,
                 "issue %s is the newest, and not in '%s': 'tmro-bot announce %s' puts it there",
                 hint, destination->channel, hint);
    if (!done)
        fail_channel(w, destination->channel, hint, &fault);
    watch_items_finish(&items);
    announce_outcome_finish(&outcome);
    free(url);
    return done;
}

/* Once a day, and at first: is the login right, and are the channels there? */
static void look_at_chat(struct watch *w)
{
    const struct config *config = w->options.config;
    bool checked = w->chat_checked_at > 0 && w->chat_checked_at <= w->plan.now &&
                   w->plan.now - w->chat_checked_at < LOGIN_CHECK_S;
    if ((checked && !(w->chat_retry_at > 0) && !w->plan.forced) || !open_chat(w))
        return;
    for (size_t i = 0; i < config->destination_count; i++)
        if (!hint_at(w, &config->destinations[i]))
            break;
}

/* Fetches some of the pages whose issues are not kept. */
static void fetch_missing(struct watch *w)
{
    struct names missing = {0};
    struct watch_items pending = {0};
    struct fault fault = {0};
    int fetched = 0;
    bool done = archive_list_missing(w->store, &missing, &fault) &&
                watchstate_list_pending(w->store, &pending, &fault);
    for (size_t i = 0; done && i < missing.count && fetched < PAGES_PER_PASS && !stopped(w); i++) {
        const char *id = missing.name[i];
        struct http_response response = {0};
        struct issue issue = {0};
        bool skip = false;
        for (size_t j = 0; j < w->skipped.count; j++)
            skip = skip || strcmp(w->skipped.name[j], id) == 0;
        for (size_t j = 0; j < pending.count; j++)
            skip = skip || strcmp(pending.item[j].id, id) == 0;
        if (skip)
            continue;
        fetched++;
        struct fault failure = {0};
        bool kept = source_fetch_page(&w->source, id, &response, &failure) &&
                    source_read_page(&w->source, id, &response, &issue, &failure) &&
                    archive_put(w->store, &issue, true, buf_str(&response.body), response.body.len,
                                w->plan.now, &failure);
        issue_finish(&issue);
        http_response_finish(&response);
        if (kept)
            log_line(LOG_LEVEL_DEBUG, "issue %s: read for the archive", id);
        else if (failure.kind == FAULT_ABSENT || failure.kind == FAULT_INPUT) {
            log_line(LOG_LEVEL_WARNING, "%s; the archive goes without it", failure.msg);
            done = names_add(&w->skipped, id) || fault_memory(&fault);
        } else {
            complain(w, &w->page_voice, LOG_LEVEL_WARNING, &failure);
            break;
        }
    }
    if (!done)
        complain_local(w, &fault);
    watch_items_finish(&pending);
    names_finish(&missing);
}

/* Tells one alarm to the owners that do not know it yet; false: the chat failed. */
static bool tell(struct watch *w, const struct alarm *alarm)
{
    size_t count = owners_count(w->options.config), told = (size_t)alarm->told;
    struct fault fault = {0}, failure = {0};
    bool reached = told > 0, go_on = true;
    for (; go_on && told < count; told++) {
        if (owners_tell(w->zulip, w->options.config, w->me.id, told, alarm->text, &failure)) {
            reached = true;
        } else if (failure.kind == FAULT_REFUSED || failure.kind == FAULT_SETUP) {
            complain(w, &w->chat_voice, LOG_LEVEL_ERROR, &failure);
        } else {
            go_on = fail_chat(w, &failure);
            break;
        }
        if (reached && !watchstate_set_told(w->store, alarm->id, (int)told + 1, false, &fault))
            break;
    }
    if (!fault.kind && go_on && reached)
        watchstate_set_told(w->store, alarm->id, (int)told, true, &fault);
    if (fault.kind)
        complain_local(w, &fault);
    return go_on && !fault.kind;
}

static void tell_alarms(struct watch *w)
{
    struct alarms alarms = {0};
    struct fault fault = {0};
    bool go_on = watchstate_list_alarms(w->store, false, &alarms, &fault);
    if (!go_on)
        complain_local(w, &fault);
    for (size_t i = 0; go_on && i < alarms.count && !stopped(w); i++)
        go_on = open_chat(w) && tell(w, &alarms.alarm[i]);
    alarms_finish(&alarms);
}

/* Notices a clock that was set since the last pass. */
static bool read_clocks(struct watch *w, struct fault *fault)
{
    double wall = wall_clock(), elapsed = elapsed_clock();
    double by = w->wall > 0 ? wall - w->wall - (elapsed - w->elapsed) : 0;
    w->wall = wall;
    w->elapsed = elapsed;
    if (fabs(by) < CLOCK_SET_S)
        return true;
    log_line(LOG_LEVEL_INFO, "the clock was set by %.0f s: what waits goes on waiting as it did",
             by);
    w->chat_retry_at += w->chat_retry_at > 0 ? by : 0;
    w->chat_checked_at += w->chat_checked_at > 0 ? by : 0;
    return watchstate_shift(w->store, by, fault);
}

bool watch_pass(struct watch *w, bool forced, struct fault *fault)
{
    w->worst = (struct fault){0};
    w->chat_open = false;
    names_finish(&w->tried);
    struct fault local = {0};
    if (!read_clocks(w, &local) || !plan_begin(&w->plan, w->wall, forced, &local)) {
        complain_local(w, &local);
    } else if (poll_feed(w)) {
        if (!plan_look_at_clock(&w->plan, &local))
            complain_local(w, &local);
        log_events(w);
        void (*const steps[])(struct watch *) = {settle_intents, announce_due,  recheck_due,
                                                 look_at_chat,   fetch_missing, tell_alarms};
        for (size_t i = 0; i < sizeof steps / sizeof *steps && !stopped(w); i++)
            steps[i](w);
    }
    if (!w->worst.kind)
        calm(&w->local_voice, "the state can be used again");
    *fault = w->worst;
    return w->worst.kind == FAULT_NONE;
}

/* Seconds until the next pass. */
static double next_pass(struct watch *w)
{
    double poll, work, now = wall_clock();
    struct fault fault = {0};
    if (!plan_next(&w->plan, &poll, &work, &fault)) {
        complain_local(w, &fault);
        return plan_backoff(&w->plan, 0);
    }
    /* What is still due failed at the chat, or is more than one pass takes. */
    if (work <= w->plan.now)
        work = w->chat_retry_at > 0 ? w->chat_retry_at : poll;
    else if (w->chat_retry_at > 0)
        work = fmin(work, w->chat_retry_at);
    double wait = fmin(poll, work) - now;
    if (w->worst.kind == FAULT_LOCAL || w->local_voice.last[0])
        wait = fmax(wait, plan_backoff(&w->plan, 0));
    return fmin(fmax(wait, 0), SLEEP_MAX_S);
}

/* Whether the login has been refused for too long. */
static bool out_of_patience(struct watch *w)
{
    double since = 0;
    struct fault fault = {0};
    return w->worst.kind == FAULT_LOGIN && store_get_refused(w->store, &since, &fault) &&
           since > 0 && w->plan.now - since >= LOGIN_PATIENCE_S;
}

bool watch_run(struct watch *w, bool forced, struct fault *fault)
{
    do {
        watch_pass(w, forced, fault);
        forced = false;
        if (fault->kind == FAULT_SETUP && w->local_voice.last[0] &&
            strcmp(fault->msg, w->local_voice.last) == 0)
            return false;
        if (out_of_patience(w)) {
            log_line(LOG_LEVEL_ERROR, "Zulip has refused the bot's login for an hour: giving up");
            return false;
        }
        uint64_t one = 1;
        /* A counter that is full has told enough. */
        if (w->options.passed_fd >= 0 && write(w->options.passed_fd, &one, sizeof one) < 0)
            one = 0;
    } while (stop_wait(w->options.stop, next_pass(w)));
    return true;
}
