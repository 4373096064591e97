/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests http: what is sent and read apart from the body, with a server on this machine. */
#include "io/http.h"

#include "base/stop.h"
#include "fixture.h"

#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define OK           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n"
#define NOT_MODIFIED "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n"
#define MOVED        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n"
#define DATE         "Thu, 07 Jan 2021 08:00:00 GMT"
#define PEER_TIMEOUT 60 /* seconds; only a test that fails waits */

/* A server that gives each connection the next answer, whatever it is asked. */
struct peer {
    int fd;
    const char *const *answers; /* up to NULL */
    struct buf heard;           /* the heads of all requests */
};

/* One connection; false: the client is gone. */
static bool serve_one(struct peer *peer, const char *answer)
{
    const struct timeval timeout = {.tv_sec = PEER_TIMEOUT};
    char chunk[4096];
    size_t begin = peer->heard.len;
    int fd = accept(peer->fd, NULL, NULL);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    for (ssize_t n = 1; n > 0 && !strstr(buf_str(&peer->heard) + begin, "\r\n\r\n");) {
        n = recv(fd, chunk, sizeof chunk, 0);
        buf_add(&peer->heard, chunk, n > 0 ? (size_t)n : 0);
        if (peer->heard.full)
            break;
    }
    ssize_t sent = send(fd, answer, strlen(answer), MSG_NOSIGNAL);
    close(fd);
    return sent == (ssize_t)strlen(answer);
}

static void *serve(void *user)
{
    struct peer *peer = user;
    for (const char *const *answer = peer->answers; *answer; answer++)
        if (!serve_one(peer, *answer))
            break;
    return NULL;
}

/* Does a GET that the answers are given to; both ends are done with on return. Gives the heads of
 * the requests. */
