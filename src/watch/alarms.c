/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the owners are told when something is wrong. */
#include "watch/alarms.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/stop.h"
#include "base/text.h"
#include "io/config.h"
#include "io/database.h"
#include "news/month.h"
#include "state/outbox.h"
#include "state/server.h"
#include "state/watched.h"
#include "watch/watcher.h"
#include "zulip/chat.h"
#include "zulip/markup.h"
#include "zulip/org.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400.0

/* How long the bot may be kept from answering before its owners are told. */
#define HELD_UP_S 3600.0
/* Day of the following month by which every issue has come so far, with two days to spare. */
#define LATE_DAY 16

static const struct {
    const char *name;
    const char *over; /* what is told when it is over; NULL: nothing */
    bool of_month;
} kinds[] = {
    [ALARM_BLIND] = {"blind", "It is over: I can read the feed again.", false},
    [ALARM_GONE] = {"gone", "It is over: the feed is there again.", false},
    [ALARM_DISTRUSTED] = {"distrusted", "It is over: I trust the feed again.", false},
    [ALARM_AHEAD] = {"ahead", "It is over: the feed no longer names it, or its month has come.",
                     false},
    [ALARM_LATE] = {"late", NULL, true},
    [ALARM_UNREAD] = {"unread", "It is over: the page is there.", true},
    [ALARM_IMPLAUSIBLE] = {"implausible", "It is over: the page reads well again.", true},
    [ALARM_REFUSED] = {"refused", "It is over: I could post there again.", false},
    [ALARM_DEAF] = {"deaf", "It is over: I answer again.", false},
};

static bool is_kind(const struct alarm *alarm, enum alarm_kind kind)
{
    return strcmp(alarm->kind, kinds[kind].name) == 0;
}

static bool raise_alarm(struct watcher *w, enum alarm_kind kind, const char *subject,
                        const char *text, struct fault *fault)
{
    const char *name = kinds[kind].name;
    if (!database_run(w->db, fault,
                      "INSERT INTO alarm (kind, subject, text, raised_at) VALUES (?, ?, ?, ?)"
                      " ON CONFLICT DO NOTHING",
                      "sssr", name, subject, text, w->now))
        return false;
    log_line(LOG_LEVEL_WARNING, "%s%s: %s: %s", kinds[kind].of_month ? "issue " : "",
             kinds[kind].of_month ? subject : "alarm", name, text);
    return true;
}

/* Ends an alarm without a word. */
static bool forget(struct watcher *w, int64_t id, struct fault *fault)
{
    return database_run(w->db, fault, "DELETE FROM alarm WHERE id = ?", "i", id);
}

/* Its end is told together with the alarm where that could not be told. */
static bool end_alarm(struct watcher *w, enum alarm_kind kind, int64_t id, struct fault *fault)
{
    const char *over = kinds[kind].over;
    if (!over)
        return forget(w, id, fault);
    return database_run(w->db, fault,
                        "UPDATE alarm SET over = 1, told = 0, sent = 0, look_id = NULL, text ="
                        " CASE WHEN sent OR told THEN ?1 ELSE text || ' ' || ?1 END WHERE id = ?2",
                        "si", over, id);
}

bool alarm_set(struct watcher *w, enum alarm_kind kind, const char *subject, const char *text,
               struct fault *fault)
{
    int64_t open = 0;
    if (!database_get_integer(w->db, &open, fault,
                              "SELECT id FROM alarm WHERE kind = ? AND subject = ? AND over = 0",
                              "ss", kinds[kind].name, subject))
        return false;
    if (text && !open)
        return raise_alarm(w, kind, subject, text, fault);
    if (!text && open)
        return end_alarm(w, kind, open, fault);
    return true;
}

bool alarm_set_month(struct watcher *w, enum alarm_kind kind, int month, const char *text,
                     struct fault *fault)
{
    char id[MONTH_ID_SIZE];
    month_id(month, id);
    return alarm_set(w, kind, id, text, fault);
}

/* Since when nothing that the feed says was believed, or there was none. */
static double blind_since(const struct feed_state *feed)
{
    return feed->distrusted_at > 0 ? feed->distrusted_at : fmax(feed->good_at, feed->since);
}

