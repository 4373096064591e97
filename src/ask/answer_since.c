/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The answers about what came since a month. */
#include "ask/answer_since.h"

#include "ask/answer_project.h"
#include "base/buf.h"
#include "news/issue.h"
#include "news/month.h"
#include "say/compose.h"
#include "say/digest.h"
#include "state/catalog.h"
#include "zulip/markup.h"

#include <inttypes.h>
#include <string.h>

/* Issues and projects named; the rest is counted. */
#define ISSUES_NAMED   12
#define PROJECTS_NAMED 12
/* Issues whose entries are read: more do not fit a message. */
#define ISSUES_READ 24

struct since {
    const struct asked *asked;
    int month;
    const struct catalog_issue *issue; /* those since the month, oldest first */
    size_t count;
    struct catalog_projects projects;
    const struct catalog_project *project; /* of the answer about one */
    size_t first;                          /* of its appearances */
    struct issue read[ISSUES_READ];        /* newest first */
    struct project in[ISSUES_READ];        /* the project as each of them has it */
    size_t read_count;
    size_t entries; /* of what was read */
    int64_t links;
};

static void add_name(struct buf *out, int month)
{
    char text[MONTH_TEXT_SIZE];
    month_text(month, text);
    buf_adds(out, text);
}

/* "**Since March 2026** there are 4 issues: [Jun](URL), …"; the year with the first of each when
 * they are of several. */
static void add_issues(struct buf *out, const struct since *s, size_t most)
{
    size_t named = s->count < most ? s->count : most;
    bool years = s->issue[0].month / 12 != s->issue[s->count - 1].month / 12;
    buf_adds(out, "**Since ");
    add_name(out, s->month);
    buf_addf(out, "** there %s ", s->count == 1 ? "is" : "are");
    compose_count(out, (int64_t)s->count, "issue");
    for (size_t i = 0; i < named; i++) {
        const struct catalog_issue *issue = &s->issue[s->count - 1 - i];
        buf_adds(out, i ? ", " : ": ");
        if (years && (!i || issue->month / 12 != issue[1].month / 12))
            buf_addf(out, "%04d ", issue->month / 12);
        compose_month_link(out, COMPOSE_MONTH_SHORT, issue->month, issue->url, NULL);
    }
    if (named && named < s->count)
        buf_addf(out, ", … and %zu more", s->count - named);
    buf_adds(out, ".\n");
}

static int64_t changes_of(const struct catalog_project *project)
{
    int64_t changes = 0;
    for (size_t i = 0; i < project->count; i++)
        changes += project->appearance[i].changes;
    return changes;
}

/* "87 changes in 13 projects: [`uefi-rs`](URL) (26), …" */
static void add_projects(struct buf *out, const struct since *s, size_t most)
{
    int64_t changes = 0, all;
    size_t changed = 0;
    for (size_t i = 0; i < s->projects.count; i++) {
        all = changes_of(&s->projects.project[i]);
        changes += all;
        changed += all > 0;
    }
    if (!changed)
        return;
    compose_count(out, changes, "change");
    buf_adds(out, " in ");
    compose_count(out, (int64_t)changed, "project");
    size_t shown = changed < most ? changed : most;
    for (size_t i = 0; i < shown; i++) {
        const struct catalog_project *project = &s->projects.project[i];
        const struct catalog_appearance *a = &project->appearance[project->count - 1];
        buf_adds(out, i ? ", " : ": ");
        markup_code_link(out, project_short_name(project->name),
                         digest_anchor_url(out->arena, a->issue_url, a->anchor));
        buf_addf(out, " (%" PRId64 ")", changes_of(project));
    }
    if (shown && shown < changed)
        buf_addf(out, ", … and %zu more", changed - shown);
    buf_addc(out, '\n');
}

/* "- [… and 7 more](URL)" */
static void add_rest(struct buf *out, size_t more, const struct issue *issue)
{
    buf_adds(out, "- ");
    digest_add_more(out, more, "", issue->url, NULL);
    buf_addc(out, '\n');
}

/* How many headlines an issue has; `*others` when some are neither news nor tooling. */
static size_t count_headlines(const struct issue *issue, bool *others)
{
    size_t count = 0;
    for (size_t i = 0; i < issue->section_count; i++) {
        const struct section *section = &issue->sections[i];
        count += section->headline_count;
        if (section->headline_count && section->kind != SECTION_NEWS &&
            section->kind != SECTION_TOOLING)
            *others = true;
    }
    return count;
}

