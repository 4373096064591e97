/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the words of a request mean, without archive and clock. */
#include "ask/command.h"

#include "ask/words.h"
#include "base/arena.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const struct command_help commands[] = {
    {"latest", "latest", "the newest issue", "latest", NULL},
    {"show", "show MONTH", "the issue of a month", "show june 2026", "june 2026"},
    {"list", "list [YEAR]", "all issues, or those of one year with totals", "list 2025", NULL},
    {"history", "history PROJECT", "where a project appeared", "history uefi-rs", "uefi-rs"},
    {"search", "search WORDS", "where words appeared", "search hypervisor", NULL},
    {"since", "since MONTH [PROJECT]", "what you missed since a month", "since march 2026", NULL},
    {"next", "next", "when the next issue is due, and how to suggest something", "next", NULL},
    {"status", "status", "how the bot is doing", "status", NULL},
    {"help", "help [COMMAND]", "what I can do, or what one command does", "help since", NULL},
};

/* Requests that mean a command as a whole. Phrases are separated by ";". */
static const struct {
    const char *phrases;
    enum command_kind kind;
    const char *about; /* of COMMAND_HELP */
} sayings[] = {
    {"what can you/i do;what can i ask;what do you do/know;what are you;who are you;"
     "how does this work;how do you work;how do i use this/you",
     COMMAND_HELP, ""},
    {"how are you;how are you doing;are you alive/there/ok/up/working;you there;ping",
     COMMAND_STATUS, ""},
    {"what did i miss;what have i missed", COMMAND_HELP, "since"},
    {"many thanks;thanks/thank a lot;got it;never mind;nevermind;good bot", COMMAND_THANKS, ""},
};

/* The words from `from` to `to` as they were typed. */
static void put_words(const struct words *r, size_t from, size_t to, struct command *command)
{
    size_t len = 0;
    if (from < to && to <= r->count) {
        len = (size_t)(r->word[to - 1].start + r->word[to - 1].len - r->word[from].start);
        memcpy(command->words, r->word[from].start, len);
    }
    command->words[len] = '\0';
}

/* The same without punctuation and emoji at the end. */
static void put_trimmed(const struct words *r, size_t from, size_t to, struct command *command)
{
    put_words(r, from, to, command);
    const char *end = command->words + strlen(command->words), *after = command->words;
    for (const char *p = after; p < end;) {
        uint32_t c = unicode_next(&p, end);
        if (c < 0x80 ? !strchr("?!.,;: ", (int)c) : !unicode_is_symbol(c))
            after = p;
    }
    command->words[after - command->words] = '\0';
}

/* The words from `at` as a project: "of the uefi-rs crate" is "uefi-rs". */
static bool put_project(const struct words *r, size_t at, struct command *command)
{
    size_t end = words_drop_endings(r, at);
    while (at < end && (words_is_blank(&r->word[at]) ||
                        words_is_among("of for about in on from with the a", r->word[at].key)))
        at++;
    if (at + 1 < end && (r->word[end - 1].roles & WORD_NOUN))
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
    command->month = year * 12 + month - 1;
}

/* The role of the word at `at`, or after "of" or "in" there; moves `*at` to it. */
static bool is_next(const struct words *r, size_t *at, unsigned role)
{
    size_t next = *at + (*at < r->count && words_is_among("of in", r->word[*at].key));
    if (next >= r->count || !(r->word[next].roles & role))
        return false;
    *at = next;
    return true;
}

/* Reads what follows the month's name before `at`: "2025", "issue of 2025", "8, 2025", "25",
 * "8"; gives where it ends. */
