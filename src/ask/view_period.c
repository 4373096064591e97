/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Views of several issues: a period, or all of the archive. */
#include "ask/views.h"

#include "base/arena.h"
#include "news/month.h"
#include "say/reply.h"

#include <stdio.h>
#include <string.h>

/* Entries of a line. */
#define TOP_MAX         12
#define NAMES_MAX_SHOWN 40
#define PROJECTS_MAX    60
/* Years seen in a list; older ones are in a spoiler. */
#define YEARS_VISIBLE 7

static bool is_whole_archive(const struct view *view)
{
    return !view->request->timed;
}

/* "2024: " in bold, unless it is all of the archive. */
static void add_period(struct view *view, struct span span)
{
    if (is_whole_archive(view))
        return;
    reply_link(view->reply, REPLY_BOLD, view_span(view->arena, span), NULL);
    reply_say(view->reply, ": ");
}

static void add_months(struct view *view, const struct facts_issues *issues, enum month_form form)
{
    reply_list(view->reply, true, SIZE_MAX);
    for (size_t i = 0; i < issues->count; i++) {
        reply_entry(view->reply);
        view_month(view, form, issues->issue[i].month, issues->issue[i].url, NULL);
    }
    reply_list_end(view->reply, NULL, NULL);
}

/* Months of one year need no year. */
static enum month_form form_of(struct span span)
{
    return span.first / 12 == span.last / 12 ? MONTH_NAME : MONTH_LONG;
}

static void add_totals(struct view *view, const struct facts_issues *issues)
{
    int64_t links = 0, changes = 0;
    for (size_t i = 0; i < issues->count; i++) {
        links += issues->issue[i].links;
        changes += issues->issue[i].changes;
    }
    view_count(view, (int64_t)issues->count, "issue");
    reply_say(view->reply, " with ");
    view_count(view, links, "link");
    reply_say(view->reply, " and ");
    view_count(view, changes, "change");
}

/* A line a year, newest first; older ones in a spoiler. */
static void add_years(struct view *view, const struct facts_issues *issues)
{
    int newest = issues->issue[issues->count - 1].month / 12;
    int oldest = issues->issue[0].month / 12;
    for (int year = newest; year >= oldest; year--) {
        struct facts_issues of = {0};
        for (size_t i = 0; i < issues->count; i++)
            if (issues->issue[i].month / 12 == year) {
                of.issue = of.issue ? of.issue : &issues->issue[i];
                of.count++;
            }
        if (newest - year == YEARS_VISIBLE)
            reply_spoiler(view->reply, "%d earlier year%s", year - oldest + 1,
                          year > oldest ? "s" : "");
        if (!of.count)
            continue;
        reply_link(view->reply, REPLY_BOLD, arena_format(view->arena, "%04d", year), NULL);
        for (size_t i = 0; i < of.count; i++) {
            reply_say(view->reply, " ");
            view_month(view, MONTH_SHORT, of.issue[i].month, of.issue[i].url, NULL);
        }
        reply_line(view->reply);
    }
}

static void view_issues(struct view *view, struct span span, const struct facts_issues *issues)
{
    if (view->request->how == HOW_COUNT) {
        reply_say(view->reply, "There %s ", issues->count == 1 ? "is" : "are");
        view_count(view, (int64_t)issues->count, "issue");
        if (is_whole_archive(view)) {
            reply_say(view->reply, ", from ");
            view_month(view, MONTH_LONG, issues->issue[0].month, issues->issue[0].url, NULL);
            reply_say(view->reply, " to ");
            view_month(view, MONTH_LONG, view_newest(view)->month, view_newest(view)->url, NULL);
        } else {
            reply_say(view->reply, " %s", view_within(view->arena, span));
        }
        reply_say(view->reply, ".");
        return;
    }
    if (is_whole_archive(view) || issues->count > 12) {
        add_years(view, issues);
        return;
    }
    add_period(view, span);
    add_months(view, issues, form_of(span));
    reply_line(view->reply);
    add_totals(view, issues);
}

