/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* RSS 2.0 or Atom: the issues a feed names. */
#ifndef TMRO_NEWS_FEED_H
#define TMRO_NEWS_FEED_H

#include "news/issue.h"

struct arena;

/* Largest feed: five times the real one. */
#define FEED_MAX_BYTES (6 * 1024 * 1024)

struct feed_entry {
    int month;
    const char *title;               /* plain; "" when missing */
    const char *url;                 /* absolute */
    char published[ISSUE_DATE_SIZE]; /* "" when missing or not a date */
    const char *content; /* HTML of the whole post, a <base> in front for an xml:base; NULL: none */
};

/* The entries that link to /this-month/YYYY-MM/, in the order of the feed; the first of each month.
 */
struct feed {
    struct feed_entry *entries;
    size_t count;
    /* From feed_drop_ahead(): the month that it compared with, and the first that it dropped, or 0.
     */
    int present, ahead;
};

/* Reads a feed that came from `base` into a zeroed one: RSS 2.0 (with or without a namespace),
 * RSS 1.0 or Atom, in any encoding that iconv knows. The address of an RSS item is its link, or its
 * guid if that is a permalink and there is no link; the address of an Atom entry is its alternate
 * link, preferably one of text/html. The first address of an issue counts. False: INPUT, saying
 * where (larger than FEED_MAX_BYTES, too costly as html.h says, not well-formed, with a DOCTYPE,
 * neither RSS nor Atom, or without an issue). */
bool feed_parse(struct arena *arena, const char *data, size_t len, const char *base,
                struct feed *feed, struct fault *fault);

/* Drops the entries of months after the one at `at`, in seconds since 1970: they cannot be out yet.
 * False: INPUT (none is left). */
bool feed_drop_ahead(struct feed *feed, double at, struct fault *fault);

/* The entry of a month, or NULL; the entry of the latest month, NULL if there is none. */
const struct feed_entry *feed_find(const struct feed *feed, int month);
const struct feed_entry *feed_latest(const struct feed *feed);

#endif
