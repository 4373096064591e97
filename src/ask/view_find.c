/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Views of what was looked for: an address, words. */
#include "ask/views.h"

#include "base/arena.h"
#include "base/text.h"
#include "say/reply.h"
#include "state/search.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TITLE_MAX 160
#define WORDS_MAX 60
#define VISIBLE   5
#define HITS_MAX  60 /* as many as a message has room for */

void view_link(struct view *view, const char *address, const struct facts_links *links)
{
    bool web = strstr(address, "://");
    const char *url = links->count ? links->link[0].url : web ? address : NULL;
    const char *shown =
        text_cut(view->arena, web ? strstr(address, "://") + 3 : address, WORDS_MAX, false);
    reply_link(view->reply, REPLY_CODE, shown, url);
    view->found = links->count;
    if (!links->count) {
        reply_say(view->reply, " is in no issue.");
        return;
    }
    reply_say(view->reply, " was in ");
    bool titled = false;
    for (size_t i = 0; i < links->count && i < VISIBLE; i++) {
        const struct facts_link *link = &links->link[i];
        reply_say(view->reply, "%s", i ? "; " : "");
        view_month(view, MONTH_LONG, link->month, link->issue_url, link->anchor);
        if (link->project) {
            reply_say(view->reply, ", under ");
            reply_link(view->reply, REPLY_CODE, link->project, NULL);
        }
        if (text_equal_fold(text_plain(view->arena, link->title), address) ||
            (i && strcmp(link->title, link[-1].title) == 0))
            continue;
        reply_say(view->reply, ": ");
        reply_text(view->reply, link->title, TITLE_MAX);
        titled = true;
    }
    if (links->count > VISIBLE)
        reply_say(view->reply, "; and %zu more", links->count - VISIBLE);
    reply_say(view->reply, titled ? "" : ".");
}

static const char *role_of(int64_t role)
{
    return role == ROLE_THANKED     ? "thanks to "
           : role == ROLE_MAINTAINS ? "maintained by "
           : role == ROLE_EDITED    ? "edited by "
                                    : "written by ";
}

/* Why a place is a hit, and where it is. */
static void add_hit(struct view *view, const struct search_hit *hit)
{
    reply_entry(view->reply);
    switch ((enum search_kind)hit->kind) {
    case SEARCH_PROJECT:
        reply_link(view->reply, REPLY_CODE, hit->project, NULL);
        reply_say(view->reply, hit->role ? ", a project" : ", an article");
        break;
    case SEARCH_HEADLINE:
    case SEARCH_CHANGE:
        view_title(view, hit->title, hit->url, hit->project);
        break;
    case SEARCH_PEOPLE:
        reply_say(view->reply, "%s", role_of(hit->role));
        reply_text(view->reply, hit->title, TITLE_MAX);
        break;
    case SEARCH_TEXT:
        reply_say(view->reply, "“");
        reply_text(view->reply, hit->title, TITLE_MAX);
        reply_say(view->reply, "”");
    }
    if (hit->project && hit->kind != SEARCH_PROJECT) {
        reply_say(view->reply, ", ");
        reply_link(view->reply, REPLY_CODE, hit->project, NULL);
    }
    reply_say(view->reply, ", ");
    view_month(view, MONTH_LONG, hit->month, hit->issue_url, hit->anchor);
    if (hit->more)
        reply_say(view->reply, " and %" PRId64 " more issue%s", hit->more,
                  hit->more == 1 ? "" : "s");
}

static void add_hits(struct view *view, const struct search_hits *hits, size_t from, size_t to)
{
    reply_list(view->reply, false, SIZE_MAX);
    for (size_t i = from; i < to; i++)
        add_hit(view, &hits->hit[i]);
    reply_list_end(view->reply, NULL, NULL);
}

/* The oldest or the newest place of all. */
static bool tell_end(struct view *view, const char *words, const struct search_hits *hits)
{
    bool first = view->request->how == HOW_FIRST;
    const struct search_hit *end = hits->hit;
    for (size_t i = 1; i < hits->count; i++) {
        const struct search_hit *hit = &hits->hit[i];
        if (first ? hit->first < end->first : hit->last > end->last)
            end = hit;
    }
    const struct facts_issue *issue = view_find(view, first ? end->first : end->last);
    reply_link(view->reply, REPLY_BOLD, text_cut(view->arena, words, WORDS_MAX, true), NULL);
    reply_say(view->reply, " %s appears in ", first ? "first" : "last");
    if (issue)
        view_month(view, MONTH_LONG, issue->month, issue->url,
                   issue->month == end->month ? end->anchor : NULL);
    reply_say(view->reply, ": ");
    reply_text(view->reply, end->title, TITLE_MAX);
    return true;
}

bool view_search(struct view *view, const char *words, unsigned kinds, bool nearest,
                 struct fault *fault)
{
    struct search_hits hits = {0};
    view->found = false;
    size_t most = view->request->how ? SEARCH_MAX : HITS_MAX;
    if (!search_run(view->arena, view->db, words, view->request->span, kinds, nearest, most, &hits,
                    fault))
        return false;
    if (!hits.count)
        return true;
    view->found = true;
    if (view->request->how == HOW_FIRST || view->request->how == HOW_LAST)
        return tell_end(view, words, &hits);
    size_t visible = hits.count <= VISIBLE + 1 || hits.any ? hits.count : VISIBLE;
    visible = hits.any && visible > VISIBLE ? VISIBLE : visible;
    if (hits.any) {
        reply_say(view->reply, "Nothing matches all of these words; the closest:");
    } else {
        reply_link(view->reply, REPLY_BOLD, text_cut(view->arena, words, WORDS_MAX, true), NULL);
        reply_say(view->reply,
                  hits.total >= SEARCH_MAX ? " appears in more than " : " appears in ");
        view_count(view, hits.total, "place");
        if (view->request->timed)
            reply_say(view->reply, " %s", view_within(view->arena, view->request->span));
        if (visible < hits.count)
            reply_say(view->reply, "; the top %s", VISIBLE == 5 ? "five" : "ones");
        reply_say(view->reply, ":");
    }
    reply_line(view->reply);
    add_hits(view, &hits, 0, visible);
    if (visible == hits.count || hits.any)
        return true;
    int64_t left = hits.total - (int64_t)visible;
    reply_spoiler(view->reply, "%" PRId64 " more", left);
    add_hits(view, &hits, visible, hits.count);
    if (hits.total > (int64_t)hits.count) {
        reply_line(view->reply);
        reply_say(view->reply, "… and %" PRId64 " more: add a word, or a year.",
                  hits.total - (int64_t)hits.count);
    }
    return true;
}

bool view_mentions(struct view *view, const char *name, struct fault *fault)
{
    struct search_hits hits = {0};
    size_t others = 0;
    size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (name[letters] || view->request->timed || view->request->how || view->request->what)
        return true;
    if (!search_run(view->arena, view->db, name, view->request->span, SEARCH_ALL_KINDS, false,
                    SEARCH_MAX, &hits, fault))
        return false;
    for (size_t i = 0; i < hits.count; i++)
        others += !hits.hit[i].project || strcmp(hits.hit[i].project, name) != 0;
    if (!others)
        return true;
    reply_say(view->reply, "Mentioned in ");
    view_count(view, hits.total, "place");
    reply_say(view->reply, ": ");
    reply_link(view->reply, REPLY_CODE, arena_format(view->arena, "search %s", name), NULL);
    reply_line(view->reply);
    return true;
}
