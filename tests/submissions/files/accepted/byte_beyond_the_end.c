// SPDX-License-Identifier: MIT
/*
 * Accepted: one byte far behind the end is the lock; two halves by pwritev.
 *
 * Where a range lies does not matter, if all agree on it. The child tells the
 * error of execvp through a pipe that is closed by execvp, and the parent,
 * which waits with waitid, prints the message. One account is read and written,
 * then the other; both are locked.
 */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where no byte of FILE will ever be. */
static const off_t beyond = (off_t)1 << 40;

/* F_WRLCK or F_UNLCK for a range; waits where it has to. */
static int set_range(int fd, int command, short type, off_t start, off_t size)
{
    struct flock range = {.l_type = type,
                          .l_whence = SEEK_SET,
                          .l_start = start,
                          .l_len = size};

    return TEMP_FAILURE_RETRY(fcntl(fd, command, &range));
}

int with_lock(int fd, int (*fn)(int fd, void *arg), void *arg)
{
    if (set_range(fd, F_OFD_SETLKW, F_WRLCK, beyond, 1) == -1)
        return -1;
    int result = fn(fd, arg), saved = errno;
    (void)set_range(fd, F_OFD_SETLKW, F_UNLCK, beyond, 1);
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
    /* The rest of an older, longer text. It goes last: killed after an
     * ftruncate to 0 we would leave no number at all. */
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
        size_t half = (record->size - done) / 2;
        struct iovec halves[] = {
            {.iov_base = (char *)record->bytes + done, .iov_len = half},
            {.iov_base = (char *)record->bytes + done + half,
             .iov_len = record->size - done - half},
        };
        n = TEMP_FAILURE_RETRY(pwritev(fd, halves, 2, end + (off_t)done));
        if (n == -1) {
            int saved = errno;
            /* Half a record would be the beginning of the next one. If this
             * fails, too, there is nothing left to try. */
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
    int news[2], error = 0;
    siginfo_t about;

    if (pipe2(news, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], argv);
        error = errno;
        _exit(write(news[1], &error, sizeof error) != sizeof error);
    }
    int saved = errno;
    (void)close(news[1]);
    if (pid != -1 && /* 0 bytes: news[1] was closed, by execvp */
        TEMP_FAILURE_RETRY(read(news[0], &error, sizeof error)) == -1)
        error = 0;
    (void)close(news[0]);
    errno = saved;
    if (pid == -1 ||
        TEMP_FAILURE_RETRY(waitid(P_PID, (id_t)pid, &about, WEXITED)) == -1)
        return -1;
    if (error) {
        errno = error;
        (void)fail(argv[0]);
        return error == ENOENT ? 127 : 126;
    }
    return about.si_code == CLD_EXITED ? about.si_status
                                       : 128 + about.si_status;
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

static int lock(int fd, int i)
{
    return set_range(fd, F_SETLKW, F_WRLCK, (off_t)i * BALANCE_SIZE,
                     BALANCE_SIZE);
}

static int add_to(int fd, int i, long amount)
{
    long balance;

    return slow_read_balance(fd, i, &balance) == -1
               ? -1
               : slow_write_balance(fd, i, balance + amount);
}

static int transfer(int fd, int from, int to, long amount)
{
    if (add_to(fd, from, -amount) == -1)
        return -1;
    if (add_to(fd, to, amount) == 0)
        return 0;
    int saved = errno;
    (void)add_to(fd, from, amount); /* as if nothing had been */
    errno = saved;
    return -1;
}

int move_amount(int fd, int from, int to, long amount)
{
    int low = from < to ? from : to, high = from < to ? to : from;

    if (from == to)
        return 0;
    int result = lock(fd, low);
    if (result == 0)
        result = lock(fd, high);
    if (result == 0)
        result = transfer(fd, from, to, amount);
    int saved = errno;
    (void)set_range(fd, F_SETLK, F_UNLCK, 0, 0); /* all that is ours */
    errno = saved;
    return result;
}
