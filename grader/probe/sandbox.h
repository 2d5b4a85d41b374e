// SPDX-License-Identifier: MIT
/*
 * sandbox.h - the command line that puts a program into a world of its own.
 *
 * Two levels.  FULL is bubblewrap with user, pid, IPC, network, mount, UTS and
 * cgroup namespaces: see SECURITY.md for what it promises.  BASIC is for
 * machines where user namespaces are refused: resource limits, a system call
 * filter and a subreaper, but the host's files, processes and IPC objects are
 * in sight.  The level is part of every result.
 */
#ifndef PROBE_SANDBOX_H
#define PROBE_SANDBOX_H

#include <stdbool.h>

#include "base.h"

enum sandbox_level { SANDBOX_FULL, SANDBOX_BASIC };

struct sandbox {
    enum sandbox_level level;
    /* A directory that holds kit/ (shown read-only as /kit), etc/ (as /etc)
     * and filter.bpf; readable by whoever runs the sandbox. */
    const char *stage;
    const char *hide;     /* a directory below /usr to be hidden, or NULL */
    const char *missing;  /* of /bin, /sbin, /lib32: one not to have, or NULL */
    const char *writable; /* a directory shown as /work; NULL: an empty tmpfs */
    bool no_proc;         /* no /proc: through it a compiler could be made to
                             read from a descriptor of its own, for ever */
    bool init;            /* the command is pid 1 itself (server.h) */
    bool brief_debug;     /* of the C library's debug information only what
                             kit/debug has of it */
};

const char *sandbox_level_name(enum sandbox_level level);
/* The level called NAME; -1 if there is none. */
int sandbox_level_from_name(const char *name);
/* The best level that works here for this user, found by trying it.  WHY (may
 * be NULL) receives what refused the better one, or "". */
enum sandbox_level sandbox_best_level(char *why, size_t size);

/*
 * Append to ARGV the words that run a command in SANDBOX; any sandbox_setenv(),
 * then sandbox_end_options() and the command's own words follow.  The
 * environment inside is PATH, HOME, LC_ALL and what was added.  *FILTER_FD
 * receives a descriptor (not close-on-exec) that the command must inherit and
 * the caller must close, or -1. Returns 0, or -1 with errno.
 */
int sandbox_command(struct argv *argv, const struct sandbox *sandbox,
                    int *filter_fd);
void sandbox_setenv(struct argv *argv, const struct sandbox *sandbox,
                    const char *name, const char *value);
void sandbox_end_options(struct argv *argv);

/* What a path of the stage ("kit/pipe") is called inside; to be freed. */
char *sandbox_path(const struct sandbox *sandbox, const char *path);

/*
 * Fork and exec ARGV, with all signals at their default; KEEP and KEEP_TOO (-1:
 * none) are inherited.  The child is killed when the calling thread ends.  Its
 * pid, or -1 with errno.
 */
pid_t sandbox_spawn(struct argv *argv, int keep, int keep_too);

/* Write the system call filter (io_uring, kernel keys, ... kill the caller) to
 * PATH as a BPF program; 0 or -1. */
int sandbox_write_filter(const char *path, enum sandbox_level level);

#endif
