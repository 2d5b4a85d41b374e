// SPDX-License-Identifier: MIT
/*
 * lending.h - sandboxes that outlive a test, lent to one test after the other.
 *
 * Most of what a launch costs is its sandbox: strace, bubblewrap and the first
 * process under Valgrind take longer to start than most programs take to run.
 * So the grader has one process, the lender (lender.c), that starts what tests
 * ask for, and gives what one returned to the next (lease.c).
 */
#ifndef PROBE_LENDING_H
#define PROBE_LENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Bytes, the NUL included, of what is asked for. */
#define LENDING_MAX 4096
/* Of this there is one for all; those who want it wait for their turn. */
#define LENDING_MEMCHECK "memcheck"

/* What is lent: the first process of a sandbox, and who started it. */
struct lent {
    pid_t pid;       /* of the process started, to be ended and waited for */
    int control_fd;  /* see server.h */
    int log_fd;      /* stream socket with what Valgrind writes, or -1 */
    unsigned serial; /* no two of a lender have the same */
    bool fresh;      /* nobody had it before */
};

/*
 * Serve leases at SOCKET_PATH (SOCK_SEQPACKET, made here, mode 0600) until
 * LIFE_FD reports end-of-file.  Each connection asks by one packet for a WHAT,
 * and is handed the descriptors of one that is free, or of a new one started
 * with START; of LENDING_MEMCHECK there is one holder at a time, in the order
 * in which they came.  FIRST (NULL: none) is started at once.  One that died,
 * or was not returned as swept, is not lent again.  What is in the log before a
 * lease is thrown away.
 *
 * START finds lent->serial set; it returns 0 and sets pid and descriptors, or
 * -1 with errno, which the waiting test is told.  The process must end when its
 * control socket does; it is killed if it has not after a second.  The other
 * ends must be close-on-exec and closed here: the end of the log shows that all
 * its processes are gone, which this function waits for (two seconds at most)
 * before it returns.  0, or -1 with errno.
 */
int lending_serve(const char *socket_path, int life_fd, const char *first,
                  int (*start)(struct lent *, const char *what, void *),
                  void *data);

/*
 * Take a lease of WHAT: returns the connection and fills in LENT; connection
 * and descriptors are close-on-exec and the caller's.  Blocks until its turn
 * has come.  -1 with errno: ECONNRESET if the serving ended, EHOSTDOWN or
 * START's errno if the server could not be started; ENOENT or ECONNREFUSED if
 * after a second nobody serves.
 */
int lending_take(const char *socket_path, const char *what, struct lent *lent);

/*
 * Give it back.  SWEPT: no process of the holder's is left and all replies were
 * read, so that the next may use the server.  Close the descriptors before.
 * To close CONNECTION only, as a killed process does, is SWEPT false.
 * 0, or -1 with errno if nobody is there to take it; CONNECTION is closed.
 */
int lending_return(int connection, bool swept);

/* ---- What both sides send ------------------------------------------------ */

/* The answer to a request; without an error, descriptors follow: that of the
 * control socket and, where there is one, the log's. */
struct lending_grant {
    int error;
    struct lent lent; /* descriptors are those of the sender */
};

/* A holder that was killed cannot say this. */
#define LENDING_SWEPT 's'

#endif
