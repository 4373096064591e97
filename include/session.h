/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a command works with: configuration, credentials, state, clients; opened as needed. */
#ifndef TMRO_SESSION_H
#define TMRO_SESSION_H

#include "config.h"
#include "database.h"
#include "server.h"
#include "stop.h"
#include "zuliprc.h"

struct fault;
struct http;
struct issue;
struct api;

/* One per process, opened before any thread. Zeroed at declaration but for `stop`, which is
 * STOP_NEVER; session_close() ends all of it. */
struct session {
    const char *config_path; /* as it was given, borrowed; NULL: it was not */
    struct config config;
    struct credentials credentials;
    struct stop stop;
    struct http *site;   /* NULL until session_open() */
    struct api *api;     /* NULL until session_open_zulip() */
    struct database *db; /* NULL until session_open_store() */
};

#define SESSION_INIT ((struct session){.stop = STOP_NEVER})

/* Reads the configuration (`config_path` NULL: found as usual), makes the client for the site. */
bool session_open(struct session *session, const char *config_path, struct fault *fault);

/* From here on SIGINT and SIGTERM end waits and requests instead of the process. */
bool session_listen(struct session *session, struct fault *fault);

/* Reads the credentials, after which other processes cannot look into this one. */
bool session_load_credentials(struct session *session, struct fault *fault);

/* Does that, and makes the client for Zulip; listens, too. */
bool session_open_zulip(struct session *session, struct fault *fault);

/* Opens the state, or opens it again: of the Zulip site after session_load_credentials(), else of
 * the one last used. */
bool session_open_database(struct session *session, enum database_use use, struct fault *fault);

/* Opens the state for reading, apart from the one that is open; owned by the caller. NULL: ABSENT
 * when there is none, else as store_open(). */
struct database *session_find_database(struct session *session, struct fault *fault);

/* What the server allowed when it was last asked, else what servers usually allow; needs no
 * credentials and writes nothing. */
struct server_limits session_known_limits(struct session *session);

/* The announcement within `max_length` code points, with what the archive, if there is one, says to
 * be new. `*fresh` is that (archive_fresh()). Both are owned by the caller; NULL: LOCAL. */
char *session_announcement(struct session *session, const struct issue *issue, size_t max_length,
                           char **fresh, struct fault *fault);

/* Says it when the reading is not to be trusted. */
void session_warn_implausible(const struct issue *issue);

void session_close(struct session *session);

#endif
