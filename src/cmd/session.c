/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a command works with. */
#include "cmd/session.h"

#include "ask/request.h"
#include "base/arena.h"
#include "base/fault.h"
#include "io/http.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/source.h"
#include "say/digest.h"
#include "state/archive.h"
#include "state/facts.h"
#include "state/projects.h"
#include "zulip/api.h"
#include "zulip/chat.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

bool session_begin(struct session *session, struct arena *arena, const char *config_path,
                   struct fault *fault)
{
    *session = (struct session){
        .arena = arena, .config_path = config_path, .settings = arena_new(), .stop = STOP_NEVER};
    if (!config_load(session->settings, config_path, &session->config, fault) || !http_init(fault))
        return false;
    session->http = http_open(arena, session->config.timing.stall_s, &session->stop);
    return true;
}

void session_end(struct session *session)
{
    database_close(session->db);
    api_close(session->api);
    http_close(session->http);
    http_shutdown();
    stop_close(&session->stop);
    credentials_wipe(&session->credentials);
    /* Nothing is left to hide. */
    prctl(PR_SET_DUMPABLE, 1);
    arena_free(session->settings);
}

bool session_listen(struct session *session, struct fault *fault)
{
    return stop_on_signals(&session->stop) ||
           fault_set(fault, FAULT_LOCAL, "cannot listen for signals: %s", strerror(errno));
}

bool session_log_in(struct session *session, struct fault *fault)
{
    /* The key stays out of core files and other processes' sight. */
    prctl(PR_SET_DUMPABLE, 0);
    return credentials_load(session->settings, session->config.zulip_credentials,
                            &session->credentials, fault);
}

bool session_open_chat(struct session *session, struct fault *fault)
{
    if (!session_log_in(session, fault) ||
        !config_allow_timing(&session->config, session->credentials.site, "Zulip server", fault) ||
        !session_listen(session, fault))
        return false;
    session->api = api_open(session->arena, session->http, &session->credentials);
    return true;
}

bool session_open_state(struct session *session, enum database_use use, struct fault *fault)
{
    char *path = config_state_path(session->arena, &session->config, fault);
    database_close(session->db);
    session->db =
        path ? database_open(session->arena, path, session->credentials.site, use, fault) : NULL;
    return session->db &&
           (use == DATABASE_READ ||
            (projects_set_organisation(session->db, session->config.site_organisation, fault) &&
             archive_refresh(session->db, &session->stop, fault)));
}

struct server_limits session_peek(struct session *session)
{
    struct server_limits limits = {CHAT_MESSAGE_LENGTH, CHAT_TOPIC_LENGTH};
    struct fault fault = {0};
    if (!session_open_state(session, DATABASE_READ, &fault))
        log_line(fault.kind == FAULT_ABSENT ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
                 "using Zulip's usual limits, and nothing is marked as new: %s", fault.msg);
    else if (!server_get_limits(session->db, &limits, &fault))
        log_line(LOG_LEVEL_WARNING, "using Zulip's usual limits: %s", fault.msg);
    return limits;
}

/* The time that words are, if it is one month, as "2025-07"; else the words. */
static const char *name_month(struct session *session, const char *words)
{
    struct fault none = {0};
    struct facts_issues issues = {0};
    struct calendar calendar = {.today = month_at((double)time(NULL)), .issues = &issues};
    struct request request;
    char id[MONTH_ID_SIZE];
    /* Without an archive there are fewer times. */
    if (session_open_state(session, DATABASE_READ, &none))
        facts_issues(session->arena, session->db, (struct span){0, INT_MAX}, &issues, &none);
    request_read(session->arena, words, strlen(words), &calendar, &request);
    if (request.kind != REQUEST_VIEW || request.what || *request.bare)
        return words;
    if (request.how == HOW_FIRST && !request.timed && issues.count)
        month_id(issues.issue[0].month, id);
    else if (request.month && !request.how)
        month_id(request.span.first, id);
    else
        return request.how == HOW_LAST && !request.timed ? "latest" : words;
    return arena_copy(session->arena, id);
}

bool session_read_issue(struct session *session, const char *what, struct issue *issue,
                        struct source_info *info, struct fault *fault)
{
    struct source source = {.config = &session->config, .http = session->http};
    if (!strpbrk(what, "./")) /* else it is a file or a URL */
        what = name_month(session, what);
    return source_read(session->arena, &source, what, issue, info, fault);
}

char *session_announcement(struct session *session, const struct issue *issue, size_t max_length,
                           char **fresh)
{
    struct fault fault = {0};
    char *new = NULL;
    if (session->db && !archive_fresh(session->arena, session->db, issue, &new, &fault))
        log_line(LOG_LEVEL_WARNING, "nothing is marked as new: %s", fault.msg);
    if (fresh)
        *fresh = new;
    struct digest_options options = {
        .max_length = max_length, .suggest = session->config.site_suggest, .fresh = new};
    return digest_announcement(session->arena, issue, &options);
}

void session_warn_implausible(const struct issue *issue)
{
    if (!issue_is_plausible(issue))
        log_line(LOG_LEVEL_WARNING,
                 "this reading is implausible, no known section or nothing in any (did the site's "
                 "template change?): the message is its title line alone");
}
