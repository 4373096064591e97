/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files, and lock files next to the state. */
#include "base/file.h"

#include "base/buf.h"
#include "base/fault.h"
#include "base/stop.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Opening a pipe must not block when nobody writes to it; reading it may. */
static int open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fcntl(fd, F_SETFL, 0) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static enum fault_kind kind_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return FAULT_ABSENT;
    case EISDIR:
        return FAULT_INPUT;
    case EACCES:
    case EPERM:
        return FAULT_SETUP;
    default:
        return FAULT_LOCAL;
    }
}

bool file_is_missing(const char *path)
{
    errno = 0;
    return access(path, F_OK) != 0 && kind_of(errno) == FAULT_ABSENT;
}

const char *file_why(int error)
{
    bool other = error == EACCES && geteuid() != 0;
    return other ? "Permission denied: try sudo" : strerror(error);
}

bool file_read(const char *path, struct buf *out, struct fault *fault)
{
    char shown[300], chunk[16384];
    text_printable(shown, sizeof shown, path, strlen(path));
    int fd = open_file(path);
    if (fd < 0)
        return fault_set(fault, kind_of(errno), "cannot open '%s': %s", shown, file_why(errno));
    ssize_t n;
    do {
        n = read(fd, chunk, sizeof chunk);
        if (n > 0)
            buf_add(out, chunk, (size_t)n);
    } while (!out->full && (n > 0 || (n < 0 && errno == EINTR)));
    if (out->full)
        fault_set(fault, FAULT_INPUT, "'%s' is larger than %zu bytes", shown, out->max);
    else if (n < 0)
        fault_set(fault, kind_of(errno), "cannot read '%s': %s", shown, file_why(errno));
    close(fd);
    return !out->full && n == 0;
}

void file_give_to_folder_owner(int fd, const char *path)
{
    char copy[PATH_MAX];
    struct stat st;
    snprintf(copy, sizeof copy, "%s", path);
    if (geteuid() != 0 || stat(dirname(copy), &st) != 0)
        return;
    int ignored = fchown(fd, st.st_uid, st.st_gid);
    (void)ignored;
}

/* Between two attempts to take a lock. */
#define PAUSE_S 0.1

/* What a lock's holder wrote into it. */
static struct lock_holder read_holder(int fd)
{
    struct lock_holder holder = {0};
    char text[60], *end;
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    holder.pid = strtoll(text, &end, 10);
    holder.since = (double)strtoll(end, NULL, 10);
    return holder;
}

/* Tells other processes who holds the lock. */
static void write_holder(int fd)
{
    char text[60];
    int n = snprintf(text, sizeof text, "%" PRId64 " %" PRId64 "\n", (int64_t)getpid(),
                     (int64_t)time(NULL));
    /* If this fails, the lock holds all the same; only the pid is missing. */
    bool written = ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n;
    (void)written;
}

/* Builds PATH.NAME, with links in PATH resolved. False: errno says why. */
static bool find_path(const char *state, const char *name, char path[PATH_MAX])
{
    char real[PATH_MAX];
    bool exists = realpath(state, real);
    if (!exists && errno != ENOENT)
        return false;
    int len = snprintf(path, PATH_MAX, "%s.%s", exists ? real : state, name);
    errno = ENAMETOOLONG;
    return len < PATH_MAX;
}

/* Opens PATH.NAME, and creates it if it is missing. Links are not followed: the owner of the folder
 * could use one to make root write elsewhere. */
static int open_lock(const char *state, const char *name, char path[PATH_MAX], struct fault *fault)
{
    struct stat st;
    if (!find_path(state, name, path)) {
        /* An unresolved path could name a different lock. */
        fault_set(fault, FAULT_LOCAL, "cannot find '%s': %s", state, file_why(errno));
        return -1;
    }
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
        fault_set(fault, FAULT_LOCAL, "cannot open the lock '%s': %s", path, file_why(errno));
    return fd;
}

bool lock_take(struct lock *lock, const char *state, const char *name, const char *busy,
               const struct stop *stop, double wait_s, struct fault *fault)
{
    char path[PATH_MAX];
    struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open_lock(state, name, path, fault);
    if (fd < 0)
        return false;
    for (int tries = 0; fcntl(fd, F_OFD_SETLK, &wanted) != 0; tries++) {
        if (errno != EAGAIN && errno != EACCES)
            fault_set(fault, FAULT_LOCAL, "cannot lock '%s': %s", path, file_why(errno));
        else if (tries * PAUSE_S >= wait_s) {
            fault_set(fault, FAULT_BUSY,
                      "another tmro-bot (pid %" PRId64 ") is %s and holds '%s': try again later",
                      read_holder(fd).pid, busy, path);
        } else if (stop_wait(stop, PAUSE_S))
            continue;
        else
            fault_set(fault, FAULT_STOPPED, "interrupted");
        close(fd);
        return false;
    }
    write_holder(fd);
    lock->fd = fd;
    return true;
}

void lock_release(struct lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}

bool lock_find_holder(const char *state, const char *name, struct lock_holder *holder,
                      struct fault *fault)
{
    char path[PATH_MAX] = "";
    struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    *holder = (struct lock_holder){0};
    int fd = find_path(state, name, path) ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (fd < 0)
        return errno != EACCES || fault_set(fault, FAULT_LOCAL, "cannot open the lock '%s': %s",
                                            path, file_why(errno));
    if (fcntl(fd, F_OFD_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK)
        *holder = read_holder(fd);
    close(fd);
    return true;
}
