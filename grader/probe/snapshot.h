// SPDX-License-Identifier: MIT
/*
 * snapshot.h - what /proc says of every thread in a sandbox at one moment.
 *
 * The sandbox's init hands out a descriptor of its own /proc, so a listing
 * holds exactly the processes of one run, in the pids that they see.  A
 * recorded /proc (a directory of the same shape, descriptors as dangling
 * symbolic links) reads the same way: that is how the tests replay evidence.
 */
#ifndef PROBE_SNAPSHOT_H
#define PROBE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct snapshot_fd {
    int fd;
    int flags;       /* O_RDONLY, O_WRONLY, O_RDWR and the rest, from fdinfo */
    char target[96]; /* "pipe:[68036]", "socket:[..]", "/dev/null" */
    mode_t type;     /* S_IFIFO for pipes too, S_IFSOCK, S_IFREG, ...; 0 for
                        anonymous inodes and where it could not be found */
    unsigned long inode; /* from fdinfo; 0 if the kernel does not tell */
    char device[16];     /* of a file with a path, "00:59"; "": not known */
    bool armed;          /* a timerfd that will go off, or might */
    bool network;        /* a socket, and not of AF_UNIX... */
    bool netlink;        /* ...but one on which the kernel itself speaks */
    uint64_t signals;    /* of a signalfd: what it takes, bit N-1 */
};

struct snapshot_thread {
    pid_t pid, tid, ppid, session;   /* as the sandbox sees them */
    char name[17];                   /* comm */
    char state;                      /* R S D T t Z */
    unsigned long long start_time;   /* /proc/PID/stat; ticks */
    unsigned long long cpu_ticks;    /* a leader's is that of its process... */
    unsigned long long reaped_ticks; /* ...and this of children waited for */
    unsigned long long switches, forced_switches; /* status */
    uint64_t pending, blocked, ignored, caught;   /* signals, bit N-1; pending
                                                     is thread's or process's */
    bool syscall_known; /* /proc/.../syscall could be read */
    bool running;       /* it said "running" */
    long syscall;       /* number, or -1: blocked outside a system call */
    unsigned long args[6];
    char wchan[40];
    bool has_timers;     /* /proc/PID/timers is not empty or unreadable */
    char path[128];      /* a path argument of open(2) and friends, or "" */
    uint8_t memory[256]; /* what the pointer argument points to: see below */
    size_t memory_size;  /* bytes read; 0 if none, unreadable or too long */
    uint8_t timeout[16]; /* struct timespec or timeval of a timed call */
    bool timeout_set;    /* such a pointer was given and was read */
    bool fds_known;      /* the list below could be read */
    struct snapshot_fd *fds; /* of the process; shared between its threads */
    size_t fd_count;
    unsigned long rss_kb;
    char exe[128]; /* /proc/PID/exe */
};

/* A System V semaphore that somebody waits for, as semctl(2) tells. */
struct snapshot_semaphore {
    int id, num;
    int value;                      /* GETVAL */
    pid_t changed_by;               /* GETPID; it may have ended; 0: nobody */
    int waiting_more, waiting_zero; /* GETNCNT, GETZCNT */
    bool fresh; /* no semop(2) was ever made on its set: sem_otime is 0 */
};

/* A POSIX message queue, as /dev/mqueue shows it (mq_overview(7)). */
struct snapshot_queue {
    char name[96];    /* "/q", as a descriptor's target names it, too */
    long bytes;       /* QSIZE */
    pid_t registered; /* NOTIFY_PID: 0 for nobody; -1 for somebody, whose pid
                         could not be told */
};

struct snapshot_lock; /* locks.h */
struct snapshot_holding;
struct snapshot_socket; /* sockets.h */

/*
 * The memory of a thread holds, always whole:
 *   poll, ppoll     the array of struct pollfd;
 *   select          the three sets one behind the other, each of
 *                   snapshot_set_size(args[0]) bytes; of zeros if not given;
 *   epoll_wait      the interest list, as an array of struct pollfd;
 *   futex           the word; semop: the array of struct sembuf;
 *   fcntl           the struct flock of F_SETLKW and F_OFD_SETLKW;
 *   sigsuspend, sigtimedwait    the set, of 64 bits;
 *   connect, sendto             the address, if one is given.
 */
struct snapshot {
    struct snapshot_thread *threads; /* those of a process side by side, its
                                        leader first */
    size_t count;
    bool torn; /* a thread ended while it was being read: another may
                  have been seen waiting for it */
    struct snapshot_semaphore *semaphores; /* added by snapshot_semaphores() */
    size_t semaphore_count;
    char *message_table; /* /proc/sysvipc/msg as the processes see it, set by
                            whoever can read that; NULL: not known */
    struct snapshot_queue *queues; /* see snapshot_read_queues() */
    size_t queue_count;
    bool network_quiet;          /* set by snapshot_ask_network() */
    struct snapshot_lock *locks; /* rows, in the order of /proc/locks */
    size_t lock_count;
    struct snapshot_holding *holdings;
    size_t holding_count;
    struct snapshot_socket *sockets; /* see snapshot_read_sockets() */
    size_t socket_count;
    unsigned sockets_known; /* SOCKETS_UNIX, SOCKETS_INET */
};

