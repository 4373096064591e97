/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a terminal or a pipe gets: foreign text, links, a whole issue. */
#include "say/terminal.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/url.h"
#include "news/issue.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_MAX (32 * 1024 * 1024)

#define FAINT "\033[2m"

struct page {
    struct buf out;
    bool rich;
};

bool terminal_is_rich(void)
{
    const char *term = getenv("TERM"), *off = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(off && *off) && !(term && strcmp(term, "dumb") == 0);
}

void terminal_text(struct buf *out, const char *text)
{
    const char *end = text + strlen(text);
    while (text < end) {
        const char *start = text;
        uint32_t c = unicode_next(&text, end);
        if (c == ' ' || (!unicode_is_unprintable(c) && !unicode_is_bidi(c)))
            buf_add(out, start, (size_t)(text - start));
    }
}

void terminal_link(struct buf *out, const char *text, const char *url)
{
    buf_adds(out, "\033]8;;");
    terminal_text(out, url);
    buf_adds(out, "\033\\");
    terminal_text(out, text);
    buf_adds(out, "\033]8;;\033\\");
}

static void add_text(struct page *page, const char *text)
{
    terminal_text(&page->out, text);
}

static void add_style(struct page *page, const char *style)
{
    if (page->rich)
        buf_adds(&page->out, style);
}

static void add_styled(struct page *page, const char *style, const char *text)
{
    add_style(page, style);
    add_text(page, text);
    add_style(page, TERMINAL_RESET);
}

/* A text that is a link where the terminal can; else the address follows in its own way. */
static void add_link(struct page *page, const char *text, const char *url, const char *joint)
{
    if (page->rich && url && url_is_web(url)) {
        terminal_link(&page->out, text, url);
        return;
    }
    add_text(page, text);
    if (url) {
        buf_adds(&page->out, joint);
        add_text(page, url);
    }
}

static void add_names(struct page *page, const char *label, const struct names *names)
{
    if (!names->count)
        return;
    buf_adds(&page->out, label);
    for (size_t i = 0; i < names->count; i++) {
        if (i)
            buf_adds(&page->out, i + 1 == names->count ? " and " : ", ");
        add_text(page, names->name[i]);
    }
}

static void add_item(struct page *page, const struct item *item)
{
    buf_adds(&page->out, "  - ");
    add_link(page, item->title, item->url, "\n    ");
    buf_addc(&page->out, '\n');
    for (size_t n = 0; n < item->note_count; n++) {
        buf_adds(&page->out, "    - ");
        add_link(page, item->notes[n].text, item->notes[n].url, "\n      ");
        buf_addc(&page->out, '\n');
    }
}

static void add_project(struct page *page, const struct project *project)
{
    buf_adds(&page->out, "\n  ");
    add_style(page, TERMINAL_BOLD);
    add_link(page, project->name, project->url, "  ");
    add_style(page, TERMINAL_RESET);
    buf_addc(&page->out, '\n');
    size_t before = page->out.len;
    add_names(page, "  Maintained by ", &project->maintainers);
    add_names(page, "  Written by ", &project->written_by);
    if (page->out.len > before)
        buf_addc(&page->out, '\n');
    if (project->summary) {
        buf_adds(&page->out, "  ");
        add_styled(page, FAINT, project->summary);
        buf_addc(&page->out, '\n');
    }
    for (size_t i = 0; i < project->change_count; i++)
        add_item(page, &project->changes[i]);
    add_names(page, "  Thanks to ", &project->contributors);
    if (project->contributors.count)
        buf_addc(&page->out, '\n');
}

static void add_section(struct page *page, const struct section *section)
{
    buf_addc(&page->out, '\n');
    add_styled(page, TERMINAL_BOLD, section->title);
    buf_addc(&page->out, '\n');
    for (size_t i = 0; i < section->headline_count; i++) {
        const struct item *item = &section->headlines[i];
        if (issue_opens_group(i ? item - 1 : NULL, item)) {
            buf_adds(&page->out, "  ");
            add_text(page, item->group);
            buf_adds(&page->out, text_ends_in_colon(item->group) ? "\n" : ":\n");
        }
        add_item(page, item);
    }
    for (size_t i = 0; i < section->project_count; i++)
        add_project(page, &section->projects[i]);
}

char *terminal_issue(struct arena *arena, const struct issue *issue, bool rich)
{
    struct page page = {.out = BUF_INIT(arena, OUTPUT_MAX), .rich = rich};
    add_style(&page, TERMINAL_BOLD);
    add_link(&page, issue->title, issue->url, "\n");
    add_style(&page, TERMINAL_RESET);
    buf_addc(&page.out, '\n');
    size_t before = page.out.len;
    if (*issue->published)
        buf_addf(&page.out, "Published on %s", issue->published);
    add_names(&page, page.out.len > before ? ", written by " : "Written by ", &issue->authors);
    add_names(&page, page.out.len > before ? ", edited by " : "Edited by ", &issue->editors);
    if (page.out.len > before)
        buf_addc(&page.out, '\n');
    for (size_t i = 0; i < issue->section_count; i++)
        if (issue->sections[i].headline_count || issue->sections[i].project_count)
            add_section(&page, &issue->sections[i]);
    return buf_str(&page.out);
}