static struct buf ask_all(const char *const *answers, struct http_request request,
                          const struct stop *stop, struct http_response *response)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const struct timeval timeout = {.tv_sec = PEER_TIMEOUT};
    struct peer peer = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                        .answers = answers,
                        .heard = BUF_INIT(arena_new(), 64 * 1024)};
    struct fault fault = {0};
    pthread_t thread;
    char url[60];
    assert_true(peer.fd >= 0);
    setsockopt(peer.fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    assert_int_equal(bind(peer.fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(peer.fd, 8), 0);
    assert_int_equal(getsockname(peer.fd, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(pthread_create(&thread, NULL, serve, &peer), 0);

    snprintf(url, sizeof url, "http://127.0.0.1:%d/feed", ntohs(address.sin_port));
    request.method = "GET";
    request.url = url;
    request.max_bytes = 1000;
    request.redirects = true;
    struct http *http = http_open(test_arena, 0, stop);
    assert_non_null(http);
    bool done = http_perform(test_arena, http, &request, response, &fault);
    http_close(http);

    shutdown(peer.fd, SHUT_RDWR); /* ends an accept() that nobody comes to */
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(peer.fd);
    if (!done)
        fail_msg("%s", fault.msg);
    struct buf heard = BUF_INIT(test_arena, 64 * 1024);
    buf_adds(&heard, buf_str(&peer.heard));
    arena_free(peer.heard.arena);
    return heard;
}

static struct buf ask(const char *answer, struct http_request request,
                      struct http_response *response)
{
    const char *answers[] = {answer, NULL};
    return ask_all(answers, request, NULL, response);
}

/* The response to a plain request, with these lines in its head. */
static struct http_response answer_with(const char *lines)
{
    struct http_response response = {0};
    struct buf answer = BUF_INIT(test_arena, 64 * 1024);
    buf_addf(&answer, "%s%s\r\nok", OK, lines);
    ask(buf_str(&answer), (struct http_request){0}, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(buf_str(&response.body), "ok");
    return response;
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("'%s' is in '%s'", part, text);
}

/* What was got is sent back byte for byte. */
static void test_verbatim(void **state)
{
    (void)state;
    static const char *const values[] = {
        "\"67a5\"",
        "W/\"a,b;c\"",
        "W/\"\"",
        "not in quotes",
        "\"\xe9\x80\xff \xf0\x9f\xa6\x80\"",
        "\"a: b  c\t;d\\\"",
        "*",
        "0",
        "yesterday; length=5",
        DATE,
    };
    for (size_t i = 0; i < COUNT(values); i++) {
        struct buf lines = BUF_INIT(test_arena, 1000), expected = BUF_INIT(test_arena, 1000);
        buf_addf(&lines, "eTag: %s\r\nLAST-MODIFIED:%s  \r\n", values[i], values[i]);
        struct http_response got = answer_with(buf_str(&lines)), again = {0};
        assert_text(got.etag, values[i]);
        assert_text(got.last_modified, values[i]);
        struct buf heard = ask(
            NOT_MODIFIED "\r\n",
            (struct http_request){.etag = got.etag, .last_modified = got.last_modified}, &again);
        buf_addf(&expected, "\r\nIf-None-Match: %s\r\nIf-Modified-Since: %s\r\n", values[i],
                 values[i]);
        assert_contains(buf_str(&heard), buf_str(&expected));
    }
}

/* Sent back, a date that has not come would be answered 304 until it has. */
static void test_later_than_the_answer(void **state)
{
    (void)state;
    static const struct {
        const char *date, *last_modified;
        bool kept;
    } cases[] = {
        {"Date: " DATE "\r\n", "Thu, 07 Jan 2021 08:00:01 GMT", false},
        {"Date: " DATE "\r\n", "Thu, 07 Jan 2021 09:00:01 +0100", false},
        {"Date: " DATE "\r\n", "Thursday, 07-Jan-21 08:00:01 GMT", false},
        {"Date: " DATE "\r\n", DATE, true},
        {"Date: " DATE "\r\n", "tomorrow", true},
        {"Date: nonsense\r\n", "Mon, 07 Jan 2199 08:00:00 GMT", false},
        {"", "Mon, 07 Jan 2199 08:00:00 GMT", false},
        {"", DATE, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf lines = BUF_INIT(test_arena, 1000);
        buf_addf(&lines, "%sETag: \"a\"\r\nLast-Modified: %s\r\n", cases[i].date,
                 cases[i].last_modified);
        struct http_response got = answer_with(buf_str(&lines));
        assert_text(got.last_modified, cases[i].kept ? cases[i].last_modified : NULL);
        assert_text(got.etag, "\"a\"");
    }
}

static void test_unconditional(void **state)
{
    (void)state;
    static const struct http_request requests[] = {
        {0}, {.etag = ""}, {.last_modified = ""}, {.etag = "", .last_modified = ""}};
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct http_response response = {0};
        struct buf heard = ask(OK "\r\nok", requests[i], &response);
        assert_lacks(buf_str(&heard), "If-");
    }
    struct http_response response = {0};
    struct buf heard = ask(OK "\r\nok", (struct http_request){.last_modified = DATE}, &response);
    assert_contains(buf_str(&heard), "\r\nIf-Modified-Since: " DATE "\r\n");
    assert_lacks(buf_str(&heard), "If-None-Match");
}

static void test_not_modified(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *etag, *last_modified;
        double max_age_s;
    } cases[] = {
        {NOT_MODIFIED "\r\n", NULL, NULL, -1},
        {NOT_MODIFIED "ETag: \"b\"\r\n\r\n", "\"b\"", NULL, -1},
        {NOT_MODIFIED "Last-Modified: " DATE "\r\nCache-Control: max-age=60\r\n\r\n", NULL, DATE,
         60},
        /* What the body would have been like, and where it would have been. */
        {NOT_MODIFIED "Content-Length: 500\r\nContent-Encoding: gzip\r\nETag: W/\"b\"\r\n\r\n",
         "W/\"b\"", NULL, -1},
        {NOT_MODIFIED "Location: /elsewhere\r\nETag: \"b\"\r\n\r\n", "\"b\"", NULL, -1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_response response = {0};
        ask(cases[i].answer, (struct http_request){.etag = "\"a\""}, &response);
        assert_int_equal(response.status, 304);
        assert_int_equal(response.body.len, 0);
        assert_text(response.etag, cases[i].etag);
        assert_text(response.last_modified, cases[i].last_modified);
        assert_true(response.max_age_s == cases[i].max_age_s);
    }
}

static void test_no_validator(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "ETag:\r\nLast-Modified:\r\n",
                                        "ETag:  \t \r\nLast-Modified: \r\n",
                                        "ETag: \ra\r\nLast-Modified: \r \rb\r\n"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct http_response response = answer_with(lines[i]);
        assert_null(response.etag);
        assert_null(response.last_modified);
    }
}

static void test_long_validators(void **state)
{
    (void)state;
    struct buf fits = repeat("x", HTTP_VALIDATOR_MAX), lines = BUF_INIT(test_arena, 64 * 1024);
    buf_addf(&lines, "ETag: %s\r\nLast-Modified: %sy\r\n", fits.ptr, fits.ptr);
    struct http_response response = answer_with(buf_str(&lines));
    assert_text(response.etag, fits.ptr);
    assert_null(response.last_modified);
    struct http_response again = {0};
    struct buf heard =
        ask(NOT_MODIFIED "\r\n", (struct http_request){.etag = fits.ptr, .last_modified = fits.ptr},
            &again);
    for (const char *name = "If-None-Match: "; name;
         name = name[3] == 'N' ? "If-Modified-Since: " : NULL) {
        buf_reset(&lines);
        buf_addf(&lines, "\r\n%s%s\r\n", name, fits.ptr);
        assert_contains(buf_str(&heard), buf_str(&lines));
    }
}

/* The validators go along; those of the way do not come back. */
static void test_redirects(void **state)
{
    (void)state;
    const char *answers[] = {MOVED "Location: /2\r\nETag: \"way\"\r\nLast-Modified: " DATE
                                   "\r\nCache-Control: max-age=9\r\nRetry-After: 9\r\n\r\n",
                             MOVED "Location: 3\r\nETag: \"way 2\"\r\n\r\n",
                             OK "Last-Modified: end\r\n\r\nok", NULL};
    struct http_response response = {0};
    struct buf heard = ask_all(
        answers, (struct http_request){.etag = "\"a\"", .last_modified = "b"}, NULL, &response);
    static const char *const lines[] = {"GET /feed ", "GET /2 ", "GET /3 "};
    const char *at = buf_str(&heard);
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_contains(at, lines[i]);
        at = strstr(at, lines[i]);
        assert_contains(at, "\r\nIf-None-Match: \"a\"\r\nIf-Modified-Since: b\r\n");
        at = strstr(at, "\r\nIf-Modified-Since: ");
    }
    assert_int_equal(response.status, 200);
    assert_null(response.etag);
    assert_text(response.last_modified, "end");
    assert_true(response.max_age_s == -1);
    assert_true(response.retry_after_s == -1);
}

static void test_max_age(void **state)
{
    (void)state;
    static const struct {
        const char *value; /* of Cache-Control */
        double seconds;
    } cases[] = {
        {"max-age=600", 600},
        {"MAX-Age=0", 0},
        {"public, max-age=3600, must-revalidate", 3600},
        {"public,max-age=3600 ,x", 3600},
        {",, \t max-age=007", 7},
        {"max-age=\"60\"", 60},
        {"max-age=\"60\" , public", 60},
        {"s-maxage=5, max-age=6", 6},
        {"max-age=6, s-maxage=5", 6},
        {"max-age=1, max-age=2", 2},
        {"max-age=1\r\nCache-Control: max-age=2", 2},
        {"max-age=1\r\nCache-Control: public", 1},
        {"private=\"a, max-age=5\", max-age=6", 6},
        {"max-age=99999999999999999999", INT32_MAX},
        {"", -1},
        {"public", -1},
        {"s-maxage=5", -1},
        {"x-max-age=5", -1},
        {"max-age", -1},
        {"max-age=", -1},
        {"max-age=, 5", -1},
        {"max-age=-5", -1},
        {"max-age=+5", -1},
        {"max-age=5.5", -1},
        {"max-age=0x5", -1},
        {"max-age=inf", -1},
        {"max-age= 5", -1},
        {"max-age = 5", -1},
        {"max-age=5 6", -1},
        {"max-age=5s", -1},
        {"max-age=5; public", -1},
        {"max-age=\"5", -1},
        {"max-age=\"5\"5", -1},
        {"max-age=\"\"", -1},
        {"max-age=\"", -1},
        {"private=\"max-age=5", -1},
        {"private=\", max-age=5", -1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[200];
        snprintf(line, sizeof line, "cache-control: %s\r\n", cases[i].value);
        struct http_response response = answer_with(line);
        if (response.max_age_s != cases[i].seconds)
            fail_msg("'%s': %g", cases[i].value, response.max_age_s);
    }
}

static void test_retry_after(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        double least, most;
    } cases[] = {
        {"120", 120, 120},
        {"0", 0, 0},
        {"1.5", 1.5, 1.5},
        {"-3", 0, 0},
        {"Fri, 01 Jan 2100 00:00:00 GMT", 86400, INFINITY},
        {"Friday, 01-Jan-27 00:00:00 GMT", 0, INFINITY},
        {"Fri Jan  1 00:00:00 2100", 86400, INFINITY},
        {"1 Jan 2100 00:00:00 GMT", 86400, INFINITY},
        {"Thu, 01 Jan 2026 00:00:00 GMT", 0, 0},
        {"", -1, -1},
        {"soon", -1, -1},
        {"nan", -1, -1},
        {"inf", -1, -1},
        {"1e999", -1, -1},
        {"5 minutes", -1, -1},
        {"7;", -1, -1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[200];
        snprintf(line, sizeof line, "Retry-After: %s\r\n", cases[i].value);
        struct http_response response = answer_with(line);
        if (!(response.retry_after_s >= cases[i].least && response.retry_after_s <= cases[i].most))
            fail_msg("'%s': %g", cases[i].value, response.retry_after_s);
    }
    struct http_response response = answer_with("");
    assert_true(response.retry_after_s == -1);
}

static void test_date(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        double date;
    } cases[] = {
        {"Date: Thu, 31 Jul 2025 22:13:20 GMT\r\n", 1754000000},
        {"Date: Thursday, 31-Jul-25 22:13:20 GMT\r\n", 1754000000},
        {"", 0},
        {"Date: yesterday\r\n", 0},
        {"Date:\r\n", 0},
        {"Date: 1754000000\r\n", 0},
        {"Date: Wed, 01 Jan 1069 00:00:00 GMT\r\n", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_response response = answer_with(cases[i].line);
        if (fabs(response.date - cases[i].date) > 0.5)
            fail_msg("'%s': %.0f", cases[i].line, response.date);
    }
}

/* Asks a server that takes the request and never answers. */
static struct http_response ask_silence(struct http_request request)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct http_response response = {0};
    struct fault fault = {0};
    char url[60];
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    request.method = "GET";
    request.url = url;
    request.max_bytes = 1000;
    struct http *http = http_open(test_arena, 0.2, NULL);
    assert_non_null(http);
    assert_false(http_perform(test_arena, http, &request, &response, &fault));
    assert_fault(&fault, FAULT_RETRY);
    http_close(http);
    close(fd);
    return response;
}

/* The request's own end is told from a stall, and its own patience goes before the client's. */
static void test_timed_out(void **state)
{
    (void)state;
    static const struct {
        struct http_request request;
        double least_s;
        bool timed_out;
    } cases[] = {
        {{.timeout_s = 5}, 0.2, false},
        {{.timeout_s = 0.1}, 0.1, true},
        {{.timeout_s = 0.6, .stall_s = 5}, 0.6, true},
        {{.timeout_s = 5, .stall_s = 0.4}, 0.4, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double begin = stop_clock();
        struct http_response response = ask_silence(cases[i].request);
        double took = stop_clock() - begin;
        if (response.timed_out != cases[i].timed_out || took < cases[i].least_s - 0.01 || took > 4)
            fail_msg("case %zu: %s after %g s", i, response.timed_out ? "timeout" : "stall", took);
        assert_true(response.sent);
    }
}

static void test_heartbeat(void **state)
{
    (void)state;
    struct heartbeat heartbeat = {0};
    const struct stop stop = {.fd = -1, .heartbeat = &heartbeat};
    const char *answers[] = {OK "\r\nok", NULL};
    struct http_response response = {0};
    ask_all(answers, (struct http_request){0}, &stop, &response);
    assert_true(isfinite(stop_heartbeat_age(&heartbeat)));
}

static int set_up(void **state)
{
    struct fault fault;
    return http_init(&fault) ? setup_arena(state) : -1;
}

static int tear_down(void **state)
{
    http_shutdown();
    return teardown_arena(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbatim),      cmocka_unit_test(test_later_than_the_answer),
        cmocka_unit_test(test_unconditional), cmocka_unit_test(test_not_modified),
        cmocka_unit_test(test_no_validator),  cmocka_unit_test(test_long_validators),
        cmocka_unit_test(test_redirects),     cmocka_unit_test(test_max_age),
        cmocka_unit_test(test_retry_after),   cmocka_unit_test(test_heartbeat),
        cmocka_unit_test(test_date),          cmocka_unit_test(test_timed_out),
    };
    return cmocka_run_group_tests_name("http", tests, set_up, tear_down);
}
