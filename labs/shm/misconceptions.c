// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the shm lab.
 *
 * How each is recognised is written here and nowhere else; the sentence is what
 * the student is told, the hint of the step says more.  The table is searched
 * in order: the most specific entry first.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "evidence.h"

enum { MUTEX, SPACE, ITEMS };

/* ---- What the evidence says --------------------------------------------- */

static bool is_test(const struct failure *failure, const char *name)
{
    return strcmp(failure->test, name) == 0;
}

/* The number behind NAME in what was seen: "MUTEX 2, SPACE 8", "MUTEX is 2". */
static int value_of(const struct failure *failure, const char *name)
{
    const char *at = failure->seen ? strstr(failure->seen, name) : NULL;
    int value = -1;

    if (at)
        (void)sscanf(at + strcspn(at, "0123456789"), "%d", &value);
    return value;
}

/* ---- semop(2) in the trace ----------------------------------------------- */

static const struct trace_event *next_semop(const struct trace *trace,
                                            size_t *from)
{
    if (trace == NULL)
        return NULL;
    *from = trace_find(trace, *from, "semop,semtimedop", -1);
    return *from < trace->event_count ? &trace->events[(*from)++] : NULL;
}

/* The sum of what EVENT does to semaphore NUM. */
static int change_of(const struct trace_event *event, int num)
{
    int sum = 0, its, op;

    for (const char *at = event->args; (at = strstr(at, "{sem_num=")); at++)
        if (sscanf(at, "{sem_num=%d, sem_op=%d", &its, &op) == 2 && its == num)
            sum += op;
    return sum;
}

/* The semop that a run which hangs sleeps in: its last. */
static const struct trace_event *last_semop(const struct failure *failure)
{
    const struct trace_event *last = NULL, *event;
    size_t from = 0;

    while ((event = next_semop(run_trace(failure->run), &from)) != NULL)
        last = event;
    return last;
}

static bool waits_for(const struct failure *failure, int num)
{
    const struct trace_event *last = last_semop(failure);

    return failure->kind == FAILED_END && last && change_of(last, num) < 0;
}

/* It has taken more of NUM than it gave, the last call not counted. */
static bool holds(const struct failure *failure, int num)
{
    const struct trace_event *last = last_semop(failure), *event;
    size_t from = 0;
    int sum = 0;

    while ((event = next_semop(run_trace(failure->run), &from)) != last)
        if (event->error == NULL)
            sum += change_of(event, num);
    return sum < 0;
}

/* Whether another process of the world waits as well. */
static bool others_wait(const struct failure *failure)
{
    const struct autopsy *autopsy = run_autopsy(failure->run);

    return autopsy && autopsy->count > 1;
}

/* ---- Recognised by what was expected ------------------------------------- */

#define WHEN_EXPECTED(name, text)                                              \
    WHEN(name)                                                                 \
    {                                                                          \
        return wanted(failure, text);                                          \
    }

WHEN_EXPECTED(set_a_wide_mode, "mode 0600")
WHEN_EXPECTED(never_called_slow_add, "slow_add")
WHEN_EXPECTED(mixed_lines, "each line is")
WHEN_EXPECTED(read_too_early, "fill 01")
WHEN_EXPECTED(found_a_wrong_total, "total 1000")
WHEN_EXPECTED(began_with_other_values, "semaphores of an idle board")
/* ---- Recognised by what was printed -------------------------------------- */

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

WHEN(took_zero_for_an_error)
{
    const struct trace *trace = run_trace(failure->run);
    bool zero = false;

    for (size_t i = 0; trace && i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (strncmp(event->name, "shm", 3) != 0 &&
            strncmp(event->name, "sem", 3) != 0)
            continue;
        if (event->error != NULL)
            return false;
        zero |= event->result == 0 && strstr(event->name, "get") != NULL;
    }
    return zero && run_exit_status(failure->run) == 1;
}

WHEN(found_no_board)
{
    return (failure->kind == FAILED_STATUS || failure->kind == FAILED_ERRORS) &&
           !is_run(failure, "new") && !is_run(failure, "0x99") &&
           says(failure, "No such file or directory");
}

WHEN(removed_others)
{
    return strstr(failure->seen ? failure->seen : "", "it is gone") ||
           (failure->kind == FAILED_OUTPUT &&
            says(failure, "No such file or directory")) ||
           (is_run(failure, "new") && says(failure, "File exists"));
}

