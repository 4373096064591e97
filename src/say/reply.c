/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the bot says, as a structure. */
#include "say/reply.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/url.h"
#include "say/terminal.h"
#include "zulip/markup.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_MAX (32 * 1024 * 1024)
/* Code points that no entry has more of, as a rule. */
#define ENTRY_MAX 300

enum piece_kind {
    PIECE_SAY,
    PIECE_TEXT,
    PIECE_LINE,
    PIECE_LIST,
    PIECE_ENTRY,
    PIECE_LIST_END,
    PIECE_BELOW,
    PIECE_SPOILER,
    PIECE_SPOILER_END
};

struct piece {
    enum piece_kind kind;
    enum reply_style style;
    const char *text, *url;
    size_t list; /* of LIST and LIST_END */
    bool lower;  /* of ENTRY */
};

struct list {
    bool inline_, hidden; /* hidden: in the spoiler */
    bool last;            /* to lose entries, in the spoiler */
    size_t count, least, most;
    size_t shown; /* while it is made to fit */
};

struct reply {
    struct arena *arena;
    struct piece *piece;
    size_t count;
    struct list *list;
    size_t list_count;
    bool hides;  /* there is a spoiler */
    bool hidden; /* what is added is in it */
    bool whole;  /* it is shown with the spoiler */
};

struct reply *reply_new(struct arena *arena)
{
    struct reply *reply = arena_zero(arena, 1, sizeof *reply);
    reply->arena = arena;
    return reply;
}

static struct piece *add(struct reply *reply, enum piece_kind kind)
{
    struct piece *piece = arena_add(reply->arena, &reply->piece, &reply->count, sizeof *piece);
    piece->kind = kind;
    return piece;
}

__attribute__((format(printf, 2, 0))) static char *format(struct arena *arena, const char *format,
                                                          va_list args)
{
    struct buf out = BUF_INIT(arena, TEXT_MAX);
    char text[2000];
    vsnprintf(text, sizeof text, format, args);
    buf_adds(&out, text);
    return buf_str(&out);
}

void reply_say(struct reply *reply, const char *words, ...)
{
    va_list args;
    va_start(args, words);
    add(reply, PIECE_SAY)->text = format(reply->arena, words, args);
    va_end(args);
}

void reply_text(struct reply *reply, const char *text, size_t max)
{
    add(reply, PIECE_TEXT)->text = text_cut(reply->arena, text, max, true);
}

void reply_link(struct reply *reply, enum reply_style style, const char *text, const char *url)
{
    struct piece *piece = add(reply, PIECE_TEXT);
    piece->style = style;
    /* Without anything to see it would be broken Markdown. */
    piece->text = text_shows(text_plain(reply->arena, text)) ? arena_copy(reply->arena, text) : "…";
    piece->url = arena_copy(reply->arena, url);
}

void reply_line(struct reply *reply)
{
    add(reply, PIECE_LINE);
}

void reply_list(struct reply *reply, bool inline_, size_t most)
{
    struct list *list = arena_add(reply->arena, &reply->list, &reply->list_count, sizeof *list);
    *list = (struct list){.inline_ = inline_, .hidden = reply->hidden, .most = most};
    add(reply, PIECE_LIST)->list = reply->list_count - 1;
}

void reply_entry(struct reply *reply)
{
    reply->list[reply->list_count - 1].count++;
    add(reply, PIECE_ENTRY);
}

void reply_entry_below(struct reply *reply)
{
    reply_entry(reply);
    reply->piece[reply->count - 1].lower = true;
}

void reply_below(struct reply *reply)
{
    add(reply, PIECE_BELOW);
}

void reply_keep(struct reply *reply, size_t least)
{
    reply->list[reply->list_count - 1].least = least;
}

void reply_keep_longest(struct reply *reply)
{
    reply->list[reply->list_count - 1].last = true;
}

void reply_list_end(struct reply *reply, const char *more, const char *url)
{
    struct piece *piece = add(reply, PIECE_LIST_END);
    piece->list = reply->list_count - 1;
    piece->text = arena_copy(reply->arena, more);
    piece->url = arena_copy(reply->arena, url);
}

void reply_spoiler(struct reply *reply, const char *title, ...)
{
    va_list args;
    va_start(args, title);
    add(reply, PIECE_SPOILER)->text = format(reply->arena, title, args);
    va_end(args);
    reply->hides = reply->hidden = true;
}

void reply_spoiler_end(struct reply *reply, const char *url)
{
    add(reply, PIECE_SPOILER_END)->url = arena_copy(reply->arena, url);
    reply->hidden = false;
}

bool reply_is_at_start(const struct reply *reply)
{
    return !reply->count || reply->piece[reply->count - 1].kind == PIECE_LINE;
}

