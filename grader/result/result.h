// SPDX-License-Identifier: MIT
/*
 * result.h - what a grade is: the data that grading fills and reports read.
 *
 * Every string belongs to the grade and is UTF-8 or NULL ("does not apply").
 * Points are tenths of a point, so that all sums are exact.  The JSON form
 * (result_json.c) is described in SCHEMA.md; both follow one table.
 */
#ifndef RESULT_H
#define RESULT_H

#include <stdbool.h>
#include <stddef.h>

#define RESULT_SCHEMA 1
#ifndef KIT_VERSION
#define KIT_VERSION "0.1.0"
#endif

enum verdict {
    VERDICT_ERROR, /* ours: never the student's failure, never scored as zero */
    VERDICT_PASS,
    VERDICT_FAIL,
};
extern const char *const verdict_names[]; /* ends with NULL */

enum cleanliness {
    CLEANLINESS_UNTESTED, /* did not pass, or nothing of it runs in memcheck */
    CLEANLINESS_CLEAN,
    CLEANLINESS_DIRTY,  /* memcheck has findings in the student's file */
    CLEANLINESS_BROKEN, /* a process took memcheck's log away: not clean */
    CLEANLINESS_ERROR,  /* ours */
};
extern const char *const cleanliness_names[];

/* What the report for the student shows of a test. */
enum visibility {
    VISIBILITY_VISIBLE,
    VISIBILITY_HIDDEN,         /* nothing but what it adds to the sum */
    VISIBILITY_AFTER_DUE_DATE, /* the same until the due date has passed */
};
extern const char *const visibility_names[];

struct strings {
    char **items;
    size_t count;
};

/* A message of the compiler, the assembler or the linker. */
struct grade_message {
    char *file;     /* "pipe.c" */
    int line;       /* 0: of no line */
    char *severity; /* "error", "warning", "note" */
    char *message;
};

struct grade_build {
    bool ok;
    char *command; /* that repeats the build at a shell prompt */
    struct grade_message *messages;
    size_t message_count;
    char *explanation; /* of the first error, in plain words */
    /* The program holds requests to Valgrind: known to the worker, not in JSON
     */
    bool asks_valgrind;
};

/* One launch of the student's program. */
struct grade_run {
    char *shell; /* command line that repeats it */
    char *end;   /* "exited", "signaled", "deadlocked", ...; see SCHEMA.md */
    char *story; /* the same as a sentence, or NULL */
    int status;  /* exit status, 128+N for signal N; -1: it did not end */
    double seconds;
    char *output; /* the head of stdout and of stderr */
    char *errors;
};

/* What memcheck says about one line of the student's file. */
struct grade_finding {
    char *kind;            /* "invalid access", "uninitialised", "leak", ... */
    char *what;            /* "Invalid read of size 1" */
    char *function, *file; /* NULL or "" where it is not known */
    int line;
    char *stack; /* memcheck's own lines */
};

/* A launch as a debugger can repeat it; recorded only where that was asked
 * for. */
struct grade_launch {
    char *arguments; /* command line behind the program's name, for bash(1), in
                        an empty directory beside TEST.input; NULL: none */
    char *env;       /* options and variables for env(1) */
    bool shim;       /* of which some are for the shim */
    bool shared;     /* other programs run beside it */
    char *input;     /* what TEST.input holds, in base64 */
    char *umask, *fifo; /* octal; to be made in the directory; or NULL */
    char *missing;      /* what the test does besides, "injects errors" */
};

struct grade_diagnosis {
    char *id; /* NULL: none, and the same in JSON */
    char *sentence;
};

struct grade_test {
    char *name;
    char *step; /* "pipe.2": gap, heading of the handout, key of the hints */
    char *description;
    int worth_tenths;  /* what the test says it is worth; 0: a bonus */
    int points_tenths; /* earned */
    int max_tenths;    /* that count here: less where an error is ours */
    bool bonus;
    enum visibility visibility;
    bool extra;   /* an instructor's own: students' kits do not have it */
    bool retried; /* the first attempt ended in an error of ours */

