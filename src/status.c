/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How the bot fares, from what it remembers. */
#include "status.h"

#include "archive.h"
#include "buf.h"
#include "chat.h"
#include "config.h"
#include "database.h"
#include "fault.h"
#include "http.h"
#include "inbox.h"
#include "issue.h"
#include "json.h"
#include "month.h"
#include "plan.h"
#include "server.h"
#include "store.h"
#include "target.h"
#include "text.h"
#include "version.h"
#include "watchstate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STATUS_MAX (1024 * 1024)

/* All that is told, read once. */
struct facts {
    struct feed_state feed;
    struct watch_items items, pending;
    struct store_entries announced, intents;
    struct alarms alarms;
    struct names hints; /* "ISSUE CHANNEL" */
    double next_poll, next_work, refused_since;
    int64_t archived;
    struct inbox_summary inbox;
    struct server_trouble trouble[SERVER_PARTS];
    const char *site;
};

static void facts_finish(struct facts *f)
{
    feed_state_finish(&f->feed);
    watch_items_finish(&f->items);
    watch_items_finish(&f->pending);
    store_entries_finish(&f->announced);
    store_entries_finish(&f->intents);
    alarms_finish(&f->alarms);
    names_finish(&f->hints);
}

/* The newest issues that new destinations do not have, as "YYYY-MM CHANNEL". */
static bool read_hints(struct plan *plan, struct facts *f, struct fault *fault)
{
    bool done = true;
    for (size_t i = 0; done && i < plan->config->destination_count; i++) {
        const char *name = plan->config->destinations[i].channel;
        char id[MONTH_ID_SIZE], both[200];
        int hint = 0;
        int64_t channel = 0, row = 0;
        struct store_record record = {0};
        done = target_remembered(plan->db, name, &channel, fault) &&
               watchstate_peek_destination(plan->db, name, channel, &row, fault) &&
               watchstate_get_hint(plan->db, row, &hint, fault) &&
               store_get_record(plan->db, hint, channel, &record, fault);
        month_id(hint, id);
        snprintf(both, sizeof both, "%s %s", id, name);
        if (done && hint && !record.message_id)
            done = names_add(&f->hints, both) || fault_memory(fault);
        store_record_finish(&record);
    }
    return done;
}

static bool read_facts(struct database *db, const struct config *config, struct facts *f,
                       struct fault *fault)
{
    struct plan plan = {.db = db, .config = config};
    f->site = database_site_url(db);
    return watchstate_get_feed(db, config->site_feed, &f->feed, fault) &&
           watchstate_list_items(db, &f->items, fault) &&
           watchstate_list_pending(db, &f->pending, fault) &&
           store_list_announcements(db, 0, &f->announced, fault) &&
           store_list_intents(db, &f->intents, fault) &&
           watchstate_list_alarms(db, true, &f->alarms, fault) && read_hints(&plan, f, fault) &&
           plan_next(&plan, &f->next_poll, &f->next_work, fault) &&
           server_get_refused(db, &f->refused_since, fault) &&
           archive_count(db, &f->archived, fault) &&
           inbox_summarize(db, (double)time(NULL), &f->inbox, fault) &&
           server_get_trouble(arena_ambient(), db, SERVER_ANSWERING, &f->trouble[SERVER_ANSWERING],
                              fault) &&
           server_get_trouble(arena_ambient(), db, SERVER_ANNOUNCING,
                              &f->trouble[SERVER_ANNOUNCING], fault);
}

/* Issues that left the feed before they were announced are named for so long. */
#define WITHDRAWN_S (30 * 86400.0)

static bool is_withdrawn(const struct watch_item *item)
{
    return item->waits && item->gone_at > 0 && (double)time(NULL) - item->gone_at < WITHDRAWN_S;
}

/* The newest issue that the feed names; 0: none. */
static int newest_issue(const struct facts *f)
{
    int newest = 0;
    for (size_t i = 0; i < f->items.count; i++)
        newest = f->items.item[i].gone_at > 0 ? newest : f->items.item[i].month;
    return newest;
}

/* When an issue that waits is announced at the earliest. */
static double due_at(const struct config *config, const struct watch_item *item)
{
    struct plan plan = {.config = config};
    return fmax(item->seen_at + plan_settle_s(&plan), item->retry_at);
}

static const char *known_time(double at, const char *never, char out[PLAN_TIME_SIZE])
{
    if (at > 0 && isfinite(at))
        plan_time(at, out);
    else
        snprintf(out, PLAN_TIME_SIZE, "%s", never);
    return out;
}

