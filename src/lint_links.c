/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules about links. */
#include "lint_links.h"

#include "buf.h"
#include "draft.h"
#include "earlier.h"
#include "finding.h"
#include "month.h"
#include "text.h"
#include "unicode.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Room for an address in a finding. */
#define SHOWN_SIZE 160

/* Whether a reference without scheme looks like the address of another site. */
static bool looks_foreign(const char *url)
{
    static const char *const domains[] = {".com", ".org", ".net", ".io", ".dev", ".rs"};
    size_t len = strcspn(url, "/?#");
    if (strncasecmp(url, "www.", 4) == 0 || (url[len] == '/' && memchr(url, '.', len)))
        return true;
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        size_t n = strlen(domains[i]);
        if (len > n && strncasecmp(url + len - n, domains[i], n) == 0)
            return true;
    }
    return false;
}

/* Whether "https" stands where the host should: "https://https//x.org". */
static bool has_scheme_twice(const char *url)
{
    size_t len;
    const char *host = url_host(url, &len);
    len -= len && host[len - 1] == ':';
    return (len == 4 || len == 5) && strncasecmp(host, "https", len) == 0;
}

/* What a reference is resolved against, to see its host. */
#define ANY_PAGE "https://example.org/"

#define WHOLE      ": write the whole 'https://' address"
#define NO_ADDRESS "is not an address" WHOLE

/* What is wrong with an address that a page resolves to `resolved`, or to NULL; NULL: nothing. */
static const char *judge(const struct markdown_part *part, const char *resolved)
{
    const char *url = part->url, *colon = strchr(url, ':');
    bool image = part->kind == MARKDOWN_IMAGE, http = text_starts_fold(url, "http");
    if (has_scheme_twice(url))
        return "has its 'https://' twice" WHOLE;
    if (!resolved)
        return NO_ADDRESS;
    if (url_is_web(resolved) && url_is_private(resolved))
        return "leads to the reader's own machine or network: write the public address";
    if (strncmp(url, "@/", 2) == 0)
        return image || part->raw ? "leads nowhere, for the site resolves '@/' only in links that "
                                    "are written as [words](@/...): write it so, or without '@'"
                                  : NULL;
    if (url_is_web(url) || *url == '#' || *url == '/' || *url == '.')
        return NULL;
    if (text_starts_fold(url, "mailto:"))
        return strchr(url, '@') ? NULL : "has no e-mail address: write it after 'mailto:'";
    if (colon && colon < url + strcspn(url, "/?#"))
        return http ? NO_ADDRESS : "is neither http nor https" WHOLE;
    if (looks_foreign(url))
        return "lacks its 'https://', so it is taken for a page of the site" WHOLE;
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

/* Whether a link has no words. One with an image has; of an HTML tag they stand behind it. */
static bool is_wordless(const struct draft *draft, size_t i)
{
    const struct markdown_part *part = draft->outline.part;
    bool tag = i > 0 && part[i - 1].kind == MARKDOWN_HTML && part[i - 1].end > i &&
               !strstr(part[i - 1].text, "</");
    return part[i].kind == MARKDOWN_LINK && !tag && !part[i].text[strspn(part[i].text, " \n")] &&
           draft_find(draft, MARKDOWN_IMAGE, i, part[i].end) == part[i].end;
}

void lint_link_scheme(const struct draft *draft, struct findings *findings)
{
    char shown[SHOWN_SIZE];
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        if (part->kind != MARKDOWN_IMAGE && part->kind != MARKDOWN_LINK)
            continue;
        uint32_t invisible = find_invisible(part->url);
        char *resolved = url_resolve(arena_ambient(), ANY_PAGE, part->url);
        const char *wrong = judge(part, resolved);
        free(resolved);
        text_printable(shown, sizeof shown, part->url, strlen(part->url));
        if (!*part->url)
            findings_add(findings, RULE_LINK_SCHEME, part->line,
                         "the link leads nowhere: give it an address");
        else if (invisible)
            findings_add(findings, RULE_LINK_SCHEME, part->line,
                         "'%s' has the character U+%04X in it, which nobody sees: take it out",
                         shown, invisible);
        else if (wrong)
            findings_add(findings, RULE_LINK_SCHEME, part->line, "'%s' %s", shown, wrong);
        if (is_wordless(draft, i))
            findings_add(findings, RULE_LINK_SCHEME, part->line,
                         "the link to '%s' has no words, so nobody sees it: write them between "
                         "'[' and ']'",
                         shown);
    }
}

