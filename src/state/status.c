/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bot's status, from its state. */
#include "state/status.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "base/version.h"
#include "io/config.h"
#include "io/database.h"
#include "io/http.h"
#include "io/json.h"
#include "news/month.h"
#include "state/archive.h"
#include "state/outbox.h"
#include "state/server.h"
#include "state/watched.h"
#include "zulip/chat.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define STATUS_MAX (1024 * 1024)

/* How long an issue is shown that left the feed before it was announced. */
#define WITHDRAWN_S (30 * 86400.0)

/* The newest issue, which a new destination did not get. */
struct hint {
    int month;
    const char *channel;
};

/* Everything the status shows, read once. */
struct facts {
    const struct config *config;
    double now;
    const char *site;
    struct feed_state feed;
    struct watched_items items;
    struct outbox_entries announced, waiting;
    struct alarms alarms;
    struct hint *hints;
    size_t hint_count;
    double next_poll, refused_since;
    int64_t archived;
    struct outbox_summary answers;
    struct server_trouble trouble[SERVER_PARTS];
};

static bool read_hints(struct arena *arena, struct database *db, struct facts *f,
                       struct fault *fault)
{
    for (size_t i = 0; i < f->config->destination_count; i++) {
        const char *name = f->config->destinations[i].channel;
        struct destination_row row;
        struct outbox_entry posted, waiting;
        if (!destination_find(db, name, 0, &row, fault) ||
            !outbox_get_announced(arena, db, row.hint, row.channel, &posted, &waiting, fault))
            return false;
        if (!row.hint || posted.id)
            continue;
        struct hint *hint = arena_add(arena, &f->hints, &f->hint_count, sizeof *hint);
        *hint = (struct hint){row.hint, name};
    }
    return true;
}

static bool read_facts(struct arena *arena, struct database *db, const struct config *config,
                       double now, struct facts *f, struct fault *fault)
{
    *f = (struct facts){.config = config, .now = now, .site = database_site_url(db)};
    for (enum server_part i = 0; i < SERVER_PARTS; i++)
        if (!server_get_trouble(arena, db, i, &f->trouble[i], fault))
            return false;
    if (!watched_get_feed(arena, db, config->site_feed, &f->feed, fault))
        return false;
    f->next_poll = watched_poll_at(&f->feed, false);
    return watched_list_items(arena, db, &f->items, fault) &&
           outbox_list_announced(arena, db, 0, &f->announced, fault) &&
           outbox_list_waiting(arena, db, OUTBOX_ANNOUNCEMENT, &f->waiting, fault) &&
           watched_list_alarms(arena, db, true, &f->alarms, fault) &&
           read_hints(arena, db, f, fault) && server_get_refused(db, &f->refused_since, fault) &&
           archive_count(db, &f->archived, fault) && outbox_summarize(db, now, &f->answers, fault);
}

static const char *known_time(double at, const char *never, char out[TEXT_TIME_SIZE])
{
    if (at > 0 && isfinite(at))
        text_time(at, out);
    else
        snprintf(out, TEXT_TIME_SIZE, "%s", never);
    return out;
}

char *status_line(struct arena *arena, struct database *db, const struct config *config, double now,
                  struct fault *fault)
{
    struct facts f;
    struct buf out = BUF_INIT(arena, STATUS_MAX);
    char at[TEXT_TIME_SIZE], month[MONTH_TEXT_SIZE];
    if (!read_facts(arena, db, config, now, &f, fault))
        return NULL;
    if (f.announced.count) {
        month_text((int)f.announced.entry[0].about, month);
        buf_addf(&out, "announced %s; ", month);
    } else {
        buf_adds(&out, "I have not announced anything yet; ");
    }
    if (f.feed.good_at > 0)
        buf_addf(&out, "last good poll %s", known_time(f.feed.good_at, "", at));
    else
        buf_adds(&out, "the site has not been read yet");
    if (f.next_poll > 0 && isfinite(f.next_poll))
        buf_addf(&out, "; next poll %s", known_time(f.next_poll, "", at));
    size_t pending = 0;
    for (size_t i = 0; i < f.items.count; i++)
        pending += f.items.item[i].pending;
    if (pending)
        buf_addf(&out, "; %zu to announce", pending);
    if (f.feed.error)
        buf_addf(&out, "; %s", f.feed.error);
    for (enum server_part i = 0; i < SERVER_PARTS; i++)
        if (f.trouble[i].text)
            buf_addf(&out, "; %s: %s", server_part_name(i), f.trouble[i].text);
    return buf_str(&out);
}

