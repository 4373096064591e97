/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory that grows: a bounded string, and arrays. */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and the NUL; false and failed otherwise. */
static bool reserve(struct buf *b, size_t more)
{
    if (b->failed)
        return false;
    if (more > b->max || b->len > b->max - more) {
        b->failed = b->full = true;
        return false;
    }
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap : 64;
    while (cap < need)
        cap = cap > b->max / 2 ? b->max + 1 : cap * 2;
    char *ptr = realloc(b->ptr, cap);
    if (!ptr) {
        b->failed = true;
        return false;
    }
    b->ptr = ptr;
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
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need < 0)
        b->failed = true;
    else if (reserve(b, (size_t)need)) {
        vsnprintf(b->ptr + b->len, (size_t)need + 1, format, again);
        b->len += (size_t)need;
    }
    va_end(again);
}

const char *buf_str(const struct buf *b)
{
    return b->ptr ? b->ptr : "";
}

char *buf_take(struct buf *b)
{
    char *ptr = NULL;
    if (reserve(b, 0)) {
        ptr = b->ptr;
        ptr[b->len] = '\0';
        b->ptr = NULL;
    }
    buf_finish(b);
    return ptr;
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
    b->failed = b->full = false;
}

void buf_finish(struct buf *b)
{
    free(b->ptr);
    *b = BUF_INIT(b->max);
}

void *array_add(void *array, size_t *count, size_t size)
{
    char *items;
    memcpy(&items, array, sizeof items); /* whatever T is, a T * is read and written as bytes */
    if (*count >= ARRAY_MAX)
        return NULL;
    /* Full at every power of two: the capacity need not be stored. */
    if ((*count & (*count - 1)) == 0) {
        char *grown = realloc(items, (*count ? *count * 2 : 1) * size);
        if (!grown)
            return NULL;
        items = grown;
        memcpy(array, &items, sizeof items);
    }
    char *item = items + *count * size;
    memset(item, 0, size);
    ++*count;
    return item;
}
