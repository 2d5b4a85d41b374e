// SPDX-License-Identifier: MIT
/*
 * Fails: calc_bad_and_big
 * Shows: accepts_garbage
 *
 * The belief: a minus, and then digits, is a number. It is none if no digit
 * follows.
 */
#include "socketpair.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* fork(2) with a pair between the two: each process has its end in *sock. */
static pid_t fork_pair(int type, int *sock)
{
    int sv[2];

    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sv) == -1)
        return -1;
    pid_t pid = fork();
    int error = errno;
    /* An end is closed when the last process has closed it: who keeps the
     * other one as well will never see its own end-of-file. */
    (void)close(sv[pid == 0 ? 0 : 1]);
    *sock = sv[pid == 0 ? 1 : 0];
    if (pid == -1)
        (void)close(*sock);
    errno = error;
    return pid;
}

/* The parent's end of it all: let the child see end-of-file, wait for it.
 * Returns `result`, or -1 if the child has failed; keeps errno of a failure. */
static int finish(pid_t pid, int sock, int result)
{
    int wstatus, error = errno;

    (void)close(sock);
    if (TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        return -1;
    if (result != -1 && wstatus == 0)
        return result;
    errno = result == -1 ? error : EIO;
    return -1;
}

static int write_all(int fd, const char *buf, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t w = write(fd, buf + done, n - done);
        if (w == -1 && errno != EINTR)
            return -1;
        if (w > 0)
            done += (size_t)w; /* perhaps not all of it */
    }
    return 0;
}

/* The child: what comes in goes back by the same descriptor. */
static int convert(int sock)
{
    char buf[4096];
    ssize_t n;

    while ((n = TEMP_FAILURE_RETRY(read(sock, buf, sizeof buf))) > 0) {
        for (ssize_t i = 0; i < n; i++)
            if (buf[i] >= 'a' && buf[i] <= 'z')
                buf[i] -= 'a' - 'A';
        if (write_all(sock, buf, (size_t)n) == -1)
            return -1;
    }
    return (int)n;
}

/* Send and receive, neither ever waiting for the other: a child that waits for
 * room in our direction reads nothing in its own. */
static int pump(int in, int out, int sock)
{
    char given[4096], taken[4096];
    size_t have = 0, sent = 0;
    int ended = 0;
    ssize_t n;

    for (;;) {
        struct pollfd fds[] = {
            {.fd = sock, .events = POLLIN | (sent < have ? POLLOUT : 0)},
            {.fd = ended || sent < have ? -1 : in, .events = POLLIN}};
        if (TEMP_FAILURE_RETRY(poll(fds, 2, -1)) == -1)
            return -1;
        if (fds[0].revents & ~POLLOUT) { /* an answer, or the end */
            n = TEMP_FAILURE_RETRY(read(sock, taken, sizeof taken));
            if (n <= 0)
                return (int)n; /* finish() asks the child if that was all */
            if (write_all(out, taken, (size_t)n) == -1)
                return -1;
        }
        if (fds[0].revents & POLLOUT) {
            /* There is room, but perhaps not for all: do not wait for it. */
            n = send(sock, given + sent, have - sent, MSG_DONTWAIT);
            if (n == -1 && errno != EAGAIN && errno != EINTR)
                return -1;
            sent += n > 0 ? (size_t)n : 0;
        }
        if (fds[1].revents) {
            n = TEMP_FAILURE_RETRY(read(in, given, sizeof given));
            /* close(2) would end both directions, and this is needed even if
             * other descriptors of the socket are open: shutdown(2). */
            if (n == -1 || (n == 0 && shutdown(sock, SHUT_WR) == -1))
                return -1;
            ended = n == 0;
            have = (size_t)n;
            sent = 0;
        }
    }
}

int upper_pair(int in, int out)
{
    int sock;
    pid_t pid = fork_pair(SOCK_STREAM, &sock);

    if (pid == 0)
        _exit(convert(sock) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    return pid == -1 ? -1 : finish(pid, sock, pump(in, out, sock));
}

/* Read the number at text; what stands behind it, or NULL if there is none. */
static const char *number(const char *text, int64_t *value)
{
    const char *p = text;
    int64_t v = 0;
    int negative = *p == '-';

    if (negative)
        p++;
    for (; isdigit((unsigned char)*p); p++)
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_sub_overflow(v, *p - '0', &v))
            return NULL;
    if (p == text || (!negative && v == INT64_MIN)) /* nothing was there */
        return NULL;
    *value = negative ? v : -v;
    return p;
}

/* What the request asks for, len bytes with a NUL behind them; 0 if it is one.
 */
static int add(const char *request, size_t len, int64_t *sum)
{
    int64_t a, b;
    const char *rest = number(request, &a);

    if (!rest || *rest != '+' || !(rest = number(rest + 1, &b)))
        return -1;
    if (*rest != '\n' || rest + 1 != request + len)
        return -1;
    return __builtin_add_overflow(a, b, sum) ? -1 : 0;
}

static int answer(int sock, const char *request, size_t len)
{
    char line[32] = "bad request\n";
    int64_t sum;

    if (add(request, len, &sum) == 0)
        (void)snprintf(line, sizeof line, "%" PRId64 "\n", sum);
    return TEMP_FAILURE_RETRY(send(sock, line, strlen(line), 0)) == -1 ? -1 : 0;
}

int calc_child(int fd)
{
    char request[LINE_SIZE + 1];
    ssize_t n;

    /* What does not fit is thrown away; with MSG_TRUNC the result is the
     * message's whole length, nevertheless: recv(2). */
    while ((n = TEMP_FAILURE_RETRY(recv(fd, request, LINE_SIZE, MSG_TRUNC))) >
           0) {
        size_t len = n > LINE_SIZE ? 0 : (size_t)n; /* a part is no request */
        request[len] = '\0';
        if (answer(fd, request, len) == -1)
            return -1;
    }
    return (int)n;
}

