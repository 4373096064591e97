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

/* Renders Markdown (valid UTF-8, bounded by the caller) into a document, with the headings' ids and
 * links to pages as the generator writes them; the caller frees it. NULL: as html_parse() fails. */
struct html_node *markdown_parse(const char *data, size_t len, struct fault *fault);

/* The tree that libcmark makes from it, without the headings' attributes, for a caller that needs
 * to know where things are; the caller frees it with libcmark. The source begins in line `line` of
 * its file. Of each run of blank lines libcmark sees only the first; `*numbers` are the lines in
 * the file of the `*count` lines that it sees. */
struct cmark_node *markdown_read(struct arena *arena, const char *data, size_t len, int line,
                                 const int **numbers, size_t *count);

/* Version of the Markdown library, for --version; static. */
const char *markdown_version(void);

#endif
