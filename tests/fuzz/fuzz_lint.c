/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes what an editor is told of a source, beside the fixtures' issues: each finding is a clear
 * line about a line that there is, and all are counted. */
#include "lint/draft.h"

#include "base/text.h"
#include "lint/earlier.h"
#include "lint/rules.h"
#include "news/post.h"
#include "property.h"

#include <glob.h>
#include <stdio.h>

static void add_post(struct arena *arena, struct earlier *earlier, const char *path)
{
    static char source[POST_MAX_MARKDOWN];
    struct issue issue = {0};
    struct fault fault = {0};
    FILE *file = fopen(path, "rb");
    require(file);
    size_t len = fread(source, 1, sizeof source, file);
    fclose(file);
    require(post_read_markdown(arena, source, len, "https://news.example", &issue, &fault));
    earlier_add(arena, earlier, &issue);
}

static void read_posts(struct arena *arena, struct earlier *earlier)
{
    glob_t posts;
    require(glob("tests/fixtures/posts/*.md", 0, NULL, &posts) == 0);
    for (size_t i = 0; i < posts.gl_pathc; i++)
        add_post(arena, earlier, posts.gl_pathv[i]);
    globfree(&posts);
}

static int count_lines(const char *text, size_t size)
{
    int lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n' || (text[i] == '\r' && (i + 1 == size || text[i + 1] != '\n'));
    return lines;
}

static void require_findings(const struct findings *findings, int lines)
{
    size_t errors = 0;
    require(findings->count <= FINDINGS_MAX && (!findings->more || findings->count));
    require(findings->errors + findings->warnings == findings->count + findings->more);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->finding[i];
        char shown[2000];
        size_t len = strlen(finding->text);
        require(finding->line >= 1 && finding->line <= lines);
        require(i == 0 || findings->finding[i - 1].line <= finding->line);
        require(len && finding->text[len - 1] != '.');
        require(strcmp(text_printable(shown, sizeof shown, finding->text, len), finding->text) ==
                0);
        errors += finding->rule->error;
    }
    require(errors <= findings->errors);
}

static bool breaks_feed(const char *s, size_t size)
{
    for (const char *end = s + size; s < end;)
        if (!unicode_is_xml(unicode_next(&s, end)))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct earlier earlier;
    static struct arena *arena, *posts;
    const char *text = (const char *)data;
    struct issue issue = {0};
    struct draft draft;
    struct fault unread = {0}, fault = {0};
    if (!posts) {
        arena = arena_new();
        posts = arena_new();
        read_posts(posts, &earlier);
    }
    bool read = post_read_markdown(arena, text, size, "https://news.example", &issue, &unread);
    struct draft_source source = {.data = text,
                                  .len = size,
                                  .issue = &issue,
                                  .unread = read ? NULL : unread.msg,
                                  .place = "2031-09",
                                  .in_folder = true,
                                  .today = "2031-10-01",
                                  .earlier = &earlier};
    bool done = draft_read(arena, &source, &draft, &fault);
    require_told(done, &fault, FAULT_INPUT);
    if (done) {
        struct findings findings = *rules_check(&draft);
        require_findings(&findings, count_lines(text, size));
        /* What cannot be read, or breaks the feed, is never said to be fine. */
        require((read && !breaks_feed(text, size)) || findings.errors);
        draft_finish(&draft);
    }
    arena_reset(arena);
    return 0;
}
