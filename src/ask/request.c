/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A request, read. */
#include "ask/request.h"

#include "ask/sayings.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "news/issue.h"
#include "news/month.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Letters of a word that a mistyped one can mean. */
#define NEAR_MIN 4
/* A word of so many letters can mean a mistyped one with one error only. */
#define NEAR_SHORT 6

enum kind {
    KIND_SUBJECT, /* no word of the table */
    KIND_TIME,
    KIND_WHAT,
    KIND_HOW,
    KIND_NOUN, /* glue, unless it is beside words to look for: "crate" */
    KIND_SHOW, /* glue, but alone the newest issue */
    KIND_GLUE,
};

/* Every word there is. Of several WHAT, or HOW, the first in the table counts. Phrases are
 * separated by ";", and "a/b" is a or b. */
static const struct row {
    enum kind kind;
    int value; /* enum request_what or enum request_how */
    const char *phrases;
} table[] = {
    {KIND_WHAT, WHAT_HELP,
     "help;command/commands;usage;what can you/i do;what can i ask"
     ";what do you do/know;how does this/it work;how do you work"
     ";how do/can i use this/you/it;how to use this/you/it"},
    {KIND_WHAT, WHAT_STATUS,
     "status;health;uptime;ping;how are you;how are you doing"
     ";are you alive/there/ok/up/working/running;you there"},
    {KIND_WHAT, WHAT_NEXT,
     "next/upcoming;next month;submit/submitting/submission/submissions"
     ";suggest/suggesting/suggestion/suggestions;contribute/contributing;propose"
     ";due/expected/out/yet/overdue/late;will there be;when will;when does;how often does the "
     "newsletter/it/this"
     ";get my/our/a project/crate/library/link/article/post into/in/included"
     ";add/include/feature my/our/a/an project/crate/library/link/article/post;deadline"},
    {KIND_WHAT, WHAT_EDITORS,
     "editor/editors/author/authors/writer/writers/edited/wrote/edit/edits;who edits"
     ";who writes;edited by;written by;put together;who made the/this issue"},
    {KIND_WHAT, WHAT_MAINTAINERS,
     "maintainer/maintainers/maintains/maintain;who maintained;maintained by;who owns"
     ";who is responsible for;who is behind;who made/develops/created"},
    {KIND_WHAT, WHAT_PEOPLE,
     "people/person/persons/contributor/contributors"
     "/contribution/contributions/contributed/contributes/thanked/credits"
     ";who works/worked on;who helped"},
    {KIND_WHAT, WHAT_PROJECTS, "projects/crates/repositories/repos"},
    {KIND_WHAT, WHAT_TOOLING, "tooling/infrastructure/tools/toolchain"},
    {KIND_WHAT, WHAT_LINKS,
     "link/links/headline/headlines/article/articles/post/posts/blog/blogs"
     "/video/videos/announcements;blog post/posts"},
    {KIND_WHAT, WHAT_CHANGES,
     "changes/change/changed/changelog/updates/update/updated/news/commits"
     "/prs;pull requests"},
    {KIND_WHAT, WHAT_ISSUES, "issues/newsletters/archive/list;all issues;show all;show me all"},
    {KIND_HOW, HOW_COUNT, "how many;how many times;number of;count/total;how often"},
    {KIND_HOW, HOW_TOP,
     "top/best/busiest/biggest/largest/most/highlights;most active/popular/changed"
     ";top 3/5/10/20/three/five/ten"},
    {KIND_HOW, HOW_NEW, "new/newly/added"},
    {KIND_HOW, HOW_FIRST, "first/oldest/earliest/introduced/debut;first time;since when"},
    {KIND_HOW, HOW_LAST,
     "last/latest/newest/current/recent/recently;most recent/recently;last time"
     ";maintained/unmaintained/abandoned;still maintained/active/alive/developed/around"
     ";this issue/newsletter/one"},
    {KIND_NOUN, 0, "crate/project/library/repo/repository/release/releases/version/versions"},
    {KIND_SHOW, 0, "show;this month in rust osdev"},
    {KIND_GLUE, 0,
     "please/pls/plz/kindly/hey/hi/hello/bot/ok/okay/thanks/thank/thx/ty/cheers/sorry/well/um/yo/cc"
     "/fyi/hmm/oh/ah/hm;the/a/an/me/us/i/we/you/it/its/your/our/my/they/them/one/ones"
     ";is/are/was/were/be/been/am/do/does/did/done/has/have/had/having/got/get"
     ";what/which/who/whom/whose/where/when/how/why/what's/whats/who's/whos/wheres/hows/whens"
     ";interesting/written/brought/anybody/somebody/everybody/nobody/away/gone/vacation/holidays"
     ";that/this/these/those/there/here;about/of/for/from/in/on/at/by/with/to/into/"
     "during/between"
     "/within/inside/over/behind/vs/versus;and/or/any/some/all/every/everything/anything/something/"
     "each"
     ";tell/give/let/see/look/read/open/view/display/want/need/like/love/know/say/says/said"
     ";just/so/very/much/now/then/again/also/only/really/quickly/still/ever/more"
     ";section/sections/part/year/years/month/months/summary/overview/recap/entry/entries/things/"
     "thing/stuff/info/information/content/contents"
     ";issue/newsletter/history/miss/missed/missing/mention/mentions/mentioned/featured/listed/"
     "heard/found/appearance/appearances"
     "/included/turn/turned/published/publish/released/appear/appears/appeared/merge/merged/merges/"
     "happened/happen/"
     "happens/come/came/comes/coming/since;came/come/comes/coming out/up;popped/pop/pops up"
     ";can/could/would/will/should/may/might you/i/we/my/our/someone/somebody/anyone/one"
     ";show/shows/showed/showing up;i'd/i'm/i've/we're/it's/you're/there's/here's/that's/don't"
     ";looking for;look for;go to;many thanks;thank you;catch me/us up;catch me/us up on;catch "
     "up;look "
     "up;in review;a lot;so far;state of;would you mind;mind showing/telling;gimme;going on;been "
     "away;onwards"},
};

