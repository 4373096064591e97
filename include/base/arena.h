/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory by job. What a job makes (a pass, an answer, a command) lives in the job's arena and goes
 * with it; nothing is given back alone.
 *
 * Nothing here returns NULL: when memory cannot be had, the process ends with one line in the log
 * and status 1. The state survives that as it survives any kill. */
#ifndef TMRO_BASE_ARENA_H
#define TMRO_BASE_ARENA_H

#include <stddef.h>

struct arena;

/* One thread uses it. */
struct arena *arena_new(void);

/* Gives back all that it has handed out: for the next turn of a loop. */
void arena_reset(struct arena *arena);

/* Ends it, and all that it has handed out. NULL is fine. */
void arena_free(struct arena *arena);

/* Zeroed memory for `count` elements of `size` bytes. */
void *arena_zero(struct arena *arena, size_t count, size_t size);

/* Copies of a string (NULL stays NULL) and of `len` bytes, to which a NUL is added. */
char *arena_copy(struct arena *arena, const char *s);
char *arena_copy_n(struct arena *arena, const char *s, size_t len);

char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same `old` bytes with room for `size` at least; `p` is not used any more. */
void *arena_grow(struct arena *arena, void *p, size_t old, size_t size);

/* Appends a zeroed element of `size` bytes to `*array` (a `T *`, NULL when empty) and counts it in
 * `*count`. Gives the new element, which stays there until the next one is appended. */
void *arena_add(struct arena *arena, void *array, size_t *count, size_t size);

/* The elements of an array that is not a pointer. */
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* malloc() and its kin for the libraries, on the same terms; free() gives back what they make. */
void *memory_alloc(size_t size);
void *memory_zero(size_t count, size_t size);
void *memory_resize(void *p, size_t size);
char *memory_copy(const char *s);
_Noreturn void memory_out(void); /* ends the process as they do */

#endif
