/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot answers to a request, from the archive. */
#include "ask/answer.h"

#include "ask/answer_issue.h"
#include "ask/answer_project.h"
#include "ask/answer_search.h"
#include "ask/answer_since.h"
#include "ask/command.h"
#include "ask/words.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "io/config.h"
#include "news/issue.h"
#include "news/month.h"
#include "say/compose.h"
#include "state/archive.h"
#include "state/catalog.h"
#include "state/search.h"
#include "state/status.h"
#include "zulip/markup.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char ask_help[] = " (`help` says what I can do.)";

/* A request while it is answered. */
struct request {
    const struct answerer *answerer;
    struct asked asked;
    struct command command;
    char **text;
    bool *found;
    struct buf opening; /* what asked.opening points to */
    struct fault *fault;
};

/* What is said in one way only. */
static void say(struct request *r,
                void (*write)(struct buf *out, size_t level, const void *context),
                const void *context)
{
    *r->text = compose_fit(&r->asked, 0, write, context);
}

/* What is told when there is nothing to tell. */
struct lack {
    const struct asked *asked;
    const char *words;
    const char *nearest; /* a command or a project's name; NULL: none is near */
    int64_t places;      /* that a search finds */
    bool at_least;       /* so many */
};

static void add_suggestion(struct buf *out, const char *nearest)
{
    if (nearest) {
        buf_adds(out, " Did you mean ");
        compose_words_code(out, nearest);
        buf_addc(out, '?');
    }
    buf_adds(out, ask_help);
}

static void write_unknown(struct buf *out, size_t level, const void *context)
{
    const struct lack *lack = context;
    buf_adds(out, "I don't know ");
    compose_words_code(out, lack->words);
    buf_addc(out, '.');
    add_suggestion(out, lack->nearest);
    (void)level;
}

static void write_nothing(struct buf *out, size_t level, const void *context)
{
    const struct lack *lack = context;
    buf_adds(out, "Nothing about ");
    compose_words_code(out, lack->words);
    buf_adds(out, " in ");
    compose_count(out, lack->asked->issue_count, "issue");
    buf_addc(out, '.');
    add_suggestion(out, lack->nearest);
    (void)level;
}

static void write_no_project(struct buf *out, size_t level, const void *context)
{
    const struct lack *lack = context;
    buf_adds(out, "No project ");
    compose_words_code(out, lack->words);
    buf_adds(out, " in ");
    compose_count(out, lack->asked->issue_count, "issue");
    if (lack->places) {
        buf_adds(out, ", but a search finds ");
        compose_places(out, lack->places, lack->at_least, lack->words);
    }
    buf_addc(out, '.');
    add_suggestion(out, lack->nearest);
    (void)level;
}

static void write_empty(struct buf *out, size_t level, const void *context)
{
    buf_adds(out, "I have no issue yet: the archive is empty. (`tmro-bot sync` fills it.)");
    (void)level;
    (void)context;
}

static void write_since_when(struct buf *out, size_t level, const void *context)
{
    buf_adds(out, "Since when? Say the month as well, for example `since march 2026`.");
    (void)level;
    (void)context;
}

/* Today's month; without a clock that can be believed the newest issue's. */
static int this_month(const struct asked *asked)
{
    return *asked->today ? month_read(asked->today)
                         : asked->issues.issue[asked->issues.count - 1].month;
}

/* The first month of that number from the newest issue on. */
static int find_coming(const struct asked *asked, int number)
{
    int newest = asked->issues.issue[asked->issues.count - 1].month;
    return newest + (number - 1 - newest % 12 + 12) % 12;
}

/* The newest issue of a month by its number, or else the last such month that has begun. */
static int find_named(const struct asked *asked, int number, bool issues)
{
    for (size_t i = asked->issues.count; issues && i > 0; i--)
        if (asked->issues.issue[i - 1].month % 12 == number - 1)
            return asked->issues.issue[i - 1].month;
    int present = this_month(asked);
    return present - (present % 12 - (number - 1) + 12) % 12;
}

