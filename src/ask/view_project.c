/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Views of a project, and of a person. */
#include "ask/views.h"

#include "base/arena.h"
#include "base/text.h"
#include "news/month.h"
#include "say/digest.h"
#include "say/reply.h"

#include <stdio.h>
#include <string.h>

#define ABOUT_MAX  220
#define NAME_MAX   60
#define PEOPLE_MAX 60
#define RECENT_MAX 12
#define TITLE_MAX  200

static struct span span_of(const struct view *view)
{
    return view->request->timed
               ? view->request->span
               : (struct span){view->issues.issue[0].month, view_newest(view)->month};
}

static void add_name(struct view *view, const struct facts_project *project)
{
    reply_link(view->reply, REPLY_BOLD_CODE, project->name, project->url);
}

/* "in 2024", or nothing when no time was said. */
static void add_time(struct view *view)
{
    if (view->request->timed)
        reply_say(view->reply, " %s", view_within(view->arena, view->request->span));
}

struct place {
    int month;
    const char *issue_url, *anchor;
};

static void add_place(struct view *view, const char *before, const struct place *place)
{
    reply_say(view->reply, "%s", before);
    view_month(view, MONTH_LONG, place->month, place->issue_url, place->anchor);
}

/* Ends a sentence with the first and the last place. */
static void add_ends(struct view *view, struct place first, struct place last)
{
    if (first.month == last.month) {
        add_place(view, ", in ", &last);
    } else {
        add_place(view, ", first in ", &first);
        add_place(view, ", last in ", &last);
    }
    reply_say(view->reply, ".");
}

/* The newest maintainers that an issue names. */
static bool add_maintainers(struct view *view, const struct facts_project *project,
                            const char *before, bool *any, struct fault *fault)
{
    struct facts_appearances appearances = {0};
    struct facts_people people = {0};
    struct span span = span_of(view);
    *any = false;
    if (!facts_appearances(view->arena, view->db, project->id, span, &appearances, fault))
        return false;
    for (size_t i = 0; i < appearances.count && !people.count; i++) {
        int month = appearances.appearance[i].month;
        if (!facts_people(view->arena, view->db, project->id, ROLE_MAINTAINS,
                          (struct span){month, month}, &people, fault))
            return false;
    }
    *any = people.count;
    for (size_t i = 0; i < people.count; i++) {
        reply_say(view->reply, "%s", !i ? before : i + 1 == people.count ? " and " : ", ");
        reply_text(view->reply, people.person[i].name, NAME_MAX);
    }
    return true;
}

static bool tell_maintainers(struct view *view, const struct facts_project *project,
                             struct fault *fault)
{
    bool any;
    add_name(view, project);
    if (!add_maintainers(view, project, " is maintained by ", &any, fault))
        return false;
    reply_say(view->reply, any ? "." : ": no issue names a maintainer.");
    return true;
}

static bool tell_people(struct view *view, const struct facts_project *project, struct fault *fault)
{
    struct facts_people people = {0};
    if (!facts_people(view->arena, view->db, project->id, ROLE_THANKED, span_of(view), &people,
                      fault))
        return false;
    view_count(view, (int64_t)people.count, "person");
    reply_say(view->reply, people.count > 1 ? " were thanked for " : " was thanked for ");
    add_name(view, project);
    add_time(view);
    if (!people.count || view->request->how == HOW_COUNT) {
        reply_say(view->reply, ".");
        return true;
    }
    reply_say(view->reply, ": ");
    reply_list(view->reply, true, PEOPLE_MAX);
    for (size_t i = 0; i < people.count; i++) {
        reply_entry(view->reply);
        reply_text(view->reply, people.person[i].name, NAME_MAX);
        if (people.person[i].issues > 1)
            reply_say(view->reply, " (%d)", (int)people.person[i].issues);
    }
    reply_list_end(view->reply, NULL, NULL);
    return true;
}

/* ", 5 months before the newest issue" */
static void add_age(struct view *view, int month)
{
    int age = view_newest(view)->month - month;
    bool years = age >= 24;
    if (age == 0) {
        reply_say(view->reply, ", the newest issue");
        return;
    }
    reply_say(view->reply, ", ");
    view_count(view, years ? age / 12 : age, years ? "year" : "month");
    reply_say(view->reply, " before the newest issue");
}

