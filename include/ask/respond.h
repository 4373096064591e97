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
struct fault;
struct stop;

struct responder_options {
    const struct config *config; /* all borrowed for the responder's life */
    const struct credentials *credentials;
    const char *state; /* path of the database, which exists or is made */
    const struct stop *stop;
};

/* With connections of its own; one thread uses it. */
struct responder;

/* NULL: as database_open() and http_open() fail. */
struct responder *responder_open(const struct responder_options *options, struct fault *fault);
void responder_close(struct responder *responder);

/* Listens until asked to stop: true. False: DAMAGED, which is logged already; LOGIN (refused for an
 * hour), which is not. */
bool respond_run(struct responder *responder, struct fault *fault);

#endif