/* A time as ISO 8601, or null. */
static void put_time(struct json *object, const char *name, double at)
{
    char text[32] = "";
    time_t seconds = (time_t)(isfinite(at) ? at : 0);
    struct tm tm;
    if (seconds > 0 && gmtime_r(&seconds, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    json_new_string(object, name, *text ? text : NULL);
}

/* A month as its id, or null. */
static void put_month(struct json *object, const char *name, int month)
{
    char id[MONTH_ID_SIZE];
    month_id(month, id);
    json_new_string(object, name, month ? id : NULL);
}

/* Adds an object about an issue to a list. */
static struct json *add_issue(struct json *list, int month)
{
    struct json *object = json_new_object(list, NULL);
    put_month(object, "issue", month);
    return object;
}

/* The functions below write each fact twice: into the text, and into an object of the JSON. */

static void tell_files(const struct status_files *files, struct buf *text, struct json *status)
{
    buf_addf(text, "version      %s, %s, SQLite %s\n", TMRO_VERSION, http_version(),
             database_version());
    json_new_string(status, "version", TMRO_VERSION);
    buf_addf(text, "config       %s\n", files->config ? files->config : "built-in defaults");
    json_new_string(status, "config", files->config);
    buf_addf(text, "credentials  %s\n", files->credentials ? files->credentials : "none found");
    json_new_string(status, "credentials", files->credentials);
    buf_addf(text, "state        %s\n", files->state);
    json_new_string(status, "state", files->state);
}

static void tell_service(const struct lock_holder *service, struct buf *text, struct json *status)
{
    char at[TEXT_TIME_SIZE];
    if (!service->pid) {
        buf_adds(text, "service      is not running\n");
        json_new_string(status, "service", NULL);
        return;
    }
    buf_addf(text, "service      runs as pid %" PRId64 " since %s\n", service->pid,
             known_time(service->since, "an unknown time", at));
    struct json *object = json_new_object(status, "service");
    json_new_integer(object, "pid", service->pid);
    put_time(object, "since", service->since);
}

static void tell_feed(const struct facts *f, struct buf *text, struct json *feed)
{
    char at[TEXT_TIME_SIZE];
    buf_addf(text, "feed         %s\n", f->config->site_feed);
    json_new_string(feed, "url", f->config->site_feed);
    put_time(feed, "last_poll", f->feed.polled_at);
    buf_addf(text, "last good    %s\n", known_time(f->feed.good_at, "never", at));
    put_time(feed, "last_good_poll", f->feed.good_at);
    buf_addf(text, "next poll    %s\n",
             known_time(f->next_poll, f->feed.gone ? "never: the feed is gone" : "now", at));
    put_time(feed, "next_poll", f->next_poll);
    json_new_string(feed, "error", f->feed.error);
    put_time(feed, "distrusted_since", f->feed.distrusted_at);
}

/* What fails now, one line each. */
static void tell_errors(const struct facts *f, struct buf *text, struct json *chat)
{
    const struct server_trouble *t = f->trouble;
    const char *label = "last error";
    char since[TEXT_TIME_SIZE], until[TEXT_TIME_SIZE];
    if (f->feed.error) {
        buf_addf(text, "%-12s %s\n", label, f->feed.error);
        label = "";
    }
    json_new_string(chat, "error", t[0].text ? t[0].text : t[1].text);
    struct json *list = json_new_array(chat, "troubles");
    for (enum server_part i = 0; i < SERVER_PARTS; i++) {
        if (!t[i].text)
            continue;
        buf_addf(text, "%-12s %s: %s; since %s, next try %s\n", label, server_part_name(i),
                 t[i].text, known_time(t[i].since, "?", since),
                 known_time(t[i].until, "with the next pass", until));
        label = "";
        struct json *o = json_new_object(list, NULL);
        json_new_string(o, "part", server_part_name(i));
        json_new_string(o, "text", t[i].text);
        put_time(o, "since", t[i].since);
        put_time(o, "next_try", t[i].until);
    }
    if (*label)
        buf_adds(text, "last error   none\n");
}

static void tell_issues(const struct facts *f, struct buf *text, struct json *issues)
{
    const struct watched_item *item = watched_newest(&f->items);
    int newest = item ? item->month : 0;
    char id[MONTH_ID_SIZE];
    month_id(newest, id);
    buf_addf(text, "issues       %zu known, %" PRId64 " in the archive, the newest is %s\n",
             f->items.count, f->archived, newest ? id : "not known");
    json_new_integer(issues, "known", (int64_t)f->items.count);
    json_new_integer(issues, "archived", f->archived);
    put_month(issues, "newest", newest);
}

static void tell_answers(const struct facts *f, struct buf *text, struct json *chat)
{
    char at[TEXT_TIME_SIZE];
    buf_addf(text, "answers      %" PRId64 " in the last week, the last %s%s\n",
             f->answers.answered, known_time(f->answers.last_at, "never", at),
             f->answers.waiting ? "; some wait" : "");
    json_new_integer(chat, "answered", f->answers.answered);
    json_new_integer(chat, "waiting", f->answers.waiting);
    put_time(chat, "last_answer", f->answers.last_at);
}

static void tell_announced(const struct facts *f, struct buf *text, struct json *list)
{
    char at[TEXT_TIME_SIZE], month[MONTH_TEXT_SIZE], channel[200];
    for (size_t i = 0; i < f->announced.count; i++) {
        const struct outbox_entry *e = &f->announced.entry[i];
        const char *link = chat_link(text->arena, f->site ? f->site : "", e->place.channel,
                                     e->channel_name, e->place.topic, e->message);
        month_text((int)e->about, month);
        text_printable(channel, sizeof channel, e->channel_name, strlen(e->channel_name));
        buf_addf(text, "announced    %s in '%s', %s, %s\n", month, channel,
                 known_time(e->at, "at an unknown time", at), link);
        struct json *o = add_issue(list, (int)e->about);
        json_new_string(o, "channel", e->channel_name);
        json_new_integer(o, "channel_id", e->place.channel);
        json_new_integer(o, "message", e->message);
        json_new_string(o, "link", link);
        put_time(o, "at", e->at);
    }
    if (!f->announced.count)
        buf_adds(text, "announced    nothing yet\n");
}

static void tell_settling(const struct facts *f, struct buf *text, struct json *list)
{
    char at[TEXT_TIME_SIZE], id[MONTH_ID_SIZE];
    for (size_t i = 0; i < f->items.count; i++) {
        const struct watched_item *item = &f->items.item[i];
        if (!item->pending)
            continue;
        double due = watched_due_at(item, f->config->timing.settle_s);
        month_id(item->month, id);
        buf_addf(text, "settling     %s, to be announced from %s\n", id,
                 known_time(due, "now", at));
        struct json *o = add_issue(list, item->month);
        put_time(o, "due", due);
    }
}

static void tell_withdrawn(const struct facts *f, struct buf *text, struct json *list)
{
    char at[TEXT_TIME_SIZE], id[MONTH_ID_SIZE];
    for (size_t i = 0; i < f->items.count; i++) {
        const struct watched_item *item = &f->items.item[i];
        if (!item->waits || item->gone_at <= 0 || f->now - item->gone_at >= WITHDRAWN_S)
            continue;
        month_id(item->month, id);
        buf_addf(text, "withdrawn    %s: it left the feed at %s, before it was announced\n", id,
                 known_time(item->gone_at, "?", at));
        struct json *o = add_issue(list, item->month);
        put_time(o, "since", item->gone_at);
    }
}

static void tell_waiting(const struct facts *f, struct buf *text, struct json *list)
{
    char id[MONTH_ID_SIZE];
    for (size_t i = 0; i < f->waiting.count; i++) {
        const struct outbox_entry *e = &f->waiting.entry[i];
        month_id((int)e->about, id);
        buf_addf(text, "%-12s %s in channel %" PRId64 ": the next pass settles it\n",
                 e->state == OUTBOX_SENT ? "in doubt" : "waiting", id, e->place.channel);
        struct json *o = add_issue(list, (int)e->about);
        json_new_integer(o, "channel_id", e->place.channel);
    }
}

static void tell_hints(const struct facts *f, struct buf *text, struct json *list)
{
    char id[MONTH_ID_SIZE];
    for (size_t i = 0; i < f->hint_count; i++) {
        month_id(f->hints[i].month, id);
        buf_addf(text, "not there    %s %s: 'tmro-bot announce %s' announces it\n", id,
                 f->hints[i].channel, id);
        struct json *o = add_issue(list, f->hints[i].month);
        json_new_string(o, "channel", f->hints[i].channel);
    }
}

static void tell_alarms(const struct facts *f, struct buf *text, struct json *list)
{
    char at[TEXT_TIME_SIZE];
    for (size_t i = 0; i < f->alarms.count; i++) {
        const struct alarm *alarm = &f->alarms.alarm[i];
        buf_addf(text, "alarm        %s since %s: %s\n", alarm->kind,
                 known_time(alarm->raised_at, "?", at), alarm->text);
        struct json *o = json_new_object(list, NULL);
        json_new_string(o, "kind", alarm->kind);
        json_new_string(o, "subject", alarm->subject);
        put_time(o, "since", alarm->raised_at);
        json_new_string(o, "text", alarm->text);
    }
}

bool status_tell(struct arena *arena, struct database *db, const struct config *config,
                 const struct status_files *files, double now, struct status *told,
                 struct fault *fault)
{
    struct facts f;
    struct buf text = BUF_INIT(arena, STATUS_MAX);
    if (!read_facts(arena, db, config, now, &f, fault))
        return false;
    struct json *status = json_new_object(NULL, NULL);
    tell_files(files, &text, status);
    tell_service(&files->service, &text, status);
    struct json *feed = json_new_object(status, "feed"), *chat = json_new_object(status, "chat");
    buf_addf(&text, "chat         %s\n", f.site ? f.site : "not asked yet");
    json_new_string(chat, "url", f.site);
    put_time(chat, "login_refused_since", f.refused_since);
    tell_feed(&f, &text, feed);
    tell_errors(&f, &text, chat);
    tell_issues(&f, &text, json_new_object(status, "issues"));
    tell_answers(&f, &text, chat);
    tell_announced(&f, &text, json_new_array(status, "announced"));
    tell_settling(&f, &text, json_new_array(status, "settling"));
    tell_withdrawn(&f, &text, json_new_array(status, "withdrawn"));
    tell_waiting(&f, &text, json_new_array(status, "in_doubt"));
    tell_hints(&f, &text, json_new_array(status, "not_announced"));
    tell_alarms(&f, &text, json_new_array(status, "alarms"));
    struct json *versions = json_new_object(status, "versions");
    json_new_string(versions, "http", http_version());
    json_new_string(versions, "sqlite", database_version());
    *told = (struct status){buf_str(&text), json_print(arena, status, true)};
    json_free(status);
    return true;
}
