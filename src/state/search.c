/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Full-text search over everything the issues in the archive say.
 *
 * However many issues there are, each query reads a bounded number of the newest passages that
 * match. The id of a passage gives its issue and section (archive.h), so most of them are not even
 * read. */
#include "state/search.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "io/database.h"
#include "state/archive.h"
#include "state/catalog.h"

#include <stdlib.h>
#include <string.h>

/* Longest term in bytes; words that do not fit are dropped. */
#define TERM_MAX 300
/* Shortest beginning of a word that is searched for, in bytes. */
#define PREFIX_MIN 3
/* Places of each kind that are looked at for one of several words. */
#define PARTIAL_MAX 200

struct term {
    char *text; /* valid UTF-8 */
    bool quoted, negative;
};

struct terms {
    struct arena *arena;
    struct term *term;
    size_t count;
    bool prefix;
};

/* Filler words of questions. */
static bool is_filler(const struct term *term)
{
    static const char *const words[] = {
        "a",     "about", "an",     "and",   "any",   "anything", "are",  "as",    "at",    "be",
        "been",  "by",    "can",    "could", "did",   "do",       "does", "for",   "from",  "had",
        "has",   "have",  "how",    "i",     "in",    "is",       "it",   "its",   "me",    "my",
        "of",    "on",    "or",     "our",   "since", "stuff",    "that", "the",   "their", "there",
        "these", "thing", "things", "this",  "to",    "us",       "was",  "we",    "were",  "what",
        "when",  "where", "which",  "who",   "why",   "will",     "with", "would", "you",   "your"};
    for (size_t i = 0; !term->quoted && i < COUNT(words); i++)
        if (text_equal_fold(term->text, words[i]))
            return true;
    return false;
}

static void add_term(struct terms *terms, const char *s, size_t len, bool quoted, bool negative)
{
    /* FTS5 sees no word in it. */
    if (!text_has_letter(s, len) || terms->count >= SEARCH_TERMS_MAX)
        return;
    if (!quoted)
        len = text_unwrap(&s, len);
    if (len > TERM_MAX) {
        /* Whole words, or at least whole characters. */
        for (len = TERM_MAX; len > 1 && s[len] != ' ';)
            len--;
        for (len = len > 1 ? len : TERM_MAX; ((unsigned char)s[len] & 0xC0) == 0x80;)
            len--;
    }
    struct term *term = arena_add(terms->arena, &terms->term, &terms->count, sizeof *term);
    *term = (struct term){arena_copy_n(terms->arena, s, len), quoted, negative};
}

/* The length of the quotation mark, straight or curly, that `s` begins with; 0: none. */
static size_t quote_length(const char *s)
{
    if (*s == '"')
        return 1;
    return strncmp(s, "“", 3) == 0 || strncmp(s, "”", 3) == 0 || strncmp(s, "„", 3) == 0 ? 3 : 0;
}

/* The closing quotation mark; NULL: none. */
static const char *find_quote(const char *s)
{
    while (*s && !quote_length(s))
        s++;
    return *s ? s : NULL;
}

static void split(struct terms *terms, const char *s)
{
    while (*(s += strspn(s, " "))) {
        bool negative = s[0] == '-' && s[1] != '-' && s[1] != ' ' && s[1];
        s += negative;
        size_t quote = quote_length(s);
        const char *end = quote ? find_quote(s + quote) : NULL;
        s += quote;
        if (end) {
            add_term(terms, s, (size_t)(end - s), true, negative);
            s = end + quote_length(end);
        } else {
            for (end = s; *end && *end != ' ' && !quote_length(end);)
                end++;
            add_term(terms, s, (size_t)(end - s), false, negative);
            s = end;
        }
    }
}

/* Drops the filler words, unless there are no others. */
static void drop_fillers(struct terms *terms)
{
    size_t others = 0, kept = 0;
    for (size_t i = 0; i < terms->count; i++)
        others += !terms->term[i].negative && !is_filler(&terms->term[i]);
    for (size_t i = 0; others && i < terms->count; i++)
        if (terms->term[i].negative || !is_filler(&terms->term[i]))
            terms->term[kept++] = terms->term[i];
    terms->count = others ? kept : terms->count;
}

