// SPDX-License-Identifier: MIT
/*
 * Fails: open_passes_fd open_errors
 * Shows: contents_sent read_error_ignored
 *
 * The belief: the child has the file, so it can as well read it and send what
 * is in it.
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

int calc_child(int fd)
{
    char line[LINE_SIZE + 1], answer[64];
    long long sum;

    for (;;) {
        ssize_t n = recv(fd, line, LINE_SIZE, MSG_TRUNC);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        if (n <= LINE_SIZE && add(line, (size_t)n, &sum) == 0)
            sprintf(answer, "%lld\n", sum);
        else
            strcpy(answer, "bad request\n");
        if (write_all(fd, answer, strlen(answer)) == -1)
            return -1;
    }
}

static int ask(int sock, const char *line, size_t n, int out)
{
    char answer[64];

    if (write_all(sock, line, n) == -1)
        return -1;
    ssize_t got = read_some(sock, answer, sizeof answer);
    if (got == 0)
        errno = EPIPE;
    if (got <= 0)
        return -1;
    return write_all(out, answer, (size_t)got);
}

static int ask_all(int in, int sock, int out)
{
    static char buf[65536];
    char line[LINE_SIZE + 2];
    size_t len = 0;
    ssize_t n;

    while ((n = read_some(in, buf, sizeof buf)) > 0)
        for (ssize_t i = 0; i < n; i++) {
            if (len < LINE_SIZE + 1)
                line[len++] = buf[i];
            if (buf[i] != '\n')
                continue;
            if (ask(sock, line, len, out) == -1)
                return -1;
            len = 0;
        }
    if (n == 0 && len > 0) {
        line[len++] = '\n';
        return ask(sock, line, len, out);
    }
    return (int)n;
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

static int send_all(int sock, char *const files[])
{
    char buf[4096];
    ssize_t n;

    for (int i = 0; files[i]; i++) {
        int fd = open(files[i], O_RDONLY), err = fd == -1 ? errno : 0;
        if (write_all(sock, (const char *)&err, sizeof err) == -1)
            return 1;
        while (fd != -1 && (n = read_some(fd, buf, sizeof buf)) > 0)
            if (write_all(sock, buf, (size_t)n) == -1)
                return 1;
        if (fd != -1) {
            send(sock, "", 0, 0);
            close(fd);
        }
    }
    return 0;
}

static int print(int sock, int out)
{
    char buf[4096];
    ssize_t n;

    while ((n = read_some(sock, buf, sizeof buf)) > 0)
        if (write_all(out, buf, (size_t)n) == -1)
            return -1;
    return (int)n;
}

static int print_all(int sock, char *const files[], int out)
{
    int result = 0, err;

    for (int i = 0; files[i]; i++) {
        if (read_some(sock, (char *)&err, sizeof err) <= 0)
            return -1;
        if (err != 0) {
            errno = err;
            fail(files[i]);
            result = 1;
            continue;
        }
        if (print(sock, out) == -1)
            return -1;
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
