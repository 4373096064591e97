/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Markdown as the HTML that the site's generator makes of it. */
#ifndef TMRO_MARKDOWN_H
#define TMRO_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

struct fault;
struct html_node;

/* Renders Markdown (valid UTF-8, bounded by the caller) into a document, with the headings' ids and
 * links to pages as the generator writes them; the caller frees it. NULL: INPUT (nothing in it, or
 * HTML without end) or LOCAL. */
struct html_node *markdown_parse(const char *data, size_t len, struct fault *fault);

enum markdown_kind {
    MARKDOWN_HEADING,   /* `level` 1 to 6 */
    MARKDOWN_PARAGRAPH, /* also one of a list's item, and what can be seen of a block of HTML */
    MARKDOWN_LIST,
    MARKDOWN_ITEM,
    MARKDOWN_QUOTE,
    MARKDOWN_CODE,  /* a block; one with a fence is perhaps not `closed` */
    MARKDOWN_HTML,  /* as it stands: a block, or a tag or comment in a paragraph */
    MARKDOWN_TEXT,  /* of one line, without code */
    MARKDOWN_LINK,  /* also <a href> */
    MARKDOWN_IMAGE, /* also what has a `src`, as <img> and <video> */
};

/* A part of a Markdown source. */
struct markdown_part {
    enum markdown_kind kind;
    int line, last_line; /* of the source */
    int level;
    char fence;          /* "`" or "~"; 0: none */
    size_t fence_length; /* of it */
    bool closed;
    bool top;    /* is in no list and no quote */
    size_t end;  /* all parts from this one to here, excluded, are its own */
    size_t row;  /* see markdown_line_of() */
    char *text;  /* of headings, paragraphs and links what can be read, code and line ends included,
                  * HTML and images left out; of CODE, HTML and TEXT the content; else NULL */
    char *url;   /* of links and images, as written; else NULL */
    char *words; /* of links and images their title, of CODE what is after its fence; else NULL */
    bool raw;    /* a link or image that is written as HTML */
};

struct markdown_outline {
    struct markdown_part *part; /* in the order of the source */
    size_t count;
    int *lines; /* that libcmark reads: blank ones of a run but the first are left out */
    size_t line_count;
};

/* The parts of a source (as above) that begins in line `line`, for who needs to know where they
 * stand. The caller finishes a zeroed outline in every case. False: LOCAL. */
bool markdown_read_outline(const char *data, size_t len, int line, struct markdown_outline *outline,
                           struct fault *fault);
void markdown_outline_finish(struct markdown_outline *outline);

/* The line that row `row`, counted from 0, of the text of a CODE, HTML or TEXT stands in. */
int markdown_line_of(const struct markdown_outline *outline, const struct markdown_part *part,
                     size_t row);

/* Version of the Markdown library, for --version; static. */
const char *markdown_version(void);

#endif
