/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The command line: global options, the table of commands, help. */
#include "cli.h"

#include "cmd_announce.h"
#include "cmd_ask.h"
#include "cmd_check.h"
#include "cmd_lint.h"
#include "cmd_replay.h"
#include "cmd_show.h"
#include "cmd_status.h"
#include "cmd_sync.h"
#include "cmd_watch.h"
#include "database.h"
#include "fault.h"
#include "html.h"
#include "http.h"
#include "json.h"
#include "log.h"
#include "markdown.h"
#include "session.h"
#include "text.h"
#include "version.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char what_help[] = "WHAT is the issue:\n"
                                "  latest               the feed's latest (the default)\n"
                                "  2025-07              a month; also \"july 2025\"\n"
                                "  FILE.md, FILE.html   a post's source, or a page\n"
                                "  FILE.xml[#2025-07]   an issue of a feed that has the full text\n"
                                "  URL                  a page (or a feed, with #2025-07)\n";

static const struct command {
    const char *name, *arguments, *summary;
    const char *help; /* its options */
    bool takes_what;
    int (*run)(struct session *session, int argc, char **argv);
} commands[] = {
    {"show", "[WHAT] [--format text|markdown|json]", "read an issue and print it",
     "  --format text        for people (the default)\n"
     "  --format markdown    exactly what would be posted\n"
     "  --format json        the issue as data\n",
     true, cmd_show},
    {"announce",
     "[WHAT] [--dry-run | --to-me] [--force] [--edit] [--channel NAME|ID] [--topic TEXT]",
     "put an issue into the chat, once",
     "  --dry-run            print the message and where it would go; needs no credentials\n"
     "  --to-me              send it as a direct message to zulip.owners, else the bot's owner\n"
     "  --force              post although it was announced\n"
     "  --edit               rewrite the announcement that is there\n"
     "  --channel NAME|ID    there instead of the configured destinations\n"
     "  --topic TEXT         with {title}, {month}, {id}\n",
     true, cmd_announce},
    {"ask", "[WORDS...] [--format text|markdown]", "answer a question about past issues, offline",
     "  WORDS                as in the chat: latest, july 2025, list, uefi-rs, search paging,\n"
     "                       since march 2026, next, help; without words: lines of standard input\n"
     "  --format text        for people (the default)\n"
     "  --format markdown    exactly what the chat would get\n",
     false, cmd_ask},
    {"lint", "FILE... [--publish] [--format text|json]",
     "say what is wrong in a source before it is merged",
     "  FILE                 a post's Markdown source, such as 2025-07/index.md; it is compared "
     "with\n"
     "                       those of earlier months beside it, else with the archive\n"
     "  --publish            it is published today: the date must be within a day of it\n"
     "  --format text        a line each as compilers write it, then the message (the default)\n"
     "  --format json        the same as data\n"
     "Ends with 3 when there are errors; warnings alone are 0.\n",
     false, cmd_lint},
    {"watch", "[--once]", "watch the site and announce new issues, in the foreground",
     "  --once               one pass now, whatever the interval says\n", false, cmd_watch},
    {"run", "", "watch and answer the chat, as a service for systemd; SIGHUP reloads", "", false,
     cmd_run},
    {"sync", "", "bring the archive up to date, and accept the feed as it is", "", false, cmd_sync},
    {"status", "[--format text|json]", "say how the bot fares, also beside the service",
     "  --format text        for people (the default)\n"
     "  --format json        as data, for a monitor\n",
     false, cmd_status},
    {"replay", "DIR [--format text|json]", "say what the service would do with recorded feeds",
     "  DIR has YYYY-MM-DDTHHMMSSZ.xml (empty: 404), and pages/YYYY-MM.html if there are any\n"
     "  --format text        a line for each decision (the default)\n"
     "  --format json        the same as data\n",
     false, cmd_replay},
    {"check", "", "see whether all is set up: a line each, ok or what to do", "", false, cmd_check},
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_usage(FILE *to)
{
    fputs("usage: tmro-bot [-c FILE] [-v] COMMAND ...\n\n", to);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("  help       what a command does: tmro-bot help COMMAND\n"
          "\n"
          "  -c FILE    the configuration (else $TMRO_BOT_CONFIG, else\n"
          "             /etc/tmro-bot/tmro-bot.conf, else built-in defaults)\n"
          "  -v         say more\n"
          "  --help     this text\n"
          "  --version  the versions of this program and its libraries\n",
          to);
}

static void print_help(const struct command *command)
{
    printf("usage: tmro-bot [-c FILE] [-v] %s%s%s\n\n%s: %s\n", command->name,
           *command->arguments ? " " : "", command->arguments, command->name, command->summary);
    if (*command->help)
        printf("\n%s", command->help);
    if (command->takes_what)
        printf("\n%s", what_help);
}

static void print_version(void)
{
    printf("tmro-bot %s\n%s\ncJSON %s\nlibconfig %s\nlibxml2 %s\ncmark %s\nSQLite %s\n",
           TMRO_VERSION, http_version(), json_version(), config_version(), html_version(),
           markdown_version(), database_version());
}

/* The command of that name; NULL after saying that there is none. */
static const struct command *find_command(const char *name)
{
    const char *names[COMMAND_COUNT + 1] = {[COMMAND_COUNT] = "help"};
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
        names[i] = commands[i].name;
    }
    const char *nearest = text_nearest(name, names, COMMAND_COUNT + 1, TEXT_NEAR);
    char shown[60];
    log_line(LOG_LEVEL_ERROR, "there is no command '%s'%s%s%s",
             text_printable(shown, sizeof shown, name, strlen(name)),
             nearest ? "; did you mean '" : " (tmro-bot --help lists them)", nearest ? nearest : "",
             nearest ? "'?" : "");
    return NULL;
}

