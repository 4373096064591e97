/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lines that a person types at a terminal, with editing and a history. */
#ifndef TMRO_CMD_PROMPT_H
#define TMRO_CMD_PROMPT_H

struct arena;
struct prompt;

/* Prompts on standard output and reads standard input, which are terminals. */
struct prompt *prompt_open(struct arena *arena);
void prompt_close(struct prompt *prompt);

/* The next line with its end; it is valid until the next call. NULL: end of file. */
const char *prompt_read(struct prompt *prompt);

#endif
