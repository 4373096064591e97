/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about headings, sections, projects, lists and links. */
#include "base/arena.h"
#include "base/text.h"
#include "base/url.h"
#include "lint/draft.h"
#include "lint/earlier.h"
#include "lint/rules.h"
#include "news/month.h"
#include "news/post.h"

#include <cmark.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Finds the line of a text that was meant as a heading: "##Title", "####### Title". A line with one
 * "#" must be `alone`, because other things begin that way. NULL: it was not meant so. */
static const char *find_missed_heading(const struct draft *draft, struct cmark_node *text,
                                       bool alone)
{
    const char *line = draft_line(draft, draft_first_line(text));
    line += strspn(line, " \t>*+-");
    size_t hashes = strspn(line, "#");
    unsigned char after = (unsigned char)line[hashes];
    bool missed = after && !isspace(after);
    if (hashes == 1)
        missed = alone && isupper(after);
    else if (hashes > 6)
        missed = after;
    return hashes && missed && hashes == strspn(cmark_node_get_literal(text), "#") ? line : NULL;
}

/* Whether the paragraph after a heading names people, as after the heading of a project. */
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

/* Headings whose level or place keeps readers from finding them. */
void rule_heading(struct draft *draft)
{
    struct place above = {0, SECTION_OTHER};
    bool alone = false;
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);
        const char *missed = type == CMARK_NODE_TEXT && !draft_is_html(node)
                                 ? find_missed_heading(draft, node, alone)
                                 : NULL;
        if (missed)
            finding_add(
                draft, draft_first_line(node),
                "'%s' is shown as text: a heading has at most six '#', and a space after them",
                quote(draft, missed));
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

/* The heading of the next project in a section; NULL: none. */
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

/* Finds the first section that the bot does not find, or some of whose projects it does not. */
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

/* Whether there will be a message, one with more than the title and with nothing missing. */
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

/* What the projects of a section should have, judged by them and by those of the same section in
 * the last issue that had one: names should be links if most are, and people should be named if any
 * are. A single project needs both. */
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

/* Whether there is a link to anything but a person. */
static bool has_link(const struct draft *draft, struct cmark_node *start, struct cmark_node *end)
{
    for (struct cmark_node *link = draft_find(start, end, CMARK_NODE_LINK); link;
         link = draft_find(draft_next(link), end, CMARK_NODE_LINK))
        if (draft_text(draft, link)[0] != '@')
            return true;
    return false;
}

/* Whether a project has content: text, or something that the bot does not read. */
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

/* A project without a link, people or content. */
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

/* Whether a section has only the words of the template, which have links only where they call for
 * projects and tasks. */
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

/* A section that has nothing in it and does not say so. */
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

/* An item without any link, even in nested lists. The changes of a project are often prose, so
 * there it must look as if a link was meant. */
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

/* A section with a title that no earlier issue had. */
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

/* Whether a reference without a scheme looks like the address of another site. */
static bool looks_foreign(const char *url)
{
    static const char *const domains[] = {".com", ".org", ".net", ".io", ".dev", ".rs"};
    size_t len = strcspn(url, "/?#");
    if (strncasecmp(url, "www.", 4) == 0 || (url[len] == '/' && memchr(url, '.', len)))
        return true;
    for (size_t i = 0; i < COUNT(domains); i++) {
        size_t n = strlen(domains[i]);
        if (len > n && strncasecmp(url + len - n, domains[i], n) == 0)
            return true;
    }
    return false;
}

/* Whether "https" is where the host should be: "https://https//x.org". */
static bool has_scheme_twice(const char *url)
{
    size_t len;
    const char *host = url_host(url, &len);
    len -= len && host[len - 1] == ':';
    return (len == 4 || len == 5) && strncasecmp(host, "https", len) == 0;
}

/* What a reference is resolved against, to see its host. */
#define ANY_PAGE "https://example.org/"

#define WHOLE      ": write the full 'https://' address"
#define NO_ADDRESS "is not an address" WHOLE

