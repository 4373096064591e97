/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The configuration file as a struct. */
#include "config.h"

#include "buf.h"
#include "fault.h"
#include "file.h"
#include "text.h"
#include "url.h"

#include <libconfig.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SITE    "https://rust-osdev.com"
#define DEFAULT_CHANNEL "newsletter"
#define DEFAULT_TOPIC   "{month} issue"
#define DOUBT_S         60
/* Where readers of the default site leave their suggestions. */
#define DEFAULT_SUGGEST                                                                            \
    "https://rust-osdev.zulipchat.com/#narrow/channel/435142-newsletter/topic/"                    \
    "Content.20suggestions/with/580172810"

enum key_type { KEY_GROUP, KEY_STRING, KEY_URL, KEY_INT, KEY_FLOAT, KEY_OWNERS, KEY_DESTINATIONS };

/* Every key there is. */
static const struct key {
    const char *path;
    enum key_type type;
    size_t offset;
    int least, most;
} keys[] = {
    {"site", KEY_GROUP, 0, 0, 0},
    {"site.url", KEY_URL, offsetof(struct config, site_url), 0, 0},
    {"site.feed", KEY_URL, offsetof(struct config, site_feed), 0, 0},
    {"site.poll_minutes", KEY_INT, offsetof(struct config, site_poll_minutes), 10, 10080},
    {"site.settle_minutes", KEY_INT, offsetof(struct config, site_settle_minutes), 0, 10080},
    {"site.suggest", KEY_STRING, offsetof(struct config, site_suggest), 0, 0},
    {"site.ca_file", KEY_STRING, offsetof(struct config, site_ca_file), 0, 0},
    {"zulip", KEY_GROUP, 0, 0, 0},
    {"zulip.credentials", KEY_STRING, offsetof(struct config, zulip_credentials), 0, 0},
    {"zulip.owners", KEY_OWNERS, 0, 0, 0},
    {"announce", KEY_DESTINATIONS, 0, 0, 0},
    {"state", KEY_STRING, offsetof(struct config, state), 0, 0},
    {"timing", KEY_GROUP, 0, 0, 0},
    {"timing.poll", KEY_FLOAT, offsetof(struct config, timing.poll), 0, 86400},
    {"timing.settle", KEY_FLOAT, offsetof(struct config, timing.settle), 0, 86400},
    {"timing.doubt", KEY_FLOAT, offsetof(struct config, timing.doubt), 0, 86400},
    {"timing.backoff", KEY_FLOAT, offsetof(struct config, timing.backoff), 0, 86400},
    {"timing.stall", KEY_FLOAT, offsetof(struct config, timing.stall), 0, 86400},
};
#define KEY_COUNT (sizeof keys / sizeof *keys)

struct loader {
    const char *name; /* of the file */
    struct config *config;
    struct fault *fault;
};

__attribute__((format(printf, 3, 4))) static bool wrong(const struct loader *l,
                                                        const config_setting_t *setting,
                                                        const char *format, ...)
{
    char what[500];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return fault_set(l->fault, FAULT_SETUP, "%s:%u: %s", l->name,
                     config_setting_source_line(setting), what);
}

/* An unknown key, with the nearest known one of `candidates`. */
static bool unknown_key(const struct loader *l, const config_setting_t *setting, const char *path,
                        const char *const *candidates, size_t count)
{
    char shown[100];
    text_printable(shown, sizeof shown, path, strlen(path));
    const char *nearest = text_nearest(path, candidates, count, TEXT_NEAR);
    if (nearest)
        return wrong(l, setting, "unknown setting '%s'; did you mean '%s'?", shown, nearest);
    return wrong(l, setting, "unknown setting '%s'", shown);
}

static bool take_string(const struct loader *l, const config_setting_t *setting, const char *path,
                        char **into)
{
    const char *value = config_setting_get_string(setting);
    if (!value)
        return wrong(l, setting, "'%s' must be a string", path);
    free(*into);
    *into = strdup(value);
    return *into || fault_memory(l->fault);
}

/* Writes the URL in a setting as programs use it. `*web`: it has http: or https:. False:
 * out of memory. */
static bool settle_url(char **setting, bool *web)
{
    char *url = url_resolve(arena_ambient(), "", *setting);
    *web = url && url_is_web(url);
    free(*setting);
    *setting = url;
    return true;
}

