/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot lint: what an editor wants to know before a source is merged. */
#include "buf.h"
#include "catalog.h"
#include "commands.h"
#include "database.h"
#include "earlier.h"
#include "fault.h"
#include "file.h"
#include "finding.h"
#include "issue.h"
#include "json.h"
#include "lint.h"
#include "log.h"
#include "month.h"
#include "post.h"
#include "session.h"
#include "siblings.h"
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Longest path that is shown whole. */
#define PATH_SHOWN 1024

struct desk {
    struct session *session;
    bool publish, quiet, json;
    int status; /* highest so far */
    size_t errors, warnings;
    size_t limit;             /* of a message, in code points */
    struct siblings siblings; /* of the last file */
    struct earlier archive;   /* for files that have none */
    bool archive_read, told;  /* that nothing was compared */
    struct json *document;    /* with --format json */
    struct json *files;       /* of it; borrowed */
    const char *today;        /* with --publish; borrowed */
};

/* A file and what is said of it. */
struct sheet {
    char name[PATH_SHOWN];
    struct issue issue;
    bool dated;     /* its month is known */
    size_t earlier; /* issues it was compared with */
    struct findings findings;
    char *message; /* NULL: it is no issue */
};

enum { PUBLISH, QUIET, TEXT, JSON };

static const struct option_row options[] = {
    [PUBLISH] = {"publish", NULL, "it is published today: the date must be within a day of it", 0},
    [QUIET] = {"quiet", NULL, "only a line for each finding", 1u << JSON},
    [TEXT] = {"format", "text", "a line each as compilers write it, then the message (the default)",
              0},
    [JSON] = {"format", "json", "the same as data", 0},
    {0}};

static void raise_status(struct desk *desk, int status)
{
    desk->status = status > desk->status ? status : desk->status;
}

/* The issues of the archive, newest first; without one there are none. */
static void read_archive(struct desk *desk)
{
    struct fault fault = {0};
    struct catalog_issues issues = {0};
    struct database *db = desk->session->db;
    bool done = db && catalog_list(arena_ambient(), db, &issues, &fault);
    size_t first = issues.count > SIBLINGS_MAX ? issues.count - SIBLINGS_MAX : 0;
    for (size_t i = issues.count; done && i-- > first;) {
        struct issue issue = {0};
        done = catalog_read(arena_ambient(), db, issues.issue[i].month, &issue, &fault) &&
               (earlier_add(&desk->archive, &issue) || fault_memory(&fault));
        issue_finish(&issue);
    }
    if (db && !done)
        log_line(LOG_LEVEL_WARNING, "the archive is not asked: %s", fault.msg);
    desk->archive_read = true;
}

/* What is known of the issues before `month`; NULL: nothing. */
static struct earlier *find_earlier(struct desk *desk, int month)
{
    if (!month)
        return NULL;
    if (earlier_count(&desk->siblings.earlier, month))
        return &desk->siblings.earlier;
    if (!desk->archive_read)
        read_archive(desk);
    return earlier_count(&desk->archive, month) ? &desk->archive : NULL;
}

/* What the bot reads of a source; `unread`: why it is no issue. False: LOCAL. */
static bool read_issue(struct desk *desk, const struct buf *data, struct issue *issue,
                       struct fault *unread, struct fault *fault)
{
    if (post_read_markdown(buf_str(data), data->len, desk->session->config.site_url, issue,
                           unread) ||
        unread->kind == FAULT_INPUT)
        return true;
    *fault = *unread;
    return false;
}

/* The announcement, as show --format markdown prints it. */
static bool write_message(struct desk *desk, struct sheet *sheet, struct fault *fault)
{
    char *fresh = NULL;
    (void)fault;
    sheet->message = session_announcement(desk->session, &sheet->issue, desk->limit, &fresh);
    return true;
}

/* Reads and judges a file. */
static bool judge(struct desk *desk, const char *path, struct sheet *sheet, struct fault *fault)
{
    struct buf data = BUF_INIT(POST_MAX_MARKDOWN);
    struct fault unread = {0};
    const char *file = strcmp(path, "-") == 0 ? "/dev/stdin" : path;
    text_printable(sheet->name, sizeof sheet->name, path, strlen(path));
    bool done = file_read(file, &data, fault) &&
                siblings_find(&desk->siblings, file, desk->session->config.site_url, fault) &&
                read_issue(desk, &data, &sheet->issue, &unread, fault);
    if (done) {
        struct lint_source source = {.data = buf_str(&data),
                                     .len = data.len,
                                     .issue = &sheet->issue,
                                     .unread = unread.kind ? unread.msg : NULL,
                                     .place = siblings_month(&desk->siblings),
                                     .in_folder = desk->siblings.folders,
                                     .today = desk->today};
        int month = lint_month(&source);
        sheet->dated = month;
        source.earlier = find_earlier(desk, month);
        sheet->earlier = source.earlier ? earlier_count(source.earlier, month) : 0;
        done = lint_check(&source, &sheet->findings, fault) &&
               (source.unread || write_message(desk, sheet, fault));
        if (!done && fault->kind == FAULT_INPUT)
            fault_prefix(fault, "'%s'", sheet->name);
    }
    buf_finish(&data);
    return done;
}

