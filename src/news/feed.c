/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* RSS 2.0 or Atom: the issues a feed names. */
#include "news/feed.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/text.h"
#include "base/url.h"
#include "news/html.h"
#include "news/month.h"

#include <errno.h>
#include <iconv.h>
#include <libxml/parser.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATOM_NS    "http://www.w3.org/2005/Atom"
#define CONTENT_NS "http://purl.org/rss/1.0/modules/content/"
#define DC_NS      "http://purl.org/dc/elements/1.1/"
#define RDF_NS     "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Most namespaces in a feed: libxml2 searches all that are in scope for each element. */
#define NAMESPACES_MAX 1000
/* Most tags and attributes in a feed: if each has a text, the tree takes 60 MiB. */
#define NODES_MAX 200000
/* Longest xml:base that counts: the time to resolve a reference grows with it. */
#define BASE_MAX 200

struct parser {
    struct arena *arena;
    struct feed *feed;
    struct fault *fault;
    const char *base; /* URL of the feed */
    const char *data; /* the feed in UTF-8 */
    size_t len;
    bool refused;   /* the fault says why it is not a feed */
    const char *ns; /* namespace of the feed's own elements; NULL: none */
    bool atom;
    size_t items;
};

/* Says what is wrong, if nothing was said before. */
__attribute__((format(printf, 3, 4))) static bool refuse(struct parser *p, long line,
                                                         const char *format, ...)
{
    char what[300];
    va_list args;
    if (p->refused)
        return false;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    p->refused = true;
    return fault_set(p->fault, FAULT_INPUT, "not a feed: line %ld: %s", line, what);
}

static bool is(const xmlNode *node, const char *name, const char *ns)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 &&
           (ns ? node->ns && strcmp((const char *)node->ns->href, ns) == 0 : !node->ns);
}

static char *text_of(struct arena *arena, const xmlNode *node)
{
    xmlChar *content = xmlNodeGetContent(node);
    char *text = arena_copy(arena, content ? (const char *)content : "");
    xmlFree(content);
    return text;
}

/* An attribute's value, which belongs to the document; NULL: none. */
static const char *attribute(const xmlNode *node, const char *name, const char *ns)
{
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (strcmp((const char *)a->name, name) == 0 && a->children && a->children->content &&
            (ns ? a->ns && strcmp((const char *)a->ns->href, ns) == 0 : !a->ns))
            return (const char *)a->children->content;
    return NULL;
}

/* The base URL of a node in one whose base is `outer`. */
static const char *base_of(const struct parser *p, const xmlNode *node, const char *outer)
{
    const char *own = attribute(node, "base", (const char *)XML_XML_NAMESPACE);
    const char *url = own && strlen(own) <= BASE_MAX ? url_resolve(p->arena, outer, own) : NULL;
    return url ? url : outer;
}

/* Reads the date in "Fri, 08 Aug 2025 00:00:00 +0000", whose weekday may be missing. */
static void read_rfc822(const char *s, char date[ISSUE_DATE_SIZE])
{
    const char *comma = strchr(s, ',');
    char *end;
    size_t name;
    s = comma ? comma + 1 : s;
    long day = strtol(s, &end, 10);
    end += strspn(end, " ");
    int month = day >= 1 && day <= 31 ? month_number(end, &name) : 0;
    if (!month)
        return;
    s = end + name + strspn(end + name, " ");
    long year = strtol(s, &end, 10);
    if (end == s + 4)
        issue_date(date, (int)year, month, (int)day);
}

/* The inside of an Atom content of type "xhtml" as HTML. */
static char *xhtml_of(struct arena *arena, const xmlNode *node)
{
    xmlBuffer *out = xmlBufferCreate();
    for (xmlNode *child = node->children; child; child = child->next)
        xmlNodeDump(out, node->doc, child, 0, 0);
    char *html =
        arena_copy_n(arena, (const char *)xmlBufferContent(out), (size_t)xmlBufferLength(out));
    xmlBufferFree(out);
    return html;
}

