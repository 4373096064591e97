/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot announce: puts an issue into the chat, or shows what would be put there. */
#ifndef TMRO_CMD_ANNOUNCE_H
#define TMRO_CMD_ANNOUNCE_H

#include "options.h"

extern const struct subcommand cmd_announce;

#endif
