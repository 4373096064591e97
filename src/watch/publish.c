/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Brings what is due for issues into the chat. */
#include "watch/publish.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "io/config.h"
#include "io/database.h"
#include "io/http.h"
#include "io/zuliprc.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/source.h"
#include "say/digest.h"
#include "state/archive.h"
#include "state/facts.h"
#include "state/server.h"
#include "state/watched.h"
#include "watch/alarms.h"
#include "watch/announce.h"
#include "watch/poll.h"
#include "watch/watcher.h"
#include "zulip/markup.h"
#include "zulip/org.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400.0

/* Issues announced in one pass. */
#define ISSUES_PER_PASS 2
/* An alarm is raised after an issue has had no page to announce or to correct it for so long. */
#define UNREAD_S 3600.0
/* An issue whose page makes no sense is announced without the page after so long. */
#define IMPLAUSIBLE_S (6 * 3600.0)
/* Longest wait for a page. */
#define PAGE_WAIT_MAX_S (6 * 3600.0)
/* The first look after an announcement, and the time between two looks, which must agree: inside
 * the 10 minutes for which servers allow edits by default. */
#define FIRST_LOOK_S (3 * 60.0)
#define LOOKS_S      (5 * 60.0)
/* Most corrections of an issue in a day: caches may serve old and new in turn without end. */
#define CORRECTIONS_MAX 3

/* A channel that refuses an issue is tried again when the feed is next asked, so that the person
 * who mends it knows when. */
static bool wait_for_feed(struct watcher *w, int64_t row, int month, struct fault *fault)
{
    struct feed_state feed = {0};
    return watched_get_feed(w->arena, w->db, w->config->site_feed, &feed, fault) &&
           destination_set_retry(w->db, row, month,
                                 fmax(feed.next_at, w->now + watcher_backoff(w->config, 0)), fault);
}

/* Handles a failure at the channel of a row; `in_vain`: ANNOUNCE_IN_VAIN. True: only that channel
 * refuses the issue. An alarm says so, and the pass goes on to other channels. */
static bool fail_at(struct watcher *w, int64_t row, const char *channel, int month, bool in_vain,
                    const struct fault *failure)
{
    char name[MONTH_TEXT_SIZE];
    struct fault fault = {0};
    struct buf text = BUF_INIT(w->arena, TEXT_MAX);
    if (!in_vain && failure->kind != FAULT_REFUSED && failure->kind != FAULT_SETUP)
        return watcher_fail(w, failure);
    watcher_complain(w, &w->channel_voice, LOG_LEVEL_ERROR, failure);
    month_text(month, name);
    buf_addf(&text, "I cannot announce %s in the channel ", name);
    markup_prose(&text, channel);
    buf_adds(&text, ": ");
    markup_prose(&text, failure->msg);
    buf_adds(&text, ". It waits, and I try again with every poll.");
    return (alarm_set(w, ALARM_REFUSED, channel, buf_str(&text), &fault) &&
            wait_for_feed(w, row, month, &fault) &&
            server_set_trouble(w->db, SERVER_ANNOUNCING, failure->msg, w->now, 0, &fault)) ||
           watcher_complain_local(w, &fault);
}

/* Reads the page of an issue and archives it. `*ours`: it failed only because the page, which is
 * this issue's, makes no sense as an issue. */
static bool read_issue(struct watcher *w, int month, struct issue *issue, bool *ours,
                       struct fault *fault)
{
    struct http_response response = {0};
    struct fault unkept = {0};
    *ours = false;
    if (!source_fetch_page(w->arena, &w->source, month, &response, fault))
        return false;
    if (!source_read_page(w->arena, &w->source, month, &response, issue, fault)) {
        *ours = fault->kind == FAULT_INPUT;
        return false;
    }
    if (!issue_is_plausible(issue)) {
        *ours = true;
        return fault_set(fault, FAULT_INPUT,
                         "'%s': its reading is implausible, no known section or nothing in any",
                         issue->url);
    }
    w->page_voice.last[0] = '\0'; /* the next failure is news */
    if (archive_put(w->db, issue, true, buf_str(&response.body), response.body.len, &unkept) ||
        unkept.kind == FAULT_INPUT)
        return true;
    *fault = unkept;
    return false;
}

