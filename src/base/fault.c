/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What failed, and the log. */
#include "base/fault.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fault->kind = kind;
    fault->retry_after_s = 0;
    vsnprintf(fault->msg, sizeof fault->msg, format, args);
    va_end(args);
    return false;
}

bool fault_prefix(struct fault *fault, const char *format, ...)
{
    char old[sizeof fault->msg];
    memcpy(old, fault->msg, sizeof old);
    va_list args;
    va_start(args, format);
    vsnprintf(fault->msg, sizeof fault->msg, format, args);
    va_end(args);
    size_t n = strlen(fault->msg), room = sizeof fault->msg - n;
    snprintf(fault->msg + n, room, ": %.*s", (int)room, old);
    return false;
}

bool fault_is_local(enum fault_kind kind)
{
    return kind == FAULT_LOCAL || kind == FAULT_BUSY || kind == FAULT_DAMAGED;
}

int fault_exit_status(enum fault_kind kind)
{
    switch (kind) {
    case FAULT_NONE:
        return 0;
    case FAULT_LOCAL:
        return 1;
    case FAULT_ABSENT:
        return 3;
    case FAULT_INPUT:
        return 65;
    case FAULT_RETRY:
    case FAULT_BUSY:
    case FAULT_STOPPED:
        return 75;
    case FAULT_SETUP:
    case FAULT_DAMAGED:
    case FAULT_LOGIN:
    case FAULT_REFUSED:
        break;
    }
    return 78;
}

static enum log_level shown = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    shown = level;
}

/* Whether stderr is the journal, which adds the program's name and understands priorities. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    char own[60];
    if (!stream || fstat(STDERR_FILENO, &st) != 0)
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return strcmp(own, stream) == 0;
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const prefixes[] = {
        "tmro-bot: error: ", "tmro-bot: warning: ", "tmro-bot: ", "tmro-bot: debug: "};
    static const char *const priorities[] = {"<3>", "<4>", "<6>", "<7>"};
    if (level > shown)
        return;
    char line[2000];
    int at = snprintf(line, sizeof line, "%s", (is_journal() ? priorities : prefixes)[level]);
    va_list args;
    va_start(args, format);
    vsnprintf(line + at, sizeof line - (size_t)at - 1, format, args);
    va_end(args);
    size_t len = strlen(line);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < ' ')
            line[i] = ' ';
    line[len++] = '\n';
    /* When the log cannot be written, there is nobody to tell. */
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
}

int log_fault(const struct fault *fault)
{
    log_line(LOG_LEVEL_ERROR, "%s", fault->msg);
    return fault->kind ? fault_exit_status(fault->kind) : 1;
}

/* Whether two messages are equal apart from digits. */
static bool says_the_same(const char *a, const char *b)
{
    for (;;) {
        a += strspn(a, "0123456789.");
        b += strspn(b, "0123456789.");
        if (*a != *b)
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

void log_once(struct log_voice *voice, enum log_level level, const struct fault *failure)
{
    /* A refused login is one thing, whatever was asked. */
    const char *cause = failure->kind == FAULT_LOGIN ? strstr(failure->msg, ": ") : NULL;
    const char *what = cause ? cause + 2 : failure->msg;
    log_line(says_the_same(voice->last, what) ? LOG_LEVEL_DEBUG : level, "%s", what);
    snprintf(voice->last, sizeof voice->last, "%s", what);
}

void log_calm(struct log_voice *voice, const char *relief)
{
    if (*voice->last)
        log_line(LOG_LEVEL_INFO, "%s", relief);
    voice->last[0] = '\0';
}