static bool take_number(const struct loader *l, const config_setting_t *setting,
                        const struct key *key)
{
    char *field = (char *)l->config + key->offset;
    int type = config_setting_type(setting);
    bool whole = type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
    if (!whole && (key->type == KEY_INT || type != CONFIG_TYPE_FLOAT))
        return wrong(l, setting, "'%s' must be a%s number", key->path,
                     key->type == KEY_INT ? " whole" : "");
    double value =
        whole ? (double)config_setting_get_int64(setting) : config_setting_get_float(setting);
    if (!(value >= key->least && value <= key->most))
        return wrong(l, setting, "'%s' must be from %d to %d", key->path, key->least, key->most);
    if (key->type == KEY_INT)
        memcpy(field, &(int){(int)value}, sizeof(int));
    else
        memcpy(field, &value, sizeof value);
    return true;
}

static bool take_owner(const struct loader *l, const config_setting_t *element)
{
    struct owner *owner = array_add(&l->config->owners, &l->config->owner_count, sizeof *owner);
    if (!owner)
        return fault_memory(l->fault);
    int type = config_setting_type(element);
    if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64) {
        owner->id = config_setting_get_int64(element);
        return owner->id > 0 || wrong(l, element, "'zulip.owners': a user id is above 0");
    }
    if (!config_setting_get_string(element) || !strchr(config_setting_get_string(element), '@'))
        return wrong(l, element, "'zulip.owners' must be a list of user ids or e-mails");
    return take_string(l, element, "zulip.owners", &owner->email);
}

static bool take_owners(const struct loader *l, const config_setting_t *setting)
{
    if (!config_setting_is_list(setting) && !config_setting_is_array(setting))
        return wrong(l, setting, "'zulip.owners' must be a list of user ids or e-mails, in ( )");
    for (int i = 0; i < config_setting_length(setting); i++)
        if (!take_owner(l, config_setting_get_elem(setting, (unsigned)i)))
            return false;
    return true;
}

/* Only the three placeholders that are filled in. */
static bool check_topic(const struct loader *l, const config_setting_t *setting, const char *topic)
{
    for (const char *at = topic; (at = strchr(at, '{')); at++)
        if (strncmp(at, "{title}", 7) != 0 && strncmp(at, "{month}", 7) != 0 &&
            strncmp(at, "{id}", 4) != 0)
            return wrong(l, setting,
                         "a topic may hold {title}, {month} and {id}, nothing else in "
                         "braces");
    return *topic || wrong(l, setting, "'topic' is empty");
}

static bool take_destination(const struct loader *l, const config_setting_t *group)
{
    static const char *const names[] = {"channel", "topic"};
    if (!config_setting_is_group(group))
        return wrong(l, group, "'announce' must hold groups such as { channel = \"newsletter\"; }");
    struct destination *destination =
        array_add(&l->config->destinations, &l->config->destination_count, sizeof *destination);
    if (!destination)
        return fault_memory(l->fault);
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(setting);
        int type = config_setting_type(setting);
        if (strcmp(name, "topic") == 0) {
            if (!take_string(l, setting, name, &destination->topic) ||
                !check_topic(l, setting, destination->topic))
                return false;
        } else if (strcmp(name, "channel") != 0) {
            return unknown_key(l, setting, name, names, 2);
        } else if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64) {
            if (asprintf(&destination->channel, "%lld", config_setting_get_int64(setting)) < 0) {
                destination->channel = NULL;
                return fault_memory(l->fault);
            }
        } else if (!take_string(l, setting, name, &destination->channel)) {
            return false;
        }
    }
    if (!destination->channel || !*destination->channel)
        return wrong(l, group, "'announce': a destination without 'channel'");
    if (!destination->topic && !(destination->topic = strdup(DEFAULT_TOPIC)))
        return fault_memory(l->fault);
    return true;
}

static bool take_destinations(const struct loader *l, const config_setting_t *setting)
{
    if (!config_setting_is_list(setting))
        return wrong(l, setting, "'announce' must be a list of groups, in ( )");
    for (int i = 0; i < config_setting_length(setting); i++)
        if (!take_destination(l, config_setting_get_elem(setting, (unsigned)i)))
            return false;
    return true;
}

