/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Text: UTF-8, white space, code spans, case and nearness. Lengths are in code points. */
#ifndef TMRO_TEXT_H
#define TMRO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* A "text" of this program is valid UTF-8 on one line, white space folded and trimmed, without
 * control characters below the space but these two, which stand around each run of code: a message
 * can set it as code again, and everybody else drops the marks. */
#define TEXT_CODE_BEGIN '\x0e'
#define TEXT_CODE_END   '\x0f'

/* Most bytes of one text: one post is smaller than that. */
#define TEXT_MAX (1024 * 1024)

/* Reads one code point and steps over it; a byte that is not UTF-8 reads as U+FFFD. Never steps
 * over `end`. */
uint32_t text_next(const char **p, const char *end);

/* Adds one code point as UTF-8. */
void text_add_code_point(struct buf *out, uint32_t c);

/* Adds `data` as valid UTF-8: NUL and what is no UTF-8 become U+FFFD. */
void text_add_valid(struct buf *out, const char *data, size_t len);

/* White space of Unicode and control characters below the space; and with DEL and the control
 * characters above it too, which data keep and messages do not. */
bool text_is_space(uint32_t c);
bool text_is_unprintable(uint32_t c);

/* The characters that turn the direction of the text around them. */
bool text_is_bidi(uint32_t c);

/* Those that show nothing of their own, these and the unprintable among them; and whether a text
 * has any other. */
bool text_is_invisible(uint32_t c);
bool text_shows(const char *s);

/* Adds `s` folded: runs of text_is_space() become one space; none is added at the start of `out` or
 * behind another space, so that pieces can be added one after the other. The code marks stay. */
void text_add_folded(struct buf *out, const char *s, size_t len);

/* Drops a space at the end, also one inside a code run there, code runs that are empty, and the whole
 * of a text that shows nothing; joins code runs that touch. */
void text_trim(struct buf *out);

/* The text without code marks. Owned by the caller; NULL: out of memory. */
char *text_plain(const char *text);

/* Whether the text without code marks is `plain`. */
bool text_is_plain(const char *text, const char *plain);

/* Code points of `s`, code marks not counted. */
size_t text_length(const char *s);

/* A copy of at most `max` (above 0) code points (code marks not counted), ending in "…" when it was
 * cut; with `at_word` cut behind a word where there is one in the second half. Open code is closed.
 * Owned by the caller; NULL: out of memory. */
char *text_cut(const char *s, size_t max, bool at_word);

/* Whether a tag ("<" and a letter, up to ">") has more than TEXT_TAG_MAX words, each name and value
 * of an attribute being one or more: libxml2 compares each attribute of a tag with all others. */
#define TEXT_TAG_MAX 512
bool text_has_wide_tag(const char *s, size_t len);

/* Copies into `out` what may stand in a message to the operator: one line, no control or bidi
 * characters, cut with "…" to fit; `size` is 4 at least. Returns `out`. */
const char *text_printable(char *out, size_t size, const char *s, size_t len);

/* Goes on with a hash (FNV-1a) of bytes: to see that they changed, not to trust them. */
#define TEXT_HASH_INIT UINT64_C(14695981039346656037)
uint64_t text_hash(uint64_t hash, const void *data, size_t len);

/* Equal, or beginning so, whatever the case of ASCII letters. */
bool text_equal_fold(const char *a, const char *b);
bool text_starts_fold(const char *s, const char *prefix);

/* Whether `word` (ASCII, lower case) stands in `s` as a word of its own, case ignored. */
bool text_has_word(const char *s, const char *word);

/* Letters inserted, dropped, exchanged or swapped to make `b` of `a`, case ignored; strings longer
 * than 63 bytes are infinitely far (SIZE_MAX). */
size_t text_distance(const char *a, const char *b);

/* The nearest of `count` candidates at a distance of at most 2 and less than its length; else NULL.
 */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

#endif
