/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules that a source should follow, and the findings where it does not. */
#ifndef TMRO_LINT_RULES_H
#define TMRO_LINT_RULES_H

#include <stdbool.h>
#include <stddef.h>

struct cmark_node;
struct draft;

struct rule {
    const char *name; /* "link-twice" and so on */
    bool error;       /* else a warning */
    void (*check)(struct draft *draft);
};

struct finding {
    const struct rule *rule;
    int line;         /* of the file, from 1 */
    const char *text; /* lower case, no full stop: what is wrong, then what to do */
};

/* At most this many findings are kept of a file. */
#define FINDINGS_MAX 200

struct findings {
    const struct rule *rule; /* the one that is being checked */
    struct finding *finding; /* by line, then by rule; nothing is said twice */
    size_t count;
    size_t more;             /* findings beyond FINDINGS_MAX, which are not kept */
    size_t errors, warnings; /* including those */
};

/* Checks each rule; the findings are a part of the draft. */
struct findings *rules_check(struct draft *draft);

/* Adds a finding of the rule that is being checked; foreign text goes through quote(). */
void finding_add(struct draft *draft, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `s` as it may appear in a finding, cut if it is long. */
const char *quote(const struct draft *draft, const char *s);

/* The rules that are not in rules.c; README.md says what each wants. */
void rule_character(struct draft *draft);
void rule_placeholder(struct draft *draft);
void rule_unclosed(struct draft *draft);
void rule_raw_html(struct draft *draft);
void rule_heading(struct draft *draft);
void rule_message(struct draft *draft);
void rule_project(struct draft *draft);
void rule_section_empty(struct draft *draft);
void rule_section_new(struct draft *draft);
void rule_item_without_link(struct draft *draft);
void rule_link_scheme(struct draft *draft);
void rule_link_twice(struct draft *draft);
void rule_link_earlier(struct draft *draft);
void rule_handle(struct draft *draft);

/* The part of rule_unclosed() that is about tags. */
void rules_check_tags(struct draft *draft);

/* What a text or tag has from the template: "<text>", or "<<words>>", which Markdown reads as a
 * text or as a tag in angle brackets. NULL: nothing. */
const char *rules_template_tag(struct cmark_node *node);

#endif
