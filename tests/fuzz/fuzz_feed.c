/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes the feed, RSS or Atom: each entry names an issue of its own by its link, and the issue of
 * one that tells all of it is whole. */
#include "news/feed.h"

#include "news/source.h"
#include "property.h"

static void require_entry(const struct feed *feed, const struct feed_entry *entry)
{
    char date[ISSUE_DATE_SIZE];
    require(entry->month > 0 && issue_month_of_url(entry->url) == entry->month);
    require(!strpbrk(entry->url, "?#"));
    require_text(entry->title, false);
    issue_date_read(date, entry->published);
    require(strcmp(date, entry->published) == 0);
    require(feed_find(feed, entry->month) == entry);
    require(feed_latest(feed)->month >= entry->month);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct feed feed = {0};
    struct fault fault = {0};
    bool read =
        feed_parse(arena, (const char *)data, size, "https://news.example/rss.xml", &feed, &fault);
    require_told(read, &fault, FAULT_INPUT);
    require(read == (feed.count > 0));
    for (size_t i = 0; i < feed.count; i++) {
        struct issue issue = {0};
        struct fault untold = {0};
        require_entry(&feed, &feed.entries[i]);
        bool taken = source_take_entry(arena, &feed.entries[i], &issue, &untold);
        require_told(taken, &untold, FAULT_INPUT);
        if (taken)
            require_issue(arena, &issue);
    }
    arena_free(arena);
    return 0;
}
