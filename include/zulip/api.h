/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One request to the Zulip API: its parameters, its answer, and what a failure means.
 *
 * Faults say what could not be done, quote the server and name the likely causes: RETRY (network,
 * 5xx, 408, 425, 429 with retry_after_s), LOGIN and REFUSED (Zulip itself says so), SETUP (a proxy
 * or a redirect in between; a person must act), INPUT (not a valid answer, or too large),
 * STOPPED, LOCAL. Decisions depend on the status and `code`, never on translated text. */
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

/* `http` and `credentials` are borrowed until api_close(). The caller closes it before it frees the
 * arena. */
struct api *api_open(struct arena *arena, struct http *http, const struct credentials *credentials);
void api_close(struct api *api);

/* Before a long wait: frees the last answer. */
void api_rest(struct api *api);

/* A request that is being made. */
struct api_call {
    const char *method;
    const char *path;    /* below /api/v1/ */
    const char *purpose; /* completes "cannot …" */
    const char *hint;    /* what a refusal probably means; NULL: nothing to add */
    struct buf form;     /* parameters, urlencoded */
    double timeout_s; /* for the whole request, which may be silent all the while; 0: the usual */
    bool fresh;       /* on a new connection */
};

/* A call without parameters. The strings are borrowed until it is performed. Perform it before you
 * make the next one. */
struct api_call api_call(struct api *api, const char *method, const char *path,
                         const char *purpose);

/* Add a parameter. A string is sent as it is. A JSON value is freed. */
void api_add(struct api_call *call, const char *name, const char *value);
void api_add_integer(struct api_call *call, const char *name, int64_t value);
void api_add_json(struct api_call *call, const char *name, struct json *value);

/* What became of a request. Only Zulip's own answer is certain: a proxy in between can replace any
 * answer, even a success, with a page of its own. */
enum api_outcome {
    API_DONE,    /* certainly carried out */
    API_UNSENT,  /* certainly not carried out: nothing was sent */
    API_REFUSED, /* certainly not carried out: Zulip says so, with a 4xx but 408 and 429 */
    API_DOUBT,   /* perhaps carried out: look before you repeat it, and after the fault's
                    retry_after_s if that is set */
};

/* What else is known of a request that failed. */
struct api_failure {
    enum api_outcome outcome;
    bool timed_out; /* not answered within its own timeout_s */
    bool too_large; /* the answer is, and would be again */
    char code[64];  /* of Zulip's error; or "" */
};

/* Performs the request. Returns the answer if it is a success; it is valid until the next request.
 * NULL: fault. `failure` may be NULL. */
const struct json *api_perform(struct api *api, const struct api_call *call,
                               struct api_failure *failure, struct fault *fault);

/* Sets INPUT, the answer lacks `missing`. Always returns false. */
bool api_wrong_shape(struct fault *fault, const struct api_call *call, const char *missing);

#endif
