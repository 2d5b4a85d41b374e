// SPDX-License-Identifier: MIT
/* bytes.c - inputs for programs under test; see probe.h. */
#include <string.h>

#include "base.h"
#include "probe.h"

struct bytes text(const char *string)
{
    return (struct bytes){string, strlen(string)};
}

/* A fixed generator (xorshift32): the same seed gives the same bytes on every
 * machine, so that a failure can be repeated. */
static unsigned next_random(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

struct bytes random_bytes(size_t size, unsigned seed)
{
    char *data = xcalloc(size, 1);
    unsigned state = seed * 2654435761u + 1;

    for (size_t i = 0; i < size; i++)
        data[i] = i < 256 ? (char)i : (char)(next_random(&state) >> 11);
    return (struct bytes){data, size};
}

struct bytes random_lines(size_t size, size_t width, unsigned seed)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char *data = xcalloc(size, 1);
    unsigned state = seed * 2654435761u + 1;

    for (size_t i = 0; i < size; i++)
        data[i] = (i + 1) % width == 0 || i + 1 == size
                      ? '\n'
                      : letters[(next_random(&state) >> 7) % 36];
    return (struct bytes){data, size};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
