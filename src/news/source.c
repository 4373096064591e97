/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where an issue comes from: the site, a URL or a file. */
#include "news/source.h"

#include "base/buf.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "io/config.h"
#include "io/http.h"
#include "news/feed.h"
#include "news/html.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/post.h"

#include <string.h>

/* Asks for a URL, with the validators of the copy we have (NULL: none). */
static bool get(struct arena *arena, const struct source *source, const char *url, const char *etag,
                const char *last_modified, size_t max_bytes, struct http_response *response,
                struct fault *fault)
{
    struct http_request request = {.method = "GET",
                                   .url = url,
                                   .ca_file = source->config->site_ca_file,
                                   .etag = etag,
                                   .last_modified = last_modified,
                                   .max_bytes = max_bytes,
                                   .redirects = true};
    return http_perform(arena, source->http, &request, response, fault);
}

/* Fetches a URL; only status 200 is a success. */
static bool fetch(struct arena *arena, const struct source *source, const char *url,
                  size_t max_bytes, struct http_response *response, struct fault *fault)
{
    char shown[300];
    text_printable(shown, sizeof shown, url, strlen(url));
    if (!get(arena, source, url, NULL, NULL, max_bytes, response, fault))
        return false;
    int status = response->status;
    if (status == 200)
        return true;
    if (status == 404 || status == 410)
        return fault_set(fault, FAULT_ABSENT, "the site has no '%s' (status %d)", shown, status);
    bool again = status >= 500 || status == 429 || status == 408;
    fault_set(fault, again ? FAULT_RETRY : FAULT_INPUT, "cannot read '%s': the site answers %d",
              shown, status);
    if (again && response->retry_after_s >= 0)
        fault->retry_after_s =
            (int)(response->retry_after_s < 86400 ? response->retry_after_s + 1 : 86400);
    return false;
}

double source_time(const struct http_response *response)
{
    return response->date > 0 ? response->date : (double)time(NULL);
}

bool source_fetch_feed(struct arena *arena, const struct source *source, struct feed *feed,
                       struct fault *fault)
{
    struct http_response response = {0};
    const char *url = source->config->site_feed;
    if (!fetch(arena, source, url, FEED_MAX_BYTES, &response, fault))
        return false;
    const struct buf *body = &response.body;
    if (feed_parse(arena, buf_str(body), body->len, url, feed, fault) &&
        feed_drop_ahead(feed, source_time(&response), fault))
        return true;
    char shown[300];
    return fault_prefix(fault, "'%s'", text_printable(shown, sizeof shown, url, strlen(url)));
}

/* Adds the months, up to `present`, of the issues that a page links to. */
static void add_links(struct arena *arena, const struct html_node *node, const char *base,
                      int present, struct months *months)
{
    for (const struct html_node *n = html_child(node); n; n = html_next(n)) {
        const char *href = html_is(n, "a") ? html_attribute(n, "href") : NULL,
                   *url = href ? url_resolve(arena, base, href) : NULL;
        int month = url ? issue_month_of_url(url) : 0;
        if (month && month <= present)
            months_add(arena, months, month);
        add_links(arena, n, base, present, months);
    }
}

bool source_list_issues(struct arena *arena, const struct source *source, int present,
                        struct months *months, struct fault *fault)
{
    struct http_response response = {0};
    const char *url = arena_format(arena, "%s/this-month/", source->config->site_url);
    if (!fetch(arena, source, url, POST_MAX_BYTES, &response, fault))
        return false;
    struct html_node *document =
        html_parse(buf_str(&response.body), response.body.len, POST_MAX_BYTES, fault);
    if (!document)
        return false;
    add_links(arena, document, url, present, months);
    html_free(document);
    return true;
}

bool source_poll_feed(struct arena *arena, const struct source *source, const char *etag,
                      const char *last_modified, struct http_response *response,
                      struct fault *fault)
{
    return get(arena, source, source->config->site_feed, etag, last_modified, FEED_MAX_BYTES,
               response, fault);
}

bool source_fetch_page(struct arena *arena, const struct source *source, int month,
                       struct http_response *response, struct fault *fault)
{
    const char *url = issue_url(arena, source->config->site_url, month);
    return fetch(arena, source, url, POST_MAX_BYTES, response, fault);
}

/* Reads a page that a request for a URL got. */
static bool read_answer(struct arena *arena, const char *url, const struct http_response *response,
                        struct issue *issue, struct fault *fault)
{
    char shown[200];
    size_t end;
    const char *from = response->url ? response->url : url;
    int asked = issue_month_of_page(url, &end);
    if (asked && issue_month_of_page(from, &end) != asked)
        return fault_set(fault, FAULT_ABSENT, "it is another page, by a redirect to '%s'",
                         text_printable(shown, sizeof shown, from, strlen(from)));
    return post_read_page(arena, buf_str(&response->body), response->body.len, from, issue, fault);
}

bool source_read_page(struct arena *arena, const struct source *source, int month,
                      const struct http_response *response, struct issue *issue,
                      struct fault *fault)
{
    const char *url = issue_url(arena, source->config->site_url, month);
    return read_answer(arena, url, response, issue, fault) || fault_prefix(fault, "'%s'", url);
}

/* Reads the page of a month. */
static bool read_page(struct arena *arena, const struct source *source, int month,
                      struct issue *issue, struct fault *fault)
{
    struct http_response response = {0};
    return source_fetch_page(arena, source, month, &response, fault) &&
           source_read_page(arena, source, month, &response, issue, fault);
}

