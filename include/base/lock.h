/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lock files beside the state, for what only one process may do at a time. */
#ifndef TMRO_BASE_LOCK_H
#define TMRO_BASE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct fault;
struct stop;

struct lock {
    int fd; /* -1: not held */
};

#define LOCK_INIT ((struct lock){.fd = -1})

/* Takes the lock file PATH.NAME (of the file itself, when PATH is a link); waits for up to `wait_s`
 * seconds, then BUSY, naming the holder's pid and what it does: `busy` completes "another tmro-bot
 * is …". Released by lock_release(), and by the end of the process. STOPPED when asked to stop;
 * LOCAL. */
bool lock_take(struct lock *lock, const char *path, const char *name, const char *busy,
               const struct stop *stop, double wait_s, struct fault *fault);
void lock_release(struct lock *lock);

/* Who holds a lock; `pid` 0: nobody. */
struct lock_holder {
    int64_t pid;
    double since; /* seconds since 1970 */
};

/* Looks without taking or making it. False: LOCAL, this user may not see it. */
bool lock_find_holder(const char *path, const char *name, struct lock_holder *holder,
                      struct fault *fault);

#endif
