// SPDX-License-Identifier: MIT
/*
 * test_hangs.c - programs that wait for a lock, a socket, a signal or a stopped
 * process, in a real sandbox under a real strace: the deadlock is proved, and
 * the evidence says who waits for whom.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"

/* A submission whose upper() is BODY. */
static char *write_submission(const char *body)
{
    char *path = xformat("%s/pipe.c", scratch());
    char *text = xformat(
        "#include <arpa/inet.h>\n#include <errno.h>\n#include <fcntl.h>\n"
        "#include <signal.h>\n#include <string.h>\n#include <sys/file.h>\n"
        "#include <sys/socket.h>\n#include <sys/un.h>\n#include <sys/wait.h>\n"
        "#include <unistd.h>\n#include \"pipe.h\"\n"
        "static char byte;\n"
        "static void handle(int signal) { (void)signal; }\n"
        "int upper(int in, int out)\n"
        "{\n    (void)in, (void)out, (void)handle;\n%s\n    return 0;\n}\n"
        "int run_pipeline(char ***cmds, int n)\n"
        "{ (void)cmds; (void)n; return -1; }\n"
        "int filter(char **argv, int in, int out, long long *nin,\n"
        "           long long *nout)\n"
        "{ (void)argv; (void)in; (void)out; *nin = *nout = 0; return -1; }\n"
        "int gather(int n, int records, size_t size, int out)\n"
        "{ (void)n; (void)records; (void)size; (void)out; return -1; }\n",
        body);

    cr_assert(write_file(path, text, strlen(text), 0644) == 0);
    free(text);
    return path;
}

static bool ends_with(const char *string, const char *end)
{
    size_t size = strlen(string), length = strlen(end);

    return size >= length && strcmp(string + size - length, end) == 0;
}

/* A program with BODY is proved, in a sandbox of LEVEL, to be deadlocked, with
 * a line of evidence that ends with LINE. */
static void expect_evidence_in(const char *level, const char *body,
                               const char *line)
{
    char *path = write_submission(body);
    char *json = xformat("%s/grade.json", scratch()), why[200];
    size_t size;
    bool seen = false;
    struct outcome outcome = IPCLAB(
        "grade", "pipe", "--submission", path, "--test", "upper_empty_eof",
        "--no-memcheck", "--sandbox", level, "--json", json);
    char *text = read_file(AT_FDCWD, json, 16 << 20, &size);

    cr_assert_not_null(text, "no grade: %s", outcome.errors);
    struct grade *grade = grade_from_json(text, size, why, sizeof(why));
    cr_assert(grade && grade->test_count == 1 && grade->build.ok, "%s", text);
    const struct grade_test *test = &grade->tests[0];
    cr_assert(test->run_count > 0);
    cr_expect_str_eq(test->runs[0].end, "deadlocked");
    for (size_t i = 0; i < test->evidence.count; i++)
        seen |= ends_with(test->evidence.items[i], line);
    cr_expect(seen, "not in the evidence: %s\n%s", line, outcome.output);
    grade_free(grade);
    free(text);
    free(json);
    free(path);
    expect_clean_machine();
}

static void expect_evidence(const char *body, const char *line)
{
    expect_evidence_in("full", body, line);
}

#define OPEN_FILE "int fd = open(\"f\", O_RDWR | O_CREAT, 0666);"

Test(hangs, record_lock)
{
    expect_evidence(OPEN_FILE "lockf(fd, F_LOCK, 16);"
                              "if (fork() == 0) lockf(fd, F_LOCK, 0);"
                              "wait(NULL);",
                    "child 3 is blocked in fcntl(3, F_SETLKW, F_WRLCK): bytes "
                    "0 to 15 of /work/f are locked to write by parent 2 "
                    "(descriptor 3), which is blocked in wait4");
}

Test(hangs, circle_of_description_locks)
{
    expect_evidence(
        OPEN_FILE
        "struct flock lock = {.l_type = F_WRLCK, .l_start = 8, .l_len = 8};"
        "int ends[2]; pipe(ends); fcntl(fd, F_OFD_SETLKW, &lock);"
        "if (fork() == 0) {"
        "    int own = open(\"f\", O_RDWR);"
        "    lock.l_start = 0; fcntl(own, F_OFD_SETLKW, &lock);"
        "    close(fd); write(ends[1], \"\", 1);"
        "    lock.l_start = 8; fcntl(own, F_OFD_SETLKW, &lock);"
        "    _exit(0);"
        "}"
        "read(ends[0], &byte, 1);"
        "lock.l_start = 0; fcntl(fd, F_OFD_SETLKW, &lock);",
        "so: parent 2 waits for child 3, which waits for parent 2");
}

Test(hangs, inherited_lock)
{
    expect_evidence(OPEN_FILE "flock(fd, LOCK_EX);"
                              "if (fork() == 0)"
                              "    flock(open(\"f\", O_RDWR), LOCK_SH);"
                              "wait(NULL);",
                    "child 3 is blocked in flock(4, LOCK_SH): /work/f is "
                    "locked to write by child 3 itself (descriptor 3) and "
                    "parent 2 (descriptor 3)");
}

