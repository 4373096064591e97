/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot show: reads an issue and prints it. */
#ifndef TMRO_CMD_SHOW_H
#define TMRO_CMD_SHOW_H

#include "options.h"

extern const struct subcommand cmd_show;

#endif