static void tell_end(struct view *view, const struct facts_project *project,
                     const struct facts_appearances *appearances, bool first)
{
    const struct facts_appearance *at =
        &appearances->appearance[first ? appearances->count - 1 : 0];
    add_name(view, project);
    reply_say(view->reply, " %s appeared in ", first ? "first" : "last");
    view_month(view, MONTH_LONG, at->month, at->issue_url, at->anchor);
    if (!first)
        add_age(view, at->month);
    reply_say(view->reply, ".");
}

static int64_t sum(const struct facts_appearances *appearances)
{
    int64_t changes = 0;
    for (size_t i = 0; i < appearances->count; i++)
        changes += appearances->appearance[i].changes;
    return changes;
}

static void tell_count(struct view *view, const struct facts_project *project,
                       const struct facts_appearances *appearances)
{
    add_name(view, project);
    reply_say(view->reply, " had ");
    view_count(view, sum(appearances), "change");
    add_time(view);
    if (!view->request->month) {
        reply_say(view->reply, view->request->timed ? ", in " : " in ");
        view_count(view, (int64_t)appearances->count, "issue");
    }
    reply_say(view->reply, ".");
}

/* "2026 [Jun](…) (14), [May](…)": newest first, the year where it begins. */
static void add_appearances(struct view *view, const struct facts_appearances *appearances,
                            size_t most)
{
    int year = 0;
    reply_list(view->reply, true, most);
    for (size_t i = 0; i < appearances->count; i++) {
        const struct facts_appearance *at = &appearances->appearance[i];
        reply_entry(view->reply);
        if (at->month / 12 != year)
            reply_say(view->reply, "%04d ", at->month / 12);
        year = at->month / 12;
        view_month(view, MONTH_SHORT, at->month, at->issue_url, at->anchor);
        if (at->changes)
            reply_say(view->reply, " (%d)", (int)at->changes);
    }
    reply_list_end(view->reply, NULL, NULL);
}

static void add_years(struct view *view, const struct facts_appearances *appearances)
{
    bool any = false;
    for (size_t end = appearances->count; end > 0;) {
        int year = appearances->appearance[end - 1].month / 12;
        int64_t changes = 0;
        while (end && appearances->appearance[end - 1].month / 12 == year)
            changes += appearances->appearance[--end].changes;
        if (!changes)
            continue;
        reply_say(view->reply, "%s%04d ", any ? ", " : "Changes per year: ", year);
        reply_link(view->reply, REPLY_BOLD, arena_format(view->arena, "%d", (int)changes), NULL);
        any = true;
    }
    if (any)
        reply_line(view->reply);
}

/* The changes in a span as bullets, those of each month below it. */
static bool add_changes(struct view *view, const struct facts_project *project, struct span span,
                        struct fault *fault)
{
    struct facts_links links = {0};
    if (!facts_changes(view->arena, view->db, project->id, span, &links, fault))
        return false;
    if (!links.count)
        return true;
    reply_spoiler(view->reply, "%zu change%s %s", links.count, links.count == 1 ? "" : "s",
                  view_within(view->arena, span));
    bool months = span.first != span.last;
    for (size_t i = 0; i < links.count; i++) {
        const struct facts_link *link = &links.link[i];
        bool opens = !i || link[-1].month != link->month;
        if (opens && i) {
            reply_list_end(view->reply, NULL,
                           digest_address(view->arena, link[-1].issue_url, link[-1].anchor));
            reply_line(view->reply);
        }
        if (opens && months) {
            view_month(view, MONTH_LONG, link->month, link->issue_url, link->anchor);
            reply_line(view->reply);
            reply_line(view->reply);
        }
        if (opens)
            reply_list(view->reply, false, SIZE_MAX);
        reply_entry(view->reply);
        view_title(view, link->title, link->url, project->name);
    }
    const struct facts_link *last = &links.link[links.count - 1];
    reply_list_end(view->reply, NULL, digest_address(view->arena, last->issue_url, last->anchor));
    return true;
}