/* The month that a command is about. */
static int find_month(const struct request *r)
{
    const struct catalog_issues *issues = &r->asked.issues;
    switch (r->command.when) {
    case WHEN_MONTH:
        return r->command.month;
    case WHEN_NAMED:
        return r->command.coming
                   ? find_coming(&r->asked, r->command.named)
                   : find_named(&r->asked, r->command.named, r->command.kind == COMMAND_SHOW);
    case WHEN_LAST_MONTH:
        return this_month(&r->asked) - 1;
    case WHEN_THIS_MONTH:
        return this_month(&r->asked);
    case WHEN_PREVIOUS:
        return issues->issue[issues->count - (issues->count > 1 ? 2 : 1)].month;
    case WHEN_NONE:
    case WHEN_LATEST:
        break;
    }
    return issues->issue[issues->count - 1].month;
}

/* The project that is meant; the answer says so when it is only near. */
static bool find_project(struct request *r, const char *words, bool near,
                         struct catalog_project *project, bool *found)
{
    enum catalog_match match;
    if (!catalog_find_project(r->asked.arena, r->asked.db, words, near, project, &match, r->fault))
        return false;
    *found = match;
    if (match != CATALOG_NEAR)
        return true;
    buf_adds(&r->opening, "No project ");
    compose_words_code(&r->opening, words);
    buf_adds(&r->opening, "; the nearest is:");
    r->asked.opening = buf_str(&r->opening);
    return true;
}

/* Reads the list of all issues, once. */
static bool read_issues(struct request *r)
{
    return r->asked.issues.count ||
           catalog_list(r->asked.arena, r->asked.db, &r->asked.issues, r->fault);
}

/* The project's history when there is one of that name. */
static bool try_history(struct request *r, const char *name, bool near)
{
    struct catalog_project project = {0};
    bool found;
    if (!find_project(r, name, near, &project, &found))
        return false;
    return !found || (read_issues(r) &&
                      answer_history(&r->asked, &project, near ? NULL : name, r->text, r->fault));
}

/* The same for words that may be a project's name, or begin with one. */
static bool try_names(struct request *r)
{
    const struct command *command = &r->command;
    if (!try_history(r, command->words, false))
        return false;
    return *r->text || command->name_len == strlen(command->words) ||
           try_history(r, arena_copy_n(r->asked.arena, command->words, command->name_len), false);
}

/* No project has that name, perhaps something else has. */
static bool answer_no_project(struct request *r)
{
    struct search_result result = {0};
    struct lack lack = {.asked = &r->asked, .words = r->command.words};
    *r->found = false;
    if (!search_run(r->asked.arena, r->asked.db, r->command.words, SEARCH_ALL, 1, &result,
                    r->fault))
        return false;
    lack.places = result.total;
    lack.at_least = result.at_least;
    say(r, write_no_project, &lack);
    return true;
}

static bool answer_nothing(struct request *r)
{
    struct catalog_project near = {0};
    enum catalog_match match;
    struct lack lack = {.asked = &r->asked, .words = r->command.words};
    *r->found = false;
    if (!catalog_find_project(r->asked.arena, r->asked.db, lack.words, true, &near, &match,
                              r->fault))
        return false;
    lack.nearest = match ? project_short_name(near.name) : NULL;
    say(r, write_nothing, &lack);
    return true;
}

static void answer_unknown(struct request *r, const char *words, const char *nearest)
{
    *r->found = false;
    say(r, write_unknown, &(struct lack){.asked = &r->asked, .words = words, .nearest = nearest});
}

/* Suggests a command, or month, that the first word is near to and that the rest may belong to,
 * unless the archive has that word. */
static bool try_suggestion(struct request *r)
{
    const char *first = r->command.words, *rest = strchrnul(first, ' ');
    size_t len = text_unwrap(&first, (size_t)(rest - first));
    struct search_result result = {0};
    const char *word = arena_copy_n(r->asked.arena, first, len), *nearest = words_nearest(word);
    if (!nearest)
        return true;
    if (!search_run(r->asked.arena, r->asked.db, word, SEARCH_ALL, 1, &result, r->fault))
        return false;
    if (!result.total)
        answer_unknown(r, word, arena_format(r->asked.arena, "%s%s", nearest, rest));
    return true;
}

