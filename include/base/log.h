/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One line to stderr for the operator. */
#ifndef TMRO_BASE_LOG_H
#define TMRO_BASE_LOG_H

#include "base/fault.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* What is shown: lines up to this level; INFO until it is called. */
void log_set_level(enum log_level level);

/* Writes "tmro-bot: LEVEL: TEXT" in one write, or to the journal TEXT with its level; text from
 * outside goes through text_printable() first. A line is cut at 2,000 bytes. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What failed last in some part; zeroed at declaration. */
struct log_voice {
    char last[sizeof((struct fault *)0)->msg];
};

/* Says a failure unless it was the last thing said there (numbers, which count seconds and bytes,
 * aside). */
void log_once(struct log_voice *voice, enum log_level level, const struct fault *failure);

/* Says `relief` when the last thing said there was a failure. */
void log_calm(struct log_voice *voice, const char *relief);

/* Writes a fault as an error; gives the exit status for it. */
int log_fault(const struct fault *fault);

#endif
