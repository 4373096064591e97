/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A file read into memory, bounded. */
#ifndef TMRO_FILE_H
#define TMRO_FILE_H

#include <stdbool.h>

struct buf;
struct fault;

/* Adds a regular file's or a pipe's content to `out`, whose maximum bounds it. False: ABSENT (no
 * such file), INPUT (larger than that, or a directory), LOCAL (cannot be read); the message names
 * the path. */
bool file_read(const char *path, struct buf *out, struct fault *fault);

#endif
