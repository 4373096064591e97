/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Views of one kind of thing in a time: projects, people, links, changes. */
#include "ask/views.h"

#include "base/arena.h"
#include "news/month.h"
#include "say/reply.h"

#include <stdio.h>
#include <string.h>

/* Entries of a line. */
#define TOP_MAX      12
#define PEOPLE_MAX   60
#define PROJECTS_MAX 60
#define NAME_MAX     60

/* Whether it is about all years because no time was said. */
static bool is_all(const struct view *view, struct span span)
{
    return !view->request->timed && span.first != span.last;
}

/* "in 75 issues", "in July 2025", linked, or "in 2024" */
static void add_where(struct view *view, struct span span)
{
    const struct facts_issue *only = span.first == span.last ? view_find(view, span.first) : NULL;
    if (!only && !is_all(view, span)) {
        reply_say(view->reply, " %s", view_within(view->arena, span));
        return;
    }
    reply_say(view->reply, " in ");
    if (only)
        view_month(view, MONTH_LONG, only->month, only->url, NULL);
    else
        view_count(view, (int64_t)view->issues.count, "issue");
}

/* Ends the sentence, if nothing follows. */
static bool is_told(struct view *view, size_t count)
{
    bool told = !count || view->request->how == HOW_COUNT;
    reply_say(view->reply, told ? "." : "");
    return told;
}

void view_keep_new(struct facts_projects *projects, struct span span)
{
    size_t kept = 0;
    for (size_t i = 0; i < projects->count; i++)
        if (projects->project[i].first >= span.first && projects->project[i].first <= span.last)
            projects->project[kept++] = projects->project[i];
    projects->count = kept;
}

void view_add_projects(struct view *view, const struct facts_projects *projects, size_t most)
{
    reply_list(view->reply, true, most);
    for (size_t i = 0; i < projects->count; i++) {
        reply_entry(view->reply);
        reply_link(view->reply, REPLY_CODE, projects->project[i].name, projects->project[i].url);
        if (projects->project[i].changes)
            reply_say(view->reply, " (%d)", (int)projects->project[i].changes);
    }
    reply_list_end(view->reply, NULL, NULL);
}

/* What is new is new in the span, and of all years in the newest issue that has any. */
static bool view_projects(struct view *view, struct span span, struct fault *fault)
{
    struct facts_projects projects = {0};
    bool only_new = view->request->how == HOW_NEW;
    if (!facts_projects(view->arena, view->db, span, &projects, fault))
        return false;
    if (only_new) {
        int newest = 0;
        for (size_t i = 0; i < projects.count; i++)
            newest = projects.project[i].first > newest ? projects.project[i].first : newest;
        if (is_all(view, span))
            span = (struct span){newest, newest};
        view_keep_new(&projects, span);
    }
    view_count(view, (int64_t)projects.count, only_new ? "new project" : "project");
    add_where(view, span);
    if (is_told(view, projects.count))
        return true;
    bool one = span.first == span.last;
    reply_say(view->reply, only_new || one ? ": " : ", most changes first: ");
    view_add_projects(view, &projects,
                      only_new || one                 ? SIZE_MAX
                      : view->request->how == HOW_TOP ? TOP_MAX
                                                      : PROJECTS_MAX);
    return true;
}

static int roles_of(enum request_what what)
{
    return what == WHAT_EDITORS       ? ROLE_EDITED | ROLE_WROTE
           : what == WHAT_MAINTAINERS ? ROLE_MAINTAINS
                                      : ROLE_THANKED;
}

/* Those who edited or wrote issues; reports of projects are others. */
static bool read_people(struct view *view, struct span span, struct facts_people *people,
                        struct fault *fault)
{
    enum request_what what = view->request->what;
    int64_t project = what == WHAT_EDITORS ? FACTS_ISSUES : 0;
    if (!facts_people(view->arena, view->db, project, roles_of(what), span, people, fault))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < people->count; i++)
        if (view->request->how != HOW_NEW ||
            (people->person[i].first >= span.first && people->person[i].first <= span.last))
            people->person[kept++] = people->person[i];
    people->count = kept;
    return true;
}

