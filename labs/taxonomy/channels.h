// SPDX-License-Identifier: MIT
/*
 * channels.h - a channel of each mechanism that has one: see taxonomy.h.
 * Included once, by main.c. Given; the grader uses its own copy.
 */
#ifndef CHANNELS_H
#define CHANNELS_H

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <linux/sockios.h>
#include "taxonomy.h"

enum { PIECE = 64, QUEUE_LENGTH = 8 };

#define CHANNEL_FIFO  "taxonomy.channel"
#define CHANNEL_QUEUE "/taxonomy.channel"

static void close_fd(int fd)
{
    int saved = errno;

    if (fd != -1)
        (void)close(fd);
    errno = saved;
}

/* ---- Opening ---------------------------------------------------------------
 *
 * Each stores two descriptors, -1 for what could not be opened. */

/* O_RDONLY alone would wait for a writer, and there is none yet: fifo(7). */
static int open_fifo(int fd[2])
{
    if (mkfifo(CHANNEL_FIFO, 0600) == -1)
        return -1;
    fd[RECEIVER] = open(CHANNEL_FIFO, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    fd[SENDER] = open(CHANNEL_FIFO, O_WRONLY | O_CLOEXEC);
    (void)unlink(CHANNEL_FIFO); /* who has it open keeps it */
    return fcntl(fd[RECEIVER], F_SETFL, 0);
}

/* A connection within one process: connect(2) is done as soon as there is room
 * in the queue of those who wait to be accepted. */
static int open_connection(int fd[2], const struct sockaddr *address,
                           socklen_t size)
{
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    int listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    fd[SENDER] = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener != -1 && fd[SENDER] != -1 &&
        bind(listener, address, size) == 0 && listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&name, &length) == 0 &&
        connect(fd[SENDER], (struct sockaddr *)&name, length) == 0)
        fd[RECEIVER] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    close_fd(listener);
    return fd[RECEIVER] == -1 ? -1 : 0;
}

static int open_unix(int fd[2])
{
    const struct sockaddr_un address = {AF_UNIX, CHANNEL_FIFO};
    int result =
        open_connection(fd, (const struct sockaddr *)&address, sizeof address);

    if (result == 0)
        (void)unlink(CHANNEL_FIFO);
    return result;
}

