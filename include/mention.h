/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether a message is meant for the bot, and what it asks. */
#ifndef TMRO_MENTION_H
#define TMRO_MENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most of a message that is looked at: a server's limit is 10,000 characters. */
#define MENTION_CONTENT_MAX (64 * 1024)

/* Who is mentioned: by "@**NAME**" (case of ASCII letters ignored), or by "@**...|ID**", whatever
 * the name was when that was written. */
struct mention_bot {
    const char *name;
    int64_t id;
};

/* Finds the request in a message's raw Markdown. What is in quotations and code, and silent
 * mentions, do not count. The request is one line: what follows the (first) mention, there or on
 * the next line that says something; if nothing follows, what stands before it; mentions, the
 * bot's and all others, are dropped, code inside the line keeps its text. Without a mention: with
 * `direct` the first line that says something and is no quotation, else none. Where nothing is
 * said, it is what stands in the line, a question mark or an emoji.
 *
 * `*request`: owned by the caller; "" when only the bot was named; NULL when it is not meant.
 * `*unknown`: somebody else is mentioned by a name alone, who may be the bot when it was renamed.
 * Looks at the first MENTION_CONTENT_MAX bytes. False: out of memory. */
bool mention_request(const char *content, const struct mention_bot *bot, bool direct,
                     char **request, bool *unknown);

#endif
