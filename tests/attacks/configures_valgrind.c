// SPDX-License-Identifier: MIT
/*
 * Tries: to hand Valgrind options of our own: by its file, by its variable,
 *     for all that comes after.
 * Fails because: Valgrind was started long before, with --command-line-
 *     only=yes and an environment of the grader's.
 * Base: wrong/reads_uninitialised
 * Lab: pipe
 * Seen: score 95.6; dirty upper_small
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void configure(int argc, char **argv)
{
    static const char text[] = "--leak-check=no\n--log-file=/dev/null\n"
                               "--memcheck:undef-value-errors=no\n"
                               "--error-limit=yes --suppressions=all\n";
    /* It starts at home. */
    static const char *const paths[] = {".valgrindrc", "/tmp/.valgrindrc"};

    if (argc != 2 || strcmp(argv[1], "upper") != 0)
        return; /* filter is to create no files, and would lose by it */
    (void)setenv("VALGRIND_OPTS", text, 1);
    (void)setenv("VALGRIND_LIB", ".", 1);
    for (int i = 0; i < 2; i++) {
        int fd = open(paths[i], O_WRONLY | O_CREAT, 0644);
        (void)write(fd, text, strlen(text));
        (void)close(fd);
        (void)unlink(paths[i]);
    }
}
