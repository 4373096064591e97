/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The configuration file as a struct. */
#ifndef TMRO_CONFIG_H
#define TMRO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Seconds instead of the real waits, for tests on loopback; 0: the real one. */
struct timing {
    double poll, settle, doubt, backoff, stall;
};

/* Valid after config_load(); owns its strings. Strings that may be NULL say so. */
struct config {
    char *path; /* the file that was read; NULL: built-in defaults */
    char *site_url, *site_feed;
    char *site_suggest; /* or NULL */
    char *site_ca_file; /* or NULL */
    int site_poll_minutes, site_settle_minutes;
    char *zulip_credentials; /* or NULL */
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
 * one; LOCAL. The caller finishes a zeroed config in every case. */
bool config_load(const char *path, struct config *config, struct fault *fault);

/* The same from memory, for tests; `name` stands for the path in messages. */
bool config_parse(const char *data, size_t len, const char *name, struct config *config,
                  struct fault *fault);
void config_finish(struct config *config);

/* How long after a request its message may still appear: requests that were answered 502 were
 * carried out up to 55 s later. */
double config_doubt_s(const struct config *config);

/* Waits that are shortened for tests are allowed only while `url`, that of `what`, is on this
 * machine. False: SETUP, LOCAL. */
bool config_allow_timing(const struct config *config, const char *url, const char *what,
                         struct fault *fault);

/* `topic` of a destination is text with these filled in; owned by the caller. NULL: out of memory.
 */
char *config_topic(const char *topic, const char *title, const char *month, const char *id);

/* The folder of root's state, which is the service's. */
#define CONFIG_STATE_FOLDER "/var/lib/tmro-bot"

/* Where the state is kept: `state`, $STATE_DIRECTORY/state.db, for root
 * CONFIG_STATE_FOLDER/state.db, else $XDG_STATE_HOME/tmro-bot/state.db (~/.local/state). Owned by
 * the caller; NULL: SETUP (no home) or LOCAL. */
char *config_state_path(const struct config *config, struct fault *fault);

/* Version of the configuration library, for --version; static. */
const char *config_version(void);

#endif
