/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A page of the site: which issue it is, and what is around the post. */
#include "news/page.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/text.h"
#include "base/url.h"
#include "news/html.h"
#include "news/issue.h"
#include "news/post.h"

#include <string.h>

static char *plain_text(struct arena *arena, const struct html_node *node)
{
    return text_plain(arena, html_text(arena, node, (struct html_scope){0}));
}

static bool is_title(const struct html_node *node)
{
    return html_is(node, "h1");
}

static bool is_byline(const struct html_node *node)
{
    const char *class = html_is(node, "span") ? html_attribute(node, "class") : NULL;
    return class && text_has_word(class, "post-authors");
}

static bool is_time(const struct html_node *node)
{
    return html_is(node, "time") && html_attribute(node, "datetime");
}

/* Reads "Written by @a, edited by @b": a link belongs to the words that were read last. */
static void read_byline(struct arena *arena, const struct html_node *node, struct issue *issue,
                        struct names **into)
{
    for (const struct html_node *child = html_child(node); child; child = html_next(child)) {
        const char *characters = html_characters(child);
        if (characters && strcasestr(characters, "written by"))
            *into = &issue->authors;
        if (characters && strcasestr(characters, "edited by"))
            *into = &issue->editors;
        if (html_is_link(child)) {
            const char *name = plain_text(arena, child);
            if (*name == '@' && *into)
                names_add(arena, *into, name);
        } else if (html_is_element(child)) {
            read_byline(arena, child, issue, into);
        }
    }
}

/* The address of the page, or of a redirect, that an element states; NULL: none. */
static const char *stated_address(struct arena *arena, const struct html_node *node)
{
    const char *rel = html_is(node, "link") ? html_attribute(node, "rel") : NULL;
    if (rel && text_has_word(rel, "canonical"))
        return html_attribute(node, "href");
    const char *event = html_is(node, "meta") ? html_attribute(node, "http-equiv") : NULL;
    if (!event || !text_equal_fold(event, "refresh"))
        return NULL;
    const char *content = html_attribute(node, "content"),
               *url = content ? strcasestr(content, "url=") : NULL;
    if (!url)
        return NULL;
    url += strlen("url=");
    url += strspn(url, " '\"");
    return arena_copy_n(arena, url, strcspn(url, "'\""));
}

/* Sets the issue's address, if a message can link it. */
static void set_url(struct arena *arena, struct issue *issue, const char *url, size_t len)
{
    char *own = arena_format(arena, "%.*s/", (int)len, url);
    if (issue_month_of_url(own))
        issue->url = own;
}

/* Takes the address that an element states, if any, as the issue's. */
static bool take_address(struct arena *arena, const struct html_node *node, const char *base,
                         struct issue *issue, struct fault *fault)
{
    const char *href = stated_address(arena, node);
    if (!href || !*href)
        return true;
    char shown[200];
    size_t end;
    const char *url = url_resolve(arena, base, href);
    int month = url ? issue_month_of_page(url, &end) : 0;
    if (issue->month && month != issue->month)
        return fault_set(fault, FAULT_ABSENT, "it is another page, that of '%s'",
                         text_printable(shown, sizeof shown, href, strlen(href)));
    if (month && !issue->url) {
        issue->month = month;
        set_url(arena, issue, url, end);
    }
    return true;
}

/* Takes the addresses that are stated below `node`, except in the post: they must be the same. */
static bool take_addresses(struct arena *arena, const struct html_node *node, const char *base,
                           struct issue *issue, struct fault *fault)
{
    for (const struct html_node *n = html_child(node); n; n = html_next(n))
        if (!html_is(n, "main") && (!take_address(arena, n, base, issue, fault) ||
                                    !take_addresses(arena, n, base, issue, fault)))
            return false;
    return true;
}

/* Finds out which issue's page it is, if any: a page from an issue's address that states no other
 * is that issue's. */
static bool identify_page(struct arena *arena, const struct html_node *document, const char *url,
                          struct issue *issue, struct fault *fault)
{
    const char *own = url ? url_resolve(arena, url, url) : NULL;
    size_t end = 0;
    issue->month = own ? issue_month_of_page(own, &end) : 0;
    bool named = issue->month;
    if (!take_addresses(arena, document, own ? own : "", issue, fault))
        return false;
    if (!issue->url && named)
        set_url(arena, issue, own, end);
    return true;
}

static bool read_page_head(struct arena *arena, struct html_node *container, struct issue *issue,
                           struct fault *fault)
{
    const struct html_node *title = html_find(container, is_title),
                           *byline = html_find(container, is_byline),
                           *time = html_find(byline, is_time);
    if (!issue->url)
        return fault_set(
            fault, FAULT_INPUT,
            "not a page of an issue: it has no canonical link to /this-month/YYYY-MM/");
    html_drop_anchors(arena, container, issue->url);
    issue->title = title ? plain_text(arena, title) : NULL;
    if (!issue->title || !*issue->title)
        return fault_set(fault, FAULT_INPUT, "not a page of an issue: it has no title");
    if (time)
        issue_date_read(issue->published, html_attribute(time, "datetime"));
    struct names *into = NULL;
    if (byline)
        read_byline(arena, byline, issue, &into);
    return true;
}

bool page_read(struct arena *arena, const char *html, size_t len, const char *url,
               struct issue *issue, struct fault *fault)
{
    issue->page = (int64_t)text_hash(TEXT_HASH_INIT, html, len);
    struct html_node *document = html_parse(html, len, POST_MAX_BYTES, fault), *container;
    if (!document)
        return false;
    bool read = false;
    if (!identify_page(arena, document, url, issue, fault))
        goto out;
    container = post_find_main(document, fault);
    if (!container || !read_page_head(arena, container, issue, fault))
        goto out;
    post_read_sections(arena, document, container, issue);
    read = true;
out:
    html_free(document);
    return read;
}
