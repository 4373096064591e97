/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The other issues' sources beside one, as the newsletter's repository has them. */
#include "siblings.h"

#include "buf.h"
#include "fault.h"
#include "file.h"
#include "issue.h"
#include "month.h"
#include "post.h"
#include "text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cuts the ".md" off an entry of the root where its entries are files. False: it has none. */
static bool cut_suffix(const struct siblings *siblings, char *entry)
{
    size_t len = strlen(entry);
    if (siblings->folders)
        return true;
    if (len < 3 || strcmp(entry + len - 3, ".md") != 0)
        return false;
    entry[len - 3] = '\0';
    return true;
}

/* Whether an error says that there is nothing to be had. */
static bool is_nothing(int error)
{
    return error == ENOENT || error == ENOTDIR || error == EACCES;
}

static int compare_newest_first(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*y, *x);
}

/* Adds the issue of a month, if its source is one. */
static bool add_issue(struct siblings *siblings, const char *month, const char *site,
                      struct fault *fault)
{
    struct buf data = BUF_INIT(POST_MAX_MARKDOWN);
    struct issue issue = {0};
    struct fault wrong = {0};
    char *path = NULL;
    bool done = true;
    if (asprintf(&path, "%s/%s%s", siblings->root, month, siblings->folders ? "/index.md" : ".md") <
        0) {
        path = NULL;
        done = fault_memory(fault);
    } else if (!file_read(path, &data, &wrong) ||
               !post_read_markdown(buf_str(&data), data.len, site, &issue, &wrong)) {
        done = wrong.kind == FAULT_ABSENT || wrong.kind == FAULT_INPUT;
        if (!done)
            *fault = wrong;
    } else if (issue.month == month_of_id(month)) {
        done = earlier_add(&siblings->earlier, &issue) || fault_memory(fault);
    }
    issue_finish(&issue);
    buf_finish(&data);
    free(path);
    return done;
}

static bool wrong_place(const char *path, struct fault *fault)
{
    char shown[300];
    return fault_set(fault, FAULT_LOCAL, "cannot look at what is beside '%s': %s",
                     text_printable(shown, sizeof shown, path, strlen(path)), file_why(errno));
}

/* Lists the months at the root. */
static bool list_months(const struct siblings *siblings, struct names *months, struct fault *fault)
{
    DIR *folder = opendir(siblings->root);
    struct dirent *entry;
    if (!folder)
        return is_nothing(errno) || wrong_place(siblings->root, fault);
    bool done = true;
    while (done && (errno = 0, entry = readdir(folder)))
        if (cut_suffix(siblings, entry->d_name) && month_of_id(entry->d_name))
            done = names_add(months, entry->d_name) || fault_memory(fault);
    if (done && errno)
        done = wrong_place(siblings->root, fault);
    closedir(folder);
    return done;
}

static bool read_all(struct siblings *siblings, const char *site, struct fault *fault)
{
    struct names months = {0};
    bool done = list_months(siblings, &months, fault);
    if (months.count)
        qsort(months.name, months.count, sizeof *months.name, compare_newest_first);
    for (size_t i = 0; done && i < months.count && i < SIBLINGS_MAX; i++)
        done = add_issue(siblings, months.name[i], site, fault);
    names_finish(&months);
    return done;
}

/* Fills a zeroed place, where a file stands. */
static bool locate(const char *path, struct siblings *place, struct fault *fault)
{
    char *slash;
    place->root = realpath(path, NULL);
    if (!place->root)
        return is_nothing(errno) || wrong_place(path, fault);
    slash = strrchr(place->root, '/');
    place->folders = strcmp(slash, "/index.md") == 0;
    if (place->folders) {
        *slash = '\0';
        slash = strrchr(place->root, '/');
    }
    place->name = strdup(slash ? slash + 1 : "");
    if (!place->name)
        return fault_memory(fault);
    cut_suffix(place, place->name);
    if (slash)
        *slash = '\0';
    return true;
}

bool siblings_find(struct siblings *siblings, const char *path, const char *site,
                   struct fault *fault)
{
    struct siblings place = {0};
    bool done = locate(path, &place, fault);
    if (done && place.root && siblings->root && strcmp(siblings->root, place.root) == 0 &&
        siblings->folders == place.folders) {
        free(siblings->name);
        siblings->name = place.name;
        place.name = NULL;
    } else if (done) {
        siblings_finish(siblings);
        *siblings = place;
        place = (struct siblings){0};
        done = !siblings->root || read_all(siblings, site, fault);
    }
    if (!done)
        siblings_finish(siblings); /* half of it would pass for all */
    siblings_finish(&place);
    return done;
}

void siblings_finish(struct siblings *siblings)
{
    free(siblings->root);
    free(siblings->name);
    earlier_finish(&siblings->earlier);
    *siblings = (struct siblings){0};
}

const char *siblings_month(const struct siblings *siblings)
{
    const char *name = siblings->name ? siblings->name : "";
    bool meant = isdigit((unsigned char)*name) && siblings->earlier.months.count;
    return month_of_id(name) || meant ? name : NULL;
}
