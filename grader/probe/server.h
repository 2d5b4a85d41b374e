// SPDX-License-Identifier: MIT
/*
 * server.h - the protocol between a test and the first process of a sandbox.
 *
 * The same server (server.c) is linked into two programs.  `init` execs what it
 * is asked to start: it is pid 1 of the native pass.  A student's program,
 * started under Valgrind, *becomes* what it is asked to start by returning from
 * fork(2) into main(): it is pid 1 of the memcheck pass.  So one Valgrind start
 * serves all runs, and one client (world.c) speaks to both.
 *
 * Messages are packets on a SOCK_SEQPACKET socket whose descriptor the
 * environment variable IPCLAB_SERVER names.  When the other side closes it, the
 * server ends, and with it, where it is pid 1, everything in the sandbox.
 */
#ifndef PROBE_SERVER_H
#define PROBE_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#define SERVER_VARIABLE   "IPCLAB_SERVER"
#define SERVER_PACKET_MAX 65536
#define SERVER_ARGS_MAX   512

enum server_type {
    /* Requests.  START carries three descriptors (SCM_RIGHTS): 0, 1 and 2. */
    SERVER_HELLO = 1, /* answered by a HELLO with the descriptors below */
    SERVER_START,     /* strings: directory, path, argv..., environ... */
    SERVER_KILL,      /* kill(pid, value); pid -1: all but the server */
    SERVER_SWEEP,     /* kill and reap all, remove System V objects; and POSIX
                         queues, where those are the host's */
    SERVER_SEMAPHORE, /* what semctl(2) tells of number VALUE of set PID,
                         answered by the same with what it is now */
    SERVER_SOCKET,    /* socket(AF_INET, VALUE, 0): answered by the same with
                         the descriptor, or without one and errno in VALUE */
    /* Other replies, and reports. */
    SERVER_DONE,  /* pid: of the process started; value: errno, or 0 */
    SERVER_ENDED, /* a child of the server: pid, value: wait(2) status */
};

/* Descriptors that HELLO carries, opened inside the sandbox. */
enum server_fd {
    SERVER_PROC, /* /proc */
    SERVER_CWD,  /* the directory of the runs */
    SERVER_SHM,  /* /proc/sysvipc/shm, sem and msg: these show the sandbox's */
    SERVER_SEM,  /*   objects to whoever reads the descriptor */
    SERVER_MSG,
    SERVER_MQUEUE, /* /dev/mqueue, or /dev/null where there is none */
    SERVER_DIAG,   /* a socket of NETLINK_SOCK_DIAG in the sandbox's network */
    SERVER_TMP,    /* /tmp and /dev/shm; /dev/null where they are the host's */
    SERVER_DEV_SHM,
    SERVER_FDS
};

struct server_limits {
    uint32_t cpu_s;
    uint32_t processes; /* 0: as it is */
    uint64_t memory;    /* address space of one process; 0: as it is */
    uint64_t data;      /* bytes of it that are its own, and writable */
    uint64_t file_size;
    uint64_t
        queues; /* bytes in POSIX queues, of all in the sandbox; 0: as is */
    uint32_t open_files; /* of one process; 0: as it is */
};

struct server_message {
    uint32_t type;
    int32_t pid;
    int32_t value;
    uint32_t argc, envc;   /* START */
    uint32_t one_cpu;      /* START: stay on the server's processor */
    uint32_t closed_input; /* START: descriptor 0 is to be closed */
    uint32_t tool;         /* START: execute the path, whatever the server is */
    uint64_t ignored, blocked;   /* START: signals; bit N - 1 is signal N */
    uint32_t umask;              /* START: umask(2) of the program */
    struct server_limits limits; /* START */
    uint64_t user_us, system_us; /* ENDED: CPU time, descendants included */
    /* SEMAPHORE: GETVAL, GETPID, GETNCNT and GETZCNT, and whether sem_otime is
     * set; -1 where one fails. */
    int32_t semaphore[5];
    /* START: the strings follow, each with its NUL */
};

/* Calls, without effect, what most programs call: see warm.c.  Only linked
 * where the server runs under Valgrind. */
__attribute__((weak)) void ipclab_server_warm_up(void);

#endif
