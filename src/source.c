/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where an issue comes from: the site, a URL or a file. */
#include "source.h"

#include "buf.h"
#include "config.h"
#include "fault.h"
#include "feed.h"
#include "file.h"
#include "html.h"
#include "http.h"
#include "issue.h"
#include "month.h"
#include "post.h"
#include "text.h"
#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Gets `url` into `body`; only status 200 is a success. */
static bool fetch(const struct source *source, const char *url, size_t max_bytes,
                  struct http_response *response, struct fault *fault)
{
    struct http_request request = {
        .method = "GET", .url = url, .max_bytes = max_bytes, .redirects = true};
    char shown[300];
    text_printable(shown, sizeof shown, url, strlen(url));
    if (!http_perform(arena_ambient(), source->http, &request, response, fault))
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

bool source_fetch_feed(const struct source *source, struct feed *feed, struct fault *fault)
{
    struct http_response response = {0};
    const char *url = source->config->site_feed;
    bool done = fetch(source, url, FEED_MAX_BYTES, &response, fault);
    if (done && !(feed_parse(buf_str(&response.body), response.body.len, url, feed, fault) &&
                  feed_drop_ahead(feed, source_time(&response), fault))) {
        char shown[300];
        done = fault_prefix(fault, "'%s'", text_printable(shown, sizeof shown, url, strlen(url)));
    }
    return done;
}

/* Adds the months of the issues up to one that a page links. */
static bool add_links(const struct html_node *node, const char *base, int present,
                      struct months *months, struct fault *fault)
{
    bool done = true;
    for (const struct html_node *n = html_child(node); done && n; n = html_next(n)) {
        const char *href = html_is(n, "a") ? html_attribute(n, "href") : NULL;
        char *url = NULL;
        if (href)
            url = url_resolve(arena_ambient(), base, href);
        int month = url ? issue_month_of_url(url) : 0;
        if (month && month <= present)
            done = months_add(months, month) || fault_memory(fault);
        free(url);
        done = done && add_links(n, base, present, months, fault);
    }
    return done;
}

bool source_list_issues(const struct source *source, int present, struct months *months,
                        struct fault *fault)
{
    struct http_response response = {0};
    struct html_node *document = NULL;
    char *url = NULL;
    bool done = asprintf(&url, "%s/this-month/", source->config->site_url) >= 0;
    if (!done) {
        url = NULL;
        fault_memory(fault);
    }
    done = done && fetch(source, url, POST_MAX_BYTES, &response, fault) &&
           (document =
                html_parse(buf_str(&response.body), response.body.len, POST_MAX_BYTES, fault)) &&
           add_links(document, url, present, months, fault);
    html_free(document);
    free(url);
    return done;
}

bool source_poll_feed(const struct source *source, const char *etag, const char *last_modified,
                      struct http_response *response, struct fault *fault)
{
    struct http_request request = {.method = "GET",
                                   .url = source->config->site_feed,
                                   .etag = etag,
                                   .last_modified = last_modified,
                                   .max_bytes = FEED_MAX_BYTES,
                                   .redirects = true};
    return http_perform(arena_ambient(), source->http, &request, response, fault);
}

bool source_fetch_page(const struct source *source, int month, struct http_response *response,
                       struct fault *fault)
{
    char *url = issue_url(source->config->site_url, month);
    bool done = url ? fetch(source, url, POST_MAX_BYTES, response, fault) : fault_memory(fault);
    free(url);
    return done;
}

/* Reads the page that a URL was answered with. */
static bool read_answer(const char *url, const struct http_response *response, struct issue *issue,
                        struct fault *fault)
{
    char shown[200];
    size_t end;
    const char *from = response->url ? response->url : url;
    int asked = issue_month_of_page(url, &end);
    if (asked && issue_month_of_page(from, &end) != asked)
        return fault_set(fault, FAULT_ABSENT, "it is another page, by a redirect to '%s'",
                         text_printable(shown, sizeof shown, from, strlen(from)));
    return post_read_page(buf_str(&response->body), response->body.len, from, issue, fault);
}

bool source_read_page(const struct source *source, int month, const struct http_response *response,
                      struct issue *issue, struct fault *fault)
{
    char *url = issue_url(source->config->site_url, month);
    bool done = url ? read_answer(url, response, issue, fault) || fault_prefix(fault, "'%s'", url)
                    : fault_memory(fault);
    free(url);
    return done;
}

/* Reads the site's page of one month. */
static bool read_page(const struct source *source, int month, struct issue *issue,
                      struct fault *fault)
{
    struct http_response response = {0};
    bool done = source_fetch_page(source, month, &response, fault) &&
                source_read_page(source, month, &response, issue, fault);
    return done;
}

static bool read_latest(const struct source *source, struct issue *issue, struct source_info *info,
                        struct fault *fault)
{
    struct feed feed = {0};
    info->feed_read_at = time(NULL);
    bool done = source_fetch_feed(source, &feed, fault) &&
                read_page(source, feed_latest(&feed)->month, issue, fault);
    feed_finish(&feed);
    return done;
}

bool source_take_entry(const struct feed_entry *entry, struct issue *issue, struct fault *fault)
{
    char id[MONTH_ID_SIZE];
    month_id(entry->month, id);
    if (!entry->content)
        return fault_set(fault, FAULT_INPUT, "the feed names the issue %s but has no text of it",
                         id);
    issue->month = entry->month;
    memcpy(issue->published, entry->published, sizeof issue->published);
    issue->title = strdup(entry->title);
    issue->url = strdup(entry->url);
    return ((issue->title && issue->url) || fault_memory(fault)) &&
           post_read_content(entry->content, strlen(entry->content), issue, fault);
}

/* Reads one issue from a feed's own text; `month` 0: the latest, in a feed from the web (`got`) up
 * to the present month. */
static bool read_from_feed(const char *data, size_t len, const char *base, int month,
                           const struct http_response *got, struct issue *issue,
                           struct fault *fault)
{
    struct feed feed = {0};
    const struct feed_entry *entry = NULL;
    char id[MONTH_ID_SIZE];
    bool done = feed_parse(data, len, base, &feed, fault) &&
                (!got || month || feed_drop_ahead(&feed, source_time(got), fault));
    if (done && !(entry = month ? feed_find(&feed, month) : feed_latest(&feed))) {
        month_id(month, id);
        fault_set(fault, FAULT_ABSENT, "the feed has no issue %s", id);
    }
    done = entry && source_take_entry(entry, issue, fault);
    feed_finish(&feed);
    return done;
}

enum format { FORMAT_UNKNOWN, FORMAT_MARKDOWN, FORMAT_HTML, FORMAT_FEED };

static enum format format_by_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (!dot)
        return FORMAT_UNKNOWN;
    if (text_equal_fold(dot, ".md"))
        return FORMAT_MARKDOWN;
    if (text_equal_fold(dot, ".html") || text_equal_fold(dot, ".htm"))
        return FORMAT_HTML;
    return text_equal_fold(dot, ".xml") ? FORMAT_FEED : FORMAT_UNKNOWN;
}

