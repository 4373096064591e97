/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One bounded blocking request over HTTP. */
#include "io/http.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/url.h"
#include "base/version.h"

#include <curl/curl.h>
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECT_TIMEOUT_S 10
#define TIMEOUT_S         60
#define STALL_S           30
#define REDIRECTS_MAX     5
/* Most bytes of all heads and trailers of a request, and most overhead of a body: chunks have sizes
 * and extensions. */
#define HEADS_MAX 300000

struct http {
    CURLM *multi; /* holds the connections and the certificates; NULL: none yet */
    CURL *easy;
    double stall_s;
    const struct stop *stop;
    size_t heads; /* bytes of all heads and trailers of the request */
    size_t raw;   /* bytes of a body as received, before decoding */
};

bool http_init(struct fault *fault)
{
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_alloc, free, memory_resize, memory_copy,
                                memory_zero) == CURLE_OK ||
           fault_set(fault, FAULT_LOCAL, "libcurl cannot start");
}

void http_shutdown(void)
{
    curl_global_cleanup();
}

struct http *http_open(struct arena *arena, double stall_s, const struct stop *stop)
{
    struct http *http = arena_zero(arena, 1, sizeof *http);
    http->easy = curl_easy_init();
    if (!http->easy)
        memory_out();
    http->stop = stop;
    http->stall_s = stall_s > 0 ? stall_s : STALL_S;
    return http;
}

void http_close(struct http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->easy);
    curl_multi_cleanup(http->multi);
}

void http_rest(struct http *http)
{
    curl_multi_cleanup(http->multi);
    http->multi = NULL;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct buf *body = user;
    buf_add(body, data, size * count);
    return body->full ? 0 : size * count;
}

/* Also called for 1xx responses and for trailers. */
static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    struct http *http = user;
    (void)data;
    http->heads += size * count;
    return http->heads > HEADS_MAX ? 0 : size * count;
}

/* libcurl reports every byte received only to this callback. */
static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    struct http *http = user;
    (void)easy;
    (void)data;
    if (type == CURLINFO_DATA_IN)
        http->raw += size;
    return 0;
}

/* The headers sent in addition to libcurl's own; the caller frees them. */
static struct curl_slist *list_headers(const struct http_request *request)
{
    const struct {
        const char *name, *value;
    } validators[] = {{"If-None-Match", request->etag},
                      {"If-Modified-Since", request->last_modified}};
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    for (int i = 0; i < 2; i++) {
        char line[HTTP_VALIDATOR_MAX + 30];
        if (!validators[i].value)
            continue;
        snprintf(line, sizeof line, "%s: %s", validators[i].name, validators[i].value);
        headers = curl_slist_append(headers, line);
    }
    return headers;
}

/* Whether a folder has certificates under their hashes, as OpenSSL looks for them. */
static bool has_hashed_certificates(const char *path)
{
    DIR *folder = path ? opendir(path) : NULL;
    const struct dirent *entry;
    bool found = false;
    while (folder && !found && (entry = readdir(folder))) {
        size_t len = strlen(entry->d_name);
        found = len > 2 && strcmp(entry->d_name + len - 2, ".0") == 0;
    }
    if (folder)
        closedir(folder);
    return found;
}

/* The system has its certificates in one file and, one by one, in a folder. Of the file each client
 * keeps all of them, more than a megabyte; of the folder it reads those that it needs. */
static void trust(CURL *easy, const char *ca_file)
{
    if (ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    else if (has_hashed_certificates(curl_version_info(CURLVERSION_NOW)->capath))
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
}

/* Sets up the handle for one hop. It copies the strings, except the form. */
static void prepare(struct http *http, const struct http_request *request, const char *url,
                    struct curl_slist *headers, char *complaint, struct buf *body)
{
    CURL *easy = http->easy;
    double timeout_s = request->timeout_s > 0 ? request->timeout_s : TIMEOUT_S;
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, complaint);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, TMRO_USER_AGENT);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a silent DNS server */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, lrint(timeout_s * 1000));
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)request->fresh);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, http);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, http);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    trust(easy, request->ca_file);
    if (url_is_loopback(url))
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    if (request->user) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, request->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password);
    }
    if (request->form) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->form));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->form);
    }
}

