// SPDX-License-Identifier: MIT
/*
 * Accepted: the child is made first, and told to go when the lock is there.
 *
 * run_once forks before it locks: the child waits at a pipe, and ends if no
 * word comes. Who has the lock is asked first, by F_GETLK, and only then is it
 * tried. Other locks are tried first and waited for only if they are taken.
 */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

int with_lock(int fd, int (*fn)(int fd, void *arg), void *arg)
{
    /* flock's lock goes with this open file description, and so it stays when
     * another descriptor of FILE is closed; fcntl's would not: fcntl(2). */
    if (flock(fd, LOCK_EX | LOCK_NB) == -1 &&
        TEMP_FAILURE_RETRY(flock(fd, LOCK_EX)) == -1)
        return -1;
    int result = fn(fd, arg), saved = errno;
    (void)flock(fd, LOCK_UN); /* cannot fail: fd is open and locked */
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

/* 1 if the lock is ours now, 0 if it is *holder's, -1 with errno. */
static int take_or_ask(int fd, pid_t *holder)
{
    for (;;) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        if (fcntl(fd, F_GETLK, &whole) == -1)
            return -1;
        *holder = whole.l_pid;
        if (whole.l_type != F_UNLCK)
            return 0;
        whole = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_SETLK, &whole) == 0)
            return 1;
        if (errno != EAGAIN && errno != EACCES)
            return -1;
        /* Somebody was quicker: ask who. */
    }
}

/* A child that will execute the command when a byte comes from *go_fd. */
static pid_t prepare_command(char **argv, int *go_fd)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        char word;

        (void)close(ends[1]);
        if (TEMP_FAILURE_RETRY(read(ends[0], &word, 1)) != 1)
            _exit(0);
        execvp(argv[0], argv);
        (void)fail(argv[0]);
        _exit(errno == ENOENT ? 127 : 126);
    }
    int saved = errno;
    (void)close(ends[0]);
    if (pid == -1)
        (void)close(ends[1]);
    errno = saved;
    *go_fd = ends[1];
    return pid;
}

/* What run_once returns, with the child that is ready. */
static int lock_and_go(const char *path, int fd, int go_fd, pid_t pid)
{
    pid_t holder;
    int wstatus;
    int mine = take_or_ask(fd, &holder);

    if (mine == 0)
        (void)dprintf(STDERR_FILENO, PROG ": %s: held by %d\n", path,
                      (int)holder);
    if (mine == 1 && TEMP_FAILURE_RETRY(write(go_fd, "g", 1)) != 1)
        mine = -1;
    int saved = errno;
    (void)close(go_fd); /* without the word the child ends */
    if (TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        return -1;
    errno = saved;
    return mine == 1 ? status_to_exit(wstatus) : mine == 0 ? 1 : -1;
}

int run_once(const char *path, char **argv)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int go_fd, result = -1;

    if (fd == -1)
        return -1;
    pid_t pid = prepare_command(argv, &go_fd);
    if (pid != -1)
        result = lock_and_go(path, fd, go_fd, pid);
    int saved = errno;
    (void)close(fd);
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

    if (fcntl(fd, F_SETLK, &account) == 0)
        return 0;
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
