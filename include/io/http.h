/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One bounded blocking request over HTTP. */
#ifndef TMRO_IO_HTTP_H
#define TMRO_IO_HTTP_H

#include "base/buf.h"

#include <stdbool.h>

struct arena;
struct fault;
struct stop;

/* A client with its connections, for one thread and all servers. */
struct http;

/* Most bytes of a validator: both are sent, and servers refuse request heads of 8 KiB. */
#define HTTP_VALIDATOR_MAX 1000

struct http_request {
    const char *method;          /* GET, POST, PATCH, DELETE */
    const char *url;             /* http or https */
    const char *ca_file;         /* PEM; NULL: the system's */
    const char *user, *password; /* Basic; NULL: none */
    const char *form;            /* urlencoded body; NULL: none */
    /* Validators of the copy at hand, sent unchanged on every hop; NULL: none. With them the answer
     * may be 304. */
    const char *etag, *last_modified;
    size_t max_bytes; /* of the body after decoding; all heads and trailers together may have
                         300 kB */
    double timeout_s; /* for one whole hop; 0: 60 */
    double stall_s;   /* longest time without a byte; 0: the client's */
    bool redirects;   /* follow up to 5, never from https to http; GET only */
    bool fresh;       /* on a new connection: libcurl repeats a request if a reused one died */
};

struct http_response {
    int status;
    char *url; /* the address that answered, after redirects; NULL: no answer */
    struct buf body;
    /* As sent by the final hop. NULL: none, longer than HTTP_VALIDATOR_MAX, with a CR in it, or a
     * date later than the answer's own (or than our clock, if the answer has none). */
    char *etag, *last_modified;
    double max_age_s;     /* of Cache-Control's max-age; -1: none */
    double retry_after_s; /* of Retry-After, a number or a date; -1: none */
    double date;          /* of Date, the server's clock, seconds since 1970; 0: none */
    bool sent;            /* part of the request may have reached the server */
    bool timed_out;       /* failed because timeout_s ran out */
};

/* Call once per process, before any thread starts. http_shutdown() is safe without http_init(). */
bool http_init(struct fault *fault);
void http_shutdown(void);

/* Opens a client; the caller closes it before it frees the arena. A request fails after `stall_s`
 * seconds without a byte (0: 30), and at once when asked to stop. `stop` is borrowed until
 * http_close(). */
struct http *http_open(struct arena *arena, double stall_s, const struct stop *stop);
void http_close(struct http *http);

/* Before a long wait: closes the connections and frees the certificates. */
void http_rest(struct http *http);

/* Performs one request. True: there is an answer, whatever its status. False: RETRY (no connection,
 * TLS, timeout, stall, connection lost), INPUT (too large, bad URL, a redirect that is not
 * followed), SETUP (a CA file that cannot be read), STOPPED, LOCAL; `sent`, `timed_out` and
 * `body.full` are valid then, too. */
bool http_perform(struct arena *arena, struct http *http, const struct http_request *request,
                  struct http_response *response, struct fault *fault);

/* The version of the HTTP library, for --version; static. */
const char *http_version(void);

#endif
