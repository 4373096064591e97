/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which view answers a request. */
#include "ask/answer.h"

#include "ask/help.h"
#include "ask/request.h"
#include "ask/views.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/text.h"
#include "io/config.h"
#include "news/issue.h"
#include "news/month.h"
#include "say/reply.h"
#include "state/facts.h"
#include "state/search.h"
#include "state/status.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WORDS_MAX 60
/* So many words that nothing has are told back; more are talk. */
#define TOLD_WORDS_MAX  3
#define NAMED_WORDS_MAX 5
#define TITLE_WORDS_MIN 3
/* A name of letters alone may be any word, unless so many issues have the project. */
#define NAMED_ISSUES_MIN 3

/* A request while it is answered. */
struct asked {
    const struct answerer *answerer;
    struct request request;
    struct view view;
    const char *tried; /* words that were looked for last, in vain; NULL: none */
    struct fault *fault;
};

bool answer_is_awaited(const char *request, size_t len)
{
    struct facts_issues none = {0};
    struct calendar calendar = {.issues = &none};
    struct request read;
    struct arena *arena = arena_new();
    request_read(arena, request, len, &calendar, &read);
    arena_free(arena);
    return read.kind != REQUEST_SILENT;
}

static struct span all_time(const struct asked *a)
{
    return (struct span){a->view.issues.issue[0].month, view_newest(&a->view)->month};
}

/* The words of a request as code. */
static void add_words(struct asked *a, const char *words)
{
    reply_link(a->view.reply, REPLY_CODE, text_cut(a->view.arena, words, WORDS_MAX, false), NULL);
}

static void tell_help(struct asked *a)
{
    struct reply *reply = a->view.reply;
    const struct facts_issues *issues = &a->view.issues;
    if (issues->count) {
        char since[MONTH_TEXT_SIZE];
        month_text(issues->issue[0].month, since);
        reply_say(reply, "I have ");
        if (issues->count == (size_t)(view_newest(&a->view)->month - issues->issue[0].month) + 1)
            reply_say(reply, "every issue");
        else
            view_count(&a->view, (int64_t)issues->count, "issue");
        reply_say(reply, " of This Month in Rust OSDev since %s.", since);
    } else {
        reply_say(reply, "I answer questions about past issues of This Month in Rust OSDev.");
    }
    reply_say(reply, a->answerer->terminal
                         ? " For example:"
                         : " Mention me or write me a direct message, for example:");
    reply_line(reply);
    reply_list(reply, false, SIZE_MAX);
    for (const struct help *help = help_rows(); help->name; help++) {
        reply_entry(reply);
        reply_say(reply, "%s: %s", help->examples, help->summary);
    }
    reply_list_end(reply, NULL, NULL);
}

/* False: help is a word of what is looked for. */
static bool tell_topic(struct asked *a)
{
    const struct help *help = help_find(a->view.arena, a->request.bare);
    if (help) {
        reply_say(a->view.reply, "%s For example: %s.", help->more, help->examples);
        return true;
    }
    if (*a->request.subject)
        return false;
    tell_help(a);
    return true;
}

/* An address, or when there is none the words alone. */
static void add_address(struct asked *a, const char *words, const char *url)
{
    reply_link(a->view.reply, REPLY_PLAIN, words, url);
}

static void tell_saying(struct asked *a)
{
    struct reply *reply = a->view.reply;
    const struct config *config = a->answerer->config;
    switch (a->request.saying) {
    case SAYING_WHO:
        reply_say(reply, "I am `tmro-bot`. I announce This Month in Rust OSDev and answer "
                         "questions about past issues; `help` shows which.");
        if (config->about) {
            reply_say(reply, " ");
            add_address(a, "My source and documentation", config->about);
        }
        break;
    case SAYING_NEWSLETTER:
        add_address(a, "This Month in Rust OSDev", config->site_url);
        reply_say(reply, " is a monthly newsletter about operating system development in Rust. "
                         "`latest` shows the newest issue.");
        break;
    case SAYING_MISTAKE:
        reply_say(reply, "Thanks for spotting it. Please report it in ");
        add_address(a, "the newsletter's repository", config->site_repository);
        reply_say(reply, "; once the issue is corrected, so are my answers.");
        break;
    case SAYING_FEED:
        reply_say(reply, "The newsletter's feed: ");
        reply_link(reply, REPLY_CODE, config->site_feed, config->site_feed);
        break;
    case SAYING_EDITOR:
        reply_say(reply, "Everybody can write and edit: issues are written in ");
        add_address(a, "the newsletter's repository", config->site_repository);
        if (config->site_suggest) {
            reply_say(reply, ", and ");
            add_address(a, "links and projects are suggested here", config->site_suggest);
        }
        reply_say(reply, ".");
        break;
    case SAYING_CANNOT:
        reply_say(reply, "I can't do that from the chat: I announce new issues by myself, and only "
                         "answer when I am mentioned. To get a notification, add the newsletter's "
                         "name to your alert words or follow the topic; to see less of me, mute "
                         "the topic in your settings.");
        break;
    case SAYING_PRIVACY:
        reply_say(reply, "I read only messages that mention me or are sent to me. I keep the text "
                         "of a question until it is answered, and who asked and when for a week.");
        break;
    case SAYING_LICENCE:
        reply_say(reply, "I am free software, under the MIT license or the Apache License 2.0, "
                         "whichever you prefer.");
        if (config->about) {
            reply_say(reply, " ");
            add_address(a, "My source", config->about);
        }
        break;
    case SAYING_MORE:
        reply_say(reply, "I don't remember what I said. Open the box under an answer to see the "
                         "rest, or narrow the question, for example with a year.");
        break;
    case SAYING_NAMES:
        reply_say(reply, "I don't know your name on GitHub; ask with it, for example `phil-opp` or "
                         "`phil-opp 2024`.");
    }
}

