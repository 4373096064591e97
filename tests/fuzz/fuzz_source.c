/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes the Markdown source of a post with its front matter: what is read is a whole issue of the
 * month that the front matter names. */
#include "news/post.h"

#include "news/frontmatter.h"
#include "property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct arena *arena = arena_new();
    struct frontmatter front = {0};
    struct issue issue = {0};
    struct fault fault = {0};
    bool headed = frontmatter_parse(arena, text, size, &front);
    require(headed == !front.wrong);
    if (headed) {
        require(front.month > 0 && front.body <= size);
        require(front.authors.count <= NAMES_MAX && front.editors.count <= NAMES_MAX);
    }
    bool read = post_read_markdown(arena, text, size, "https://news.example", &issue, &fault);
    require_told(read, &fault, FAULT_INPUT);
    if (read) {
        require(!headed || issue.month == front.month);
        require_issue(arena, &issue);
    }
    arena_free(arena);
    return 0;
}
