/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Preloaded: fails one allocation of those that the program itself, cJSON, SQLite and libxml2 ask
 * for, of libc, too, but for libxml2's HTML parser, which does not survive it. FAIL_AT is
 * MODULE+OFFSET:N, the N-th that is asked for there. FAIL_REPORT gets a line, "failed" or "calm",
 * and then the places that asked, in order. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULES_MAX 8
#define PLACES_MAX  1000000

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static struct module {
    const char *name;
    uintptr_t base, begin, end;
} modules[MODULES_MAX];
static size_t module_count;
static struct place {
    const struct module *module;
    uintptr_t offset;
} places[PLACES_MAX];
static atomic_size_t asked;
static struct {
    char module[40];
    unsigned long offset, n;
    atomic_ulong asked;
    atomic_bool met;
} fault;
static _Thread_local bool in_libxml; /* where it does not survive */

static int add_module(struct dl_phdr_info *info, size_t size, void *first)
{
    static const char *const libraries[] = {"libcjson.so", "libsqlite3.so", "libxml2.so"};
    const char *name = *(bool *)first ? "tmro-bot" : NULL;
    (void)size;
    *(bool *)first = false;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        name = strstr(info->dlpi_name, libraries[i]) ? libraries[i] : name;
    for (int i = 0; name && i < info->dlpi_phnum && module_count < MODULES_MAX; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
            uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            modules[module_count++] =
                (struct module){name, info->dlpi_addr, begin, begin + info->dlpi_phdr[i].p_memsz};
        }
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    bool first = true;
    const char *at = getenv("FAIL_AT");
    dl_iterate_phdr(add_module, &first);
    atomic_store(&asked, 0);
    if (at && sscanf(at, "%39[^+]+%lx:%lu", fault.module, &fault.offset, &fault.n) != 3)
        abort();
}

__attribute__((destructor)) static void report(void)
{
    const char *path = getenv("FAIL_REPORT");
    FILE *file = path ? fopen(path, "we") : NULL;
    if (!file)
        return;
    fprintf(file, "%s\n", atomic_load(&fault.met) ? "failed" : "calm");
    for (size_t i = 0; i < atomic_load(&asked) && i < PLACES_MAX; i++)
        fprintf(file, "%s+0x%lx\n", places[i].module->name, (unsigned long)places[i].offset);
    if (fclose(file) != 0)
        abort();
}

/* Whether this is the one. */
static bool fails(const void *caller)
{
    uintptr_t address = (uintptr_t)caller;
    const struct module *m = modules;
    while (m < modules + module_count && (address < m->begin || address >= m->end))
        m++;
    if (m == modules + module_count || in_libxml)
        return false;
    struct place place = {m, address - m->base};
    size_t i = atomic_fetch_add(&asked, 1);
    if (i < PLACES_MAX)
        places[i] = place;
    if (place.offset != fault.offset || strcmp(m->name, fault.module) != 0 ||
        atomic_fetch_add(&fault.asked, 1) + 1 != fault.n)
        return false;
    atomic_store(&fault.met, true);
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

char *strndup(const char *s, size_t max)
{
    size_t len = strnlen(s, max);
    char *copy = fails(__builtin_return_address(0)) ? NULL : __libc_malloc(len + 1);
    if (copy) {
        memcpy(copy, s, len);
        copy[len] = '\0';
    }
    return copy;
}

char *strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
    return copy ? memcpy(copy, s, size) : NULL;
}

/* What libc allocates for a caller. A pointer that it leaves undefined is no good one. */
#define UNDEFINED ((char *)16)

int vasprintf(char **out, const char *format, va_list args)
{
    int (*real)(char **, const char *, va_list);
    *(void **)&real = dlsym(RTLD_NEXT, "vasprintf");
    *out = UNDEFINED;
    return fails(__builtin_return_address(0)) ? -1 : real(out, format, args);
}

int asprintf(char **out, const char *format, ...)
{
    int (*real)(char **, const char *, va_list);
    va_list args;
    *(void **)&real = dlsym(RTLD_NEXT, "vasprintf");
    *out = UNDEFINED;
    if (fails(__builtin_return_address(0)))
        return -1;
    va_start(args, format);
    int len = real(out, format, args);
    va_end(args);
    return len;
}

/* The same where the program is hardened. */
int __vasprintf_chk(char **out, int flag, const char *format, va_list args);
int __vasprintf_chk(char **out, int flag, const char *format, va_list args)
{
    int (*real)(char **, int, const char *, va_list);
    *(void **)&real = dlsym(RTLD_NEXT, "__vasprintf_chk");
    *out = UNDEFINED;
    return fails(__builtin_return_address(0)) ? -1 : real(out, flag, format, args);
}

int __asprintf_chk(char **out, int flag, const char *format, ...);
int __asprintf_chk(char **out, int flag, const char *format, ...)
{
    int (*real)(char **, int, const char *, va_list);
    va_list args;
    *(void **)&real = dlsym(RTLD_NEXT, "__vasprintf_chk");
    *out = UNDEFINED;
    if (fails(__builtin_return_address(0)))
        return -1;
    va_start(args, format);
    int len = real(out, flag, format, args);
    va_end(args);
    return len;
}

char *realpath(const char *path, char *out)
{
    char *(*real)(const char *, char *);
    *(void **)&real = dlsym(RTLD_NEXT, "realpath");
    return !out && fails(__builtin_return_address(0)) ? NULL : real(path, out);
}

DIR *opendir(const char *path)
{
    DIR *(*real)(const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "opendir");
    return fails(__builtin_return_address(0)) ? NULL : real(path);
}

int scandir(const char *path, struct dirent ***entries, int (*filter)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **))
{
    int (*real)(const char *, struct dirent ***, int (*)(const struct dirent *),
                int (*)(const struct dirent **, const struct dirent **));
    *(void **)&real = dlsym(RTLD_NEXT, "scandir");
    return fails(__builtin_return_address(0)) ? -1 : real(path, entries, filter, compare);
}

/* These make libxml2's state of a new thread, without which it does not go on. */
void *__xmlStructuredError(void);
void *__xmlStructuredError(void)
{
    void *(*real)(void);
    *(void **)&real = dlsym(RTLD_NEXT, "__xmlStructuredError");
    bool before = in_libxml;
    in_libxml = true;
    void *own = real();
    in_libxml = before;
    return own;
}

void xmlSetStructuredErrorFunc(void *user, void *handler);
void xmlSetStructuredErrorFunc(void *user, void *handler)
{
    void (*real)(void *, void *);
    *(void **)&real = dlsym(RTLD_NEXT, "xmlSetStructuredErrorFunc");
    in_libxml = true;
    real(user, handler);
    in_libxml = false;
}

void *htmlReadMemory(const char *data, int size, const char *url, const char *encoding,
                     int options);
void *htmlReadMemory(const char *data, int size, const char *url, const char *encoding, int options)
{
    void *(*real)(const char *, int, const char *, const char *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "htmlReadMemory");
    in_libxml = true;
    void *doc = real(data, size, url, encoding, options);
    in_libxml = false;
    return doc;
}