    enum verdict verdict;
    char *kind; /* of failure: "status", "output", ... */
    char *expected, *seen;
    char *shell; /* command line of the launch that failed */
    struct grade_diagnosis diagnosis;
    struct strings evidence;
    struct grade_run *runs;
    size_t run_count;
    double seconds;
    bool self_killed; /* the program ended itself by a signal of its own */
    struct grade_launch launch;

    enum cleanliness cleanliness;
    struct grade_finding *findings;
    size_t finding_count;
    char *why;    /* of the cleanliness, where it needs a reason */
    bool differs; /* it is broken, since the program did something else there */

    char *hint;    /* key in labs/LAB/hints.md */
    char *command; /* that repeats the test; NULL where none can */
    char *picture; /* command that draws the run that failed; NULL */
};

struct grade_sandbox {
    char *level;
    char *reason;          /* why it is not a better one, or NULL */
    struct strings limits; /* what this level does not promise */
};

struct grade {
    int schema;
    char *kit; /* version */
    char *lab;
    char *submission; /* path as it was given */
    char *checksum;   /* SHA-256 of the submission: "changed since" */
    bool own;         /* it is the kit's own labs/LAB/LAB.c */
    bool complete;    /* no verdict and no cleanliness is an error of ours */
    bool partial;     /* tests were chosen, or cleanliness was left out */
    bool memcheck;    /* cleanliness was looked at */
    int score_tenths, max_tenths;
    struct grade_sandbox sandbox;
    struct grade_build build;
    double wall_seconds, cpu_seconds;
    struct grade_test *tests; /* in the order of the lab's test file */
    size_t test_count;
};

struct grade *grade_new(const char *lab);
void grade_free(struct grade *grade);
/* Take the tests out that the student must not see, while AFTER_DUE says
 * whether the due date has passed; what they add to the sums stays in these.
 * Their number. */
size_t grade_hide_tests(struct grade *grade, bool after_due);
/* Keep only the COUNT tests called NAMES. */
void grade_keep_tests(struct grade *grade, const char *const *names,
                      size_t count);

/* The test called NAME, or NULL. */
struct grade_test *grade_find(const struct grade *grade, const char *name);
/* The test to work on next: of the lowest step with something left to earn,
 * the first; NULL if nothing is. */
const struct grade_test *grade_next(const struct grade *grade);
/* Some verdict or cleanliness is an error of ours. */
bool grade_has_error(const struct grade *grade);
/* Order of steps: "pipe.2" before "pipe.10".  As strcmp(). */
int step_compare(const char *a, const char *b);

void strings_add(struct strings *strings, const char *string);
void strings_release(struct strings *strings);
/* Free *OLD and put a copy of STRING (NULL stays NULL) in its place. */
void string_set(char **old, const char *string);

/* TENTHS as "54.4" or "54"; in a buffer of at least 16 bytes; returns it. */
char *tenths_format(int tenths, char buffer[16]);

/* ---- JSON (result_json.c) ---------------------------------------------- */

/* GRADE as JSON text with a final newline; to be freed by the caller. */
char *grade_to_json(const struct grade *grade);
/* Read it back: NULL if it is not a grade of this schema; WHY says why. */
struct grade *grade_from_json(const char *text, size_t size, char *why,
                              size_t why_size);
/* Read tests.json, what the lab's test program says of its tests, into GRADE;
 * 0 or -1. */
int grade_read_tests(struct grade *grade, const char *text, size_t size,
                     char *why, size_t why_size);
/* Read NAME.native.json or NAME.memcheck.json into TEST, replacing what those
 * said before; 0, or -1 with TEST unchanged. */
int test_read_native(struct grade_test *test, const char *text, size_t size,
                     char *why, size_t why_size);
int test_read_memcheck(struct grade_test *test, const char *text, size_t size,
                       char *why, size_t why_size);

#endif