/* Takes apart what a person typed. */
static void parse(const char *words, struct terms *terms)
{
    struct buf valid = BUF_INIT(terms->arena, TEXT_MAX), folded = BUF_INIT(terms->arena, TEXT_MAX);
    text_add_valid(&valid, words, strnlen(words, TEXT_MAX / 3));
    text_add_folded(&folded, buf_str(&valid), valid.len);
    split(terms, buf_str(&folded));
    drop_fillers(terms);
}

/* Adds a term as an FTS5 string, in which nothing is an operator. */
static void add_string(struct buf *out, const struct terms *terms, const struct term *term)
{
    buf_addc(out, '"');
    for (const char *p = term->text; *p; p++) {
        if (*p == '"')
            buf_addc(out, '"');
        buf_addc(out, *p);
    }
    buf_addc(out, '"');
    if (terms->prefix && !term->quoted && !term->negative && strlen(term->text) >= PREFIX_MIN)
        buf_addc(out, '*');
    buf_addc(out, ' ');
}

/* Adds to an expression what must not be there. */
static void add_negatives(struct buf *out, const struct terms *terms)
{
    bool first = true;
    for (size_t i = 0; i < terms->count; i++)
        if (terms->term[i].negative) {
            buf_adds(out, first ? " NOT (" : "OR ");
            add_string(out, terms, &terms->term[i]);
            first = false;
        }
    buf_adds(out, first ? "" : ")");
}

/* The terms as they were typed. */
static char *print_terms(const struct terms *terms)
{
    struct buf out = BUF_INIT(terms->arena, TEXT_MAX);
    for (size_t i = 0; i < terms->count; i++) {
        const struct term *term = &terms->term[i];
        const char *quote = term->quoted ? "\"" : "";
        buf_addf(&out, "%s%s%s%s%s", i ? " " : "", term->negative ? "-" : "", quote, term->text,
                 quote);
    }
    return buf_str(&out);
}

static size_t count_positive(const struct terms *terms)
{
    size_t count = 0;
    for (size_t i = 0; i < terms->count; i++)
        count += !terms->term[i].negative;
    return count;
}

/* The expression for all terms from `first` up to `end`, exclusive. A term in which FTS5 sees no
 * letters counts as found. */
static char *all_terms(const struct terms *terms, size_t first, size_t end, bool in_title)
{
    struct buf out = BUF_INIT(terms->arena, TEXT_MAX);
    buf_adds(&out, in_title ? "title : (" : "(");
    for (size_t i = first; i < end; i++)
        if (!terms->term[i].negative)
            add_string(&out, terms, &terms->term[i]);
    buf_adds(&out, ")");
    add_negatives(&out, terms);
    return buf_str(&out);
}

/* A passage that was found. */
struct place {
    int64_t id;
    uint64_t key;  /* of a project, hashed; else 0 */
    double weight; /* only of some of the words: how many and how rare */
    bool titled;   /* all words in the title, or of some of the words one */
};

struct places {
    struct place *place; /* of each kind the newest first */
    size_t count;
    bool cut; /* there are more */
};

static enum passage_kind kind_of(int64_t id)
{
    return (enum passage_kind)(id >> PASSAGE_KIND_SHIFT);
}

static int compare_ids(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->id < y->id ? 1 : x->id > y->id ? -1 : 0;
}

/* The hash of a project's key; 0: fault. */
static uint64_t hash_key(struct arena *arena, struct database *db, const char *key,
                         struct fault *fault)
{
    const char *resolved = catalog_resolve(arena, db, key, fault);
    return resolved ? text_hash(TEXT_HASH_INIT, resolved, strlen(resolved)) | 1 : 0;
}

/* A passage's row. */
struct row {
    int64_t id;
    char *project;
};

static const struct columns row_columns = {sizeof(struct row),
                                           {COLUMN(row, id), COLUMN_OR_NULL(row, project)}};

