// SPDX-License-Identifier: MIT
/*
 * snapshot_fds.c - descriptors from /proc/PID/{fd,fdinfo,net}; see proc(5).
 *
 * A recorded descriptor is a dangling link, so its type cannot be asked for:
 * there fdinfo has one line more, "type:\tfifo", where the path is of a FIFO.
 */
#include "snapshot_private.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"

#define NET_MAX (1u << 20)

ssize_t snapshot_read(int dir, const char *name, char *buffer, size_t size)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return -1;
    /* The files read here come whole with one read(2): see seq_file in the
     * kernel's documentation. */
    ssize_t n = read(fd, buffer, size - 1);
    int error = errno;
    (void)close(fd); /* nothing was written */
    errno = error;
    buffer[n > 0 ? n : 0] = '\0';
    return n;
}

/* ---- One descriptor ---------------------------------------------------- */

static bool has_prefix(const char *string, const char *prefix)
{
    return strncmp(string, prefix, strlen(prefix)) == 0;
}

static void read_type(int dir, const char *name, struct snapshot_fd *fd)
{
    struct statx status;

    if (has_prefix(fd->target, "pipe:["))
        fd->type = S_IFIFO;
    if (has_prefix(fd->target, "socket:["))
        fd->type = S_IFSOCK;
    /* DONT_SYNC: a dead file server must not stop the tester. */
    if (fd->target[0] != '/' ||
        statx(dir, name, AT_STATX_DONT_SYNC, STATX_TYPE, &status) < 0)
        return;
    fd->type = status.stx_mode & S_IFMT;
    (void)snprintf(fd->device, sizeof(fd->device), "%02x:%02x",
                   status.stx_dev_major, status.stx_dev_minor);
}

static void read_fdinfo(int dir, struct snapshot_fd *fd)
{
    char name[32], info[1024];
    long long s, ns;

    (void)snprintf(name, sizeof(name), "fdinfo/%d", fd->fd);
    bool is_timer = strcmp(fd->target, "anon_inode:[timerfd]") == 0;
    fd->armed = is_timer;
    if (snapshot_read(dir, name, info, sizeof(info)) < 0)
        return;
    const char *flags = strstr(info, "flags:"), *inode = strstr(info, "\nino:");
    const char *value = strstr(info, "\nit_value: (");
    if (flags)
        fd->flags = (int)strtol(flags + strlen("flags:"), NULL, 8);
    if (inode)
        fd->inode = strtoul(inode + strlen("\nino:"), NULL, 10);
    if (is_timer && value &&
        sscanf(value, "\nit_value: (%lld, %lld)", &s, &ns) == 2)
        fd->armed = s != 0 || ns != 0;
    const char *signals = strstr(info, "\nsigmask:");
    if (signals)
        fd->signals = strtoull(signals + strlen("\nsigmask:"), NULL, 16);
    if (fd->type == 0 && strstr(info, "\ntype:\tfifo"))
        fd->type = S_IFIFO;
}

static bool read_one(int dir, struct snapshot_fd *fd, const char *number)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "fd/%.20s", number);
    ssize_t n = readlinkat(dir, name, fd->target, sizeof(fd->target) - 1);
    if (n < 0)
        return false;
    fd->target[n] = '\0';
    fd->fd = atoi(number); /* a name that the kernel wrote */
    read_type(dir, name, fd);
    read_fdinfo(dir, fd);
    return true;
}

/* ---- Sockets ----------------------------------------------------------- */

typedef bool line_fn(const char *line, unsigned long value);

/* Whether LINE is true of one of TEXT's lines. */
static bool any_line(const char *text, line_fn *is, unsigned long value)
{
    for (; text != NULL; text = strchr(text, '\n')) {
        text += text[0] == '\n';
        if (is(text, value))
            return true;
    }
    return false;
}

/* The same for the file NAME; MISSING if there is none. */
static bool any_line_of(int dir, const char *name, line_fn *is,
                        unsigned long value, bool missing)
{
    char *text = read_file(dir, name, NET_MAX, NULL);

    if (text == NULL)
        return missing;
    bool found = any_line(text, is, value);
    free(text);
    return found;
}

/* /proc/net/unix: Num RefCount Protocol Flags Type St Inode Path */
static bool has_inode(const char *line, unsigned long inode)
{
    unsigned long number;

    return sscanf(line, "%*s %*s %*s %*s %*s %*s %lu", &number) == 1 &&
           number == inode;
}

/* /proc/net/netlink: sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode */
static bool has_netlink_inode(const char *line, unsigned long inode)
{
    unsigned long number;

    return sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %lu", &number) ==
               1 &&
           number == inode;
}

/* /proc/net/sockstat{,6}: says cheaply that the tables below are empty. */
static bool has_tcp(const char *line, unsigned long unused)
{
    unsigned used, orphans = 0;

    (void)unused;
    return (sscanf(line, "TCP: inuse %u orphan %u", &used, &orphans) == 2 ||
            sscanf(line, "TCP6: inuse %u", &used) == 1) &&
           used + orphans > 0;
}

/* /proc/net/tcp: sl local remote st tx:rx timer:when ...; the states are those
 * of the kernel's tcp_states.h. */
