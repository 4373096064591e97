/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Answers about issues: one of them, a month without one, all of them. */
#include "ask/answer_issue.h"

#include "base/buf.h"
#include "base/text.h"
#include "news/issue.h"
#include "news/month.h"
#include "say/compose.h"
#include "say/digest.h"
#include "zulip/markup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Code points of a title, and those that stay when room is short. */
#define TITLE_MAX   200
#define TITLE_LEAST 40
#define SECTION_MAX 100
/* Lines of projects, not counting the title, an empty line and the spoiler's. */
#define PROJECT_LINES_MAX 5
/* Years seen in a list; older ones are in a spoiler. */
#define YEARS_VISIBLE 7

#define DAYS_MAX 31
/* Dates without which nothing is expected. */
#define DUE_DATES_MIN 3

/* Days of the month after an issue's own, of those that came in it. */
struct due {
    bool known; /* there are enough dates */
    int day;    /* the median */
    int first, last;
    bool all; /* no issue came in another month */
};

/* What the short form of an issue can be cut by. */
struct show {
    const struct issue *issue;
    size_t most_projects, most_headlines; /* in one section */
    size_t headlines, sections;           /* all headlines, sections with projects */
    size_t lines;                         /* for sections with projects */
};

static void measure(struct show *show)
{
    for (size_t s = 0; s < show->issue->section_count; s++) {
        const struct section *section = &show->issue->sections[s];
        show->headlines += section->headline_count;
        show->sections += section->project_count > 0;
        if (section->project_count > show->most_projects)
            show->most_projects = section->project_count;
        if (section->headline_count > show->most_headlines)
            show->most_headlines = section->headline_count;
    }
}

/* "8 August 2025" of "2025-08-08"; without the year when it is that of `today`, unless that is
 * NULL. */
static void add_date(struct buf *out, const char *date, const char *today)
{
    const char *day = date + MONTH_ID_SIZE;
    buf_addf(out, "%s %s", day + (*day == '0'), month_name(month_read(date)));
    if (!today || strncmp(date, today, 4) != 0)
        buf_addf(out, " %.4s", date);
}

static void add_title(struct buf *out, const struct issue *issue, size_t max)
{
    markup_bold_link(out, text_cut(out->arena, issue->title, max, true), issue->url);
    if (*issue->published) {
        buf_adds(out, ", published on ");
        add_date(out, issue->published, NULL);
    } else {
        buf_adds(out, ", date unknown");
    }
    buf_addc(out, '\n');
}

/* The section's projects on one line. */
static void add_projects(struct buf *out, const struct section *section, size_t shown,
                         const char *issue_url)
{
    compose_prose(out, section->title, SECTION_MAX);
    for (size_t p = 0; p < section->project_count && p < shown; p++) {
        size_t changes = digest_count_changes(&section->projects[p]);
        buf_adds(out, p ? ", " : digest_joint(section->title));
        digest_add_project(out, &section->projects[p], issue_url);
        if (changes)
            buf_addf(out, " (%zu)", changes);
    }
    if (shown < section->project_count) {
        buf_adds(out, shown ? ", " : digest_joint(section->title));
        digest_add_more(out, section->project_count - shown, "", issue_url, section->anchor);
    }
    buf_addc(out, '\n');
}

/* A line for each section with projects; what has no line is counted. */
static void add_project_lines(struct buf *out, const struct show *show, size_t shown)
{
    const struct issue *issue = show->issue;
    size_t lines = show->sections > show->lines ? show->lines - 1 : show->sections;
    size_t more = 0;
    for (size_t s = 0; s < issue->section_count; s++) {
        const struct section *section = &issue->sections[s];
        if (!section->project_count)
            continue;
        if (lines) {
            add_projects(out, section, shown, issue->url);
            lines--;
        } else {
            more += section->project_count;
        }
    }
    if (more) {
        digest_add_more(out, more, more == 1 ? " project" : " projects", issue->url, NULL);
        buf_addc(out, '\n');
    }
}

/* All headlines in a spoiler, `shown` of each section. */
static void add_headlines(struct buf *out, const struct show *show, size_t shown)
{
    buf_adds(out, "\n```spoiler ");
    compose_count(out, (int64_t)show->headlines, "link");
    buf_addc(out, '\n');
    bool first = true;
    for (size_t s = 0; s < show->issue->section_count; s++) {
        const struct section *section = &show->issue->sections[s];
        if (!section->headline_count)
            continue;
        if (!first)
            buf_addc(out, '\n');
        first = false;
        digest_add_section_title(out, section, show->issue->url);
        buf_adds(out, "\n\n");
        digest_add_headlines(out, section, shown, show->issue->url);
    }
    buf_adds(out, "```");
}

/* Up to `most_projects` a level is the projects of each section; above, its headlines too. */
static void write_show(struct buf *out, size_t level, const void *context)
{
    const struct show *show = context;
    add_title(out, show->issue, level ? TITLE_MAX : TITLE_LEAST);
    add_project_lines(out, show, level < show->most_projects ? level : show->most_projects);
    if (level > show->most_projects) {
        add_headlines(out, show, level - show->most_projects);
    } else if (show->headlines) {
        digest_add_more(out, show->headlines, show->headlines == 1 ? " link" : " links",
                        show->issue->url, NULL);
        buf_addc(out, '\n');
    }
}