/* What is written, and where. */
struct writer {
    struct buf out;
    enum { CHAT, RICH, PLAIN } medium;
    struct buf addresses; /* PLAIN: of the line, for where nothing can be clicked */
    bool first;           /* it is the first line */
    bool bullet;          /* it is an entry */
    bool enumerated;      /* it is in a list on one line */
    bool hidden;          /* it is in the spoiler */
};

static void end_line(struct writer *w)
{
    buf_adds(&w->out, buf_str(&w->addresses));
    buf_reset(&w->addresses);
    buf_addc(&w->out, '\n');
    w->first = w->bullet = false;
}

static bool is_at_start(const struct writer *w)
{
    return !w->out.len || w->out.ptr[w->out.len - 1] == '\n';
}

static void indent(struct writer *w)
{
    if (w->hidden && w->medium != CHAT && is_at_start(w))
        buf_adds(&w->out, "  ");
}

static void write_chat(struct buf *out, const struct piece *piece)
{
    bool bold = piece->style == REPLY_BOLD || piece->style == REPLY_BOLD_CODE;
    bool code = piece->style == REPLY_CODE || piece->style == REPLY_BOLD_CODE;
    buf_adds(out, bold ? "**" : "");
    if (code && markup_is_linkable(piece->url))
        markup_code_link(out, piece->text, piece->url);
    else if (code)
        markup_code(out, piece->text);
    else
        markup_link(out, piece->text, piece->url);
    buf_adds(out, bold ? "**" : "");
}

/* Where nothing can be clicked, addresses follow on lines of their own: those of the first line but
 * for lists in it, and of each bullet its first. */
static void write_terminal(struct writer *w, const struct piece *piece)
{
    bool bold = piece->style == REPLY_BOLD || piece->style == REPLY_BOLD_CODE;
    bool linked = piece->url && url_is_web(piece->url),
         code = piece->style == REPLY_CODE && !linked;
    if (w->medium == RICH && bold)
        buf_adds(&w->out, TERMINAL_BOLD);
    buf_adds(&w->out, code ? "`" : "");
    if (w->medium == RICH && linked)
        terminal_link(&w->out, piece->text, piece->url);
    else
        terminal_text(&w->out, piece->text);
    buf_adds(&w->out, code ? "`" : "");
    if (w->medium == RICH && bold)
        buf_adds(&w->out, TERMINAL_RESET);
    bool wanted = w->bullet ? !w->addresses.len : w->first && !w->enumerated;
    if (w->medium == PLAIN && linked && wanted) {
        buf_adds(&w->addresses, w->hidden ? "\n    " : w->bullet ? "\n  " : "\n");
        terminal_text(&w->addresses, piece->url);
    }
}

static void write_piece(struct writer *w, const struct piece *piece)
{
    indent(w);
    if (piece->kind == PIECE_SAY)
        buf_adds(&w->out, piece->text);
    else if (w->medium == CHAT)
        write_chat(&w->out, piece);
    else
        write_terminal(w, piece);
}

static void start_bullet(struct writer *w, bool lower)
{
    if (!is_at_start(w))
        end_line(w);
    indent(w);
    buf_adds(&w->out, lower ? "  - " : "- ");
    w->bullet = true;
}

static void start_entry(struct writer *w, const struct list *list, bool first, bool lower)
{
    if (list->inline_) {
        buf_adds(&w->out, first ? "" : ", ");
        w->enumerated = true;
        return;
    }
    start_bullet(w, lower);
}

static void end_list(struct writer *w, const struct list *list, const struct piece *end)
{
    if (list->shown < list->count) {
        char *text = arena_format(w->out.arena, "… and %zu more%s", list->count - list->shown,
                                  end->text ? end->text : "");
        start_entry(w, list, !list->shown, false);
        write_piece(w, &(struct piece){.kind = PIECE_TEXT, .text = text, .url = end->url});
    }
    w->enumerated = false;
    if (!list->inline_ && !is_at_start(w))
        end_line(w);
}

/* Ends the line, and leaves one empty. */
static void leave_line(struct writer *w)
{
    if (!is_at_start(w))
        end_line(w);
    if (w->out.len < 2 || w->out.ptr[w->out.len - 2] != '\n')
        end_line(w);
}

static void start_spoiler(struct writer *w, const char *title)
{
    leave_line(w);
    w->hidden = true;
    if (w->medium == CHAT)
        buf_addf(&w->out, "```spoiler %s\n", title);
    else
        buf_addf(&w->out, "%s%s%s:\n", w->medium == RICH ? TERMINAL_BOLD : "", title,
                 w->medium == RICH ? TERMINAL_RESET : "");
}

static void end_spoiler(struct writer *w)
{
    if (!is_at_start(w))
        end_line(w);
    w->hidden = false;
    buf_adds(&w->out, w->medium == CHAT ? "```\n\n" : "\n");
}

