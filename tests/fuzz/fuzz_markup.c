/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes what makes foreign text safe: read as the server does, it shows the same text, and nothing
 * in it acts. Of the input the first line is a link's target, the rest the text. */
#include "zulip/markup.h"

#include "base/text.h"
#include "property.h"

#include <ctype.h>

#define PROSE "!\"#$&'()*+,-./:;<=>@[\\]^_`{|}~"
#define LINK  "&*`[]$<@"

/* Reads a decimal reference of an ASCII character. */
static const char *read_reference(const char *s, struct buf *shown)
{
    char *stop;
    unsigned long c = strtoul(s + 2, &stop, 10);
    require(*stop == ';' && c > 32 && c < 127);
    buf_addc(shown, (char)c);
    return stop + 1;
}

/* Adds the text that the server shows. Outside code none of `specials` may stand, but "_" and "-"
 * inside a word, and commas and full stops before a space, which do nothing there; between two code
 * spans none of PROSE may. White space and its runs are left out: code that begins or ends with a
 * backtick gets some. */
static void add_shown(struct buf *shown, const char *s, size_t len, const char *specials)
{
    const char *end = s + len, *inert = specials;
    for (const char *p = s; p < end;) {
        size_t run = strspn(p, "`");
        if (run) {
            const char *inside = p + run, *close = inside;
            require(p == s || p[-1] != '\\');
            while (close < end && strspn(close, "`") != run)
                close += *close == '`' ? strspn(close, "`") : 1;
            require(close < end && close > inside);
            buf_add(shown, inside, (size_t)(close - inside));
            p = close + run;
            inert = memchr(p, '`', (size_t)(end - p)) ? PROSE : specials;
        } else if (p[0] == '&') {
            require(p[1] == '#');
            p = read_reference(p, shown);
        } else {
            bool inner = (*p == '_' || *p == '-') && p > s && p + 1 < end &&
                         isalnum(p[-1] & 0xFF) && isalnum(p[1] & 0xFF);
            bool pause = (*p == ',' || *p == '.') && p > s && p + 1 < end &&
                         isalpha(p[-1] & 0xFF) && p[1] == ' ';
            require(inner || pause || !strchr(inert, *p));
            buf_addc(shown, *p++);
        }
    }
}

static void require_same(const struct buf *shown, const char *text)
{
    const char *a = buf_str(shown), *end = text + strlen(text);
    require_valid(a);
    while (text < end) {
        const char *start = text;
        uint32_t c = unicode_next(&text, end);
        if (c == TEXT_CODE_BEGIN || c == TEXT_CODE_END || unicode_is_unprintable(c) ||
            unicode_is_bidi(c))
            continue;
        a += strspn(a, " ");
        require(strncmp(a, start, (size_t)(text - start)) == 0);
        a += text - start;
    }
    require(a[strspn(a, " ")] == '\0');
}

/* A target stays inside its parentheses, and mentions nobody. */
static void require_target(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        require(isalnum(s[i] & 0xFF) || strchr("-._~/:?#&=%+,@!", s[i]));
}

static void require_link(struct arena *arena, const char *text, const char *url)
{
    struct buf out = BUF_INIT(arena, 16 * TEXT_MAX), shown = BUF_INIT(arena, TEXT_MAX);
    markup_link(&out, text, url);
    require(!out.full);
    const char *s = buf_str(&out);
    if (markup_is_linkable(url)) {
        const char *target = strrchr(s, '(') + 1;
        require(*s == '[' && target[-2] == ']' && s[out.len - 1] == ')');
        require_target(target, out.len - 1 - (size_t)(target - s));
        add_shown(&shown, s + 1, (size_t)(target - s) - 3, LINK);
    } else {
        add_shown(&shown, s, out.len, PROSE);
    }
    require_same(&shown, text);
    require_no_mention(s);
}

static void require_code(struct arena *arena, const char *text)
{
    struct buf out = BUF_INIT(arena, 16 * TEXT_MAX), shown = BUF_INIT(arena, TEXT_MAX);
    markup_code(&out, text);
    require(!out.full);
    add_shown(&shown, buf_str(&out), out.len, PROSE);
    require_same(&shown, text);
}

static void require_topic(struct arena *arena, const char *text)
{
    char *topic = markup_topic(arena, text, 60);
    require_text(topic, false);
    require(text_length(topic) <= 60);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct buf valid = BUF_INIT(arena, 4 * TEXT_MAX), text = BUF_INIT(arena, TEXT_MAX);
    text_add_valid(&valid, (const char *)data, size);
    char *url = arena_copy(arena, buf_str(&valid));
    char *rest = strchr(url, '\n');
    if (rest)
        *rest++ = '\0';
    text_add_folded(&text, rest ? rest : url, strlen(rest ? rest : url));
    text_trim(&text);
    require_link(arena, buf_str(&text), url);
    require_link(arena, buf_str(&text), "https://example.org/");
    require_link(arena, buf_str(&text), NULL);
    require_code(arena, buf_str(&text));
    require_topic(arena, buf_str(&text));
    arena_free(arena);
    return 0;
}
