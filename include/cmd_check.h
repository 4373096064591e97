/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot check: a line for each thing that must be right, with what to do where it is not. */
#ifndef TMRO_CMD_CHECK_H
#define TMRO_CMD_CHECK_H

#include "options.h"

extern const struct subcommand cmd_check;

#endif
