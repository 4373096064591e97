/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a command works with. */
#include "session.h"

#include "archive.h"
#include "chat.h"
#include "database.h"
#include "digest.h"
#include "fault.h"
#include "http.h"
#include "issue.h"
#include "log.h"
#include "server.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

bool session_open(struct session *session, const char *config_path, struct fault *fault)
{
    session->config_path = config_path;
    if (!config_load(arena_ambient(), config_path, &session->config, fault) || !http_init(fault))
        return false;
    struct http_options options = {.ca_file = session->config.site_ca_file,
                                   .stall_s = session->config.timing.stall_s,
                                   .stop = &session->stop};
    session->site = http_open(arena_ambient(), &options);
    return true;
}

bool session_listen(struct session *session, struct fault *fault)
{
    return stop_on_signals(&session->stop) ||
           fault_set(fault, FAULT_LOCAL, "cannot listen for signals: %s", strerror(errno));
}

bool session_load_credentials(struct session *session, struct fault *fault)
{
    /* The key stays out of core files and other processes' sight. */
    prctl(PR_SET_DUMPABLE, 0);
    return credentials_load(arena_ambient(), session->config.zulip_credentials,
                            &session->credentials, fault);
}

bool session_open_zulip(struct session *session, struct fault *fault)
{
    if (!session_load_credentials(session, fault) ||
        !config_allow_timing(&session->config, session->credentials.site, "Zulip server", fault))
        return false;
    struct http_options options = {.stall_s = session->config.timing.stall_s,
                                   .stop = &session->stop};
    if (!session_listen(session, fault))
        return false;
    session->api = api_open(arena_ambient(), &session->credentials, &options);
    return true;
}

static struct database *open_store(struct session *session, enum database_use use,
                                   struct fault *fault)
{
    char *path = config_state_path(arena_ambient(), &session->config, fault);
    struct database *db =
        path ? database_open(arena_ambient(), path, session->credentials.site, use, fault) : NULL;
    free(path);
    return db;
}

bool session_open_database(struct session *session, enum database_use use, struct fault *fault)
{
    database_close(session->db);
    session->db = open_store(session, use, fault);
    return session->db;
}

struct database *session_find_database(struct session *session, struct fault *fault)
{
    return open_store(session, DATABASE_READ, fault);
}

/* What the archive says to be new; it may be missing or busy. */
static char *find_fresh(struct session *session, const struct issue *issue)
{
    struct fault fault = {0};
    char *fresh = NULL;
    struct database *own = session->db ? NULL : open_store(session, DATABASE_READ, &fault);
    struct database *db = session->db ? session->db : own;
    if ((!db || !archive_fresh(arena_ambient(), db, issue, &fresh, &fault)) &&
        fault.kind != FAULT_ABSENT)
        log_line(LOG_LEVEL_WARNING, "nothing is marked as new: %s", fault.msg);
    database_close(own);
    return fresh;
}

char *session_announcement(struct session *session, const struct issue *issue, size_t max_length,
                           char **fresh, struct fault *fault)
{
    *fresh = find_fresh(session, issue);
    struct digest_options options = {
        .max_length = max_length, .suggest = session->config.site_suggest, .fresh = *fresh};
    char *message = digest_announcement(issue, &options);
    if (!message)
        fault_memory(fault);
    return message;
}

struct server_limits session_known_limits(struct session *session)
{
    struct server_limits limits = {CHAT_MESSAGE_LENGTH, CHAT_TOPIC_LENGTH};
    struct fault fault = {0};
    struct database *db = open_store(session, DATABASE_READ, &fault);
    if (!db || !server_get_limits(db, &limits, &fault))
        log_line(fault.kind == FAULT_ABSENT ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
                 "using Zulip's usual limits: %s", fault.msg);
    database_close(db);
    return limits;
}

void session_warn_implausible(const struct issue *issue)
{
    if (!issue_is_plausible(issue))
        log_line(LOG_LEVEL_WARNING,
                 "this reading is implausible, no known section or nothing in any (did the site's "
                 "template change?): the message is its title line alone");
}

void session_close(struct session *session)
{
    database_close(session->db);
    api_close(session->api);
    http_close(session->site);
    http_shutdown();
    stop_close(&session->stop);
    /* The key is wiped: nothing is left to hide. */
    prctl(PR_SET_DUMPABLE, 1);
    *session = SESSION_INIT;
}