/* Issues, projects, what is new, people, links. */
static bool view_summary(struct view *view, struct span span, const struct facts_issues *issues,
                         struct fault *fault)
{
    struct facts_projects projects = {0}, fresh = {0};
    struct facts_people people = {0};
    struct facts_links links = {0};
    if (!facts_projects(view->arena, view->db, span, &projects, fault) ||
        !facts_projects(view->arena, view->db, span, &fresh, fault) ||
        !facts_people(view->arena, view->db, 0, ROLE_THANKED, span, &people, fault) ||
        !facts_headlines(view->arena, view->db, SECTION_NEWS, span, &links, fault))
        return false;
    view_keep_new(&fresh, span);
    add_period(view, span);
    add_totals(view, issues);
    reply_line(view->reply);
    if (issues->count <= 12) {
        add_months(view, issues, form_of(span));
        reply_line(view->reply);
    }
    if (projects.count) {
        view_count(view, (int64_t)projects.count, "project");
        reply_say(view->reply, ": ");
        view_add_projects(view, &projects, TOP_MAX);
        reply_line(view->reply);
    }
    if (fresh.count && fresh.count < projects.count && view->request->how != HOW_TOP) {
        reply_say(view->reply, "New: ");
        view_add_projects(view, &fresh, TOP_MAX);
        reply_line(view->reply);
    }
    if (people.count) {
        reply_say(view->reply, "Thanks to ");
        view_count(view, (int64_t)people.count, "person");
        reply_say(view->reply, ": ");
        view_add_people(view, &people, TOP_MAX);
        reply_line(view->reply);
    }
    if (!links.count || view->request->how == HOW_TOP)
        return true;
    reply_spoiler(view->reply, "%zu headline%s", links.count, links.count == 1 ? "" : "s");
    for (size_t i = 0; i < links.count; i++) {
        const struct facts_link *link = &links.link[i];
        bool opens = !i || link[-1].month != link->month;
        if (opens && i) {
            reply_list_end(view->reply, NULL, link[-1].issue_url);
            reply_line(view->reply);
        }
        if (opens) {
            view_month(view, MONTH_LONG, link->month, link->issue_url, NULL);
            reply_line(view->reply);
            reply_line(view->reply);
            reply_list(view->reply, false, SIZE_MAX);
        }
        reply_entry(view->reply);
        view_title(view, link->title, link->url, NULL);
    }
    reply_list_end(view->reply, NULL, links.link[links.count - 1].issue_url);
    return true;
}

static bool view_span_of(struct view *view, struct span span, const struct facts_issues *issues,
                         struct fault *fault)
{
    if (view->request->what == WHAT_ISSUES) {
        view_issues(view, span, issues);
        return true;
    }
    return view_is_part(view) ? view_part(view, span, fault)
                              : view_summary(view, span, issues, fault);
}

bool view_period(struct view *view, struct fault *fault)
{
    struct facts_issues issues = {0};
    struct span span = view->request->span;
    if (!facts_issues(view->arena, view->db, span, &issues, fault))
        return false;
    if (issues.count == 1 && view->request->how != HOW_NEW)
        return view_issue(view, issues.issue[0].month, fault);
    if (issues.count)
        return view_span_of(view, span, &issues, fault);
    const struct facts_issue *first = view->issues.issue, *newest = view_newest(view);
    view->found = false;
    if (span.first > newest->month) {
        char month[MONTH_TEXT_SIZE];
        month_text(span.first, month);
        reply_say(view->reply, "No issue from %s or later is out yet; the newest is ", month);
        view_month(view, MONTH_LONG, newest->month, newest->url, NULL);
    } else {
        reply_say(view->reply, "There is no issue %s; the first is ",
                  view_within(view->arena, span));
        view_month(view, MONTH_LONG, first->month, first->url, NULL);
        reply_say(view->reply, ", the newest ");
        view_month(view, MONTH_LONG, newest->month, newest->url, NULL);
    }
    reply_say(view->reply, ".");
    return true;
}

/* Over all years: projects, people and issues; of the newest issue: the rest. `first` and `last`
 * alone are an issue. */
bool view_all(struct view *view, struct fault *fault)
{
    struct span span = {view->issues.issue[0].month, view_newest(view)->month};
    enum request_what what = view->request->what;
    enum request_how how = view->request->how;
    if (how == HOW_FIRST)
        return view_issue(view, span.first, fault);
    if (how == HOW_LAST)
        return view_issue(view, span.last, fault);
    if (how == HOW_TOP && what == WHAT_NONE)
        return view_part(view, span, fault);
    bool of_all = how == HOW_COUNT || what == WHAT_PROJECTS || what == WHAT_PEOPLE ||
                  what == WHAT_MAINTAINERS || what == WHAT_ISSUES ||
                  (what == WHAT_EDITORS && how == HOW_TOP);
    return of_all ? view_span_of(view, span, &view->issues, fault)
                  : view_issue(view, span.last, fault);
}
