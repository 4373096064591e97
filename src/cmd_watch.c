/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot watch and run: watches the site, by hand or as a service. */
#include "cmd_watch.h"

#include "database.h"
#include "fault.h"
#include "lock.h"
#include "log.h"
#include "service.h"
#include "session.h"
#include "watch.h"
#include "watcher.h"

#include <stdlib.h>

/* Opens what a watcher needs, and takes the lock that only one of them holds. */
static bool open_all(struct session *session, struct lock *lock, char **state, struct fault *fault)
{
    return session_open_zulip(session, fault) &&
           session_open_database(session, DATABASE_CREATE, fault) &&
           (*state = config_state_path(arena_ambient(), &session->config, fault)) &&
           lock_take(lock, *state, "run", "watching the site", &session->stop, 0, fault);
}

static int watch(struct session *session, const char *state, bool once, struct fault *fault)
{
    struct watcher_options options = {.config = &session->config,
                                      .credentials = &session->credentials,
                                      .state = state,
                                      .stop = &session->stop,
                                      .passed_fd = -1};
    struct watcher *watch = watcher_open(&options, fault);
    int status = 0;
    if (!watch)
        return log_fault(fault);
    /* What fails is logged there. */
    if (!(once ? watch_pass(watch, true, fault) : watch_run(watch, false, fault)))
        status =
            !once && fault->kind == FAULT_LOGIN ? log_fault(fault) : fault_exit_status(fault->kind);
    watcher_close(watch);
    return status;
}

static int run_watch(struct session *session, const struct arguments *arguments)
{
    struct lock lock = LOCK_INIT;
    struct fault fault = {0};
    char *state = NULL;
    bool once = arguments->value[0];
    int status = open_all(session, &lock, &state, &fault) ? watch(session, state, once, &fault)
                                                          : log_fault(&fault);
    lock_release(&lock);
    free(state);
    return status;
}

static int run_service(struct session *session, const struct arguments *arguments)
{
    struct lock lock = LOCK_INIT;
    struct fault fault = {0};
    char *state = NULL;
    (void)arguments;
    int status = open_all(session, &lock, &state, &fault)
                     ? service_run(session, session->config_path, state)
                     : log_fault(&fault);
    lock_release(&lock);
    free(state);
    return status;
}

static const struct option_row options[] = {
    {"once", NULL, "one pass now, whatever the interval says", 0}, {0}};

const struct subcommand cmd_watch = {
    .name = "watch",
    .summary = "watch the site and announce new issues, in the foreground",
    .options = options,
    .run = run_watch};

const struct subcommand cmd_run = {
    .name = "run",
    .summary = "watch and answer the chat, as a service for systemd; SIGHUP reloads",
    .run = run_service};
