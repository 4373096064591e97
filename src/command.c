/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the words of a request mean, without archive and clock. */
#include "command.h"

#include "text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct command_help commands[] = {
    {"latest", "latest", "the newest issue", "latest"},
    {"show", "show MONTH", "the issue of a month", "june 2026"},
    {"list", "list [YEAR]", "all issues, or those of one year with totals", "list 2025"},
    {"history", "history PROJECT", "where a project appeared", "uefi-rs"},
    {"search", "search WORDS", "where words appeared", "search hypervisor"},
    {"since", "since MONTH [PROJECT]", "what you missed since a month", "since march 2026"},
    {"next", "next", "when the next issue is due, and how to suggest something", "next"},
    {"status", "status", "how the bot is doing", "status"},
    {"help", "help [COMMAND]", "what I can do, or what one command does", "help since"},
};

/* What a word can be in a request. A command may be asked for with all words of some roles. */
enum role {
    ANY = 1 << 0, /* filler in every request */
    ASK = 1 << 1, /* filler in a question about issues */
    HOW = 1 << 2,
    WHEN = 1 << 3, /* makes a question about issues one about the next */
    SHOW = 1 << 4,
    ISSUE = 1 << 5,
    LIST = 1 << 6,
    ALL = 1 << 7,
    LATEST = 1 << 8,
    PREVIOUS = 1 << 9,
    LAST = 1 << 10, /* "last", "this" and "the month" need a look at the word behind them */
    THIS = 1 << 11,
    MONTH_ITSELF = 1 << 12,
    MONTH = 1 << 13, /* its name */
    YEAR = 1 << 14,
    DATE = 1 << 15, /* month and year in one word */
    NEXT = 1 << 16,
    SUBMIT = 1 << 17,
    ADD = 1 << 18,    /* means SUBMIT when it is asked how */
    THING = 1 << 19,  /* what can be submitted */
    CHANGE = 1 << 20, /* what can have happened since */
    MISS = 1 << 21,
    STATUS = 1 << 22,
    HELP = 1 << 23,
    SINCE = 1 << 24,
    SEARCH = 1 << 25,
    HISTORY = 1 << 26,
    MODAL = 1 << 27, /* what follows "may" when that is no month */
    NOUN = 1 << 28,  /* what may stand behind a project's name */
    NEW = 1 << 29,
    TIME = 1 << 30, /* what "last" may stand before that is no issue */
};

static const struct {
    const char *words; /* separated by spaces; one, when it names a command */
    unsigned roles;
    const char *command; /* or NULL */
} vocabulary[] = {
    {"latest", LATEST, "latest"},
    {"newest", LATEST, "latest"},
    {"show", SHOW, "show"},
    {"list", LIST, "list"},
    {"history", HISTORY | CHANGE, "history"},
    {"project", HISTORY | THING | NOUN, "history"},
    {"search", SEARCH, "search"},
    {"find", SEARCH, "search"},
    {"since", SINCE, "since"},
    {"next", NEXT, "next"},
    {"suggest", SUBMIT, "next"},
    {"submit", SUBMIT, "next"},
    {"status", STATUS, "status"},
    {"help", HELP, "help"},
    {"please pls plz kindly hey hi hello bot the a an me us thanks thank thx cheers ok okay just "
     "any "
     "tell give look see read open get view display want need like know let to your could can "
     "would i'd i'm quickly again",
     ANY, NULL},
    {"i we you it have not be one", ANY | MODAL, NULL},
    {"what which is was were are in of for from about at on with by happened happen happens do "
     "does "
     "did done been that there has had will out come comes came coming appear appears appeared "
     "published publish released yet ones many most contents content inside say says said",
     ASK, NULL},
    {"how where should", HOW, NULL},
    {"when due expected", WHEN, NULL},
    {"issue newsletter edition number", ISSUE, NULL},
    {"issues newsletters editions archive", LIST, NULL},
    {"all every everything", ALL, NULL},
    {"new news", NEW | CHANGE | THING, NULL},
    {"current recent", LATEST, NULL},
    {"previous prior penultimate before", PREVIOUS, NULL},
    {"last", LAST, NULL},
    {"this", THIS, NULL},
    {"month", MONTH_ITSELF, NULL},
    {"upcoming", NEXT, NULL},
    {"suggestion suggestions submission submissions submitting suggesting contribute contributing "
     "contribution contributions propose",
     SUBMIT, NULL},
    {"add into include featured included mentioned listed", ADD, NULL},
    {"something anything things thing link links my our own projects article articles post posts "
     "blog item items",
     THING, NULL},
    {"crate library repo repository", THING | NOUN, NULL},
    {"changes changed change update updates", CHANGE, NULL},
    {"miss missed", MISS, NULL},
    {"time day week weeks months year years few two three", TIME, NULL},
    {"commands command usage", HELP, NULL},
};