/* Reads the dates of all issues. */
static void due_read(const struct catalog_issues *issues, struct due *due)
{
    size_t on[DAYS_MAX + 1] = {0}, count = 0, outside = 0, below = 0;
    *due = (struct due){0};
    for (size_t i = 0; i < issues->count; i++) {
        const struct catalog_issue *issue = &issues->issue[i];
        long day = *issue->published ? strtol(issue->published + MONTH_ID_SIZE, NULL, 10) : 0;
        if (day < 1 || day > DAYS_MAX)
            continue;
        if (month_read(issue->published) != issue->month + 1) {
            outside++;
            continue;
        }
        on[day]++;
        count++;
    }
    due->known = count >= DUE_DATES_MIN;
    due->all = !outside;
    for (int day = 1; due->known && day <= DAYS_MAX; day++) {
        below += on[day];
        due->day = !due->day && below * 2 >= count ? day : due->day;
        due->first = on[day] && !due->first ? day : due->first;
        due->last = on[day] ? day : due->last;
    }
}

/* The day on which the issue of that month is due; "" when it is not known. */
static void find_date(const struct due *due, int month, char date[ISSUE_DATE_SIZE])
{
    int next = month + 1;
    date[0] = '\0';
    /* February has fewer days than the median may be. */
    for (int day = due->known ? due->day : 0; day > 0 && !*date; day--)
        issue_date(date, next / 12, next % 12 + 1, day);
}

/* "is due around 7 August"; "is due any day now" after that day while issues have come so late;
 * else "has been due since 7 August". Nothing when it is not known. */
static void due_add(struct buf *out, const struct due *due, int month, const char *today)
{
    char date[ISSUE_DATE_SIZE];
    find_date(due, month, date);
    if (!*date)
        return;
    bool past = strcmp(today, date) > 0;
    if (past && month_read(today) == month_read(date) &&
        strtol(today + MONTH_ID_SIZE, NULL, 10) <= due->last) {
        buf_adds(out, "is due any day now");
        return;
    }
    buf_adds(out, past ? "has been due since " : "is due around ");
    add_date(out, date, today);
}

/* A month without an issue. */
struct absent {
    const struct asked *asked;
    int month;
};

void answer_add_not_out(struct buf *out, const struct asked *asked, int month)
{
    char text[MONTH_TEXT_SIZE];
    struct due due;
    month_text(month, text);
    due_read(&asked->issues, &due);
    buf_addf(out, "%s is not out yet%s", text, due.known ? ", it " : "");
    due_add(out, &due, month, asked->today);
    buf_addc(out, '.');
}

static void write_absent(struct buf *out, size_t level, const void *context)
{
    const struct absent *absent = context;
    const struct catalog_issues *issues = &absent->asked->issues;
    const struct catalog_issue *first = issues->issue, *last = first + issues->count - 1;
    char month[MONTH_TEXT_SIZE];
    month_text(absent->month, month);
    if (absent->month > last->month) {
        answer_add_not_out(out, absent->asked, absent->month);
        buf_adds(out, " The newest issue is ");
        compose_issue_link(out, last);
    } else if (absent->month < first->month) {
        buf_addf(out, "I have no issue of %s; the first is ", month);
        compose_issue_link(out, first);
    } else {
        const struct catalog_issue *after = first;
        while (after->month < absent->month)
            after++;
        buf_addf(out, "I have no issue of %s; the nearest are ", month);
        compose_issue_link(out, after - 1);
        buf_adds(out, " and ");
        compose_issue_link(out, after);
    }
    buf_addc(out, '.');
    (void)level;
}

static bool has_issue(const struct catalog_issues *issues, int month)
{
    for (size_t i = 0; i < issues->count; i++)
        if (issues->issue[i].month == month)
            return true;
    return false;
}

bool answer_show(const struct asked *asked, int month, char **text, bool *found,
                 struct fault *fault)
{
    *found = has_issue(&asked->issues, month);
    if (!*found) {
        *text = compose_fit(asked, 0, write_absent, &(struct absent){asked, month});
        return true;
    }
    struct issue issue = {0};
    struct show show = {.issue = &issue, .lines = PROJECT_LINES_MAX - (asked->opening != NULL)};
    if (!catalog_read(asked->arena, asked->db, month, &issue, fault))
        return false;
    measure(&show);
    *text = compose_fit(asked, show.most_projects + show.most_headlines, write_show, &show);
    return true;
}

/* Issues of one year, or of all. */
struct list {
    const struct catalog_issue *issue;
    size_t count;
};

static void add_and_more(struct buf *out, const char *joint, size_t more)
{
    if (more)
        buf_addf(out, "%s… and %zu more", joint, more);
}

