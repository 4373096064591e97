/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* RSS 2.0 or Atom: the issues a feed names. */
#include "feed.h"

#include "buf.h"
#include "fault.h"
#include "text.h"
#include "url.h"

#include <libxml/xmlreader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATOM_NS    "http://www.w3.org/2005/Atom"
#define CONTENT_NS "http://purl.org/rss/1.0/modules/content/"

struct parser {
    const char *base;
    struct feed *feed;
    struct fault *fault;
    bool atom;
    char complaint[300]; /* the first thing libxml2 did not like */
};

static void on_error(void *data, xmlError *error)
{
    struct parser *p = data;
    if (error->level < XML_ERR_ERROR || *p->complaint || !error->message)
        return;
    char what[240];
    text_printable(what, sizeof what, error->message, strcspn(error->message, "\n"));
    snprintf(p->complaint, sizeof p->complaint, "line %d: %s", error->line, what);
}

static bool is(const xmlNode *node, const char *name, const char *ns)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 &&
           (ns ? node->ns && strcmp((const char *)node->ns->href, ns) == 0 : !node->ns);
}

/* Replaces `*slot` by the node's text; false: out of memory. */
static bool take_text(const xmlNode *node, char **slot)
{
    xmlChar *content = xmlNodeGetContent(node);
    free(*slot);
    *slot = content ? strdup((const char *)content) : NULL;
    xmlFree(content);
    return *slot;
}

/* An attribute's value, borrowed; NULL: none. */
static const char *attribute(const xmlNode *node, const char *name)
{
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (strcmp((const char *)a->name, name) == 0 && a->children && a->children->content)
            return (const char *)a->children->content;
    return NULL;
}

/* "Fri, 08 Aug 2025 00:00:00 +0000", the weekday may be missing: the date as written. */
static void read_rfc822(const char *s, char date[ISSUE_DATE_SIZE])
{
    const char *comma = strchr(s, ',');
    int day, year, at = 0, length = 0;
    size_t name = 0;
    s = comma ? comma + 1 : s;
    int month = sscanf(s, " %2d %n", &day, &at) == 1 ? issue_month_number(s + at, &name) : 0;
    if (month && sscanf(s + at + name, " %4d%n", &year, &length) == 1)
        issue_date(date, year, month, day);
}

/* The inside of Atom's type="xhtml" content as HTML. */
static bool take_xhtml(xmlNode *node, char **slot)
{
    xmlBuffer *out = xmlBufferCreate();
    bool taken = out;
    for (xmlNode *child = node->children; taken && child; child = child->next)
        taken = xmlNodeDump(out, node->doc, child, 0, 0) >= 0;
    free(*slot);
    *slot = taken ? strdup((const char *)xmlBufferContent(out)) : NULL;
    xmlBufferFree(out);
    return *slot;
}

static bool take_atom_content(xmlNode *node, char **slot)
{
    const char *type = attribute(node, "type");
    if (type && text_equal_fold(type, "xhtml"))
        return take_xhtml(node, slot);
    return !type || !text_equal_fold(type, "html") || take_text(node, slot);
}

/* Reads one child of an item or entry; false: out of memory. */
static bool read_child(const struct parser *p, xmlNode *node, struct feed_entry *entry)
{
    char *date = NULL;
    bool done = true;
    if (!p->atom) {
        if (is(node, "title", NULL))
            return take_text(node, &entry->title);
        if (is(node, "link", NULL))
            return take_text(node, &entry->url);
        if (is(node, "encoded", CONTENT_NS))
            return take_text(node, &entry->content);
        if (is(node, "pubDate", NULL) && (done = take_text(node, &date)))
            read_rfc822(date, entry->published);
    } else {
        const char *rel = attribute(node, "rel"), *href = attribute(node, "href");
        if (is(node, "title", ATOM_NS))
            return take_text(node, &entry->title);
        if (is(node, "content", ATOM_NS))
            return take_atom_content(node, &entry->content);
        if (is(node, "link", ATOM_NS) && href && (!rel || strcmp(rel, "alternate") == 0)) {
            free(entry->url);
            return (entry->url = strdup(href));
        }
        bool published = is(node, "published", ATOM_NS);
        if ((published || (is(node, "updated", ATOM_NS) && !*entry->published)) &&
            (done = take_text(node, &date)))
            issue_date_read(entry->published, date);
    }
    free(date);
    return done;
}

static void entry_finish(struct feed_entry *entry)
{
    free(entry->title);
    free(entry->url);
    free(entry->content);
}

