/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Text: UTF-8, white space, code marks, case and similarity. */
#ifndef TMRO_BASE_TEXT_H
#define TMRO_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;

/* A "text" of this program is valid UTF-8 on one line, white space folded and trimmed. The only
 * control characters below the space in it are these two, around each run of code. Messages turn
 * them into code spans; everything else drops them. */
#define TEXT_CODE_BEGIN '\x0e'
#define TEXT_CODE_END   '\x0f'

/* Most bytes of one text. */
#define TEXT_MAX (1024 * 1024)

/* The length of the line at `s` without its end ("\n", "\r\n" or "\r", as in Markdown). `*next` is
 * the start of the next line. Nothing at or after `end` is read. */
size_t text_line(const char *s, const char *end, const char **next);

/* Adds `data` as valid UTF-8: NUL and invalid bytes become U+FFFD. */
void text_add_valid(struct buf *out, const char *data, size_t len);

/* Whether `s` contains a letter, digit or mark; whether it contains anything visible. */
bool text_has_letter(const char *s, size_t len);
bool text_shows(const char *s);

/* Strips from both ends what may surround a word: ASCII quotes, brackets, punctuation and marks of
 * emphasis, and all symbols beyond ASCII. Moves `*s` and returns the length that is left. */
size_t text_unwrap(const char **s, size_t len);

/* Adds `s` with each run of unicode_is_space() folded into one space. No space is added at the
 * start of `out` or after another space, so a text can be added in pieces. Code marks stay. */
void text_add_folded(struct buf *out, const char *s, size_t len);

/* Drops a space at the end, also one inside a code run there, and empty code runs; joins code runs
 * that touch. A text that shows nothing becomes empty. */
void text_trim(struct buf *out);

/* Overwrites each occurrence of a secret, case ignored, with asterisks. */
void text_hide(char *s, const char *secret);

/* The text without code marks. */
char *text_plain(struct arena *arena, const char *text);

/* Whether a text ends in a colon, also one in code or before closing quotes and brackets, so that
 * the caller does not add another. */
bool text_ends_in_colon(const char *text);

/* `s` in ASCII: letters without their accents, "ss" for a sharp s and so on; "?" for what has no
 * such form. */
char *text_ascii(struct arena *arena, const char *s);

/* Code points of `s`, not counting code marks. */
size_t text_length(const char *s);

/* A copy of at most `max` (above 0) code points, not counting code marks. It ends in "…" if it was
 * cut; with `at_word` it is cut after a word, if one ends in the second half. Open code is closed.
 */
char *text_cut(struct arena *arena, const char *s, size_t max, bool at_word);

/* Copies `s` into `out` as it may appear in a message to the operator: one line, no control or bidi
 * characters, cut with "…" to fit. `size` must be at least 4. Returns `out`. */
const char *text_printable(char *out, size_t size, const char *s, size_t len);

/* Adds bytes to a hash that detects changes; it is not for security. */
#define TEXT_HASH_INIT UINT64_C(14695981039346656037)
uint64_t text_hash(uint64_t hash, const void *data, size_t len);

/* Whether `a` equals `b`, or `s` starts with `prefix`; the case of ASCII letters is ignored. */
bool text_equal_fold(const char *a, const char *b);
bool text_starts_fold(const char *s, const char *prefix);

/* Whether `s` contains `word` (ASCII, lower case) as a whole word, case ignored. */
bool text_has_word(const char *s, const char *word);

/* Finds an extended regular expression in `s`: the `*len` bytes that its first group matches, or
 * the whole of it if that group matches nothing. NULL: it is not there. */
const char *text_match(const char *s, const char *expression, size_t *len);

/* The number of letters to insert, drop, replace or swap to turn `a` into `b`, case ignored.
 * SIZE_MAX for strings longer than 63 bytes. */
size_t text_distance(const char *a, const char *b);

/* The nearest of `count` candidates at a distance of at most `most`, which must also be less than
 * the candidate's length; NULL: none. TEXT_NEAR is the distance of a typo. */
#define TEXT_NEAR 2
const char *text_nearest(const char *word, const char *const *candidates, size_t count,
                         size_t most);

/* A time, in seconds since 1970, as "2026-06-30 14:05 UTC"; "never" for 0. */
#define TEXT_TIME_SIZE 32
void text_time(double at, char out[TEXT_TIME_SIZE]);

/* Replaces invalid bytes. */
#define UNICODE_REPLACEMENT 0xFFFDU

/* Reads one code point and moves `*p` past it, but never past `end`. An invalid byte reads as
 * U+FFFD. */
uint32_t unicode_next(const char **p, const char *end);

/* Adds a code point as UTF-8. */
void unicode_add(struct buf *out, uint32_t c);

/* Unicode's white space and the control characters below the space. The second function includes
 * DEL and the control characters above it, which data may contain and messages may not. */
bool unicode_is_space(uint32_t c);
bool unicode_is_unprintable(uint32_t c);

/* A character that changes the direction of the text around it. */
bool unicode_is_bidi(uint32_t c);

/* Not a letter, digit or mark: in ASCII everything but letters and digits; beyond it punctuation,
 * symbols, emoji and private use, by block. */
bool unicode_is_symbol(uint32_t c);

/* A picture: an emoji, arrow, dingbat or the like. */
bool unicode_is_picture(uint32_t c);

/* A character that XML 1.0, and so a feed, may contain: no control character but tab and line ends.
 */
bool unicode_is_xml(uint32_t c);

/* Invisible by itself; includes unicode_is_unprintable() and unicode_is_bidi(). */
bool unicode_is_invisible(uint32_t c);

#endif