static bool is_tcp_busy(const char *line, unsigned long unused)
{
    enum { SYN_SENT = 2, SYN_RECEIVED = 3, TIME_WAIT = 6 };
    unsigned state, sent, received, timer;

    (void)unused;
    if (sscanf(line, " %*s %*s %*s %x %x:%x %x:", &state, &sent, &received,
               &timer) != 4 ||
        state == TIME_WAIT) /* it has a timer, but nobody waits for it */
        return false;
    return state == SYN_SENT || state == SYN_RECEIVED || sent > 0 || timer > 0;
}

/* /proc/net/softnet_stat: the 12th number is the length of a CPU's backlog,
 * through which packets of the loopback device pass. */
static bool has_backlog(const char *line, unsigned long unused)
{
    unsigned backlog;

    (void)unused;
    return sscanf(line, "%*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %x",
                  &backlog) == 1 &&
           backlog > 0;
}

/* In the network of the process whose directory DIR is. */
static bool is_busy(int dir)
{
    return any_line_of(dir, "net/softnet_stat", has_backlog, 0, true) ||
           (any_line_of(dir, "net/sockstat", has_tcp, 0, true) &&
            any_line_of(dir, "net/tcp", is_tcp_busy, 0, true)) ||
           (any_line_of(dir, "net/sockstat6", has_tcp, 0, false) &&
            any_line_of(dir, "net/tcp6", is_tcp_busy, 0, true));
}

static bool has_network(const struct snapshot_thread *thread)
{
    for (size_t i = 0; i < thread->fd_count; i++)
        if (thread->fds[i].network)
            return true;
    return false;
}

/* The processes of a sandbox have one network, which none of them can leave. */
void snapshot_ask_network(struct snapshot *snapshot, int proc_fd)
{
    snapshot->network_quiet = true;
    for (size_t i = 0; i < snapshot->count; i++) {
        char name[16];
        if (!has_network(&snapshot->threads[i]))
            continue;
        (void)snprintf(name, sizeof(name), "%d", snapshot->threads[i].pid);
        int dir = openat(proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        snapshot->network_quiet = dir >= 0 && !is_busy(dir);
        if (dir >= 0)
            (void)close(dir);
        return;
    }
}

/* Tell the sockets of the network, and those of netlink(7), from local ones. */
static void mark_sockets(int dir, struct snapshot_thread *thread)
{
    char *local = read_file(dir, "net/unix", NET_MAX, NULL);

    for (size_t i = 0; i < thread->fd_count; i++) {
        struct snapshot_fd *fd = &thread->fds[i];
        unsigned long inode;
        if (fd->type != S_IFSOCK ||
            sscanf(fd->target, "socket:[%lu]", &inode) != 1)
            continue;
        fd->network = local == NULL || !any_line(local, has_inode, inode);
        fd->netlink =
            fd->network &&
            any_line_of(dir, "net/netlink", has_netlink_inode, inode, false);
    }
    free(local);
}

/* ---- All of them ------------------------------------------------------- */

static int compare_fds(const void *a, const void *b)
{
    const struct snapshot_fd *x = a, *y = b;

    return (x->fd > y->fd) - (x->fd < y->fd);
}

void snapshot_read_fds(int dir, struct snapshot_thread *thread)
{
    int list = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = list < 0 ? NULL : fdopendir(list);
    struct dirent *entry;
    bool sockets = false;

    if (entries == NULL) {
        if (list >= 0)
            (void)close(list);
        return;
    }
    while ((entry = readdir(entries)) != NULL) {
        struct snapshot_fd fd = {0};
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            !read_one(dir, &fd, entry->d_name))
            continue;
        struct snapshot_fd *slot =
            grow(&thread->fds, &thread->fd_count, sizeof(*thread->fds));
        *slot = fd;
        sockets |= fd.type == S_IFSOCK;
    }
    (void)closedir(entries);
    thread->fds_known = true;
    if (thread->fd_count > 0)
        qsort(thread->fds, thread->fd_count, sizeof(*thread->fds), compare_fds);
    if (sockets)
        mark_sockets(dir, thread);
}

/*
 * fdinfo has a line for each watched file, "tfd: 5 events: 19 data: .. pos:0
 * ino:4d2 sdev:..": the number is the one it had when it was registered, which
 * may be another file's by now.  A list that cannot be told surely is left out.
 */
void snapshot_read_epoll(int dir, struct snapshot_thread *thread, int epoll_fd)
{
    char name[32], info[8192];
    struct pollfd watched;
    size_t size = 0;

    (void)snprintf(name, sizeof(name), "fdinfo/%d", epoll_fd);
    ssize_t n = snapshot_read(dir, name, info, sizeof(info));
    if (n < 0 || n == (ssize_t)sizeof(info) - 1)
        return;
    for (char *line = info; (line = strstr(line, "\ntfd:")) != NULL; line++) {
        unsigned events;
        unsigned long inode;
        if (size + sizeof(watched) > sizeof(thread->memory) ||
            sscanf(line, "\ntfd: %d events: %x data: %*x pos:%*d ino:%lx",
                   &watched.fd, &events, &inode) != 3)
            return;
        const struct snapshot_fd *fd = snapshot_fd(thread, watched.fd);
        if (fd == NULL || fd->inode != inode)
            return;
        watched.events = (short)(events & 0xffff);
        watched.revents = 0;
        memcpy(thread->memory + size, &watched, sizeof(watched));
        size += sizeof(watched);
    }
    thread->memory_size = size;
}
