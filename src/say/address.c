/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses as people say them. */
#include "say/address.h"

#include "base/arena.h"
#include "base/text.h"
#include "base/url.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Digits of a commit that name it. */
#define COMMIT_DIGITS 7

/* What follows the repository in a path, and how the rest is said. */
static const struct {
    const char *path, *joint;
    size_t most; /* characters of the rest */
} kinds[] = {
    {"/pull/", "#", SIZE_MAX},
    {"/issues/", "#", SIZE_MAX},
    {"/-/merge_requests/", "!", SIZE_MAX},
    {"/-/issues/", "#", SIZE_MAX},
    {"/discussions/", "#", SIZE_MAX},
    {"/releases/tag/", " ", SIZE_MAX},
    {"/compare/", " ", SIZE_MAX},
    {"/commit/", "@", COMMIT_DIGITS},
};

static bool is_address_of(struct arena *arena, const char *text, const char *url)
{
    return strchr(text, '/') && !strchr(text, ' ') &&
           strcmp(url_page_key(arena, text), url_page_key(arena, url)) == 0;
}

/* "owner/name#41" of a path; NULL: it is none of the kinds. */
static char *name_of_work(struct arena *arena, const char *path, size_t len, const char *own)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const char *kind = memmem(path, len, kinds[i].path, strlen(kinds[i].path));
        if (!kind || kind == path)
            continue;
        const char *repository = path + 1, *name = memrchr(path, '/', (size_t)(kind - path)),
                   *rest = kind + strlen(kinds[i].path);
        size_t rest_len = strcspn(rest, "/?#");
        if (name + 1 == kind || !rest_len)
            continue;
        if (own && strlen(own) == (size_t)(kind - name - 1) &&
            strncasecmp(own, name + 1, strlen(own)) == 0)
            repository = name + 1;
        rest_len = rest_len < kinds[i].most ? rest_len : kinds[i].most;
        return arena_format(arena, "%.*s%s%.*s", (int)(kind - repository), repository,
                            kinds[i].joint, (int)rest_len, rest);
    }
    return NULL;
}

const char *address_text(struct arena *arena, const char *text, const char *url, const char *own)
{
    const char *plain = text_plain(arena, text);
    if (!url || !url_is_web(url) || !is_address_of(arena, plain, url))
        return text;
    size_t host_len, path_len;
    const char *host = url_host(url, &host_len), *path = url_path(url, &path_len);
    char *name = name_of_work(arena, path, path_len, own);
    if (name)
        return name;
    while (path_len && path[path_len - 1] == '/')
        path_len--;
    const char *last = path_len ? memrchr(path, '/', path_len) : NULL;
    if (!last)
        return arena_copy_n(arena, host, host_len);
    return arena_format(arena, "%.*s%s%.*s", (int)host_len, host, last == path ? "" : "/…",
                        (int)(path + path_len - last), last);
}
