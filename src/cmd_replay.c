/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot replay: what the service would have done with recorded feeds.
 *
 * The decisions are those of plan.h; the clock goes from one thing that is due to the next, the
 * site is a folder, and every message arrives. */
#include "cmd_replay.h"

#include "archive.h"
#include "buf.h"
#include "chat.h"
#include "database.h"
#include "digest.h"
#include "fault.h"
#include "feed.h"
#include "file.h"
#include "http.h"
#include "intake.h"
#include "issue.h"
#include "json.h"
#include "log.h"
#include "plan.h"
#include "post.h"
#include "session.h"
#include "source.h"
#include "store.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long it goes on behind the last recording. */
#define AFTER_S 86400
/* Two passes are at least so far apart. */
#define STEP_S 1

struct replay {
    struct session *session;
    const char *folder;
    bool json;
    struct plan plan;
    struct database *db;
    struct buf body;      /* of the recording being served; empty: 404 */
    char etag[40];        /* its name */
    struct fault refusal; /* the recording is larger than any feed that is taken */
};

static const char *const actions[] = {"baseline", "settle", "announce", "edit", "skip", "alarm"};

static bool print_events(struct replay *r, struct fault *fault)
{
    bool done = true;
    for (size_t i = 0; done && i < r->plan.event_count; i++) {
        const struct plan_event *e = &r->plan.event[i];
        time_t at = (time_t)r->plan.now;
        struct tm tm;
        char when[32] = "";
        if (gmtime_r(&at, &tm))
            strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
        if (!r->json) {
            printf("%s %-8s %-7s %s\n", when, actions[e->action], *e->issue ? e->issue : "-",
                   e->why);
            continue;
        }
        struct json *line = json_new_object(NULL, NULL);
        char *text = NULL;
        done = line && json_new_string(line, "at", when) &&
               json_new_string(line, "action", actions[e->action]) &&
               json_new_string(line, "issue", *e->issue ? e->issue : NULL) &&
               json_new_string(line, "why", e->why) && (text = json_print(line, false));
        if (done)
            printf("%s\n", text);
        else
            fault_memory(fault);
        free(text);
        json_free(line);
    }
    plan_finish(&r->plan);
    return done;
}

/* Asks the recording for the feed, if it is time. */
static bool poll_feed(struct replay *r, struct fault *fault)
{
    struct feed_state feed = {0};
    struct http_response response = {.retry_after_s = -1, .max_age_s = -1};
    bool wanted, held;
    bool done = plan_poll(&r->plan, &wanted, &held, &feed, fault);
    if (done && wanted) {
        bool same = r->plan.conditional && feed.etag && strcmp(feed.etag, r->etag) == 0;
        response.status = r->body.len == 0 ? 404 : same ? 304 : 200;
        response.body = r->body;
        response.date = r->plan.now;
        response.etag = r->etag;
        done = intake_take(&r->plan, r->refusal.kind ? NULL : &response, &r->refusal, fault);
    }
    feed_state_finish(&feed);
    return done;
}

/* Reads the page of an issue, else what the feed has of it. `*text`: there was some. */
static bool read_issue(struct replay *r, const struct watch_item *item, struct issue *issue,
                       bool *text, struct fault *fault)
{
    struct buf page = BUF_INIT(POST_MAX_BYTES);
    struct feed feed = {0};
    struct fault absent = {0}, nonsense = {0};
    char path[PATH_MAX];
    const char *site = r->session->config.site_url;
    snprintf(path, sizeof path, "%s/pages/%s.html", r->folder, item->id);
    *text = false;
    if (file_read(path, &page, &absent)) {
        char *url = issue_url(site, item->id);
        *text = url && post_read_page(buf_str(&page), page.len, url, issue, &nonsense) &&
                strcmp(issue->id, item->id) == 0 &&
                archive_put(r->db, issue, true, buf_str(&page), page.len, &nonsense);
        free(url);
    } else if (absent.kind == FAULT_ABSENT &&
               feed_parse(buf_str(&r->body), r->body.len, site, &feed, &nonsense)) {
        const struct feed_entry *entry = feed_find(&feed, item->id);
        *text = entry && source_take_entry(entry, issue, &nonsense);
    } else if (absent.kind != FAULT_ABSENT) {
        nonsense = absent;
    }
    buf_finish(&page);
    feed_finish(&feed);
    if (nonsense.kind == FAULT_NONE || nonsense.kind == FAULT_INPUT ||
        nonsense.kind == FAULT_ABSENT)
        return true;
    *fault = nonsense;
    return false;
}

