/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot lint: what an editor wants to know before a source is merged. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/session.h"
#include "io/json.h"
#include "lint/draft.h"
#include "lint/earlier.h"
#include "lint/rules.h"
#include "news/month.h"
#include "news/post.h"
#include "state/facts.h"
#include "state/server.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Longest path that is shown whole. */
#define PATH_SHOWN 1024

enum { PUBLISH, QUIET, TEXT, JSON };

static const struct option_row options[] = {
    [PUBLISH] = {"publish", NULL, "it is published today: the date must be within a day of it", 0},
    [QUIET] = {"quiet", NULL, "only a line for each finding", 1u << JSON},
    [TEXT] = {"format", "text", "a line each as compilers write it, then the message (the default)",
              0},
    [JSON] = {"format", "json", "the same as data", 0},
    {0}};

/* What all files share. */
struct lint {
    struct session *session;
    const char *today;          /* when the files are published today; else NULL */
    struct earlier_place place; /* of the last file */
    struct earlier archive;     /* for files without earlier issues beside them */
    bool archive_read;
    bool told;    /* it was said that a file could not be compared */
    size_t limit; /* of a message, in code points */
};

/* What is said of a file. */
struct sheet {
    char name[PATH_SHOWN];
    int month;      /* 0: unknown */
    size_t earlier; /* number of issues it was compared with */
    const struct findings *findings;
    const char *message; /* NULL: it is not an issue */
    size_t limit;
};

static const char *severity(const struct finding *finding)
{
    return finding->rule->error ? "error" : "warning";
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_text(const struct sheet *sheet, bool quiet)
{
    const struct findings *findings = sheet->findings;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->finding[i];
        printf("%s:%d: %s: %s [%s]\n", sheet->name, finding->line, severity(finding), finding->text,
               finding->rule->name);
    }
    if (quiet)
        return;
    printf("%s: %zu error%s, %zu warning%s", sheet->name, findings->errors,
           plural(findings->errors), findings->warnings, plural(findings->warnings));
    if (findings->more)
        printf(", %zu of them not shown", findings->more);
    putchar('\n');
    if (sheet->message)
        printf("\n%s\n\n%s: %zu of %zu characters\n", sheet->message, sheet->name,
               text_length(sheet->message), sheet->limit);
}

static void add_json(struct json *files, const struct sheet *sheet)
{
    const struct findings *findings = sheet->findings;
    char id[MONTH_ID_SIZE];
    month_id(sheet->month, id);
    struct json *file = json_new_object(files, NULL);
    json_new_string(file, "file", sheet->name);
    json_new_string(file, "month", sheet->month ? id : NULL);
    json_new_integer(file, "earlier", (int64_t)sheet->earlier);
    struct json *list = json_new_array(file, "findings");
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->finding[i];
        struct json *object = json_new_object(list, NULL);
        json_new_integer(object, "line", finding->line);
        json_new_string(object, "rule", finding->rule->name);
        json_new_string(object, "severity", severity(finding));
        json_new_string(object, "text", finding->text);
    }
    json_new_integer(file, "more", (int64_t)findings->more);
    json_new_string(file, "message", sheet->message);
    if (sheet->message)
        json_new_integer(file, "length", (int64_t)text_length(sheet->message));
    else
        json_new_string(file, "length", NULL);
    json_new_integer(file, "limit", (int64_t)sheet->limit);
}

static bool read_archive(struct lint *lint, struct fault *fault)
{
    struct session *session = lint->session;
    struct facts_issues issues = {0};
    struct span all = {0, INT_MAX};
    if (!facts_issues(session->arena, session->db, all, &issues, fault))
        return false;
    struct arena *turn = arena_new();
    bool done = true;
    for (size_t i = issues.count; done && i-- > 0; arena_reset(turn)) {
        struct issue issue = {0};
        done = facts_issue(turn, session->db, issues.issue[i].month, &issue, fault);
        if (done)
            earlier_add(session->arena, &lint->archive, &issue);
    }
    arena_free(turn);
    return done;
}

/* What is known about the issues before `month`; NULL: nothing. */
static const struct earlier *find_earlier(struct lint *lint, int month)
{
    struct fault fault = {0};
    if (earlier_count(&lint->place.earlier, month))
        return &lint->place.earlier;
    if (month && lint->session->db && !lint->archive_read) {
        lint->archive_read = true;
        if (!read_archive(lint, &fault))
            log_line(LOG_LEVEL_WARNING, "cannot use the archive: %s", fault.msg);
    }
    return earlier_count(&lint->archive, month) ? &lint->archive : NULL;
}

