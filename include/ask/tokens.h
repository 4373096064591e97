/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The words of a request, one by one. */
#ifndef TMRO_ASK_TOKENS_H
#define TMRO_ASK_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Most bytes of a request that are looked at. */
#define REQUEST_MAX 1000

#define TOKEN_KEY_SIZE 24

struct token {
    const char *start; /* as it was typed */
    size_t len;
    char key[TOKEN_KEY_SIZE]; /* for comparing: lower case, plain characters, without what surrounds
                                 it and without "'s"; "" when it is too long */
    bool blank;               /* has nothing to look for: punctuation, an emoji */
    bool emoji;               /* is one, or the name of one, ":tada:" */
    bool literal; /* in double quotes, or with a "-" before it: always a word to look for */
};

struct tokens {
    char *text;          /* valid UTF-8 on one line, cut to REQUEST_MAX */
    struct token *token; /* they point into it; one after the last has an empty key */
    size_t count;
};

/* Takes a request of any bytes apart. */
void tokens_read(struct arena *arena, const char *text, size_t len, struct tokens *tokens);

/* Whether text has only punctuation, emoji, and names of emoji. */
bool tokens_are_blank(const char *s, size_t len);

/* The number of tokens from `at` that match the longest of phrases, which are separated by ";"; a
 * word of a phrase may be "one/or/another". 0: none matches. */
size_t tokens_match(const struct tokens *tokens, size_t at, const char *phrases);

#endif
