/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about headings, sections, projects and lists. */
#include "lint_structure.h"

#include "draft.h"
#include "earlier.h"
#include "finding.h"
#include "post.h"
#include "text.h"

#include <ctype.h>
#include <string.h>

/* Room for a title in a finding. */
#define SHOWN_SIZE 100

static const char *show(char shown[SHOWN_SIZE], const char *title)
{
    return text_printable(shown, SHOWN_SIZE, title, strlen(title));
}

/* The line of a text that was meant as a heading, without its end: "##Title", "####### Title"; with
 * one
 * "#" only a line that is `alone`, for other things begin so. 0: it was not. */
static size_t find_missed_heading(const struct draft *draft, const struct markdown_part *part,
                                  bool alone, const char **line)
{
    size_t hashes = part->kind == MARKDOWN_TEXT ? strspn(part->text, "#") : 0, len, run = 0;
    if (!hashes)
        return 0;
    *line = draft_line(draft, part->line, &len);
    const char *end = *line + len, *next;
    len = text_line(*line, end, &next);
    for (; len && strchr(" \t>*+-", **line); (*line)++)
        len--;
    while (run < len && (*line)[run] == '#')
        run++;
    unsigned char behind = run < len ? (unsigned char)(*line)[run] : ' ';
    bool missed = run == 1 ? alone && isupper(behind) : run > 6 ? run < len : !isspace(behind);
    return run == hashes && missed ? len : 0;
}

/* Whether the paragraph behind a heading names people, as that of a project does. */
static bool heads_project(const struct draft *draft, size_t i)
{
    size_t next = draft->outline.part[i].end;
    const struct markdown_part *part = &draft->outline.part[next];
    return next < draft->outline.count && part->kind == MARKDOWN_PARAGRAPH &&
           post_names_people(part->text);
}

/* What a heading stands below. */
struct place {
    int level; /* of the heading above; 0: none */
    enum section_kind kind;
};

/* What is wrong with a heading; NULL: nothing. */
static const char *judge_heading(const struct draft *draft, size_t i, struct place above)
{
    const struct markdown_part *part = &draft->outline.part[i];
    if (!part->top)
        return "is in a list or quote, where it is not a heading of the issue: move it to the "
               "left";
    if (!text_shows(part->text))
        return "has no words: give it some, or take it out";
    if (part->level == 1)
        return "is of level 1, which is the page's own title: sections have '##'";
    if (part->level >= 3 && above.level < 2)
        return "is in no section: begin one with '##' above it";
    if (part->level >= 4 && above.level < 3)
        return "skips a level: below a section's '##' comes '###'";
    if (part->level == 3 && draft->earlier &&
        earlier_has_section(draft->earlier, part->text, draft->month))
        return "is that of a section in earlier issues: sections have '##'";
    if (part->level >= 4 && above.kind == SECTION_PROJECTS && heads_project(draft, i))
        return "has people below it, who are taken for those of the project above: projects have "
               "'###'";
    return NULL;
}

void lint_headings(const struct draft *draft, struct findings *findings)
{
    char shown[SHOWN_SIZE];
    struct place above = {0, SECTION_OTHER};
    bool alone = false;
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        const char *line;
        size_t missed = find_missed_heading(draft, part, alone, &line);
        if (missed)
            findings_add(
                findings, RULE_HEADING, part->line,
                "'%s' is shown as text: a heading has at most six '#', and a space behind them",
                text_printable(shown, sizeof shown, line, missed));
        if (part->kind == MARKDOWN_PARAGRAPH)
            alone = part->line == part->last_line;
        if (part->kind != MARKDOWN_HEADING)
            continue;
        const char *wrong = judge_heading(draft, i, above);
        if (wrong)
            findings_add(findings, RULE_HEADING, part->line, "the heading '%s' %s",
                         show(shown, part->text), wrong);
        if (part->top && part->level == 2)
            above = (struct place){2, section_kind_of(part->text)};
        else if (part->top && part->level == 3 && above.level >= 2)
            above.level = 3;
    }
}

/* The headings of a section that are those of its projects. */
static size_t next_project(const struct draft *draft, const struct draft_section *section, size_t i)
{
    return draft_next_heading(draft, i + 1, section->end, 3);
}

static size_t count_projects(const struct draft *draft, const struct draft_section *section)
{
    size_t count = 0;
    if (section->kind == SECTION_PROJECTS)
        for (size_t i = next_project(draft, section, section->start); i < section->end;
             i = next_project(draft, section, i))
            count++;
    return count;
}

void lint_lost(const struct draft *draft, struct findings *findings)
{
    char shown[SHOWN_SIZE];
    for (size_t s = 0; draft->issue && s < draft->section_count; s++) {
        const struct draft_section *section = &draft->sections[s];
        size_t projects = count_projects(draft, section),
               read = section->read ? section->read->project_count : 0;
        if (section->read && projects <= read)
            continue;
        findings_add(
            findings, RULE_MESSAGE, draft->outline.part[section->start].line,
            "%s '%s' %s not in the message: is HTML above still open there? Close it first",
            section->read ? "projects of" : "the section", show(shown, section->title),
            section->read ? "are" : "is");
        return;
    }
}

