/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One bounded blocking request over HTTP. */
#ifndef TMRO_IO_HTTP_H
#define TMRO_IO_HTTP_H

#include "base/buf.h"

#include <stdbool.h>

struct arena;
struct fault;
struct stop;

/* A client with its connections; one thread uses it, for all its servers. */
struct http;

/* Most bytes of a validator: both go into each request, and servers refuse heads of 8 KiB. */
#define HTTP_VALIDATOR_MAX 1000

struct http_request {
    const char *method;          /* GET, POST, PATCH */
    const char *url;             /* http or https */
    const char *ca_file;         /* PEM; NULL: the system's */
    const char *user, *password; /* Basic; NULL: none */
    const char *form;            /* urlencoded body; NULL: none */
    /* Validators of the copy at hand, sent on every hop as they were got; NULL: none. With them 304
     * is an answer, too. */
    const char *etag, *last_modified;
    size_t max_bytes; /* of the body, undone encodings counted; heads and trailers may have 300 kB
                         in all */
    double timeout_s; /* for all of one hop; 0: 60 */
    double stall_s;   /* may be without a byte for so long; 0: as the client */
    bool redirects;   /* follow up to 5, never from https to http; GET only */
    bool fresh;       /* a new connection: libcurl repeats a request on a reused one that died */
};

struct http_response {
    int status;
    char *url; /* the address that answered, after redirects; NULL: there is no answer */
    struct buf body;
    /* As sent by the final hop, but never with a CR. NULL: none, longer than
     * HTTP_VALIDATOR_MAX, or a date after the answer's own (ours, if it has none). */
    char *etag, *last_modified;
    double max_age_s;     /* of Cache-Control's max-age; -1: none */
    double retry_after_s; /* of Retry-After, a number or a date; -1: none */
    double date;          /* of Date, the server's clock, seconds since 1970; 0: none */
    bool sent;            /* part of the request may have reached the server */
    bool timed_out;       /* failed because all of timeout_s was over */
};

/* Once per process, before the first thread; the end is safe without a beginning. */
bool http_init(struct fault *fault);
void http_shutdown(void);

/* The client, which the caller closes before the arena ends. It gives up after `stall_s` without a
 * byte (0: 30), and at once when asked to stop; `stop` is borrowed for its life. */
struct http *http_open(struct arena *arena, double stall_s, const struct stop *stop);
void http_close(struct http *http);

/* Before a long wait: closes its connections, and forgets the certificates. */
void http_rest(struct http *http);

/* Does one request. True: there is an answer, whatever its status. False: RETRY (no connection,
 * TLS, timeout, stall, broken off), INPUT (too large, bad URL, redirects), SETUP (a CA file that
 * cannot be read), STOPPED, LOCAL; `sent`, `timed_out` and `body.full` are valid then, too. */
bool http_perform(struct arena *arena, struct http *http, const struct http_request *request,
                  struct http_response *response, struct fault *fault);

/* Version of the HTTP library, for --version; static. */
const char *http_version(void);

#endif