/* What the owners are told of a feed that is gone, or that for a day could not be believed or read.
 */
static const char *explain_feed(struct watcher *w, const struct feed_state *feed,
                                enum alarm_kind kind)
{
    char good[TEXT_TIME_SIZE];
    struct buf text = BUF_INIT(w->arena, TEXT_MAX);
    text_time(feed->good_at, good);
    if (kind == ALARM_GONE) {
        buf_adds(&text, "The feed ");
        markup_prose(&text, w->config->site_feed);
        buf_adds(&text, " is gone for good (status 410), so I have stopped asking for it. Set "
                        "`site.feed`, or reload me (`systemctl reload tmro-bot`) to make me ask "
                        "again.");
    } else if (kind == ALARM_DISTRUSTED) {
        buf_adds(&text, "For 24 hours I have not trusted the feed and announced nothing from it: ");
        markup_prose(&text, feed->error);
        buf_addf(&text,
                 ". The last good poll was %s. If the feed is right as it is, "
                 "`tmro-bot sync` accepts it.",
                 good);
    } else {
        buf_addf(&text,
                 "For 24 hours I could not read the feed. The last good poll was %s, the "
                 "last error: ",
                 good);
        markup_prose(&text, feed->error);
        buf_adds(&text, ". I go on trying; what comes meanwhile is announced later.");
    }
    return buf_str(&text);
}

/* The last poll failed, for good or for a day; a good one ends all that. */
static bool look_at_feed(struct watcher *w, const struct feed_state *feed, struct fault *fault)
{
    const char *url = w->config->site_feed;
    if (!feed->error)
        return alarm_set(w, ALARM_BLIND, url, NULL, fault) &&
               alarm_set(w, ALARM_GONE, url, NULL, fault) &&
               alarm_set(w, ALARM_DISTRUSTED, url, NULL, fault);
    enum alarm_kind kind = feed->gone                ? ALARM_GONE
                           : feed->distrusted_at > 0 ? ALARM_DISTRUSTED
                                                     : ALARM_BLIND;
    if (kind != ALARM_GONE && w->now - blind_since(feed) < DAY_S)
        return true;
    return alarm_set(w, kind, url, explain_feed(w, feed, kind), fault);
}

/* No issue of last month by the day on which it is late, of the site's calendar. */
static bool look_at_month(struct watcher *w, const struct feed_state *feed, struct fault *fault)
{
    struct tm tm;
    double now = feed->date > 0 ? feed->date : w->now;
    time_t seconds = (time_t)now;
    struct watched_items items = {0};
    int last = month_at(now) - 1;
    char late[MONTH_TEXT_SIZE], known[MONTH_TEXT_SIZE], good[TEXT_TIME_SIZE];
    if (!gmtime_r(&seconds, &tm) || tm.tm_mday < LATE_DAY)
        return true;
    if (!watched_list_items(w->arena, w->db, &items, fault))
        return false;
    const struct watched_item *newest = watched_newest(&items);
    if (!newest || newest->month >= last)
        return true;
    month_text(last, late);
    month_text(newest->month, known);
    text_time(feed->good_at, good);
    return alarm_set_month(
        w, ALARM_LATE, last,
        arena_format(w->arena,
                     "There is no issue of %s yet: it is late, or I am blind. The last good poll "
                     "was %s, the newest issue I know is %s.",
                     late, good, known),
        fault);
}

/* Something has kept the bot from answering for an hour, or that is over. */
static bool look_at_chat(struct watcher *w, struct fault *fault)
{
    struct server_trouble trouble = {0};
    char since[TEXT_TIME_SIZE];
    struct buf text = BUF_INIT(w->arena, TEXT_MAX);
    if (!server_get_trouble(w->arena, w->db, SERVER_ANSWERING, &trouble, fault))
        return false;
    if (!trouble.text)
        return alarm_set(w, ALARM_DEAF, "chat", NULL, fault);
    if (w->now - trouble.since < HELD_UP_S)
        return true;
    text_time(trouble.since, since);
    buf_addf(&text, "I have not been able to answer in the chat since %s: ", since);
    markup_prose(&text, trouble.text);
    buf_adds(&text, ". I go on trying; messages older than ten minutes by then stay unanswered.");
    return alarm_set(w, ALARM_DEAF, "chat", buf_str(&text), fault);
}

