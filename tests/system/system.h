// SPDX-License-Identifier: MIT
/*
 * system.h - the whole command, run as its user runs it.
 */
#ifndef TESTS_SYSTEM_H
#define TESTS_SYSTEM_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base.h"
#include "result.h"

/* What a command left. */
struct outcome {
    int status; /* exit status, 128+N for signal N */
    char *output, *errors;
    double seconds;
};

/* Start `build/ipclab WORD...` (NULL-terminated) with its own empty TMPDIR; its
 * pid.  Its output goes to files, for no reader must wait for a survivor. */
pid_t ipclab_start(const char *const words[]);
/* Wait for it. */
struct outcome ipclab_wait(pid_t pid);
struct outcome ipclab(const char *const words[]);
#define IPCLAB(...) ipclab((const char *const[]){__VA_ARGS__, NULL})

/* Grade SUBMISSION for the pipe lab; the grade, which the test keeps. */
struct grade *grade_file(const char *submission, struct outcome *outcome);

/* Wait until no process of the grader or of a submission is left, the
 * temporary directory is empty and no IPC object is new; fails the test if that
 * does not come about. */
void expect_clean_machine(void);
/* The tests' own directory, removed at the end of expect_clean_machine(). */
const char *scratch(void);

#endif
