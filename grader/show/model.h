// SPDX-License-Identifier: MIT
/*
 * model.h - from strace's log of a run to a recording (MODEL.md): processes,
 * the objects that they talk through, and what happened to them step by step.
 *
 * The log is replayed: every call that succeeded changes the descriptor tables
 * and the objects as the kernel has changed them.  Names of descriptors (-yy)
 * put right what cannot be known, such as what a process was started with.
 */
#ifndef SHOW_MODEL_H
#define SHOW_MODEL_H

#include <jansson.h>
#include <stddef.h>

/* What a recording is made of; strings may be NULL where nothing is known. */
struct run_log {
    const char *text; /* strace -f -ttt -T -yy [-k] */
    size_t size;
    const char *program; /* the path whose execve(2) begins the run */
    const char *own;     /* the path of the student's program there */
    const char *command, *subject, *title, *output;
    const json_t *ask;
    const json_t *about; /* what probe/record.h keeps of a run */
};

/*
 * The recording of LOG, to be released with json_decref().  Where a step was
 * made from the student's program, it has "address" instead of "file" and
 * "line": see source.h.
 */
json_t *model_record(const struct run_log *log);

/* The path that the first successful execve(2) of a log names, to be freed;
 * NULL if there is none. */
char *model_first_program(const char *text);

#endif