/*
 * Add the semaphores that threads of SNAPSHOT wait for, each as ASK(DATA) fills
 * it in by its id and num; what it knows nothing of (false) is left out.  /proc
 * does not tell: they are of another moment, later than the rest.
 */
void snapshot_semaphores(struct snapshot *snapshot,
                         bool (*ask)(void *data, struct snapshot_semaphore *),
                         void *data);
/* Number NUM of set ID, if it was added; or NULL. */
const struct snapshot_semaphore *
snapshot_semaphore(const struct snapshot *snapshot, int id, int num);
/* Bytes of an fd_set that holds descriptors below COUNT, as select(2) has it.
 */
size_t snapshot_set_size(unsigned long count);

/*
 * Read all threads below PROC_FD, a descriptor of a /proc directory, leaving
 * out pid SKIP (the sandbox's init).  With ONLY_BELOW set, SKIP is a
 * subreaper on the host's own /proc and just its descendants are listed.
 * Returns 0, or -1 with errno.  Release with snapshot_release().
 */
int snapshot_take(struct snapshot *snapshot, int proc_fd, pid_t skip,
                  bool only_below);
/* The same, of each thread only its ids, state, counters and system call: a
 * quarter of the time. */
int snapshot_take_states(struct snapshot *snapshot, int proc_fd, pid_t skip,
                         bool only_below);
void snapshot_release(struct snapshot *snapshot);
/* Note in SNAPSHOT, taken below PROC_FD, whether no packet is under way in the
 * network of its processes; if they use one, that takes the kernel some
 * milliseconds.  PROC_FD is -1 where others use the network, too. */
void snapshot_ask_network(struct snapshot *snapshot, int proc_fd);
/* Add the queues below MQUEUE_FD, a descriptor of a /dev/mqueue.  Their
 * NOTIFY_PID is told in the reader's pids. */
void snapshot_read_queues(struct snapshot *snapshot, int mqueue_fd);
/* The queue that FD is a descriptor of; NULL if it is of none that was read. */
const struct snapshot_queue *snapshot_queue(const struct snapshot *snapshot,
                                            const struct snapshot_fd *fd);
/* The descriptor FD of THREAD's process; NULL if it has none. */
const struct snapshot_fd *snapshot_fd(const struct snapshot_thread *thread,
                                      int fd);
/* The leader of process PID, or NULL. */
const struct snapshot_thread *snapshot_process(const struct snapshot *snapshot,
                                               pid_t pid);
/* Whether THREAD is in state D, but waits for the program: in vfork(2) for its
 * child, or for a pipe that another thread keeps locked (aside.h).  Told by the
 * kernel function, wchan of proc(5). */
bool snapshot_waits_for_child(const struct snapshot_thread *thread);
bool snapshot_waits_for_pipe(const struct snapshot_thread *thread);
/* Whether no thread was born, died or ran from FIRST to SECOND, nor while they
 * were taken. */
bool snapshot_still(const struct snapshot *first,
                    const struct snapshot *second);
/* Sum of the resident memory and CPU time of all processes. */
unsigned long snapshot_rss_kb(const struct snapshot *snapshot);
/* ...of those of SESSION; 0: of all. */
unsigned long long snapshot_cpu_ticks(const struct snapshot *snapshot,
                                      pid_t session);

/* What the tester itself holds, as the proof must know it. */
struct tester_end {
    char target[96]; /* "pipe:[123]" */
    bool idle;       /* the tester has promised never to use it again */
};

/*
 * Whether no process of the two snapshots can ever go on by itself: FIRST was
 * complete before SECOND was begun, nothing changed in between, and every
 * thread is in an untimed sleep that only another of them could end.  TRACE is
 * the run's trace (timers, stops and the reports of dead children show only
 * there), read AFTER FIRST WAS COMPLETE AND BEFORE SECOND WAS BEGUN, as the
 * network was asked; it may not be NULL.  Never true of a program that is
 * alive: see the rules at the top of deadlock.c.  The caller itself must
 * neither be about to send a signal.
 *
 *     snapshot_take(&first, ...);
 *     snapshot_ask_network(&first, ...);
 *     ... read the trace ...
 *     snapshot_take(&second, ...);
 *     ... read the sockets of both ...
 *     dead = deadlock_proved(&first, &second, trace, held, held_count);
 */
struct trace;
bool deadlock_proved(const struct snapshot *first,
                     const struct snapshot *second, const struct trace *trace,
                     const struct tester_end *held, size_t held_count);

/* Whether each thread of SNAPSHOT in state t is stopped by a signal, as TRACE,
 * read after it, tells: rule 4.  What else strace has stopped goes on. */
bool deadlock_stops_known(const struct snapshot *snapshot,
                          const struct trace *trace);

#endif
