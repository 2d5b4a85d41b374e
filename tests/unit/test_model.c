// SPDX-License-Identifier: MIT
/*
 * test_model.c - does a recording tell what strace's log says, as the kernel
 * has it: steps, waits, descriptors, objects?
 */
#include <criterion/criterion.h>
#include <string.h>

#include "recording.h"

Test(model, pipe_is_made_filled_emptied_and_closed)
{
    json_t *recording = record(
        BEGIN
        "10 1.001000 pipe2([3<pipe:[7]>, 4<pipe:[7]>], O_CLOEXEC) = 0 <0.1>\n"
        "10 1.002000 write(4<pipe:[7]>, \"a\\n\\0\", 3) = 3 <0.000001>\n"
        "10 1.003000 read(3<pipe:[7]>, \"a\\n\\0\", 9) = 3 <0.000001>\n"
        "10 1.004000 close(4<pipe:[7]>) = 0 <0.000001>\n"
        "10 1.005000 read(3<pipe:[7]>, \"\", 9) = 0 <0.000001>\n"
        "10 1.006000 +++ exited with 3 +++\n");

    expect_step(recording, 0, "exec", "exec p -x");
    expect_step(recording, 1, "call", "pipe2: pipe A, read from 3, write to 4");
    expect_step(recording, 2, "call", "write 4 to pipe A: 3 bytes");
    expect_step(recording, 3, "call", "read 3 from pipe A: 3 bytes");
    expect_step(recording, 4, "call", "close 4, a write end of pipe A");
    expect_step(recording, 5, "call", "read 3 from pipe A: end-of-file");
    expect_step(recording, 6, "exit", "exited with status 3");
    cr_expect_eq(size(recording, "steps"), 7);
    cr_expect_eq(number(item(recording, "processes", 0), "lane"), 0);
    const json_t *step = item(recording, "steps", 2);
    cr_expect_str_eq(text(step, "data"), "a\\n\\0");
    cr_expect_str_eq(text(step, "flow"), "out");
    cr_expect_str_eq(text(step, "raw"), "write(4, \"a\\n\\0\", 3) = 3");
    cr_expect_eq(number(step, "at_us"), 1901, "its end, since the exec's");
    const json_t *states =
        json_object_get(item(recording, "objects", 0), "states");
    cr_expect_eq(json_array_size(states), 3);
    cr_expect_eq(number(json_array_get(states, 1), "level"), 3);
    cr_expect_eq(number(json_array_get(states, 1), "step"), 2);
    cr_expect_str_eq(last_state(recording, 0), "empty");
    cr_expect_eq(number(item(recording, "descriptors", 1), "from"), 1);
    cr_expect_eq(number(item(recording, "descriptors", 1), "to"), 4);
    cr_expect(json_is_true(
        json_object_get(item(recording, "descriptors", 1), "cloexec")));
    json_decref(recording);
}

#define FORKED                                                                 \
    BEGIN "10 1.001000 pipe([3<pipe:[7]>, 4<pipe:[7]>]) = 0 <0.000001>\n"      \
          "10 1.002000 fork( <unfinished ...>\n"                               \
          "11 1.002500 read(3<pipe:[7]>,  <unfinished ...>\n"                  \
          "10 1.002900 <... fork resumed>) = 11 <0.000900>\n"

Test(model, call_that_slept_is_a_wait_and_a_return)
{
    json_t *recording =
        record(FORKED "10 1.003000 write(4<pipe:[7]>, \"x\", 1) = 1 <0.1>\n"
                      "11 1.004000 <... read resumed>\"x\", 9) = 1 <0.001500>\n"
                      "11 1.005000 +++ exited with 0 +++\n"
                      "10 1.006000 wait4(-1, [{WIFEXITED(s) && "
                      "WEXITSTATUS(s) == 0}], 0, NULL) = 11 <0.000001>\n");

    expect_step(recording, 2, "fork", "fork: child 11");
    expect_step(recording, 3, "wait", "read 3 from pipe A");
    expect_step(recording, 4, "call", "write 4 to pipe A: 1 byte");
    expect_step(recording, 5, "return", "read 3 from pipe A: 1 byte");
    expect_step(recording, 7, "call", "wait4: p 11 exited with status 0");
    cr_expect_eq(number(item(recording, "steps", 3), "until"), 5);
    cr_expect_eq(number(item(recording, "steps", 5), "blocked_us"), 1500);
    cr_expect_eq(number(item(recording, "steps", 2), "other"), 1);
    cr_expect_eq(number(item(recording, "processes", 1), "parent"), 0);
    cr_expect_eq(number(item(recording, "processes", 1), "from"), 2);
    cr_expect_eq(number(item(recording, "processes", 1), "to"), 6);
    cr_expect_eq(size(recording, "descriptors"), 4, "the child has copies");
    json_decref(recording);
}

