// SPDX-License-Identifier: MIT
/*
 * command.h - what subcommands have in common: options, numbers, endings.
 *
 * Exit status: 0 done, 2 usage, 3 could not do it, 128+N ended by signal N.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <argp.h>

enum { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_UNABLE = 3 };

extern const char command_version[];

/* --help and --version: the children of every subcommand's argp. */
extern const struct argp_child command_common[];

/* Parse ARGV, or end the program after one line about what is wrong in it. */
void command_parse(const struct argp *argp, int argc, char **argv, void *input);
/* For subcommands without arguments. */
error_t command_parse_nothing(int key, char *word, struct argp_state *state);

/* STATUS, if standard output could be written; otherwise complains. */
int command_finish(int status);

/* The whole of WORD as a number from 1 to MAX; ends the program if it is not.
 * WHO is the subcommand. */
int command_number(const char *who, const char *option, const char *word,
                   long max);
/* A sandbox level's number by its name; ends the program if it is none. */
int command_level(const char *option, const char *word);

/* ---- The subcommands --------------------------------------------------- */

int grade_main(int argc, char **argv);
int class_main(int argc, char **argv);
int override_main(int argc, char **argv);
int shard_main(int argc, char **argv);
int show_main(int argc, char **argv);
int watch_main(int argc, char **argv);
int hint_main(int argc, char **argv);
int reset_main(int argc, char **argv);
int debug_main(int argc, char **argv);
int status_main(int argc, char **argv);
int doctor_main(int argc, char **argv);

#endif
