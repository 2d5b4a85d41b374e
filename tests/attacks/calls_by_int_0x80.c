// SPDX-License-Identifier: MIT
/*
 * Tries: to make calls by the 32-bit gate, whose numbers mean something else
 *     to whoever takes them for 64-bit ones.
 * Fails because: the sandbox's filter kills whoever calls the kernel by
 *     another ABI than the machine's.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent seen-by-nobody
 */
#include <string.h>
#include <sys/mman.h>

/* write(2) is 4 there; the buffer must lie below 4 GiB. */
__attribute__((constructor)) static void call(void)
{
    static const char text[] = "seen-by-nobody\n";
    char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    long result;

    memcpy(low, text, sizeof(text));
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "0"(4L), "b"(1L), "c"(low), "d"(sizeof(text) - 1)
                     : "memory");
}
