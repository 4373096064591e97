/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the archive knows, as rows. */
#include "state/facts.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/text.h"
#include "base/url.h"
#include "io/database.h"
#include "state/projects.h"

#include <limits.h>
#include <string.h>

#define ALL_TIME ((struct span){0, INT_MAX})

bool facts_issues(struct arena *arena, struct database *db, struct span span,
                  struct facts_issues *issues, struct fault *fault)
{
    static const struct columns columns = {
        sizeof(struct facts_issue),
        {COLUMN(facts_issue, month), COLUMN(facts_issue, published), COLUMN(facts_issue, url),
         COLUMN(facts_issue, links), COLUMN(facts_issue, changes)}};
    return database_rows(arena, db, &columns, &issues->issue, &issues->count, fault,
                         "SELECT id AS month, published, url, links, changes FROM issue"
                         " WHERE id BETWEEN ? AND ? AND id NOT IN (SELECT id FROM withdrawn)"
                         " ORDER BY id",
                         "mm", span.first, span.last);
}

/* An entry on its way back into an issue. */
struct entry {
    int64_t id, section, parent, appearance;
    char *title, *url, *heading;
};

struct entries {
    struct entry *entry;
    size_t count;
};

/* An issue that is put together. */
struct whole {
    struct arena *arena;
    struct database *db;
    int month;
    struct issue *issue;
    struct entries entries;
    struct fault *fault;
};

static bool read_sections(struct whole *w)
{
    static const struct columns columns = {
        sizeof(struct section), {COLUMN(section, title), COLUMN_OR_NULL(section, anchor)}};
    struct issue *issue = w->issue;
    if (!database_rows(w->arena, w->db, &columns, &issue->sections, &issue->section_count, w->fault,
                       "SELECT title, anchor FROM section WHERE issue = ? ORDER BY n", "m",
                       w->month))
        return false;
    for (size_t i = 0; i < issue->section_count; i++)
        issue->sections[i].kind = section_kind_of(issue->sections[i].title);
    static const struct columns entry_columns = {sizeof(struct entry),
                                                 {COLUMN(entry, id), COLUMN(entry, section),
                                                  COLUMN(entry, parent), COLUMN(entry, appearance),
                                                  COLUMN(entry, title), COLUMN_OR_NULL(entry, url),
                                                  COLUMN_OR_NULL(entry, heading)}};
    return database_rows(w->arena, w->db, &entry_columns, &w->entries.entry, &w->entries.count,
                         w->fault,
                         "SELECT id, section, parent, appearance, title, url, heading FROM entry"
                         " WHERE issue = ? ORDER BY id",
                         "m", w->month);
}

/* Adds the items of a project, or (0) a section's headlines; entries are in their order, notes
 * after their item. */
static void add_items(struct whole *w, int64_t section, int64_t appearance, struct item **items,
                      size_t *count)
{
    struct item *item = NULL;
    for (size_t i = 0; i < w->entries.count; i++) {
        const struct entry *e = &w->entries.entry[i];
        if (e->section != section || e->appearance != appearance)
            continue;
        if (e->parent && item) {
            struct note *note = arena_add(w->arena, &item->notes, &item->note_count, sizeof *note);
            *note = (struct note){e->title, e->url};
        } else {
            item = arena_add(w->arena, items, count, sizeof *item);
            *item = (struct item){.title = e->title, .url = e->url, .group = e->heading};
        }
    }
}

/* Adds the names of those with a role in a project, or (0) in the issue. */
static bool read_names(struct whole *w, int64_t appearance, enum facts_role role,
                       struct names *names)
{
    static const struct columns columns = {sizeof(char *), {{"name", 0, COLUMN_TEXT}}};
    return database_rows(w->arena, w->db, &columns, &names->name, &names->count, w->fault,
                         "SELECT p.name FROM credit c JOIN person p ON p.id = c.person"
                         " WHERE c.issue = ? AND coalesce(c.appearance, 0) = ? AND c.role = ?"
                         " ORDER BY c.id",
                         "mii", w->month, appearance, (int64_t)role);
}

static bool read_projects(struct whole *w)
{
    struct row {
        int64_t id, section;
        char *name, *url, *anchor, *summary;
    } *rows = NULL;
    static const struct columns columns = {
        sizeof *rows,
        {COLUMN(row, id), COLUMN(row, section), COLUMN(row, name), COLUMN_OR_NULL(row, url),
         COLUMN_OR_NULL(row, anchor), COLUMN_OR_NULL(row, summary)}};
    size_t count = 0;
    if (!database_rows(w->arena, w->db, &columns, &rows, &count, w->fault,
                       "SELECT id, section, name, url, anchor, summary FROM appearance"
                       " WHERE issue = ? ORDER BY section, n",
                       "m", w->month))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        if ((size_t)row->section >= w->issue->section_count)
            continue;
        struct section *section = &w->issue->sections[row->section];
        struct project *project =
            arena_add(w->arena, &section->projects, &section->project_count, sizeof *project);
        *project = (struct project){
            .name = row->name, .url = row->url, .anchor = row->anchor, .summary = row->summary};
        add_items(w, row->section, row->id, &project->changes, &project->change_count);
        if (!read_names(w, row->id, ROLE_MAINTAINS, &project->maintainers) ||
            !read_names(w, row->id, ROLE_WROTE, &project->written_by) ||
            !read_names(w, row->id, ROLE_THANKED, &project->contributors))
            return false;
    }
    return true;
}

