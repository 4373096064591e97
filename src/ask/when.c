/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Times as people say them. */
#include "ask/when.h"

#include "ask/tokens.h"
#include "base/arena.h"
#include "base/text.h"
#include "news/month.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between "since" and its time. */
static const char fillers[] = "the;a;an;in;of;issue of/from/for;issue";

static const char *key_at(const struct tokens *t, size_t at)
{
    return at < t->count && !t->token[at].literal ? t->token[at].key : "";
}

static int newest(const struct calendar *calendar)
{
    const struct facts_issues *issues = calendar->issues;
    return issues->count ? issues->issue[issues->count - 1].month : calendar->today - 1;
}

static int oldest(const struct calendar *calendar)
{
    return calendar->issues->count ? calendar->issues->issue[0].month : newest(calendar);
}

static int today(const struct calendar *calendar)
{
    return calendar->today ? calendar->today : newest(calendar) + 1;
}

/* The issue so many before the newest. */
static int nth_newest(const struct calendar *calendar, int back)
{
    size_t count = calendar->issues->count, n = (size_t)back;
    return count ? calendar->issues->issue[n < count ? count - 1 - n : 0].month : newest(calendar);
}

static bool set_month(struct when *when, int month, size_t end)
{
    when->span = (struct span){month, month};
    when->month = true;
    when->end = end;
    return true;
}

static bool set_span(struct when *when, int first, int last, size_t end)
{
    when->span = (struct span){first, last};
    when->end = end;
    return true;
}

static bool set_year(struct when *when, int year, size_t end)
{
    return set_span(when, year * 12, year * 12 + 11, end);
}

static bool set_named(struct when *when, int number, size_t end)
{
    when->named = number;
    return set_month(when, 0, end);
}

/* A number in up to three digits, or as a word up to twelve; 0: it is not one. */
static int read_number(const char *key)
{
    static const char *const names[] = {"one",   "two",   "three", "four", "five",   "six",
                                        "seven", "eight", "nine",  "ten",  "eleven", "twelve"};
    size_t digits = strspn(key, "0123456789");
    if (digits && digits <= 3 && !key[digits])
        return (int)strtol(key, NULL, 10);
    for (int i = 0; i < 12; i++)
        if (strcmp(key, names[i]) == 0)
            return i + 1;
    return 0;
}

/* A year on its own; beside a month it may be further off. */
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
    bool weak;    /* a name of three letters, or one that is a word, too */
};

/* Reads the piece at `*p` and steps over it. */
static bool read_piece(const char **p, struct piece *piece)
{
    size_t len;
    *piece = (struct piece){.month = month_number(*p, &len)};
    if (len == 4 && strncmp(*p, "sept", 4) == 0)
        piece->month = 9;
    piece->weak = len == 3 || (len == 5 && strncmp(*p, "march", 5) == 0);
    piece->digits = strspn(*p, "0123456789");
    if (piece->digits == 0) {
        *p += len;
        return piece->month;
    }
    for (size_t i = 0; i < piece->digits && i < 4; i++)
        piece->number = piece->number * 10 + (*(*p)++ - '0');
    piece->ordinal = strlen(*p) == 2 && strstr("st nd rd th", *p);
    *p += piece->ordinal ? 2 : 0;
    return piece->digits <= 2 || piece->digits == 4;
}

/* What one token says of a date. */
struct date {
    int month, year; /* 0: none */
    int day;         /* "8th" */
    int as_year;     /* what a number is after a month: "july 25", "july 1999" */
    bool weak;
};

static bool read_single(const struct piece *piece, struct date *date)
{
    date->month = piece->month;
    date->weak = piece->weak;
    if (is_year(piece->number))
        date->year = piece->number;
    else if (is_year_of_month(piece->number))
        date->as_year = piece->number;
    else if (piece->digits == 1 || piece->digits == 2)
        date->day = piece->number <= 31 ? piece->number : 0;
    if (piece->digits == 2 && !piece->ordinal && piece->number >= 20)
        date->as_year = 2000 + piece->number;
    return true;
}

/* "2025-07", "07/2025", "2025/7/31", "15.07.2025", "8-july-2025", "july2025", "jul25", "july-8". */
static bool read_several(const struct piece *piece, size_t count, struct date *date)
{
    int number[2] = {0}; /* what is neither a name nor a year */
    size_t numbers = 0;
    for (size_t i = 0; i < count; i++) {
        if (piece[i].month && !date->month)
            date->month = piece[i].month;
        else if (is_year_of_month(piece[i].number) && !date->year)
            date->year = piece[i].number;
        else if (piece[i].digits > 0 && piece[i].digits <= 2 && numbers < 2)
            number[numbers++] = piece[i].number;
        else
            return false;
    }
    bool named = date->month;
    /* Where either may be the day, the month is the second. */
    if (!named)
        date->month = number[piece[0].digits <= 2 && numbers == 2 && number[1] <= 12];
    else if (!date->year && piece[0].month && number[0] >= 20)
        date->year = 2000 + number[0];
    return date->month >= 1 && date->month <= 12 && (date->year || named);
}