static void print_text(struct desk *desk, const struct sheet *sheet)
{
    const struct findings *findings = &sheet->findings;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->finding[i];
        printf("%s:%d: %s: %s [%s]\n", sheet->name, finding->line,
               finding_is_error(finding->rule) ? "error" : "warning", finding->text,
               finding_rule_name(finding->rule));
    }
    if (desk->quiet)
        return;
    printf("%s: %zu error%s, %zu warning%s", sheet->name, findings->errors,
           findings->errors == 1 ? "" : "s", findings->warnings,
           findings->warnings == 1 ? "" : "s");
    if (findings->more)
        printf(", %zu of them not shown", findings->more);
    putchar('\n');
    if (sheet->message)
        printf("\n%s\n\n%s: %zu of %zu characters\n", sheet->message, sheet->name,
               text_length(sheet->message), desk->limit);
}

static bool add_json(struct desk *desk, const struct sheet *sheet)
{
    const struct findings *findings = &sheet->findings;
    struct json *file = json_new_object(desk->files, NULL), *list;
    char id[MONTH_ID_SIZE];
    month_id(sheet->issue.month, id);
    bool done = file && json_new_string(file, "file", sheet->name) &&
                json_new_string(file, "month", sheet->issue.month ? id : NULL) &&
                json_new_integer(file, "earlier", (int64_t)sheet->earlier) &&
                (list = json_new_array(file, "findings"));
    for (size_t i = 0; done && i < findings->count; i++) {
        const struct finding *finding = &findings->finding[i];
        struct json *object = json_new_object(list, NULL);
        done = object && json_new_integer(object, "line", finding->line) &&
               json_new_string(object, "rule", finding_rule_name(finding->rule)) &&
               json_new_string(object, "severity",
                               finding_is_error(finding->rule) ? "error" : "warning") &&
               json_new_string(object, "text", finding->text);
    }
    done = done && json_new_integer(file, "more", (int64_t)findings->more) &&
           json_new_string(file, "message", sheet->message);
    if (done && sheet->message)
        done = json_new_integer(file, "length", (int64_t)text_length(sheet->message));
    else if (done)
        done = json_new_string(file, "length", NULL);
    return done && json_new_integer(file, "limit", (int64_t)desk->limit);
}

static void look_at(struct desk *desk, const char *path)
{
    struct sheet sheet = {0};
    struct fault fault = {0};
    if (judge(desk, path, &sheet, &fault)) {
        desk->errors += sheet.findings.errors;
        desk->warnings += sheet.findings.warnings;
        bool alone = sheet.dated && !sheet.earlier;
        if (alone && !desk->told && !desk->quiet)
            log_line(LOG_LEVEL_INFO,
                     "'%s' is compared with no earlier issue, for none is beside it and none in "
                     "the archive: link-earlier and section-new were not tried",
                     sheet.name);
        desk->told = desk->told || alone;
        raise_status(desk, sheet.findings.errors ? 3 : 0);
        if (!desk->json)
            print_text(desk, &sheet);
        else if (!add_json(desk, &sheet))
            fault_memory(&fault);
    }
    if (fault.kind)
        raise_status(desk, log_fault(&fault));
    findings_finish(&sheet.findings);
    issue_finish(&sheet.issue);
    free(sheet.message);
}

static void print_document(struct desk *desk)
{
    struct fault fault = {0};
    bool done = json_new_integer(desk->document, "errors", (int64_t)desk->errors) &&
                json_new_integer(desk->document, "warnings", (int64_t)desk->warnings);
    char *out = done ? json_print(arena_ambient(), desk->document, true) : NULL;
    if (out) {
        printf("%s\n", out);
    } else {
        fault_memory(&fault);
        raise_status(desk, log_fault(&fault));
    }
    free(out);
}

static int run(struct session *session, const struct arguments *arguments)
{
    struct desk desk = {.session = session,
                        .publish = arguments->value[PUBLISH],
                        .quiet = arguments->value[QUIET],
                        .json = arguments->value[JSON]};
    char today[ISSUE_DATE_SIZE];
    time_t now = time(NULL);
    struct tm tm;
    if (gmtime_r(&now, &tm)) {
        issue_date(today, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
        desk.today = desk.publish ? today : NULL;
    }
    session_peek(session);
    desk.limit = session_limits(session).max_message_length;
    if (desk.json && (!(desk.document = json_new_object(NULL, NULL)) ||
                      !(desk.files = json_new_array(desk.document, "files")))) {
        struct fault fault;
        fault_memory(&fault);
        json_free(desk.document);
        return log_fault(&fault);
    }
    for (size_t i = 0; i < arguments->count; i++) {
        if (i > 0 && !desk.json && !desk.quiet)
            putchar('\n');
        look_at(&desk, arguments->words[i]);
    }
    if (desk.json)
        print_document(&desk);
    json_free(desk.document);
    siblings_finish(&desk.siblings);
    earlier_finish(&desk.archive);
    return desk.status;
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
