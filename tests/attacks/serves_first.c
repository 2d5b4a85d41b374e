// SPDX-License-Identifier: MIT
/*
 * Tries: to answer for the server under Valgrind. An entry of .preinit_array
 *     that stands before the server's speaks its protocol: every run "ended
 *     with status 0", with a clean log that we write ourselves.
 * Fails because: an object with such an entry is not linked; the server's is
 *     the only one there is, and its object file comes first.
 * Base: wrong/leaks_buffer
 * Lab: pipe
 * Seen: no build; says .preinit_array
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
    uint32_t type;
    int32_t pid, value;
    uint32_t argc, envc, one_cpu, closed, tool;
    uint64_t ignored, blocked, umask, limits[3], user, system;
    int32_t semaphore[4];
};

static void write_log(int pid)
{
    char line[100];
    int size = snprintf(line, sizeof(line),
                        "==%d== ERROR SUMMARY: 0 errors from 0 contexts "
                        "(suppressed: 0 from 0)\n",
                        pid);

    /* Valgrind keeps its descriptors above those of the program. */
    for (int fd = 3; fd < 70000; fd++) {
        int copy = dup(fd);
        if (copy >= 0 && fd > 100)
            (void)write(copy, line, (size_t)size);
        (void)close(copy);
    }
}

static void answer_hello(int fd, struct message *message)
{
    union {
        char space[CMSG_SPACE(6 * sizeof(int))];
        struct cmsghdr head;
    } rights = {.head = {CMSG_LEN(24), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec part = {message, sizeof(*message)};
    struct msghdr header = {NULL,         0, &part, 1, &rights,
                            sizeof(rights), 0};

    message->pid = 1;
    (void)sendmsg(fd, &header, 0);
}

static void serve(int argc, char **argv, char **envp)
{
    static union {
        struct message head;
        char space[70000];
    } packet;
    int fd = -1, pid = 100;

    (void)argc, (void)argv;
    for (; *envp; envp++)
        if (strncmp(*envp, "IPCLAB_SERVER=", 14) == 0)
            fd = atoi(*envp + 14);
    while (fd >= 0 && getpid() == 1 && recv(fd, &packet, 70000, 0) > 0) {
        struct message reply = {.type = 6}, ended = {.type = 7, .pid = ++pid};
        if (packet.head.type == 1) {
            answer_hello(fd, &(struct message){.type = 1});
            continue;
        }
        reply.pid = packet.head.type == 2 ? pid : 0;
        (void)send(fd, &reply, sizeof(reply), 0);
        if (packet.head.type != 2)
            continue;
        write_log(pid);
        (void)send(fd, &ended, sizeof(ended), 0);
    }
}

__attribute__((section(".preinit_array"), used)) static void (*entry)(
    int, char **, char **) = serve;
