/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One project is one. */
#include "state/projects.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/url.h"
#include "io/database.h"
#include "news/issue.h"

#include <string.h>

/* Ways in which a heading names two projects. */
#define JOINTS 4

/* How exactly a name means a project. */
enum rank {
    RANK_KEY,        /* the address of its repository */
    RANK_NAME,       /* as a heading has it, or "owner/name" of the address */
    RANK_SHORT_NAME, /* of a heading */
    RANK_LINK_NAME,  /* the address's last part */
};

char *projects_name(struct arena *arena, const char *name)
{
    struct buf folded = BUF_INIT(arena, TEXT_MAX);
    text_add_folded(&folded, name, strlen(name));
    text_trim(&folded);
    char *plain = text_plain(arena, buf_str(&folded));
    for (char *p = plain; *p; p++)
        if (*p == '_' || *p == ' ')
            *p = '-';
        else if (*p >= 'A' && *p <= 'Z')
            *p |= 0x20;
    return plain;
}

/* An address, and the one that it is the same project as; the earliest stands for all. */
struct address {
    const char *key;
    size_t same;
};

/* That a heading of that name had an address. */
struct naming {
    const char *name;
    size_t address;
};

/* A heading as it is written, of any number of appearances. */
struct heading {
    const char *title, *url, *key; /* the latter two are NULL when it has no link */
    const char *name;              /* projects_name() of the title */
    const char *short_name;        /* the same of its part after the last "/" */
    size_t newest;                 /* appearance */
    size_t project[2], count;      /* that it is about */
};

/* As the archive has it. */
struct appearance {
    int64_t id;
    char *title, *url, *key;
    size_t heading;
};

struct derivation {
    struct arena *arena;
    struct database *db;
    struct fault *fault;
    char *organisation;
    struct appearance *appearance; /* oldest issue first */
    size_t appearance_count;
    struct heading *heading; /* in the order of their first appearance */
    size_t heading_count;
    struct address *address; /* in the order of their first appearance */
    size_t address_count;
    struct naming *naming;
    size_t naming_count;
};

static size_t root(const struct derivation *d, size_t address)
{
    while (d->address[address].same != address)
        address = d->address[address].same;
    return address;
}

static size_t find_address(struct derivation *d, const char *key)
{
    size_t i = 0;
    while (i < d->address_count && strcmp(d->address[i].key, key) != 0)
        i++;
    if (i == d->address_count) {
        struct address *address =
            arena_add(d->arena, &d->address, &d->address_count, sizeof *address);
        *address = (struct address){key, i};
    }
    return i;
}

/* "owner/name" of an address with only these; NULL: it is another. */
static const char *path_of(const char *key)
{
    const char *owner = strchr(key, '/'), *name = owner ? strchr(owner + 1, '/') : NULL;
    return name && name[1] && !strchr(name + 1, '/') ? owner + 1 : NULL;
}

/* The length of "host/owner/" of an address; 0: it has no owner. */
static size_t owner_length(const char *key)
{
    const char *path = path_of(key);
    return path ? (size_t)(strchr(path, '/') + 1 - key) : 0;
}

/* Whether "owner/name" is the organisation's. */
static bool is_of(const char *organisation, const char *path)
{
    size_t len = strlen(organisation);
    return path && len && strncmp(path, organisation, len) == 0 && path[len] == '/';
}

static bool is_moved(const struct derivation *d, const char *earlier, const char *later)
{
    size_t len = owner_length(earlier);
    return (len && strncmp(earlier, later, len) == 0) || is_of(d->organisation, path_of(later));
}

/* In lower case, as keys of addresses are. */
static bool get_organisation(struct arena *arena, struct database *db, char **name,
                             struct fault *fault)
{
    *name = arena_copy(arena, "");
    return database_get_text(arena, db, name, fault, "SELECT lower(name) FROM organisation", "");
}

/* Notes that a heading has an address, and what that makes the same. */
static void add_naming(struct derivation *d, const struct heading *heading)
{
    size_t address = find_address(d, heading->key);
    for (size_t i = 0; i < d->naming_count; i++) {
        if (strcmp(d->naming[i].name, heading->short_name) != 0)
            continue;
        size_t other = d->naming[i].address;
        if (other == address)
            return;
        size_t earlier = other < address ? other : address, later = other + address - earlier;
        size_t a = root(d, earlier), b = root(d, later);
        if (a != b && is_moved(d, d->address[earlier].key, d->address[later].key))
            d->address[a > b ? a : b].same = a > b ? b : a;
    }
    struct naming *naming = arena_add(d->arena, &d->naming, &d->naming_count, sizeof *naming);
    *naming = (struct naming){heading->short_name, address};
}

