// SPDX-License-Identifier: MIT
/*
 * test_model_ipc.c - does a recording tell of semaphores, queues and segments
 * what the kernel would, also where strace has logged a result before the call
 * that made it possible?
 */
#include "recording.h"

#define SET                                                                    \
    BEGIN "10 1.100000 semget(IPC_PRIVATE, 2, 0600) = 0 <0.1>\n"               \
          "10 1.200000 fork() = 11 <0.1>\n"

#define OP(num, by, flags)                                                     \
    "[{sem_num=" #num ", sem_op=" #by ", sem_flg=" flags "}], 1"

Test(model_ipc, new_private_set_is_zero)
{
    json_t *recording =
        record(BEGIN "10 1.100000 semget(IPC_PRIVATE, 2, 0600) = 0 <0.1>\n");

    cr_expect_str_eq(last_state(recording, 0), "values 0 0");
    json_decref(recording);
}

Test(model_ipc, sleeper_counts_where_it_is_blocked)
{
    json_t *recording = record(
        SET "11 1.300000 semtimedop(0, [{sem_num=1, sem_op=0, "
            "sem_flg=0}, {sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}], 2, "
            "NULL <unfinished ...>\n"
            "10 1.400000 semtimedop(0, " OP(1, 1, "0") ", NULL) = 0 <0.1>\n");

    expect_step(recording, 3, "wait",
                "semop set A: wait until number 1 is 0, -1 to number 0 (undo)");
    cr_expect_str_eq(state(recording, 0, 1), "values 0 0, waiting 1 0",
                     "its first change could be made");
    cr_expect_str_eq(last_state(recording, 0), "values 0 1, waiting for 0: 0 1",
                     "now it could not: semzcnt, not semncnt");
    cr_expect_str_eq(last_item(recording, 0, 1),
                     "number 1: value 1, 1 waits for it to be 0");
    json_decref(recording);
}

Test(model_ipc, sleeper_that_is_killed_waits_no_more)
{
    json_t *recording = record(SET "11 1.300000 semop(0, " OP(
        0, -1, "0") " <unfinished ...>\n"
                    "10 1.400000 kill(11, SIGKILL) = 0 <0.1>\n"
                    "11 1.500000 +++ killed by SIGKILL +++\n");

    cr_expect_str_eq(state(recording, 0, 1), "values 0 0, waiting 1 0");
    cr_expect_str_eq(last_state(recording, 0), "values 0 0");
    json_decref(recording);
}

Test(model_ipc, call_that_finds_what_it_wants_did_not_wait)
{
    json_t *recording = record(SET "11 1.300000 semop(0, " OP(
        0, 1, "0") " <unfinished ...>\n"
                   "10 1.400000 semop(0, " OP(
                       1, 1,
                       "0") ") = 0 <0.1>\n"
                            "11 1.500000 <... semop resumed>) = 0 <0.2>\n");

    cr_expect_eq(size(recording, "steps"), 5);
    expect_step(recording, 4, "call", "semop set A: +1 to number 0: done");
    json_decref(recording);
}

Test(model_ipc, changes_of_a_call_are_made_one_after_the_other)
{
    json_t *recording = record(
        SET "11 1.300000 semop(0, [{sem_num=0, sem_op=1, sem_flg=0}, "
            "{sem_num=0, sem_op=-1, sem_flg=0}], 2 <unfinished ...>\n"
            "10 1.400000 semop(0, " OP(
                1, 1, "0") ") = 0 <0.1>\n"
                           "11 1.500000 <... semop resumed>) = 0 <0.2>\n");

    cr_expect_eq(size(recording, "steps"), 5, "it need not have waited");
    json_decref(recording);
}