static bool tell_status(struct asked *a)
{
    const struct answerer *answerer = a->answerer;
    char *line =
        status_line(answerer->arena, answerer->db, answerer->config, answerer->now, a->fault);
    if (!line)
        return false;
    *line = (char)toupper((unsigned char)*line);
    reply_text(a->view.reply, line, SIZE_MAX);
    reply_say(a->view.reply, ".");
    return true;
}

static size_t count_words(const char *s)
{
    size_t count = 0;
    for (s += strspn(s, " "); *s; s += strspn(s, " ")) {
        s += strcspn(s, " ");
        count++;
    }
    return count;
}

/* The project or the person of exactly this name. */
static bool try_name(struct asked *a, const char *name, bool *done)
{
    struct facts_project project = {0};
    struct facts_person person = {0};
    struct view *view = &a->view;
    if (*done || !*name)
        return true;
    if (!facts_find_project(view->arena, view->db, name, &project, a->fault) ||
        (!project.id && !facts_find_person(view->arena, view->db, name, &person, a->fault)))
        return false;
    *done = project.id || person.id;
    view->found |= *done;
    return !*done || (project.id ? view_project(view, &project, a->fault)
                                 : view_person(view, &person, a->fault));
}

static bool try_title(struct asked *a, bool *done)
{
    struct facts_links links = {0};
    /* Fewer words are looked for. */
    if (*done || count_words(a->request.typed) < TITLE_WORDS_MIN)
        return true;
    if (!facts_find_title(a->view.arena, a->view.db, a->request.typed, &links, a->fault))
        return false;
    *done = links.count;
    if (*done)
        view_link(&a->view, a->request.typed, &links);
    return true;
}

/* Words within a time, of all of which some place must tell. */
static bool try_words(struct asked *a, const char *words, unsigned kinds, bool *done)
{
    if (*done || !*words || (a->tried && strcmp(a->tried, words) == 0))
        return true;
    a->tried = kinds == SEARCH_ALL_KINDS ? words : NULL;
    if (!view_search(&a->view, words, kinds, false, a->fault))
        return false;
    *done = a->view.found;
    return true;
}

/* The same in all issues; the answer says that the time has none. */
static bool try_any_time(struct asked *a, const char *words, bool *done)
{
    struct search_hits hits = {0};
    struct reply *reply = a->view.reply;
    if (*done || !a->request.timed)
        return true;
    char *time = view_within(a->view.arena, a->request.span);
    a->request.timed = false;
    a->request.span = all_time(a);
    if (!search_run(a->view.arena, a->view.db, words, a->request.span, SEARCH_ALL_KINDS, false, 1,
                    &hits, a->fault))
        return false;
    if (!hits.count)
        return true;
    a->tried = NULL;
    reply_say(reply, "Nothing about ");
    add_words(a, words);
    reply_say(reply, " %s. In all issues:", time);
    reply_line(reply);
    return try_words(a, words, SEARCH_ALL_KINDS, done);
}

/* A name that is one typing error away. */
static bool try_near(struct asked *a, const char *name, bool *done)
{
    char *near = NULL;
    if (*done)
        return true;
    if (!facts_near_name(a->view.arena, a->view.db, name, &near, a->fault))
        return false;
    if (!near)
        return true;
    reply_say(a->view.reply, "There is no ");
    add_words(a, name);
    reply_say(a->view.reply, "; the nearest is:");
    reply_line(a->view.reply);
    return try_name(a, near, done);
}

