/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot watch, which watches the site by hand, and run, which also answers in the chat, as a
 * service: threads, signals, readiness, watchdog, reload. */
#include "ask/respond.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/stop.h"
#include "cmd/commands.h"
#include "cmd/session.h"
#include "io/config.h"
#include "io/database.h"
#include "io/zuliprc.h"
#include "state/projects.h"
#include "state/status.h"
#include "watch/watch.h"
#include "watch/watcher.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
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
/* How long a thread that was asked to stop may take. Nobody waits for a reload, but it must end
 * before the watchdog fires. */
#define STOP_S   4
#define RELOAD_S 30
/* How long until a busy state is tried again. */
#define OPEN_AGAIN_S 1
/* How often the status is sent when nothing happens. */
#define STATUS_S 3600
/* Between passes that are closer than this it is not worth giving memory back. */
#define QUIET_S 60

/* One of the two loops in its thread. */
struct worker {
    const char *name;
    struct service *service;
    bool (*run)(struct worker *worker, struct database *db); /* false: it ended by itself */
    pthread_t thread;
    bool running;
    struct stop stop;
    struct heartbeat heartbeat;
    atomic_bool ended; /* by itself */
    struct fault fault;
};

enum { WATCHER, RESPONDER, WORKERS };

struct service {
    struct session *session;
    const char *state;
    int hangup_fd;    /* SIGHUP */
    int passed_fd;    /* an eventfd: a pass of the watcher has ended, or a worker */
    bool forced;      /* the watcher's first pass is */
    double told_mono; /* when the status was last sent */
    struct worker worker[WORKERS];
};

static bool run_watcher(struct worker *worker, struct database *db)
{
    struct service *s = worker->service;
    struct watcher_options options = {.config = &s->session->config,
                                      .credentials = &s->session->credentials,
                                      .db = db,
                                      .stop = &worker->stop,
                                      .passed_fd = s->passed_fd};
    struct watcher *watcher = watcher_open(&options);
    bool asked = watch_run(watcher, s->forced, &worker->fault);
    watcher_close(watcher);
    return asked;
}

static bool run_responder(struct worker *worker, struct database *db)
{
    struct service *s = worker->service;
    struct responder_options options = {.config = &s->session->config,
                                        .credentials = &s->session->credentials,
                                        .db = db,
                                        .stop = &worker->stop};
    struct responder *responder = responder_open(&options);
    bool asked = respond_run(responder, &worker->fault);
    responder_close(responder);
    return asked;
}

/* Opens the state for a thread, and waits while others keep it busy. NULL: asked to stop, or a
 * fault. */
static struct database *open_state(struct worker *worker, struct arena *arena)
{
    struct service *s = worker->service;
    struct log_voice voice = {0};
    for (;;) {
        struct database *db = database_open(arena, s->state, s->session->credentials.site,
                                            DATABASE_CREATE, &worker->fault);
        if (db || worker->fault.kind != FAULT_BUSY)
            return db;
        log_once(&voice, LOG_LEVEL_WARNING, &worker->fault);
        worker->fault = (struct fault){0};
        if (!stop_wait(&worker->stop, OPEN_AGAIN_S))
            return NULL;
    }
}

/* False: it ended by itself. */
static bool run_with_state(struct worker *worker)
{
    struct arena *arena = arena_new();
    struct database *db = open_state(worker, arena);
    bool asked = db ? worker->run(worker, db) : stop_requested(&worker->stop);
    if (!db && !asked)
        log_fault(&worker->fault);
    database_close(db);
    arena_free(arena);
    return asked;
}

static void *work(void *user)
{
    struct worker *worker = user;
    if (!run_with_state(worker)) {
        uint64_t one = 1;
        atomic_store(&worker->ended, true);
        if (write(worker->service->passed_fd, &one, sizeof one) < 0)
            log_line(LOG_LEVEL_ERROR, "cannot tell that the %s ended: %s", worker->name,
                     strerror(errno));
    }
    return NULL;
}

static bool start_workers(struct service *s, bool forced, struct fault *fault)
{
    s->forced = forced;
    for (int i = 0; i < WORKERS; i++) {
        struct worker *worker = &s->worker[i];
        worker->stop.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        worker->stop.heartbeat = &worker->heartbeat;
        stop_beat(&worker->stop);
        int error =
            worker->stop.fd < 0 ? errno : pthread_create(&worker->thread, NULL, work, worker);
        worker->running = error == 0;
        if (error)
            return fault_set(fault, FAULT_LOCAL, "cannot start the %s: %s", worker->name,
                             strerror(error));
    }
    return true;
}

