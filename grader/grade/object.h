// SPDX-License-Identifier: MIT
/*
 * object.h - what a submission was compiled to, looked at before it is linked.
 *
 * The grader links a server into the program (grader/probe/server.c), which
 * runs before the program does and in a process that is not the program's.  A
 * C file can carry more than C: sections that the linker or the loader act on,
 * functions that run while the program is loaded, the names of the C library.
 * Whatever would let code of a submission run in the server is found here.
 */
#ifndef GRADE_OBJECT_H
#define GRADE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

struct object_verdict {
    char *refused; /* why it is not linked, to be freed; NULL: it may be */
    /* It defines a function or an object with a name of the C library's: our
     * own code must not use that library by name. */
    bool shadows;
};

/* Judge the SIZE bytes of DATA, an object file as the assembler wrote it, which
 * was told what to write by a stranger: every byte may be anything. */
struct object_verdict object_judge(const void *data, size_t size);

/* The names that the object or shared library of SIZE bytes at DATA leaves to
 * others (DEFINED false), or gives them, to VISIT until that returns true.
 * Whether it did; false, too, if DATA is no such file. */
bool object_names(const void *data, size_t size, bool defined,
                  bool (*visit)(const char *name, void *context),
                  void *context);

/* Whether the program of SIZE bytes at DATA holds the instructions by which a
 * program speaks to Valgrind; they can switch its reports off. */
bool object_asks_valgrind(const void *data, size_t size);

#endif
