// SPDX-License-Identifier: MIT
/*
 * The child of calc looks at each message first, to know its length; the parent
 * sends and receives up to eight messages in a call; open goes by sixteen files,
 * which each process then has open at once.
 */
#include "socketpair.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_all(int fd, const char *buf, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, buf, n);
        if (w == -1 && errno == EINTR)
            continue;
        if (w == -1)
            return -1;
        buf += w;
        n -= (size_t)w;
    }
    return 0;
}

static ssize_t read_some(int fd, char *buf, size_t size)
{
    ssize_t n;

    do
        n = read(fd, buf, size);
    while (n == -1 && errno == EINTR);
    return n;
}

static int wait_for(pid_t pid, int result)
{
    int wstatus, saved = errno;

    while (waitpid(pid, &wstatus, 0) == -1)
        if (errno != EINTR)
            return -1;
    errno = saved;
    if (result != -1 && wstatus != 0) {
        errno = EIO;
        return -1;
    }
    return result;
}

static int convert(int sock)
{
    char buf[4096];
    ssize_t n;

    while ((n = read_some(sock, buf, sizeof buf)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            if (buf[i] >= 'a' && buf[i] <= 'z')
                buf[i] -= 32;
        if (write_all(sock, buf, (size_t)n) == -1)
            return 1;
    }
    return n != 0;
}

static int pump(int in, int out, int sock)
{
    char buf[4096], back[4096];
    size_t from = 0, to = 0;
    int open_in = 1;
    ssize_t n;

    for (;;) {
        struct pollfd fds[2] = {{sock, POLLIN, 0}, {-1, POLLIN, 0}};
        if (from < to)
            fds[0].events |= POLLOUT;
        else if (open_in)
            fds[1].fd = in;
        if (poll(fds, 2, -1) == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        if (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) {
            n = read_some(sock, back, sizeof back);
            if (n <= 0)
                return (int)n;
            if (write_all(out, back, (size_t)n) == -1)
                return -1;
        }
        if (fds[0].revents & POLLOUT) {
            n = send(sock, buf + from, to - from, MSG_DONTWAIT);
            if (n == -1 && errno != EAGAIN && errno != EINTR)
                return -1;
            if (n > 0)
                from += (size_t)n;
        }
        if (fds[1].revents) {
            n = read_some(in, buf, sizeof buf);
            if (n == -1)
                return -1;
            from = 0;
            to = (size_t)n;
            if (n == 0) {
                open_in = 0;
                shutdown(sock, SHUT_WR);
            }
        }
    }
}

int upper_pair(int in, int out)
{
    int sv[2], result;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(sv[0]);
        _exit(convert(sv[1]));
    }
    close(sv[1]);
    result = pid == -1 ? -1 : pump(in, out, sv[0]);
    int saved = errno;
    close(sv[0]);
    errno = saved;
    return pid == -1 ? -1 : wait_for(pid, result);
}

static char *number(char *p, long long *value)
{
    char *end;

    if (!isdigit((unsigned char)p[*p == '-']))
        return NULL;
    errno = 0;
    *value = strtoll(p, &end, 10);
    return errno ? NULL : end;
}

static int add(char *line, size_t n, long long *sum)
{
    long long a, b;
    char *p;

    line[n] = '\0';
    if ((p = number(line, &a)) == NULL || *p != '+' ||
        (p = number(p + 1, &b)) == NULL || *p != '\n' || p[1] != '\0')
        return -1;
    return __builtin_add_overflow(a, b, sum) ? -1 : 0;
}

/* A look at the next message tells its length, and leaves it there. */
static ssize_t next_length(int fd)
{
    char byte;
    ssize_t n;

    do
        n = recv(fd, &byte, 1, MSG_PEEK | MSG_TRUNC);
    while (n == -1 && errno == EINTR);
    return n;
}

static int answer(int fd, size_t size)
{
    char text[64] = "bad request\n";
    long long sum;
    char *line = malloc(size + 1);

    if (line == NULL)
        return -1;
    ssize_t n = read_some(fd, line, size);
    if (n > 0 && n <= LINE_SIZE && add(line, (size_t)n, &sum) == 0)
        sprintf(text, "%lld\n", sum);
    free(line);
    return n <= 0 ? -1 : write_all(fd, text, strlen(text));
}

int calc_child(int fd)
{
    ssize_t n;

    while ((n = next_length(fd)) > 0)
        if (answer(fd, (size_t)n) == -1)
            return -1;
    return (int)n;
}

enum { BATCH = 8 };

/* Lines that have come and are still to be answered. */
struct batch {
    char lines[BATCH][LINE_SIZE + 2];
    struct iovec parts[BATCH];
    unsigned count;
};

static void clear(struct mmsghdr *messages, struct iovec *parts)
{
    memset(messages, 0, BATCH * sizeof *messages);
    for (int i = 0; i < BATCH; i++) {
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
}

static int send_batch(int sock, struct batch *batch)
{
    struct mmsghdr messages[BATCH];
    unsigned sent = 0;

    clear(messages, batch->parts);
    while (sent < batch->count) {
        int n = sendmmsg(sock, messages + sent, batch->count - sent, 0);
        if (n == -1 && errno != EINTR)
            return -1;
        if (n > 0)
            sent += (unsigned)n;
    }
    return 0;
}

/* At most COUNT answers, but not none; returns how many, or -1. */
static int take_answers(int sock, int out, unsigned count)
{
    char text[BATCH][64];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    int n;

    for (int i = 0; i < BATCH; i++)
        parts[i] = (struct iovec){text[i], sizeof text[i]};
    clear(messages, parts);
    do
        n = recvmmsg(sock, messages, count, MSG_WAITFORONE, NULL);
    while (n == -1 && errno == EINTR);
    for (int i = 0; i < n; i++) {
        if (messages[i].msg_len == 0) { /* the end comes as a message, too */
            errno = EPIPE;
            return -1;
        }
        if (write_all(out, text[i], messages[i].msg_len) == -1)
            return -1;
    }
    return n;
}

static int ask(int sock, struct batch *batch, int out)
{
    int n;

    if (send_batch(sock, batch) == -1)
        return -1;
    for (; batch->count > 0; batch->count -= (unsigned)n)
        if ((n = take_answers(sock, out, batch->count)) == -1)
            return -1;
    return 0;
}

static int end_line(int sock, struct batch *batch, size_t len, int out)
{
    unsigned i = batch->count++;

    batch->parts[i] = (struct iovec){batch->lines[i], len};
    return batch->count < BATCH ? 0 : ask(sock, batch, out);
}

static int ask_all(int in, int sock, int out)
{
    static struct batch batch;
    char buf[4096], line[LINE_SIZE + 2];
    size_t len = 0;
    ssize_t n;

    while ((n = read_some(in, buf, sizeof buf)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (len < LINE_SIZE + 1)
                line[len++] = buf[i];
            if (buf[i] != '\n')
                continue;
            memcpy(batch.lines[batch.count], line, len);
            if (end_line(sock, &batch, len, out) == -1)
                return -1;
            len = 0;
        }
        if (ask(sock, &batch, out) == -1)
            return -1;
    }
    if (n == -1 || len == 0)
        return (int)n;
    line[len++] = '\n';
    memcpy(batch.lines[0], line, len);
    return end_line(sock, &batch, len, out) == -1 ? -1 : ask(sock, &batch, out);
}

int calc_pair(int in, int out)
{
    int sv[2], result;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(sv[0]);
        _exit(calc_child(sv[1]) != 0);
    }
    close(sv[1]);
    result = pid == -1 ? -1 : ask_all(in, sv[0], out);
    int saved = errno;
    close(sv[0]);
    errno = saved;
    return pid == -1 ? -1 : wait_for(pid, result);
}

int send_fd(int sock, int fd, int err)
{
    union {
        char buf[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control;
    struct iovec iov = {&err, sizeof err};
    struct msghdr msg = {0};

    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    if (fd != -1) {
        err = 0;
        memset(&control, 0, sizeof control);
        msg.msg_control = control.buf;
        msg.msg_controllen = sizeof control.buf;
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(int));
    }
    while (sendmsg(sock, &msg, 0) == -1)
        if (errno == ETOOMANYREFS)
            usleep(1000);
        else if (errno != EINTR)
            return -1;
    return 0;
}

int recv_fd(int sock, int *err)
{
    union {
        char buf[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control;
    int error, fd;
    struct iovec iov = {&error, sizeof error};
    struct msghdr msg = {0};
    ssize_t n;

    *err = 0;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = control.buf;
    msg.msg_controllen = sizeof control.buf;
    do
        n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
    while (n == -1 && errno == EINTR);
    if (n == 0)
        errno = ECONNRESET;
    if (n <= 0)
        return -1;
    if (error != 0) {
        *err = error;
        return -1;
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    if (c == NULL) {
        errno = EMFILE;
        return -1;
    }
    memcpy(&fd, CMSG_DATA(c), sizeof(int));
    return fd;
}

/* Returns how many of the files were sent, or -1. */
static int send_some(int sock, char *const files[])
{
    int fds[FILES_OPEN], errs[FILES_OPEN], count, result = 0;

    for (count = 0; count < FILES_OPEN && files[count]; count++) {
        fds[count] = open(files[count], O_RDONLY);
        errs[count] = errno;
    }
    for (int i = 0; i < count; i++) {
        if (result == 0)
            result = send_fd(sock, fds[i], errs[i]);
        if (fds[i] != -1)
            close(fds[i]);
    }
    return result == -1 ? -1 : count;
}

static int send_all(int sock, char *const files[])
{
    int count;

    for (; *files; files += count)
        if ((count = send_some(sock, files)) == -1)
            return 1;
    return 0;
}

static int print(const char *file, int fd, int out)
{
    char buf[65536];
    ssize_t n;

    while ((n = read_some(fd, buf, sizeof buf)) > 0)
        if (write_all(out, buf, (size_t)n) == -1)
            return -1;
    if (n == -1) {
        fail(file);
        return 1;
    }
    return 0;
}

/* Returns how many of the files came, or -1. */
static int receive_some(int sock, char *const files[], int fds[], int errs[])
{
    int count = 0;

    while (count < FILES_OPEN && files[count]) {
        fds[count] = recv_fd(sock, &errs[count]);
        if (fds[count] == -1 && errs[count] == 0)
            return -1;
        count++;
    }
    return count;
}

static int print_one(const char *file, int fd, int err, int out)
{
    errno = err;
    if (fd == -1)
        return -fail(file);
    int status = print(file, fd, out);
    int saved = errno;
    close(fd);
    errno = saved;
    return status;
}

static int print_all(int sock, char *const files[], int out)
{
    int fds[FILES_OPEN], errs[FILES_OPEN], count, result = 0;

    for (; *files; files += count) {
        count = receive_some(sock, files, fds, errs);
        if (count == -1)
            return -1;
        for (int i = 0; i < count; i++) {
            int status = print_one(files[i], fds[i], errs[i], out);
            if (status == -1)
                return -1;
            if (status == 1)
                result = 1;
        }
    }
    return result;
}

int open_files(char *const files[], int out)
{
    int sv[2], result;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(sv[0]);
        _exit(send_all(sv[1], files));
    }
    close(sv[1]);
    result = pid == -1 ? -1 : print_all(sv[0], files, out);
    int saved = errno;
    close(sv[0]);
    errno = saved;
    return pid == -1 ? -1 : wait_for(pid, result);
}
