// SPDX-License-Identifier: MIT
/*
 * record.h - what is kept of the runs of a test for `ipclab show`, which draws
 * them: with IPCLAB_RECORD=DIRECTORY in the environment of a test binary, the
 * native pass is traced in full and leaves there, for each world N and each run
 * R that it had,
 *
 *     N.strace    strace's log, with times, names of descriptors and stacks
 *     N.R.json    the run: its shell command, its end, who waits for whom
 *
 * Without that variable none of these functions is called.
 */
#ifndef PROBE_RECORD_H
#define PROBE_RECORD_H

#include "run.h"

/* Calls that a drawing shows, beside those that are judged. */
#define RECORD_CALLS                                                           \
    "?read,?write,?readv,?writev,?pread64,?pwrite64,?close,?close_range,"      \
    "?poll,?ppoll,?select,?pselect6,?epoll_create1,?epoll_ctl,?epoll_wait,"    \
    "?epoll_pwait,?splice,?tee,?sendfile,?vmsplice,?copy_file_range,"          \
    "?sendto,?recvfrom,?sendmsg,?recvmsg,?accept,?accept4,?connect,?bind,"     \
    "?sched_yield,?listen,?shutdown,?pause,?rt_sigsuspend,?rt_sigtimedwait,?"  \
    "flock,"                                                                   \
    "?unlink,?unlinkat,?eventfd2,?signalfd4,?timerfd_create,?pidfd_open,"      \
    "?pidfd_getfd,?nanosleep,?clock_nanosleep,?mmap,?munmap,?exit_group,"      \
    "?mq_getsetattr"

/* strace's options for such a log. */
void record_add_options(struct argv *argv);
/* RUN is about to begin. */
void record_begin(const struct run *run);
/* RUN has come to its end, or to what counts as that; its processes are still
 * as they were.  Makes those that sleep wake up, where it hangs, for strace
 * tells where a call was made only when it returns. */
void record_run(struct run *run);
/* WORLD's log is complete. */
void record_world(const struct world *world);

#endif
