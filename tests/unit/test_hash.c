// SPDX-License-Identifier: MIT
/* test_hash.c - what names content: equal for equal content, and only then. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "base.h"
#include "hash.h"

Test(hash, of_known_data)
{
    char digits[HASH_SIZE];

    hash_data("abc", 3, digits); /* FIPS 180-2, appendix B.1 */
    cr_expect_str_eq(digits, "ba7816bf8f01cfea414140de5dae2223"
                             "b00361a396177a9cb410ff61f20015ad");
}

Test(hash, of_a_list_depends_on_where_its_things_end)
{
    char a[HASH_SIZE], b[HASH_SIZE];
    struct hash hash;

    hash_init(&hash);
    hash_add_string(&hash, "ab");
    hash_add_string(&hash, "c");
    hash_final(&hash, a);
    hash_init(&hash);
    hash_add_string(&hash, "a");
    hash_add_string(&hash, "bc");
    hash_final(&hash, b);
    cr_expect_str_neq(a, b);
}

Test(hash, of_a_file)
{
    char a[HASH_SIZE], b[HASH_SIZE];
    struct hash hash;
    char path[] = "/tmp/ipclab-hash.XXXXXX";
    int fd = mkstemp(path);

    cr_assert(fd >= 0 && write_fully(fd, "abc", 3) == 0 && close(fd) == 0);
    hash_init(&hash);
    cr_assert_eq(hash_add_file(&hash, path), 0);
    hash_final(&hash, a);
    hash_init(&hash);
    hash_add_string(&hash, "abc");
    hash_final(&hash, b);
    cr_expect_str_eq(a, b);
    cr_assert_eq(unlink(path), 0);
    cr_expect_eq(hash_add_file(&hash, path), -1);
}
