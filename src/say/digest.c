/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue as one message within a budget. */
#include "say/digest.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/url.h"
#include "news/issue.h"
#include "news/month.h"
#include "say/address.h"
#include "say/reply.h"
#include "zulip/markup.h"

#include <stdint.h>
#include <string.h>

/* Code points of the sentence after a title of one or two words, of a report, and of any title. */
#define SENTENCE_MAX 90
#define REPORT_MAX   300
#define ITEM_MAX     1000
/* So many lines of so many characters the chat shows without folding the message. */
#define LINES_MAX   22
#define LINE_LENGTH 75
#define NO_BREAK    "\xC2\xA0"
/* Changes of one project: so many are shown, and at least so many as long as there are any. */
#define CHANGES_MOST  15
#define CHANGES_LEAST 5

struct draft {
    struct arena *arena;
    const struct issue *issue;
    const struct digest_options *options;
    struct reply *reply;
    size_t *visible; /* of each section: the headlines that are not in the spoiler */
};

char *digest_address(struct arena *arena, const char *issue_url, const char *anchor)
{
    if (!anchor)
        return arena_copy(arena, issue_url);
    return arena_format(arena, "%.*s#%s", (int)strcspn(issue_url, "#"), issue_url, anchor);
}

static char *address(struct draft *d, const char *anchor)
{
    return digest_address(d->arena, d->issue->url, anchor);
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
    return buf_str(&sentence);
}

/* `own`: the name of the repository that it is said of; NULL: none. */
static void add_link(struct draft *d, const char *text, const char *url, const char *own)
{
    const char *said = address_text(d->arena, text, url, own);
    reply_link(d->reply, REPLY_PLAIN, text_cut(d->arena, said, ITEM_MAX, false), url);
}

/* The next linked note of an item; NULL: there is none. */
static const struct note *next_link(const struct item *item, size_t *at)
{
    while (*at < item->note_count && !markup_is_linkable(item->notes[*at].url))
        ++*at;
    return *at < item->note_count ? &item->notes[(*at)++] : NULL;
}

/* A headline; without a link of its own those of its notes follow it. */
static void add_headline(struct draft *d, const struct item *item)
{
    size_t at = 0, added = 0;
    const char *joint = *item->title ? digest_joint(item->title) : "";
    if (*item->title || markup_is_linkable(item->url))
        add_link(d, item->title, item->url, NULL);
    const struct note *note = markup_is_linkable(item->url) ? NULL : next_link(item, &at);
    for (; note; note = next_link(item, &at)) {
        reply_say(d->reply, "%s", added++ ? ", " : joint);
        add_link(d, note->text, note->url, NULL);
    }
    if (!added && item->note_count && count_words(item->title) <= 2) {
        reply_say(d->reply, "%s", joint);
        reply_text(d->reply, first_sentence(d->arena, item->notes[0].text), SENTENCE_MAX);
    }
}

/* Bullets, those of a group below its name. */
static void add_headlines(struct draft *d, const struct section *section, size_t visible)
{
    reply_link(d->reply, REPLY_BOLD, section->title, NULL);
    reply_line(d->reply);
    reply_list(d->reply, false, SIZE_MAX);
    for (size_t i = 0; i < visible; i++) {
        const struct item *item = &section->headlines[i];
        if (issue_opens_group(i ? item - 1 : NULL, item)) {
            reply_entry(d->reply);
            add_link(d, item->group, NULL, NULL);
            reply_below(d->reply);
        } else if (item->group) {
            reply_entry_below(d->reply);
        } else {
            reply_entry(d->reply);
        }
        add_headline(d, item);
    }
    reply_list_end(d->reply, NULL, address(d, section->anchor));
    reply_line(d->reply);
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

static void add_project(struct draft *d, const struct project *project)
{
    size_t changes = issue_count_changes(project);
    bool new = is_fresh(d->options->fresh, project);
    const char *name = project_short_name(text_plain(d->arena, project->name));
    reply_link(d->reply, strchr(name, ' ') ? REPLY_PLAIN : REPLY_CODE, name,
               address(d, project->anchor));
    /* The space is one at which no line breaks. */
    if (changes && new)
        reply_say(d->reply, NO_BREAK "(%zu, new)", changes);
    else if (changes)
        reply_say(d->reply, NO_BREAK "(%zu)", changes);
    else if (new)
        reply_say(d->reply, NO_BREAK "(new)");
}

/* One projects section on one line. */
static void add_projects(struct draft *d, const struct section *section)
{
    reply_link(d->reply, REPLY_BOLD, section->title, NULL);
    reply_say(d->reply, "%s", digest_joint(section->title));
    reply_list(d->reply, true, SIZE_MAX);
    for (size_t i = 0; i < section->project_count; i++) {
        reply_entry(d->reply);
        add_project(d, &section->projects[i]);
    }
    reply_list_end(d->reply, NULL, address(d, section->anchor));
    reply_line(d->reply);
}

static void add_names(struct draft *d, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        reply_say(d->reply, "%s", !i ? "" : i + 1 == names->count ? " and " : ", ");
        reply_text(d->reply, names->name[i], SIZE_MAX);
    }
}

