/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stop requests, which end every wait, and heartbeats, which every wait stamps. */
#ifndef TMRO_BASE_STOP_H
#define TMRO_BASE_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* When a thread last showed that it is alive, by stop_clock(). Any thread may read it. */
struct heartbeat {
    _Atomic int64_t at_ms; /* 0: never */
};

/* A thread that waits stamps at least this often. */
#define STOP_BEAT_S 20

/* A stop request makes the descriptor readable. Nobody reads from it, so it stays readable. */
struct stop {
    int fd;                      /* -1: never stops */
    struct heartbeat *heartbeat; /* borrowed; NULL: none */
};

#define STOP_NEVER ((struct stop){.fd = -1})

/* Turns SIGINT and SIGTERM into a stop request; call it before any thread starts. False: errno says
 * why. stop_close() discards the signals that came and lets later ones kill the process again. */
bool stop_on_signals(struct stop *stop);
void stop_close(struct stop *stop);

/* Seconds by the monotonic clock, and by the one that also counts while the machine sleeps. */
double stop_clock(void);
double stop_elapsed(void);

bool stop_requested(const struct stop *stop);

/* Waits `seconds`, which may be INFINITY; with 0, a negative number or NaN it only checks. False:
 * asked to stop. Waits its time even when the system cannot poll the descriptor. */
bool stop_wait(const struct stop *stop, double seconds);

/* Stamps the heartbeat: for code that does not wait through stop_wait(). */
void stop_beat(const struct stop *stop);

/* Seconds since the last stamp; INFINITY: never stamped. */
double stop_heartbeat_age(const struct heartbeat *heartbeat);

#endif