/* What an item, or a heading that stands for one, is about. */
struct item_link {
    uint64_t hash;
    const struct markdown_part *link;
    enum section_kind kind;
};

struct item_links {
    struct item_link *link;
    size_t count;
};

/* What part `i` of a section is about, if it is an item, or a heading that is a headline itself for
 * want of a list. Further links of an item only say more. NULL: nothing. */
static const struct markdown_part *find_subject(const struct draft *draft,
                                                const struct draft_section *section, size_t i)
{
    const struct markdown_part *part = draft->outline.part;
    if (part[i].kind == MARKDOWN_ITEM)
        return draft_item_link(draft, i);
    if (part[i].kind != MARKDOWN_HEADING || part[i].level != 3 || section->kind == SECTION_PROJECTS)
        return NULL;
    size_t end = draft_next_heading(draft, i + 1, section->end, 3),
           link = draft_find(draft, MARKDOWN_LINK, i, part[i].end);
    return link < part[i].end && draft_find(draft, MARKDOWN_LIST, i, end) == end ? &part[link]
                                                                                 : NULL;
}

/* The web links of all items, but for people and mere references. False: out of memory. */
static bool list_items(const struct draft *draft, struct item_links *links)
{
    for (size_t s = 0; s < draft->section_count; s++) {
        const struct draft_section *section = &draft->sections[s];
        for (size_t i = section->start + 1; i < section->end; i++) {
            const struct markdown_part *link = find_subject(draft, section, i);
            if (!link || draft_is_handle(link) || draft_is_reference(link) ||
                !url_is_web(link->url))
                continue;
            struct item_link *added = array_add(&links->link, &links->count, sizeof *added);
            if (!added)
                return false;
            *added = (struct item_link){earlier_link_hash(link->url), link, section->kind};
        }
    }
    return true;
}

void lint_link_twice(const struct draft *draft, struct findings *findings)
{
    struct item_links links = {0};
    char shown[SHOWN_SIZE];
    findings->failed = !list_items(draft, &links) || findings->failed;
    for (size_t i = 1; i < links.count; i++)
        for (size_t j = 0; j < i; j++) {
            const char *url = links.link[i].link->url;
            if (links.link[j].hash != links.link[i].hash)
                continue;
            findings_add(findings, RULE_LINK_TWICE, links.link[i].link->line,
                         "'%s' is already in line %d: mend one of them, or take it out",
                         text_printable(shown, sizeof shown, url, strlen(url)),
                         links.link[j].link->line);
            break;
        }
    free(links.link);
}

void lint_link_earlier(const struct draft *draft, struct findings *findings)
{
    struct item_links links = {0};
    char shown[SHOWN_SIZE], month[MONTH_TEXT_SIZE];
    if (!draft->earlier || !draft->month)
        return;
    findings->failed = !list_items(draft, &links) || findings->failed;
    for (size_t i = 0; i < links.count; i++) {
        const char *url = links.link[i].link->url;
        int before = links.link[i].kind == SECTION_PARTICIPATION
                         ? 0
                         : earlier_find_link(draft->earlier, url, draft->month);
        if (!before)
            continue;
        month_text(before, month);
        findings_add(findings, RULE_LINK_EARLIER, links.link[i].link->line,
                     "'%s' was already in the issue of %s: take it out, unless it is news again",
                     text_printable(shown, sizeof shown, url, strlen(url)), month);
    }
    free(links.link);
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

void lint_handles(const struct draft *draft, struct findings *findings)
{
    char shown[SHOWN_SIZE], name[SHOWN_SIZE];
    for (size_t i = 0; i < draft->outline.count; i++) {
        const struct markdown_part *part = &draft->outline.part[i];
        if (part->kind != MARKDOWN_LINK || !draft_is_handle(part) || !url_is_web(part->url))
            continue;
        size_t len = strcspn(part->text + 1, "@/[");
        if (!names(part->url, part->text + 1, len))
            findings_add(findings, RULE_HANDLE, part->line,
                         "'%s' leads to '%s', which is not that name: mend one of them",
                         text_printable(name, sizeof name, part->text, strlen(part->text)),
                         text_printable(shown, sizeof shown, part->url, strlen(part->url)));
    }
}