WHEN(joined_instead)
{
    return is_run(failure, "new") &&
           ((failure->kind == FAILED_STATUS &&
             run_exit_status(failure->run) == 0) ||
            (failure->kind == FAILED_ERRORS && !is_run(failure, "0x61")));
}

WHEN(left_a_half)
{
    return left_object(failure) || wanted(failure, "is left beside it");
}

WHEN(died_of_a_bad_address)
{
    return was_killed_by(failure, SIGSEGV);
}

WHEN(named_another_error)
{
    return failure->kind == FAILED_ERRORS;
}

WHEN(believed_the_key)
{
    return is_run(failure, "0x62") || is_run(failure, "0x63");
}

WHEN(took_an_unready_board)
{
    return is_run(failure, "show") && is_run(failure, "0x64");
}

WHEN(changed_no_cell)
{
    return is_run(failure, "add") || is_run(failure, "move") ||
           failure->kind == FAILED_OUTPUT;
}

/* ---- Cells and locks ----------------------------------------------------- */

WHEN(mutex_has_grown)
{
    return value_of(failure, "MUTEX") > 1;
}

WHEN(was_interrupted)
{
    return says(failure, "Interrupted system call");
}

/* A semop failed, and the next one was not the same again. */
WHEN(went_on_without_leave)
{
    const struct trace_event *event, *failed = NULL;
    size_t from = 0;

    while ((event = next_semop(run_trace(failure->run), &from)) != NULL) {
        if (failed && strcmp(failed->args, event->args) != 0)
            return true;
        failed = event->error ? event : NULL;
    }
    return failure->kind == FAILED_STATUS && failed &&
           run_exit_status(failure->run) == 0;
}

WHEN(tries_again)
{
    return count_calls(failure, "semop,semtimedop", "IPC_NOWAIT", "EAGAIN") >
           20;
}

WHEN(never_locked)
{
    return (is_run(failure, "add") || is_run(failure, "show")) &&
           run_trace(failure->run) && last_semop(failure) == NULL;
}

WHEN(waits_for_the_dead)
{
    return waits_for(failure, MUTEX);
}

/* ---- The ring ------------------------------------------------------------ */

WHEN(sleeps_with_mutex)
{
    if (waits_for(failure, MUTEX))
        return others_wait(failure);
    return (waits_for(failure, ITEMS) || waits_for(failure, SPACE)) &&
           holds(failure, MUTEX);
}

/* Whether a semop of the test added to the semaphore that ITS begins. */
static bool gave_with_undo(const char *its)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%s, sem_op=1, sem_flg=SEM_UNDO}", its);
    return called_by_any("semop,semtimedop", text);
}

WHEN(undid_items)
{
    const struct trace_event *last = last_semop(failure);

    if (wanted(failure, "semaphores of an idle board"))
        return value_of(failure, "ITEMS") != 0 ||
               value_of(failure, "SPACE") != 8;
    return (waits_for(failure, ITEMS) && strstr(last->args, "SEM_UNDO")) ||
           gave_with_undo("{sem_num=1") || gave_with_undo("{sem_num=2");
}

WHEN(ignores_removal)
{
    return failure->kind == FAILED_END && last_semop(failure) &&
           last_semop(failure)->error;
}

WHEN(polls)
{
    const struct autopsy *autopsy = run_autopsy(failure->run);

    for (size_t i = 0; autopsy && i < autopsy->count; i++)
        if (strstr(autopsy->waits[i].call, "nanosleep"))
            return true;
    /* Asleep for seconds, and yet not for good. */
    return run_end(failure->run) == RUN_SPINNING ||
           (is_test(failure, "ring_sleeps") &&
            run_end(failure->run) == RUN_BLOCKED) ||
           wanted(failure, "sleeps in semop");
}

WHEN(read_a_foreign_address)
{
    return was_killed_by(failure, SIGSEGV) && is_run(failure, "get") &&
           last_semop(failure);
}

/* How many slots it took out of the ring. */
static int count_items(const struct failure *failure)
{
    const struct trace_event *event;
    size_t from = 0;
    int count = 0;

    while ((event = next_semop(run_trace(failure->run), &from)) != NULL)
        count += change_of(event, ITEMS) < 0;
    return count;
}