static char *announcement_link(const struct facts *f, const struct store_entry *e)
{
    return chat_link(arena_ambient(), f->site ? f->site : "", e->channel, e->channel_name, e->topic,
                     e->message_id);
}

/* Ends what was written. */
static char *take(struct buf *out, struct facts *f, bool done, struct fault *fault)
{
    char *text = done ? buf_take(out) : NULL;
    if (done && !text)
        fault_memory(fault);
    buf_finish(out);
    facts_finish(f);
    return text;
}

char *status_line(struct database *db, const struct config *config, struct fault *fault)
{
    struct facts f = {0};
    struct buf out = BUF_INIT(STATUS_MAX);
    char at[PLAN_TIME_SIZE], month[MONTH_TEXT_SIZE];
    bool done = read_facts(db, config, &f, fault);
    if (done && f.announced.count) {
        month_text(f.announced.entry[0].month, month);
        buf_addf(&out, "announced %s; ", month);
    } else {
        buf_adds(&out, "nothing announced yet; ");
    }
    if (f.feed.good_at > 0)
        buf_addf(&out, "last good poll %s", known_time(f.feed.good_at, "", at));
    else
        buf_adds(&out, "the site was not read yet");
    if (f.next_poll > 0 && isfinite(f.next_poll))
        buf_addf(&out, "; next poll %s", known_time(f.next_poll, "", at));
    if (f.pending.count)
        buf_addf(&out, "; %zu to announce", f.pending.count);
    if (f.feed.error)
        buf_addf(&out, "; %s", f.feed.error);
    for (enum server_part i = 0; i < SERVER_PARTS; i++)
        if (f.trouble[i].text)
            buf_addf(&out, "; %s: %s", server_part_name(i), f.trouble[i].text);
    return take(&out, &f, done, fault);
}

static void add_announced(struct buf *out, const struct facts *f)
{
    char at[PLAN_TIME_SIZE], month[MONTH_TEXT_SIZE], channel[200];
    for (size_t i = 0; i < f->announced.count; i++) {
        const struct store_entry *e = &f->announced.entry[i];
        char *link = announcement_link(f, e);
        month_text(e->month, month);
        buf_addf(out, "announced    %s in '%s', %s, %s\n", month,
                 text_printable(channel, sizeof channel, e->channel_name, strlen(e->channel_name)),
                 known_time(e->posted_at, "at an unknown time", at), link ? link : "?");
        free(link);
    }
    if (!f->announced.count)
        buf_adds(out, "announced    nothing yet\n");
}

static void add_waiting(struct buf *out, const struct facts *f, const struct config *config)
{
    char at[PLAN_TIME_SIZE], id[MONTH_ID_SIZE];
    for (size_t i = 0; i < f->pending.count; i++) {
        month_id(f->pending.item[i].month, id);
        buf_addf(out, "settling     %s, to be announced from %s\n", id,
                 known_time(due_at(config, &f->pending.item[i]), "now", at));
    }
    for (size_t i = 0; i < f->items.count; i++) {
        month_id(f->items.item[i].month, id);
        if (is_withdrawn(&f->items.item[i]))
            buf_addf(out, "withdrawn    %s: it left the feed at %s, before it was announced\n", id,
                     known_time(f->items.item[i].gone_at, "?", at));
    }
    for (size_t i = 0; i < f->intents.count; i++) {
        month_id(f->intents.entry[i].month, id);
        buf_addf(out, "%s %s in channel %" PRId64 ": the next pass settles it\n",
                 f->intents.entry[i].doubt ? "in doubt    " : "waiting     ", id,
                 f->intents.entry[i].channel);
    }
    for (size_t i = 0; i < f->hints.count; i++)
        buf_addf(out, "not there    %s: 'tmro-bot announce %.7s' announces it\n", f->hints.name[i],
                 f->hints.name[i]);
    for (size_t i = 0; i < f->alarms.count; i++)
        buf_addf(out, "alarm        %s since %s: %s\n", f->alarms.alarm[i].kind,
                 known_time(f->alarms.alarm[i].raised_at, "?", at), f->alarms.alarm[i].text);
}

