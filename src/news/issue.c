/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue of the newsletter as data, and what follows from the data alone. */
#include "news/issue.h"

#include "base/arena.h"
#include "base/text.h"
#include "base/url.h"
#include "io/json.h"
#include "news/month.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void names_add(struct arena *arena, struct names *names, const char *name)
{
    name += *name == '@';
    for (size_t i = 0; i < names->count; i++)
        if (text_equal_fold(names->name[i], name))
            return;
    if (names->count >= NAMES_MAX)
        return;
    char **slot = arena_add(arena, &names->name, &names->count, sizeof *slot);
    *slot = arena_copy(arena, name);
}

/* A text as a plain JSON string, or null. */
static void put_text(struct arena *arena, struct json *parent, const char *name, const char *text)
{
    json_new_string(parent, name, text ? text_plain(arena, text) : NULL);
}

static void put_names(struct json *parent, const char *name, const struct names *names)
{
    struct json *array = json_new_array(parent, name);
    for (size_t i = 0; i < names->count; i++)
        json_new_string(array, NULL, names->name[i]);
}

static void put_items(struct arena *arena, struct json *parent, const char *name,
                      const struct item *items, size_t count, bool grouped)
{
    struct json *array = json_new_array(parent, name);
    for (size_t i = 0; i < count; i++) {
        const struct item *item = &items[i];
        struct json *object = json_new_object(array, NULL);
        put_text(arena, object, "title", item->title);
        json_new_string(object, "url", item->url);
        if (grouped)
            put_text(arena, object, "group", item->group);
        struct json *notes = json_new_array(object, "notes");
        for (size_t n = 0; n < item->note_count; n++) {
            struct json *note = json_new_object(notes, NULL);
            put_text(arena, note, "text", item->notes[n].text);
            json_new_string(note, "url", item->notes[n].url);
        }
    }
}

static void put_project(struct arena *arena, struct json *array, const struct project *project)
{
    struct json *object = json_new_object(array, NULL);
    put_text(arena, object, "name", project->name);
    json_new_string(object, "url", project->url);
    json_new_string(object, "anchor", project->anchor);
    put_names(object, "maintainers", &project->maintainers);
    put_names(object, "written_by", &project->written_by);
    put_text(arena, object, "summary", project->summary);
    put_items(arena, object, "changes", project->changes, project->change_count, false);
    put_names(object, "contributors", &project->contributors);
}

static void put_section(struct arena *arena, struct json *array, const struct section *section)
{
    struct json *object = json_new_object(array, NULL);
    json_new_string(object, "kind", section_kind_name(section->kind));
    put_text(arena, object, "title", section->title);
    json_new_string(object, "anchor", section->anchor);
    put_items(arena, object, "headlines", section->headlines, section->headline_count, true);
    struct json *projects = json_new_array(object, "projects");
    for (size_t i = 0; i < section->project_count; i++)
        put_project(arena, projects, &section->projects[i]);
}

/* The data begin with the hash of the page, in hexadecimal digits. */
#define PAGE_KEY    "{\"page\":\""
#define PAGE_DIGITS 16

/* Prints it as data for people, or as what shows that an issue was corrected. */
static char *print_issue(struct arena *arena, const struct issue *issue, bool for_people)
{
    struct json *object = json_new_object(NULL, NULL);
    char page[PAGE_DIGITS + 1], id[MONTH_ID_SIZE];
    month_id(issue->month, id);
    snprintf(page, sizeof page, "%0*" PRIx64, PAGE_DIGITS, (uint64_t)issue->page);
    if (!for_people)
        json_new_string(object, "page", page);
    json_new_string(object, "id", id);
    json_new_string(object, "title", issue->title);
    json_new_string(object, "url", issue->url);
    if (for_people)
        json_new_string(object, "published", *issue->published ? issue->published : NULL);
    put_names(object, "authors", &issue->authors);
    put_names(object, "editors", &issue->editors);
    struct json *sections = json_new_array(object, "sections");
    for (size_t i = 0; i < issue->section_count; i++)
        put_section(arena, sections, &issue->sections[i]);
    char *out = json_print(arena, object, for_people);
    json_free(object);
    return out;
}

