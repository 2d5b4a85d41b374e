// SPDX-License-Identifier: MIT
/*
 * test_locks.c - who has locked a file, and who waits for it: recorded, and in
 * processes that really wait.
 */
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "autopsy_evidence.h"
#include "trace.h"

static bool is_proved(const struct snapshot *first,
                      const struct snapshot *second)
{
    struct trace trace = {0};

    return deadlock_proved(first, second, &trace, NULL, 0);
}

#if defined(__x86_64__) /* the recordings hold its system call numbers */

Test(locks, lines,
     .description = "records, whole files and descriptions: the bytes, their "
                    "holders, and a circle")
{
    assert_lines("lock_records",
                 "parent 2 is blocked in wait4(-1): child 3 has not ended\n"
                 "child 3 is blocked in fcntl(3, F_SETLKW, F_WRLCK): bytes 0 "
                 "to 15 of /nil/f are locked to write by parent 2 (descriptor "
                 "3), which is blocked in wait4\n"
                 "so: parent 2 waits for child 3, which waits for parent 2\n");
    assert_lines("lock_whole",
                 "parent 2 is blocked in wait4(-1): child 3 has not ended\n"
                 "child 3 is blocked in flock(4, LOCK_SH): /nil/f is locked to "
                 "write by child 3 itself (descriptor 3) and parent 2 "
                 "(descriptor 3)\n"
                 "so: parent 2 waits for child 3, which waits for parent 2\n");
    assert_lines(
        "lock_circle",
        "parent 2 is blocked in wait4(-1): child 3 and child 4 have not ended\n"
        "child 3 is blocked in fcntl(5, F_OFD_SETLKW, F_WRLCK): bytes 16 to 31 "
        "of /nil/f are locked to write by child 4 (descriptor 5), which is "
        "blocked in fcntl\n"
        "child 4 is blocked in fcntl(5, F_OFD_SETLKW, F_WRLCK): bytes 0 to 15 "
        "of /nil/f are locked to write by child 3 (descriptor 5), which is "
        "blocked in fcntl\n"
        "so: child 3 waits for child 4, which waits for child 3\n");
}

