// SPDX-License-Identifier: MIT
/*
 * Tries: to have the compiler read what never ends, or never begins:
 *     /dev/zero, /dev/random, /dev/stdin, a FIFO's name, its own output.
 * Fails because: the compiler refuses devices, its standard input is empty,
 *     and it has no /proc in which its own output could be found.
 * Base: skeleton
 * Lab: pipe
 * Seen: no build; within 60
 */
#include "/dev/stdin"
#include "/proc/self/fd/0"
#include "/proc/self/fd/1"
#include "/dev/stdout"
#include "/dev/tty"
#include "/dev/zero"
#include "/dev/random"