/* Requests that mean a command as a whole. */
static const struct {
    const char *words;
    enum command_kind kind;
    const char *about; /* of COMMAND_HELP */
} sayings[] = {
    {"what can you do", COMMAND_HELP, ""},
    {"what can i do", COMMAND_HELP, ""},
    {"what can i ask", COMMAND_HELP, ""},
    {"what can i ask you", COMMAND_HELP, ""},
    {"what do you do", COMMAND_HELP, ""},
    {"what do you know", COMMAND_HELP, ""},
    {"what are you", COMMAND_HELP, ""},
    {"who are you", COMMAND_HELP, ""},
    {"how does this work", COMMAND_HELP, ""},
    {"how do you work", COMMAND_HELP, ""},
    {"how do i use this", COMMAND_HELP, ""},
    {"how do i use you", COMMAND_HELP, ""},
    {"how are you", COMMAND_STATUS, ""},
    {"how are you doing", COMMAND_STATUS, ""},
    {"are you alive", COMMAND_STATUS, ""},
    {"are you there", COMMAND_STATUS, ""},
    {"are you ok", COMMAND_STATUS, ""},
    {"are you up", COMMAND_STATUS, ""},
    {"are you working", COMMAND_STATUS, ""},
    {"you there", COMMAND_STATUS, ""},
    {"ping", COMMAND_STATUS, ""},
    {"what did i miss", COMMAND_HELP, "since"},
    {"what have i missed", COMMAND_HELP, "since"},
};

/* Filler before words that are looked for. Words that can be meant themselves stand in phrases:
 * "can" is a bus. */
static const char *const openings[] = {
    "please",
    "pls",
    "plz",
    "kindly",
    "hey",
    "hi",
    "hello",
    "bot",
    "ok",
    "okay",
    "thanks",
    "thank you",
    "thank you very much",
    "many thanks",
    "the",
    "a",
    "an",
    "show",
    "show me",
    "tell me",
    "give me",
    "get me",
    "let me see",
    "what",
    "what is",
    "what are",
    "what was",
    "what about",
    "how about",
    "what is new in",
    "what is new with",
    "what is new on",
    "what is new for",
    "what is new about",
    "what new in",
    "what new with",
    "what new on",
    "what new for",
    "what new about",
    "what happened to",
    "what happened with",
    "what happened in",
    "what do you know about",
    "who is",
    "who are",
    "where is",
    "where can i",
    "could you",
    "can you",
    "would you",
    "will you",
    "can i",
    "could i",
    "may i",
    "can we",
    "could we",
    "i want",
    "i want to see",
    "i want to know",
    "i want to",
    "i would like",
    "i would like to see",
    "i would like to know",
    "i would like to",
    "i'd like",
    "i'd like to see",
    "i'd like to know",
    "i'd like to",
    "i need",
    "i am looking for",
    "i'm looking for",
    "looking for",
    "look for",
    "do you know",
    "do you have",
    "have you got",
    "have you",
    "is there",
    "are there",
    "was there",
    "anything about",
    "anything on",
    "something about",
    "something on",
    "everything about",
    "everything on",
    "all about",
    "info about",
    "info on",
    "information about",
    "information on",
    "news about",
    "news on",
    "news from",
    "news of",
    "any news about",
    "any news on",
    "any news from",
    "about",
};

