/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The words of a request, each with what it can be in one. */
#include "ask/words.h"

#include "base/arena.h"
#include "base/text.h"
#include "news/issue.h"
#include "news/month.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *words; /* separated by spaces; one, when it names a command */
    unsigned roles;
    const char *command; /* or NULL */
} vocabulary[] = {
    {"latest", WORD_LATEST, "latest"},
    {"newest", WORD_LATEST, "latest"},
    {"show", WORD_SHOW, "show"},
    {"list", WORD_LIST, "list"},
    {"history", WORD_HISTORY | WORD_CHANGE, "history"},
    {"project", WORD_HISTORY | WORD_THING | WORD_NOUN, "history"},
    {"search", WORD_SEARCH, "search"},
    {"find", WORD_SEARCH, "search"},
    {"since", WORD_SINCE, "since"},
    {"next", WORD_NEXT, "next"},
    {"suggest", WORD_SUBMIT, "next"},
    {"submit", WORD_SUBMIT, "next"},
    {"status", WORD_STATUS, "status"},
    {"help", WORD_HELP, "help"},
    {"please pls plz kindly hey hi hello bot cc fyi the a an me us i we you it one just any so "
     "very much now then well um yo someone something anything tell give look see read open get "
     "view display want need like love know let to your have not be could can would i'd i'm "
     "quickly again",
     WORD_ANY, NULL},
    {"thanks thank thx ty cheers ok okay", WORD_ANY | WORD_THANKS, NULL},
    {"what which is was were are in of for from about at on with by happened happen happens do "
     "does "
     "did done been that there has had will out come comes came coming appear appears appeared "
     "published publish released yet ones many most contents content inside say says said",
     WORD_ASK, NULL},
    {"how where should", WORD_HOW, NULL},
    {"when due expected", WORD_WHEN, NULL},
    {"issue newsletter edition number", WORD_ISSUE, NULL},
    {"issues newsletters editions archive", WORD_LIST, NULL},
    {"all every everything", WORD_ALL, NULL},
    {"new", WORD_NEW | WORD_CHANGE | WORD_THING, NULL},
    {"news", WORD_NEW | WORD_CHANGE | WORD_THING | WORD_NOUN, NULL},
    {"current recent", WORD_LATEST, NULL},
    {"previous", WORD_PREVIOUS, "show"},
    {"prior penultimate before", WORD_PREVIOUS, NULL},
    {"last", WORD_LAST, NULL},
    {"this", WORD_THIS, NULL},
    {"month", WORD_MONTH_ITSELF, NULL},
    {"upcoming", WORD_NEXT, NULL},
    {"suggestion suggestions submission submissions submitting suggesting contribute contributing "
     "contribution contributions propose",
     WORD_SUBMIT, NULL},
    {"add into include featured included mentioned listed", WORD_ADD, NULL},
    {"things thing link links my our own projects article articles post posts "
     "blog item items",
     WORD_THING, NULL},
    {"crate library repo repository", WORD_THING | WORD_NOUN, NULL},
    {"changes change update updates", WORD_CHANGE | WORD_NOUN, NULL},
    {"changed miss missed", WORD_CHANGE, NULL},
    {"commands command usage", WORD_HELP, NULL},
};

/* Filler before words that are looked for. Words that can be meant themselves are in phrases:
 * "can" is a bus. */
static const char openings[] =
    "please/pls/plz/kindly/hey/hi/hello/bot/ok/okay/thanks/the/a/an/show/what/who/where/about/"
    "latest/newest;"
    "thank you;thank you very much;many thanks;show/tell/give/get me;let me see;"
    "what is/are/was/about;how about;what do you know about;who/where is/are;where can i;"
    "what/anything/something new/changed in/with/on/for/about/from;"
    "what is/has new/changed in/with/on/for/about/from;what happened to/with/in;"
    "could/can/would/will you;can/could/may i;can/could we;i want;i want to;i want to see/know;"
    "i would like;i would like to;i would like to see/know;i'd like;i'd like to;"
    "i'd like to see/know;i need;i am looking for;i'm looking for;looking/look for;"
    "do you know/have;have you;have you got;is/are/was there;"
    "anything/something/everything/all about/on;any news about/on/from;"
    "info/information/news/changes/updates/latest about/on/from/of/in/to/for";

