/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bot's credentials, from the zuliprc file that Zulip offers for download. */
#ifndef TMRO_IO_ZULIPRC_H
#define TMRO_IO_ZULIPRC_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct fault;

#define ZULIPRC_MAX_BYTES 16384

/* Root's credentials, which the service's unit loads. */
#define CREDENTIALS_OF_ROOT "/etc/tmro-bot/zuliprc"

/* The key is sent only in the Authorization header. */
struct credentials {
    char *path;      /* the file; NULL: the environment alone */
    bool overridden; /* an environment variable is set */
    char *email, *key;
    char *site;        /* without "/" or "/api" at the end */
    char *cert_bundle; /* PEM file; or NULL */
};

/* Reads the credentials from the first of $CREDENTIALS_DIRECTORY/zuliprc, `configured` (NULL:
 * none), for root CREDENTIALS_OF_ROOT, ~/.zuliprc. The variables ZULIP_EMAIL, ZULIP_API_KEY and
 * ZULIP_SITE override the file. False, with zeroed credentials: SETUP (none found, unreadable,
 * readable by everybody or writable by others, malformed, `insecure`, plain http to another
 * machine) with what to do; LOCAL. */
bool credentials_load(struct arena *arena, const char *configured, struct credentials *credentials,
                      struct fault *fault);

/* Overwrites the key, before the arena is freed. */
void credentials_wipe(struct credentials *credentials);

/* Parses one file's text into zeroed credentials, for tests; `name` is the path in messages. */
bool credentials_parse(struct arena *arena, const char *data, size_t len, const char *name,
                       struct credentials *credentials, struct fault *fault);

#endif
