/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The tables of the state. */
#ifndef TMRO_IO_SCHEMA_H
#define TMRO_IO_SCHEMA_H

/* What a file of these tables says it is: "tmro", and their version. Lower versions were
 * development versions, and are not read. */
#define SCHEMA_APPLICATION 0x746d726f
#define SCHEMA_VERSION     8

/* Creates all tables in an empty database, in one transaction. */
extern const char schema[];

#endif
