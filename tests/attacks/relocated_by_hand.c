// SPDX-License-Identifier: MIT
/*
 * Tries: the same without a function that says so: the assembler writes a
 *     relocation that makes the loader call us.
 * Fails because: relocations that only the loader carries out are for the
 *     linker to write; an object that has one already is not linked.
 * Base: solution
 * Lab: pipe
 * Seen: no build; says relocation
 */
__attribute__((used)) static void *resolve(void)
{
    long pid;

    __asm__ volatile("syscall" : "=a"(pid) : "0"(39L) : "rcx", "r11", "memory");
    if (pid == 1)
        __asm__ volatile("syscall" : : "a"(231L), "D"(0L) : "rcx", "r11");
    return resolve;
}

__asm__(".data\n"
        "called_by_the_loader: .quad 0\n"
        ".reloc called_by_the_loader, R_X86_64_IRELATIVE, resolve\n"
        ".text\n");
