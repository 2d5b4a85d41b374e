// SPDX-License-Identifier: MIT
/*
 * test_autopsy.c - who waits for whom is found, and said so that a student can
 * follow it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autopsy_evidence.h"

static struct autopsy *examine(struct snapshot *snapshot,
                               const struct tester_end *held)
{
    return autopsy_new(snapshot, FIRST, PROGRAM, held, held ? 1 : 0, NULL);
}

#if defined(__x86_64__) /* the recordings hold its system call numbers */

Test(autopsy, reader_that_keeps_its_write_end,
     .description = "a process that waits for itself is said to")
{
    assert_lines("own_write_end",
                 "parent 2 is blocked in wait4(-1): child 3 has not ended\n"
                 "child 3 is blocked in read(3): pipe A is empty; its write "
                 "end is held by child 3 itself (descriptor 4)\n"
                 "so: child 3 waits for itself\n");
}

Test(autopsy, parent_that_keeps_a_write_end,
     .description = "a command is called by its name, a circle is closed")
{
    assert_lines("parent_holds",
                 "parent 2 is blocked in wait4(-1): sort 3 has not ended\n"
                 "sort 3 is blocked in read(0): pipe A is empty; its write end "
                 "is held by parent 2 (descriptor 4), which is blocked in "
                 "wait4\n"
                 "so: parent 2 waits for sort 3, which waits for parent 2\n");
}

Test(autopsy, both_write, .description = "full pipes, each held by the other")
{
    assert_lines("both_write",
                 "parent 2 is blocked in write(4): pipe A is full; its read "
                 "end is held by cat 3 (descriptor 0), which is blocked in "
                 "write\n"
                 "cat 3 is blocked in write(1): pipe B is full; its read end "
                 "is held by parent 2 (descriptor 5), which is blocked in "
                 "write\n"
                 "so: parent 2 waits for cat 3, which waits for parent 2\n");
}

Test(autopsy, fifos, .description = "a FIFO goes by its path")
{
    assert_lines("fifo_cross",
                 "parent 2 is blocked in openat(\"/nil/f\"): nobody has opened "
                 "this FIFO for writing\n"
                 "child 3 is blocked in openat(\"/tmp/g\"): nobody has opened "
                 "this FIFO for reading\n");
    assert_lines("fifo",
                 "process 2 is blocked in read(3): FIFO A is empty (/nil/f); "
                 "its write end is held by process 2 itself (descriptor 3)\n"
                 "so: process 2 waits for itself\n");
}

#define PARENT_WAITS                                                           \
    "parent 2 is blocked in rt_sigtimedwait: no signal has come; "             \
    "pending: none; blocked: none\n"

Test(autopsy, semaphores,
     .description =
         "a semaphore is named with its value and the last to change "
         "it, and a circle is closed through semaphores")
{
    assert_lines("semaphores", PARENT_WAITS
                 "child 3 is blocked in semtimedop(0, {1, -1}): semaphore 1 of "
                 "set 0 is 0; child 4, the last to change it, is blocked in "
                 "semtimedop\n"
                 "child 4 is blocked in semtimedop(0, {0, -1}): semaphore 0 of "
                 "set 0 is 0; child 3, the last to change it, is blocked in "
                 "semtimedop\n"
                 "so: child 3 waits for child 4, which waits for child 3\n");
}

