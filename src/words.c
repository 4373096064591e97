/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The words of a request, each with what it can be in one. */
#include "words.h"

#include "issue.h"
#include "text.h"

#include <ctype.h>
#include <string.h>

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
    {"please pls plz kindly hey hi hello bot the a an me us thanks thank thx cheers ok okay just "
     "any "
     "tell give look see read open get view display want need like know let to your could can "
     "would i'd i'm quickly again",
     WORD_ANY, NULL},
    {"i we you it have not be one", WORD_ANY | WORD_MODAL, NULL},
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
    {"new news", WORD_NEW | WORD_CHANGE | WORD_THING, NULL},
    {"current recent", WORD_LATEST, NULL},
    {"previous prior penultimate before", WORD_PREVIOUS, NULL},
    {"last", WORD_LAST, NULL},
    {"this", WORD_THIS, NULL},
    {"month", WORD_MONTH_ITSELF, NULL},
    {"upcoming", WORD_NEXT, NULL},
    {"suggestion suggestions submission submissions submitting suggesting contribute contributing "
     "contribution contributions propose",
     WORD_SUBMIT, NULL},
    {"add into include featured included mentioned listed", WORD_ADD, NULL},
    {"something anything things thing link links my our own projects article articles post posts "
     "blog item items",
     WORD_THING, NULL},
    {"crate library repo repository", WORD_THING | WORD_NOUN, NULL},
    {"changes changed change update updates", WORD_CHANGE, NULL},
    {"miss missed", WORD_MISS, NULL},
    {"time day week weeks months year years few two three", WORD_TIME, NULL},
    {"commands command usage", WORD_HELP, NULL},
};

/* Filler before words that are looked for. Words that can be meant themselves stand in phrases:
 * "can" is a bus. */
static const char openings[] =
    "please;pls;plz;kindly;hey;hi;hello;bot;ok;okay;thanks;thank you;thank you very much;"
    "many thanks;the;a;an;show;show me;tell me;give me;get me;let me see;what;what is;what are;"
    "what was;what about;how about;what is new in;what is new with;what is new on;"
    "what is new for;what is new about;what new in;what new with;what new on;what new for;"
    "what new about;what happened to;what happened with;what happened in;what do you know about;"
    "who is;who are;where is;where can i;could you;can you;would you;will you;can i;could i;"
    "may i;can we;could we;i want;i want to see;i want to know;i want to;i would like;"
    "i would like to see;i would like to know;i would like to;i'd like;i'd like to see;"
    "i'd like to know;i'd like to;i need;i am looking for;i'm looking for;looking for;look for;"
    "do you know;do you have;have you got;have you;is there;are there;was there;anything about;"
    "anything on;something about;something on;everything about;everything on;all about;"
    "info about;info on;information about;information on;news about;news on;news from;news of;"
    "any news about;any news on;any news from;about";

/* Of at most ENDING_MAX words. */
#define ENDING_MAX 4
static const char endings[] =
    "please;pls;plz;thanks;thx;cheers;thank you;thank you very much;many thanks;for me;bot";

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What is typed unseen, and marks of code, which mean nothing here. */
static bool is_dropped(uint32_t c)
{
    return c == '`' || text_is_bidi(c) || c == 0x200B || c == 0x2060 || c == 0xFEFF;
}

/* Valid UTF-8, white space folded, quotes as a keyboard without help writes them; what is too long
 * is cut, behind a word if there is one. */
