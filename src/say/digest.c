/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue as one message within a budget, and its entries as messages show them.
 *
 * The announcement is written with all entries that may be in it; when it is too long, it is
 * written again without some, in the order of what readers miss least. */
#include "say/digest.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "news/issue.h"
#include "news/month.h"
#include "zulip/markup.h"

#include <string.h>

/* Code points of the sentence after a title of one or two words, and of any title. */
#define SENTENCE_MAX 160
#define ITEM_MAX     1000
/* The least changes of one project that stay when room is short. */
#define CHANGES_LEAST 5
/* Bytes a message may grow to before it is found too long. */
#define MESSAGE_BYTES_MAX (4 * 1024 * 1024)

char *digest_anchor_url(struct arena *arena, const char *issue_url, const char *anchor)
{
    if (!anchor)
        return arena_copy(arena, issue_url);
    return arena_format(arena, "%.*s#%s", (int)strcspn(issue_url, "#"), issue_url, anchor);
}

/* A link to a text cut to ITEM_MAX. */
static void add_item_text(struct buf *out, const char *text, const char *url)
{
    markup_link(out, text_cut(out->arena, text, ITEM_MAX, false), url);
}

void digest_add_more(struct buf *out, size_t more, const char *what, const char *issue_url,
                     const char *anchor)
{
    char *text = arena_format(out->arena, "… and %zu more%s", more, what);
    markup_link(out, text, digest_anchor_url(out->arena, issue_url, anchor));
}

static void add_more_bullet(struct buf *out, size_t more, const char *issue_url, const char *anchor)
{
    if (!more)
        return;
    buf_adds(out, "- ");
    digest_add_more(out, more, "", issue_url, anchor);
    buf_addc(out, '\n');
}

void digest_add_section_title(struct buf *out, const struct section *section, const char *issue_url)
{
    markup_bold_link(out, section->title,
                     digest_anchor_url(out->arena, issue_url, section->anchor));
}

const char *digest_joint(const char *title)
{
    return text_ends_in_colon(title) ? " " : ": ";
}

static size_t count_words(const char *s)
{
    size_t n = 0;
    for (bool in_word = false; *s; s++) {
        n += *s != ' ' && !in_word;
        in_word = *s != ' ';
    }
    return n;
}

/* Up to the first full stop, question or exclamation mark at the end or before a space and no small
 * letter ("e.g. this" goes on). */
static char *first_sentence(struct arena *arena, const char *text)
{
    struct buf sentence = BUF_INIT(arena, TEXT_MAX);
    size_t len = 0;
    for (; text[len]; len++)
        if (strchr(".?!", text[len]) &&
            (!text[len + 1] ||
             (text[len + 1] == ' ' && !(text[len + 2] >= 'a' && text[len + 2] <= 'z')))) {
            len++;
            break;
        }
    buf_add(&sentence, text, len);
    text_trim(&sentence); /* closes code that the cut left open */
    return text_cut(arena, buf_str(&sentence), SENTENCE_MAX, true);
}

/* The linked notes of an item that has no link of its own, after it on its line. */
static size_t add_linked_notes(struct buf *out, const struct item *item, const char *joint)
{
    size_t added = 0;
    for (size_t n = 0; n < item->note_count; n++) {
        if (!markup_is_linkable(item->notes[n].url))
            continue;
        buf_adds(out, added++ ? ", " : joint);
        add_item_text(out, item->notes[n].text, item->notes[n].url);
    }
    return added;
}

static void add_headline(struct buf *out, const struct item *item)
{
    add_item_text(out, item->title, item->url);
    const char *joint = *item->title ? digest_joint(item->title) : "";
    if (!markup_is_linkable(item->url) && add_linked_notes(out, item, joint))
        return;
    if (item->note_count && count_words(item->title) <= 2) {
        buf_adds(out, joint);
        markup_prose(out, first_sentence(out->arena, item->notes[0].text));
    }
}

void digest_add_headlines(struct buf *out, const struct section *section, size_t shown,
                          const char *issue_url)
{
    for (size_t i = 0; i < shown && i < section->headline_count; i++) {
        const struct item *item = &section->headlines[i];
        if (issue_opens_group(i ? item - 1 : NULL, item)) {
            buf_adds(out, "- ");
            add_item_text(out, item->group, NULL);
            buf_addc(out, '\n');
        }
        buf_adds(out, item->group ? "  - " : "- ");
        add_headline(out, item);
        buf_addc(out, '\n');
    }
    if (shown < section->headline_count)
        add_more_bullet(out, section->headline_count - shown, issue_url, section->anchor);
}

void digest_add_project(struct buf *out, const struct project *project, const char *issue_url)
{
    markup_code_link(out, project_short_name(text_plain(out->arena, project->name)),
                     digest_anchor_url(out->arena, issue_url, project->anchor));
}

static void add_change(struct buf *out, const struct item *item)
{
    if (*item->title) {
        buf_adds(out, "- ");
        add_item_text(out, item->title, item->url);
        buf_addc(out, '\n');
    }
    if (markup_is_linkable(item->url))
        return;
    for (size_t n = 0; n < item->note_count; n++) {
        if (!markup_is_linkable(item->notes[n].url))
            continue;
        buf_adds(out, *item->title ? "  - " : "- ");
        add_item_text(out, item->notes[n].text, item->notes[n].url);
        buf_addc(out, '\n');
    }
}

