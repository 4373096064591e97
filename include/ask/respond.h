/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Listens to the chat and answers.
 *
 * Reads the event queue where it was left; when the server has forgotten it, registers again and
 * catches up from the history. A failure is logged once and tried again, longer and longer; only
 * what a person must mend ends it. */
#ifndef TMRO_ASK_RESPOND_H
#define TMRO_ASK_RESPOND_H

#include <stdbool.h>

struct config;
struct credentials;
struct database;
struct fault;
struct stop;

struct responder_options {
    const struct config *config; /* all borrowed for the responder's life */
    const struct credentials *credentials;
    struct database *db;
    const struct stop *stop;
};

/* With a client of its own; one thread uses it. */
struct responder;

/* The caller closes it. */
struct responder *responder_open(const struct responder_options *options);
void responder_close(struct responder *responder);

/* Listens until asked to stop: true. False: DAMAGED, which is logged already; LOGIN (refused for an
 * hour), which is not. */
bool respond_run(struct responder *responder, struct fault *fault);

#endif
