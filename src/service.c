/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bot as a service. */
#include "service.h"

#include "config.h"
#include "fault.h"
#include "html.h"
#include "log.h"
#include "session.h"
#include "status.h"
#include "stop.h"
#include "url.h"
#include "watch.h"
#include "watcher.h"
#include "zuliprc.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

/* Ready after the first pass, or so long after the start. */
#define READY_S 15
/* A thread that has not stamped its heartbeat for so long hangs. */
#define ALIVE_S (3 * STOP_BEAT_S)
/* How long a thread that was asked to stop may take. */
#define STOP_S 4
/* How often the status is told when nothing happens. */
#define STATUS_S 3600

struct service {
    struct session *session;
    const char *config_path, *state;
    int hangup_fd; /* SIGHUP */
    int passed_fd; /* a pass ended, or the thread did */
    pthread_t thread;
    bool running;
    struct stop stop; /* the thread's */
    struct heartbeat heartbeat;
    bool forced;       /* the first pass is */
    atomic_bool ended; /* by itself */
    struct fault fault;
};

static void *watch_thread(void *user)
{
    struct service *s = user;
    struct watcher_options options = {.config = &s->session->config,
                                      .credentials = &s->session->credentials,
                                      .state = s->state,
                                      .stop = &s->stop,
                                      .passed_fd = s->passed_fd};
    struct watcher *watch = watcher_open(&options, &s->fault);
    if (!watch)
        log_fault(&s->fault);
    bool asked = watch && watch_run(watch, s->forced, &s->fault);
    watcher_close(watch);
    if (!asked) {
        uint64_t one = 1;
        atomic_store(&s->ended, true);
        if (write(s->passed_fd, &one, sizeof one) < 0)
            log_line(LOG_LEVEL_ERROR, "cannot tell that the watcher ended: %s", strerror(errno));
    }
    return NULL;
}

static bool start_thread(struct service *s, bool forced, struct fault *fault)
{
    s->stop.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->stop.heartbeat = &s->heartbeat;
    s->forced = forced;
    stop_beat(&s->stop);
    int error = s->stop.fd < 0 ? errno : pthread_create(&s->thread, NULL, watch_thread, s);
    s->running = error == 0;
    return s->running ||
           fault_set(fault, FAULT_LOCAL, "cannot start the watcher: %s", strerror(error));
}

/* False: it does not stop in time. */
static bool stop_thread(struct service *s)
{
    struct timespec until;
    uint64_t one = 1;
    if (!s->running)
        return true;
    if (write(s->stop.fd, &one, sizeof one) < 0)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_S;
    if (pthread_clockjoin_np(s->thread, NULL, CLOCK_MONOTONIC, &until) != 0)
        return false;
    s->running = false;
    close(s->stop.fd);
    s->stop = STOP_NEVER;
    return true;
}

static void tell_status(struct service *s)
{
    struct fault fault = {0};
    char *line = status_line(s->session->store, &s->session->config, &fault);
    sd_notifyf(0, "STATUS=%s", line ? line : fault.msg);
    free(line);
}

/* Reads configuration and credentials again; keeps what there is when they are wrong. */
static void read_again(struct service *s)
{
    struct config config = {0};
    struct credentials credentials = {0};
    struct fault fault = {0};
    bool read = config_load(s->config_path, &config, &fault) &&
                credentials_load(config.zulip_credentials, &credentials, &fault);
    if (read && strcmp(credentials.site, s->session->credentials.site) != 0)
        read = fault_set(&fault, FAULT_SETUP, "another Zulip server needs a restart");
    if (read && config_has_timing(&config) && !url_is_loopback(credentials.site))
        read = fault_set(&fault, FAULT_SETUP,
                         "'timing' is for tests: the Zulip server must be on this machine");
    if (!read) {
        log_line(LOG_LEVEL_ERROR, "reload: %s; going on with the configuration as it was",
                 fault.msg);
        config_finish(&config);
        credentials_finish(&credentials);
        return;
    }
    config_finish(&s->session->config);
    credentials_finish(&s->session->credentials);
    s->session->config = config;
    s->session->credentials = credentials;
    log_line(LOG_LEVEL_INFO, "reload: the configuration was read again; checking the feed now");
}

