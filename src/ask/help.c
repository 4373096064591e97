/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The help. */
#include "ask/help.h"

#include "ask/tokens.h"

#include <string.h>

static const struct help rows[] = {
    {"issue", "issues/latest/first/last/list", "`latest`, `june 2026`, `issue 42`, `list`",
     "one issue, or all of them",
     "An issue is named by its month, by its number, or by where it is: `latest`, `previous`, "
     "`first`, `2 issues ago`."},
    {"time", "times/date/dates/month/year/since/before/period",
     "`2025`, `last 3 months`, `since march 2026`", "what happened in that time",
     "A time is a month, a year, a quarter (`q1 2024`), what is past (`last year`, `2 months "
     "ago`), "
     "or what begins or ends with one of these (`since`, `after`, `before`, `until`); two of them "
     "reach from the one to the other. It narrows everything that can be asked."},
    {"part",
     "parts/editors/maintainers/contributors/tooling/infrastructure/links/headlines/changes/news"
     "/count/top/new",
     "`who edited june 2026`, `new projects 2025`, `headlines 2024`",
     "only that part of an issue, or of a time",
     "The parts are `editors`, `maintainers`, `people`, `projects`, `tooling`, `links`, `changes` "
     "and `issues`, with `how many`, `top` or `new` before them."},
    {"project", "projects/uefi-rs/history", "`uefi-rs`, `uefi-rs 2025`, `who maintains bootloader`",
     "what a project is, and where it appeared",
     "A project is asked for by any name it had, alone or with a time; `first`, `last`, `how many "
     "changes`, `who maintains` and `who contributes to` answer in one line."},
    {"person", "people/persons/contributor/contributions", "`phil-opp`, `phil-opp 2024`",
     "what a person did",
     "A person is asked for by the name on GitHub, alone or with a time, `first` or `last`."},
    {"search", "find/words/word/link/address", "`search hypervisor 2025`, `bootloader#509`",
     "where words, or a link, appeared",
     "All of the words must be there; `\"quoted words\"` together, `-word` not at all, `this OR "
     "that` either. An address, or `owner/repo#12`, is looked up."},
    {"next", "submit/due/suggest", "`next`, `is july out?`",
     "when the next issue is expected, and how to suggest something",
     "The day is what has been usual so far."},
    {0}};

const struct help *help_rows(void)
{
    return rows;
}

const struct help *help_find(struct arena *arena, const char *topic)
{
    struct tokens tokens;
    tokens_read(arena, topic, strlen(topic), &tokens);
    for (const struct help *row = rows; row->name; row++)
        if (tokens.count && (tokens_match(&tokens, 0, row->name) == tokens.count ||
                             tokens_match(&tokens, 0, row->phrases) == tokens.count))
            return row;
    return NULL;
}
