/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The configuration file as a struct. */
#ifndef TMRO_IO_CONFIG_H
#define TMRO_IO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct fault;

/* Largest configuration file. The limit also protects libconfig, which aborts when memory runs out.
 */
#define CONFIG_MAX_BYTES (64 * 1024)

/* Where announcements go. */
struct destination {
    char *channel; /* its name, its id, or "ID-NAME" */
    char *topic;   /* with {title}, {month}, {id} */
};

/* Somebody who is told when something is wrong. */
struct owner {
    int64_t id; /* 0: known by e-mail */
    char *email;
};

/* Waits, in seconds. The group 'timing' shortens them for tests on loopback. */
struct timing {
    double poll_s;         /* between two polls of the feed */
    double settle_s;       /* until a new issue is announced, so that early corrections are in it */
    double doubt_s;        /* how long after a request its message may still appear */
    double backoff_s;      /* the watcher's first back-off */
    double refused_s;      /* the least after a server answered, if only with an error */
    double reconnect_s;    /* the first one after the event queue failed */
    double stall_s;        /* the longest without a byte of an answer */
    double events_stall_s; /* the same for the event queue, which is often silent */
    bool shortened;
};

/* Strings that may be NULL say so. */
struct config {
    char *path; /* the file that was read; NULL: built-in defaults */
    char *site_url, *site_feed;
    char *site_suggest;                         /* or NULL */
    char *site_repository;                      /* where its mistakes are reported; or NULL */
    char *site_organisation;                    /* the newsletter's at GitHub */
    char *site_ca_file;                         /* or NULL */
    int site_poll_minutes, site_settle_minutes; /* as written; `timing` counts */
    char *zulip_credentials;                    /* or NULL */
    struct owner *owners;
    size_t owner_count;
    struct destination *destinations; /* if there are none, nothing is announced */
    size_t destination_count;
    char *about; /* where the bot's source and documentation are; or NULL */
    char *state; /* or NULL */
    struct timing timing;
};

/* The machine's configuration, which the service reads. */
#define CONFIG_PATH "/etc/tmro-bot/tmro-bot.conf"

/* Reads `path`, else $TMRO_BOT_CONFIG, else CONFIG_PATH if it exists, else nothing, and fills in
 * the defaults. False: SETUP with "path:line: what" and, for a misspelt key, the nearest known one;
 * LOCAL. */
bool config_load(struct arena *arena, const char *path, struct config *config, struct fault *fault);

/* The same from memory, for tests; `name` is the path in messages. */
bool config_parse(struct arena *arena, const char *data, size_t len, const char *name,
                  struct config *config, struct fault *fault);

/* Checks that waits are only shortened while `url`, the URL of `what`, is on this machine. False:
 * SETUP. */
bool config_allow_timing(const struct config *config, const char *url, const char *what,
                         struct fault *fault);

/* A destination's `topic` with its placeholders filled in. */
char *config_topic(struct arena *arena, const char *topic, const char *title, const char *month,
                   const char *id);

/* The folder of the service's state, which root uses too. */
#define CONFIG_STATE_FOLDER "/var/lib/tmro-bot"

/* The path of the state: the setting `state`, else $STATE_DIRECTORY/state.db, else for root
 * CONFIG_STATE_FOLDER/state.db, else $XDG_STATE_HOME/tmro-bot/state.db (by default in
 * ~/.local/state). NULL: SETUP (there is no home, or the path is too long). */
char *config_state_path(struct arena *arena, const struct config *config, struct fault *fault);

/* The version of the configuration library, for --version; static. */
const char *config_version(void);

#endif
