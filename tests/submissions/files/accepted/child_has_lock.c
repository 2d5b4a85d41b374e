// SPDX-License-Identifier: MIT
/*
 * Accepted: a child has the lock, one of fcntl, which this process would lose
 * by any close of FILE. It gives it back when its pipe ends, as it does if we
 * are killed. Of two accounts one is locked, the other one tried.
 */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static int close_both(const int ends[2])
{
    int saved = errno;

    close(ends[0]);
    close(ends[1]);
    errno = saved;
    return -1;
}

static _Noreturn void hold_lock(int fd, int told, int ends)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char byte;

    if (TEMP_FAILURE_RETRY(fcntl(fd, F_SETLKW, &all)) == -1)
        _exit(errno);
    if (TEMP_FAILURE_RETRY(write(told, "l", 1)) == 1)
        (void)!TEMP_FAILURE_RETRY(read(ends, &byte, 1));
    _exit(0);
}

int with_lock(int fd, int (*fn)(int fd, void *arg), void *arg)
{
    int up[2], down[2], result = -1, wstatus = 0;
    char byte;

    if (pipe2(up, O_CLOEXEC) == -1)
        return -1;
    if (pipe2(down, O_CLOEXEC) == -1)
        return close_both(up);
    pid_t pid = fork();
    if (pid == -1) {
        (void)close_both(up);
        return close_both(down);
    }
    if (pid == 0) {
        close(up[0]);
        close(down[1]);
        hold_lock(fd, up[1], down[0]);
    }
    close(up[1]);
    close(down[0]);
    ssize_t n = TEMP_FAILURE_RETRY(read(up[0], &byte, 1));
    if (n == 1)
        result = fn(fd, arg);
    int saved = errno;
    close(down[1]);
    close(up[0]);
    (void)TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0));
    errno = n == 1 ? saved : WEXITSTATUS(wstatus);
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
        n = TEMP_FAILURE_RETRY(
            write(fd, record->bytes + done, record->size - done));
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

/* lockf from offset 0, and waitid(2). */
int run_once(const char *path, char **argv)
{
    int fd = openat(AT_FDCWD, path, O_CREAT | O_RDWR | O_CLOEXEC, 0666);

    if (fd < 0)
        return -1;
    while (lockf(fd, F_TLOCK, 0) != 0) {
        if (errno != EACCES && errno != EAGAIN) {
            int keep = errno;
            close(fd);
            errno = keep;
            return -1;
        }
        struct flock f = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_GETLK, &f) == 0 && f.l_type != F_UNLCK) {
            dprintf(2, "%s: %s: held by %ld\n", PROG, path, (long)f.l_pid);
            close(fd);
            return 1;
        }
    }
    int up[2];
    if (pipe2(up, O_CLOEXEC) == -1) {
        int keep = errno;
        close(fd);
        errno = keep;
        return -1;
    }
    pid_t pid = vfork();
    if (pid == 0) {
        execvp(argv[0], argv);
        int e = errno;
        (void)!write(up[1], &e, sizeof e);
        _exit(e == ENOENT ? 127 : 126);
    }
    int keep = errno, e = 0, st = 0;
    close(up[1]);
    if (pid == -1) {
        close(up[0]);
        close(fd);
        errno = keep;
        return -1;
    }
    siginfo_t info;
    while (waitid(P_PID, pid, &info, WEXITED) == -1)
        if (errno != EINTR)
            return -1;
    st = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    if (read(up[0], &e, sizeof e) == sizeof e) {
        errno = e;
        fail(argv[0]);
    }
    close(up[0]);
    lockf(fd, F_ULOCK, 0);
    close(fd);
    return st;
}

/* Lock `from`; try `to`; if it is taken give back, wait for `to`, try `from`. */
static int set(int fd, int cmd, short type, int i)
{
    struct flock f = {.l_type = type, .l_whence = SEEK_CUR};
    off_t here = lseek(fd, 0, SEEK_CUR);
    f.l_start = (off_t)i * BALANCE_SIZE - here;
    f.l_len = BALANCE_SIZE;
    return TEMP_FAILURE_RETRY(fcntl(fd, cmd, &f));
}

int move_amount(int fd, int from, int to, long amount)
{
    long x, y;
    int r = -1, first = from, second = to;

    if (from == to)
        return 0;
    for (;;) {
        if (set(fd, F_SETLKW, F_WRLCK, first) == -1)
            return -1;
        if (set(fd, F_SETLK, F_WRLCK, second) == 0)
            break;
        int busy = errno == EAGAIN || errno == EACCES;
        int keep = errno;
        set(fd, F_SETLK, F_UNLCK, first);
        errno = keep;
        if (!busy)
            return -1;
        int t = first;
        first = second;
        second = t;
    }
    if (slow_read_balance(fd, from, &x) == 0 &&
        slow_read_balance(fd, to, &y) == 0 &&
        slow_write_balance(fd, from, x - amount) == 0) {
        r = slow_write_balance(fd, to, y + amount);
        if (r == -1) {
            int keep = errno;
            slow_write_balance(fd, from, x);
            errno = keep;
        }
    }
    int keep = errno;
    set(fd, F_SETLK, F_UNLCK, from);
    set(fd, F_SETLK, F_UNLCK, to);
    errno = keep;
    return r;
}
