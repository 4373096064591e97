/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the archive says about issues and projects. */
#include "state/catalog.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "base/url.h"
#include "io/database.h"
#include "news/issue.h"
#include "news/post.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How exactly a name means a project. */
enum catalog_rank {
    RANK_LINK,
    RANK_NAME,       /* as a heading has it, or "owner/name" of the link */
    RANK_SHORT_NAME, /* of a heading */
    RANK_LINK_NAME,  /* the link's last part */
};

bool catalog_list(struct arena *arena, struct database *db, struct catalog_issues *issues,
                  struct fault *fault)
{
    static const struct columns columns = {
        sizeof(struct catalog_issue),
        {COLUMN(catalog_issue, month), COLUMN(catalog_issue, published), COLUMN(catalog_issue, url),
         COLUMN(catalog_issue, links), COLUMN(catalog_issue, changes)}};
    return database_rows(arena, db, &columns, &issues->issue, &issues->count, fault,
                         "SELECT id AS month, published, url, links, changes FROM issue"
                         " WHERE id NOT IN (SELECT id FROM withdrawn) ORDER BY id",
                         "");
}

/* What is stored of an issue. */
struct kept {
    char *url, *title, *published, *origin, *html;
};

static const struct columns kept_columns = {sizeof(struct kept),
                                            {COLUMN(kept, url), COLUMN(kept, title),
                                             COLUMN(kept, published), COLUMN(kept, origin),
                                             COLUMN(kept, html)}};

bool catalog_read(struct arena *arena, struct database *db, int month, struct issue *issue,
                  struct fault *fault)
{
    struct kept kept;
    bool found;
    if (!database_row(arena, db, &kept_columns, &kept, &found, fault,
                      "SELECT url, title, published, origin, html FROM issue WHERE id = ?", "m",
                      month))
        return false;
    if (!found)
        return fault_set(fault, FAULT_ABSENT, "the archive has no such issue");
    if (strcmp(kept.origin, "page") == 0) {
        if (!post_read_page(arena, kept.html, strlen(kept.html), kept.url, issue, fault))
            return false;
    } else {
        snprintf(issue->published, sizeof issue->published, "%s", kept.published);
        issue->url = kept.url;
        issue->title = kept.title;
        if (!post_read_content(arena, kept.html, strlen(kept.html), issue, fault))
            return false;
    }
    issue->month = month;
    return true;
}

