/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot answers to a request, from the archive. Faults are those of database.h. */
#ifndef TMRO_ASK_ANSWER_H
#define TMRO_ASK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct config;
struct database;
struct fault;
struct reply;

struct answerer {
    struct arena *arena; /* of this answer */
    struct database *db;
    const struct config *config;
    double now;    /* seconds since 1970 */
    bool terminal; /* help speaks of it, not of mentions */
};

/* Whether somebody waits for an answer to it: not with thanks, or a smile. */
bool answer_is_awaited(const char *request, size_t len);

/* The answer to a request of any bytes. `*found` false: there is nothing to tell. The same input
 * gives the same answer. */
bool answer_request(const struct answerer *answerer, const char *request, size_t len,
                    struct reply **reply, bool *found, struct fault *fault);

#endif
