/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an answer of the site means: the other half of what the watcher decides.
 *
 * Which issues are new, which changed, whether the feed is to be believed, when it is asked next.
 */
#ifndef TMRO_INTAKE_H
#define TMRO_INTAKE_H

#include <stdbool.h>

struct fault;
struct http_response;
struct plan;

/* Takes what the site answered to the poll that plan_poll() wanted, in one transaction; `response`
 * NULL: nothing, and `failure` says why. False: as database.h fails. */
bool intake_take(struct plan *plan, const struct http_response *response,
                 const struct fault *failure, struct fault *fault);

#endif