/* The first name in a short request: it has a digit, "-" or "_", or is that of a project which many
 * issues have. */
static bool try_name_within(struct asked *a, const char *words, bool *done)
{
    if (*done || count_words(words) > NAMED_WORDS_MAX)
        return true;
    for (size_t len; *words && !*done; words += len + (words[len] != '\0')) {
        struct facts_project project = {0};
        const char *start = words;
        len = strcspn(words, " ");
        size_t name = text_unwrap(&start, len);
        char *word = arena_copy_n(a->view.arena, start, name);
        if (!facts_find_project(a->view.arena, a->view.db, word, &project, a->fault))
            return false;
        bool clear = strpbrk(word, "0123456789-_") || project.issues >= NAMED_ISSUES_MIN;
        if (clear && !try_name(a, word, done))
            return false;
    }
    return true;
}

/* Nothing was found. */
static void tell_nothing(struct asked *a, const char *words)
{
    struct reply *reply = a->view.reply;
    a->view.found = false;
    if (count_words(words) > TOLD_WORDS_MAX) {
        reply_say(reply, "I don't understand that. Try `help`, or `search …`.");
        return;
    }
    const char *nearest = request_nearest(a->view.arena, words);
    reply_say(reply, "Nothing about ");
    add_words(a, words);
    reply_say(reply, " in ");
    view_count(&a->view, (int64_t)a->view.issues.count, "issue");
    reply_say(reply, ".");
    if (nearest && !text_equal_fold(nearest, words))
        reply_say(reply, " Did you mean `%s`?", nearest);
    reply_say(reply, " (`help` says what I can do.)");
}

/* Help with a word that is none of ours: the nearest, or all of the help. */
static void tell_unknown_topic(struct asked *a)
{
    const char *nearest = request_nearest(a->view.arena, a->request.bare);
    if (!nearest) {
        tell_help(a);
        return;
    }
    a->view.found = false;
    reply_say(a->view.reply, "I don't know ");
    add_words(a, a->request.bare);
    reply_say(a->view.reply, ". Did you mean `%s`? (`help` says what I can do.)", nearest);
}

static bool answer_search(struct asked *a)
{
    const char *words = a->request.subject;
    bool done = false;
    if (!try_words(a, words, SEARCH_ALL_KINDS, &done) || !try_any_time(a, words, &done))
        return false;
    if (done)
        return true;
    if (!view_search(&a->view, words, SEARCH_ALL_KINDS, true, a->fault))
        return false;
    if (!a->view.found)
        tell_nothing(a, words);
    a->view.found = false;
    return true;
}

/* Whose subject is asked for: a name, else words. */
static bool answer_subject(struct asked *a)
{
    const struct request *request = &a->request;
    bool done = false;
    if ((request->what == WHAT_LINKS || request->what == WHAT_TOOLING) &&
        !try_words(a, request->subject, 1U << SEARCH_HEADLINE, &done))
        return false;
    if (!try_name(a, request->bare, &done))
        return false;
    if (!done && request->what == WHAT_NEXT && request->subject_what == WHAT_NEXT)
        return view_next(&a->view, 0, a->fault);
    if (!try_words(a, request->subject, SEARCH_ALL_KINDS, &done) ||
        !try_words(a, request->bare, SEARCH_ALL_KINDS, &done) ||
        !try_words(a, request->typed, SEARCH_ALL_KINDS, &done) ||
        !try_name_within(a, request->bare, &done) || !try_any_time(a, request->bare, &done) ||
        !try_near(a, request->bare, &done))
        return false;
    if (!done && request->what == WHAT_HELP)
        tell_unknown_topic(a);
    else if (!done)
        tell_nothing(a, request->bare);
    return true;
}

/* The first or the last issue of a time. */
static bool answer_end(struct asked *a)
{
    struct facts_issues issues = {0};
    if (!facts_issues(a->view.arena, a->view.db, a->request.span, &issues, a->fault))
        return false;
    if (!issues.count)
        return view_period(&a->view, a->fault);
    size_t at = a->request.how == HOW_FIRST ? 0 : issues.count - 1;
    return view_issue(&a->view, issues.issue[at].month, a->fault);
}

static bool answer_time(struct asked *a)
{
    const struct request *request = &a->request;
    if (request->month)
        return request->what == WHAT_NEXT ? view_next(&a->view, request->span.first, a->fault)
                                          : view_issue(&a->view, request->span.first, a->fault);
    if (request->how == HOW_FIRST || request->how == HOW_LAST)
        return answer_end(a);
    return view_period(&a->view, a->fault);
}

