// SPDX-License-Identifier: MIT
/*
 * The program around socketpair.c: it reads the command line, calls the
 * functions of socketpair.h and says what went wrong. Given; the grader builds
 * its own copy, so nothing you change here counts.
 *
 * `pass` tries send_fd() and recv_fd() without open_files(): a child sends a
 * descriptor of each FILE, and the parent says what it got.
 *
 * Exit status: 0; 1 if something failed; 2 for wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "socketpair.h"

static int usage(void)
{
    fputs("usage: " PROG " upper\n"
          "       " PROG " calc\n"
          "       " PROG " open FILE..\n"
          "       " PROG " pass [-f] FILE..\n",
          stderr);
    return 2;
}

/* Print what failed; the exit status. */
static int failed(const char *what)
{
    (void)fail(what);
    return EXIT_FAILURE;
}

static int open_command(char **files)
{
    int result = open_files(files, STDOUT_FILENO);

    return result == -1 ? failed("open") : result;
}

/* ---- pass ---------------------------------------------------------------- */

static int send_all(int sock, char **files)
{
    for (; *files; files++) {
        int fd = open(*files, O_RDONLY | O_CLOEXEC);
        int error = fd == -1 ? errno : 0;
        if (send_fd(sock, fd, error) == -1)
            return failed("send_fd");
        if (fd != -1 && close(fd) == -1) /* it is still ours */
            return failed("close");
    }
    return 0;
}

static int count_open(void)
{
    int count = 0;

    for (int fd = 0; fd < FD_SETSIZE; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

/* Receive what should be a descriptor of `file`, and say what it was. */
static void receive_one(int sock, const char *file)
{
    int error = -1, before = count_open();
    int fd = recv_fd(sock, &error);
    int own = errno, more = count_open() - before - (fd != -1);

    if (more != 0)
        printf("%s: %d descriptors came\n", file, more + (fd != -1));
    else if (fd == -1)
        printf("%s: %s\n", file, strerror(error ? error : own));
    else if (fcntl(fd, F_GETFD) & FD_CLOEXEC)
        printf("%s: closed by exec\n", file);
    else
        printf("%s: not closed by exec\n", file);
    if (fd != -1)
        (void)close(fd);
}

static int receive_all(int sock, char **files)
{
    int error = -1;

    for (; *files; files++)
        receive_one(sock, *files);
    int fd = recv_fd(sock, &error);
    puts(fd == -1 && error == 0 ? "end" : "there is something after the last");
    return fflush(stdout) == EOF ? failed("standard output") : 0;
}

/* Leave no descriptor free. */
static int fill(void)
{
    struct rlimit limit;
    int next = dup(STDIN_FILENO); /* the lowest that was free */

    if (next == -1 || close(next) == -1 ||
        getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return -1;
    limit.rlim_cur = (rlim_t)next;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static int pass_command(char **files)
{
    int sv[2], wstatus, full = strcmp(files[0], "-f") == 0;

    if (full && !*++files)
        return usage();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
        return failed("socketpair");
    pid_t pid = fork();
    if (pid == -1)
        return failed("fork");
    if (pid == 0) {
        close(sv[0]);
        _exit(send_all(sv[1], files));
    }
    close(sv[1]);
    if (full && fill() == -1)
        return failed("RLIMIT_NOFILE");
    int status = receive_all(sv[0], files);
    close(sv[0]);
    if (TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        return failed("waitpid");
    return status ? status : status_to_exit(wstatus);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    /* Without this, socketpair(2) could hand out a standard descriptor. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            return failed("standard descriptors");
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return failed("signal");
    if (strcmp(name, "upper") == 0 && argc == 2)
        return upper_pair(STDIN_FILENO, STDOUT_FILENO) ? failed(name) : 0;
    if (strcmp(name, "calc") == 0 && argc == 2)
        return calc_pair(STDIN_FILENO, STDOUT_FILENO) ? failed(name) : 0;
    if (strcmp(name, "open") == 0 && argc > 2)
        return open_command(argv + 2);
    if (strcmp(name, "pass") == 0 && argc > 2)
        return pass_command(argv + 2);
    return usage();
}
