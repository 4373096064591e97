/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses as people say them. */
#ifndef TMRO_SAY_ADDRESS_H
#define TMRO_SAY_ADDRESS_H

struct arena;

/* The text of a link, a text with code marks; one that is its own address gets a name: "name#41",
 * "name v0.5.0", "name@1a2b3c4", with the owner unless `own` (NULL: none) is the name of that
 * repository; of other places the host and the end of the path. */
const char *address_text(struct arena *arena, const char *text, const char *url, const char *own);

#endif
