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
    bool error;       /* as against a warning */
    void (*check)(struct draft *draft);
};

struct finding {
    const struct rule *rule;
    int line;         /* of the file, from 1 */
    const char *text; /* lower case, without full stop: what is wrong, then what to do */
};

/* At most this many findings are kept of a file. */
#define FINDINGS_MAX 200

struct findings {
    const struct rule *rule; /* the one that is asked */
    struct finding *finding; /* by line, those of a line by rule; the same is said once */
    size_t count;
    size_t more;             /* than FINDINGS_MAX, which are not kept */
    size_t errors, warnings; /* all, these included */
};

/* Asks each rule; the findings are a part of the draft. */
struct findings *rules_check(struct draft *draft);

/* Adds a finding of the rule that is asked; text from outside is quoted by quote(). */
void finding_add(struct draft *draft, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `s` as it can be in a finding, cut when it is long. */
const char *quote(const struct draft *draft, const char *s);

/* Rules of other files than rules.c, one each; README.md says what they want. */
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

/* Parts of two of these: the tags among what is unclosed; and whether a tag or text is "<text>" or
 * "<<words>>" of the template. */
void rules_check_tags(struct draft *draft);
bool rules_is_template_tag(struct cmark_node *node);

#endif