bool facts_issue(struct arena *arena, struct database *db, int month, struct issue *issue,
                 struct fault *fault)
{
    struct head {
        char *url, *title, *published;
    } head;
    static const struct columns columns = {
        sizeof head, {COLUMN(head, url), COLUMN(head, title), COLUMN(head, published)}};
    struct whole w = {.arena = arena, .db = db, .month = month, .issue = issue, .fault = fault};
    bool found;
    if (!database_row(arena, db, &columns, &head, &found, fault,
                      "SELECT url, title, published FROM issue WHERE id = ?", "m", month))
        return false;
    if (!found)
        return fault_set(fault, FAULT_ABSENT, "the archive has no such issue");
    *issue = (struct issue){.month = month, .title = head.title, .url = head.url};
    issue_date_read(issue->published, head.published);
    if (!read_sections(&w) || !read_projects(&w) ||
        !read_names(&w, 0, ROLE_WROTE, &issue->authors) ||
        !read_names(&w, 0, ROLE_EDITED, &issue->editors))
        return false;
    for (size_t i = 0; i < issue->section_count; i++)
        add_items(&w, (int64_t)i, 0, &issue->sections[i].headlines,
                  &issue->sections[i].headline_count);
    issue_mark_changes(arena, issue);
    return true;
}

/* Projects of a condition with what they did in the span of ?1 to ?2. Ids of appearances are in the
 * order of their issues. */
#define PROJECTS(condition)                                                                        \
    "SELECT p.id, p.name, p.url, s.issues, s.changes, (SELECT issue FROM appearance WHERE id ="    \
    " (SELECT min(appearance) FROM part WHERE project = p.id)) AS first,"                          \
    " (SELECT issue FROM appearance WHERE id ="                                                    \
    " (SELECT max(appearance) FROM part WHERE project = p.id)) AS last FROM"                       \
    " (SELECT part.project, count(DISTINCT a.issue) AS issues, sum(a.changes) AS changes"          \
    " FROM appearance a JOIN part ON part.appearance = a.id WHERE a.issue BETWEEN ?1 AND "         \
    "?2 " condition " GROUP BY part.project) s JOIN project p ON p.id = s.project"                 \
    " ORDER BY s.changes DESC, s.issues DESC, p.name COLLATE NOCASE"

static const struct columns project_columns = {
    sizeof(struct facts_project),
    {COLUMN(facts_project, id), COLUMN(facts_project, name), COLUMN_OR_NULL(facts_project, url),
     COLUMN(facts_project, first), COLUMN(facts_project, last), COLUMN(facts_project, issues),
     COLUMN(facts_project, changes)}};

bool facts_projects(struct arena *arena, struct database *db, struct span span,
                    struct facts_projects *projects, struct fault *fault)
{
    return database_rows(arena, db, &project_columns, &projects->project, &projects->count, fault,
                         PROJECTS(""), "mm", span.first, span.last);
}

bool facts_find_project(struct arena *arena, struct database *db, const char *name,
                        struct facts_project *project, struct fault *fault)
{
    int64_t id = 0;
    if (!database_get_integer(db, &id, fault,
                              "SELECT a.project FROM alias a"
                              " WHERE (a.name = ?1 AND a.rank > 0) OR (a.name = ?2 AND a.rank = 0)"
                              " GROUP BY a.project ORDER BY min(a.rank), (SELECT count(*) FROM part"
                              " WHERE part.project = a.project) DESC, a.project LIMIT 1",
                              "ss", projects_name(arena, name), url_page_key(arena, name)))
        return false;
    return !id || database_row(arena, db, &project_columns, project, NULL, fault,
                               PROJECTS("AND part.project = ?3"), "mmi", ALL_TIME.first,
                               ALL_TIME.last, id);
}

bool facts_near_name(struct arena *arena, struct database *db, const char *name, char **near,
                     struct fault *fault)
{
    static const struct columns columns = {sizeof(char *), {{"name", 0, COLUMN_TEXT}}};
    const char **names = NULL, *key = projects_name(arena, name);
    size_t count = 0;
    *near = NULL;
    if (strlen(key) < 5)
        return true;
    if (!database_rows(arena, db, &columns, &names, &count, fault,
                       "SELECT name FROM alias WHERE rank > 0 UNION SELECT key FROM person", ""))
        return false;
    const char *nearest = text_nearest(key, names, count, 1);
    *near = arena_copy(arena, nearest);
    return true;
}

