/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot status: how the bot fares, also beside the running service. */
#include "cmd_status.h"

#include "database.h"
#include "fault.h"
#include "log.h"
#include "session.h"
#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT, JSON };

static const struct option_row options[] = {
    [TEXT] = {"format", "text", "for people (the default)", 0},
    [JSON] = {"format", "json", "as data, for a monitor", 0},
    {0}};

/* Opens the state for reading. It may be for another server than the credentials. */
static struct database *open_state(const char *path, const char *site, struct fault *fault)
{
    struct database *db = database_open(arena_ambient(), path, site, DATABASE_READ, fault);
    if (!db || database_site(db) || !site)
        return db;
    database_close(db);
    db = database_open(arena_ambient(), path, NULL, DATABASE_READ, fault);
    if (db && database_site(db))
        log_line(LOG_LEVEL_WARNING,
                 "the state '%s' is not of the credentials' server, %s: this is what it knows of "
                 "the one that it was last used for",
                 path, site);
    return db;
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

static int run(struct session *session, const struct arguments *arguments)
{
    bool json = arguments->value[JSON];
    struct fault fault = {0}, none = {0};
    /* The state can be looked at without a key. */
    if (!session_load_credentials(session, &none)) {
        if (none.kind == FAULT_LOCAL)
            return log_fault(&none);
        log_line(LOG_LEVEL_WARNING, "%s", none.msg);
    }
    char *path = config_state_path(arena_ambient(), &session->config, &fault), *text = NULL;
    struct database *db = path ? open_state(path, session->credentials.site, &fault) : NULL;
    struct status_files files = {
        .config = session->config.path, .credentials = session->credentials.path, .state = path};
    if (db) {
        if (lock_find_holder(path, "run", &files.service, &fault))
            text = (json ? status_json : status_text)(db, &session->config, &files, &fault);
    } else if (fault.kind == FAULT_ABSENT) {
        explain_absence(path, &fault);
    }
    if (text)
        printf("%s%s", text, json ? "\n" : "");
    free(text);
    database_close(db);
    free(path);
    return fault.kind ? log_fault(&fault) : 0;
}

const struct subcommand cmd_status = {.name = "status",
                                      .summary = "say how the bot fares, also beside the service",
                                      .options = options,
                                      .run = run};
