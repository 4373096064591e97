/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot replay. */
#ifndef TMRO_CMD_REPLAY_H
#define TMRO_CMD_REPLAY_H

struct session;

/* Runs the command; gives the exit status. */
int cmd_replay(struct session *session, int argc, char **argv);

#endif
