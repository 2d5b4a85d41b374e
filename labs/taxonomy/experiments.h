// SPDX-License-Identifier: MIT
/*
 * experiments.h - what `taxonomy probe` runs for the seven properties that can
 * be measured and are not yours: models for your experiments. Included once, by
 * main.c. Given; the grader uses its own copy.
 *
 * Each returns a value, or -1 with errno: ENOTSUP where there is nothing to
 * measure. Then the handout says what is so, and why.
 */
#ifndef EXPERIMENTS_H
#define EXPERIMENTS_H

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include "objects.h"

/* Long enough for whatever the kernel does by itself, on any machine. */
enum { PATIENCE_S = 10 };
static const struct timespec patience = {PATIENCE_S, 0}, no_time;

static int not_measured(void)
{
    errno = ENOTSUP;
    return -1;
}

static int is_signal(enum mech_id m)
{
    return m == SIGNAL || m == RT_SIGNAL;
}

/* ---- Signals to oneself, kept pending --------------------------------------
 */

static int block(int sig, sigset_t *set, sigset_t *before)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, sig);
    return sigprocmask(SIG_BLOCK, set, before);
}

/* Send a signal with a number, if its kind takes one. */
static int send_signal(enum mech_id m, int sig, int number)
{
    return m == SIGNAL
               ? kill(getpid(), sig)
               : sigqueue(getpid(), sig, (union sigval){.sival_int = number});
}

static int take_signal(const sigset_t *set, siginfo_t *info)
{
    return TEMP_FAILURE_RETRY(sigtimedwait(set, info, &no_time));
}

static int signal_number(enum mech_id m)
{
    return m == SIGNAL ? SIGUSR1 : SIGRTMIN;
}

/* ---- direction: does what has been received from go back? ------------------
 */

static int measure_direction(enum mech_id m)
{
    struct channel c;
    char byte = 0;

    if (channel_open(&c, m) == -1)
        return -1;
    int value = UNI; /* write(2) to the read end of a pipe: EBADF */
    if (channel_nonblock(&c) == 0 && channel_send(&c, RECEIVER, "b", 1) == 1) {
        struct pollfd news = {.fd = c.fd[SENDER], .events = POLLIN};
        if (m != SYSV_MSGQ) /* what was sent may be on its way */
            (void)poll(&news, 1, PATIENCE_S * 1000);
        value = channel_receive(&c, SENDER, &byte, 1) == 1 && byte == 'b' ? BI
                                                                          : UNI;
    }
    channel_close(&c);
    return value;
}

/* ---- sync: is a send done before anybody receives? -------------------------
 */

static int measure_sync(enum mech_id m)
{
    sigset_t set, before;
    struct channel c;
    siginfo_t info;

    if (is_signal(m)) {
        if (block(signal_number(m), &set, &before) == -1)
            return -1;
        int value = send_signal(m, signal_number(m), 0) == 0 ? ASYNCHRONOUS
                                                             : SYNCHRONOUS;
        (void)take_signal(&set, &info);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        return value;
    }
    if (channel_open(&c, m) == -1)
        return -1;
    int value = -1; /* what would have to wait for us fails with EAGAIN */
    if (channel_nonblock(&c) == 0)
        value =
            channel_send(&c, SENDER, "a", 1) == 1 ? ASYNCHRONOUS : SYNCHRONOUS;
    channel_close(&c);
    return value;
}

/* ---- order: who decides which of two comes out first? ----------------------
 */

static int measure_signal_order(void)
{
    sigset_t set, before;
    siginfo_t info;

    if (block(SIGRTMIN, &set, &before) == -1)
        return -1;
    (void)sigaddset(&set, SIGRTMIN + 1);
    int value = -1;
    if (sigprocmask(SIG_BLOCK, &set, NULL) == 0 &&
        send_signal(RT_SIGNAL, SIGRTMIN + 1, 0) == 0 &&
        send_signal(RT_SIGNAL, SIGRTMIN, 0) == 0)
        value = take_signal(&set, &info) == SIGRTMIN ? BY_PRIORITY : IN_ORDER;
    while (take_signal(&set, &info) > 0)
        ;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return value;
}

