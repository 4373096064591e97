/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot ask. */
#ifndef TMRO_CMD_ASK_H
#define TMRO_CMD_ASK_H

#include "options.h"

extern const struct subcommand cmd_ask;

#endif
