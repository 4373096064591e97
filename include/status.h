/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How the bot fares, from what it remembers. */
#ifndef TMRO_STATUS_H
#define TMRO_STATUS_H

#include "lock.h"

struct config;
struct database;
struct fault;

/* What else a status tells. */
struct status_files {
    const char *config, *credentials, *state; /* in use; NULL: not known */
    struct lock_holder service;
};

/* One line in words: the newest announced issue, last good poll, next poll, what is wrong. All
 * three are owned by the caller; NULL: fault. */
char *status_line(struct database *db, const struct config *config, struct fault *fault);

/* All of it for a person, and as JSON with the documented keys. */
char *status_text(struct database *db, const struct config *config,
                  const struct status_files *files, struct fault *fault);
char *status_json(struct database *db, const struct config *config,
                  const struct status_files *files, struct fault *fault);

#endif