/* The line of child 3 of the recording, after SPOIL. */
static void assert_line(void (*spoil)(struct snapshot *), const char *text)
{
    struct snapshot snapshot;

    replay("semaphores", &snapshot);
    spoil(&snapshot);
    struct autopsy *autopsy = examine(&snapshot, NULL);
    cr_assert_str_eq(autopsy->lines[1], text, "%s", autopsy->lines[1]);
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

/* The semaphore that child 3 waits for. */
static struct snapshot_semaphore *awaited(struct snapshot *snapshot)
{
    return &snapshot->semaphores[0];
}

static void kill_holder(struct snapshot *snapshot)
{
    awaited(snapshot)->changed_by = 9;
}

/* As semget(2) leaves it, and only that: whoever made the set has died before
 * it gave values. */
static void leave_as_made(struct snapshot *snapshot)
{
    awaited(snapshot)->changed_by = 0;
    awaited(snapshot)->fresh = true;
}

/* ...or has died before its first semop. */
static void set_by_the_dead(struct snapshot *snapshot)
{
    awaited(snapshot)->changed_by = 9;
    awaited(snapshot)->fresh = true;
}

static void take_twice(struct snapshot *snapshot)
{
    awaited(snapshot)->changed_by = 3;
}

static void wait_for_zero(struct snapshot *snapshot)
{
    struct snapshot_thread *thread = thread_of(snapshot, 3);

    thread->memory[2] = thread->memory[3] = 0; /* sem_op */
    awaited(snapshot)->value = 2;
}

/* {1, +1} {1, -2}: what the call itself would add does not help. */
static void change_at_once(struct snapshot *snapshot)
{
    static const short changes[6] = {1, 1, 0, 1, -2, 0};
    struct snapshot_thread *thread = thread_of(snapshot, 3);

    memcpy(thread->memory, changes, sizeof(changes));
    thread->memory_size = sizeof(changes);
}

static void know_nothing(struct snapshot *snapshot)
{
    snapshot->semaphore_count = 0;
}

Test(autopsy, semaphore_states,
     .description = "dead holders, double P, waiting for zero, several changes "
                    "in one call; nothing is said of what is not known")
{
    assert_line(kill_holder,
                "child 3 is blocked in semtimedop(0, {1, -1}): semaphore 1 of "
                "set 0 is 0; process 9, the last to change it, is dead");
    assert_line(leave_as_made,
                "child 3 is blocked in semtimedop(0, {1, -1}): semaphore 1 of "
                "set 0 is 0; no semop was ever made on its set, and nobody has "
                "set its value");
    assert_line(set_by_the_dead,
                "child 3 is blocked in semtimedop(0, {1, -1}): semaphore 1 of "
                "set 0 is 0; no semop was ever made on its set; process 9, the "
                "last to change it, is dead");
    assert_line(take_twice,
                "child 3 is blocked in semtimedop(0, {1, -1}): semaphore 1 of "
                "set 0 is 0; child 3 itself was the last to change it");
    assert_line(wait_for_zero,
                "child 3 is blocked in semtimedop(0, {1, 0}): semaphore 1 of "
                "set 0 is 2; child 4, the last to change it, is blocked in "
                "semtimedop");
    assert_line(change_at_once,
                "child 3 is blocked in semtimedop(0, {1, +1} {1, -2}): "
                "semaphore 1 of set 0 is 0; child 4, the last to change it, is "
                "blocked in semtimedop");
    assert_line(know_nothing,
                "child 3 is blocked in semtimedop(0, {1, -1}): not yet allowed "
                "by semaphore set 0");
}

static void assert_no_holder(void (*spoil)(struct snapshot *), int changes)
{
    struct snapshot snapshot;

    replay("semaphores", &snapshot);
    spoil(&snapshot);
    struct autopsy *autopsy = examine(&snapshot, NULL);
    const struct autopsy_wait *wait = &autopsy->waits[1];
    cr_assert(wait->pid == 3 && wait->semaphore.known);
    cr_assert_eq(wait->holder_count, 0);
    cr_assert_eq(wait->semaphore.changes, (size_t)changes);
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

Test(autopsy, semaphores_have_no_owner,
     .description = "who changed it last counts as its holder only where 1 is "
                    "to be taken from 0, and while that process lives")
{
    assert_no_holder(kill_holder, 1);
    assert_no_holder(wait_for_zero, 1);
    assert_no_holder(change_at_once, 2);
}

Test(autopsy, polled_descriptors,
     .description = "poll, select and epoll wait for what they were given")
{
    assert_lines("poll",
                 "parent 2 is blocked in poll, of descriptor 5: pipe A is "
                 "empty; its write end is held by cat 3 (descriptor 1), which "
                 "is blocked in read\n"
                 "cat 3 is blocked in read(0): pipe B is empty; its write end "
                 "is held by parent 2 (descriptor 4), which is blocked in "
                 "poll\n"
                 "so: parent 2 waits for cat 3, which waits for parent 2\n");
    assert_lines("select",
                 "process 2 is blocked in pselect6, of descriptor 3: pipe A is "
                 "empty; its write end is held by process 2 itself (descriptor "
                 "4)\nso: process 2 waits for itself\n");
    assert_lines("epoll",
                 "process 2 is blocked in epoll_wait, of descriptor 3: pipe A "
                 "is empty; its write end is held by process 2 itself "
                 "(descriptor 4)\nso: process 2 waits for itself\n");
    assert_lines("timed",
                 "process 2 waits, for a limited time, in poll, of descriptor "
                 "3: pipe A is empty; its write end is held by process 2 "
                 "itself (descriptor 4)\nso: process 2 waits for itself\n");
}

Test(autopsy, notifications,
     .description = "whoever has a message queue open is told what it holds, "
                    "who is registered, and which signals are under way")
{
    assert_lines(
        "mq_registered",
        "process 2 is blocked in poll, of descriptor 3: none of SIGINT, "
        "SIGUSR1, SIGTERM has come; pending: none; blocked: SIGINT, SIGUSR1, "
        "SIGTERM\n"
        "process 2 is blocked in poll, of descriptor 0: pipe A is "
        "empty; no process in sight has its write end\n"
        "message queue /q holds no bytes; process 2 is registered for "
        "it\n");
    assert_lines("mq_unregistered",
                 "process 2 is blocked in ppoll, of descriptor 0: pipe A is "
                 "empty; no process in sight has its write end\n"
                 "message queue /q holds 3 bytes; no process is registered for "
                 "it (NOTIFY_PID:0)\n"
                 "process 2: signals pending: none; blocked: none\n");
}

Test(autopsy, notification_of_another,
     .description = "a registered process that is not in the sandbox has no "
                    "name; a pending signal has")
{
    struct snapshot snapshot;

    replay("mq_registered", &snapshot);
    cr_assert_eq(snapshot.queue_count, 1);
    snapshot.queues[0].registered = -1;
    snapshot.threads[0].pending = 1u << (SIGUSR1 - 1);
    struct autopsy *autopsy = examine(&snapshot, NULL);
    cr_assert_geq(autopsy->line_count, 3);
    cr_assert_str_eq(autopsy->lines[2],
                     "message queue /q holds no bytes; some process is "
                     "registered for it");
    cr_assert_not_null(
        strstr(autopsy->lines[0], "; pending: SIGUSR1; blocked: "));
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

Test(autopsy, other_waits,
     .description = "dead children, threads, vfork, sockets")
{
    assert_lines("zombie",
                 "parent 2 is blocked in rt_sigsuspend: no signal has come; "
                 "pending: none; blocked: none\n"
                 "child 3 has ended and waits to be reaped\n");
    assert_lines("threads",
                 "process 2 is blocked in futex: a lock, a condition or "
                 "another thread's end\n"
                 "process 2 (its thread 3) is blocked in futex: a lock, a "
                 "condition or another thread's end\n");
    assert_lines("vfork",
                 "parent 2 is blocked in vfork: child 3 has neither ended nor "
                 "executed a program\n"
                 "child 3 is blocked in pause: no signal has come; pending: "
                 "none; blocked: none\n"
                 "so: parent 2 waits for child 3, which waits for a signal\n");
    assert_lines("socket",
                 "process 2 is blocked in read(3): socket A has nothing to be "
                 "read\n");
}

Test(autopsy, sysv_queues,
     .description = "what is in a queue, and who used it last")
{
    assert_lines("msg_queues",
                 "parent 2 is blocked in msgrcv(0, type -5): message queue 0 "
                 "has no such message; in it: 2 messages, 40 bytes; last "
                 "sender 2, no receiver yet\n"
                 "child 5 is blocked in msgsnd(1, 1024 bytes): message queue 1 "
                 "is full; in it: 4 messages, 4000 bytes; last sender 4 "
                 "(ended), last receiver 4 (ended)\n");
}

Test(autopsy, waits_and_holders_are_typed,
     .description = "what a lab's rules ask for")
{
    struct snapshot snapshot;

    replay("parent_holds", &snapshot);
    struct autopsy *autopsy = examine(&snapshot, NULL);
    cr_assert_eq(autopsy->count, 2);
    const struct autopsy_wait *parent = &autopsy->waits[0];
    const struct autopsy_wait *sort = &autopsy->waits[1];
    cr_assert(parent->first && parent->own_code);
    cr_assert_eq(parent->object, OBJECT_CHILD);
    cr_assert_eq(parent->fd, -1);
    cr_assert_eq(autopsy_holder(parent, WHO_CHILD)->pid, 3);
    cr_assert(autopsy_holder(parent, WHO_CHILD)->blocked);
    cr_assert_not(sort->first || sort->own_code);
    cr_assert_str_eq(sort->name, "sort 3");
    cr_assert_str_eq(sort->call, "read");
    cr_assert(sort->reads && !sort->timed);
    cr_assert_eq(sort->fd, 0);
    cr_assert_eq(sort->object, OBJECT_PIPE);
    cr_assert_str_eq(sort->label, "pipe A");
    cr_assert_eq(sort->holder_count, 1);
    cr_assert_eq(sort->holders[0].who, WHO_PARENT);
    cr_assert_eq(sort->holders[0].fd, 4);
    cr_assert(sort->holders[0].own_code);
    cr_assert_null(autopsy_holder(sort, WHO_ITSELF));
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

Test(autopsy, sizes_of_writes_are_told,
     .description = "count is what write was asked for")
{
    struct snapshot snapshot;

    replay("both_write", &snapshot);
    struct autopsy *autopsy = examine(&snapshot, NULL);
    cr_assert_eq(autopsy->waits[0].count, 1 << 20);
    cr_assert_not(autopsy->waits[0].reads);
    cr_assert_str_eq(autopsy->waits[1].label, "pipe B");
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

Test(autopsy, tester_is_a_holder,
     .description = "the test's end of a pipe has a name, and its promise")
{
    struct snapshot snapshot;
    struct tester_end held = {.idle = true};

    replay("stdin", &snapshot);
    memcpy(held.target, snapshot_fd(thread_of(&snapshot, FIRST), 0)->target,
           sizeof(held.target));
    struct autopsy *autopsy = examine(&snapshot, &held);
    const struct autopsy_holder *test =
        autopsy_holder(&autopsy->waits[0], WHO_TESTER);
    cr_assert(test && test->pid == 0 && test->fd == -1);
    cr_assert_eq(autopsy->line_count, 2);
    cr_assert_str_eq(autopsy->lines[0],
                     "process 2 is blocked in read(0): pipe A is empty; its "
                     "write end is held by the test, which will write nothing "
                     "more");
    cr_assert_str_eq(autopsy->lines[1],
                     "so: process 2 waits for input that the test will never "
                     "send");
    autopsy_free(autopsy);
    held.idle = false;
    autopsy = examine(&snapshot, &held);
    cr_assert_str_eq(autopsy->lines[1], "so: process 2 waits for the test");
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

#endif

Test(autopsy, names_are_fit_for_a_screen,
     .description = "a program may call itself anything")
{
    struct snapshot snapshot;

    replay("both_write", &snapshot);
    struct snapshot_thread *cat = thread_of(&snapshot, 3);
    (void)snprintf(cat->name, sizeof(cat->name), "a\033[2Jb\n");
    cat->state = 'R';
    cat->running = true;
    struct autopsy *autopsy = examine(&snapshot, NULL);
    bool found = false;
    for (size_t i = 0; i < autopsy->line_count; i++) {
        cr_assert_null(strpbrk(autopsy->lines[i], "\033\n"));
        found |= strcmp(autopsy->lines[i], "a?[2Jb? 3 is running") == 0;
    }
    cr_assert(found);
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

Test(autopsy, empty_snapshot_has_nothing_to_say,
     .description = "no process, no line")
{
    struct snapshot snapshot = {0};
    struct autopsy *autopsy = examine(&snapshot, NULL);

    cr_assert_eq(autopsy->count, 0);
    cr_assert_eq(autopsy->line_count, 0);
    autopsy_free(autopsy);
    autopsy_free(NULL);
}