/* Adds the newest `max` passages of a kind that match, or with `titles` whose titles do. */
static bool find(struct arena *arena, struct database *db, const char *expression,
                 enum passage_kind kind, bool titles, size_t max, struct place found,
                 struct places *places, struct fault *fault)
{
    static const char *const statements[2][2] = {
        {"SELECT rowid AS id, NULL AS project FROM passage_text WHERE passage_text MATCH ? AND "
         "rowid >= ?"
         " AND rowid < ? ORDER BY rowid DESC LIMIT ?",
         "SELECT t.rowid AS id, p.project FROM passage_text t CROSS JOIN passage p"
         " INDEXED BY passage_project ON p.id = t.rowid AND p.project IS NOT NULL"
         " WHERE t.passage_text MATCH ? AND t.rowid >= ? AND t.rowid < ?"
         " ORDER BY t.rowid DESC LIMIT ?"},
        {"SELECT rowid AS id, NULL AS project FROM passage_title WHERE passage_title MATCH ? AND "
         "rowid >= ?"
         " AND rowid < ? ORDER BY rowid DESC LIMIT ?",
         "SELECT t.rowid AS id, p.project FROM passage_title t CROSS JOIN passage p"
         " INDEXED BY passage_project ON p.id = t.rowid AND p.project IS NOT NULL"
         " WHERE t.passage_title MATCH ? AND t.rowid >= ? AND t.rowid < ?"
         " ORDER BY t.rowid DESC LIMIT ?"},
    };
    bool project = kind == PASSAGE_PROJECT;
    int64_t from = (int64_t)kind << PASSAGE_KIND_SHIFT;
    struct row *rows = NULL;
    size_t count = 0;
    if (!database_rows(arena, db, &row_columns, &rows, &count, fault, statements[titles][project],
                       "siii", expression, from, from + ((int64_t)1 << PASSAGE_KIND_SHIFT),
                       (int64_t)max + 1))
        return false;
    places->cut = places->cut || count > max;
    for (size_t i = 0; i < count && i < max; i++) {
        found.id = rows[i].id;
        found.key = project ? hash_key(arena, db, rows[i].project, fault) : 0;
        if (project && !found.key)
            return false;
        struct place *place = arena_add(arena, &places->place, &places->count, sizeof *place);
        *place = found;
    }
    return true;
}

/* Sorts places and merges those that were found in several ways. */
static void merge(struct places *places)
{
    size_t kept = 0;
    if (!places->count)
        return;
    qsort(places->place, places->count, sizeof *places->place, compare_ids);
    for (size_t i = 0; i < places->count; i++) {
        struct place *last = kept ? &places->place[kept - 1] : NULL;
        if (last && last->id == places->place[i].id) {
            last->titled = last->titled || places->place[i].titled;
            last->weight += places->place[i].weight;
        } else {
            places->place[kept++] = places->place[i];
        }
    }
    places->count = kept;
}

/* Adds the newest projects and headlines with titles that match. */
static bool find_titled(struct database *db, const struct terms *terms, const char *in_title,
                        size_t max, struct places *places, struct fault *fault)
{
    /* Excluded words may be in the text, not only in the title. */
    bool titles = count_positive(terms) == terms->count;
    struct place found = {.titled = true};
    return find(terms->arena, db, in_title, PASSAGE_PROJECT, titles, max, found, places, fault) &&
           find(terms->arena, db, in_title, PASSAGE_HEADLINE, titles, max, found, places, fault);
}

/* Adds the newest passages of each kind that match. */
static bool find_newest(struct arena *arena, struct database *db, const char *expression,
                        size_t max, struct places *places, struct fault *fault)
{
    bool done = true;
    for (int kind = PASSAGE_PROJECT; done && kind <= PASSAGE_EDITORS; kind++)
        done = find(arena, db, expression, (enum passage_kind)kind, false, max, (struct place){0},
                    places, fault);
    return done;
}

/* Adds the newest passages with all words from `first` up to `end`, exclusive. */
static bool find_all(struct database *db, const struct terms *terms, size_t first, size_t end,
                     size_t max, struct places *places, struct fault *fault)
{
    return find_titled(db, terms, all_terms(terms, first, end, true), max, places, fault) &&
           find_newest(terms->arena, db, all_terms(terms, first, end, false), max, places, fault);
}

