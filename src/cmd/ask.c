/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot ask: answers a question from the archive, as the chat would. */
#include "ask/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/prompt.h"
#include "cmd/session.h"
#include "io/database.h"
#include "news/month.h"
#include "say/reply.h"
#include "say/terminal.h"
#include "state/archive.h"
#include "state/facts.h"
#include "state/server.h"
#include "zulip/chat.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/* Most bytes of a question; what is longer is cut. */
#define QUESTION_MAX 16384

/* One run of `ask`. */
struct ask {
    struct session *session;
    struct arena *arena; /* of a question */
    bool markdown;
    bool missing; /* something was not found */
};

enum { ASK_TEXT, ASK_MARKDOWN, ASK_WORDS };

static const struct option_row ask_options[] = {
    [ASK_TEXT] = {"format", "text", "for people (the default)", 0},
    [ASK_MARKDOWN] = {"format", "markdown", "exactly what the chat would get", 0},
    [ASK_WORDS] = {"format", "words", "no answer, but words to ask with, for completion", 0},
    {0}};

/* The archive can be asked without a key, and is not made when it is missing. It is written only
 * where issues must be taken apart again. */
static bool open_archive(struct session *session, struct fault *fault)
{
    bool old = false;
    if (!session_open_state(session, DATABASE_READ, fault)) {
        if (fault->kind != FAULT_ABSENT)
            return false;
        *fault = (struct fault){0};
        session->db =
            database_open(session->arena, NULL, session->credentials.site, DATABASE_CREATE, fault);
        return session->db;
    }
    if (!archive_is_old(session->db, &old, fault))
        return false;
    return !old || session_open_state(session, DATABASE_WRITE, fault);
}

/* Opens the archive for each question: others write it while somebody types. */
static bool answer_question(struct ask *ask, const char *question, struct fault *fault)
{
    struct session *session = ask->session;
    struct server_limits limits;
    struct reply *reply;
    bool found;
    if (!answer_is_awaited(question, strlen(question)))
        return true;
    if (!open_archive(session, fault) || !server_get_limits(session->db, &limits, fault))
        return false;
    struct answerer answerer = {.arena = ask->arena,
                                .config = &session->config,
                                .db = session->db,
                                .now = (double)time(NULL),
                                .terminal = !ask->markdown};
    if (!answer_request(&answerer, question, strlen(question), &reply, &found, fault))
        return false;
    puts(ask->markdown ? reply_markdown(reply, limits.max_message_length)
                       : reply_terminal(reply, terminal_is_rich()));
    ask->missing = ask->missing || !found;
    arena_reset(ask->arena);
    return true;
}

/* Reads a line; false: there is none. */
static bool read_line(char line[QUESTION_MAX])
{
    size_t len = 0;
    int c;
    while ((c = getchar()) != EOF && c != '\n')
        if (len < QUESTION_MAX - 1)
            line[len++] = c ? (char)c : ' '; /* it would hide the rest */
    line[len] = '\0';
    return len || c != EOF;
}

static bool answer_lines(struct ask *ask, struct fault *fault)
{
    char line[QUESTION_MAX];
    while (fflush(stdout) == 0 && read_line(line))
        if (line[strspn(line, " \t\r")] && !answer_question(ask, line, fault))
            return false;
    return true;
}

static bool is_farewell(const char *line)
{
    const char *word = line + strspn(line, " \t\n");
    size_t len = strcspn(word, " \t\n");
    return len == 4 && !word[len + strspn(word + len, " \t\n")] &&
           (strncasecmp(word, "quit", len) == 0 || strncasecmp(word, "exit", len) == 0);
}

/* Answers what a person types. */
static bool converse(struct ask *ask, struct fault *fault)
{
    struct prompt *prompt = prompt_open(ask->session->arena);
    const char *line;
    bool answered = true;
    puts("Questions about past issues; `help` shows some. To leave: quit, or Ctrl-D.");
    while (answered && (line = prompt_read(prompt)) && !is_farewell(line))
        answered = !line[strspn(line, " \t\r\n")] || answer_question(ask, line, fault);
    if (!line)
        putchar('\n');
    prompt_close(prompt);
    return answered;
}

/* Adds as much as there is room for. */
static void add_cut(struct buf *question, const char *s)
{
    size_t room = question->max - question->len;
    buf_add(question, s, strnlen(s, room));
}

/* Whether a word is one in quotation marks, which the shell took away: several words in one. */
static bool is_phrase(const char *word)
{
    return strpbrk(word, " \t\n") && !strchr(word, '"');
}

static bool is_search(const char *word)
{
    return text_equal_fold(word, "search") || text_equal_fold(word, "find");
}

static bool answer_words(struct ask *ask, char **words, struct fault *fault)
{
    struct buf question = BUF_INIT(ask->session->arena, QUESTION_MAX);
    bool search = is_search(words[0]);
    for (size_t i = 0; words[i]; i++) {
        const char *word = words[i], *quote = search && is_phrase(word) ? "\"" : "";
        bool excludes = *quote && *word == '-';
        add_cut(&question, i ? " " : "");
        add_cut(&question, excludes ? "-" : "");
        add_cut(&question, quote);
        add_cut(&question, word + excludes);
        add_cut(&question, quote);
    }
    return answer_question(ask, buf_str(&question), fault);
}

/* Prints the words that a question can begin with, and the names that the archive has. */
static bool print_words(struct ask *ask, struct fault *fault)
{
    struct facts_issues issues = {0};
    struct facts_projects projects = {0};
    struct span all = {0, INT_MAX};
    if (!open_archive(ask->session, fault) ||
        !facts_issues(ask->arena, ask->session->db, all, &issues, fault) ||
        !facts_projects(ask->arena, ask->session->db, all, &projects, fault))
        return false;
    puts("help\nlatest\nlist\nnext\nsearch\nsince\nstatus");
    for (size_t i = issues.count; i-- > 0;) {
        char id[MONTH_ID_SIZE];
        month_id(issues.issue[i].month, id);
        puts(id);
    }
    for (size_t i = 0; i < projects.count; i++)
        if (!strchr(projects.project[i].name, ' '))
            puts(projects.project[i].name);
    return true;
}

static int answer(struct session *session, const struct arguments *arguments)
{
    struct ask ask = {
        .session = session, .arena = arena_new(), .markdown = arguments->value[ASK_MARKDOWN]};
    struct fault fault = {0}, none = {0};
    session_log_in(session, &none);
    bool person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), answered;
    if (arguments->value[ASK_WORDS])
        answered = print_words(&ask, &fault);
    else if (arguments->count)
        answered = answer_words(&ask, arguments->words, &fault);
    else
        answered = open_archive(session, &fault) &&
                   (person ? converse(&ask, &fault) : answer_lines(&ask, &fault));
    arena_free(ask.arena);
    if (!answered)
        return log_fault(&fault);
    return ask.missing ? fault_exit_status(FAULT_ABSENT) : 0;
}

/* A word may begin with one dash: in a search it is one that must not be there. */
const struct subcommand cmd_ask = {
    .name = "ask",
    .summary = "answer a question about past issues, offline",
    .words = "[WORDS...]",
    .most = SIZE_MAX,
    .options = ask_options,
    .place = OPTIONS_OR_WORDS,
    .notes = "WORDS are as in the chat: latest, july 2025, list, uefi-rs 2025, phil-opp,\n"
             "search paging, since march 2026, next, help; without words: lines of standard\n"
             "input\n",
    .run = answer};
