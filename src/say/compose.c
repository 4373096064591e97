/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What all answers share: the search for a length that fits, common phrases. */
#include "say/compose.h"

#include "base/buf.h"
#include "base/text.h"
#include "news/month.h"
#include "say/digest.h"
#include "zulip/markup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a code point. */
#define UTF8_MAX 4

static const char too_long[] = "The answer is too long for a message here; please ask for less.";

/* Writes one level. False: it is over the limit. */
static bool try_level(const struct asked *asked, struct buf *out, size_t level,
                      void (*write)(struct buf *out, size_t level, const void *context),
                      const void *context)
{
    buf_reset(out);
    if (asked->opening)
        buf_addf(out, "%s\n", asked->opening);
    write(out, level, context);
    while (out->len && out->ptr[out->len - 1] == '\n')
        buf_truncate(out, out->len - 1);
    return !out->full && text_length(buf_str(out)) <= asked->max_length;
}

char *compose_fit(const struct asked *asked, size_t most,
                  void (*write)(struct buf *out, size_t level, const void *context),
                  const void *context)
{
    struct buf out = BUF_INIT(asked->arena, asked->max_length * UTF8_MAX);
    size_t low = 0, high = most; /* the answer is between: `high` does not fit */
    if (try_level(asked, &out, most, write, context))
        return buf_str(&out);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (try_level(asked, &out, middle, write, context))
            low = middle;
        else
            high = middle;
    }
    if (try_level(asked, &out, low, write, context))
        return buf_str(&out);
    return arena_copy(asked->arena, too_long);
}

void compose_month_link(struct buf *out, enum compose_month form, int month, const char *issue_url,
                        const char *anchor)
{
    char text[MONTH_TEXT_SIZE];
    month_text(month, text);
    if (form != COMPOSE_MONTH_YEAR)
        text[strcspn(text, " ")] = '\0';
    if (form == COMPOSE_MONTH_SHORT)
        text[3] = '\0';
    markup_link(out, text, digest_anchor_url(out->arena, issue_url, anchor));
}

void compose_issue_link(struct buf *out, const struct catalog_issue *issue)
{
    compose_month_link(out, COMPOSE_MONTH_YEAR, issue->month, issue->url, NULL);
}

void compose_count(struct buf *out, int64_t count, const char *noun)
{
    buf_addf(out, "%" PRId64 " %s%s", count, noun, count == 1 ? "" : "s");
}

void compose_prose(struct buf *out, const char *text, size_t max)
{
    markup_prose(out, text_cut(out->arena, text, max, true));
}

void compose_words_code(struct buf *out, const char *words)
{
    markup_code(out, text_cut(out->arena, words, COMPOSE_WORDS_MAX, true));
}

void compose_places(struct buf *out, int64_t places, bool at_least, const char *words)
{
    buf_adds(out, at_least ? "at least " : "");
    compose_count(out, places, "place");
    buf_adds(out, ": ");
    compose_words_code(out, arena_format(out->arena, "search %s", words));
}