static char fold_char(char c)
{
    if (c == '_' || c == ' ')
        return '-';
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* A name for comparison: plain, in lower case, with "-" for "_" and white space. */
static char *fold_name(struct arena *arena, const char *name)
{
    struct buf folded = BUF_INIT(arena, TEXT_MAX);
    text_add_folded(&folded, name, strlen(name));
    text_trim(&folded);
    char *plain = text_plain(arena, buf_str(&folded));
    for (char *p = plain; *p; p++)
        *p = fold_char(*p);
    return plain;
}

char *catalog_key(struct arena *arena, const char *url, const char *name)
{
    return url ? url_key(arena, url) : arena_format(arena, "=%s", fold_name(arena, name));
}

/* What gives a project its names. */
struct naming {
    struct database *db;
    int month;
    const char *key;
};

static bool put_name(const struct naming *naming, enum catalog_rank rank, const char *name,
                     struct fault *fault)
{
    return database_run(naming->db, fault,
                        "INSERT OR IGNORE INTO alias (name, rank, key, issue) VALUES (?, ?, ?, ?)",
                        "sism", name, (int64_t)rank, naming->key, naming->month);
}

/* "owner/name" of a key that is a link with only these; borrowed. NULL: another key. */
static const char *owner_and_name(const char *key)
{
    const char *owner = *key == '=' ? NULL : strchr(key, '/');
    const char *name = owner ? strchr(owner + 1, '/') : NULL;
    return name && name[1] && !strchr(name + 1, '/') ? owner + 1 : NULL;
}

bool catalog_put_names(struct arena *arena, struct database *db, int month, const char *key,
                       const char *name, struct fault *fault)
{
    const struct naming naming = {db, month, key};
    const char *path = owner_and_name(key);
    const char *plain = text_plain(arena, name);
    const char *short_name = project_short_name(plain);
    return put_name(&naming, RANK_NAME, fold_name(arena, plain), fault) &&
           put_name(&naming, RANK_SHORT_NAME, fold_name(arena, short_name), fault) &&
           (*key == '=' || put_name(&naming, RANK_LINK, key, fault)) &&
           (!path ||
            (put_name(&naming, RANK_NAME, fold_name(arena, path), fault) &&
             put_name(&naming, RANK_LINK_NAME, fold_name(arena, strchr(path, '/') + 1), fault)));
}

/* Of the keys that a name may mean, each once: the one in the most issues, counted no further than
 * tells them apart in practice, then the newest. */
#define MOST_FIRST                                                                                 \
    "(SELECT count(*) FROM (SELECT DISTINCT issue FROM project p WHERE p.key = a.key LIMIT 200))"  \
    " DESC, (SELECT max(issue) FROM project p WHERE p.key = a.key) DESC"

char *catalog_resolve(struct arena *arena, struct database *db, const char *key,
                      struct fault *fault)
{
    char *linked = NULL;
    if (*key == '=' &&
        !database_get_text(arena, db, &linked, fault,
                           "SELECT a.key FROM alias a WHERE a.name = ? AND a.rank = ?"
                           " AND a.key NOT LIKE '=%' GROUP BY a.key ORDER BY " MOST_FIRST
                           " LIMIT 1",
                           "si", key + 1, (int64_t)RANK_NAME))
        return NULL;
    return linked ? linked : arena_copy(arena, key);
}

/* Projects that are being gathered from rows. */
struct gathering {
    struct arena *arena;
    struct database *db;
    struct catalog_projects *projects;
    char **key; /* of each of the projects */
    size_t key_count;
};

/* The project with the key, added if it is new. */
static struct catalog_project *find_gathered(struct gathering *g, char *key)
{
    for (size_t i = 0; i < g->key_count; i++)
        if (strcmp(g->key[i], key) == 0)
            return &g->projects->project[i];
    char **known = arena_add(g->arena, &g->key, &g->key_count, sizeof *known);
    *known = key;
    return arena_add(g->arena, &g->projects->project, &g->projects->count,
                     sizeof *g->projects->project);
}

/* A project of one issue. */
struct row {
    char *key, *issue_url, *name, *anchor, *url;
    int month;
    int64_t changes;
};

static const struct columns row_columns = {
    sizeof(struct row),
    {COLUMN(row, key), COLUMN(row, month), COLUMN(row, issue_url), COLUMN(row, name),
     COLUMN_OR_NULL(row, anchor), COLUMN(row, changes), COLUMN_OR_NULL(row, url)}};

#define ROW                                                                                        \
    "SELECT p.key, p.issue AS month, i.url AS issue_url, p.name, p.anchor, p.changes, p.url"       \
    " FROM project p JOIN issue i INDEXED BY issue_listing ON i.id = p.issue "
/* Of several rows of one project in one issue, the linked one speaks. */
#define ROW_ORDER " ORDER BY p.issue, p.url IS NULL, p.identity"

/* Adds the appearance of a row to its project. */
static void add_row(struct arena *arena, struct catalog_project *project, const struct row *row)
{
    struct catalog_appearance *last =
        project->count ? &project->appearance[project->count - 1] : NULL;
    if (last && last->month == row->month) {
        last->changes += row->changes;
        return;
    }
    struct catalog_appearance *a =
        arena_add(arena, &project->appearance, &project->count, sizeof *project->appearance);
    *a = (struct catalog_appearance){row->month, row->issue_url, row->name, row->anchor,
                                     row->changes};
    project->name = row->name;
    project->url = row->url ? row->url : project->url;
}

/* Fills in what follows from the appearances. */
static void add_other_names(struct arena *arena, struct catalog_project *project)
{
    const char *name = project_short_name(project->name);
    for (size_t i = project->count; i-- > 0;) {
        const char *other = project_short_name(project->appearance[i].name);
        if (!text_equal_fold(other, name))
            names_add(arena, &project->also, other);
    }
}

/* Gathers the projects of rows; with `only`, leaves out those with another key. */
static bool gather(struct gathering *g, const struct row *rows, size_t count, const char *only,
                   struct fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        char *key = catalog_resolve(g->arena, g->db, rows[i].key, fault);
        if (!key)
            return false;
        if (!only || strcmp(key, only) == 0)
            add_row(g->arena, find_gathered(g, key), &rows[i]);
    }
    for (size_t i = 0; i < g->projects->count; i++)
        add_other_names(g->arena, &g->projects->project[i]);
    return true;
}

/* The key of the project that best matches a folded name or link; `*key` NULL: none. */
static bool find_key(struct arena *arena, struct database *db, const char *name, const char *link,
                     char **key, struct fault *fault)
{
    char *found = NULL;
    *key = NULL;
    if (!database_get_text(arena, db, &found, fault,
                           "SELECT a.key FROM alias a WHERE ((a.name = ? AND a.rank > 0)"
                           " OR (a.name = ? AND a.rank = 0)) GROUP BY a.rank, a.key"
                           " ORDER BY a.rank, " MOST_FIRST " LIMIT 1",
                           "ss", name, link))
        return false;
    if (found)
        *key = catalog_resolve(arena, db, found, fault);
    return !found || *key;
}

