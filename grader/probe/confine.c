// SPDX-License-Identifier: MIT
/*
 * confine.c - the basic sandbox: what can be done without namespaces.
 *
 *     confine FILTER DIRECTORY PATH [NAME=VALUE]... -- COMMAND [ARG]...
 *
 * Runs COMMAND in DIRECTORY with a fresh environment, no new privileges and the
 * system call filter.  It keeps a careless program from doing harm; a hostile
 * one still sees the host's files, processes and IPC objects: SECURITY.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fail(const char *what)
{
    (void)fprintf(stderr, "confine: %s: %s\n", what, strerror(errno));
    return 126;
}

/* A seccomp filter stays in force through fork(2) and execve(2). */
static int load_filter(const char *path)
{
    static struct sock_filter rules[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, rules, sizeof(rules));

    if (size < (ssize_t)sizeof(*rules))
        return -1;
    (void)close(fd);
    struct sock_fprog program = {
        .len = (unsigned short)((size_t)size / sizeof(*rules)),
        .filter = rules,
    };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        (void)fputs("usage: confine FILTER DIRECTORY PATH [NAME=VALUE]... -- "
                    "COMMAND [ARG]...\n",
                    stderr);
        return 2;
    }
    /* bwrap --die-with-parent does the same in the full sandbox. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return fail("prctl");
    if (clearenv() != 0 || setenv("PATH", argv[3], 1) < 0 ||
        setenv("HOME", argv[2], 1) < 0 || setenv("LC_ALL", "C", 1) < 0)
        return fail("environment");
    char **next = argv + 4;
    for (; *next && strcmp(*next, "--") != 0; next++)
        if (putenv(*next) != 0)
            return fail(*next);
    if (*next == NULL || *++next == NULL)
        return fail("no command");
    if (chdir(argv[2]) < 0)
        return fail(argv[2]);
    if (load_filter(argv[1]) < 0)
        return fail(argv[1]);
    execvp(*next, next);
    return fail(*next);
}
