/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One request to the Zulip API: its parameters, its answer, and what a failure means. */
#include "api.h"

#include "fault.h"
#include "http.h"
#include "json.h"
#include "text.h"
#include "url.h"
#include "zuliprc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Largest answer: 100 messages of the greatest length in four-byte letters. */
#define ANSWER_MAX_BYTES (8 * 1024 * 1024)
#define FORM_MAX_BYTES   (1024 * 1024)
/* The longest that a rate limit is waited for; Zulip's own windows are an hour at most. */
#define RATE_WAIT_MAX_S 3600

/* The forms of the key that are sent: as it is, in base64, and that percent-encoded. */
#define SECRETS 3

struct api {
    const struct credentials *credentials;
    struct http *http;
    char *secret[SECRETS];
};

/* In base64, as Basic authentication has it; owned by the caller. NULL: out of memory. */
static char *encode_base64(const char *s)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(s), n = 0;
    char *out = calloc((len + 2) / 3 * 4 + 1, 1);
    for (size_t i = 0; out && i < len; i += 3) {
        unsigned char b[3] = {0};
        memcpy(b, s + i, len - i < 3 ? len - i : 3);
        out[n++] = letters[b[0] >> 2];
        out[n++] = letters[(b[0] & 3) << 4 | b[1] >> 4];
        out[n++] = len - i > 1 ? letters[(b[1] & 15) << 2 | b[2] >> 6] : '=';
        out[n++] = len - i > 2 ? letters[b[2] & 63] : '=';
    }
    return out;
}

static bool list_secrets(struct api *api, struct fault *fault)
{
    char *login = NULL;
    if (asprintf(&login, "%s:%s", api->credentials->email, api->credentials->key) < 0)
        return fault_memory(fault);
    api->secret[0] = strdup(api->credentials->key);
    api->secret[1] = encode_base64(login);
    api->secret[2] = api->secret[1] ? url_encode(arena_ambient(), api->secret[1]) : NULL;
    explicit_bzero(login, strlen(login));
    free(login);
    return (api->secret[0] && api->secret[1] && api->secret[2]) || fault_memory(fault);
}

/* A server, or a proxy in between, may echo what it was sent: it goes no further. */
static void hide_secrets(const struct api *api, struct json *answer, char *text)
{
    for (int i = 0; i < SECRETS; i++) {
        json_hide(answer, api->secret[i]);
        text_hide(text, api->secret[i]);
    }
}

struct api *api_open(const struct credentials *credentials, const struct http_options *options,
                     struct fault *fault)
{
    struct http_options own = *options;
    own.ca_file = credentials->cert_bundle;
    struct api *api = calloc(1, sizeof *api);
    if (!api) {
        fault_memory(fault);
        return NULL;
    }
    api->credentials = credentials;
    if (list_secrets(api, fault) && (api->http = http_open(&own, fault)))
        return api;
    api_close(api);
    return NULL;
}

void api_close(struct api *api)
{
    if (!api)
        return;
    http_close(api->http);
    for (int i = 0; i < SECRETS; i++) {
        if (api->secret[i])
            explicit_bzero(api->secret[i], strlen(api->secret[i]));
        free(api->secret[i]);
    }
    free(api);
}

void api_rest(struct api *api)
{
    http_rest(api->http);
}

struct api_call api_call(const char *method, const char *path, const char *purpose)
{
    return (struct api_call){
        .method = method, .path = path, .purpose = purpose, .form = BUF_INIT(FORM_MAX_BYTES)};
}

void api_add(struct api_call *call, const char *name, const char *value)
{
    char *encoded = value ? url_encode(arena_ambient(), value) : NULL;
    if (encoded)
        buf_addf(&call->form, "%s%s=%s", call->form.len ? "&" : "", name, encoded);
    else
        call->form.failed = true;
    free(encoded);
}

void api_add_integer(struct api_call *call, const char *name, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    api_add(call, name, digits);
}

/* Puts what a server said into quotes, printable. */
static const char *quote(char *out, size_t size, const char *s)
{
    char shown[300];
    text_printable(shown, sizeof shown, s ? s : "", s ? strlen(s) : 0);
    snprintf(out, size, "'%s'", shown);
    return out;
}

__attribute__((format(printf, 4, 5))) static bool refuse(struct fault *fault, enum fault_kind kind,
                                                         const struct api_call *call,
                                                         const char *format, ...)
{
    char why[900];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return fault_set(fault, kind, "cannot %s: %s", call->purpose, why);
}

static bool refuse_rate(struct fault *fault, const struct api_call *call,
                        const struct http_response *response, const struct json *answer)
{
    double seconds = response->retry_after_s;
    json_number(answer, "retry-after", &seconds);
    if (!(seconds >= 0))
        seconds = 60;
    seconds = seconds > RATE_WAIT_MAX_S ? RATE_WAIT_MAX_S : seconds;
    refuse(fault, FAULT_RETRY, call, "Zulip limits the bot's rate, try again in %.0f s",
           seconds + 0.5);
    fault->retry_after_s = (int)seconds + 1;
    return false;
}

