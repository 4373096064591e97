/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reads arguments by a command's table, and writes its usage and help. */
#include "cmd/options.h"

#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longest argument that is shown whole. */
#define SHOWN 100

struct reader {
    const struct subcommand *command;
    const struct subcommand *const *others;
    struct arguments *arguments;
    char *wrong; /* empty: nothing is wrong so far */
};

/* Keeps the first complaint. */
__attribute__((format(printf, 2, 3))) static void complain(struct reader *r, const char *format,
                                                           ...)
{
    va_list args;
    va_start(args, format);
    if (!*r->wrong)
        vsnprintf(r->wrong, OPTIONS_WRONG_SIZE, format, args);
    va_end(args);
}

static const char *dashes(const char *name)
{
    return name[1] ? "--" : "-";
}

static bool is_choice(const struct option_row *row)
{
    return row->value && islower((unsigned char)*row->value);
}

const char *options_nearest(const char *word, const char *const *candidates, size_t count)
{
    for (size_t i = 0; *word && i < count; i++)
        if (text_starts_fold(candidates[i], word))
            return candidates[i];
    const char *nearest = text_nearest(word, candidates, count, TEXT_NEAR);
    for (size_t i = 0; !nearest && i < count; i++)
        if (text_starts_fold(word, candidates[i]))
            nearest = candidates[i];
    return nearest;
}

/* The option of that name, the first of its choices; NULL: none. */
static const struct option_row *find(const struct subcommand *command, const char *name, size_t len)
{
    for (const struct option_row *row = command->options; row && row->name; row++)
        if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            return row;
    return NULL;
}

/* Says that an option of another command is in the wrong place; false: no other command has it. */
static bool complain_of_place(struct reader *r, const char *name, size_t len)
{
    for (const struct subcommand *const *other = r->others; *other; other++) {
        const struct option_row *row = find(*other, name, len);
        if (!row)
            continue;
        const char *value = row->value ? row->value : "", *blank = row->value ? " " : "";
        if ((*other)->name)
            complain(r, "'%s%s' comes after its command: tmro-bot %s %s%s%s%s", dashes(row->name),
                     row->name, (*other)->name, dashes(row->name), row->name, blank, value);
        else
            complain(r, "'%s%s' comes before the command: tmro-bot %s%s%s%s %s", dashes(row->name),
                     row->name, dashes(row->name), row->name, blank, value, r->command->name);
        return true;
    }
    return false;
}

/* Says that there is no option `word`, and names the nearest, which may be a choice of one. */
static void complain_of_option(struct reader *r, const char *word)
{
    const struct option_row *rows = r->command->options;
    const char *candidates[2 * OPTIONS_MAX + 1] = {"help"}, *bare = word + strspn(word, "-");
    char shown[SHOWN], name[SHOWN];
    size_t count = 1;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(bare, "="), bare);
    text_printable(shown, sizeof shown, word, strlen(word));
    if (complain_of_place(r, name, strlen(name)))
        return;
    for (size_t i = 0; rows && rows[i].name; i++) {
        candidates[count++] = rows[i].name;
        if (is_choice(&rows[i]))
            candidates[count++] = rows[i].value;
    }
    const char *nearest = options_nearest(name, candidates, count);
    for (size_t i = 0; nearest && rows && rows[i].name; i++)
        if (rows[i].value == nearest)
            complain(r, "there is no option '%s'; did you mean '--%s %s'?", shown, rows[i].name,
                     nearest);
    if (nearest)
        complain(r, "there is no option '%s'; did you mean '%s%s'?", shown, dashes(nearest),
                 nearest);
    else
        complain(r, "there is no option '%s'", shown);
}

/* One of the choices that begin with `row`. */
static void take_choice(struct reader *r, const struct option_row *row, char *value)
{
    char **values = &r->arguments->value[row - r->command->options];
    char names[SHOWN] = "";
    size_t count = 0;
    while (row[count].name && strcmp(row[count].name, row->name) == 0)
        count++;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(names);
        snprintf(names + len, sizeof names - len, "%s%s",
                 i == 0           ? ""
                 : i + 1 == count ? " or "
                                  : ", ",
                 row[i].value);
        if (value && strcmp(value, row[i].value) == 0) {
            values[i] = value;
            return;
        }
    }
    complain(r, "--%s is %s", row->name, names);
}

/* An option that takes a value: what is attached, or the next argument, unless that looks like an
 * option. Gives the last argument that was taken. */
static char **take_value(struct reader *r, const struct option_row *row, char *attached, char **at)
{
    char **into = &r->arguments->value[row - r->command->options], *value = attached;
    if (!value && at[1] && (at[1][0] != '-' || !at[1][1]))
        value = *++at;
    if (is_choice(row))
        take_choice(r, row, value);
    else if (!value || !*value)
        complain(r, "'%s%s' needs a value, %s", dashes(row->name), row->name, row->value);
    else if (*into && strcmp(*into, value) != 0)
        complain(r, "'%s%s' can be given only once", dashes(row->name), row->name);
    else
        *into = value;
    return at;
}

