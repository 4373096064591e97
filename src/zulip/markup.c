/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Foreign text made safe in Zulip's Markdown dialect. */
#include "zulip/markup.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Syntax inside the brackets of a link, and "@". */
static const char link_specials[] = "&*`[]$<@";
/* Syntax anywhere else: all ASCII punctuation but % and ?. */
static const char prose_specials[] = "!\"#$&'()*+,-./:;<=>@[\\]^_`{|}~";

static void add_reference(struct buf *out, char c)
{
    buf_addf(out, "&#%d;", c);
}

static bool is_letter_or_digit(char c)
{
    return isascii(c) && isalnum((unsigned char)c);
}

/* One run of plain characters, `len` bytes of `s`. `before_code`: a code span follows. */
static void add_plain(struct buf *out, const char *s, size_t len, const char *specials,
                      bool before_code)
{
    for (size_t i = 0; i < len; i++) {
        char c = s[i];
        bool inner = (c == '_' || c == '-') && i > 0 && i + 1 < len &&
                     is_letter_or_digit(s[i - 1]) && is_letter_or_digit(s[i + 1]);
        /* Before white space they end nothing and begin nothing. */
        bool pause = (c == ',' || c == '.') && i > 0 && i + 1 < len && s[i + 1] == ' ' &&
                     isalpha((unsigned char)s[i - 1]);
        bool before_tick = c == '\\' && before_code && i + 1 == len;
        if (before_tick || (strchr(specials, c) && !inner && !pause))
            add_reference(out, c);
        else
            buf_addc(out, c);
    }
}

/* One code span with a fence longer than any run of backticks inside. */
static void add_code(struct buf *out, const char *s, size_t len)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < len; i++) {
        run = s[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    for (size_t i = 0; i <= longest; i++)
        buf_addc(out, '`');
    if (s[0] == '`')
        buf_addc(out, ' ');
    buf_add(out, s, len);
    if (s[len - 1] == '`')
        buf_addc(out, ' ');
    for (size_t i = 0; i <= longest; i++)
        buf_addc(out, '`');
}

/* The text on one line, without characters that may not be in a message; code marks stay. */
static char *clean(struct arena *arena, const char *text)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    const char *end = text + strlen(text);
    bool code = false;
    while (text < end) {
        const char *start = text;
        uint32_t c = unicode_next(&text, end);
        if (c == TEXT_CODE_BEGIN || c == TEXT_CODE_END) {
            /* Nested marks are dropped: they would become code spans that touch. */
            if ((c == TEXT_CODE_BEGIN) != code)
                buf_addc(&out, (char)c);
            code = c == TEXT_CODE_BEGIN;
        } else if (unicode_is_unprintable(c)) {
            text_add_folded(&out, " ", 1);
        } else if (!unicode_is_bidi(c)) {
            text_add_valid(&out, start, (size_t)(text - start));
        }
    }
    text_trim(&out);
    return buf_str(&out);
}

static bool is_blank(const char *s, size_t len)
{
    return strspn(s, " ") >= len;
}

/* Runs of plain text and code in turn. Between two code spans of a link the server reads all
 * syntax, so the text after the first of several is written as prose. */
static void add_text(struct buf *out, const char *text, const char *specials)
{
    static const char marks[] = {TEXT_CODE_BEGIN, TEXT_CODE_END, '\0'};
    const char *s = clean(out->arena, text), *first = strchr(s, TEXT_CODE_BEGIN);
    bool code = false, several = first && strchr(first + 1, TEXT_CODE_BEGIN);
    while (*s) {
        size_t len = strcspn(s, marks);
        if (len && code && !is_blank(s, len))
            add_code(out, s, len);
        else if (len)
            add_plain(out, s, len, several && s > first ? prose_specials : specials,
                      s[len] == TEXT_CODE_BEGIN);
        s += len;
        if (*s)
            code = *s++ == TEXT_CODE_BEGIN;
    }
}

void markup_prose(struct buf *out, const char *text)
{
    add_text(out, text, prose_specials);
}

void markup_code(struct buf *out, const char *text)
{
    const char *plain = text_plain(out->arena, clean(out->arena, text));
    if (*plain)
        add_code(out, plain, strlen(plain));
}

