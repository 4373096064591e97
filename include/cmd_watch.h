/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot watch and run. */
#ifndef TMRO_CMD_WATCH_H
#define TMRO_CMD_WATCH_H

struct session;

/* Each runs its command; gives the exit status. */
int cmd_run(struct session *session, int argc, char **argv);
int cmd_watch(struct session *session, int argc, char **argv);

#endif