/* What fails at present, a line each. */
static void add_errors(struct buf *out, const struct facts *f)
{
    size_t start = out->len;
    char since[PLAN_TIME_SIZE], until[PLAN_TIME_SIZE];
    if (f->feed.error)
        buf_addf(out, "last error   %s\n", f->feed.error);
    for (enum server_part i = 0; i < SERVER_PARTS; i++) {
        const struct server_trouble *t = &f->trouble[i];
        if (t->text)
            buf_addf(out, "%-12s %s: %s; since %s, next try %s\n",
                     out->len == start ? "last error" : "", server_part_name(i), t->text,
                     known_time(t->since, "?", since),
                     known_time(t->until, "with the next pass", until));
    }
    if (out->len == start)
        buf_adds(out, "last error   none\n");
}

char *status_text(struct database *db, const struct config *config,
                  const struct status_files *files, struct fault *fault)
{
    struct facts f = {0};
    struct buf out = BUF_INIT(STATUS_MAX);
    char at[PLAN_TIME_SIZE], id[MONTH_ID_SIZE];
    bool done = read_facts(db, config, &f, fault);
    buf_addf(&out, "version      %s, %s, SQLite %s\n", TMRO_VERSION, http_version(),
             database_version());
    buf_addf(&out, "config       %s\n", files->config ? files->config : "built-in defaults");
    buf_addf(&out, "credentials  %s\n", files->credentials ? files->credentials : "none found");
    buf_addf(&out, "state        %s\n", files->state);
    if (files->service.pid)
        buf_addf(&out, "service      runs as pid %" PRId64 " since %s\n", files->service.pid,
                 known_time(files->service.since, "an unknown time", at));
    else
        buf_adds(&out, "service      does not run\n");
    buf_addf(&out, "chat         %s\n", f.site ? f.site : "not asked yet");
    buf_addf(&out, "feed         %s\n", config->site_feed);
    buf_addf(&out, "last good    %s\n", known_time(f.feed.good_at, "never", at));
    buf_addf(&out, "next poll    %s\n",
             known_time(f.next_poll, f.feed.gone ? "never: the feed is gone" : "now", at));
    add_errors(&out, &f);
    month_id(newest_issue(&f), id);
    buf_addf(&out, "issues       %zu known, %" PRId64 " in the archive, the newest is %s\n",
             f.items.count, f.archived, newest_issue(&f) ? id : "not known");
    buf_addf(&out, "answers      %" PRId64 " in the last week, the last %s%s\n", f.inbox.answered,
             known_time(f.inbox.last_at, "never", at), f.inbox.waiting ? "; some wait" : "");
    add_announced(&out, &f);
    add_waiting(&out, &f, config);
    return take(&out, &f, done, fault);
}

