/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The answer to a search. */
#include "ask/answer_search.h"

#include "base/buf.h"
#include "base/text.h"
#include "news/issue.h"
#include "say/compose.h"
#include "say/digest.h"
#include "state/catalog.h"
#include "state/search.h"
#include "zulip/markup.h"

#include <inttypes.h>
#include <string.h>

/* Hits that are seen, and those in the spoiler. */
#define HITS_VISIBLE 5
#define HITS_MORE    15
#define TITLE_MAX    200

struct found {
    enum search_how how;
    struct search_result result;
};

static void add_month(struct buf *out, const struct search_hit *hit)
{
    compose_month_link(out, COMPOSE_MONTH_YEAR, hit->month, hit->issue_url, hit->anchor);
}

/* "`hypervisor` by willamhou, a project in [April 2026](URL)" */
static void add_project(struct buf *out, const struct search_hit *hit)
{
    char *plain = text_plain(out->arena, hit->title);
    const char *name = project_short_name(plain);
    markup_code(out, name);
    if (name != plain) {
        buf_adds(out, " by ");
        plain[name - plain - 1] = '\0';
        compose_prose(out, plain, TITLE_MAX);
    }
    buf_adds(out, ", a project in ");
    add_month(out, hit);
    if (hit->more) {
        buf_adds(out, " and ");
        compose_count(out, hit->more, "more issue");
    }
}

/* "ada, bo and cy" of "ada, bo, cy" */
static void add_people(struct buf *out, const char *line)
{
    static const char comma[] = ", ";
    for (const char *name = line, *end; *name; name = *end ? end + sizeof comma - 1 : end) {
        end = strstr(name, comma);
        end = end ? end : name + strlen(name);
        buf_adds(out, name == line ? "" : *end ? comma : " and ");
        markup_prose(out, arena_copy_n(out->arena, name, (size_t)(end - name)));
    }
}

static void add_hit(struct buf *out, const struct search_hit *hit)
{
    char *title = text_cut(out->arena, hit->title, TITLE_MAX, true);
    /* It led to notes, which are not shown here. */
    size_t len = strlen(title);
    if (len > 1 && title[len - 1] == ':')
        title[len - 1] = '\0';
    buf_adds(out, "- ");
    switch (hit->kind) {
    case SEARCH_PROJECT:
        add_project(out, hit);
        break;
    case SEARCH_HEADLINE:
        markup_link(out, title, hit->url);
        buf_adds(out, ", ");
        add_month(out, hit);
        break;
    case SEARCH_SECTION:
        markup_prose(out, title);
        buf_adds(out, ", a section of ");
        add_month(out, hit);
        break;
    case SEARCH_AUTHORS:
    case SEARCH_EDITORS:
        add_month(out, hit);
        buf_adds(out, hit->kind == SEARCH_AUTHORS ? ", written by " : ", edited by ");
        add_people(out, title);
        break;
    }
    buf_addc(out, '\n');
}

/* The places a hit stands for. */
static int64_t places_of(const struct search_hit *hit)
{
    return 1 + hit->more;
}

/* Of the hits that are seen. */
static const char *number_word(size_t n)
{
    static const char *const words[] = {"", "one", "two", "three", "four", "five"};
    return words[n < HITS_VISIBLE ? n : HITS_VISIBLE];
}

static void add_words(struct buf *out, const char *words)
{
    buf_adds(out, "**");
    compose_prose(out, words, COMPOSE_WORDS_MAX);
    buf_adds(out, "**");
}

static void add_first_line(struct buf *out, const struct found *found, size_t shown)
{
    const struct search_result *result = &found->result;
    if (found->how == SEARCH_SOME || found->how == SEARCH_SOME_BEGINNINGS) {
        buf_adds(out, "No place has all of ");
        add_words(out, result->words);
        if (shown == 1)
            buf_adds(out, "; one has some of them:\n");
        else if (shown)
            buf_addf(out, "; the best %s with some of them:\n", number_word(shown));
        else
            buf_adds(out, ".\n");
        return;
    }
    add_words(out, result->words);
    buf_adds(out, found->how == SEARCH_BEGINNINGS ? " begins a word in " : " is in ");
    buf_adds(out, result->at_least ? "at least " : "");
    compose_count(out, result->total, "place");
    if (!shown)
        buf_addc(out, '.');
    else if (shown == result->count)
        buf_addc(out, ':');
    else
        buf_addf(out, ", the best %s:", number_word(shown));
    buf_addc(out, '\n');
}

/* A level is the number of hits; what has none shown is counted. */
static void write_found(struct buf *out, size_t level, const void *context)
{
    const struct found *found = context;
    const struct search_result *result = &found->result;
    size_t visible = level < HITS_VISIBLE ? level : HITS_VISIBLE;
    int64_t left = result->total;
    visible = visible < result->count ? visible : result->count;
    add_first_line(out, found, visible);
    for (size_t i = 0; i < visible; i++) {
        add_hit(out, &result->hit[i]);
        left -= places_of(&result->hit[i]);
    }
    if (level <= HITS_VISIBLE || visible == result->count)
        return;
    size_t end = level < result->count ? level : result->count;
    buf_addf(out, "\n```spoiler %zu more\n", end - visible);
    for (size_t i = visible; i < end; i++) {
        add_hit(out, &result->hit[i]);
        left -= places_of(&result->hit[i]);
    }
    if (left > 0)
        buf_addf(out, "- … and %s%" PRId64 " more\n", result->at_least ? "at least " : "", left);
    buf_adds(out, "```");
}

static void write_excluding(struct buf *out, size_t level, const void *context)
{
    const struct found *found = context;
    buf_adds(out, "Say also what to find, for example ");
    compose_words_code(out, arena_format(out->arena, "search paging %s", found->result.words));
    buf_addc(out, '.');
    (void)level;
}

bool answer_search(const struct asked *asked, const char *words, enum search_how how, char **text,
                   bool *found, struct fault *fault)
{
    struct found f = {.how = how};
    *text = NULL;
    if (!search_run(asked->arena, asked->db, words, how, HITS_VISIBLE + HITS_MORE, &f.result,
                    fault))
        return false;
    *found = !f.result.excludes;
    if (f.result.excludes)
        *text = compose_fit(asked, 0, write_excluding, &f);
    else if (f.result.count)
        *text = compose_fit(asked, f.result.count, write_found, &f);
    return true;
}
