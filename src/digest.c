/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue as one message within a budget.
 *
 * The message is written with a set of cuts; when it is too long, cuts are searched for that make
 * it fit, in the order of what readers miss least. */
#include "digest.h"

#include "buf.h"
#include "entries.h"
#include "issue.h"
#include "markup.h"
#include "month.h"
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The least changes of one project that stay when room is short. */
#define CHANGES_LEAST 5
/* Bytes a message may grow to before it is found too long. */
#define MESSAGE_BYTES_MAX (4 * 1024 * 1024)

/* The lists that entries can be cut off: each section's headlines and projects, each project's
 * changes. `shown` entries are written, the rest is counted. */
struct list {
    const struct section *section;
    const struct project *project; /* NULL: not a list of changes */
    bool projects;                 /* of a section: its projects, else its headlines */
    size_t total, shown;
};

struct draft {
    const struct issue *issue;
    const struct digest_options *options;
    struct list *lists;
    size_t list_count;
    size_t changes, projects_changed;
    bool spoiler; /* the changes are shown */
    bool failed;  /* out of memory; sticks */
};

static void add_list(struct draft *d, const struct section *section, const struct project *project,
                     bool projects, size_t total)
{
    struct list *list = total ? array_add(&d->lists, &d->list_count, sizeof *list) : NULL;
    if (list)
        *list = (struct list){section, project, projects, total, total};
    d->failed = d->failed || (total && !list);
}

/* Lists everything that can be cut. */
static void lay_out(struct draft *d)
{
    for (size_t s = 0; s < d->issue->section_count; s++) {
        const struct section *section = &d->issue->sections[s];
        add_list(d, section, NULL, false, section->headline_count);
        add_list(d, section, NULL, true, section->project_count);
        for (size_t p = 0; p < section->project_count; p++) {
            size_t changes = entries_count_changes(&section->projects[p]);
            add_list(d, section, &section->projects[p], false, changes);
            d->changes += changes;
            d->projects_changed += changes > 0;
        }
    }
    d->spoiler = d->changes > 0;
}

/* The headlines of one section below its title. */
static void add_headlines(struct draft *d, struct buf *out, const struct list *list)
{
    entries_add_section_title(out, list->section, d->issue->url);
    buf_addc(out, '\n');
    entries_add_headlines(out, list->section, list->shown, d->issue->url);
    buf_addc(out, '\n');
}

/* Whether the project's identity is a line of `fresh`. */
static bool is_fresh(const char *fresh, const struct project *project)
{
    const char *identity = project_identity(project), *s = fresh;
    size_t len = strlen(identity);
    while (s && *s) {
        if (strncmp(s, identity, len) == 0 && (s[len] == '\n' || s[len] == '\0'))
            return true;
        s = strchr(s, '\n');
        s += s != NULL;
    }
    return false;
}

static void add_project_entry(struct draft *d, struct buf *out, const struct project *project)
{
    size_t changes = entries_count_changes(project);
    bool new = is_fresh(d->options->fresh, project);
    entries_add_project(out, project, d->issue->url);
    if (changes && new)
        buf_addf(out, " (%zu, new)", changes);
    else if (changes)
        buf_addf(out, " (%zu)", changes);
    else if (new)
        buf_adds(out, " (new)");
}

/* One projects section on one line. */
static void add_projects(struct draft *d, struct buf *out, const struct list *list)
{
    entries_add_section_title(out, list->section, d->issue->url);
    for (size_t i = 0; i < list->shown; i++) {
        buf_adds(out, i ? ", " : entries_joint(list->section->title));
        add_project_entry(d, out, &list->section->projects[i]);
    }
    if (list->shown < list->total) {
        buf_adds(out, list->shown ? ", " : entries_joint(list->section->title));
        entries_add_more(out, list->total - list->shown, "", d->issue->url, list->section->anchor);
    }
    buf_addc(out, '\n');
}

