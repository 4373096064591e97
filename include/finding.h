/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an editor should look at: where, by which rule, in one sentence. */
#ifndef TMRO_FINDING_H
#define TMRO_FINDING_H

#include <stdbool.h>
#include <stddef.h>

/* Most findings of one file: who has so many reads no further. */
#define FINDINGS_MAX 200

enum finding_rule {
    RULE_FRONT_MATTER,
    RULE_MONTH,
    RULE_DATE,
    RULE_CHARACTER,
    RULE_PLACEHOLDER,
    RULE_UNCLOSED,
    RULE_HEADING,
    RULE_RAW_HTML,
    RULE_MESSAGE,
    RULE_LINK_SCHEME,
    RULE_PROJECT,
    RULE_SECTION_EMPTY,
    RULE_ITEM_WITHOUT_LINK,
    RULE_LINK_TWICE,
    RULE_LINK_EARLIER,
    RULE_HANDLE,
    RULE_SECTION_NEW,
    RULE_COUNT,
};

struct finding {
    enum finding_rule rule;
    int line;   /* of the file, from 1 */
    char *text; /* lower case, without full stop: what is wrong, then what to do */
};

struct findings {
    struct finding *finding;
    size_t count;
    size_t more;             /* than FINDINGS_MAX, which are not kept */
    size_t errors, warnings; /* all, these included */
    bool failed;             /* out of memory; sticks */
};

/* "link-twice" and so on. */
const char *finding_rule_name(enum finding_rule rule);

/* Whether the rule's findings are errors, as against warnings. */
bool finding_is_error(enum finding_rule rule);

/* Adds one; text from outside goes through text_printable() first. */
void findings_add(struct findings *findings, enum finding_rule rule, int line, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));

/* By line, those of one line by rule; the same is said once. */
void findings_sort(struct findings *findings);
void findings_finish(struct findings *findings);

#endif
