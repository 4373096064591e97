/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The answer about one project: where it appeared. */
#include "ask/answer_project.h"

#include "base/buf.h"
#include "base/text.h"
#include "news/issue.h"
#include "news/month.h"
#include "say/compose.h"
#include "say/digest.h"
#include "state/catalog.h"
#include "state/search.h"
#include "zulip/markup.h"

#include <inttypes.h>
#include <string.h>

/* Other names, absences, years and issues that are told; the rest is left out or counted. */
#define OTHER_NAMES_MAX 3
#define ABSENCES_MAX    2
#define YEARS_MAX       10
#define NEWEST_MAX      12
#define SUMMARY_MAX     250
/* Issues of a project whose name may as well be a word to search for. */
#define RARE_MAX 3
/* Months without the project that are told of when it comes back after more. */
#define ABSENCE_MONTHS 12

struct history {
    const struct asked *asked;
    const struct catalog_project *project;
    const struct catalog_appearance *latest; /* the newest one with changes, else the newest */
    struct project then;                     /* as the issue of `latest` has it */
    const char *words;                       /* that a search finds in more places; or NULL */
    int64_t places;
    bool at_least; /* so many */
};

void answer_add_project_name(struct buf *out, const struct catalog_project *project)
{
    markup_code_link(out, project_short_name(project->name), project->url);
}

static void add_month(struct buf *out, const struct catalog_appearance *a)
{
    compose_month_link(out, COMPOSE_MONTH_YEAR, a->month, a->issue_url, a->anchor);
}

/* The issues of the archive between two appearances. */
static size_t issues_between(const struct catalog_issues *issues,
                             const struct catalog_appearance *before,
                             const struct catalog_appearance *after,
                             const struct catalog_issue **first, const struct catalog_issue **last)
{
    size_t count = 0;
    for (size_t i = 0; i < issues->count; i++)
        if (issues->issue[i].month > before->month && issues->issue[i].month < after->month) {
            *first = count++ ? *first : &issues->issue[i];
            *last = &issues->issue[i];
        }
    return count;
}

/* " It was absent from March 2022 to June 2023." for what is longer than a year. */
static void add_absences(struct buf *out, const struct history *h)
{
    const struct catalog_issue *first = NULL, *last = NULL;
    size_t told = 0, more = 0;
    for (size_t i = 1; i < h->project->count; i++) {
        const struct catalog_appearance *a = &h->project->appearance[i];
        if (a->month - a[-1].month - 1 <= ABSENCE_MONTHS ||
            !issues_between(&h->asked->issues, a - 1, a, &first, &last))
            continue;
        if (told == ABSENCES_MAX) {
            more++;
            continue;
        }
        char from[MONTH_TEXT_SIZE], to[MONTH_TEXT_SIZE];
        month_text(first->month, from);
        month_text(last->month, to);
        buf_addf(out, " %s from %s to %s", told++ ? "and" : "It was absent", from, to);
    }
    if (more)
        buf_addf(out, ", and %zu more time%s", more, more == 1 ? "" : "s");
    buf_adds(out, told ? "." : "");
}

static void add_first_line(struct buf *out, const struct history *h)
{
    const struct catalog_project *project = h->project;
    buf_adds(out, "**");
    answer_add_project_name(out, project);
    buf_adds(out, "**");
    for (size_t i = 0; i < project->also.count && i < OTHER_NAMES_MAX; i++) {
        buf_adds(out, i ? ", " : " (also ");
        markup_code(out, project->also.name[i]);
    }
    buf_adds(out, project->also.count ? ")" : "");
    buf_addf(out, " is in %zu of ", project->count);
    compose_count(out, (int64_t)h->asked->issues.count, "issue");
    buf_adds(out, project->count > 1 ? ", first in " : ", ");
    add_month(out, &project->appearance[0]);
    if (project->count > 1) {
        buf_adds(out, ", last in ");
        add_month(out, &project->appearance[project->count - 1]);
    }
    buf_addc(out, '.');
    add_absences(out, h);
}

/* The changes of the appearances from `*at` to the end of that year, which it steps over. */
static int64_t changes_of_year(const struct catalog_project *project, size_t *at)
{
    int year = project->appearance[*at].month / 12;
    int64_t changes = 0;
    for (; *at < project->count && project->appearance[*at].month / 12 == year; ++*at)
        changes += project->appearance[*at].changes;
    return changes;
}

/* "Changes a year: 2020 **20**, 2021 **79**", the newest years; what was before in one sum. */
static void add_years(struct buf *out, const struct catalog_project *project)
{
    size_t years = 0, year = 0, shown = 0;
    int64_t before = 0;
    for (size_t i = 0; i < project->count; years++)
        changes_of_year(project, &i);
    for (size_t i = 0; i < project->count; year++) {
        int of = project->appearance[i].month / 12;
        int64_t changes = changes_of_year(project, &i);
        if (year + YEARS_MAX < years) {
            before += changes;
            continue;
        }
        if (before)
            buf_addf(out, "\nChanges a year: before %04d **%" PRId64 "**", of, before);
        shown += before > 0;
        before = 0;
        if (changes)
            buf_addf(out, "%s%04d **%" PRId64 "**", shown++ ? ", " : "\nChanges a year: ", of,
                     changes);
    }
}

