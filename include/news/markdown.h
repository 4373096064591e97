/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Markdown as the HTML that the site's generator makes from it. */
#ifndef TMRO_NEWS_MARKDOWN_H
#define TMRO_NEWS_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct cmark_node;
struct fault;
struct html_node;

/* Renders Markdown (valid UTF-8, bounded by the caller) into a document, with the ids of headings
 * and the links to pages that the generator writes; the caller frees it. NULL: INPUT (more than 100
 * empty lines in a row), or as html_parse() fails. */
struct html_node *markdown_parse(const char *data, size_t len, struct fault *fault);

/* The tree that libcmark makes from it, without the attributes of headings, for a caller that needs
 * to know where things are; the caller frees it with libcmark. NULL: INPUT, as above. */
struct cmark_node *markdown_read(struct arena *arena, const char *data, size_t len,
                                 struct fault *fault);

/* Version of the Markdown library, for --version; static. */
const char *markdown_version(void);

#endif
