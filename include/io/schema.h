/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The tables of the state. */
#ifndef TMRO_IO_SCHEMA_H
#define TMRO_IO_SCHEMA_H

/* What a file of these tables says it is: "tmro", and their version. The one before it differs in
 * what is made of the issues alone; lower ones were development versions, and are not read. */
#define SCHEMA_APPLICATION 0x746d726f
#define SCHEMA_VERSION     8

/* Together they create all tables in an empty database. */
extern const char schema[], schema_archive[];

/* Drops what version 7 made of the issues, in place of which schema_archive comes; the issues are
 * taken apart again then. */
extern const char schema_drop_7[];

#endif
