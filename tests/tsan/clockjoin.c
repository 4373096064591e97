/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Linked into the build for ThreadSanitizer: it does not know this way to join a thread, and would
 * take all that happens behind it for a race; so it is done by one that it knows. */
#include <pthread.h>

#include <time.h>

static long long nanoseconds(const struct timespec *t)
{
    return t->tv_sec * 1000000000LL + t->tv_nsec;
}

int pthread_clockjoin_np(pthread_t thread, void **result, clockid_t clock,
                         const struct timespec *until)
{
    struct timespec now, real;
    clock_gettime(clock, &now);
    clock_gettime(CLOCK_REALTIME, &real);
    long long end = nanoseconds(&real) + nanoseconds(until) - nanoseconds(&now);
    real.tv_sec = end / 1000000000LL;
    real.tv_nsec = end % 1000000000LL;
    return pthread_timedjoin_np(thread, result, &real);
}
