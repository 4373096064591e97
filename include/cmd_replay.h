/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot replay. */
#ifndef TMRO_CMD_REPLAY_H
#define TMRO_CMD_REPLAY_H

#include "options.h"

extern const struct subcommand cmd_replay;

#endif