/* Finds for a term of which there are too many those places that have a rarer one as well. */
static bool find_with_rarer(struct database *db, const struct terms *terms,
                            const struct places *shares, size_t which, struct places *places,
                            struct fault *fault)
{
    struct buf out = BUF_INIT(terms->arena, TEXT_MAX);
    bool any = false;
    buf_adds(&out, "((");
    for (size_t i = 0; i < terms->count; i++)
        if (!shares[i].cut && shares[i].count) {
            buf_adds(&out, any ? "OR " : "");
            add_string(&out, terms, &terms->term[i]);
            any = true;
        }
    buf_adds(&out, ") AND ");
    add_string(&out, terms, &terms->term[which]);
    buf_adds(&out, ")");
    add_negatives(&out, terms);
    return !any || find_newest(terms->arena, db, buf_str(&out), PARTIAL_MAX, places, fault);
}

/* Adds what one term has to all places: the more the rarer it is. */
static void add_share(struct arena *arena, struct places *share, struct places *places)
{
    places->cut = places->cut || share->cut;
    merge(share);
    double weight = 1.0 + 1.0 / (1.0 + (double)share->count);
    for (size_t i = 0; i < share->count; i++) {
        struct place *place = arena_add(arena, &places->place, &places->count, sizeof *place);
        *place = share->place[i];
        place->weight = weight;
    }
}

/* The passages with some of the words. */
static bool find_some(struct database *db, const struct terms *terms, struct places *places,
                      struct fault *fault)
{
    struct places shares[SEARCH_TERMS_MAX] = {0};
    for (size_t i = 0; i < terms->count; i++)
        if (!terms->term[i].negative &&
            !find_all(db, terms, i, i + 1, PARTIAL_MAX, &shares[i], fault))
            return false;
    for (size_t i = 0; i < terms->count; i++)
        if (!terms->term[i].negative && shares[i].cut &&
            !find_with_rarer(db, terms, shares, i, &shares[i], fault))
            return false;
    for (size_t i = 0; i < terms->count; i++)
        add_share(terms->arena, &shares[i], places);
    return true;
}

/* A hit before it is read. */
struct candidate {
    struct place place;
    int rank;
    int64_t more, month; /* of a project: its other issues, and the last one counted */
};

struct candidates {
    struct candidate *candidate;
    size_t count;
};

static int64_t month_of(int64_t id)
{
    return id >> PASSAGE_MONTH_SHIFT & ((1 << (PASSAGE_KIND_SHIFT - PASSAGE_MONTH_SHIFT)) - 1);
}

