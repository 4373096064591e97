/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot says, as a structure: lines of runs, lists whose ends may be left out, one spoiler.
 * Written once, then shown in the chat within the server's limit, or on a terminal.
 *
 * A list says how many entries are left out of it. What does not fit goes from the end of the
 * longest list of the spoiler, then the spoiler, then from the longest of the other lists. */
#ifndef TMRO_SAY_REPLY_H
#define TMRO_SAY_REPLY_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct reply;

struct reply *reply_new(struct arena *arena);

/* Adds words of our own, in which `code` is code; they end no line. */
__attribute__((format(printf, 2, 3))) void reply_say(struct reply *reply, const char *format, ...);

/* Adds foreign text, a text with code marks, cut to `max` code points. */
void reply_text(struct reply *reply, const char *text, size_t max);

enum reply_style { REPLY_PLAIN, REPLY_CODE, REPLY_BOLD, REPLY_BOLD_CODE };

/* Adds foreign text in a style, linked unless `url` is NULL; "…" when it shows nothing. */
void reply_link(struct reply *reply, enum reply_style style, const char *text, const char *url);

/* Ends the line. */
void reply_line(struct reply *reply);

/* Whether nothing is on the line yet. */
bool reply_is_at_start(const struct reply *reply);

/* A list: each entry begins with reply_entry(), and at most `most` are shown. `inline_`: on one
 * line, with a comma between them; else each is a bullet. `more` ends "… and 3 more", linked unless
 * `url` is NULL. Lists are not in each other. */
void reply_list(struct reply *reply, bool inline_, size_t most);
void reply_entry(struct reply *reply);

/* In a list of bullets: an entry that is one level lower; and a line one level below the entry,
 * that goes with it. */
void reply_entry_below(struct reply *reply);
void reply_below(struct reply *reply);

/* As long as there is a spoiler, a list in it keeps so many entries; or loses entries when the
 * other lists there have lost theirs. */
void reply_keep(struct reply *reply, size_t least);
void reply_keep_longest(struct reply *reply);
void reply_list_end(struct reply *reply, const char *more, const char *url);

/* Begins the spoiler, to which all that follows belongs, if need be up to its end. When it is left
 * out, "… and TITLE" stands there, linked, if there is a `url`. */
__attribute__((format(printf, 2, 3))) void reply_spoiler(struct reply *reply, const char *title,
                                                         ...);
void reply_spoiler_end(struct reply *reply, const char *url);

/* For the chat: at most `max_length` code points of Zulip's Markdown. It mentions nobody. */
char *reply_markdown(struct reply *reply, size_t max_length);

/* For a terminal, or with `rich` false for a pipe: all of it. Nothing foreign can control it. */
char *reply_terminal(struct reply *reply, bool rich);

#endif
