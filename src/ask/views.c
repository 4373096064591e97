/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What views share. */
#include "ask/views.h"

#include "base/arena.h"
#include "base/text.h"
#include "news/month.h"
#include "say/address.h"
#include "say/digest.h"
#include "say/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Code points of a title. */
#define TITLE_MAX 200
/* Bullets that are visible below a line. */
#define VISIBLE 5

void view_count(struct view *view, int64_t count, const char *noun)
{
    bool person = strcmp(noun, "person") == 0, starts = reply_is_at_start(view->reply);
    if (person && !count) {
        reply_say(view->reply, starts ? "Nobody" : "nobody");
        return;
    }
    if (count)
        reply_say(view->reply, "%" PRId64, count);
    else
        reply_say(view->reply, starts ? "No" : "no");
    reply_say(view->reply, " %s%s", person && count > 1 ? "people" : noun,
              count == 1 || person ? "" : "s");
}

void view_month(struct view *view, enum month_form form, int month, const char *issue_url,
                const char *anchor)
{
    char text[MONTH_TEXT_SIZE];
    month_text(month, text);
    const char *name = month_name(month % 12);
    const char *shown = form == MONTH_LONG   ? text
                        : form == MONTH_NAME ? name
                                             : arena_format(view->arena, "%.3s", name);
    reply_link(view->reply, REPLY_PLAIN, shown, digest_address(view->arena, issue_url, anchor));
}

const struct facts_issue *view_newest(const struct view *view)
{
    return &view->issues.issue[view->issues.count - 1];
}

const struct facts_issue *view_find(const struct view *view, int month)
{
    for (size_t i = 0; i < view->issues.count; i++)
        if (view->issues.issue[i].month == month)
            return &view->issues.issue[i];
    return NULL;
}

char *view_span(struct arena *arena, struct span span)
{
    char first[MONTH_TEXT_SIZE], last[MONTH_TEXT_SIZE];
    month_text(span.first, first);
    month_text(span.last, last);
    if (span.first == span.last)
        return arena_copy(arena, first);
    bool one_year = span.first / 12 == span.last / 12;
    if (span.first % 12 || span.last % 12 != 11)
        return arena_format(arena, "%s to %s", one_year ? month_name(span.first % 12) : first,
                            last);
    return one_year ? arena_format(arena, "%04d", span.first / 12)
                    : arena_format(arena, "%04d to %04d", span.first / 12, span.last / 12);
}

char *view_within(struct arena *arena, struct span span)
{
    char *text = view_span(arena, span);
    return arena_format(arena, "%s %s", strstr(text, " to ") ? "from" : "in", text);
}

void view_title(struct view *view, const char *title, const char *url, const char *project)
{
    const char *said = address_text(view->arena, title, url, project);
    reply_link(view->reply, REPLY_PLAIN, text_cut(view->arena, said, TITLE_MAX, true), url);
}

/* A link, with its project and its month unless they are said before. */
static void add_link(struct view *view, const struct facts_link *link, bool project, bool month)
{
    reply_entry(view->reply);
    view_title(view, link->title, link->url, link->project);
    if (project && link->project) {
        reply_say(view->reply, ", ");
        reply_link(view->reply, REPLY_CODE, link->project, NULL);
    }
    if (month) {
        reply_say(view->reply, ", ");
        view_month(view, MONTH_LONG, link->month, link->issue_url, link->anchor);
    }
}

void view_links(struct view *view, const struct facts_links *links, bool projects)
{
    size_t visible = links->count <= VISIBLE + 1 ? links->count : VISIBLE;
    bool months = links->count && links->link[0].month != links->link[links->count - 1].month;
    reply_list(view->reply, false, SIZE_MAX);
    for (size_t i = 0; i < links->count; i++) {
        if (i == visible) {
            reply_list_end(view->reply, NULL, NULL);
            reply_spoiler(view->reply, "%zu more", links->count - visible);
            reply_list(view->reply, false, SIZE_MAX);
        }
        add_link(view, &links->link[i], projects, months);
    }
    reply_list_end(view->reply, NULL, NULL);
}
