/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Full-text search. */
#include "state/search.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "io/database.h"
#include "news/issue.h"
#include "state/archive.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Most words of a query that are looked at. */
#define WORDS_MAX 24

/* Spellings that are one word, and a word for what has none; the first one of a word is shown.
 * "x86_64" and "x86-64" are the two words "x86 64" to FTS5, so that "x86" finds them, too. */
static const struct {
    const char *spelling, *word;
} spellings[] = {{"C++", "cplusplus"},   {"C#", "csharp"},    {"RISC-V", "riscv"},
                 {"RISC V", "riscv"},    {"x64", "x86_64"},   {"amd64", "x86_64"},
                 {"aarch64", "aarch64"}, {"arm64", "aarch64"}};

/* The spelling that is at `s` as a word of its own; their number when none is. */
static size_t find_spelling(const char *text, const char *s)
{
    size_t i = 0;
    if (s > text && isalnum((unsigned char)s[-1]))
        return COUNT(spellings);
    for (; i < COUNT(spellings); i++) {
        size_t len = strlen(spellings[i].spelling);
        if (strncasecmp(s, spellings[i].spelling, len) == 0 && !isalnum((unsigned char)s[len]))
            break;
    }
    return i;
}

char *search_fold(struct arena *arena, const char *text)
{
    const char *plain = text_plain(arena, text);
    struct buf out = BUF_INIT(arena, 4 * TEXT_MAX);
    for (const char *s = plain; *s;) {
        size_t i = find_spelling(plain, s);
        if (i < COUNT(spellings)) {
            buf_adds(&out, spellings[i].word);
            s += strlen(spellings[i].spelling);
        } else {
            buf_addc(&out, *s++);
        }
    }
    return buf_str(&out);
}

/* A text that was indexed, as people spell it. */
static char *unfold(struct arena *arena, const char *text)
{
    struct buf out = BUF_INIT(arena, 4 * TEXT_MAX);
    while (*text) {
        size_t len = 0, i = 0;
        while (isalnum((unsigned char)text[len]))
            len++;
        while (i < COUNT(spellings) &&
               (strlen(spellings[i].word) != len || strncmp(text, spellings[i].word, len) != 0))
            i++;
        len += len == 0;
        if (i < COUNT(spellings))
            buf_adds(&out, spellings[i].spelling);
        else
            buf_add(&out, text, len);
        text += len;
    }
    return buf_str(&out);
}

/* A query on its way to FTS5's syntax. */
struct query {
    struct arena *arena;
    struct buf all;  /* all of the words, and OR */
    struct buf some; /* any of them */
    struct buf not ;
    size_t words;
    bool open; /* a word or a group came last, so that AND may follow */
};

/* Adds a word or phrase in double quotes, in which nothing is an operator. */
static void add_term(struct buf *out, const char *joint, const char *term, size_t len)
{
    buf_adds(out, out->len ? joint : "");
    buf_addc(out, '"');
    for (size_t i = 0; i < len; i++)
        buf_addc(out, term[i] == '"' ? ' ' : term[i]);
    buf_addc(out, '"');
}

static void take_term(struct query *q, const char *term, size_t len, bool excluded)
{
    if (!text_has_letter(term, len) || q->words == WORDS_MAX)
        return;
    q->words++;
    if (excluded) {
        add_term(&q->not, " OR ", term, len);
        return;
    }
    add_term(&q->all, q->open ? " AND " : " ", term, len);
    add_term(&q->some, " OR ", term, len);
    q->open = true;
}

/* Curly double quotes as straight ones. */
static char *straighten(struct arena *arena, const char *text)
{
    struct buf out = BUF_INIT(arena, 4 * TEXT_MAX);
    for (const char *s = text; *s;) {
        bool curly = strncmp(s, "“", 3) == 0 || strncmp(s, "”", 3) == 0 || strncmp(s, "„", 3) == 0;
        buf_addc(&out, curly ? '"' : *s);
        s += curly ? 3 : 1;
    }
    return buf_str(&out);
}