/* A time as ISO 8601, or null. */
static bool put_time(struct json *object, const char *name, double at)
{
    char text[32] = "";
    time_t seconds = (time_t)(isfinite(at) ? at : 0);
    struct tm tm;
    if (seconds > 0 && gmtime_r(&seconds, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return json_new_string(object, name, *text ? text : NULL);
}

/* Who watches the site, or null. */
static bool put_service(struct json *parent, const struct lock_holder *service)
{
    if (!service->pid)
        return json_new_string(parent, "service", NULL);
    struct json *object = json_new_object(parent, "service");
    return object && json_new_integer(object, "pid", service->pid) &&
           put_time(object, "since", service->since);
}

static bool put_feed(struct json *parent, const struct facts *f, const struct config *config)
{
    struct json *feed = json_new_object(parent, "feed");
    return feed && json_new_string(feed, "url", config->site_feed) &&
           put_time(feed, "last_poll", f->feed.polled_at) &&
           put_time(feed, "last_good_poll", f->feed.good_at) &&
           put_time(feed, "next_poll", f->next_poll) &&
           json_new_string(feed, "error", f->feed.error) &&
           put_time(feed, "distrusted_since", f->feed.distrusted_at);
}

static bool put_chat(struct json *parent, const struct facts *f)
{
    const struct server_trouble *t = f->trouble;
    struct json *chat = json_new_object(parent, "chat"), *list = NULL, *o;
    bool done = chat && json_new_string(chat, "url", f->site) &&
                json_new_string(chat, "error", t[0].text ? t[0].text : t[1].text) &&
                put_time(chat, "login_refused_since", f->refused_since) &&
                json_new_integer(chat, "answered", f->inbox.answered) &&
                json_new_integer(chat, "waiting", f->inbox.waiting) &&
                put_time(chat, "last_answer", f->inbox.last_at) &&
                (list = json_new_array(chat, "troubles"));
    for (enum server_part i = 0; done && i < SERVER_PARTS; i++)
        if (t[i].text)
            done = (o = json_new_object(list, NULL)) &&
                   json_new_string(o, "part", server_part_name(i)) &&
                   json_new_string(o, "text", t[i].text) && put_time(o, "since", t[i].since) &&
                   put_time(o, "next_try", t[i].until);
    return done;
}

/* A month as its id; 0: null. */
static bool put_month(struct json *object, const char *key, int month)
{
    char id[MONTH_ID_SIZE];
    month_id(month, id);
    return json_new_string(object, key, month ? id : NULL);
}

static bool put_lists(struct json *status, const struct facts *f, const struct config *config)
{
    struct json *list = json_new_array(status, "announced"), *o = NULL;
    bool done = list;
    for (size_t i = 0; done && i < f->announced.count; i++) {
        const struct store_entry *e = &f->announced.entry[i];
        char *link = announcement_link(f, e);
        done = link && (o = json_new_object(list, NULL)) && put_month(o, "issue", e->month) &&
               json_new_string(o, "channel", e->channel_name) &&
               json_new_integer(o, "channel_id", e->channel) &&
               json_new_integer(o, "message", e->message_id) && json_new_string(o, "link", link) &&
               put_time(o, "at", e->posted_at);
        free(link);
    }
    done = done && (list = json_new_array(status, "settling"));
    for (size_t i = 0; done && i < f->pending.count; i++)
        done = (o = json_new_object(list, NULL)) &&
               put_month(o, "issue", f->pending.item[i].month) &&
               put_time(o, "due", due_at(config, &f->pending.item[i]));
    done = done && (list = json_new_array(status, "withdrawn"));
    for (size_t i = 0; done && i < f->items.count; i++)
        done = !is_withdrawn(&f->items.item[i]) || ((o = json_new_object(list, NULL)) &&
                                                    put_month(o, "issue", f->items.item[i].month) &&
                                                    put_time(o, "since", f->items.item[i].gone_at));
    done = done && (list = json_new_array(status, "in_doubt"));
    for (size_t i = 0; done && i < f->intents.count; i++)
        done = (o = json_new_object(list, NULL)) &&
               put_month(o, "issue", f->intents.entry[i].month) &&
               json_new_integer(o, "channel_id", f->intents.entry[i].channel);
    done = done && (list = json_new_array(status, "not_announced"));
    for (size_t i = 0; done && i < f->hints.count; i++) {
        char id[MONTH_ID_SIZE];
        snprintf(id, sizeof id, "%.7s", f->hints.name[i]);
        done = (o = json_new_object(list, NULL)) && json_new_string(o, "issue", id) &&
               json_new_string(o, "channel", f->hints.name[i] + MONTH_ID_SIZE);
    }
    done = done && (list = json_new_array(status, "alarms"));
    for (size_t i = 0; done && i < f->alarms.count; i++)
        done = (o = json_new_object(list, NULL)) &&
               json_new_string(o, "kind", f->alarms.alarm[i].kind) &&
               json_new_string(o, "subject", f->alarms.alarm[i].subject) &&
               put_time(o, "since", f->alarms.alarm[i].raised_at) &&
               json_new_string(o, "text", f->alarms.alarm[i].text);
    return done;
}

char *status_json(struct database *db, const struct config *config,
                  const struct status_files *files, struct fault *fault)
{
    struct facts f = {0};
    struct json *status = json_new_object(NULL, NULL), *o = NULL;
    char *text = NULL;
    bool read = read_facts(db, config, &f, fault);
    bool done = read && status && json_new_string(status, "version", TMRO_VERSION) &&
                json_new_string(status, "config", files->config) &&
                json_new_string(status, "credentials", files->credentials) &&
                json_new_string(status, "state", files->state) &&
                put_service(status, &files->service) && put_feed(status, &f, config) &&
                put_chat(status, &f) && (o = json_new_object(status, "issues")) &&
                json_new_integer(o, "known", (int64_t)f.items.count) &&
                json_new_integer(o, "archived", f.archived) &&
                put_month(o, "newest", newest_issue(&f)) && put_lists(status, &f, config) &&
                (o = json_new_object(status, "versions")) &&
                json_new_string(o, "http", http_version()) &&
                json_new_string(o, "sqlite", database_version()) &&
                (text = json_print(arena_ambient(), status, true));
    if (read && !done)
        fault_memory(fault);
    json_free(status);
    facts_finish(&f);
    return text;
}
