/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot check: a line for each thing that must be right, with what to do where it is not. */
#ifndef TMRO_CMD_CHECK_H
#define TMRO_CMD_CHECK_H

struct session;

/* Runs the command, argv[0] being its name, in a session that is open; gives the highest exit
 * status of the parts, 2 when the arguments are wrong. */
int cmd_check(struct session *session, int argc, char **argv);

#endif
