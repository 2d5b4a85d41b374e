// SPDX-License-Identifier: MIT
/*
 * Tries: to keep the compiler busy: macros that double what they stand for,
 *     forty times.
 * Fails because: its processor time and memory are limited.
 * Lab: pipe
 * Seen: no build; within 200
 */
#define D(x) x + x
#define D1(x) D(D(x))
#define D2(x) D1(D1(x))
#define D3(x) D2(D2(x))
#define D4(x) D3(D3(x))
#define D5(x) D4(D4(x))

int bomb = D5(D5(D5(1)));
