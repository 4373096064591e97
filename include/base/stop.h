/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Being asked to stop, which every wait listens to, and signs of life, which every wait gives. */
#ifndef TMRO_BASE_STOP_H
#define TMRO_BASE_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* A moment of the monotonic clock that a thread stamps while it is alive; others may read it. */
struct heartbeat {
    _Atomic int64_t at_ms; /* 0: never */
};

/* Longest time between two stamps of a thread that waits. */
#define STOP_BEAT_S 20

/* Readable descriptor = stop. It stays readable: nobody reads it. */
struct stop {
    int fd;                      /* -1: never stops */
    struct heartbeat *heartbeat; /* stamped by every wait; borrowed; NULL: none */
};

#define STOP_NEVER ((struct stop){.fd = -1})

/* Turns SIGINT and SIGTERM of this process into a stop (call before any thread starts).
 * False: errno says why. stop_close() lets the signals kill again, those that came until then
 * being done with. */
bool stop_on_signals(struct stop *stop);
void stop_close(struct stop *stop);

/* Seconds of the monotonic clock, and of the one that also counts while the machine sleeps. */
double stop_clock(void);
double stop_elapsed(void);

bool stop_requested(const struct stop *stop);

/* Waits `seconds`, INFINITY included; not above 0, or NaN: only looks. False when asked to stop
 * before that; where the system cannot tell, the time is waited all the same. */
bool stop_wait(const struct stop *stop, double seconds);

/* Stamps the heartbeat now: for work that waits elsewhere. */
void stop_beat(const struct stop *stop);

/* Seconds since the stamp; INFINITY: never. */
double stop_heartbeat_age(const struct heartbeat *heartbeat);

#endif
