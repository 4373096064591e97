/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the issues before one had, and the sources beside it that are some of them. */
#include "lint/earlier.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "news/month.h"
#include "news/post.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void add_link(struct arena *arena, struct earlier *earlier, const char *url, int month)
{
    if (!url || !url_is_web(url))
        return;
    struct earlier_link *link =
        arena_add(arena, &earlier->links, &earlier->link_count, sizeof *link);
    link->key = url_key(arena, url);
    link->month = month;
}

static void add_section(struct arena *arena, struct earlier *earlier, const struct section *section,
                        int month)
{
    struct earlier_section *added =
        arena_add(arena, &earlier->sections, &earlier->section_count, sizeof *added);
    added->title = text_plain(arena, section->title);
    added->month = month;
    added->projects = section->project_count;
    for (size_t i = 0; i < section->project_count; i++) {
        const struct project *project = &section->projects[i];
        added->with_people += project->maintainers.count || project->written_by.count;
        added->with_link += project->url != NULL;
    }
}

void earlier_add(struct arena *arena, struct earlier *earlier, const struct issue *issue)
{
    int *month = arena_add(arena, &earlier->months, &earlier->month_count, sizeof *month);
    *month = issue->month;
    for (size_t i = 0; i < issue->section_count; i++) {
        const struct section *section = &issue->sections[i];
        add_section(arena, earlier, section, issue->month);
        if (section->kind == SECTION_PARTICIPATION)
            continue;
        for (size_t j = 0; j < section->headline_count; j++)
            add_link(arena, earlier, section->headlines[j].url, issue->month);
        for (size_t j = 0; j < section->project_count; j++)
            for (size_t k = 0; k < section->projects[j].change_count; k++)
                add_link(arena, earlier, section->projects[j].changes[k].url, issue->month);
    }
}

size_t earlier_count(const struct earlier *earlier, int month)
{
    size_t count = 0;
    for (size_t i = 0; i < earlier->month_count; i++)
        count += earlier->months[i] < month;
    return count;
}

int earlier_find_link(const struct earlier *earlier, const char *key, int month)
{
    int newest = 0;
    for (size_t i = 0; i < earlier->link_count; i++) {
        const struct earlier_link *link = &earlier->links[i];
        if (link->month < month && link->month > newest && strcmp(link->key, key) == 0)
            newest = link->month;
    }
    return newest;
}

const struct earlier_section *earlier_find_section(const struct earlier *earlier, const char *title,
                                                   bool projects, int month)
{
    const struct earlier_section *newest = NULL;
    for (size_t i = 0; i < earlier->section_count; i++) {
        const struct earlier_section *section = &earlier->sections[i];
        if (section->month < month && text_equal_fold(section->title, title) &&
            (section->projects || !projects) && (!newest || section->month > newest->month))
            newest = section;
    }
    return newest;
}

const char *earlier_nearest_section(const struct earlier *earlier, const char *title, int month)
{
    const char *nearest = NULL;
    for (size_t i = 0; i < earlier->section_count && !nearest; i++) {
        const char *known = earlier->sections[i].title;
        if (earlier->sections[i].month < month)
            nearest = text_nearest(title, &known, 1, TEXT_NEAR);
    }
    return nearest;
}

/* Whether an error says that there is nothing to be had. */
static bool is_nothing(int error)
{
    return error == ENOENT || error == ENOTDIR || error == EACCES;
}

static bool wrong_place(const char *path, struct fault *fault)
{
    char shown[300];
    return fault_set(fault, FAULT_LOCAL, "cannot look at what is beside '%s': %s",
                     text_printable(shown, sizeof shown, path, strlen(path)), file_why(errno));
}

/* The name of an entry at the root, without the ".md" where entries are files; NULL: it has none.
 */
static const char *name_of(struct arena *arena, bool folders, const char *entry)
{
    size_t len = strlen(entry);
    if (folders)
        return arena_copy(arena, entry);
    return len > 3 && strcmp(entry + len - 3, ".md") == 0 ? arena_copy_n(arena, entry, len - 3)
                                                          : NULL;
}