/* The month whose page the token links to. */
static bool read_link(const struct token *token, struct date *date)
{
    static const char folder[] = "/this-month/";
    const char *p = memmem(token->start, token->len, folder, sizeof folder - 1);
    char id[MONTH_ID_SIZE] = "";
    if (p) {
        p += sizeof folder - 1;
        snprintf(id, sizeof id, "%.*s", (int)(token->start + token->len - p), p);
    }
    int month = month_read(id);
    date->year = month / 12;
    date->month = month % 12 + 1;
    return month;
}

/* A month's name with a typing error or two. */
static int guess_month(const char *key, size_t least)
{
    size_t len = strlen(key);
    if (len < least || strspn(key, "abcdefghijklmnopqrstuvwxyz") != len)
        return 0;
    for (int i = 1; i <= 12; i++)
        if (text_distance(key, month_name(i - 1)) <= (len >= 8 ? 2 : 1))
            return i;
    return 0;
}

/* Takes a token apart into at most three pieces, with one of "-/.,'" between them or nothing. */
static bool read_date(const struct tokens *t, size_t at, struct date *date)
{
    struct piece piece[3];
    size_t count = 0;
    const char *p = key_at(t, at);
    *date = (struct date){0};
    if (at >= t->count || t->token[at].literal)
        return false;
    for (bool more = *p; more;) {
        if (count == 3 || !read_piece(&p, &piece[count++]))
            return read_link(&t->token[at], date);
        more = *p;
        p += more && strchr("-/.,'", *p);
    }
    return count == 1  ? read_single(&piece[0], date)
           : count > 1 ? read_several(piece, count, date)
                       : read_link(&t->token[at], date);
}

static bool is_relative_year(const struct tokens *t, size_t at)
{
    return tokens_match(t, at, "last/this/previous/past/current year;the last year");
}

/* A year in one token: "2025", "last year" in two. 0: there is none. */
static int read_year(const struct tokens *t, size_t at, const struct calendar *calendar,
                     size_t *end)
{
    struct date date;
    if (is_relative_year(t, at)) {
        *end = at + 2;
        bool present = tokens_match(t, at, "this/current");
        return today(calendar) / 12 - !present;
    }
    *end = at + 1;
    return read_date(t, at, &date) && date.year && !date.month ? date.year : 0;
}

/* After a month's name: a year, or a day. */
static bool read_after_month(const struct tokens *t, size_t at, const struct calendar *calendar,
                             int number, bool weak, struct when *when)
{
    struct date next = {0};
    size_t end, after = at + tokens_match(t, at, "of/in;issue of/in;issue");
    int year = read_year(t, after, calendar, &end);
    if (year)
        return set_month(when, year * 12 + number - 1, end);
    read_date(t, at, &next);
    if (next.day && (year = read_year(t, at + 1, calendar, &end)))
        return set_month(when, year * 12 + number - 1, end);
    if (next.as_year)
        return set_month(when, next.as_year * 12 + number - 1, at + 1);
    when->weak = weak && !next.day;
    return set_named(when, number, at + (next.day > 0));
}

/* "q1 2024", "2024 q1", "q1", "first half of 2024". */
static bool read_part(const struct tokens *t, size_t at, const struct calendar *calendar,
                      struct when *when)
{
    static const struct {
        const char *phrases;
        int first, months;
    } parts[] = {{"q1;first/1st quarter", 0, 3}, {"q2;second/2nd quarter", 3, 3},
                 {"q3;third/3rd quarter", 6, 3}, {"q4;fourth/4th/last quarter", 9, 3},
                 {"h1;first/1st half", 0, 6},    {"h2;second/2nd half", 6, 6}};
    size_t after_year = at, n = 0, i = 0;
    int year = read_year(t, at, calendar, &after_year);
    size_t end = year ? after_year : at;
    for (; i < COUNT(parts) && !(n = tokens_match(t, end, parts[i].phrases));)
        i++;
    if (!n)
        return false;
    bool alone = n == 1 && *key_at(t, end) == 'q';
    end += n;
    if (!year) {
        size_t after = end + tokens_match(t, end, "of;in");
        year = read_year(t, after, calendar, &after);
        end = year ? after : end;
    }
    if (!year && !alone)
        return false;
    int first = (year ? year : today(calendar) / 12) * 12 + parts[i].first;
    return set_span(when, first, first + parts[i].months - 1, end);
}