static int measure_order(enum mech_id m)
{
    struct channel c;
    char first = 0;

    if (m == RT_SIGNAL)
        return measure_signal_order();
    /* That datagrams came in order this time proves nothing: udp(7). */
    if (m == UDP)
        return not_measured();
    if (channel_open(&c, m) == -1)
        return -1;
    int value = -1;
    c.rank = m == SYSV_MSGQ ? 2 : 1;
    if (channel_send(&c, SENDER, "a", 1) == 1) {
        c.rank = m == SYSV_MSGQ ? 1 : 2;
        c.select = -2; /* the lowest type that is not above 2: msgop(2) */
        if (channel_send(&c, SENDER, "b", 1) == 1 &&
            channel_receive(&c, RECEIVER, &first, 1) == 1)
            value = first == 'a'     ? IN_ORDER
                    : m == SYSV_MSGQ ? BY_TYPE
                                     : BY_PRIORITY;
    }
    channel_close(&c);
    return value;
}

/* ---- carries: is there more than the news? ---------------------------------
 */

static int measure_signal_value(enum mech_id m)
{
    sigset_t set, before;
    siginfo_t info = {0};

    if (block(signal_number(m), &set, &before) == -1)
        return -1;
    int value = -1;
    if (send_signal(m, signal_number(m), 42) == 0 &&
        take_signal(&set, &info) > 0)
        value = info.si_code == SI_QUEUE && info.si_value.sival_int == 42
                    ? VALUE
                    : NOTHING;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return value;
}

/* Two places of one process, as two processes would have them. */
static int measure_memory(void)
{
    int id = shmget(IPC_PRIVATE, 1, 0600);

    if (id == -1)
        return -1;
    char *here = shmat(id, NULL, 0), *there = shmat(id, NULL, 0);
    (void)shmctl(id, IPC_RMID, NULL); /* when both are detached: shmctl(2) */
    int value = -1;
    if (here != (char *)-1 && there != (char *)-1) {
        *here = 'a';
        value = *(volatile char *)there == 'a' ? BYTES : NOTHING;
    }
    if (here != (char *)-1)
        (void)shmdt(here);
    if (there != (char *)-1)
        (void)shmdt(there);
    return value;
}

/* Whether a descriptor that goes in comes out: unix(7), SCM_RIGHTS. */
static int passes_descriptor(struct channel *c)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 'a';
    struct iovec part = {&byte, 1};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&m);
    int fd = -1;

    *head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd),
                             .cmsg_level = SOL_SOCKET,
                             .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &c->fd[SENDER], sizeof fd);
    if (sendmsg(c->fd[SENDER], &m, 0) == -1)
        return 0;
    m.msg_controllen = sizeof control;
    if (recvmsg(c->fd[RECEIVER], &m, MSG_CMSG_CLOEXEC) == -1 ||
        (head = CMSG_FIRSTHDR(&m)) == NULL || head->cmsg_type != SCM_RIGHTS)
        return 0;
    memcpy(&fd, CMSG_DATA(head), sizeof fd);
    close_fd(fd);
    return 1;
}

static int measure_carries(enum mech_id m)
{
    struct channel c;
    char byte = 0;

    if (is_signal(m))
        return measure_signal_value(m);
    if (m == SYSV_SHM)
        return measure_memory();
    if (channel_open(&c, m) == -1)
        return -1;
    int value = -1;
    if ((m == SOCKETPAIR || m == UNIX_SOCKET) && passes_descriptor(&c))
        value = BYTES_AND_FDS;
    else if (channel_send(&c, SENDER, "a", 1) == 1 &&
             channel_receive(&c, RECEIVER, &byte, 1) == 1)
        value = byte == 'a' ? BYTES : NOTHING;
    channel_close(&c);
    return value;
}

/* ---- notify: does a signal come when something arrives? --------------------
 */

static int ask_for_signal(const struct channel *c)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGIO};
    int fd = c->fd[RECEIVER];

    if (c->mech == POSIX_MQ)
        return mq_notify(fd, &event);
    if (c->mech == SYSV_MSGQ) /* there is no call that could ask */
        return -1;
    return fcntl(fd, F_SETOWN, getpid()) == -1
               ? -1
               : fcntl(fd, F_SETFL, O_ASYNC); /* fcntl(2), O_ASYNC */
}