char *issue_json(struct arena *arena, const struct issue *issue)
{
    return print_issue(arena, issue, true);
}

char *issue_data(struct arena *arena, const struct issue *issue)
{
    return print_issue(arena, issue, false);
}

/* Data that begin otherwise were not read from a page. */
static bool names_page(const char *data)
{
    return strncmp(data, PAGE_KEY, sizeof PAGE_KEY - 1) == 0 &&
           strlen(data) > sizeof PAGE_KEY - 1 + PAGE_DIGITS;
}

bool issue_data_same_page(const char *a, const char *b)
{
    static const char none[] = PAGE_KEY "0000000000000000";
    return names_page(a) && strncmp(a, none, sizeof none - 1) != 0 &&
           strncmp(a, b, sizeof none - 1) == 0;
}

/* The data without the page. */
static const char *words_of(const char *data)
{
    return data + (names_page(data) ? sizeof PAGE_KEY - 1 + PAGE_DIGITS : 0);
}

bool issue_data_same(const char *a, const char *b)
{
    return strcmp(words_of(a), words_of(b)) == 0;
}

int64_t issue_data_hash(const char *data)
{
    const char *words = words_of(data);
    uint64_t hash = text_hash(TEXT_HASH_INIT, words, strlen(words));
    return (int64_t)(hash ? hash : 1);
}

static const char folder[] = "/this-month/";

int issue_month_of_url(const char *url)
{
    size_t len, start = sizeof folder - 1, end = start + MONTH_ID_SIZE - 1;
    const char *path = url_path(url, &len);
    if (!url_is_web(url) || path + len > url + ISSUE_URL_MAX || len != end + 1 ||
        strncmp(path, folder, start) != 0 || path[end] != '/')
        return 0;
    return month_read(path + start);
}

int issue_month_of_page(const char *url, size_t *end)
{
    static const char *const ends[] = {"", "/", "/index.html", "/index.htm"};
    size_t len;
    const char *path = url_path(url, &len), *last = path + len;
    for (const char *p = path; url_is_web(url) && p < last; p++) {
        const char *after = p + sizeof folder - 1 + MONTH_ID_SIZE - 1;
        if (after > last || after - url >= ISSUE_URL_MAX || !text_starts_fold(p, folder))
            continue;
        int month = month_read(p + sizeof folder - 1);
        *end = (size_t)(after - url);
        for (size_t i = 0; month && i < COUNT(ends); i++)
            if (strlen(ends[i]) == (size_t)(last - after) && text_starts_fold(after, ends[i]))
                return month;
    }
    return 0;
}

char *issue_url(struct arena *arena, const char *site, int month)
{
    char id[MONTH_ID_SIZE];
    size_t len = strlen(site);
    month_id(month, id);
    return arena_format(arena, "%.*s/this-month/%s/",
                        (int)(len && site[len - 1] == '/' ? len - 1 : len), site, id);
}

void issue_date(char date[ISSUE_DATE_SIZE], int year, int month, int day)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    date[0] = '\0';
    if (year >= 2020 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
        day <= days[month - 1] && (leap || month != 2 || day <= 28))
        snprintf(date, ISSUE_DATE_SIZE, "%04d-%02d-%02d", year, month, day % 100);
}

void issue_date_read(char date[ISSUE_DATE_SIZE], const char *s)
{
    date[0] = '\0';
    s += strspn(s, " \t\r\n");
    int month = month_read(s);
    if (!month || s[7] != '-' || strspn(s + 8, "0123456789") != 2)
        return;
    issue_date(date, month / 12, month % 12 + 1, (int)strtol(s + 8, NULL, 10));
}

