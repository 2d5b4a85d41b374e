// SPDX-License-Identifier: MIT
/* shares.c - who has used how much of what all have; see shares.h. */
#include "shares.h"

#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "hash.h"

#define LEVELS 4 /* a share is a sixteenth at least */

struct share {
    char owner[HASH_SIZE]; /* of the path so far, which may be of any length */
    long used;
};

static int by_owner(const void *a, const void *b)
{
    return strcmp(((const struct share *)a)->owner,
                  ((const struct share *)b)->owner);
}

/* The bytes of PATH up to the end of the next owner behind the first SIZE; SIZE
 * itself if there is none. */
static size_t next_owner(const char *path, size_t size)
{
    size_t end = size + strcspn(path + size, "/");
    bool folder = path[end] == '/' && path[end + 1] != '/';

    if (folder)
        return end + 1;
    size_t bar = size + strcspn(path + size, "_"); /* as Canvas names files */
    bool named = size == 0 || path[size - 1] == '/';
    return named && bar < end ? bar + 1 : size;
}

static void set_owner(struct share *share, const char *path, size_t size)
{
    hash_data(path, size, share->owner);
}

long shares_left(const struct shares *shares, const char *path)
{
    struct share wanted;
    long left = shares->max;
    size_t size = 0;

    for (int level = 0; level <= LEVELS; level++) {
        set_owner(&wanted, path, size);
        struct share *const *found = tfind(&wanted, &shares->tree, by_owner);
        long rest = (shares->max >> level) - (found ? (*found)->used : 0);
        left = rest < left ? rest : left;
        size_t next = next_owner(path, size);
        if (next == size)
            break;
        size = next;
    }
    return left > 0 ? left : 0;
}

void shares_use(struct shares *shares, const char *path, long amount)
{
    size_t size = 0;

    for (int level = 0; level <= LEVELS; level++) {
        struct share *share = xcalloc(1, sizeof(*share));
        set_owner(share, path, size);
        struct share **found = tsearch(share, &shares->tree, by_owner);
        if (found == NULL)
            abort(); /* no memory: as xcalloc() has it */
        if (*found != share)
            free(share);
        (*found)->used += amount;
        size_t next = next_owner(path, size);
        if (next == size)
            break;
        size = next;
    }
}

void shares_release(struct shares *shares)
{
    tdestroy(shares->tree, free);
    shares->tree = NULL;
}
