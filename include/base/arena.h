/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory by job. What a job (a pass, an answer, a command) makes lives in the job's arena and is
 * freed with it; nothing is freed on its own.
 *
 * Nothing here returns NULL: when memory cannot be had, the process ends with one line in the log
 * and status 1. The state survives that as it survives any kill. */
#ifndef TMRO_BASE_ARENA_H
#define TMRO_BASE_ARENA_H

#include <stddef.h>

struct arena;

/* A new arena, for one thread. */
struct arena *arena_new(void);

/* Frees everything it has handed out and keeps the arena, for the next turn of a loop. */
void arena_reset(struct arena *arena);

/* Frees the arena and everything it has handed out. NULL is fine. */
void arena_free(struct arena *arena);

/* Zeroed memory for `count` elements of `size` bytes. */
void *arena_zero(struct arena *arena, size_t count, size_t size);

/* Copy a string (NULL stays NULL), or `len` bytes with a NUL added. */
char *arena_copy(struct arena *arena, const char *s);
char *arena_copy_n(struct arena *arena, const char *s, size_t len);

char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Grows `p` from `old` to `size` bytes, moving it if needed; do not use `p` afterwards. */
void *arena_grow(struct arena *arena, void *p, size_t old, size_t size);

/* Appends a zeroed element of `size` bytes to `*array` (a `T *`, NULL when empty) and counts it in
 * `*count`. Returns the new element, which is valid until the next one is appended. */
void *arena_add(struct arena *arena, void *array, size_t *count, size_t size);

/* The number of elements of an array (not of a pointer). */
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* malloc() and its relatives for the libraries: they never return NULL either. free() frees what
 * they return. */
void *memory_alloc(size_t size);
void *memory_zero(size_t count, size_t size);
void *memory_resize(void *p, size_t size);
char *memory_copy(const char *s);
_Noreturn void memory_out(void); /* logs "out of memory" and ends the process */

#endif