static const char *const endings[] = {
    "please",      "pls",    "plz", "thanks", "thx", "cheers", "thank you", "thank you very much",
    "many thanks", "for me", "bot",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define KEY_SIZE 20

struct word {
    const char *start; /* as typed */
    size_t len;
    char key[KEY_SIZE]; /* lower case, without punctuation around it and "'s"; "" when too long */
    unsigned roles;     /* 0: it has a meaning only for the archive */
    const char *command;
    int month, year; /* 0: none */
};

struct request {
    char text[COMMAND_WORDS_MAX + 1];
    struct word word[COMMAND_WORDS_MAX / 2 + 1];
    size_t count;
    size_t first; /* behind filler */
};

/* What is typed unseen, and marks of code, which mean nothing here. */
static bool is_dropped(uint32_t c)
{
    return c == '`' || text_is_bidi(c) || c == 0x200B || c == 0x2060 || c == 0xFEFF;
}

/* Valid UTF-8, white space folded, quotes as a keyboard without help writes them; what is too long
 * is cut, behind a word if there is one. */
static void fold(char out[COMMAND_WORDS_MAX + 1], const char *s, size_t len)
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
        if (n + size > COMMAND_WORDS_MAX) {
            if (*add != ' ' && space > COMMAND_WORDS_MAX / 2)
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

/* Has nothing that could be looked for. */
static bool is_punctuation(const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end) {
        uint32_t c = text_next(&s, end);
        if (c < 0x80 ? isalnum((int)c) || c == '"'
                     : !(c == 0xA1 || c == 0xBF || (c >= 0x2010 && c <= 0x2027) ||
                         (c >= 0x2030 && c <= 0x205E) || c == 0x3002 || c == 0xFF1F || c == 0xFFFD))
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
    if (len >= KEY_SIZE)
        return;
    for (size_t i = 0; i < len; i++)
        word->key[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] | 0x20 : s[i]);
}

/* Whether `key` is one of words separated by spaces. */
static bool is_among(const char *words, const char *key)
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
        word->roles = MONTH;
        return;
    }
    p = word->key;
    if ((word->year = read_year(&p))) {
        if (!*p) {
            word->roles = YEAR;
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
        word->roles = DATE;
}

static void classify(struct word *word)
{
    make_key(word);
    if (is_punctuation(word->start, word->len)) {
        word->key[0] = '\0';
        word->roles = ANY;
        return;
    }
    read_calendar(word);
    for (size_t i = 0; !word->roles && i < COUNT(vocabulary); i++) {
        if (is_among(vocabulary[i].words, word->key)) {
            word->roles = vocabulary[i].roles;
            word->command = vocabulary[i].command;
        }
    }
}

/* The number of words from `at` that are the phrase; 0: it is not there. */
static size_t match(const struct request *r, size_t at, const char *phrase)
{
    size_t n = 0;
    for (; *phrase; n++) {
        size_t len = strcspn(phrase, " ");
        if (at + n >= r->count || strlen(r->word[at + n].key) != len ||
            memcmp(r->word[at + n].key, phrase, len) != 0)
            return 0;
        phrase += len + (phrase[len] == ' ');
    }
    return n;
}

static void split(struct request *r)
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
            (r->word[i + 1].roles & MODAL))
            r->word[i].roles = ANY;
        for (size_t n = match(r, i, "this month in rust osdev"); n > 0; n--)
            r->word[i + n - 1].roles = ISSUE;
    }
}

/* Behind the words from `at` that have one of the roles, which are added to `seen`. */
static size_t skip(const struct request *r, size_t at, unsigned roles, unsigned *seen)
{
    for (; at < r->count && (r->word[at].roles & roles); at++)
        *seen |= r->word[at].roles;
    return at;
}

static bool all_are(const struct request *r, unsigned roles, unsigned *seen)
{
    *seen = 0;
    return skip(r, 0, roles, seen) == r->count;
}

