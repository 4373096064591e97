/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Foreign text made safe in Zulip's Markdown dialect: it restyles nothing and mentions nobody.
 *
 * The dialect has no backslash escape; decimal character references work everywhere but in code.
 * All functions take a text as text.h says, drop characters that turn the direction of text, and
 * make one space of each run of white space and control characters. */
#ifndef TMRO_ZULIP_MARKUP_H
#define TMRO_ZULIP_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;

/* The text where it may have anything around it; code stays code. An underscore or hyphen
 * between two letters or digits stays, so that names read plainly. */
void markup_prose(struct buf *out, const char *text);

/* `text` as a code span, also when it is not code. */
void markup_code(struct buf *out, const char *text);

/* Whether messages link `url`: http(s) only; NULL is not. */
bool markup_is_linkable(const char *url);

/* "[text](url)"; only the text, as prose, when `url` is not linkable. */
void markup_link(struct buf *out, const char *text, const char *url);

/* "[`text`](url)", the whole text as code. */
void markup_code_link(struct buf *out, const char *text, const char *url);

/* Percent-encodes what could leave the parentheses or mention somebody, and a letter of a target
 * that would be shown under the message: a picture, a video, a file of Dropbox. */
void markup_url(struct buf *out, const char *url);

/* "**[text](url)**" */
void markup_bold_link(struct buf *out, const char *text, const char *url);

/* A topic: plain text, at most `max` code points. */
char *markup_topic(struct arena *arena, const char *text, size_t max);

#endif
