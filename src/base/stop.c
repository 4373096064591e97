/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stop requests and heartbeats. */
#include "base/stop.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* Pause when the descriptor cannot be polled; the next attempt may succeed. */
#define BLIND_S 0.5

static void stop_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

bool stop_on_signals(struct stop *stop)
{
    sigset_t set;
    stop_signals(&set);
    if ((errno = pthread_sigmask(SIG_BLOCK, &set, NULL)) != 0)
        return false;
    stop->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return stop->fd >= 0;
}

void stop_close(struct stop *stop)
{
    if (stop->fd >= 0) {
        sigset_t set;
        stop_signals(&set);
        while (sigtimedwait(&set, NULL, &(struct timespec){0}) > 0)
            ;
        close(stop->fd);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    }
    *stop = STOP_NEVER;
}

bool stop_requested(const struct stop *stop)
{
    return !stop_wait(stop, 0);
}

static double read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double stop_clock(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double stop_elapsed(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

static struct timespec to_timespec(double seconds)
{
    return (struct timespec){.tv_sec = (time_t)seconds,
                             .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
}

bool stop_wait(const struct stop *stop, double seconds)
{
    double end = stop_clock() + seconds;
    for (;;) {
        stop_beat(stop);
        double left = fmax(end - stop_clock(), 0); /* NaN becomes 0 */
        struct timespec slice = to_timespec(fmin(left, STOP_BEAT_S));
        struct pollfd fd = {.fd = stop->fd, .events = POLLIN};
        int ready = ppoll(&fd, 1, &slice, NULL);
        if (ready > 0)
            return false;
        bool blind = ready < 0 && errno != EINTR;
        if (blind ? left <= 0 : ready == 0 && left <= STOP_BEAT_S)
            return true;
        slice = to_timespec(fmin(left, BLIND_S));
        if (blind)
            nanosleep(&slice, NULL);
    }
}

void stop_beat(const struct stop *stop)
{
    if (stop->heartbeat)
        stop->heartbeat->at_ms = (int64_t)(stop_clock() * 1000);
}

double stop_heartbeat_age(const struct heartbeat *heartbeat)
{
    int64_t at_ms = heartbeat->at_ms;
    return at_ms ? stop_clock() - (double)at_ms / 1000 : INFINITY;
}