static bool add_card(struct view *view, const struct facts_project *project,
                     const struct facts_appearances *appearances, struct fault *fault)
{
    struct names also = {0};
    char *about = NULL;
    bool maintained;
    const struct facts_appearance *newest = appearances->appearance,
                                  *first = newest + appearances->count - 1;
    if (!facts_describe(view->arena, view->db, project->id, &about, &also, fault))
        return false;
    add_name(view, project);
    for (size_t i = 0; i < also.count && i < 4; i++) {
        reply_say(view->reply, i ? ", " : " (also ");
        reply_link(view->reply, REPLY_CODE, also.name[i], NULL);
    }
    reply_say(view->reply, "%s is in %zu of ", also.count ? ")" : "", appearances->count);
    view_count(view, (int64_t)view->issues.count, "issue");
    add_ends(view, (struct place){first->month, first->issue_url, first->anchor},
             (struct place){newest->month, newest->issue_url, newest->anchor});
    reply_line(view->reply);
    if (about) {
        reply_text(view->reply, about, ABOUT_MAX);
        reply_line(view->reply);
    }
    if (!add_maintainers(view, project, "Maintained by ", &maintained, fault))
        return false;
    if (maintained) {
        reply_say(view->reply, ".");
        reply_line(view->reply);
    }
    add_years(view, appearances);
    reply_say(view->reply, "Most recent: ");
    add_appearances(view, appearances, RECENT_MAX);
    reply_line(view->reply);
    if (!view_mentions(view, project->name, fault))
        return false;
    struct span span = {newest->month, newest->month};
    return add_changes(view, project, span, fault);
}

/* The changes of a time: those of one month are visible, of more months in a spoiler by month. */
static bool add_history(struct view *view, const struct facts_project *project,
                        const struct facts_appearances *appearances, struct fault *fault)
{
    struct facts_links links = {0};
    const struct facts_appearance *only = appearances->appearance;
    bool one = appearances->count == 1;
    add_name(view, project);
    reply_say(view->reply, " had ");
    view_count(view, sum(appearances), "change");
    if (one) {
        reply_say(view->reply, " in ");
        view_month(view, MONTH_LONG, only->month, only->issue_url, only->anchor);
        reply_say(view->reply, sum(appearances) ? ":" : ".");
    } else {
        add_time(view);
        reply_say(view->reply, ", in ");
        view_count(view, (int64_t)appearances->count, "issue");
        reply_say(view->reply, ":");
    }
    reply_line(view->reply);
    if (!one) {
        add_appearances(view, appearances, 24);
        reply_line(view->reply);
        return add_changes(view, project, view->request->span, fault);
    }
    if (!facts_changes(view->arena, view->db, project->id, view->request->span, &links, fault))
        return false;
    view_links(view, &links, false);
    return true;
}

/* The time has nothing of it: when the nearest was. */
static bool tell_absence(struct view *view, const struct facts_project *project,
                         struct fault *fault)
{
    struct facts_appearances all = {0};
    struct span span = {view->issues.issue[0].month, view_newest(view)->month};
    if (!facts_appearances(view->arena, view->db, project->id, span, &all, fault))
        return false;
    const struct facts_appearance *nearest = all.appearance;
    for (size_t i = 0; i < all.count; i++)
        if (all.appearance[i].month >= view->request->span.first)
            nearest = &all.appearance[i];
    view->found = false;
    add_name(view, project);
    reply_say(view->reply, " does not appear %s; the nearest issue with it is ",
              view_within(view->arena, view->request->span));
    if (all.count)
        view_month(view, MONTH_LONG, nearest->month, nearest->issue_url, nearest->anchor);
    reply_say(view->reply, ".");
    return true;
}

