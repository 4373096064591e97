/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Makes foreign text safe in Zulip's Markdown dialect: it changes no style and mentions nobody.
 *
 * The dialect has no backslash escape; decimal character references work everywhere but in code.
 * All functions take a text as defined in text.h, drop characters that change the direction of
 * text, and turn each run of white space and control characters into one space. */
#ifndef TMRO_ZULIP_MARKUP_H
#define TMRO_ZULIP_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;

/* Adds the text as prose that may have anything around it; code stays code. An underscore or hyphen
 * between two letters or digits is not escaped, nor is a comma or full stop between a letter and a
 * space, so that the source is readable. */
void markup_prose(struct buf *out, const char *text);

/* Adds all of `text` as one code span. */
void markup_code(struct buf *out, const char *text);

/* Whether a message may link `url`: true for http and https, false for NULL. */
bool markup_is_linkable(const char *url);

/* Adds "[text](url)", or the text as prose when `url` is not linkable. */
void markup_link(struct buf *out, const char *text, const char *url);

/* Adds "[`text`](url)", with all of the text as code. */
void markup_code_link(struct buf *out, const char *text, const char *url);

/* Adds `url` for a link. Percent-encodes what could end the link or mention somebody, and a letter
 * of a URL that Zulip would preview under the message: a picture, a video, a file on Dropbox. */
void markup_url(struct buf *out, const char *url);

/* Adds "**[text](url)**". */
void markup_bold_link(struct buf *out, const char *text, const char *url);

/* A topic: plain text, at most `max` code points. */
char *markup_topic(struct arena *arena, const char *text, size_t max);

#endif
