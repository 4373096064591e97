/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about links. */
#include "base/arena.h"
#include "base/text.h"
#include "base/url.h"
#include "lint/draft.h"
#include "lint/earlier.h"
#include "lint/rules.h"
#include "news/month.h"

#include <cmark.h>
#include <string.h>
#include <strings.h>

/* Whether a reference without scheme looks like the address of another site. */
static bool looks_foreign(const char *url)
{
    static const char *const domains[] = {".com", ".org", ".net", ".io", ".dev", ".rs"};
    size_t len = strcspn(url, "/?#");
    if (strncasecmp(url, "www.", 4) == 0 || (url[len] == '/' && memchr(url, '.', len)))
        return true;
    for (size_t i = 0; i < COUNT(domains); i++) {
        size_t n = strlen(domains[i]);
        if (len > n && strncasecmp(url + len - n, domains[i], n) == 0)
            return true;
    }
    return false;
}

/* Whether "https" is where the host should be: "https://https//x.org". */
static bool has_scheme_twice(const char *url)
{
    size_t len;
    const char *host = url_host(url, &len);
    len -= len && host[len - 1] == ':';
    return (len == 4 || len == 5) && strncasecmp(host, "https", len) == 0;
}

/* What a reference is resolved against, to see its host. */
#define ANY_PAGE "https://example.org/"

#define WHOLE      ": write the full 'https://' address"
#define NO_ADDRESS "is not an address" WHOLE

/* What is wrong with the address of a link or image; NULL: nothing. */
static const char *judge(const struct draft *draft, struct cmark_node *node)
{
    const char *url = cmark_node_get_url(node), *colon = strchr(url, ':'),
               *resolved = url_resolve(draft->arena, ANY_PAGE, url);
    bool image = cmark_node_get_type(node) == CMARK_NODE_IMAGE,
         http = text_starts_fold(url, "http");
    if (text_starts_fold(url, "data:image/"))
        return "has the picture itself in it: put the picture into a file, and link that";
    if (has_scheme_twice(url))
        return "has its 'https://' twice" WHOLE;
    if (!resolved)
        return NO_ADDRESS;
    if (url_is_web(resolved) && url_is_private(resolved))
        return "leads to the reader's own machine or network: write the public address";
    if (strncmp(url, "@/", 2) == 0)
        return image || draft_is_html(node)
                   ? "leads nowhere, because the site resolves '@/' only in links written as "
                     "[words](@/...): write it that way, or without '@'"
                   : NULL;
    if (url_is_web(url) || *url == '#' || *url == '/' || *url == '.')
        return NULL;
    if (text_starts_fold(url, "mailto:"))
        return strchr(url, '@') ? NULL : "has no e-mail address: write it after 'mailto:'";
    if (colon && colon < url + strcspn(url, "/?#"))
        return http ? NO_ADDRESS : "is neither http nor https" WHOLE;
    if (looks_foreign(url))
        return "has no 'https://', so it is read as a page of this site" WHOLE;
    return !http && (image || strchr(url, '.')) ? NULL : NO_ADDRESS;
}

/* The first invisible character of an address; 0: none. */
static uint32_t find_invisible(const char *url)
{
    for (const char *s = url, *end = url + strlen(url); s < end;) {
        uint32_t c = unicode_next(&s, end);
        if (c != ' ' && unicode_is_invisible(c))
            return c;
    }
    return 0;
}

static void check_address(struct draft *draft, struct cmark_node *node)
{
    int line = draft_first_line(node);
    const char *url = cmark_node_get_url(node), *wrong = judge(draft, node),
               *shown = quote(draft, url);
    uint32_t invisible = find_invisible(url);
    if (!*url)
        finding_add(draft, line, "this link has no address: add one");
    else if (invisible)
        finding_add(draft, line, "'%s' has the invisible character U+%04X in it: remove that",
                    shown, invisible);
    else if (wrong)
        finding_add(draft, line, "'%s' %s", shown, wrong);
    const char *text = draft_text(draft, node);
    if (cmark_node_get_type(node) == CMARK_NODE_LINK && !text[strspn(text, " \n")] &&
        !draft_find(node, draft_skip(node), CMARK_NODE_IMAGE))
        finding_add(
            draft, line,
            "the link to '%s' has no words, so nobody can see it: write some between '[' and ']'",
            shown);
}

/* Links that are neither http nor https, nor lead to a place of the site; or cannot be seen. */
void rule_link_scheme(struct draft *draft)
{
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_IMAGE || type == CMARK_NODE_LINK)
            check_address(draft, node);
    }
}

/* The link that an item, or a heading in place of one, is about. */
struct subject {
    const char *key; /* url_key() of the link */
    struct cmark_node *link;
    enum section_kind kind;
};

struct subjects {
    struct subject *subject;
    size_t count;
};