/* Up to `shown` headlines of an issue. */
static void add_month_links(struct buf *out, const struct issue *issue, size_t shown)
{
    bool others = false;
    size_t all = count_headlines(issue, &others), left = shown;
    char month[MONTH_TEXT_SIZE];
    month_text(issue->month, month);
    markup_bold_link(out, month, issue->url);
    buf_adds(out, "\n\n");
    for (size_t i = 0; i < issue->section_count && left; i++) {
        struct section part = issue->sections[i];
        part.headline_count = part.headline_count < left ? part.headline_count : left;
        left -= part.headline_count;
        digest_add_headlines(out, &part, part.headline_count, issue->url);
    }
    if (shown < all)
        add_rest(out, all - shown, issue);
}

/* Links by month, newest first, `shown` of all. */
static void add_links(struct buf *out, const struct since *s, size_t shown)
{
    bool others = s->read_count < s->count; /* who knows */
    int64_t left = s->links;
    for (size_t i = 0; i < s->read_count; i++)
        count_headlines(&s->read[i], &others);
    buf_adds(out, "\n```spoiler ");
    compose_count(out, s->links, "link");
    buf_adds(out, others ? " by month\n" : ": news and tooling, by month\n");
    for (size_t i = 0; i < s->read_count && shown; i++) {
        size_t all = count_headlines(&s->read[i], &others), part = all < shown ? all : shown;
        if (!all)
            continue;
        buf_adds(out, left < s->links ? "\n" : "");
        add_month_links(out, &s->read[i], part);
        left -= (int64_t)all;
        shown -= part;
    }
    if (left > 0)
        buf_addf(out, "\n… and %" PRId64 " more in earlier issues\n", left);
    buf_adds(out, "```");
}

/* What a level shows in turn: issues named, projects named, links. */
static void write_since(struct buf *out, size_t level, const void *context)
{
    const struct since *s = context;
    size_t projects = level > ISSUES_NAMED ? level - ISSUES_NAMED : 0;
    size_t links = projects > PROJECTS_NAMED ? projects - PROJECTS_NAMED : 0;
    add_issues(out, s, level < ISSUES_NAMED ? level : ISSUES_NAMED);
    add_projects(out, s, projects < PROJECTS_NAMED ? projects : PROJECTS_NAMED);
    if (links) {
        add_links(out, s, links);
    } else if (s->links) {
        compose_count(out, s->links, "link");
        buf_adds(out, s->links == 1 ? " is in them." : " are in them.");
    }
}

/* Reads the newest issues, those that have the project when it is about one. */
static bool read_issues(struct since *s, struct fault *fault)
{
    size_t count = s->project ? s->project->count - s->first : s->count;
    for (size_t i = 0; i < count && i < ISSUES_READ; i++) {
        int month = s->project ? s->project->appearance[s->project->count - 1 - i].month
                               : s->issue[s->count - 1 - i].month;
        struct issue *issue = &s->read[s->read_count++];
        if (!catalog_read(s->asked->arena, s->asked->db, month, issue, fault) ||
            (s->project && !answer_find_in_issue(s->asked, issue, s->project, &s->in[i], fault)))
            return false;
    }
    return true;
}

static void write_nothing(struct buf *out, size_t level, const void *context)
{
    const struct since *s = context;
    const struct catalog_issues *issues = &s->asked->issues;
    if (s->project && s->count) {
        const struct catalog_appearance *a = &s->project->appearance[s->project->count - 1];
        answer_add_project_name(out, s->project);
        buf_adds(out, " is in no issue since ");
        add_name(out, s->month);
        buf_adds(out, "; it was last in ");
        compose_month_link(out, COMPOSE_MONTH_YEAR, a->month, a->issue_url, a->anchor);
    } else {
        buf_adds(out, "There is no issue since ");
        add_name(out, s->month);
        buf_adds(out, " yet; the newest is ");
        compose_issue_link(out, &issues->issue[issues->count - 1]);
    }
    buf_addc(out, '.');
    (void)level;
}