/* The key of the project that is meant by the words as they are. */
static bool find_exact(struct arena *arena, struct database *db, const char *words, char **key,
                       struct fault *fault)
{
    return find_key(arena, db, fold_name(arena, words), url_key(arena, words), key, fault);
}

/* The key of the project whose name goes on after a folded one. */
static bool find_longer(struct arena *arena, struct database *db, const char *name, char **key,
                        struct fault *fault)
{
    return database_get_text(arena, db, key, fault,
                             "SELECT a.key FROM alias a WHERE a.rank > 0 AND a.name > ?1"
                             " AND substr(a.name, 1, length(?1)) = ?1"
                             " AND substr(a.name, length(?1) + 1, 1) GLOB '[-0-9]' GROUP BY a.key"
                             " ORDER BY " MOST_FIRST " LIMIT 1",
                             "s", name);
}

/* The key of the project that a folded name is nearest to. */
static bool find_nearest(struct arena *arena, struct database *db, const char *name, char **key,
                         struct fault *fault)
{
    static const struct columns columns = {sizeof(char *), {{"name", 0, COLUMN_TEXT}}};
    const char **names = NULL;
    size_t count = 0, most = strlen(name) / 3 < TEXT_NEAR ? strlen(name) / 3 : TEXT_NEAR;
    if (!database_rows(arena, db, &columns, &names, &count, fault,
                       "SELECT a.name FROM alias a WHERE a.rank > 0 GROUP BY a.name, a.key"
                       " ORDER BY " MOST_FIRST,
                       ""))
        return false;
    const char *found = text_nearest(name, names, count, most);
    return !found || find_key(arena, db, found, found, key, fault);
}

/* The key of a project whose name is like the words. */
static bool find_like(struct arena *arena, struct database *db, const char *words, char **key,
                      struct fault *fault)
{
    const char *name = fold_name(arena, words);
    if (!*name)
        return true;
    return find_longer(arena, db, name, key, fault) &&
           (*key || find_nearest(arena, db, name, key, fault));
}

/* Reads the project of a key. */
static bool read_project(struct arena *arena, struct database *db, const char *key,
                         struct catalog_project *project, bool *found, struct fault *fault)
{
    struct catalog_projects projects = {0};
    struct gathering g = {.arena = arena, .db = db, .projects = &projects};
    struct row *rows = NULL;
    size_t count = 0;
    if (!database_rows(arena, db, &row_columns, &rows, &count, fault,
                       ROW
                       "WHERE p.key = ?1 OR p.key IN"
                       " (SELECT '=' || name FROM alias WHERE key = ?1 AND rank = ?2)" ROW_ORDER,
                       "si", key, (int64_t)RANK_NAME) ||
        !gather(&g, rows, count, key, fault))
        return false;
    *found = projects.count;
    if (*found)
        *project = projects.project[0];
    return true;
}

bool catalog_find_project(struct arena *arena, struct database *db, const char *words, bool near,
                          struct catalog_project *project, enum catalog_match *match,
                          struct fault *fault)
{
    const char *inside = words;
    size_t len = text_unwrap(&inside, strlen(words));
    char *bare = arena_copy_n(arena, inside, len), *key = NULL;
    bool found = false;
    *match = CATALOG_NONE;
    if (!find_exact(arena, db, words, &key, fault) ||
        (!key && !find_exact(arena, db, bare, &key, fault)))
        return false;
    bool exact = key;
    if (!key && near && !find_like(arena, db, bare, &key, fault))
        return false;
    if (key && !read_project(arena, db, key, project, &found, fault))
        return false;
    if (found)
        *match = exact ? CATALOG_EXACT : CATALOG_NEAR;
    return true;
}

static int64_t changes_of(const struct catalog_project *project)
{
    int64_t changes = 0;
    for (size_t i = 0; i < project->count; i++)
        changes += project->appearance[i].changes;
    return changes;
}

static int compare_projects(const void *a, const void *b)
{
    const struct catalog_project *x = a, *y = b;
    int64_t more = changes_of(y) - changes_of(x);
    if (more)
        return more > 0 ? 1 : -1;
    int order = strcasecmp(project_short_name(x->name), project_short_name(y->name));
    return order ? order : strcmp(x->name, y->name);
}

bool catalog_projects_since(struct arena *arena, struct database *db, int from,
                            struct catalog_projects *projects, struct fault *fault)
{
    struct gathering g = {.arena = arena, .db = db, .projects = projects};
    struct row *rows = NULL;
    size_t count = 0;
    if (!database_rows(arena, db, &row_columns, &rows, &count, fault,
                       ROW "WHERE p.issue >= ? AND p.key <> ''" ROW_ORDER, "m", from) ||
        !gather(&g, rows, count, NULL, fault))
        return false;
    if (projects->count)
        qsort(projects->project, projects->count, sizeof *projects->project, compare_projects);
    return true;
}
