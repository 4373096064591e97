/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A month of the calendar. */
#include "news/month.h"

#include "base/arena.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char *const names[] = {"January",   "February", "March",    "April",
                                    "May",       "June",     "July",     "August",
                                    "September", "October",  "November", "December"};

/* The value of `count` digits; -1: one of them is not a digit. */
static int number(const char *s, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        value = value * 10 + (s[i] - '0');
    }
    return value;
}

int month_read(const char *s)
{
    if (strnlen(s, MONTH_ID_SIZE - 1) < MONTH_ID_SIZE - 1)
        return 0;
    int year = number(s, 4), month = number(s + 5, 2);
    return year >= 0 && s[4] == '-' && month >= 1 && month <= 12 ? year * 12 + month - 1 : 0;
}

int month_of_id(const char *s)
{
    return strlen(s) == MONTH_ID_SIZE - 1 ? month_read(s) : 0;
}

int month_number(const char *s, size_t *length)
{
    size_t len = 0;
    while (isalpha((unsigned char)s[len]))
        len++;
    *length = len;
    for (int i = 0; i < 12; i++)
        if ((len == 3 || len == strlen(names[i])) && strncasecmp(s, names[i], len) == 0)
            return i + 1;
    return 0;
}

int month_parse(const char *s)
{
    s += strspn(s, " ");
    size_t name, len = strlen(s);
    while (len > 0 && s[len - 1] == ' ')
        len--;
    int month = month_number(s, &name);
    if (!month)
        return len == MONTH_ID_SIZE - 1 ? month_read(s) : 0;
    const char *year = s + name + strspn(s + name, " ");
    if (year == s + name || year + 4 != s + len || number(year, 4) < 0)
        return 0;
    return number(year, 4) * 12 + month - 1;
}

int month_at(double at)
{
    /* Up to the last year of four digits. */
    time_t seconds = (time_t)fmin(fmax(at, 0), 253402300799.0);
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    return (tm.tm_year + 1900) * 12 + tm.tm_mon;
}

void month_id(int month, char id[MONTH_ID_SIZE])
{
    unsigned m = (unsigned)month;
    snprintf(id, MONTH_ID_SIZE, "%04u-%02u", m / 12 % 10000, m % 12 + 1);
}

void month_text(int month, char text[MONTH_TEXT_SIZE])
{
    snprintf(text, MONTH_TEXT_SIZE, "%s %04u", month_name(month), (unsigned)month / 12 % 10000);
}

const char *month_name(int month)
{
    return names[(unsigned)month % 12];
}

bool months_have(const struct months *months, int month)
{
    for (size_t i = 0; i < months->count; i++)
        if (months->month[i] == month)
            return true;
    return false;
}

void months_add(struct arena *arena, struct months *months, int month)
{
    if (months_have(months, month))
        return;
    int *at = arena_add(arena, &months->month, &months->count, sizeof month);
    for (; at > months->month && at[-1] > month; at--)
        *at = at[-1];
    *at = month;
}
