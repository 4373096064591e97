/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about headings, sections, projects and lists. */
#include "lint_structure.h"

#include "draft.h"
#include "earlier.h"
#include "finding.h"
#include "text.h"

#include <ctype.h>
#include <string.h>

/* Room for a title in a finding. */
#define SHOWN_SIZE 100

static const char *show(char shown[SHOWN_SIZE], const char *title)
{
    return text_printable(shown, SHOWN_SIZE, title, strlen(title));
}

/* A text that was meant as a heading, "##Title". */
static bool is_missed_heading(const struct markdown_part *part)
{
    size_t hashes = part->kind == MARKDOWN_PARAGRAPH ? strspn(part->text, "#") : 0;
    return hashes >= 2 && hashes <= 6 && part->text[hashes] &&
           !isspace((unsigned char)part->text[hashes]);
}

/* What is wrong with a heading that stands below one of level `above` (0: none); NULL: nothing. */
static const char *judge_heading(const struct markdown_part *part, int above)
{
    if (!part->top)
        return "stands in a list or quote, where it is no heading of the issue: move it to the "
               "left";
    if (!part->text[strspn(part->text, " \n")])
        return "has no words: give it some, or take it out";
    if (part->level == 1)
        return "is of level 1, which is the page's own title: sections have '##'";
    if (part->level >= 3 && above < 2)
        return "stands in no section: begin one with '##' above it";
    if (part->level >= 4 && above < 3)
        return "skips a level: below a section's '##' comes '###'";
    return NULL;
}

void lint_headings(const struct draft *draft, struct findings *findings)
{
    char shown[SHOWN_SIZE];
    int above = 0;
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        if (is_missed_heading(part))
            findings_add(
                findings, RULE_HEADING, part->line,
                "'%s' is shown as text: a heading has a space behind its '#'",
                text_printable(shown, sizeof shown, part->text, strcspn(part->text, "\n")));
        if (part->kind != MARKDOWN_HEADING)
            continue;
        const char *wrong = judge_heading(part, above);
        if (wrong)
            findings_add(findings, RULE_HEADING, part->line, "the heading '%s' %s",
                         show(shown, part->text), wrong);
        if (part->top && part->level >= 2 && (part->level == 2 || (part->level == 3 && above >= 2)))
            above = part->level;
    }
}

/* What stands below the heading of a project. */
struct project_parts {
    size_t start, end;
    bool link, people, content;
};

/* Whether a paragraph, or a line of HTML, says who does it. */
static bool is_people(const struct markdown_part *part)
{
    static const char *const starts[] = {"maintained by", "section written by", "written by"};
    const char *s = part->text;
    while (part->kind == MARKDOWN_HTML && *s == '<')
        s += strcspn(s, ">") + (s[strcspn(s, ">")] == '>');
    s += strspn(s, "([{ \n");
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (text_starts_fold(s, starts[i]))
            return true;
    return false;
}

static bool is_visible(const char *s)
{
    for (; *s; s++)
        if (isalnum((unsigned char)*s) || (unsigned char)*s >= 0x80)
            return true;
    return false;
}

/* Whether text stands behind the tag that ends the people in a paragraph. */
static bool has_more_than_people(const struct draft *draft, size_t i)
{
    const struct markdown_part *part = draft->outline.part;
    size_t end = part[i].end, close = end;
    for (size_t j = i + 1; j < end; j++) {
        if (part[j].kind == MARKDOWN_HTML && strncmp(part[j].text, "</", 2) == 0)
            close = j;
        if (j > close && part[j].kind == MARKDOWN_TEXT && is_visible(part[j].text))
            return true;
    }
    return false;
}

static void look_at_part(const struct draft *draft, size_t i, struct project_parts *found)
{
    const struct markdown_part *part = &draft->outline.part[i];
    switch (part->kind) {
    case MARKDOWN_LINK:
        found->link = found->link || !draft_is_handle(part);
        break;
    case MARKDOWN_PARAGRAPH:
        if (is_people(part)) {
            found->people = true;
            found->content = found->content || has_more_than_people(draft, i);
            break;
        }
        found->content = found->content || is_visible(part->text);
        break;
    case MARKDOWN_HTML:
        found->people = found->people || is_people(part);
        break;
    case MARKDOWN_LIST:
    case MARKDOWN_CODE:
    case MARKDOWN_IMAGE:
        found->content = true;
        break;
    default:
        break;
    }
}

/* The project whose heading is part `start`. */
static struct project_parts read_project(const struct draft *draft, size_t start, size_t end)
{
    struct project_parts project = {.start = start,
                                    .end = draft_next_heading(draft, start + 1, end, 3)};
    for (size_t i = start + 1; i < project.end; i++)
        look_at_part(draft, i, &project);
    return project;
}

/* Whether it is the custom of a section to name the people of its projects: without one that does,
 * here or when it last had projects, it is only expected of a single project. */
static bool expects_people(const struct draft *draft, const struct draft_section *section)
{
    const struct earlier_section *last =
        draft->earlier && *draft->id
            ? earlier_find_projects(draft->earlier, section->title, draft->id)
            : NULL;
    size_t projects = last ? last->projects : 0, with = last ? last->with_people : 0;
    for (size_t i = draft_next_heading(draft, section->start + 1, section->end, 3);
         i < section->end;) {
        struct project_parts project = read_project(draft, i, section->end);
        projects++;
        with += project.people;
        i = project.end;
    }
    return with || projects < 2;
}

