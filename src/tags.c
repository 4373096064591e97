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

static bool starts_with(const char *s, const char *end, const char *start)
{
    size_t len = strlen(start);
    return (size_t)(end - s) >= len && memcmp(s, start, len) == 0;
}

/* After the next `stop` from `s` on; NULL: there is none. */
static const char *skip_to(const char *s, const char *end, const char *stop)
{
    s = memmem(s, (size_t)(end - s), stop, strlen(stop));
    return s ? s + strlen(stop) : NULL;
}

/* After the tag that begins at `s`, its attributes counted; NULL: it has no end. */
static const char *skip_tag(const char *s, const char *end, size_t *nodes)
{
    for (; s && s < end && *s != '>'; s++) {
        *nodes += *s == '=';
        if ((*s == '"' || *s == '\'') && !(s = memchr(s + 1, *s, (size_t)(end - s - 1))))
            break;
    }
    return s;
}

size_t tags_count_xml(const char *s, size_t len)
{
    size_t nodes = 0;
    const char *end = s + len;
    while (s && (s = memchr(s, '<', (size_t)(end - s)))) {
        bool tag = s + 1 < end && s[1] != '!' && s[1] != '?';
        nodes += tag ? 1 : 2;
        if (starts_with(s, end, "<!--"))
            s = skip_to(s + 4, end, "-->");
        else if (starts_with(s, end, "<![CDATA["))
            s = skip_to(s, end, "]]>");
        else if (starts_with(s, end, "<?"))
            s = skip_to(s, end, "?>");
        else
            s = skip_tag(s, end, &nodes);
    }
    return nodes;
}
