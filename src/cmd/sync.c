/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot sync: brings the archive up to date, and accepts the feed as it is. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/stop.h"
#include "cmd/commands.h"
#include "cmd/session.h"
#include "io/database.h"
#include "io/http.h"
#include "news/feed.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/source.h"
#include "state/archive.h"
#include "state/watched.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Longest wait that the site may ask for here. */
#define WAIT_MAX_S 120

struct sync {
    struct session *session;
    struct source source;
    struct arena *turn;   /* memory of one issue */
    struct months months; /* of all issues the site offers */
    size_t failed;
    bool terminal, in_line; /* the line of the progress is not ended */
};

/* Shows how far it is, on a terminal only. */
static void show_progress(struct sync *sync, size_t done)
{
    if (!sync->terminal)
        return;
    sync->in_line = done < sync->months.count;
    fprintf(stderr, "\r%zu of %zu issues%s", done, sync->months.count, sync->in_line ? "" : "\n");
}

/* Ends the line of the progress before something else is printed. */
static void end_progress(struct sync *sync)
{
    if (sync->in_line)
        fputc('\n', stderr);
    sync->in_line = false;
}

/* Keeps the text that the feed has of an issue, if there is some that reads as one. */
static bool keep_entry(struct sync *sync, const struct feed_entry *entry, struct fault *fault)
{
    struct issue issue = {0};
    struct fault failure = {0};
    if (!entry || !entry->content)
        return true;
    if ((source_take_entry(sync->turn, entry, &issue, &failure) &&
         archive_put(sync->session->db, &issue, false, entry->content, strlen(entry->content),
                     &failure)) ||
        failure.kind == FAULT_INPUT)
        return true;
    *fault = failure;
    return false;
}

/* Fetches a page, and once more if the site asks for a short wait. */
static bool fetch_page(struct sync *sync, int month, struct http_response *response,
                       struct fault *fault)
{
    if (source_fetch_page(sync->turn, &sync->source, month, response, fault))
        return true;
    int wait_s = fault->retry_after_s;
    if (fault->kind != FAULT_RETRY || wait_s <= 0 || wait_s > WAIT_MAX_S)
        return false;
    end_progress(sync);
    log_line(LOG_LEVEL_INFO, "%s; waiting %d s", fault->msg, wait_s);
    if (!stop_wait(&sync->session->stop, wait_s))
        return fault_set(fault, FAULT_STOPPED, "interrupted");
    *fault = (struct fault){0};
    return source_fetch_page(sync->turn, &sync->source, month, response, fault);
}

/* Fetches and keeps the page of an issue. */
static bool keep_page(struct sync *sync, int month, struct fault *fault)
{
    struct http_response response = {0};
    struct issue issue = {0};
    return fetch_page(sync, month, &response, fault) &&
           source_read_page(sync->turn, &sync->source, month, &response, &issue, fault) &&
           archive_put_page(sync->session->db, &issue, &response.body, fault);
}

/* Keeps what the feed has of all issues of which nothing is kept yet; this needs no request. */
static bool keep_entries(struct sync *sync, const struct feed *feed, struct fault *fault)
{
    bool done = true;
    for (size_t i = 0; done && i < sync->months.count; i++) {
        int month = sync->months.month[i];
        bool has;
        done = archive_has(sync->session->db, month, &has, fault) &&
               (has || keep_entry(sync, feed_find(feed, month), fault));
        arena_reset(sync->turn);
    }
    return done;
}

/* Keeps the page of one issue, unless it is kept; what the site does not have is said when nothing
 * else is known of the issue. */
static bool keep(struct sync *sync, int month, struct fault *fault)
{
    struct database *db = sync->session->db;
    bool has;
    char id[MONTH_ID_SIZE];
    if (!archive_has_page(db, month, &has, fault))
        return false;
    if (has || keep_page(sync, month, fault))
        return true;
    if (fault->kind != FAULT_ABSENT && fault->kind != FAULT_INPUT)
        return false;
    struct fault failure = *fault;
    *fault = (struct fault){0};
    if (!archive_has(db, month, &has, fault) || has)
        return has;
    end_progress(sync);
    month_id(month, id);
    log_line(LOG_LEVEL_WARNING, "issue %s: %s", id, failure.msg);
    sync->failed++;
    return true;
}

/* All that the feed or the site's list of issues names. */
static bool list_issues(struct sync *sync, const struct feed *feed, struct fault *fault)
{
    struct fault none = {0};
    for (size_t i = 0; i < feed->count; i++)
        months_add(sync->session->arena, &sync->months, feed->entries[i].month);
    if (!watched_keep_listed(sync->session->db, &sync->months, (double)time(NULL), fault))
        return false;
    if (!source_list_issues(sync->session->arena, &sync->source, feed->present, &sync->months,
                            &none)) {
        if (none.kind == FAULT_STOPPED || none.kind == FAULT_LOCAL) {
            *fault = none;
            return false;
        }
        log_line(LOG_LEVEL_DEBUG, "no list of issues: %s", none.msg);
    }
    return true;
}

static bool keep_all(struct sync *sync, const struct feed *feed, struct fault *fault)
{
    if (!keep_entries(sync, feed, fault))
        return false;
    for (size_t i = 0; i < sync->months.count; i++) {
        bool kept = keep(sync, sync->months.month[i], fault);
        arena_reset(sync->turn);
        if (!kept)
            return false;
        show_progress(sync, i + 1);
        if (stop_requested(&sync->session->stop))
            return fault_set(fault, FAULT_STOPPED, "interrupted; sync again goes on from here");
    }
    return true;
}

static bool run(struct sync *sync, struct fault *fault)
{
    struct session *session = sync->session;
    struct feed feed = {0};
    int64_t before = 0, count = 0;
    if (!archive_count(session->db, &before, fault) ||
        !source_fetch_feed(session->arena, &sync->source, &feed, fault) ||
        !list_issues(sync, &feed, fault))
        return false;
    bool kept = keep_all(sync, &feed, fault);
    end_progress(sync);
    if (!kept ||
        !watched_note_read(session->db, session->config.site_feed, (double)time(NULL), fault) ||
        !archive_count(session->db, &count, fault))
        return false;
    printf("%" PRId64 " issues in the archive, %" PRId64 " of them new%s\n", count, count - before,
           sync->failed ? "; what could not be read is said above" : "");
    return true;
}

static int sync_archive(struct session *session, const struct arguments *arguments)
{
    struct fault fault = {0};
    struct sync sync = {.session = session,
                        .source = {.config = &session->config, .http = session->http},
                        .turn = arena_new(),
                        .terminal = isatty(STDERR_FILENO)};
    (void)arguments;
    bool done = session_listen(session, &fault) &&
                session_open_state(session, DATABASE_CREATE, &fault) && run(&sync, &fault);
    arena_free(sync.turn);
    return done ? 0 : log_fault(&fault);
}

const struct subcommand cmd_sync = {
    .name = "sync",
    .summary = "bring the archive up to date, and accept the feed as it is",
    .run = sync_archive};
