/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an editor wants to know before a source is merged. */
#include "lint/lint.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "lint/draft.h"
#include "news/post.h"
#include "state/catalog.h"

#include <string.h>

/* The issues of the archive, newest first. */
static bool read_archive(struct lint *lint, struct fault *fault)
{
    struct catalog_issues issues = {0};
    if (!catalog_list(lint->arena, lint->db, &issues, fault))
        return false;
    size_t first = issues.count > EARLIER_MAX ? issues.count - EARLIER_MAX : 0;
    struct arena *turn = arena_new();
    bool done = true;
    for (size_t i = issues.count; done && i-- > first; arena_reset(turn)) {
        struct issue issue = {0};
        done = catalog_read(turn, lint->db, issues.issue[i].month, &issue, fault);
        if (done)
            earlier_add(lint->arena, &lint->archive, &issue);
    }
    arena_free(turn);
    return done;
}

/* What is known of the issues before `month`; NULL: nothing. */
static const struct earlier *find_earlier(struct lint *lint, int month)
{
    struct fault fault = {0};
    if (earlier_count(&lint->place.earlier, month))
        return &lint->place.earlier;
    if (month && lint->db && !lint->archive_read) {
        lint->archive_read = true;
        if (!read_archive(lint, &fault))
            log_line(LOG_LEVEL_WARNING, "cannot use the archive: %s", fault.msg);
    }
    return earlier_count(&lint->archive, month) ? &lint->archive : NULL;
}

bool lint_look(struct lint *lint, struct arena *arena, const char *path, struct lint_file *file,
               struct fault *fault)
{
    struct buf data = BUF_INIT(arena, POST_MAX_MARKDOWN);
    struct fault unread = {0};
    struct draft draft;
    *file = (struct lint_file){0};
    path = strcmp(path, "-") == 0 ? "/dev/stdin" : path;
    if (!file_read(path, &data, fault) ||
        !earlier_find_place(lint->arena, &lint->place, path, lint->site, fault))
        return false;
    file->is_issue =
        post_read_markdown(arena, buf_str(&data), data.len, lint->site, &file->issue, &unread);
    struct draft_source source = {.data = buf_str(&data),
                                  .len = data.len,
                                  .issue = &file->issue,
                                  .unread = file->is_issue ? NULL : unread.msg,
                                  .place = earlier_place_month(&lint->place),
                                  .in_folder = lint->place.folders,
                                  .today = lint->today};
    file->month = draft_month(&source);
    source.earlier = find_earlier(lint, file->month);
    file->earlier = source.earlier ? earlier_count(source.earlier, file->month) : 0;
    if (!draft_read(arena, &source, &draft, fault)) {
        char shown[300];
        fault_prefix(fault, "'%s'", text_printable(shown, sizeof shown, path, strlen(path)));
        return false;
    }
    file->findings = rules_check(&draft);
    draft_finish(&draft);
    return true;
}