/* Gives what is known of an issue whose page makes no sense: the archived text of the feed or of an
 * earlier page, or else the title alone. */
static bool do_without_page(struct watcher *w, const struct watched_item *item, struct issue *issue,
                            struct fault *fault)
{
    struct arena *arena = w->arena;
    struct fault unkept = {0};
    *issue = (struct issue){0};
    if (facts_issue(arena, w->db, item->month, issue, &unkept) && issue_is_plausible(issue))
        return true;
    if (fault_is_local(unkept.kind)) {
        *fault = unkept;
        return false;
    }
    *issue = (struct issue){.month = item->month,
                            .title = arena_copy(arena, item->title),
                            .url = arena_copy(arena, item->url)};
    return true;
}

/* How many seconds there has been no page; `since` 0: there is one. */
static double waited_s(double since, double now)
{
    return since > 0 ? fmax(now - since, 0) : 0;
}

/* Seconds before a page is asked for again: as long as it has been missing, but not past the next
 * time limit. */
static double page_wait(const struct config *config, double waited)
{
    double wait = fmax(watcher_backoff(config, 0), watcher_spread(waited));
    double mark = waited < UNREAD_S ? UNREAD_S : IMPLAUSIBLE_S;
    if (waited < mark)
        wait = fmin(wait, mark - waited);
    return fmin(wait, PAGE_WAIT_MAX_S);
}

/* Raises the alarm that an issue has had no page for an hour. */
static bool raise_unread(struct watcher *w, int month, bool ours, const struct fault *failure,
                         struct fault *fault)
{
    char name[MONTH_TEXT_SIZE];
    struct buf text = BUF_INIT(w->arena, TEXT_MAX);
    month_text(month, name);
    if (ours)
        buf_addf(&text,
                 "For an hour my reading of %s has been implausible: did the site's template "
                 "change? An announcement waits for six hours, and is then made of the feed's "
                 "text or, without that, is the title line alone. ",
                 name);
    else
        buf_addf(&text,
                 "For an hour I could not get the page of %s, so its announcement or correction "
                 "waits; I go on trying. ",
                 name);
    markup_prose(&text, failure->msg);
    return alarm_set_month(w, ours ? ALARM_IMPLAUSIBLE : ALARM_UNREAD, month, buf_str(&text),
                           fault);
}

static bool end_unread(struct watcher *w, int month, struct fault *fault)
{
    return alarm_set_month(w, ALARM_IMPLAUSIBLE, month, NULL, fault) &&
           alarm_set_month(w, ALARM_UNREAD, month, NULL, fault);
}

/* Puts off what is due for an issue, because there is no page. */
static bool postpone(struct watcher *w, const struct watched_item *item, bool ours,
                     const struct fault *failure)
{
    struct fault fault = {0};
    struct watched_item later = *item;
    double waited = waited_s(item->unread_since, w->now);
    if (failure->kind == FAULT_STOPPED || fault_is_local(failure->kind))
        return watcher_complain_local(w, failure);
    watcher_complain(w, &w->page_voice, LOG_LEVEL_WARNING, failure);
    later.retry_at = w->now + page_wait(w->config, waited);
    later.unread_since = item->unread_since > 0 ? item->unread_since : w->now;
    return (watched_put_work(w->db, &later, &fault) &&
            (waited < UNREAD_S || raise_unread(w, item->month, ours, failure, &fault))) ||
           watcher_complain_local(w, &fault);
}

static void log_result(struct watcher *w, const struct outbox_entry *a, enum announce_result result)
{
    static const char *const how[] = {[ANNOUNCE_POSTED] = "announced",
                                      [ANNOUNCE_ADOPTED] = "found announced",
                                      [ANNOUNCE_KNOWN] = "announced before",
                                      [ANNOUNCE_EDITED] = "edited",
                                      [ANNOUNCE_UNCHANGED] = "unchanged"};
    char id[MONTH_ID_SIZE], name[120];
    month_id((int)a->about, id);
    log_line(LOG_LEVEL_INFO, "issue %s: %s in '%s' (id %" PRId64 "), message %" PRId64 ", %s", id,
             how[result],
             text_printable(name, sizeof name, a->channel_name, strlen(a->channel_name)),
             a->place.channel, a->message,
             chat_link(w->arena, w->credentials->site, a->place.channel, a->channel_name,
                       a->place.topic, a->message));
}

