/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What commands take: a table for each, by which its arguments are read and its help is written. */
#ifndef TMRO_CMD_OPTIONS_H
#define TMRO_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct session;

/* An option, and its line of the help. */
struct option_row {
    const char *name;  /* a letter has one dash, a word two */
    const char *value; /* NULL: it takes none. In capitals: any text. Else this one word; rows of
                          the same name follow each other and are its choices */
    const char *help;
    unsigned not_beside; /* the rows that cannot be given with this one, a bit for each */
};
#define OPTIONS_MAX 8

struct arguments {
    char *value[OPTIONS_MAX]; /* of each row; of one that takes none the option itself. NULL: not
                                 given */
    char **words;             /* the arguments that are not options; NULL ends them */
    size_t count;             /* of words */
    bool help;                /* --help or -h is among them: nothing else counts */
};

struct subcommand {
    const char *name; /* NULL: the program itself */
    const char *summary;
    const char *words;                /* as the usage shows them, such as "FILE..."; NULL: none */
    size_t least, most;               /* how many of them */
    const struct option_row *options; /* a row without name ends them; NULL: there are none */
    enum {
        OPTIONS_ANYWHERE, /* before "--" */
        OPTIONS_OR_WORDS, /* the same, but what begins with one dash is a word */
        OPTIONS_FIRST     /* before the first word */
    } place;
    const char *notes; /* the end of the help; NULL: none */
    int (*run)(struct session *session, const struct arguments *arguments);
};

/* Most bytes of what is wrong. */
#define OPTIONS_WRONG_SIZE 400

/* Reads the arguments of a command, which NULL ends; moves the words to the front. False: `wrong`
 * is a sentence about the first thing that is wrong, with the nearest that would be right.
 * `others`, which NULL ends: the commands that an option may have been meant for. */
bool options_read(const struct subcommand *command, const struct subcommand *const *others,
                  char **argv, struct arguments *arguments, char wrong[OPTIONS_WRONG_SIZE]);

/* Adds the line that says how a command is called; `global`: with what may come before it. */
void options_usage(struct buf *out, const struct subcommand *command, bool global);

/* Adds a line for each option, up to one without a name; what it does is in column `width`. */
void options_list(struct buf *out, const struct option_row *rows, int width);

/* The candidate that `word` is an abbreviation or a misspelling of; NULL: none. */
const char *options_nearest(const char *word, const char *const *candidates, size_t count);

#endif
