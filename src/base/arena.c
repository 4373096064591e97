/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory by job: chunks that are filled from front to back. */
#include "base/arena.h"

#include "base/fault.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The sanitizers only see overruns and uses after free in memory from malloc(), so under them every
 * allocation gets a chunk of its own. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHUNK_SIZE 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define CHUNK_SIZE 0
#endif
#ifndef CHUNK_SIZE
#define CHUNK_SIZE ((size_t)16 * 1024)
#endif

struct chunk {
    struct chunk *next;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *chunks; /* the first one is in use */
};

/* Nothing is cleaned up: the state survives this as it survives a kill. */
_Noreturn void memory_out(void)
{
    log_line(LOG_LEVEL_ERROR, "out of memory");
    _exit(EXIT_FAILURE);
}

void *memory_alloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p)
        memory_out();
    return p;
}

void *memory_zero(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        memory_out();
    return p;
}

void *memory_resize(void *p, size_t size)
{
    void *grown = realloc(p, size ? size : 1);
    if (!grown)
        memory_out();
    return grown;
}

char *memory_copy(const char *s)
{
    size_t size = strlen(s) + 1;
    return memcpy(memory_alloc(size), s, size);
}

struct arena *arena_new(void)
{
    return memory_zero(1, sizeof(struct arena));
}

void arena_reset(struct arena *arena)
{
    for (struct chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    arena->chunks = NULL;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    free(arena);
}

/* `size` bytes, not initialised. */
static void *take(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct chunk *chunk = arena->chunks;
    size_t at = chunk ? (chunk->used + align - 1) / align * align : 0;
    if (!chunk || at > chunk->size || size > chunk->size - at) {
        size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
        if (room > PTRDIFF_MAX - sizeof *chunk)
            memory_out();
        chunk = memory_alloc(sizeof *chunk + room);
        *chunk = (struct chunk){.next = arena->chunks, .size = room};
        arena->chunks = chunk;
        at = 0;
    }
    chunk->used = at + size;
    return chunk->bytes + at;
}

void *arena_zero(struct arena *arena, size_t count, size_t size)
{
    if (size && count > PTRDIFF_MAX / size)
        memory_out();
    return memset(take(arena, count * size), 0, count * size);
}

char *arena_copy_n(struct arena *arena, const char *s, size_t len)
{
    char *copy = take(arena, len + 1);
    if (len)
        memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *arena_copy(struct arena *arena, const char *s)
{
    return s ? arena_copy_n(arena, s, strlen(s)) : NULL;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = len > 0 ? (size_t)len + 1 : 1;
    char *s = arena_zero(arena, 1, size);
    vsnprintf(s, size, format, again);
    va_end(again);
    return s;
}

void *arena_grow(struct arena *arena, void *p, size_t old, size_t size)
{
    struct chunk *chunk = arena->chunks;
    /* The last allocation of the chunk grows in place. */
    if (p && chunk && (char *)p + old == chunk->bytes + chunk->used &&
        size - old <= chunk->size - chunk->used) {
        chunk->used += size - old;
        return p;
    }
    /* An allocation with a chunk to itself grows with the chunk; realloc() rarely has to copy. */
    if (p && chunk && p == chunk->bytes && old == chunk->used) {
        if (size > PTRDIFF_MAX - sizeof *chunk)
            memory_out();
        chunk = memory_resize(chunk, sizeof *chunk + size);
        chunk->size = chunk->used = size;
        arena->chunks = chunk;
        return chunk->bytes;
    }
    void *grown = take(arena, size);
    if (p)
        memcpy(grown, p, old);
    return grown;
}

void *arena_add(struct arena *arena, void *array, size_t *count, size_t size)
{
    char *items;
    memcpy(&items, array, sizeof items); /* whatever T is, a T * is read and written as bytes */
    /* The capacity is the next power of two, so it need not be stored. */
    if ((*count & (*count - 1)) == 0) {
        if (*count > PTRDIFF_MAX / 2 / size)
            memory_out();
        items = arena_grow(arena, items, *count * size, (*count ? *count * 2 : 1) * size);
        memcpy(array, &items, sizeof items);
    }
    char *item = items + *count * size;
    memset(item, 0, size);
    ++*count;
    return item;
}