Test(model, exec_closes_what_is_close_on_exec)
{
    json_t *recording = record(
        BEGIN
        "10 1.100000 pipe2([3<pipe:[7]>, 4<pipe:[7]>], O_CLOEXEC) = 0 <0.1>\n"
        "10 1.200000 dup2(3<pipe:[7]>, 0</dev/null<char 1:3>>) = 0 <0.1>\n"
        "10 1.300000 execve(\"/bin/cat\", [\"cat\"], 0x1) = 0 <0.000100>\n"
        "10 1.400000 exit_group(0) = ?\n");
    size_t open = 0;

    for (size_t i = 0; i < size(recording, "descriptors"); i++) {
        const json_t *fd = item(recording, "descriptors", i);
        if (!json_is_null(json_object_get(fd, "to")))
            continue;
        open++;
        cr_expect_eq(number(fd, "fd"), 0, "dup2(2) drops close-on-exec");
        cr_expect_str_eq(text(fd, "mode"), "r");
    }
    cr_expect_eq(open, 1);
    cr_expect_str_eq(text(item(recording, "processes", 0), "name"), "cat");
    json_decref(recording);
}

Test(model, what_came_after_a_hang_is_not_told)
{
    const char *log =
        FORKED "10 1.003000 wait4(-1,  <unfinished ...>\n"
               "11 9.000000 <... read resumed>0x1, 9) = ? ERESTARTSYS (To be "
               "restarted if SA_RESTART is set) <8.0>\n"
               " > /kit/pipe(f+0x1) [0x1234]\n"
               "11 9.000000 --- SIGVTALRM {si_signo=SIGVTALRM} ---\n"
               "11 9.100000 +++ killed by SIGVTALRM +++\n";
    json_t *about = json_pack(
        "{s:b, s:I, s:s, s:[{s:i, s:s, s:b, s:i, s:[{s:i, s:i, s:s, s:b, "
        "s:b}]}], s:[s]}",
        "hung", 1, "hung_us", (json_int_t)8000000, "story",
        "is deadlocked: no process can ever go on", "waits", "pid", 11, "call",
        "read", "reads", 1, "fd", 3, "holders", "pid", 11, "fd", 4, "name",
        "child 11", "itself", 1, "blocked", 1, "lines", "the sentence");
    struct run_log run = {.text = log,
                          .size = strlen(log),
                          .program = "/bin/p",
                          .own = "/kit/pipe",
                          .about = about};
    json_t *recording = model_record(&run);
    const json_t *wait = item(recording, "waits", 0);

    cr_expect_eq(size(recording, "steps"), 5);
    expect_step(recording, 3, "wait", "read 3 from pipe A");
    cr_expect(
        json_is_null(json_object_get(item(recording, "steps", 3), "until")));
    cr_expect_eq(number(item(recording, "steps", 3), "address"), 0x1234,
                 "where it waits is told by the stack of its end");
    cr_expect(json_is_true(json_object_get(recording, "hung")));
    cr_expect_eq(number(wait, "process"), 1);
    cr_expect_eq(number(wait, "object"), 0);
    cr_expect_str_eq(text(wait, "text"), "the sentence");
    cr_expect_str_eq(
        text(json_array_get(json_object_get(wait, "holders"), 0), "close"),
        "child 11 should have closed its descriptor 4");
    json_decref(recording);
    json_decref(about);
}

/* ---- What the autopsy says ----------------------------------------------- */

/* Two pipes; the autopsy has come upon the second one first. */
#define TWO_PIPES                                                              \
    BEGIN "10 1.001000 pipe([3<pipe:[7]>, 4<pipe:[7]>]) = 0 <0.000001>\n"      \
          "10 1.002000 pipe([5<pipe:[8]>, 6<pipe:[8]>]) = 0 <0.000001>\n"      \
          "10 1.003000 read(5<pipe:[8]>,  <unfinished ...>\n"

