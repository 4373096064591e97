/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes the bot's credentials: what is read is on one line each; what is refused is refused in
 * words of our own alone, so that no part of a key can show. */
#include "io/zuliprc.h"

#include "property.h"

#define NAME "zuliprc"

static bool is_own(const char *msg)
{
    static const char *const words[] = {
        "not a text file",
        "not a zuliprc: the section '[api]' is missing",
        "not 'name = value'",
        "'email' is given twice",
        "'key' is given twice",
        "'site' is given twice",
        "'cert_bundle' is given twice",
        "'insecure' is refused: put the server's CA into 'cert_bundle'",
        "client certificates are not supported",
    };
    require(strncmp(msg, NAME ":", sizeof NAME) == 0);
    msg += sizeof NAME;
    msg += strspn(msg, "0123456789");
    msg += strspn(msg, ": ");
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(msg, words[i]) == 0)
            return true;
    return false;
}

static void require_line(const char *s)
{
    require(!s || !strchr(s, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct credentials c = {0};
    struct fault fault = {0};
    bool read = credentials_parse(arena, (const char *)data, size, NAME, &c, &fault);
    require_told(read, &fault, FAULT_SETUP);
    require(read || is_own(fault.msg));
    require_line(c.email);
    require_line(c.key);
    require_line(c.site);
    require_line(c.cert_bundle);
    arena_free(arena);
    return 0;
}
