// SPDX-License-Identifier: MIT
/*
 * Tries: to have the compiler quote its own environment, and that of the
 *     grader that started it.
 * Fails because: the sandbox is started with an environment of its own, and
 *     shows no process of the machine.
 * Lab: pipe
 * Seen: no build; absent IPCLAB_SECRET
 */
static const char environment[] =
#include "/proc/self/environ"
    ;
static const char parents[] =
#include "/proc/1/environ"
    ;
#include "/proc/self/cmdline"
