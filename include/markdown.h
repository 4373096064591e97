/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Markdown as the HTML that the site's generator makes of it. */
#ifndef TMRO_MARKDOWN_H
#define TMRO_MARKDOWN_H

#include <stddef.h>

struct fault;
struct html_node;

/* Renders Markdown (valid UTF-8, bounded by the caller) into a document, with the headings' ids and
 * links to pages as the generator writes them; the caller frees it. NULL: INPUT (nothing in it, or
 * HTML without end) or LOCAL. */
struct html_node *markdown_parse(const char *data, size_t len, struct fault *fault);

/* Version of the Markdown library, for --version; static. */
const char *markdown_version(void);

#endif
