// SPDX-License-Identifier: MIT
/*
 * Tries: to have the compiler read what never ends, or never begins:
 *     /dev/zero, /dev/random, /dev/stdin, a FIFO's name, its own output.
 * Fails because: the compiler refuses devices, its standard input is empty,
 *     and it is stopped after its time in any case.
 * Base: skeleton
 * Lab: pipe
 * Seen: no build; within 200
 */
#include "/dev/stdin"
#include "/proc/self/fd/0"
#include "/dev/tty"
#include "/dev/zero"
#include "/dev/random"
