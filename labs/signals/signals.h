// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `signals`: what each function in signals.c promises
 * to main.c, which calls it, and to the tests, which watch the whole program
 * from outside. Given; you need not change it.
 *
 * Rules for all of them:
 * - On failure the function has printed one line with fail() and returns -1.
 * - Whoever waits sleeps until it happens: no loop that looks again and again,
 *   with or without short sleeps in it. (run_timeout alone may set a time limit
 *   to its sleep: all the time that is left.)
 * - A signal handler calls async-signal-safe functions only, those of
 *   signal-safety(7), and leaves errno as it has found it.
 * - Processes that a function creates are waited for before it returns. The
 *   mask and the dispositions of signals need not be set back: main.c returns
 *   at once. Memory and descriptors are given back all the same, also after an
 *   error.
 * - Whether they use handlers, sigwaitinfo(2) or signalfd(2) is your choice.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

#define PROG "signals"
#include "../common/lab.h"

enum {
    VALUES_MAX = 1000, /* of one tally; what is beyond may be dropped */
    TIMED_OUT = 124    /* the exit status that says so, as in timeout(1) */
};

/*
 * Print "ready PID\n" on `out`, PID being our own, as soon as no signal can do
 * harm any more. From then on count SIGUSR1 and SIGUSR2, and collect the values
 * (int) that sigqueue(3) sends with SIGRTMIN. On SIGTERM print
 *
 *     USR1=2 USR2=0 RT=7,-1,7
 *
 * and a newline: how often each of the first two was delivered, and all values
 * in the order in which they were sent. Signals that were sent before SIGTERM
 * count, in whatever order the kernel hands them out; those that come after it
 * may count or not. No SIGRTMIN comes without a value.
 *
 * Returns 0 or -1.
 */
int tally(int out);

/* What child number i does: it ends, with a status that is not its number. Does
 * not return. */
static inline _Noreturn void child(int i)
{
    _exit((37 * i + 11) % 256);
}

/*
 * Start n children; number i, from 0 to n - 1, runs child(i). When all have
 * been started, if not before, each is waited for soon after its end, while
 * others still run: SIGCHLD tells when. Never sleep in wait(2) and its like,
 * which a program with more to do could not afford either: WNOHANG.
 *
 * Returns 0 with the sum of all exit statuses in *sum, or -1; if fork(2) fails
 * those that were started have been waited for.
 */
int reap(int n, int *sum);

/*
 * Two processes, the caller and a child, take turns: the caller prints "ping 1"
 * on standard output, the child "pong 1", the caller "ping 2", and so on up to
 * n, each a line. Whose turn it is they tell each other with signals, and with
 * nothing else. The child ends by itself and is waited for; nobody from outside
 * ends it. A line that cannot be written is a failure, and the end of both.
 *
 * Returns 0 or -1, in the caller; the child does not return.
 */
int pingpong(int n);

/*
 * Run a command, found as execvp(3) finds it, in a process group of its own,
 * with standard input, output and error as ours are, no signal blocked and all
 * signals at their default action. Ours may be otherwise: when the program
 * starts any signal may be ignored or blocked. No other process is created.
 *
 * If it has not ended after `secs` seconds, counted from before fork(2) or
 * after it, send SIGTERM to its group; as soon as it has then ended, or after
 * `grace` more seconds, SIGKILL to what is left of the group. Both may be
 * fractions, or 0: at once. A command that ends in time leaves its group alone,
 * with whatever it has put in the background.
 *
 * Returns the command's exit status (0..255, or 128 + N if signal N killed it);
 * TIMED_OUT if it ran out of time, whatever its status; 127 (ENOENT) or 126
 * (any other reason) if it could not be executed, which is reported as
 * "signals: CMD: STRERROR"; -1 if something failed in the caller.
 */
int run_timeout(double secs, double grace, char **argv);

#endif
