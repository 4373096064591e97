/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A bounded string that grows in an arena. */
#ifndef TMRO_BASE_BUF_H
#define TMRO_BASE_BUF_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* A growable byte string that cannot exist without a maximum. What does not fit is dropped, with
 * all that follows, and sets `full`: add freely, ask once at the end. */
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

/* The content as a C string, never NULL. It lives as long as the arena, and stays as it is until
 * something is added. */
char *buf_str(const struct buf *b);

/* Forgets what comes after the first `len` bytes. */
void buf_truncate(struct buf *b, size_t len);

/* Empty and not full, in the memory it has. */
void buf_reset(struct buf *b);

#endif