/* Whether a media type is this one, whatever its parameters. */
static bool is_type(const char *type, const char *wanted)
{
    size_t len = strlen(wanted);
    return type && text_starts_fold(type, wanted) && strchr("; \t", type[len]);
}

static bool is_html(const xmlNode *node)
{
    const char *type = attribute(node, "type", NULL);
    return is_type(type, "html") || is_type(type, "text/html");
}

/* An entry while it is read. */
struct reading {
    struct feed_entry entry;
    const char *base;
    bool linked; /* it has a link of its own */
    int rank;    /* of the address taken; 0: none was an issue's so far */
};

/* An entry may have several addresses; the first of the highest rank counts. */
enum { RANK_PERMALINK = 1, RANK_LINK, RANK_HTML_LINK };

/* Takes an address if it is an issue's and of a higher rank than the one taken before. */
static void offer(const struct parser *p, struct reading *r, const xmlNode *node,
                  const char *reference, int rank)
{
    char *url = url_resolve(p->arena, base_of(p, node, r->base), reference);
    int month = url && rank > r->rank ? issue_month_of_url(url) : 0;
    if (!month)
        return;
    url[strcspn(url, "?#")] = '\0';
    r->entry.month = month;
    r->entry.url = url;
    r->rank = rank;
}

/* In RSS, an address is the text of an element. */
static void offer_text(const struct parser *p, struct reading *r, const xmlNode *node, int rank)
{
    const char *text = text_of(p->arena, node);
    if (!text_shows(text))
        return;
    offer(p, r, node, text, rank);
    if (rank == RANK_LINK)
        r->linked = true;
}

static bool is_alternate(const xmlNode *link)
{
    const char *rel = attribute(link, "rel", NULL);
    return !rel || text_equal_fold(rel, "alternate") ||
           strcmp(rel, "http://www.iana.org/assignments/relation/alternate") == 0;
}

static bool is_permalink(const xmlNode *guid)
{
    const char *permalink = attribute(guid, "isPermaLink", NULL);
    return !permalink || text_equal_fold(permalink, "true");
}

/* The title as plain text on one line. */
static char *title_of(const struct parser *p, const xmlNode *node)
{
    struct buf title = BUF_INIT(p->arena, TEXT_MAX);
    struct fault ignored = {0};
    const char *raw = text_of(p->arena, node);
    struct html_node *html =
        p->atom && is_html(node) ? html_parse(raw, strlen(raw), TEXT_MAX, &ignored) : NULL;
    if (html)
        html_add_text(&title, html, (struct html_scope){0});
    else
        text_add_folded(&title, raw, strlen(raw));
    text_trim(&title);
    html_free(html);
    return text_plain(p->arena, buf_str(&title));
}

/* Takes the content. An xml:base becomes an HTML base, so that it stays with the text. */
static void take_content(const struct parser *p, xmlNode *node, struct reading *r)
{
    const char *type = attribute(node, "type", NULL);
    bool xhtml = p->atom && (is_type(type, "xhtml") || is_type(type, "application/xhtml+xml"));
    /* Content that is only linked, or is not HTML, is left out. */
    if (p->atom && (attribute(node, "src", NULL) || !(xhtml || is_html(node))))
        return;
    char *text = xhtml ? xhtml_of(p->arena, node) : text_of(p->arena, node);
    const char *base = base_of(p, node, r->base);
    const xmlNode *div = xhtml ? xmlFirstElementChild(node) : NULL; /* around everything else */
    if (div)
        base = base_of(p, div, base);
    if (base != p->base) {                                /* there is an xml:base */
        struct buf tag = BUF_INIT(p->arena, 8 * URL_MAX); /* each character escaped */
        for (const char *s = base; *s; s++)
            buf_addf(&tag, strchr("\"&<>", *s) ? "&#%d;" : "%c", *s);
        text = arena_format(p->arena, "<base href=\"%s\">%s", buf_str(&tag), text);
    }
    r->entry.content = text;
}

