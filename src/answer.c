/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot answers to a request, from the archive. */
#include "answer.h"

#include "answer_issue.h"
#include "answer_project.h"
#include "answer_search.h"
#include "answer_since.h"
#include "archive.h"
#include "buf.h"
#include "catalog.h"
#include "command.h"
#include "compose.h"
#include "config.h"
#include "fault.h"
#include "issue.h"
#include "markup.h"
#include "search.h"
#include "status.h"
#include "text.h"
#include "words.h"

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

static bool fit(struct request *r, size_t most,
                void (*write)(struct buf *out, size_t level, const void *context),
                const void *context)
{
    return compose_fit(&r->asked, most, write, context, r->text, r->fault);
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

/* The id of a month counted by compose_month_index(). */
static void id_of_index(int index, char id[ISSUE_ID_SIZE])
{
    char text[40];
    snprintf(text, sizeof text, "%04d-%02d", (index - 1) / 12, (index - 1) % 12 + 1);
    snprintf(id, ISSUE_ID_SIZE, "%.7s", text);
}

/* Today's month; without a clock that can be believed the newest issue's. */
static int this_month(const struct asked *asked)
{
    return compose_month_index(*asked->today ? asked->today
                                             : asked->issues.issue[asked->issues.count - 1].id);
}

/* The first month of that number from the newest issue on. */
static void find_coming(const struct asked *asked, int month, char id[ISSUE_ID_SIZE])
{
    int index = compose_month_index(asked->issues.issue[asked->issues.count - 1].id);
    id_of_index(index + (month - index % 12 + 12) % 12, id);
}

/* The newest issue of a month by its number, or else the last such month that has begun. */
static void find_named(const struct asked *asked, int month, bool issues, char id[ISSUE_ID_SIZE])
{
    for (size_t i = asked->issues.count; issues && i > 0; i--) {
        const char *newest = asked->issues.issue[i - 1].id;
        if (strtol(newest + 5, NULL, 10) == month) {
            memcpy(id, newest, ISSUE_ID_SIZE);
            return;
        }
    }
    int index = this_month(asked);
    id_of_index(index - (index - month + 12) % 12, id);
}

/* The month that a command is about. */
static void find_month(const struct request *r, char id[ISSUE_ID_SIZE])
{
    const struct catalog_issues *issues = &r->asked.issues;
    size_t back = 1;
    switch (r->command.when) {
    case WHEN_MONTH:
        memcpy(id, r->command.id, ISSUE_ID_SIZE);
        break;
    case WHEN_NAMED:
        if (r->command.coming)
            find_coming(&r->asked, r->command.month, id);
        else
            find_named(&r->asked, r->command.month, r->command.kind == COMMAND_SHOW, id);
        break;
    case WHEN_LAST_MONTH:
        id_of_index(this_month(&r->asked) - 1, id);
        break;
    case WHEN_THIS_MONTH:
        id_of_index(this_month(&r->asked), id);
        break;
    case WHEN_PREVIOUS:
        back = issues->count > 1 ? 2 : 1;
        /* fall through */
    case WHEN_NONE:
    case WHEN_LATEST:
        memcpy(id, issues->issue[issues->count - back].id, ISSUE_ID_SIZE);
        break;
    }
}

/* The project that is meant; the answer says so when it is only near. */
static bool find_project(struct request *r, const char *words, bool near,
                         struct catalog_project *project, bool *found)
{
    enum catalog_match match;
    if (!catalog_find_project(r->asked.db, words, near, project, &match, r->fault))
        return false;
    *found = match;
    if (match != CATALOG_NEAR)
        return true;
    buf_adds(&r->opening, "No project ");
    compose_words_code(&r->opening, words);
    buf_adds(&r->opening, "; the nearest is:");
    r->asked.opening = buf_str(&r->opening);
    return !r->opening.failed || fault_memory(r->fault);
}

/* The name of the project near the words; NULL: none is, or fault. Owned by the caller. */
static bool near_project(struct request *r, const char *words, char **name)
{
    struct catalog_project project = {0};
    enum catalog_match match;
    bool done = catalog_find_project(r->asked.db, words, true, &project, &match, r->fault);
    if (done && match) {
        *name = strdup(project_short_name(project.name));
        done = *name || fault_memory(r->fault);
    }
    catalog_project_finish(&project);
    return done;
}

/* Reads the list of all issues, once. */
static bool read_issues(struct request *r)
{
    return r->asked.issues.count ||
           catalog_list(r->asked.db, NULL, NULL, &r->asked.issues, r->fault);
}

/* The project's history when there is one of that name. */
static bool try_history(struct request *r, const char *name, bool near)
{
    struct catalog_project project = {0};
    bool found = false;
    bool done = find_project(r, name, near, &project, &found);
    if (done && found)
        done = read_issues(r) &&
               answer_history(&r->asked, &project, near ? NULL : name, r->text, r->fault);
    catalog_project_finish(&project);
    return done;
}

/* The same for words that may be a project's name, or begin with one. */
static bool try_names(struct request *r)
{
    const struct command *command = &r->command;
    bool done = try_history(r, command->words, false);
    if (!done || *r->text || command->name_len == strlen(command->words))
        return done;
    char *name = strndup(command->words, command->name_len);
    done = name ? try_history(r, name, false) : fault_memory(r->fault);
    free(name);
    return done;
}

/* No project has that name, perhaps something else has. */
static bool answer_no_project(struct request *r)
{
    struct search_result result = {0};
    struct lack lack = {.asked = &r->asked, .words = r->command.words};
    *r->found = false;
    bool done = search_run(r->asked.db, r->command.words, SEARCH_ALL, 1, &result, r->fault);
    lack.places = result.total;
    lack.at_least = result.at_least;
    search_result_finish(&result);
    return done && fit(r, 0, write_no_project, &lack);
}

static bool answer_nothing(struct request *r)
{
    char *near = NULL;
    *r->found = false;
    bool done = near_project(r, r->command.words, &near) &&
                fit(r, 0, write_nothing,
                    &(struct lack){.asked = &r->asked, .words = r->command.words, .nearest = near});
    free(near);
    return done;
}

static bool answer_unknown(struct request *r, const char *words, const char *nearest)
{
    *r->found = false;
    return fit(r, 0, write_unknown,
               &(struct lack){.asked = &r->asked, .words = words, .nearest = nearest});
}

/* Suggests a command, or month, that the first word is near to and that the rest may belong to,
 * unless the archive has that word. */
static bool try_suggestion(struct request *r)
{
    const char *first = r->command.words, *rest = strchrnul(first, ' '), *nearest;
    size_t len = text_unwrap(&first, (size_t)(rest - first));
    struct search_result result = {0};
    struct buf request = BUF_INIT(TEXT_MAX);
    char *word = strndup(first, len);
    bool done = word || fault_memory(r->fault);
    if (done && (nearest = words_nearest(word))) {
        buf_addf(&request, "%s%s", nearest, rest);
        done = (!request.failed || fault_memory(r->fault)) &&
               search_run(r->asked.db, word, SEARCH_ALL, 1, &result, r->fault) &&
               (result.total || answer_unknown(r, word, buf_str(&request)));
    }
    search_result_finish(&result);
    buf_finish(&request);
    free(word);
    return done;
}

/* Words that may be a project's, else are searched for: the first of these that has an answer. */
static bool answer_words(struct request *r)
{
    static const enum search_how ways[] = {SEARCH_ALL, SEARCH_SOME, SEARCH_BEGINNINGS,
                                           SEARCH_SOME_BEGINNINGS};
    bool any = r->command.kind == COMMAND_WORDS, done = !any || try_names(r);
    for (size_t i = 0; done && !*r->text && i < sizeof ways / sizeof *ways; i++) {
        done = answer_search(&r->asked, r->command.words, ways[i], r->text, r->found, r->fault);
        if (done && !*r->text && any && ways[i] == SEARCH_ALL)
            done = try_suggestion(r);
    }
    return done && (*r->text || answer_nothing(r));
}

static bool answer_project(struct request *r)
{
    bool done = try_history(r, r->command.words, true);
    return done && (*r->text || answer_no_project(r));
}

static bool answer_since_month(struct request *r)
{
    char id[ISSUE_ID_SIZE];
    struct catalog_project project = {0};
    bool found = false;
    if (r->command.when == WHEN_NONE) {
        *r->found = false;
        return fit(r, 0, write_since_when, NULL);
    }
    find_month(r, id);
    if (!*r->command.words)
        return answer_since(&r->asked, id, r->text, r->found, r->fault);
    bool done = find_project(r, r->command.words, true, &project, &found);
    if (done)
        done = found ? answer_since_project(&r->asked, id, &project, r->text, r->found, r->fault)
                     : answer_no_project(r);
    catalog_project_finish(&project);
    return done;
}

/* A month in lower case, as people type it. */
static void add_typed_month(struct buf *out, const char *id)
{
    char month[ISSUE_MONTH_SIZE];
    issue_month(id, month);
    *month = (char)tolower((unsigned char)*month);
    buf_adds(out, month);
}

static void write_help(struct buf *out, size_t level, const void *context)
{
    const struct asked *asked = context;
    const struct catalog_issues *issues = &asked->issues;
    char since[ISSUE_ID_SIZE] = "2026-03", newest[ISSUE_ID_SIZE] = "2026-06";
    if (issues->count) {
        const char *first = issues->issue[0].id, *last = issues->issue[issues->count - 1].id;
        int months = compose_month_index(last) - compose_month_index(first);
        char month[ISSUE_MONTH_SIZE];
        issue_month(first, month);
        buf_adds(out, "I have ");
        if (issues->count == (size_t)months + 1)
            buf_adds(out, "every issue");
        else
            compose_count(out, (int64_t)issues->count, "issue");
        buf_addf(out, " of This Month in Rust OSDev since %s.", month);
        memcpy(newest, last, sizeof newest);
        id_of_index(compose_month_index(last) - (months < 3 ? months : 3), since);
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

static bool answer_help(struct request *r, const char *name)
{
    size_t count;
    const struct command_help *help = command_help(&count);
    if (!*name)
        return fit(r, 0, write_help, &r->asked);
    for (size_t i = 0; i < count; i++)
        if (strcmp(help[i].name, name) == 0)
            return fit(r, 0, write_command, &help[i]);
    return answer_unknown(r, name, words_nearest(name));
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
    char *line = status_line(r->asked.db, r->answerer->config, r->fault);
    bool done = line;
    if (line) {
        *line = (char)toupper((unsigned char)*line);
        done = fit(r, 0, write_status, line);
    }
    free(line);
    return done;
}

/* Who waits for a new issue gets the newest, and is told that the next one is not out. */
static bool answer_show_month(struct request *r)
{
    char id[ISSUE_ID_SIZE], next[ISSUE_ID_SIZE];
    find_month(r, id);
    if (r->command.coming && r->command.when == WHEN_LATEST) {
        issue_id_next(id, next);
        answer_add_not_out(&r->opening, &r->asked, next);
        buf_adds(&r->opening, " The newest is:");
        r->asked.opening = buf_str(&r->opening);
        if (r->opening.failed)
            return fault_memory(r->fault);
    }
    bool done = answer_show(&r->asked, id, r->text, r->found, r->fault);
    /* When an issue comes is an answer, without that issue, too. */
    *r->found = *r->found || r->command.coming;
    return done;
}

static bool answer_command(struct request *r)
{
    enum command_kind kind = r->command.kind;
    bool archive = kind != COMMAND_NONE && kind != COMMAND_THANKS && kind != COMMAND_NEXT &&
                   kind != COMMAND_STATUS && kind != COMMAND_HELP;
    if (archive && !r->asked.issue_count) {
        *r->found = false;
        return fit(r, 0, write_empty, NULL);
    }
    /* A search in a large archive does not need them, and is quicker than reading them. */
    if (kind != COMMAND_SEARCH && kind != COMMAND_WORDS && !read_issues(r))
        return false;
    switch (kind) {
    case COMMAND_SHOW:
        return answer_show_month(r);
    case COMMAND_LIST:
        return answer_list(&r->asked, r->command.year, r->text, r->found, r->fault);
    case COMMAND_HISTORY:
        return *r->command.words ? answer_project(r) : answer_help(r, "history");
    case COMMAND_SEARCH:
    case COMMAND_WORDS:
        return *r->command.words ? answer_words(r) : answer_help(r, "search");
    case COMMAND_SINCE:
        return answer_since_month(r);
    case COMMAND_NEXT:
        return answer_next(&r->asked, r->answerer->config->site_suggest, r->text, r->found,
                           r->fault);
    case COMMAND_STATUS:
        return answer_status(r);
    case COMMAND_HELP:
        return answer_help(r, r->command.words);
    case COMMAND_THANKS:
    case COMMAND_NONE:
        break;
    }
    return answer_help(r, "");
}

/* Whether nothing of the words can be seen. */
static bool is_invisible(const char *words)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    markup_prose(&out, words);
    bool invisible = !out.failed && !out.len;
    buf_finish(&out);
    return invisible;
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
                        .opening = BUF_INIT(TEXT_MAX),
                        .fault = fault};
    time_t now = isfinite(answerer->now) ? (time_t)answerer->now : 0;
    struct tm tm = {0};
    *text = NULL;
    *found = true;
    r.asked.db = answerer->db;
    r.asked.max_length = answerer->max_length;
    gmtime_r(&now, &tm);
    issue_date(r.asked.today, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    command_read(request, len, &r.command);
    if (is_invisible(r.command.words))
        r.command.words[0] = '\0';
    bool done = archive_count(answerer->db, &r.asked.issue_count, fault) && answer_command(&r);
    if (!done) {
        free(*text);
        *text = NULL;
    }
    catalog_issues_finish(&r.asked.issues);
    buf_finish(&r.opening);
    return done;
}
