/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether a message is meant for the bot, and what it asks. */
#ifndef TMRO_MENTION_H
#define TMRO_MENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who is mentioned: by "@**NAME**" (case ignored), "@**NAME|ID**" or "@**|ID**". */
struct mention_bot {
    const char *name;
    int64_t id;
};

/* Finds the request in a message's raw Markdown. What is in quotations and code, and silent
 * mentions, do not count. The request is one line: what follows the (first) mention, there or on
 * the next line that is not empty; if nothing follows, what stands before it; mentions of the bot
 * are dropped, code inside the line keeps its text. Without a mention: with `direct` the first line
 * that is not empty and no quotation, else none.
 *
 * `*request`: owned by the caller; "" when only the bot was named; NULL when it is not meant.
 * False: out of memory. */
bool mention_request(const char *content, const struct mention_bot *bot, bool direct,
                     char **request);

#endif