static void fold(char out[WORDS_MAX + 1], const char *s, size_t len)
{
    const char *end = s + len;
    size_t n = 0, space = 0;
    while (s < end) {
        const char *add = s;
        uint32_t c = text_next(&s, end);
        size_t size = (size_t)(s - add);
        if (is_dropped(c) || (text_is_unprintable(c) && (n == 0 || out[n - 1] == ' ')))
            continue;
        if (text_is_unprintable(c)) {
            add = " ";
            size = 1;
        } else if (c == 0xFFFD) {
            add = "\xEF\xBF\xBD";
            size = 3;
        } else if (c == 0x2018 || c == 0x2019 || c == 0x201C || c == 0x201D) {
            add = c < 0x201C ? "'" : "\"";
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

bool words_is_punctuation(const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end) {
        unsigned char first = (unsigned char)*s;
        uint32_t c = text_next(&s, end);
        if (first < 0x80 && (isalnum(first) || first == '"'))
            return false;
        if (first >= 0x80 && c != 0xA1 && c != 0xBF && !(c >= 0x2010 && c <= 0x2027) &&
            !(c >= 0x2030 && c <= 0x205E) && c != 0x3002 && c != 0xFF1F && c != 0xFFFD)
            return false;
    }
    return true;
}

static void make_key(struct word *word)
{
    const char *s = word->start;
    size_t len = word->len;
    while (len > 0 && strchr("'([{<*_~/!.,;:", *s)) {
        s++;
        len--;
    }
    while (len > 0 && strchr("')]}>*_~!?.,;:", s[len - 1]))
        len--;
    if (len > 2 && s[len - 2] == '\'' && (s[len - 1] | 0x20) == 's')
        len -= 2;
    if (len >= WORD_KEY_SIZE)
        return;
    for (size_t i = 0; i < len; i++)
        word->key[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] | 0x20 : s[i]);
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

/* The number of at most `width` digits at `*p`, and steps over it; -1: none. */
static int read_number(const char **p, size_t width)
{
    size_t len = strspn(*p, "0123456789");
    if (len == 0 || len > width)
        return -1;
    int number = 0;
    while (len-- > 0)
        number = number * 10 + (*(*p)++ - '0');
    return number;
}

static int read_year(const char **p)
{
    const char *start = *p;
    int year = read_number(p, 4);
    return year >= 2000 && year <= 2099 && *p == start + 4 ? year : 0;
}

static int read_month_name(const char **p)
{
    size_t len;
    int month = issue_month_number(*p, &len);
    if (len == 4 && strncmp(*p, "sept", 4) == 0)
        month = 9;
    if (month)
        *p += len;
    return month;
}

static int read_month(const char **p)
{
    int month = read_month_name(p);
    if (!month)
        month = read_number(p, 2);
    return month >= 1 && month <= 12 ? month : 0;
}

/* "july", "2025", "2025-07", "2025/7/31", "07.2025", "july,2025". */
static void read_calendar(struct word *word)
{
    const char *p = word->key;
    if ((word->month = read_month_name(&p)) && !*p) {
        word->roles = WORD_MONTH;
        return;
    }
    p = word->key;
    if ((word->year = read_year(&p))) {
        if (!*p) {
            word->roles = WORD_YEAR;
            return;
        }
        char mark = *p++;
        word->month = strchr("-/.,", mark) ? read_month(&p) : 0;
        const char *day = p + 1;
        if (word->month && *p == mark && read_number(&day, 2) >= 0)
            p = day;
    } else {
        p = word->key;
        word->month = read_month(&p);
        p += *p && strchr("-/.,", *p);
        word->year = read_year(&p);
    }
    if (word->month && word->year && !*p)
        word->roles = WORD_DATE;
}

static void classify(struct word *word)
{
    make_key(word);
    if (words_is_punctuation(word->start, word->len)) {
        word->key[0] = '\0';
        word->roles = WORD_ANY;
        return;
    }
    read_calendar(word);
    for (size_t i = 0; !word->roles && i < COUNT(vocabulary); i++) {
        if (words_is_among(vocabulary[i].words, word->key)) {
            word->roles = vocabulary[i].roles;
            word->command = vocabulary[i].command;
        }
    }
}

size_t words_match(const struct words *r, size_t at, const char *phrases)
{
    size_t longest = 0;
    for (const char *p = phrases; *p; p += *p == ';') {
        size_t n = 0;
        bool same = true;
        for (; *p && *p != ';'; n++) {
            size_t len = strcspn(p, " ;");
            same = same && at + n < r->count && strlen(r->word[at + n].key) == len &&
                   memcmp(r->word[at + n].key, p, len) == 0;
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
        /* Where "may" is no month. */
        if (strcmp(r->word[i].key, "may") == 0 && i + 1 < r->count &&
            (r->word[i + 1].roles & WORD_MODAL))
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

static bool is_blank(const struct word *word)
{
    return !*word->key && (word->roles & WORD_ANY);
}

static size_t skip_openings(const struct words *r, size_t at)
{
    for (size_t n = 1; n > 0 && at < r->count; at += n)
        n = is_blank(&r->word[at]) ? 1 : words_match(r, at, openings);
    return at;
}

size_t words_drop_endings(const struct words *r, size_t at)
{
    size_t end = r->count, n = 1;
    while (n > 0 && end > at) {
        n = is_blank(&r->word[end - 1]);
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
    const char *names[COUNT(vocabulary)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(vocabulary); i++) {
        if (!vocabulary[i].command)
            continue;
        if (text_equal_fold(vocabulary[i].words, word))
            return NULL;
        names[count++] = vocabulary[i].words;
    }
    return text_nearest(word, names, count, TEXT_NEAR);
}