struct reading {
    struct arena *arena;
    struct tokens tokens;
    const struct calendar *calendar;
    struct {
        enum kind kind;
        size_t row;    /* of the table */
        bool weak;     /* a time that may be another word */
    } * of;            /* each token */
    size_t first, end; /* the subject's tokens; none when they are equal */
};

/* The row of the longest match at a token, and its length; 0: there is none. */
static size_t find_row(const struct tokens *tokens, size_t at, size_t *row)
{
    size_t longest = 0;
    for (size_t i = 0; i < COUNT(table); i++) {
        size_t n = tokens_match(tokens, at, table[i].phrases);
        if (n > longest) {
            longest = n;
            *row = i;
        }
    }
    return longest;
}

/* Before a time they belong to it. */
static bool is_preposition(const struct reading *r, size_t at)
{
    return tokens_match(&r->tokens, at, "in/of/for/from/on/during/to/and/between/at/by/within");
}

static void mark(struct reading *r, size_t from, size_t to, enum kind kind, size_t row, bool weak)
{
    for (size_t i = from; i < to; i++) {
        r->of[i].kind = kind;
        r->of[i].row = row;
        r->of[i].weak = weak;
    }
}

/* Whether what is before a token reaches to another time: "march-june 2024". */
static bool reaches(const struct reading *r, size_t at)
{
    const struct tokens *tokens = &r->tokens;
    struct when when;
    return at + 1 < tokens->count &&
           (*tokens->token[at].start == '-' || tokens_match(tokens, at, "to/until/till")) &&
           when_read(tokens, at + 1, r->calendar, &when);
}