/* The issues since the month. */
static void find_issues(struct since *s)
{
    s->issue = s->asked->issues.issue;
    s->count = s->asked->issues.count;
    while (s->count && s->issue->month < s->month) {
        s->issue++;
        s->count--;
    }
}

bool answer_since(const struct asked *asked, int month, char **text, bool *found,
                  struct fault *fault)
{
    struct since s = {.asked = asked, .month = month};
    bool others;
    find_issues(&s);
    *found = s.count > 0;
    if (!*found) {
        *text = compose_fit(asked, 0, write_nothing, &s);
        return true;
    }
    for (size_t i = 0; i < s.count; i++)
        s.links += s.issue[i].links;
    if (!catalog_projects_since(asked->arena, asked->db, month, &s.projects, fault) ||
        !read_issues(&s, fault))
        return false;
    for (size_t i = 0; i < s.read_count; i++)
        s.entries += count_headlines(&s.read[i], &others);
    *text = compose_fit(asked, ISSUES_NAMED + PROJECTS_NAMED + s.entries, write_since, &s);
    return true;
}

/* What changed in the project in the issue that was read as number `i`. */
static void add_project_month(struct buf *out, const struct since *s, size_t i, size_t shown)
{
    const struct catalog_appearance *a = &s->project->appearance[s->project->count - 1 - i];
    if (!a->changes)
        return;
    buf_adds(out, "**");
    compose_month_link(out, COMPOSE_MONTH_YEAR, a->month, a->issue_url, a->anchor);
    buf_adds(out, "**\n\n");
    digest_add_changes(out, &s->in[i], shown, a->issue_url);
    buf_addc(out, '\n');
}

/* The project's changes in a spoiler, of its newest `months` issues. */
static void add_project_months(struct buf *out, const struct since *s, size_t months,
                               int64_t changes)
{
    int64_t left = changes;
    buf_adds(out, "\n\n```spoiler ");
    compose_count(out, changes, "change");
    buf_adds(out, " by month\n");
    for (size_t i = 0; i < s->read_count && i < months; i++) {
        add_project_month(out, s, i, DIGEST_CHANGES_SHOWN);
        left -= s->project->appearance[s->project->count - 1 - i].changes;
    }
    if (left)
        buf_addf(out, "… and %" PRId64 " more in earlier issues\n", left);
    else if (out->len)
        buf_truncate(out, out->len - 1);
    buf_adds(out, "```");
}

/* Up to ISSUES_NAMED a level is the issues named; above, the changes of so many issues too. */
static void write_since_project(struct buf *out, size_t level, const void *context)
{
    const struct since *s = context;
    const struct catalog_appearance *first = &s->project->appearance[s->first];
    size_t count = s->project->count - s->first;
    size_t named = level < ISSUES_NAMED ? level : ISSUES_NAMED;
    int64_t changes = 0;
    for (size_t i = 0; i < count; i++)
        changes += first[i].changes;
    buf_adds(out, "**Since ");
    add_name(out, s->month);
    buf_adds(out, "**, ");
    answer_add_project_name(out, s->project);
    buf_adds(out, " is in ");
    compose_count(out, (int64_t)count, "issue");
    if (changes) {
        buf_adds(out, " with ");
        compose_count(out, changes, "change");
    }
    if (named && count == 1) {
        buf_adds(out, ", ");
        compose_month_link(out, COMPOSE_MONTH_YEAR, first->month, first->issue_url, first->anchor);
    } else if (named) {
        buf_adds(out, ": ");
        answer_add_appearances(out, first, count, named);
    }
    buf_addc(out, '.');
    if (level > ISSUES_NAMED && changes)
        add_project_months(out, s, level - ISSUES_NAMED, changes);
}

bool answer_since_project(const struct asked *asked, int month,
                          const struct catalog_project *project, char **text, bool *found,
                          struct fault *fault)
{
    struct since s = {.asked = asked, .month = month, .project = project};
    find_issues(&s);
    while (s.first < project->count && project->appearance[s.first].month < month)
        s.first++;
    *found = s.first < project->count;
    if (*found && !read_issues(&s, fault))
        return false;
    *text = *found ? compose_fit(asked, ISSUES_NAMED + s.read_count, write_since_project, &s)
                   : compose_fit(asked, 0, write_nothing, &s);
    return true;
}