/* What is wrong with the address of a link or image; NULL: nothing. */
static const char *judge(const struct draft *draft, struct cmark_node *node)
{
    const char *url = cmark_node_get_url(node), *colon = strchr(url, ':'),
               *resolved = url_resolve(draft->arena, ANY_PAGE, url);
    bool image = cmark_node_get_type(node) == CMARK_NODE_IMAGE,
         http = text_starts_fold(url, "http");
    if (text_starts_fold(url, "data:image/"))
        return "contains the picture itself: put it into a file, and link that";
    if (has_scheme_twice(url))
        return "has its 'https://' twice" WHOLE;
    if (!resolved)
        return NO_ADDRESS;
    if (url_is_web(resolved) && url_is_private(resolved))
        return "leads to the reader's own machine or network: write the public address";
    if (strncmp(url, "@/", 2) == 0)
        return image || draft_is_html(node)
                   ? "leads nowhere, because the site resolves '@/' only in links written as "
                     "[words](@/...): write it that way, or without '@'"
                   : NULL;
    if (url_is_web(url) || *url == '#' || *url == '/' || *url == '.')
        return NULL;
    if (text_starts_fold(url, "mailto:"))
        return strchr(url, '@') ? NULL : "has no e-mail address: write it after 'mailto:'";
    if (colon && colon < url + strcspn(url, "/?#"))
        return http ? NO_ADDRESS : "is neither http nor https" WHOLE;
    if (looks_foreign(url))
        return "has no 'https://', so it is read as a page of this site" WHOLE;
    return !http && (image || strchr(url, '.')) ? NULL : NO_ADDRESS;
}

/* The first invisible character of an address; 0: none. */
static uint32_t find_invisible(const char *url)
{
    for (const char *s = url, *end = url + strlen(url); s < end;) {
        uint32_t c = unicode_next(&s, end);
        if (c != ' ' && unicode_is_invisible(c))
            return c;
    }
    return 0;
}

static void check_address(struct draft *draft, struct cmark_node *node)
{
    int line = draft_first_line(node);
    const char *url = cmark_node_get_url(node), *wrong = judge(draft, node),
               *shown = quote(draft, url);
    uint32_t invisible = find_invisible(url);
    if (!*url)
        finding_add(draft, line, "this link has no address: add one");
    else if (invisible)
        finding_add(draft, line, "'%s' has the invisible character U+%04X in it: remove that",
                    shown, invisible);
    else if (wrong)
        finding_add(draft, line, "'%s' %s", shown, wrong);
    const char *text = draft_text(draft, node);
    if (cmark_node_get_type(node) == CMARK_NODE_LINK && !text[strspn(text, " \n")] &&
        !draft_find(node, draft_skip(node), CMARK_NODE_IMAGE))
        finding_add(
            draft, line,
            "the link to '%s' has no words, so nobody can see it: write some between '[' and ']'",
            shown);
}

/* Links that are neither http nor https and do not lead to a place on the site, or cannot be seen.
 */
void rule_link_scheme(struct draft *draft)
{
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_IMAGE || type == CMARK_NODE_LINK)
            check_address(draft, node);
    }
}

/* The link that an item, or a heading in place of one, is about. */
struct subject {
    const char *key; /* url_key() of the link */
    struct cmark_node *link;
    enum section_kind kind;
};

struct subjects {
    struct subject *subject;
    size_t count;
};

/* The first link of an item that is not in a nested list; NULL: none. */
static struct cmark_node *find_item_link(struct cmark_node *item)
{
    struct cmark_node *node = item, *end = draft_skip(item);
    while (node != end && cmark_node_get_type(node) != CMARK_NODE_LINK)
        node = cmark_node_get_type(node) == CMARK_NODE_LIST ? draft_skip(node) : draft_next(node);
    return node == end ? NULL : node;
}

/* The link that a node is about, if it is an item, or a heading that is itself a headline because
 * no list follows. Further links of an item are details. NULL: none. */
static struct cmark_node *find_subject(const struct draft *draft,
                                       const struct draft_section *section, struct cmark_node *node)
{
    if (cmark_node_get_type(node) == CMARK_NODE_ITEM)
        return find_item_link(node);
    if (cmark_node_get_type(node) != CMARK_NODE_HEADING ||
        cmark_node_get_heading_level(node) != 3 || section->kind == SECTION_PROJECTS ||
        !text_shows(draft_text(draft, node)))
        return NULL;
    struct cmark_node *next = draft_find_heading(draft, draft_next(node), section->end, 3);
    return draft_find(node, next ? next : section->end, CMARK_NODE_LIST)
               ? NULL
               : draft_find(node, draft_skip(node), CMARK_NODE_LINK);
}