static int measure_notify(enum mech_id m)
{
    sigset_t set, before;
    struct channel c;

    if (is_signal(m)) /* this is what they are */
        return YES;
    if (channel_open(&c, m) == -1)
        return -1;
    int value = -1;
    if (block(SIGIO, &set, &before) == 0) {
        value =
            ask_for_signal(&c) == 0 && channel_send(&c, SENDER, "a", 1) == 1 &&
                    TEMP_FAILURE_RETRY(sigtimedwait(&set, NULL, &patience)) ==
                        SIGIO
                ? YES
                : NO;
        channel_close(&c);
        while (sigtimedwait(&set, NULL, &no_time) > 0)
            ; /* there may be one for each step of a connection */
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
    }
    channel_close(&c);
    return value;
}

/* ---- pollable: does poll(2) see it? ----------------------------------------
 */

static int is_seen(int fd)
{
    struct pollfd news = {.fd = fd, .events = POLLIN};

    return TEMP_FAILURE_RETRY(poll(&news, 1, PATIENCE_S * 1000)) == 1 &&
                   news.revents & POLLIN
               ? YES
               : NO;
}

static int measure_pollable(enum mech_id m)
{
    sigset_t set, before;
    struct channel c;
    siginfo_t info;

    if (is_signal(m)) { /* by a detour: signalfd(2) */
        if (block(signal_number(m), &set, &before) == -1)
            return -1;
        int fd = signalfd(-1, &set, SFD_CLOEXEC), value = -1;
        if (fd != -1 && send_signal(m, signal_number(m), 0) == 0)
            value = is_seen(fd);
        (void)take_signal(&set, &info);
        close_fd(fd);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        return value;
    }
    if (channel_open(&c, m) == -1)
        return -1;
    int value = -1;
    if (m == SYSV_MSGQ) /* an id is no descriptor */
        value = NO;
    else if (channel_send(&c, SENDER, "a", 1) == 1)
        value = is_seen(c.fd[RECEIVER]);
    channel_close(&c);
    return value;
}

/* ---- bounded: is there an end if nobody receives? --------------------------
 */

enum { ENOUGH = 20000 };

/* Of real-time signals a process may have so many: RLIMIT_SIGPENDING in
 * getrlimit(2). Lowered, so that the end is near. */
static int measure_signal_bound(void)
{
    struct rlimit limit, low;
    sigset_t set, before;
    siginfo_t info;
    int sent = 0;

    if (getrlimit(RLIMIT_SIGPENDING, &limit) == -1 ||
        block(SIGRTMIN, &set, &before) == -1)
        return -1;
    low = limit;
    low.rlim_cur = 8;
    int value = -1;
    if (setrlimit(RLIMIT_SIGPENDING, &low) == 0) {
        while (sent < ENOUGH && send_signal(RT_SIGNAL, SIGRTMIN, sent) == 0)
            sent++;
        value = sent < ENOUGH ? YES : NO;
        (void)setrlimit(RLIMIT_SIGPENDING, &limit);
    }
    while (take_signal(&set, &info) > 0)
        ;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return value;
}

/* How many of the pieces that were sent are there to be received. */
static int count_waiting(struct channel *c)
{
    char piece[PIECE];
    int count = 0;

    while (channel_receive(c, RECEIVER, piece, sizeof piece) > 0)
        count++;
    return count;
}

static int measure_bounded(enum mech_id m)
{
    static const char piece[PIECE];
    struct channel c;
    int small = 1, sent = 0; /* the kernel makes the least it can of 1 */

    if (m == RT_SIGNAL)
        return measure_signal_bound();
    if (channel_open(&c, m) == -1)
        return -1;
    if (m == TCP) {
        (void)setsockopt(c.fd[SENDER], SOL_SOCKET, SO_SNDBUF, &small,
                         sizeof small);
        (void)setsockopt(c.fd[RECEIVER], SOL_SOCKET, SO_RCVBUF, &small,
                         sizeof small);
    }
    int value = -1;
    if (channel_nonblock(&c) == 0) {
        while (sent < ENOUGH && channel_send(&c, SENDER, piece, PIECE) > 0)
            sent++;
        /* A datagram for which there is no room is dropped, and nobody told. */
        value = sent < ENOUGH || count_waiting(&c) < sent ? YES : NO;
    }
    channel_close(&c);
    return value;
}

#endif
