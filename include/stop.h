/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Being asked to stop: something every wait listens to. */
#ifndef TMRO_STOP_H
#define TMRO_STOP_H

#include <stdbool.h>

/* Readable descriptor = stop. It stays readable: nobody reads it. */
struct stop {
    int fd; /* -1: never stops */
};

#define STOP_NEVER ((struct stop){.fd = -1})

/* Turns SIGINT and SIGTERM of this process into a stop (call before any thread starts).
 * False: errno says why. stop_close() lets the signals kill again, those that came until then
 * being done with. */
bool stop_on_signals(struct stop *stop);
void stop_close(struct stop *stop);

/* Seconds of the monotonic clock. */
double stop_clock(void);

bool stop_requested(const struct stop *stop);

/* Waits `seconds`; false when asked to stop before that. */
bool stop_wait(const struct stop *stop, double seconds);

#endif