/* Markdown is an editor's file, not what a site serves. */
static enum format format_by_content(const char *s, bool remote)
{
    if (strncmp(s, "\xEF\xBB\xBF", 3) == 0)
        s += 3;
    s += strspn(s, " \t\r\n");
    if (!remote && strncmp(s, "+++", 3) == 0)
        return FORMAT_MARKDOWN;
    return strncmp(s, "<?xml", 5) == 0 || strncmp(s, "<rss", 4) == 0 || strncmp(s, "<feed", 5) == 0
               ? FORMAT_FEED
               : FORMAT_HTML;
}

/* Reads what was got from a URL, or is in a file: then `url` and `got` are NULL. */
static bool read_data(const struct source *source, const struct buf *data, enum format format,
                      const char *url, int month, const struct http_response *got,
                      struct issue *issue, struct fault *fault)
{
    const char *s = buf_str(data), *site = source->config->site_url;
    char id[MONTH_ID_SIZE], got_id[MONTH_ID_SIZE];
    bool done;
    if (format == FORMAT_FEED)
        return read_from_feed(s, data->len, url ? url : site, month, got, issue, fault);
    if (format == FORMAT_MARKDOWN)
        done = post_read_markdown(s, data->len, site, issue, fault);
    else
        done = got ? read_answer(url, got, issue, fault)
                   : post_read_page(s, data->len, NULL, issue, fault);
    if (done && month && month != issue->month) {
        month_id(issue->month, got_id);
        month_id(month, id);
        done = fault_set(fault, FAULT_ABSENT, "it is the issue %s, not %s", got_id, id);
    }
    return done;
}

/* Reads a URL or a file, without its "#YYYY-MM". */
static bool read_named(const struct source *source, const char *what, struct issue *issue,
                       struct source_info *info, struct fault *fault)
{
    struct http_response response = {0};
    struct buf file = BUF_INIT(FEED_MAX_BYTES);
    const char *hash = strrchr(what, '#');
    int month = hash ? month_of_id(hash + 1) : 0;
    char *name = strndup(what, month ? (size_t)(hash - what) : strlen(what)), shown[300];
    bool remote = strstr(what, "://"), done = false;
    if (!name) {
        fault_memory(fault);
    } else if (remote ? fetch(source, name, FEED_MAX_BYTES, &response, fault)
                      : file_read(name, &file, fault)) {
        const struct buf *data = remote ? &response.body : &file;
        enum format format = remote ? FORMAT_UNKNOWN : format_by_name(name);
        if (format == FORMAT_UNKNOWN)
            format = format_by_content(buf_str(data), remote);
        done = read_data(source, data, format, remote ? name : NULL, month,
                         remote ? &response : NULL, issue, fault);
        info->from_feed = remote && format == FORMAT_FEED;
        if (!done && fault->kind != FAULT_LOCAL)
            fault_prefix(fault, "'%s'", text_printable(shown, sizeof shown, name, strlen(name)));
    }
    if (!done && !remote && fault->kind == FAULT_ABSENT && !strchr(what, '/') && !strchr(what, '.'))
        fault_set(fault, FAULT_ABSENT,
                  "'%s' is not a month, file or URL (latest, 2025-07, \"july 2025\", FILE.md, "
                  "FILE.html, FILE.xml#2025-07, https://...)",
                  text_printable(shown, sizeof shown, what, strlen(what)));
    buf_finish(&file);
    free(name);
    return done;
}

bool source_read(const struct source *source, const char *what, struct issue *issue,
                 struct source_info *info, struct fault *fault)
{
    int month = month_parse(what);
    *info = (struct source_info){0};
    info->from_page = true;
    if (text_equal_fold(what, "latest"))
        return read_latest(source, issue, info, fault);
    if (month)
        return read_page(source, month, issue, fault);
    info->from_page = false;
    return read_named(source, what, issue, info, fault);
}