/* One project's changes in the spoiler. */
static void add_changes(struct draft *d, struct buf *out, const struct list *list)
{
    const struct project *project = list->project;
    char *url = entries_url(d->issue->url, project->anchor);
    d->failed = d->failed || !url;
    if (url)
        markup_bold_link(out, project->name, url);
    free(url);
    if (project->contributors.count) {
        buf_adds(out, ", thanks to ");
        entries_add_names(out, &project->contributors);
    }
    buf_adds(out, "\n\n");
    entries_add_changes(out, project, list->shown, d->issue->url);
}

static void add_change_counts(const struct draft *d, struct buf *out)
{
    buf_addf(out, " change%s in %zu project%s", d->changes == 1 ? "" : "s", d->projects_changed,
             d->projects_changed == 1 ? "" : "s");
}

static void add_spoiler(struct draft *d, struct buf *out)
{
    buf_addf(out, "```spoiler %zu", d->changes);
    add_change_counts(d, out);
    buf_addc(out, '\n');
    bool first = true;
    for (size_t i = 0; i < d->list_count; i++) {
        if (!d->lists[i].project)
            continue;
        if (!first)
            buf_addc(out, '\n');
        first = false;
        add_changes(d, out, &d->lists[i]);
    }
    buf_adds(out, "```\n\n");
}

/* Who made the issue, and where to suggest something for the next. */
static void add_last_line(struct draft *d, struct buf *out)
{
    const struct issue *issue = d->issue;
    bool people = issue->editors.count || issue->authors.count;
    if (issue->authors.count) {
        buf_adds(out, "Written by ");
        entries_add_names(out, &issue->authors);
    }
    if (issue->editors.count) {
        buf_adds(out, issue->authors.count ? ", edited by " : "Edited by ");
        entries_add_names(out, &issue->editors);
    }
    if (d->options->suggest) {
        char month[MONTH_TEXT_SIZE];
        month_text(issue->month + 1, month);
        month[strcspn(month, " ")] = '\0';
        struct buf text = BUF_INIT(100);
        buf_addf(&text, "%cuggest something for %s", people ? 's' : 'S', month);
        buf_adds(out, people ? " · " : "");
        markup_link(out, buf_str(&text), d->options->suggest);
        d->failed = d->failed || text.failed;
        buf_finish(&text);
    }
}

/* The title line; the title is cut until the line fits. */
static void add_title(struct draft *d, struct buf *out)
{
    for (size_t max = DIGEST_TITLE_MAX;; max--) {
        char *title = text_cut(arena_ambient(), d->issue->title, max, false);
        d->failed = d->failed || !title;
        buf_truncate(out, 0);
        if (title)
            markup_bold_link(out, title, d->issue->url);
        free(title);
        if (d->failed || max <= 1 || text_length(buf_str(out)) <= d->options->max_length)
            return;
    }
}

/* Writes the message with the cuts as they are; `title` is its first line. */
static void write_message(struct draft *d, struct buf *out, const char *title)
{
    buf_reset(out);
    buf_adds(out, title);
    buf_adds(out, "\n\n");
    for (size_t i = 0; i < d->list_count; i++)
        if (!d->lists[i].projects && !d->lists[i].project)
            add_headlines(d, out, &d->lists[i]);
    bool projects = false;
    for (size_t i = 0; i < d->list_count; i++)
        if (d->lists[i].projects) {
            add_projects(d, out, &d->lists[i]);
            projects = true;
        }
    if (projects)
        buf_addc(out, '\n');
    if (d->spoiler) {
        add_spoiler(d, out);
    } else if (d->changes) {
        struct buf what = BUF_INIT(100);
        add_change_counts(d, &what);
        entries_add_more(out, d->changes, buf_str(&what), d->issue->url, NULL);
        d->failed = d->failed || what.failed;
        buf_finish(&what);
        buf_adds(out, "\n\n");
    }
    add_last_line(d, out);
    while (out->len && out->ptr[out->len - 1] == '\n')
        buf_truncate(out, out->len - 1);
    d->failed = d->failed || out->failed != out->full;
}

/* Which lists a stage of cutting works on. */
static bool is_of_stage(const struct list *list, bool changes)
{
    return (list->project != NULL) == changes;
}

/* Cuts the lists of a stage down to `most` entries each, the first `lower` of the longer ones to
 * one less. */
