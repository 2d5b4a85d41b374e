// SPDX-License-Identifier: MIT
/*
 * snapshot_memory.c - the memory that a blocked system call points to, from
 * /proc/PID/mem; in a recorded /proc from files "mem@HEXADDRESS".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/sem.h>
#include <unistd.h>

#include "blocking.h"
#include "snapshot_private.h"

static size_t read_memory(int dir, unsigned long address, void *buffer,
                          size_t size)
{
    char name[32] = "mem";
    off_t offset = (off_t)address;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT) {
        (void)snprintf(name, sizeof(name), "mem@%lx", address);
        fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
        offset = 0;
    }
    if (fd < 0)
        return 0;
    ssize_t n = pread(fd, buffer, size, offset);
    (void)close(fd); /* nothing was written */
    return n < 0 ? 0 : (size_t)n;
}

/* COUNT items of SIZE bytes at ADDRESS, all or none. */
static void read_items(int dir, struct snapshot_thread *thread,
                       unsigned long address, size_t count, size_t size)
{
    if (size == 0 || count > sizeof(thread->memory) / size)
        return;
    size *= count;
    if (read_memory(dir, address, thread->memory, size) == size)
        thread->memory_size = size;
}

size_t snapshot_set_size(unsigned long count)
{
    return (count + 63) / 64 * 8;
}

static void read_sets(int dir, struct snapshot_thread *thread)
{
    size_t size = snapshot_set_size(thread->args[0]);

    if (thread->args[0] > 8 * sizeof(thread->memory) ||
        3 * size > sizeof(thread->memory))
        return;
    for (size_t i = 0; i < 3; i++) {
        unsigned long address = thread->args[1 + i];
        if (address != 0 &&
            read_memory(dir, address, thread->memory + i * size, size) != size)
            return;
    }
    thread->memory_size = 3 * size;
}

void snapshot_read_pointers(int dir, struct snapshot_thread *thread)
{
    const struct blocking_call *call = blocking_find(thread->syscall);
    const unsigned long *args = thread->args;

    if (call == NULL)
        return;
    if (call->form == FORM_POLL)
        read_items(dir, thread, args[0], args[1], sizeof(struct pollfd));
    else if (call->form == FORM_SELECT)
        read_sets(dir, thread);
    else if (call->form == FORM_EPOLL)
        snapshot_read_epoll(dir, thread, (int)args[0]);
    else if (call->form == FORM_FUTEX)
        read_items(dir, thread, args[0], 1, sizeof(uint32_t));
    else if (call->form == FORM_SEMAPHORE)
        read_items(dir, thread, args[1], args[2], sizeof(struct sembuf));
    else if (call->form == FORM_SIGNAL && call->arg >= 0)
        read_items(dir, thread, args[call->arg], 1, sizeof(uint64_t));
    else if (call->form == FORM_FCNTL &&
             (args[1] == F_SETLKW || args[1] == F_OFD_SETLKW))
        read_items(dir, thread, args[2], 1, sizeof(struct flock));
    else if (call->address_arg > 0)
        read_items(dir, thread, args[call->address_arg], 1,
                   args[call->address_arg + 1]);
    else if (call->form == FORM_OPEN)
        (void)read_memory(dir, args[call->arg], thread->path,
                          sizeof(thread->path) - 1); /* "" if it fails */
    if (call->limit == LIMIT_POINTER && args[call->limit_arg] != 0)
        thread->timeout_set =
            read_memory(dir, args[call->limit_arg], thread->timeout,
                        sizeof(thread->timeout)) == sizeof(thread->timeout);
}