/* Waits for a thread to end, until `until` or a stop request to `end` (NULL: there is none). */
static bool join_worker(struct worker *worker, double until, const struct stop *end)
{
    for (;;) {
        struct timespec slice;
        double next = fmin(until, stop_clock() + (end ? 0.1 : INFINITY));
        slice.tv_sec = (time_t)next;
        slice.tv_nsec = (long)((next - (double)slice.tv_sec) * 1e9);
        if (pthread_clockjoin_np(worker->thread, NULL, CLOCK_MONOTONIC, &slice) == 0)
            return true;
        if (stop_clock() >= until || (end && stop_requested(end)))
            return false;
    }
}

/* False: one does not stop within `most` seconds, or before a stop request to `end` (NULL: there is
 * none). */
static bool stop_workers(struct service *s, double most, const struct stop *end)
{
    uint64_t one = 1;
    for (int i = 0; i < WORKERS; i++)
        if (s->worker[i].running && write(s->worker[i].stop.fd, &one, sizeof one) < 0)
            return false;
    double until = stop_clock() + most;
    for (int i = 0; i < WORKERS; i++) {
        struct worker *worker = &s->worker[i];
        if (worker->running && !join_worker(worker, until, end))
            return false;
        worker->running = false;
        if (worker->stop.fd >= 0)
            close(worker->stop.fd);
        worker->stop = STOP_NEVER;
    }
    return true;
}

/* The worker that ended by itself; NULL: none. */
static struct worker *find_ended(struct service *s)
{
    for (int i = 0; i < WORKERS; i++)
        if (atomic_load(&s->worker[i].ended))
            return &s->worker[i];
    return NULL;
}

static bool is_alive(const struct service *s)
{
    for (int i = 0; i < WORKERS; i++)
        if (stop_heartbeat_age(&s->worker[i].heartbeat) >= ALIVE_S)
            return false;
    return true;
}

static void tell_status(struct service *s)
{
    struct fault fault = {0};
    struct arena *arena = arena_new();
    const char *line =
        status_line(arena, s->session->db, &s->session->config, (double)time(NULL), &fault);
    sd_notifyf(0, "STATUS=%s", line ? line : fault.msg);
    arena_free(arena);
    /* While one pass follows another, the next one needs the memory. */
    if (stop_clock() - s->told_mono >= QUIET_S)
        database_rest(s->session->db);
    s->told_mono = stop_clock();
}

/* Reads configuration and credentials again. The server and the state must be the same. */
static bool read_again(struct service *s, struct arena *arena, struct config *config,
                       struct credentials *credentials, struct fault *fault)
{
    if (!config_load(arena, s->session->config_path, config, fault) ||
        !credentials_load(arena, config->zulip_credentials, credentials, fault))
        return false;
    if (strcmp(credentials->site, s->session->credentials.site) != 0)
        return fault_set(fault, FAULT_SETUP, "another Zulip server needs a restart");
    char *state = config_state_path(arena, config, fault);
    if (!state)
        return false;
    if (strcmp(state, s->state) != 0)
        return fault_set(fault, FAULT_SETUP, "another state needs a restart");
    return config_allow_timing(config, credentials->site, "Zulip server", fault);
}

/* Takes over what the files say now, unless something is wrong with it. No worker runs. */
static void renew_settings(struct service *s)
{
    struct arena *arena = arena_new();
    struct config config = {0};
    struct credentials credentials = {0};
    struct fault fault = {0};
    if (!read_again(s, arena, &config, &credentials, &fault)) {
        log_line(LOG_LEVEL_ERROR, "reload: %s; going on with the configuration as it was",
                 fault.msg);
        arena_free(arena);
        return;
    }
    credentials_wipe(&s->session->credentials);
    s->session->config = config;
    s->session->credentials = credentials;
    arena_free(s->session->settings);
    s->session->settings = arena;
    if (!projects_set_organisation(s->session->db, config.site_organisation, &fault))
        log_fault(&fault); /* the next start does it */
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
    if (!stop_workers(s, RELOAD_S, &s->session->stop))
        return fault_set(fault, FAULT_LOCAL, "a worker does not stop for a reload");
    /* If one has just ended by itself, the reload may mend the reason. */
    for (int i = 0; i < WORKERS; i++) {
        atomic_store(&s->worker[i].ended, false);
        s->worker[i].fault = (struct fault){0};
    }
    renew_settings(s);
    bool started = start_workers(s, true, fault);
    sd_notify(0, "READY=1");
    return started;
}

/* Seconds between two signs of life to the service manager. */
static double sign_of_life_s(void)
{
    uint64_t usec = 0;
    return sd_watchdog_enabled(0, &usec) > 0 ? fmin((double)usec / 2e6, STATUS_S) : STATUS_S;
}

