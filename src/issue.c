/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue of the newsletter as data, and what follows from the data alone. */
#include "issue.h"

#include "buf.h"
#include "json.h"
#include "month.h"
#include "text.h"
#include "url.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void names_finish(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->name[i]);
    free(names->name);
    *names = (struct names){0};
}

static void items_finish(struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct item *item = &items[i];
        for (size_t n = 0; n < item->note_count; n++) {
            free(item->notes[n].text);
            free(item->notes[n].url);
        }
        free(item->notes);
        free(item->title);
        free(item->url);
        free(item->group);
    }
    free(items);
}

static void project_finish(struct project *project)
{
    free(project->name);
    free(project->url);
    free(project->anchor);
    names_finish(&project->maintainers);
    names_finish(&project->written_by);
    names_finish(&project->contributors);
    free(project->summary);
    items_finish(project->changes, project->change_count);
}

void issue_finish(struct issue *issue)
{
    for (size_t s = 0; s < issue->section_count; s++) {
        struct section *section = &issue->sections[s];
        for (size_t p = 0; p < section->project_count; p++)
            project_finish(&section->projects[p]);
        free(section->projects);
        items_finish(section->headlines, section->headline_count);
        free(section->title);
        free(section->anchor);
    }
    free(issue->sections);
    names_finish(&issue->authors);
    names_finish(&issue->editors);
    free(issue->title);
    free(issue->url);
    *issue = (struct issue){0};
}

bool names_add(struct names *names, const char *name)
{
    name += *name == '@';
    for (size_t i = 0; i < names->count; i++)
        if (text_equal_fold(names->name[i], name))
            return true;
    if (names->count >= NAMES_MAX)
        return true;
    char *copy = strdup(name);
    char **slot = copy ? array_add(&names->name, &names->count, sizeof *slot) : NULL;
    if (!slot) {
        free(copy);
        return false;
    }
    *slot = copy;
    return true;
}

/* A text as a plain JSON string, or null. */
static bool put_text(struct json *parent, const char *name, const char *text)
{
    char *plain = text ? text_plain(arena_ambient(), text) : NULL;
    bool done = (!text || plain) && json_new_string(parent, name, plain);
    free(plain);
    return done;
}

static bool put_names(struct json *parent, const char *name, const struct names *names)
{
    struct json *array = json_new_array(parent, name);
    bool done = array;
    for (size_t i = 0; done && i < names->count; i++)
        done = json_new_string(array, NULL, names->name[i]);
    return done;
}

static bool put_items(struct json *parent, const char *name, const struct item *items, size_t count,
                      bool grouped)
{
    struct json *array = json_new_array(parent, name);
    bool done = array;
    for (size_t i = 0; done && i < count; i++) {
        const struct item *item = &items[i];
        struct json *object = json_new_object(array, NULL), *notes;
        done = object && put_text(object, "title", item->title) &&
               json_new_string(object, "url", item->url) &&
               (!grouped || put_text(object, "group", item->group)) &&
               (notes = json_new_array(object, "notes"));
        for (size_t n = 0; done && n < item->note_count; n++) {
            struct json *note = json_new_object(notes, NULL);
            done = note && put_text(note, "text", item->notes[n].text) &&
                   json_new_string(note, "url", item->notes[n].url);
        }
    }
    return done;
}

static bool put_project(struct json *array, const struct project *project)
{
    struct json *object = json_new_object(array, NULL);
    return object && put_text(object, "name", project->name) &&
           json_new_string(object, "url", project->url) &&
           json_new_string(object, "anchor", project->anchor) &&
           put_names(object, "maintainers", &project->maintainers) &&
           put_names(object, "written_by", &project->written_by) &&
           put_text(object, "summary", project->summary) &&
           put_items(object, "changes", project->changes, project->change_count, false) &&
           put_names(object, "contributors", &project->contributors);
}

