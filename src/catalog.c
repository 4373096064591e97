/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the archive says about issues and projects. */
#include "catalog.h"

#include "buf.h"
#include "database.h"
#include "fault.h"
#include "issue.h"
#include "post.h"
#include "text.h"

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

bool catalog_list(struct database *db, struct catalog_issues *issues, struct fault *fault)
{
    struct query q;
    bool row = true;
    bool done = database_query(db, &q, fault,
                               "SELECT id, published, url, links, changes FROM issue"
                               " WHERE id NOT IN (SELECT id FROM withdrawn) ORDER BY id",
                               "");
    while (done && (done = query_next(&q, &row, fault)) && row) {
        struct catalog_issue *issue = array_add(&issues->issue, &issues->count, sizeof *issue);
        char *url = query_copy(&q, 2);
        if (!issue || !url) {
            free(url);
            query_finish(&q);
            return fault_memory(fault);
        }
        issue->month = query_month(&q, 0);
        snprintf(issue->published, sizeof issue->published, "%s", query_string(&q, 1));
        issue->url = url;
        issue->links = query_integer(&q, 3);
        issue->changes = query_integer(&q, 4);
    }
    return done;
}

void catalog_issues_finish(struct catalog_issues *issues)
{
    for (size_t i = 0; i < issues->count; i++)
        free(issues->issue[i].url);
    free(issues->issue);
    *issues = (struct catalog_issues){0};
}

/* Reads what was kept of an issue: the row of catalog_read(). */
static bool read_kept(const struct query *q, struct issue *issue, struct fault *fault)
{
    const char *url = query_string(q, 0), *html = query_string(q, 4);
    if (strcmp(query_string(q, 3), "page") == 0)
        return post_read_page(html, strlen(html), url, issue, fault);
    snprintf(issue->published, sizeof issue->published, "%s", query_string(q, 2));
    issue->url = query_copy(q, 0);
    issue->title = query_copy(q, 1);
    if (!issue->url || !issue->title)
        return fault_memory(fault);
    return post_read_content(html, strlen(html), issue, fault);
}

bool catalog_read(struct database *db, int month, struct issue *issue, struct fault *fault)
{
    struct query q;
    bool row = false;
    if (!database_query(db, &q, fault,
                        "SELECT url, title, published, origin, html FROM issue WHERE id = ?", "m",
                        month) ||
        !query_next(&q, &row, fault))
        return false;
    if (!row)
        return fault_set(fault, FAULT_ABSENT, "the archive has no such issue");
    bool done = read_kept(&q, issue, fault);
    query_finish(&q);
    issue->month = month;
    return done;
}

