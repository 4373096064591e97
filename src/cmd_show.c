/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot show: reads an issue and prints it. */
#include "cmd_show.h"

#include "fault.h"
#include "issue.h"
#include "log.h"
#include "session.h"
#include "source.h"
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT, MARKDOWN, JSON };

static const struct option_row options[] = {
    [TEXT] = {"format", "text", "for people (the default)", 0},
    [MARKDOWN] = {"format", "markdown", "exactly what would be posted", 0},
    [JSON] = {"format", "json", "the issue as data", 0},
    {0}};

static int show(struct session *session, const struct arguments *arguments)
{
    const char *what = arguments->count ? arguments->words[0] : "latest";
    struct source source = {.config = &session->config, .http = session->site};
    struct source_info info;
    struct issue issue = {0};
    struct fault fault = {0};
    char *out = NULL, *fresh = NULL;
    if (source_read(&source, what, &issue, &info, &fault)) {
        if (arguments->value[MARKDOWN])
            out = session_announcement(
                session, &issue, session_known_limits(session).max_message_length, &fresh, &fault);
        else
            out = arguments->value[JSON]
                      ? issue_json(&issue)
                      : terminal_issue(arena_ambient(), &issue, terminal_is_rich());
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

const struct subcommand cmd_show = {.name = "show",
                                    .summary = "read an issue and print it",
                                    .words = "[WHAT]",
                                    .most = 1,
                                    .options = options,
                                    .notes = SOURCE_WHAT,
                                    .run = show};
