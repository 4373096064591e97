/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about headings, sections, projects and lists. */
#include "base/arena.h"
#include "base/text.h"
#include "lint/draft.h"
#include "lint/earlier.h"
#include "lint/rules.h"
#include "news/post.h"

#include <cmark.h>
#include <ctype.h>
#include <string.h>

/* The line of a text that was meant as a heading: "##Title", "####### Title". With one "#" it must
 * be `alone`, since other things begin that way. The length without its end; 0: it was not. */
static size_t find_missed_heading(const struct draft *draft, struct cmark_node *text, bool alone,
                                  const char **line)
{
    size_t hashes = strspn(cmark_node_get_literal(text), "#"), len, run = 0;
    if (!hashes)
        return 0;
    *line = draft_line(draft, draft_first_line(text), &len);
    const char *end = *line + len, *next;
    len = text_line(*line, end, &next);
    for (; len && strchr(" \t>*+-", **line); (*line)++)
        len--;
    while (run < len && (*line)[run] == '#')
        run++;
    unsigned char after = run < len ? (unsigned char)(*line)[run] : ' ';
    bool missed = !isspace(after);
    if (run == 1)
        missed = alone && isupper(after);
    else if (run > 6)
        missed = run < len;
    return run == hashes && missed ? len : 0;
}

/* Whether the paragraph after a heading names people, as that of a project does. */
static bool heads_project(const struct draft *draft, struct cmark_node *heading)
{
    struct cmark_node *next = cmark_node_next(heading);
    return next && cmark_node_get_type(next) == CMARK_NODE_PARAGRAPH &&
           post_names_people(draft_text(draft, next));
}

/* Where a heading is. */
struct place {
    int level; /* of the heading above; 0: none */
    enum section_kind kind;
};

/* What is wrong with a heading; NULL: nothing. */
static const char *judge_heading(const struct draft *draft, struct cmark_node *heading,
                                 struct place above)
{
    const char *text = draft_text(draft, heading);
    int level = cmark_node_get_heading_level(heading);
    if (!draft_is_top(heading))
        return "is in a list or quote, so it is not a heading of the issue: move it to the left";
    if (!text_shows(text))
        return "has no words: add some, or remove it";
    if (level == 1)
        return "has level 1, as the page's own title: use '##' for a section";
    if (level >= 3 && above.level < 2)
        return "is not in a section: begin one with '##' above it";
    if (level >= 4 && above.level < 3)
        return "skips a level: use '###' below a section's '##'";
    if (level == 3 && draft->source.earlier &&
        earlier_find_section(draft->source.earlier, text, false, draft->month))
        return "is that of a section in earlier issues: use '##' for a section";
    if (level >= 4 && above.kind == SECTION_PROJECTS && heads_project(draft, heading))
        return "has people below it, who are read as those of the project above: use '###' for a "
               "project";
    return NULL;
}

/* Headings with a level or in a place that keeps readers from finding them. */
void rule_heading(struct draft *draft)
{
    struct place above = {0, SECTION_OTHER};
    bool alone = false;
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);
        const char *line;
        size_t missed = type == CMARK_NODE_TEXT && !draft_is_html(node)
                            ? find_missed_heading(draft, node, alone, &line)
                            : 0;
        if (missed)
            finding_add(
                draft, draft_first_line(node),
                "'%s' is shown as text: a heading has at most six '#', and a space after them",
                quote(draft, arena_copy_n(draft->arena, line, missed)));
        if (type == CMARK_NODE_PARAGRAPH)
            alone = draft_first_line(node) == draft_last_line(node);
        if (type != CMARK_NODE_HEADING)
            continue;
        const char *wrong = judge_heading(draft, node, above);
        int level = draft_is_top(node) ? cmark_node_get_heading_level(node) : 0;
        if (wrong)
            finding_add(draft, draft_first_line(node), "the heading '%s' %s",
                        quote(draft, draft_text(draft, node)), wrong);
        if (level == 2)
            above = (struct place){2, section_kind_of(draft_text(draft, node))};
        else if (level == 3 && above.level >= 2)
            above.level = 3;
    }
}