bool source_take_entry(struct arena *arena, const struct feed_entry *entry, struct issue *issue,
                       struct fault *fault)
{
    char id[MONTH_ID_SIZE];
    month_id(entry->month, id);
    if (!entry->content)
        return fault_set(fault, FAULT_INPUT, "the feed names issue %s, but does not have its text",
                         id);
    issue->month = entry->month;
    memcpy(issue->published, entry->published, sizeof issue->published);
    issue->title = entry->title;
    issue->url = entry->url;
    return post_read_content(arena, entry->content, strlen(entry->content), issue, fault);
}

enum format { FORMAT_MARKDOWN, FORMAT_HTML, FORMAT_FEED };

/* The format by the name of a file, else by its content. Markdown is only read from files. */
static enum format format_of(const char *name, const char *s, bool remote)
{
    const char *dot = remote ? NULL : strrchr(name, '.');
    if (dot && text_equal_fold(dot, ".md"))
        return FORMAT_MARKDOWN;
    if (dot && (text_equal_fold(dot, ".html") || text_equal_fold(dot, ".htm")))
        return FORMAT_HTML;
    if (dot && text_equal_fold(dot, ".xml"))
        return FORMAT_FEED;
    if (strncmp(s, "\xEF\xBB\xBF", 3) == 0)
        s += 3;
    s += strspn(s, " \t\r\n");
    if (!remote && strncmp(s, "+++", 3) == 0)
        return FORMAT_MARKDOWN;
    return strncmp(s, "<?xml", 5) == 0 || strncmp(s, "<rss", 4) == 0 || strncmp(s, "<feed", 5) == 0
               ? FORMAT_FEED
               : FORMAT_HTML;
}

/* What a URL or a file has. */
struct content {
    const struct buf *data;
    enum format format;
    const char *url;                 /* NULL: it is a file */
    const struct http_response *got; /* from the URL */
    int month;                       /* the month that is wanted; 0: any */
};

/* Reads an issue from the text in a feed: that of a month, else the latest one (from the web: the
 * latest that can be out). */
static bool read_from_feed(struct arena *arena, const struct content *content, const char *base,
                           struct issue *issue, struct fault *fault)
{
    struct feed feed = {0};
    int month = content->month;
    char id[MONTH_ID_SIZE];
    if (!feed_parse(arena, buf_str(content->data), content->data->len, base, &feed, fault))
        return false;
    if (content->got && !month && !feed_drop_ahead(&feed, source_time(content->got), fault))
        return false;
    const struct feed_entry *entry = month ? feed_find(&feed, month) : feed_latest(&feed);
    if (entry)
        return source_take_entry(arena, entry, issue, fault);
    month_id(month, id);
    return fault_set(fault, FAULT_ABSENT, "the feed does not have issue %s", id);
}

static bool read_content(struct arena *arena, const struct content *content, const char *site,
                         struct issue *issue, struct fault *fault)
{
    char asked[MONTH_ID_SIZE], got[MONTH_ID_SIZE];
    const char *data = buf_str(content->data);
    size_t len = content->data->len;
    bool read;
    if (content->format == FORMAT_FEED)
        return read_from_feed(arena, content, content->url ? content->url : site, issue, fault);
    if (content->format == FORMAT_MARKDOWN)
        read = post_read_markdown(arena, data, len, site, issue, fault);
    else if (content->got)
        read = read_answer(arena, content->url, content->got, issue, fault);
    else
        read = post_read_page(arena, data, len, NULL, issue, fault);
    if (!read || !content->month || content->month == issue->month)
        return read;
    month_id(content->month, asked);
    month_id(issue->month, got);
    return fault_set(fault, FAULT_ABSENT, "it is issue %s, not %s", got, asked);
}

/* Reads a URL or a file, perhaps with "#YYYY-MM". */
static bool read_named(struct arena *arena, const struct source *source, const char *what,
                       struct issue *issue, struct source_info *info, struct fault *fault)
{
    struct http_response response = {0};
    struct buf file = BUF_INIT(arena, FEED_MAX_BYTES);
    const char *hash = strrchr(what, '#'), *site = source->config->site_url;
    int month = hash ? month_of_id(hash + 1) : 0;
    const char *name = arena_copy_n(arena, what, month ? (size_t)(hash - what) : strlen(what));
    bool remote = strstr(what, "://");
    char shown[300];
    text_printable(shown, sizeof shown, name, strlen(name));
    bool got = remote ? fetch(arena, source, name, FEED_MAX_BYTES, &response, fault)
                      : file_read(name, &file, fault);
    if (!got && !remote && fault->kind == FAULT_ABSENT && !strpbrk(what, "/."))
        return fault_set(fault, FAULT_ABSENT,
                         "'%s' is not a month, file or URL (latest, 2025-07, \"july 2025\", "
                         "FILE.md, FILE.html, FILE.xml#2025-07, https://...)",
                         text_printable(shown, sizeof shown, what, strlen(what)));
    if (!got)
        return false;
    struct content content = {.data = remote ? &response.body : &file,
                              .url = remote ? name : NULL,
                              .got = remote ? &response : NULL,
                              .month = month};
    content.format = format_of(name, buf_str(content.data), remote);
    info->from_feed = remote && content.format == FORMAT_FEED;
    return read_content(arena, &content, site, issue, fault) || fault_prefix(fault, "'%s'", shown);
}

bool source_read(struct arena *arena, const struct source *source, const char *what,
                 struct issue *issue, struct source_info *info, struct fault *fault)
{
    *info = (struct source_info){.from_page = true};
    int month = month_parse(what);
    if (month)
        return read_page(arena, source, month, issue, fault);
    if (text_equal_fold(what, "latest")) {
        struct feed feed = {0};
        info->feed_read_at = time(NULL);
        return source_fetch_feed(arena, source, &feed, fault) &&
               read_page(arena, source, feed_latest(&feed)->month, issue, fault);
    }
    info->from_page = false;
    return read_named(arena, source, what, issue, info, fault);
}