/* Of at most ENDING_MAX words. */
#define ENDING_MAX 4
static const char endings[] =
    "please/pls/plz/thanks/thx/ty/cheers/bot/cc/fyi;thank you;thank you very much;many thanks;"
    "for me";

/* What is typed unseen, and marks of code, which mean nothing here. */
static bool is_dropped(uint32_t c)
{
    return c == '`' || unicode_is_bidi(c) || c == 0x200B || c == 0x2060 || c == 0xFEFF;
}

/* The quotation mark of a keyboard for a typographic one; 0: it is not one. */
static char plain_quote(uint32_t c)
{
    if ((c >= 0x2018 && c <= 0x201B) || c == 0x2039 || c == 0x203A)
        return '\'';
    return (c >= 0x201C && c <= 0x201F) || c == 0xAB || c == 0xBB ? '"' : '\0';
}

/* Valid UTF-8, white space folded, quotes as a keyboard without help writes them; what is too long
 * is cut, after a word if there is one. */
static void fold(char out[WORDS_MAX + 1], const char *s, size_t len)
{
    const char *end = s + len;
    size_t n = 0, space = 0;
    while (s < end) {
        const char *add = s;
        uint32_t c = unicode_next(&s, end);
        size_t size = (size_t)(s - add);
        const char quote[] = {plain_quote(c), '\0'};
        if (is_dropped(c) || (unicode_is_unprintable(c) && (n == 0 || out[n - 1] == ' ')))
            continue;
        if (unicode_is_unprintable(c)) {
            add = " ";
            size = 1;
        } else if (c == 0xFFFD) {
            add = "\xEF\xBF\xBD";
            size = 3;
        } else if (*quote) {
            add = quote;
            size = 1;
        }
        if (n + size > WORDS_MAX) {
            if (*add != ' ' && space > WORDS_MAX / 2)
                n = space;
            break;
        }
        if (*add == ' ')
            space = n;
        memcpy(out + n, add, size);
        n += size;
    }
    n -= n > 0 && out[n - 1] == ' ';
    out[n] = '\0';
}

/* One or more names of emoji as they are typed, ":tada:". */
static bool is_emoji_name(const char *s, size_t len)
{
    const char *end = s + len;
    bool any = false;
    for (; s < end && *s == ':'; any = true) {
        size_t name = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz0123456789_+-");
        if (name == 0 || s + 1 + name >= end || s[1 + name] != ':')
            return false;
        s += name + 2;
    }
    return any && s == end;
}

static bool has_picture(const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end)
        if (unicode_is_picture(unicode_next(&s, end)))
            return true;
    return false;
}

bool words_are_blank(const char *s, size_t len)
{
    for (const char *end = s + len; s < end;) {
        const char *p = s;
        while (p < end && !isspace((unsigned char)*p))
            p++;
        if (text_has_letter(s, (size_t)(p - s)) && !is_emoji_name(s, (size_t)(p - s)))
            return false;
        s = p + (p < end);
    }
    return true;
}

/* The length of a key without "'s", also of one that is written without the apostrophe. */
static size_t without_s(const char *s, size_t len)
{
    static const char *const questions[] = {"whats", "hows", "wheres", "whos", "whens"};
    if (len > 2 && s[len - 2] == '\'' && (s[len - 1] | 0x20) == 's')
        return len - 2;
    for (size_t i = 0; i < COUNT(questions); i++)
        if (len == strlen(questions[i]) && strncasecmp(s, questions[i], len) == 0)
            return len - 1;
    return len;
}

static void make_key(struct word *word)
{
    const char *s = word->start, *quote = memchr(s, '"', word->len);
    size_t len = word->len;
    /* With one quotation mark it is part of a phrase, and not said by itself. */
    if (!quote || memchr(quote + 1, '"', (size_t)(s + len - quote - 1)))
        len = text_unwrap(&s, len);
    len = without_s(s, len);
    if (len >= WORD_KEY_SIZE)
        return;
    for (size_t i = 0; i < len; i++)
        word->key[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] | 0x20 : s[i]);
}

bool words_is_blank(const struct word *word)
{
    return !*word->key && (word->roles & WORD_ANY);
}