/* Gives each token its kind: the longest of a time and the words of the table. */
static void classify(struct reading *r)
{
    const struct tokens *tokens = &r->tokens;
    for (size_t at = 0, n; at < tokens->count; at += n) {
        struct when when;
        size_t row = 0;
        n = find_row(tokens, at, &row);
        if (!tokens->token[at].literal && when_read(tokens, at, r->calendar, &when) &&
            when.end - at >= n) {
            n = when.end - at;
            bool follows = at && is_preposition(r, at - 1);
            mark(r, at, when.end, KIND_TIME, 0, when.weak && !follows && !reaches(r, when.end));
            if (follows)
                r->of[at - 1].kind = KIND_TIME;
        } else if (n) {
            mark(r, at, at + n, table[row].kind, row, false);
        } else {
            n = 1;
            r->of[at].kind = tokens->token[at].blank ? KIND_GLUE : KIND_SUBJECT;
            r->of[at].row = SIZE_MAX;
        }
    }
}

/* Finds the span of the subject. Where there is one, what may be a time or a word is a word. */
static void find_subject(struct reading *r)
{
    size_t count = r->tokens.count, first = count, end = 0;
    for (size_t i = 0; i < count; i++)
        if (r->of[i].kind == KIND_SUBJECT) {
            first = i < first ? i : first;
            end = i + 1;
        }
    for (size_t i = 0; i < count && end; i++)
        if (r->of[i].weak) {
            r->of[i].kind = KIND_SUBJECT;
            first = i < first ? i : first;
            end = i >= end ? i + 1 : end;
        }
    r->first = end ? first : 0;
    r->end = end;
}

/* The tokens as they were typed, without times among them, and without what may end a sentence. */
static char *quote(const struct reading *r, size_t from, size_t to)
{
    struct buf out = BUF_INIT(r->arena, REQUEST_MAX + 1);
    for (size_t i = from; i < to; i++) {
        const struct token *token = &r->tokens.token[i];
        if (r->of[i].kind == KIND_TIME)
            continue;
        buf_adds(&out, out.len ? " " : "");
        buf_add(&out, token->start, token->len);
    }
    const char *s = buf_str(&out), *end = s + out.len, *after = s;
    for (const char *p = s; p < end;) {
        uint32_t c = unicode_next(&p, end);
        if (c < 0x80 ? !strchr("?!.,;: ", (int)c) : !unicode_is_symbol(c))
            after = p;
    }
    return arena_copy_n(r->arena, s, (size_t)(after - s));
}

/* Whether a token can be part of the words that it touches; "first" and "last" ask for their end.
 */
static bool touches(const struct reading *r, size_t at)
{
    enum kind kind = at < r->tokens.count ? r->of[at].kind : KIND_GLUE;
    bool end = kind == KIND_HOW &&
               (table[r->of[at].row].value == HOW_FIRST || table[r->of[at].row].value == HOW_LAST);
    return kind == KIND_WHAT || (kind == KIND_HOW && !end) || kind == KIND_NOUN;
}

/* The WHAT or HOW of the first row that the tokens outside a span have; 0: none. */
static int first_of(const struct reading *r, enum kind kind, size_t from, size_t to)
{
    size_t row = COUNT(table);
    for (size_t i = 0; i < r->tokens.count; i++)
        if ((i < from || i >= to) && r->of[i].kind == kind && r->of[i].row < row)
            row = r->of[i].row;
    return row < COUNT(table) ? table[row].value : 0;
}

/* The times, outside of the subject and inside of it. */
static void read_times(struct reading *r, struct request *request, bool coming)
{
    struct when *when = NULL, one;
    size_t count = 0;
    for (size_t at = 0; at < r->tokens.count; at++) {
        if (r->of[at].kind != KIND_TIME || !when_read(&r->tokens, at, r->calendar, &one))
            continue;
        *(struct when *)arena_add(r->arena, &when, &count, sizeof one) = one;
        at = one.end - 1;
        request->weekly |= one.weekly;
    }
    request->timed = count;
    request->month = count == 1 && when[0].month && when[0].bound == WHEN_AT;
    request->span = when_join(when, count, r->calendar, coming);
}