static bool take_group(const struct loader *l, const config_setting_t *group, const char *prefix);

static bool take_setting(const struct loader *l, const config_setting_t *setting,
                         const struct key *key)
{
    char **string = (char **)((char *)l->config + key->offset);
    bool web = false;
    switch (key->type) {
    case KEY_GROUP:
        if (!config_setting_is_group(setting))
            return wrong(l, setting, "'%s' must be a group, in { }", key->path);
        return take_group(l, setting, key->path);
    case KEY_STRING:
        if (!take_string(l, setting, key->path, string))
            return false;
        return (*string && **string) || string == &l->config->site_suggest ||
               wrong(l, setting, "'%s' is empty", key->path);
    case KEY_URL:
        if (!take_string(l, setting, key->path, string))
            return false;
        if (!settle_url(string, &web))
            return fault_memory(l->fault);
        if (!web)
            return wrong(l, setting, "'%s' must be a URL with http: or https:", key->path);
        return !url_has_login(*string) ||
               wrong(l, setting, "'%s' has a user name or password in it: write it without",
                     key->path);
    case KEY_INT:
    case KEY_FLOAT:
        return take_number(l, setting, key);
    case KEY_OWNERS:
        return take_owners(l, setting);
    case KEY_DESTINATIONS:
        break;
    }
    return take_destinations(l, setting);
}

static bool take_group(const struct loader *l, const config_setting_t *group, const char *prefix)
{
    const char *candidates[KEY_COUNT];
    for (size_t k = 0; k < KEY_COUNT; k++)
        candidates[k] = keys[k].path;
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        char path[120];
        snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "",
                 config_setting_name(setting));
        size_t k = 0;
        while (k < KEY_COUNT && strcmp(keys[k].path, path) != 0)
            k++;
        if (k == KEY_COUNT)
            return unknown_key(l, setting, path, candidates, KEY_COUNT);
        if (!take_setting(l, setting, &keys[k]))
            return false;
    }
    return true;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS  "0123456789"

/* Steps over what is no number: strings, comments, names. */
static const char *skip_token(const char *s, int *line)
{
    const char *end = NULL;
    if (*s == '"') {
        for (s++; *s && *s != '"'; s++) {
            s += *s == '\\' && s[1];
            *line += *s == '\n';
        }
        return s + (*s == '"');
    }
    if (*s == '#' || (s[0] == '/' && s[1] == '/'))
        return s + strcspn(s, "\n");
    if (s[0] == '/' && s[1] == '*') {
        end = strstr(s + 2, "*/");
        for (const char *c = s; c != end && *c; c++)
            *line += *c == '\n';
        return end ? end + 2 : s + strlen(s);
    }
    if (strspn(s, LETTERS))
        return s + strspn(s, LETTERS DIGITS "-.");
    *line += *s == '\n';
    return s + 1;
}

/* Whether the setting at `s` is written with a dot, as documents and messages name it, which
 * libconfig calls a syntax error. The fault says how to write it. */
static bool is_dotted(const struct loader *l, const char *s, int line)
{
    size_t dot = strspn(s, LETTERS) ? strspn(s, LETTERS DIGITS "-*") : 0;
    const char *name = s + dot + 1;
    if (!dot || s[dot] != '.')
        return false;
    size_t len = strspn(name, LETTERS DIGITS "-*.");
    const char *equals = name + len + strspn(name + len, " \t");
    if (!len || (*equals != '=' && *equals != ':'))
        return false;
    bool list = dot == 8 && memcmp(s, "announce", dot) == 0;
    fault_set(l->fault, FAULT_SETUP, "%s:%d: '%.*s.%.*s' is written %.*s = %s{ %.*s = ...; }%s;",
              l->name, line, (int)dot, s, (int)len, name, (int)dot, s, list ? "( " : "", (int)len,
              name, list ? " )" : "");
    return true;
}

/* Refuses what libconfig would silently accept, numbers that it wraps around and other files, and
 * what it would only call a syntax error. */