/* A change without a link of its own has those of its notes below it. */
static void add_change(struct draft *d, const struct item *item, const char *own)
{
    size_t at = 0;
    reply_entry(d->reply);
    const struct note *note = markup_is_linkable(item->url) ? NULL : next_link(item, &at);
    if (*item->title || !note) {
        add_link(d, item->title, item->url, own);
    } else {
        add_link(d, note->text, note->url, own);
        note = next_link(item, &at);
    }
    for (; note; note = next_link(item, &at)) {
        reply_below(d->reply);
        add_link(d, note->text, note->url, own);
    }
}

/* One project's changes in the spoiler. */
static void add_changes(struct draft *d, const struct project *project)
{
    size_t len;
    const char *path = project->url ? url_path(project->url, &len) : "",
               *own = project_short_name(arena_copy_n(d->arena, path, *path ? len : 0));
    if (project->contributors.count) {
        reply_say(d->reply, ", thanks to ");
        add_names(d, &project->contributors);
    }
    reply_line(d->reply);
    reply_line(d->reply);
    reply_list(d->reply, false, CHANGES_MOST);
    reply_keep(d->reply, CHANGES_LEAST);
    for (size_t i = 0; i < project->change_count; i++)
        if (project->changes[i].change)
            add_change(d, &project->changes[i], own);
    reply_list_end(d->reply, NULL, address(d, project->anchor));
}

/* What is in the spoiler. */
struct rest {
    size_t headlines, changes, changed, reports;
};

static bool is_report(const struct project *project)
{
    return !issue_count_changes(project) && project->summary && *project->summary;
}

static struct rest count_rest(const struct draft *d)
{
    struct rest rest = {0};
    for (size_t i = 0; i < d->issue->section_count; i++) {
        const struct section *section = &d->issue->sections[i];
        rest.headlines += section->headline_count - d->visible[i];
        for (size_t k = 0; k < section->project_count; k++) {
            size_t changes = issue_count_changes(&section->projects[k]);
            rest.changes += changes;
            rest.changed += changes > 0;
            rest.reports += is_report(&section->projects[k]);
        }
    }
    return rest;
}

/* "5 more headlines, 27 changes in 7 projects, news of 2 more" */
static char *name_rest(struct draft *d, const struct rest *rest)
{
    struct buf out = BUF_INIT(d->arena, TEXT_MAX);
    if (rest->headlines)
        buf_addf(&out, "%zu more headline%s", rest->headlines, rest->headlines == 1 ? "" : "s");
    if (rest->changes)
        buf_addf(&out, "%s%zu change%s in %zu project%s", out.len ? ", " : "", rest->changes,
                 rest->changes == 1 ? "" : "s", rest->changed, rest->changed == 1 ? "" : "s");
    if (rest->reports)
        buf_addf(&out, "%snews of %zu %s", out.len ? ", " : "", rest->reports,
                 rest->changes        ? "more"
                 : rest->reports == 1 ? "project"
                                      : "projects");
    return buf_str(&out);
}

/* The headlines that would make the message fold. */
static void add_moved(struct draft *d)
{
    reply_list(d->reply, false, SIZE_MAX);
    reply_keep_longest(d->reply);
    for (size_t i = 0; i < d->issue->section_count; i++)
        for (size_t k = d->visible[i]; k < d->issue->sections[i].headline_count; k++) {
            reply_entry(d->reply);
            add_headline(d, &d->issue->sections[i].headlines[k]);
        }
    reply_list_end(d->reply, NULL, d->issue->url);
}

static void add_spoiler(struct draft *d)
{
    struct rest rest = count_rest(d);
    bool first = !rest.headlines;
    if (!rest.headlines && !rest.changes && !rest.reports)
        return;
    reply_spoiler(d->reply, "%s", name_rest(d, &rest));
    if (rest.headlines)
        add_moved(d);
    for (size_t i = 0; i < d->issue->section_count; i++)
        for (size_t k = 0; k < d->issue->sections[i].project_count; k++) {
            const struct project *project = &d->issue->sections[i].projects[k];
            bool report = is_report(project);
            if (!report && !issue_count_changes(project))
                continue;
            if (!first)
                reply_line(d->reply);
            first = false;
            reply_link(d->reply, REPLY_BOLD, project->name, address(d, project->anchor));
            if (!report) {
                add_changes(d, project);
                continue;
            }
            reply_say(d->reply, ": ");
            reply_text(d->reply, first_sentence(d->arena, project->summary), REPORT_MAX);
            reply_line(d->reply);
        }
    reply_spoiler_end(d->reply, d->issue->url);
}

