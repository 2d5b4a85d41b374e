// SPDX-License-Identifier: MIT
/*
 * blocking.h - the system calls in which a thread can fall asleep.
 *
 * One table, used three times: the snapshot reads the memory that a call
 * points to, the proof of deadlock asks whether the sleep has a time limit, the
 * autopsy names what is waited for.  A call is known to all three by one row in
 * blocking.c; a new form of waiting needs one function in each of them.
 */
#ifndef PROBE_BLOCKING_H
#define PROBE_BLOCKING_H

#include <stdbool.h>

enum blocking_form {
    FORM_FD,          /* on one descriptor */
    FORM_TRANSFER,    /* between two descriptors: splice, sendfile */
    FORM_POLL,        /* on the descriptors of an array of struct pollfd */
    FORM_SELECT,      /* on those of three sets */
    FORM_EPOLL,       /* on those registered in an epoll descriptor */
    FORM_OPEN,        /* for the other side of a FIFO */
    FORM_CHILD,       /* wait4(2) */
    FORM_CHILD_ID,    /* waitid(2) */
    FORM_VFORK,       /* for a child to execute a program or to end */
    FORM_SIGNAL,      /* pause, sigsuspend, sigtimedwait */
    FORM_FUTEX,       /* mutexes, conditions, pthread_join, POSIX semaphores */
    FORM_SEMAPHORE,   /* System V semaphores */
    FORM_SYSV_QUEUE,  /* System V message queues */
    FORM_POSIX_QUEUE, /* POSIX message queues */
    FORM_FCNTL,       /* record locks */
    FORM_FLOCK,       /* locks on whole files */
    FORM_SLEEP,       /* until a time comes */
    FORM_COUNT,
};

/* How a call says for how long it is ready to sleep. */
enum blocking_limit {
    LIMIT_NEVER,   /* it cannot: there is no limit */
    LIMIT_POINTER, /* to a struct timespec or timeval; NULL: no limit */
    LIMIT_MS,      /* an int, in milliseconds; negative: no limit */
    LIMIT_ALWAYS,
};

struct blocking_call {
    long number; /* SYS_..., of this machine's 64-bit programs */
    const char *name;
    enum blocking_form form;
    signed char arg; /* the argument that says what is waited for: a
                        descriptor, a path, a pointer, a pid */
    bool reads;      /* for something to take, not for room */
    enum blocking_limit limit;
    signed char limit_arg;
    signed char to_arg;      /* FORM_TRANSFER: the descriptor written to */
    signed char address_arg; /* of a socket's address, its size behind it; 0 */
};

/* The row of system call NUMBER, or NULL. */
const struct blocking_call *blocking_find(long number);
/* Whether CALL, with these ARGS, ends by itself after some time. */
bool blocking_is_timed(const struct blocking_call *call,
                       const unsigned long args[6]);

#endif
