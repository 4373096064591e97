/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The words of a request, each with what it can be in one. */
#ifndef TMRO_ASK_WORDS_H
#define TMRO_ASK_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Most bytes of a request's words that are looked at. */
#define WORDS_MAX 1000

/* What a word can be in a request. A command may be asked for with all words of some roles. */
enum word_role {
    WORD_ANY = 1 << 0, /* filler in every request */
    WORD_ASK = 1 << 1, /* filler in a question about issues */
    WORD_HOW = 1 << 2,
    WORD_WHEN = 1 << 3, /* makes a question about issues one about the next */
    WORD_SHOW = 1 << 4,
    WORD_ISSUE = 1 << 5,
    WORD_LIST = 1 << 6,
    WORD_ALL = 1 << 7,
    WORD_LATEST = 1 << 8,
    WORD_PREVIOUS = 1 << 9,
    WORD_LAST = 1 << 10, /* "last", "this" and "the month" need a look at the word after them */
    WORD_THIS = 1 << 11,
    WORD_MONTH_ITSELF = 1 << 12,
    WORD_MONTH = 1 << 13, /* its name */
    WORD_YEAR = 1 << 14,
    WORD_DATE = 1 << 15, /* month and year in one word */
    WORD_NEXT = 1 << 16,
    WORD_SUBMIT = 1 << 17,
    WORD_ADD = 1 << 18,    /* means SUBMIT when it is asked how */
    WORD_THING = 1 << 19,  /* what can be submitted */
    WORD_CHANGE = 1 << 20, /* what can have happened since */
    WORD_STATUS = 1 << 21,
    WORD_HELP = 1 << 22,
    WORD_SINCE = 1 << 23,
    WORD_SEARCH = 1 << 24,
    WORD_HISTORY = 1 << 25,
    WORD_NOUN = 1 << 26, /* what may follow a project's name */
    WORD_NEW = 1 << 27,
    WORD_THANKS = 1 << 28,
    WORD_EMOJI = 1 << 29,
};

#define WORD_KEY_SIZE 20

struct word {
    const char *start; /* as typed */
    size_t len;
    char key[WORD_KEY_SIZE]; /* lower case, without what is around it and "'s"; "" when it is
                                too long, or has neither letter nor digit */
    unsigned roles;          /* 0: it has a meaning only for the archive */
    const char *command;     /* that it names, static; or NULL */
    int month, year;         /* 0: none */
    int day, as_year;        /* what a number may be after a month: "8th", "25" for 2025; 0: none */
};

struct words {
    char text[WORDS_MAX + 1];
    struct word word[WORDS_MAX / 2 + 1]; /* one after the last is empty */
    size_t count;
    size_t first; /* after filler at the beginning */
};

/* Takes a request of any bytes apart: `text` is valid UTF-8, white space folded, quotation marks as
 * a keyboard writes them, cut to WORDS_MAX. The words point into `words`, which must not be moved.
 */
void words_read(struct words *words, const char *text, size_t len);

/* Has nothing that could be looked for: only punctuation, emoji and names of emoji (":tada:"). */
bool words_are_blank(const char *s, size_t len);

/* Such a word. */
bool words_is_blank(const struct word *word);

/* Whether `key` is one of words separated by spaces. */
bool words_is_among(const char *list, const char *key);

/* Whether one of the words is in the list. */
bool words_have(const struct words *words, const char *list);

/* The number of words from `at` that are the longest of phrases separated by ";", in which "a/b"
 * stands for a or b; 0: none matches. */
size_t words_match(const struct words *words, size_t at, const char *phrases);

/* Behind the words from `at` that have one of the roles, which are added to `seen`. */
size_t words_skip(const struct words *words, size_t at, unsigned roles, unsigned *seen);

/* Whether all words have one of the roles; `*seen`: which. */
bool words_all_are(const struct words *words, unsigned roles, unsigned *seen);

/* Where the words from `at` end when filler after them is dropped. */
size_t words_drop_endings(const struct words *words, size_t at);

/* The command, other name of one, or month's name of five letters or more that is TEXT_NEAR to
 * `word`; NULL: none, or it is one. Static. */
const char *words_nearest(const char *word);

#endif