/* Who made the issue, and where to suggest something for the next. */
static void add_last_line(struct draft *d)
{
    const struct issue *issue = d->issue;
    bool people = issue->editors.count || issue->authors.count;
    if (issue->authors.count) {
        reply_say(d->reply, "Written by ");
        add_names(d, &issue->authors);
    }
    if (issue->editors.count) {
        reply_say(d->reply, issue->authors.count ? ", edited by " : "Edited by ");
        add_names(d, &issue->editors);
    }
    if (d->options->suggest) {
        reply_say(d->reply, people ? " · " : "");
        reply_link(d->reply, REPLY_PLAIN,
                   arena_format(d->arena, "%cuggest something for %s", people ? 's' : 'S',
                                month_name((issue->month + 1) % 12)),
                   d->options->suggest);
    }
}

/* The title line; the title is cut until the line fits. */
static char *make_title(struct arena *arena, const struct issue *issue, size_t max_length)
{
    for (size_t max = DIGEST_TITLE_MAX;; max--) {
        struct buf out = BUF_INIT(arena, TEXT_MAX);
        markup_bold_link(&out, text_cut(arena, issue->title, max, false), issue->url);
        if (max <= 1 || text_length(buf_str(&out)) <= max_length)
            return buf_str(&out);
    }
}

/* The lines that a text takes in the chat. */
static size_t lines_of(size_t length)
{
    return length ? (length + LINE_LENGTH - 1) / LINE_LENGTH : 1;
}

static size_t length_of(struct draft *d, const char *text)
{
    return text_length(text_plain(d->arena, text));
}

static size_t headline_lines(struct draft *d, const struct item *item)
{
    size_t at = 0, length = 2 + length_of(d, item->title);
    const struct note *note = markup_is_linkable(item->url) ? NULL : next_link(item, &at);
    if (!note && item->note_count && count_words(item->title) <= 2)
        length += 2 + text_length(text_cut(d->arena, first_sentence(d->arena, item->notes[0].text),
                                           SENTENCE_MAX, true));
    for (; note; note = next_link(item, &at))
        length += 2 + length_of(d, note->text);
    return lines_of(length);
}

/* The lines of all that is visible but the headlines. */
static size_t other_lines(struct draft *d)
{
    size_t lines = lines_of(length_of(d, d->issue->title)) + 2; /* the spoiler, and the last one */
    for (size_t i = 0; i < d->issue->section_count; i++) {
        const struct section *section = &d->issue->sections[i];
        size_t length = length_of(d, section->title);
        lines += section->headline_count ? lines_of(length) : 0;
        for (size_t k = 0; k < section->project_count; k++)
            length += 2 + length_of(d, project_short_name(section->projects[k].name)) +
                      (issue_count_changes(&section->projects[k]) ? 4 : 0);
        lines += section->project_count ? lines_of(length) : 0;
    }
    return lines;
}

/* Moves the last headlines of the longest section into the spoiler, as long as the message would be
 * folded. */
static void choose_visible(struct draft *d)
{
    size_t lines = other_lines(d), count = d->issue->section_count;
    d->visible = arena_zero(d->arena, count + 1, sizeof *d->visible);
    for (size_t i = 0; i < count; i++) {
        const struct section *section = &d->issue->sections[i];
        d->visible[i] = section->headline_count;
        for (size_t k = 0; k < section->headline_count; k++)
            lines +=
                headline_lines(d, &section->headlines[k]) +
                issue_opens_group(k ? &section->headlines[k - 1] : NULL, &section->headlines[k]);
    }
    while (lines > LINES_MAX) {
        size_t longest = 0;
        for (size_t i = 1; i < count; i++)
            longest = d->visible[i] > d->visible[longest] ? i : longest;
        if (!d->visible[longest])
            return;
        lines -= headline_lines(d, &d->issue->sections[longest].headlines[--d->visible[longest]]);
    }
}

char *digest_announcement(struct arena *arena, const struct issue *issue,
                          const struct digest_options *options)
{
    struct draft d = {
        .arena = arena, .issue = issue, .options = options, .reply = reply_new(arena)};
    char *title = make_title(arena, issue, options->max_length);
    if (!issue_is_plausible(issue))
        return title;
    choose_visible(&d);
    reply_link(d.reply, REPLY_BOLD, text_cut(arena, issue->title, DIGEST_TITLE_MAX, false),
               issue->url);
    reply_line(d.reply);
    reply_line(d.reply);
    for (size_t i = 0; i < issue->section_count; i++)
        if (d.visible[i])
            add_headlines(&d, &issue->sections[i], d.visible[i]);
    bool projects = false;
    for (size_t i = 0; i < issue->section_count; i++)
        if (issue->sections[i].project_count) {
            add_projects(&d, &issue->sections[i]);
            projects = true;
        }
    if (projects)
        reply_line(d.reply);
    add_spoiler(&d);
    add_last_line(&d);
    char *message = reply_markdown(d.reply, options->max_length);
    return strncmp(message, title, strlen(title)) == 0 ? message : title;
}