/* Goes on until asked to stop; false: a worker ended by itself, or hangs. */
static bool supervise(struct service *s, struct fault *fault)
{
    double ready_by = stop_clock() + READY_S, life_s = sign_of_life_s();
    bool ready = false;
    struct worker *ended;
    while (!(ended = find_ended(s))) {
        struct pollfd fds[] = {{.fd = s->session->stop.fd, .events = POLLIN},
                               {.fd = s->hangup_fd, .events = POLLIN},
                               {.fd = s->passed_fd, .events = POLLIN}};
        double wait_s = ready ? life_s : fmax(0, fmin(life_s, ready_by - stop_clock()));
        if (poll(fds, 3, (int)(wait_s * 1000) + 1) < 0 && errno != EINTR)
            return fault_set(fault, FAULT_LOCAL, "cannot wait: %s", strerror(errno));
        if (fds[0].revents)
            return true;
        uint64_t passes;
        bool passed = fds[2].revents && read(s->passed_fd, &passes, sizeof passes) > 0;
        if (!ready && (passed || stop_clock() >= ready_by) && !find_ended(s)) {
            sd_notify(0, "READY=1");
            ready = passed = true;
        }
        if (passed)
            tell_status(s);
        if (fds[1].revents && !reload(s, fault))
            return stop_requested(&s->session->stop);
        if (is_alive(s))
            sd_notify(0, "WATCHDOG=1");
    }
    *fault = ended->fault;
    return false;
}

static int serve(struct session *session)
{
    struct service s = {.session = session, .state = database_path(session->db)};
    s.worker[WATCHER] =
        (struct worker){.name = "watcher", .service = &s, .run = run_watcher, .stop = STOP_NEVER};
    s.worker[RESPONDER] = (struct worker){
        .name = "responder", .service = &s, .run = run_responder, .stop = STOP_NEVER};
    struct fault fault = {0};
    sigset_t hangup;
    bool done = false;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &hangup, NULL);
    s.hangup_fd = signalfd(-1, &hangup, SFD_CLOEXEC | SFD_NONBLOCK);
    s.passed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s.hangup_fd < 0 || s.passed_fd < 0)
        fault_set(&fault, FAULT_LOCAL, "cannot listen for signals: %s", strerror(errno));
    else if (start_workers(&s, false, &fault))
        done = supervise(&s, &fault);
    sd_notify(0, "STOPPING=1");
    bool stopped = stop_workers(&s, STOP_S, NULL);
    int status = done ? 0 : fault_exit_status(fault.kind);
    /* A worker that ended has logged why, except for LOGIN, which both may meet. */
    if (!done && (!find_ended(&s) || fault.kind == FAULT_LOGIN))
        log_fault(&fault);
    /* A thread that does not stop can be killed: the state on disk is whole at every instant. */
    if (!stopped)
        _exit(status);
    close(s.hangup_fd);
    close(s.passed_fd);
    return status;
}

/* By hand: the watcher alone. */
static int watch(struct session *session, bool once)
{
    struct watcher_options options = {.config = &session->config,
                                      .credentials = &session->credentials,
                                      .db = session->db,
                                      .stop = &session->stop,
                                      .passed_fd = -1};
    struct fault fault = {0};
    struct watcher *watcher = watcher_open(&options);
    bool well = once ? watch_pass(watcher, true, &fault) : watch_run(watcher, false, &fault);
    watcher_close(watcher);
    if (well)
        return 0;
    /* All other failures of a pass are logged by it. */
    return !once && fault.kind == FAULT_LOGIN ? log_fault(&fault) : fault_exit_status(fault.kind);
}

/* Opens what both need, and takes the lock that only one of them holds. */
static bool begin(struct session *session, struct lock *lock, struct fault *fault)
{
    return session_open_chat(session, fault) &&
           session_open_state(session, DATABASE_CREATE, fault) &&
           lock_take(lock, database_path(session->db), "run", "watching the site", &session->stop,
                     0, fault);
}

enum { ONCE };

static const struct option_row watch_options[] = {
    [ONCE] = {"once", NULL, "one pass now, whatever the interval says", 0}, {0}};

static int run_watch(struct session *session, const struct arguments *arguments)
{
    struct lock lock = LOCK_INIT;
    struct fault fault = {0};
    int status =
        begin(session, &lock, &fault) ? watch(session, arguments->value[ONCE]) : log_fault(&fault);
    lock_release(&lock);
    return status;
}

static int run_service(struct session *session, const struct arguments *arguments)
{
    struct lock lock = LOCK_INIT;
    struct fault fault = {0};
    (void)arguments;
    int status = begin(session, &lock, &fault) ? serve(session) : log_fault(&fault);
    lock_release(&lock);
    return status;
}

const struct subcommand cmd_watch = {
    .name = "watch",
    .summary = "watch the site and announce new issues, in the foreground",
    .options = watch_options,
    .run = run_watch};

const struct subcommand cmd_run = {
    .name = "run",
    .summary = "watch and answer the chat, as a service for systemd; SIGHUP reloads",
    .run = run_service};
