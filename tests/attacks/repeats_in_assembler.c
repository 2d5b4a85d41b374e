// SPDX-License-Identifier: MIT
/*
 * Tries: the same by the assembler, which is told to repeat and to leave room.
 * Fails because: its memory, its time and its file are limited.
 * Base: skeleton
 * Lab: pipe
 * Seen: no build; within 200
 */
__asm__(".data\n.rept 1000000000\n.quad 0x1234567890\n.endr\n"
        ".fill 0x100000000, 8, 1\n.space 0x7fffffffffff, 1\n.text\n");