/* Whether what is linked is a person: "@name". */
static bool is_handle(const char *text)
{
    return text[0] == '@' && text[1] && !strpbrk(text, " \n");
}

/* Whether a link is a mere reference: "#123", or its own address. */
static bool is_reference(const char *text, const char *url)
{
    const char *number = text + (text[0] == '#');
    return strcmp(text, url) == 0 || (*number && !number[strspn(number, "0123456789")]);
}

/* The web links that the items are about, without people and mere references. */
static struct subjects list_subjects(const struct draft *draft)
{
    struct subjects subjects = {0};
    for (size_t s = 0; s < draft->section_count; s++) {
        const struct draft_section *section = &draft->sections[s];
        for (struct cmark_node *node = draft_next(section->start); node && node != section->end;
             node = draft_next(node)) {
            struct cmark_node *link = find_subject(draft, section, node);
            const char *text = link ? draft_text(draft, link) : NULL,
                       *url = link ? cmark_node_get_url(link) : NULL;
            if (!link || is_handle(text) || is_reference(text, url) || !url_is_web(url))
                continue;
            struct subject *subject =
                arena_add(draft->arena, &subjects.subject, &subjects.count, sizeof *subject);
            *subject = (struct subject){url_key(draft->arena, url), link, section->kind};
        }
    }
    return subjects;
}

void rule_link_twice(struct draft *draft)
{
    struct subjects subjects = list_subjects(draft);
    for (size_t i = 1; i < subjects.count; i++) {
        const char *url = cmark_node_get_url(subjects.subject[i].link);
        size_t j = 0;
        while (strcmp(subjects.subject[j].key, subjects.subject[i].key) != 0)
            j++;
        if (j < i)
            finding_add(draft, draft_first_line(subjects.subject[i].link),
                        "'%s' is already in line %d: correct one of them, or remove it",
                        quote(draft, url), draft_first_line(subjects.subject[j].link));
    }
}

/* Calls for participation may be repeated until the task is done. */
void rule_link_earlier(struct draft *draft)
{
    struct subjects subjects = list_subjects(draft);
    char month[MONTH_TEXT_SIZE];
    for (size_t i = 0; draft->source.earlier && i < subjects.count; i++) {
        const struct subject *subject = &subjects.subject[i];
        const char *url = cmark_node_get_url(subject->link);
        int before = earlier_find_link(draft->source.earlier, subject->key, draft->month);
        if (!before || subject->kind == SECTION_PARTICIPATION)
            continue;
        month_text(before, month);
        finding_add(draft, draft_first_line(subject->link),
                    "'%s' was already in the issue of %s: remove it, unless it is news again",
                    quote(draft, url), month);
    }
}

/* Whether `name` is a part of the path of an address, or the first label of its host. */
static bool names(const char *url, const char *name, size_t len)
{
    size_t host_len;
    const char *host = url_host(url, &host_len);
    if (host_len > len && strncasecmp(host, name, len) == 0 && host[len] == '.')
        return true;
    for (const char *s = host + host_len; *s;) {
        s += strspn(s, "/@~");
        size_t n = strcspn(s, "/?#");
        if (n == len && strncasecmp(s, name, len) == 0)
            return true;
        s += n;
        if (*s == '?' || *s == '#')
            break;
    }
    return false;
}

/* "@name" that leads to another name. */
void rule_handle(struct draft *draft)
{
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        if (cmark_node_get_type(node) != CMARK_NODE_LINK)
            continue;
        const char *text = draft_text(draft, node), *url = cmark_node_get_url(node);
        if (is_handle(text) && url_is_web(url) && !names(url, text + 1, strcspn(text + 1, "@/[")))
            finding_add(draft, draft_first_line(node),
                        "'%s' leads to '%s', which does not have that name: correct one of them",
                        quote(draft, text), quote(draft, url));
    }
}
