/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bot's status, from its state. Faults are those of database.h. */
#ifndef TMRO_STATE_STATUS_H
#define TMRO_STATE_STATUS_H

#include "base/file.h"

#include <stdbool.h>

struct arena;
struct config;
struct database;
struct fault;

/* One line in words: the newest announced issue, last good poll, next poll, what is wrong. NULL:
 * fault. */
char *status_line(struct arena *arena, struct database *db, const struct config *config, double now,
                  struct fault *fault);

/* What the status also shows. */
struct status_files {
    const char *config, *credentials, *state; /* in use; NULL: not known */
    struct lock_holder service;
};

/* The whole status, for a person and as JSON with the documented keys. */
struct status {
    const char *text, *json;
};

bool status_tell(struct arena *arena, struct database *db, const struct config *config,
                 const struct status_files *files, double now, struct status *told,
                 struct fault *fault);

#endif
