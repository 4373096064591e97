/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct messages to those who are told when something is wrong. */
#ifndef TMRO_OWNERS_H
#define TMRO_OWNERS_H

#include "api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct database;
struct fault;
struct api;

/* How many there are: those of the configuration, else the bot's owner alone. */
size_t owners_count(const struct config *config);

/* Writes to one of them, as chat_send(); `bot` is the bot's user id. The text is remembered
 * in the database, if there is one (NULL), as the bot's own. SETUP: it has no owner. */
enum api_outcome owners_tell(struct api *api, struct database *db, const struct config *config,
                             int64_t bot, size_t which, const char *text, struct fault *fault);

#endif