static size_t read_year(const struct words *r, size_t at, struct command *command)
{
    const struct word *word = &r->word[at];
    unsigned seen = 0;
    size_t after = words_skip(r, at, WORD_ISSUE | WORD_ANY, &seen);
    if (is_next(r, &after, WORD_YEAR)) {
        set_month(command, r->word[after].year, word[-1].month);
        return after + 1;
    }
    if (word->day && at + 1 < r->count && (word[1].roles & WORD_YEAR)) {
        set_month(command, word[1].year, word[-1].month);
        return at + 2;
    }
    if (word->as_year) {
        set_month(command, word->as_year, word[-1].month);
        return at + 1;
    }
    command->when = WHEN_NAMED;
    command->named = word[-1].month;
    return word->day ? at + 1 : at;
}

/* "july", "july 2025", "8 july 2025", "2025 july", "2025-07". */
static size_t read_date(const struct words *r, size_t at, struct command *command)
{
    const struct word *word = &r->word[at];
    size_t month = at + 1;
    if (word->roles & WORD_DATE) {
        set_month(command, word->year, word->month);
        return at + 1;
    }
    if ((word->roles & WORD_YEAR) && month < r->count && (word[1].roles & WORD_MONTH)) {
        set_month(command, word->year, word[1].month);
        return at + 2;
    }
    if (word->roles & WORD_MONTH)
        return read_year(r, at + 1, command);
    return word->day && is_next(r, &month, WORD_MONTH) ? read_year(r, month + 1, command) : 0;
}

/* Reads a month, or an issue that is not called by its month, at `at`; gives where it ends; 0:
 * there is none. */
static size_t read_when(const struct words *r, size_t at, struct command *command)
{
    if (at >= r->count)
        return 0;
    unsigned roles = r->word[at].roles, seen = 0;
    unsigned next = at + 1 < r->count ? r->word[at + 1].roles : 0;
    if ((roles & (WORD_MONTH | WORD_YEAR | WORD_DATE)) || r->word[at].day)
        return read_date(r, at, command);
    if ((roles & (WORD_LAST | WORD_THIS | WORD_LATEST | WORD_PREVIOUS)) &&
        (next & WORD_MONTH_ITSELF)) {
        command->when = roles & (WORD_LAST | WORD_PREVIOUS) ? WHEN_LAST_MONTH : WHEN_THIS_MONTH;
        return at + 2;
    }
    if ((roles & (WORD_LAST | WORD_LATEST)) && (next & WORD_MONTH))
        return read_date(r, at + 1, command);
    /* "last year" */
    if ((roles & WORD_LAST) && !next && at + 1 < r->count)
        return 0;
    if ((roles & WORD_PREVIOUS) && strcmp(r->word[at].key, "before") == 0) {
        command->when = WHEN_PREVIOUS;
        return words_skip(r, at + 1, WORD_ANY | WORD_ISSUE | WORD_LATEST | WORD_LAST | WORD_THIS,
                          &seen);
    }
    if (!(roles & (WORD_LAST | WORD_LATEST | WORD_PREVIOUS)) &&
        !((roles & WORD_THIS) && (next & WORD_ISSUE)))
        return 0;
    command->when = roles & WORD_PREVIOUS ? WHEN_PREVIOUS : WHEN_LATEST;
    return at + 1;
}

static bool read_saying(const struct words *r, struct command *command)
{
    unsigned seen = 0;
    for (size_t i = 0; i < COUNT(sayings); i++) {
        size_t n = words_match(r, 0, sayings[i].phrases);
        if (n > 0 && words_skip(r, n, WORD_ANY, &seen) == r->count) {
            command->kind = sayings[i].kind;
            snprintf(command->words, sizeof command->words, "%s", sayings[i].about);
            return true;
        }
    }
    return false;
}

static bool read_thanks(const struct words *r, struct command *command)
{
    unsigned seen;
    command->kind = COMMAND_THANKS;
    return (words_all_are(r, WORD_EMOJI, &seen) && r->count) ||
           (words_all_are(r, WORD_ANY, &seen) && (seen & WORD_THANKS));
}

