/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot show: reads an issue and prints it. */
#include "base/arena.h"
#include "base/fault.h"
#include "cmd/commands.h"
#include "cmd/session.h"
#include "news/issue.h"
#include "news/source.h"
#include "say/terminal.h"

#include <stdio.h>
#include <string.h>

enum { SHOW_TEXT, SHOW_MARKDOWN, SHOW_JSON };

static const struct option_row show_options[] = {
    [SHOW_TEXT] = {"format", "text", "for people (the default)", 0},
    [SHOW_MARKDOWN] = {"format", "markdown", "exactly what would be posted", 0},
    [SHOW_JSON] = {"format", "json", "the issue as data", 0},
    {0}};

static int show(struct session *session, const struct arguments *arguments)
{
    struct source_info info;
    struct issue issue = {0};
    struct fault fault = {0};
    char *out;
    const char *what = arguments->count ? arguments->words[0] : "latest";
    if (!session_read_issue(session, what, &issue, &info, &fault))
        return log_fault(&fault);
    if (arguments->value[SHOW_MARKDOWN]) {
        struct server_limits limits = session_peek(session);
        out = session_announcement(session, &issue, limits.max_message_length, NULL);
    } else if (arguments->value[SHOW_JSON]) {
        out = issue_json(session->arena, &issue);
    } else {
        out = terminal_issue(session->arena, &issue, terminal_is_rich());
    }
    printf("%s%s", out, *out && out[strlen(out) - 1] == '\n' ? "" : "\n");
    session_warn_implausible(&issue);
    return 0;
}

const struct subcommand cmd_show = {.name = "show",
                                    .summary = "read an issue and print it",
                                    .words = "[WHAT]",
                                    .most = 1,
                                    .options = show_options,
                                    .notes = SOURCE_WHAT,
                                    .run = show};
