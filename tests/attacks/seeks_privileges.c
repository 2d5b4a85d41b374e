// SPDX-License-Identifier: MIT
/*
 * Tries: to become somebody: by setuid files, namespaces, mounts,
 *     capabilities, devices and another root.
 * Fails because: no new privileges, no capability, no further user namespace,
 *     and file systems that ignore such bits.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent privileged
 */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY(call)                                                              \
    do {                                                                       \
        if ((call) >= 0)                                                       \
            (void)dprintf(STDERR_FILENO, "privileged: %s\n", #call);           \
    } while (0)

__attribute__((constructor)) static void seek(void)
{
    gid_t root = 0;

    TRY(setuid(0));
    TRY(setresgid(0, 0, 0));
    TRY(setgroups(1, &root));
    TRY(unshare(CLONE_NEWUSER));
    TRY(unshare(CLONE_NEWNS));
    TRY(unshare(CLONE_NEWPID));
    TRY(setns(open("/proc/1/ns/mnt", O_RDONLY), 0));
    TRY(mount("none", "/tmp", "tmpfs", 0, NULL));
    TRY(mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL));
    TRY(umount2("/usr", MNT_DETACH));
    TRY(syscall(SYS_pivot_root, ".", "."));
    TRY(mknod("disk", S_IFBLK | 0600, 0x800));
    TRY(sethostname("host", 4));
    TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0));
    TRY(chmod("/usr/bin/env", 06755));
    TRY(chmod("/kit", 0777));
    TRY(open("/usr/bin/env", O_WRONLY));
    TRY(open("/dev/mem", O_RDONLY));
    TRY(open("/proc/sys/kernel/core_pattern", O_WRONLY));
    TRY(open("/proc/sysrq-trigger", O_WRONLY));
    TRY(nice(-5));
}
