// SPDX-License-Identifier: MIT
/*
 * bare.h - the system without the C library.
 *
 * The server of runs is linked into a stranger's program.  Where that defines a
 * function of the C library's name, poll() say, a call of poll() from our code
 * would be a call of theirs, in the process that nothing of theirs must run in.
 * So server.c calls nothing by name: these are all it has.  A unit test holds
 * server.o to it.
 *
 * Calls return what the kernel does: -ERRNO on failure; errno is not touched.
 */
#ifndef PROBE_BARE_H
#define PROBE_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#ifndef __x86_64__
#error "bare.h knows the system calls of x86-64 only"
#endif

static inline long bare_call6(long number, long a, long b, long c, long d,
                              long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* bare(SYS_close, fd): up to six arguments, pointers or integers. */
#define bare(...) BARE_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define BARE_PICK(number, a, b, c, d, e, f, ...)                               \
    bare_call6((long)(number), (long)(a), (long)(b), (long)(c), (long)(d),     \
               (long)(e), (long)(f))

/* The compiler calls these two of its own accord: here it finds them. */
__attribute__((used)) static void *memcpy(void *to, const void *from,
                                          size_t size)
{
    void *next = to;

    __asm__ volatile("rep movsb"
                     : "+D"(next), "+S"(from), "+c"(size)
                     :
                     : "memory");
    return to;
}

__attribute__((used)) static void *memset(void *to, int byte, size_t size)
{
    void *next = to;

    __asm__ volatile("rep stosb"
                     : "+D"(next), "+c"(size)
                     : "a"(byte)
                     : "memory");
    return to;
}

static inline size_t bare_length(const char *string)
{
    size_t size = 0;

    while (string[size])
        size++;
    return size;
}

static inline bool bare_starts(const char *string, const char *words)
{
    while (*words && *string == *words)
        string++, words++;
    return *words == '\0';
}

/* The number at *NEXT, which is then behind it; -1 if there is none. */
static inline long bare_number(const char **next)
{
    long number = **next >= '0' && **next <= '9' ? 0 : -1;

    for (; **next >= '0' && **next <= '9' && number < INT32_MAX; ++*next)
        number = 10 * number + (**next - '0');
    return number;
}

#endif