static void cut(struct draft *d, bool changes, size_t most, size_t lower)
{
    for (size_t i = 0; i < d->list_count; i++) {
        struct list *list = &d->lists[i];
        if (!is_of_stage(list, changes))
            continue;
        size_t least = changes ? CHANGES_LEAST : 0, limit = most;
        if (lower && most > least && list->total >= most) {
            limit = most - 1;
            lower--;
        }
        list->shown = list->total < limit ? list->total : limit;
    }
}

static bool fits(struct draft *d, struct buf *out, const char *title)
{
    write_message(d, out, title);
    return d->failed || (!out->full && text_length(buf_str(out)) <= d->options->max_length);
}

/* Cuts entries one by one off the longest list of a stage, from `from` down to `to` each, as few as
 * make the message fit. False: even all are too few. */
static bool cut_to_fit(struct draft *d, struct buf *out, const char *title, bool changes,
                       size_t from, size_t to)
{
    size_t low = to, high = from; /* `high` does not fit; find the highest level that does */
    cut(d, changes, to, 0);
    if (!fits(d, out, title))
        return false;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        cut(d, changes, middle, 0);
        if (fits(d, out, title))
            low = middle;
        else
            high = middle;
    }
    /* Between the levels `high` and `low`: how many lists must go down by one. */
    size_t few = 0, enough = d->list_count;
    while (enough - few > 1) {
        size_t middle = few + (enough - few) / 2;
        cut(d, changes, high, middle);
        if (fits(d, out, title))
            enough = middle;
        else
            few = middle;
    }
    cut(d, changes, high, enough);
    if (fits(d, out, title))
        return true;
    cut(d, changes, low, 0);
    return fits(d, out, title);
}

static size_t longest(const struct draft *d)
{
    size_t most = 0;
    for (size_t i = 0; i < d->list_count; i++)
        if (!d->lists[i].project && d->lists[i].total > most)
            most = d->lists[i].total;
    return most;
}

/* Writes the longest message that fits. */
static void write_within_budget(struct draft *d, struct buf *out, const char *title)
{
    cut(d, true, ENTRIES_CHANGES_SHOWN, 0);
    if (fits(d, out, title))
        return;
    if (d->spoiler && cut_to_fit(d, out, title, true, ENTRIES_CHANGES_SHOWN, CHANGES_LEAST))
        return;
    d->spoiler = false;
    if (fits(d, out, title) || cut_to_fit(d, out, title, false, longest(d), 0))
        return;
    buf_reset(out);
    buf_adds(out, title);
}

char *digest_announcement(const struct issue *issue, const struct digest_options *options)
{
    struct draft d = {.issue = issue, .options = options};
    struct buf title = BUF_INIT(MESSAGE_BYTES_MAX), out = BUF_INIT(MESSAGE_BYTES_MAX);
    add_title(&d, &title);
    if (issue_is_plausible(issue)) {
        lay_out(&d);
        write_within_budget(&d, &out, buf_str(&title));
    } else {
        buf_adds(&out, buf_str(&title));
    }
    free(d.lists);
    d.failed = d.failed || title.failed;
    buf_finish(&title);
    char *message = buf_take(&out);
    if (d.failed) {
        free(message);
        return NULL;
    }
    return message;
}

char *digest_title_end(const char *url)
{
    struct buf end = BUF_INIT(TEXT_MAX);
    buf_adds(&end, "](");
    markup_url(&end, url);
    buf_adds(&end, ")**");
    return buf_take(&end);
}

bool digest_is_announcement(const char *message, const char *title_end)
{
    size_t line = strcspn(message, "\n"), end = strlen(title_end);
    return strncmp(message, "**[", 3) == 0 && line >= 3 + end &&
           memcmp(message + line - end, title_end, end) == 0;
}

char *digest_url(const char *message)
{
    const char *end = message + strcspn(message, "\n"), *begin = NULL;
    if (strncmp(message, "**[", 3) != 0 || end - message < 9 || strncmp(end - 3, ")**", 3) != 0)
        return NULL;
    for (const char *s = message; s + 1 < end; s++)
        if (s[0] == ']' && s[1] == '(')
            begin = s + 2;
    return begin ? strndup(begin, (size_t)(end - 3 - begin)) : NULL;
}
