/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Markdown as the HTML that the site's generator makes of it. */
#include "markdown.h"

#include "buf.h"
#include "fault.h"
#include "html.h"
#include "issue.h"
#include "text.h"

#include <cmark.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Largest HTML that is looked at: sixty times the longest real one. */
#define HTML_MAX_BYTES (2 * 1024 * 1024)

/* Headings that get an id: finding a free one is cubic, and a real post has 30. */
#define HEADINGS_MAX 500

/* The id the site's generator gives a heading: its text as a slug, numbered when it was used. Owned
 * by the caller; NULL: out of memory. */
static char *heading_id(const struct html_node *heading, struct names *used)
{
    struct buf raw = BUF_INIT(TEXT_MAX);
    html_add_text(&raw, heading, (struct html_scope){0});
    char *text = buf_take(&raw), *plain = text ? text_plain(text) : NULL, *id = NULL;
    bool failed = !plain;
    struct buf slug = BUF_INIT(TEXT_MAX);
    for (const char *s = plain; s && *s; s++) {
        if (isascii(*s) && isalnum((unsigned char)*s))
            buf_addc(&slug, (char)tolower((unsigned char)*s));
        else if (slug.len && slug.ptr[slug.len - 1] != '-')
            buf_addc(&slug, '-');
    }
    if (slug.len && slug.ptr[slug.len - 1] == '-')
        buf_truncate(&slug, slug.len - 1);
    size_t len = slug.len;
    for (size_t n = 1, known = used->count; !id && !failed; n++) {
        failed = slug.failed || !names_add(used, buf_str(&slug));
        if (used->count > known)
            id = buf_take(&slug);
        buf_truncate(&slug, len);
        buf_addf(&slug, "-%zu", n);
    }
    buf_finish(&slug);
    free(plain);
    free(text);
    return id;
}

/* The site's path of a page whose source is `path`, with its fragment; owned by the caller. */
static char *page_of_source(const char *path)
{
    static const char *const sources[] = {"_index.md", "index.md"};
    size_t len = strcspn(path, "#");
    const char *fragment = path + len;
    struct buf url = BUF_INIT(TEXT_MAX);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        size_t n = strlen(sources[i]);
        if (len >= n && strncmp(path + len - n, sources[i], n) == 0 &&
            (len == n || path[len - n - 1] == '/')) {
            len -= n;
            break;
        }
    }
    if (len > 3 && strncmp(path + len - 3, ".md", 3) == 0)
        len -= 3;
    buf_addc(&url, '/');
    buf_add(&url, path, len);
    if (url.len > 1 && url.ptr[url.len - 1] != '/')
        buf_addc(&url, '/');
    buf_adds(&url, fragment);
    return buf_take(&url);
}

/* Makes of the rendered Markdown what the site's generator would have made: ids of the headings,
 * and links to pages instead of "@/" links to their sources. False: out of memory. */
static bool finish(struct html_node *node, struct names *used)
{
    bool done = true;
    for (struct html_node *child = html_child(node); child && done; child = html_next(child)) {
        const char *href = html_is(child, "a") ? html_attribute(child, "href") : NULL, *name = NULL;
        char *value = NULL;
        if (html_heading_level(child) && !html_attribute(child, "id") &&
            used->count < HEADINGS_MAX) {
            name = "id";
            value = heading_id(child, used);
        } else if (href && strncmp(href, "@/", 2) == 0) {
            name = "href";
            value = page_of_source(href + 2);
        }
        done = !name || (value && html_set_attribute(child, name, value));
        free(value);
        if (done && html_is_element(child))
            done = finish(child, used);
    }
    return done;
}

/* Adds the Markdown without the second and further blank lines of a run: they mean nothing to a
 * reader of texts, and libcmark takes its time over each below nested lists. */
static void add_without_blank_lines(struct buf *out, const char *s, size_t len)
{
    const char *end = s + len;
    for (bool blank = false; s < end;) {
        const char *stop = memchr(s, '\n', (size_t)(end - s)), *next = stop ? stop + 1 : end;
        bool now_blank = strspn(s, " \t\r") == (size_t)((stop ? stop : end) - s);
        if (!now_blank || !blank)
            buf_add(out, s, (size_t)(next - s));
        blank = now_blank;
        s = next;
    }
}

struct html_node *markdown_parse(const char *data, size_t len, struct fault *fault)
{
    struct names used = {0};
    struct buf source = BUF_INIT(len);
    struct html_node *document = NULL;
    char *html = NULL;
    add_without_blank_lines(&source, data, len);
    if (!source.failed)
        html = cmark_markdown_to_html(buf_str(&source), source.len,
                                      CMARK_OPT_UNSAFE | CMARK_OPT_VALIDATE_UTF8);
    if (!html)
        fault_memory(fault);
    else
        document = html_parse(html, strlen(html), HTML_MAX_BYTES, fault);
    if (document && !finish(document, &used)) {
        fault_memory(fault);
        html_free(document);
        document = NULL;
    }
    names_finish(&used);
    free(html);
    buf_finish(&source);
    return document;
}

const char *markdown_version(void)
{
    return cmark_version_string();
}
