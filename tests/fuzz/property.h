/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the fuzzers share: properties of texts, faults, issues and messages. What does not hold
 * aborts, which libFuzzer reports with the input. */
#ifndef TMRO_PROPERTY_H
#define TMRO_PROPERTY_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "io/json.h"
#include "news/issue.h"
#include "news/month.h"
#include "say/digest.h"
#include "zulip/chat.h"
#include "zulip/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what does not hold, and where. */
#define require(holds) ((holds) ? (void)0 : require_failed(__FILE__, __LINE__, #holds))

static inline void require_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

/* Valid UTF-8 stays as it is when it is made valid. */
static inline void require_valid(const char *s)
{
    struct arena *arena = arena_new();
    struct buf again = BUF_INIT(arena, 16 * TEXT_MAX);
    require(s);
    text_add_valid(&again, s, strlen(s));
    require(!again.full && strcmp(buf_str(&again), s) == 0);
    arena_free(arena);
}

/* A text as text.h says: valid, folded and trimmed. `marks`: it may have code marks. */
static inline void require_text(const char *s, bool marks)
{
    struct arena *arena = arena_new();
    struct buf again = BUF_INIT(arena, TEXT_MAX);
    require_valid(s);
    text_add_folded(&again, s, strlen(s));
    text_trim(&again);
    require(!again.full && strcmp(buf_str(&again), s) == 0);
    require(marks || (!strchr(s, TEXT_CODE_BEGIN) && !strchr(s, TEXT_CODE_END)));
    arena_free(arena);
}

/* There is a fault exactly when something failed, and it is a clear line. Memory never runs out
 * here. */
static inline void require_told(bool done, const struct fault *fault, enum fault_kind expected)
{
    char shown[sizeof fault->msg];
    size_t len = strlen(fault->msg);
    require(fault->kind == (done ? FAULT_NONE : expected));
    require(done || len > 0);
    require(strcmp(text_printable(shown, sizeof shown, fault->msg, len), fault->msg) == 0);
}

/* Outside code "@" and stars would mention somebody, in the text of a link and in its target, too.
 * Every code span of ours ends on its line; a line of backticks and a word opens or ends a block,
 * its header is text. */
static inline void require_no_mention(const char *message)
{
    for (const char *line = message, *end; *line; line = end + (*end != '\0')) {
        end = line + strcspn(line, "\n");
        const char *s = line;
        if (strncmp(s, "```\n", 4) == 0 || strcmp(s, "```") == 0)
            s += 3;
        else if (strncmp(s, "```spoiler ", 11) == 0)
            s += 11;
        while (s < end) {
            size_t run = strspn(s, "`"), skip = s[0] == '@' && s[1] == '_' ? 2 : 1;
            require(s[0] != '@' || s[skip] != '*');
            s += run ? run : 1;
            if (!run)
                continue;
            while (s < end && strspn(s, "`") != run)
                s += *s == '`' ? strspn(s, "`") : 1;
            require(s < end);
            s += run;
        }
    }
}

/* The message of an issue within a budget: at least its title line, which tells the issue. */
static inline void require_digest(const struct issue *issue, size_t max)
{
    struct digest_options options = {.max_length = max, .suggest = "https://chat.example/#x"};
    struct arena *arena = arena_new();
    char *message = digest_announcement(arena, issue, &options);
    require_valid(message);
    require_no_mention(message);
    require(text_length(message) <= max || !strchr(message, '\n'));
    require(issue_is_plausible(issue) || !strchr(message, '\n'));
    if (markup_is_linkable(issue->url)) {
        struct buf title = BUF_INIT(arena, TEXT_MAX);
        buf_adds(&title, "**[](");
        markup_url(&title, issue->url);
        buf_adds(&title, ")**");
        require(chat_same_title(message, buf_str(&title)));
    }
    arena_free(arena);
}

static inline void require_items(const struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        require_text(items[i].title, true);
        require(*items[i].title || items[i].note_count);
        if (items[i].group)
            require_text(items[i].group, true);
        for (size_t n = 0; n < items[i].note_count; n++)
            require_text(items[i].notes[n].text, true);
    }
}

/* An issue that was read: its texts, its JSON, its messages. */
static inline void require_issue(struct arena *arena, const struct issue *issue)
{
    require(issue->month > 0);
    require_text(issue->title, false);
    for (size_t s = 0; s < issue->section_count; s++) {
        const struct section *section = &issue->sections[s];
        require_text(section->title, true);
        require(*section->title);
        require_items(section->headlines, section->headline_count);
        for (size_t p = 0; p < section->project_count; p++) {
            require_text(section->projects[p].name, true);
            require(*section->projects[p].name);
            require_items(section->projects[p].changes, section->projects[p].change_count);
        }
    }
    for (int data = 0; data < 2; data++) {
        char *text = data ? issue_data(arena, issue) : issue_json(arena, issue);
        require(text);
        require_valid(text);
        struct json *json = json_parse(text, strlen(text), NULL);
        const char *id = json_string(json, "id");
        require(id && month_of_id(id) == issue->month);
        json_free(json);
    }
    require_digest(issue, 10000);
    require_digest(issue, 600);
}

#endif
