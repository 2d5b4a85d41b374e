// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `ipcs`: what each function in ipcs.c promises to
 * main.c, which calls it, and to the tests, which watch the whole program from
 * outside. Given; you need not change it.
 *
 * Rules for all of them:
 * - On failure a function returns -1 with errno set, and main.c says what went
 *   wrong. Lines that were printed before are no harm.
 * - Whoever looks changes nothing: no message is received, no semaphore
 *   operated on, no segment attached. No other program is started.
 * - An object may vanish at any time between two looks at it. Then the kernel
 *   says EINVAL or EIDRM (of a file: ENOENT), and that is no error: the object
 *   is passed over.
 * - 0 is a valid id, and the first one of every type. Pid 0 is nobody.
 */
#ifndef IPCS_H
#define IPCS_H

#include <sys/types.h>

#define PROG "ipcs"
#include "../common/lab.h"

/* One object of System V: a line of `list`. */
struct obj {
    char type;           /* 'm' segment, 's' set of semaphores, 'q' queue */
    int id;              /* what the calls take */
    key_t key;           /* 0: IPC_PRIVATE, or a segment marked for removal */
    uid_t uid;           /* of its owner */
    unsigned mode;       /* the nine permission bits: 0600 */
    unsigned long bytes; /* m: its size; q: in its messages; s: 0 */
    unsigned long count; /* m: attached; q: messages; s: semaphores */
    pid_t first;         /* m: creator; q: last sender; s: 0 */
    pid_t last;          /* m: last to attach or detach; q: last receiver;
                            s: 0 (a set has no process of its own) */
};

/* What can be said of an object, by the processes that have used it. */
enum state {
    UNKNOWN, /* nobody has used it yet, or it may not be read */
    USED,    /* in use, or one of them is alive and may come back */
    ORPHAN   /* all of them that the kernel remembers are dead */
};

/*
 * Find every object that there is in this IPC namespace, also those that the
 * caller has no permission to read.
 *
 * Stores in *v an array that the caller frees with free(3), and in *n how many
 * there are: segments, then sets, then queues, each type by ascending id. With
 * *n == 0, *v may be NULL. Returns 0, or -1 with errno.
 */
int list_objects(struct obj **v, size_t *n);

/*
 * What state is `o` in? A process is alive if kill(2) could reach it, whether
 * the caller may send it a signal or not; so is a zombie.
 *
 * - A segment is USED while it is attached, or while its creator or its last
 *   user is alive; else UNKNOWN if it was never attached, else an ORPHAN.
 * - A queue is USED while its last sender or its last receiver is alive; else
 *   UNKNOWN if there has been neither, else an ORPHAN.
 * - A set is USED while a process waits for one of its semaphores (to grow or
 *   to become zero), or while the last process that operated on any of them
 *   (SETVAL and SETALL count, see GETPID) is alive; else UNKNOWN if there has
 *   been none, else an ORPHAN. A set that the caller may not read is UNKNOWN.
 *
 * For a segment and a queue the fields of `o` are enough. Returns an enum
 * state, or -1 with errno: EINVAL or EIDRM if a call says that it has vanished.
 */
int classify(const struct obj *o);

/*
 * Remove the object with that id, whatever its key is.
 *
 * Returns 0, or -1 with errno: EPERM if it belongs to somebody else, EINVAL or
 * EIDRM if it has vanished.
 */
int remove_obj(const struct obj *o);

/*
 * Remove every orphan of `type` ('m', 's', 'q'; 0: of all types), in the order
 * of list_objects(), and print "TYPE ID\n" for each that was removed. With
 * dry_run only print the lines.
 *
 * An orphan that cannot be removed is reported on stderr with fail("TYPE ID"),
 * as is an object of which classify() fails, and the others follow. What one of
 * the two functions says has vanished is neither printed nor reported.
 * Returns the number of those that were reported, or -1 with errno if there is
 * no list.
 */
int sweep(int dry_run, char type);

/*
 * Print what the kernel remembers of one object, a fact per line. STATE is
 * alive, dead, or nobody for pid 0:
 *
 *     m   "creator PID STATE\n" "last PID STATE\n" "attached N\n"
 *     q   "sender PID STATE\n" "receiver PID STATE\n"
 *     s   for each semaphore "NUM: last PID STATE, waiting N, for zero N\n"
 *
 * Segments and queues need not be readable. Returns 0, or -1 with errno: EINVAL
 * if there is no such object, EINVAL or EIDRM if it vanishes meanwhile, EACCES
 * for a set that the caller may not read.
 */
int who(char type, int id);

/*
 * Print "/NAME QSIZE NOTIFY_PID\n" for each POSIX message queue in /dev/mqueue,
 * in any order: how many bytes are in it, and who has asked to be told of the
 * next message (0: nobody); see mq_overview(7). Returns 0, or -1 with errno:
 * EACCES if one of them may not be read.
 */
int list_mq(void);

#endif
