/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The answer to a search. */
#ifndef TMRO_ANSWER_SEARCH_H
#define TMRO_ANSWER_SEARCH_H

#include <stdbool.h>

struct asked;
struct fault;

/* What has the words, or with `prefix` words that begin so. `*text` NULL without a fault: nothing
 * does. Faults are those of database.h; the text is owned by the caller. */
bool answer_search(const struct asked *asked, const char *words, bool prefix, char **text,
                   struct fault *fault);

#endif