static bool answer_view(struct asked *a)
{
    const struct request *request = &a->request;
    bool done = false;
    /* A word of the table alone is that word, whatever a project is called. */
    if ((*request->bare || count_words(request->typed) > 1) && request->what != WHAT_HELP &&
        (!try_name(a, request->typed, &done) || !try_title(a, &done)))
        return false;
    if (done)
        return true;
    if (request->what == WHAT_HELP && tell_topic(a))
        return true;
    if (*request->bare)
        return answer_subject(a);
    if (request->what == WHAT_STATUS)
        return tell_status(a);
    if (request->timed)
        return answer_time(a);
    return request->what == WHAT_NEXT ? view_next(&a->view, 0, a->fault)
                                      : view_all(&a->view, a->fault);
}

/* "owner/name#12", "name#12": where that is on GitHub; a pull request, or an issue. */
static bool find_number(struct asked *a, struct facts_links *links)
{
    static const char *const places[] = {"pull", "issues"};
    const char *subject = a->request.subject, *number = strchr(subject, '#') + 1;
    char *name = arena_copy_n(a->view.arena, subject, (size_t)(number - 1 - subject));
    struct facts_project project = {0};
    if (!facts_find_project(a->view.arena, a->view.db, name, &project, a->fault))
        return false;
    char *base =
        project.url ? project.url : arena_format(a->view.arena, "https://github.com/%s", name);
    if (base[strlen(base) - 1] == '/')
        base[strlen(base) - 1] = '\0';
    for (size_t i = 0; i < COUNT(places) && !links->count; i++) {
        char *url = arena_format(a->view.arena, "%s/%s/%s", base, places[i], number);
        if (!facts_find_link(a->view.arena, a->view.db, url, links, a->fault))
            return false;
    }
    return true;
}

static bool answer_link(struct asked *a)
{
    struct facts_links links = {0};
    const char *subject = a->request.subject;
    bool done = false;
    if (!strstr(subject, "://")) { /* "name#12" */
        if (!find_number(a, &links))
            return false;
    } else if (!try_name(a, subject, &done) ||
               (!done && !facts_find_link(a->view.arena, a->view.db, subject, &links, a->fault))) {
        return false;
    }
    if (!done)
        view_link(&a->view, subject, &links);
    return true;
}

static bool needs_archive(struct arena *arena, const struct request *request)
{
    bool helps =
        request->what == WHAT_HELP && (!*request->subject || help_find(arena, request->bare));
    return request->kind == REQUEST_LINK || request->kind == REQUEST_SEARCH ||
           (request->kind == REQUEST_VIEW && !helps &&
            (request->what != WHAT_STATUS || *request->bare));
}

static bool answer(struct asked *a)
{
    if (!a->view.issues.count && needs_archive(a->view.arena, &a->request)) {
        a->view.found = false;
        reply_say(a->view.reply,
                  "I have no issue yet: the archive is empty. (`tmro-bot sync` fills it.)");
        return true;
    }
    switch (a->request.kind) {
    case REQUEST_SAYING:
        tell_saying(a);
        return true;
    case REQUEST_LINK:
        return answer_link(a);
    case REQUEST_SEARCH:
        return answer_search(a);
    case REQUEST_SINCE_WHEN:
        a->view.found = false;
        reply_say(a->view.reply, "Since when? Add a month, for example `since march 2026`.");
        return true;
    case REQUEST_VIEW:
        return answer_view(a);
    case REQUEST_SILENT:
    case REQUEST_EMPTY:
        break;
    }
    tell_help(a);
    return true;
}

bool answer_request(const struct answerer *answerer, const char *request, size_t len,
                    struct reply **reply, bool *found, struct fault *fault)
{
    struct arena *arena = answerer->arena;
    struct asked a = {.answerer = answerer, .fault = fault};
    time_t now = isfinite(answerer->now) ? (time_t)answerer->now : 0;
    struct tm tm = {0};
    *reply = reply_new(arena);
    a.view = (struct view){.arena = arena,
                           .db = answerer->db,
                           .config = answerer->config,
                           .request = &a.request,
                           .reply = *reply,
                           .found = true};
    gmtime_r(&now, &tm);
    issue_date(a.view.today, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    struct span all = {0, INT_MAX};
    if (!facts_issues(arena, answerer->db, all, &a.view.issues, fault))
        return false;
    struct calendar calendar = {.today = *a.view.today ? month_read(a.view.today) : 0,
                                .issues = &a.view.issues};
    request_read(arena, request, len, &calendar, &a.request);
    bool answered = answer(&a);
    *found = a.view.found;
    return answered;
}