/* The next heading of a section that is one of its projects; NULL: none. */
static struct cmark_node *next_project(const struct draft *draft,
                                       const struct draft_section *section,
                                       struct cmark_node *heading)
{
    return draft_find_heading(draft, draft_next(heading), section->end, 3);
}

static size_t count_projects(const struct draft *draft, const struct draft_section *section)
{
    size_t count = 0;
    if (section->kind == SECTION_PROJECTS)
        for (struct cmark_node *heading = next_project(draft, section, section->start); heading;
             heading = next_project(draft, section, heading))
            count++;
    return count;
}

/* The first section that the bot does not find, or of which it misses projects. */
static void check_lost(struct draft *draft)
{
    for (size_t s = 0; s < draft->section_count; s++) {
        const struct draft_section *section = &draft->sections[s];
        if (section->read && count_projects(draft, section) <= section->read->project_count)
            continue;
        finding_add(
            draft, draft_first_line(section->start),
            "%s '%s' %s not in the message: is an HTML tag above still open? Close it first",
            section->read ? "projects of" : "the section", quote(draft, section->title),
            section->read ? "are" : "is");
        return;
    }
}

/* Whether there will be a message, with more than the title and without anything missing. */
void rule_message(struct draft *draft)
{
    const struct front_key *title = frontmatter_find(&draft->front, "title");
    if (draft->front.wrong)
        return;
    if (draft->source.unread) {
        finding_add(draft, title->line, "there will be no message: %s", draft->source.unread);
        return;
    }
    if (!issue_is_plausible(draft->source.issue))
        finding_add(draft, title->line,
                    "the message will be this title alone: the bot finds no section that it "
                    "knows, such as News or Projects, or no list and no project in one");
    check_lost(draft);
}

/* What is expected of a section's projects, judged by them and those that it last had: names are
 * links if most are, and people are named if any are. A single project needs both. */
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
        draft->source.earlier
            ? earlier_find_section(draft->source.earlier, section->title, true, draft->month)
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
static bool has_link(const struct draft *draft, struct cmark_node *start, struct cmark_node *end)
{
    for (struct cmark_node *link = draft_find(start, end, CMARK_NODE_LINK); link;
         link = draft_find(draft_next(link), end, CMARK_NODE_LINK))
        if (draft_text(draft, link)[0] != '@')
            return true;
    return false;
}

/* Whether a project has content, as text or as something that the bot does not read. */
static bool has_content(const struct project *project, struct cmark_node *start,
                        struct cmark_node *end)
{
    return project->summary || project->change_count ||
           draft_find(start, end, CMARK_NODE_CODE_BLOCK) ||
           draft_find(start, end, CMARK_NODE_BLOCK_QUOTE) ||
           draft_find(start, end, CMARK_NODE_IMAGE);
}

static void check_project(struct draft *draft, const struct project *project, struct custom custom,
                          struct cmark_node *start, struct cmark_node *end)
{
    int line = draft_first_line(start);
    const char *shown = quote(draft, draft_text(draft, start));
    if (!project->url && (custom.link || !has_link(draft, start, end)))
        finding_add(draft, line, "the project '%s' has no link: link its name", shown);
    if (custom.people && !names_people(project))
        finding_add(draft, line,
                    "the project '%s' names nobody: say who maintains it or wrote this, as "
                    "[@name](https://...)",
                    shown);
    if (!has_content(project, start, end))
        finding_add(draft, line, "the project '%s' has no content: say what happened, or remove it",
                    shown);
}

/* A project without link, people or content. */
void rule_project(struct draft *draft)
{
    for (size_t s = 0; s < draft->section_count; s++) {
        const struct draft_section *section = &draft->sections[s];
        size_t count = count_projects(draft, section);
        if (!section->read || section->read->project_count != count)
            continue;
        struct custom custom = find_custom(draft, section);
        struct cmark_node *start = next_project(draft, section, section->start), *next;
        for (size_t i = 0; i < count; i++, start = next) {
            next = next_project(draft, section, start);
            check_project(draft, &section->read->projects[i], custom, start,
                          next ? next : section->end);
        }
    }
}

/* Whether a paragraph says that there is nothing: "No updates were submitted this month." */
static bool says_nothing_is(const char *text)
{
    return text_starts_fold(text, "no ") ||
           (text_has_word(text, "no") && text_has_word(text, "month"));
}

