/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot status: how the bot fares, also beside the running service. */
#include "cmd_status.h"

#include "fault.h"
#include "log.h"
#include "session.h"
#include "status.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_status(struct session *session, int argc, char **argv)
{
    static const struct option options[] = {{"format", required_argument, NULL, 'f'}, {0}};
    static const char *const formats[] = {"text", "json", NULL};
    int json = false;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option != 'f')
            return session_wrong_option(option, argv), 2;
        json = session_format(optarg, formats);
        if (json < 0)
            return 2;
    }
    if (!session_no_arguments(optind, argc, argv))
        return 2;
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
