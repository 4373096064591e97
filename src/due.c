/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When an issue is due, by the dates of those before it. */
#include "due.h"

#include "buf.h"
#include "catalog.h"
#include "compose.h"
#include "issue.h"

#include <stdlib.h>
#include <string.h>

#define DAYS_MAX 31

void due_read(const struct catalog_issues *issues, struct due *due)
{
    size_t on[DAYS_MAX + 1] = {0}, count = 0, outside = 0, below = 0;
    *due = (struct due){0};
    for (size_t i = 0; i < issues->count; i++) {
        const struct catalog_issue *issue = &issues->issue[i];
        char next[ISSUE_ID_SIZE];
        issue_id_next(issue->id, next);
        long day = *issue->published ? strtol(issue->published + ISSUE_ID_SIZE, NULL, 10) : 0;
        if (day < 1 || day > DAYS_MAX)
            continue;
        if (strncmp(issue->published, next, ISSUE_ID_SIZE - 1) != 0) {
            outside++;
            continue;
        }
        on[day]++;
        count++;
    }
    due->known = count >= DUE_DATES_MIN;
    due->all = !outside;
    for (int day = 1; due->known && day <= DAYS_MAX; day++) {
        below += on[day];
        due->day = !due->day && below * 2 >= count ? day : due->day;
        due->first = on[day] && !due->first ? day : due->first;
        due->last = on[day] ? day : due->last;
    }
}

/* The day on which the issue of that month is due; "" when it is not known. */
static void find_date(const struct due *due, const char *id, char date[ISSUE_DATE_SIZE])
{
    char next[ISSUE_ID_SIZE];
    issue_id_next(id, next);
    date[0] = '\0';
    /* February has fewer days than the median may be. */
    for (int day = due->known ? due->day : 0; day > 0 && !*date; day--)
        issue_date(date, (int)strtol(next, NULL, 10), (int)strtol(next + 5, NULL, 10), day);
}

bool due_add(struct buf *out, const struct due *due, const char *id, const char *today)
{
    char date[ISSUE_DATE_SIZE];
    find_date(due, id, date);
    if (!*date)
        return false;
    bool past = strcmp(today, date) > 0;
    if (past && strncmp(today, date, ISSUE_ID_SIZE - 1) == 0 &&
        strtol(today + ISSUE_ID_SIZE, NULL, 10) <= due->last) {
        buf_adds(out, "is due any day now");
        return true;
    }
    buf_adds(out, past ? "has been due since " : "is due around ");
    compose_date(out, date, today);
    return true;
}