static bool is_same_name(struct arena *arena, const char *a, const char *b)
{
    return strcmp(projects_name(arena, a), projects_name(arena, b)) == 0;
}

bool facts_describe(struct arena *arena, struct database *db, int64_t project, char **about,
                    struct names *also, struct fault *fault)
{
    static const struct columns columns = {sizeof(char *), {{"name", 0, COLUMN_TEXT}}};
    char **names = NULL, *newest = NULL;
    size_t count = 0;
    if (!database_get_text(arena, db, about, fault,
                           "SELECT about FROM appearance a JOIN part ON part.appearance = a.id"
                           " WHERE part.project = ? AND about IS NOT NULL ORDER BY a.id DESC"
                           " LIMIT 1",
                           "i", project) ||
        !database_get_text(arena, db, &newest, fault, "SELECT name FROM project WHERE id = ?", "i",
                           project) ||
        !database_rows(arena, db, &columns, &names, &count, fault,
                       "SELECT a.name FROM appearance a JOIN part ON part.appearance = a.id"
                       " WHERE part.project = ? AND a.key IS NOT NULL GROUP BY a.name"
                       " ORDER BY max(a.id) DESC",
                       "i", project))
        return false;
    for (size_t i = 0; newest && i < count; i++) {
        const char *name = project_short_name(text_plain(arena, names[i]));
        /* A phrase is no name: "acpi and aml". */
        bool told = strchr(name, ' ') || is_same_name(arena, name, newest);
        for (size_t k = 0; k < also->count; k++)
            told = told || is_same_name(arena, name, also->name[k]);
        if (!told)
            names_add(arena, also, name);
    }
    return true;
}

bool facts_appearances(struct arena *arena, struct database *db, int64_t project, struct span span,
                       struct facts_appearances *appearances, struct fault *fault)
{
    static const struct columns columns = {
        sizeof(struct facts_appearance),
        {COLUMN(facts_appearance, month), COLUMN(facts_appearance, issue_url),
         COLUMN_OR_NULL(facts_appearance, anchor), COLUMN(facts_appearance, changes)}};
    return database_rows(
        arena, db, &columns, &appearances->appearance, &appearances->count, fault,
        "SELECT a.issue AS month, i.url AS issue_url, min(a.anchor) AS anchor,"
        " sum(a.changes) AS changes FROM part"
        " JOIN appearance a ON a.id = part.appearance JOIN issue i ON i.id = a.issue"
        " WHERE part.project = ? AND a.issue BETWEEN ? AND ?"
        " GROUP BY a.issue ORDER BY a.issue DESC",
        "imm", project, span.first, span.last);
}

/* People of a condition with what they did in the span of ?1 to ?2, in the roles of ?3. */
#define PEOPLE(condition)                                                                          \
    "SELECT p.id, p.name, s.issues, s.credits, (SELECT min(c.issue) FROM credit c"                 \
    " WHERE c.person = p.id AND (c.role & ?3) AND " condition ") AS first,"                        \
    " (SELECT max(c.issue) FROM credit c"                                                          \
    " WHERE c.person = p.id AND (c.role & ?3) AND " condition ") AS last FROM"                     \
    " (SELECT c.person, count(DISTINCT c.issue) AS issues, count(*) AS credits FROM credit c"      \
    " WHERE c.issue BETWEEN ?1 AND ?2 AND (c.role & ?3) AND " condition " GROUP BY c.person) s"    \
    " JOIN person p ON p.id = s.person"                                                            \
    " ORDER BY s.issues DESC, s.credits DESC, p.name COLLATE NOCASE"

static const struct columns person_columns = {
    sizeof(struct facts_person),
    {COLUMN(facts_person, id), COLUMN(facts_person, name), COLUMN(facts_person, first),
     COLUMN(facts_person, last), COLUMN(facts_person, issues), COLUMN(facts_person, credits)}};

bool facts_people(struct arena *arena, struct database *db, int64_t project, int roles,
                  struct span span, struct facts_people *people, struct fault *fault)
{
    const char *sql =
        project > 0 ? PEOPLE("c.appearance IN (SELECT appearance FROM part WHERE project = ?4)")
        : project   ? PEOPLE("c.appearance IS NULL AND ?4 < 0")
                    : PEOPLE("?4 = 0");
    return database_rows(arena, db, &person_columns, &people->person, &people->count, fault, sql,
                         "mmii", span.first, span.last, (int64_t)roles, project);
}