Test(model_ipc, v_comes_before_the_p_that_it_lets_through)
{
    json_t *recording = record(SET "11 1.300000 semop(0, " OP(
        0, -1, "0") " <unfinished ...>\n"
                    "10 1.400000 semop(0, " OP(
                        0, 1,
                        "0") " <unfinished ...>\n"
                             "11 1.400100 <... semop resumed>) = 0 <0.1>\n"
                             "10 1.400200 <... semop resumed>) = 0 <0.1>\n");

    expect_step(recording, 3, "wait", "semop set A: -1 to number 0");
    expect_step(recording, 4, "call", "semop set A: +1 to number 0: done");
    expect_step(recording, 5, "return", "semop set A: -1 to number 0: done");
    cr_expect_str_eq(last_state(recording, 0), "values 0 0");
    json_decref(recording);
}

Test(model_ipc, holder_dies_before_its_lock_is_taken)
{
    json_t *recording = record(
        SET
        "10 1.210000 semctl(0, 0, SETVAL, 0x1) = 0 <0.1>\n"
        "11 1.300000 semop(0, " OP(
            0, -1,
            "SEM_UNDO") ") = 0 <0.1>\n"
                        "10 1.400000 fork() = 12 <0.1>\n"
                        "12 1.500000 semop(0, " OP(
                            0, -1,
                            "0") " <unfinished ...>\n"
                                 "10 1.600000 kill(11, SIGKILL) = 0 <0.1>\n"
                                 "12 1.700000 <... semop resumed>) = 0 <0.1>\n"
                                 "11 1.700100 +++ killed by SIGKILL +++\n");

    expect_step(recording, 8, "exit", "killed by SIGKILL");
    expect_step(recording, 9, "return", "semop set A: -1 to number 0: done");
    cr_expect_str_eq(last_state(recording, 0), "values 0 0");
    json_decref(recording);
}

Test(model_ipc, setval_forgets_what_was_to_be_undone)
{
    json_t *recording = record(SET "11 1.300000 semop(0, " OP(
        0, 1, "SEM_UNDO") ") = 0 <0.1>\n"
                          "10 1.400000 semctl(0, 0, SETVAL, 0x5) = 0 <0.1>\n"
                          "11 1.500000 +++ exited with 0 +++\n");

    expect_step(recording, 4, "call",
                "semctl set A: SETVAL, number 0 becomes 5");
    cr_expect_str_eq(last_state(recording, 0), "values 5 0");
    json_decref(recording);
}

Test(model_ipc, sleeper_hears_of_the_removal_of_its_own_set)
{
    json_t *recording = record(SET "11 1.300000 semop(0, " OP(
        0, -1, "0") " <unfinished ...>\n"
                    "10 1.400000 semctl(0, 0, IPC_RMID) = 0 <0.1>\n"
                    "11 1.500000 <... semop resumed>) = -1 EIDRM (Identifier "
                    "removed) <0.1>\n"
                    "11 1.600000 semop(0, " OP(
                        0, 1, "0") ") = -1 EINVAL "
                                   "(Invalid argument) <0.1>\n");

    expect_step(recording, 5, "return",
                "semop set A: -1 to number 0: EIDRM, Identifier removed");
    expect_step(recording, 6, "call",
                "semop set A: +1 to number 0: EINVAL, Invalid argument");
    cr_expect_eq(size(recording, "objects"), 1, "there was no other set");
    cr_expect_str_eq(last_state(recording, 0), "values 0 0, removed");
    json_decref(recording);
}

#define MESSAGES                                                               \
    BEGIN "10 1.100000 msgget(0x9, IPC_CREAT|0600) = 0 <0.1>\n"                \
          "10 1.200000 fork() = 11 <0.1>\n"

#define ALONE BEGIN "10 1.100000 msgget(0x9, IPC_CREAT|0600) = 0 <0.1>\n"

