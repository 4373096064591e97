/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct messages to those who are told when something is wrong. */
#ifndef TMRO_OWNERS_H
#define TMRO_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct fault;
struct zulip;

/* How many there are: those of the configuration, else the bot's owner alone. */
size_t owners_count(const struct config *config);

/* Writes to one of them; `bot` is the bot's user id. False: SETUP (the bot has no owner), and as
 * zulip_post_direct() fails. */
bool owners_tell(struct zulip *zulip, const struct config *config, int64_t bot, size_t which,
                 const char *text, struct fault *fault);

#endif