/* The message of an issue; NULL: fault. */
static char *write_message(struct replay *r, const struct issue *issue, const char *fresh,
                           struct fault *fault)
{
    struct digest_options options = {.max_length = CHAT_MESSAGE_LENGTH,
                                     .suggest = r->session->config.site_suggest,
                                     .fresh = fresh};
    char *message = digest_announcement(issue, &options);
    if (!message)
        fault_memory(fault);
    return message;
}

/* Posts nowhere, and records it; the row of a destination stands for its channel. */
static bool record(struct replay *r, const struct watch_item *item, const struct issue *issue,
                   bool text, struct fault *fault)
{
    const struct config *config = &r->session->config;
    bool whole = text && issue_is_plausible(issue), done = true;
    char *fresh = NULL, *data = NULL, *content = NULL;
    if (whole)
        done = archive_fresh(r->db, issue, &fresh, fault) &&
               ((data = issue_data(issue)) || fault_memory(fault)) &&
               (content = write_message(r, issue, fresh, fault));
    struct store_message message = {
        .channel_name = "", .topic = "", .content = content ? content : "", data, fresh};
    for (size_t i = 0; done && i < config->destination_count; i++) {
        int64_t row;
        bool pending;
        done = plan_destination(&r->plan, config->destinations[i].channel, 0, &row, fault) &&
               watchstate_is_pending(r->db, row, item->id, &pending, fault);
        if (done && pending)
            done = store_put_intent(r->db, item->id, row, 0, 0, &message, fault) &&
                   store_put_posted(r->db, item->id, row, 1, r->plan.now, &message, fault) &&
                   plan_announced(&r->plan, item->id, row, fault);
    }
    free(content);
    free(data);
    free(fresh);
    return done;
}

static bool announce_due(struct replay *r, struct fault *fault)
{
    struct watch_items due = {0};
    bool done = plan_list_due(&r->plan, &due, fault);
    for (size_t i = 0; done && i < due.count && i < PLAN_ISSUES_PER_PASS; i++) {
        const struct watch_item *item = &due.item[i];
        struct issue issue = {0};
        bool text = false;
        done = read_issue(r, item, &issue, &text, fault) && record(r, item, &issue, text, fault) &&
               (plan_note(&r->plan, PLAN_ANNOUNCE, item->id, "%s",
                          !text                        ? "settled; there is no text of it"
                          : issue_is_plausible(&issue) ? "settled"
                                                       : "settled; its reading is implausible") ||
                fault_memory(fault));
        if (done && text && !issue_is_plausible(&issue))
            done = plan_raise(
                &r->plan, "implausible", item->id, item->id,
                "the reading is implausible: the announcement is its title line alone", fault);
        issue_finish(&issue);
    }
    watch_items_finish(&due);
    return done;
}

static bool recheck(struct replay *r, const struct watch_item *item, struct fault *fault)
{
    struct store_entries entries = {0};
    struct issue issue = {0};
    char *data = NULL;
    bool text = false, edited = false;
    bool done = read_issue(r, item, &issue, &text, fault) &&
                store_list_announcements(r->db, item->id, &entries, fault);
    if (done && text)
        done = (data = issue_data(&issue)) || fault_memory(fault);
    bool good = data && issue_is_plausible(&issue), differs = false;
    int64_t seen = good ? issue_data_hash(data) : 0;
    bool correctable = plan_is_correctable(&r->plan, item, seen);
    for (size_t i = 0; done && good && i < entries.count; i++) {
        const struct store_entry *e = &entries.entry[i];
        if (!e->data || issue_data_same(e->data, data))
            continue;
        differs = true;
        if (!correctable)
            continue;
        char *content = write_message(r, &issue, e->fresh, fault);
        struct store_message message = {e->channel_name, e->topic, content, data, e->fresh};
        edited = edited || (content && strcmp(content, e->content) != 0);
        done = content && store_put_edited(r->db, item->id, e->channel, e->message_id, e->posted_at,
                                           &message, fault);
        free(content);
    }
    done = done && plan_rechecked(&r->plan, item, differs ? seen : 0, fault) &&
           (!edited || plan_note(&r->plan, PLAN_EDIT, item->id, "its text was corrected") ||
            fault_memory(fault));
    free(data);
    store_entries_finish(&entries);
    issue_finish(&issue);
    return done;
}