Test(model_ipc, message_is_sent_before_it_is_received)
{
    json_t *recording = record(
        MESSAGES
        "11 1.300000 msgrcv(0,  <unfinished ...>\n"
        "10 1.400000 msgsnd(0, {mtype=3, mtext=\"ab\"}, 2, 0 <unfinished ...>\n"
        "11 1.400100 <... msgrcv resumed>{mtype=3, mtext=\"ab\\0\\0\\0\"}, 5, "
        "0, 0) = 2 <0.1>\n"
        "10 1.400200 <... msgsnd resumed>) = 0 <0.1>\n");

    expect_step(recording, 4, "call", "msgsnd to queue A: type 3, 2 bytes");
    expect_step(recording, 5, "return",
                "msgrcv from queue A: the first: type 3, 2 bytes");
    cr_expect_str_eq(text(item(recording, "steps", 5), "data"), "ab",
                     "not what else the buffer holds");
    cr_expect_str_eq(last_state(recording, 0), "empty");
    json_decref(recording);
}

Test(model_ipc, queue_tells_how_full_it_is)
{
    json_t *recording = record(
        MESSAGES
        "10 1.300000 msgctl(0, IPC_SET, {msg_perm={}, msg_qbytes=9}) = 0 "
        "<0.1>\n"
        "10 1.400000 msgsnd(0, {mtype=1, mtext=\"\\1\\0\\0\\0\"}, 4, 0) = 0 "
        "<0.1>\n"
        "11 1.500000 msgsnd(0, {mtype=1, mtext=\"abcdef\"}, 6, 0 <unfinished "
        "...>\n"
        "10 1.600000 msgrcv(0, {mtype=1, mtext=\"\\1\\0\\0\\0\"}, 9, 0, 0) = 4 "
        "<0.1>\n"
        "11 1.700000 <... msgsnd resumed>) = 0 <0.2>\n");

    expect_step(recording, 3, "call", "msgctl queue A: room for 9 bytes");
    cr_expect_str_eq(state(recording, 0, 1), "1 message, 4 of 9 bytes");
    expect_step(recording, 5, "wait", "msgsnd to queue A: type 1, 6 bytes");
    expect_step(recording, 7, "return", "msgsnd to queue A: type 1, 6 bytes");
    cr_expect_str_eq(last_state(recording, 0), "1 message, 6 of 9 bytes");
    json_decref(recording);
}

Test(model_ipc, zeros_at_the_end_of_a_message_are_left_out)
{
    json_t *recording =
        record(ALONE "10 1.300000 msgsnd(0, {mtype=1, mtext=\"\\1\\0a\\0\\0\""
                     "}, 5, 0) = 0 <0.1>\n");

    cr_expect_str_eq(last_item(recording, 0, 0), "type 1: \"\\1\\0a\"...");
    json_decref(recording);
}

Test(model_ipc, negative_type_takes_the_lowest_and_not_the_first)
{
    json_t *recording = record(
        ALONE
        "10 1.300000 msgsnd(0, {mtype=5, mtext=\"five\"}, 4, 0) = 0 <0.1>\n"
        "10 1.400000 msgsnd(0, {mtype=3, mtext=\"three\"}, 5, 0) = 0 <0.1>\n"
        "10 1.500000 msgsnd(0, {mtype=9, mtext=\"nine\"}, 4, 0) = 0 <0.1>\n"
        "10 1.600000 msgsnd(0, {mtype=3, mtext=\"again\"}, 5, 0) = 0 <0.1>\n"
        "10 1.700000 msgrcv(0, {mtype=3, mtext=\"three\"}, 99, -5, 0) = 5 "
        "<0.1>\n"
        "10 1.800000 msgrcv(0, 0x1, 99, 7, IPC_NOWAIT) = -1 ENOMSG (No message "
        "of desired type) <0.1>\n");

    cr_expect_str_eq(last_item(recording, 0, 0), "type 5: \"five\"");
    cr_expect_str_eq(last_item(recording, 0, 2), "type 3: \"again\"");
    expect_step(recording, 7, "call",
                "msgrcv from queue A: type 7: ENOMSG, No message of desired "
                "type");
    json_decref(recording);
}

#define QUEUE                                                                  \
    BEGIN "10 1.100000 mq_open(\"q\", O_RDWR|O_CREAT, 0600, {mq_flags=0, "     \
          "mq_maxmsg=4, mq_msgsize=9, mq_curmsgs=0}) = 3</q> <0.1>\n"          \
          "10 1.200000 fork() = 11 <0.1>\n"                                    \
          "11 1.300000 mq_notify(3</q>, {sigev_signo=SIGUSR1, "                \
          "sigev_notify=SIGEV_SIGNAL}) = 0 <0.1>\n"

