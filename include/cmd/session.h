/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a command works with: configuration, credentials, state, clients; opened as it needs them.
 */
#ifndef TMRO_CMD_SESSION_H
#define TMRO_CMD_SESSION_H

#include "base/stop.h"
#include "io/config.h"
#include "io/database.h"
#include "io/zuliprc.h"
#include "state/server.h"

struct api;
struct arena;
struct fault;
struct http;
struct issue;
struct source_info;

/* Begun and ended by main(), before and after all threads. */
struct session {
    struct arena *arena;     /* all that the command makes; borrowed */
    const char *config_path; /* as it was given; NULL: it was not */
    struct arena *settings;  /* all that these two point to */
    struct config config;
    struct credentials credentials;
    struct stop stop;
    struct http *http;
    struct api *api;     /* NULL until session_open_chat() */
    struct database *db; /* NULL until session_open_state() */
};

/* Reads the configuration, and makes the client for the site. */
bool session_begin(struct session *session, struct arena *arena, const char *config_path,
                   struct fault *fault);
void session_end(struct session *session);

/* From here on SIGINT and SIGTERM end waits and requests instead of the process. */
bool session_listen(struct session *session, struct fault *fault);

/* Reads the credentials, after which other processes cannot look into this one. */
bool session_log_in(struct session *session, struct fault *fault);

/* Logs in, makes the client for Zulip, and listens. */
bool session_open_chat(struct session *session, struct fault *fault);

/* Opens the state, or opens it again: of the credentials' server, else of the one last used. To
 * write, the archive is brought up to date first. */
bool session_open_state(struct session *session, enum database_use use, struct fault *fault);

/* Opens the state for reading, if it is there, and gives the server's limits by
 * server_get_limits(). If the state cannot be read, the log says so; the limits are the usual ones
 * then, and it is not known which projects are new. */
struct server_limits session_peek(struct session *session);

/* Reads the issue that WHAT names: as source_read() takes it, or any time of one month that can be
 * asked for; some need the archive ("issue 42", "previous"). */
bool session_read_issue(struct session *session, const char *what, struct issue *issue,
                        struct source_info *info, struct fault *fault);

/* The announcement within `max_length` code points. The projects that the state says to be new are
 * marked; `*fresh` gets them as archive_fresh() gives them, unless it is NULL. */
char *session_announcement(struct session *session, const struct issue *issue, size_t max_length,
                           char **fresh);

/* Warns when the reading is not to be trusted. */
void session_warn_implausible(const struct issue *issue);

#endif