bool words_is_among(const char *words, const char *key)
{
    size_t len = strlen(key);
    for (const char *p = words; len > 0 && *p; p += strspn(p, " ")) {
        size_t width = strcspn(p, " ");
        if (width == len && memcmp(p, key, len) == 0)
            return true;
        p += width;
    }
    return false;
}

bool words_have(const struct words *r, const char *list)
{
    for (size_t i = 0; i < r->count; i++)
        if (words_is_among(list, r->word[i].key))
            return true;
    return false;
}

/* A year on its own; next to a month it may be further off. */
static bool is_year(int number)
{
    return number >= 2000 && number <= 2099;
}

static bool is_year_of_month(int number)
{
    return number >= 1900 && number <= 2199;
}

/* A piece of a date: a month's name, or a number. */
struct piece {
    int month, number;
    size_t digits;
    bool ordinal; /* "8th" */
};

/* Reads the piece at `*p` and steps over it. */
static bool read_piece(const char **p, struct piece *piece)
{
    size_t len;
    *piece = (struct piece){.month = month_number(*p, &len)};
    if (len == 4 && strncmp(*p, "sept", 4) == 0)
        piece->month = 9;
    piece->digits = strspn(*p, "0123456789");
    if (piece->digits == 0) {
        *p += len;
        return piece->month;
    }
    for (size_t i = 0; i < piece->digits && i < 4; i++)
        piece->number = piece->number * 10 + (*(*p)++ - '0');
    piece->ordinal = strlen(*p) == 2 && words_is_among("st nd rd th", *p);
    *p += piece->ordinal ? 2 : 0;
    return piece->digits <= 2 || piece->digits == 4;
}

/* Takes a word apart into at most three pieces, with one of "-/.,'" between them or nothing; 0: it
 * is not a date. */
static size_t read_pieces(const char *p, struct piece piece[3])
{
    size_t count = 0;
    bool more = true;
    while (more && count < 3) {
        if (!read_piece(&p, &piece[count++]))
            return 0;
        more = *p;
        p += more && strchr("-/.,'", *p);
    }
    return more ? 0 : count;
}

/* What one piece is by itself. */
static void read_single(struct word *word, const struct piece *piece)
{
    word->month = piece->month;
    if (is_year(piece->number))
        word->year = piece->number;
    else if (is_year_of_month(piece->number))
        word->as_year = piece->number;
    else if (piece->digits == 1 || piece->digits == 2)
        word->day = piece->number <= 31 ? piece->number : 0;
    if (piece->digits == 2 && !piece->ordinal && piece->number >= 20)
        word->as_year = 2000 + piece->number;
    word->roles = word->month ? WORD_MONTH : word->year ? WORD_YEAR : 0;
}

/* "2025-07", "07/2025", "2025/7/31", "15.07.2025", "8-july-2025", "july2025", "jul25", "july-8". */
static void read_several(struct word *word, const struct piece *piece, size_t count)
{
    int number[2] = {0}; /* what is neither a name nor a year */
    size_t numbers = 0;
    for (size_t i = 0; i < count; i++) {
        if (piece[i].month && !word->month)
            word->month = piece[i].month;
        else if (is_year_of_month(piece[i].number) && !word->year)
            word->year = piece[i].number;
        else if (piece[i].digits > 0 && piece[i].digits <= 2 && numbers < 2)
            number[numbers++] = piece[i].number;
        else
            return;
    }
    bool named = word->month;
    /* Where either may be the day, the month is the second. */
    if (!named)
        word->month = number[piece[0].digits <= 2 && numbers == 2 && number[1] <= 12];
    else if (!word->year && piece[0].month && number[0] >= 20)
        word->year = 2000 + number[0];
    if (word->month >= 1 && word->month <= 12)
        word->roles = word->year ? WORD_DATE : named ? WORD_MONTH : 0;
}

/* The month whose page the word links to. */
static void read_link(struct word *word)
{
    static const char folder[] = "/this-month/";
    const char *p = memmem(word->start, word->len, folder, sizeof folder - 1);
    char id[MONTH_ID_SIZE] = "";
    if (!p)
        return;
    p += sizeof folder - 1;
    snprintf(id, sizeof id, "%.*s", (int)(word->start + word->len - p), p);
    int month = month_read(id);
    if (month) {
        word->year = month / 12;
        word->month = month % 12 + 1;
        word->roles = WORD_DATE;
    }
}

