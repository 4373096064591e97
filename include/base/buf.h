/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A bounded string that grows in an arena. */
#ifndef TMRO_BASE_BUF_H
#define TMRO_BASE_BUF_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* A byte string that grows up to a maximum. An addition that does not fit sets `full` and is
 * dropped, and so is everything added later: check `full` once, at the end. */
struct buf {
    struct arena *arena;
    char *ptr; /* NUL-terminated when not NULL */
    size_t len, cap, max;
    bool full;
};

/* A buffer of at most `limit` bytes; the terminating NUL is not counted. */
#define BUF_INIT(of, limit) ((struct buf){.arena = (of), .max = (limit)})

void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The content as a C string, never NULL. It is valid until the buffer changes or the arena is
 * freed. */
char *buf_str(const struct buf *b);

/* Drops everything after the first `len` bytes. */
void buf_truncate(struct buf *b, size_t len);

/* Empties the buffer and clears `full`; it keeps its memory. */
void buf_reset(struct buf *b);

#endif
