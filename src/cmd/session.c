/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a command works with. */
#include "cmd/session.h"

#include "base/fault.h"
#include "io/http.h"
#include "news/issue.h"
#include "say/digest.h"
#include "state/archive.h"
#include "zulip/api.h"
#include "zulip/chat.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

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
    return session->db;
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