Test(model_ipc, registration_is_used_up_by_the_first_message)
{
    json_t *recording = record(
        QUEUE "10 1.400000 mq_timedsend(3</q>, \"a\", 1, 0, NULL) = 0 <0.1>\n");

    cr_expect_str_eq(state(recording, 0, 0), "empty");
    expect_step(recording, 4, "call",
                "mq_send to queue /q: priority 0, 1 bytes: notifies p 11");
    cr_expect_str_eq(last_state(recording, 0), "1 of 4 messages");
    cr_expect_str_eq(last_item(recording, 0, 1), "will notify nobody");
    json_decref(recording);
}

Test(model_ipc, registration_on_a_queue_with_messages_stays)
{
    json_t *recording = record(
        BEGIN
        "10 1.100000 mq_open(\"q\", O_RDWR|O_CREAT, 0600, NULL) = 3</q> <0.1>\n"
        "10 1.200000 mq_timedsend(3</q>, \"a\", 1, 0, NULL) = 0 <0.1>\n"
        "10 1.300000 mq_notify(3</q>, {sigev_signo=SIGUSR1}) = 0 <0.1>\n"
        "10 1.400000 mq_timedsend(3</q>, \"b\", 1, 0, NULL) = 0 <0.1>\n");

    expect_step(recording, 4, "call",
                "mq_send to queue /q: priority 0, 1 bytes");
    cr_expect_str_eq(last_item(recording, 0, 2), "will notify p 10");
    json_decref(recording);
}

Test(model_ipc, who_sleeps_in_mq_receive_gets_it_and_nobody_is_notified)
{
    json_t *recording = record(
        QUEUE "10 1.310000 fork() = 12 <0.1>\n"
              "12 1.400000 mq_timedreceive(3</q>,  <unfinished ...>\n"
              "10 1.500000 mq_timedsend(3</q>, \"a\", 1, 7, NULL <unfinished "
              "...>\n"
              "12 1.500100 <... mq_timedreceive resumed>\"a\", 9, [7], NULL) = "
              "1 <0.1>\n"
              "10 1.500200 <... mq_timedsend resumed>) = 0 <0.1>\n");

    expect_step(recording, 6, "call",
                "mq_send to queue /q: priority 7, 1 bytes");
    expect_step(recording, 7, "return",
                "mq_receive from queue /q: priority 7, 1 bytes");
    cr_expect_str_eq(last_state(recording, 0), "empty");
    cr_expect_str_eq(last_item(recording, 0, 0), "will notify p 11");
    json_decref(recording);
}

Test(model_ipc, who_closes_the_queue_is_no_longer_registered)
{
    json_t *recording = record(QUEUE "11 1.400000 close(3</q>) = 0 <0.1>\n");

    cr_expect_str_eq(last_item(recording, 0, 0), "will notify nobody");
    json_decref(recording);
}

/* ---- What others than the run put in and take out ------------------------ */

static void expect_outside(const json_t *recording, size_t index)
{
    const json_t *object = item(recording, "objects", index);

    cr_expect(json_is_true(json_object_get(object, "outside")), "%s",
              text(object, "label"));
    cr_expect_eq(json_array_size(json_object_get(object, "states")), 0,
                 "nobody knows what is in it");
}

