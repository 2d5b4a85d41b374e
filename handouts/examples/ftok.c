// SPDX-License-Identifier: MIT
/*
 * For handouts/msgq.md: print the key that ftok(3) makes of a file's name and a
 * character, and the two numbers that it is made from.
 */
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
    struct stat st;
    key_t key;

    if (argc != 3 || stat(argv[1], &st) == -1)
        return 1;
    key = ftok(argv[1], argv[2][0]);
    if (key == -1)
        return 1;
    printf("%#x inode %#lx dev %#lx\n", (unsigned)key, (unsigned long)st.st_ino,
           (unsigned long)st.st_dev);
    return 0;
}
