// SPDX-License-Identifier: MIT
/*
 * Fails: once_exclusive
 * Shows: answer_as_question
 *
 * The belief: a struct flock is filled in once, and asks for the same lock each
 * time. F_GETLK writes its answer into it: with F_UNLCK there the second try
 * gives a lock back, which never fails.
 */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

int with_lock(int fd, int (*fn)(int fd, void *arg), void *arg)
{
    if (TEMP_FAILURE_RETRY(flock(fd, LOCK_EX)) == -1)
        return -1;
    int result = fn(fd, arg), saved = errno;
    (void)flock(fd, LOCK_UN);
    errno = saved;
    return result;
}

static int add_one(int fd, void *arg)
{
    long *number = arg, old;

    if (lseek(fd, 0, SEEK_SET) == -1 || (old = slow_read_number(fd)) == -1)
        return -1;
    if (lseek(fd, 0, SEEK_SET) == -1 || slow_write_number(fd, old + 1) == -1)
        return -1;
    off_t end = lseek(fd, 0, SEEK_CUR);
    if (end == -1 || TEMP_FAILURE_RETRY(ftruncate(fd, end)) == -1)
        return -1;
    *number = old + 1;
    return 0;
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
    off_t end = lseek(fd, 0, SEEK_END);
    ssize_t n;

    if (end == -1)
        return -1;
    for (size_t done = 0; done < record->size; done += (size_t)n) {
        n = TEMP_FAILURE_RETRY(
            write(fd, record->bytes + done, record->size - done));
        if (n == -1) {
            int saved = errno;
            (void)ftruncate(fd, end);
            errno = saved;
            return -1;
        }
    }
    return 0;
}

int append_record(int fd, const char *rec, size_t n)
{
    struct record record = {rec, n};

    return with_lock(fd, add_record, &record);
}


static int take_or_ask(int fd, pid_t *holder)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    for (;;) {
        if (fcntl(fd, F_SETLK, &whole) == 0)
            return 1;
        if (errno != EAGAIN && errno != EACCES)
            return -1;
        if (fcntl(fd, F_GETLK, &whole) == -1)
            return -1;
        *holder = whole.l_pid;
        if (whole.l_type != F_UNLCK)
            return 0;
    }
}

static int run_command(char **argv)
{
    int wstatus;
    pid_t pid = fork();

    if (pid == 0) {
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
    (void)close(fd);
    errno = saved;
    return result;
}


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
    (void)slow_write_balance(fd, from, giver);
    errno = saved;
    return -1;
}

int move_amount(int fd, int from, int to, long amount)
{
    int low = from < to ? from : to, high = from < to ? to : from;

    if (from == to)
        return 0;
    if (set_lock(fd, F_WRLCK, low) == -1)
        return -1;
    int result = set_lock(fd, F_WRLCK, high);
    if (result == 0)
        result = transfer(fd, from, to, amount);
    int saved = errno;
    (void)set_lock(fd, F_UNLCK, high);
    (void)set_lock(fd, F_UNLCK, low);
    errno = saved;
    return result;
}
