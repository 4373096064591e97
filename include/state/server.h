/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot remembers of the Zulip server: its limits, its event queue, and what fails there
 * now.
 *
 * Every call is one transaction, on disk when it returns, for the database's Zulip site. Faults are
 * those of database.h. */
#ifndef TMRO_STATE_SERVER_H
#define TMRO_STATE_SERVER_H

#include "zulip/events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct database;
struct fault;

/* What a server allows, in code points. */
struct server_limits {
    size_t max_message_length, max_topic_length;
};

/* What the server allowed when it was last asked, else what servers usually allow. */
bool server_get_limits(struct database *db, struct server_limits *limits, struct fault *fault);
bool server_put_limits(struct database *db, const struct server_limits *limits,
                       struct fault *fault);

/* Since when the server refuses the bot's login, in seconds since 1970; 0: it does not. */
bool server_get_refused(struct database *db, double *since, struct fault *fault);

/* Records that the server refuses the login, since then or since earlier; 0: it does not. */
bool server_set_refused(struct database *db, double since, struct fault *fault);

/* Whether the server has refused the login for SERVER_REFUSED_MAX_S seconds. If so, sets LOGIN and
 * says that the bot gives up. */
#define SERVER_REFUSED_MAX_S 3600
bool server_refused_too_long(struct database *db, double now, struct fault *fault);

/* The parts of the service that use the chat; each has its own trouble. */
enum server_part { SERVER_ANSWERING, SERVER_ANNOUNCING, SERVER_PARTS };

/* "answering", "announcing" */
const char *server_part_name(enum server_part part);

/* What fails in one part. Times are seconds since 1970. */
struct server_trouble {
    char *text; /* NULL: nothing fails */
    double since;
    double until; /* the next try; 0: not known */
};

/* Fills a zeroed trouble, which stays zeroed when nothing fails. */
bool server_get_trouble(struct arena *arena, struct database *db, enum server_part part,
                        struct server_trouble *trouble, struct fault *fault);

/* Records that a part fails now, in these words, or that it works again (NULL). The time it began
 * to fail is kept. */
bool server_set_trouble(struct database *db, enum server_part part, const char *text, double now,
                        double until, struct fault *fault);

/* When the service last saw one of the bot's own messages that is not on record; 0: never. */
bool server_get_foreign(struct database *db, double *at, struct fault *fault);
bool server_put_foreign(struct database *db, double at, struct fault *fault);

/* Records a text before it is written to owners; it is remembered for a week. */
bool server_put_told(struct database *db, const char *text, double now, struct fault *fault);

/* The event queue in use. */
struct server_queue {
    char id[EVENTS_QUEUE_MAX + 1]; /* "": none */
    int64_t last;                  /* id of the last event that is done or on record */
    int64_t handled;               /* highest message id seen */
    bool begun;                    /* `handled` is known */
    double ahead; /* seconds the server's clock is ahead of ours; 0: assumed equal */
};
bool server_get_queue(struct database *db, struct server_queue *queue, struct fault *fault);
bool server_put_queue(struct database *db, const struct server_queue *queue, struct fault *fault);

#endif
