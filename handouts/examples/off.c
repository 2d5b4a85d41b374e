// SPDX-License-Identifier: MIT
/*
 * For handouts/popen.md: read one line of standard input, then let `wc -l`
 * count the others. What stdio has read ahead is missing.
 */
#include <stdio.h>

int main(void)
{
    FILE *stream;
    char line[64];

    if (!fgets(line, sizeof line, stdin))
        return 1;
    printf("first: %s", line);
    stream = popen("wc -l", "r");
    if (!stream || !fgets(line, sizeof line, stream))
        return 1;
    printf("wc: %s", line);
    return pclose(stream) != 0;
}