/* Takes the date, if the node is one. The date of publication counts more than others. */
static void take_date(const struct parser *p, const xmlNode *node, struct feed_entry *entry)
{
    char date[ISSUE_DATE_SIZE] = "";
    bool published = is(node, "published", ATOM_NS);
    if (!p->atom && is(node, "pubDate", p->ns))
        read_rfc822(text_of(p->arena, node), entry->published);
    else if (published || is(node, "updated", ATOM_NS) || is(node, "date", DC_NS))
        issue_date_read(date, text_of(p->arena, node));
    if (*date && (!*entry->published || published))
        memcpy(entry->published, date, sizeof date);
}

/* Reads one child of an item or entry. */
static void read_child(const struct parser *p, xmlNode *node, struct reading *r)
{
    const char *href = attribute(node, "href", NULL);
    if (is(node, "title", p->ns))
        r->entry.title = title_of(p, node);
    else if (p->atom ? is(node, "content", ATOM_NS) : is(node, "encoded", CONTENT_NS))
        take_content(p, node, r);
    else if (!p->atom && is(node, "link", p->ns))
        offer_text(p, r, node, RANK_LINK);
    else if (!p->atom && is(node, "guid", p->ns) && is_permalink(node))
        offer_text(p, r, node, RANK_PERMALINK);
    else if (p->atom && is(node, "link", ATOM_NS) && href && is_alternate(node))
        offer(p, r, node, href, is_html(node) ? RANK_HTML_LINK : RANK_LINK);
    else
        take_date(p, node, &r->entry);
}

static void read_entry(struct parser *p, const xmlNode *item, const char *outer)
{
    struct reading r = {.entry.title = "", .base = base_of(p, item, outer)};
    for (xmlNode *child = item->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            read_child(p, child, &r);
    p->items++;
    if (!r.rank || (r.rank == RANK_PERMALINK && r.linked) || feed_find(p->feed, r.entry.month))
        return;
    struct feed_entry *slot = arena_add(p->arena, &p->feed->entries, &p->feed->count, sizeof *slot);
    *slot = r.entry;
}

/* Reads the items or entries in a node, and those in its channel: RSS 1.0 has them beside the
 * channel.
 */
static void read_items(struct parser *p, const xmlNode *node, const char *outer)
{
    const char *base = base_of(p, node, outer);
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (is(child, p->atom ? "entry" : "item", p->ns))
            read_entry(p, child, base);
        else if (!p->atom && is(child, "channel", p->ns))
            read_items(p, child, base);
    }
}

static const char *ns_of(const xmlNode *node)
{
    return node->ns ? (const char *)node->ns->href : NULL;
}

/* Reads a well-formed document. RSS is in the namespace of its channel, which mostly has none. */
static bool read_root(struct parser *p, const xmlNode *root)
{
    const char *name = (const char *)root->name, *ns = ns_of(root);
    p->atom = is(root, "feed", ATOM_NS);
    p->ns = ns;
    if (!p->atom && strcmp(name, "rss") != 0 && !is(root, "RDF", RDF_NS)) {
        char shown[60], where[100];
        text_printable(shown, sizeof shown, name, strlen(name));
        text_printable(where, sizeof where, ns ? ns : "", ns ? strlen(ns) : 0);
        return refuse(p, xmlGetLineNo(root), "it is XML with the root element '%s'%s%s%s", shown,
                      ns ? " of '" : "", where, ns ? "'" : "");
    }
    for (const xmlNode *child = root->children; !p->atom && child; child = child->next)
        if (child->type == XML_ELEMENT_NODE && strcmp((const char *)child->name, "channel") == 0)
            p->ns = ns_of(child);
    read_items(p, root, p->base);
    return p->feed->count ||
           fault_set(p->fault, FAULT_INPUT,
                     "the feed names no issue: of %zu item%s none links to /this-month/YYYY-MM/",
                     p->items, p->items == 1 ? "" : "s");
}

/* The line that `s` is in. */
static int line_of(const char *data, const char *s)
{
    int line = 1;
    while ((data = memchr(data, '\n', (size_t)(s - data)))) {
        line++;
        data++;
    }
    return line;
}