static bool pass(struct replay *r, double now, bool recorded, struct fault *fault)
{
    struct watch_items due = {0};
    bool done = plan_begin(&r->plan, now, recorded, fault) && poll_feed(r, fault) &&
                plan_look_at_clock(&r->plan, fault) && announce_due(r, fault) &&
                plan_list_rechecks(&r->plan, &due, fault);
    for (size_t i = 0; done && i < due.count; i++)
        done = recheck(r, &due.item[i], fault);
    watch_items_finish(&due);
    return done && print_events(r, fault);
}

/* All passes that are due before `until`. */
static bool pass_until(struct replay *r, double until, struct fault *fault)
{
    for (;;) {
        double poll, work;
        if (!plan_next(&r->plan, &poll, &work, fault))
            return false;
        /* What is still due is more than one pass takes. */
        if (work <= r->plan.now)
            work = r->plan.now + plan_backoff(&r->plan, 0);
        double next = fmax(fmin(poll, work), r->plan.now + STEP_S);
        if (next >= until)
            return true;
        if (stop_requested(&r->session->stop))
            return fault_set(fault, FAULT_STOPPED, "interrupted");
        if (!pass(r, next, false, fault))
            return false;
    }
}

/* The time in the name of a recording; -1: it is none. Written otherwise than it would be here, it
 * would not be in the order of names. */
static double recorded_at(const char *name)
{
    struct tm tm = {0};
    char own[40] = "";
    if (!strptime(name, "%Y-%m-%dT%H%M%SZ.xml", &tm))
        return -1;
    time_t at = timegm(&tm);
    if (!gmtime_r(&at, &tm) || !strftime(own, sizeof own, "%Y-%m-%dT%H%M%SZ.xml", &tm) ||
        strcmp(own, name) != 0)
        return -1;
    return (double)at;
}

static int is_recording(const struct dirent *entry)
{
    return recorded_at(entry->d_name) >= 0;
}

/* Begins to serve a recording. */
static bool load(struct replay *r, const char *name, struct fault *fault)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    snprintf(r->etag, sizeof r->etag, "\"%.30s\"", name);
    buf_finish(&r->body);
    r->body = BUF_INIT(FEED_MAX_BYTES);
    r->refusal = (struct fault){0};
    if (file_read(path, &r->body, fault))
        return true;
    if (!r->body.full)
        return false;
    buf_finish(&r->body);
    r->refusal = *fault;
    *fault = (struct fault){0};
    return true;
}

static bool replay(struct replay *r, struct dirent **files, int count, struct fault *fault)
{
    for (int i = 0; i < count; i++) {
        double at = recorded_at(files[i]->d_name);
        double until = i + 1 < count ? recorded_at(files[i + 1]->d_name) : at + AFTER_S + STEP_S;
        if (!load(r, files[i]->d_name, fault) || !pass(r, at, true, fault) ||
            !pass_until(r, until, fault))
            return false;
    }
    return true;
}

enum { TEXT, JSON };

static const struct option_row options[] = {
    [TEXT] = {"format", "text", "a line for each decision (the default)", 0},
    [JSON] = {"format", "json", "the same as data", 0},
    {0}};

static int run(struct session *session, const struct arguments *arguments)
{
    struct replay r = {.session = session,
                       .folder = arguments->words[0],
                       .json = arguments->value[JSON],
                       .body = BUF_INIT(FEED_MAX_BYTES)};
    struct fault fault = {0};
    struct dirent **files = NULL;
    char shown[300];
    int count = scandir(r.folder, &files, is_recording, alphasort);
    if (count < 0 && errno == ENOMEM)
        fault_memory(&fault);
    else if (count <= 0)
        fault_set(&fault, FAULT_ABSENT,
                  "there are no recorded feeds (YYYY-MM-DDTHHMMSSZ.xml) in '%s'",
                  text_printable(shown, sizeof shown, r.folder, strlen(r.folder)));
    else if ((r.db = database_open(NULL, "replay", DATABASE_CREATE, &fault)) &&
             session_listen(session, &fault)) {
        r.plan = (struct plan){.db = r.db, .config = &session->config};
        replay(&r, files, count, &fault);
    }
    for (int i = 0; i < count; i++)
        free(files[i]);
    free(files);
    plan_finish(&r.plan);
    database_close(r.db);
    buf_finish(&r.body);
    return fault.kind ? log_fault(&fault) : 0;
}

const struct subcommand cmd_replay = {
    .name = "replay",
    .summary = "say what the service would do with recorded feeds",
    .words = "DIR",
    .least = 1,
    .most = 1,
    .options = options,
    .notes =
        "DIR has YYYY-MM-DDTHHMMSSZ.xml (empty: 404), and pages/YYYY-MM.html if there are any\n",
    .run = run};