static size_t skip_openings(const struct request *r, size_t at)
{
    for (;;) {
        size_t longest = at < r->count && !*r->word[at].key && (r->word[at].roles & ANY);
        for (size_t i = 0; i < COUNT(openings); i++) {
            size_t n = match(r, at, openings[i]);
            if (n > longest)
                longest = n;
        }
        if (longest == 0)
            return at;
        at += longest;
    }
}

/* Where the words from `at` end when filler behind them is dropped. */
static size_t drop_endings(const struct request *r, size_t at)
{
    size_t end = r->count;
    for (bool dropped = true; dropped;) {
        dropped = false;
        if (end > at && !*r->word[end - 1].key && (r->word[end - 1].roles & ANY)) {
            end--;
            dropped = true;
        }
        for (size_t i = 0; !dropped && i < COUNT(endings); i++) {
            for (size_t n = 1; n <= 4 && at + n <= end; n++) {
                if (match(r, end - n, endings[i]) == n) {
                    end -= n;
                    dropped = true;
                    break;
                }
            }
        }
    }
    return end;
}

/* The words from `from` to `to` as they were typed. */
static void put_words(const struct request *r, size_t from, size_t to, struct command *command)
{
    size_t len = 0;
    if (from < to) {
        len = (size_t)(r->word[to - 1].start + r->word[to - 1].len - r->word[from].start);
        memcpy(command->words, r->word[from].start, len);
    }
    command->words[len] = '\0';
}

/* The same without punctuation at the end. */
static void put_trimmed(const struct request *r, size_t from, size_t to, struct command *command)
{
    put_words(r, from, to, command);
    size_t len = strlen(command->words);
    while (len > 0 && strchr("?!.,;: ", command->words[len - 1]))
        command->words[--len] = '\0';
}

/* The words from `at` as a project: "of the uefi-rs crate" is "uefi-rs". */
static bool put_project(const struct request *r, size_t at, struct command *command)
{
    size_t end = drop_endings(r, at);
    while (at < end && is_among("of for about in on from with the a", r->word[at].key))
        at++;
    if (at + 1 < end && (r->word[end - 1].roles & NOUN))
        end--;
    if (at + 1 < end && strcmp(r->word[at].key, "project") == 0)
        at++;
    put_trimmed(r, at, end, command);
    return *command->words;
}

static void set_help(struct command *command, const char *about)
{
    command->kind = COMMAND_HELP;
    snprintf(command->words, sizeof command->words, "%s", about);
}

static void set_month(struct command *command, int year, int month)
{
    command->when = WHEN_MONTH;
    snprintf(command->id, sizeof command->id, "%04u-%02u", (unsigned)year % 10000,
             (unsigned)month % 100);
}

/* "july", "july 2025", "july issue of 2025", "2025 july", "2025-07". */
static size_t read_date(const struct request *r, size_t at, struct command *command)
{
    const struct word *word = &r->word[at];
    unsigned seen = 0;
    if (word->roles & DATE) {
        set_month(command, word->year, word->month);
        return at + 1;
    }
    if ((word->roles & YEAR) && at + 1 < r->count && (word[1].roles & MONTH)) {
        set_month(command, word->year, word[1].month);
        return at + 2;
    }
    if (!(word->roles & MONTH))
        return 0;
    size_t behind = skip(r, at + 1, ISSUE | ANY, &seen);
    if (behind < r->count && is_among("of in", r->word[behind].key))
        behind++;
    if (behind < r->count && (r->word[behind].roles & YEAR)) {
        set_month(command, r->word[behind].year, word->month);
        return behind + 1;
    }
    command->when = WHEN_NAMED;
    command->month = word->month;
    return at + 1;
}

/* Reads a month, or an issue that is not called by its month, at `at`; gives where it ends; 0:
 * there is none. */