/* Words that may be a project's, else are searched for: the first of these that has an answer. */
static bool answer_words(struct request *r)
{
    static const enum search_how ways[] = {SEARCH_ALL, SEARCH_SOME, SEARCH_BEGINNINGS,
                                           SEARCH_SOME_BEGINNINGS};
    bool any = r->command.kind == COMMAND_WORDS;
    if (any && !try_names(r))
        return false;
    for (size_t i = 0; !*r->text && i < COUNT(ways); i++) {
        if (!answer_search(&r->asked, r->command.words, ways[i], r->text, r->found, r->fault))
            return false;
        if (!*r->text && any && ways[i] == SEARCH_ALL && !try_suggestion(r))
            return false;
    }
    return *r->text || answer_nothing(r);
}

static bool answer_project(struct request *r)
{
    return try_history(r, r->command.words, true) && (*r->text || answer_no_project(r));
}

static bool answer_since_month(struct request *r)
{
    struct catalog_project project = {0};
    bool found = false;
    if (r->command.when == WHEN_NONE) {
        *r->found = false;
        say(r, write_since_when, NULL);
        return true;
    }
    int month = find_month(r);
    if (!*r->command.words)
        return answer_since(&r->asked, month, r->text, r->found, r->fault);
    if (!find_project(r, r->command.words, true, &project, &found))
        return false;
    return found ? answer_since_project(&r->asked, month, &project, r->text, r->found, r->fault)
                 : answer_no_project(r);
}

/* A month in lower case, as people type it. */
static void add_typed_month(struct buf *out, int month)
{
    char text[MONTH_TEXT_SIZE];
    month_text(month, text);
    *text = (char)tolower((unsigned char)*text);
    buf_adds(out, text);
}

static void write_help(struct buf *out, size_t level, const void *context)
{
    const struct asked *asked = context;
    const struct catalog_issues *issues = &asked->issues;
    int since = month_read("2026-03"), newest = month_read("2026-06");
    if (issues->count) {
        int first = issues->issue[0].month;
        newest = issues->issue[issues->count - 1].month;
        int months = newest - first;
        char month[MONTH_TEXT_SIZE];
        month_text(first, month);
        buf_adds(out, "I have ");
        if (issues->count == (size_t)months + 1)
            buf_adds(out, "every issue");
        else
            compose_count(out, (int64_t)issues->count, "issue");
        buf_addf(out, " of This Month in Rust OSDev since %s.", month);
        since = newest - (months < 3 ? months : 3);
    } else {
        buf_adds(out, "I tell of past issues of This Month in Rust OSDev.");
    }
    buf_adds(out, " Mention me or write me a direct message, for example:\n- `latest`, `");
    add_typed_month(out, newest);
    buf_adds(out, "`, `list`: one issue, or all of them\n"
                  "- `uefi-rs`: where a project appeared\n"
                  "- `search hypervisor`: where a word appeared\n- `since ");
    add_typed_month(out, since);
    buf_adds(out, "`: what you missed\n"
                  "- `next`: when the next issue is due, and how to suggest something");
    (void)level;
}

static void write_command(struct buf *out, size_t level, const void *context)
{
    const struct command_help *help = context;
    markup_code(out, help->usage);
    buf_addf(out, ": %s", help->summary);
    if (strcmp(help->example, help->usage) != 0) {
        buf_adds(out, ". For example ");
        markup_code(out, help->example);
    }
    if (help->shorter) {
        buf_adds(out, ", or just ");
        markup_code(out, help->shorter);
    }
    buf_addc(out, '.');
    (void)level;
}

static void answer_help(struct request *r, const char *name)
{
    size_t count, i = 0;
    const struct command_help *help = command_help(&count);
    while (i < count && strcmp(help[i].name, name) != 0)
        i++;
    if (!*name)
        say(r, write_help, &r->asked);
    else if (i < count)
        say(r, write_command, &help[i]);
    else
        answer_unknown(r, name, words_nearest(name));
}