static bool check_source(const struct loader *l, const char *s)
{
    int line = 1;
    while (*s) {
        size_t digits = strspn(s, DIGITS);
        if (!digits) {
            if (*s == '@')
                return fault_set(l->fault, FAULT_SETUP, "%s:%d: other files cannot be included",
                                 l->name, line);
            if (is_dotted(l, s, line))
                return false;
            s = skip_token(s, &line);
            continue;
        }
        bool hex = digits == 1 && *s == '0' && (s[1] | 0x20) == 'x';
        if (hex)
            digits = 2 + strspn(s + 2, "0123456789abcdefABCDEF");
        bool wide = s[digits] == 'L', fits = digits < 18;
        if (!hex && s[digits] == '.') {
            s += digits + 1;
            s += strspn(s, "0123456789");
            continue;
        }
        if (!wide)
            fits = digits <= 12 && strtoll(s, NULL, hex ? 16 : 10) <= INT_MAX;
        if (!fits)
            return fault_set(l->fault, FAULT_SETUP,
                             "%s:%d: number too large (above %d it needs an 'L' behind it)",
                             l->name, line, INT_MAX);
        s += digits + wide;
    }
    return true;
}

static bool set_default(char **field, const char *value)
{
    return *field || (*field = strdup(value));
}

/* What the file did not say. */
static bool fill_in(const struct loader *l, bool destinations_given)
{
    struct config *config = l->config;
    bool own_site = config->site_url;
    if (!set_default(&config->site_url, DEFAULT_SITE))
        return fault_memory(l->fault);
    size_t len = strlen(config->site_url);
    if (config->site_url[len - 1] == '/')
        config->site_url[len - 1] = '\0';
    if (!config->site_feed && asprintf(&config->site_feed, "%s/rss.xml", config->site_url) < 0)
        config->site_feed = NULL;
    if (!config->site_feed || (!own_site && !set_default(&config->site_suggest, DEFAULT_SUGGEST)))
        return fault_memory(l->fault);
    if (config->site_suggest && !*config->site_suggest) {
        free(config->site_suggest);
        config->site_suggest = NULL;
    }
    bool web = true;
    if (config->site_suggest && !settle_url(&config->site_suggest, &web))
        return fault_memory(l->fault);
    if (!web)
        return fault_set(l->fault, FAULT_SETUP,
                         "%s: 'site.suggest' must be a URL with http: or https:, or empty",
                         l->name);
    if (!destinations_given) {
        struct destination *destination =
            array_add(&config->destinations, &config->destination_count, sizeof *destination);
        if (!destination || !(destination->channel = strdup(DEFAULT_CHANNEL)) ||
            !(destination->topic = strdup(DEFAULT_TOPIC)))
            return fault_memory(l->fault);
    }
    return true;
}

bool config_parse(const char *data, size_t len, const char *name, struct config *config,
                  struct fault *fault)
{
    struct loader l = {.name = name, .config = config, .fault = fault};
    config->site_poll_minutes = 60;
    config->site_settle_minutes = 45;
    if (len > CONFIG_MAX_BYTES)
        return fault_set(fault, FAULT_SETUP, "%s: larger than %d bytes", name, CONFIG_MAX_BYTES);
    if (memchr(data, '\0', len))
        return fault_set(fault, FAULT_SETUP, "%s: not a text file", name);
    struct buf source = BUF_INIT(CONFIG_MAX_BYTES + 1);
    size_t mark = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* of some editors */
    buf_add(&source, data + mark, len - mark);
    buf_addc(&source, '\n'); /* libconfig wants the last comment's line to end */
    int lines = len == 0 || data[len - 1] != '\n';
    for (size_t i = 0; i < len; i++)
        lines += data[i] == '\n';
    char *copy = buf_take(&source);
    if (!copy)
        return fault_memory(fault);
    bool parsed = check_source(&l, copy);
    if (parsed) {
        config_t file;
        config_init(&file);
        if (config_read_string(&file, copy))
            parsed = take_group(&l, config_root_setting(&file), "") &&
                     fill_in(&l, config_lookup(&file, "announce") != NULL);
        else
            parsed = fault_set(fault, FAULT_SETUP, "%s:%d: %s", name,
                               config_error_line(&file) < lines ? config_error_line(&file) : lines,
                               config_error_text(&file));
        config_destroy(&file);
    }
    free(copy);
    if (parsed && !(config_allow_timing(config, config->site_url, "site", fault) &&
                    config_allow_timing(config, config->site_feed, "site", fault)))
        parsed = fault_prefix(fault, "%s", name);
    return parsed;
}

