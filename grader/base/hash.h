// SPDX-License-Identifier: MIT
/*
 * hash.h - what names content: SHA-256 (libsodium) in hexadecimal.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <sodium/crypto_hash_sha256.h>
#include <stddef.h>

#define HASH_SIZE (2 * crypto_hash_sha256_BYTES + 1) /* with the NUL */

/* The hash of the SIZE bytes at DATA, as 64 digits. */
void hash_data(const void *data, size_t size, char hash[HASH_SIZE]);

/* The hash of several things: each with its length, so that no two lists of
 * things have the same. */
struct hash {
    crypto_hash_sha256_state state;
};

void hash_init(struct hash *hash);
void hash_add(struct hash *hash, const void *data, size_t size);
void hash_add_string(struct hash *hash, const char *string);
/* Add the content of the file at PATH; -1 with errno. */
int hash_add_file(struct hash *hash, const char *path);
void hash_final(struct hash *hash, char digits[HASH_SIZE]);

#endif
