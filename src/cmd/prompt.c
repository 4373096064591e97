/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lines that a person types at a terminal. */
#include "cmd/prompt.h"

#include "base/arena.h"

#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#define HISTORY_MAX 500

struct prompt {
    EditLine *editor;
    History *history;
};

static const char *show(EditLine *editor)
{
    (void)editor;
    return "tmro-bot> ";
}

struct prompt *prompt_open(struct arena *arena)
{
    struct prompt *prompt = arena_zero(arena, 1, sizeof *prompt);
    HistEvent event;
    setlocale(LC_CTYPE, "C.UTF-8"); /* a letter of several bytes is one to edit */
    prompt->editor = el_init("tmro-bot", stdin, stdout, stderr);
    prompt->history = history_init();
    if (!prompt->editor || !prompt->history)
        memory_out();
    history(prompt->history, &event, H_SETSIZE, HISTORY_MAX);
    history(prompt->history, &event, H_SETUNIQUE, 1);
    el_set(prompt->editor, EL_PROMPT, show);
    el_set(prompt->editor, EL_SIGNAL, 1); /* Ctrl-C leaves the terminal as it was */
    el_set(prompt->editor, EL_EDITOR, "emacs");
    el_set(prompt->editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(prompt->editor, EL_HIST, history, prompt->history);
    return prompt;
}

void prompt_close(struct prompt *prompt)
{
    el_end(prompt->editor);
    history_end(prompt->history);
}

const char *prompt_read(struct prompt *prompt)
{
    HistEvent event;
    int len;
    const char *line = el_gets(prompt->editor, &len);
    if (line && line[strspn(line, " \t\n")])
        history(prompt->history, &event, H_ENTER, line);
    return line;
}
