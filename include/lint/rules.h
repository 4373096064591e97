/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules that a source should follow, and the findings where it does not. */
#ifndef TMRO_LINT_RULES_H
#define TMRO_LINT_RULES_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct cmark_node;
struct draft;
struct findings;

struct rule {
    const char *name; /* "link-twice" and so on */
    bool error;       /* as against a warning */
    void (*check)(const struct draft *draft, struct findings *findings);
};

struct finding {
    const struct rule *rule;
    int line;         /* of the file, from 1 */
    const char *text; /* lower case, without full stop: what is wrong, then what to do */
};

/* At most this many findings are kept of a file. */
#define FINDINGS_MAX 200

struct findings {
    struct arena *arena;
    const struct rule *rule; /* the one that is asked */
    struct finding *finding; /* by line, those of a line by rule; the same is said once */
    size_t count;
    size_t more;             /* than FINDINGS_MAX, which are not kept */
    size_t errors, warnings; /* all, these included */
};

/* Asks each rule. */
struct findings rules_check(struct arena *arena, const struct draft *draft);

/* Adds a finding of the rule that is asked; text from outside is quoted by quote(). */
void findings_add(struct findings *findings, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `s` as it can be in a finding, cut when it is long. */
const char *quote(const struct findings *findings, const char *s);

/* Rules of other files than rules.c, one each; README.md says what they want. */
void rule_character(const struct draft *draft, struct findings *findings);
void rule_placeholder(const struct draft *draft, struct findings *findings);
void rule_unclosed(const struct draft *draft, struct findings *findings);
void rule_raw_html(const struct draft *draft, struct findings *findings);
void rule_heading(const struct draft *draft, struct findings *findings);
void rule_message(const struct draft *draft, struct findings *findings);
void rule_project(const struct draft *draft, struct findings *findings);
void rule_section_empty(const struct draft *draft, struct findings *findings);
void rule_section_new(const struct draft *draft, struct findings *findings);
void rule_item_without_link(const struct draft *draft, struct findings *findings);
void rule_link_scheme(const struct draft *draft, struct findings *findings);
void rule_link_twice(const struct draft *draft, struct findings *findings);
void rule_link_earlier(const struct draft *draft, struct findings *findings);
void rule_handle(const struct draft *draft, struct findings *findings);

/* Parts of two of these: the tags among what is unclosed; and whether a tag or text is "<text>" or
 * "<<words>>" of the template. */
void rules_check_tags(const struct draft *draft, struct findings *findings);
bool rules_is_template_tag(struct cmark_node *node);

#endif