bool view_project(struct view *view, const struct facts_project *project, struct fault *fault)
{
    struct facts_appearances appearances = {0};
    const struct request *request = view->request;
    if (!facts_appearances(view->arena, view->db, project->id, span_of(view), &appearances, fault))
        return false;
    if (!appearances.count)
        return tell_absence(view, project, fault);
    if (request->what == WHAT_MAINTAINERS)
        return tell_maintainers(view, project, fault);
    if (request->what == WHAT_PEOPLE)
        return tell_people(view, project, fault);
    if (request->how == HOW_COUNT) {
        tell_count(view, project, &appearances);
        return true;
    }
    if (request->how == HOW_FIRST || (request->how == HOW_LAST && !request->what)) {
        tell_end(view, project, &appearances, request->how == HOW_FIRST);
        return true;
    }
    return request->timed ? add_history(view, project, &appearances, fault)
                          : add_card(view, project, &appearances, fault);
}

/* What a person did in one role, or 0: any. */
struct deeds {
    size_t issues;
    const struct facts_credit *first, *last; /* NULL: none */
};

static struct deeds count_deeds(const struct facts_credits *credits, int64_t role, bool issue)
{
    struct deeds deeds = {0};
    int month = 0;
    for (size_t i = 0; i < credits->count; i++) {
        const struct facts_credit *c = &credits->credit[i];
        if ((role && c->role != role) || (issue && c->project))
            continue;
        deeds.issues += c->month != month;
        month = c->month;
        deeds.last = deeds.last ? deeds.last : c;
        deeds.first = c;
    }
    return deeds;
}

/* The projects of a role as a list, those with the most issues first. */
static void add_projects(struct view *view, const struct facts_credits *credits, int64_t role)
{
    struct tally {
        const char *name;
        size_t issues;
    } *tally = NULL;
    size_t count = 0;
    for (size_t i = 0; i < credits->count; i++) {
        const struct facts_credit *c = &credits->credit[i];
        size_t k = 0;
        if (c->role != role || !c->project)
            continue;
        while (k < count && strcmp(tally[k].name, c->project) != 0)
            k++;
        if (k == count)
            *(struct tally *)arena_add(view->arena, &tally, &count, sizeof *tally) =
                (struct tally){c->project, 0};
        tally[k].issues++;
        for (; k && tally[k].issues > tally[k - 1].issues; k--) {
            struct tally other = tally[k];
            tally[k] = tally[k - 1];
            tally[k - 1] = other;
        }
    }
    reply_list(view->reply, true, RECENT_MAX);
    for (size_t i = 0; i < count; i++) {
        reply_entry(view->reply);
        reply_link(view->reply, REPLY_CODE, tally[i].name, NULL);
        if (role == ROLE_THANKED && tally[i].issues > 1)
            reply_say(view->reply, " (%zu)", tally[i].issues);
    }
    reply_list_end(view->reply, NULL, NULL);
}

static void add_role(struct view *view, const struct facts_credits *credits, int64_t role,
                     const char *verb)
{
    bool any = false;
    for (size_t i = 0; i < credits->count; i++)
        any |= credits->credit[i].role == role && credits->credit[i].project;
    if (!any)
        return;
    reply_say(view->reply, "%s ", verb);
    add_projects(view, credits, role);
    reply_line(view->reply);
}

static void add_issues(struct view *view, const struct facts_credits *credits, int64_t role,
                       const char *verb)
{
    struct deeds deeds = count_deeds(credits, role, true);
    if (!deeds.issues)
        return;
    reply_say(view->reply, "%s ", verb);
    view_count(view, (int64_t)deeds.issues, "issue");
    reply_say(view->reply, deeds.issues > 1 ? ", most recently " : ", in ");
    view_month(view, MONTH_LONG, deeds.last->month, deeds.last->issue_url, NULL);
    reply_line(view->reply);
}

static const char *verb_of(int64_t role)
{
    return role == ROLE_THANKED     ? "thanked"
           : role == ROLE_MAINTAINS ? "named as maintainer"
           : role == ROLE_EDITED    ? "named as editor"
                                    : "named as author";
}

/* The first, or the last that a person did. */
static void tell_deed(struct view *view, const struct facts_credit *c)
{
    reply_say(view->reply, " was %s %s in ", view->request->how == HOW_FIRST ? "first" : "last",
              verb_of(c->role));
    view_month(view, MONTH_LONG, c->month, c->issue_url, c->anchor);
    if (c->project) {
        reply_say(view->reply, ", for ");
        reply_link(view->reply, REPLY_CODE, c->project, NULL);
    }
    reply_say(view->reply, ".");
}