static bool read_saying(struct reading *r, struct request *request)
{
    struct tokens core = {.token = arena_zero(r->arena, r->tokens.count + 1, sizeof *core.token)};
    struct tokens whole = {.token = arena_zero(r->arena, r->tokens.count + 1, sizeof *core.token)};
    bool emoji = false, glue = true, thanks = false;
    for (size_t i = 0; i < r->tokens.count; i++) {
        const struct token *token = &r->tokens.token[i];
        emoji |= token->emoji;
        glue &= r->of[i].kind == KIND_GLUE;
        thanks |= tokens_match(&r->tokens, i, "thanks/thank/thx/ty/cheers/ok/okay") > 0;
        if (!token->blank)
            whole.token[whole.count++] = *token;
        if (r->of[i].kind != KIND_GLUE && r->of[i].kind != KIND_TIME)
            core.token[core.count++] = *token;
    }
    if ((emoji && !whole.count) || (thanks && glue)) {
        request->kind = REQUEST_SILENT;
        return true;
    }
    return sayings_find(&core, &whole, &request->kind, &request->saying);
}

/* "#12" or "12" as the number of a pull request or an issue of a project. */
static bool is_number(const struct token *token, bool sharp)
{
    const char *s = token->start + (*token->start == '#');
    size_t len = token->len - (*token->start == '#');
    while (len && strchr("?!.,;:", s[len - 1]))
        len--;
    return (!sharp || s > token->start) && len && strspn(s, "0123456789") >= len;
}

