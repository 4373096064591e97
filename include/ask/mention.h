/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a message asks of the bot. */
#ifndef TMRO_ASK_MENTION_H
#define TMRO_ASK_MENTION_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

/* Most of a message that is looked at: a server's limit is 10,000 characters. */
#define MENTION_CONTENT_MAX (64 * 1024)

/* Named by "@**NAME**" (case of ASCII letters ignored), or by "@**...|ID**", whatever the name was
 * when that was written. */
struct mention_bot {
    const char *name;
    int64_t id;
};

/* Finds the request in the raw Markdown of a message that is `direct`, or that the server says
 * mentions the bot: by its name, perhaps a new one, or with a group that it is in. The request is
 * one line: what follows the first mention of the bot, there or on the next line that says
 * something; if nothing follows, the last such line before. Where nothing is said it is what
 * shows: a question mark, an emoji. Mentions and quotations are left out, and blocks of code unless
 * the message is direct.
 * "": only the bot was named. NULL: a group was mentioned and not the bot. */
char *mention_request(struct arena *arena, const char *content, const struct mention_bot *bot,
                      bool direct);

#endif
