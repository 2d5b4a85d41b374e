// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the semaphores lab.
 *
 * How each is recognised is written here and nowhere else; the sentence is what
 * the student is told, the hint of the step says more.  The table is searched
 * in order: the most specific entry first.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"

/* ---- What the evidence says --------------------------------------------- */

#define SEMOPS "semop,semtimedop"

/* ---- Sets and their values ----------------------------------------------- */

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

/* A call that did not fail was taken for one that did. */
WHEN(took_zero_for_error)
{
    return says(failure, ": Success");
}

WHEN(made_ints_of_values)
{
    return saw(failure, "values 1, 0 and 0");
}

/* What the first semop gave was taken back at the end of the creator. */
WHEN(undid_the_values)
{
    return saw(failure, "values 0, 0 and 0") &&
           called(failure, SEMOPS, "SEM_UNDO");
}

WHEN(gave_a_wrong_mode)
{
    return strncmp(failure->seen, "mode ", 5) == 0;
}

WHEN(waits_for_otime)
{
    return failure->kind == FAILED_END && is_run(failure, "hold") &&
           count_calls(failure, "semctl", "IPC_STAT", NULL) > 10;
}

WHEN(sets_the_value_again)
{
    return failure->kind == FAILED_OTHER && !saw(failure, "no line") &&
           (called(failure, "semctl", "SETVAL") ||
            called(failure, "semctl", "SETALL"));
}

WHEN(left_half_a_set)
{
    return is_run(failure, "40000") && saw(failure, "still there");
}

WHEN(took_an_old_set)
{
    return is_run(failure, "new") && !is_run(failure, "40000") &&
           run_exit_status(failure->run) == 0;
}

/* ---- P and V ------------------------------------------------------------- */

MATCH(holder_is_dead)
{
    return wait->semaphore.known && !wait->semaphore.changer_lives &&
           wait->semaphore.changed_by != 0;
}

WHEN(left_by_the_dead)
{
    return find_wait(failure, wait, holder_is_dead);
}

WHEN(gives_twice)
{
    return (saw(failure, "its value is") || saw(failure, "are lost")) &&
           called(failure, SEMOPS, "sem_op=-1, sem_flg=SEM_UNDO") &&
           called(failure, SEMOPS, "sem_op=1, sem_flg=0");
}

WHEN(looks_again_and_again)
{
    return count_calls(failure, SEMOPS, "IPC_NOWAIT", "EAGAIN") > 20;
}

WHEN(was_interrupted)
{
    return says(failure, "Interrupted system call");
}

WHEN(went_on_without)
{
    return (failure->kind == FAILED_OTHER || failure->kind == FAILED_ERRORS) &&
           (count_calls(failure, SEMOPS, "", "EINTR") > 0 ||
            count_calls(failure, SEMOPS, "", "EIDRM") > 0);
}

/* It has never been anything but 0. */
MATCH(has_no_value)
{
    return wait->semaphore.known && wait->semaphore.fresh &&
           wait->semaphore.changed_by == 0 && wait->semaphore.change < 0;
}

WHEN(never_got_a_value)
{
    return is_run(failure, "hold") && find_wait(failure, wait, has_no_value);
}

MATCH(took_it_itself)
{
    return wait->semaphore.known && autopsy_holder(wait, WHO_ITSELF) != NULL;
}

WHEN(waits_for_itself)
{
    return find_wait(failure, wait, took_it_itself);
}

/* ---- Forks and private sets ---------------------------------------------- */

/* One change at a time, and whoever took the other fork waits as well. */
MATCH(waits_for_a_neighbour)
{
    const struct autopsy_holder *holder = autopsy_holder(wait, WHO_SIBLING);

    return wait->semaphore.changes == 1 && holder != NULL && holder->blocked;
}

WHEN(one_fork_after_the_other)
{
    return is_run(failure, "dine") &&
           find_wait(failure, wait, waits_for_a_neighbour);
}

WHEN(never_removes)
{
    return failure->kind == FAILED_LEFTOVERS &&
           (!called(failure, "semctl", "IPC_RMID") ||
            saw(failure, "System V semaphore set"));
}

WHEN(left_workers)
{
    return left_process(failure);
}

WHEN(worker_removed_it)
{
    const struct trace *trace = run_trace(failure->run);

    for (size_t i = 0; trace && i < trace->event_count; i++)
        if (trace->events[i].kind == TRACE_CALL &&
            strcmp(trace->events[i].name, "semctl") == 0 &&
            strstr(trace->events[i].args, "IPC_RMID") != NULL &&
            trace->events[i].error == NULL &&
            trace->processes[trace->events[i].process].parent >= 0)
            return true;
    return false;
}

/* ---- The barrier --------------------------------------------------------- */

