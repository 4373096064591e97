/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the issues before one had: their links, their sections, and how they name people. */
#include "earlier.h"

#include "buf.h"
#include "month.h"
#include "text.h"
#include "url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Sections of all issues; 200 real ones have 1,200. */
#define SECTIONS_MAX 10000

/* Whether the path ends in a view of a pull request, "/pull/12/files"; gives the length without it.
 */
static size_t drop_view(const char *path, size_t len)
{
    static const char *const views[] = {"/files", "/commits", "/checks"};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        size_t n = strlen(views[i]), number = len - n;
        if (len <= n || memcmp(path + len - n, views[i], n) != 0)
            continue;
        while (number > 0 && isdigit((unsigned char)path[number - 1]))
            number--;
        return number >= 6 && memcmp(path + number - 6, "/pull/", 6) == 0 ? len - n : len;
    }
    return len;
}

static uint64_t hash_link(const char *url)
{
    const char *colon = strstr(url, "://");
    const char *s = colon ? colon + 3 : url;
    s += text_starts_fold(s, "www.") ? 4 : 0;
    size_t host = strcspn(s, "/?#"), len = strcspn(s + host, "?#");
    uint64_t hash = TEXT_HASH_INIT;
    for (size_t i = 0; i < host; i++)
        hash = text_hash(hash, (char[]){(char)tolower((unsigned char)s[i])}, 1);
    s += host;
    const char *rest = s + len;
    len -= len && s[len - 1] == '/';
    hash = text_hash(hash, s, drop_view(s, len));
    /* What only counts where readers come from is no part of the address. */
    for (size_t n; *rest == '?' || *rest == '&'; rest += n) {
        n = 1 + strcspn(rest + 1, "&#");
        if (strncmp(rest + 1, "utm_", 4) != 0)
            hash = text_hash(text_hash(hash, "&", 1), rest + 1, n - 1);
    }
    return text_hash(hash, rest, strlen(rest));
}

uint64_t earlier_link_hash(const char *url)
{
    /* A draft has a host as it was typed, an issue as DNS has it. */
    char *settled = url_resolve(arena_ambient(), "", url);
    return hash_link(settled ? settled : url);
}

static bool add_link(struct earlier *earlier, const char *url, int month)
{
    if (!url || !url_is_web(url) || earlier->link_count >= EARLIER_LINKS_MAX)
        return true;
    struct earlier_link *link = array_add(&earlier->links, &earlier->link_count, sizeof *link);
    if (!link)
        return false;
    link->hash = earlier_link_hash(url);
    link->month = month;
    return true;
}

static bool add_section(struct earlier *earlier, const struct section *section, int month)
{
    if (earlier->section_count >= SECTIONS_MAX)
        return true;
    struct earlier_section *added =
        array_add(&earlier->sections, &earlier->section_count, sizeof *added);
    if (!added || !(added->title = text_plain(arena_ambient(), section->title)))
        return false;
    added->month = month;
    added->projects = section->project_count;
    for (size_t i = 0; i < section->project_count; i++) {
        const struct project *project = &section->projects[i];
        added->with_people += project->maintainers.count || project->written_by.count;
        added->with_link += project->url != NULL;
    }
    return true;
}

bool earlier_add(struct earlier *earlier, const struct issue *issue)
{
    bool done = months_add(&earlier->months, issue->month);
    earlier->sorted = false;
    for (size_t i = 0; done && i < issue->section_count; i++) {
        const struct section *section = &issue->sections[i];
        done = add_section(earlier, section, issue->month);
        if (section->kind == SECTION_PARTICIPATION)
            continue;
        for (size_t j = 0; done && j < section->headline_count; j++)
            done = add_link(earlier, section->headlines[j].url, issue->month);
        for (size_t j = 0; j < section->project_count; j++)
            for (size_t k = 0; done && k < section->projects[j].change_count; k++)
                done = add_link(earlier, section->projects[j].changes[k].url, issue->month);
    }
    return done;
}

void earlier_finish(struct earlier *earlier)
{
    for (size_t i = 0; i < earlier->section_count; i++)
        free(earlier->sections[i].title);
    free(earlier->sections);
    free(earlier->links);
    months_finish(&earlier->months);
    *earlier = (struct earlier){0};
}

size_t earlier_count(const struct earlier *earlier, int month)
{
    size_t count = 0;
    for (size_t i = 0; i < earlier->months.count; i++)
        count += earlier->months.month[i] < month;
    return count;
}

/* By address, the newest month first. */
static int compare(const void *a, const void *b)
{
    const struct earlier_link *x = a, *y = b;
    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : y->month - x->month;
}

int earlier_find_link(struct earlier *earlier, const char *url, int month)
{
    uint64_t hash = earlier_link_hash(url);
    if (!earlier->sorted && earlier->link_count)
        qsort(earlier->links, earlier->link_count, sizeof *earlier->links, compare);
    earlier->sorted = true;
    size_t low = 0, high = earlier->link_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct earlier_link *link = &earlier->links[middle];
        if (link->hash < hash || (link->hash == hash && link->month >= month))
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < earlier->link_count && earlier->links[low].hash == hash;
    return found ? earlier->links[low].month : 0;
}

static bool is_section(const struct earlier_section *section, const char *title, int month)
{
    return section->month < month && text_equal_fold(section->title, title);
}

bool earlier_has_section(const struct earlier *earlier, const char *title, int month)
{
    for (size_t i = 0; i < earlier->section_count; i++)
        if (is_section(&earlier->sections[i], title, month))
            return true;
    return false;
}

const struct earlier_section *earlier_find_projects(const struct earlier *earlier,
                                                    const char *title, int month)
{
    const struct earlier_section *newest = NULL;
    for (size_t i = 0; i < earlier->section_count; i++) {
        const struct earlier_section *section = &earlier->sections[i];
        if (section->projects && is_section(section, title, month) &&
            (!newest || section->month > newest->month))
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
