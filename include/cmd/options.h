/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What commands take: a table for each, which its arguments are read by, and its help is made of.
 */
#ifndef TMRO_CMD_OPTIONS_H
#define TMRO_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct session;

/* An option, and its line of the help. */
struct option_row {
    const char *name;  /* "x" is -x, "xyz" is --xyz */
    const char *value; /* NULL: it takes none. In capitals: any text. Else this word: an option
                          with several choices has a row for each, one after the other */
    const char *help;
    unsigned not_with; /* the rows that cannot be given together with this one, a bit for each */
};
#define OPTIONS_MAX 8

struct arguments {
    char *value[OPTIONS_MAX]; /* for each row its value, or the option itself if it takes none;
                                 NULL: not given */
    char **words;             /* the arguments that are not options; NULL ends them */
    size_t count;             /* of words */
    bool help;                /* --help or -h was given: nothing else counts */
};

struct subcommand {
    const char *name; /* NULL: the program itself */
    const char *summary;
    const char *words;                /* as the usage shows them, such as "FILE..."; NULL: none */
    size_t least, most;               /* how many words it takes */
    const struct option_row *options; /* a row without name ends them; NULL: there are none */
    enum {
        OPTIONS_ANYWHERE, /* before "--" */
        OPTIONS_OR_WORDS, /* the same, but with one dash only those of `others` are */
        OPTIONS_FIRST     /* before the first word */
    } place;
    const char *notes; /* the end of the help; NULL: none */
    int (*run)(struct session *session, const struct arguments *arguments);
};

/* The size of a complaint. */
#define OPTIONS_WRONG_SIZE 400

/* Reads the arguments of a command, up to a NULL, and moves the words to the front. False: `wrong`
 * says what is wrong first, and what may have been meant. `others`, up to a NULL: commands that a
 * misplaced option may belong to. */
bool options_read(const struct subcommand *command, const struct subcommand *const *others,
                  char **argv, struct arguments *arguments, char wrong[OPTIONS_WRONG_SIZE]);

/* Adds the line that shows how a command is called; `global`: with the options before it. */
void options_usage(struct buf *out, const struct subcommand *command, bool global);

/* Adds a line for each option, up to a row without a name; the help begins in column `width`. */
void options_list(struct buf *out, const struct option_row *rows, int width);

/* The candidate that `word` is an abbreviation or a misspelling of; NULL: none. */
const char *options_nearest(const char *word, const char *const *candidates, size_t count);

#endif
