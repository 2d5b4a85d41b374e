// SPDX-License-Identifier: MIT
/*
 * Tries: to have the loader load a library of ours as an auditor: the linker
 *     puts what lies in a section named .dynamic beside its own.
 * Fails because: an object with such a section is not linked.
 * Base: solution
 * Lab: pipe
 * Seen: no build; says .dynamic
 */
/* DT_AUDIT, with an offset into .dynstr; DT_PREINIT_ARRAY would do as well. */
__asm__(".section .dynamic,\"aw\",@progbits\n"
        ".quad 0x6ffffefc, 1\n"
        ".text\n");
