/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files: read into memory up to a bound, given to their user, and locked. */
#ifndef TMRO_BASE_FILE_H
#define TMRO_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct fault;
struct stop;

/* Whether there is no such file. False with errno 0: there is; else errno says why that cannot be
 * told. */
bool file_is_missing(const char *path);

/* What the system says of an error with a file, and what to do when it belongs to somebody else. */
const char *file_why(int error);

/* Adds the content of a regular file or a pipe to `out`, whose maximum bounds it; a named pipe that
 * nobody has opened for writing is empty. False: ABSENT (no such file), INPUT (larger than that, or
 * a directory), SETUP (not for this user), LOCAL (cannot be read); the message names the path. */
bool file_read(const char *path, struct buf *out, struct fault *fault);

/* Gives a file that root has just made to the owner of its folder, who runs the service. A failure
 * here shows again, with a message, when the service opens the file. */
void file_give_to_folder_owner(int fd, const char *path);

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