Test(locks, waits_are_typed, .description = "what a lab's rules ask for")
{
    struct snapshot snapshot;

    replay("lock_records", &snapshot);
    struct autopsy *autopsy =
        autopsy_new(&snapshot, FIRST, PROGRAM, NULL, 0, NULL);
    const struct autopsy_wait *wait = &autopsy->waits[1];
    cr_assert_eq(wait->object, OBJECT_LOCK);
    cr_assert(wait->lock.known && wait->lock.writes);
    cr_assert_eq(wait->lock.kind, LOCK_RECORD);
    cr_assert_eq(wait->lock.from, 8);
    cr_assert_eq(wait->lock.to, 23);
    cr_assert(wait->lock.held && wait->lock.held_writes);
    cr_assert_eq(wait->lock.held_to, 15);
    cr_assert_not(wait->lock.held_by_more);
    cr_assert_eq(wait->holder_count, 1);
    cr_assert_eq(wait->holders[0].who, WHO_PARENT);
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

/* The line of child 3 of lock_records, after SPOIL. */
static void assert_line(void (*spoil)(struct snapshot *), const char *text)
{
    struct snapshot snapshot;

    replay("lock_records", &snapshot);
    spoil(&snapshot);
    struct autopsy *autopsy =
        autopsy_new(&snapshot, FIRST, PROGRAM, NULL, 0, NULL);
    cr_assert_str_eq(autopsy->lines[1], text, "%s", autopsy->lines[1]);
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

/* As where the tester has locked it: see lock_is_inside(). */
static void hide_rows(struct snapshot *snapshot)
{
    snapshot->lock_count = snapshot->holding_count = 0;
}

static void share_and_spread(struct snapshot *snapshot)
{
    snapshot->locks[0].to = LOCK_TO_END;
    snapshot->locks[0].from = 8;
    snapshot->locks[0].writes = false;
    snapshot->holding_count = 0;
}

static void hold_two(struct snapshot *snapshot)
{
    snapshot->holdings[0].lock.to = 7; /* no longer in its way... */
    snapshot->locks[0].to = 9;
    snapshot->locks[0].from = 9;
}

/* The same inode on another device: what another sandbox has locked. */
static void be_of_another_file(struct snapshot *snapshot)
{
    struct snapshot_thread *thread = thread_of(snapshot, 3);

    for (size_t i = 0; i < thread->fd_count; i++)
        strncpy(thread->fds[i].device, "00:01", 15);
}

static void know_nothing(struct snapshot *snapshot)
{
    hide_rows(snapshot);
    thread_of(snapshot, 3)->memory_size = 0;
}

Test(locks, other_states,
     .description = "holders out of sight, single bytes, open ends; nothing is "
                    "said of what is not known")
{
    assert_line(hide_rows, "child 3 is blocked in fcntl(3, F_SETLKW, F_WRLCK): "
                           "bytes 8 to 23 of /nil/f are locked, by no process "
                           "in sight");
    assert_line(share_and_spread,
                "child 3 is blocked in fcntl(3, F_SETLKW, F_WRLCK): /nil/f "
                "from byte 8 on is locked to read by parent 2, which is "
                "blocked in wait4");
    assert_line(hold_two, "child 3 is blocked in fcntl(3, F_SETLKW, F_WRLCK): "
                          "byte 9 of /nil/f is locked to write by parent 2, "
                          "which is blocked in wait4");
    assert_line(be_of_another_file,
                "child 3 is blocked in fcntl(3, F_SETLKW, F_WRLCK): bytes 8 to "
                "23 of /nil/f are locked, by no process in sight");
    assert_line(know_nothing, "child 3 is blocked in fcntl(3): somebody else "
                              "has locked /nil/f");
}

/* Whether recording NAME is proved to be dead after SPOIL, in both looks. */
static bool is_dead(const char *name, void (*spoil)(struct snapshot *))
{
    struct snapshot first, second;

    replay(name, &first);
    replay(name, &second);
    if (spoil) {
        spoil(&first);
        spoil(&second);
    }
    bool proved = is_proved(&first, &second);
    snapshot_release(&first);
    snapshot_release(&second);
    return proved;
}

static void be_held_by_a_stranger(struct snapshot *snapshot)
{
    snapshot->locks[0].pid = 9;
}

static void be_held_unseen(struct snapshot *snapshot)
{
    snapshot->holding_count = 0;
}

/* Two alike: one of them may be the tester's. */
static void be_held_twice(struct snapshot *snapshot)
{
    struct snapshot_lock *more =
        grow(&snapshot->locks, &snapshot->lock_count, sizeof(*more));

    *more = snapshot->locks[0];
}

/* A stranger waits before it. */
static void be_queued_behind(struct snapshot *snapshot)
{
    struct snapshot_lock *more =
        grow(&snapshot->locks, &snapshot->lock_count, sizeof(*more));

    (void)more;
    snapshot->locks[2] = snapshot->locks[1];
    snapshot->locks[2].depth = 2;
    snapshot->locks[1].pid = 0;
}

Test(locks, proof,
     .description = "a lock that only the program can give up is a deadlock; a "
                    "holder, or one before it, that is not seen is a doubt")
{
    cr_assert(is_dead("lock_records", NULL));
    cr_assert(is_dead("lock_whole", NULL));
    cr_assert(is_dead("lock_circle", NULL));
    cr_assert_not(is_dead("lock_records", hide_rows));
    cr_assert_not(is_dead("lock_records", be_of_another_file));
    cr_assert_not(is_dead("lock_records", be_held_by_a_stranger));
    cr_assert_not(is_dead("lock_records", be_queued_behind));
    cr_assert_not(is_dead("lock_whole", be_held_unseen));
    cr_assert_not(is_dead("lock_whole", be_held_twice));
    cr_assert_not(is_dead("lock_circle", be_held_unseen));
    cr_assert_not(is_dead("lock_circle", be_held_twice));
    cr_assert_not(is_dead("lock_circle", be_queued_behind));
}

#endif

/* ---- Live ---------------------------------------------------------------- */

static char path[] = "/tmp/ipclab-locks.XXXXXX";

static void lock_record(int fd, int command)
{
    struct flock lock = {.l_type = F_WRLCK, .l_len = 4};

    (void)fcntl(fd, command, &lock);
}

static void wait_for_record(void)
{
    lock_record(open(path, O_RDWR), F_SETLKW);
}

static void wait_for_description(void)
{
    lock_record(open(path, O_RDWR), F_OFD_SETLKW);
}

static void wait_for_whole(void)
{
    (void)flock(open(path, O_RDWR), LOCK_EX);
}

/* The parent has the lock, and waits for its child. */
static void dead_record(void)
{
    lock_record(open(path, O_RDWR), F_SETLKW);
    if (fork() == 0)
        wait_for_record();
    (void)wait(NULL);
}

static void dead_description(void)
{
    lock_record(open(path, O_RDWR), F_OFD_SETLKW);
    wait_for_description();
}

static void dead_whole(void)
{
    (void)flock(open(path, O_RDWR), LOCK_SH);
    if (fork() == 0 || fork() == 0)
        wait_for_whole();
    (void)wait(NULL);
}

static bool proved_within(int ms)
{
    int64_t deadline = now_ms() + ms;
    bool proved = false;

    while (!proved && now_ms() < deadline) {
        struct snapshot first, second;
        look(&first);
        look(&second);
        proved = is_proved(&first, &second);
        snapshot_release(&first);
        snapshot_release(&second);
        (void)usleep(500);
    }
    return proved;
}

Test(locks, real_hangs_are_proved, .timeout = 600,
     .description = "processes that really wait for each other's locks")
{
    void (*const programs[])(void) = {dead_record, dead_description,
                                      dead_whole};

    (void)close(mkstemp(path));
    for (size_t i = 0; i < LENGTH(programs); i++) {
        pid_t pid = start(programs[i], -1);
        bool proved = proved_within(60000);
        stop(pid);
        cr_assert(proved, "program %zu", i);
    }
    (void)unlink(path);
}

Test(locks, a_lock_of_the_tester_is_alive, .timeout = 600,
     .description = "what the test has locked it may unlock")
{
    void (*const programs[])(void) = {wait_for_record, wait_for_description,
                                      wait_for_whole};
    int fd = mkstemp(path);

    lock_record(fd, F_SETLKW);
    (void)flock(fd, LOCK_EX);
    for (size_t i = 0; i < LENGTH(programs); i++) {
        pid_t pid = start(programs[i], -1);
        bool proved = proved_within(200);
        stop(pid);
        cr_assert_not(proved, "program %zu", i);
    }
    (void)close(fd);
    (void)unlink(path);
}