/* Reads a folded query; `literal`: a "-" before a word means nothing. */
static void read_query(struct query *q, const char *s, bool literal)
{
    while (*s) {
        s += strspn(s, " \t\r\n");
        bool excluded = !literal && *s == '-' && s[1] && !strchr(" -", s[1]);
        s += excluded;
        bool quoted = *s == '"';
        s += quoted;
        size_t len = strcspn(s, quoted ? "\"" : " \t\r\n");
        if (!quoted && !excluded && len == 2 && strncmp(s, "OR", 2) == 0) {
            if (q->open)
                buf_adds(&q->all, " OR");
            q->open = false;
        } else if (!quoted && !excluded && len == 3 && strncmp(s, "AND", 3) == 0) {
            /* All words must be there as it is. */
        } else {
            take_term(q, s, len, excluded);
        }
        s += len;
        s += quoted && *s == '"';
    }
    if (q->all.len > 3 && strcmp(buf_str(&q->all) + q->all.len - 3, " OR") == 0)
        buf_truncate(&q->all, q->all.len - 3);
}

/* First the newest places that match, then what they are: ranking all that have a common word would
 * take long. */
#define HITS                                                                                       \
    "WITH found AS MATERIALIZED (SELECT words.rowid AS id, bm25(words) AS score,"                  \
    " CASE p.kind WHEN 3 THEN snippet(words, 0, '', '', '…', 16)"                                \
    " WHEN 4 THEN highlight(words, 0, char(2), char(3)) END AS text"                               \
    " FROM words JOIN place p ON p.id = words.rowid"                                               \
    " WHERE words MATCH ? AND words.rowid BETWEEN ? AND ? AND (1 << p.kind) & ?"                   \
    " ORDER BY words.rowid DESC LIMIT ?)"                                                          \
    " SELECT p.kind, iif(p.kind = 0, EXISTS (SELECT 1 FROM part WHERE part.appearance = a.id),"    \
    " p.role) AS role, p.issue AS month, i.url AS issue_url,"                                      \
    " coalesce(a.anchor, s.anchor) AS anchor, e.url, coalesce(e.title, f.text, a.name) AS title,"  \
    " coalesce((SELECT j.name FROM part JOIN project j ON j.id = part.project"                     \
    " WHERE part.appearance = a.id ORDER BY j.id LIMIT 1), a.name) AS project"                     \
    " FROM found f JOIN place p ON p.id = f.id JOIN issue i ON i.id = p.issue"                     \
    " LEFT JOIN section s ON s.issue = p.issue AND s.n = p.section"                                \
    " LEFT JOIN appearance a ON a.id = p.appearance LEFT JOIN entry e ON e.id = p.entry"           \
    " ORDER BY p.kind = 4, f.score, p.issue DESC, p.id"

static const struct columns hit_columns = {
    sizeof(struct search_hit),
    {COLUMN(search_hit, kind), COLUMN(search_hit, role), COLUMN(search_hit, month),
     COLUMN(search_hit, issue_url), COLUMN_OR_NULL(search_hit, anchor),
     COLUMN_OR_NULL(search_hit, url), COLUMN(search_hit, title),
     COLUMN_OR_NULL(search_hit, project)}};

/* What is around what was found. */
#define FOUND_BEGIN '\x02'
#define FOUND_END   '\x03'

/* So many bytes are shown before what was found in a sentence, and if it comes later, fewer. */
#define BEFORE_MAX 100
#define BEFORE     60

/* Whether a sentence ends before `s`: there is a full stop, and no small letter follows as after
 * "e.g."; or a line ends. */
static bool ends_before(const char *text, const char *s)
{
    if (s == text || s[-1] == '\n')
        return true;
    const char *next = s + (*s == FOUND_BEGIN);
    return s - text > 1 && s[-1] == ' ' && strchr(".!?", s[-2]) && !islower((unsigned char)*next);
}