bool alarms_look_at_clock(struct watcher *w, const struct feed_state *feed, struct fault *fault)
{
    return look_at_feed(w, feed, fault) && look_at_month(w, feed, fault) && look_at_chat(w, fault);
}

bool alarms_due_at(struct watcher *w, const struct feed_state *feed, double *at,
                   struct fault *fault)
{
    struct server_trouble trouble = {0};
    int64_t raised = 0;
    if (!server_get_trouble(w->arena, w->db, SERVER_ANSWERING, &trouble, fault) ||
        !database_get_integer(w->db, &raised, fault,
                              "SELECT count(*) FROM alarm WHERE kind = ? AND over = 0", "s",
                              kinds[ALARM_DEAF].name))
        return false;
    *at = INFINITY;
    if (trouble.text && !raised)
        *at = trouble.since + HELD_UP_S;
    else if (!trouble.text && raised)
        *at = 0;
    /* One that is due already was raised by this pass. */
    if (feed && feed->error && !feed->gone && blind_since(feed) + DAY_S > w->now)
        *at = fmin(*at, blind_since(feed) + DAY_S);
    return true;
}

size_t owners_count(const struct config *config)
{
    return config->owner_count ? config->owner_count : 1;
}

enum api_outcome owners_tell(struct api *api, struct database *db, const struct config *config,
                             int64_t bot, size_t which, const char *text, struct fault *fault)
{
    struct owner owner = {0};
    struct org_user me;
    struct fault local = {0};
    char shown[120], who[130], purpose[200];
    if (config->owner_count) {
        owner = config->owners[which];
    } else {
        if (!org_ask_user(api, bot, &me, fault))
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
        snprintf(who, sizeof who, "'%s'",
                 text_printable(shown, sizeof shown, owner.email, strlen(owner.email)));
    else
        snprintf(who, sizeof who, "user %" PRId64, owner.id);
    snprintf(purpose, sizeof purpose, "write to %s", who);
    const struct chat_place place = {.people = &owner.id, .people_count = 1, .email = owner.email};
    enum api_outcome outcome = chat_send(api, &place, purpose, text, 0, NULL, fault);
    if (outcome == API_DONE)
        log_line(LOG_LEVEL_INFO, "sent to %s", who);
    return outcome;
}

/* Whether the bot has told the alarm in a message after `look_id`. */
static bool is_there(struct watcher *w, const struct alarm *alarm, bool *there, struct fault *fault)
{
    struct chat_messages own = {0};
    if (!chat_find_own(w->arena, w->api, 0, NULL, w->me.id, alarm->look_id, &own, fault))
        return false;
    *there = false;
    for (size_t i = 0; i < own.count; i++)
        *there = *there || chat_same_text(own.message[i].content, alarm->text);
    return true;
}

/* Whether an alarm that may have been sent is there; looks again when even a late one would be. */
static bool was_told(struct watcher *w, const struct alarm *alarm, bool *told, struct fault *fault)
{
    if (!is_there(w, alarm, told, fault))
        return false;
    if (*told)
        return true;
    if (!stop_wait(w->stop, w->config->timing.doubt_s))
        return fault_set(fault, FAULT_STOPPED, "interrupted while an alarm was in doubt");
    return is_there(w, alarm, told, fault);
}

/* Tells an alarm to one owner, unless an earlier request in doubt did. `*refused`: why this owner
 * cannot be reached, and the others are told all the same. */
static bool tell_owner(struct watcher *w, const struct alarm *alarm, int which,
                       struct fault *refused, struct fault *fault)
{
    struct chat_messages newest = {0};
    bool told = false;
    if (which == alarm->told && alarm->look_id >= 0 && !was_told(w, alarm, &told, fault))
        return false;
    if (told)
        return true;
    if (!chat_newest(w->arena, w->api, &newest, fault) ||
        !database_run(w->db, fault, "UPDATE alarm SET told = ?, look_id = ? WHERE id = ?", "iii",
                      (int64_t)which, newest.count ? newest.message[0].id : 0, alarm->id))
        return false;
    enum api_outcome outcome =
        owners_tell(w->api, w->db, w->config, w->me.id, (size_t)which, alarm->text, fault);
    if (outcome == API_DONE)
        return true;
    if (outcome == API_DOUBT || (fault->kind != FAULT_REFUSED && fault->kind != FAULT_SETUP))
        return false;
    *refused = *fault;
    *fault = (struct fault){0};
    return true;
}

/* Tells one alarm to the owners that do not know it yet. An owner who cannot be reached is tried
 * again only if nobody can be. An end that is told leaves nothing to remember. */
static bool tell(struct watcher *w, const struct alarm *alarm, struct fault *fault)
{
    int count = (int)owners_count(w->config);
    bool reached = alarm->told > 0;
    for (int which = alarm->told; which < count; which++) {
        struct fault refused = {0};
        if (!tell_owner(w, alarm, which, &refused, fault))
            return false;
        if (refused.kind)
            watcher_complain(w, &w->chat_voice, LOG_LEVEL_ERROR, &refused);
        reached = reached || !refused.kind;
        if (!database_run(w->db, fault, "UPDATE alarm SET told = ?, look_id = NULL WHERE id = ?",
                          "ii", (int64_t)(reached ? which + 1 : 0), alarm->id))
            return false;
    }
    return !reached ||
           (database_run(w->db, fault, "DELETE FROM alarm WHERE id = ? AND over = 1", "i",
                         alarm->id) &&
            database_run(w->db, fault, "UPDATE alarm SET sent = 1 WHERE id = ?", "i", alarm->id));
}

/* Whether the reason for an alarm is gone without its end being news. */
static bool is_stale(const struct alarm *alarm, const struct watched_items *items, bool any_waits)
{
    const struct watched_item *newest = watched_newest(items);
    const int month = month_of_id(alarm->subject);
    const struct watched_item *item = watched_find_item(items, month);
    /* Where nothing waits, no channel refuses anything. */
    if (is_kind(alarm, ALARM_REFUSED))
        return !any_waits;
    if (is_kind(alarm, ALARM_LATE))
        return newest && newest->month >= month;
    /* No page is asked for. */
    if (is_kind(alarm, ALARM_UNREAD) || is_kind(alarm, ALARM_IMPLAUSIBLE))
        return !item || (!item->pending && item->recheck_at <= 0);
    return false;
}

/* Forgets alarms that nobody needs to know about any more. */
static bool forget_stale(struct watcher *w, struct fault *fault)
{
    struct watched_items items = {0};
    struct outbox_entries waiting = {0};
    struct alarms open = {0};
    if (!watched_list_items(w->arena, w->db, &items, fault) ||
        !outbox_list_waiting(w->arena, w->db, OUTBOX_ANNOUNCEMENT, &waiting, fault) ||
        !watched_list_alarms(w->arena, w->db, true, &open, fault))
        return false;
    bool any_waits = waiting.count > 0;
    for (size_t i = 0; i < items.count; i++)
        any_waits = any_waits || items.item[i].pending;
    for (size_t i = 0; i < open.count; i++)
        if (is_stale(&open.alarm[i], &items, any_waits) && !forget(w, open.alarm[i].id, fault))
            return false;
    return true;
}

void alarms_tell(struct watcher *w)
{
    struct alarms alarms = {0};
    struct fault fault = {0};
    if (!forget_stale(w, &fault) || !watched_list_alarms(w->arena, w->db, false, &alarms, &fault)) {
        watcher_complain_local(w, &fault);
        return;
    }
    if (!alarms.count || !watcher_open_chat(w))
        return;
    for (size_t i = 0; i < alarms.count && !watcher_stopped(w); i++)
        if (!tell(w, &alarms.alarm[i], &fault)) {
            watcher_fail(w, &fault);
            return;
        }
}
