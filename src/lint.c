/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an editor wants to know before a source is merged: reads it and runs the rules. */
#include "lint.h"

#include "buf.h"
#include "draft.h"
#include "fault.h"
#include "finding.h"
#include "frontmatter.h"
#include "issue.h"
#include "lint_html.h"
#include "lint_links.h"
#include "lint_structure.h"
#include "lint_text.h"
#include "month.h"
#include "post.h"
#include "text.h"
#include "unicode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Errors before warnings, so that these are cut. */
static void (*const rules[])(const struct draft *draft, struct findings *findings) = {
    lint_characters,  lint_unclosed,     lint_placeholders,   lint_conflicts,
    lint_headings,    lint_tags,         lint_shown,          lint_lost,
    lint_link_scheme, lint_projects,     lint_empty_sections, lint_items,
    lint_link_twice,  lint_link_earlier, lint_handles,        lint_new_sections,
};

/* Whether all of it is text: valid UTF-8 without NUL. */
static bool is_text(const char *data, size_t len, int *line)
{
    const char *s = data, *end = data + len;
    *line = 1;
    while (s < end) {
        const char *before = s;
        uint32_t c = unicode_next(&s, end);
        if (c == 0 || (c == 0xFFFD && (s - before != 3 || memcmp(before, "\xEF\xBF\xBD", 3) != 0)))
            return false;
        *line += c == '\n';
    }
    return true;
}

/* The line of a key; 0: it is missing. */
static int line_of(const struct frontmatter *front, const char *name)
{
    const struct front_key *key = frontmatter_find(front, name);
    return key ? key->line : 0;
}

/* Whether a path is the wanted one, slashes at its ends left out. */
static bool is_path(const char *path, const char *wanted)
{
    size_t len = strlen(wanted);
    path += strspn(path, "/");
    return strncmp(path, wanted, len) == 0 && !path[len + strspn(path + len, "/")];
}

