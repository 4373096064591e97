/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The channel that a configured destination means, and the topic there. */
#ifndef TMRO_TARGET_H
#define TMRO_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct fault;
struct issue;
struct api;
struct chat_channel;
struct chat_channels;

/* Finds `wanted` (a name, an id, or "ID-NAME") among the server's channels; a name that no longer
 * resolves means the channel it last meant (`db` NULL: that is not known), and the log says so.
 * `*channel` is borrowed from `channels`; NULL: there is no such channel that the bot can see.
 * False: the state failed; the channel may be there. */
bool target_peek(struct database *db, const struct chat_channels *channels, const char *wanted,
                 const struct chat_channel **channel, struct fault *fault);

/* Does that, and remembers the name's id. */
bool target_find(struct database *db, const struct chat_channels *channels, const char *wanted,
                 const struct chat_channel **channel, struct fault *fault);

/* Says that there is no such channel, and what to do: SETUP. Always false. */
bool target_absent(const char *wanted, struct fault *fault);

/* The channel's id as far as it is known without asking: the one that the name last meant, or that
 * it gives; `*id` 0: not known. */
bool target_remembered(struct database *db, const char *wanted, int64_t *id, struct fault *fault);

/* A destination's topic for an issue, at most `max_length` code points. Owned by the caller;
 * NULL: LOCAL. */
char *target_topic(const char *topic, const struct issue *issue, size_t max_length,
                   struct fault *fault);

/* Whether the bot can read the channel, without which it could not tell what it has posted there.
 * False: SETUP with what to do, or that it could not be asked. */
bool target_check_readable(struct api *api, const struct chat_channel *channel,
                           struct fault *fault);

#endif
