/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bot's credentials, in the file that Zulip offers for download. */
#ifndef TMRO_IO_ZULIPRC_H
#define TMRO_IO_ZULIPRC_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct fault;

#define ZULIPRC_MAX_BYTES 16384

/* Root's, and what the service's unit loads. */
#define CREDENTIALS_OF_ROOT "/etc/tmro-bot/zuliprc"

/* The key goes nowhere but into the Authorization header. */
struct credentials {
    char *path;      /* the file; NULL: the environment alone */
    bool overridden; /* a variable went before what the file says */
    char *email, *key;
    char *site;        /* without "/" or "/api" at the end */
    char *cert_bundle; /* PEM file; or NULL */
};

/* Finds and reads the credentials: $CREDENTIALS_DIRECTORY/zuliprc, `configured` (NULL: none), for
 * root /etc/tmro-bot/zuliprc, ~/.zuliprc; the variables ZULIP_EMAIL, ZULIP_API_KEY and ZULIP_SITE
 * override what the file says. False, with zeroed credentials: SETUP (none found, unreadable,
 * readable by everybody or writable by others, malformed, `insecure`, plain http to another
 * machine) with what to do; LOCAL. */
bool credentials_load(struct arena *arena, const char *configured, struct credentials *credentials,
                      struct fault *fault);

/* One file's text, for tests, into zeroed credentials; `name` is the path in messages. */
bool credentials_parse(struct arena *arena, const char *data, size_t len, const char *name,
                       struct credentials *credentials, struct fault *fault);

#endif