bool facts_find_person(struct arena *arena, struct database *db, const char *name,
                       struct facts_person *person, struct fault *fault)
{
    const char *key = projects_name(arena, name + (*name == '@'));
    static const char profile[] = "github.com/";
    const char *address = url_page_key(arena, name);
    if (strncmp(address, profile, strlen(profile)) == 0)
        key = address + strlen(profile);
    return database_row(arena, db, &person_columns, person, NULL, fault,
                        PEOPLE("c.person = (SELECT id FROM person WHERE key = ?4)"), "mmis",
                        ALL_TIME.first, ALL_TIME.last, (int64_t)-1, key);
}

bool facts_credits(struct arena *arena, struct database *db, int64_t person, struct span span,
                   struct facts_credits *credits, struct fault *fault)
{
    static const struct columns columns = {
        sizeof(struct facts_credit),
        {COLUMN(facts_credit, month), COLUMN(facts_credit, issue_url), COLUMN(facts_credit, role),
         COLUMN_OR_NULL(facts_credit, project), COLUMN_OR_NULL(facts_credit, anchor)}};
    return database_rows(
        arena, db, &columns, &credits->credit, &credits->count, fault,
        "SELECT c.issue AS month, i.url AS issue_url, c.role, a.anchor,"
        " coalesce((SELECT p.name FROM part JOIN project p ON p.id = part.project"
        " WHERE part.appearance = a.id ORDER BY p.id LIMIT 1), a.name) AS project"
        " FROM credit c JOIN issue i ON i.id = c.issue LEFT JOIN appearance a ON a.id = "
        "c.appearance"
        " WHERE c.person = ? AND c.issue BETWEEN ? AND ? ORDER BY c.issue DESC, c.id",
        "imm", person, span.first, span.last);
}

/* Items with where they are; of a note its item. */
#define LINKS(url)                                                                                 \
    "SELECT e.issue AS month, i.url AS issue_url, s.kind AS section, o.title, " url " AS url,"     \
    " coalesce(a.anchor, s.anchor) AS anchor, coalesce((SELECT p.name FROM part"                   \
    " JOIN project p ON p.id = part.project WHERE part.appearance = a.id ORDER BY p.id LIMIT 1),"  \
    " a.name) AS project FROM entry e JOIN entry o ON o.id = coalesce(e.parent, e.id)"             \
    " JOIN issue i ON i.id = e.issue JOIN section s ON s.issue = e.issue AND s.n = e.section"      \
    " LEFT JOIN appearance a ON a.id = e.appearance "

static const struct columns link_columns = {
    sizeof(struct facts_link),
    {COLUMN(facts_link, month), COLUMN(facts_link, issue_url), COLUMN(facts_link, section),
     COLUMN_OR_NULL(facts_link, project), COLUMN_OR_NULL(facts_link, anchor),
     COLUMN(facts_link, title), COLUMN_OR_NULL(facts_link, url)}};

bool facts_find_link(struct arena *arena, struct database *db, const char *url,
                     struct facts_links *links, struct fault *fault)
{
    return database_rows(arena, db, &link_columns, &links->link, &links->count, fault,
                         LINKS("e.url") "WHERE e.key = ? GROUP BY o.id ORDER BY e.id", "s",
                         url_page_key(arena, url));
}

bool facts_find_title(struct arena *arena, struct database *db, const char *title,
                      struct facts_links *links, struct fault *fault)
{
    return database_rows(arena, db, &link_columns, &links->link, &links->count, fault,
                         LINKS("e.url") "WHERE e.parent IS NULL AND"
                                        " replace(replace(e.title, char(14), ''), char(15), '')"
                                        " = ? COLLATE NOCASE ORDER BY e.id", /* entry_title */
                         "s", title);
}

bool facts_headlines(struct arena *arena, struct database *db, enum section_kind section,
                     struct span span, struct facts_links *links, struct fault *fault)
{
    /* "+": the index of the issue is the one that helps. */
    return database_rows(arena, db, &link_columns, &links->link, &links->count, fault,
                         LINKS("e.url") "WHERE +e.appearance IS NULL AND +e.parent IS NULL"
                                        " AND s.kind = ? AND e.issue BETWEEN ? AND ?"
                                        " ORDER BY e.issue DESC, e.id",
                         "imm", (int64_t)section, span.first, span.last);
}

bool facts_changes(struct arena *arena, struct database *db, int64_t project, struct span span,
                   struct facts_links *links, struct fault *fault)
{
    return database_rows(arena, db, &link_columns, &links->link, &links->count, fault,
                         LINKS("e.url") "WHERE e.change IS NOT NULL AND e.issue BETWEEN ?1 AND ?2"
                                        " AND (?3 = 0 OR e.appearance IN (SELECT appearance"
                                        " FROM part WHERE project = ?3))"
                                        " ORDER BY e.issue DESC, a.changes DESC, e.id",
                         "mmi", span.first, span.last, project);
}