static bool reload(struct service *s, struct fault *fault)
{
    struct signalfd_siginfo taken;
    struct timespec t;
    while (read(s->hangup_fd, &taken, sizeof taken) > 0)
        ;
    clock_gettime(CLOCK_MONOTONIC, &t);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
               (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    if (!stop_thread(s))
        return fault_set(fault, FAULT_LOCAL, "the watcher does not stop for a reload");
    /* If it ended by itself just now, the reload may be what helps. */
    atomic_store(&s->ended, false);
    s->fault = (struct fault){0};
    read_again(s);
    bool started = start_thread(s, true, fault);
    sd_notify(0, "READY=1");
    return started;
}

/* Milliseconds between two signs of life to the service manager. */
static int sign_of_life_ms(void)
{
    uint64_t usec = 0;
    return sd_watchdog_enabled(0, &usec) > 0 && usec / 2000 < STATUS_S * 1000 ? (int)(usec / 2000)
                                                                              : STATUS_S * 1000;
}

/* Goes on until asked to stop; false: the thread ended by itself, or hangs. */
static bool supervise(struct service *s, struct fault *fault)
{
    double started = stop_clock();
    bool ready = false;
    int life_ms = sign_of_life_ms();
    while (!atomic_load(&s->ended)) {
        struct pollfd fds[] = {{.fd = s->session->stop.fd, .events = POLLIN},
                               {.fd = s->hangup_fd, .events = POLLIN},
                               {.fd = s->passed_fd, .events = POLLIN}};
        double left_s = READY_S - (stop_clock() - started);
        int wait_ms = ready || left_s * 1000 > life_ms ? life_ms
                      : left_s > 0                     ? (int)(left_s * 1000) + 1
                                                       : 0;
        if (poll(fds, 3, wait_ms) < 0 && errno != EINTR)
            return fault_set(fault, FAULT_LOCAL, "cannot wait: %s", strerror(errno));
        if (fds[0].revents)
            return true;
        uint64_t passes;
        bool passed = fds[2].revents && read(s->passed_fd, &passes, sizeof passes) > 0;
        if (!ready && (passed || stop_clock() - started >= READY_S) && !atomic_load(&s->ended)) {
            ready = true;
            sd_notify(0, "READY=1");
            tell_status(s);
        } else if (passed) {
            tell_status(s);
        }
        if (fds[1].revents && !reload(s, fault))
            return false;
        if (stop_heartbeat_age(&s->heartbeat) < ALIVE_S)
            sd_notify(0, "WATCHDOG=1");
    }
    *fault = s->fault;
    return false;
}

int service_run(struct session *session, const char *config_path, const char *state)
{
    struct service s = {
        .session = session, .config_path = config_path, .state = state, .stop = STOP_NEVER};
    struct fault fault = {0};
    sigset_t hangup;
    bool done = false;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &hangup, NULL);
    html_init();
    s.hangup_fd = signalfd(-1, &hangup, SFD_CLOEXEC | SFD_NONBLOCK);
    s.passed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s.hangup_fd < 0 || s.passed_fd < 0)
        fault_set(&fault, FAULT_LOCAL, "cannot listen for signals: %s", strerror(errno));
    else if (start_thread(&s, false, &fault))
        done = supervise(&s, &fault);
    sd_notify(0, "STOPPING=1");
    /* What cannot be stopped is safe to be killed: the state is on disk at every instant. */
    if (!stop_thread(&s))
        _exit(done ? 0 : 1);
    if (!done && !s.fault.kind)
        log_fault(&fault);
    close(s.hangup_fd);
    close(s.passed_fd);
    return done ? 0 : fault_exit_status(fault.kind);
}
