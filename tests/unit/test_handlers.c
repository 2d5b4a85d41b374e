// SPDX-License-Identifier: MIT
/*
 * test_handlers.c - handlers.so, which watches signal handlers: a program must
 * not notice it, and what it tells strace must be found.
 */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "trace_evidence.h"

static volatile sig_atomic_t came, value, found;

static void simple(int signal)
{
    came = signal;
    found = errno;
}

static void full(int signal, siginfo_t *info, void *context)
{
    came = signal;
    value = context ? info->si_value.sival_int : -1;
    errno = EBADF;
}

typedef int sigaction_function(int, const struct sigaction *,
                               struct sigaction *);

/* `make unit` has built it. */
static void *watcher(const char *function)
{
    void *library = dlopen("build/grader/handlers.so", RTLD_NOW);

    cr_assert_not_null(library, "%s", dlerror());
    return dlsym(library, function);
}

Test(handlers, are_called_as_ever,
     .description = "a handler gets its arguments, and finds no errno of ours "
                    "in the code that it interrupts")
{
    sigaction_function *install = (sigaction_function *)watcher("sigaction");
    struct sigaction action = {.sa_handler = simple}, old;

    cr_assert_eq(install(SIGUSR1, &action, NULL), 0);
    errno = ENOENT;
    (void)raise(SIGUSR1);
    cr_expect_eq(came, SIGUSR1);
    cr_expect_neq(found, 0, "it cannot tell which errno it may change");
    cr_expect_eq(errno, ENOENT, "what was interrupted sees its own errno");

    action.sa_sigaction = full;
    action.sa_flags = SA_SIGINFO;
    cr_assert_eq(install(SIGUSR1, &action, &old), 0);
    cr_expect_eq(old.sa_handler, simple, "the program's own, not ours");
    (void)sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 7});
    cr_expect_eq(value, 7);
    cr_expect_eq(errno, EBADF, "what a handler does to errno stays");
    cr_assert_eq(install(SIGUSR1, NULL, &old), 0);
    cr_expect_eq(old.sa_sigaction, full);
}

Test(handlers, signal_is_watched,
     .description = "signal(2) returns the handler that was there, and what "
                    "has none stays without")
{
    sighandler_t (*install)(int, sighandler_t) =
        (sighandler_t(*)(int, sighandler_t))watcher("signal");

    cr_expect_eq(install(SIGUSR2, simple), SIG_DFL);
    (void)raise(SIGUSR2);
    cr_expect_eq(came, SIGUSR2);
    cr_expect_eq(install(SIGUSR2, SIG_IGN), simple);
    cr_expect_eq(install(SIGUSR2, SIG_DFL), SIG_IGN);
    cr_expect_eq(install(SIGKILL, simple), SIG_ERR);
}

Test(handlers, faults_are_found,
     .description = "what is told of a handler is found in the log, of either "
                    "kind")
{
    struct trace *trace = written(
        ENTRY "102   openat(AT_FDCWD, \"ipclab: unsafe x SIGHUP\", 0) = 3\n"
              "102   openat(-1, \"ipclab: errno SIGCHLD\", O_RDONLY) = -1 "
              "EBADF (Bad file descriptor)\n"
              "102   openat(-1, \"ipclab: unsafe printf SIGUSR1\", O_RDONLY) = "
              "-1 EBADF (Bad file descriptor)\n");
    struct trace *clean = written(ENTRY);
    char *unsafe = trace_handler_fault(trace, "unsafe");
    char *changed = trace_handler_fault(trace, "errno");

    cr_assert_str_eq(unsafe, "printf SIGUSR1");
    cr_assert_str_eq(changed, "SIGCHLD");
    cr_assert_null(trace_handler_fault(clean, "unsafe"));
    free(unsafe);
    free(changed);
    trace_free(trace);
    trace_free(clean);
}
