/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot status. */
#ifndef TMRO_CMD_STATUS_H
#define TMRO_CMD_STATUS_H

struct session;

/* Runs the command; gives the exit status. */
int cmd_status(struct session *session, int argc, char **argv);

#endif