/* Makes the title plain and the link absolute; false: out of memory. `*issue`: it is one. */
static bool settle_entry(const struct parser *p, struct feed_entry *entry, bool *issue)
{
    char *url = entry->url ? url_resolve(p->base, entry->url) : NULL;
    *issue = url && issue_id_from_url(url, entry->id);
    free(entry->url);
    entry->url = url;
    struct buf title = BUF_INIT(TEXT_MAX);
    if (entry->title)
        text_add_folded(&title, entry->title, strlen(entry->title));
    text_trim(&title);
    free(entry->title);
    entry->title = buf_take(&title);
    return entry->title;
}

static bool read_entry(struct parser *p, const xmlNode *item)
{
    struct feed_entry entry = {0};
    bool issue = false, done = true;
    for (xmlNode *child = item->children; done && child; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            done = read_child(p, child, &entry);
    done = done && settle_entry(p, &entry, &issue);
    if (done && issue && !feed_find(p->feed, entry.id)) {
        struct feed_entry *slot = array_add(&p->feed->entries, &p->feed->count, sizeof *slot);
        if (slot) {
            *slot = entry;
            return true;
        }
        done = false;
    }
    entry_finish(&entry);
    return done || fault_memory(p->fault);
}

/* Decides by the root element what the feed is. */
static bool read_root(struct parser *p, const xmlNode *root)
{
    p->atom = is(root, "feed", ATOM_NS);
    if (p->atom || is(root, "rss", NULL))
        return true;
    char name[60];
    text_printable(name, sizeof name, (const char *)root->name, strlen((const char *)root->name));
    return fault_set(p->fault, FAULT_INPUT, "not a feed: it is XML with the root element '%s'",
                     name);
}

static bool is_entry(const struct parser *p, const xmlNode *node, int depth)
{
    return p->atom ? depth == 1 && is(node, "entry", ATOM_NS)
                   : depth == 2 && is(node, "item", NULL);
}

static bool malformed(struct parser *p)
{
    return fault_set(p->fault, FAULT_INPUT, "not a feed: %s",
                     *p->complaint ? p->complaint : "not well-formed XML");
}

static bool read_all(struct parser *p, xmlTextReader *reader)
{
    int more = xmlTextReaderRead(reader);
    while (more == 1) {
        int type = xmlTextReaderNodeType(reader), depth = xmlTextReaderDepth(reader);
        xmlNode *node = xmlTextReaderCurrentNode(reader);
        bool skip = false;
        if (type == XML_READER_TYPE_DOCUMENT_TYPE)
            return fault_set(p->fault, FAULT_INPUT,
                             "not a feed: it has a DOCTYPE (an HTML page in its place?)");
        if (type == XML_READER_TYPE_ELEMENT && depth == 0 && !read_root(p, node))
            return false;
        if (type == XML_READER_TYPE_ELEMENT && is_entry(p, node, depth)) {
            node = xmlTextReaderExpand(reader);
            if (!node)
                return malformed(p);
            if (!read_entry(p, node))
                return false;
            skip = true;
        }
        more = skip ? xmlTextReaderNext(reader) : xmlTextReaderRead(reader);
    }
    return more == 0 || malformed(p);
}

bool feed_parse(const char *data, size_t len, const char *base, struct feed *feed,
                struct fault *fault)
{
    struct parser p = {.base = base, .feed = feed, .fault = fault};
    if (len > FEED_MAX_BYTES)
        return fault_set(fault, FAULT_INPUT, "not a feed: larger than %d bytes", FEED_MAX_BYTES);
    if (len == 0)
        return fault_set(fault, FAULT_INPUT, "not a feed: it is empty");
    xmlTextReader *reader = xmlReaderForMemory(data, (int)len, NULL, NULL, XML_PARSE_NONET);
    if (!reader)
        return fault_memory(fault);
    xmlTextReaderSetStructuredErrorHandler(reader, (xmlStructuredErrorFunc)on_error, &p);
    bool parsed = read_all(&p, reader);
    xmlFreeTextReader(reader);
    if (parsed && feed->count == 0)
        parsed = fault_set(fault, FAULT_INPUT,
                           "the feed names no issue: no item links to /this-month/YYYY-MM/");
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

const struct feed_entry *feed_find(const struct feed *feed, const char *id)
{
    for (size_t i = 0; i < feed->count; i++)
        if (strcmp(feed->entries[i].id, id) == 0)
            return &feed->entries[i];
    return NULL;
}

const struct feed_entry *feed_latest(const struct feed *feed)
{
    const struct feed_entry *latest = NULL;
    for (size_t i = 0; i < feed->count; i++)
        if (!latest || strcmp(feed->entries[i].id, latest->id) > 0)
            latest = &feed->entries[i];
    return latest;
}

const char *feed_version(void)
{
    return LIBXML_DOTTED_VERSION;
}
