/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bot as a service: its threads, signals, readiness, watchdog, reload. */
#ifndef TMRO_SERVICE_H
#define TMRO_SERVICE_H

struct fault;
struct session;

/* Watches and answers until SIGTERM or SIGINT, and tells the service manager, if there is one, how
 * it fares. SIGHUP: the configuration is read again, and the feed checked now. The session is open,
 * with its state; `config_path` is as it was given. Gives the exit status. */
int service_run(struct session *session, const char *config_path, const char *state);

#endif
