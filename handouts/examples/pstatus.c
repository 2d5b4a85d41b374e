// SPDX-License-Identifier: MIT
/*
 * For handouts/popen.md: run a command with popen(3), let its output pass, and
 * print what pclose(3) returns, as it is.
 */
#include <stdio.h>

int main(int argc, char **argv)
{
    FILE *stream = argc == 2 ? popen(argv[1], "r") : NULL;
    int c;

    if (!stream) {
        (void)fprintf(stderr, "usage: pstatus COMMAND\n");
        return 2;
    }
    while ((c = getc(stream)) != EOF)
        putchar(c);
    printf("%d\n", pclose(stream));
    return 0;
}
