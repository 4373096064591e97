/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The thread's own arena, until no module needs it. */
#include "ambient.h"

#include <stdarg.h>

/* All of them, so that a thread that ends does not leak its own. */
struct list {
    struct list *next;
    struct arena *arena;
};

static _Thread_local struct arena *ambient;
static struct list *all;

struct arena *arena_ambient(void)
{
    if (!ambient) {
        ambient = arena_new();
        struct list *entry = arena_zero(ambient, 1, sizeof *entry);
        entry->arena = ambient;
        entry->next = all;
        while (!__atomic_compare_exchange_n(&all, &entry->next, entry, 0, __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST))
            ;
    }
    return ambient;
}

int ambient_vformat(char **into, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    *into = arena_zero(arena_ambient(), 1, (size_t)len + 1);
    return vsnprintf(*into, (size_t)len + 1, format, args);
}

int ambient_format(char **into, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = ambient_vformat(into, format, args);
    va_end(args);
    return len;
}
