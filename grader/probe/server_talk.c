// SPDX-License-Identifier: MIT
/* server_talk.c - the server's side of the control socket; server_talk.h. */
#include "server_talk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "bare.h"
#include "server_objects.h"

void ipclab_talk_send(int control_fd, const struct server_message *message)
{
    (void)bare(SYS_sendto, control_fd, message, sizeof(*message), MSG_NOSIGNAL);
}

void ipclab_talk_reply(int control_fd, uint32_t type, pid_t pid, int value)
{
    struct server_message message = {.type = type, .pid = pid, .value = value};

    ipclab_talk_send(control_fd, &message);
}

void ipclab_talk_semaphore(int control_fd, int id, int num)
{
    struct server_message message = {
        .type = SERVER_SEMAPHORE, .pid = id, .value = num};

    ipclab_objects_ask(id, num, message.semaphore);
    ipclab_talk_send(control_fd, &message);
}

static int open_to_read(const char *path)
{
    return (int)bare(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
}

/* It tells of the sockets of the network in which it was opened, whoever asks:
 * see sockets.h. */
static int open_diag(void)
{
    return (int)bare(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
                     NETLINK_SOCK_DIAG);
}

/* Send MESSAGE with COUNT descriptors, at most SERVER_FDS, and close them. */
static void send_descriptors(int control_fd, struct server_message *message,
                             const int *fds, int count)
{
    union {
        char space[CMSG_SPACE(SERVER_FDS * sizeof(int))];
        struct cmsghdr align;
    } control = {.space = {0}};
    struct iovec part = {message, sizeof(*message)};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    size_t size = (size_t)count * sizeof(*fds);

    if (count > 0) {
        header.msg_control = control.space;
        header.msg_controllen = CMSG_SPACE(size);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(rights), fds, size);
    }
    (void)bare(SYS_sendmsg, control_fd, &header, MSG_NOSIGNAL);
    for (int i = 0; i < count; i++)
        (void)bare(SYS_close, fds[i]);
}

void ipclab_talk_hello(int control_fd)
{
    static const char *const paths[SERVER_FDS] = {
        [SERVER_PROC] = "/proc",
        [SERVER_CWD] = ".",
        [SERVER_SHM] = "/proc/sysvipc/shm",
        [SERVER_SEM] = "/proc/sysvipc/sem",
        [SERVER_MSG] = "/proc/sysvipc/msg",
        [SERVER_MQUEUE] = "/dev/mqueue",
        [SERVER_TMP] = "/tmp",
        [SERVER_DEV_SHM] = "/dev/shm",
    };
    struct server_message message = {.type = SERVER_HELLO,
                                     .pid = (pid_t)bare(SYS_getpid)};
    int fds[SERVER_FDS];

    for (int i = 0; i < SERVER_FDS; i++) {
        bool shared = i >= SERVER_TMP && message.pid != 1;
        fds[i] = shared ? -1 : paths[i] ? open_to_read(paths[i]) : open_diag();
        if (fds[i] < 0) /* no such thing here: neither rows nor entries */
            fds[i] = open_to_read("/dev/null");
    }
    send_descriptors(control_fd, &message, fds, SERVER_FDS);
}

void ipclab_talk_socket(int control_fd, int type)
{
    struct server_message message = {.type = SERVER_SOCKET};
    int fd = (int)bare(SYS_socket, AF_INET, type | SOCK_CLOEXEC, 0);

    message.value = fd < 0 ? -fd : 0;
    send_descriptors(control_fd, &message, &fd, fd < 0 ? 0 : 1);
}

bool ipclab_talk_receive(int control_fd, struct server_packet *packet,
                         int fds[3])
{
    union {
        char space[CMSG_SPACE(3 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {packet, sizeof(*packet) - 1};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.space,
                            .msg_controllen = sizeof(control.space)};
    long size;

    fds[0] = fds[1] = fds[2] = -1;
    do
        size = bare(SYS_recvmsg, control_fd, &header, MSG_CMSG_CLOEXEC);
    while (size == -EINTR);
    if (size < (long)sizeof(packet->head))
        return false;
    ((char *)packet)[size] = '\0';
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    if (rights && rights->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(rights), rights->cmsg_len - CMSG_LEN(0));
    return true;
}
