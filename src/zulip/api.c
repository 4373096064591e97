/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One request to the Zulip API: its parameters, its answer, and what a failure means. */
#include "zulip/api.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/text.h"
#include "base/url.h"
#include "io/http.h"
#include "io/json.h"
#include "io/zuliprc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Largest answer: 100 messages of the greatest length, all in four-byte letters. */
#define ANSWER_MAX_BYTES (8 * 1024 * 1024)
#define FORM_MAX_BYTES   (1024 * 1024)
/* Longest wait for a rate limit; Zulip's own windows are at most an hour. */
#define RATE_WAIT_MAX_S 3600

/* The forms in which an answer might show the key: as it is, in base64, and that percent-encoded.
 */
#define SECRETS 3

struct api {
    const struct credentials *credentials;
    struct http *http;
    char *secret[SECRETS];
    struct arena *scratch; /* for the current call */
    struct json *answer;   /* of the last call */
};

/* In base64, as Basic authentication has it. */
static char *encode_base64(struct arena *arena, const char *s)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(s), n = 0;
    char *out = arena_zero(arena, (len + 2) / 3 * 4 + 1, 1);
    for (size_t i = 0; i < len; i += 3) {
        unsigned char b[3] = {0};
        memcpy(b, s + i, len - i < 3 ? len - i : 3);
        out[n++] = letters[b[0] >> 2];
        out[n++] = letters[(b[0] & 3) << 4 | b[1] >> 4];
        out[n++] = len - i > 1 ? letters[(b[1] & 15) << 2 | b[2] >> 6] : '=';
        out[n++] = len - i > 2 ? letters[b[2] & 63] : '=';
    }
    return out;
}

struct api *api_open(struct arena *arena, struct http *http, const struct credentials *credentials)
{
    struct api *api = arena_zero(arena, 1, sizeof *api);
    char *login = arena_format(arena, "%s:%s", credentials->email, credentials->key);
    api->credentials = credentials;
    api->http = http;
    api->secret[0] = arena_copy(arena, credentials->key);
    api->secret[1] = encode_base64(arena, login);
    api->secret[2] = url_encode(arena, api->secret[1]);
    api->scratch = arena_new();
    explicit_bzero(login, strlen(login));
    return api;
}

void api_close(struct api *api)
{
    if (!api)
        return;
    json_free(api->answer);
    arena_free(api->scratch);
    for (int i = 0; i < SECRETS; i++)
        explicit_bzero(api->secret[i], strlen(api->secret[i]));
}

void api_rest(struct api *api)
{
    json_free(api->answer);
    api->answer = NULL;
}

struct api_call api_call(struct api *api, const char *method, const char *path, const char *purpose)
{
    return (struct api_call){.method = method,
                             .path = path,
                             .purpose = purpose,
                             .form = BUF_INIT(api->scratch, FORM_MAX_BYTES)};
}

void api_add(struct api_call *call, const char *name, const char *value)
{
    struct buf *form = &call->form;
    buf_addf(form, "%s%s=%s", form->len ? "&" : "", name, url_encode(form->arena, value));
}

void api_add_integer(struct api_call *call, const char *name, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    api_add(call, name, digits);
}

void api_add_json(struct api_call *call, const char *name, struct json *value)
{
    api_add(call, name, json_print(call->form.arena, value, false));
    json_free(value);
}

/* Quotes what a server said, in printable form. */
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
    for (size_t i = 0; i < COUNT(codes); i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

/* What an answer says about its request. */
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
                    const struct api_failure *failure, const struct http_response *response)
{
    char said[320], site[320];
    int status = response->status;
    const struct json *answer = api->answer;
    bool zulips = json_string(answer, "result");
    quote(said, sizeof said, json_string(answer, "msg"));
    quote(site, sizeof site, api->credentials->site);
    if (failure->too_large)
        return refuse(fault, FAULT_INPUT, call, "the answer has more than %d values",
                      JSON_VALUES_MAX);
    if (failure->outcome == API_REFUSED)
        return explain_refusal(fault, call, status, failure->code, said);
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

/* A call with a timeout of its own may be silent for that long. */
static bool send_call(struct api *api, const struct api_call *call, struct http_response *response,
                      struct fault *fault)
{
    bool get = strcmp(call->method, "GET") == 0;
    const char *form = buf_str(&call->form);
    struct http_request request = {.method = call->method,
                                   .url = arena_format(api->scratch, "%s/api/v1/%s%s%s",
                                                       api->credentials->site, call->path,
                                                       get && *form ? "?" : "", get ? form : ""),
                                   .ca_file = api->credentials->cert_bundle,
                                   .user = api->credentials->email,
                                   .password = api->credentials->key,
                                   .form = get ? NULL : form,
                                   .max_bytes = ANSWER_MAX_BYTES,
                                   .timeout_s = call->timeout_s,
                                   .stall_s = call->timeout_s > 0 ? call->timeout_s + 1 : 0,
                                   .fresh = call->fresh};
    if (call->form.full)
        return refuse(fault, FAULT_LOCAL, call, "it is more than %d bytes", FORM_MAX_BYTES);
    return http_perform(api->scratch, api->http, &request, response, fault) ||
           fault_prefix(fault, "cannot %s", call->purpose);
}

const struct json *api_perform(struct api *api, const struct api_call *call,
                               struct api_failure *failure, struct fault *fault)
{
    struct http_response response = {0};
    struct api_failure more = {.outcome = API_UNSENT};
    json_free(api->answer);
    api->answer = NULL;
    if (send_call(api, call, &response, fault)) {
        bool too_many;
        api->answer = json_parse(buf_str(&response.body), response.body.len, &too_many);
        /* A server, or a proxy in between, may echo the key. */
        for (int i = 0; i < SECRETS; i++)
            json_hide(api->answer, api->secret[i]);
        more.outcome = judge(response.status, api->answer);
        more.too_large = too_many;
        if (more.outcome != API_DONE) {
            const char *code = json_string(api->answer, "code");
            snprintf(more.code, sizeof more.code, "%s", code ? code : "");
            explain(fault, api, call, &more, &response);
        }
    } else {
        more.outcome = response.sent ? API_DOUBT : API_UNSENT;
        more.timed_out = response.timed_out;
        more.too_large = response.body.full;
    }
    for (int i = 0; i < SECRETS; i++)
        text_hide(fault->msg, api->secret[i]);
    arena_reset(api->scratch);
    if (failure)
        *failure = more;
    return more.outcome == API_DONE ? api->answer : NULL;
}

bool api_wrong_shape(struct fault *fault, const struct api_call *call, const char *missing)
{
    return refuse(fault, FAULT_INPUT, call, "the answer has no '%s'", missing);
}
