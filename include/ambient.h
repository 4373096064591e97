/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Included before each file while modules are changed over to arenas one by one: memory that is not
 * of an arena that the caller names is of the thread's, which lives as long as the process. */
#ifndef TMRO_AMBIENT_H
#define TMRO_AMBIENT_H

#include "arena.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena *arena_ambient(void);
int ambient_format(char **into, const char *format, ...) __attribute__((format(printf, 2, 3)));
int ambient_vformat(char **into, const char *format, __builtin_va_list args)
    __attribute__((format(printf, 2, 0)));

#define malloc(size)        arena_zero(arena_ambient(), 1, size)
#define calloc(count, size) arena_zero(arena_ambient(), count, size)
#undef strdup
#define strdup(s) arena_copy(arena_ambient(), s)
#define free(p)   ((void)(p))
#define asprintf  ambient_format
#define vasprintf ambient_vformat

#endif
