/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* RSS 2.0 or Atom: the issues a feed names. */
#include "feed.h"

#include "buf.h"
#include "fault.h"
#include "html.h"
#include "month.h"
#include "text.h"
#include "url.h"

#include <libxml/parser.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATOM_NS    "http://www.w3.org/2005/Atom"
#define CONTENT_NS "http://purl.org/rss/1.0/modules/content/"
#define DC_NS      "http://purl.org/dc/elements/1.1/"
#define RDF_NS     "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Most namespaces in a feed: libxml2 searches all that hold for each element. */
#define NAMESPACES_MAX 1000
/* Longest xml:base that holds; each costs as much time as it is long. */
#define BASE_MAX 200
/* A bit for each month of the calendar. */
#define MONTHS (10000 * 12)

struct parser {
    struct feed *feed;
    struct fault *fault;
    const char *data; /* the feed in UTF-8 */
    size_t len;
    bool refused;   /* it is no feed, and the fault says why */
    const char *ns; /* of the feed's own elements; NULL: none */
    bool atom;
    size_t items;
    unsigned char seen[MONTHS / 8]; /* the months that have their entry */
};

/* Of all that is wrong with a feed, what comes first is said. */
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

/* The node's text, owned by the caller; NULL: out of memory. */
static char *text_of(const xmlNode *node)
{
    xmlChar *content = xmlNodeGetContent(node);
    char *text = content ? strdup((const char *)content) : NULL;
    xmlFree(content);
    return text;
}

/* An attribute's value, borrowed; NULL: none. */
static const char *attribute(const xmlNode *node, const char *name, const char *ns)
{
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (strcmp((const char *)a->name, name) == 0 && a->children && a->children->content &&
            (ns ? a->ns && strcmp((const char *)a->ns->href, ns) == 0 : !a->ns))
            return (const char *)a->children->content;
    return NULL;
}

/* What relative references are resolved against. */
struct base {
    char *url;   /* NULL: out of memory */
    bool stated; /* by an xml:base */
};

/* The base of a node whose parent has `outer`; the caller frees the URL. */
static struct base base_of(const xmlNode *node, struct base outer)
{
    const char *own = attribute(node, "base", (const char *)XML_XML_NAMESPACE);
    struct base base = {.stated = true};
    if (outer.url && own && strlen(own) <= BASE_MAX &&
        (base.url = url_resolve(arena_ambient(), outer.url, own)))
        return base;
    return (struct base){outer.url ? strdup(outer.url) : NULL, outer.stated};
}

/* "Fri, 08 Aug 2025 00:00:00 +0000", the weekday may be missing: the date as written. */
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

static int add_output(void *out, const char *data, int len)
{
    buf_add(out, data, (size_t)len);
    return ((struct buf *)out)->failed ? -1 : len;
}

/* The inside of Atom's type="xhtml" content as HTML. Into a buffer of ours: libxml2's own is freed
 * twice when it cannot grow. */