static char **read_letters(struct reader *r, char **at)
{
    for (char *letter = *at + 1; *letter; letter++) {
        const char one[] = {'-', *letter, '\0'};
        const struct option_row *row = find(r->command, letter, 1);
        if (row && row->value)
            return take_value(r, row, letter[1] ? letter + 1 : NULL, at);
        if (row) {
            r->arguments->value[row - r->command->options] = *at;
        } else if (*letter == 'h' && (letter[1] == '\0' || letter > *at + 1)) {
            r->arguments->help = true;
        } else {
            complain_of_option(r, letter > *at + 1 ? one : *at);
            break;
        }
    }
    return at;
}

static char **read_name(struct reader *r, char **at)
{
    char *name = *at + 2, *attached = strchr(name, '=');
    size_t len = attached ? (size_t)(attached - name) : strlen(name);
    const struct option_row *row = len > 1 ? find(r->command, name, len) : NULL;
    if (strcmp(name, "help") == 0)
        r->arguments->help = true;
    else if (!row || (attached && !row->value))
        complain_of_option(r, *at);
    else if (row->value)
        return take_value(r, row, attached ? attached + 1 : NULL, at);
    else
        r->arguments->value[row - r->command->options] = *at;
    return at;
}

/* Whether it is an option: it begins with a dash. Where words may begin with one dash, it must be
 * an option of `others`. */
static bool is_option(const struct reader *r, const char *word)
{
    if (r->command->place != OPTIONS_OR_WORDS || word[1] == '-' || strcmp(word, "-h") == 0)
        return word[0] == '-' && word[1];
    bool meant = false;
    for (const struct subcommand *const *other = r->others; word[0] == '-' && *other; other++)
        meant = meant || find(*other, word + 1, strlen(word + 1));
    return meant;
}

/* Complains of two options that cannot be given together, and of two choices of one. */
static void look_at_pairs(struct reader *r)
{
    const struct option_row *rows = r->command->options;
    char *const *value = r->arguments->value;
    for (size_t i = 0; rows && rows[i].name; i++)
        for (size_t j = 0; rows[j].name; j++)
            if (!value[i] || !value[j])
                continue;
            else if (i != j && strcmp(rows[i].name, rows[j].name) == 0)
                complain(r, "'--%s' can be given only once", rows[i].name);
            else if (rows[i].not_with >> j & 1)
                complain(r, "'--%s' and '--%s%s%s' cannot be given together: leave one out",
                         rows[i].name, rows[j].name, is_choice(&rows[j]) ? " " : "",
                         is_choice(&rows[j]) ? value[j] : "");
}

static void look_at_words(struct reader *r)
{
    const struct subcommand *command = r->command;
    const struct arguments *arguments = r->arguments;
    char shown[SHOWN];
    if (arguments->count < command->least)
        complain(r, "%s needs %s", command->name, command->words);
    if (arguments->count <= command->most)
        return;
    const char *word = arguments->words[command->most];
    text_printable(shown, sizeof shown, word, strlen(word));
    if (command->most)
        complain(r, "'%s' is one argument too many; words that belong together go in quotes",
                 shown);
    else
        complain(r, "%s takes no arguments: '%s'", command->name, shown);
}

bool options_read(const struct subcommand *command, const struct subcommand *const *others,
                  char **argv, struct arguments *arguments, char wrong[OPTIONS_WRONG_SIZE])
{
    struct reader r = {command, others, arguments, wrong};
    *arguments = (struct arguments){.words = argv};
    *wrong = '\0';
    char **at = argv;
    for (; *at && strcmp(*at, "--") != 0; at++) {
        if (is_option(&r, *at))
            at = (*at)[1] == '-' ? read_name(&r, at) : read_letters(&r, at);
        else if (command->place == OPTIONS_FIRST)
            break;
        else
            argv[arguments->count++] = *at;
    }
    if (*at && strcmp(*at, "--") == 0)
        at++;
    while (*at)
        argv[arguments->count++] = *at++;
    argv[arguments->count] = NULL;
    look_at_pairs(&r);
    look_at_words(&r);
    return !*wrong || arguments->help;
}

void options_usage(struct buf *out, const struct subcommand *command, bool global)
{
    buf_adds(out, global ? "usage: tmro-bot [-c FILE] [-v]" : "usage: tmro-bot");
    if (command->name)
        buf_addf(out, " %s", command->name);
    if (command->words)
        buf_addf(out, " %s", command->words);
    const struct option_row *rows = command->name ? command->options : NULL;
    for (const struct option_row *row = rows; row && row->name; row++) {
        bool again = row > rows && strcmp(row[-1].name, row->name) == 0;
        bool more = row[1].name && strcmp(row[1].name, row->name) == 0;
        if (again)
            buf_addc(out, '|');
        else
            buf_addf(out, " [--%s%s", row->name, row->value ? " " : "");
        buf_addf(out, "%s%s", row->value ? row->value : "", more ? "" : "]");
    }
    buf_addc(out, '\n');
}

void options_list(struct buf *out, const struct option_row *rows, int width)
{
    for (const struct option_row *row = rows; row && row->name; row++) {
        size_t begin = out->len;
        buf_addf(out, "  %s%s %s", dashes(row->name), row->name, row->value ? row->value : "");
        buf_addf(out, "%*s%s\n", width - (int)(out->len - begin), "", row->help);
    }
}