/* The index of the first place, the newest, with an id of at most `id`. */
static size_t first_from(const struct places *places, int64_t id)
{
    size_t low = 0, high = places->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (places->place[middle].id > id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether a place of another kind is in the section; also when so many were found that those of
 * older issues are not known. */
static bool has_in_section(const struct places *places, enum passage_kind kind, int64_t section)
{
    const int64_t within = ((int64_t)1 << PASSAGE_SECTION_SHIFT) - 1,
                  of_kind = ((int64_t)1 << PASSAGE_KIND_SHIFT) - 1,
                  kinds = (int64_t)kind << PASSAGE_KIND_SHIFT;
    int64_t last = kinds | (section & of_kind) | within;
    size_t at = first_from(places, last), newer = at - first_from(places, kinds | of_kind);
    return newer >= SEARCH_PLACES_MAX ||
           (at < places->count && (places->place[at].id | within) == last);
}

/* The order of hits: what names it before what speaks of it. */
static int rank_of(const struct place *place)
{
    switch (kind_of(place->id)) {
    case PASSAGE_PROJECT:
        return place->titled ? 0 : 3;
    case PASSAGE_HEADLINE:
        return place->titled ? 1 : 2;
    case PASSAGE_SECTION:
        return 4;
    default:
        return 5;
    }
}

static struct candidate *find_project(struct candidates *candidates, uint64_t key)
{
    for (size_t i = 0; i < candidates->count; i++)
        if (candidates->candidate[i].place.key == key)
            return &candidates->candidate[i];
    return NULL;
}

/* Counts another place of a project, an older one. */
static void add_to_project(struct candidate *project, const struct place *place)
{
    bool better =
        place->weight > project->place.weight ||
        (place->weight == project->place.weight && place->titled && !project->place.titled);
    int64_t month = month_of(place->id);
    project->more += month != project->month;
    project->month = month;
    if (better)
        project->place = *place;
}

/* Makes candidates of places: one of a project, none of a section whose own entries are there. */
static void select_candidates(struct arena *arena, const struct places *places,
                              struct candidates *candidates)
{
    for (size_t i = 0; i < places->count; i++) {
        const struct place *place = &places->place[i];
        enum passage_kind kind = kind_of(place->id);
        struct candidate *candidate = place->key ? find_project(candidates, place->key) : NULL;
        if (candidate) {
            add_to_project(candidate, place);
        } else if (kind != PASSAGE_SECTION ||
                   (!has_in_section(places, PASSAGE_HEADLINE, place->id) &&
                    !has_in_section(places, PASSAGE_PROJECT, place->id))) {
            candidate =
                arena_add(arena, &candidates->candidate, &candidates->count, sizeof *candidate);
            *candidate = (struct candidate){.place = *place, .month = month_of(place->id)};
        }
    }
    for (size_t i = 0; i < candidates->count; i++)
        candidates->candidate[i].rank = rank_of(&candidates->candidate[i].place);
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->place.weight != y->place.weight)
        return x->place.weight < y->place.weight ? 1 : -1;
    if (x->rank != y->rank)
        return x->rank - y->rank;
    /* Authors and editors are of one rank. */
    const int64_t of_kind = ((int64_t)1 << PASSAGE_KIND_SHIFT) - 1;
    int64_t a_id = x->place.id & of_kind, b_id = y->place.id & of_kind;
    if (a_id != b_id)
        return a_id < b_id ? 1 : -1;
    return compare_ids(&x->place, &y->place);
}

/* Reads a hit; one that is gone is left out. */
static bool add_hit(struct arena *arena, struct database *db, const struct candidate *candidate,
                    struct search_result *result, struct fault *fault)
{
    static const enum search_kind kinds[] = {SEARCH_PROJECT, SEARCH_HEADLINE, SEARCH_SECTION,
                                             SEARCH_AUTHORS, SEARCH_EDITORS};
    static const struct columns columns = {
        sizeof(struct search_hit),
        {COLUMN(search_hit, month), COLUMN(search_hit, issue_url), COLUMN(search_hit, title),
         COLUMN_OR_NULL(search_hit, anchor), COLUMN_OR_NULL(search_hit, url)}};
    struct search_hit hit = {.kind = kinds[kind_of(candidate->place.id)], .more = candidate->more};
    bool found;
    if (!database_row(arena, db, &columns, &hit, &found, fault,
                      "SELECT p.issue AS month, i.url AS issue_url, p.title, p.anchor, p.url"
                      " FROM passage p JOIN issue i ON i.id = p.issue WHERE p.id = ?",
                      "i", candidate->place.id))
        return false;
    if (hit.kind != SEARCH_HEADLINE)
        hit.url = NULL;
    if (found) {
        struct search_hit *slot = arena_add(arena, &result->hit, &result->count, sizeof *slot);
        *slot = hit;
    }
    return true;
}

static bool make_result(struct arena *arena, struct database *db, const struct places *places,
                        size_t max, struct search_result *result, struct fault *fault)
{
    struct candidates candidates = {0};
    select_candidates(arena, places, &candidates);
    if (candidates.count)
        qsort(candidates.candidate, candidates.count, sizeof *candidates.candidate,
              compare_candidates);
    for (size_t i = 0; i < candidates.count; i++) {
        result->total += 1 + candidates.candidate[i].more;
        if (i < max && !add_hit(arena, db, &candidates.candidate[i], result, fault))
            return false;
    }
    return true;
}

bool search_run(struct arena *arena, struct database *db, const char *words, enum search_how how,
                size_t max, struct search_result *result, struct fault *fault)
{
    bool some = how == SEARCH_SOME || how == SEARCH_SOME_BEGINNINGS;
    struct terms terms = {.arena = arena,
                          .prefix = how == SEARCH_BEGINNINGS || how == SEARCH_SOME_BEGINNINGS};
    struct places places = {0};
    parse(words, &terms);
    result->words = print_terms(&terms);
    size_t positive = count_positive(&terms);
    result->excludes = terms.count && !positive;
    if (some && positive > 1 && !find_some(db, &terms, &places, fault))
        return false;
    if (!some && positive &&
        !find_all(db, &terms, 0, terms.count, SEARCH_PLACES_MAX, &places, fault))
        return false;
    merge(&places);
    result->at_least = places.cut;
    return make_result(arena, db, &places, max, result, fault);
}