/* The recording of a run that hung in its read of pipe B. */
static json_t *record_hang(const char *line, const char *note)
{
    json_t *about =
        json_pack("{s:b, s:I, s:s, s:[{s:i, s:s, s:b, s:i, s:[]}], s:[s, s]}",
                  "hung", 1, "hung_us", (json_int_t)8000000, "story",
                  "is deadlocked", "waits", "pid", 10, "call", "read", "reads",
                  1, "fd", 5, "holders", "lines", line, note);
    struct run_log run = {.text = TWO_PIPES,
                          .size = strlen(TWO_PIPES),
                          .program = "/bin/p",
                          .about = about};
    json_t *recording = model_record(&run);

    cr_assert(recording);
    json_decref(about);
    return recording;
}

Test(model, autopsy_names_objects_as_the_drawing_does)
{
    json_t *recording =
        record_hang("pipe 10 is blocked in read(5): pipe A is empty",
                    "so: pipe 10 waits for the other end of pipe A");

    cr_expect_str_eq(text(item(recording, "waits", 0), "text"),
                     "pipe 10 is blocked in read(5): pipe B is empty");
    cr_expect_str_eq(json_string_value(item(recording, "notes", 0)),
                     "so: pipe 10 waits for the other end of pipe B");
    cr_expect_eq(size(recording, "notes"), 1);
    json_decref(recording);
}

/* ---- Time, and room ------------------------------------------------------ */

Test(model, who_waits_alone_has_waited_too)
{
    json_t *recording = record(
        BEGIN
        "10 1.100000 clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=1}, NULL) = 0 "
        "<1.000200>\n"
        "10 2.200000 pipe([3<pipe:[7]>, 4<pipe:[7]>]) = 0 <0.200000>\n"
        "10 2.500000 write(4<pipe:[7]>, \"x\", 1) = 1 <0.200000>\n"
        "10 2.800000 clock_nanosleep(CLOCK_REALTIME, 0, {tv_nsec=1}, NULL) = 0 "
        "<0.000200>\n");

    expect_step(recording, 1, "call", "clock_nanosleep");
    cr_expect_eq(number(item(recording, "steps", 1), "blocked_us"), 1000200);
    cr_expect_eq(number(item(recording, "steps", 2), "blocked_us"), 0,
                 "pipe(2) never waits");
    cr_expect_eq(number(item(recording, "steps", 3), "blocked_us"), 0,
                 "the machine was slow, but there was room");
    cr_expect_eq(number(item(recording, "steps", 4), "blocked_us"), 0);
    json_decref(recording);
}

Test(model, pipe_has_the_room_that_it_was_given)
{
    json_t *recording = record(
        FORKED
        "10 1.003000 fcntl(4<pipe:[7]>, F_SETPIPE_SZ, 4096) = 4096 <0.1>\n"
        "10 1.004000 write(4<pipe:[7]>, \"x\"..., 4096) = 4096 <0.1>\n"
        "10 1.005000 write(4<pipe:[7]>, \"y\", 1 <unfinished ...>\n"
        "11 1.006000 <... read resumed>\"x\", 9) = 9 <0.003500>\n"
        "10 1.007000 <... write resumed>) = 1 <0.002>\n");
    const json_t *states =
        json_object_get(item(recording, "objects", 0), "states");

    expect_step(recording, 4, "call",
                "fcntl 4: pipe A has room for 4096 bytes");
    cr_expect_str_eq(
        text(json_array_get(states, json_array_size(states) - 1), "text"),
        "4088 bytes");
    cr_expect_eq(
        number(json_array_get(states, json_array_size(states) - 1), "capacity"),
        4096);
    cr_expect_str_eq(state(recording, 0, 1), "4096 bytes, full");
    json_decref(recording);
}

