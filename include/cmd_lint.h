/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot lint: what an editor wants to know before a source is merged. */
#ifndef TMRO_CMD_LINT_H
#define TMRO_CMD_LINT_H

#include "options.h"

extern const struct subcommand cmd_lint;

#endif
