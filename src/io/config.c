/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The configuration file as a struct. */
#include "io/config.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "base/url.h"

#include <ctype.h>
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
/* Requests answered with 502 have been carried out up to 55 s later. */
#define DOUBT_S              60
#define BACKOFF_S            60
#define REFUSED_S            600
#define RECONNECT_S          1
#define STALL_S              30
#define EVENTS_STALL_S       120
#define DEFAULT_ORGANISATION "rust-osdev"
#define DEFAULT_ABOUT        "https://github.com/rust-osdev/tmro-bot"
/* Of the default site: where its mistakes are reported, and where readers make suggestions. */
#define DEFAULT_REPOSITORY "https://github.com/rust-osdev/homepage"
#define DEFAULT_SUGGEST                                                                            \
    "https://rust-osdev.zulipchat.com/#narrow/channel/435142-newsletter/topic/"                    \
    "Content.20suggestions/with/580172810"

enum key_type {
    KEY_GROUP,
    KEY_STRING,
    KEY_URL,
    KEY_LINK, /* a URL, or "" for none */
    KEY_INT,
    KEY_FLOAT,
    KEY_OWNERS,
    KEY_DESTINATIONS
};

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
    {"site.suggest", KEY_LINK, offsetof(struct config, site_suggest), 0, 0},
    {"site.repository", KEY_LINK, offsetof(struct config, site_repository), 0, 0},
    {"site.organisation", KEY_STRING, offsetof(struct config, site_organisation), 0, 0},
    {"site.ca_file", KEY_STRING, offsetof(struct config, site_ca_file), 0, 0},
    {"zulip", KEY_GROUP, 0, 0, 0},
    {"zulip.credentials", KEY_STRING, offsetof(struct config, zulip_credentials), 0, 0},
    {"zulip.owners", KEY_OWNERS, 0, 0, 0},
    {"announce", KEY_DESTINATIONS, 0, 0, 0},
    {"about", KEY_LINK, offsetof(struct config, about), 0, 0},
    {"state", KEY_STRING, offsetof(struct config, state), 0, 0},
    {"timing", KEY_GROUP, 0, 0, 0},
    {"timing.poll", KEY_FLOAT, offsetof(struct config, timing.poll_s), 0, 86400},
    {"timing.settle", KEY_FLOAT, offsetof(struct config, timing.settle_s), 0, 86400},
    {"timing.doubt", KEY_FLOAT, offsetof(struct config, timing.doubt_s), 0, 86400},
    {"timing.backoff", KEY_FLOAT, offsetof(struct config, timing.backoff_s), 0, 86400},
    {"timing.stall", KEY_FLOAT, offsetof(struct config, timing.stall_s), 0, 86400},
};
#define KEY_COUNT COUNT(keys)

struct loader {
    struct arena *arena;
    const char *name;   /* of the file */
    const char *source; /* its text */
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

/* Reports an unknown key, and the nearest of `candidates`. */
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
    *into = arena_copy(l->arena, value);
    return true;
}

/* A URL in its normal form. Where there may be none, "" is left for fill_in(). */
static bool take_url(const struct loader *l, const config_setting_t *setting, const struct key *key,
                     char **into)
{
    bool optional = key->type == KEY_LINK;
    if (!take_string(l, setting, key->path, into))
        return false;
    if (optional && !**into)
        return true;
    *into = url_resolve(l->arena, "", *into);
    if (!*into || !url_is_web(*into))
        return wrong(l, setting, "'%s' must be a URL with http: or https:%s", key->path,
                     optional ? ", or empty" : "");
    return !url_has_login(*into) ||
           wrong(l, setting, "'%s' has a user name or password in it: write it without", key->path);
}

/* The line of the file with that number, counted from 1; the last line when there are fewer. */
static const char *find_line(const struct loader *l, int *number)
{
    const char *line = l->source, *end;
    int at = 1;
    for (; at < *number && (end = strchr(line, '\n')) && end[1]; at++)
        line = end + 1;
    *number = at;
    return line;
}

/* libconfig 1.5 reads 5000000000 as 705032704, because there is no L after it. A number that was
 * read right is in the file as it is. */
