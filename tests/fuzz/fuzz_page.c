/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes the HTML of a post, as a page of the site and as the text of a feed's item: an issue with
 * clean texts, whose message keeps to its budget, and its passages for the search. */

#include "news/post.h"
#include "property.h"

static void require_passages(struct arena *arena, const char *html, size_t len, bool page)
{
    struct passages passages = {0};
    struct fault fault = {0};
    bool read = post_read_passages(arena, html, len, page, NULL, &passages, &fault);
    require_told(read, &fault, FAULT_INPUT);
    for (size_t i = 0; i < passages.count; i++) {
        const struct passage *passage = &passages.passage[i];
        require_text(passage->section, false);
        for (const char *line = passage->text; *line;
             line += strcspn(line, "\n"), line += *line != 0)
            require_text(arena_copy_n(arena, line, strcspn(line, "\n")), false);
        if (passage->project)
            require_text(passage->project, false);
        require(i > 0 || !passage->project);
    }
}

static void read_page(struct arena *arena, const char *html, size_t len, const char *url)
{
    struct issue issue = {0};
    struct fault fault = {0};
    bool read = post_read_page(arena, html, len, url, &issue, &fault);
    require_told(read, &fault, fault.kind == FAULT_ABSENT ? FAULT_ABSENT : FAULT_INPUT);
    if (read) {
        require(markup_is_linkable(issue.url));
        require_issue(arena, &issue);
    }
}

static void read_content(struct arena *arena, const char *html, size_t len)
{
    struct issue issue = {.month = 2031 * 12,
                          .title = "This Month",
                          .url = "https://news.example/this-month/2031-01/"};
    struct fault fault = {0};
    bool read = post_read_content(arena, html, len, &issue, &fault);
    require_told(read, &fault, FAULT_INPUT);
    if (read)
        require_issue(arena, &issue);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *html = (const char *)data;
    struct arena *arena = arena_new();
    read_page(arena, html, size, NULL);
    read_page(arena, html, size, "https://news.example/this-month/2031-01/");
    read_content(arena, html, size);
    require_passages(arena, html, size, true);
    require_passages(arena, html, size, false);
    arena_free(arena);
    return 0;
}
