// SPDX-License-Identifier: MIT
/*
 * evidence.h - what a lab's misconceptions.c asks of a failed test.
 */
#ifndef PROBE_EVIDENCE_H
#define PROBE_EVIDENCE_H

#include "probe.h"

/* Begins the definition of NAME, the condition of an entry: over FAILURE, and
 * WAIT, which it may set. */
#define WHEN(name)                                                             \
    static bool name(const struct failure *failure,                            \
                     __attribute__((unused)) const struct autopsy_wait **wait)

/* Begins the definition of NAME, for find_wait(): over WAIT and AUTOPSY. */
#define MATCH(name)                                                            \
    static bool name(const struct autopsy_wait *wait,                          \
                     __attribute__((unused)) const struct autopsy *autopsy)

/* Find a wait of the failed run for which MATCHES; sets *WAIT to it. */
bool find_wait(const struct failure *failure, const struct autopsy_wait **wait,
               bool (*matches)(const struct autopsy_wait *,
                               const struct autopsy *));
/* Find one in CALL ("msgrcv") that has no time limit. */
bool sleeps_in(const struct failure *failure, const char *call,
               const struct autopsy_wait **wait);
/* It waits for a pipe, to read from it or to write to it. */
bool is_pipe(const struct autopsy_wait *wait, bool reads);

/* WORD is an argument of the failed run. */
bool is_run(const struct failure *failure, const char *word);
/* It wrote TEXT to its standard error, or output. */
bool says(const struct failure *failure, const char *text);
bool prints(const struct failure *failure, const char *text);
/* TEXT is in what was expected, or in what was seen instead. */
bool wanted(const struct failure *failure, const char *text);
bool saw(const struct failure *failure, const char *text);
/* A child was left behind: not waited for, or running. */
bool left_process(const struct failure *failure);
/* A file or an object was. */
bool left_object(const struct failure *failure);
/* It hangs, for sure or as far as can be seen. */
bool hangs(const struct failure *failure);
/* Its exit status is what was wrong, and STATUS is what it was. */
bool is_status(const struct failure *failure, int status);
bool was_killed_by(const struct failure *failure, int signal);

/* How many calls of NAMES ("semop,semtimedop") the student's own code made with
 * TEXT in their arguments, as strace writes them, that failed with ERROR
 * ("EINTR"), or succeeded (NULL); whether there was one, whatever became of
 * it. */
size_t count_calls(const struct failure *failure, const char *names,
                   const char *text, const char *error);
bool called(const struct failure *failure, const char *names, const char *text);
/* Whether one of the test's runs so far made such a call. */
bool called_by_any(const char *names, const char *text);
/* How many objects of the kernel's these runs made or found by calls of NAMES
 * ("msgget"): how many different results there were. */
size_t count_objects(const char *names);

#endif
