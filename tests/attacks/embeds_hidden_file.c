// SPDX-License-Identifier: MIT
/*
 * Tries: to have the assembler put a file of the machine into the program,
 *     which prints it.
 * Fails because: the assembler runs in the sandbox; there is no such file
 *     there.
 * Base: skeleton
 * Lab: pipe
 * Seen: no build
 */
#include <unistd.h>

__asm__(".data\nhidden:\n.incbin \"@HIDDEN@\"\nhidden_end:\n.text\n");

extern const char hidden[], hidden_end[];

__attribute__((constructor)) static void tell(void)
{
    (void)write(STDERR_FILENO, hidden, (size_t)(hidden_end - hidden));
}
