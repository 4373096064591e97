/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is answered, as queries of the archive: one function for a view. Each fills the reply, and
 * sets `found` to false when there is nothing to tell. Faults are those of database.h. */
#ifndef TMRO_ASK_VIEWS_H
#define TMRO_ASK_VIEWS_H

#include "ask/request.h"
#include "news/issue.h"
#include "state/facts.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct buf;
struct config;
struct database;
struct fault;
struct reply;

struct view {
    struct arena *arena; /* of the answer */
    struct database *db;
    const struct config *config;
    const struct request *request;
    struct facts_issues issues;  /* all of the archive; there is one at least */
    char today[ISSUE_DATE_SIZE]; /* "": the clock cannot be believed */
    struct reply *reply;
    bool found;
};

/* One issue, a period, or all of the archive; with a WHAT only that part of it. */
bool view_issue(struct view *view, int month, struct fault *fault);
bool view_period(struct view *view, struct fault *fault);
bool view_all(struct view *view, struct fault *fault);

/* Whether the WHAT is a part of issues, and that part of a time; that of all years is of all
 * issues, when no time was said. */
bool view_is_part(const struct view *view);
bool view_part(struct view *view, struct span span, struct fault *fault);

/* When the next issue is expected, or that of `month` (0: the next), and how to be in it. */
bool view_next(struct view *view, int month, struct fault *fault);

bool view_project(struct view *view, const struct facts_project *project, struct fault *fault);
bool view_person(struct view *view, const struct facts_person *person, struct fault *fault);

/* Where an address was; `*links` are its places. */
void view_link(struct view *view, const char *address, const struct facts_links *links);

/* What has the words. Nothing, and `found` stays false: no place has all of them; with `nearest`
 * those with some. */
bool view_search(struct view *view, const char *words, unsigned kinds, bool nearest,
                 struct fault *fault);

/* Adds where else the name of a project is, when it is a common word: "Mentioned in 20 places: …".
 */
bool view_mentions(struct view *view, const char *name, struct fault *fault);

/* What views share. "1 change", "2 changes": */
void view_count(struct view *view, int64_t count, const char *noun);

enum month_form { MONTH_LONG, MONTH_NAME, MONTH_SHORT }; /* "July 2025", "July", "Jul" */

/* The month, linked to the issue, with an anchor unless that is NULL. */
void view_month(struct view *view, enum month_form form, int month, const char *issue_url,
                const char *anchor);

/* The newest issue's, and the issue of a month; NULL: there is none. */
const struct facts_issue *view_newest(const struct view *view);
const struct facts_issue *view_find(const struct view *view, int month);

/* "July 2025", "2025", "2021 to 2023", "March 2024 to June 2024" */
char *view_span(struct arena *arena, struct span span);

/* "in July 2025", "in 2025", "from 2021 to 2023" */
char *view_within(struct arena *arena, struct span span);

/* Adds projects with their changes, and people with their issues, as lists of at most so many. */
void view_add_projects(struct view *view, const struct facts_projects *projects, size_t most);
void view_add_people(struct view *view, const struct facts_people *people, size_t most);

/* Keeps the projects that are new in the span. */
void view_keep_new(struct facts_projects *projects, struct span span);

/* Adds the title of an item, linked; an address as it is said of a project (NULL: none). */
void view_title(struct view *view, const char *title, const char *url, const char *project);

/* Adds links, in the order of their months, as bullets: the first visible, the rest in a spoiler;
 * with their months when there are several, and with `projects` with those. */
void view_links(struct view *view, const struct facts_links *links, bool projects);

#endif