static void write_year(struct buf *out, size_t level, const void *context)
{
    const struct list *list = context;
    int64_t links = 0, changes = 0;
    buf_addf(out, "**%04d**: ", list->issue->month / 12);
    for (size_t i = 0; i < list->count; i++) {
        const struct catalog_issue *issue = &list->issue[i];
        links += issue->links;
        changes += issue->changes;
        if (i >= level)
            continue;
        buf_adds(out, i ? ", " : "");
        compose_month_link(out, COMPOSE_MONTH_NAME, issue->month, issue->url, NULL);
    }
    add_and_more(out, level ? ", " : "", list->count - level);
    buf_addc(out, '\n');
    compose_count(out, (int64_t)list->count, "issue");
    buf_adds(out, " with ");
    compose_count(out, links, "link");
    buf_adds(out, " and ");
    compose_count(out, changes, "change");
}

/* The first issue of the year that the issue before `end` is of. */
static size_t year_begin(const struct list *list, size_t end)
{
    size_t begin = end - 1;
    while (begin && list->issue[begin - 1].month / 12 == list->issue[end - 1].month / 12)
        begin--;
    return begin;
}

static size_t count_years(const struct list *list)
{
    size_t years = 0;
    for (size_t end = list->count; end; end = year_begin(list, end))
        years++;
    return years;
}

/* A line a year, newest first, down to the issue at `least`. */
static void write_years(struct buf *out, size_t level, const void *context)
{
    const struct list *list = context;
    size_t least = list->count - level, years = count_years(list), line = 0;
    for (size_t end = list->count; end > least; end = year_begin(list, end)) {
        size_t begin = year_begin(list, end);
        begin = begin < least ? least : begin;
        /* No empty line before it: with that there would be nine. */
        if (line++ == YEARS_VISIBLE) {
            buf_adds(out, "```spoiler ");
            compose_count(out, (int64_t)(years - YEARS_VISIBLE), "earlier year");
            buf_addc(out, '\n');
        }
        buf_addf(out, "**%04d**", list->issue[begin].month / 12);
        for (size_t i = begin; i < end; i++) {
            buf_addc(out, ' ');
            compose_month_link(out, COMPOSE_MONTH_SHORT, list->issue[i].month, list->issue[i].url,
                               NULL);
        }
        if (begin == least)
            add_and_more(out, " ", least);
        buf_addc(out, '\n');
    }
    if (line > YEARS_VISIBLE)
        buf_adds(out, "```");
    if (!line)
        compose_count(out, (int64_t)list->count, "issue");
}

static void write_no_year(struct buf *out, size_t level, const void *context)
{
    const struct absent *absent = context;
    const struct catalog_issues *issues = &absent->asked->issues;
    buf_addf(out, "I have no issue of %04d; the first is ", absent->month / 12);
    compose_issue_link(out, &issues->issue[0]);
    buf_adds(out, ", the newest is ");
    compose_issue_link(out, &issues->issue[issues->count - 1]);
    buf_addc(out, '.');
    (void)level;
}

char *answer_list(const struct asked *asked, int year, bool *found)
{
    struct list list = {asked->issues.issue, asked->issues.count};
    *found = true;
    if (!year)
        return compose_fit(asked, list.count, write_years, &list);
    while (list.count && list.issue->month / 12 < year) {
        list.issue++;
        list.count--;
    }
    while (list.count && list.issue[list.count - 1].month / 12 > year)
        list.count--;
    *found = list.count > 0;
    if (*found)
        return compose_fit(asked, list.count, write_year, &list);
    return compose_fit(asked, 0, write_no_year, &(struct absent){asked, year * 12});
}

struct next {
    const struct asked *asked;
    const char *suggest;
};

static const char *ordinal(int day)
{
    bool teen = day >= 11 && day <= 13;
    return teen ? "th" : day % 10 == 1 ? "st" : day % 10 == 2 ? "nd" : day % 10 == 3 ? "rd" : "th";
}

static void write_next(struct buf *out, size_t level, const void *context)
{
    const struct next *next = context;
    const struct catalog_issues *issues = &next->asked->issues;
    struct due due;
    char text[MONTH_TEXT_SIZE];
    due_read(issues, &due);
    if (due.known) {
        int month = issues->issue[issues->count - 1].month + 1;
        month_text(month, text);
        buf_addf(out, "%s ", text);
        due_add(out, &due, month, next->asked->today);
        buf_addf(out, "; so far %s issue%s came ", due.all ? "every" : "most", due.all ? "" : "s");
        if (due.first == due.last)
            buf_addf(out, "on the %d%s.", due.day, ordinal(due.day));
        else
            buf_addf(out, "between the %d%s and the %d%s.", due.first, ordinal(due.first), due.last,
                     ordinal(due.last));
    } else {
        buf_adds(out, "I can't say yet when the next issue is due: too few issues have a date.");
    }
    if (level && next->suggest) {
        buf_adds(out, " To suggest a link or your project: ");
        markup_link(out, "here", next->suggest);
        buf_addc(out, '.');
    }
}

char *answer_next(const struct asked *asked, const char *suggest)
{
    return compose_fit(asked, 1, write_next, &(struct next){asked, suggest});
}
