/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What markup would cost a parser, before one sees it. */
#ifndef TMRO_TAGS_H
#define TMRO_TAGS_H

#include <stddef.h>

/* The most nodes that a parser can make of markup, texts between tags not counted: each "<" is one,
 * but none that of an end tag, and two that of a comment; each word in a tag is one, names and
 * values being one or more. SIZE_MAX: a tag has more than TAGS_WORDS_MAX words, and libxml2
 * compares each attribute of a tag with all others. Whatever a parser may take for a tag counts:
 * what begins with any "<" and ends with the first ">", in quotes or not. */
#define TAGS_WORDS_MAX 2048
size_t tags_count_nodes(const char *s, size_t len);

/* How many nodes XML makes, up to the first place that is not well-formed, where a parser stops;
 * those with a text of their own count twice. The inside of CDATA is text. */
size_t tags_count_xml(const char *s, size_t len);

#endif
