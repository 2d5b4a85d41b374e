// SPDX-License-Identifier: MIT
/*
 * handlers.c - an LD_PRELOAD library that watches a program's signal handlers.
 *
 * What signal-safety(7) forbids in a handler goes well until the handler has
 * interrupted just the wrong code: no burst of signals shows it for sure.  So
 * the functions given to sigaction(2) and signal(2) are called through one of
 * ours, and while one of them runs it is told
 *
 *   - that it called a function that is not async-signal-safe: of malloc(3) and
 *     stdio(3), and a few more that are often met; all have locks, or state;
 *   - that it returned with another errno than it began with.
 *
 * It is told to strace, by an openat(2) that fails and disturbs nobody:
 *
 *     openat(-1, "ipclab: unsafe printf SIGUSR1", ...)
 *     openat(-1, "ipclab: errno SIGCHLD", ...)
 *
 * the first of each kind that a process does.  See run_handler_fault().
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* An errno that no call sets (errno(3)). */
#define NO_ERRNO 4095

/* What the program has installed; a signal has either the one or the other. */
static struct {
    void (*simple)(int);
    void (*full)(int, siginfo_t *, void *);
} handlers[NSIG];

/* The signal whose handler runs, 0 for none. */
static _Thread_local volatile int running
    __attribute__((tls_model("initial-exec")));
static volatile sig_atomic_t told_unsafe, told_errno;

/* ---- Telling ------------------------------------------------------------- */

/* No stdio here: it is called where that is not safe. */
static void tell(const char *kind, const char *function, int signal)
{
    const char *name = signal < SIGRTMIN ? sigabbrev_np(signal) : "RT";
    const char *const parts[] = {"ipclab: ", kind,  " ",
                                 function,   "SIG", name ?: "?"};
    char text[80] = "";
    int saved = errno;

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        (void)strncat(text, parts[i], sizeof(text) - strlen(text) - 1);
    (void)syscall(SYS_openat, -1, text, O_RDONLY);
    errno = saved;
}

static void check(const char *function)
{
    if (running == 0 || told_unsafe)
        return;
    told_unsafe = 1;
    tell("unsafe", function, running);
}

/* ---- Handlers ------------------------------------------------------------ */

/* errno as it was when SIGNAL came, or as the handler has left it. */
static void end_handler(int signal, int outer, int saved)
{
    running = outer;
    if (errno == NO_ERRNO) {
        errno = saved;
    } else if (!told_errno) {
        told_errno = 1;
        tell("errno", "", signal);
    }
}

static void run_simple(int signal)
{
    int outer = running, saved = errno;

    running = signal;
    errno = NO_ERRNO;
    handlers[signal].simple(signal);
    end_handler(signal, outer, saved);
}

static void run_full(int signal, siginfo_t *info, void *context)
{
    int outer = running, saved = errno;

    running = signal;
    errno = NO_ERRNO;
    handlers[signal].full(signal, info, context);
    end_handler(signal, outer, saved);
}

/* The next definition of NAME, found once. */
#define NEXT(name)                                                             \
    static __typeof__(&name) next;                                             \
    if (next == NULL)                                                          \
    next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* ACTION as the program knows it. */
static void unwrap(struct sigaction *action, void (*simple)(int),
                   void (*full)(int, siginfo_t *, void *))
{
    if (action->sa_flags & SA_SIGINFO) {
        if (action->sa_sigaction == run_full)
            action->sa_sigaction = full;
    } else if (action->sa_handler == run_simple) {
        action->sa_handler = simple;
    }
}

/* ACTION with our function in place of the program's. */
static struct sigaction wrap(int signal, const struct sigaction *action)
{
    struct sigaction ours = *action;

    if (action->sa_flags & SA_SIGINFO) {
        handlers[signal].full = action->sa_sigaction;
        ours.sa_sigaction = run_full;
    } else if (action->sa_handler != SIG_IGN && action->sa_handler != SIG_DFL) {
        handlers[signal].simple = action->sa_handler;
        ours.sa_handler = run_simple;
    }
    return ours;
}

