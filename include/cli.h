/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The command line: global options, the table of commands, help. */
#ifndef TMRO_CLI_H
#define TMRO_CLI_H

/* Runs the command line that main() got, and may reorder it; gives the exit status. */
int cli_run(char **argv);

#endif