static void write_status(struct buf *out, size_t level, const void *context)
{
    const char *line = context;
    markup_prose(out, line);
    buf_addc(out, '.');
    (void)level;
}

static bool answer_status(struct request *r)
{
    char *line =
        status_line(r->asked.arena, r->asked.db, r->answerer->config, r->answerer->now, r->fault);
    if (!line)
        return false;
    *line = (char)toupper((unsigned char)*line);
    say(r, write_status, line);
    return true;
}

/* Someone who waits for a new issue gets the newest, and is told that the next one is not out. */
static bool answer_show_month(struct request *r)
{
    int month = find_month(r);
    if (r->command.coming && r->command.when == WHEN_LATEST) {
        answer_add_not_out(&r->opening, &r->asked, month + 1);
        buf_adds(&r->opening, " The newest is:");
        r->asked.opening = buf_str(&r->opening);
    }
    if (!answer_show(&r->asked, month, r->text, r->found, r->fault))
        return false;
    /* When an issue comes is an answer, without that issue, too. */
    *r->found |= r->command.coming;
    return true;
}

static bool answer_command(struct request *r)
{
    enum command_kind kind = r->command.kind;
    const char *words = r->command.words;
    bool archive = kind != COMMAND_NONE && kind != COMMAND_THANKS && kind != COMMAND_NEXT &&
                   kind != COMMAND_STATUS && kind != COMMAND_HELP;
    if (archive && !r->asked.issue_count) {
        *r->found = false;
        say(r, write_empty, NULL);
        return true;
    }
    /* A search in a large archive does not need them, and is quicker than reading them. */
    if (kind != COMMAND_SEARCH && kind != COMMAND_WORDS && !read_issues(r))
        return false;
    switch (kind) {
    case COMMAND_SHOW:
        return answer_show_month(r);
    case COMMAND_LIST:
        *r->text = answer_list(&r->asked, r->command.year, r->found);
        return true;
    case COMMAND_HISTORY:
        if (*words)
            return answer_project(r);
        answer_help(r, "history");
        return true;
    case COMMAND_SEARCH:
    case COMMAND_WORDS:
        if (*words)
            return answer_words(r);
        answer_help(r, "search");
        return true;
    case COMMAND_SINCE:
        return answer_since_month(r);
    case COMMAND_NEXT:
        *r->text = answer_next(&r->asked, r->answerer->config->site_suggest);
        return true;
    case COMMAND_STATUS:
        return answer_status(r);
    case COMMAND_HELP:
        answer_help(r, words);
        return true;
    case COMMAND_THANKS:
    case COMMAND_NONE:
        break;
    }
    answer_help(r, "");
    return true;
}

/* Whether nothing of the words can be seen. */
static bool is_invisible(struct arena *arena, const char *words)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    markup_prose(&out, words);
    return !out.len;
}

bool answer_is_awaited(const char *request, size_t len)
{
    struct command command;
    command_read(request, len, &command);
    return command.kind != COMMAND_THANKS;
}

bool answer_request(const struct answerer *answerer, const char *request, size_t len, char **text,
                    bool *found, struct fault *fault)
{
    struct request r = {.answerer = answerer,
                        .text = text,
                        .found = found,
                        .opening = BUF_INIT(answerer->arena, TEXT_MAX),
                        .fault = fault};
    time_t now = isfinite(answerer->now) ? (time_t)answerer->now : 0;
    struct tm tm = {0};
    *text = NULL;
    *found = true;
    r.asked.arena = answerer->arena;
    r.asked.db = answerer->db;
    r.asked.max_length = answerer->max_length;
    gmtime_r(&now, &tm);
    issue_date(r.asked.today, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    command_read(request, len, &r.command);
    if (is_invisible(answerer->arena, r.command.words))
        r.command.words[0] = '\0';
    return archive_count(answerer->db, &r.asked.issue_count, fault) && answer_command(&r);
}
