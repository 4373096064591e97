/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot ask. */
#ifndef TMRO_CMD_ASK_H
#define TMRO_CMD_ASK_H

struct session;

/* Runs the command; gives the exit status. */
int cmd_ask(struct session *session, int argc, char **argv);

#endif
