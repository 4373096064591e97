/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes what strangers write: the grammar of requests, and what of a message is one. The first
 * line is the bot's name, the rest the message. */
#include "ask/command.h"
#include "ask/mention.h"

#include "ask/words.h"
#include "property.h"

static void read_request(const char *text, size_t len)
{
    struct command command;
    command_read(text, len, &command);
    size_t words = strnlen(command.words, sizeof command.words);
    require(words <= WORDS_MAX);
    require_valid(command.words);
    bool timed = command.kind == COMMAND_SHOW || command.kind == COMMAND_SINCE;
    require(timed == (command.when != WHEN_NONE));
    require((command.when == WHEN_MONTH) == (command.month > 0));
    require((command.when == WHEN_NAMED) == (command.named >= 1 && command.named <= 12));
    require(command.year == 0 || (command.year >= 2000 && command.year <= 2099));
    require(command.kind != COMMAND_WORDS || *command.words);
    require((command.kind == COMMAND_WORDS) == (command.name_len > 0));
    require(command.name_len <= words);
    require(command.kind != COMMAND_SEARCH || *command.words);
    require(command.kind != COMMAND_HISTORY || *command.words);
    words_nearest(command.words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    read_request(text, size);
    struct arena *arena = arena_new();
    char *copy = arena_copy_n(arena, text, size), *request;
    char *content = strchr(copy, '\n');
    if (content)
        *content++ = '\0';
    struct mention_bot bot = {.name = content ? copy : "TMRO Bot", .id = 42};
    for (int direct = 0; direct < 2; direct++) {
        request = mention_request(arena, content ? content : copy, &bot, direct);
        require(request || !direct);
        if (request) {
            require(!strchr(request, '\n') && strlen(request) <= size);
            read_request(request, strlen(request));
        }
    }
    arena_free(arena);
    return 0;
}
