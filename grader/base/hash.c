// SPDX-License-Identifier: MIT
/* hash.c - what names content; see hash.h. */
#include "hash.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium/utils.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"

static void to_digits(const unsigned char *bytes, char digits[HASH_SIZE])
{
    (void)sodium_bin2hex(digits, HASH_SIZE, bytes, crypto_hash_sha256_BYTES);
}

void hash_data(const void *data, size_t size, char hash[HASH_SIZE])
{
    unsigned char bytes[crypto_hash_sha256_BYTES];

    (void)crypto_hash_sha256(bytes, data, size); /* cannot fail */
    to_digits(bytes, hash);
}

void hash_init(struct hash *hash)
{
    (void)crypto_hash_sha256_init(&hash->state);
}

void hash_add(struct hash *hash, const void *data, size_t size)
{
    uint64_t length = size;

    (void)crypto_hash_sha256_update(&hash->state, (unsigned char *)&length,
                                    sizeof(length));
    (void)crypto_hash_sha256_update(&hash->state, data, size);
}

void hash_add_string(struct hash *hash, const char *string)
{
    hash_add(hash, string, strlen(string));
}

int hash_add_file(struct hash *hash, const char *path)
{
    size_t size;
    char *data = read_file(AT_FDCWD, path, SIZE_MAX - 1, &size);

    if (data == NULL)
        return -1;
    hash_add(hash, data, size);
    free(data);
    return 0;
}

void hash_final(struct hash *hash, char digits[HASH_SIZE])
{
    unsigned char bytes[crypto_hash_sha256_BYTES];

    (void)crypto_hash_sha256_final(&hash->state, bytes);
    to_digits(bytes, digits);
}
