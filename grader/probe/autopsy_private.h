// SPDX-License-Identifier: MIT
/*
 * autopsy_private.h - what the parts of the autopsy share: autopsy.c finds
 * the waits, autopsy_holders.c who could end them, autopsy_text.c says so,
 * autopsy_sysv.c and autopsy_mqueue.c what lies in a queue, autopsy_locks.c
 * knows all of locks on files, autopsy_sockets.c of sockets, autopsy_signals.c
 * of signals and stops, autopsy_circle.c draws the conclusion.
 */
#ifndef PROBE_AUTOPSY_PRIVATE_H
#define PROBE_AUTOPSY_PRIVATE_H

#include "autopsy.h"
#include "snapshot.h"
#include "trace.h"

struct autopsy_scene {
    const struct snapshot *snapshot;
    pid_t first_pid;
    const char *program;
    const struct tester_end *held;
    size_t held_count;
    const struct trace *trace; /* or NULL */
    struct autopsy *autopsy;   /* being made */
};

/* What process PID is called; NAME has room for that of a wait. */
void autopsy_name(const struct autopsy_scene *scene, pid_t pid, char *name);
/* Give WAIT a label, that of an earlier wait if its object is the same. */
void autopsy_set_label(const struct autopsy *autopsy,
                       struct autopsy_wait *wait);
/* Whether PROCESS, a leader, runs the student's program. */
bool autopsy_is_own_code(const struct autopsy_scene *scene,
                         const struct snapshot_thread *process);

/* Add PROCESS as a holder of WAIT, by its descriptor FD (-1: by none). */
void autopsy_add_holder(const struct autopsy_scene *scene,
                        struct autopsy_wait *wait,
                        const struct snapshot_thread *process, int fd);
/* Add as holders of WAIT: those with the other end of the pipe or FIFO FD... */
void autopsy_add_other_ends(const struct autopsy_scene *scene,
                            struct autopsy_wait *wait,
                            const struct snapshot_fd *fd);
/* ...the tester, if it holds the object; the living child PID (<= 0: all). */
void autopsy_add_tester(const struct autopsy_scene *scene,
                        struct autopsy_wait *wait);
/* ...or the socket with INODE, which is its other end... */
void autopsy_add_tester_of(const struct autopsy_scene *scene,
                           struct autopsy_wait *wait, unsigned long inode);
void autopsy_add_children(const struct autopsy_scene *scene,
                          struct autopsy_wait *wait, pid_t pid);
/* ...those who have locked what it waits to lock; fills its lock, too. */
void autopsy_add_lockers(const struct autopsy_scene *scene,
                         struct autopsy_wait *wait);
/* ...those who have the other end of the socket FD; fills its socket, too. */
void autopsy_add_peers(const struct autopsy_scene *scene,
                       struct autopsy_wait *wait, const struct snapshot_fd *fd);
/* The one who took semaphore->value from 1 to 0, as far as can be seen. */
void autopsy_add_changer(const struct autopsy_scene *scene,
                         struct autopsy_wait *wait);
/* Whether the tester has promised to be idle on the object called TARGET. */
bool autopsy_tester_is_idle(const struct autopsy_scene *scene,
                            const char *target);
/* One line for a reader; what does not fit is cut. */
struct autopsy_line {
    char text[512];
    size_t length;
};

void autopsy_say(struct autopsy_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Say the end of PATH, of bytes that a screen can show. */
void autopsy_say_path(struct autopsy_line *line, const char *path);
/* Say BETWEEN and the holders of WAIT, of which there are some, and what the
 * only one does. */
void autopsy_say_all_holders(const struct autopsy_scene *scene,
                             struct autopsy_line *line, const char *between,
                             const struct autopsy_wait *wait);
/* The thread TID, which is in the scene. */
const struct snapshot_thread *autopsy_thread(const struct autopsy_scene *scene,
                                             pid_t tid);
/* Fill the signals of WAIT, of THREAD, which has its object and descriptor. */
void autopsy_set_signals(const struct autopsy_scene *scene,
                         struct autopsy_wait *wait,
                         const struct snapshot_thread *thread);
/* Say that no signal has come to WAIT, and which are under way or came before.
 */
void autopsy_say_signal(const struct autopsy_scene *scene,
                        struct autopsy_line *line,
                        const struct autopsy_wait *wait);
/* Whether THREAD is stopped, and not just held by strace for a moment. */
bool autopsy_is_stopped(const struct autopsy_scene *scene,
                        const struct snapshot_thread *thread);
/* Say by whom THREAD has been stopped, and whether it is for good. */
void autopsy_say_stopped(const struct autopsy_scene *scene,
                         struct autopsy_line *line,
                         const struct snapshot_thread *thread);
/* Say "pending: ...; blocked: ...". */
void autopsy_say_signals(struct autopsy_line *line,
                         const struct snapshot_thread *thread);
/* Say what is known of the lock of WAIT: of the call, and behind it. */
void autopsy_say_lock_call(struct autopsy_line *line,
                           const struct autopsy_wait *wait);
void autopsy_say_lock(const struct autopsy_scene *scene,
                      struct autopsy_line *line,
                      const struct autopsy_wait *wait);
/* Say what is known of the socket of WAIT. */
void autopsy_say_socket(const struct autopsy_scene *scene,
                        struct autopsy_line *line,
                        const struct autopsy_wait *wait);
/* Say what is in the System V queue of WAIT, and who used it last. */
void autopsy_say_row(const struct autopsy_scene *scene,
                     struct autopsy_line *line,
                     const struct autopsy_wait *wait);
/* Append LINE to those of AUTOPSY. */
void autopsy_finish(struct autopsy *autopsy, const struct autopsy_line *line);

/* Add all lines to the scene's autopsy, from its waits... */
void autopsy_write(const struct autopsy_scene *scene);
/* ...by adding what there is to say of message queues and signals... */
void autopsy_write_queues(const struct autopsy_scene *scene);
/* ...of what nobody has read from a socket... */
void autopsy_write_sockets(const struct autopsy_scene *scene);
/* ...and this one at their end. */
void autopsy_conclude(const struct autopsy_scene *scene);

#endif