void view_add_people(struct view *view, const struct facts_people *people, size_t most)
{
    reply_list(view->reply, true, most);
    for (size_t i = 0; i < people->count; i++) {
        reply_entry(view->reply);
        reply_text(view->reply, people->person[i].name, NAME_MAX);
        if (people->person[i].issues > 1)
            reply_say(view->reply, " (%d)", (int)people->person[i].issues);
    }
    reply_list_end(view->reply, NULL, NULL);
}

static bool view_people(struct view *view, struct span span, struct fault *fault)
{
    struct facts_people people = {0};
    enum request_what what = view->request->what;
    bool only_new = view->request->how == HOW_NEW;
    if (only_new && is_all(view, span))
        span.first = span.last;
    if (!read_people(view, span, &people, fault))
        return false;
    bool one = people.count <= 1;
    view_count(view, (int64_t)people.count, "person");
    reply_say(view->reply, " %s %s%s", one ? "is" : "are",
              what == WHAT_EDITORS
                  ? one ? "named as editor or author" : "named as editors or authors"
              : what == WHAT_MAINTAINERS ? one ? "named as maintainer" : "named as maintainers"
                                         : "thanked",
              only_new ? " for the first time" : "");
    add_where(view, span);
    if (is_told(view, people.count))
        return true;
    reply_say(view->reply, span.first == span.last ? ": " : ", by number of issues: ");
    view_add_people(view, &people, view->request->how == HOW_TOP ? TOP_MAX : PEOPLE_MAX);
    return true;
}

static bool read_links(struct view *view, struct span span, struct facts_links *links,
                       struct fault *fault)
{
    enum request_what what = view->request->what;
    if (what == WHAT_CHANGES)
        return facts_changes(view->arena, view->db, 0, span, links, fault);
    return facts_headlines(view->arena, view->db,
                           what == WHAT_TOOLING ? SECTION_TOOLING : SECTION_NEWS, span, links,
                           fault);
}

/* How many links or changes there are. */
static void tell_number(struct view *view, struct span span)
{
    int64_t links = 0, changes = 0;
    for (size_t i = 0; i < view->issues.count; i++) {
        const struct facts_issue *issue = &view->issues.issue[i];
        if (issue->month >= span.first && issue->month <= span.last) {
            links += issue->links;
            changes += issue->changes;
        }
    }
    if (view->request->what == WHAT_CHANGES)
        view_count(view, changes, "change");
    else
        view_count(view, links, "link");
    add_where(view, span);
    reply_say(view->reply, ".");
}

static bool view_entries(struct view *view, struct span span, struct fault *fault)
{
    struct facts_links links = {0};
    enum request_what what = view->request->what;
    if (view->request->how == HOW_COUNT && what != WHAT_TOOLING) {
        tell_number(view, span);
        return true;
    }
    if (!read_links(view, span, &links, fault))
        return false;
    view_count(view, (int64_t)links.count,
               what == WHAT_CHANGES   ? "change"
               : what == WHAT_TOOLING ? "tooling link"
                                      : "headline");
    add_where(view, span);
    if (is_told(view, links.count))
        return true;
    reply_say(view->reply, ":");
    reply_line(view->reply);
    view_links(view, &links, true);
    return true;
}

bool view_is_part(const struct view *view)
{
    return view->request->what >= WHAT_EDITORS && view->request->what <= WHAT_CHANGES;
}

bool view_part(struct view *view, struct span span, struct fault *fault)
{
    switch (view->request->what) {
    case WHAT_NONE: /* "most active" */
    case WHAT_PROJECTS:
        return view_projects(view, span, fault);
    case WHAT_EDITORS:
    case WHAT_MAINTAINERS:
    case WHAT_PEOPLE:
        return view_people(view, span, fault);
    default:
        return view_entries(view, span, fault);
    }
}