/* The length of "owner/name#12" or "name#12" at the start of a token; 0: it is none. */
static size_t reference_length(const struct token *token)
{
    size_t name = strspn(token->start, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-_./");
    size_t digits = name < token->len && token->start[name] == '#'
                        ? strspn(token->start + name + 1, "0123456789")
                        : 0;
    return name && digits ? name + 1 + digits : 0;
}

/* "PROJECT #12", "PROJECT pr 12", as "PROJECT#12". */
static bool read_named_number(struct reading *r, struct request *request)
{
    const struct token *core[4];
    size_t count = 0;
    enum kind first = KIND_GLUE;
    for (size_t i = 0; i < r->tokens.count; i++)
        if ((r->of[i].kind != KIND_GLUE && r->of[i].kind != KIND_NOUN) ||
            tokens_match(&r->tokens, i, "issue")) {
            if (count == COUNT(core))
                return false;
            first = count ? first : r->of[i].kind;
            core[count++] = &r->tokens.token[i];
        }
    bool worded = count == 3 &&
                  (text_equal_fold(core[1]->key, "pr") || text_equal_fold(core[1]->key, "issue") ||
                   text_equal_fold(core[1]->key, "pull"));
    if ((count != 2 && !worded) || first != KIND_SUBJECT || core[0]->literal || !*core[0]->key ||
        !is_number(core[count - 1], !worded) || strspn(core[0]->key, "0123456789"))
        return false;
    const struct token *last = core[count - 1];
    const char *digits = last->start + (*last->start == '#');
    request->subject = arena_format(r->arena, "%.*s#%.*s", (int)core[0]->len, core[0]->start,
                                    (int)strspn(digits, "0123456789"), digits);
    return true;
}

/* The length of an address without what ends a sentence. */
static size_t address_length(const char *s, size_t len)
{
    size_t end = strcspn(s, "<>\"");
    len = end < len ? end : len;
    while (len && strchr("?!.,;:)*'", s[len - 1]))
        len--;
    return len;
}

/* Whether it is an address without a scheme: a domain, and a path. */
static bool is_address(const struct token *token)
{
    const char *path = memchr(token->start, '/', token->len), *dot = path;
    if (!path)
        return false;
    while (dot > token->start && isalpha((unsigned char)dot[-1]))
        dot--;
    return path + 1 < token->start + token->len && path - dot >= 2 && dot > token->start + 1 &&
           dot[-1] == '.' && isalnum((unsigned char)dot[-2]);
}

/* An address, unless it is an issue's. */
static bool read_link(struct reading *r, struct request *request)
{
    request->kind = REQUEST_LINK;
    for (size_t i = 0; i < r->tokens.count; i++) {
        const struct token *token = &r->tokens.token[i];
        const char *scheme = memmem(token->start, token->len, "://", 3), *s = token->start;
        size_t len = token->len;
        if (r->of[i].kind == KIND_TIME)
            continue;
        if (!scheme && is_address(token)) {
            request->subject =
                arena_format(r->arena, "https://%.*s", (int)address_length(s, len), s);
            return true;
        }
        if (!scheme) {
            len = reference_length(token);
        } else {
            while (scheme > s && isalpha((unsigned char)scheme[-1]))
                scheme--;
            len -= (size_t)(scheme - s);
            s = scheme;
            len = address_length(s, len);
        }
        if (len) {
            request->subject = arena_copy_n(r->arena, s, len);
            return true;
        }
    }
    return read_named_number(r, request);
}

/* "search WORDS": the rest as it was typed. A time at its end narrows it, if words remain. */
static bool read_search(struct reading *r, struct request *request)
{
    const struct tokens *tokens = &r->tokens;
    size_t at = 0, count = tokens->count;
    while (at < count && (r->of[at].kind == KIND_GLUE || r->of[at].kind == KIND_SHOW))
        at++;
    if (!tokens_match(tokens, at, "search/find"))
        return false;
    at++;
    while (tokens_match(tokens, at, "for/me/us/something/anything/about"))
        at++;
    size_t end = count;
    for (size_t i = at; i < end; i++) {
        struct when when;
        size_t word = i + tokens_match(tokens, i, "in/from/during/of");
        if (!when_read(tokens, word, r->calendar, &when) || (when.weak && word == i))
            continue;
        while (when.end < count && tokens->token[when.end].blank)
            when.end++;
        if (when.end == count && i == at)
            break;
        if (when.end == count)
            end = i;
    }
    for (size_t i = 0; i < count; i++) /* the rest is as typed, whatever it could mean */
        if (i < end && r->of[i].kind == KIND_TIME)
            r->of[i].kind = KIND_SUBJECT;
        else if (i >= end)
            r->of[i].kind = KIND_TIME;
    if (end < count)
        read_times(r, request, false);
    struct token *first = &tokens->token[at], *last = &tokens->token[end - 1];
    request->kind = REQUEST_SEARCH;
    request->subject = at < end ? arena_copy_n(r->arena, first->start,
                                               (size_t)(last->start + last->len - first->start))
                                : arena_copy(r->arena, "");
    if (tokens_are_blank(request->subject, strlen(request->subject))) {
        request->kind = REQUEST_VIEW;
        request->what = WHAT_HELP;
        request->subject = request->bare;
        request->bare = arena_copy(r->arena, "search");
    }
    return true;
}

/* What help is wanted with: the words after "help", whatever they are. */
static char *help_topic(const struct reading *r)
{
    size_t at = 0, end = r->tokens.count;
    while (at < end && !tokens_match(&r->tokens, at, "help"))
        at++;
    for (at++; at < end && tokens_match(&r->tokens, at, "me/us/with/on/for/about/the/command/a");)
        at++;
    while (end > at &&
           (r->tokens.token[end - 1].blank || tokens_match(&r->tokens, end - 1, "command/please")))
        end--;
    if (at >= end)
        return arena_copy(r->arena, "");
    const struct token *first = &r->tokens.token[at], *last = &r->tokens.token[end - 1];
    return arena_copy_n(r->arena, first->start, (size_t)(last->start + last->len - first->start));
}

/* Whether a HOW was said; `beside`: before a WHAT. */
static bool has(const struct reading *r, enum request_how how, bool beside)
{
    for (size_t i = 0; i < r->tokens.count; i++)
        if (r->of[i].kind == KIND_HOW && table[r->of[i].row].value == (int)how &&
            (!beside || (i + 1 < r->tokens.count && r->of[i + 1].kind == KIND_WHAT)))
            return true;
    return false;
}

static void read_view(struct reading *r, struct request *request)
{
    bool since = false, shown = false, noun = false;
    find_subject(r);
    request->what = (enum request_what)first_of(r, KIND_WHAT, r->first, r->end);
    request->how = (enum request_how)first_of(r, KIND_HOW, r->first, r->end);
    read_times(r, request, request->what == WHAT_NEXT);
    for (size_t i = 0; i < r->tokens.count; i++) {
        since |= r->of[i].kind == KIND_GLUE && tokens_match(&r->tokens, i, "since");
        shown |= r->of[i].kind == KIND_SHOW;
        noun |= r->of[i].kind == KIND_NOUN;
    }
    if (since && !request->timed && request->what != WHAT_HELP) {
        request->kind = REQUEST_SINCE_WHEN;
        return;
    }
    request->kind = REQUEST_VIEW;
    size_t from = r->first, to = r->end;
    if (from < to) {
        request->bare = quote(r, from, to);
        size_t len = strlen(request->bare);
        if (len > 2 && text_equal_fold(request->bare + len - 2, "'s"))
            request->bare[len - 2] = '\0';
        else if (len > 1 && request->bare[len - 1] == '\'')
            request->bare[len - 1] = '\0';
        while (from && touches(r, from - 1))
            from--;
        while (touches(r, to))
            to++;
        request->subject = quote(r, from, to);
        request->subject_what = (enum request_what)first_of(r, KIND_WHAT, from, to);
    }
    bool group = request->what == WHAT_PROJECTS || request->what == WHAT_PEOPLE;
    /* "projects that appeared for the first time in 2024", "newest projects", "how many are new" */
    if (from == to && group &&
        ((request->how == HOW_FIRST && request->timed) || has(r, HOW_LAST, true) ||
         has(r, HOW_NEW, false)))
        request->how = HOW_NEW;
    /* "newest crate", "most active project", "most changes" */
    bool counted = request->how == HOW_TOP && request->what == WHAT_CHANGES;
    if (from == to && (counted || (noun && request->how && !request->what))) {
        request->what = WHAT_PROJECTS;
        request->how = request->how == HOW_LAST ? HOW_NEW : request->how;
    }
    if (request->how == HOW_NEW && !request->what)
        request->how = request->timed || from < to ? HOW_NONE : HOW_LAST;
    if (request->what == WHAT_HELP && !*request->bare)
        request->bare = help_topic(r);
    if (*request->bare || request->timed || request->what || request->how)
        return;
    if (shown)
        request->how = HOW_LAST;
    else
        request->kind = REQUEST_EMPTY;
}

void request_read(struct arena *arena, const char *text, size_t len,
                  const struct calendar *calendar, struct request *request)
{
    struct reading r = {.arena = arena, .calendar = calendar};
    char *none = arena_copy(arena, "");
    tokens_read(arena, text, len, &r.tokens);
    r.of = arena_zero(arena, r.tokens.count + 1, sizeof *r.of);
    *request = (struct request){.subject = none, .bare = none, .typed = r.tokens.text};
    request->span = when_join(NULL, 0, calendar, false);
    classify(&r);
    if (!read_saying(&r, request) && !read_link(&r, request) && !read_search(&r, request))
        read_view(&r, request);
}

/* Adds the single words of phrases that are long enough for a typing error. */
static void add_words(struct arena *arena, const char ***words, size_t *count, const char *phrases)
{
    for (const char *p = phrases; *p;) {
        size_t phrase = strcspn(p, ";"), one = strcspn(p, ";/");
        bool single = !memchr(p, ' ', phrase);
        if (single && one >= NEAR_MIN)
            *(const char **)arena_add(arena, words, count, sizeof **words) =
                arena_copy_n(arena, p, one);
        p += single ? one : phrase;
        p += *p != '\0';
    }
}

const char *request_nearest(struct arena *arena, const char *word)
{
    const char **words = NULL;
    size_t count = 0;
    for (size_t i = COUNT(table); i-- > 0;) /* "latest" before "late" */
        if (table[i].kind == KIND_WHAT || table[i].kind == KIND_HOW)
            add_words(arena, &words, &count, table[i].phrases);
    add_words(arena, &words, &count, "search/since");
    for (int month = 0; month < 12; month++)
        add_words(arena, &words, &count, month_name(month));
    return text_nearest(word, words, count, strlen(word) > NEAR_SHORT ? TEXT_NEAR : 1);
}