static char fold_char(char c)
{
    if (c == '_' || c == ' ')
        return '-';
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

char *catalog_fold(const char *name)
{
    struct buf folded = BUF_INIT(TEXT_MAX);
    text_add_folded(&folded, name, strlen(name));
    text_trim(&folded);
    char *text = buf_take(&folded), *plain = text ? text_plain(arena_ambient(), text) : NULL;
    free(text);
    for (char *p = plain; p && *p; p++)
        *p = fold_char(*p);
    return plain;
}

/* A link in lower case without scheme, "www.", "/" at the end and ".git". Owned by the caller;
 * NULL: out of memory. */
static char *fold_link(const char *url)
{
    url += strspn(url, " ");
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    host += text_starts_fold(host, "www.") ? 4 : 0;
    size_t len = strlen(host);
    while (len && (host[len - 1] == '/' || host[len - 1] == ' '))
        len--;
    if (len > 4 && text_starts_fold(host + len - 4, ".git"))
        len -= 4;
    char *link = strndup(host, len);
    for (char *p = link; p && *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
    return link;
}

char *catalog_key(const char *url, const char *name)
{
    if (url)
        return fold_link(url);
    struct buf out = BUF_INIT(TEXT_MAX);
    char *folded = catalog_fold(name);
    buf_addf(&out, "=%s", folded ? folded : "");
    char *key = buf_take(&out);
    if (!folded) {
        free(key);
        key = NULL;
    }
    free(folded);
    return key;
}

/* What gives a project its names. */
struct naming {
    struct database *db;
    int month;
    const char *key;
};

/* Remembers a name; takes it over. */
static bool put_name(const struct naming *naming, enum catalog_rank rank, char *name,
                     struct fault *fault)
{
    bool done = name ? database_run(naming->db, fault,
                                    "INSERT OR IGNORE INTO alias (name, rank, key, issue)"
                                    " VALUES (?, ?, ?, ?)",
                                    "sism", name, (int64_t)rank, naming->key, naming->month)
                     : fault_memory(fault);
    free(name);
    return done;
}

/* "owner/name" of a key that is a link with only these; borrowed. NULL: another key. */
static const char *owner_and_name(const char *key)
{
    const char *owner = *key == '=' ? NULL : strchr(key, '/');
    const char *name = owner ? strchr(owner + 1, '/') : NULL;
    return name && name[1] && !strchr(name + 1, '/') ? owner + 1 : NULL;
}

bool catalog_put_names(struct database *db, int month, const char *key, const char *name,
                       struct fault *fault)
{
    const struct naming naming = {db, month, key};
    const char *path = owner_and_name(key);
    char *plain = text_plain(arena_ambient(), name);
    if (!plain)
        return fault_memory(fault);
    bool done =
        put_name(&naming, RANK_NAME, catalog_fold(plain), fault) &&
        put_name(&naming, RANK_SHORT_NAME, catalog_fold(project_short_name(plain)), fault) &&
        (*key == '=' || put_name(&naming, RANK_LINK, strdup(key), fault)) &&
        (!path || (put_name(&naming, RANK_NAME, catalog_fold(path), fault) &&
                   put_name(&naming, RANK_LINK_NAME, catalog_fold(strchr(path, '/') + 1), fault)));
    free(plain);
    return done;
}

/* The one string a query gives; `*value`, owned by the caller, is NULL without a row. */
static bool get_string(struct query *q, char **value, struct fault *fault)
{
    bool row = false;
    *value = NULL;
    if (!query_next(q, &row, fault))
        return false;
    if (!row)
        return true;
    *value = query_copy(q, 0);
    query_finish(q);
    return *value || fault_memory(fault);
}

/* Of the keys that a name may mean, each once: the one in the most issues, counted no further than
 * tells them apart in practice, then the newest. */
#define MOST_FIRST                                                                                 \
    "(SELECT count(*) FROM (SELECT DISTINCT issue FROM project p WHERE p.key = a.key LIMIT 200))"  \
    " DESC, (SELECT max(issue) FROM project p WHERE p.key = a.key) DESC"

char *catalog_resolve(struct database *db, const char *key, struct fault *fault)
{
    struct query q;
    char *linked = NULL;
    if (*key == '=' &&
        (!database_query(db, &q, fault,
                         "SELECT a.key FROM alias a WHERE a.name = ? AND a.rank = ?"
                         " AND a.key NOT LIKE '=%' GROUP BY a.key ORDER BY " MOST_FIRST " LIMIT 1",
                         "si", key + 1, (int64_t)RANK_NAME) ||
         !get_string(&q, &linked, fault)))
        return NULL;
    if (!linked && !(linked = strdup(key)))
        fault_memory(fault);
    return linked;
}

/* Projects as they come out of rows, with what finds them again. */
struct known {
    uint64_t hash;
    char *key;
};

struct gathering {
    struct database *db;
    struct catalog_projects *projects;
    struct known *known; /* one for each of the projects */
    size_t known_count;
};

static void gathering_finish(struct gathering *g)
{
    for (size_t i = 0; i < g->known_count; i++)
        free(g->known[i].key);
    free(g->known);
}

/* The project of the key, a new one perhaps. NULL: out of memory. */
static struct catalog_project *find_gathered(struct gathering *g, const char *key)
{
    uint64_t hash = text_hash(TEXT_HASH_INIT, key, strlen(key));
    for (size_t i = 0; i < g->known_count; i++)
        if (g->known[i].hash == hash && strcmp(g->known[i].key, key) == 0)
            return &g->projects->project[i];
    struct known *known = array_add(&g->known, &g->known_count, sizeof *known);
    if (!known)
        return NULL;
    *known = (struct known){hash, strdup(key)};
    return known->key
               ? array_add(&g->projects->project, &g->projects->count, sizeof *g->projects->project)
               : NULL;
}

/* Takes `value` over in place of `*slot`; false: it could not be made. */
static bool replace(char **slot, char *value)
{
    if (value) {
        free(*slot);
        *slot = value;
    }
    return value;
}

#define ROW                                                                                        \
    "SELECT p.key, p.issue, i.url, p.name, p.anchor, p.changes, p.url"                             \
    " FROM project p JOIN issue i INDEXED BY issue_listing ON i.id = p.issue "
/* Of several rows of one project in one issue, the linked one speaks. */
#define ROW_ORDER " ORDER BY p.issue, p.url IS NULL, p.identity"

/* Adds the appearance of a ROW to its project. False: out of memory. */
static bool add_row(struct catalog_project *project, const struct query *q)
{
    int month = query_month(q, 1);
    struct catalog_appearance *last =
        project->count ? &project->appearance[project->count - 1] : NULL;
    if (last && last->month == month) {
        last->changes += query_integer(q, 5);
        return true;
    }
    struct catalog_appearance *a =
        array_add(&project->appearance, &project->count, sizeof *project->appearance);
    if (!a)
        return false;
    a->month = month;
    a->issue_url = query_copy(q, 2);
    a->name = query_copy(q, 3);
    a->anchor = query_copy(q, 4);
    a->changes = query_integer(q, 5);
    return a->issue_url && a->name && (a->anchor || query_is_null(q, 4)) &&
           replace(&project->name, strdup(a->name)) &&
           (query_is_null(q, 6) || replace(&project->url, query_copy(q, 6)));
}

/* Fills in what follows from the appearances. */
static bool add_other_names(struct catalog_project *project)
{
    const char *name = project_short_name(project->name);
    bool done = true;
    for (size_t i = project->count; done && i-- > 0;) {
        const char *other = project_short_name(project->appearance[i].name);
        done = text_equal_fold(other, name) || names_add(&project->also, other);
    }
    return done;
}

/* Gathers the projects of the rows; those of another key than `only` (unless NULL) are left out. */
static bool gather(struct gathering *g, struct query *q, const char *only, struct fault *fault)
{
    bool row = true, done = true;
    while (done && (done = query_next(q, &row, fault)) && row) {
        char *key = catalog_resolve(g->db, query_string(q, 0), fault);
        done = key;
        if (key && (!only || strcmp(key, only) == 0)) {
            struct catalog_project *project = find_gathered(g, key);
            done = (project && add_row(project, q)) || fault_memory(fault);
        }
        free(key);
        if (!done)
            query_finish(q);
    }
    for (size_t i = 0; done && i < g->projects->count; i++)
        done = add_other_names(&g->projects->project[i]) || fault_memory(fault);
    return done;
}

/* The key of the project that is best meant by a folded name or link; `*key` NULL: none. */
static bool find_key(struct database *db, const char *name, const char *link, char **key,
                     struct fault *fault)
{
    struct query q;
    char *found = NULL;
    *key = NULL;
    if (!database_query(db, &q, fault,
                        "SELECT a.key FROM alias a WHERE ((a.name = ? AND a.rank > 0)"
                        " OR (a.name = ? AND a.rank = 0)) GROUP BY a.rank, a.key"
                        " ORDER BY a.rank, " MOST_FIRST " LIMIT 1",
                        "ss", name, link) ||
        !get_string(&q, &found, fault))
        return false;
    bool done = !found || (*key = catalog_resolve(db, found, fault));
    free(found);
    return done;
}

/* The key of the project that is meant by the words as they are. */
static bool find_exact(struct database *db, const char *words, char **key, struct fault *fault)
{
    char *name = catalog_fold(words), *link = name ? fold_link(words) : NULL;
    bool done = link ? find_key(db, name, link, key, fault) : fault_memory(fault);
    free(name);
    free(link);
    return done;
}

/* The key of the project whose name goes on behind a folded one. */
static bool find_longer(struct database *db, const char *name, char **key, struct fault *fault)
{
    struct query q;
    return database_query(db, &q, fault,
                          "SELECT a.key FROM alias a WHERE a.rank > 0 AND a.name > ?1"
                          " AND substr(a.name, 1, length(?1)) = ?1"
                          " AND substr(a.name, length(?1) + 1, 1) GLOB '[-0-9]' GROUP BY a.key"
                          " ORDER BY " MOST_FIRST " LIMIT 1",
                          "s", name) &&
           get_string(&q, key, fault);
}

/* The key of the project that a folded name is nearest to. */
static bool find_nearest(struct database *db, const char *name, char **key, struct fault *fault)
{
    struct query q;
    bool row = true;
    char **names = NULL;
    size_t count = 0, most = strlen(name) / 3 < TEXT_NEAR ? strlen(name) / 3 : TEXT_NEAR;
    bool done = database_query(db, &q, fault,
                               "SELECT a.name FROM alias a WHERE a.rank > 0 GROUP BY a.name, a.key"
                               " ORDER BY " MOST_FIRST,
                               "");
    while (done && (done = query_next(&q, &row, fault)) && row) {
        char *copy = query_copy(&q, 0);
        char **slot = copy ? array_add(&names, &count, sizeof *slot) : NULL;
        if (slot) {
            *slot = copy;
            continue;
        }
        free(copy);
        query_finish(&q);
        done = fault_memory(fault);
    }
    const char *found =
        done && count ? text_nearest(name, (const char *const *)names, count, most) : NULL;
    done = done && (!found || find_key(db, found, found, key, fault));
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return done;
}

/* The key of a project whose name is like the words. */
static bool find_like(struct database *db, const char *words, char **key, struct fault *fault)
{
    char *name = catalog_fold(words);
    if (!name)
        return fault_memory(fault);
    bool done = !*name ||
                (find_longer(db, name, key, fault) && (*key || find_nearest(db, name, key, fault)));
    free(name);
    return done;
}

/* Reads the project of a key. */
static bool read_project(struct database *db, const char *key, struct catalog_project *project,
                         bool *found, struct fault *fault)
{
    struct catalog_projects projects = {0};
    struct gathering g = {.db = db, .projects = &projects};
    struct query q;
    bool done = database_query(
                    db, &q, fault,
                    ROW "WHERE p.key = ?1 OR p.key IN"
                        " (SELECT '=' || name FROM alias WHERE key = ?1 AND rank = ?2)" ROW_ORDER,
                    "si", key, (int64_t)RANK_NAME) &&
                gather(&g, &q, key, fault);
    *found = done && projects.count;
    if (*found) {
        *project = projects.project[0];
        projects.project[0] = (struct catalog_project){0};
    }
    gathering_finish(&g);
    catalog_projects_finish(&projects);
    return done;
}

bool catalog_find_project(struct database *db, const char *words, bool near,
                          struct catalog_project *project, enum catalog_match *match,
                          struct fault *fault)
{
    const char *inside = words;
    size_t len = text_unwrap(&inside, strlen(words));
    char *bare = strndup(inside, len), *key = NULL;
    bool found = false;
    *match = CATALOG_NONE;
    if (!bare)
        return fault_memory(fault);
    bool done = find_exact(db, words, &key, fault);
    if (done && !key)
        done = find_exact(db, bare, &key, fault);
    if (done && key)
        *match = CATALOG_EXACT;
    else if (done && near && (done = find_like(db, bare, &key, fault)) && key)
        *match = CATALOG_NEAR;
    if (done && key)
        done = read_project(db, key, project, &found, fault);
    if (!found)
        *match = CATALOG_NONE;
    free(bare);
    free(key);
    return done;
}

void catalog_project_finish(struct catalog_project *project)
{
    for (size_t i = 0; i < project->count; i++) {
        free(project->appearance[i].issue_url);
        free(project->appearance[i].name);
        free(project->appearance[i].anchor);
    }
    free(project->appearance);
    free(project->name);
    free(project->url);
    names_finish(&project->also);
    *project = (struct catalog_project){0};
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

bool catalog_projects_since(struct database *db, int from, struct catalog_projects *projects,
                            struct fault *fault)
{
    struct gathering g = {.db = db, .projects = projects};
    struct query q;
    bool done = database_query(db, &q, fault, ROW "WHERE p.issue >= ? AND p.key <> ''" ROW_ORDER,
                               "m", from) &&
                gather(&g, &q, NULL, fault);
    gathering_finish(&g);
    if (done && projects->count)
        qsort(projects->project, projects->count, sizeof *projects->project, compare_projects);
    return done;
}

void catalog_projects_finish(struct catalog_projects *projects)
{
    for (size_t i = 0; i < projects->count; i++)
        catalog_project_finish(&projects->project[i]);
    free(projects->project);
    *projects = (struct catalog_projects){0};
}