/* Posts an announcement into its channel (NULL: the bot cannot see it). `row` is the destination's,
 * `wanted` its name in the configuration. False: the chat or the state failed. */
static bool post(struct watcher *w, const struct org_channel *channel, int64_t row,
                 const char *wanted, struct outbox_entry *entry)
{
    const int month = (int)entry->about;
    struct announcer by = watcher_announcer(w);
    struct fault failure = {0}, fault = {0};
    enum announce_result result =
        announce_carry(w->arena, &by, ANNOUNCE_POST, channel, entry, &failure);
    if (result <= ANNOUNCE_IN_VAIN)
        return fail_at(w, row, entry->channel_name, month, result == ANNOUNCE_IN_VAIN, &failure);
    log_result(w, entry, result);
    return (watched_put_announced(w->db, month, row, w->now + FIRST_LOOK_S, &fault) &&
            alarm_set(w, ALARM_REFUSED, entry->channel_name, NULL, &fault) &&
            alarm_set(w, ALARM_REFUSED, wanted, NULL, &fault)) ||
           watcher_complain_local(w, &fault);
}

/* Announces at one destination, if the issue waits there and is due. */
static bool announce_where_due(struct watcher *w, const struct destination *destination,
                               const struct issue *issue, struct outbox_entry *announcement)
{
    struct destination_row row;
    struct fault fault = {0};
    bool due;
    if (!destination_find(w->db, destination->channel, 0, &row, &fault) ||
        !destination_is_due(w->db, row.id, issue->month, w->now, &due, &fault))
        return watcher_complain_local(w, &fault);
    if (!due)
        return true;
    const struct org_channel *channel = org_find_channel(&w->channels, row.channel);
    if (!channel) {
        destination_absent(destination->channel, &fault);
        return fail_at(w, row.id, destination->channel, issue->month, false, &fault);
    }
    announcement->place =
        (struct chat_place){.channel = channel->id,
                            .topic = destination_topic(w->arena, destination->topic, issue,
                                                       w->server.max_topic_length)};
    announcement->channel_name = channel->name;
    return post(w, channel, row.id, destination->channel, announcement);
}

/* Announces at all destinations where the issue waits. */
static bool announce_issue(struct watcher *w, const struct issue *issue)
{
    const struct config *config = w->config;
    struct fault fault = {0};
    char *fresh = NULL;
    if (!archive_fresh(w->arena, w->db, issue, &fresh, &fault))
        return watcher_complain_local(w, &fault);
    const struct digest_options options = {.max_length = w->server.max_message_length,
                                           .suggest = config->site_suggest,
                                           .fresh = fresh};
    const char *content = digest_announcement(w->arena, issue, &options);
    /* The feed's text is never compared with a page. */
    bool comparable = issue->page || !issue_is_plausible(issue);
    const char *data = comparable ? issue_data(w->arena, issue) : NULL;
    for (size_t i = 0; i < config->destination_count; i++) {
        struct outbox_entry announcement = {
            .about = issue->month, .content = content, .data = data, .fresh = fresh};
        if (!announce_where_due(w, &config->destinations[i], issue, &announcement))
            return false;
    }
    return !watcher_stopped(w);
}

/* Announces one issue from its page, or puts it off. False: the chat or the state failed. `*tried`:
 * there was something to announce it from. */
static bool publish_item(struct watcher *w, const struct watched_item *item, bool *tried)
{
    struct issue issue = {0};
    struct fault failure = {0}, fault = {0};
    bool ours;
    *tried = read_issue(w, item->month, &issue, &ours, &failure);
    if (*tried) {
        struct watched_item readable = *item;
        readable.retry_at = readable.unread_since = 0;
        if ((item->unread_since > 0 && !watched_put_work(w->db, &readable, &fault)) ||
            !end_unread(w, item->month, &fault))
            return watcher_complain_local(w, &fault);
    } else {
        if (!ours || waited_s(item->unread_since, w->now) < IMPLAUSIBLE_S)
            return postpone(w, item, ours, &failure);
        if (!do_without_page(w, item, &issue, &fault))
            return watcher_complain_local(w, &fault);
        *tried = true;
    }
    return announce_issue(w, &issue);
}

