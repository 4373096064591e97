/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One line to stderr for the operator. */
#include "log.h"

#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum log_level shown = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    shown = level;
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const prefixes[] = {"error: ", "warning: ", "", "debug: "};
    if (level > shown)
        return;
    char line[2000];
    int at = snprintf(line, sizeof line, "tmro-bot: %s", prefixes[level]);
    va_list args;
    va_start(args, format);
    vsnprintf(line + at, sizeof line - (size_t)at - 1, format, args);
    va_end(args);
    size_t len = strlen(line);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < ' ')
            line[i] = ' ';
    line[len++] = '\n';
    /* A log that cannot be written has nobody to be told. */
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
}

int log_fault(const struct fault *fault)
{
    log_line(LOG_LEVEL_ERROR, "%s", fault->msg);
    return fault->kind ? fault_exit_status(fault->kind) : 1;
}
