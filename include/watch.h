/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One pass over the site and what is due, and for ever.
 *
 * What a pass decides is plan.h's; here it is carried out. A failure is logged once, kept for the
 * status, and tried again later; only what a person must mend ends the watching. */
#ifndef TMRO_WATCH_H
#define TMRO_WATCH_H

#include <stdbool.h>

struct config;
struct credentials;
struct fault;
struct stop;

struct watch_options {
    const struct config *config; /* all borrowed for the watcher's life */
    const struct credentials *credentials;
    const char *state; /* path of the database, which exists or is made */
    const struct stop *stop;
    int passed_fd; /* an eventfd told of each pass; -1: none */
};

/* A watcher with connections of its own; one thread uses it. */
struct watch;

/* NULL: as database_open() and http_open() fail. The caller closes it. */
struct watch *watch_open(const struct watch_options *options, struct fault *fault);
void watch_close(struct watch *watch);

/* One pass now. `forced`: whatever interval, max-age and back-off say. False: the worst of what
 * failed, which is logged already (STOPPED is not). */
bool watch_pass(struct watch *watch, bool forced, struct fault *fault);

/* Passes until asked to stop: true. The first one is `forced` or when it is due. False: SETUP (a
 * damaged state), LOGIN (refused for an hour); logged already. */
bool watch_run(struct watch *watch, bool forced, struct fault *fault);

#endif
