/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot lint: what an editor wants to know before a source is merged. */
#ifndef TMRO_CMD_LINT_H
#define TMRO_CMD_LINT_H

struct session;

/* Runs the command, argv[0] being its name, in a session that is open; gives the exit status, 2
 * when the arguments are wrong, 3 when there are errors. Results go to stdout, talk to stderr. */
int cmd_lint(struct session *session, int argc, char **argv);

#endif
