/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Code points: UTF-8, and what kinds of them there are. */
#ifndef TMRO_BASE_UNICODE_H
#define TMRO_BASE_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

/* In place of bytes that are not UTF-8. */
#define UNICODE_REPLACEMENT 0xFFFDU

/* Reads one code point and steps over it; a byte that is not UTF-8 reads as U+FFFD. Never steps
 * over `end`. */
uint32_t unicode_next(const char **p, const char *end);

/* Adds a code point as UTF-8. */
void unicode_add(struct buf *out, uint32_t c);

/* White space of Unicode and control characters below the space; and with DEL and the control
 * characters above it too, which data keep and messages do not. */
bool unicode_is_space(uint32_t c);
bool unicode_is_unprintable(uint32_t c);

/* The characters that turn the direction of the text around them. */
bool unicode_is_bidi(uint32_t c);

/* Neither letter, digit nor mark: of ASCII all that is neither letter nor digit, else punctuation,
 * symbols, emoji and private use by their blocks. */
bool unicode_is_symbol(uint32_t c);

/* A picture: an emoji, arrow, dingbat or the like. */
bool unicode_is_picture(uint32_t c);

/* A character that XML 1.0, and so a feed, may have: no control characters but tab and line ends.
 */
bool unicode_is_xml(uint32_t c);

/* Shows nothing of its own; the unprintable and those that turn the direction are among them. */
bool unicode_is_invisible(uint32_t c);

#endif