static size_t read_when(const struct request *r, size_t at, struct command *command)
{
    if (at >= r->count)
        return 0;
    unsigned roles = r->word[at].roles, seen = 0;
    unsigned next = at + 1 < r->count ? r->word[at + 1].roles : 0;
    if (roles & (MONTH | YEAR | DATE))
        return read_date(r, at, command);
    if ((roles & (LAST | THIS | LATEST | PREVIOUS)) && (next & MONTH_ITSELF)) {
        command->when = roles & (LAST | PREVIOUS) ? WHEN_LAST_MONTH : WHEN_THIS_MONTH;
        return at + 2;
    }
    if ((roles & (LAST | LATEST)) && (next & MONTH))
        return read_date(r, at + 1, command);
    if ((roles & LAST) && next == TIME)
        return 0;
    if ((roles & PREVIOUS) && strcmp(r->word[at].key, "before") == 0) {
        command->when = WHEN_PREVIOUS;
        return skip(r, at + 1, ANY | ISSUE | LATEST | LAST | THIS, &seen);
    }
    if (!(roles & (LAST | LATEST | PREVIOUS)) && !((roles & THIS) && (next & ISSUE)))
        return 0;
    command->when = roles & PREVIOUS ? WHEN_PREVIOUS : WHEN_LATEST;
    return at + 1;
}

static bool read_saying(const struct request *r, struct command *command)
{
    unsigned seen = 0;
    for (size_t i = 0; i < COUNT(sayings); i++) {
        size_t n = match(r, 0, sayings[i].words);
        if (n > 0 && skip(r, n, ANY, &seen) == r->count) {
            command->kind = sayings[i].kind;
            snprintf(command->words, sizeof command->words, "%s", sayings[i].about);
            return true;
        }
    }
    return false;
}

static bool read_help(const struct request *r, struct command *command)
{
    unsigned seen;
    size_t at = r->first + 1, end = drop_endings(r, at);
    if (strcmp(r->word[r->first].key, "help") != 0) {
        set_help(command, "");
        return strcmp(r->text, "?") == 0 ||
               (all_are(r, ANY | ASK | HOW | SHOW | LIST | HELP, &seen) && (seen & HELP));
    }
    while (at < end && is_among("me us with on for about the command commands", r->word[at].key))
        at++;
    if (at + 1 < end && strcmp(r->word[end - 1].key, "command") == 0)
        end--;
    if (at + 1 < end)
        return false;
    if (at >= end || r->word[at].command) {
        set_help(command, at < end ? r->word[at].command : "");
    } else {
        command->kind = COMMAND_HELP;
        put_trimmed(r, at, end, command);
    }
    /* "help with paging" is no question about a command. */
    return at >= end || r->word[at].command || at == r->first + 1;
}

/* Everything behind the word is kept: it may be meant as a phrase or an operator. */
static bool read_search(const struct request *r, struct command *command)
{
    if (!(r->word[r->first].roles & SEARCH))
        return false;
    size_t at = r->first + 1;
    at += at < r->count && strcmp(r->word[at].key, "for") == 0;
    if (at == r->count || is_punctuation(r->word[at].start, strlen(r->word[at].start))) {
        set_help(command, "search");
        return true;
    }
    command->kind = COMMAND_SEARCH;
    put_words(r, at, r->count, command);
    return true;
}

static bool read_history(const struct request *r, struct command *command)
{
    size_t end = drop_endings(r, r->first);
    if (r->word[r->first].roles & HISTORY) {
        command->kind = COMMAND_HISTORY;
        if (!put_project(r, r->first + 1, command))
            set_help(command, "history");
        return true;
    }
    if (end == r->first + 2 && !(r->word[r->first].roles & ~TIME) &&
        strcmp(r->word[r->first + 1].key, "history") == 0) {
        command->kind = COMMAND_HISTORY;
        put_words(r, r->first, r->first + 1, command);
        return true;
    }
    return false;
}