static bool refuse_character(struct parser *p, int line, char c)
{
    return refuse(p, line, "the character U+%04X, which XML forbids", (unsigned)c);
}

static bool refuse_doctype(struct parser *p, int line)
{
    return refuse(p, line, "it has a DOCTYPE (an HTML page in its place?)");
}

/* Refuses what would keep libxml2 busy for hours, or is not a feed. */
static bool check_source(struct parser *p)
{
    size_t namespaces = 0;
    const char *data = p->data, *end = data + p->len, *start = data;
    const char *nul = memchr(data, '\0', p->len);
    if (p->len > FEED_MAX_BYTES)
        return fault_set(p->fault, FAULT_INPUT, "not a feed: larger than %d bytes", FEED_MAX_BYTES);
    if (nul) /* libxml2 would end there */
        return refuse_character(p, line_of(data, nul), '\0');
    if (p->len >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0)
        start += 3;
    while (start < end && strchr(" \t\r\n", *start))
        start++;
    /* libxml2 would take other first bytes for another encoding. */
    if (start == end || *start != '<')
        return refuse(p, 1, "it does not begin with '<'");
    if (end - start > 9 && text_starts_fold(start, "<!doctype"))
        return refuse_doctype(p, line_of(data, start));
    for (const char *s = data; (s = memmem(s, (size_t)(end - s), "xmlns", 5)); s++)
        if (++namespaces > NAMESPACES_MAX)
            return fault_set(p->fault, FAULT_INPUT, "not a feed: more than %d namespaces",
                             NAMESPACES_MAX);
    return !html_find_costly(data, p->len, NODES_MAX) ||
           fault_set(p->fault, FAULT_INPUT,
                     "not a feed: a tag of more than %d bytes, or more than %d tags and attributes",
                     HTML_TAG_MAX, NODES_MAX);
}

/* The encoding of the feed, by its first bytes or by its XML declaration. */
static const char *encoding_of(const struct parser *p)
{
    static const char declaration[] = "^<[?]xml[^>]*encoding[ \t\r\n]*=[ \t\r\n]*[\"']([^\"'>]*)";
    const char *head = arena_copy_n(p->arena, p->data, p->len < 200 ? p->len : 200);
    if (p->len >= 2 && (memcmp(head, "\xFE\xFF", 2) == 0 || memcmp(head, "\xFF\xFE", 2) == 0))
        return "UTF-16";
    if (p->len >= 4 && memcmp(head, "\0<\0?", 4) == 0)
        return "UTF-16BE";
    if (p->len >= 4 && memcmp(head, "<\0?\0", 4) == 0)
        return "UTF-16LE";
    size_t len;
    const char *name = text_match(head, declaration, &len);
    return name ? arena_copy_n(p->arena, name, len) : "UTF-8";
}

/* Converts the feed to UTF-8: check_source() must see what libxml2 will. */
static bool convert(struct parser *p)
{
    const char *name = encoding_of(p);
    char shown[40];
    if (text_equal_fold(name, "UTF-8"))
        return true;
    text_printable(shown, sizeof shown, name, strlen(name));
    bool named = *name && !name[strspn(name, LETTERS "0123456789._-")];
    iconv_t converter = iconv_open("UTF-8", named ? name : "no-encoding");
    if ((intptr_t)converter == -1)
        return refuse(p, 1, "the encoding '%s' is not known", shown);
    size_t left = p->len, room = FEED_MAX_BYTES + 8;
    char *in = arena_copy_n(p->arena, p->data, p->len), *out = arena_zero(p->arena, room, 1),
         *end = out;
    bool converted = iconv(converter, &in, &left, &end, &room) != (size_t)-1 || errno == E2BIG;
    iconv_close(converter);
    p->data = out;
    p->len = (size_t)(end - out);
    return converted || refuse(p, line_of(out, end), "it is not in the encoding '%s'", shown);
}

/* Called at a DOCTYPE before its declarations are read: one of those could give every element an
 * attribute of megabytes. */
