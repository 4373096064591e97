/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot status. */
#ifndef TMRO_CMD_STATUS_H
#define TMRO_CMD_STATUS_H

#include "options.h"

extern const struct subcommand cmd_status;

#endif