/* Ends what is written: no empty line is the last. */
static char *finish(struct writer *w)
{
    buf_adds(&w->out, buf_str(&w->addresses));
    while (w->out.len && w->out.ptr[w->out.len - 1] == '\n')
        buf_truncate(&w->out, w->out.len - 1);
    buf_adds(&w->out, w->hidden && w->medium == CHAT ? "\n```" : "");
    return buf_str(&w->out);
}

/* Where a list is written. */
struct position {
    const struct list *list;
    size_t entry; /* so many have begun */
};

static void write_in_list(const struct reply *reply, struct writer *w, const struct piece *piece,
                          struct position *at)
{
    static const struct list none;
    bool left_out = at->entry > at->list->shown;
    switch (piece->kind) {
    case PIECE_LIST:
        *at = (struct position){&reply->list[piece->list], 0};
        break;
    case PIECE_ENTRY:
        if (at->entry++ < at->list->shown)
            start_entry(w, at->list, at->entry == 1, piece->lower);
        break;
    case PIECE_LIST_END:
        end_list(w, at->list, piece);
        *at = (struct position){&none, 0};
        break;
    case PIECE_BELOW:
        if (!left_out)
            start_bullet(w, true);
        break;
    case PIECE_LINE:
        if (!left_out)
            end_line(w);
        break;
    default:
        if (!left_out)
            write_piece(w, piece);
    }
}

/* Stands for the spoiler that ends at a piece. */
static void write_instead(struct writer *w, const char *title, const struct piece *end)
{
    if (!end->url)
        return;
    char *text = arena_format(w->out.arena, "… and %s", title);
    leave_line(w);
    write_piece(w, &(struct piece){.kind = PIECE_TEXT, .text = text, .url = end->url});
    leave_line(w);
}

/* Writes all that is shown. */
static char *write_out(struct reply *reply, struct writer *w)
{
    static const struct list none;
    struct position at = {&none, 0};
    const struct piece *spoiler = NULL; /* the one that is left out here */
    for (size_t i = 0; i < reply->count; i++) {
        const struct piece *piece = &reply->piece[i];
        if (piece->kind == PIECE_SPOILER && reply->whole)
            start_spoiler(w, piece->text);
        else if (piece->kind == PIECE_SPOILER)
            spoiler = piece;
        else if (piece->kind == PIECE_SPOILER_END && reply->whole)
            end_spoiler(w);
        else if (piece->kind == PIECE_SPOILER_END && spoiler)
            write_instead(w, spoiler->text, piece);
        else if (!spoiler)
            write_in_list(reply, w, piece, &at);
        spoiler = piece->kind == PIECE_SPOILER_END ? NULL : spoiler;
    }
    return finish(w);
}

static struct writer new_writer(const struct reply *reply)
{
    return (struct writer){.out = BUF_INIT(reply->arena, OUTPUT_MAX),
                           .addresses = BUF_INIT(reply->arena, OUTPUT_MAX),
                           .first = true};
}

/* The longest list of the visible part, or of the spoiler, that can lose an entry; NULL: none. */
static struct list *find_longest(struct reply *reply, bool hidden, bool last)
{
    struct list *longest = NULL;
    for (size_t i = 0; i < reply->list_count; i++) {
        struct list *list = &reply->list[i];
        if (list->hidden == hidden && list->last == last && list->shown > list->least &&
            (!longest || list->shown > longest->shown))
            longest = list;
    }
    return longest;
}

/* Leaves something out. False: there is nothing that could be. */
static bool leave_out(struct reply *reply)
{
    bool hides = reply->whole && reply->hides;
    struct list *list = hides ? find_longest(reply, true, false) : NULL;
    list = hides && !list ? find_longest(reply, true, true) : list;
    if (hides && !list) {
        reply->whole = false;
        return true;
    }
    list = list ? list : find_longest(reply, false, false);
    if (list)
        list->shown--;
    return list;
}

static void show_all(struct reply *reply)
{
    reply->whole = true;
    for (size_t i = 0; i < reply->list_count; i++) {
        struct list *list = &reply->list[i];
        list->shown = list->count < list->most ? list->count : list->most;
    }
}

char *reply_markdown(struct reply *reply, size_t max_length)
{
    show_all(reply);
    for (;;) {
        struct writer w = new_writer(reply);
        char *text = write_out(reply, &w);
        size_t length = text_length(text);
        if (length <= max_length)
            return text;
        /* No entry is longer than this: one by one only at the end. A spoiler is. */
        size_t most = (length - max_length) / ENTRY_MAX + 1, left_out = 0;
        for (bool whole = reply->whole; left_out < most && reply->whole == whole; left_out++)
            if (!leave_out(reply))
                break;
        if (!left_out)
            return arena_copy(reply->arena, "…"); /* there is hardly room for a word */
    }
}

char *reply_terminal(struct reply *reply, bool rich)
{
    struct writer w = new_writer(reply);
    w.medium = rich ? RICH : PLAIN;
    show_all(reply);
    return write_out(reply, &w);
}
