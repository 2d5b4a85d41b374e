// SPDX-License-Identifier: MIT
/*
 * Tries: to have the linker run its plugin with options of ours, from a
 *     section as -flto writes it.
 * Fails because: an object with such a section is not linked.
 * Base: skeleton
 * Lab: pipe
 * Seen: no build; says .gnu.lto
 */
__asm__(".section .gnu.lto_.opts,\"e\",@progbits\n"
        ".string \"'-wrapper' '/bin/sh,-c,: > main.o'\"\n"
        ".text\n");
