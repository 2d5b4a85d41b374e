// SPDX-License-Identifier: MIT
/*
 * For handouts/socketpair.md: what receiving brings, call by call, when "one"
 * and "two" were sent in two calls and the sender has closed its end. The
 * argument is the size of the receiver's buffer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void show(const char *name, int type, size_t size)
{
    char buf[64];
    int sv[2];

    if (size > sizeof buf || socketpair(AF_UNIX, type, 0, sv) == -1 ||
        send(sv[0], "one", 3, 0) == -1 || send(sv[0], "two", 3, 0) == -1) {
        perror("socketpair");
        exit(EXIT_FAILURE);
    }
    close(sv[0]);
    printf("%-15s", name);
    ssize_t n;
    while ((n = recv(sv[1], buf, size, MSG_DONTWAIT)) > 0)
        printf(" %zd", n);
    puts(n == 0 ? " end" : " (would wait for ever)");
    close(sv[1]);
}

int main(int argc, char **argv)
{
    size_t size = argc == 2 ? strtoul(argv[1], NULL, 10) : 64;

    show("SOCK_STREAM", SOCK_STREAM, size);
    show("SOCK_SEQPACKET", SOCK_SEQPACKET, size);
    show("SOCK_DGRAM", SOCK_DGRAM, size);
    return 0;
}
