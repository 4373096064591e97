/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files: read into memory up to a bound, or given to their user. */
#ifndef TMRO_BASE_FILE_H
#define TMRO_BASE_FILE_H

#include <stdbool.h>

struct buf;
struct fault;

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

#endif
