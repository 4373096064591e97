/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests stop: waits that end in time and stamp a heartbeat, also where the system fails them. */
#include "base/stop.h"

#include "fixture.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define A_YEAR_S (365 * 24 * 3600.0)

/* While `waits` is above 0, time flies: a wait is over at once. Before the last one somebody asks
 * to stop. */
static struct {
    int waits;
    double longest_s;
    const struct stop *stop;
} flight;

static void begin_flight(int waits, const struct stop *stop)
{
    flight.waits = waits;
    flight.longest_s = 0;
    flight.stop = stop;
}

/* The next `polls` cannot look; each pause behind that counts, and the last one asks to stop. */
static struct {
    int polls, pauses;
    double longest_s;
    int ask_fd; /* -1: nobody asks */
} blindness = {.ask_fd = -1};

static void begin_blindness(int polls, int ask_fd)
{
    blindness.polls = polls;
    blindness.pauses = 0;
    blindness.longest_s = 0;
    blindness.ask_fd = ask_fd;
}

/* These stand before libc's. */
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    (void)mask;
    if (blindness.polls > 0) {
        blindness.polls--;
        errno = ENOMEM;
        return -1;
    }
    double seconds = (double)timeout->tv_sec + (double)timeout->tv_nsec * 1e-9;
    if (flight.waits == 0)
        return poll(fds, count, (int)ceil(seconds * 1000));
    assert_true(isfinite(stop_heartbeat_age(flight.stop->heartbeat)));
    flight.stop->heartbeat->at_ms = 0;
    flight.longest_s = fmax(flight.longest_s, seconds);
    if (--flight.waits == 0)
        assert_int_equal(eventfd_write(flight.stop->fd, 1), 0);
    return poll(fds, count, 0);
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
    (void)rest;
    double seconds = (double)time->tv_sec + (double)time->tv_nsec * 1e-9;
    blindness.pauses++;
    blindness.longest_s = fmax(blindness.longest_s, seconds);
    if (blindness.ask_fd >= 0 && blindness.polls == 0)
        assert_int_equal(eventfd_write(blindness.ask_fd, 1), 0);
    return blindness.ask_fd >= 0 ? 0 : poll(NULL, 0, (int)ceil(seconds * 1000));
}

/* A stop that is asked for by writing into its descriptor; the caller closes that. */
static struct stop open_stop(struct heartbeat *heartbeat)
{
    struct stop stop = {.fd = eventfd(0, EFD_CLOEXEC), .heartbeat = heartbeat};
    assert_true(stop.fd >= 0);
    return stop;
}

static void test_beat(void **state)
{
    (void)state;
    struct heartbeat heartbeat = {0};
    struct stop stop = {.fd = -1, .heartbeat = &heartbeat};
    assert_true(isinf(stop_heartbeat_age(&heartbeat)));
    stop_beat(&STOP_NEVER);
    stop_beat(&stop);
    assert_true(stop_heartbeat_age(&heartbeat) >= 0);
    heartbeat.at_ms -= 5000;
    assert_true(stop_heartbeat_age(&heartbeat) >= 5);
    heartbeat.at_ms = 0;
    assert_false(stop_requested(&stop));
    assert_true(isfinite(stop_heartbeat_age(&heartbeat)));
}

static void test_no_time(void **state)
{
    (void)state;
    static const double none[] = {0, -0.0, -1, -A_YEAR_S, -INFINITY, -1e300, NAN, 1e-300};
    struct heartbeat heartbeat = {0};
    struct stop stop = open_stop(&heartbeat);
    for (size_t i = 0; i < COUNT(none); i++) {
        heartbeat.at_ms = 0;
        assert_true(stop_wait(&stop, none[i]));
        assert_true(stop_wait(&STOP_NEVER, none[i]));
        assert_true(isfinite(stop_heartbeat_age(&heartbeat)));
    }
    assert_int_equal(eventfd_write(stop.fd, 1), 0);
    for (size_t i = 0; i < COUNT(none); i++)
        assert_false(stop_wait(&stop, none[i]));
    assert_true(stop_requested(&stop));
    assert_false(stop_wait(&stop, A_YEAR_S));
    close(stop.fd);
}

static void test_short_wait(void **state)
{
    (void)state;
    struct heartbeat heartbeat = {0};
    struct stop stop = open_stop(&heartbeat);
    assert_true(stop_wait(&stop, 0.001));
    begin_flight(2, &stop);
    assert_true(stop_wait(&stop, STOP_BEAT_S - 1));
    assert_int_equal(flight.waits, 1);
    assert_true(flight.longest_s > 0 && flight.longest_s <= STOP_BEAT_S - 1);
    flight.waits = 0;
    close(stop.fd);
}

/* Many short waits, each with its stamp; asked to stop in the last one. */
static void test_long_wait(void **state)
{
    (void)state;
    static const double lengths[] = {A_YEAR_S, 1e300, INFINITY};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct heartbeat heartbeat = {0};
        struct stop stop = open_stop(&heartbeat);
        begin_flight(100, &stop);
        assert_false(stop_wait(&stop, lengths[i]));
        assert_int_equal(flight.waits, 0);
        assert_true(flight.longest_s > 0 && flight.longest_s <= STOP_BEAT_S);
        close(stop.fd);
    }
}

/* What cannot look whether to stop waits all the same, without haste, and looks again. */
static void test_blind_wait(void **state)
{
    (void)state;
    struct heartbeat heartbeat = {0};
    struct stop stop = open_stop(&heartbeat);
    static const int failures[] = {1, 3, 1000000};
    for (size_t i = 0; i < COUNT(failures); i++) {
        double begun = stop_clock();
        begin_blindness(failures[i], -1);
        assert_true(stop_wait(&stop, 0.05));
        assert_true(stop_clock() - begun >= 0.05);
        assert_in_range(blindness.pauses, 1, 100);
        begin_blindness(failures[i], -1);
        assert_false(stop_requested(&stop));
        assert_int_equal(blindness.pauses, 0);
    }
    begin_blindness(5, stop.fd);
    assert_false(stop_wait(&stop, A_YEAR_S));
    assert_int_equal(blindness.pauses, 5);
    assert_true(blindness.longest_s > 0.1 && blindness.longest_s <= 1);
    begin_blindness(0, -1);
    close(stop.fd);
}

/* Gives back the stop that was asked for. */
static void *wait_a_year(void *stop)
{
    return stop_wait(stop, A_YEAR_S) ? NULL : stop;
}

static void test_other_thread(void **state)
{
    (void)state;
    struct heartbeat heartbeat = {0};
    struct stop stop = open_stop(&heartbeat);
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, wait_a_year, &stop), 0);
    for (double end = stop_clock() + 60; isinf(stop_heartbeat_age(&heartbeat));) {
        assert_true(stop_clock() < end);
        sched_yield();
    }
    assert_int_equal(eventfd_write(stop.fd, 1), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &stop);
    close(stop.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beat),       cmocka_unit_test(test_no_time),
        cmocka_unit_test(test_short_wait), cmocka_unit_test(test_long_wait),
        cmocka_unit_test(test_blind_wait), cmocka_unit_test(test_other_thread),
    };
    return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