/* The length of the one of `endings` that the `len` bytes end with, case ignored if `fold`; 0:
 * none.
 */
static size_t find_ending(const char *s, size_t len, const char *const *endings, bool fold)
{
    for (; *endings; endings++) {
        size_t n = strlen(*endings);
        if (len >= n && (fold ? strncasecmp : strncmp)(s + len - n, *endings, n) == 0)
            return n;
    }
    return 0;
}

static bool is_picture(const char *path, size_t len)
{
    static const char *const endings[] = {".bmp", ".gif", ".jpe",  ".jpeg",
                                          ".jpg", ".png", ".webp", NULL};
    return find_ending(path, len, endings, true);
}

/* Whether the server takes an address with this ending for a video. It guesses as Python does,
 * which knows these compressions in this case only. */
static bool is_video(const char *s, size_t len)
{
    static const char *const compressions[] = {".gz", ".Z", ".bz2", ".xz", ".br", NULL};
    static const char *const endings[] = {".mp4", ".mp4v", ".mpg4", ".m4v", ".webm", NULL};
    len -= find_ending(s, len, compressions, false);
    return find_ending(s, len, endings, true);
}

static bool is_below(const char *url, const char *domain)
{
    size_t len, n = strlen(domain);
    const char *host = url_host(url, &len), *port = memchr(host, ':', len);
    len = port ? (size_t)(port - host) : len;
    return len >= n && strncasecmp(host + len - n, domain, n) == 0 &&
           (len == n || host[len - n - 1] == '.');
}

/* Whether the server previews this page whatever its address ends with. */
static bool is_shown_place(const char *url, const char *path)
{
    return is_below(url, "youtube.com") || is_below(url, "youtube-nocookie.com") ||
           is_below(url, "youtu.be") ||
           (is_below(url, "dropbox.com") &&
            (strncmp(path, "/s/", 3) == 0 || strncmp(path, "/sh/", 4) == 0 ||
             strncmp(path, "/sc/", 4) == 0 || strncmp(path, "/photos/", 8) == 0));
}

void markup_url(struct buf *out, const char *url)
{
    size_t len;
    const char *path = url_path(url, &len);
    size_t rest = strlen(path);
    /* These letters are written as %XX to prevent a preview: the first of the path of such a page,
     * and the last of the path and of the whole URL. */
    const char *place = NULL, *path_end = NULL, *end = NULL;
    if (is_shown_place(url, path))
        for (place = path; *place && !is_letter_or_digit(*place);)
            place += *place == '%' && place[1] && place[2] ? 3 : 1;
    if (is_picture(path, len) || is_video(path, len))
        path_end = path + len - 1;
    if (is_video(path, rest))
        end = path + rest - 1;
    for (; *url; url++) {
        unsigned char c = (unsigned char)*url;
        bool kept = url != place && url != path_end && url != end;
        if (kept && (is_letter_or_digit(*url) || strchr("-._~/:?#&=%+,@!", c)))
            buf_addc(out, *url);
        else
            buf_addf(out, "%%%02X", c);
    }
}

static void add_target(struct buf *out, const char *url)
{
    buf_adds(out, "](");
    markup_url(out, url);
    buf_addc(out, ')');
}

bool markup_is_linkable(const char *url)
{
    return url && url_is_web(url);
}

void markup_link(struct buf *out, const char *text, const char *url)
{
    if (!markup_is_linkable(url)) {
        markup_prose(out, text);
        return;
    }
    buf_addc(out, '[');
    add_text(out, text, link_specials);
    add_target(out, url);
}

void markup_code_link(struct buf *out, const char *text, const char *url)
{
    if (!markup_is_linkable(url)) {
        markup_code(out, text);
        return;
    }
    buf_addc(out, '[');
    markup_code(out, text);
    add_target(out, url);
}

void markup_bold_link(struct buf *out, const char *text, const char *url)
{
    buf_adds(out, "**");
    markup_link(out, text, url);
    buf_adds(out, "**");
}

char *markup_topic(struct arena *arena, const char *text, size_t max)
{
    return text_cut(arena, text_plain(arena, clean(arena, text)), max, false);
}