/* The first message was there before; another that took it is not traced. */
Test(model_ipc, queue_that_others_made_has_no_states)
{
    json_t *recording = record(
        BEGIN
        "10 1.100000 msgget(0x9, 0) = 0 <0.1>\n"
        "10 1.200000 fork() = 11 <0.1>\n"
        "10 1.300000 msgsnd(0, {mtype=1, mtext=\"a\"}, 1, 0 <unfinished ...>\n"
        "11 1.400000 getppid() = 10 <0.1>\n"
        "11 1.450000 msgrcv(0, {mtype=7, mtext=\"b\"}, 9, 0, 0) = 1 <0.01>\n"
        "10 1.500000 <... msgsnd resumed>) = 0 <0.2>\n"
        "11 1.600000 msgsnd(0, {mtype=1, mtext=\"c\"}, 1, 0) = 0 "
        "<0.300000>\n");

    expect_outside(recording, 0);
    expect_step(recording, 3, "wait", "msgsnd to queue A: type 1, 1 bytes");
    expect_step(recording, 5, "return", "msgsnd to queue A: type 1, 1 bytes");
    cr_expect_eq(number(item(recording, "steps", 6), "blocked_us"), 300000);
    json_decref(recording);
}

Test(model_ipc, posix_queue_that_others_made_has_no_states)
{
    json_t *recording = record(
        BEGIN "10 1.100000 mq_open(\"q\", O_RDWR) = 3</q> <0.1>\n"
              "10 1.200000 mq_notify(3</q>, {sigev_signo=SIGUSR1}) = 0 <0.1>\n"
              "10 1.300000 mq_timedsend(3</q>, \"a\", 1, 0, NULL) = 0 <0.1>\n");

    expect_outside(recording, 0);
    expect_step(recording, 3, "call",
                "mq_send to queue /q: priority 0, 1 bytes");
    json_decref(recording);
}

Test(model_ipc, queue_that_was_made_anew_is_known)
{
    json_t *recording = record(
        BEGIN
        "10 1.100000 msgrcv(0, 0x1, 9, 0, 0) = -1 EINVAL (Invalid) <0.1>\n"
        "10 1.200000 msgget(0x9, IPC_CREAT|IPC_EXCL|0600) = 0 <0.1>\n"
        "10 1.300000 msgsnd(0, {mtype=1, mtext=\"a\"}, 1, 0) = 0 "
        "<0.300000>\n");

    cr_expect_str_eq(last_state(recording, 0), "1 message");
    cr_expect_eq(number(item(recording, "steps", 3), "blocked_us"), 0,
                 "there was room");
    json_decref(recording);
}

Test(model_ipc, time_limit_is_a_wait)
{
    json_t *recording = record(
        BEGIN
        "10 1.100000 semget(IPC_PRIVATE, 1, 0600) = 0 <0.1>\n"
        "10 1.300000 semtimedop(0, " OP(
            0, -1, "0") ", {tv_sec=1}) = -1 EAGAIN (Try again) "
                        "<0.900000>\n"
                        "10 2.300000 semop(0, " OP(
                            0, -1, "IPC_NOWAIT") ") = -1 EAGAIN (Try again) "
                                                 "<0.200000>\n");

    cr_expect_eq(number(item(recording, "steps", 2), "blocked_us"), 900000);
    cr_expect_eq(number(item(recording, "steps", 3), "blocked_us"), 0);
    json_decref(recording);
}

Test(model_ipc, yield_is_told_of_who_shares_memory)
{
    static const char log[] =
        "10 1.000000 execve(\"/kit/shm\", [\"shm\"], 0x1 /* 9 vars */) = 0 "
        "<0.000100>\n"
        "10 1.100000 sched_yield() = 0 <0.1>\n"
        "10 1.200000 shmget(0x7, 99, IPC_CREAT|0600) = 2 <0.1>\n"
        "10 1.300000 shmat(2, NULL, 0) = 0x7f0000 <0.1>\n"
        "10 1.400000 sched_yield() = 0 <0.1>\n"
        "10 1.500000 shmdt(0x7f0000) = 0 <0.1>\n";
    const struct run_log run = {.text = log,
                                .size = sizeof(log) - 1,
                                .program = "/kit/shm",
                                .own = "/kit/shm"};
    json_t *recording = model_record(&run);

    cr_expect_eq(size(recording, "steps"), 5);
    expect_step(recording, 3, "call", "sched_yield: lets others run");
    expect_step(recording, 4, "call", "shmdt segment A");
    json_decref(recording);
}
