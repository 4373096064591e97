/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The program's version. */
#ifndef TMRO_BASE_VERSION_H
#define TMRO_BASE_VERSION_H

#define TMRO_VERSION "0.1.0"

/* Tells the operators of servers who is asking. */
#define TMRO_USER_AGENT "tmro-bot/" TMRO_VERSION " (+https://rust-osdev.com/)"

#endif
