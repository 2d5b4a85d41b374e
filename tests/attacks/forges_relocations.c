// SPDX-License-Identifier: MIT
/*
 * Tries: the same by bytes that look like relocations: the linker copies what
 *     lies in a section named .rela.ifunc into the program's table.
 * Fails because: an object with a section of that name that holds anything but
 *     relocations is not linked.
 * Base: solution
 * Lab: pipe
 * Seen: no build; says .rela.ifunc
 */
__attribute__((used)) static void *resolve(void)
{
    return resolve;
}

__asm__(".section .rela.ifunc,\"a\",@progbits\n"
        ".quad 0x4000, 37, 0x1180\n" /* offset, R_X86_64_IRELATIVE, address */
        ".text\n");
