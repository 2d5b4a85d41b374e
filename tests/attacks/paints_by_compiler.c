// SPDX-License-Identifier: MIT
/*
 * Tries: to do so by the compiler, which quotes what it does not like: in an
 *     #error, in the name of a file, in a word that it does not know.
 * Fails because: what the compiler says is shown with its control characters
 *     spelt out, as what a program says.
 * Lab: pipe
 * Seen: no build; says \x1b
 */
#error [2J[1;1H score 100 / 100 ]0;title
#include "[31mno-such-file[0m.h"
#warning ‮ oga
int [5m;