/* Keys of the site's generator because of which the issue is not where it is looked for. */
static void check_keys(const struct frontmatter *front, struct findings *findings)
{
    static const char elsewhere[] = "moves the issue to an address where nobody looks for it";
    char id[MONTH_ID_SIZE], own[sizeof "this-month/" + MONTH_ID_SIZE], shown[100];
    month_id(front->month, id);
    snprintf(own, sizeof own, "this-month/%s", id);
    const struct {
        const char *name, *harmless, *effect;
    } keys[] = {
        {"draft", "false", "keeps the issue off the site"},
        {"render", "true", "leaves the issue without a page, and only the feed names it"},
        {"slug", id, elsewhere},
        {"path", own, elsewhere},
        {"template", NULL, "gives the issue another page, where the bot may not find it"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct front_key *key = frontmatter_find(front, keys[i].name);
        if (key && !(keys[i].harmless && is_path(key->text, keys[i].harmless)))
            findings_add(
                findings, RULE_FRONT_MATTER, key->line, "'%s = %s' %s: take it out", key->name,
                text_printable(shown, sizeof shown, key->text, strlen(key->text)), keys[i].effect);
    }
    const struct front_key *aliases = frontmatter_find(front, "aliases");
    for (size_t i = 0; aliases && i < aliases->strings.count; i++)
        if (is_path(aliases->strings.name[i], own))
            findings_add(findings, RULE_FRONT_MATTER, aliases->line,
                         "'aliases' has the issue's own address, which would lead to itself: take "
                         "it out");
}

static void check_month(const struct lint_source *source, const struct frontmatter *front,
                        struct findings *findings)
{
    char id[MONTH_ID_SIZE], month[MONTH_TEXT_SIZE], shown[100];
    month_id(front->month, id);
    month_text(front->month, month);
    if (!strcasestr(front->title, month))
        findings_add(findings, RULE_MONTH, line_of(front, "title"),
                     "the title '%s' does not name %s, which 'extra.month' says: mend one of them",
                     text_printable(shown, sizeof shown, front->title, strlen(front->title)),
                     month);
    if (source->place && strcmp(source->place, id) != 0)
        findings_add(
            findings, RULE_MONTH, line_of(front, "extra.month"),
            "'extra.month' says %s, but the %s is called '%s' instead of '%s': mend one of "
            "them",
            month, source->in_folder ? "folder" : "file",
            text_printable(shown, sizeof shown, source->place, strlen(source->place)), id);
}

/* Days since 1970 of "YYYY-MM-DD". */
static long days(const char *date)
{
    struct tm tm = {.tm_year = (int)strtol(date, NULL, 10) - 1900,
                    .tm_mon = (int)strtol(date + 5, NULL, 10) - 1,
                    .tm_mday = (int)strtol(date + 8, NULL, 10)};
    return (long)(timegm(&tm) / (24 * 60 * 60));
}

static void check_date(const struct lint_source *source, const struct frontmatter *front,
                       struct findings *findings)
{
    char month[MONTH_TEXT_SIZE], own[MONTH_TEXT_SIZE];
    const struct front_key *date = frontmatter_find(front, "date");
    int line = date ? date->line : front->first_line;
    const char *wrong = !date                      ? "is missing: write the day it is published,"
                        : date->type != FRONT_DATE ? "is not a date without quotes: write it"
                        : !*front->published       ? "is before 2020: write it"
                                                   : NULL;
    if (wrong) {
        findings_add(findings, RULE_DATE, line, "'date' %s as 2025-08-08", wrong);
        return;
    }
    month_text(front->month + 1, month);
    month_text(front->month, own);
    if (month_read(front->published) != front->month + 1)
        findings_add(findings, RULE_DATE, line,
                     "the date %s is not in %s, when the issue of %s is published: mend it",
                     front->published, month, own);
    if (source->today && labs(days(front->published) - days(source->today)) > 1)
        findings_add(findings, RULE_DATE, line,
                     "the date %s is not today, %s: set it before publishing", front->published,
                     source->today);
}

/* Whether there will be a message that says more than the title. */
static void check_message(const struct lint_source *source, const struct frontmatter *front,
                          struct findings *findings)
{
    if (source->unread)
        findings_add(findings, RULE_MESSAGE, line_of(front, "title"),
                     "there will be no message: %s", source->unread);
    else if (!issue_is_plausible(source->issue))
        findings_add(
            findings, RULE_MESSAGE, line_of(front, "title"),
            "the message will be this title alone: the bot finds no section that it knows, "
            "such as News or Projects, or no list and no project in any");
}

/* The front matter; gives where the Markdown begins and its line; 0: nobody knows. */
static size_t check_head(const struct lint_source *source, int *line, struct findings *findings,
                         struct fault *fault)
{
    struct frontmatter front = {0};
    struct fault wrong = {0};
    bool parsed = frontmatter_parse(source->data, source->len, &front, &wrong);
    if (parsed) {
        check_keys(&front, findings);
        check_month(source, &front, findings);
        check_date(source, &front, findings);
        check_message(source, &front, findings);
    } else if (wrong.kind == FAULT_INPUT) {
        const char *line_end =
            strncmp(wrong.msg, "front matter, line ", 19) == 0 ? strstr(wrong.msg, ": ") : NULL;
        findings_add(findings, RULE_FRONT_MATTER, front.wrong_line, "%s",
                     line_end ? line_end + 2 : wrong.msg);
    } else {
        *fault = wrong;
    }
    size_t body = front.body;
    *line = front.body_line;
    frontmatter_finish(&front);
    return body;
}

int lint_month(const struct lint_source *source)
{
    int place = source->place ? month_of_id(source->place) : 0;
    return source->issue->month ? source->issue->month : place;
}

bool lint_check(const struct lint_source *source, struct findings *findings, struct fault *fault)
{
    struct draft draft = {.month = lint_month(source),
                          .issue = source->unread ? NULL : source->issue,
                          .earlier = source->earlier};
    int line;
    if (source->len > POST_MAX_MARKDOWN)
        return fault_set(fault, FAULT_INPUT, "the post is larger than %d bytes", POST_MAX_MARKDOWN);
    if (!is_text(source->data, source->len, &line))
        return fault_set(fault, FAULT_INPUT, "line %d is not text: it must be UTF-8", line);
    size_t body = check_head(source, &line, findings, fault);
    bool done = !fault->kind &&
                (!body || draft_read(&draft, source->data + body, source->len - body, line, fault));
    for (size_t i = 0; done && body && i < sizeof rules / sizeof *rules; i++)
        rules[i](&draft, findings);
    draft_finish(&draft);
    findings_sort(findings);
    return done && (!findings->failed || fault_memory(fault));
}
