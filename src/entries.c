/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The entries of an issue as a message shows them: headlines, projects, changes. */
#include "entries.h"

#include "buf.h"
#include "issue.h"
#include "markup.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* What a title of one or two words says more, and what any other title may take. */
#define SENTENCE_MAX 160
#define ITEM_MAX     1000

char *entries_url(const char *issue_url, const char *anchor)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    buf_add(&out, issue_url, strcspn(issue_url, anchor ? "#" : ""));
    if (anchor)
        buf_addf(&out, "#%s", anchor);
    return buf_take(&out);
}

/* A link to a text cut to ITEM_MAX. */
static void add_item_text(struct buf *out, const char *text, const char *url)
{
    char *cut = text_cut(arena_ambient(), text, ITEM_MAX, false);
    out->failed = out->failed || !cut;
    if (cut)
        markup_link(out, cut, url);
    free(cut);
}

void entries_add_more(struct buf *out, size_t more, const char *what, const char *issue_url,
                      const char *anchor)
{
    char *url = entries_url(issue_url, anchor);
    struct buf text = BUF_INIT(100);
    buf_addf(&text, "… and %zu more%s", more, what);
    out->failed = out->failed || !url || text.failed;
    if (url)
        markup_link(out, buf_str(&text), url);
    buf_finish(&text);
    free(url);
}

static void add_more_bullet(struct buf *out, size_t more, const char *issue_url, const char *anchor)
{
    if (!more)
        return;
    buf_adds(out, "- ");
    entries_add_more(out, more, "", issue_url, anchor);
    buf_addc(out, '\n');
}

void entries_add_section_title(struct buf *out, const struct section *section,
                               const char *issue_url)
{
    char *url = entries_url(issue_url, section->anchor);
    out->failed = out->failed || !url;
    if (url)
        markup_bold_link(out, section->title, url);
    free(url);
}

const char *entries_joint(const char *title)
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
static char *first_sentence(const char *text)
{
    size_t len = 0;
    for (; text[len]; len++)
        if (strchr(".?!", text[len]) &&
            (!text[len + 1] ||
             (text[len + 1] == ' ' && !(text[len + 2] >= 'a' && text[len + 2] <= 'z')))) {
            len++;
            break;
        }
    struct buf sentence = BUF_INIT(TEXT_MAX);
    buf_add(&sentence, text, len);
    text_trim(&sentence); /* closes code that the cut left open */
    char *whole = buf_take(&sentence),
         *cut = whole ? text_cut(arena_ambient(), whole, SENTENCE_MAX, true) : NULL;
    free(whole);
    return cut;
}

/* The linked notes of an item that has no link of its own, behind it on its line. */
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
    const char *joint = *item->title ? entries_joint(item->title) : "";
    if (!markup_is_linkable(item->url) && add_linked_notes(out, item, joint))
        return;
    if (item->note_count && count_words(item->title) <= 2) {
        char *sentence = first_sentence(item->notes[0].text);
        out->failed = out->failed || !sentence;
        buf_adds(out, joint);
        if (sentence)
            markup_prose(out, sentence);
        free(sentence);
    }
}

void entries_add_headlines(struct buf *out, const struct section *section, size_t shown,
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

size_t entries_count_changes(const struct project *project)
{
    size_t n = 0;
    for (size_t i = 0; i < project->change_count; i++)
        n += issue_is_change(&project->changes[i]);
    return n;
}

void entries_add_project(struct buf *out, const struct project *project, const char *issue_url)
{
    char *url = entries_url(issue_url, project->anchor),
         *plain = text_plain(arena_ambient(), project->name);
    out->failed = out->failed || !url || !plain;
    if (url && plain)
        markup_code_link(out, project_short_name(plain), url);
    free(plain);
    free(url);
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

void entries_add_changes(struct buf *out, const struct project *project, size_t shown,
                         const char *issue_url)
{
    size_t total = entries_count_changes(project), added = 0;
    for (size_t i = 0; i < project->change_count && added < shown; i++)
        if (issue_is_change(&project->changes[i])) {
            add_change(out, &project->changes[i]);
            added++;
        }
    add_more_bullet(out, total - added, issue_url, project->anchor);
}

void entries_add_names(struct buf *out, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (i)
            buf_adds(out, i + 1 == names->count ? " and " : ", ");
        markup_prose(out, names->name[i]);
    }
}