WHEN(filled_again_too_early)
{
    return wanted(failure, "read 01") || wanted(failure, "full 01") ||
           (wanted(failure, "all bytes") && count_items(failure) > 90);
}

/* Everybody has ended, and it waits for an end mark. */
WHEN(missed_the_end)
{
    return waits_for(failure, ITEMS) && !others_wait(failure);
}

WHEN(stopped_at_nul)
{
    struct bytes output = run_output(failure->run);

    return failure->kind == FAILED_OUTPUT && is_run(failure, "get") &&
           output.size > 0 && memchr(output.data, 0, output.size) == NULL;
}

WHEN(ended_in_order)
{
    return (failure->kind == FAILED_OUTPUT || wanted(failure, "all bytes")) &&
           run_exit_status(failure->run) == 0;
}

/* With long lines: a crash, a hang, nonsense. */
WHEN(went_astray)
{
    return was_killed_by(failure, SIGSEGV) || was_killed_by(failure, SIGABRT) ||
           was_killed_by(failure, SIGBUS) ||
           (failure->kind == FAILED_END && is_test(failure, "clean"));
}

WHEN(lost_what_others_left)
{
    return failure->kind == FAILED_OUTPUT || waits_for(failure, ITEMS);
}

/* ---- The end ------------------------------------------------------------- */

WHEN(kept_the_segment)
{
    return wanted(failure, "marked for removal") ||
           wanted(failure, "no segment is left");
}

WHEN(kept_the_set)
{
    return wanted(failure, "no set is left") ||
           (is_test(failure, "rm_while_attached") && waits_for(failure, ITEMS));
}