/* What was tried before comes last: what is refused again and again must not hold up the rest. */
static int by_wait(const void *a, const void *b)
{
    const struct watched_item *first = a, *second = b;
    double first_at = fmax(first->retry_at, first->channels_at);
    double second_at = fmax(second->retry_at, second->channels_at);
    if (first_at < second_at || first_at > second_at)
        return first_at < second_at ? -1 : 1;
    return first->month - second->month;
}

void publish_due(struct watcher *w)
{
    struct watched_items items = {0};
    struct fault fault = {0};
    int announced = 0;
    if (!watched_list_items(w->arena, w->db, &items, &fault)) {
        watcher_complain_local(w, &fault);
        return;
    }
    if (items.count)
        qsort(items.item, items.count, sizeof *items.item, by_wait);
    for (size_t i = 0; i < items.count && announced < ISSUES_PER_PASS; i++) {
        bool tried = false;
        if (watched_due_at(&items.item[i], w->config->timing.settle_s) > w->now)
            continue;
        if (!watcher_open_chat(w) || !publish_item(w, &items.item[i], &tried))
            return;
        announced += tried;
    }
}

/* Finishes one announcement on its way; false: the chat or the state failed. */
static bool settle(struct watcher *w, struct outbox_entry *entry)
{
    const struct org_channel *channel = org_find_channel(&w->channels, entry->place.channel);
    struct destination_row row;
    struct fault fault = {0};
    if (!destination_find(w->db, entry->channel_name, entry->place.channel, &row, &fault))
        return watcher_complain_local(w, &fault);
    /* Nothing was sent, and nobody wants it there any more. */
    if (!row.active && entry->state == OUTBOX_NEW)
        return outbox_drop(w->db, entry, &fault) || watcher_complain_local(w, &fault);
    return post(w, channel, row.id, entry->channel_name, entry);
}

void publish_waiting(struct watcher *w)
{
    struct outbox_entries waiting = {0};
    struct watched_items items = {0};
    struct fault fault = {0};
    if (!outbox_list_waiting(w->arena, w->db, OUTBOX_ANNOUNCEMENT, &waiting, &fault) ||
        !watched_list_items(w->arena, w->db, &items, &fault)) {
        watcher_complain_local(w, &fault);
        return;
    }
    for (size_t i = 0; i < waiting.count; i++) {
        struct outbox_entry *entry = &waiting.entry[i];
        const struct watched_item *item = watched_find_item(&items, (int)entry->about);
        if (!watcher_open_chat(w))
            return;
        /* What was not sent waits until the feed has the issue again. */
        if (entry->state == OUTBOX_NEW && item && item->gone_at > 0)
            continue;
        if (!settle(w, entry))
            return;
    }
}

/* Brings one announcement in line with its page, if `edit` allows it. `*differs`: that needs, or
 * needed, an edit. The same page read by another version of this program needs none, and neither
 * does the same text. False: the chat or the state failed. */
static bool correct(struct watcher *w, const struct issue *issue, const struct outbox_entry *entry,
                    const char *data, bool edit, bool *differs)
{
    struct database *db = w->db;
    const struct digest_options options = {.max_length = w->server.max_message_length,
                                           .suggest = w->config->site_suggest,
                                           .fresh = entry->fresh};
    struct announcer by = watcher_announcer(w);
    struct fault failure = {0}, fault = {0};
    char id[MONTH_ID_SIZE];
    struct outbox_entry announcement = *entry;
    announcement.content = digest_announcement(w->arena, issue, &options);
    announcement.data = data;
    if (issue_data_same_page(entry->data, data) ||
        strcmp(announcement.content, entry->content) == 0)
        return outbox_keep(db, entry->id, data, false, &fault) || watcher_complain_local(w, &fault);
    *differs = true;
    month_id((int)entry->about, id);
    if (!edit) {
        log_line(LOG_LEVEL_DEBUG, "issue %s: its page says something else: looking again", id);
        return true;
    }
    enum announce_result result =
        announce_carry(w->arena, &by, ANNOUNCE_EDIT, NULL, &announcement, &failure);
    if (result > ANNOUNCE_IN_VAIN) {
        log_result(w, &announcement, result);
        return true;
    }
    if (failure.kind != FAULT_REFUSED && failure.kind != FAULT_ABSENT)
        return watcher_fail(w, &failure);
    log_line(LOG_LEVEL_INFO,
             "issue %s: cannot be corrected any more, the edit window has closed: %s", id,
             failure.msg);
    return outbox_keep(db, entry->id, entry->data, true, &fault) ||
           watcher_complain_local(w, &fault);
}