static bool put_section(struct json *array, const struct section *section)
{
    struct json *object = json_new_object(array, NULL), *projects;
    bool done = object && json_new_string(object, "kind", section_kind_name(section->kind)) &&
                put_text(object, "title", section->title) &&
                json_new_string(object, "anchor", section->anchor) &&
                put_items(object, "headlines", section->headlines, section->headline_count, true) &&
                (projects = json_new_array(object, "projects"));
    for (size_t i = 0; done && i < section->project_count; i++)
        done = put_project(projects, &section->projects[i]);
    return done;
}

/* The hash of the page, with which the data begin, in hexadecimal digits. */
#define PAGE_KEY    "{\"page\":\""
#define PAGE_DIGITS 16

static char *print_issue(const struct issue *issue, bool dated, bool pretty)
{
    struct json *object = json_new_object(NULL, NULL), *sections;
    char page[PAGE_DIGITS + 1], id[MONTH_ID_SIZE];
    month_id(issue->month, id);
    snprintf(page, sizeof page, "%0*" PRIx64, PAGE_DIGITS, (uint64_t)issue->page);
    bool done =
        object && (dated || json_new_string(object, "page", page)) &&
        json_new_string(object, "id", id) && json_new_string(object, "title", issue->title) &&
        json_new_string(object, "url", issue->url) &&
        (!dated ||
         json_new_string(object, "published", *issue->published ? issue->published : NULL)) &&
        put_names(object, "authors", &issue->authors) &&
        put_names(object, "editors", &issue->editors) &&
        (sections = json_new_array(object, "sections"));
    for (size_t i = 0; done && i < issue->section_count; i++)
        done = put_section(sections, &issue->sections[i]);
    char *out = done ? json_print(arena_ambient(), object, pretty) : NULL;
    json_free(object);
    return out;
}

char *issue_json(const struct issue *issue)
{
    return print_issue(issue, true, true);
}

char *issue_data(const struct issue *issue)
{
    return print_issue(issue, false, false);
}

/* Data that do not begin with it were not read from a page. */
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

static bool digits(const char *s, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
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
        for (size_t i = 0; month && i < sizeof ends / sizeof *ends; i++)
            if (strlen(ends[i]) == (size_t)(last - after) && text_starts_fold(after, ends[i]))
                return month;
    }
    return 0;
}

char *issue_url(const char *site, int month)
{
    char id[MONTH_ID_SIZE];
    struct buf out = BUF_INIT(2 * URL_MAX);
    size_t len = strlen(site);
    buf_add(&out, site, len && site[len - 1] == '/' ? len - 1 : len);
    month_id(month, id);
    buf_addf(&out, "/this-month/%s/", id);
    return buf_take(&out);
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
    if (strnlen(s, 10) == 10 && digits(s, 4) && s[4] == '-' && digits(s + 5, 2) && s[7] == '-' &&
        digits(s + 8, 2) && !(s[10] >= '0' && s[10] <= '9'))
        issue_date(date, (int)strtol(s, NULL, 10), (int)strtol(s + 5, NULL, 10),
                   (int)strtol(s + 8, NULL, 10));
}

const char *section_kind_name(enum section_kind kind)
{
    static const char *const names[] = {"news",          "projects", "tooling",
                                        "participation", "join",     "other"};
    return names[kind];
}

static bool contains_fold(const char *s, const char *part)
{
    return strcasestr(s, part) != NULL;
}

enum section_kind section_kind_of(const char *title)
{
    if (text_starts_fold(title, "new projects"))
        return SECTION_NEWS;
    if (text_has_word(title, "project") || text_has_word(title, "projects"))
        return SECTION_PROJECTS;
    if (contains_fold(title, "infrastructure") || contains_fold(title, "tooling"))
        return SECTION_TOOLING;
    if (contains_fold(title, "participation"))
        return SECTION_PARTICIPATION;
    if (contains_fold(title, "join us"))
        return SECTION_JOIN;
    if (contains_fold(title, "announcement") || contains_fold(title, "news") ||
        contains_fold(title, "showcase"))
        return SECTION_NEWS;
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
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
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

bool issue_is_change(const struct item *item)
{
    if (is_number(item->title))
        return false;
    bool change = is_change_url(item->url);
    for (size_t i = 0; !change && i < item->note_count; i++)
        change = is_change_url(item->notes[i].url);
    return change;
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
