// SPDX-License-Identifier: MIT
/*
 * Tries: to fill the disk by the compiler: an array of 16 GiB that is not
 *     zero.
 * Fails because: no file of the build may be larger than 64 MiB.
 * Base: skeleton
 * Lab: pipe
 * Seen: no build; within 200
 */
char gigantic[1ull << 34] = {1};
