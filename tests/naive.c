// SPDX-License-Identifier: MIT
/* naive.c - twelve trivial Criterion tests: the baseline of `make bench`. */
#include <criterion/criterion.h>

#define TRIVIAL(name)                                                          \
    Test(naive, name)                                                          \
    {                                                                          \
        cr_assert(1);                                                          \
    }

TRIVIAL(a)
TRIVIAL(b)
TRIVIAL(c)
TRIVIAL(d)
TRIVIAL(e)
TRIVIAL(f)
TRIVIAL(g)
TRIVIAL(h)
TRIVIAL(i)
TRIVIAL(j)
TRIVIAL(k)
TRIVIAL(l)