MATCH(adds_and_waits)
{
    return wait->semaphore.known && wait->semaphore.changes > 1;
}

WHEN(one_call_for_both)
{
    return is_run(failure, "barrier") &&
           find_wait(failure, wait, adds_and_waits);
}

WHEN(undoes_a_message)
{
    return is_run(failure, "barrier") && called(failure, SEMOPS, "SEM_UNDO") &&
           find_wait(failure, wait, holder_is_dead);
}

WHEN(is_used_twice)
{
    return is_run(failure, "barrier") &&
           (failure->kind == FAILED_END || failure->kind == FAILED_OTHER);
}

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},
    {"id_zero_is_error", NULL, took_zero_for_error,
     "A call succeeded, and the program took that for a failure: 0 is a valid "
     "identifier of a set, only -1 is an error."},

    /* Sets and their values */
    {"setall_with_ints", "new_values", made_ints_of_values,
     "Every second value is 0: SETALL takes an array of unsigned short, in a "
     "union semun that you declare yourself."},
    {"undo_on_first_value", "new_values", undid_the_values,
     "The set had its values only until its creator ended: SEM_UNDO took them "
     "back."},
    {"open_to_all", "new_values", gave_a_wrong_mode,
     "The last nine bits of semget's flags say who may use the set: 0600 is "
     "the owner alone."},
    {"never_first_semop", "new_values", waits_for_otime,
     "hold waits for sem_otime, which only a semop sets: who makes a set must "
     "make a first semop, too."},
    {"polling", NULL, looks_again_and_again,
     "semop is called again and again with IPC_NOWAIT: without that flag the "
     "kernel lets the process sleep until its turn has come."},
    {"everybody_sets_value",
     "hold_excludes killed_holder_releases creation_race eintr_retry "
     "removed_while_waiting",
     sets_the_value_again,
     "A semaphore that somebody may hold got its first value once more: only "
     "who made the set, with IPC_CREAT and IPC_EXCL, may initialise it."},
    {"failed_init_leaves_set", "error_texts", left_half_a_set,
     "The values could not be set, and the set was left behind without them: "
     "whoever comes next takes it for a good one."},
    {"exclusive_ignored", "error_texts", took_an_old_set,
     "new promises a new set: if there is one with that key, semget with "
     "IPC_EXCL fails with EEXIST."},

    /* The barrier */
    {"one_semop_barrier", NULL, one_call_for_both,
     "{process} adds and waits in one semop: a call that has to wait has made "
     "none of its changes, so nobody was told anything."},
    {"undo_on_event", NULL, undoes_a_message,
     "SEM_UNDO took back what a process had added when it ended, and {process} "
     "still needs it: use SEM_UNDO for what is to be given back only."},
    {"fast_passes_twice", "barrier_rounds", is_used_twice,
     "A fast process came back to the barrier before a slow one had left it, "
     "and took its place: what lets processes out of one round must not serve "
     "those of the next."},

    /* P and V */
    {"no_undo", "killed_holder_releases", left_by_the_dead,
     "The process that held the semaphore has died without V: with SEM_UNDO "
     "the kernel would have given it back."},
    {"no_first_value", NULL, never_got_a_value,
     "{process} waits for a semaphore that nobody has ever given a value: who "
     "made the set has left that out, or died before it. A new one is 0."},
    {"undo_on_p_only", NULL, gives_twice,
     "P is undone at the end of the process although V has given back already: "
     "SEM_UNDO belongs on both, or the value grows."},
    {"eintr_is_error", "eintr_retry", was_interrupted,
     "EINTR means that a signal came first, not that the call failed: call "
     "again. semop is never restarted, not even with SA_RESTART."},
    {"semop_result_ignored", "eintr_retry removed_while_waiting",
     went_on_without,
     "semop returned -1, and the program went on as if it had the semaphore: "
     "look at the result."},
    {"waits_for_itself", NULL, waits_for_itself,
     "{process} waits for a semaphore that it took itself: each P needs its V "
     "before the next P, and SEM_UNDO comes only at the end of the process."},

    /* Forks and private sets */
    {"left_then_right", NULL, one_fork_after_the_other,
     "{process} waits for the fork that {holder} has, which waits, too, and so "
     "on in a circle: take both forks in one semop, or all in one order."},
    {"removed_by_worker", NULL, worker_removed_it,
     "A worker removed the set while others used it: one process removes it, "
     "once, when all have ended."},
    {"set_never_removed", "no_leaked_sets", never_removes,
     "System V sets outlive all processes: remove the set on every way out, "
     "also if fork fails or a signal comes."},
    {"workers_left", "no_leaked_sets", left_workers,
     "A worker was not waited for: who starts processes waits for them, also "
     "when something has gone wrong."},
    {NULL, NULL, NULL, NULL},
};
