/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What markup would cost a parser, before one sees it. */
#include "tags.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Whether a tag may begin with it. */
static bool is_name_start(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':' || (unsigned char)c >= 0x80;
}

static int greater(int a, int b)
{
    return a > b ? a : b;
}

size_t tags_count_nodes(const char *s, size_t len)
{
    /* The words of the tag with most of them that is read here: outside of quotes, behind "=",
     * inside of quotes. No tag is read: -1. */
    int tag = -1, value = -1, twice = -1, once = -1;
    size_t nodes = 0;
    char before = '\0';
    for (const char *end = s + len; s < end; before = *s++) {
        if (tag < 0 && value < 0 && twice < 0 && once < 0 && before != '<' &&
            !(s = memchr(s, '<', (size_t)(end - s))))
            break;
        bool blank = *s && strchr(" \t\r\n\f", *s);
        if (before == '<' && is_name_start(*s))
            tag = greater(tag, 0);
        if (*s == '"') {
            tag = greater(tag, twice);
            twice = value;
        } else if (*s == '\'') {
            tag = greater(tag, once);
            once = value;
        } else if (*s == '>') {
            tag = -1;
        } else if (tag >= 0 && *s != '=' && *s != '/' && !blank && before &&
                   /* White space need not stand between attributes: these part them, too. */
                   strchr(" \t\r\n\f\"'/=<", before)) {
            tag++;
            nodes++;
        }
        /* A comment costs as much as a tag with its name. */
        if (before == '<')
            nodes += *s == '!' || *s == '?' ? 2 : *s != '/';
        value = *s == '=' ? tag : blank ? value : -1;
        if (tag > TAGS_WORDS_MAX)
            return SIZE_MAX;
    }
    return nodes;
}
