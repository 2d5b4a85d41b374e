// SPDX-License-Identifier: MIT
/*
 * Tries: to have the compiler quote a file of the machine in its messages,
 *     line by line.
 * Fails because: the file is not there; what the compiler says of one that is
 *     there, such as /etc/passwd, is the sandbox's own.
 * Lab: pipe
 * Seen: no build; absent daemon
 */
#include "/etc/passwd"
#include "@HIDDEN@"
#include "/etc/shadow"
