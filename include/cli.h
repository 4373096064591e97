/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The command line: global options, the table of commands, help. */
#ifndef TMRO_CLI_H
#define TMRO_CLI_H

/* Runs one command line; gives the exit status. */
int cli_run(int argc, char **argv);

#endif
