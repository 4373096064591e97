/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An issue of the newsletter as data, and what follows from the data alone. */
#ifndef TMRO_NEWS_ISSUE_H
#define TMRO_NEWS_ISSUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct fault;

/* "YYYY-MM-DD", with the NUL. */
#define ISSUE_DATE_SIZE 11

enum section_kind {
    SECTION_NEWS,
    SECTION_PROJECTS,
    SECTION_TOOLING,
    SECTION_PARTICIPATION,
    SECTION_JOIN,
    SECTION_OTHER,
};

/* Most names in one list; a search for one goes through all. */
#define NAMES_MAX 1000

/* Names of people, without "@". */
struct names {
    char **name;
    size_t count;
};

struct note {
    const char *text; /* a text with code marks, see text.h */
    const char *url;  /* or NULL */
};

/* A headline, or an item of a project's lists. */
struct item {
    const char *title; /* a text with code marks */
    const char *url;   /* or NULL */
    const char *group; /* a text, of the heading that the headline is under; or NULL */
    struct note *notes;
    size_t note_count;
    /* The address that makes it a change, its own or a note's: of a pull or merge request, a
     * commit, a comparison, or a release. NULL: it is prose, a number that refers to something, or
     * the change of an earlier item of the issue. */
    const char *change;
};

struct project {
    const char *name;   /* a text with code marks */
    const char *url;    /* or NULL */
    const char *anchor; /* or NULL */
    struct names maintainers, written_by, contributors;
    const char *summary; /* a text, or NULL */
    struct item *changes;
    size_t change_count; /* items; those with `change` are counted */
};

struct section {
    enum section_kind kind;
    const char *title;  /* a text with code marks */
    const char *anchor; /* or NULL */
    struct item *headlines;
    size_t headline_count;
    struct project *projects;
    size_t project_count;
};

/* Everything it points to is in the arena it was read into. Texts are as text.h says. */
struct issue {
    int month;
    int64_t page;      /* hash of the page it was read from; 0: it was not read from a page */
    const char *title; /* plain */
    const char *url;
    char published[ISSUE_DATE_SIZE]; /* "" when unknown */
    struct names authors, editors;
    struct section *sections;
    size_t section_count;
};

/* Adds a copy of `name` without its "@", unless the list has it already (case ignored) or is full.
 */
void names_add(struct arena *arena, struct names *names, const char *name);

/* The issue as JSON, keys in the documented order, texts plain. */
char *issue_json(struct arena *arena, const struct issue *issue);

/* The same without the date, in few bytes, and with the page: what shows that an issue was
 * corrected. */
char *issue_data(struct arena *arena, const struct issue *issue);

/* Whether two such data were read from the same page, byte for byte; whether they say the same. */
bool issue_data_same_page(const char *a, const char *b);
bool issue_data_same(const char *a, const char *b);

/* A hash of what such data say, never 0. */
int64_t issue_data_hash(const char *data);

/* Longest address of an issue, without query and fragment: a title line has room for it. */
#define ISSUE_URL_MAX 200

/* The month in a web URL whose path is /this-month/YYYY-MM/; 0 for any other URL. */
int issue_month_of_url(const char *url);

/* The month that the URL of a page names, whatever the site: its path ends with
 * /this-month/YYYY-MM, not counting a final "/" or "/index.html". 0: none. `*end` is the length up
 * to there. */
int issue_month_of_page(const char *url, size_t *end);

/* SITE/this-month/YYYY-MM/ */
char *issue_url(struct arena *arena, const char *site, int month);

/* Writes "YYYY-MM-DD" if that is a real day in 2020 or later, else "". */
void issue_date(char date[ISSUE_DATE_SIZE], int year, int month, int day);

/* The same for the date "YYYY-MM-DD" that `s` begins with. */
void issue_date_read(char date[ISSUE_DATE_SIZE], const char *s);

/* "projects" and so on. */
const char *section_kind_name(enum section_kind kind);

/* The kind of a section with this title. */
enum section_kind section_kind_of(const char *title);

/* Whether it has a section of a known kind and at least one headline or project. If not, the
 * template of the site has changed. */
bool issue_is_plausible(const struct issue *issue);

/* Finds what is a change among the items of the issue's projects. */
void issue_mark_changes(struct arena *arena, struct issue *issue);

/* How many changes a project has. */
size_t issue_count_changes(const struct project *project);

/* Whether a headline is the first of its group; `previous` is the one before it, NULL: none. */
bool issue_opens_group(const struct item *previous, const struct item *item);

/* What identifies a project across issues: its link, or its name if it has none. */
const char *project_identity(const struct project *project);

/* The part of a name like "owner/name" after the last "/"; a name of several words stays whole. */
const char *project_short_name(const char *name);

#endif
