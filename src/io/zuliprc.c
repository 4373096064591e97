/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bot's credentials, from the zuliprc file that Zulip offers for download. */
#include "io/zuliprc.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "base/url.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_LENGTH 32

/* Trims white space: moves `*s` past it and returns the length of the rest without it. */
static size_t trim(const char **s, size_t len)
{
    while (len && isspace((unsigned char)**s))
        ++*s, len--;
    while (len && isspace((unsigned char)(*s)[len - 1]))
        len--;
    return len;
}

struct parser {
    struct arena *arena;
    const char *name;
    int line;
    struct credentials *credentials;
    struct fault *fault;
    bool in_api, seen_api;
};

static bool wrong(const struct parser *p, const char *what)
{
    return fault_set(p->fault, FAULT_SETUP, "%s:%d: %s", p->name, p->line, what);
}

/* Keeps "NAME = VALUE" if the name is known. */
static bool keep(const struct parser *p, const char *name, size_t name_len, const char *value,
                 size_t value_len)
{
    struct credentials *c = p->credentials;
    const struct {
        const char *name;
        char **slot;
    } known[] = {{"email", &c->email},
                 {"key", &c->key},
                 {"site", &c->site},
                 {"cert_bundle", &c->cert_bundle}};
    for (size_t i = 0; i < COUNT(known); i++)
        if (name_len == strlen(known[i].name) && strncasecmp(name, known[i].name, name_len) == 0) {
            if (*known[i].slot)
                return fault_set(p->fault, FAULT_SETUP, "%s:%d: '%s' is given twice", p->name,
                                 p->line, known[i].name);
            *known[i].slot = arena_copy_n(p->arena, value, value_len);
            return true;
        }
    bool off = value_len == 5 && strncasecmp(value, "false", 5) == 0;
    if (name_len == 8 && strncasecmp(name, "insecure", 8) == 0 && !off)
        return wrong(p, "'insecure' is refused: put the server's CA into 'cert_bundle'");
    if (name_len >= 11 && strncasecmp(name, "client_cert", 11) == 0)
        return wrong(p, "client certificates are not supported");
    return true;
}

static bool parse_line(struct parser *p, const char *s, size_t len)
{
    len = trim(&s, len);
    if (!len || *s == '#' || *s == ';')
        return true;
    if (*s == '[') {
        p->in_api = len == 5 && strncmp(s, "[api]", 5) == 0;
        p->seen_api = p->seen_api || p->in_api;
        return true;
    }
    size_t name = 0;
    while (name < len && s[name] != '=' && s[name] != ':')
        name++;
    if (name == len)
        return wrong(p, "not 'name = value'");
    const char *value = s + name + 1;
    size_t value_len = trim(&value, len - name - 1);
    return !p->in_api || keep(p, s, trim(&s, name), value, value_len);
}

bool credentials_parse(struct arena *arena, const char *data, size_t len, const char *name,
                       struct credentials *credentials, struct fault *fault)
{
    struct parser p = {.arena = arena, .name = name, .credentials = credentials, .fault = fault};
    const char *end = data + len;
    if (memchr(data, '\0', len))
        return fault_set(fault, FAULT_SETUP, "%s: not a text file", name);
    if (len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
        data += 3;
    while (data < end) {
        const char *stop = memchr(data, '\n', (size_t)(end - data));
        size_t line = (size_t)((stop ? stop : end) - data);
        p.line++;
        if (!parse_line(&p, data, line))
            return false;
        data += line + (stop != NULL);
    }
    return p.seen_api ||
           fault_set(fault, FAULT_SETUP, "%s: not a zuliprc: the section '[api]' is missing", name);
}

/* Permissions are checked before the content. */
static bool read_file(struct arena *arena, const char *path, struct credentials *credentials,
                      struct fault *fault)
{
    struct buf data = BUF_INIT(arena, ZULIPRC_MAX_BYTES);
    struct stat st;
    mode_t mode = stat(path, &st) == 0 && !S_ISDIR(st.st_mode) ? st.st_mode : 0;
    if (mode & (S_IROTH | S_IWOTH | S_IWGRP))
        return fault_set(fault, FAULT_SETUP, "'%s' is %s and holds the bot's key: chmod 600 '%s'",
                         path, mode & S_IROTH ? "readable by everybody" : "writable by others",
                         path);
    if (!file_read(path, &data, fault)) {
        fault->kind = fault->kind == FAULT_LOCAL ? FAULT_LOCAL : FAULT_SETUP;
        return false;
    }
    credentials->path = arena_copy(arena, path);
    return credentials_parse(arena, buf_str(&data), data.len, path, credentials, fault);
}

/* Finds the first path that is configured, exists, or cannot be looked at. False: there is none. */
static bool find_file(const char *configured, char path[PATH_MAX])
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY"), *home = getenv("HOME");
    if (folder && *folder) {
        snprintf(path, PATH_MAX, "%s/zuliprc", folder);
        if (!file_is_missing(path))
            return true;
    }
    if (configured) {
        snprintf(path, PATH_MAX, "%s", configured);
        return true;
    }
    snprintf(path, PATH_MAX, "%s", CREDENTIALS_OF_ROOT);
    if (geteuid() == 0 && !file_is_missing(path))
        return true;
    snprintf(path, PATH_MAX, "%s/.zuliprc", home ? home : "");
    /* A home that the bot may not enter counts as one without a file. */
    return home && *home && !file_is_missing(path) && errno != EACCES;
}

