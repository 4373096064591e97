/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The other issues' sources beside one, as the newsletter's repository has them. */
#include "siblings.h"

#include "buf.h"
#include "fault.h"
#include "file.h"
#include "issue.h"
#include "post.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The month that an entry of the root is of, if its source stands there. */
static bool month_of(const struct siblings *siblings, const char *entry, char month[ISSUE_ID_SIZE])
{
    size_t len = strlen(entry);
    if (len != ISSUE_ID_SIZE - 1 + (siblings->folders ? 0 : 3) ||
        (!siblings->folders && strcmp(entry + ISSUE_ID_SIZE - 1, ".md") != 0))
        return false;
    memcpy(month, entry, ISSUE_ID_SIZE - 1);
    month[ISSUE_ID_SIZE - 1] = '\0';
    return issue_id_valid(month);
}

static int compare_newest_first(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*y, *x);
}

/* Adds the issue of a month, if its source is one. False: out of memory. */
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
    } else if (file_read(path, &data, &wrong) &&
               post_read_markdown(buf_str(&data), data.len, site, &issue, &wrong) &&
               strcmp(issue.id, month) == 0) {
        done = earlier_add(&siblings->earlier, &issue) || fault_memory(fault);
    }
    issue_finish(&issue);
    buf_finish(&data);
    free(path);
    return done;
}

static bool read_all(struct siblings *siblings, const char *site, struct fault *fault)
{
    struct names months = {0};
    char month[ISSUE_ID_SIZE];
    DIR *folder = opendir(siblings->root);
    bool done = true;
    for (struct dirent *entry; done && folder && (entry = readdir(folder));)
        if (month_of(siblings, entry->d_name, month))
            done = names_add(&months, month) || fault_memory(fault);
    if (folder)
        closedir(folder);
    if (months.count)
        qsort(months.name, months.count, sizeof *months.name, compare_newest_first);
    for (size_t i = 0; done && i < months.count && i < SIBLINGS_MAX; i++)
        done = add_issue(siblings, months.name[i], site, fault);
    names_finish(&months);
    return done;
}

bool siblings_find(struct siblings *siblings, const char *path, const char *site,
                   char month[ISSUE_ID_SIZE], struct fault *fault)
{
    char *whole = realpath(path, NULL), *slash = whole ? strrchr(whole, '/') : NULL;
    struct siblings place = {.folders = slash && strcmp(slash + 1, "index.md") == 0};
    bool done = true;
    *month = '\0';
    if (slash) {
        *slash = '\0';
        char *above = place.folders ? strrchr(whole, '/') : NULL;
        const char *entry = above ? above + 1 : slash + 1;
        if (!month_of(&place, entry, month))
            *month = '\0';
        if (above)
            *above = '\0';
    }
    if (!whole || !siblings->root || strcmp(siblings->root, whole) != 0 ||
        siblings->folders != place.folders) {
        siblings_finish(siblings);
        siblings->folders = place.folders;
        siblings->root = slash ? whole : NULL;
        whole = slash ? NULL : whole;
        done = !siblings->root || read_all(siblings, site, fault);
    }
    free(whole);
    return done;
}

void siblings_finish(struct siblings *siblings)
{
    free(siblings->root);
    earlier_finish(&siblings->earlier);
    *siblings = (struct siblings){0};
}
