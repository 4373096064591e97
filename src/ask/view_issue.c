/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Views of one issue, or a part of it. */
#include "ask/views.h"

#include "base/arena.h"
#include "base/text.h"
#include "news/month.h"
#include "say/digest.h"
#include "say/reply.h"

#include <stdio.h>
#include <string.h>

#define TITLE_MAX 200
/* Sections with projects that have a line. */
#define LINES_MAX 5

/* "8 August 2025" of "2025-08-08" */
static char *date_text(struct arena *arena, const char *date)
{
    const char *day = date + MONTH_ID_SIZE;
    return arena_format(arena, "%s %s %.4s", day + (*day == '0'), month_name(month_read(date) % 12),
                        date);
}

static void add_projects(struct view *view, const struct issue *issue,
                         const struct section *section)
{
    reply_list(view->reply, true, SIZE_MAX);
    for (size_t i = 0; i < section->project_count; i++) {
        const struct project *project = &section->projects[i];
        size_t changes = issue_count_changes(project);
        reply_entry(view->reply);
        reply_link(view->reply, REPLY_CODE, project_short_name(project->name),
                   digest_address(view->arena, issue->url, project->anchor));
        if (changes)
            reply_say(view->reply, " (%zu)", changes);
    }
    reply_list_end(view->reply, NULL, digest_address(view->arena, issue->url, section->anchor));
}

static void add_title(struct view *view, const struct issue *issue)
{
    reply_link(view->reply, REPLY_BOLD, text_cut(view->arena, issue->title, TITLE_MAX, true),
               issue->url);
    if (*issue->published)
        reply_say(view->reply, ", published on %s", date_text(view->arena, issue->published));
    else
        reply_say(view->reply, ", date unknown");
    reply_line(view->reply);
}

static size_t count_headlines(const struct issue *issue)
{
    size_t count = 0;
    for (size_t i = 0; i < issue->section_count; i++)
        count += issue->sections[i].headline_count;
    return count;
}

/* The headlines of a section as bullets, those of a group below its name. */
static void add_headlines(struct view *view, const struct section *section, const char *issue_url)
{
    bool listed = false;
    for (size_t i = 0; i < section->headline_count; i++) {
        const struct item *item = &section->headlines[i];
        bool opens = issue_opens_group(i ? item - 1 : NULL, item);
        if (listed && opens)
            reply_list_end(view->reply, NULL,
                           digest_address(view->arena, issue_url, section->anchor));
        if (opens) {
            reply_line(view->reply);
            reply_text(view->reply, item->group, TITLE_MAX);
            reply_line(view->reply);
            reply_line(view->reply);
        }
        if (!listed || opens)
            reply_list(view->reply, false, SIZE_MAX);
        listed = true;
        reply_entry(view->reply);
        view_title(view, item->title, item->url, NULL);
    }
    if (listed)
        reply_list_end(view->reply, NULL, digest_address(view->arena, issue_url, section->anchor));
}

static void add_short(struct view *view, const struct issue *issue)
{
    size_t lines = 0, headlines = count_headlines(issue);
    bool first = true;
    add_title(view, issue);
    for (size_t i = 0; i < issue->section_count && lines < LINES_MAX; i++) {
        const struct section *section = &issue->sections[i];
        if (!section->project_count)
            continue;
        reply_text(view->reply, section->title, TITLE_MAX);
        reply_say(view->reply, "%s", digest_joint(section->title));
        add_projects(view, issue, section);
        reply_line(view->reply);
        lines++;
    }
    if (!headlines)
        return;
    reply_spoiler(view->reply, "%zu link%s", headlines, headlines == 1 ? "" : "s");
    for (size_t i = 0; i < issue->section_count; i++) {
        const struct section *section = &issue->sections[i];
        if (!section->headline_count)
            continue;
        if (!first)
            reply_line(view->reply);
        first = false;
        reply_link(view->reply, REPLY_BOLD, section->title, NULL);
        reply_line(view->reply);
        reply_line(view->reply);
        add_headlines(view, section, issue->url);
    }
}

/* "July 2025", linked, at the beginning of a sentence. */
static void add_month(struct view *view, const struct issue *issue)
{
    view_month(view, MONTH_LONG, issue->month, issue->url, NULL);
}

static void add_names(struct view *view, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        reply_say(view->reply, "%s", !i ? "" : i + 1 == names->count ? " and " : ", ");
        reply_text(view->reply, names->name[i], 60);
    }
}

static void add_editors(struct view *view, const struct issue *issue)
{
    add_month(view, issue);
    if (!issue->editors.count && !issue->authors.count)
        reply_say(view->reply, " does not name its editors or authors");
    if (issue->authors.count) {
        reply_say(view->reply, " was written by ");
        add_names(view, &issue->authors);
    }
    if (issue->editors.count) {
        reply_say(view->reply, "%s edited by ", issue->authors.count ? " and" : " was");
        add_names(view, &issue->editors);
    }
    reply_say(view->reply, ".");
}

/* A month without an issue: the nearest ones. */
static bool view_absent(struct view *view, int month, struct fault *fault)
{
    char text[MONTH_TEXT_SIZE];
    const struct facts_issue *first = view->issues.issue, *newest = view_newest(view),
                             *after = first;
    view->found = false;
    if (month > newest->month) {
        view->found = view->request->what == WHAT_NEXT;
        return view_next(view, month, fault);
    }
    month_text(month, text);
    reply_say(view->reply, "There is no issue for %s; ", text);
    if (month < first->month) {
        reply_say(view->reply, "the first is ");
        view_month(view, MONTH_LONG, first->month, first->url, NULL);
    } else {
        while (after->month < month)
            after++;
        reply_say(view->reply, "the nearest are ");
        view_month(view, MONTH_LONG, after[-1].month, after[-1].url, NULL);
        reply_say(view->reply, " and ");
        view_month(view, MONTH_LONG, after->month, after->url, NULL);
    }
    reply_say(view->reply, ".");
    return true;
}

bool view_issue(struct view *view, int month, struct fault *fault)
{
    struct issue issue = {0};
    if (!view_find(view, month))
        return view_absent(view, month, fault);
    if (!facts_issue(view->arena, view->db, month, &issue, fault))
        return false;
    if (view->request->weekly) {
        reply_say(view->reply, "There is one issue a month; the newest:");
        reply_line(view->reply);
    }
    if (view->request->what == WHAT_EDITORS)
        add_editors(view, &issue);
    else if (view_is_part(view))
        return view_part(view, (struct span){month, month}, fault);
    else
        add_short(view, &issue);
    return true;
}