static bool read_help(const struct words *r, struct command *command)
{
    unsigned seen;
    size_t at = r->first + 1, end = words_drop_endings(r, at);
    if (strcmp(r->word[r->first].key, "help") != 0) {
        set_help(command, "");
        return strcmp(r->text, "?") == 0 ||
               (words_all_are(r, WORD_ANY | WORD_ASK | WORD_HOW | WORD_SHOW | WORD_LIST | WORD_HELP,
                              &seen) &&
                (seen & WORD_HELP));
    }
    while (at < end &&
           words_is_among("me us with on for about the command commands", r->word[at].key))
        at++;
    if (at + 1 < end && strcmp(r->word[end - 1].key, "command") == 0)
        end--;
    if (at + 1 < end)
        return false;
    if (at >= end || r->word[at].command) {
        set_help(command, at < end ? r->word[at].command : "");
        return true;
    }
    command->kind = COMMAND_HELP;
    put_trimmed(r, at, end, command);
    /* "help with paging" and "help wanted" are no questions about a command. */
    return at == r->first + 1 && words_nearest(command->words);
}

/* Everything after the word is kept: it may be meant as a phrase or an operator. */
static bool read_search(const struct words *r, struct command *command)
{
    if (!(r->word[r->first].roles & WORD_SEARCH))
        return false;
    size_t at = r->first + 1;
    at += at < r->count && strcmp(r->word[at].key, "for") == 0;
    if (at == r->count || words_are_blank(r->word[at].start, strlen(r->word[at].start))) {
        set_help(command, "search");
        return true;
    }
    command->kind = COMMAND_SEARCH;
    put_words(r, at, r->count, command);
    return true;
}

static bool read_history(const struct words *r, struct command *command)
{
    size_t end = words_drop_endings(r, r->first);
    if (r->word[r->first].roles & WORD_HISTORY) {
        command->kind = COMMAND_HISTORY;
        if (!put_project(r, r->first + 1, command))
            set_help(command, "history");
        return true;
    }
    if (end == r->first + 2 && !r->word[r->first].roles &&
        strcmp(r->word[r->first + 1].key, "history") == 0) {
        command->kind = COMMAND_HISTORY;
        put_words(r, r->first, r->first + 1, command);
        return true;
    }
    return false;
}

/* One word before "since" may be the project: "what changed in uefi-rs since may". */
static bool read_since(const struct words *r, struct command *command)
{
    const unsigned filler = WORD_ANY | WORD_ASK | WORD_HOW | WORD_SHOW | WORD_ISSUE | WORD_LIST |
                            WORD_ALL | WORD_LATEST | WORD_NEW | WORD_CHANGE | WORD_THING |
                            WORD_HISTORY;
    unsigned seen = 0;
    size_t at = words_skip(r, 0, filler, &seen), before = r->count;
    if (at < r->count && !(r->word[at].roles & WORD_SINCE)) {
        before = at;
        at = words_skip(r, at + 1, filler, &seen);
    }
    if (at >= r->count || !(r->word[at].roles & WORD_SINCE))
        return false;
    at = words_skip(r, at + 1, WORD_ANY | WORD_ASK | WORD_ISSUE, &seen);
    if (at == r->count) {
        if (before < r->count)
            return false;
        set_help(command, "since");
        return true;
    }
    size_t after = read_when(r, at, command);
    if (!after && (r->word[at].roles & WORD_YEAR)) {
        set_month(command, r->word[at].year, 1);
        after = at + 1;
    }
    if (!after)
        return false;
    after = words_skip(r, after, WORD_ANY | WORD_ASK | WORD_ISSUE, &seen);
    if (before < r->count) {
        if (after < r->count)
            return false;
        put_trimmed(r, before, before + 1, command);
    } else {
        put_project(r, after, command);
    }
    command->kind = COMMAND_SINCE;
    return true;
}