Test(hangs, socket_pair)
{
    expect_evidence("int ends[2]; socketpair(AF_UNIX, SOCK_STREAM, 0, ends);"
                    "if (fork() == 0) { read(ends[1], &byte, 1); _exit(0); }"
                    "close(ends[0]); close(ends[1]); wait(NULL);",
                    "child 3 is blocked in read(4): socket A has nothing to be "
                    "read; its other end is held by child 3 itself (descriptor "
                    "3)");
}

Test(hangs, unix_server)
{
    expect_evidence(
        "struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = \"s\"};"
        "int fd = socket(AF_UNIX, SOCK_STREAM, 0);"
        "bind(fd, (void *)&name, sizeof(name)); listen(fd, 1);"
        "if (fork() == 0) {"
        "    close(fd); fd = socket(AF_UNIX, SOCK_STREAM, 0);"
        "    connect(fd, (void *)&name, sizeof(name)); read(fd, &byte, 1);"
        "    _exit(0);"
        "}"
        "wait(NULL);",
        "child 3 is blocked in read(3): socket A has nothing to be read; its "
        "other end waits to be accepted by parent 2 (descriptor 3), which is "
        "blocked in wait4");
}

Test(hangs, tcp_server)
{
    expect_evidence(
        "struct sockaddr_in name = {.sin_family = AF_INET,"
        "    .sin_port = htons(5000),"
        "    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};"
        "int fd = socket(AF_INET, SOCK_STREAM, 0);"
        "bind(fd, (void *)&name, sizeof(name)); listen(fd, 1);"
        "if (fork() == 0) {"
        "    close(fd); fd = socket(AF_INET, SOCK_STREAM, 0);"
        "    connect(fd, (void *)&name, sizeof(name)); read(fd, &byte, 1);"
        "    _exit(0);"
        "}"
        "read(accept(fd, NULL, NULL), &byte, 1);",
        "parent 2 is blocked in read(4): socket A (port 5000) has nothing to "
        "be read; its other end is held by child 3 (descriptor 3), which is "
        "blocked in read");
}

Test(hangs, stopped_child)
{
    expect_evidence("if (fork() == 0) raise(SIGSTOP);"
                    "wait(NULL);",
                    "child 3 is stopped, by SIGSTOP from itself, and nobody "
                    "will continue it");
}

Test(hangs, lost_signal)
{
    expect_evidence("signal(SIGUSR1, handle); raise(SIGUSR1); pause();",
                    "process 2 is blocked in pause: no signal has come; "
                    "pending: none; blocked: none; delivered before: SIGUSR1 "
                    "(once)");
}

Test(hangs, signal_that_nobody_sends)
{
    expect_evidence("sigset_t set; int got; sigemptyset(&set);"
                    "sigaddset(&set, SIGUSR1);"
                    "sigprocmask(SIG_BLOCK, &set, NULL); sigwait(&set, &got);",
                    "process 2 is blocked in rt_sigtimedwait: SIGUSR1 has not "
                    "come; pending: none; blocked: none");
}

/* What ends the program there must not end everything that the user runs. */
Test(hangs, basic_sandbox)
{
    expect_evidence_in("basic",
                       "int ends[2]; socketpair(AF_UNIX, SOCK_STREAM, 0, ends);"
                       "if (fork() == 0) read(ends[1], &byte, 1);"
                       "wait(NULL);",
                       "waits for itself");
}

/* ---- A pipe of the tester's that is kept locked -------------------------- */

#define LOCK_STDIN                                                             \
    "    int pair[2];\n"                                                       \
    "    (void)socketpair(AF_UNIX, SOCK_STREAM, 0, pair);\n"                   \
    "    if (SECOND)\n        for (;;)\n            (void)read(in, &byte, "    \
    "1);\n"                                                                    \
    "    while (splice(in, NULL, pair[0], NULL, 65536, 0) > 0)\n        ;\n"

/* The upper() of LOCK_STDIN, with as many processes as SECOND says, hangs, and
 * the report has EVIDENCE. */
static void expect_lock_explained(const char *second, const char *evidence)
{
    char *body = xformat("#define SECOND %s\n" LOCK_STDIN, second);
    char *path = write_submission(body);
    struct outcome outcome = IPCLAB("grade", "pipe", "--submission", path,
                                    "--test", "upper_1mib", "--no-memcheck");

    cr_expect_eq(outcome.status, 0, "%d: %s", outcome.status, outcome.output);
    cr_expect_not_null(strstr(outcome.output, "FAIL    upper_1mib"), "%s",
                       outcome.output);
    cr_expect_not_null(strstr(outcome.output, evidence), "%s", outcome.output);
    free(path);
    free(body);
    expect_clean_machine();
}

Test(hangs, pipe_kept_locked, .timeout = 600,
     .description = "who sleeps in splice(2) with our pipe locked holds up "
                    "itself, and not the tester")
{
    expect_lock_explained("0", "blocked in splice(3): socket A has no room");
}

Test(hangs, pipe_kept_locked_from_a_child, .timeout = 600,
     .description = "nor does state D of its own child, which wants the pipe")
{
    expect_lock_explained("fork() == 0",
                          "waits for a pipe that is kept locked");
}
