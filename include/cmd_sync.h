/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot sync. */
#ifndef TMRO_CMD_SYNC_H
#define TMRO_CMD_SYNC_H

#include "options.h"

extern const struct subcommand cmd_sync;

#endif
