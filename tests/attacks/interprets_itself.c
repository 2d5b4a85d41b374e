// SPDX-License-Identifier: MIT
/*
 * Tries: to be started by a loader of our choice: the name in a section
 *     .interp is what the kernel, and Valgrind, start in the place of
 *     ld.so(8).
 * Fails because: an object with such a section is not linked.
 * Base: solution
 * Lab: pipe
 * Seen: no build; says .interp
 */
__attribute__((section(".interp"), used)) static const char loader[] =
    "/kit/bin/outlive";