const char *section_kind_name(enum section_kind kind)
{
    static const char *const names[] = {"news",          "projects", "tooling",
                                        "participation", "join",     "other"};
    return names[kind];
}

enum section_kind section_kind_of(const char *title)
{
    if (text_starts_fold(title, "new projects"))
        return SECTION_NEWS;
    if (text_has_word(title, "project") || text_has_word(title, "projects"))
        return SECTION_PROJECTS;
    static const struct {
        const char *part;
        enum section_kind kind;
    } parts[] = {
        {"infrastructure", SECTION_TOOLING},
        {"tooling", SECTION_TOOLING},
        {"participation", SECTION_PARTICIPATION},
        {"join us", SECTION_JOIN},
        {"announcement", SECTION_NEWS},
        {"news", SECTION_NEWS},
        {"showcase", SECTION_NEWS},
    };
    for (size_t i = 0; i < COUNT(parts); i++)
        if (strcasestr(title, parts[i].part))
            return parts[i].kind;
    return SECTION_OTHER;
}

bool issue_is_plausible(const struct issue *issue)
{
    bool known = false, entries = false;
    for (size_t i = 0; i < issue->section_count; i++) {
        const struct section *section = &issue->sections[i];
        known = known || section->kind != SECTION_OTHER;
        entries = entries || section->headline_count || section->project_count;
    }
    return known && entries;
}

static bool is_change_url(const char *url)
{
    static const char *const parts[] = {"/pull/",    "/merge_requests/", "/commit/",
                                        "/commits/", "/compare/",        "/releases/"};
    if (!url || !url_is_web(url))
        return false;
    size_t len;
    const char *path = url_path(url, &len);
    for (size_t i = 0; i < COUNT(parts); i++)
        if (memmem(path, len, parts[i], strlen(parts[i])))
            return true;
    return false;
}

static bool is_number(const char *title)
{
    title += *title == TEXT_CODE_BEGIN;
    title += *title == '#';
    size_t len = strspn(title, "0123456789");
    bool code = title[len] == TEXT_CODE_END;
    return len > 0 && title[len + code] == '\0';
}

static const char *change_of(const struct item *item)
{
    if (is_number(item->title))
        return NULL;
    if (is_change_url(item->url))
        return item->url;
    for (size_t i = 0; i < item->note_count; i++)
        if (is_change_url(item->notes[i].url))
            return item->notes[i].url;
    return NULL;
}

/* Marks an item unless its change is among the keys of those before it, to which it is added. */
static void mark_change(struct arena *arena, struct names *keys, struct item *item)
{
    const char *url = change_of(item);
    char *key = url ? url_page_key(arena, url) : NULL;
    for (size_t i = 0; key && i < keys->count; i++)
        if (strcmp(keys->name[i], key) == 0)
            return;
    item->change = url;
    if (key)
        *(char **)arena_add(arena, &keys->name, &keys->count, sizeof key) = key;
}

void issue_mark_changes(struct arena *arena, struct issue *issue)
{
    struct names keys = {0};
    for (size_t i = 0; i < issue->section_count; i++)
        for (size_t k = 0; k < issue->sections[i].project_count; k++) {
            struct project *project = &issue->sections[i].projects[k];
            for (size_t n = 0; n < project->change_count; n++)
                mark_change(arena, &keys, &project->changes[n]);
        }
}

size_t issue_count_changes(const struct project *project)
{
    size_t count = 0;
    for (size_t i = 0; i < project->change_count; i++)
        count += project->changes[i].change != NULL;
    return count;
}

bool issue_opens_group(const struct item *previous, const struct item *item)
{
    return item->group &&
           (!previous || !previous->group || strcmp(previous->group, item->group) != 0);
}

const char *project_identity(const struct project *project)
{
    return project->url ? project->url : project->name;
}

const char *project_short_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash && slash[1] && !strchr(name, ' ') ? slash + 1 : name;
}
