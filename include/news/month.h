/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A month of the calendar is an int, the months since the year 0: order, distance and "the next
 * one" are arithmetic. 0: none. Text is only used at the edges. */
#ifndef TMRO_NEWS_MONTH_H
#define TMRO_NEWS_MONTH_H

#include <stdbool.h>
#include <stddef.h>

/* "2025-07" and "September 2025", with the NUL. */
#define MONTH_ID_SIZE   8
#define MONTH_TEXT_SIZE 16

/* The month that `s` begins with, as "2025-07" or "2025-07-31" has it; 0: none. */
int month_read(const char *s);

/* The month that is all of `s`: "2025-07" only, or also "July 2025" and "jul 2025". 0: none. */
int month_of_id(const char *s);
int month_parse(const char *s);

/* The month at a time, in seconds since 1970. */
int month_at(double at);

/* "2025-07", and "July 2025". */
void month_id(int month, char id[MONTH_ID_SIZE]);
void month_text(int month, char text[MONTH_TEXT_SIZE]);

/* "July" */
const char *month_name(int month);

/* The number, 1 to 12, of the English month name (or its first three letters) that `s` begins with,
 * and its length there. 0: none. */
int month_number(const char *s, size_t *length);

struct arena;

/* Months in ascending order, each once. */
struct months {
    int *month;
    size_t count;
};

bool months_have(const struct months *months, int month);

/* Adds a month unless it is there. */
void months_add(struct arena *arena, struct months *months, int month);

#endif