/* Why run() ended a request before libcurl did. */
struct ending {
    bool stopped, stalled;
};

/* Runs the handle until it is done, asked to stop, stalled (CURLE_OPERATION_TIMEDOUT) or has
 * received too much (CURLE_WRITE_ERROR). */
static CURLcode run(struct http *http, double stall_s, size_t max_bytes, char *complaint,
                    struct ending *ending)
{
    CURLcode code = CURLE_FAILED_INIT;
    curl_off_t moved = -1;
    double moved_mono = stop_clock();
    int running = 1;
    if ((!http->multi && !(http->multi = curl_multi_init())) ||
        curl_multi_add_handle(http->multi, http->easy) != CURLM_OK)
        return CURLE_FAILED_INIT;
    for (;;) {
        if (http->stop)
            stop_beat(http->stop);
        if (curl_multi_perform(http->multi, &running) != CURLM_OK)
            break;
        if (http->raw > max_bytes + HEADS_MAX) {
            code = CURLE_WRITE_ERROR;
            break;
        }
        int left;
        CURLMsg *message = curl_multi_info_read(http->multi, &left);
        if (message && message->msg == CURLMSG_DONE) {
            code = message->data.result;
            break;
        }
        curl_off_t down = 0, up = 0;
        long head = 0;
        curl_easy_getinfo(http->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
        curl_easy_getinfo(http->easy, CURLINFO_SIZE_UPLOAD_T, &up);
        curl_easy_getinfo(http->easy, CURLINFO_HEADER_SIZE, &head);
        double now_mono = stop_clock();
        if (down + up + head != moved) {
            moved = down + up + head;
            moved_mono = now_mono;
        } else if (now_mono - moved_mono >= stall_s) {
            snprintf(complaint, CURL_ERROR_SIZE, "no byte for %g s", stall_s);
            code = CURLE_OPERATION_TIMEDOUT;
            ending->stalled = true;
            break;
        }
        struct curl_waitfd stop = {.fd = http->stop ? http->stop->fd : -1,
                                   .events = CURL_WAIT_POLLIN};
        double wait_s = fmin(stall_s - (now_mono - moved_mono), STOP_BEAT_S);
        int wait_ms = (int)lrint(wait_s * 1000) + 1;
        curl_multi_poll(http->multi, &stop, stop.fd >= 0, wait_ms, NULL);
        if (http->stop && stop_requested(http->stop)) {
            ending->stopped = true;
            break;
        }
    }
    return code;
}

/* The value in the `index`th line of a header, counted from 0; NULL: there is no such line. */
static const char *header(CURL *easy, const char *name, size_t index)
{
    struct curl_header *line;
    return curl_easy_header(easy, name, index, CURLH_HEADER, -1, &line) == CURLHE_OK ? line->value
                                                                                     : NULL;
}

/* A header to send back; NULL: none that can be. A CR could end the line early, and libcurl 7.88
 * returns one for an empty value. */
static char *read_validator(struct arena *arena, CURL *easy, const char *name)
{
    const char *value = header(easy, name, 0);
    if (!value || !*value || strlen(value) > HTTP_VALIDATOR_MAX || strchr(value, '\r'))
        return NULL;
    return arena_copy(arena, value);
}

/* The seconds of a directive, in quotes or not; -1: nonsense. */
static double parse_seconds(const char *number)
{
    bool quoted = *number == '"';
    number += quoted;
    const char *end = number + strspn(number, "0123456789");
    if (end == number || (quoted && *end++ != '"'))
        return -1;
    end += strspn(end, " \t");
    return *end && *end != ',' ? -1 : fmin(strtod(number, NULL), INT_MAX);
}

/* The last max-age of all the directives. */
static double read_max_age(CURL *easy)
{
    static const char directive[] = "max-age=";
    double seconds = -1;
    const char *p;
    for (size_t i = 0; (p = header(easy, "Cache-Control", i)); i++)
        while (*(p += strspn(p, ", \t"))) {
            if (text_starts_fold(p, directive))
                seconds = parse_seconds(p + strlen(directive));
            /* A comma between quotes belongs to a value. */
            for (bool quoted = false; *p && (quoted || *p != ','); p++)
                quoted ^= *p == '"';
        }
    return seconds;
}

/* `now` is by the server's clock, as is a date in the header. */
static double read_retry_after(CURL *easy, double now)
{
    const char *value = header(easy, "Retry-After", 0);
    if (!value)
        return -1;
    char *end;
    double seconds = strtod(value, &end);
    if (end != value && !*end && isfinite(seconds))
        return seconds < 0 ? 0 : seconds;
    time_t date = curl_getdate(value, NULL);
    return date == (time_t)-1 ? -1 : fmax((double)date - now, 0);
}

static double read_date(CURL *easy)
{
    const char *value = header(easy, "Date", 0);
    time_t date = value ? curl_getdate(value, NULL) : 0;
    return date > 0 ? (double)date : 0;
}

/* Last-Modified, unless it is later than the answer's own date: that is wrong, and sending it back
 * would get 304 until then. */
static char *read_last_modified(struct arena *arena, CURL *easy, double now)
{
    char *value = read_validator(arena, easy, "Last-Modified");
    time_t date = value ? curl_getdate(value, NULL) : -1;
    return date != (time_t)-1 && (double)date > now ? NULL : value;
}

static bool explain(struct fault *fault, const struct http *http, CURLcode code,
                    const char *complaint, const char *url, const struct http_response *response,
                    size_t max_bytes)
{
    char where[200], why[CURL_ERROR_SIZE];
    /* The query is left out: it may hold a queue's name, or change each time. */
    text_printable(where, sizeof where, url, strcspn(url, "?"));
    if (!*complaint)
        complaint = curl_easy_strerror(code);
    text_printable(why, sizeof why, complaint, strlen(complaint));
    why[0] = why[0] >= 'A' && why[0] <= 'Z' && why[1] >= 'a' ? (char)(why[0] | 0x20) : why[0];
    switch (code) {
    case CURLE_FAILED_INIT:
        return fault_set(fault, FAULT_LOCAL, "cannot ask '%s': libcurl cannot start a request",
                         where);
    case CURLE_OUT_OF_MEMORY: /* how libcurl reports a head that is too long */
        return fault_set(fault, FAULT_INPUT, "'%s' answers with an endless head", where);
    case CURLE_WRITE_ERROR:
        if (http->heads > HEADS_MAX)
            return fault_set(fault, FAULT_INPUT, "'%s' answers with more than %d bytes of headers",
                             where, HEADS_MAX);
        if (response->body.full || http->raw > max_bytes)
            return fault_set(fault, FAULT_INPUT, "'%s' is larger than %zu bytes", where, max_bytes);
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
        return fault_set(fault, FAULT_INPUT, "'%s' does not answer in HTTP: %s", where, why);
    case CURLE_URL_MALFORMAT:
        return fault_set(fault, FAULT_INPUT, "not a URL to fetch: '%s'", where);
    case CURLE_SSL_CACERT_BADFILE:
        return fault_set(fault, FAULT_SETUP, "cannot read the CA file for '%s': %s", where, why);
    case CURLE_PEER_FAILED_VERIFICATION:
        return fault_set(fault, FAULT_RETRY,
                         "cannot trust '%s': %s (a private CA goes into site.ca_file, or "
                         "cert_bundle in zuliprc)",
                         where, why);
    default:
        break;
    }
    return fault_set(fault, FAULT_RETRY, "cannot reach '%s': %s", where, why);
}

/* Whether the request's own timeout ran out; one that came earlier is the connection's. */
static bool is_over(const struct http *http, const struct http_request *request)
{
    curl_off_t total_us = 0;
    curl_easy_getinfo(http->easy, CURLINFO_TOTAL_TIME_T, &total_us);
    return request->timeout_s > 0 && (double)total_us >= request->timeout_s * 0.99e6;
}

/* Performs one hop and fills the response. */
static bool perform_hop(struct arena *arena, struct http *http, const struct http_request *request,
                        const char *url, struct http_response *response, struct fault *fault)
{
    char complaint[CURL_ERROR_SIZE] = "";
    struct ending ending = {0};
    struct curl_slist *headers = list_headers(request);
    double stall_s = request->stall_s > 0 ? request->stall_s : http->stall_s;
    buf_reset(&response->body);
    *response = (struct http_response){.body = response->body};
    http->raw = 0;
    prepare(http, request, url, headers, complaint, &response->body);
    CURLcode code = run(http, stall_s, request->max_bytes, complaint, &ending);
    long status = 0, request_size = 0;
    curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(http->easy, CURLINFO_REQUEST_SIZE, &request_size);
    response->status = (int)status;
    response->sent = request_size > 0;
    response->timed_out =
        code == CURLE_OPERATION_TIMEDOUT && !ending.stalled && is_over(http, request);
    response->date = read_date(http->easy);
    double now = response->date > 0 ? response->date : (double)time(NULL);
    response->retry_after_s = read_retry_after(http->easy, now);
    response->max_age_s = read_max_age(http->easy);
    response->etag = read_validator(arena, http->easy, "ETag");
    response->last_modified = read_last_modified(arena, http->easy, now);
    curl_multi_remove_handle(http->multi, http->easy);
    curl_easy_setopt(http->easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    if (ending.stopped)
        return fault_set(fault, FAULT_STOPPED, "interrupted");
    return code == CURLE_OK ||
           explain(fault, http, code, complaint, url, response, request->max_bytes);
}

bool http_perform(struct arena *arena, struct http *http, const struct http_request *request,
                  struct http_response *response, struct fault *fault)
{
    /* The password would be in every message about the request. */
    if (url_has_login(request->url))
        return fault_set(fault, FAULT_INPUT,
                         "a URL with a user name or password in it is not fetched");
    const char *url = request->url;
    char where[200];
    response->body = BUF_INIT(arena, request->max_bytes);
    http->heads = 0;
    text_printable(where, sizeof where, url, strcspn(url, "?"));
    for (int hop = 0;; hop++) {
        if (!perform_hop(arena, http, request, url, response, fault))
            return false;
        const char *next = NULL;
        if (request->redirects && response->status != 304) /* some servers send Location with 304 */
            curl_easy_getinfo(http->easy, CURLINFO_REDIRECT_URL, &next);
        log_line(LOG_LEVEL_DEBUG, "%s %s: %d, %zu bytes", request->method, where, response->status,
                 response->body.len);
        if (!next) {
            response->url = arena_copy(arena, url);
            return true;
        }
        if (url_has_login(next))
            return fault_set(
                fault, FAULT_INPUT,
                "a redirect to a URL with a user name or password in it is not followed");
        text_printable(where, sizeof where, next, strlen(next));
        if (hop == REDIRECTS_MAX)
            return fault_set(fault, FAULT_INPUT, "more than %d redirects, the last to '%s'",
                             REDIRECTS_MAX, where);
        if (!url_is_web(next) || (url_is_https(url) && !url_is_https(next)))
            return fault_set(fault, FAULT_INPUT, "a redirect that is not followed, to '%s'", where);
        url = arena_copy(arena, next);
    }
}

const char *http_version(void)
{
    return curl_version();
}