static void note_doctype(void *user, const xmlChar *name, const xmlChar *external,
                         const xmlChar *system)
{
    (void)name, (void)external, (void)system;
    xmlParserCtxt *context = user;
    refuse_doctype(context->_private, context->input->line);
    xmlStopParser(context);
}

/* Called for each error. If a forbidden character ends a text, libxml2 only says what is missing
 * after it. */
static void note_error(void *user, const xmlError *error)
{
    const xmlParserCtxt *context = user;
    struct parser *p = context->_private;
    char what[240];
    int line = error->line > 0 ? error->line : 1, at = 1;
    if (error->level < XML_ERR_FATAL || p->refused || !error->message)
        return;
    for (const char *s = p->data; s < p->data + p->len && at <= line; s++) {
        if (*s >= 0 && *s < ' ' && !strchr("\t\r\n", *s)) {
            refuse_character(p, at, *s);
            return;
        }
        at += *s == '\n';
    }
    /* libxml2 says "extra content" also when something is missing. */
    const char *open = error->code == XML_ERR_DOCUMENT_END ? (const char *)context->name : NULL;
    if (open)
        refuse(p, line, "it ends inside <%s>",
               text_printable(what, sizeof what, open, strlen(open)));
    else
        refuse(p, line, "%s",
               text_printable(what, sizeof what, error->message, strcspn(error->message, "\n")));
}

/* Reads a feed that is in UTF-8. */
static bool parse(struct parser *p)
{
    if (!check_source(p))
        return false;
    /* The push parser finds the end of a CDATA section at once, and a feed is mostly such sections;
     * the other parser goes character by character. */
    xmlParserCtxt *context = xmlCreatePushParserCtxt(NULL, NULL, NULL, 0, NULL);
    context->_private = p;
    context->sax->internalSubset = note_doctype;
    context->sax->serror = (xmlStructuredErrorFunc)note_error;
    /* As UTF-8, so that libxml2 reads the bytes as the check above did. */
    xmlCtxtUseOptions(context, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOERROR |
                                   XML_PARSE_NOWARNING);
    xmlParseChunk(context, p->data, (int)p->len, 1);
    xmlDoc *doc = context->myDoc;
    bool parsed = !p->refused &&
                  ((doc && context->wellFormed) || refuse(p, 1, "not well-formed XML")) &&
                  read_root(p, xmlDocGetRootElement(doc));
    xmlFreeDoc(doc);
    xmlFreeParserCtxt(context);
    return parsed;
}

bool feed_parse(struct arena *arena, const char *data, size_t len, const char *base,
                struct feed *feed, struct fault *fault)
{
    struct parser p = {
        .arena = arena, .feed = feed, .fault = fault, .base = base, .data = data, .len = len};
    if (len == 0)
        return fault_set(fault, FAULT_INPUT, "not a feed: it is empty");
    return convert(&p) && parse(&p);
}

bool feed_drop_ahead(struct feed *feed, double at, struct fault *fault)
{
    char present[MONTH_TEXT_SIZE];
    size_t kept = 0;
    feed->present = month_at(at);
    for (size_t i = 0; i < feed->count; i++) {
        struct feed_entry *entry = &feed->entries[i];
        if (entry->month <= feed->present) {
            feed->entries[kept++] = *entry;
            continue;
        }
        if (!feed->ahead || entry->month < feed->ahead)
            feed->ahead = entry->month;
    }
    feed->count = kept;
    month_text(feed->present, present);
    return kept || fault_set(fault, FAULT_INPUT,
                             "the feed names only issues of months that cannot be out yet: it is "
                             "%s by the site's clock",
                             present);
}

const struct feed_entry *feed_find(const struct feed *feed, int month)
{
    for (size_t i = 0; i < feed->count; i++)
        if (feed->entries[i].month == month)
            return &feed->entries[i];
    return NULL;
}

const struct feed_entry *feed_latest(const struct feed *feed)
{
    const struct feed_entry *latest = NULL;
    for (size_t i = 0; i < feed->count; i++)
        if (!latest || feed->entries[i].month > latest->month)
            latest = &feed->entries[i];
    return latest;
}