double config_doubt_s(const struct config *config)
{
    return config->timing.doubt > 0 ? config->timing.doubt : DOUBT_S;
}

bool config_allow_timing(const struct config *config, const char *url, const char *what,
                         struct fault *fault)
{
    const struct timing *t = &config->timing;
    bool given = t->poll > 0 || t->settle > 0 || t->doubt > 0 || t->backoff > 0 || t->stall > 0;
    return !given || url_is_loopback(url) ||
           fault_set(fault, FAULT_SETUP, "'timing' is for tests: the %s must be on this machine",
                     what);
}

bool config_load(const char *path, struct config *config, struct fault *fault)
{
    struct buf data = BUF_INIT(CONFIG_MAX_BYTES);
    if (!path)
        path = getenv("TMRO_BOT_CONFIG");
    if (path && !*path)
        path = NULL;
    if (!path && !file_is_missing(CONFIG_PATH))
        path = CONFIG_PATH;
    if (!path)
        return config_parse("", 0, "built-in defaults", config, fault);
    bool loaded = file_read(path, &data, fault);
    if (!loaded)
        fault->kind = fault->kind == FAULT_LOCAL ? FAULT_LOCAL : FAULT_SETUP;
    else if (!(config->path = strdup(path)))
        loaded = fault_memory(fault);
    loaded = loaded && config_parse(buf_str(&data), data.len, path, config, fault);
    buf_finish(&data);
    return loaded;
}

void config_finish(struct config *config)
{
    for (size_t i = 0; i < config->owner_count; i++)
        free(config->owners[i].email);
    for (size_t i = 0; i < config->destination_count; i++) {
        free(config->destinations[i].channel);
        free(config->destinations[i].topic);
    }
    free(config->owners);
    free(config->destinations);
    free(config->path);
    free(config->site_url);
    free(config->site_feed);
    free(config->site_suggest);
    free(config->site_ca_file);
    free(config->zulip_credentials);
    free(config->state);
    *config = (struct config){0};
}

char *config_topic(const char *topic, const char *title, const char *month, const char *id)
{
    const struct {
        const char *name, *value;
    } places[] = {{"{title}", title}, {"{month}", month}, {"{id}", id}};
    struct buf out = BUF_INIT(TEXT_MAX);
    while (*topic) {
        bool filled = false;
        for (size_t i = 0; !filled && i < sizeof places / sizeof *places; i++) {
            size_t len = strlen(places[i].name);
            filled = strncmp(topic, places[i].name, len) == 0;
            if (filled) {
                buf_adds(&out, places[i].value);
                topic += len;
            }
        }
        if (!filled)
            buf_addc(&out, *topic++);
    }
    return buf_take(&out);
}

char *config_state_path(const struct config *config, struct fault *fault)
{
    struct buf out = BUF_INIT(PATH_MAX);
    const char *folder = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME"),
               *home = getenv("HOME");
    if (config->state)
        buf_adds(&out, config->state);
    else if (folder && *folder) /* of several, separated by colons, the first */
        buf_addf(&out, "%.*s/state.db", (int)strcspn(folder, ":"), folder);
    else if (geteuid() == 0)
        buf_adds(&out, CONFIG_STATE_FOLDER "/state.db");
    else if (xdg && *xdg == '/')
        buf_addf(&out, "%s/tmro-bot/state.db", xdg);
    else if (home && *home == '/')
        buf_addf(&out, "%s/.local/state/tmro-bot/state.db", home);
    else {
        fault_set(fault, FAULT_SETUP, "no place for the state: set 'state' in the configuration");
        return NULL;
    }
    bool full = out.full;
    char *path = buf_take(&out);
    if (!path && full)
        fault_set(fault, FAULT_SETUP, "the path of the state is too long");
    else if (!path)
        fault_memory(fault);
    return path;
}

const char *config_version(void)
{
#define STRING(x)  #x
#define VERSION(x) STRING(x)
    return VERSION(LIBCONFIG_VER_MAJOR) "." VERSION(LIBCONFIG_VER_MINOR) "." VERSION(
        LIBCONFIG_VER_REVISION);
}