/* A date of the calendar. */
static bool read_calendar(const struct tokens *t, size_t at, const struct calendar *calendar,
                          struct when *when)
{
    struct date date, next;
    if (read_part(t, at, calendar, when))
        return true;
    if (!read_date(t, at, &date)) {
        size_t end;
        bool beside =
            read_year(t, at + 1, calendar, &end) || (at && read_year(t, at - 1, calendar, &end));
        int guess = guess_month(key_at(t, at), beside ? 4 : 6);
        return guess && read_after_month(t, at + 1, calendar, guess, false, when);
    }
    if (date.year && date.month)
        return set_month(when, date.year * 12 + date.month - 1, at + 1);
    if (date.month)
        return read_after_month(t, at + 1, calendar, date.month, date.weak, when);
    size_t after = at + 1;
    after += date.day ? tokens_match(t, after, "of") : 0;
    if ((date.year || date.day) && read_date(t, after, &next) && next.month && !next.year)
        return date.year ? set_month(when, date.year * 12 + next.month - 1, after + 1)
                         : read_after_month(t, after + 1, calendar, next.month, false, when);
    return date.year && set_year(when, date.year, at + 1);
}

/* "this month", "last year", "last week", "today". */
static bool read_present(const struct tokens *t, size_t at, const struct calendar *calendar,
                         struct when *when)
{
    size_t end, n = tokens_match(t, at, "last/previous/past month;the month before");
    int year = read_year(t, at, calendar, &end);
    if (n)
        return set_month(when, today(calendar) - 1, at + n);
    n = tokens_match(t, at, "this/current/the/latest month");
    if (n && (year = read_year(t, at + n, calendar, &end)))
        return set_month(when, year * 12 + today(calendar) % 12, end);
    if (n)
        return set_month(when, today(calendar), at + n);
    n = tokens_match(t, at, "last/this/past/previous week;today;yesterday;tonight");
    if (n) {
        when->weekly = true;
        return set_month(when, newest(calendar), at + n);
    }
    if (!is_relative_year(t, at))
        return false;
    return set_year(when, year ? year : read_year(t, at, calendar, &end), end);
}

/* "three months ago", "half a year ago", "last 3 issues", "past 2 years". */
static bool read_distance(const struct tokens *t, size_t at, const struct calendar *calendar,
                          struct when *when)
{
    size_t back = tokens_match(t, at, "last/past/newest/latest/previous/recent;most recent");
    size_t after = at + back;
    size_t half = tokens_match(t, after, "half a year;half year");
    int number = half ? 6 : tokens_match(t, after, "a/an") ? 1 : read_number(key_at(t, after));
    if (!number)
        return false;
    after += half ? half : 1;
    bool years = !half && tokens_match(t, after, "year/years");
    bool issues = tokens_match(t, after, "issue/issues/newsletter/newsletters");
    bool unit = years || issues || tokens_match(t, after, "month/months");
    after += unit;
    unit = unit || half;
    int months = years ? 12 * number : number;
    if (back && (unit || number > 1)) {
        int first = issues ? nth_newest(calendar, number - 1) : newest(calendar) - months + 1;
        return (unit || number <= 36) && set_span(when, first, newest(calendar), after);
    }
    if (back || !unit || !tokens_match(t, after, "ago/back/earlier"))
        return false;
    return set_month(when, issues ? nth_newest(calendar, number) : today(calendar) - months,
                     after + 1);
}

/* "issue 42", "the 42nd issue", "the previous issue". */
static bool read_ordinal(const struct tokens *t, size_t at, const struct calendar *calendar,
                         struct when *when)
{
    static const char previous[] =
        "previous issue/newsletter/one;previous;next to last issue;next to last;penultimate "
        "issue;penultimate;second to last issue;"
        "prior issue;one before the last/latest/newest one/issue;one before the last/latest/newest;"
        "issue before the last/latest/newest one;issue before the last/latest/newest;"
        "issue before last/this;one before;issue before";
    static const char *const ordinals[] = {"second", "third",    "fourth", "fifth",
                                           "sixth",  "seventh",  "eighth", "ninth",
                                           "tenth",  "eleventh", "twelfth"};
    size_t n = tokens_match(t, at, "issue/newsletter number/no/nr;issue/newsletter"), digits;
    const char *key = key_at(t, at + n);
    key += *key == '#';
    if (tokens_match(t, at, previous))
        return set_month(when, nth_newest(calendar, 1), at + tokens_match(t, at, previous));
    for (size_t i = 0; i < COUNT(ordinals) && !n; i++)
        if (tokens_match(t, at, ordinals[i]) && tokens_match(t, at + 1, "issue/newsletter") &&
            i + 2 <= calendar->issues->count)
            return set_month(when, calendar->issues->issue[i + 1].month, at + 2);
    digits = strspn(key, "0123456789");
    bool ordinal = digits && strlen(key) == digits + 2 && strstr("st nd rd th", key + digits);
    if (!digits || digits > 4 || !(n ? !key[digits] : ordinal && tokens_match(t, at + 1, "issue")))
        return false;
    size_t number = strtoul(key, NULL, 10);
    if (!number || number > calendar->issues->count)
        return false;
    return set_month(when, calendar->issues->issue[number - 1].month, at + (n ? n + 1 : 2));
}

