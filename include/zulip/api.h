/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One request to the Zulip API: its parameters, its answer, and what a failure means.
 *
 * Faults: a sentence that says what could not be done, quotes the server and names the likely
 * causes: RETRY (network, 5xx, 408, 425, 429 with retry_after_s), LOGIN and REFUSED (by Zulip's own
 * word), SETUP (something in between; a person must act), INPUT (no Zulip answers there), STOPPED,
 * LOCAL. Decisions rest on the status and `code`, never on translated text. */
#ifndef TMRO_ZULIP_API_H
#define TMRO_ZULIP_API_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct credentials;
struct fault;
struct http;
struct json;

/* A client for one thread. */
struct api;

/* `http` and `credentials` are borrowed for its life. The caller closes it before the arena ends.
 */
struct api *api_open(struct arena *arena, struct http *http, const struct credentials *credentials);
void api_close(struct api *api);

/* Before a long wait: the last answer ends. */
void api_rest(struct api *api);

/* A request that is being made. */
struct api_call {
    const char *method;
    const char *path;    /* below /api/v1/ */
    const char *purpose; /* completes "cannot …" */
    const char *hint;    /* what a refusal probably means; NULL: nothing to add */
    struct buf form;     /* parameters, urlencoded */
    double timeout_s;    /* may be silent for so long; 0: the usual */
    bool fresh;          /* on a new connection */
};

/* A call without parameters. The strings are borrowed until it is performed, which must be before
 * the next one is made. */
struct api_call api_call(struct api *api, const char *method, const char *path,
                         const char *purpose);

/* Adds a parameter: a string as it is, everything else as JSON. `value` is freed. */
void api_add(struct api_call *call, const char *name, const char *value);
void api_add_integer(struct api_call *call, const char *name, int64_t value);
void api_add_json(struct api_call *call, const char *name, struct json *value);

/* What came of a request. Only Zulip's own answer is certain: a proxy in between can replace any
 * answer, even a success, with a page of its own. */
enum api_outcome {
    API_DONE,    /* for certain */
    API_UNSENT,  /* certainly not done: nothing was sent */
    API_REFUSED, /* certainly not done: Zulip says so, by a 4xx other than 408 and 429 */
    API_DOUBT,   /* it may have been carried out: look before it is repeated, and after the fault's
                    retry_after_s where that is set */
};

/* What else is known of a request that failed. */
struct api_failure {
    enum api_outcome outcome;
    bool timed_out; /* not answered within all of its own timeout_s */
    bool too_large; /* the answer is, and would be the next time */
    char code[64];  /* of Zulip's error; "" */
};

/* Does the request. The answer, a success, lives until the next request. NULL: there is none.
 * `failure` may be NULL. */
const struct json *api_perform(struct api *api, const struct api_call *call,
                               struct api_failure *failure, struct fault *fault);

/* INPUT: the answer lacks `missing`. Always false. */
bool api_wrong_shape(struct fault *fault, const struct api_call *call, const char *missing);

#endif
