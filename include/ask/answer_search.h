/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The answer to a search. */
#ifndef TMRO_ASK_ANSWER_SEARCH_H
#define TMRO_ASK_ANSWER_SEARCH_H

#include "state/search.h"

#include <stdbool.h>

struct asked;
struct fault;

/* What has the words; when they only say what must not be there, that something to find is missing,
 * and `*found` is false. `*text` NULL without a fault: nothing has them. Faults are those of
 * database.h. */
bool answer_search(const struct asked *asked, const char *words, enum search_how how, char **text,
                   bool *found, struct fault *fault);

#endif
