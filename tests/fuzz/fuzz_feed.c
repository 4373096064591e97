/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes the feed, RSS or Atom: each entry names an issue of its own by its link, and the issue of
 * one that tells all of it is whole. */
#include "feed.h"

#include "property.h"
#include "source.h"

static void require_entry(const struct feed *feed, const struct feed_entry *entry)
{
    char id[ISSUE_ID_SIZE], date[ISSUE_DATE_SIZE];
    require(issue_id_valid(entry->id));
    require(issue_id_from_url(entry->url, id) && strcmp(id, entry->id) == 0);
    require(!strpbrk(entry->url, "?#"));
    require_text(entry->title, false);
    issue_date_read(date, entry->published);
    require(strcmp(date, entry->published) == 0);
    require(feed_find(feed, entry->id) == entry);
    require(strcmp(feed_latest(feed)->id, entry->id) >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct feed feed = {0};
    struct fault fault = {0};
    bool read = feed_parse((const char *)data, size, "https://news.example/rss.xml", &feed, &fault);
    require_told(read, &fault, FAULT_INPUT);
    require(read == (feed.count > 0));
    for (size_t i = 0; i < feed.count; i++) {
        struct issue issue = {0};
        struct fault untold = {0};
        require_entry(&feed, &feed.entries[i]);
        bool taken = source_take_entry(&feed.entries[i], &issue, &untold);
        require_told(taken, &untold, FAULT_INPUT);
        if (taken)
            require_issue(&issue);
        issue_finish(&issue);
    }
    feed_finish(&feed);
    return 0;
}
