/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot sync. */
#ifndef TMRO_CMD_SYNC_H
#define TMRO_CMD_SYNC_H

struct session;

/* Runs the command; gives the exit status. */
int cmd_sync(struct session *session, int argc, char **argv);

#endif