int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
    NEXT(sigaction);
    if (signal < 1 || signal >= NSIG)
        return next(signal, action, old);
    void (*simple)(int) = handlers[signal].simple;
    void (*full)(int, siginfo_t *, void *) = handlers[signal].full;
    struct sigaction ours;

    if (action)
        ours = wrap(signal, action);
    int result = next(signal, action ? &ours : NULL, old);
    if (result == 0 && old)
        unwrap(old, simple, full);
    if (result != 0) {
        handlers[signal].simple = simple;
        handlers[signal].full = full;
    }
    return result;
}

sighandler_t signal(int signal, sighandler_t handler)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct sigaction old;

    if (sigaction(signal, &action, &old) != 0)
        return SIG_ERR;
    return old.sa_handler;
}

/* These end a handler, too. */
void longjmp(jmp_buf buffer, int value)
{
    NEXT(longjmp);
    running = 0;
    next(buffer, value);
    __builtin_unreachable();
}

void siglongjmp(sigjmp_buf buffer, int value)
{
    NEXT(siglongjmp);
    running = 0;
    next(buffer, value);
    __builtin_unreachable();
}

/* ---- Memory -------------------------------------------------------------- */

/* dlsym(3) may allocate: so these by the C library's own names for them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *memory);

void *malloc(size_t size)
{
    check("malloc ");
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    check("calloc ");
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    check("realloc ");
    return __libc_realloc(old, size);
}

void free(void *memory)
{
    if (memory)
        check("free ");
    __libc_free(memory);
}

/* ---- stdio --------------------------------------------------------------- */

int vfprintf(FILE *file, const char *format, va_list list)
{
    NEXT(vfprintf);
    check("vfprintf ");
    return next(file, format, list);
}

int vdprintf(int fd, const char *format, va_list list)
{
    NEXT(vdprintf);
    check("vdprintf ");
    return next(fd, format, list);
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list list)
{
    NEXT(vsnprintf);
    check("vsnprintf ");
    return next(buffer, size, format, list);
}

/* The function that is defined calls CALL with its variable arguments. */
#define VARIADIC(name, call)                                                   \
    {                                                                          \
        va_list list;                                                          \
        check(name);                                                           \
        va_start(list, format);                                                \
        int result = call;                                                     \
        va_end(list);                                                          \
        return result;                                                         \
    }

int printf(const char *format, ...) VARIADIC("printf ",
                                             vfprintf(stdout, format, list))

    int fprintf(FILE *file, const char *format,
                ...) VARIADIC("fprintf ", vfprintf(file, format, list))

        int dprintf(int fd, const char *format,
                    ...) VARIADIC("dprintf ", vdprintf(fd, format, list))

            int sprintf(char *buffer, const char *format, ...) VARIADIC(
                "sprintf ", vsnprintf(buffer, (size_t)1 << 30, format, list))

                int snprintf(char *buffer, size_t size, const char *format,
                             ...) VARIADIC("snprintf ", vsnprintf(buffer, size,
                                                                  format, list))

/* A function of stdio that is only watched. */
#define WATCHED(type, name, parameters, arguments)                             \
    type name parameters                                                       \
    {                                                                          \
        NEXT(name);                                                            \
        check(#name " ");                                                      \
        return next arguments;                                                 \
    }

                    WATCHED(int, puts, (const char *text),
                            (text)) WATCHED(int, putchar, (int byte), (byte))
                        WATCHED(int, fputs, (const char *text, FILE *file),
                                (text, file)) WATCHED(int, fputc,
                                                      (int byte, FILE *file),
                                                      (byte, file))
                            WATCHED(int, putc, (int byte, FILE *file),
                                    (byte, file))
                                WATCHED(size_t, fwrite,
                                        (const void *data, size_t size,
                                         size_t n, FILE *file),
                                        (data, size, n, file))
                                    WATCHED(int, fflush, (FILE * file), (file))
                                        WATCHED(FILE *, fopen,
                                                (const char *path,
                                                 const char *mode),
                                                (path, mode))
                                            WATCHED(int, fclose, (FILE * file),
                                                    (file))

    /* ---- More
       ---------------------------------------------------------------- */

    WATCHED(char *, strerror, (int error), (error))
        WATCHED(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))

            void perror(const char *text)
{
    NEXT(perror);
    check("perror ");
    next(text);
}

/* It runs what atexit(3) was given and flushes stdio: _exit(2) does not. */
void exit(int status)
{
    NEXT(exit);
    check("exit ");
    next(status);
    __builtin_unreachable();
}