/* What is expected of a section's projects, as they are now and were when it last had some: that
 * names are links where most are, and people are named where any are. Of a single one it is both.
 */
struct custom {
    bool link, people;
};

static bool names_people(const struct project *project)
{
    return project->maintainers.count || project->written_by.count;
}

static struct custom find_custom(const struct draft *draft, const struct draft_section *section)
{
    const struct earlier_section *last =
        draft->earlier && draft->month
            ? earlier_find_projects(draft->earlier, section->title, draft->month)
            : NULL;
    size_t count = last ? last->projects : 0, link = last ? last->with_link : 0,
           people = last ? last->with_people : 0;
    for (size_t i = 0; i < section->read->project_count; i++) {
        count++;
        link += section->read->projects[i].url != NULL;
        people += names_people(&section->read->projects[i]);
    }
    return (struct custom){.link = count < 2 || link > count / 2, .people = count < 2 || people};
}

/* Whether anything but people is linked. */
static bool has_link(const struct draft *draft, size_t start, size_t end)
{
    size_t i = draft_find(draft, MARKDOWN_LINK, start, end);
    while (i < end && draft_is_handle(&draft->outline.part[i]))
        i = draft_find(draft, MARKDOWN_LINK, i + 1, end);
    return i < end;
}

/* Whether something is told of a project, as text or in what the bot does not read. */
static bool has_content(const struct draft *draft, const struct project *project, size_t start,
                        size_t end)
{
    static const enum markdown_kind others[] = {MARKDOWN_CODE, MARKDOWN_QUOTE, MARKDOWN_IMAGE};
    bool content = project->summary || project->change_count;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        content = content || draft_find(draft, others[i], start, end) < end;
    return content;
}

static void check_project(const struct draft *draft, const struct project *project,
                          struct custom custom, size_t start, size_t end, struct findings *findings)
{
    char shown[SHOWN_SIZE];
    const struct markdown_part *heading = &draft->outline.part[start];
    show(shown, heading->text);
    if (!project->url && (custom.link || !has_link(draft, start, end)))
        findings_add(findings, RULE_PROJECT, heading->line,
                     "the project '%s' has no link: link its name", shown);
    if (custom.people && !names_people(project))
        findings_add(findings, RULE_PROJECT, heading->line,
                     "the project '%s' names nobody: say who maintains it or wrote this, as "
                     "[@name](https://...)",
                     shown);
    if (!has_content(draft, project, start, end))
        findings_add(findings, RULE_PROJECT, heading->line,
                     "the project '%s' has no content: say what happened, or take it out", shown);
}

void lint_projects(const struct draft *draft, struct findings *findings)
{
    for (size_t s = 0; s < draft->section_count; s++) {
        const struct draft_section *section = &draft->sections[s];
        size_t count = count_projects(draft, section), start = section->start;
        if (!section->read || section->read->project_count != count)
            continue;
        struct custom custom = find_custom(draft, section);
        for (size_t i = 0; i < count; i++) {
            start = next_project(draft, section, start);
            check_project(draft, &section->read->projects[i], custom, start,
                          next_project(draft, section, start), findings);
        }
    }
}

/* Whether a paragraph says that there is nothing: "No updates were submitted this month." */
static bool says_nothing_is(const char *text)
{
    return text_starts_fold(text, "no ") ||
           (text_has_word(text, "no") && text_has_word(text, "month"));
}

/* Whether nothing is in a section but what the template says in each issue. That has links only
 * where projects and tasks are called for. */
static bool is_empty(const struct draft *draft, const struct draft_section *section)
{
    bool calls = section->kind == SECTION_PARTICIPATION || section->kind == SECTION_PROJECTS;
    size_t paragraphs = 0, usual = section->kind == SECTION_PARTICIPATION ? 2 : 1;
    if (section->read && (section->read->headline_count || section->read->project_count))
        return false;
    for (size_t i = section->start + 1; i < section->end; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        if (part->kind == MARKDOWN_LIST || part->kind == MARKDOWN_HEADING ||
            part->kind == MARKDOWN_CODE || part->kind == MARKDOWN_QUOTE ||
            (part->kind == MARKDOWN_LINK && !calls) ||
            (part->kind == MARKDOWN_PARAGRAPH && says_nothing_is(part->text)))
            return false;
        paragraphs += part->kind == MARKDOWN_PARAGRAPH && text_shows(part->text);
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
    if (!draft->earlier || !draft->month || !earlier_count(draft->earlier, draft->month))
        return;
    for (size_t i = 0; i < draft->section_count; i++) {
        const char *title = draft->sections[i].title;
        int line = draft->outline.part[draft->sections[i].start].line;
        if (earlier_has_section(draft->earlier, title, draft->month))
            continue;
        const char *nearest = earlier_nearest_section(draft->earlier, title, draft->month);
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