void digest_add_changes(struct buf *out, const struct project *project, size_t shown,
                        const char *issue_url)
{
    size_t total = issue_count_changes(project), added = 0;
    for (size_t i = 0; i < project->change_count && added < shown; i++)
        if (project->changes[i].change) {
            add_change(out, &project->changes[i]);
            added++;
        }
    add_more_bullet(out, total - added, issue_url, project->anchor);
}

static void add_names(struct buf *out, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (i)
            buf_adds(out, i + 1 == names->count ? " and " : ", ");
        markup_prose(out, names->name[i]);
    }
}

/* A list that entries can be dropped off. The first `shown` entries are written, between `least`
 * and `most`, and the rest is counted. */
enum list_kind { HEADLINES, PROJECTS, CHANGES };

struct list {
    enum list_kind kind;
    const struct section *section;
    const struct project *project; /* that has the changes */
    size_t total, least, most, shown;
};

struct draft {
    const struct issue *issue;
    const struct digest_options *options;
    const char *title; /* the first line */
    struct list *lists;
    size_t list_count;
    size_t changes, projects_changed;
    bool spoiler;          /* the changes are shown */
    struct arena *scratch; /* of what is written */
    struct buf out;
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void add_list(struct draft *d, struct arena *arena, struct list list)
{
    size_t most = list.kind == CHANGES ? DIGEST_CHANGES_SHOWN : list.total;
    size_t least = list.kind == CHANGES ? CHANGES_LEAST : 0;
    list.shown = list.most = smaller(list.total, most);
    list.least = smaller(list.total, least);
    if (list.total)
        *(struct list *)arena_add(arena, &d->lists, &d->list_count, sizeof list) = list;
}

/* Lists everything that can be dropped. */
static void lay_out(struct draft *d, struct arena *arena)
{
    for (size_t s = 0; s < d->issue->section_count; s++) {
        const struct section *section = &d->issue->sections[s];
        add_list(d, arena, (struct list){HEADLINES, section, .total = section->headline_count});
        add_list(d, arena, (struct list){PROJECTS, section, .total = section->project_count});
        for (size_t p = 0; p < section->project_count; p++) {
            const struct project *project = &section->projects[p];
            size_t changes = issue_count_changes(project);
            add_list(d, arena, (struct list){CHANGES, section, project, .total = changes});
            d->changes += changes;
            d->projects_changed += changes > 0;
        }
    }
    d->spoiler = d->changes > 0;
}

/* The headlines of one section below its title. */
static void add_headlines(struct draft *d, const struct list *list)
{
    digest_add_section_title(&d->out, list->section, d->issue->url);
    buf_addc(&d->out, '\n');
    digest_add_headlines(&d->out, list->section, list->shown, d->issue->url);
    buf_addc(&d->out, '\n');
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

static void add_project_entry(struct draft *d, const struct project *project)
{
    size_t changes = issue_count_changes(project);
    bool new = is_fresh(d->options->fresh, project);
    digest_add_project(&d->out, project, d->issue->url);
    if (changes && new)
        buf_addf(&d->out, " (%zu, new)", changes);
    else if (changes)
        buf_addf(&d->out, " (%zu)", changes);
    else if (new)
        buf_adds(&d->out, " (new)");
}

/* One projects section on one line. */
static void add_projects(struct draft *d, const struct list *list)
{
    const char *joint = digest_joint(list->section->title);
    digest_add_section_title(&d->out, list->section, d->issue->url);
    for (size_t i = 0; i < list->shown; i++) {
        buf_adds(&d->out, i ? ", " : joint);
        add_project_entry(d, &list->section->projects[i]);
    }
    if (list->shown < list->total) {
        buf_adds(&d->out, list->shown ? ", " : joint);
        digest_add_more(&d->out, list->total - list->shown, "", d->issue->url,
                        list->section->anchor);
    }
    buf_addc(&d->out, '\n');
}

/* One project's changes in the spoiler. */
static void add_changes(struct draft *d, const struct list *list)
{
    const struct project *project = list->project;
    markup_bold_link(&d->out, project->name,
                     digest_anchor_url(d->scratch, d->issue->url, project->anchor));
    if (project->contributors.count) {
        buf_adds(&d->out, ", thanks to ");
        add_names(&d->out, &project->contributors);
    }
    buf_adds(&d->out, "\n\n");
    digest_add_changes(&d->out, project, list->shown, d->issue->url);
}

/* " changes in 3 projects" */
static const char *change_counts(const struct draft *d)
{
    return arena_format(d->scratch, " change%s in %zu project%s", d->changes == 1 ? "" : "s",
                        d->projects_changed, d->projects_changed == 1 ? "" : "s");
}

static void add_spoiler(struct draft *d)
{
    buf_addf(&d->out, "```spoiler %zu%s\n", d->changes, change_counts(d));
    bool first = true;
    for (size_t i = 0; i < d->list_count; i++) {
        if (d->lists[i].kind != CHANGES)
            continue;
        if (!first)
            buf_addc(&d->out, '\n');
        first = false;
        add_changes(d, &d->lists[i]);
    }
    buf_adds(&d->out, "```\n\n");
}

/* Who made the issue, and where to suggest something for the next. */
static void add_last_line(struct draft *d)
{
    const struct issue *issue = d->issue;
    bool people = issue->editors.count || issue->authors.count;
    if (issue->authors.count) {
        buf_adds(&d->out, "Written by ");
        add_names(&d->out, &issue->authors);
    }
    if (issue->editors.count) {
        buf_adds(&d->out, issue->authors.count ? ", edited by " : "Edited by ");
        add_names(&d->out, &issue->editors);
    }
    if (d->options->suggest) {
        char month[MONTH_TEXT_SIZE];
        month_text(issue->month + 1, month);
        month[strcspn(month, " ")] = '\0';
        buf_adds(&d->out, people ? " · " : "");
        markup_link(
            &d->out,
            arena_format(d->scratch, "%cuggest something for %s", people ? 's' : 'S', month),
            d->options->suggest);
    }
}

/* The title line; the title is cut until the line fits. */
static char *make_title(struct arena *arena, const struct issue *issue, size_t max_length)
{
    for (size_t max = DIGEST_TITLE_MAX;; max--) {
        struct buf out = BUF_INIT(arena, MESSAGE_BYTES_MAX);
        markup_bold_link(&out, text_cut(arena, issue->title, max, false), issue->url);
        if (max <= 1 || text_length(buf_str(&out)) <= max_length)
            return buf_str(&out);
    }
}

/* Writes the message with the entries that are shown; whether it fits. */
static bool fits(struct draft *d)
{
    bool projects = false;
    arena_reset(d->scratch);
    d->out = BUF_INIT(d->scratch, MESSAGE_BYTES_MAX);
    buf_addf(&d->out, "%s\n\n", d->title);
    for (size_t i = 0; i < d->list_count; i++)
        if (d->lists[i].kind == HEADLINES)
            add_headlines(d, &d->lists[i]);
    for (size_t i = 0; i < d->list_count; i++)
        if (d->lists[i].kind == PROJECTS) {
            add_projects(d, &d->lists[i]);
            projects = true;
        }
    if (projects)
        buf_addc(&d->out, '\n');
    if (d->spoiler) {
        add_spoiler(d);
    } else if (d->changes) {
        digest_add_more(&d->out, d->changes, change_counts(d), d->issue->url, NULL);
        buf_adds(&d->out, "\n\n");
    }
    add_last_line(d);
    while (d->out.len && d->out.ptr[d->out.len - 1] == '\n')
        buf_truncate(&d->out, d->out.len - 1);
    return !d->out.full && text_length(buf_str(&d->out)) <= d->options->max_length;
}

/* Shows all changes, or all other entries, but `n`, dropped one by one off the list that shows
 * most.
 */
static void drop(struct draft *d, bool changes, size_t n)
{
    for (size_t i = 0; i < d->list_count; i++)
        if ((d->lists[i].kind == CHANGES) == changes)
            d->lists[i].shown = d->lists[i].most;
    for (; n; n--) {
        struct list *longest = NULL;
        for (size_t i = 0; i < d->list_count; i++) {
            struct list *list = &d->lists[i];
            if ((list->kind == CHANGES) == changes && list->shown > list->least &&
                (!longest || list->shown > longest->shown))
                longest = list;
        }
        if (!longest)
            return;
        longest->shown--;
    }
}

/* Drops as few changes, or other entries, as make the message fit. False: it never fits. */
static bool drop_to_fit(struct draft *d, bool changes)
{
    size_t few = 0, enough = 0;
    for (size_t i = 0; i < d->list_count; i++)
        if ((d->lists[i].kind == CHANGES) == changes)
            enough += d->lists[i].most - d->lists[i].least;
    drop(d, changes, enough);
    if (!fits(d))
        return false;
    while (enough - few > 1) {
        size_t middle = few + (enough - few) / 2;
        drop(d, changes, middle);
        if (fits(d))
            enough = middle;
        else
            few = middle;
    }
    drop(d, changes, enough);
    return fits(d);
}

/* Writes the longest message that fits, without the spoiler if need be. False: there is none. */
static bool write_within_budget(struct draft *d)
{
    if (fits(d) || (d->spoiler && drop_to_fit(d, true)))
        return true;
    d->spoiler = false;
    return fits(d) || drop_to_fit(d, false);
}

char *digest_announcement(struct arena *arena, const struct issue *issue,
                          const struct digest_options *options)
{
    char *message = make_title(arena, issue, options->max_length);
    if (!issue_is_plausible(issue))
        return message;
    struct draft d = {.issue = issue, .options = options, .title = message, .scratch = arena_new()};
    lay_out(&d, arena);
    if (write_within_budget(&d))
        message = arena_copy(arena, buf_str(&d.out));
    arena_free(d.scratch);
    return message;
}