#define RING                                                                   \
    "unrelated_processes ring_1mib ring_two_producers ring_sleeps clean"

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},
    {"id_zero_is_an_error", NULL, took_zero_for_an_error,
     "No call has failed, but the program gave up: 0 is a valid id, and the "
     "first object of a system has it. Only -1 is a failure."},

    /* Whatever the test is about. */
    {"undo_on_p_only", NULL, mutex_has_grown,
     "MUTEX is greater than 1: with SEM_UNDO on P but not on V, the kernel "
     "gives back at exit what had been given back already."},
    {"ready_too_early", "attach_fails", took_an_unready_board,
     "`new` was still at work, and `show` believed that the board is ready: "
     "store magic last, when everything else is in place."},
    {"slow_add_not_called", NULL, never_called_slow_add,
     "Each change of a cell is to be made by slow_add, and by nothing else."},
    {"eintr_is_fatal", NULL, was_interrupted,
     "EINTR says that a signal came while semop slept, ^Z and fg are enough; "
     "it is never restarted by itself: call it again."},
    {"polls", NULL, tries_again,
     "semop is called again and again with IPC_NOWAIT: without that flag the "
     "kernel lets the process sleep until its turn has come."},
    {"semop_result_ignored", NULL, went_on_without_leave,
     "semop returned -1, and the program went on as if it had been let in: "
     "look at its result."},
    {"semop_result_ignored", "rm_while_attached", ignores_removal,
     "The board is gone and semop says so by -1; the program goes on asking."},
    {"removed_others", "new_and_show no_half_created", removed_others,
     "`new` removed a board that it had not made: with EEXIST the objects "
     "under the key are somebody else's."},
    {"removed_at_once", NULL, found_no_board,
     "The board was made, and now its key leads nowhere: IPC_RMID takes the "
     "key away at once, though the memory stays until the last detach."},

    /* A board. */
    {"open_to_everybody", "new_and_show", set_a_wide_mode,
     "The last argument of shmget and semget holds the mode: 0600 is for the "
     "owner only, 0666 for every user of the machine."},
    {"create_without_excl", "new_and_show no_half_created", joined_instead,
     "`new` took a board that was there already: IPC_CREAT alone opens what "
     "exists, only with IPC_EXCL it fails with EEXIST."},
    {"half_a_board_left", "no_half_created", left_a_half,
     "`new` failed halfway and left the other half behind: remove what this "
     "call has made, before you return -1."},
    {"shmat_null", "attach_fails no_half_created", died_of_a_bad_address,
     "shmat reports a failure as (void *)-1, not as NULL."},
    {"error_number_lost", "no_half_created", named_another_error,
     "The message names another error than the one that happened: the calls "
     "that clean up set errno, too. Keep it before, restore it afterwards."},
    {"magic_not_checked", "attach_fails", believed_the_key,
     "Under the key is something that is no board: check size and magic before "
     "you believe it (EINVAL)."},
    {"cell_not_checked", "attach_fails", changed_no_cell,
     "There is no such cell on this board: EINVAL, and nothing changes. How "
     "many there are is in ncells."},
    {"values_of_new_set", "new_and_show", began_with_other_values,
     "The set begins with other values than shm.h says: MUTEX 1, SPACE 8, "
     "ITEMS 0, LINE 1."},

    /* Cells. */
    {"no_lock", "four_adders_exact rm_while_attached", never_locked,
     "Load, add, store are three steps: two processes used the same old value, "
     "and an update was lost. Take MUTEX around them."},
    {"reader_without_lock", "snapshot_consistent", never_locked,
     "Readers need the lock, too: `show` saw the middle of a move."},
    {"move_is_two_adds", "snapshot_consistent", found_a_wrong_total,
     "MUTEX was free in the middle of a move: two locked steps are not one. "
     "Hold it from the first change to the last."},
    {"no_undo", "killed_adder", waits_for_the_dead,
     "The process that held MUTEX was killed, and nobody will give it back: "
     "with SEM_UNDO the kernel does."},

    /* The ring. */
    {"mutex_before_items", RING, sleeps_with_mutex,
     "A process sleeps on ITEMS or SPACE with MUTEX in hand, and who could "
     "wake it needs MUTEX: wait for the count first, then lock."},
    {"undo_on_items", RING, undid_items,
     "SEM_UNDO on ITEMS or SPACE: the kernel took back what a process had "
     "given "
     "when it exited. Undo is for what a process holds, the lock."},
    {"polls", "ring_1mib ring_two_producers ring_sleeps rm_while_attached",
     polls,
     "The program looks again and again instead of sleeping: let semop wait "
     "until ITEMS, or SPACE, is greater than 0."},
    {"pointer_in_slot", "unrelated_processes ring_1mib ring_sleeps clean",
     read_a_foreign_address,
     "The consumer followed an address of another process: a pointer means "
     "something only where it was made. Copy the bytes."},
    {"slot_filled_too_early", "ring_1mib ring_two_producers ring_sleeps",
     filled_again_too_early,
     "A slot was filled again before it had been read: raise SPACE when the "
     "copy is made, not before, and begin with 8."},
    {"slot_offered_too_early", "ring_1mib", read_too_early,
     "A slot was read before it had been filled: raise ITEMS when the bytes "
     "are in it, not before."},
    {"slot_offered_too_early", "ring_1mib ring_two_producers ring_sleeps",
     missed_the_end,
     "`get` waits for an end mark that has been put: its slot was read before "
     "it had been filled (raise ITEMS last), or was not the one that the "
     "producer filled (head and tail belong into the segment)."},
    {"stops_at_nul", "ring_1mib clean", stopped_at_nul,
     "What is behind a NUL byte is lost: a line is bytes and a length, not a "
     "string."},
    {"indices_in_process", "unrelated_processes", lost_what_others_left,
     "A process did not go on where the one before had stopped: what all must "
     "know, head and tail, belongs into the segment."},
    {"cuts_long_lines", "ring_1mib ring_two_producers clean", ended_in_order,
     "Bytes are missing: a line that is longer than a slot needs several."},
    {"lines_interleaved", "ring_two_producers", mixed_lines,
     "While one producer waited for space in the middle of a line, the other "
     "put its own slots in: hold LINE from the first slot to the last."},
    {"overruns_slot", "ring_1mib ring_two_producers clean", went_astray,
     "A line that is longer than a slot was written over what is behind it: "
     "split it. No tool sees that, it is all one segment."},

    /* The end. */
    {"detach_is_remove", "rm_while_attached clean", kept_the_segment,
     "The segment is still there: shmdt only detaches, IPC_RMID marks it for "
     "removal."},
    {"set_left_behind", "rm_while_attached clean", kept_the_set,
     "The semaphores are still there, and who sleeps on them is not told: they "
     "are an object of their own, with an IPC_RMID of their own."},
    {NULL, NULL, NULL, NULL},
};