/* Port 0: any that is free. */
static struct sockaddr_in local_address(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static int open_tcp(int fd[2])
{
    const struct sockaddr_in address = local_address(0);

    return open_connection(fd, (const struct sockaddr *)&address,
                           sizeof address);
}

/* Two sockets, each with the other's address: then write(2) will do. */
static int open_udp(int fd[2])
{
    struct sockaddr_in name[2] = {local_address(0), local_address(0)};
    socklen_t size = sizeof name[0];

    for (int end = 0; end < 2; end++)
        if ((fd[end] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1 ||
            bind(fd[end], (struct sockaddr *)&name[end], size) == -1 ||
            getsockname(fd[end], (struct sockaddr *)&name[end], &size) == -1)
            return -1;
    for (int end = 0; end < 2; end++)
        if (connect(fd[end], (struct sockaddr *)&name[!end], size) == -1)
            return -1;
    return 0;
}

static int open_sysv_queue(int fd[2])
{
    fd[RECEIVER] = fd[SENDER] = msgget(IPC_PRIVATE, 0600);
    return fd[SENDER] == -1 ? -1 : 0;
}

static int open_posix_queue(int fd[2])
{
    struct mq_attr attr = {.mq_maxmsg = QUEUE_LENGTH, .mq_msgsize = PIECE};

    fd[RECEIVER] = fd[SENDER] =
        mq_open(CHANNEL_QUEUE, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    return fd[SENDER] == -1 ? -1 : mq_unlink(CHANNEL_QUEUE);
}

int channel_open(struct channel *c, enum mech_id m)
{
    int result = -1;

    *c = (struct channel){.mech = m, .fd = {-1, -1}, .rank = 1};
    switch (m) {
    case PIPE:
    case POPEN: /* popen(3) is a pipe and a shell */
        result = pipe2(c->fd, O_CLOEXEC);
        break;
    case FIFO:
        result = open_fifo(c->fd);
        break;
    case SOCKETPAIR:
        result = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, c->fd);
        break;
    case UNIX_SOCKET:
        result = open_unix(c->fd);
        break;
    case TCP:
        result = open_tcp(c->fd);
        break;
    case UDP:
        result = open_udp(c->fd);
        break;
    case SYSV_MSGQ:
        result = open_sysv_queue(c->fd);
        break;
    case POSIX_MQ:
        result = open_posix_queue(c->fd);
        break;
    default:
        errno = ENOTSUP;
    }
    if (result == -1)
        channel_close(c);
    return result;
}

void channel_close(struct channel *c)
{
    int saved = errno;

    if (c->mech == SYSV_MSGQ) {
        if (c->fd[SENDER] != -1)
            (void)msgctl(c->fd[SENDER], IPC_RMID, NULL);
    } else {
        close_fd(c->fd[RECEIVER]);
        if (c->fd[SENDER] != c->fd[RECEIVER])
            close_fd(c->fd[SENDER]);
    }
    c->fd[RECEIVER] = c->fd[SENDER] = -1;
    errno = saved;
}

/* ---- Use -------------------------------------------------------------------
 */

struct sysv_message {
    long type;
    char text[PIECE];
};

/* What has left us has not arrived: TCP may keep a second piece back until the
 * first is acknowledged, tcp(7). What is acknowledged has arrived. */
static int wait_for_arrival(int fd)
{
    const struct timespec moment = {0, 1000000};

    for (int unsent;;) {
        if (ioctl(fd, SIOCOUTQ, &unsent) == -1)
            return -1;
        if (unsent == 0)
            return 0;
        (void)nanosleep(&moment, NULL);
    }
}

static int send_message(const struct channel *c, const void *buf, size_t n)
{
    struct sysv_message m = {.type = c->rank};

    if (c->mech == POSIX_MQ)
        return TEMP_FAILURE_RETRY(
            mq_send(c->fd[SENDER], buf, n, (unsigned)c->rank));
    memcpy(m.text, buf, n);
    return TEMP_FAILURE_RETRY(
        msgsnd(c->fd[SENDER], &m, n, c->nonblock ? IPC_NOWAIT : 0));
}

ssize_t channel_send(struct channel *c, int end, const void *buf, size_t n)
{
    if (n > PIECE) {
        errno = EMSGSIZE;
        return -1;
    }
    if (c->mech == SYSV_MSGQ || c->mech == POSIX_MQ)
        return send_message(c, buf, n) == -1 ? -1 : (ssize_t)n;
    ssize_t sent = TEMP_FAILURE_RETRY(write(c->fd[end], buf, n));
    if (sent > 0 && c->mech == TCP && !c->nonblock &&
        wait_for_arrival(c->fd[end]) == -1)
        return -1;
    return sent;
}

static ssize_t receive_message(const struct channel *c, char text[PIECE])
{
    struct sysv_message m;

    /* No smaller buffer will do: EMSGSIZE, mq_receive(3). */
    if (c->mech == POSIX_MQ)
        return TEMP_FAILURE_RETRY(
            mq_receive(c->fd[RECEIVER], text, PIECE, NULL));
    ssize_t n = TEMP_FAILURE_RETRY(
        msgrcv(c->fd[RECEIVER], &m, sizeof m.text, c->select,
               MSG_NOERROR | (c->nonblock ? IPC_NOWAIT : 0)));
    if (n > 0)
        memcpy(text, m.text, (size_t)n);
    return n;
}

ssize_t channel_receive(struct channel *c, int end, void *buf, size_t size)
{
    char text[PIECE];

    if (c->mech != SYSV_MSGQ && c->mech != POSIX_MQ)
        return TEMP_FAILURE_RETRY(read(c->fd[end], buf, size));
    ssize_t n = receive_message(c, text);
    if (n > (ssize_t)size)
        n = (ssize_t)size;
    if (n > 0)
        memcpy(buf, text, (size_t)n);
    return n;
}

int channel_nonblock(struct channel *c)
{
    c->nonblock = 1;
    if (c->mech == SYSV_MSGQ)
        return 0; /* each call is told: IPC_NOWAIT */
    for (int end = 0; end < 2; end++) {
        int flags = fcntl(c->fd[end], F_GETFL);
        if (flags == -1 || fcntl(c->fd[end], F_SETFL, flags | O_NONBLOCK) == -1)
            return -1;
    }
    return 0;
}

#endif