/* The sentence, or line, with the first place that was found. */
static char *find_sentence(struct arena *arena, const char *text)
{
    const char *found = strchr(text, FOUND_BEGIN), *start = found ? found : text, *end = start;
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    while (!ends_before(text, start))
        start--;
    while (*end && *end != '\n' && (end == start || !ends_before(text, end)))
        end++;
    if (found && found - start > BEFORE_MAX) {
        const char *space = memchr(found - BEFORE, ' ', BEFORE);
        start = space ? space + 1 : start;
        buf_adds(&out, space ? "…" : "");
    }
    for (; start < end; start++)
        if (*start != FOUND_BEGIN && *start != FOUND_END)
            buf_addc(&out, *start);
    text_trim(&out);
    return unfold(arena, buf_str(&out));
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? text_equal_fold(a, b) : a == b;
}

/* Whether a hit tells nothing that an earlier one has not told: the same words of the same project
 * in another issue, or the text around what was found by itself. */
static bool is_told(const struct search_hit *earlier, const struct search_hit *hit)
{
    if (!same_text(earlier->project, hit->project))
        return false;
    if (hit->kind == SEARCH_TEXT && earlier->month == hit->month && hit->project)
        return true;
    return earlier->kind == hit->kind && earlier->role == hit->role &&
           (hit->project || hit->kind == SEARCH_TEXT) &&
           (hit->kind == SEARCH_PROJECT || same_text(earlier->title, hit->title));
}

/* Joins hits that tell the same, and keeps the first `max`. */
static void join(struct arena *arena, struct search_hits *hits, size_t max)
{
    size_t kept = 0;
    for (size_t i = 0; i < hits->count; i++) {
        struct search_hit *hit = &hits->hit[i], *same = hits->hit;
        if (hit->kind == SEARCH_TEXT)
            hit->title = find_sentence(arena, hit->title);
        hit->first = hit->last = hit->month;
        while (same < hits->hit + kept && !is_told(same, hit))
            same++;
        if (same == hits->hit + kept) {
            hits->hit[kept++] = *hit;
            continue;
        }
        same->more += same->month != hit->month;
        same->first = hit->month < same->first ? hit->month : same->first;
        same->last = hit->month > same->last ? hit->month : same->last;
    }
    hits->total = (int64_t)kept;
    hits->count = kept < max ? kept : max;
}

static bool find(struct arena *arena, struct database *db, const char *match, struct span span,
                 unsigned kinds, size_t max, struct search_hits *hits, struct fault *fault)
{
    if (!database_rows(arena, db, &hit_columns, &hits->hit, &hits->count, fault, HITS, "siiii",
                       match, span.first * ARCHIVE_IDS, (span.last + INT64_C(1)) * ARCHIVE_IDS - 1,
                       (int64_t)kinds, (int64_t)SEARCH_MAX))
        return false;
    join(arena, hits, max);
    return true;
}

bool search_run(struct arena *arena, struct database *db, const char *query, struct span span,
                unsigned kinds, bool some, size_t max, struct search_hits *hits,
                struct fault *fault)
{
    struct query q = {0};
    const char *folded = search_fold(arena, straighten(arena, query));
    for (int literal = 0; literal < 2 && !q.all.len; literal++) {
        q = (struct query){.arena = arena,
                           .all = BUF_INIT(arena, 4 * TEXT_MAX),
                           .some = BUF_INIT(arena, 4 * TEXT_MAX),
                           .not = BUF_INIT(arena, 4 * TEXT_MAX)};
        read_query(&q, folded, literal);
    }
    hits->nothing = !q.all.len;
    if (hits->nothing)
        return true;
    const char *except = q.not .len ? arena_format(arena, " NOT (%s)", buf_str(&q.not )) : "";
    const char *all = arena_format(arena, "(%s)%s", buf_str(&q.all), except);
    if (!find(arena, db, all, span, kinds, max, hits, fault))
        return false;
    if (hits->count || q.words < 2 || !some)
        return true;
    if (!find(arena, db, arena_format(arena, "(%s)%s", buf_str(&q.some), except), span, kinds, max,
              hits, fault))
        return false;
    hits->any = hits->count;
    return true;
}
