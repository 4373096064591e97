/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When an issue that is not out is expected. */
#include "ask/views.h"

#include "base/arena.h"
#include "io/config.h"
#include "news/month.h"
#include "say/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_MAX 31
/* Dates without which nothing is expected. */
#define DUE_DATES_MIN 3

/* Days of the month after an issue's own, of those that came in it. */
struct due {
    bool known; /* there are enough dates */
    int day;    /* the median */
    int first, last;
    bool all; /* no issue came in another month */
};

static struct due read_due(const struct facts_issues *issues)
{
    size_t on[DAYS_MAX + 1] = {0}, count = 0, outside = 0, below = 0;
    struct due due = {0};
    for (size_t i = 0; i < issues->count; i++) {
        const struct facts_issue *issue = &issues->issue[i];
        long day = *issue->published ? strtol(issue->published + MONTH_ID_SIZE, NULL, 10) : 0;
        if (day < 1 || day > DAYS_MAX)
            continue;
        if (month_read(issue->published) != issue->month + 1) {
            outside++;
            continue;
        }
        on[day]++;
        count++;
    }
    due.known = count >= DUE_DATES_MIN;
    due.all = !outside;
    for (int day = 1; due.known && day <= DAYS_MAX; day++) {
        below += on[day];
        due.day = !due.day && below * 2 >= count ? day : due.day;
        due.first = on[day] && !due.first ? day : due.first;
        due.last = on[day] ? day : due.last;
    }
    return due;
}

/* The day on which the issue of that month is expected; "" when it is not known. */
static void find_date(const struct due *due, int month, char date[ISSUE_DATE_SIZE])
{
    int next = month + 1;
    date[0] = '\0';
    /* February has fewer days than the median may be. */
    for (int day = due->known ? due->day : 0; day > 0 && !*date; day--)
        issue_date(date, next / 12, next % 12 + 1, day);
}

/* "is expected around 7 August"; after that day, while issues have come so late, "is expected any
 * day now", else "was expected around 7 August and is late". */
static void add_due(struct view *view, const struct due *due, int month)
{
    char date[ISSUE_DATE_SIZE] = "";
    const char *today = view->today;
    find_date(due, month, date);
    bool past = *today && strcmp(today, date) > 0;
    if (past && month_read(today) == month_read(date) &&
        strtol(today + MONTH_ID_SIZE, NULL, 10) <= due->last) {
        reply_say(view->reply, "is expected any day now");
        return;
    }
    const char *day = date + MONTH_ID_SIZE;
    bool same_year = strncmp(date, today, 4) == 0;
    reply_say(view->reply, "%s around %s %s%s%.*s%s", past ? "was expected" : "is expected",
              day + (*day == '0'), month_name(month_read(date)), same_year ? "" : " ",
              same_year ? 0 : 4, date, past ? " and is late" : "");
}

static const char *ordinal(int day)
{
    bool teen = day >= 11 && day <= 13;
    return teen ? "th" : day % 10 == 1 ? "st" : day % 10 == 2 ? "nd" : day % 10 == 3 ? "rd" : "th";
}

/* "; every issue so far came out between the 2nd and the 14th of the following month" */
static void add_habit(struct view *view, const struct due *due)
{
    reply_say(view->reply, "; %s so far came out ", due->all ? "every issue" : "most issues");
    if (due->first == due->last)
        reply_say(view->reply, "on the %d%s", due->day, ordinal(due->day));
    else
        reply_say(view->reply, "between the %d%s and the %d%s", due->first, ordinal(due->first),
                  due->last, ordinal(due->last));
    reply_say(view->reply, " of the following month");
}

bool view_next(struct view *view, int month, struct fault *fault)
{
    const struct facts_issue *newest = view_newest(view),
                             *out = month ? view_find(view, month) : NULL;
    struct due due = read_due(&view->issues);
    char text[MONTH_TEXT_SIZE];
    bool wanted = month;
    month = month ? month : newest->month + 1;
    month_text(month, text);
    if (out) {
        view_month(view, MONTH_LONG, month, out->url, NULL);
        reply_say(view->reply, " is out.");
        return true;
    }
    if (wanted && month < newest->month)
        return view_issue(view, month, fault);
    reply_say(view->reply, "%s", text);
    if (wanted)
        reply_say(view->reply, " is not out yet%s", due.known ? "; it " : "");
    else
        reply_say(view->reply, " %s",
                  due.known ? ""
                            : "is next; too few issues have a date to say "
                              "when it is expected");
    if (due.known) {
        add_due(view, &due, month);
        if (!wanted)
            add_habit(view, &due);
    }
    reply_say(view->reply, ". ");
    if (wanted) {
        reply_say(view->reply, "The newest issue is ");
        view_month(view, MONTH_LONG, newest->month, newest->url, NULL);
        reply_say(view->reply, ".");
    } else if (view->config->site_suggest) {
        reply_link(view->reply, REPLY_PLAIN, "Suggest a link or your project",
                   view->config->site_suggest);
        reply_say(view->reply, ".");
    }
    return true;
}