/* One word before "since" may be the project: "what changed in uefi-rs since may". */
static bool read_since(const struct request *r, struct command *command)
{
    const unsigned filler = ANY | ASK | HOW | SHOW | ISSUE | LIST | ALL | LATEST | NEW | CHANGE |
                            MISS | THING | HISTORY;
    unsigned seen = 0;
    size_t at = skip(r, 0, filler, &seen), before = r->count;
    if (at < r->count && !(r->word[at].roles & SINCE)) {
        before = at;
        at = skip(r, at + 1, filler, &seen);
    }
    if (at >= r->count || !(r->word[at].roles & SINCE))
        return false;
    at = skip(r, at + 1, ANY | ASK | ISSUE, &seen);
    if (at == r->count) {
        if (before < r->count)
            return false;
        set_help(command, "since");
        return true;
    }
    size_t behind = read_when(r, at, command);
    if (!behind && (r->word[at].roles & YEAR)) {
        set_month(command, r->word[at].year, 1);
        behind = at + 1;
    }
    if (!behind)
        return false;
    behind = skip(r, behind, ANY | ASK | ISSUE, &seen);
    if (before < r->count) {
        if (behind < r->count)
            return false;
        put_trimmed(r, before, before + 1, command);
    } else {
        put_project(r, behind, command);
    }
    command->kind = COMMAND_SINCE;
    return true;
}

static bool read_next(const struct request *r, struct command *command)
{
    const unsigned filler = ANY | ASK | HOW | WHEN | ISSUE | NEW;
    unsigned seen;
    if ((all_are(r, filler | NEXT | MONTH_ITSELF, &seen) && (seen & (NEXT | WHEN))) ||
        (all_are(r, filler | THIS | NEXT | THING | HISTORY | SUBMIT | ADD, &seen) &&
         ((seen & SUBMIT) || ((seen & ADD) && (seen & (HOW | ISSUE)))))) {
        command->kind = COMMAND_NEXT;
        return true;
    }
    return false;
}

static bool read_show(const struct request *r, struct command *command)
{
    const unsigned filler = ANY | ASK | HOW | WHEN | SHOW | ISSUE | LIST | NEW | CHANGE;
    unsigned seen = 0;
    size_t at = skip(r, 0, filler, &seen);
    if (at == r->count) {
        if ((seen & LIST) || !(seen & (SHOW | ISSUE | NEW)))
            return false;
        command->when = WHEN_LATEST;
    } else {
        at = read_when(r, at, command);
        if (!at || skip(r, at, filler, &seen) != r->count)
            return false;
    }
    command->kind = COMMAND_SHOW;
    return true;
}

static bool read_list(const struct request *r, struct command *command)
{
    unsigned seen;
    if (!all_are(r, ANY | ASK | HOW | SHOW | ISSUE | LIST | ALL | YEAR, &seen) ||
        !((seen & (LIST | YEAR)) || ((seen & SHOW) && (seen & ALL))))
        return false;
    int year = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!(r->word[i].roles & YEAR))
            continue;
        if (year)
            return false;
        year = r->word[i].year;
    }
    command->kind = COMMAND_LIST;
    command->year = year;
    return true;
}

static bool read_status(const struct request *r, struct command *command)
{
    unsigned seen;
    if (!all_are(r, ANY | ASK | SHOW | STATUS, &seen) || !(seen & STATUS))
        return false;
    command->kind = COMMAND_STATUS;
    return true;
}

static bool read_words(const struct request *r, struct command *command)
{
    size_t end = drop_endings(r, r->first);
    /* "the uefi-rs crate" */
    if (r->first > 0 && end == r->first + 2 && !(r->word[r->first].roles & ~TIME) &&
        (r->word[end - 1].roles & NOUN))
        end--;
    put_trimmed(r, r->first, end, command);
    command->kind = *command->words ? COMMAND_WORDS : COMMAND_NONE;
    return true;
}

void command_read(const char *text, size_t len, struct command *command)
{
    static bool (*const readers[])(const struct request *, struct command *) = {
        read_saying, read_help,   read_search, read_since, read_history,
        read_next,   read_status, read_show,   read_list,  read_words,
    };
    struct request r = {.count = 0};
    bool read = false;
    fold(r.text, text, len);
    split(&r);
    r.first = skip_openings(&r, 0);
    for (size_t i = 0; !read && i < COUNT(readers); i++) {
        *command = (struct command){0};
        read = readers[i](&r, command);
    }
}

const char *command_nearest(const char *word)
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
    return text_nearest(word, names, count);
}

const struct command_help *command_help(size_t *count)
{
    *count = COUNT(commands);
    return commands;
}