static bool read_point(const struct tokens *t, size_t at, const struct calendar *calendar,
                       struct when *when)
{
    size_t n = tokens_match(t, at, "last/newest/latest/this/past");
    return read_present(t, at, calendar, when) || read_distance(t, at, calendar, when) ||
           read_ordinal(t, at, calendar, when) || read_calendar(t, at, calendar, when) ||
           /* "last july" */
           (n && read_calendar(t, at + n, calendar, when) && when->named);
}

/* What can follow "since" besides: an end of the archive. */
static bool read_end(const struct tokens *t, size_t at, const struct calendar *calendar,
                     struct when *when)
{
    size_t n =
        tokens_match(t, at, "beginning/start/first issue;beginning/start/first;ever;forever");
    if (n)
        return set_month(when, oldest(calendar), at + n);
    n = tokens_match(t, at, "last/latest/newest/current/this issue/one;last/latest/newest");
    return n && set_month(when, newest(calendar), at + n);
}

bool when_read(const struct tokens *t, size_t at, const struct calendar *calendar,
               struct when *when)
{
    *when = (struct when){0};
    size_t n = tokens_match(t, at, "since/after/before/until/till;starting in/with/from;up to");
    if (!n && !read_point(t, at, calendar, when))
        return false;
    if (!n) {
        size_t onwards = tokens_match(t, when->end, "onwards/onward;or/and later");
        when->bound = onwards ? WHEN_SINCE : WHEN_AT;
        when->end += onwards;
        return true;
    }
    size_t after = at + n;
    for (size_t filler; (filler = tokens_match(t, after, fillers));) {
        if (read_point(t, after, calendar, when))
            break;
        after += filler;
    }
    if (!read_point(t, after, calendar, when) && !read_end(t, after, calendar, when))
        return false;
    when->weak = false;
    when->bound = tokens_match(t, at, "after")              ? WHEN_AFTER
                  : tokens_match(t, at, "before")           ? WHEN_BEFORE
                  : tokens_match(t, at, "until/till;up to") ? WHEN_UNTIL
                                                            : WHEN_SINCE;
    return true;
}

/* The month of that number that is the last up to a month, or with `after` the first from it on. */
static int find_named(int number, int from, bool after)
{
    int back = (from % 12 - (number - 1) + 12) % 12;
    return after ? from + (12 - back) % 12 : from - back;
}

/* The year that a month without one is in. */
static void resolve(struct when *when, size_t i, size_t count, const struct calendar *calendar,
                    bool coming)
{
    struct when *w = &when[i];
    const struct facts_issues *issues = calendar->issues;
    int month = find_named(w->named, coming ? newest(calendar) : today(calendar), coming);
    if (i + 1 < count)
        month = find_named(w->named, when[i + 1].span.last, false);
    else if (i && !when[i - 1].named)
        month = find_named(w->named, when[i - 1].span.first, true);
    else
        for (size_t k = 0; k < issues->count && !coming && w->bound == WHEN_AT; k++)
            if (issues->issue[k].month % 12 == w->named - 1)
                month = issues->issue[k].month;
    w->span = (struct span){month, month};
}

struct span when_join(struct when *when, size_t count, const struct calendar *calendar, bool coming)
{
    struct span at = {INT_MAX, INT_MIN};
    int from = 0, until = 0;
    for (size_t i = count; i-- > 0;)
        if (when[i].named)
            resolve(when, i, count, calendar, coming);
    for (size_t i = 0; i < count; i++) {
        struct span span = when[i].span;
        switch (when[i].bound) {
        case WHEN_AT:
            at.first = span.first < at.first ? span.first : at.first;
            at.last = span.last > at.last ? span.last : at.last;
            break;
        case WHEN_SINCE:
            from = span.first;
            break;
        case WHEN_AFTER:
            from = span.last + 1;
            break;
        case WHEN_BEFORE:
            until = span.first - 1;
            break;
        case WHEN_UNTIL:
            until = span.last;
            break;
        }
    }
    if (at.first <= at.last && !from && !until)
        return at;
    bool bounded = until;
    until = until ? until : newest(calendar);
    if (!from)
        from = at.first <= at.last ? at.first : oldest(calendar);
    /* Before the first, or after the newest issue is a time, too. */
    return from <= until ? (struct span){from, until}
           : bounded     ? (struct span){until, until}
                         : (struct span){from, from};
}
