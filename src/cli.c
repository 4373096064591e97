/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The command line: global options, the table of commands, help. */
#include "cli.h"

#include "cmd_announce.h"
#include "cmd_ask.h"
#include "cmd_check.h"
#include "cmd_lint.h"
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
#include "options.h"
#include "session.h"
#include "text.h"
#include "version.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct subcommand cmd_help = {.name = "help",
                                           .summary = "what a command does: tmro-bot help COMMAND",
                                           .words = "[COMMAND]",
                                           .most = 1};

static const struct subcommand *const commands[] = {
    &cmd_show, &cmd_announce, &cmd_ask,   &cmd_lint, &cmd_watch, &cmd_run,
    &cmd_sync, &cmd_status,   &cmd_check, &cmd_help, NULL};
#define COMMAND_COUNT (sizeof commands / sizeof *commands - 1)

enum { CONFIG, VERBOSE, HELP, VERSION };

/* What comes before the command. */
static const struct option_row global_options[] = {
    [CONFIG] = {"c", "FILE",
                "the configuration (else $TMRO_BOT_CONFIG, else\n"
                "             /etc/tmro-bot/tmro-bot.conf, else built-in defaults)",
                0},
    [VERBOSE] = {"v", NULL, "say more", 0},
    [HELP] = {"help", NULL, "this text; after a command, its options", 0},
    [VERSION] = {"version", NULL, "the versions of this program and its libraries", 0},
    {0}};

static const struct subcommand program = {
    .words = "COMMAND ...", .most = SIZE_MAX, .options = global_options, .place = OPTIONS_FIRST};

static const struct subcommand *const only_program[] = {&program, NULL};

/* How a command is called; `global`: with what may come before it. */
static void print_usage(FILE *to, const struct subcommand *command, bool global)
{
    fprintf(to, "usage: tmro-bot%s", global ? " [-c FILE] [-v]" : "");
    if (command->name)
        fprintf(to, " %s", command->name);
    if (command->words)
        fprintf(to, " %s", command->words);
    for (const struct option_row *row = command->options; command->name && row && row->name;
         row++) {
        bool again = row > command->options && strcmp(row[-1].name, row->name) == 0,
             more = row[1].name && strcmp(row[1].name, row->name) == 0;
        if (!again)
            fprintf(to, " [--%s%s", row->name, row->value ? " " : "");
        fprintf(to, "%s%s%s", again ? "|" : "", row->value ? row->value : "", more ? "" : "]");
    }
    fputc('\n', to);
}

static void print_option(FILE *to, const struct option_row *row, int width)
{
    int len = fprintf(to, "  %s%s %s", row->name[1] ? "--" : "-", row->name,
                      row->value ? row->value : "");
    fprintf(to, "%*s%s\n", width - len, "", row->help);
}

/* The summary of all commands. */
static void print_summary(FILE *to)
{
    print_usage(to, &program, true);
    fputc('\n', to);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputc('\n', to);
    for (const struct option_row *row = global_options; row->name; row++)
        print_option(to, row, 13);
}

static void print_help(const struct subcommand *command)
{
    print_usage(stdout, command, true);
    printf("\n%s: %s\n", command->name, command->summary);
    if (command->options)
        putchar('\n');
    for (const struct option_row *row = command->options; row && row->name; row++)
        print_option(stdout, row, 23);
    if (command->notes)
        printf("\n%s", command->notes);
}

static void print_version(void)
{
    printf("tmro-bot %s\n%s\ncJSON %s\nlibconfig %s\nlibxml2 %s\ncmark %s\nSQLite %s\n",
           TMRO_VERSION, http_version(), json_version(), config_version(), html_version(),
           markdown_version(), database_version());
}

/* Says what is wrong with the command line, and how it should be; gives the exit status. */
static int refuse(const char *wrong, const struct subcommand *command)
{
    log_line(LOG_LEVEL_ERROR, "%s", wrong);
    print_usage(stderr, command, !command->name);
    return 2;
}

static const struct subcommand *look_up(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* The command of that name; NULL after saying that there is none. */
static const struct subcommand *find_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    char shown[60], wrong[OPTIONS_WRONG_SIZE];
    const struct subcommand *command = look_up(name);
    if (command)
        return command;
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i]->name;
    const char *nearest = options_nearest(name, names, COMMAND_COUNT);
    const struct subcommand *meant = nearest ? look_up(nearest) : NULL;
    text_printable(shown, sizeof shown, name, strlen(name));
    snprintf(wrong, sizeof wrong, "there is no command '%s'%s%s%s", shown,
             meant ? "; did you mean '" : " (tmro-bot --help lists them)", meant ? nearest : "",
             meant ? "'?" : "");
    refuse(wrong, meant ? meant : &program);
    return NULL;
}

static int help(const char *name)
{
    const struct subcommand *command = name ? find_command(name) : &cmd_help;
    if (command == &cmd_help)
        print_summary(stdout);
    else if (command)
        print_help(command);
    return command ? 0 : 2;
}

static int run_command(const struct subcommand *command, const char *config,
                       const struct arguments *arguments)
{
    struct session session = SESSION_INIT;
    struct fault fault = {0};
    int status = session_open(&session, config, &fault) ? command->run(&session, arguments)
                                                        : log_fault(&fault);
    session_close(&session);
    return status;
}

static int dispatch(char **argv)
{
    struct arguments global = {0}, own = {0};
    char wrong[OPTIONS_WRONG_SIZE];
    if (!options_read(&program, commands, argv, &global, wrong))
        return refuse(wrong, &program);
    if (global.value[VERBOSE])
        log_set_level(LOG_LEVEL_DEBUG);
    if (global.help) {
        print_summary(stdout);
        return 0;
    }
    if (global.value[VERSION]) {
        print_version();
        return 0;
    }
    if (!global.count) {
        print_summary(stderr);
        return 2;
    }
    const struct subcommand *command = find_command(global.words[0]);
    if (!command)
        return 2;
    if (!options_read(command, only_program, global.words + 1, &own, wrong))
        return refuse(wrong, command);
    if (own.help)
        return help(command->name);
    return command->run ? run_command(command, global.value[CONFIG], &own) : help(own.words[0]);
}

/* Whether the reader of a pipe has gone: it has seen enough. */
static bool is_reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

int cli_run(char **argv)
{
    json_init();
    html_init();
    database_init();
    int status = dispatch(argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0 && !is_reader_gone()) {
        log_line(LOG_LEVEL_ERROR, "cannot write the result: %s", strerror(errno));
        status = 1;
    }
    return status;
}
