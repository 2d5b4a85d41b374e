// SPDX-License-Identifier: MIT
/*
 * Tries: to reach whoever listens on the machine: an abstract socket that the
 *     runner of this attack has opened, the loopback, and the world; and to
 *     list its interfaces by netlink.
 * Fails because: the sandbox has a network namespace of its own, to which
 *     abstract sockets belong, with a loopback and nothing else.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent reached-the-network
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void try_it(int family, const void *address, socklen_t size)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (connect(fd, address, size) == 0)
        (void)write(STDERR_FILENO, "reached-the-network\n", 20);
    (void)close(fd);
}

__attribute__((constructor)) static void reach(void)
{
    static const char name[] = "ipclab-attacks";
    static const uint16_t ports[] = {22, 25, 53, 80, 111, 443, 631, 5432, 8080};
    struct sockaddr_un abstract = {.sun_family = AF_UNIX};
    struct sockaddr_in inet = {.sin_family = AF_INET};
    char interface[IF_NAMESIZE];

    memcpy(abstract.sun_path + 1, name, sizeof(name) - 1);
    try_it(AF_UNIX, &abstract,
           offsetof(struct sockaddr_un, sun_path) + sizeof(name));
    for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
        inet.sin_port = htons(ports[i]);
        inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        try_it(AF_INET, &inet, sizeof(inet));
        inet.sin_addr.s_addr = htonl(0x01010101);
        try_it(AF_INET, &inet, sizeof(inet));
    }
    for (unsigned i = 1; i < 64; i++)
        if (if_indextoname(i, interface) && strcmp(interface, "lo") != 0)
            (void)write(STDERR_FILENO, "reached-the-network\n", 20);
}
