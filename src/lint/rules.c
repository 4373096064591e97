/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of rules, the rules about the front matter, and the findings. */
#include "lint/rules.h"

#include "base/arena.h"
#include "base/text.h"
#include "lint/draft.h"
#include "news/month.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Room for a quoted address or title. */
#define QUOTE_SIZE 160

static void rule_front_matter(struct draft *draft);
static void rule_month(struct draft *draft);
static void rule_date(struct draft *draft);

/* Errors come first, so that only warnings are cut. */
static const struct rule rules[] = {
    {"front-matter", true, rule_front_matter},
    {"month", true, rule_month},
    {"date", true, rule_date},
    {"character", true, rule_character},
    {"placeholder", true, rule_placeholder},
    {"unclosed", true, rule_unclosed},
    {"heading", true, rule_heading},
    {"raw-html", true, rule_raw_html},
    {"message", true, rule_message},
    {"link-scheme", true, rule_link_scheme},
    {"project", false, rule_project},
    {"section-empty", false, rule_section_empty},
    {"item-without-link", false, rule_item_without_link},
    {"link-twice", false, rule_link_twice},
    {"link-earlier", false, rule_link_earlier},
    {"handle", false, rule_handle},
    {"section-new", false, rule_section_new},
};

void finding_add(struct draft *draft, int line, const char *format, ...)
{
    struct findings *findings = draft->findings;
    *(findings->rule->error ? &findings->errors : &findings->warnings) += 1;
    if (findings->count >= FINDINGS_MAX) {
        findings->more++;
        return;
    }
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct finding *finding =
        arena_add(draft->arena, &findings->finding, &findings->count, sizeof *finding);
    *finding = (struct finding){findings->rule, line, arena_copy(draft->arena, text)};
}

const char *quote(const struct draft *draft, const char *s)
{
    char shown[QUOTE_SIZE];
    return arena_copy(draft->arena, text_printable(shown, sizeof shown, s, strlen(s)));
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

static void sort(struct findings *findings)
{
    size_t kept = 0;
    if (findings->count)
        qsort(findings->finding, findings->count, sizeof *findings->finding, compare);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->finding[i];
        if (kept && compare(finding, &findings->finding[kept - 1]) == 0)
            *(finding->rule->error ? &findings->errors : &findings->warnings) -= 1;
        else
            findings->finding[kept++] = *finding;
    }
    findings->count = kept;
}

struct findings *rules_check(struct draft *draft)
{
    draft->findings = arena_zero(draft->arena, 1, sizeof *draft->findings);
    for (size_t i = 0; i < COUNT(rules); i++) {
        draft->findings->rule = &rules[i];
        rules[i].check(draft);
    }
    sort(draft->findings);
    return draft->findings;
}

/* The line of a key; 0: it is missing. */
static int line_of(const struct draft *draft, const char *name)
{
    const struct front_key *key = frontmatter_find(&draft->front, name);
    return key ? key->line : 0;
}

/* Whether a path is the wanted one, apart from slashes at its ends. */
static bool is_path(const char *path, const char *wanted)
{
    size_t len = strlen(wanted);
    path += strspn(path, "/");
    return strncmp(path, wanted, len) == 0 && !path[len + strspn(path + len, "/")];
}

/* Front matter that cannot be read, and keys with which the site's generator moves the issue from
 * where it is expected. */
static void rule_front_matter(struct draft *draft)
{
    static const char elsewhere[] = "moves the issue to an address where nobody looks for it";
    const struct frontmatter *front = &draft->front;
    if (front->wrong) {
        finding_add(draft, front->wrong_line, "%s", front->wrong);
        return;
    }
    char id[MONTH_ID_SIZE], own[sizeof "this-month/" + MONTH_ID_SIZE];
    month_id(front->month, id);
    snprintf(own, sizeof own, "this-month/%s", id);
    const struct {
        const char *name, *harmless, *effect;
    } keys[] = {
        {"draft", "false", "keeps the issue off the site"},
        {"render", "true", "gives the issue no page, so it is only in the feed"},
        {"slug", id, elsewhere},
        {"path", own, elsewhere},
        {"template", NULL, "gives the issue another page, which the bot may not be able to read"},
    };
    for (size_t i = 0; i < COUNT(keys); i++) {
        const struct front_key *key = frontmatter_find(front, keys[i].name);
        if (key && !(keys[i].harmless && is_path(key->text, keys[i].harmless)))
            finding_add(draft, key->line, "'%s = %s' %s: remove it", key->name,
                        quote(draft, key->text), keys[i].effect);
    }
    const struct front_key *aliases = frontmatter_find(front, "aliases");
    for (size_t i = 0; aliases && i < aliases->strings.count; i++)
        if (is_path(aliases->strings.name[i], own))
            finding_add(
                draft, aliases->line,
                "'aliases' has the issue's own address, which would redirect to itself: remove it");
}

static void rule_month(struct draft *draft)
{
    const struct frontmatter *front = &draft->front;
    const char *place = draft->source.place;
    char id[MONTH_ID_SIZE], month[MONTH_TEXT_SIZE];
    if (draft->front.wrong)
        return;
    month_id(front->month, id);
    month_text(front->month, month);
    if (!strcasestr(front->title, month))
        finding_add(
            draft, line_of(draft, "title"),
            "the title '%s' does not name %s, the month in 'extra.month': correct one of them",
            quote(draft, front->title), month);
    if (place && strcmp(place, id) != 0)
        finding_add(
            draft, line_of(draft, "extra.month"),
            "'extra.month' is %s, but the %s is called '%s' instead of '%s': correct one of them",
            month, draft->source.in_folder ? "folder" : "file", quote(draft, place), id);
}

/* Days since 1970 of "YYYY-MM-DD". */
static long days(const char *date)
{
    struct tm tm = {.tm_year = (int)strtol(date, NULL, 10) - 1900,
                    .tm_mon = (int)strtol(date + 5, NULL, 10) - 1,
                    .tm_mday = (int)strtol(date + 8, NULL, 10)};
    return (long)(timegm(&tm) / (24 * 60 * 60));
}

static void rule_date(struct draft *draft)
{
    const struct frontmatter *front = &draft->front;
    const char *today = draft->source.today, *wrong = NULL;
    const struct front_key *date = frontmatter_find(front, "date");
    if (draft->front.wrong)
        return;
    int line = date ? date->line : front->first_line;
    if (!date)
        wrong = "is missing: add the day of publication";
    else if (date->type != FRONT_DATE)
        wrong = "is not a date: write one without quotes";
    else if (!*front->published)
        wrong = "is before 2020: write the day of publication";
    if (wrong) {
        finding_add(draft, line, "'date' %s, as in 2025-08-08", wrong);
        return;
    }
    char month[MONTH_TEXT_SIZE], own[MONTH_TEXT_SIZE];
    month_text(front->month + 1, month);
    month_text(front->month, own);
    if (month_read(front->published) != front->month + 1)
        finding_add(draft, line,
                    "the date %s is not in %s, when the issue of %s is published: correct it",
                    front->published, month, own);
    if (today && labs(days(front->published) - days(today)) > 1)
        finding_add(draft, line, "the date %s is not today's, %s: set it before publishing",
                    front->published, today);
}