static int help(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "help") == 0 || *argv[1] == '-') {
        print_usage(stdout);
        return 0;
    }
    const struct command *command = find_command(argv[1]);
    if (command)
        print_help(command);
    return command ? 0 : 2;
}

static int run_command(const struct command *command, const char *config, int argc, char **argv)
{
    struct session session = SESSION_INIT;
    struct fault fault = {0};
    int status;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0) {
            print_help(command);
            return 0;
        }
    optind = 0; /* from the beginning, with the command's own options */
    if (session_open(&session, config, &fault))
        status = command->run(&session, argc, argv);
    else
        status = log_fault(&fault);
    session_close(&session);
    if (status == 2)
        fprintf(stderr, "usage: tmro-bot %s%s%s\n", command->name, *command->arguments ? " " : "",
                command->arguments);
    return status;
}

static int dispatch(int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
    const char *config = NULL;
    for (int option; (option = getopt_long(argc, argv, "+:c:vh", options, NULL)) != -1;) {
        if (option == 'c') {
            config = optarg;
        } else if (option == 'v') {
            log_set_level(LOG_LEVEL_DEBUG);
        } else if (option == 'h') {
            print_usage(stdout);
            return 0;
        } else if (option == 'V') {
            print_version();
            return 0;
        } else {
            session_wrong_option(option, argv);
            print_usage(stderr);
            return 2;
        }
    }
    if (optind == argc) {
        print_usage(stderr);
        return 2;
    }
    argc -= optind;
    argv += optind;
    if (strcmp(argv[0], "help") == 0)
        return help(argc, argv);
    const struct command *command = find_command(argv[0]);
    return command ? run_command(command, config, argc, argv) : 2;
}

int cli_run(int argc, char **argv)
{
    opterr = 0; /* wrong options are said in this program's own form */
    int status = dispatch(argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0) {
        log_line(LOG_LEVEL_ERROR, "cannot write the result: %s", strerror(errno));
        status = 1;
    }
    return status;
}
