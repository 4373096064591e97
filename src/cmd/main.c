/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The command line: what comes before the command, the table of commands, help. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "base/version.h"
#include "cmd/commands.h"
#include "cmd/options.h"
#include "cmd/session.h"
#include "io/config.h"
#include "io/database.h"
#include "io/http.h"
#include "io/json.h"
#include "news/html.h"
#include "news/markdown.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct subcommand cmd_help = {.name = "help",
                                           .summary = "what a command does: tmro-bot help COMMAND",
                                           .words = "[COMMAND]",
                                           .most = 1};

static const struct subcommand *const commands[] = {
    &cmd_show, &cmd_announce, &cmd_ask,   &cmd_lint, &cmd_watch, &cmd_run,
    &cmd_sync, &cmd_status,   &cmd_check, &cmd_help, NULL};
#define COMMAND_COUNT (COUNT(commands) - 1)

enum { CONFIG, VERBOSE, HELP, VERSION };

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

static void print_summary(struct arena *arena, FILE *to)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    options_usage(&out, &program, true);
    buf_addc(&out, '\n');
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        buf_addf(&out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    buf_addc(&out, '\n');
    options_list(&out, global_options, 13);
    fputs(buf_str(&out), to);
}

static void print_help(struct arena *arena, const struct subcommand *command)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    options_usage(&out, command, true);
    buf_addf(&out, "\n%s: %s\n%s", command->name, command->summary, command->options ? "\n" : "");
    options_list(&out, command->options, 23);
    if (command->notes)
        buf_addf(&out, "\n%s", command->notes);
    fputs(buf_str(&out), stdout);
}

static void print_version(void)
{
    printf("tmro-bot %s\n%s\ncJSON %s\nlibconfig %s\nlibxml2 %s\ncmark %s\nSQLite %s\n",
           TMRO_VERSION, http_version(), json_version(), config_version(), html_version(),
           markdown_version(), database_version());
}

/* Says what is wrong with the command line, and how to call the command; gives the exit status. */
static int refuse(struct arena *arena, const char *wrong, const struct subcommand *command)
{
    struct buf usage = BUF_INIT(arena, TEXT_MAX);
    log_line(LOG_LEVEL_ERROR, "%s", wrong);
    options_usage(&usage, command, !command->name);
    fputs(buf_str(&usage), stderr);
    return 2;
}

/* The command of that name; NULL: there is none, which it has said. */
static const struct subcommand *find_command(struct arena *arena, const char *name)
{
    const char *names[COMMAND_COUNT];
    char shown[60];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i]->name;
    const char *nearest = options_nearest(name, names, COMMAND_COUNT);
    const struct subcommand *meant = &program;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(names[i], name) == 0)
            return commands[i];
        if (names[i] == nearest)
            meant = commands[i];
    }
    const char *hint = nearest ? arena_format(arena, "; did you mean '%s'?", nearest)
                               : " (tmro-bot --help lists them)";
    text_printable(shown, sizeof shown, name, strlen(name));
    refuse(arena, arena_format(arena, "there is no command '%s'%s", shown, hint), meant);
    return NULL;
}

static int help(struct arena *arena, const char *name)
{
    const struct subcommand *command = name ? find_command(arena, name) : &cmd_help;
    if (!command)
        return 2;
    if (command == &cmd_help)
        print_summary(arena, stdout);
    else
        print_help(arena, command);
    return 0;
}

static int run_command(struct arena *arena, const struct subcommand *command, const char *config,
                       const struct arguments *arguments)
{
    struct session session;
    struct fault fault = {0};
    int status = session_begin(&session, arena, config, &fault) ? command->run(&session, arguments)
                                                                : log_fault(&fault);
    session_end(&session);
    return status;
}

static int dispatch(struct arena *arena, char **argv)
{
    struct arguments global = {0}, own = {0};
    char wrong[OPTIONS_WRONG_SIZE];
    if (!options_read(&program, commands, argv, &global, wrong))
        return refuse(arena, wrong, &program);
    if (global.value[VERBOSE])
        log_set_level(LOG_LEVEL_DEBUG);
    if (global.help)
        return help(arena, NULL);
    if (global.value[VERSION]) {
        print_version();
        return 0;
    }
    if (!global.count) {
        print_summary(arena, stderr);
        return 2;
    }
    const struct subcommand *command = find_command(arena, global.words[0]);
    if (!command)
        return 2;
    if (!options_read(command, only_program, global.words + 1, &own, wrong))
        return refuse(arena, wrong, command);
    if (own.help)
        return help(arena, command->name);
    if (command == &cmd_help)
        return help(arena, own.words[0]);
    return run_command(arena, command, global.value[CONFIG], &own);
}

/* Whether the reader of a pipe has closed it: it has seen enough, which is not an error. */
static bool is_reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

/* Opens the standard streams that are closed, so that no other file becomes one. Writing to such
 * a stream fails. */
static void fill_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* Twice what a poll of the largest feed needs; the most that the allocator takes. */
#define KEPT_BYTES (32 * 1024 * 1024)

int main(int argc, char **argv)
{
    (void)argc;
    fill_standard_streams();
    /* So that a closed pipe, or a file that may not grow, is a write that fails. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    /* With it the TLS library writes keys into a file, and whoever has them can read all traffic,
     * the bot's key included. */
    unsetenv("SSLKEYLOGFILE");
    /* Each thread's own heap would keep what a pass or an answer once needed. What is freed stays
     * for the next one, until database_rest() gives it back before a long wait. */
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    json_init();
    html_init();
    database_init();
    struct arena *arena = arena_new();
    int status = dispatch(arena, argv[0] ? argv + 1 : argv);
    arena_free(arena);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0 && !is_reader_gone()) {
        log_line(LOG_LEVEL_ERROR, "cannot write the result: %s", strerror(errno));
        status = 1;
    }
    return status;
}