/* The newest that a person did, in a spoiler. */
static void add_newest(struct view *view, const struct facts_credits *credits)
{
    size_t shown = credits->count < RECENT_MAX ? credits->count : RECENT_MAX;
    if (shown < 2)
        return;
    reply_spoiler(view->reply, "Most recent");
    reply_list(view->reply, false, SIZE_MAX);
    for (size_t i = 0; i < shown; i++) {
        const struct facts_credit *c = &credits->credit[i];
        reply_entry(view->reply);
        view_month(view, MONTH_LONG, c->month, c->issue_url, c->anchor);
        reply_say(view->reply, ": %s", verb_of(c->role));
        if (!c->project)
            continue;
        reply_say(view->reply, c->role == ROLE_THANKED ? " for " : " of ");
        reply_link(view->reply, REPLY_CODE, c->project, NULL);
    }
    reply_list_end(view->reply, NULL, NULL);
}

/* What is asked about: issues edited or written, else thanks, else all; with what is said of it. */
static struct deeds choose_deeds(const struct view *view, const struct facts_credits *credits,
                                 const char **verb)
{
    static const struct {
        int64_t role;
        bool issue;
        const char *verb;
    } kinds[] = {{ROLE_EDITED, true, " edited "},
                 {ROLE_WROTE, true, " wrote "},
                 {ROLE_THANKED, false, " was thanked in "},
                 {0, false, " is named in "}};
    struct deeds deeds = {0};
    for (size_t i = view->request->what == WHAT_EDITORS ? 0 : 2; i < COUNT(kinds) && !deeds.first;
         i++) {
        deeds = count_deeds(credits, kinds[i].role, kinds[i].issue);
        *verb = kinds[i].verb;
    }
    return deeds;
}

/* The time does not name them: when the nearest issue does. */
static bool tell_silence(struct view *view, const struct facts_person *person, struct fault *fault)
{
    struct facts_credits all = {0};
    struct span span = {view->issues.issue[0].month, view_newest(view)->month};
    if (!facts_credits(view->arena, view->db, person->id, span, &all, fault))
        return false;
    const struct facts_credit *nearest = all.credit;
    for (size_t i = 0; i < all.count; i++)
        if (all.credit[i].month >= view->request->span.first)
            nearest = &all.credit[i];
    view->found = false;
    reply_say(view->reply, " is not named %s; the nearest issue that names them is ",
              view_within(view->arena, view->request->span));
    if (all.count)
        view_month(view, MONTH_LONG, nearest->month, nearest->issue_url, nearest->anchor);
    reply_say(view->reply, ".");
    return true;
}

bool view_person(struct view *view, const struct facts_person *person, struct fault *fault)
{
    struct facts_credits credits = {0};
    const char *verb = "";
    const struct request *request = view->request;
    if (!facts_credits(view->arena, view->db, person->id, span_of(view), &credits, fault))
        return false;
    reply_link(view->reply, REPLY_BOLD, person->name, NULL);
    struct deeds told = choose_deeds(view, &credits, &verb);
    if (!told.first)
        return tell_silence(view, person, fault);
    if (request->how == HOW_FIRST || request->how == HOW_LAST) {
        tell_deed(view, request->how == HOW_FIRST ? told.first : told.last);
        return true;
    }
    reply_say(view->reply, "%s", verb);
    view_count(view, (int64_t)told.issues, "issue");
    add_time(view);
    if (request->month)
        reply_say(view->reply, ".");
    else
        add_ends(view, (struct place){told.first->month, told.first->issue_url, told.first->anchor},
                 (struct place){told.last->month, told.last->issue_url, told.last->anchor});
    reply_line(view->reply);
    add_role(view, &credits, ROLE_THANKED, "Thanked for");
    add_role(view, &credits, ROLE_MAINTAINS, "Maintains");
    add_role(view, &credits, ROLE_WROTE, "Wrote about");
    add_issues(view, &credits, ROLE_EDITED, "Edited");
    add_issues(view, &credits, ROLE_WROTE, "Wrote");
    add_newest(view, &credits);
    return true;
}