/* One message there, one back. */
static int ask(int sock, int out, const char *request, size_t len)
{
    char line[32];

    if (TEMP_FAILURE_RETRY(send(sock, request, len, 0)) == -1)
        return -1;
    ssize_t n = TEMP_FAILURE_RETRY(recv(sock, line, sizeof line, 0));
    if (n == 0)
        errno = EPIPE; /* the child has gone */
    return n <= 0 ? -1 : write_all(out, line, (size_t)n);
}

/* What read(2) brings has no boundaries: it may be half a line, or ten. */
static int ask_all(int in, int out, int sock)
{
    char buf[2 * LINE_SIZE];
    const char *newline;
    size_t have = 0;
    int asked = 0; /* the beginning of this line was sent: it is too long */
    ssize_t n;

    while ((n = TEMP_FAILURE_RETRY(read(in, buf + have, sizeof buf - have))) >
           0) {
        have += (size_t)n;
        while ((newline = memchr(buf, '\n', have)) || have > LINE_SIZE) {
            size_t len = newline ? (size_t)(newline - buf) + 1 : have;
            /* Of a line that is too long just enough to be seen to be so. */
            size_t part = len > LINE_SIZE ? LINE_SIZE + 1 : len;
            if (!asked && ask(sock, out, buf, part) == -1)
                return -1;
            asked = !newline;
            have -= len;
            (void)memmove(buf, buf + len, have);
        }
    }
    if (n == -1 || have == 0 || asked)
        return (int)n;
    buf[have] = '\n'; /* the last line may lack it */
    return ask(sock, out, buf, have + 1);
}

int calc_pair(int in, int out)
{
    int sock;
    /* A stream would keep the bytes, not the requests, apart from each other;
     * SOCK_DGRAM keeps these apart, but has no end-of-file: unix(7). */
    pid_t pid = fork_pair(SOCK_SEQPACKET, &sock);

    if (pid == 0)
        _exit(calc_child(sock) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    return pid == -1 ? -1 : finish(pid, sock, ask_all(in, out, sock));
}

/* Room for one descriptor, aligned as the header in front of it: cmsg(3). */
union control {
    char space[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

int send_fd(int sock, int fd, int err)
{
    static const struct timespec a_little = {.tv_nsec = 1000000};
    union control control = {.space = {0}}; /* the padding is sent, too */
    /* At least one byte goes with the descriptor, else nothing is sent. One is
     * never split, on a stream either, and has room for Linux's errors. */
    unsigned char code = (unsigned char)(fd == -1 ? err : 0);
    struct iovec data = {.iov_base = &code, .iov_len = sizeof code};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    if (fd != -1) {
        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space; /* CMSG_SPACE... */
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len =
            CMSG_LEN(sizeof fd); /* ...and CMSG_LEN: no padding */
        (void)memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    }
    while (sendmsg(sock, &message, 0) == -1) {
        if (errno == ETOOMANYREFS) /* by us, or by another of the user's */
            (void)nanosleep(&a_little, NULL);
        else if (errno != EINTR)
            return -1;
    }
    return 0;
}

int recv_fd(int sock, int *err)
{
    union control control;
    unsigned char code = 0;
    int fd;
    struct iovec data = {.iov_base = &code, .iov_len = sizeof code};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};

    *err = 0;
    /* read(2) would take the bytes, and the descriptor would be closed. */
    ssize_t n = TEMP_FAILURE_RETRY(recvmsg(sock, &message, MSG_CMSG_CLOEXEC));
    if (n == 0)
        errno = ECONNRESET;
    if (n <= 0)
        return -1;
    if (code != 0) {
        *err = code;
        return -1;
    }
    const struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (!rights || rights->cmsg_type != SCM_RIGHTS) {
        /* MSG_CTRUNC: the kernel had no number for it, and has closed it. */
        errno = EMFILE;
        return -1;
    }
    (void)memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    return fd;
}

/* The child. Descriptors on their way are open, too, even if we close ours. */
static int send_files(int sock, char *const files[])
{
    for (; *files; files++) {
        int fd = open(*files, O_RDONLY | O_CLOEXEC);
        int result = send_fd(sock, fd, fd == -1 ? errno : 0);
        if (fd != -1)
            (void)close(fd); /* was only opened for reading: no late error */
        if (result == -1)
            return -1;
    }
    return 0;
}

/* Returns 0, 1 after a message that `file` cannot be read, or -1. */
static int copy(const char *file, int fd, int out)
{
    char buf[16384];
    ssize_t n;

    while ((n = TEMP_FAILURE_RETRY(read(fd, buf, sizeof buf))) > 0)
        if (write_all(out, buf, (size_t)n) == -1)
            return -1;
    if (n == -1)
        (void)fail(file); /* a directory can be opened: EISDIR comes here */
    return n == -1;
}

static int print_files(int sock, char *const files[], int out)
{
    int result = 0, error;

    for (; *files && result != -1; files++) {
        int fd = recv_fd(sock, &error);
        if (fd == -1 && error == 0)
            return -1;
        errno = error;
        int failed = fd == -1 ? -fail(*files) : copy(*files, fd, out);
        error = errno;
        if (fd != -1)
            (void)close(fd);
        errno = error;
        if (failed)
            result = failed;
    }
    return result;
}

int open_files(char *const files[], int out)
{
    int sock;
    pid_t pid = fork_pair(SOCK_SEQPACKET, &sock);

    if (pid == 0)
        _exit(send_files(sock, files) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    return pid == -1 ? -1 : finish(pid, sock, print_files(sock, files, out));
}
