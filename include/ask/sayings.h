/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Requests that mean one thing as a whole: "source code?", "thanks a lot". */
#ifndef TMRO_ASK_SAYINGS_H
#define TMRO_ASK_SAYINGS_H

#include "ask/request.h"

#include <stdbool.h>

struct tokens;

/* What a request means, of which `whole` are all words and `core` those that are neither glue nor a
 * time. False: nothing that is said so. */
bool sayings_find(const struct tokens *core, const struct tokens *whole, enum request_kind *kind,
                  enum request_saying *saying);

#endif