static bool is_login_code(const char *code)
{
    static const char *const codes[] = {"UNAUTHORIZED", "INVALID_API_KEY", "USER_DEACTIVATED",
                                        "REALM_DEACTIVATED"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

/* What an answer says of its request. */
static enum api_outcome judge(int status, const struct json *answer)
{
    const char *result = json_string(answer, "result");
    if (status == 200 && result && strcmp(result, "success") == 0)
        return API_DONE;
    return status >= 400 && status < 500 && status != 408 && status != 429 && result &&
                   strcmp(result, "error") == 0
               ? API_REFUSED
               : API_DOUBT;
}

/* Zulip refuses; what it says. */
static bool explain_refusal(struct fault *fault, const struct api_call *call, int status,
                            const char *code, const char *said)
{
    if (status == 401 || is_login_code(code))
        return refuse(fault, FAULT_LOGIN, call,
                      "Zulip refuses the bot's login, %s: a wrong or renewed key, a deactivated "
                      "bot or organization, or an incoming-webhook bot (a generic one is needed); "
                      "download its zuliprc again",
                      said);
    const char *hint = strcmp(code, "STREAM_DOES_NOT_EXIST") == 0
                           ? "misspelt, renamed or archived, or private without the bot"
                           : call->hint;
    return refuse(fault, FAULT_REFUSED, call, "Zulip says %s%s%s", said, hint ? ": " : "",
                  hint ? hint : "");
}

/* Turns an answer that is not a success into a fault. */
static bool explain(struct fault *fault, const struct api *api, const struct api_call *call,
                    enum api_outcome outcome, const struct http_response *response,
                    const struct json *answer)
{
    char said[320], site[320];
    int status = response->status;
    const char *code = json_string(answer, "code");
    bool zulips = json_string(answer, "result");
    quote(said, sizeof said, json_string(answer, "msg"));
    quote(site, sizeof site, api->credentials->site);
    if (outcome == API_REFUSED)
        return explain_refusal(fault, call, status, code ? code : "", said);
    if (status == 429)
        return refuse_rate(fault, call, response, answer);
    if (status >= 500 || status == 408 || status == 425)
        return refuse(fault, FAULT_RETRY, call, "%s answers %d%s%s: it is restarting or unwell",
                      site, status, zulips ? " " : "", zulips ? said : "");
    if (status < 300 && zulips)
        return refuse(fault, FAULT_INPUT, call, "Zulip says %s", said);
    if (status < 300)
        return refuse(fault, FAULT_INPUT, call,
                      "%s answers %d with something that is not Zulip's JSON: is it a proxy or "
                      "login page in between? let the bot past it",
                      site, status);
    if (status < 400)
        return refuse(fault, FAULT_SETUP, call,
                      "%s redirects (%d): put the server's own address into 'site'", site, status);
    return refuse(fault, FAULT_SETUP, call,
                  "%s answers %d without Zulip's JSON: let the bot past the proxy or login page in "
                  "between, or put a Zulip server's address into 'site'",
                  site, status);
}

/* The request, with its URL built. A call with a time of its own may be silent for all of it. */
static bool send_call(struct api *api, const struct api_call *call, const char *url,
                      struct http_response *response, struct fault *fault)
{
    bool get = strcmp(call->method, "GET") == 0;
    struct http_request request = {.method = call->method,
                                   .url = url,
                                   .user = api->credentials->email,
                                   .password = api->credentials->key,
                                   .form = get ? NULL : buf_str(&call->form),
                                   .max_bytes = ANSWER_MAX_BYTES,
                                   .timeout_s = call->timeout_s,
                                   .stall_s = call->timeout_s > 0 ? call->timeout_s + 1 : 0,
                                   .fresh = call->fresh};
    return http_perform(api->http, &request, response, fault) ||
           fault_prefix(fault, "cannot %s", call->purpose);
}

bool api_perform(struct api *api, struct api_call *call, struct json **answer,
                 struct api_failure *failure, struct fault *fault)
{
    struct http_response response = {0};
    struct api_failure more = {.outcome = API_UNSENT};
    struct buf url = BUF_INIT(FORM_MAX_BYTES);
    *answer = NULL;
    buf_addf(&url, "%s/api/v1/%s", api->credentials->site, call->path);
    if (strcmp(call->method, "GET") == 0 && call->form.len)
        buf_addf(&url, "?%s", buf_str(&call->form));
    if (url.failed || call->form.failed) {
        fault_memory(fault);
        goto out;
    }
    if (!send_call(api, call, buf_str(&url), &response, fault)) {
        more.timed_out = response.timed_out;
        more.outcome = response.sent ? API_DOUBT : API_UNSENT;
        more.too_large = response.body.full;
        goto out;
    }
    *answer = json_parse(buf_str(&response.body), response.body.len);
    int error = *answer ? 0 : errno;
    hide_secrets(api, *answer, fault->msg);
    more.outcome = judge(response.status, *answer);
    if (more.outcome != API_DONE) {
        const char *code = json_string(*answer, "code");
        snprintf(more.code, sizeof more.code, "%s", code ? code : "");
        more.too_large = error == EFBIG;
        if (error == ENOMEM)
            refuse(fault, FAULT_LOCAL, call, "out of memory");
        else if (error == EFBIG)
            refuse(fault, FAULT_INPUT, call, "the answer has more than %d values", JSON_VALUES_MAX);
        else
            explain(fault, api, call, more.outcome, &response, *answer);
        json_free(*answer);
        *answer = NULL;
    }
out:
    hide_secrets(api, NULL, fault->msg);
    if (failure)
        *failure = more;
    http_response_finish(&response);
    buf_finish(&url);
    buf_finish(&call->form);
    return more.outcome == API_DONE;
}

bool api_wrong_shape(struct fault *fault, const struct api_call *call, const char *missing)
{
    return refuse(fault, FAULT_INPUT, call, "the answer has no '%s'", missing);
}
