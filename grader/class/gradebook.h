// SPDX-License-Identifier: MIT
/*
 * gradebook.h - what is kept of a class, in one SQLite file (schema.sql).
 *
 * One process writes.  Each change is a transaction of its own, so that whoever
 * is killed loses no more than what had not yet been handed over.
 */
#ifndef CLASS_GRADEBOOK_H
#define CLASS_GRADEBOOK_H

#include <sqlite3.h>
#include <stdbool.h>

#include "environment.h"
#include "hash.h"
#include "intake.h"
#include "result.h"
#include "roster.h"

#define GRADEBOOK_SCHEMA 2

/* Open the gradebook in DIRECTORY, made if CREATE; NULL after a message: it is
 * not there, it is no gradebook, or of another version. */
sqlite3 *gradebook_open(const struct kit *kit, const char *directory,
                        bool create);

/* ---- Settings ---------------------------------------------------------- */

/* The value of NAME, to be freed; NULL if there is none. */
char *gradebook_setting(sqlite3 *book, const char *name);
/* VALUE NULL: forget it.  0, or -1 after a message. */
int gradebook_set(sqlite3 *book, const char *name, const char *value);

/* ---- A run ------------------------------------------------------------- */

/* What stays from run to run; NULL: none. */
struct gradebook_settings {
    char *attempts, *due, *extra_tests; /* as in schema.sql */
};

struct gradebook_run {
    const struct intake *intake;
    const struct roster *roster; /* empty: none */
    bool roster_given;           /* else it is gradebook_roster()'s */
    const struct gradebook_settings *settings;
};

/* The roster of an earlier run, to be released; empty if there was none.  0, or
 * -1 after a message. */
int gradebook_roster(sqlite3 *book, struct roster *roster);
/* Keep what the class has handed in; 0, or -1 after a message. */
int gradebook_take_in(sqlite3 *book, const struct gradebook_run *run);
/* What holds for results of LAB from now on. */
int gradebook_set_environment(sqlite3 *book, const char *lab,
                              const struct environment *environment);
/* Have all of LAB graded again; what is there counts until then. */
int gradebook_regrade(sqlite3 *book, const char *lab);

/* ---- Jobs -------------------------------------------------------------- */

/* A file to be graded for a lab. */
struct todo {
    char hash[HASH_SIZE];
    char *lab;
    char *who; /* one who has handed it in */
};

struct todos {
    struct todo *items;
    size_t count;
    size_t cached; /* results that hold, and need no job */
};

/* What is left to be graded in LABS (empty: all); -1 after a message. */
int gradebook_todos(sqlite3 *book, const struct argv *labs,
                    struct todos *todos);
void todos_release(struct todos *todos);

/* The content behind HASH, to be freed; NULL after a message. */
char *gradebook_file(sqlite3 *book, const char *hash, size_t *size);

/* Keep a result.  One with an error of the grader never takes the place of one
 * without. */
int gradebook_keep(sqlite3 *book, const char *hash, const struct grade *grade,
                   const char *json);
/* Note that the job could not be done. */
int gradebook_fail(sqlite3 *book, const char *hash, const char *lab,
                   const char *why);

/*
 * For whoever reads much and writes nothing: from here on the views `ranked`,
 * `counted`, `verdict` and `grade` are tables of this connection, as of now.
 * A view ranks the attempts of the whole class for every look at one student.
 * One more, `unsettled` (student, lab, test, why), has what counts and could
 * not be judged, nor has the instructor done so; test NULL: nothing of the
 * file.
 */
int gradebook_freeze(sqlite3 *book);

/* ---- The instructor ---------------------------------------------------- */

/* POINTS in tenths; -1: take the override back.  0, or -1 after a message. */
int gradebook_override(sqlite3 *book, const char *student, const char *lab,
                       const char *test, int points, const char *why);

#endif
