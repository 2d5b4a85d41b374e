// SPDX-License-Identifier: MIT
/*
 * Tries: to exhaust the compiler's stack by a hundred thousand nested
 *     brackets.
 * Fails because: the compiler gives up or is stopped, in the sandbox; either
 *     is a submission that does not build.
 * Lab: pipe
 * Seen: no build; within 200
 */
#define A ((((((((((
#define B A A A A A A A A A A
#define C B B B B B B B B B B
#define D C C C C C C C C C C
#define E D D D D D D D D D D
#define F E E E E E E E E E E
int deep = F 1;
