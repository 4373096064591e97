/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an editor should look at: where, by which rule, in one sentence. */
#include "finding.h"

#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool error;
} rules[RULE_COUNT] = {
    [RULE_FRONT_MATTER] = {"front-matter", true},
    [RULE_MONTH] = {"month", true},
    [RULE_DATE] = {"date", true},
    [RULE_CHARACTER] = {"character", true},
    [RULE_PLACEHOLDER] = {"placeholder", true},
    [RULE_UNCLOSED] = {"unclosed", true},
    [RULE_HEADING] = {"heading", true},
    [RULE_RAW_HTML] = {"raw-html", true},
    [RULE_MESSAGE] = {"message", true},
    [RULE_LINK_SCHEME] = {"link-scheme", true},
    [RULE_PROJECT] = {"project", false},
    [RULE_SECTION_EMPTY] = {"section-empty", false},
    [RULE_ITEM_WITHOUT_LINK] = {"item-without-link", false},
    [RULE_LINK_TWICE] = {"link-twice", false},
    [RULE_LINK_EARLIER] = {"link-earlier", false},
    [RULE_HANDLE] = {"handle", false},
    [RULE_SECTION_NEW] = {"section-new", false},
};

const char *finding_rule_name(enum finding_rule rule)
{
    return rules[rule].name;
}

bool finding_is_error(enum finding_rule rule)
{
    return rules[rule].error;
}

void findings_add(struct findings *findings, enum finding_rule rule, int line, const char *format,
                  ...)
{
    *(finding_is_error(rule) ? &findings->errors : &findings->warnings) += 1;
    if (findings->count >= FINDINGS_MAX) {
        findings->more++;
        return;
    }
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    struct finding *finding =
        length < 0 ? NULL : array_add(&findings->finding, &findings->count, sizeof *finding);
    if (finding)
        *finding = (struct finding){rule, line, text};
    else if (length >= 0)
        free(text);
    findings->failed = findings->failed || !finding;
}

static int compare(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    return strcmp(x->text, y->text);
}

void findings_sort(struct findings *findings)
{
    size_t kept = 0;
    if (findings->count)
        qsort(findings->finding, findings->count, sizeof *findings->finding, compare);
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->finding[i];
        if (!kept || compare(finding, &findings->finding[kept - 1]) != 0) {
            findings->finding[kept++] = *finding;
            continue;
        }
        *(finding_is_error(finding->rule) ? &findings->errors : &findings->warnings) -= 1;
        free(finding->text);
    }
    findings->count = kept;
}

void findings_finish(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        free(findings->finding[i].text);
    free(findings->finding);
    *findings = (struct findings){0};
}