/* The project that had exactly this name with an address, the newest one; SIZE_MAX: none. */
static size_t find_named(const struct derivation *d, const char *name, size_t len)
{
    for (size_t i = d->naming_count; i-- > 0;)
        if (strlen(d->naming[i].name) == len && memcmp(d->naming[i].name, name, len) == 0)
            return root(d, d->naming[i].address);
    return SIZE_MAX;
}

/* The two parts of a name that names two projects, as separated by the n-th way to do so; NULL: it
 * is not separated so. */
static const char *second_name(const char *name, size_t n, size_t *first_len)
{
    static const char *const joints[JOINTS] = {"-and-", ",-", "-&-", "/"};
    const char *joint = strstr(name, joints[n]);
    *first_len = joint ? (size_t)(joint - name) : 0;
    return joint ? joint + strlen(joints[n]) : NULL;
}

/* Finds the one or two projects that a heading is about. */
static void find_projects(struct derivation *d, struct heading *heading)
{
    size_t *project = heading->project, count = 1;
    const char *name = heading->name;
    project[0] =
        heading->key ? root(d, find_address(d, heading->key)) : find_named(d, name, strlen(name));
    for (size_t i = 0; project[0] == SIZE_MAX && i < JOINTS; i++) {
        size_t len;
        const char *second = second_name(name, i, &len);
        if (!second)
            continue;
        project[0] = find_named(d, name, len);
        project[1] = find_named(d, second, strlen(second));
        count = project[1] == SIZE_MAX || project[1] == project[0] ? 1 : 2;
    }
    if (project[0] == SIZE_MAX) {
        project[0] = find_named(d, heading->short_name, strlen(heading->short_name));
        count = 1;
    }
    heading->count = project[0] == SIZE_MAX ? 0 : count;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The heading of an appearance. */
static size_t find_heading(struct derivation *d, const struct appearance *at)
{
    size_t i = 0;
    while (i < d->heading_count &&
           !(strcmp(d->heading[i].title, at->title) == 0 && is_same(d->heading[i].url, at->url)))
        i++;
    if (i == d->heading_count) {
        struct heading *heading =
            arena_add(d->arena, &d->heading, &d->heading_count, sizeof *heading);
        const char *short_name = project_short_name(text_plain(d->arena, at->title));
        *heading = (struct heading){.title = at->title,
                                    .url = at->url,
                                    .key = at->key,
                                    .name = projects_name(d->arena, at->title),
                                    .short_name = projects_name(d->arena, short_name)};
        if (heading->key)
            add_naming(d, heading);
    }
    return i;
}

static bool read_headings(struct derivation *d)
{
    static const struct columns columns = {sizeof(struct appearance),
                                           {COLUMN(appearance, id), COLUMN(appearance, title),
                                            COLUMN_OR_NULL(appearance, url),
                                            COLUMN_OR_NULL(appearance, key)}};
    if (!database_rows(d->arena, d->db, &columns, &d->appearance, &d->appearance_count, d->fault,
                       "SELECT id, name AS title, url, key FROM appearance ORDER BY id", ""))
        return false;
    for (size_t i = 0; i < d->appearance_count; i++) {
        d->appearance[i].heading = find_heading(d, &d->appearance[i]);
        d->heading[d->appearance[i].heading].newest = i;
    }
    for (size_t i = 0; i < d->heading_count; i++)
        find_projects(d, &d->heading[i]);
    return true;
}

static bool put_alias(const struct derivation *d, const char *name, enum rank rank, size_t project)
{
    return database_run(d->db, d->fault,
                        "INSERT OR IGNORE INTO alias (name, rank, project) VALUES (?, ?, ?)", "sii",
                        name, (int64_t)rank, (int64_t)project + 1);
}

/* The name that a heading with a link gives its project: without words before that of its
 * repository. */
static const char *name_of(const struct derivation *d, const struct heading *heading)
{
    const char *name = project_short_name(text_plain(d->arena, heading->title)),
               *path = path_of(heading->key);
    size_t len = strlen(name), tail = path ? strlen(strchr(path, '/') + 1) : 0;
    bool ends = tail && tail < len && name[len - tail - 1] == ' ' &&
                strcmp(projects_name(d->arena, name + len - tail),
                       projects_name(d->arena, strchr(path, '/') + 1)) == 0;
    return ends ? name + len - tail : name;
}

/* Stores the names under which the project of a heading with a link is found. */
static bool put_aliases(struct derivation *d, const struct heading *heading)
{
    size_t project = heading->project[0];
    const char *path = path_of(heading->key);
    return put_alias(d, heading->name, RANK_NAME, project) &&
           put_alias(d, heading->short_name, RANK_SHORT_NAME, project) &&
           put_alias(d, heading->key, RANK_KEY, project) &&
           (!path || (put_alias(d, projects_name(d->arena, path), RANK_NAME, project) &&
                      put_alias(d, projects_name(d->arena, strchr(path, '/') + 1), RANK_LINK_NAME,
                                project)));
}

/* Stores a project, called as in its newest heading with a link. */
static bool put_project(struct derivation *d, size_t project)
{
    const struct heading *newest = NULL;
    for (size_t i = 0; i < d->heading_count; i++) {
        const struct heading *heading = &d->heading[i];
        if (heading->key && heading->project[0] == project &&
            (!newest || heading->newest > newest->newest))
            newest = heading;
    }
    return !newest ||
           database_run(d->db, d->fault, "INSERT INTO project (id, name, url) VALUES (?, ?, ?)",
                        "iss", (int64_t)project + 1, name_of(d, newest), newest->url);
}

static bool put_parts(struct derivation *d, const struct appearance *at)
{
    const struct heading *heading = &d->heading[at->heading];
    for (size_t i = 0; i < heading->count; i++)
        if (!database_run(d->db, d->fault, "INSERT INTO part (project, appearance) VALUES (?, ?)",
                          "ii", (int64_t)heading->project[i] + 1, at->id))
            return false;
    return true;
}

static bool derive(struct derivation *d)
{
    if (!database_run(d->db, d->fault, "DELETE FROM part", "") ||
        !database_run(d->db, d->fault, "DELETE FROM alias", "") ||
        !database_run(d->db, d->fault, "DELETE FROM project", "") || !read_headings(d))
        return false;
    for (size_t i = 0; i < d->address_count; i++)
        if (!put_project(d, i))
            return false;
    for (size_t i = 0; i < d->heading_count; i++)
        if (d->heading[i].key && !put_aliases(d, &d->heading[i]))
            return false;
    for (size_t i = 0; i < d->appearance_count; i++)
        if (!put_parts(d, &d->appearance[i]))
            return false;
    return true;
}

bool projects_derive(struct database *db, struct fault *fault)
{
    struct derivation d = {.arena = arena_new(), .db = db, .fault = fault};
    bool done = get_organisation(d.arena, db, &d.organisation, fault) && derive(&d);
    arena_free(d.arena);
    return done;
}

bool projects_set_organisation(struct database *db, const char *name, struct fault *fault)
{
    int64_t same = 0;
    if (!database_get_integer(db, &same, fault, "SELECT name = ? FROM organisation", "s", name))
        return false;
    if (same)
        return true;
    bool done = database_begin(db, fault) &&
                database_run(db, fault, "UPDATE organisation SET name = ?", "s", name) &&
                projects_derive(db, fault);
    return database_end(db, done, fault);
}

/* The first issue with a project of a name, as of a heading; 0: there is no such project. */
static bool find_first(struct database *db, const char *name, int64_t *first, struct fault *fault)
{
    return database_get_integer(
        db, first, fault,
        "SELECT coalesce(min(p.issue), 0) FROM alias a JOIN part ON part.project = a.project"
        " JOIN appearance p ON p.id = part.appearance WHERE a.name = ? AND a.rank = ?",
        "si", name, (int64_t)RANK_SHORT_NAME);
}

/* Of a heading without link: it is about known projects. */
static bool is_name_new(struct arena *arena, struct database *db, int month, const char *name,
                        bool *is_new, struct fault *fault)
{
    int64_t first = 0;
    if (!find_first(db, name, &first, fault))
        return false;
    for (size_t i = 0; !first && i < JOINTS; i++) {
        size_t len;
        if (second_name(name, i, &len) &&
            !find_first(db, arena_copy_n(arena, name, len), &first, fault))
            return false;
    }
    if (!first && !find_first(db, project_short_name(name), &first, fault))
        return false;
    *is_new = first >= month;
    return true;
}

bool projects_is_new(struct arena *arena, struct database *db, int month,
                     const struct project *heading, bool *is_new, struct fault *fault)
{
    int64_t count = 0;
    if (!heading->url)
        return is_name_new(arena, db, month, projects_name(arena, heading->name), is_new, fault);
    const char *short_name =
        projects_name(arena, project_short_name(text_plain(arena, heading->name)));
    /* A new address of a known name may be a move, as when the issue is in the archive. */
    const char *key = url_page_key(arena, heading->url), *path = path_of(key);
    char *organisation;
    if (!get_organisation(arena, db, &organisation, fault))
        return false;
    bool moved = is_of(organisation, path);
    const char *owner = path ? arena_format(arena, "%.*s", (int)owner_length(key), key) : "/";
    bool done = database_get_integer(
        db, &count, fault,
        "SELECT count(*) FROM appearance p JOIN part ON part.appearance = p.id"
        " JOIN alias a ON a.project = part.project WHERE p.issue < ?1"
        " AND (a.name = ?2 OR (a.name = ?3 AND a.rank = 2 AND (?4 OR EXISTS (SELECT 1 FROM alias k"
        " WHERE k.project = a.project AND k.rank = 0 AND substr(k.name, 1, length(?5)) = ?5))))",
        "mssis", month, key, short_name, (int64_t)moved, owner);
    *is_new = !count;
    return done;
}