/* The first link of an item's own level; NULL: none. */
static struct cmark_node *find_item_link(struct cmark_node *item)
{
    struct cmark_node *node = item, *end = draft_skip(item);
    while (node != end && cmark_node_get_type(node) != CMARK_NODE_LINK)
        node = cmark_node_get_type(node) == CMARK_NODE_LIST ? draft_skip(node) : draft_next(node);
    return node == end ? NULL : node;
}

/* The link that a node is about, if it is an item, or a heading that is a headline itself because
 * no list follows. Further links of an item are details. NULL: none. */
static struct cmark_node *find_subject(const struct draft *draft,
                                       const struct draft_section *section, struct cmark_node *node)
{
    if (cmark_node_get_type(node) == CMARK_NODE_ITEM)
        return find_item_link(node);
    if (cmark_node_get_type(node) != CMARK_NODE_HEADING ||
        cmark_node_get_heading_level(node) != 3 || section->kind == SECTION_PROJECTS ||
        !text_shows(draft_text(draft, node)))
        return NULL;
    struct cmark_node *next = draft_find_heading(draft, draft_next(node), section->end, 3);
    return draft_find(node, next ? next : section->end, CMARK_NODE_LIST)
               ? NULL
               : draft_find(node, draft_skip(node), CMARK_NODE_LINK);
}

/* Whether what is linked is a person: "@name". */
static bool is_handle(const char *text)
{
    return text[0] == '@' && text[1] && !strpbrk(text, " \n");
}

/* Whether a link is a mere reference: "#123", or its own address. */
static bool is_reference(const char *text, const char *url)
{
    const char *number = text + (text[0] == '#');
    return strcmp(text, url) == 0 || (*number && !number[strspn(number, "0123456789")]);
}

/* The web links that all items are about, except people and mere references. */
static struct subjects list_subjects(const struct draft *draft)
{
    struct subjects subjects = {0};
    for (size_t s = 0; s < draft->section_count; s++) {
        const struct draft_section *section = &draft->sections[s];
        for (struct cmark_node *node = draft_next(section->start); node && node != section->end;
             node = draft_next(node)) {
            struct cmark_node *link = find_subject(draft, section, node);
            const char *text = link ? draft_text(draft, link) : NULL,
                       *url = link ? cmark_node_get_url(link) : NULL;
            if (!link || is_handle(text) || is_reference(text, url) || !url_is_web(url))
                continue;
            struct subject *subject =
                arena_add(draft->arena, &subjects.subject, &subjects.count, sizeof *subject);
            *subject = (struct subject){url_key(draft->arena, url), link, section->kind};
        }
    }
    return subjects;
}

void rule_link_twice(struct draft *draft)
{
    struct subjects subjects = list_subjects(draft);
    for (size_t i = 1; i < subjects.count; i++) {
        const char *url = cmark_node_get_url(subjects.subject[i].link);
        size_t j = 0;
        while (strcmp(subjects.subject[j].key, subjects.subject[i].key) != 0)
            j++;
        if (j < i)
            finding_add(draft, draft_first_line(subjects.subject[i].link),
                        "'%s' is already in line %d: correct one of them, or remove it",
                        quote(draft, url), draft_first_line(subjects.subject[j].link));
    }
}

/* Calls for participation may be repeated until the task is done. */
void rule_link_earlier(struct draft *draft)
{
    struct subjects subjects = list_subjects(draft);
    char month[MONTH_TEXT_SIZE];
    for (size_t i = 0; draft->source.earlier && i < subjects.count; i++) {
        const struct subject *subject = &subjects.subject[i];
        const char *url = cmark_node_get_url(subject->link);
        int before = earlier_find_link(draft->source.earlier, subject->key, draft->month);
        if (!before || subject->kind == SECTION_PARTICIPATION)
            continue;
        month_text(before, month);
        finding_add(draft, draft_first_line(subject->link),
                    "'%s' was already in the issue of %s: remove it, unless it is news again",
                    quote(draft, url), month);
    }
}

/* Whether `name` is a part of the address: of its path, or the host's first label. */
static bool names(const char *url, const char *name, size_t len)
{
    size_t host_len;
    const char *host = url_host(url, &host_len);
    if (host_len > len && strncasecmp(host, name, len) == 0 && host[len] == '.')
        return true;
    for (const char *s = host + host_len; *s;) {
        s += strspn(s, "/@~");
        size_t n = strcspn(s, "/?#");
        if (n == len && strncasecmp(s, name, len) == 0)
            return true;
        s += n;
        if (*s == '?' || *s == '#')
            break;
    }
    return false;
}

/* "@name" that leads to another name. */
void rule_handle(struct draft *draft)
{
    for (struct cmark_node *node = draft->root; node; node = draft_next(node)) {
        if (cmark_node_get_type(node) != CMARK_NODE_LINK)
            continue;
        const char *text = draft_text(draft, node), *url = cmark_node_get_url(node);
        if (is_handle(text) && url_is_web(url) && !names(url, text + 1, strcspn(text + 1, "@/[")))
            finding_add(draft, draft_first_line(node),
                        "'%s' leads to '%s', which does not have that name: correct one of them",
                        quote(draft, text), quote(draft, url));
    }
}
