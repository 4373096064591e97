/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory that grows: a bounded string, and arrays. The only place that calls realloc. */
#ifndef TMRO_BUF_H
#define TMRO_BUF_H

#include <stdbool.h>
#include <stddef.h>

/* A growable byte string that cannot exist without a maximum. What does not fit, or cannot be
 * allocated, is dropped and sets `failed`, which sticks: add freely, ask once at the end. */
struct buf {
    char *ptr; /* NUL-terminated when not NULL */
    size_t len, cap, max;
    bool failed; /* over `max`, or out of memory */
    bool full;   /* failed because it is over `max` */
};

/* A buffer of at most `max` bytes; the terminating NUL is not counted. */
#define BUF_INIT(limit) ((struct buf){.max = (limit)})

void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The content as a C string, never NULL; borrowed until the next call. */
const char *buf_str(const struct buf *b);

/* Gives the content to the caller, who frees it, and empties the buffer.
 * NULL when the buffer failed or memory ran out. */
char *buf_take(struct buf *b);

/* Forgets what stands behind `len`. */
void buf_truncate(struct buf *b, size_t len);

/* Begins anew: empty and not failed. */
void buf_reset(struct buf *b);

/* Frees; a zeroed buffer is fine. Safe to call twice. */
void buf_finish(struct buf *b);

/* Most elements an array may have; inputs are bounded before, so no real one comes near. */
#define ARRAY_MAX 100000

/* Appends one zeroed element of `size` bytes to `*array` (a `T *`, NULL when empty) and counts it
 * in `*count`. Gives the new element, borrowed from the array until the next call; NULL when
 * memory ran out or ARRAY_MAX is reached, with the array as it was. The caller frees `*array`. */
void *array_add(void *array, size_t *count, size_t size);

#endif