/* Fills a zeroed place; its root stays NULL where none is known. */
static bool locate(struct arena *arena, const char *path, struct earlier_place *place,
                   struct fault *fault)
{
    char real[PATH_MAX];
    if (!realpath(path, real))
        return is_nothing(errno) || wrong_place(path, fault);
    char *slash = strrchr(real, '/');
    place->folders = strcmp(slash, "/index.md") == 0;
    if (place->folders) {
        *slash = '\0';
        slash = strrchr(real, '/');
    }
    const char *entry = slash ? slash + 1 : "", *name = name_of(arena, place->folders, entry);
    place->name = name ? name : arena_copy(arena, entry);
    if (slash)
        *slash = '\0';
    place->root = arena_copy(arena, real);
    return true;
}

static int compare_newest_first(const void *a, const void *b)
{
    const int *x = a, *y = b;
    return *y - *x;
}

/* Lists the months at the root, newest first. */
static bool list_months(struct arena *arena, const struct earlier_place *place, int **months,
                        size_t *count, struct fault *fault)
{
    DIR *folder = opendir(place->root);
    struct dirent *entry;
    if (!folder)
        return is_nothing(errno) || wrong_place(place->root, fault);
    while ((errno = 0, entry = readdir(folder))) {
        const char *name = name_of(arena, place->folders, entry->d_name);
        int month = name ? month_of_id(name) : 0;
        if (month)
            *(int *)arena_add(arena, months, count, sizeof **months) = month;
    }
    bool done = !errno || wrong_place(place->root, fault);
    closedir(folder);
    if (*count)
        qsort(*months, *count, sizeof **months, compare_newest_first);
    return done;
}

/* Adds the issue of a month, if its source is one; `turn` is for what is not kept. */
static bool add_month(struct arena *arena, struct arena *turn, struct earlier_place *place,
                      int month, const char *site, struct fault *fault)
{
    struct buf data = BUF_INIT(turn, POST_MAX_MARKDOWN);
    struct issue issue = {0};
    struct fault wrong = {0};
    char id[MONTH_ID_SIZE];
    month_id(month, id);
    const char *path =
        arena_format(turn, "%s/%s%s", place->root, id, place->folders ? "/index.md" : ".md");
    if (file_read(path, &data, &wrong) &&
        post_read_markdown(turn, buf_str(&data), data.len, site, &issue, &wrong)) {
        if (issue.month == month)
            earlier_add(arena, &place->earlier, &issue);
        return true;
    }
    if (wrong.kind == FAULT_ABSENT || wrong.kind == FAULT_INPUT)
        return true;
    *fault = wrong;
    return false;
}

bool earlier_find_place(struct arena *arena, struct earlier_place *place, const char *path,
                        const char *site, struct fault *fault)
{
    struct earlier_place found = {0};
    int *months = NULL;
    size_t count = 0;
    if (!locate(arena, path, &found, fault))
        return false;
    if (found.root && place->root && strcmp(found.root, place->root) == 0 &&
        found.folders == place->folders) {
        place->name = found.name;
        return true;
    }
    *place = (struct earlier_place){0}; /* half of it would pass for the whole */
    if (found.root && !list_months(arena, &found, &months, &count, fault))
        return false;
    struct arena *turn = arena_new();
    bool done = true;
    for (size_t i = 0; done && i < count && i < EARLIER_MAX; i++, arena_reset(turn))
        done = add_month(arena, turn, &found, months[i], site, fault);
    arena_free(turn);
    if (done)
        *place = found;
    return done;
}

const char *earlier_place_month(const struct earlier_place *place)
{
    const char *name = place->name ? place->name : "";
    bool meant = isdigit((unsigned char)*name) && place->earlier.month_count;
    return month_of_id(name) || meant ? name : NULL;
}
