// SPDX-License-Identifier: MIT
/*
 * Fails: next_unique lock_survives_other_close next_truncates append_intact
 * Shows: stdio_across_lock
 * Dirty: append_short_io clean
 *
 * The belief: what fprintf has printed is in the file. It is in a buffer of
 * this process, and gets into the file some time after the lock was given
 * back; what fscanf reads may be as old.
 */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

int with_lock(int fd, int (*fn)(int fd, void *arg), void *arg)
{
    /* flock's lock goes with this open file description, and so it stays when
     * another descriptor of FILE is closed; fcntl's would not: fcntl(2). */
    if (TEMP_FAILURE_RETRY(flock(fd, LOCK_EX)) == -1)
        return -1;
    int result = fn(fd, arg), saved = errno;
    (void)flock(fd, LOCK_UN); /* cannot fail: fd is open and locked */
    errno = saved;
    return result;
}

static FILE *stream;

static int open_stream(int fd, const char *mode)
{
    if (!stream)
        stream = fdopen(dup(fd), mode);
    return stream ? 0 : -1;
}

static int add_one(int fd, void *arg)
{
    long *number = arg;

    *number = 0;
    if (open_stream(fd, "r+") == -1)
        return -1;
    rewind(stream);
    (void)fscanf(stream, "%ld", number); /* 0 if the file is empty */
    rewind(stream);
    ++*number;
    return fprintf(stream, "%ld\n", *number) < 0 ? -1 : 0;
}

long next_number(int fd)
{
    long number;

    return with_lock(fd, add_one, &number) == -1 ? -1 : number;
}

struct record {
    const char *bytes;
    size_t size;
};

static int add_record(int fd, void *arg)
{
    const struct record *record = arg;

    if (open_stream(fd, "a") == -1)
        return -1;
    size_t n = fwrite(record->bytes, 1, record->size, stream);
    return n == record->size ? 0 : -1;
}

int append_record(int fd, const char *rec, size_t n)
{
    struct record record = {rec, n};

    /* O_APPEND makes one write(2) atomic, but not a loop of them. */
    return with_lock(fd, add_record, &record);
}

/* 1 if the lock is ours now, 0 if it is *holder's, -1 with errno. */
static int take_or_ask(int fd, pid_t *holder)
{
    for (;;) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        if (fcntl(fd, F_SETLK, &whole) == 0)
            return 1;
        if (errno != EAGAIN && errno != EACCES) /* POSIX allows either */
            return -1;
        if (fcntl(fd, F_GETLK, &whole) == -1)
            return -1;
        *holder = whole.l_pid;
        if (whole.l_type != F_UNLCK)
            return 0;
        /* Given back between our two calls: try again. */
    }
}

static int run_command(char **argv)
{
    int wstatus;
    pid_t pid = fork();

    if (pid == 0) { /* without the lock, and soon without its descriptor */
        execvp(argv[0], argv);
        (void)fail(argv[0]);
        _exit(errno == ENOENT ? 127 : 126);
    }
    if (pid == -1 || TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        return -1;
    return status_to_exit(wstatus);
}

int run_once(const char *path, char **argv)
{
    pid_t holder;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    if (fd == -1)
        return -1;
    int result = take_or_ask(fd, &holder);
    if (result == 1) {
        result = run_command(argv);
    } else if (result == 0) {
        (void)dprintf(STDERR_FILENO, PROG ": %s: held by %d\n", path,
                      (int)holder);
        result = 1;
    }
    int saved = errno;
    (void)close(fd); /* gives the lock back; FILE stays: others have it open */
    errno = saved;
    return result;
}

/* F_WRLCK or F_UNLCK for the bytes of account i; waits where it has to. */
static int set_lock(int fd, short type, int i)
{
    struct flock account = {.l_type = type,
                            .l_whence = SEEK_SET,
                            .l_start = (off_t)i * BALANCE_SIZE,
                            .l_len = BALANCE_SIZE};

    return TEMP_FAILURE_RETRY(fcntl(fd, F_SETLKW, &account));
}

static int transfer(int fd, int from, int to, long amount)
{
    long giver, taker;

    if (slow_read_balance(fd, from, &giver) == -1 ||
        slow_read_balance(fd, to, &taker) == -1 ||
        slow_write_balance(fd, from, giver - amount) == -1)
        return -1;
    if (slow_write_balance(fd, to, taker + amount) == 0)
        return 0;
    int saved = errno;
    (void)slow_write_balance(fd, from, giver); /* as if nothing had been */
    errno = saved;
    return -1;
}

int move_amount(int fd, int from, int to, long amount)
{
    int low = from < to ? from : to, high = from < to ? to : from;

    if (from == to)
        return 0;
    /* All take the lower one first. So whoever waits for a lock has only locks
     * below it, and no circle can close. */
    if (set_lock(fd, F_WRLCK, low) == -1)
        return -1;
    int result = set_lock(fd, F_WRLCK, high);
    if (result == 0)
        result = transfer(fd, from, to, amount);
    int saved = errno;
    (void)set_lock(fd, F_UNLCK, high); /* unlocking what is free is no error */
    (void)set_lock(fd, F_UNLCK, low);
    errno = saved;
    return result;
}
