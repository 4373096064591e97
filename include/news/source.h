/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where an issue comes from: the site, a URL or a file. */
#ifndef TMRO_NEWS_SOURCE_H
#define TMRO_NEWS_SOURCE_H

#include <stdbool.h>
#include <time.h>

struct arena;
struct config;
struct fault;
struct feed;
struct feed_entry;
struct http;
struct http_response;
struct issue;
struct months;

/* For the help of a command: how to name an issue. */
#define SOURCE_WHAT                                                                                \
    "WHAT is the issue:\n"                                                                         \
    "  latest               the feed's latest (the default)\n"                                     \
    "  2025-07              a month; also \"july 2025\", \"last month\", \"issue 42\"\n"           \
    "  FILE.md, FILE.html   a post's source, or a page\n"                                          \
    "  FILE.xml[#2025-07]   an issue of a feed that has the full text\n"                           \
    "  URL                  a page (or a feed, with #2025-07)\n"

struct source {
    const struct config *config;
    struct http *http;
};

struct source_info {
    bool from_feed;      /* read from the text in a feed from the web, not from a page */
    bool from_page;      /* read from the site's page of its month */
    time_t feed_read_at; /* when the feed was asked for the latest issue; 0: it was not */
};

/* Reads the issue that WHAT names into a zeroed issue: "latest", a month ("2025-07", "july 2025"),
 * the URL of a page or a feed, or a file (.md, .html, .xml). A feed may have "#2025-07" for an
 * issue other than its latest. "latest" and a month are read from the page of the site, a feed from
 * its own text. False: ABSENT (no such file, or the site answers 404), RETRY, INPUT, SETUP (the CA
 * file), STOPPED, LOCAL. */
bool source_read(struct arena *arena, const struct source *source, const char *what,
                 struct issue *issue, struct source_info *info, struct fault *fault);

/* Asks for the configured feed, with the validators of the copy we have (NULL: none). True: there
 * is an answer, whatever its status. */
bool source_poll_feed(struct arena *arena, const struct source *source, const char *etag,
                      const char *last_modified, struct http_response *response,
                      struct fault *fault);

/* Fetches the configured feed into a zeroed one, without issues that cannot be out yet. */
bool source_fetch_feed(struct arena *arena, const struct source *source, struct feed *feed,
                       struct fault *fault);

/* Fetches the page of a month without reading it. Fails as source_read(). */
bool source_fetch_page(struct arena *arena, const struct source *source, int month,
                       struct http_response *response, struct fault *fault);

/* Reads what source_fetch_page() got. ABSENT: the canonical link, or the address that the request
 * was redirected to, is that of another page. INPUT: it is the page of the issue, but cannot be
 * read. */
bool source_read_page(struct arena *arena, const struct source *source, int month,
                      const struct http_response *response, struct issue *issue,
                      struct fault *fault);

/* Reads an issue from the text in an entry of a feed; it shares the entry's strings. INPUT: the
 * entry has no text, or one that cannot be read. */
bool source_take_entry(struct arena *arena, const struct feed_entry *entry, struct issue *issue,
                       struct fault *fault);

/* Adds the months, up to `present`, of all issues on the site's own list at SITE/this-month/. */
bool source_list_issues(struct arena *arena, const struct source *source, int present,
                        struct months *months, struct fault *fault);

/* The time of the answer by the site's clock, or by ours if the answer does not say. */
double source_time(const struct http_response *response);

#endif