static bool check_number(const struct loader *l, const config_setting_t *setting)
{
    int line = config_setting_source_line(setting);
    const char *number = arena_format(l->arena, "%lld", config_setting_get_int64(setting));
    size_t len = strlen(number);
    for (const char *at = find_line(l, &line); (at = strstr(at, number)); at++)
        if (!isdigit((unsigned char)at[len]) &&
            (at == l->source || !isalnum((unsigned char)at[-1])))
            return true;
    return wrong(l, setting,
                 "write a number in decimal digits, and above 2147483647 with an L after them");
}

static bool is_whole(const config_setting_t *setting)
{
    int type = config_setting_type(setting);
    return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
}

static bool take_number(const struct loader *l, const config_setting_t *setting,
                        const struct key *key)
{
    char *field = (char *)l->config + key->offset;
    bool whole = is_whole(setting);
    if (!whole && (key->type == KEY_INT || config_setting_type(setting) != CONFIG_TYPE_FLOAT))
        return wrong(l, setting, "'%s' must be a%s number", key->path,
                     key->type == KEY_INT ? " whole" : "");
    if (whole && !check_number(l, setting))
        return false;
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
    struct config *config = l->config;
    struct owner *owner = arena_add(l->arena, &config->owners, &config->owner_count, sizeof *owner);
    if (is_whole(element)) {
        owner->id = config_setting_get_int64(element);
        if (!check_number(l, element))
            return false;
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

/* What a topic may hold, in the order of config_topic()'s values. */
static const char *const placeholders[] = {"{title}", "{month}", "{id}"};

/* The placeholder that begins at `s`; their number when none does. */
static size_t find_placeholder(const char *s)
{
    size_t i = 0;
    while (i < COUNT(placeholders) && strncmp(s, placeholders[i], strlen(placeholders[i])) != 0)
        i++;
    return i;
}

static bool check_topic(const struct loader *l, const config_setting_t *setting, const char *topic)
{
    for (const char *at = topic; (at = strchr(at, '{')); at++)
        if (find_placeholder(at) == COUNT(placeholders))
            return wrong(l, setting,
                         "a topic may hold {title}, {month} and {id}, nothing else in braces");
    return *topic || wrong(l, setting, "'topic' is empty");
}

static bool take_channel(const struct loader *l, const config_setting_t *setting,
                         struct destination *destination)
{
    if (!is_whole(setting))
        return take_string(l, setting, "channel", &destination->channel);
    destination->channel = arena_format(l->arena, "%lld", config_setting_get_int64(setting));
    return check_number(l, setting);
}

static bool take_destination(const struct loader *l, const config_setting_t *group)
{
    static const char *const names[] = {"channel", "topic"};
    struct config *config = l->config;
    if (!config_setting_is_group(group))
        return wrong(l, group, "'announce' must hold groups such as { channel = \"newsletter\"; }");
    struct destination *destination =
        arena_add(l->arena, &config->destinations, &config->destination_count, sizeof *destination);
    destination->topic = arena_copy(l->arena, DEFAULT_TOPIC);
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(setting);
        if (strcmp(name, "topic") == 0) {
            if (!take_string(l, setting, name, &destination->topic) ||
                !check_topic(l, setting, destination->topic))
                return false;
        } else if (strcmp(name, "channel") != 0) {
            return unknown_key(l, setting, name, names, 2);
        } else if (!take_channel(l, setting, destination)) {
            return false;
        }
    }
    if (!destination->channel || !*destination->channel)
        return wrong(l, group, "'announce': a destination without 'channel'");
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
    switch (key->type) {
    case KEY_GROUP:
        if (!config_setting_is_group(setting))
            return wrong(l, setting, "'%s' must be a group, in { }", key->path);
        return take_group(l, setting, key->path);
    case KEY_STRING:
        if (!take_string(l, setting, key->path, string))
            return false;
        return **string || wrong(l, setting, "'%s' is empty", key->path);
    case KEY_URL:
    case KEY_LINK:
        return take_url(l, setting, key, string);
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

/* Documents and messages name a setting with a dot, which libconfig calls a syntax error. For a
 * setting written that way in the line, the fault says how to write it. */
static bool explain_dot(const struct loader *l, int number, const char *line)
{
    const char *text = arena_copy_n(l->arena, line, strcspn(line, "\n"));
    for (size_t k = 0; k < KEY_COUNT; k++) {
        const char *path = keys[k].path, *name = strchr(path, '.'), *at = strstr(text, path);
        const char *after = at ? at + strlen(path) : "";
        after += strspn(after, " \t");
        if (name && (*after == '=' || *after == ':'))
            return fault_set(l->fault, FAULT_SETUP, "%s:%d: '%s' is written %.*s = { %s = ...; };",
                             l->name, number, path, (int)(name - path), path, name + 1);
    }
    return true;
}

/* libconfig would read any file that is named there. */
static bool check_includes(const struct loader *l)
{
    const char *s = l->source, *end;
    for (int line = 1; s; line++) {
        if (s[strspn(s, " \t")] == '@')
            return fault_set(l->fault, FAULT_SETUP, "%s:%d: other files cannot be included",
                             l->name, line);
        end = strchr(s, '\n');
        s = end ? end + 1 : NULL;
    }
    return true;
}

static void default_s(double *seconds, double value)
{
    if (!(*seconds > 0))
        *seconds = value;
}

static void fill_in_timing(struct config *config)
{
    struct timing *t = &config->timing;
    t->shortened =
        t->poll_s > 0 || t->settle_s > 0 || t->doubt_s > 0 || t->backoff_s > 0 || t->stall_s > 0;
    t->refused_s = t->reconnect_s = t->backoff_s;
    t->events_stall_s = t->stall_s;
    default_s(&t->poll_s, 60 * config->site_poll_minutes);
    default_s(&t->settle_s, 60 * config->site_settle_minutes);
    default_s(&t->doubt_s, DOUBT_S);
    default_s(&t->backoff_s, BACKOFF_S);
    default_s(&t->refused_s, REFUSED_S);
    default_s(&t->reconnect_s, RECONNECT_S);
    default_s(&t->stall_s, STALL_S);
    default_s(&t->events_stall_s, EVENTS_STALL_S);
}

/* A link that is not set gets its default (NULL: none); one that is "" becomes none. */
static void fill_in_link(const struct loader *l, char **link, const char *value)
{
    if (!*link)
        *link = arena_copy(l->arena, value);
    else if (!**link)
        *link = NULL;
}

/* Fills in what the file does not set. */
static bool fill_in(const struct loader *l, bool destinations_given)
{
    struct config *config = l->config;
    bool own_site = config->site_url;
    fill_in_link(l, &config->site_suggest, own_site ? NULL : DEFAULT_SUGGEST);
    fill_in_link(l, &config->site_repository, own_site ? NULL : DEFAULT_REPOSITORY);
    fill_in_link(l, &config->about, DEFAULT_ABOUT);
    if (!config->site_organisation)
        config->site_organisation = arena_copy(l->arena, DEFAULT_ORGANISATION);
    if (!config->site_url)
        config->site_url = arena_copy(l->arena, DEFAULT_SITE);
    size_t len = strlen(config->site_url);
    if (config->site_url[len - 1] == '/')
        config->site_url[len - 1] = '\0';
    if (!config->site_feed)
        config->site_feed = arena_format(l->arena, "%s/rss.xml", config->site_url);
    if (!destinations_given) {
        struct destination *destination = arena_add(
            l->arena, &config->destinations, &config->destination_count, sizeof *destination);
        *destination = (struct destination){arena_copy(l->arena, DEFAULT_CHANNEL),
                                            arena_copy(l->arena, DEFAULT_TOPIC)};
    }
    fill_in_timing(config);
    return (config_allow_timing(config, config->site_url, "site", l->fault) &&
            config_allow_timing(config, config->site_feed, "site", l->fault)) ||
           fault_prefix(l->fault, "%s", l->name);
}

static bool parse_source(const struct loader *l)
{
    config_t file;
    config_init(&file);
    bool parsed = config_read_string(&file, l->source);
    if (parsed) {
        parsed = take_group(l, config_root_setting(&file), "") &&
                 fill_in(l, config_lookup(&file, "announce") != NULL);
    } else {
        int number = config_error_line(&file);
        const char *line = find_line(l, &number);
        if (explain_dot(l, number, line))
            fault_set(l->fault, FAULT_SETUP, "%s:%d: %s", l->name, number,
                      config_error_text(&file));
    }
    config_destroy(&file);
    return parsed;
}

bool config_parse(struct arena *arena, const char *data, size_t len, const char *name,
                  struct config *config, struct fault *fault)
{
    size_t mark =
        len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* some editors write one */
    if (len > CONFIG_MAX_BYTES)
        return fault_set(fault, FAULT_SETUP, "%s: larger than %d bytes", name, CONFIG_MAX_BYTES);
    if (memchr(data, '\0', len))
        return fault_set(fault, FAULT_SETUP, "%s: not a text file", name);
    /* libconfig needs a newline after a comment on the last line. */
    bool ended = len > mark && data[len - 1] == '\n';
    struct loader l = {
        .arena = arena,
        .name = name,
        .source = arena_format(arena, "%.*s%s", (int)(len - mark), data + mark, ended ? "" : "\n"),
        .config = config,
        .fault = fault};
    *config = (struct config){.site_poll_minutes = 60, .site_settle_minutes = 45};
    return check_includes(&l) && parse_source(&l);
}

bool config_allow_timing(const struct config *config, const char *url, const char *what,
                         struct fault *fault)
{
    return !config->timing.shortened || url_is_loopback(url) ||
           fault_set(fault, FAULT_SETUP, "'timing' is for tests: the %s must be on this machine",
                     what);
}

bool config_load(struct arena *arena, const char *path, struct config *config, struct fault *fault)
{
    struct buf data = BUF_INIT(arena, CONFIG_MAX_BYTES);
    if (!path)
        path = getenv("TMRO_BOT_CONFIG");
    if (path && !*path)
        path = NULL;
    if (!path && !file_is_missing(CONFIG_PATH))
        path = CONFIG_PATH;
    if (!path)
        return config_parse(arena, "", 0, "built-in defaults", config, fault);
    if (!file_read(path, &data, fault)) {
        fault->kind = fault->kind == FAULT_LOCAL ? FAULT_LOCAL : FAULT_SETUP;
        return false;
    }
    if (!config_parse(arena, buf_str(&data), data.len, path, config, fault))
        return false;
    config->path = arena_copy(arena, path);
    return true;
}

char *config_topic(struct arena *arena, const char *topic, const char *title, const char *month,
                   const char *id)
{
    const char *const values[] = {title, month, id};
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    while (*topic) {
        size_t i = find_placeholder(topic);
        if (i == COUNT(placeholders)) {
            buf_addc(&out, *topic++);
        } else {
            buf_adds(&out, values[i]);
            topic += strlen(placeholders[i]);
        }
    }
    return buf_str(&out);
}

char *config_state_path(struct arena *arena, const struct config *config, struct fault *fault)
{
    const char *folder = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME"),
               *home = getenv("HOME");
    char *path = NULL;
    if (config->state)
        path = arena_copy(arena, config->state);
    else if (folder && *folder) /* the first of a list separated by colons */
        path = arena_format(arena, "%.*s/state.db", (int)strcspn(folder, ":"), folder);
    else if (geteuid() == 0)
        path = arena_copy(arena, CONFIG_STATE_FOLDER "/state.db");
    else if (xdg && *xdg == '/')
        path = arena_format(arena, "%s/tmro-bot/state.db", xdg);
    else if (home && *home == '/')
        path = arena_format(arena, "%s/.local/state/tmro-bot/state.db", home);
    if (!path)
        fault_set(fault, FAULT_SETUP, "no place for the state: set 'state' in the configuration");
    if (!path || strlen(path) < PATH_MAX)
        return path;
    fault_set(fault, FAULT_SETUP, "the path of the state is too long");
    return NULL;
}

const char *config_version(void)
{
#define STRING(x)  #x
#define VERSION(x) STRING(x)
    return VERSION(LIBCONFIG_VER_MAJOR) "." VERSION(LIBCONFIG_VER_MINOR) "." VERSION(
        LIBCONFIG_VER_REVISION);
}
