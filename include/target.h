/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The channel that a configured destination means. */
#ifndef TMRO_TARGET_H
#define TMRO_TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct fault;
struct store;
struct zulip;
struct zulip_channel;
struct zulip_channels;

/* Finds `wanted` (a name, an id, or "ID-NAME") among the server's channels and remembers the name's
 * id (`store` NULL: it is not remembered); a name that no longer resolves means the channel it last
 * meant, and the log says so. Borrowed from `channels`; NULL: SETUP (no such channel), RETRY or
 * LOCAL (the state). */
const struct zulip_channel *target_find(struct store *store, const struct zulip_channels *channels,
                                        const char *wanted, struct fault *fault);

/* Whether the bot can read the channel, without which it could not tell what it has posted there.
 * False: SETUP with what to do, or that it could not be asked. */
bool target_check_readable(struct zulip *zulip, const struct zulip_channel *channel,
                           struct fault *fault);

#endif