static void add_xhtml(struct buf *out, xmlNode *node)
{
    xmlOutputBuffer *output = xmlOutputBufferCreateIO(add_output, NULL, out, NULL);
    for (xmlNode *child = node->children; output && child; child = child->next)
        xmlNodeDumpOutput(output, node->doc, child, 0, 0, NULL);
    out->failed = !output || xmlOutputBufferClose(output) < 0 || out->failed;
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

/* An entry that is read. */
struct reading {
    struct feed_entry entry;
    struct base base;
    bool linked; /* it has a link of its own */
    int rank;    /* of the address that was taken for its own; 0: none is an issue's */
};

/* An entry may have several addresses; of the best, the first counts. */
enum { RANK_PERMALINK = 1, RANK_LINK, RANK_HTML_LINK };

/* Takes the best address that is an issue's. */
static bool offer(struct reading *r, const xmlNode *node, const char *reference, int rank)
{
    struct base base = base_of(node, r->base);
    char *url = NULL;
    bool done = true;
    if (base.url)
        url = url_resolve(arena_ambient(), base.url, reference);
    free(base.url);
    int month = url && rank > r->rank ? issue_month_of_url(url) : 0;
    if (month) {
        url[strcspn(url, "?#")] = '\0';
        r->entry.month = month;
        free(r->entry.url);
        r->entry.url = url;
        r->rank = rank;
        return true;
    }
    free(url);
    return done;
}

/* RSS has its addresses as texts. */
static bool offer_text(struct reading *r, const xmlNode *node, int rank)
{
    char *text = text_of(node);
    bool done = text && (!text_shows(text) || offer(r, node, text, rank));
    r->linked = r->linked || (text && text_shows(text) && rank == RANK_LINK);
    free(text);
    return done;
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

/* Replaces the title, which becomes plain, on one line. */
static bool take_title(struct parser *p, const xmlNode *node, struct feed_entry *entry)
{
    struct buf title = BUF_INIT(TEXT_MAX);
    struct fault ignored = {0};
    char *raw = text_of(node);
    struct html_node *html =
        raw && p->atom && is_html(node) ? html_parse(raw, strlen(raw), TEXT_MAX, &ignored) : NULL;
    if (html)
        html_add_text(&title, html, (struct html_scope){0});
    else if (raw)
        text_add_folded(&title, raw, strlen(raw));
    text_trim(&title);
    bool full = title.full, failed = !raw || ignored.kind == FAULT_LOCAL || title.failed;
    html_free(html);
    free(raw);
    free(entry->title);
    entry->title = failed ? NULL : text_plain(arena_ambient(), buf_str(&title));
    buf_finish(&title);
    return entry->title ||
           (full ? refuse(p, xmlGetLineNo(node), "a title larger than %d bytes", TEXT_MAX)
                 : fault_memory(p->fault));
}

/* Replaces the content. An xml:base is written as an HTML base, so that it stays with the text. */
static bool take_content(struct parser *p, xmlNode *node, struct reading *r)
{
    const char *type = attribute(node, "type", NULL);
    bool xhtml = p->atom && (is_type(type, "xhtml") || is_type(type, "application/xhtml+xml"));
    /* What is only linked, or no HTML, is left out. */
    if (p->atom && (attribute(node, "src", NULL) || !(xhtml || is_html(node))))
        return true;
    struct buf out = BUF_INIT(8 * FEED_MAX_BYTES); /* each character escaped */
    struct base base = base_of(node, r->base);
    const xmlNode *div = xhtml ? xmlFirstElementChild(node) : NULL; /* around all of it */
    if (div) {
        struct base outer = base;
        base = base_of(div, outer);
        free(outer.url);
    }
    char *text = xhtml ? NULL : text_of(node);
    if (base.url && base.stated) {
        buf_adds(&out, "<base href=\"");
        for (const char *s = base.url; *s; s++)
            buf_addf(&out, strchr("\"&<>", *s) ? "&#%d;" : "%c", *s);
        buf_adds(&out, "\">");
    }
    if (text)
        buf_adds(&out, text);
    else if (xhtml)
        add_xhtml(&out, node);
    else
        out.failed = true;
    out.failed = out.failed || !base.url;
    free(base.url);
    free(text);
    free(r->entry.content);
    r->entry.content = buf_take(&out);
    buf_finish(&out);
    return r->entry.content || fault_memory(p->fault);
}

/* Whether the month has no entry yet; from now on it has. */
static bool is_first(struct parser *p, int month)
{
    unsigned char bit = (unsigned char)(1U << month % 8), *byte = &p->seen[month / 8];
    bool first = !(*byte & bit);
    *byte |= bit;
    return first;
}

/* Reads one child of an item or entry; false: fault. */
static bool read_child(struct parser *p, xmlNode *node, struct reading *r)
{
    struct feed_entry *entry = &r->entry;
    const char *href = attribute(node, "href", NULL);
    char date[ISSUE_DATE_SIZE] = "", *text = NULL;
    bool done = true;
    if (is(node, "title", p->ns))
        return take_title(p, node, entry);
    if (is(node, "content", ATOM_NS) ? p->atom : !p->atom && is(node, "encoded", CONTENT_NS))
        return take_content(p, node, r);
    if (!p->atom && is(node, "link", p->ns))
        done = offer_text(r, node, RANK_LINK);
    else if (!p->atom && is(node, "guid", p->ns) && is_permalink(node))
        done = offer_text(r, node, RANK_PERMALINK);
    else if (p->atom && is(node, "link", ATOM_NS) && href && is_alternate(node))
        done = offer(r, node, href, is_html(node) ? RANK_HTML_LINK : RANK_LINK);
    else if (!p->atom && is(node, "pubDate", p->ns) && (done = (text = text_of(node))))
        read_rfc822(text, entry->published);
    else if ((is(node, "published", ATOM_NS) || is(node, "updated", ATOM_NS) ||
              is(node, "date", DC_NS)) &&
             (done = (text = text_of(node))))
        issue_date_read(date, text);
    if (*date && (!*entry->published || is(node, "published", ATOM_NS)))
        memcpy(entry->published, date, sizeof date);
    free(text);
    return done || fault_memory(p->fault);
}

static void entry_finish(struct feed_entry *entry)
{
    free(entry->title);
    free(entry->url);
    free(entry->content);
}

static bool read_entry(struct parser *p, const xmlNode *item, struct base outer)
{
    struct reading r = {.base = base_of(item, outer)};
    bool done = r.base.url || fault_memory(p->fault);
    for (xmlNode *child = item->children; done && child; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            done = read_child(p, child, &r);
    free(r.base.url);
    p->items++;
    bool issue = r.rank && !(r.rank == RANK_PERMALINK && r.linked);
    if (done && !r.entry.title && !(r.entry.title = strdup("")))
        done = fault_memory(p->fault);
    if (done && issue && is_first(p, r.entry.month)) {
        struct feed_entry *slot = array_add(&p->feed->entries, &p->feed->count, sizeof *slot);
        if (slot) {
            *slot = r.entry;
            return true;
        }
        done = fault_memory(p->fault);
    }
    entry_finish(&r.entry);
    return done;
}

/* Reads the items or entries of a node, and those of the channel in it: RSS 1.0 has them next to
 * it. */
static bool read_items(struct parser *p, const xmlNode *node, struct base outer)
{
    struct base base = base_of(node, outer);
    bool done = base.url || fault_memory(p->fault);
    for (const xmlNode *child = node->children; done && child; child = child->next) {
        if (is(child, p->atom ? "entry" : "item", p->ns))
            done = read_entry(p, child, base);
        else if (!p->atom && is(child, "channel", p->ns))
            done = read_items(p, child, base);
    }
    free(base.url);
    return done;
}

static const char *ns_of(const xmlNode *node)
{
    return node->ns ? (const char *)node->ns->href : NULL;
}

/* Reads a well-formed document. RSS is in the namespace of its channel, mostly none. */
static bool read_root(struct parser *p, const xmlNode *root, struct base base)
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
    if (!read_items(p, root, base))
        return false;
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

/* Refuses what libxml2 would spend hours on, or what no feed is. */
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
    /* Otherwise libxml2 would take the first bytes for another encoding. */
    if (start == end || *start != '<')
        return refuse(p, 1, "it does not begin with '<'");
    if (end - start > 9 && text_starts_fold(start, "<!doctype"))
        return refuse_doctype(p, line_of(data, start));
    for (const char *s = data; (s = memmem(s, (size_t)(end - s), "xmlns", 5)); s++)
        if (++namespaces > NAMESPACES_MAX)
            return fault_set(p->fault, FAULT_INPUT, "not a feed: more than %d namespaces",
                             NAMESPACES_MAX);
    return html_is_cheap(data, p->len) ||
           fault_set(p->fault, FAULT_INPUT,
                     "not a feed: a tag of more than %d bytes, or more than %d tags and attributes",
                     HTML_TAG_MAX, HTML_NODES_MAX);
}

/* The name of the encoding that an XML declaration at the start states, without its end; NULL:
 * none.
 */
static const char *declared_encoding(const char *data, size_t len)
{
    const char *end = len > 5 && memcmp(data, "<?xml", 5) == 0 ? memmem(data, len, "?>", 2) : NULL;
    const char *s = end ? memmem(data, (size_t)(end - data), "encoding", 8) : NULL;
    if (!s)
        return NULL;
    s += 8;
    s += strspn(s, " \t\r\n");
    s += *s == '=';
    s += strspn(s, " \t\r\n");
    return *s == '"' || *s == '\'' ? s + 1 : NULL;
}

/* What libxml2 converts from the encoding that a feed is in; `name`, of ENCODING_MAX bytes, gets
 * what the feed calls it. True and NULL: it is UTF-8. */
#define ENCODING_MAX 40
static bool find_encoding(struct parser *p, char *name, xmlCharEncodingHandler **converter)
{
    xmlCharEncoding guess = p->len < 4 ? XML_CHAR_ENCODING_NONE
                                       : xmlDetectCharEncoding((const unsigned char *)p->data, 4);
    const char *declared = declared_encoding(p->data, p->len);
    size_t len = declared ? strspn(declared, LETTERS "0123456789._-") : 0;
    *converter = NULL;
    if (guess != XML_CHAR_ENCODING_NONE && guess != XML_CHAR_ENCODING_UTF8) {
        const char *guessed = xmlGetCharEncodingName(guess);
        snprintf(name, ENCODING_MAX, "%s", guessed ? guessed : "an unknown encoding");
        *converter = xmlGetCharEncodingHandler(guess);
    } else if (declared && (len != 5 || !text_starts_fold(declared, "utf-8"))) {
        text_printable(name, ENCODING_MAX, declared, strcspn(declared, "\"'>"));
        if (len && len < ENCODING_MAX && !name[len])
            *converter = xmlFindCharEncodingHandler(name);
    } else {
        return true;
    }
    return *converter || refuse(p, 1, "the encoding '%s' is not known", name);
}

/* Makes the feed UTF-8, which `converted` then holds: check_source() must see what libxml2 will. */
static bool convert(struct parser *p, xmlBuffer **converted)
{
    char name[ENCODING_MAX];
    xmlCharEncodingHandler *converter;
    if (!find_encoding(p, name, &converter))
        return false;
    if (!converter)
        return true;
    xmlBuffer *in = xmlBufferCreateSize(p->len + 1), *out = xmlBufferCreate();
    bool memory = in && out && xmlBufferAdd(in, (const xmlChar *)p->data, (int)p->len) == 0;
    int step = memory ? 1 : -1;
    while (step > 0 && xmlBufferLength(in) > 0 && xmlBufferLength(out) <= FEED_MAX_BYTES)
        step = xmlCharEncInFunc(converter, out, in);
    bool rest = memory && xmlBufferLength(in) > 0;
    xmlBufferFree(in);
    xmlCharEncCloseFunc(converter);
    *converted = out;
    if (!memory)
        return fault_memory(p->fault);
    p->data = (const char *)xmlBufferContent(out);
    p->len = (size_t)xmlBufferLength(out);
    return !rest || p->len > FEED_MAX_BYTES ||
           refuse(p, line_of(p->data, p->data + p->len), "it is not in the encoding '%s'", name);
}

/* Called at a DOCTYPE, before what it declares is read: that could be a value of megabytes for each
 * element. */
static void note_doctype(void *user, const xmlChar *name, const xmlChar *external,
                         const xmlChar *system)
{
    (void)name, (void)external, (void)system;
    xmlParserCtxt *context = user;
    refuse_doctype(context->_private, context->input->line);
    xmlStopParser(context);
}

/* Called for each error. Where a forbidden character ends a text, libxml2 only says what it misses
 * there. */
static void note_error(void *user, const xmlError *error)
{
    struct parser *p = ((xmlParserCtxt *)user)->_private;
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
    refuse(p, line, "%s",
           text_printable(what, sizeof what, error->message, strcspn(error->message, "\n")));
}

/* Reads a feed that is in UTF-8. */
static bool parse(struct parser *p, struct base base)
{
    if (!check_source(p))
        return false;
    xmlParserCtxt *context = xmlNewParserCtxt();
    if (!context)
        return fault_memory(p->fault);
    context->_private = p;
    context->sax->internalSubset = note_doctype;
    context->sax->serror = (xmlStructuredErrorFunc)note_error;
    /* As UTF-8, so that the bytes mean to libxml2 what they meant to the check above. */
    xmlDoc *doc = xmlCtxtReadMemory(context, p->data, (int)p->len, NULL, NULL,
                                    XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOERROR |
                                        XML_PARSE_NOWARNING);
    bool parsed = !p->refused && (doc || refuse(p, 1, "not well-formed XML")) &&
                  read_root(p, xmlDocGetRootElement(doc), base);
    xmlFreeDoc(doc);
    xmlFreeParserCtxt(context);
    return parsed;
}

bool feed_parse(const char *data, size_t len, const char *base, struct feed *feed,
                struct fault *fault)
{
    struct parser p = {.feed = feed, .fault = fault, .data = data, .len = len};
    struct base outer = {.url = strdup(base)};
    xmlBuffer *converted = NULL;
    bool parsed = false;
    if (!outer.url)
        fault_memory(fault);
    else if (len == 0)
        fault_set(fault, FAULT_INPUT, "not a feed: it is empty");
    else if (len > FEED_MAX_BYTES)
        fault_set(fault, FAULT_INPUT, "not a feed: larger than %d bytes", FEED_MAX_BYTES);
    else
        parsed = convert(&p, &converted) && parse(&p, outer);
    xmlBufferFree(converted);
    free(outer.url);
    if (!parsed)
        feed_finish(feed);
    return parsed;
}

void feed_finish(struct feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        entry_finish(&feed->entries[i]);
    free(feed->entries);
    *feed = (struct feed){0};
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
        entry_finish(entry);
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
