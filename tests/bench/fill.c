/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fill STATE COUNT [FOLDER]: makes an archive of COUNT synthetic issues, 12 a year, each with ten
 * headlines and six projects out of forty, with their maintainers, contributors, changes and a
 * sentence that they always say; project0 is in every issue, with twenty changes. "common" is in
 * every headline, "rare" in one in each 75 issues. With FOLDER their pages are put there, too. */
#include "base/buf.h"
#include "base/fault.h"
#include "io/database.h"
#include "news/html.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/post.h"
#include "state/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADLINES 10
#define PROJECTS  6
#define CHANGES   20

static void add_project(struct buf *out, int n, int i, int p)
{
    buf_addf(out,
             "<h3 id=\"project%d\"><a href=\"https://github.com/example/project%d\">project%d</a>"
             "</h3><span>Maintained by <a href=\"https://github.com/person%d\">@person%d</a></span>"
             "<p>The project%d crate provides safe abstractions of word%d for kernels, among them"
             " some for interrupts. This month word%d and word%d were improved.</p><ul>",
             p, p, p, p % 9, p % 9, p, p, (n * 11 + i) % 997, (n * 13 + i) % 499);
    for (int k = 0; k < (p ? 1 : CHANGES); k++)
        buf_addf(out,
                 "<li><a href=\"https://github.com/example/project%d/pull/%d\">Change the word%d"
                 "</a></li>",
                 p, n * CHANGES + k, (n + i + k) % 997);
    buf_addf(out,
             "</ul><p>Thanks to <a href=\"https://github.com/person%d\">@person%d</a> and"
             " <a href=\"https://github.com/person%d\">@person%d</a></p>",
             (n + p) % 200, (n + p) % 200, (n * 3) % 200, (n * 3) % 200);
}

static void add_page(struct buf *out, int n)
{
    int year = 2020 + n / 12, month = n % 12 + 1;
    buf_addf(
        out,
        "<html><head><link rel=\"canonical\" href=\"https://example.org/this-month/%04d-%02d/\">"
        "</head><body><main><h1>This Month: %s %d</h1><h2 id=\"news\">News</h2><ul>",
        year, month, month_name(month - 1), year);
    for (int i = 0; i < HEADLINES; i++)
        buf_addf(out,
                 "<li><a href=\"https://example.org/%d/%d\">A common story of word%d and word%d%s"
                 "</a></li>",
                 n, i, (n * 7 + i) % 997, (n * 3 + i * 5) % 499,
                 n % 75 == 0 && i == 0 ? ", which is rare" : "");
    buf_adds(out, "</ul><h2 id=\"projects\">Projects</h2>");
    for (int i = 0; i < PROJECTS; i++)
        add_project(out, n, i, i ? (n * 5 + i * 7) % 40 : 0);
    buf_adds(out, "</main></body></html>");
}

static bool write_page(const char *folder, int n, const struct buf *page)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%d.html", folder, n);
    FILE *file = fopen(path, "w");
    bool written = file && fwrite(page->ptr, 1, page->len, file) == page->len;
    return file && fclose(file) == 0 && written;
}

int main(int argc, char **argv)
{
    struct fault fault = {0};
    struct arena *arena = arena_new(), *turn = arena_new();
    struct database *db =
        argc >= 3 ? database_open(arena, argv[1], NULL, DATABASE_CREATE, &fault) : NULL;
    int count = argc >= 3 ? (int)strtol(argv[2], NULL, 10) : 0;
    html_init();
    bool done = db && database_begin(db, &fault);
    for (int n = 0; done && n < count; n++) {
        struct buf page = BUF_INIT(turn, POST_MAX_BYTES);
        struct issue issue = {0};
        add_page(&page, n);
        done = post_read_page(turn, buf_str(&page), page.len, NULL, &issue, &fault) &&
               archive_put(db, &issue, true, buf_str(&page), page.len, &fault) &&
               (argc < 4 || write_page(argv[3], n, &page));
        arena_reset(turn);
    }
    done = done && database_commit(db, &fault);
    database_close(db);
    arena_free(turn);
    arena_free(arena);
    if (!done)
        fprintf(stderr, "fill: %s\n", argc >= 3 ? fault.msg : "usage: fill STATE COUNT [FOLDER]");
    return done ? 0 : 1;
}
