// SPDX-License-Identifier: MIT
/*
 * test_shim_locks.c - the library that holds a program before or after it locks
 * a file, whichever call it uses, and cuts its transfers short.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base.h"

/* Locks "f" in the way that argv[1] names, tells that it has, gives it back and
 * ends when its input does. */
static const char program[] =
    "#include <errno.h>\n"
    "#include <fcntl.h>\n"
    "#include <string.h>\n"
    "#include <sys/file.h>\n"
    "#include <sys/uio.h>\n"
    "#include <unistd.h>\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "    int fd = open(\"f\", O_RDWR);\n"
    "    struct flock l = {.l_type = F_WRLCK};\n"
    "    struct iovec v[] = {{\"\", 0}, {\"345\", 3}, {\"67\", 2}};\n"
    "    char c;\n"
    "    if (argc < 2 || fd < 0) return 1;\n"
    "    if (strcmp(argv[1], \"flock\") == 0) flock(fd, LOCK_EX);\n"
    "    if (strcmp(argv[1], \"lockf\") == 0) lockf(fd, F_TLOCK, 0);\n"
    "    if (strcmp(argv[1], \"fcntl\") == 0) fcntl(fd, F_SETLKW, &l);\n"
    "    if (strcmp(argv[1], \"ofd\") == 0) fcntl(fd, F_OFD_SETLK, &l);\n"
    "    if (strcmp(argv[1], \"getlk\") == 0) fcntl(fd, F_GETLK, &l);\n"
    "    if (strcmp(argv[1], \"pwrite\") == 0) pwrite(fd, \"12345678\", 8, "
    "2);\n"
    "    if (strcmp(argv[1], \"pwritev\") == 0) pwritev(fd, v, 3, 2);\n"
    "    if (strcmp(argv[1], \"waits\") == 0)\n"
    "        return (flock(fd, LOCK_EX) < 0 && errno == EINTR) +\n"
    "            2 * (lockf(fd, F_LOCK, 0) < 0 && errno == EINTR) +\n"
    "            4 * (fcntl(fd, F_SETLKW, &l) < 0 && errno == EINTR) +\n"
    "            8 * (flock(fd, LOCK_EX | LOCK_NB) < 0) +\n"
    "            16 * (lockf(fd, F_TLOCK, 0) < 0) +\n"
    "            32 * (fcntl(fd, F_SETLK, &l) < 0);\n"
    "    if (strcmp(argv[1], \"pread\") == 0)\n"
    "        return (int)pread(fd, (char[8]){0}, 8, 0);\n"
    "    write(1, \"l\", 1);\n"
    "    l.l_type = F_UNLCK;\n"
    "    if (strcmp(argv[1], \"flock\") == 0) flock(fd, LOCK_UN);\n"
    "    else fcntl(fd, F_OFD_SETLK, &l), fcntl(fd, F_SETLK, &l);\n"
    "    write(1, \"u\", 1);\n"
    "    return (int)read(0, &c, 1);\n"
    "}\n";

/* The directory that the program works in, and what it is joined to. */
struct place {
    char directory[32];
    int fd;
    pid_t pid;
    int in, out;
};

static void make_place(struct place *place)
{
    (void)strcpy(place->directory, "/tmp/ipclab-shim.XXXXXX");
    cr_assert_not_null(mkdtemp(place->directory));
    place->fd = open(place->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    cr_assert(place->fd >= 0);
    char *command =
        xformat("echo 0123 >%s/f; gcc -w -D_GNU_SOURCE -xc -o %s/p -",
                place->directory, place->directory);
    FILE *compiler = popen(command, "w");
    cr_assert_not_null(compiler);
    (void)fputs(program, compiler);
    cr_assert(pclose(compiler) == 0, "gcc fails");
    free(command);
}

static void remove_place(struct place *place)
{
    static const char *const names[] = {"f", "p", "go"};

    for (size_t i = 0; i < LENGTH(names); i++)
        (void)unlinkat(place->fd, names[i], 0);
    (void)close(place->fd);
    (void)rmdir(place->directory);
}

/* Start it with WAY and the shim's VARIABLE, "IPCLAB_DELAY=...". */
static void start(struct place *place, const char *way, char *variable)
{
    char *shim = realpath("build/grader/shim.so", NULL);
    int in[2], out[2];

    cr_assert_not_null(shim);
    cr_assert(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    place->pid = fork();
    if (place->pid == 0) {
        (void)setenv("LD_PRELOAD", shim, 1);
        (void)putenv(variable);
        if (dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1 &&
            chdir(place->directory) == 0)
            (void)execl("./p", "p", way, (char *)NULL);
        _exit(127);
    }
    free(shim);
    (void)close(in[0]);
    (void)close(out[1]);
    place->in = in[1];
    place->out = out[0];
}

static int finish(struct place *place)
{
    int status = -1;

    (void)close(place->in);
    (void)waitpid(place->pid, &status, 0);
    (void)close(place->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Until the program sleeps in ppoll(2), where the shim holds it. */
static void wait_held(const struct place *place)
{
    struct timespec pause = {0, 1000000};
    char *path = xformat("/proc/%d/syscall", (int)place->pid);
    bool held = false;

    for (int i = 0; i < 30000 && !held; i++) {
        char *call = read_file(AT_FDCWD, path, 256, NULL);
        held = call && strtol(call, NULL, 10) == SYS_ppoll;
        free(call);
        (void)nanosleep(&pause, NULL);
    }
    free(path);
    cr_assert(held, "it is held");
}

/* Whether somebody has a lock, of whichever kind. */
static bool is_locked(const struct place *place)
{
    struct flock lock = {.l_type = F_WRLCK};
    int fd = openat(place->fd, "f", O_RDWR | O_CLOEXEC);

    cr_assert(fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0);
    bool locked = lock.l_type != F_UNLCK || flock(fd, LOCK_EX | LOCK_NB) < 0;
    (void)close(fd);
    return locked;
}

static void open_gate(const struct place *place)
{
    (void)close(openat(place->fd, "go", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static char next_byte(const struct place *place)
{
    char byte = 0;

    cr_assert(read(place->out, &byte, 1) == 1, "it goes on");
    return byte;
}

Test(shim, holds_before_and_after_a_lock)
{
    const char *const ways[] = {"flock", "lockf", "fcntl", "ofd"};
    struct place place;

    make_place(&place);
    for (size_t i = 0; i < LENGTH(ways); i++)
        for (int after = 0; after < 2; after++) {
            (void)unlinkat(place.fd, "go", 0);
            char variable[64];
            (void)snprintf(variable, sizeof(variable), "IPCLAB_DELAY=setlk%s",
                           after ? "_done=@go" : "=@go");
            start(&place, ways[i], variable);
            wait_held(&place);
            cr_expect_eq(is_locked(&place), after, "%s %s", ways[i], variable);
            open_gate(&place);
            cr_expect_eq(next_byte(&place), 'l');
            cr_expect_eq(next_byte(&place), 'u');
            cr_expect_not(is_locked(&place), "%s", ways[i]);
            cr_expect_eq(finish(&place), 0);
        }
    remove_place(&place);
}

/* Neither before it is given back nor for a look is "setlk" meant. */
Test(shim, holds_nothing_else)
{
    struct place place;

    make_place(&place);
    start(&place, "getlk", "IPCLAB_DELAY=setlk=@go,setlk_done=@go");
    cr_expect_eq(next_byte(&place), 'l');
    cr_expect_eq(next_byte(&place), 'u');
    cr_expect_eq(finish(&place), 0);
    start(&place, "flock", "IPCLAB_DELAY=getlk=@go,setlk@2=@go");
    cr_expect_eq(next_byte(&place), 'l');
    cr_expect_eq(next_byte(&place), 'u');
    cr_expect_eq(finish(&place), 0);
    start(&place, "getlk", "IPCLAB_DELAY=getlk=@go");
    wait_held(&place);
    open_gate(&place);
    cr_expect_eq(next_byte(&place), 'l');
    cr_expect_eq(finish(&place), 0);
    remove_place(&place);
}

Test(shim, interrupts_who_would_wait_for_a_lock)
{
    struct place place;

    make_place(&place);
    start(&place, "waits", "IPCLAB_EINTR_EVERY=1");
    cr_expect_eq(finish(&place), 1 + 2 + 4);
    remove_place(&place);
}

Test(shim, cuts_transfers_at_a_place)
{
    struct place place;

    make_place(&place);
    start(&place, "pwrite", "IPCLAB_SHORT_IO=3");
    cr_expect_eq(next_byte(&place), 'l');
    cr_expect_eq(finish(&place), 0);
    char *content = read_file(place.fd, "f", 64, NULL);
    cr_expect_str_eq(content, "0112\n");
    free(content);
    start(&place, "pwritev", "IPCLAB_SHORT_IO=3");
    cr_expect_eq(next_byte(&place), 'l');
    cr_expect_eq(finish(&place), 0);
    content = read_file(place.fd, "f", 64, NULL);
    cr_expect_str_eq(content, "0134\n", "of the first part with bytes");
    free(content);
    start(&place, "pread", "IPCLAB_SHORT_IO=3");
    cr_expect_eq(finish(&place), 3);
    (void)unlinkat(place.fd, "go", 0);
    start(&place, "pwrite", "IPCLAB_DELAY=write@1=@go");
    wait_held(&place);
    open_gate(&place);
    cr_expect_eq(next_byte(&place), 'l');
    cr_expect_eq(finish(&place), 0);
    remove_place(&place);
}
