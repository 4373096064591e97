/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lock files beside the state. */
#include "lock.h"

#include "fault.h"
#include "file.h"
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Between two looks at a lock that somebody else holds. */
#define PAUSE_S 0.1

/* The pid that a lock's holder wrote into it. */
static void read_holder(int fd, char holder[24])
{
    ssize_t n = pread(fd, holder, 23, 0);
    holder[n > 0 ? n : 0] = '\0';
    holder[strspn(holder, "0123456789")] = '\0';
    if (!*holder)
        snprintf(holder, 24, "?");
}

/* Opens PATH.NAME, making it where it is missing. Its folder may belong to somebody who would like
 * root to write elsewhere: links are not followed. */
static int open_lock(const char *state, const char *name, char path[PATH_MAX], struct fault *fault)
{
    char *real = realpath(state, NULL);
    struct stat st;
    if (!real && errno != ENOENT) {
        /* By another name it would be another lock. */
        fault_set(fault, FAULT_LOCAL, "cannot find '%s': %s", state, strerror(errno));
        return -1;
    }
    snprintf(path, PATH_MAX, "%s.%s", real ? real : state, name);
    free(real);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        file_give_to_folder_owner(fd, path);
        return fd;
    }
    if (errno == EEXIST)
        fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)) {
        close(fd);
        fd = -1;
        errno = EPERM;
    }
    if (fd < 0)
        fault_set(fault, FAULT_LOCAL, "cannot open the lock '%s': %s", path, strerror(errno));
    return fd;
}

bool lock_take(struct lock *lock, const char *state, const char *name, const char *busy,
               const struct stop *stop, double wait_s, struct fault *fault)
{
    char path[PATH_MAX], holder[24];
    struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open_lock(state, name, path, fault);
    if (fd < 0)
        return false;
    for (int tries = 0; fcntl(fd, F_OFD_SETLK, &wanted) != 0; tries++) {
        if (errno != EAGAIN && errno != EACCES)
            fault_set(fault, FAULT_LOCAL, "cannot lock '%s': %s", path, strerror(errno));
        else if (tries * PAUSE_S >= wait_s) {
            read_holder(fd, holder);
            fault_set(fault, FAULT_RETRY,
                      "another tmro-bot (pid %s) is %s and holds '%s': try again later", holder,
                      busy, path);
        } else if (stop_wait(stop, PAUSE_S))
            continue;
        else
            fault_set(fault, FAULT_STOPPED, "interrupted");
        close(fd);
        return false;
    }
    int n = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    /* Only for the message above. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, (size_t)n, 0) != n)
        errno = 0;
    lock->fd = fd;
    return true;
}

void lock_release(struct lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}
