/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot sync: brings the archive up to date, and accepts the feed as it is. */
#include "cmd_sync.h"

#include "archive.h"
#include "buf.h"
#include "database.h"
#include "fault.h"
#include "feed.h"
#include "http.h"
#include "issue.h"
#include "log.h"
#include "month.h"
#include "session.h"
#include "source.h"
#include "stop.h"
#include "watchstate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Longest wait that the site may ask for here. */
#define WAIT_MAX_S 120

struct sync {
    struct session *session;
    struct source source;
    struct months months; /* of all issues the site offers */
    size_t added, failed;
    bool terminal, in_line; /* something stands in the line of the progress */
};

/* The line that shows how far it is, on a terminal only. */
static void show_progress(struct sync *sync, size_t done)
{
    if (!sync->terminal)
        return;
    sync->in_line = done < sync->months.count;
    fprintf(stderr, "\r%zu of %zu issues%s", done, sync->months.count, sync->in_line ? "" : "\n");
}

/* Leaves that line to itself before something else is said. */
static void end_progress(struct sync *sync)
{
    if (sync->in_line)
        fputc('\n', stderr);
    sync->in_line = false;
}

/* Keeps the text that the feed has of an issue; `*kept`: there was some that reads as one. */
static bool keep_entry(struct sync *sync, const struct feed_entry *entry, bool *kept,
                       struct fault *fault)
{
    struct issue issue = {0};
    struct fault failure = {0};
    *kept = entry && entry->content && source_take_entry(entry, &issue, &failure) &&
            archive_put(sync->session->db, &issue, false, entry->content, strlen(entry->content),
                        &failure);
    issue_finish(&issue);
    if (failure.kind && failure.kind != FAULT_INPUT) {
        *fault = failure;
        return false;
    }
    return true;
}

/* Fetches and keeps the page of an issue. */
static bool keep_page(struct sync *sync, int month, struct fault *fault)
{
    struct http_response response = {0};
    struct issue issue = {0};
    bool done = source_fetch_page(&sync->source, month, &response, fault);
    if (!done && fault->kind == FAULT_RETRY && fault->retry_after_s > 0 &&
        fault->retry_after_s <= WAIT_MAX_S) {
        end_progress(sync);
        log_line(LOG_LEVEL_INFO, "%s; waiting %d s", fault->msg, fault->retry_after_s);
        int wait_s = fault->retry_after_s;
        *fault = (struct fault){0};
        done = (stop_wait(&sync->session->stop, wait_s) ||
                fault_set(fault, FAULT_STOPPED, "interrupted")) &&
               source_fetch_page(&sync->source, month, &response, fault);
    }
    done = done && source_read_page(&sync->source, month, &response, &issue, fault) &&
           archive_put_page(sync->session->db, &issue, &response.body, fault);
    issue_finish(&issue);
    return done;
}

/* Keeps one issue that is not kept yet; what the site does not have is counted. */
static bool keep(struct sync *sync, const struct feed *feed, int month, struct fault *fault)
{
    bool has, kept;
    char id[MONTH_ID_SIZE];
    if (!archive_has(sync->session->db, month, &has, fault))
        return false;
    if (has)
        return true;
    if (!keep_entry(sync, feed_find(feed, month), &kept, fault))
        return false;
    if (!kept && !keep_page(sync, month, fault)) {
        if (fault->kind != FAULT_ABSENT && fault->kind != FAULT_INPUT)
            return false;
        end_progress(sync);
        month_id(month, id);
        log_line(LOG_LEVEL_WARNING, "issue %s: %s", id, fault->msg);
        *fault = (struct fault){0};
        sync->failed++;
        return true;
    }
    sync->added++;
    return true;
}

static int by_month(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* All that the feed or the site's list of issues names. */
static bool list_issues(struct sync *sync, const struct feed *feed, struct fault *fault)
{
    bool done = true;
    for (size_t i = 0; done && i < feed->count; i++)
        done = months_add(&sync->months, feed->entries[i].month);
    if (!done)
        return fault_memory(fault);
    if (!watchstate_keep_listed(sync->session->db, &sync->months, (double)time(NULL), fault))
        return false;
    struct fault none = {0};
    if (!source_list_issues(&sync->source, feed->present, &sync->months, &none)) {
        if (none.kind == FAULT_STOPPED || none.kind == FAULT_LOCAL) {
            *fault = none;
            return false;
        }
        log_line(LOG_LEVEL_DEBUG, "no list of issues: %s", none.msg);
    }
    if (sync->months.count)
        qsort(sync->months.month, sync->months.count, sizeof *sync->months.month, by_month);
    return true;
}

static bool run(struct sync *sync, struct fault *fault)
{
    struct feed feed = {0};
    int64_t count = 0;
    bool done = source_fetch_feed(&sync->source, &feed, fault) && list_issues(sync, &feed, fault);
    for (size_t i = 0; done && i < sync->months.count; i++) {
        done = keep(sync, &feed, sync->months.month[i], fault);
        if (done)
            show_progress(sync, i + 1);
        if (done && stop_requested(&sync->session->stop))
            done = fault_set(fault, FAULT_STOPPED, "interrupted; sync again goes on from here");
    }
    end_progress(sync);
    done = done &&
           watchstate_note_read(sync->session->db, sync->session->config.site_feed,
                                (double)time(NULL), fault) &&
           archive_count(sync->session->db, &count, fault);
    if (done)
        printf("%" PRId64 " issues in the archive, %zu of them new%s\n", count, sync->added,
               sync->failed ? "; what could not be read is said above" : "");
    feed_finish(&feed);
    return done;
}

static int sync_archive(struct session *session, const struct arguments *arguments)
{
    struct fault fault = {0};
    (void)arguments;
    struct sync sync = {.session = session,
                        .source = {.config = &session->config, .http = session->site},
                        .terminal = isatty(STDERR_FILENO)};
    bool done = session_listen(session, &fault) &&
                session_open_database(session, DATABASE_CREATE, &fault) && run(&sync, &fault);
    int status = done ? 0 : log_fault(&fault);
    months_finish(&sync.months);
    return status;
}

const struct subcommand cmd_sync = {
    .name = "sync",
    .summary = "bring the archive up to date, and accept the feed as it is",
    .run = sync_archive};
