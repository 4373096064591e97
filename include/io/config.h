/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The configuration file as a struct. */
#ifndef TMRO_IO_CONFIG_H
#define TMRO_IO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct fault;

/* Largest configuration file; it also bounds libconfig, which aborts when memory runs out. */
#define CONFIG_MAX_BYTES (64 * 1024)

/* Where announcements go. */
struct destination {
    char *channel; /* its name, its id, or "ID-NAME" */
    char *topic;   /* with {title}, {month}, {id} */
};

/* Who is told when something is wrong: an id, or an e-mail. */
struct owner {
    int64_t id; /* 0: by e-mail */
    char *email;
};

/* Waits, in seconds. The group 'timing' of the file shortens them, for tests on loopback. */
struct timing {
    double poll_s;         /* between two looks at the feed */
    double settle_s;       /* until a new issue is announced, so that early corrections are in it */
    double doubt_s;        /* how long after a request its message may still appear */
    double backoff_s;      /* the watcher's first one */
    double refused_s;      /* the least after a server answered, if only with an error */
    double reconnect_s;    /* the first one after the event queue failed */
    double stall_s;        /* the longest without a byte of an answer */
    double events_stall_s; /* the same of the event queue, which has little to say */
    bool shortened;
};

/* Strings that may be NULL say so. */
struct config {
    char *path; /* the file that was read; NULL: built-in defaults */
    char *site_url, *site_feed;
    char *site_suggest;                         /* or NULL */
    char *site_ca_file;                         /* or NULL */
    int site_poll_minutes, site_settle_minutes; /* as written; `timing` is what counts */
    char *zulip_credentials;                    /* or NULL */
    struct owner *owners;
    size_t owner_count;
    struct destination *destinations; /* none: nothing is announced */
    size_t destination_count;
    char *state; /* or NULL */
    struct timing timing;
};

/* The machine's, which the service reads. */
#define CONFIG_PATH "/etc/tmro-bot/tmro-bot.conf"

/* Reads `path`, else $TMRO_BOT_CONFIG, else /etc/tmro-bot/tmro-bot.conf if it exists, else nothing,
 * and fills in defaults. False: SETUP with "path:line: what" and, for a misspelt key, the nearest
 * one; LOCAL. */
bool config_load(struct arena *arena, const char *path, struct config *config, struct fault *fault);

/* The same from memory, for tests; `name` is the path in messages. */
bool config_parse(struct arena *arena, const char *data, size_t len, const char *name,
                  struct config *config, struct fault *fault);

/* Waits that are shortened for tests are allowed only while `url`, that of `what`, is on this
 * machine. False: SETUP. */
bool config_allow_timing(const struct config *config, const char *url, const char *what,
                         struct fault *fault);

/* A destination's `topic` with these filled in. */
char *config_topic(struct arena *arena, const char *topic, const char *title, const char *month,
                   const char *id);

/* The folder of root's state, which is the service's. */
#define CONFIG_STATE_FOLDER "/var/lib/tmro-bot"

/* Where the state is kept: `state`, $STATE_DIRECTORY/state.db, for root
 * CONFIG_STATE_FOLDER/state.db, else $XDG_STATE_HOME/tmro-bot/state.db (~/.local/state).
 * NULL: SETUP (no home, or too long). */
char *config_state_path(struct arena *arena, const struct config *config, struct fault *fault);

/* Version of the configuration library, for --version; static. */
const char *config_version(void);

#endif
