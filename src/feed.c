/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* RSS 2.0 or Atom: the issues a feed names. */
#include "feed.h"

#include "buf.h"
#include "fault.h"
#include "tags.h"
#include "text.h"
#include "url.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATOM_NS    "http://www.w3.org/2005/Atom"
#define CONTENT_NS "http://purl.org/rss/1.0/modules/content/"

/* Most namespaces in a feed: libxml2 searches all that hold for each element. */
#define NAMESPACES_MAX 1000
/* Most elements, attributes and the like in a feed, each with a text: 60 MiB as a tree. */
#define NODES_MAX 200000
/* A bit for each month of the calendar. */
#define MONTHS (10000 * 12)

struct parser {
    const char *base;
    struct feed *feed;
    struct fault *fault;
    bool atom;
    unsigned char seen[MONTHS / 8]; /* the months that have their entry */
};

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
    char *end;
    size_t name;
    s = comma ? comma + 1 : s;
    long day = strtol(s, &end, 10);
    end += strspn(end, " ");
    int month = day >= 1 && day <= 31 ? issue_month_number(end, &name) : 0;
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
static bool take_xhtml(xmlNode *node, char **slot)
{
    struct buf out = BUF_INIT(8 * FEED_MAX_BYTES); /* each character escaped */
    xmlOutputBuffer *output = xmlOutputBufferCreateIO(add_output, NULL, &out, NULL);
    for (xmlNode *child = node->children; output && child; child = child->next)
        xmlNodeDumpOutput(output, node->doc, child, 0, 0, NULL);
    bool taken = output && xmlOutputBufferClose(output) >= 0;
    free(*slot);
    *slot = taken ? buf_take(&out) : NULL;
    buf_finish(&out);
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

/* Makes the title plain and the link absolute. `*issue`: the entry is one. False: fault. */
static bool settle_entry(const struct parser *p, struct feed_entry *entry, bool *issue)
{
    char *url = NULL;
    struct buf title = BUF_INIT(TEXT_MAX);
    if (entry->url && !url_resolve(p->base, entry->url, &url))
        return fault_memory(p->fault);
    *issue = url && issue_id_from_url(url, entry->id);
    if (url)
        url[strcspn(url, "?#")] = '\0';
    free(entry->url);
    entry->url = url;
    if (entry->title)
        text_add_folded(&title, entry->title, strlen(entry->title));
    text_trim(&title);
    bool full = title.full;
    free(entry->title);
    entry->title = buf_take(&title);
    return entry->title || (full ? fault_set(p->fault, FAULT_INPUT,
                                             "not a feed: a title larger than %d bytes", TEXT_MAX)
                                 : fault_memory(p->fault));
}

/* Whether the month has no entry yet; from now on it has. */
static bool is_first(struct parser *p, const char *id)
{
    unsigned long month = strtoul(id, NULL, 10) * 12 + strtoul(id + 5, NULL, 10) - 1;
    unsigned char bit = (unsigned char)(1U << month % 8), *byte = &p->seen[month / 8];
    bool first = !(*byte & bit);
    *byte |= bit;
    return first;
}

static bool read_entry(struct parser *p, const xmlNode *item)
{
    struct feed_entry entry = {0};
    bool issue = false, done = true;
    for (xmlNode *child = item->children; done && child; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            done = read_child(p, child, &entry) || fault_memory(p->fault);
    done = done && settle_entry(p, &entry, &issue);
    if (done && issue && is_first(p, entry.id)) {
        struct feed_entry *slot = array_add(&p->feed->entries, &p->feed->count, sizeof *slot);
        if (slot) {
            *slot = entry;
            return true;
        }
        done = fault_memory(p->fault);
    }
    entry_finish(&entry);
    return done;
}

/* Reads all entries below a well-formed feed's root. */
static bool read_root(struct parser *p, const xmlNode *root)
{
    bool done = true;
    p->atom = is(root, "feed", ATOM_NS);
    if (!p->atom && !is(root, "rss", NULL)) {
        char name[60];
        const char *element = (const char *)root->name;
        return fault_set(p->fault, FAULT_INPUT, "not a feed: it is XML with the root element '%s'",
                         text_printable(name, sizeof name, element, strlen(element)));
    }
    for (const xmlNode *node = root->children; done && node; node = node->next) {
        if (p->atom && is(node, "entry", ATOM_NS))
            done = read_entry(p, node);
        if (!p->atom && is(node, "channel", NULL))
            for (const xmlNode *item = node->children; done && item; item = item->next)
                if (is(item, "item", NULL))
                    done = read_entry(p, item);
    }
    return done;
}

static bool starts_with(const char *s, const char *end, const char *start)
{
    size_t len = strlen(start);
    return (size_t)(end - s) >= len && memcmp(s, start, len) == 0;
}

/* Behind the next `stop` from `s` on; NULL: there is none. */
static const char *skip_to(const char *s, const char *end, const char *stop)
{
    s = memmem(s, (size_t)(end - s), stop, strlen(stop));
    return s ? s + strlen(stop) : NULL;
}

/* Whether a DOCTYPE stands before the root element, behind white space, comments and instructions.
 */
static bool has_doctype(const char *s, const char *end)
{
    if (starts_with(s, end, "\xEF\xBB\xBF"))
        s += 3;
    for (;;) {
        while (s < end && strchr(" \t\r\n", *s))
            s++;
        bool comment = starts_with(s, end, "<!--");
        if (!comment && !starts_with(s, end, "<?"))
            return starts_with(s, end, "<!");
        s = comment ? skip_to(s + 4, end, "-->") : skip_to(s + 2, end, "?>");
        if (!s)
            return false;
    }
}

/* Whether libxml2 would take the bytes for what they are here, UTF-8: it knows other encodings by
 * the first ones. */
static bool starts_as_xml(const char *s, const char *end)
{
    if (starts_with(s, end, "\xEF\xBB\xBF"))
        s += 3;
    while (s < end && strchr(" \t\r\n", *s))
        s++;
    return s < end && *s == '<';
}

/* Behind the tag that begins at `s`, its attributes counted; NULL: it has no end. */
static const char *skip_tag(const char *s, const char *end, size_t *nodes)
{
    for (; s && s < end && *s != '>'; s++) {
        *nodes += *s == '=';
        if ((*s == '"' || *s == '\'') && !(s = memchr(s + 1, *s, (size_t)(end - s - 1))))
            break;
    }
    return s;
}

/* How many nodes the bytes are, up to the first that is not well-formed, where libxml2 stops; those
 * with a text of their own count twice. */
static size_t count_nodes(const char *s, const char *end)
{
    size_t nodes = 0;
    while (s && (s = memchr(s, '<', (size_t)(end - s)))) {
        bool tag = s + 1 < end && s[1] != '!' && s[1] != '?';
        nodes += tag ? 1 : 2;
        if (starts_with(s, end, "<!--"))
            s = skip_to(s + 4, end, "-->");
        else if (starts_with(s, end, "<![CDATA["))
            s = skip_to(s, end, "]]>");
        else if (starts_with(s, end, "<?"))
            s = skip_to(s, end, "?>");
        else
            s = skip_tag(s, end, &nodes);
    }
    return nodes;
}

/* Refuses what libxml2 would spend hours on, or what no feed is. */
static bool check_source(const char *data, size_t len, struct fault *fault)
{
    size_t namespaces = 0;
    const char *end = data + len;
    if (len == 0)
        return fault_set(fault, FAULT_INPUT, "not a feed: it is empty");
    if (len > FEED_MAX_BYTES)
        return fault_set(fault, FAULT_INPUT, "not a feed: larger than %d bytes", FEED_MAX_BYTES);
    if (memchr(data, '\0', len))
        return fault_set(fault, FAULT_INPUT, "not a feed: it has NUL bytes");
    if (!starts_as_xml(data, end))
        return fault_set(fault, FAULT_INPUT, "not a feed: line 1: it does not begin with '<'");
    for (const char *s = data; (s = memmem(s, (size_t)(end - s), "xmlns", 5)); s++)
        if (++namespaces > NAMESPACES_MAX)
            break;
    if (namespaces > NAMESPACES_MAX || tags_count_nodes(data, len) == SIZE_MAX ||
        count_nodes(data, end) > NODES_MAX)
        return fault_set(fault, FAULT_INPUT,
                         "not a feed: tags without end, or a tag of more than %d words",
                         TAGS_WORDS_MAX);
    if (has_doctype(data, end))
        return fault_set(fault, FAULT_INPUT,
                         "not a feed: it has a DOCTYPE (an HTML page in its place?)");
    return true;
}

static bool malformed(const xmlError *error, struct fault *fault)
{
    char what[240];
    if (!error || !error->message)
        return fault_set(fault, FAULT_INPUT, "not a feed: no well-formed XML");
    text_printable(what, sizeof what, error->message, strcspn(error->message, "\n"));
    return fault_set(fault, FAULT_INPUT, "not a feed: line %d: %s", error->line, what);
}

/* Called for each error of this thread; instead libxml2 would write some of them to stderr. */
static void note_error(void *user, const xmlError *error)
{
    bool *no_memory = user;
    *no_memory = *no_memory || error->code == XML_ERR_NO_MEMORY;
}

bool feed_parse(const char *data, size_t len, const char *base, struct feed *feed,
                struct fault *fault)
{
    struct parser p = {.base = base, .feed = feed, .fault = fault};
    if (!check_source(data, len, fault))
        return false;
    /* Memory that ran out is often only told there: what then comes of it looks like another error,
     * or like a shorter feed. */
    bool no_memory = false;
    xmlSetStructuredErrorFunc(&no_memory, (xmlStructuredErrorFunc)note_error);
    xmlParserCtxt *context = xmlNewParserCtxt();
    /* As UTF-8, so that the bytes mean to libxml2 what they meant to the check above. */
    xmlDoc *doc = context ? xmlCtxtReadMemory(context, data, (int)len, NULL, NULL,
                                              XML_PARSE_NONET | XML_PARSE_IGNORE_ENC |
                                                  XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
                          : NULL;
    bool parsed = doc && !no_memory && read_root(&p, xmlDocGetRootElement(doc));
    if (!context || no_memory)
        parsed = fault_memory(fault);
    else if (!doc)
        parsed = malformed(xmlCtxtGetLastError(context), fault);
    xmlFreeDoc(doc);
    xmlFreeParserCtxt(context);
    xmlSetStructuredErrorFunc(NULL, NULL);
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
