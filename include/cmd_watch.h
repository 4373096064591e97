/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot watch and run. */
#ifndef TMRO_CMD_WATCH_H
#define TMRO_CMD_WATCH_H

#include "options.h"

extern const struct subcommand cmd_run;
extern const struct subcommand cmd_watch;

#endif
