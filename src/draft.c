/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A source that an editor is about to merge, taken apart for rules that say lines. */
#include "draft.h"

#include "buf.h"
#include "fault.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Notes where the lines begin. False: out of memory. */
static bool find_lines(struct draft *draft, const char *markdown, size_t len)
{
    const char *end = markdown + len, *next;
    size_t count = 1;
    for (const char *s = markdown; s < end; s = next, count++)
        text_line(s, end, &next);
    draft->lines = calloc(count + 1, sizeof *draft->lines);
    if (!draft->lines)
        return false;
    draft->lines[draft->line_count++] = markdown;
    for (const char *s = markdown; s < end; s = next) {
        text_line(s, end, &next);
        draft->lines[draft->line_count++] = next;
    }
    draft->lines[draft->line_count] = end;
    return true;
}

const char *draft_line(const struct draft *draft, int line, size_t *len)
{
    size_t i = line < draft->first_line ? 0 : (size_t)(line - draft->first_line);
    i = i < draft->line_count ? i : draft->line_count - 1;
    *len = (size_t)(draft->lines[i + 1] - draft->lines[i]);
    return draft->lines[i];
}

bool draft_has_so(const struct draft *draft, int line, const char *s, size_t len)
{
    size_t line_len;
    const char *source = draft_line(draft, line, &line_len);
    const char *found = memmem(source, line_len, s, len);
    return found && (found == source || found[-1] != '\\');
}

int draft_go_on(const struct draft *draft, struct draft_place *place, const char *at)
{
    for (; place->at < at; place->at++)
        place->row += *place->at == '\n';
    return markdown_line_of(&draft->outline, place->part, place->row);
}

size_t draft_find(const struct draft *draft, enum markdown_kind kind, size_t start, size_t end)
{
    size_t i = start;
    while (i < end && draft->outline.part[i].kind != kind)
        i++;
    return i;
}

size_t draft_next_heading(const struct draft *draft, size_t start, size_t end, int deepest)
{
    size_t i = start;
    for (; i < end; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        if (part->kind == MARKDOWN_HEADING && part->top && part->level <= deepest &&
            text_shows(part->text))
            break;
    }
    return i;
}

size_t draft_next_list(const struct draft *draft, size_t start, size_t end)
{
    size_t i = start;
    while (i < end && !(draft->outline.part[i].kind == MARKDOWN_LIST && draft->outline.part[i].top))
        i++;
    return i;
}

size_t draft_first_item(const struct draft *draft, size_t list)
{
    return draft_next_item(draft, list, list);
}

size_t draft_next_item(const struct draft *draft, size_t list, size_t item)
{
    const struct markdown_part *part = draft->outline.part;
    size_t next = item == list ? list + 1 : part[item].end;
    return next < part[list].end && part[next].kind == MARKDOWN_ITEM ? next : 0;
}

const struct markdown_part *draft_item_link(const struct draft *draft, size_t item)
{
    const struct markdown_part *part = draft->outline.part;
    for (size_t i = item + 1; i < part[item].end;
         i = part[i].kind == MARKDOWN_LIST ? part[i].end : i + 1)
        if (part[i].kind == MARKDOWN_LINK)
            return &part[i];
    return NULL;
}

bool draft_is_handle(const struct markdown_part *link)
{
    return link->text[0] == '@' && link->text[1] && !strpbrk(link->text, " \n");
}

bool draft_is_reference(const struct markdown_part *link)
{
    const char *text = link->text + (link->text[0] == '#');
    return strcmp(link->text, link->url) == 0 || (*text && !text[strspn(text, "0123456789")]);
}

static const char *next_letter(const char *s)
{
    return s + strspn(s, (char[]){' ', '\n', TEXT_CODE_BEGIN, TEXT_CODE_END, '\0'});
}

/* Whether two texts are the same but for white space and code marks. */
static bool is_same(const char *a, const char *b)
{
    a = next_letter(a);
    b = next_letter(b);
    while (*a && *a == *b) {
        a = next_letter(a + 1);
        b = next_letter(b + 1);
    }
    return *a == *b;
}

/* Finds what was read of each section: when some are lost, by their titles. */
static void match_sections(struct draft *draft)
{
    size_t count = draft->issue ? draft->issue->section_count : 0, next = 0;
    for (size_t i = 0; i < draft->section_count; i++) {
        struct draft_section *section = &draft->sections[i];
        size_t match = draft->section_count == count ? i : next;
        while (draft->section_count != count && match < count &&
               !is_same(section->title, draft->issue->sections[match].title))
            match++;
        section->read = match < count ? &draft->issue->sections[match] : NULL;
        next = match < count ? match + 1 : next;
    }
}

bool draft_read(struct draft *draft, const char *markdown, size_t len, int line,
                struct fault *fault)
{
    struct markdown_outline *outline = &draft->outline;
    draft->first_line = line;
    if (!find_lines(draft, markdown, len))
        return fault_memory(fault);
    if (!markdown_read_outline(markdown, len, line, outline, fault))
        return false;
    for (size_t i = draft_next_heading(draft, 0, outline->count, 2), next; i < outline->count;
         i = next) {
        next = draft_next_heading(draft, i + 1, outline->count, 2);
        if (outline->part[i].level != 2)
            continue;
        struct draft_section *section =
            array_add(&draft->sections, &draft->section_count, sizeof *section);
        if (!section)
            return fault_memory(fault);
        section->title = outline->part[i].text;
        section->kind = section_kind_of(section->title);
        section->start = i;
        section->end = next;
    }
    match_sections(draft);
    return true;
}

void draft_finish(struct draft *draft)
{
    markdown_outline_finish(&draft->outline);
    free(draft->sections);
    free(draft->lines);
    *draft = (struct draft){0};
}