/* Checks a file, and makes its message as show --format markdown prints it. */
static bool look(struct lint *lint, struct arena *arena, const char *path, struct sheet *sheet,
                 struct fault *fault)
{
    struct session *session = lint->session;
    struct buf data = BUF_INIT(arena, POST_MAX_MARKDOWN);
    struct issue *issue = arena_zero(arena, 1, sizeof *issue);
    struct fault unread = {0};
    struct draft draft;
    text_printable(sheet->name, sizeof sheet->name, path, strlen(path));
    path = strcmp(path, "-") == 0 ? "/dev/stdin" : path;
    if (!file_read(path, &data, fault) ||
        !earlier_find_place(session->arena, &lint->place, path, session->config.site_url, fault))
        return false;
    bool read = post_read_markdown(arena, buf_str(&data), data.len, session->config.site_url, issue,
                                   &unread);
    struct draft_source source = {.data = buf_str(&data),
                                  .len = data.len,
                                  .issue = issue,
                                  .unread = read ? NULL : unread.msg,
                                  .place = earlier_place_month(&lint->place),
                                  .in_folder = lint->place.folders,
                                  .today = lint->today};
    if (!draft_read(arena, &source, &draft, fault))
        return fault_prefix(fault, "'%s'", sheet->name);
    const struct earlier *earlier = draft.source.earlier = find_earlier(lint, draft.month);
    sheet->month = issue->month;
    sheet->earlier = earlier ? earlier_count(earlier, draft.month) : 0;
    sheet->findings = rules_check(&draft);
    draft_finish(&draft);
    if (read)
        sheet->message = session_announcement(session, issue, lint->limit, NULL);
    if (!earlier && draft.month && !lint->told)
        log_line(LOG_LEVEL_INFO,
                 "'%s' is not compared with earlier issues, because there are none beside it or in "
                 "the archive: link-earlier and section-new were not tried",
                 sheet->name);
    lint->told = lint->told || (!earlier && draft.month);
    return true;
}

static int run(struct session *session, const struct arguments *arguments)
{
    bool quiet = arguments->value[QUIET];
    size_t errors = 0, warnings = 0;
    int status = 0;
    char today[ISSUE_DATE_SIZE] = "";
    time_t now = time(NULL);
    struct tm tm;
    if (gmtime_r(&now, &tm))
        issue_date(today, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    struct arena *turn = arena_new();
    struct lint lint = {.session = session,
                        .today = arguments->value[PUBLISH] && *today ? today : NULL,
                        .told = quiet,
                        .limit = session_peek(session).max_message_length};
    struct json *document = arguments->value[JSON] ? json_new_object(NULL, NULL) : NULL,
                *files = document ? json_new_array(document, "files") : NULL;
    for (size_t i = 0; i < arguments->count; i++, arena_reset(turn)) {
        struct sheet sheet = {.limit = lint.limit};
        struct fault fault = {0};
        if (i > 0 && !document && !quiet)
            putchar('\n');
        int own;
        if (look(&lint, turn, arguments->words[i], &sheet, &fault)) {
            own = sheet.findings->errors ? 3 : 0;
            errors += sheet.findings->errors;
            warnings += sheet.findings->warnings;
            if (document)
                add_json(files, &sheet);
            else
                print_text(&sheet, quiet);
        } else {
            own = log_fault(&fault);
        }
        status = own > status ? own : status;
    }
    if (document) {
        json_new_integer(document, "errors", (int64_t)errors);
        json_new_integer(document, "warnings", (int64_t)warnings);
        printf("%s\n", json_print(turn, document, true));
        json_free(document);
    }
    arena_free(turn);
    return status;
}

const struct subcommand cmd_lint = {
    .name = "lint",
    .summary = "say what is wrong in a source before it is merged",
    .words = "FILE...",
    .least = 1,
    .most = SIZE_MAX,
    .options = options,
    .notes = "FILE is a post's Markdown source, such as 2025-07/index.md; it is compared with\n"
             "those of earlier months beside it, else with the archive.\n"
             "Ends with 3 when there are errors; warnings alone are 0.\n",
    .run = run};
