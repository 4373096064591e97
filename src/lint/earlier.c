/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What earlier issues had, and the sources beside a file. */
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
    for (size_t i = 0; i < earlier->link_count; i++)
        if (earlier->links[i].month < month && strcmp(earlier->links[i].key, key) == 0)
            return earlier->links[i].month;
    return 0;
}

const struct earlier_section *earlier_find_section(const struct earlier *earlier, const char *title,
                                                   bool projects, int month)
{
    for (size_t i = 0; i < earlier->section_count; i++) {
        const struct earlier_section *section = &earlier->sections[i];
        if (section->month < month && text_equal_fold(section->title, title) &&
            (section->projects || !projects))
            return section;
    }
    return NULL;
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

/* Finds where a file is and fills a zeroed place; its root stays NULL if that is unknown. */
static void locate(struct arena *arena, const char *path, struct earlier_place *place)
{
    char real[PATH_MAX];
    if (!realpath(path, real))
        return;
    char *slash = strrchr(real, '/'), *dot = strrchr(real, '.');
    place->folders = strcmp(slash, "/index.md") == 0;
    if (place->folders) {
        *slash = '\0';
        slash = strrchr(real, '/');
    } else if (dot && strcmp(dot, ".md") == 0) {
        *dot = '\0';
    }
    if (!slash)
        return;
    place->name = arena_copy(arena, slash + 1);
    *slash = '\0';
    place->root = arena_copy(arena, real);
}

static int is_folder_of_month(const struct dirent *entry)
{
    return month_of_id(entry->d_name) != 0;
}

static int is_file_of_month(const struct dirent *entry)
{
    return month_read(entry->d_name) && strcmp(entry->d_name + MONTH_ID_SIZE - 1, ".md") == 0;
}

/* Adds the issue of an entry at the root, if it is an issue; `turn` is for what is not kept. */
static bool add_entry(struct arena *arena, struct arena *turn, struct earlier_place *place,
                      const char *entry, const char *site, struct fault *fault)
{
    struct buf data = BUF_INIT(turn, POST_MAX_MARKDOWN);
    struct issue issue = {0};
    struct fault wrong = {0};
    const char *path =
        arena_format(turn, "%s/%s%s", place->root, entry, place->folders ? "/index.md" : "");
    if (file_read(path, &data, &wrong) &&
        post_read_markdown(turn, buf_str(&data), data.len, site, &issue, &wrong)) {
        if (issue.month == month_read(entry))
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
    struct dirent **entries = NULL;
    locate(arena, path, &found);
    if (found.root && place->root && strcmp(found.root, place->root) == 0 &&
        found.folders == place->folders) {
        place->name = found.name;
        return true;
    }
    *place = (struct earlier_place){0}; /* if reading fails, half of it must not be taken for all */
    int count = !found.root
                    ? 0
                    : scandir(found.root, &entries,
                              found.folders ? is_folder_of_month : is_file_of_month, alphasort);
    struct arena *turn = arena_new();
    bool done = true;
    for (int i = count - 1; i >= 0; i--, arena_reset(turn)) {
        done = done && add_entry(arena, turn, &found, entries[i]->d_name, site, fault);
        free(entries[i]);
    }
    free(entries);
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