void answer_add_appearances(struct buf *out, const struct catalog_appearance *appearance,
                            size_t count, size_t most)
{
    for (size_t i = 0; i < count && i < most; i++) {
        const struct catalog_appearance *a = &appearance[count - 1 - i];
        buf_adds(out, i ? ", " : "");
        if (!i || a->month / 12 != a[1].month / 12)
            buf_addf(out, "%04d ", a->month / 12);
        compose_month_link(out, COMPOSE_MONTH_SHORT, a->month, a->issue_url, a->anchor);
        if (a->changes)
            buf_addf(out, " (%" PRId64 ")", a->changes);
    }
    if (count > most)
        buf_addf(out, "%s… and %zu more", most ? ", " : "", count - most);
}

/* Adds what a heading has to the project that it is one of. */
static void add_heading(struct arena *arena, struct project *found, const struct project *heading)
{
    found->name = found->name ? found->name : heading->name;
    found->anchor = found->anchor ? found->anchor : heading->anchor;
    found->summary = found->summary ? found->summary : heading->summary;
    for (size_t i = 0; i < heading->change_count; i++) {
        struct item *item = arena_add(arena, &found->changes, &found->change_count, sizeof *item);
        *item = heading->changes[i];
    }
}

/* The key of a project through all issues; NULL: fault. */
static char *resolved_key(const struct asked *asked, const char *url, const char *name,
                          struct fault *fault)
{
    return catalog_resolve(asked->arena, asked->db, catalog_key(asked->arena, url, name), fault);
}

bool answer_find_in_issue(const struct asked *asked, const struct issue *issue,
                          const struct catalog_project *project, struct project *found,
                          struct fault *fault)
{
    char *key = resolved_key(asked, project->url, project->name, fault);
    *found = (struct project){0};
    if (!key)
        return false;
    for (size_t s = 0; s < issue->section_count; s++)
        for (size_t p = 0; p < issue->sections[s].project_count; p++) {
            const struct project *heading = &issue->sections[s].projects[p];
            char *own = resolved_key(asked, heading->url, heading->name, fault);
            if (!own)
                return false;
            if (strcmp(own, key) == 0)
                add_heading(asked->arena, found, heading);
        }
    return true;
}

static void add_search(struct buf *out, const struct history *h)
{
    if (!h->words)
        return;
    buf_adds(out, "\nA search finds ");
    compose_places(out, h->places, h->at_least, h->words);
    buf_addc(out, '.');
}

/* What is known besides the months: the last changes, or what was said about it. */
static void add_content(struct buf *out, const struct history *h, size_t shown)
{
    size_t changes = digest_count_changes(&h->then);
    char month[MONTH_TEXT_SIZE];
    if (!changes && h->then.summary) {
        buf_addc(out, '\n');
        compose_prose(out, h->then.summary, SUMMARY_MAX);
    }
    add_search(out, h);
    if (!changes)
        return;
    month_text(h->latest->month, month);
    buf_adds(out, "\n\n```spoiler ");
    compose_count(out, (int64_t)changes, "change");
    buf_addf(out, " in %s\n", month);
    digest_add_changes(out, &h->then, shown, h->latest->issue_url);
    buf_adds(out, "```");
}

/* Up to NEWEST_MAX a level is the newest issues; above, the changes of the last one too. */
static void write_history(struct buf *out, size_t level, const void *context)
{
    const struct history *h = context;
    add_first_line(out, h);
    if (level && h->project->count > 1) {
        add_years(out, h->project);
        buf_adds(out, "\nNewest: ");
        size_t newest = h->project->count < NEWEST_MAX ? h->project->count : NEWEST_MAX;
        answer_add_appearances(out, h->project->appearance + h->project->count - newest, newest,
                               level);
    }
    if (level > NEWEST_MAX)
        add_content(out, h, level - NEWEST_MAX);
}

/* Looks for the words elsewhere, when the project is a rare one. */
static bool count_places(struct history *h, const char *words, struct fault *fault)
{
    struct search_result result = {0};
    if (!words || h->project->count > RARE_MAX)
        return true;
    if (!search_run(h->asked->arena, h->asked->db, words, SEARCH_ALL, 1, &result, fault))
        return false;
    h->places = result.total;
    h->at_least = result.at_least;
    h->words = h->places > (int64_t)h->project->count ? words : NULL;
    return true;
}

bool answer_history(const struct asked *asked, const struct catalog_project *project,
                    const char *words, char **text, struct fault *fault)
{
    struct issue issue = {0};
    struct history h = {.asked = asked, .project = project};
    for (size_t i = project->count; i-- > 0 && !h.latest;)
        h.latest = project->appearance[i].changes ? &project->appearance[i] : NULL;
    h.latest = h.latest ? h.latest : &project->appearance[project->count - 1];
    if (!catalog_read(asked->arena, asked->db, h.latest->month, &issue, fault) ||
        !answer_find_in_issue(asked, &issue, project, &h.then, fault) ||
        !count_places(&h, words, fault))
        return false;
    *text = compose_fit(asked, NEWEST_MAX + DIGEST_CHANGES_SHOWN, write_history, &h);
    return true;
}
