/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot show: reads an issue and prints it. */
#ifndef TMRO_CMD_SHOW_H
#define TMRO_CMD_SHOW_H

struct session;

/* Runs the command, argv[0] being its name, in a session that is open; gives the exit status, 2
 * when the arguments are wrong. Results go to stdout, talk to stderr. */
int cmd_show(struct session *session, int argc, char **argv);

#endif
