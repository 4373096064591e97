/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files: reading within a limit, ownership, and lock files. */
#ifndef TMRO_BASE_FILE_H
#define TMRO_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct fault;
struct stop;

/* Whether there is no such file. False with errno 0: the file exists; otherwise errno says why it
 * could not be looked at. */
bool file_is_missing(const char *path);

/* The system's message for a file error; for "permission denied" it also suggests sudo, unless this
 * is root. */
const char *file_why(int error);

/* Adds the content of a regular file or a pipe to `out`, up to the buffer's maximum. A named pipe
 * that nobody has opened for writing is empty. False: ABSENT (no such file), INPUT (too large, or a
 * directory), SETUP (permission denied), LOCAL (read error); the message names the path. */
bool file_read(const char *path, struct buf *out, struct fault *fault);

/* Gives a file that root has just made to the owner of its folder, the user of the service. A
 * failure is ignored: it shows when the service opens the file. */
void file_give_to_folder_owner(int fd, const char *path);

struct lock {
    int fd; /* -1: not held */
};

#define LOCK_INIT ((struct lock){.fd = -1})

/* Takes the lock file PATH.NAME; when PATH is a link, that of the file it leads to. Waits up to
 * `wait_s` seconds. The lock is released by lock_release() or when the process ends. False: BUSY
 * with the holder's pid and what it is doing (`busy` completes "another tmro-bot is …"), STOPPED
 * when asked to stop, LOCAL. */
bool lock_take(struct lock *lock, const char *path, const char *name, const char *busy,
               const struct stop *stop, double wait_s, struct fault *fault);
void lock_release(struct lock *lock);

/* Who holds a lock; `pid` 0: nobody. */
struct lock_holder {
    int64_t pid;
    double since; /* seconds since 1970 */
};

/* Finds out who holds a lock, without taking it or creating its file. False: LOCAL, this user may
 * not read it. */
bool lock_find_holder(const char *path, const char *name, struct lock_holder *holder,
                      struct fault *fault);

#endif
