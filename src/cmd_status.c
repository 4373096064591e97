/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot status: how the bot fares, also beside the running service. */
#include "cmd_status.h"

#include "fault.h"
#include "log.h"
#include "session.h"
#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT, JSON };

static const struct option_row options[] = {
    [TEXT] = {"format", "text", "for people (the default)", 0},
    [JSON] = {"format", "json", "as data, for a monitor", 0},
    {0}};

static int run(struct session *session, const struct arguments *arguments)
{
    bool json = arguments->value[JSON];
    struct fault fault = {0}, none = {0};
    /* The state can be looked at without a key. */
    if (!session_load_credentials(session, &none) && none.kind == FAULT_LOCAL)
        return log_fault(&none);
    char *path = config_state_path(&session->config, &fault), *text = NULL;
    struct store *store =
        path ? store_open(path, session->credentials.site, DATABASE_READ, &fault) : NULL;
    struct status_files files = {
        .config = session->config.path, .credentials = session->credentials.path, .state = path};
    if (store)
        text = (json ? status_json : status_text)(store, &session->config, &files, &fault);
    else if (fault.kind == FAULT_ABSENT)
        fault_prefix(&fault, "the bot has not run yet");
    if (text)
        printf("%s%s", text, json ? "\n" : "");
    free(text);
    store_close(store);
    free(path);
    return fault.kind ? log_fault(&fault) : 0;
}

const struct subcommand cmd_status = {.name = "status",
                                      .summary = "say how the bot fares, also beside the service",
                                      .options = options,
                                      .run = run};
