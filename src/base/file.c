/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files. */
#include "base/file.h"

#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opening a pipe that nobody writes to would block; reading it may take its time. */
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