void lint_projects(const struct draft *draft, struct findings *findings)
{
    char shown[SHOWN_SIZE];
    for (size_t s = 0; s < draft->section_count; s++) {
        const struct draft_section *section = &draft->sections[s];
        if (section->kind != SECTION_PROJECTS)
            continue;
        bool people = expects_people(draft, section);
        for (size_t i = draft_next_heading(draft, section->start + 1, section->end, 3);
             i < section->end;) {
            struct project_parts project = read_project(draft, i, section->end);
            const struct markdown_part *heading = &draft->outline.part[i];
            bool link =
                project.link || draft_find(draft, MARKDOWN_LINK, i, heading->end) < heading->end;
            show(shown, heading->text);
            if (!link)
                findings_add(findings, RULE_PROJECT, heading->line,
                             "the project '%s' has no link: link its name", shown);
            if (people && !project.people)
                findings_add(findings, RULE_PROJECT, heading->line,
                             "the project '%s' names nobody: say who maintains it or wrote this",
                             shown);
            if (!project.content)
                findings_add(findings, RULE_PROJECT, heading->line,
                             "the project '%s' has no content: say what happened, or take it out",
                             shown);
            i = project.end;
        }
    }
}

/* Whether a part says that there is nothing: "No updates were submitted this month." */
static bool says_nothing_is(const struct markdown_part *part)
{
    if (part->kind == MARKDOWN_HTML)
        return strcasestr(part->text, ">no ");
    return part->kind == MARKDOWN_PARAGRAPH && text_starts_fold(part->text, "no ");
}

/* Whether nothing is in a section but what the template says in each issue. */
static bool is_empty(const struct draft *draft, const struct draft_section *section)
{
    size_t paragraphs = 0, usual = section->kind == SECTION_PARTICIPATION ? 2 : 1;
    for (size_t i = section->start + 1; i < section->end; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        if (part->kind == MARKDOWN_LIST || part->kind == MARKDOWN_HEADING ||
            part->kind == MARKDOWN_CODE || part->kind == MARKDOWN_QUOTE || says_nothing_is(part))
            return false;
        paragraphs += part->kind == MARKDOWN_PARAGRAPH && is_visible(part->text);
    }
    return paragraphs <= usual;
}

static bool is_filled(const struct draft_section *section)
{
    return section->kind != SECTION_JOIN && section->kind != SECTION_OTHER;
}

void lint_empty_sections(const struct draft *draft, struct findings *findings)
{
    char shown[SHOWN_SIZE];
    for (size_t i = 0; i < draft->section_count; i++)
        if (is_filled(&draft->sections[i]) && is_empty(draft, &draft->sections[i]))
            findings_add(findings, RULE_SECTION_EMPTY,
                         draft->outline.part[draft->sections[i].start].line,
                         "the section '%s' is empty: say so (\"No updates were submitted this "
                         "month.\"), or take it out",
                         show(shown, draft->sections[i].title));
}

/* Whether a text shows that a link was meant: an address, a number, brackets. */
static bool means_link(const char *text)
{
    const char *hash = strchr(text, '#');
    while (hash && !isdigit((unsigned char)hash[1]))
        hash = strchr(hash + 1, '#');
    return hash || strstr(text, "://") || strstr(text, "](") || strstr(text, "] (");
}

/* An item without any link, also in the lists inside. What happened to a project is often told in
 * prose, so there it must look as if a link was meant. */
static void check_item(const struct draft *draft, size_t item, enum section_kind kind,
                       struct findings *findings)
{
    const struct markdown_part *part = draft->outline.part;
    size_t end = part[item].end;
    bool meant = kind != SECTION_PROJECTS;
    if (draft_find(draft, MARKDOWN_LINK, item, end) < end)
        return;
    for (size_t i = item; i < end && !meant; i++)
        meant = part[i].kind == MARKDOWN_TEXT && means_link(part[i].text);
    if (meant)
        findings_add(findings, RULE_ITEM_WITHOUT_LINK, part[item].line,
                     "this item has no link: link what it is about, as [words](https://...)");
}

void lint_items(const struct draft *draft, struct findings *findings)
{
    for (size_t i = 0; i < draft->section_count; i++) {
        const struct draft_section *section = &draft->sections[i];
        if (!is_filled(section))
            continue;
        for (size_t list = draft_next_list(draft, section->start, section->end);
             list < section->end; list = draft_next_list(draft, list + 1, section->end))
            for (size_t item = draft_first_item(draft, list); item;
                 item = draft_next_item(draft, list, item))
                check_item(draft, item, section->kind, findings);
    }
}

void lint_new_sections(const struct draft *draft, struct findings *findings)
{
    char shown[SHOWN_SIZE], other[SHOWN_SIZE];
    if (!draft->earlier || !*draft->id || !earlier_count(draft->earlier, draft->id))
        return;
    for (size_t i = 0; i < draft->section_count; i++) {
        const char *title = draft->sections[i].title;
        int line = draft->outline.part[draft->sections[i].start].line;
        if (earlier_has_section(draft->earlier, title, draft->id))
            continue;
        const char *nearest = earlier_nearest_section(draft->earlier, title, draft->id);
        show(shown, title);
        if (nearest)
            findings_add(findings, RULE_SECTION_NEW, line,
                         "no earlier issue has a section '%s': did you mean '%s'?", shown,
                         show(other, nearest));
        else
            findings_add(findings, RULE_SECTION_NEW, line,
                         "no earlier issue has a section '%s': is its title right?", shown);
    }
}
