/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue, or an answer, as text for a terminal or a pipe. */
#include "say/terminal.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/url.h"
#include "news/issue.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_MAX (32 * 1024 * 1024)

#define BOLD  "\033[1m"
#define FAINT "\033[2m"
#define RESET "\033[0m"

struct page {
    struct buf out;
    bool rich;
};

bool terminal_is_rich(void)
{
    const char *term = getenv("TERM"), *off = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(off && *off) && !(term && strcmp(term, "dumb") == 0);
}

/* Adds a text without code marks and without characters that control a terminal. */
static void add_text(struct page *page, const char *text)
{
    const char *end = text + strlen(text);
    while (text < end) {
        const char *start = text;
        uint32_t c = unicode_next(&text, end);
        if (c == ' ' || (!unicode_is_unprintable(c) && !unicode_is_bidi(c)))
            buf_add(&page->out, start, (size_t)(text - start));
    }
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
    add_style(page, RESET);
}

/* A text that is a link where the terminal can; else the address follows in its own way. */
static void add_link(struct page *page, const char *text, const char *url, const char *joint)
{
    bool clickable = page->rich && url && url_is_web(url);
    if (clickable) {
        buf_adds(&page->out, "\033]8;;");
        add_text(page, url);
        buf_adds(&page->out, "\033\\");
    }
    add_text(page, text);
    if (clickable) {
        buf_adds(&page->out, "\033]8;;\033\\");
    } else if (url) {
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
    add_style(page, BOLD);
    add_link(page, project->name, project->url, "  ");
    add_style(page, RESET);
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
    add_styled(page, BOLD, section->title);
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
    add_style(&page, BOLD);
    add_link(&page, issue->title, issue->url, "\n");
    add_style(&page, RESET);
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

/* The code span that begins at `s`, with what marks it: its length, that of a mark in `*mark`; 0:
 * none begins here. */
static size_t code_span(const char *s, size_t *mark)
{
    *mark = strspn(s, "`");
    for (const char *p = s + *mark; *mark && *p && *p != '\n'; p++) {
        size_t run = strspn(p, "`");
        if (run == *mark)
            return (size_t)(p - s) + run;
        p += run ? run - 1 : 0;
    }
    return 0;
}

/* Adds what a code span holds. */
static void add_code(struct buf *text, const char *s, size_t len)
{
    bool padded = len > 2 && s[0] == ' ' && s[len - 1] == ' ';
    buf_add(text, s + padded, len - 2 * (size_t)padded);
}

/* Adds `len` bytes of Markdown text as they read: character references become characters, bold
 * loses its marks, and so does code in a link. */
static void add_marked(struct page *page, const char *s, size_t len, bool in_link)
{
    struct buf text = BUF_INIT(page->out.arena, OUTPUT_MAX);
    for (const char *end = s + len; s < end; s++) {
        char *stop;
        size_t mark, span = code_span(s, &mark);
        unsigned long c = strncmp(s, "&#", 2) == 0 ? strtoul(s + 2, &stop, 10) : 0;
        if (span && span <= (size_t)(end - s)) {
            if (in_link)
                add_code(&text, s + mark, span - 2 * mark);
            else
                buf_add(&text, s, span);
            s += span - 1;
        } else if (c && *stop == ';') {
            unicode_add(&text, (uint32_t)c);
            s = stop;
        } else if (strncmp(s, "**", 2) == 0) {
            s++;
        } else {
            buf_addc(&text, *s);
        }
    }
    add_text(page, buf_str(&text));
}

/* The link that begins at `s`, "[text](url)": where its text and its address end. */
static bool is_link(const char *s, size_t *text_end, size_t *url_end)
{
    size_t mark, end = 0;
    if (*s != '[')
        return false;
    while (s[end] && s[end] != ']' && s[end] != '\n') {
        size_t span = code_span(s + end, &mark);
        end += span ? span : 1;
    }
    *text_end = end;
    *url_end = *text_end + strcspn(s + *text_end, ")\n");
    return strncmp(s + *text_end, "](", 2) == 0 && s[*url_end] == ')';
}

/* Writes letters and digits as such that a message has as %XX, so that no preview appears. */
static void decode_letters(char *url)
{
    char *to = url;
    for (const char *p = url; *p; p++) {
        const char hex[] = {p[1], p[1] ? p[2] : '\0', '\0'};
        bool coded = *p == '%' && strspn(hex, "0123456789ABCDEFabcdef") == 2;
        unsigned long c = coded ? strtoul(hex, NULL, 16) : 0;
        bool letter = c > 0 && c < 0x80 && isalnum((int)c);
        *to++ = letter ? (char)c : *p;
        p += letter ? 2 : 0;
    }
    *to = '\0';
}

/* One line of an answer. Where nothing can be clicked, addresses follow on lines of their own: of a
 * title's and of bullets' first links, for they are about what they link, and of all links of an
 * answer that is one sentence. */
static void add_answer_line(struct page *page, const char *line, size_t len, bool first,
                            bool inside)
{
    size_t margin = strspn(line, " "), text_end, url_end, plain = 0;
    bool bullet = strncmp(line + margin, "- ", 2) == 0;
    bool titled = first && strncmp(line, "**[", 3) == 0;
    bool sentence = first && !line[len] && strncmp(line, "**", 2) != 0;
    size_t shown = page->rich ? 0 : sentence ? SIZE_MAX : bullet || titled;
    struct buf addresses = BUF_INIT(page->out.arena, OUTPUT_MAX);
    if (inside && len)
        buf_adds(&page->out, "  ");
    for (size_t i = 0; i < len; i++) {
        size_t mark, span = code_span(line + i, &mark);
        if (span || !is_link(line + i, &text_end, &url_end)) {
            i += span ? span - 1 : 0;
            continue;
        }
        char *to = arena_copy_n(page->out.arena, line + i + text_end + 2, url_end - text_end - 2);
        decode_letters(to);
        add_marked(page, line + plain, i - plain, false);
        if (page->rich)
            buf_addf(&page->out, "\033]8;;%s\033\\", to);
        add_marked(page, line + i + 1, text_end - 1, true);
        if (page->rich)
            buf_adds(&page->out, "\033]8;;\033\\");
        i += url_end;
        plain = i + 1;
        if (shown) {
            buf_addf(&addresses, "\n%*s%s", (int)(margin + (bullet ? 2 : 0) + (inside ? 2 : 0)), "",
                     to);
            shown--;
        }
    }
    add_marked(page, line + plain, len - plain, false);
    buf_adds(&page->out, buf_str(&addresses));
    buf_addc(&page->out, '\n');
}

char *terminal_answer(struct arena *arena, const char *markdown, bool rich)
{
    static const char fence[] = "```spoiler ";
    struct page page = {.out = BUF_INIT(arena, OUTPUT_MAX), .rich = rich};
    const char *begin = markdown;
    bool inside = false;
    while (*markdown) {
        size_t len = strcspn(markdown, "\n");
        if (!inside && strncmp(markdown, fence, sizeof fence - 1) == 0) {
            inside = true;
            add_style(&page, BOLD);
            add_marked(&page, markdown + sizeof fence - 1, len - (sizeof fence - 1), false);
            add_style(&page, RESET);
            buf_adds(&page.out, ":\n");
        } else if (inside && len == 3 && strncmp(markdown, "```", 3) == 0) {
            inside = false;
        } else {
            add_answer_line(&page, markdown, len, markdown == begin, inside);
        }
        markdown += len + (markdown[len] == '\n');
    }
    if (page.out.len)
        buf_truncate(&page.out, page.out.len - 1);
    return buf_str(&page.out);
}