/* Whether a section has only what the template says in each issue, which has links only where
 * projects and tasks are called for. */
static bool is_empty(const struct draft *draft, const struct draft_section *section)
{
    bool calls = section->kind == SECTION_PARTICIPATION || section->kind == SECTION_PROJECTS;
    size_t paragraphs = 0, usual = section->kind == SECTION_PARTICIPATION ? 2 : 1;
    if (section->read && (section->read->headline_count || section->read->project_count))
        return false;
    for (struct cmark_node *node = draft_skip(section->start); node && node != section->end;
         node = draft_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);
        const char *text = type == CMARK_NODE_PARAGRAPH ? draft_text(draft, node) : "";
        if (type == CMARK_NODE_LIST || type == CMARK_NODE_HEADING ||
            type == CMARK_NODE_CODE_BLOCK || type == CMARK_NODE_BLOCK_QUOTE ||
            (type == CMARK_NODE_LINK && !calls) || says_nothing_is(text))
            return false;
        paragraphs += text_shows(text);
    }
    return paragraphs <= usual;
}

static bool is_filled(const struct draft_section *section)
{
    return section->kind != SECTION_JOIN && section->kind != SECTION_OTHER;
}

/* A section with nothing in it that does not say so. */
void rule_section_empty(struct draft *draft)
{
    for (size_t i = 0; i < draft->section_count; i++)
        if (is_filled(&draft->sections[i]) && is_empty(draft, &draft->sections[i]))
            finding_add(draft, draft_first_line(draft->sections[i].start),
                        "the section '%s' is empty: say so (\"No updates were submitted this "
                        "month.\"), or remove it",
                        quote(draft, draft->sections[i].title));
}

/* Whether a text shows that a link was meant: an address, a number, brackets. */
static bool means_link(const char *text)
{
    const char *hash = strchr(text, '#');
    while (hash && !isdigit((unsigned char)hash[1]))
        hash = strchr(hash + 1, '#');
    return hash || strstr(text, "://") || strstr(text, "](") || strstr(text, "] (");
}

/* An item without any link, even in nested lists. A project's changes are often prose, so there it
 * must look as if a link was meant. */
static void check_item(struct draft *draft, struct cmark_node *item, enum section_kind kind)
{
    struct cmark_node *end = draft_skip(item);
    bool meant = kind != SECTION_PROJECTS;
    if (draft_find(item, end, CMARK_NODE_LINK))
        return;
    for (struct cmark_node *node = item; node != end && !meant; node = draft_next(node))
        meant = cmark_node_get_type(node) == CMARK_NODE_TEXT &&
                means_link(cmark_node_get_literal(node));
    if (meant)
        finding_add(draft, draft_first_line(item),
                    "this item has no link: link what it is about, as [words](https://...)");
}

void rule_item_without_link(struct draft *draft)
{
    for (size_t i = 0; i < draft->section_count; i++) {
        const struct draft_section *section = &draft->sections[i];
        for (struct cmark_node *node = section->start; node && node != section->end;
             node = draft_next(node)) {
            struct cmark_node *list = cmark_node_parent(node);
            if (cmark_node_get_type(node) == CMARK_NODE_ITEM && draft_is_top(list) &&
                is_filled(section))
                check_item(draft, node, section->kind);
        }
    }
}

/* A section whose title no earlier issue had. */
void rule_section_new(struct draft *draft)
{
    const struct earlier *earlier = draft->source.earlier;
    if (!earlier || !earlier_count(earlier, draft->month))
        return;
    for (size_t i = 0; i < draft->section_count; i++) {
        const char *title = draft->sections[i].title;
        int line = draft_first_line(draft->sections[i].start);
        if (earlier_find_section(earlier, title, false, draft->month))
            continue;
        const char *nearest = earlier_nearest_section(earlier, title, draft->month);
        const char *shown = quote(draft, title);
        if (nearest)
            finding_add(draft, line, "no earlier issue has a section '%s': did you mean '%s'?",
                        shown, quote(draft, nearest));
        else
            finding_add(draft, line, "no earlier issue has a section '%s': is the title right?",
                        shown);
    }
}