/* How many corrections were made in the present day, which began with the first of them. */
static int corrections_today(const struct watched_item *item, double now)
{
    return now - item->corrected_at < DAY_S ? item->corrections : 0;
}

bool publish_is_correctable(const struct watched_item *item, int64_t seen, double now)
{
    return seen && seen == item->look && corrections_today(item, now) < CORRECTIONS_MAX;
}

struct watched_item publish_after_look(const struct watched_item *before, int64_t seen, double now,
                                       const struct config *config)
{
    struct watched_item item = *before;
    int today = corrections_today(before, now);
    item.retry_at = item.unread_since = item.recheck_at = 0;
    item.look = seen;
    if (publish_is_correctable(before, seen, now)) {
        item.look = 0;
        item.corrections = today + 1;
        item.corrected_at = today ? before->corrected_at : now;
    } else if (seen && seen == before->look) {
        item.recheck_at = before->corrected_at + DAY_S;
    } else if (seen && before->look) { /* no two agree */
        item.unread_since = before->unread_since > 0 ? before->unread_since : now;
        item.recheck_at = now + fmax(LOOKS_S, page_wait(config, waited_s(item.unread_since, now)));
    } else if (seen || now - before->announced_at < LOOKS_S) {
        item.recheck_at = now + LOOKS_S;
    }
    return item;
}

/* Reads an announced issue again, and corrects its messages if the last look saw the same. */
static bool recheck(struct watcher *w, const struct watched_item *item)
{
    struct issue issue = {0};
    struct outbox_entries entries = {0};
    struct fault fault = {0};
    bool ours, differs = false;
    if (!read_issue(w, item->month, &issue, &ours, &fault))
        return postpone(w, item, ours, &fault);
    if (!end_unread(w, item->month, &fault) ||
        !outbox_list_announced(w->arena, w->db, item->month, &entries, &fault))
        return watcher_complain_local(w, &fault);
    const char *data = issue_data(w->arena, &issue);
    int64_t seen = issue_data_hash(data);
    bool edit = publish_is_correctable(item, seen, w->now);
    for (size_t i = 0; i < entries.count; i++) {
        const struct outbox_entry *entry = &entries.entry[i];
        if (entry->data && !entry->edit_over && !issue_data_same(entry->data, data) &&
            (!watcher_open_chat(w) || !correct(w, &issue, entry, data, edit, &differs)))
            return false;
    }
    struct watched_item later = publish_after_look(item, differs ? seen : 0, w->now, w->config);
    return watched_put_work(w->db, &later, &fault) || watcher_complain_local(w, &fault);
}

void publish_corrections(struct watcher *w)
{
    struct watched_items items = {0};
    struct fault fault = {0};
    if (!watched_list_items(w->arena, w->db, &items, &fault)) {
        watcher_complain_local(w, &fault);
        return;
    }
    const struct watched_item *newest = watched_newest_announced(&items);
    for (size_t i = 0; i < items.count && !watcher_stopped(w); i++) {
        struct watched_item *item = &items.item[i];
        if (item->recheck_at <= 0)
            continue;
        if (item != newest || w->now - item->announced_at > POLL_CORRECTIONS_S) {
            item->recheck_at = 0;
            item->look = 0;
            if (!watched_put_work(w->db, item, &fault)) {
                watcher_complain_local(w, &fault);
                return;
            }
        } else if (watched_recheck_at(item) <= w->now && !recheck(w, item)) {
            return;
        }
    }
}

bool publish_due_at(struct watcher *w, double *at, struct fault *fault)
{
    struct watched_items items = {0};
    if (!watched_list_items(w->arena, w->db, &items, fault))
        return false;
    *at = INFINITY;
    for (size_t i = 0; i < items.count; i++) {
        const struct watched_item *item = &items.item[i];
        *at = fmin(*at, watched_due_at(item, w->config->timing.settle_s));
        *at = fmin(*at, watched_recheck_at(item));
    }
    return true;
}
