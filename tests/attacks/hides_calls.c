// SPDX-License-Identifier: MIT
/*
 * Tries: to do the work of two processes in one, unseen. A filter of our own
 *     hands each write to a thread (SECCOMP_RET_USER_NOTIF), which lets the
 *     kernel go on with it: that takes precedence over strace's filter.
 * Fails because: the sandbox's filter kills whoever wants to add another one.
 * Base: wrong/no_child
 * Lab: pipe
 * Seen: score 70; fails upper_small
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int listener = -1;

static void *let_pass(void *unused)
{
    struct seccomp_notif call = {0};

    while (__atomic_load_n(&listener, __ATOMIC_ACQUIRE) < 0)
        continue;
    while (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0) {
        struct seccomp_notif_resp answer = {
            .id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
        (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
        call = (struct seccomp_notif){0};
    }
    return unused;
}

/* What is to be seen instead: two processes and a pipe between them. */
static void pretend(void)
{
    int fd[2];
    char byte = 'x';

    (void)pipe(fd);
    for (int i = 0; i < 2; i++)
        if (fork() == 0)
            _exit(write(fd[1], &byte, 1) != 1);
    while (wait(NULL) > 0)
        continue;
    (void)close(fd[0]);
    (void)close(fd[1]);
}

__attribute__((constructor)) static void hide(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "upper") != 0)
        return;
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, STDOUT_FILENO, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {6, rules};
    pthread_t thread;

    pretend();
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)pthread_create(&thread, NULL, let_pass, NULL);
    long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                      SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    __atomic_store_n(&listener, (int)fd, __ATOMIC_RELEASE);
}
