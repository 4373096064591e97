/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot status: how the bot is doing, from its state. */
#include "state/status.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/file.h"
#include "cmd/commands.h"
#include "cmd/session.h"
#include "io/config.h"
#include "io/database.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_TEXT, STATUS_JSON };

static const struct option_row status_options[] = {
    [STATUS_TEXT] = {"format", "text", "for people (the default)", 0},
    [STATUS_JSON] = {"format", "json", "as data, for a monitor", 0},
    {0}};

/* Opens the state for reading. It may be of another server than the credentials. */
static bool open_known_state(struct session *session, const char *path, struct fault *fault)
{
    const char *site = session->credentials.site;
    session->db = database_open(session->arena, path, site, DATABASE_READ, fault);
    if (!session->db || database_site(session->db) || !site)
        return session->db;
    database_close(session->db);
    session->db = database_open(session->arena, path, NULL, DATABASE_READ, fault);
    if (session->db && database_site(session->db))
        log_line(LOG_LEVEL_WARNING,
                 "the state '%s' is not of the credentials' server, %s: this is what it knows of "
                 "the one that it was last used for",
                 path, site);
    return session->db;
}

/* There is no state at `path`: it may be the service's that is meant. */
static void explain_absence(const char *path, struct fault *fault)
{
    struct stat st;
    if (geteuid() != 0 && lstat(CONFIG_STATE_FOLDER, &st) == 0)
        fault_set(fault, FAULT_ABSENT,
                  "you have no state '%s'; the service's is in " CONFIG_STATE_FOLDER ": try sudo",
                  path);
    else
        fault_prefix(fault, "the bot has not run yet");
}

static int print_status(struct session *session, const struct arguments *arguments)
{
    bool json = arguments->value[STATUS_JSON];
    struct status status;
    struct fault fault = {0}, none = {0};
    /* The state can be looked at without a key. */
    if (!session_log_in(session, &none))
        log_line(LOG_LEVEL_WARNING, "%s", none.msg);
    char *path = config_state_path(session->arena, &session->config, &fault);
    struct status_files files = {
        .config = session->config.path, .credentials = session->credentials.path, .state = path};
    if (!path)
        return log_fault(&fault);
    if (!open_known_state(session, path, &fault)) {
        if (fault.kind == FAULT_ABSENT)
            explain_absence(path, &fault);
        return log_fault(&fault);
    }
    if (!lock_find_holder(path, "run", &files.service, &fault) ||
        !status_tell(session->arena, session->db, &session->config, &files, (double)time(NULL),
                     &status, &fault))
        return log_fault(&fault);
    if (json)
        puts(status.json);
    else
        fputs(status.text, stdout);
    return 0;
}

const struct subcommand cmd_status = {.name = "status",
                                      .summary =
                                          "say how the bot is doing, also while the service runs",
                                      .options = status_options,
                                      .run = print_status};
