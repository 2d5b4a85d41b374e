// SPDX-License-Identifier: MIT
/*
 * blocking.c - the table of blocking.h, from the manual pages' section 2 and,
 * for the order of arguments, the kernel's SYSCALL_DEFINE lines.
 *
 * Calls that arm64 never had (open, poll, select, pause, ...) are guarded.
 * What is missing here is never called a deadlock and has no explanation.
 */
#include "blocking.h"

#include <stddef.h>
#include <sys/syscall.h>

#include "base.h"

#define CALL(call, the_form, the_arg, takes, ...)                              \
    {                                                                          \
        .number = SYS_##call, .name = #call, .form = FORM_##the_form,          \
        .arg = the_arg, .reads = takes, __VA_ARGS__                            \
    }
#define LIMIT(kind, n) .limit = LIMIT_##kind, .limit_arg = n
#define TO(n)          .to_arg = n
#define ADDRESS(n)     .address_arg = n

static const struct blocking_call calls[] = {
    /* call, form, argument, reads, [limit and its argument, destination] */
    CALL(read, FD, 0, true),
    CALL(readv, FD, 0, true),
    CALL(write, FD, 0, false),
    CALL(writev, FD, 0, false),
    CALL(vmsplice, FD, 0, false),
    CALL(splice, TRANSFER, 0, true, TO(2)),
    CALL(tee, TRANSFER, 0, true, TO(1)),
    CALL(sendfile, TRANSFER, 1, true, TO(0)),

    /* SO_RCVTIMEO and SO_SNDTIMEO, socket(7), are seen in the trace only. */
    CALL(accept, FD, 0, true),
    CALL(accept4, FD, 0, true),
    CALL(connect, FD, 0, false, ADDRESS(1)),
    CALL(recvfrom, FD, 0, true),
    CALL(recvmsg, FD, 0, true),
    CALL(recvmmsg, FD, 0, true, LIMIT(POINTER, 4)),
    CALL(sendto, FD, 0, false, ADDRESS(4)),
    CALL(sendmsg, FD, 0, false),
    CALL(sendmmsg, FD, 0, false),

#ifdef SYS_poll
    CALL(poll, POLL, 0, true, LIMIT(MS, 2)),
#endif
    CALL(ppoll, POLL, 0, true, LIMIT(POINTER, 2)),
#ifdef SYS_select
    CALL(select, SELECT, 1, true, LIMIT(POINTER, 4)),
#endif
    CALL(pselect6, SELECT, 1, true, LIMIT(POINTER, 4)),
#ifdef SYS_epoll_wait
    CALL(epoll_wait, EPOLL, 0, true, LIMIT(MS, 3)),
#endif
    CALL(epoll_pwait, EPOLL, 0, true, LIMIT(MS, 3)),
#ifdef SYS_epoll_pwait2
    CALL(epoll_pwait2, EPOLL, 0, true, LIMIT(POINTER, 3)),
#endif

#ifdef SYS_open
    CALL(open, OPEN, 0, true),
#endif
    CALL(openat, OPEN, 1, true),

    CALL(wait4, CHILD, 0, true),
    CALL(waitid, CHILD_ID, 1, true),
#ifdef SYS_vfork
    CALL(vfork, VFORK, -1, true),
#endif
    CALL(clone, VFORK, -1, true),
#ifdef SYS_clone3
    CALL(clone3, VFORK, -1, true),
#endif

#ifdef SYS_pause
    CALL(pause, SIGNAL, -1, true),
#endif
    CALL(rt_sigsuspend, SIGNAL, 0, true),
    CALL(rt_sigtimedwait, SIGNAL, 0, true, LIMIT(POINTER, 2)),

    CALL(futex, FUTEX, 0, true, LIMIT(POINTER, 3)),
#ifdef SYS_futex_waitv
    CALL(futex_waitv, FUTEX, 0, true, LIMIT(POINTER, 3)),
#endif

    CALL(semop, SEMAPHORE, 1, true),
    CALL(semtimedop, SEMAPHORE, 1, true, LIMIT(POINTER, 3)),
    CALL(msgsnd, SYSV_QUEUE, 0, false),
    CALL(msgrcv, SYSV_QUEUE, 0, true),
    CALL(mq_timedsend, POSIX_QUEUE, 0, false, LIMIT(POINTER, 4)),
    CALL(mq_timedreceive, POSIX_QUEUE, 0, true, LIMIT(POINTER, 4)),

    CALL(fcntl, FCNTL, 0, false),
    CALL(flock, FLOCK, 0, false),

    CALL(nanosleep, SLEEP, -1, true, LIMIT(ALWAYS, -1)),
    CALL(clock_nanosleep, SLEEP, -1, true, LIMIT(ALWAYS, -1)),
};

const struct blocking_call *blocking_find(long number)
{
    for (size_t i = 0; i < LENGTH(calls); i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}

bool blocking_is_timed(const struct blocking_call *call,
                       const unsigned long args[6])
{
    switch (call->limit) {
    case LIMIT_NEVER:
        return false;
    case LIMIT_POINTER:
        return args[call->limit_arg] != 0;
    case LIMIT_MS:
        return (int)args[call->limit_arg] >= 0;
    case LIMIT_ALWAYS:
        break;
    }
    return true;
}