static bool read_next(const struct words *r, struct command *command)
{
    const unsigned filler = WORD_ANY | WORD_ASK | WORD_HOW | WORD_WHEN | WORD_ISSUE | WORD_NEW;
    unsigned seen;
    if ((words_all_are(r, filler | WORD_NEXT | WORD_MONTH_ITSELF, &seen) &&
         (seen & (WORD_NEXT | WORD_WHEN))) ||
        (words_all_are(
             r, filler | WORD_THIS | WORD_NEXT | WORD_THING | WORD_HISTORY | WORD_SUBMIT | WORD_ADD,
             &seen) &&
         ((seen & WORD_SUBMIT) || ((seen & WORD_ADD) && (seen & (WORD_HOW | WORD_ISSUE)))))) {
        command->kind = COMMAND_NEXT;
        return true;
    }
    return false;
}

/* Whether it is asked when an issue comes, not when it came. */
static bool asks_for_coming(const struct words *r)
{
    return words_have(r, "when due expected out yet will") && !words_have(r, "was were did came");
}

static bool read_show(const struct words *r, struct command *command)
{
    const unsigned filler = WORD_ANY | WORD_ASK | WORD_HOW | WORD_WHEN | WORD_SHOW | WORD_ISSUE |
                            WORD_LIST | WORD_NEW | WORD_CHANGE;
    unsigned seen = 0;
    bool coming = asks_for_coming(r);
    size_t at = words_skip(r, 0, filler, &seen);
    if (at == r->count) {
        if ((seen & WORD_LIST) || !((seen & (WORD_SHOW | WORD_ISSUE | WORD_NEW)) || coming))
            return false;
        command->when = WHEN_LATEST;
    } else {
        at = read_when(r, at, command);
        if (!at || words_skip(r, at, filler, &seen) != r->count)
            return false;
    }
    command->kind = COMMAND_SHOW;
    command->coming = coming && (command->when == WHEN_NAMED || command->when == WHEN_LATEST);
    return true;
}

static bool read_list(const struct words *r, struct command *command)
{
    unsigned seen;
    if (!words_all_are(r,
                       WORD_ANY | WORD_ASK | WORD_HOW | WORD_SHOW | WORD_ISSUE | WORD_LIST |
                           WORD_ALL | WORD_NEW | WORD_CHANGE | WORD_YEAR,
                       &seen) ||
        !((seen & (WORD_LIST | WORD_YEAR)) || ((seen & WORD_SHOW) && (seen & WORD_ALL))))
        return false;
    int year = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!(r->word[i].roles & WORD_YEAR))
            continue;
        if (year)
            return false;
        year = r->word[i].year;
    }
    command->kind = COMMAND_LIST;
    command->year = year;
    return true;
}

static bool read_status(const struct words *r, struct command *command)
{
    unsigned seen;
    if (!words_all_are(r, WORD_ANY | WORD_ASK | WORD_SHOW | WORD_STATUS, &seen) ||
        !(seen & WORD_STATUS))
        return false;
    command->kind = COMMAND_STATUS;
    return true;
}

static bool read_words(const struct words *r, struct command *command)
{
    size_t end = words_drop_endings(r, r->first), name_end = end;
    while (name_end > r->first + 1 && (r->word[name_end - 1].roles & WORD_NOUN))
        name_end--;
    put_trimmed(r, r->first, name_end, command);
    command->name_len = strlen(command->words);
    put_trimmed(r, r->first, end, command);
    command->kind = *command->words ? COMMAND_WORDS : COMMAND_NONE;
    return true;
}

void command_read(const char *text, size_t len, struct command *command)
{
    static bool (*const readers[])(const struct words *, struct command *) = {
        read_saying, read_thanks, read_help, read_search, read_since, read_history,
        read_next,   read_status, read_show, read_list,   read_words,
    };
    struct words r;
    bool read = false;
    words_read(&r, text, len);
    for (size_t i = 0; !read && i < COUNT(readers); i++) {
        *command = (struct command){0};
        read = readers[i](&r, command);
    }
}

const struct command_help *command_help(size_t *count)
{
    *count = COUNT(commands);
    return commands;
}
