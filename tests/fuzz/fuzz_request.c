/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes what strangers write: what of a message is a request, how it is read, and what is answered
 * to it from an archive of the fixtures' pages. The first line is the bot's name, the rest the
 * message. */
#include "ask/request.h"

#include "archived.h"
#include "ask/answer.h"
#include "ask/mention.h"
#include "io/config.h"
#include "say/reply.h"

#include <limits.h>

/* In the year of the fixtures, after their last issue. */
#define TODAY (2031 * 12 + 9)
#define NOW   1950260000.0

/* Longer requests are only read, since there are many more of them. */
#define ANSWERED_MAX 80

/* All of these are words of the request as it was typed. */
static void require_words(const char *words, const char *typed)
{
    struct arena *arena = arena_new();
    require_valid(words);
    require(strlen(words) <= strlen(typed) && !strchr(words, '\n'));
    for (const char *s = words + strspn(words, " "); *s; s += strspn(s, " ")) {
        size_t len = strcspn(s, " ");
        require(strstr(typed, arena_copy_n(arena, s, len)));
        s += len;
    }
    arena_free(arena);
}

static void require_request(struct arena *arena, const char *text, size_t len,
                            const struct facts_issues *issues)
{
    struct calendar calendar = {.today = TODAY, .issues = issues};
    struct request request;
    request_read(arena, text, len, &calendar, &request);
    require_valid(request.typed);
    require(strlen(request.typed) <= REQUEST_MAX && !strchr(request.typed, '\n'));
    if (request.kind != REQUEST_LINK)
        require_words(request.subject, request.typed);
    require_words(request.bare, request.typed);
    require(request.timed || (!request.month && !request.weekly));
    require(!request.month || request.span.first == request.span.last);
    require(request.kind != REQUEST_SEARCH || *request.subject);
    require(request.kind != REQUEST_LINK || *request.subject);
    require((request.kind != REQUEST_SILENT) == answer_is_awaited(text, len));
}

/* Nothing on a terminal but letters, line ends, and our own controls where they are wanted. */
static void require_terminal(const char *text, bool rich)
{
    for (const unsigned char *s = (const unsigned char *)text; *s; s++)
        require((*s >= ' ' && *s != 0x7F) || *s == '\n' || (rich && *s == '\033'));
}

static void require_answer(struct arena *arena, struct database *db, const char *text, size_t len)
{
    static const size_t limits[] = {10000, 800, 120, 1};
    struct config config = {0};
    struct fault fault = {0};
    struct reply *reply;
    bool found;
    require(config_parse(arena, "", 0, "fuzz", &config, &fault));
    struct answerer answerer = {.arena = arena, .db = db, .config = &config, .now = NOW};
    require(answer_request(&answerer, text, len, &reply, &found, &fault));
    for (size_t i = 0; i < COUNT(limits); i++) {
        char *message = reply_markdown(reply, limits[i]);
        require(*message && text_length(message) <= limits[i]);
        require_valid(message);
        require_no_mention(message);
    }
    for (int rich = 0; rich < 2; rich++)
        require_terminal(reply_terminal(reply, rich), rich);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct database *db;
    db = db ? db : open_archive();
    struct arena *arena = arena_new();
    struct facts_issues issues = {0}, none = {0};
    struct fault fault = {0};
    require(facts_issues(arena, db, (struct span){0, INT_MAX}, &issues, &fault));
    const char *text = (const char *)data;
    require_request(arena, text, size, &issues);
    require_request(arena, text, size, &none);
    if (size <= ANSWERED_MAX)
        require_answer(arena, db, text, size);
    char *copy = arena_copy_n(arena, text, size);
    char *content = strchr(copy, '\n');
    if (content)
        *content++ = '\0';
    struct mention_bot bot = {.name = content ? copy : "TMRO Bot", .id = 42};
    for (int direct = 0; direct < 2; direct++) {
        char *request = mention_request(arena, content ? content : copy, &bot, direct);
        require(request || !direct);
        if (request) {
            require(!strchr(request, '\n') && strlen(request) <= size);
            require_request(arena, request, strlen(request), &issues);
        }
    }
    arena_free(arena);
    return 0;
}