/* Adds "https://" where the scheme is missing; drops "/" and "/api" at the end. */
static bool normalise_site(struct arena *arena, struct credentials *c, struct fault *fault)
{
    struct buf site = BUF_INIT(arena, URL_MAX);
    if (!strstr(c->site, "://"))
        buf_adds(&site, strncmp(c->site, "localhost", 9) == 0 ? "http://" : "https://");
    buf_adds(&site, c->site);
    if (site.full)
        return fault_set(fault, FAULT_SETUP, "the site of Zulip is longer than %d bytes", URL_MAX);
    while (site.len && site.ptr[site.len - 1] == '/')
        buf_truncate(&site, site.len - 1);
    if (site.len > 4 && strcmp(site.ptr + site.len - 4, "/api") == 0 &&
        site.ptr[site.len - 5] != '/')
        buf_truncate(&site, site.len - 4);
    /* The state is kept by this name, so its case must not matter. */
    for (size_t i = 0, slashes = 0; i < site.len && slashes < 3; i++) {
        slashes += site.ptr[i] == '/';
        site.ptr[i] = (char)tolower((unsigned char)site.ptr[i]);
    }
    c->site = buf_str(&site);
    return true;
}

static bool check(struct arena *arena, struct credentials *c, struct fault *fault)
{
    const char *where = c->path ? c->path : "the environment";
    const char *missing = !c->email || !*c->email ? "email (ZULIP_EMAIL)"
                          : !c->key || !*c->key   ? "key (ZULIP_API_KEY)"
                          : !c->site || !*c->site ? "site (ZULIP_SITE)"
                                                  : NULL;
    if (missing)
        return fault_set(fault, FAULT_SETUP, "%s: %s is missing", where, missing);
    if (!normalise_site(arena, c, fault))
        return false;
    /* A server's address never contains one. */
    if (strchr(c->site, '@'))
        return fault_set(fault, FAULT_SETUP,
                         "%s: 'site' has a user name or password in it: write https://HOST", where);
    size_t letters = 0;
    while (isalnum((unsigned char)c->key[letters]))
        letters++;
    if (c->key[letters] || letters != KEY_LENGTH)
        return fault_set(fault, FAULT_SETUP,
                         "%s: malformed key: a Zulip key is %d letters and digits", where,
                         KEY_LENGTH);
    if (strchr(c->email, ':') || !strchr(c->email, '@'))
        return fault_set(fault, FAULT_SETUP, "%s: 'email' is not the bot's e-mail address", where);
    char shown[200];
    text_printable(shown, sizeof shown, c->site, strlen(c->site));
    if (!url_is_web(c->site))
        return fault_set(fault, FAULT_SETUP, "%s: 'site' is not a server's URL: '%s'", where,
                         shown);
    if (!url_is_https(c->site) && !url_is_loopback(c->site))
        return fault_set(fault, FAULT_SETUP,
                         "%s: 'site' is '%s': over http: the key could be read on the way; write "
                         "https:",
                         where, shown);
    return true;
}

static bool load(struct arena *arena, const char *configured, struct credentials *credentials,
                 struct fault *fault)
{
    const struct {
        const char *name;
        char **slot;
    } variables[] = {{"ZULIP_EMAIL", &credentials->email},
                     {"ZULIP_API_KEY", &credentials->key},
                     {"ZULIP_SITE", &credentials->site}};
    char path[PATH_MAX];
    size_t set = 0;
    bool found = find_file(configured, path);
    if (found && !read_file(arena, path, credentials, fault))
        return false;
    for (size_t i = 0; i < COUNT(variables); i++) {
        const char *value = getenv(variables[i].name);
        if (!value || !*value)
            continue;
        set++;
        size_t len = trim(&value, strlen(value));
        *variables[i].slot = arena_copy_n(arena, value, len);
    }
    credentials->overridden = set;
    if (!found && !set && geteuid() != 0 && !file_is_missing(CREDENTIALS_OF_ROOT))
        return fault_set(fault, FAULT_SETUP,
                         "you have no credentials; the service's are in '" CREDENTIALS_OF_ROOT
                         "': try sudo, or put a bot's zuliprc at ~/.zuliprc");
    if (!found && !set)
        return fault_set(fault, FAULT_SETUP,
                         "no credentials: download the bot's zuliprc from Zulip (Settings, Bots) "
                         "and set zulip.credentials to its path, or put it at ~/.zuliprc");
    return check(arena, credentials, fault);
}

bool credentials_load(struct arena *arena, const char *configured, struct credentials *credentials,
                      struct fault *fault)
{
    *credentials = (struct credentials){0};
    if (load(arena, configured, credentials, fault))
        return true;
    /* Incomplete credentials would be taken for another account's. */
    *credentials = (struct credentials){0};
    return false;
}

void credentials_wipe(struct credentials *credentials)
{
    if (credentials->key)
        explicit_bzero(credentials->key, strlen(credentials->key));
}
