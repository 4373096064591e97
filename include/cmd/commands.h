/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What tmro-bot can be told to do. */
#ifndef TMRO_CMD_COMMANDS_H
#define TMRO_CMD_COMMANDS_H

#include "cmd/options.h"

extern const struct subcommand cmd_announce;
extern const struct subcommand cmd_ask;
extern const struct subcommand cmd_check;
extern const struct subcommand cmd_lint;
extern const struct subcommand cmd_run;
extern const struct subcommand cmd_show;
extern const struct subcommand cmd_status;
extern const struct subcommand cmd_sync;
extern const struct subcommand cmd_watch;

#endif
