/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A bounded string that grows in an arena. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Makes room for `more` bytes and the NUL; false and full otherwise. */
static bool reserve(struct buf *b, size_t more)
{
    if (b->full)
        return false;
    if (more > b->max || b->len > b->max - more) {
        b->full = true;
        return false;
    }
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap : 64;
    while (cap < need)
        cap = cap > b->max / 2 ? b->max + 1 : cap * 2;
    b->ptr = arena_grow(b->arena, b->ptr, b->cap, cap);
    b->cap = cap;
    return true;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    if (!reserve(b, len))
        return;
    if (len)
        memcpy(b->ptr + b->len, data, len);
    b->len += len;
    b->ptr[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need > 0 && reserve(b, (size_t)need)) {
        vsnprintf(b->ptr + b->len, (size_t)need + 1, format, again);
        b->len += (size_t)need;
    }
    va_end(again);
}

char *buf_str(const struct buf *b)
{
    return b->ptr ? b->ptr : arena_copy(b->arena, "");
}

void buf_truncate(struct buf *b, size_t len)
{
    if (len < b->len) {
        b->len = len;
        b->ptr[len] = '\0';
    }
}

void buf_reset(struct buf *b)
{
    buf_truncate(b, 0);
    b->full = false;
}
