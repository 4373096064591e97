/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Text: code points, white space, code spans, case and nearness. Lengths are in code points. */
#ifndef TMRO_BASE_TEXT_H
#define TMRO_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;

/* A "text" of this program is valid UTF-8 on one line, white space folded and trimmed. The only
 * control characters below the space in it are these two, around each run of code: a message can
 * set it as code again, and everybody else drops the marks. */
#define TEXT_CODE_BEGIN '\x0e'
#define TEXT_CODE_END   '\x0f'

/* Most bytes of one text: one post is smaller than that. */
#define TEXT_MAX (1024 * 1024)

/* The length of the line at `s` without its end, "\n", "\r\n" or "\r", as Markdown counts lines;
 * `*next`: the start of the next line. Nothing at or after `end` is read. */
size_t text_line(const char *s, const char *end, const char **next);

/* Adds `data` as valid UTF-8: NUL and what is not UTF-8 become U+FFFD. */
void text_add_valid(struct buf *out, const char *data, size_t len);

/* Whether a letter, digit or mark is in `s`, and whether anything that can be seen is. */
bool text_has_letter(const char *s, size_t len);
bool text_shows(const char *s);

/* Drops at both ends what may be around a word: ASCII's quotes, brackets, full stops and marks
 * of emphasis, and all symbols beyond ASCII. Moves `*s`, and gives the length of what stays. */
size_t text_unwrap(const char **s, size_t len);

/* Adds `s` folded: runs of unicode_is_space() become one space; none is added at the start of `out`
 * or after another space, so that pieces can be added one after the other. The code marks stay. */
void text_add_folded(struct buf *out, const char *s, size_t len);

/* Drops a space at the end, also one inside a code run there, code runs that are empty, and the
 * whole of a text that shows nothing; joins code runs that touch. */
void text_trim(struct buf *out);

/* Replaces a secret, whatever its case, by as many asterisks. */
void text_hide(char *s, const char *secret);

/* The text without code marks. */
char *text_plain(struct arena *arena, const char *text);

/* Whether a text ends in a colon, also one in code or before closing quotes and brackets: what
 * follows needs no second one. */
bool text_ends_in_colon(const char *text);

/* `s` in ASCII: letters without their accents, "ss" for a sharp s and so on; "?" for what has no
 * such form. */
char *text_ascii(struct arena *arena, const char *s);

/* Code points of `s`, not counting code marks. */
size_t text_length(const char *s);

/* A copy of at most `max` (above 0) code points (code marks not counted), ending in "…" when it was
 * cut; with `at_word` cut after a word where there is one in the second half. Open code is closed.
 */
char *text_cut(struct arena *arena, const char *s, size_t max, bool at_word);

/* Copies into `out` what may stand in a message to the operator: one line, no control or bidi
 * characters, cut with "…" to fit; `size` is 4 at least. Returns `out`. */
const char *text_printable(char *out, size_t size, const char *s, size_t len);

/* Adds bytes to a hash, which shows that they changed; it is not for security. */
#define TEXT_HASH_INIT UINT64_C(14695981039346656037)
uint64_t text_hash(uint64_t hash, const void *data, size_t len);

/* Equal, or beginning so, whatever the case of ASCII letters. */
bool text_equal_fold(const char *a, const char *b);
bool text_starts_fold(const char *s, const char *prefix);

/* Whether `word` (ASCII, lower case) is in `s` as a word of its own, case ignored. */
bool text_has_word(const char *s, const char *word);

/* Letters inserted, dropped, exchanged or swapped to make `b` of `a`, case ignored; strings longer
 * than 63 bytes are infinitely far (SIZE_MAX). */
size_t text_distance(const char *a, const char *b);

/* The nearest of `count` candidates at a distance of at most `most` and less than its length; else
 * NULL. TEXT_NEAR: a typo. */
#define TEXT_NEAR 2
const char *text_nearest(const char *word, const char *const *candidates, size_t count,
                         size_t most);

/* A time, in seconds since 1970, as "2026-06-30 14:05 UTC"; "never" for 0. */
#define TEXT_TIME_SIZE 32
void text_time(double at, char out[TEXT_TIME_SIZE]);

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