Test(model, semaphores_have_the_values_that_they_were_told)
{
    json_t *recording = record(
        BEGIN
        "10 1.100000 semget(0x77, 2, IPC_CREAT|IPC_EXCL|0600) = 5 <0.1>\n"
        "10 1.200000 write(-1, \"ipclab: aside\", 13) = -1 EBADF (Bad) <0.1>\n"
        "10 1.200000 semctl(5, 0, IPC_STAT, {sem_nsems=2}) = 0 <0.1>\n"
        "10 1.200000 write(-1, \"ipclab: semctl 5 1 2\", 20) = -1 EBADF (B)\n"
        "10 1.300000 semop(5, [{sem_num=1, sem_op=-2, sem_flg=SEM_UNDO}], 1) = "
        "0 <0.1>\n");

    expect_step(recording, 1, "call", "semget key 0x77: set A");
    expect_step(recording, 2, "call",
                "semop set A: -2 to number 1 (undo): done");
    cr_expect_str_eq(last_state(recording, 0), "values 1 0");
    json_decref(recording);

    recording = record(
        BEGIN
        "10 1.100000 semget(0x77, 1, IPC_CREAT|IPC_EXCL|0600) = 5 <0.1>\n"
        "10 1.200000 semctl(5, 0, SETVAL, 0x1) = 0 <0.1>\n"
        "10 1.300000 semop(5, [{sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}], 1) = "
        "0 <0.1>\n"
        "10 1.400000 +++ killed by SIGKILL +++\n");
    cr_expect_str_eq(last_state(recording, 0), "values 1",
                     "SEM_UNDO puts it back at the end: semop(2)");
    json_decref(recording);
}

Test(model, queues_keep_their_order)
{
    json_t *recording = record(
        BEGIN
        "10 1.100000 mq_open(\"q\", O_RDWR|O_CREAT, 0600, NULL) = 3</q> <0.1>\n"
        "10 1.200000 mq_timedsend(3</q>, \"low\", 3, 1, NULL) = 0 <0.1>\n"
        "10 1.300000 mq_timedsend(3</q>, \"high\", 4, 9, NULL) = 0 <0.1>\n"
        "10 1.400000 mq_timedreceive(3</q>, \"high\", 99, [9], NULL) = 4 "
        "<0.1>\n"
        "10 1.500000 msgget(0x9, IPC_CREAT|0600) = 0 <0.1>\n"
        "10 1.600000 msgsnd(0, {mtype=3, mtext=\"a\"}, 1, 0) = 0 <0.1>\n"
        "10 1.700000 msgsnd(0, {mtype=2, mtext=\"b\"}, 1, 0) = 0 <0.1>\n"
        "10 1.800000 msgrcv(0, {mtype=2, mtext=\"b\"}, 9, -5, 0) = 1 <0.1>\n");
    const json_t *states =
        json_object_get(item(recording, "objects", 0), "states");

    expect_step(recording, 4, "call",
                "mq_receive from queue /q: priority 9, 4 bytes");
    cr_expect_str_eq(
        json_string_value(json_array_get(
            json_object_get(json_array_get(states, 2), "items"), 0)),
        "priority 9: \"high\"");
    cr_expect_str_eq(last_state(recording, 0), "1 message");
    expect_step(recording, 8, "call",
                "msgrcv from queue A: the lowest type up to 5: type 2, 1 "
                "bytes");
    cr_expect_str_eq(last_state(recording, 1), "1 message");
    json_decref(recording);
}

Test(model, segments_are_attached_by_as_many_as_have_them)
{
    json_t *recording =
        record(BEGIN "10 1.100000 shmget(0x7, 99, IPC_CREAT|0600) = 2 <0.1>\n"
                     "10 1.200000 shmat(2, NULL, 0) = 0x7f0000 <0.1>\n"
                     "10 1.300000 fork() = 11 <0.1>\n"
                     "11 1.400000 shmdt(0x7f0000) = 0 <0.1>\n"
                     "10 1.500000 shmctl(2, IPC_RMID, NULL) = 0 <0.1>\n"
                     "10 1.600000 +++ exited with 0 +++\n");
    const json_t *states =
        json_object_get(item(recording, "objects", 0), "states");
    static const char *const expected[] = {"attached by 0",
                                           "attached by 1",
                                           "attached by 2",
                                           "attached by 1",
                                           "attached by 1, to be destroyed",
                                           "destroyed"};

    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
        cr_expect_str_eq(text(json_array_get(states, i), "text"), expected[i]);
    json_decref(recording);
}

Test(model, nothing_was_started)
{
    json_t *recording = record("strace: nonsense\n");

    cr_expect_eq(size(recording, "steps"), 0);
    cr_expect_str_eq(text(recording, "end"), "it was never started");
    json_decref(recording);
}