static void read_calendar(struct word *word)
{
    struct piece piece[3];
    size_t count = read_pieces(word->key, piece);
    if (count == 1)
        read_single(word, &piece[0]);
    else if (count > 1)
        read_several(word, piece, count);
    else
        read_link(word);
}

static void classify(struct word *word)
{
    if (words_are_blank(word->start, word->len)) {
        bool emoji = has_picture(word->start, word->len) || text_has_letter(word->start, word->len);
        word->roles = WORD_ANY | (emoji ? WORD_EMOJI : 0);
        return;
    }
    make_key(word);
    read_calendar(word);
    for (size_t i = 0; !word->roles && i < COUNT(vocabulary); i++) {
        if (words_is_among(vocabulary[i].words, word->key)) {
            word->roles = vocabulary[i].roles;
            word->command = vocabulary[i].command;
        }
    }
}

/* Whether the key is one of "a/b/c", `len` bytes. */
static bool is_one_of(const char *key, const char *choice, size_t len)
{
    size_t width = strlen(key);
    for (const char *end = choice + len, *p = choice; p < end; p++) {
        size_t n = strcspn(p, "/ ;");
        if (n == width && memcmp(p, key, n) == 0)
            return true;
        p += n;
    }
    return false;
}

size_t words_match(const struct words *r, size_t at, const char *phrases)
{
    size_t longest = 0;
    for (const char *p = phrases; *p; p += *p == ';') {
        size_t n = 0;
        bool same = true;
        for (; *p && *p != ';'; n++) {
            size_t len = strcspn(p, " ;");
            same = same && at + n < r->count && is_one_of(r->word[at + n].key, p, len);
            p += len;
            p += *p == ' ';
        }
        if (same && n > longest)
            longest = n;
    }
    return longest;
}

static void split(struct words *r)
{
    for (const char *p = r->text; *p; p += *p == ' ') {
        struct word *word = &r->word[r->count++];
        *word = (struct word){.start = p, .len = strcspn(p, " ")};
        classify(word);
        p += word->len;
    }
    for (size_t i = 0; i < r->count; i++) {
        /* Where "may" is not a month. */
        if (strcmp(r->word[i].key, "may") == 0 && i + 1 < r->count &&
            words_is_among("i we you it have not be one", r->word[i + 1].key))
            r->word[i].roles = WORD_ANY;
        for (size_t n = words_match(r, i, "this month in rust osdev"); n > 0; n--)
            r->word[i + n - 1].roles = WORD_ISSUE;
    }
}

size_t words_skip(const struct words *r, size_t at, unsigned roles, unsigned *seen)
{
    for (; at < r->count && (r->word[at].roles & roles); at++)
        *seen |= r->word[at].roles;
    return at;
}

bool words_all_are(const struct words *r, unsigned roles, unsigned *seen)
{
    *seen = 0;
    return words_skip(r, 0, roles, seen) == r->count;
}

static size_t skip_openings(const struct words *r, size_t at)
{
    for (size_t n = 1; n > 0 && at < r->count; at += n)
        n = words_is_blank(&r->word[at]) ? 1 : words_match(r, at, openings);
    return at;
}

size_t words_drop_endings(const struct words *r, size_t at)
{
    size_t end = r->count, n = 1;
    while (n > 0 && end > at) {
        n = words_is_blank(&r->word[end - 1]);
        for (size_t k = 1; n == 0 && k <= ENDING_MAX && at + k <= end; k++)
            if (words_match(r, end - k, endings) == k)
                n = k;
        end -= n;
    }
    return end;
}

void words_read(struct words *words, const char *text, size_t len)
{
    *words = (struct words){.count = 0};
    fold(words->text, text, len);
    split(words);
    words->first = skip_openings(words, 0);
}

const char *words_nearest(const char *word)
{
    static const char *const months[] = {"january",   "february", "march",    "april",   "august",
                                         "september", "october",  "november", "december"};
    const char *names[COUNT(vocabulary) + COUNT(months)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(vocabulary); i++)
        if (vocabulary[i].command)
            names[count++] = vocabulary[i].words;
    for (size_t i = 0; i < COUNT(months); i++)
        names[count++] = months[i];
    const char *nearest = text_nearest(word, names, count, TEXT_NEAR);
    return nearest && text_equal_fold(nearest, word) ? NULL : nearest;
}
