/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot announce: puts an issue into the chat, or shows what would be put there. */
#ifndef TMRO_CMD_ANNOUNCE_H
#define TMRO_CMD_ANNOUNCE_H

struct session;

/* Runs the command, argv[0] being its name, in a session that is open; gives the exit status, 2
 * when the arguments are wrong, else the highest of all destinations. */
int cmd_announce(struct session *session, int argc, char **argv);

#endif
