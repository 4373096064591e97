/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot show: reads an issue and prints it. */
#include "cmd_show.h"

#include "fault.h"
#include "issue.h"
#include "log.h"
#include "session.h"
#include "source.h"
#include "terminal.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_TEXT, FORMAT_MARKDOWN, FORMAT_JSON };

static bool read_options(int argc, char **argv, int *format, const char **what)
{
    static const char *const formats[] = {"text", "markdown", "json", NULL};
    static const struct option options[] = {{"format", required_argument, NULL, 'f'}, {0}};
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option != 'f')
            return session_wrong_option(option, argv);
        *format = session_format(optarg, formats);
        if (*format < 0)
            return false;
    }
    if (optind < argc)
        *what = argv[optind++];
    if (optind < argc)
        log_line(LOG_LEVEL_ERROR, "one issue at a time (write a month as \"july 2025\")");
    return optind == argc;
}

int cmd_show(struct session *session, int argc, char **argv)
{
    int format = FORMAT_TEXT;
    const char *what = "latest";
    if (!read_options(argc, argv, &format, &what))
        return 2;
    struct source source = {.config = &session->config, .http = session->site};
    struct source_info info;
    struct issue issue = {0};
    struct fault fault = {0};
    char *out = NULL, *fresh = NULL;
    if (source_read(&source, what, &issue, &info, &fault)) {
        if (format == FORMAT_MARKDOWN)
            out = session_announcement(
                session, &issue, session_known_limits(session).max_message_length, &fresh, &fault);
        else
            out = format == FORMAT_JSON ? issue_json(&issue)
                                        : terminal_issue(&issue, terminal_is_rich());
        if (!out)
            fault_memory(&fault);
    }
    if (out)
        printf("%s%s", out, *out && out[strlen(out) - 1] == '\n' ? "" : "\n");
    if (out)
        session_warn_implausible(&issue);
    free(fresh);
    free(out);
    issue_finish(&issue);
    return fault.kind ? log_fault(&fault) : 0;
}
