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
    char published[ISSUE_DATE_SIZE]; /* "" when missing or nonsense */
    const char *content; /* HTML of the whole post, a <base> in front for an xml:base; NULL: none */
};

/* The entries whose link is /this-month/YYYY-MM/, in the feed's order; of each month the first. */
struct feed {
    struct feed_entry *entries;
    size_t count;
    /* Of feed_drop_ahead(): what it was told, and the first month that it dropped, or 0. */
    int present, ahead;
};

/* Reads a feed got from `base`: RSS 2.0 (in a namespace or none), RSS 1.0 or Atom, in any encoding
 * that iconv knows. The address of an RSS item is its link, or its guid where that is a permalink
 * and there is no link; that of an Atom entry is an alternate link, one of text/html before others.
 * Of several that are an issue's, the first counts. False: INPUT, saying where, when it is larger
 * than FEED_MAX_BYTES, is not cheap (html.h), is not well-formed to its end, has a DOCTYPE, is
 * neither RSS nor Atom, or names no issue. */
bool feed_parse(struct arena *arena, const char *data, size_t len, const char *base,
                struct feed *feed, struct fault *fault);

/* Drops the entries of months after that of `at`, in seconds since 1970: they cannot be out yet.
 * INPUT: none is left. */
bool feed_drop_ahead(struct feed *feed, double at, struct fault *fault);

/* The entry of a month, or NULL; the entry of the latest month of a feed that has one. */
const struct feed_entry *feed_find(const struct feed *feed, int month);
const struct feed_entry *feed_latest(const struct feed *feed);

#endif
