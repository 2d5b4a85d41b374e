// SPDX-License-Identifier: MIT
/*
 * Tries: to end the server under Valgrind before it serves, so that the grade
 *     becomes an error. The resolver of an indirect function runs while the
 *     program is loaded: before any array of functions, the server's included.
 * Fails because: an object that has such a function is not linked.
 * Base: solution
 * Lab: pipe
 * Seen: no build; says ifunc
 */
static int nothing(void)
{
    return 0;
}

/* Nothing of the C library is usable yet. */
static void *resolve(void)
{
    long pid;

    __asm__ volatile("syscall" : "=a"(pid) : "0"(39L) : "rcx", "r11", "memory");
    if (pid == 1)
        __asm__ volatile("syscall" : : "a"(231L), "D"(0L) : "rcx", "r11");
    return nothing;
}

int chosen(void) __attribute__((ifunc("resolve")));

__attribute__((constructor)) static void use(void)
{
    (void)chosen();
}
