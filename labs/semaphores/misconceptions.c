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

#include "probe.h"

/* ---- What the evidence says --------------------------------------------- */

/* Finds a wait for a semaphore for which MATCHES; sets *WAIT to it. */
static bool find_wait(const struct failure *failure,
                      const struct autopsy_wait **wait,
                      bool (*matches)(const struct autopsy_wait *))
{
    const struct autopsy *autopsy = run_autopsy(failure->run);

    for (size_t i = 0; autopsy && i < autopsy->count; i++) {
        if (autopsy->waits[i].object != OBJECT_SEMAPHORE ||
            !autopsy->waits[i].semaphore.known || !matches(&autopsy->waits[i]))
            continue;
        *wait = &autopsy->waits[i];
        return true;
    }
    return false;
}

static bool is_run(const struct failure *failure, const char *word)
{
    for (const char *const *arg = run_args(failure->run); *arg; arg++)
        if (strcmp(*arg, word) == 0)
            return true;
    return false;
}

static bool says(const struct failure *failure, const char *text)
{
    struct bytes errors = run_errors(failure->run);

    return errors.data && strstr(errors.data, text) != NULL;
}

static bool seen(const struct failure *failure, const char *text)
{
    return strstr(failure->seen, text) != NULL;
}

/* How many calls of NAMES have TEXT among their arguments; ERROR, where it is
 * not NULL, is what they failed with. */
static int count_calls(const struct failure *failure, const char *names,
                       const char *text, const char *error)
{
    const struct trace *trace = run_trace(failure->run);
    int count = 0;

    for (size_t i = trace ? trace_find(trace, 0, names, -1) : 0;
         trace && i < trace->event_count;
         i = trace_find(trace, i + 1, names, -1)) {
        const struct trace_event *event = &trace->events[i];
        bool fits = error == NULL ? event->error == NULL
                                  : event->error != NULL &&
                                        strcmp(event->error, error) == 0;
        count += fits && strstr(event->args, text) != NULL;
    }
    return count;
}

#define SEMOPS "semop,semtimedop"

static bool called(const struct failure *failure, const char *names,
                   const char *text)
{
    return count_calls(failure, names, text, NULL) > 0;
}

/* ---- Sets and their values ----------------------------------------------- */

static bool is_untouched(const struct failure *failure,
                         const struct autopsy_wait **wait)
{
    (void)wait;
    return says(failure, "Function not implemented");
}

/* A call that did not fail was taken for one that did. */
static bool took_zero_for_error(const struct failure *failure,
                                const struct autopsy_wait **wait)
{
    (void)wait;
    return says(failure, ": Success");
}

static bool made_ints_of_values(const struct failure *failure,
                                const struct autopsy_wait **wait)
{
    (void)wait;
    return seen(failure, "values 1, 0 and 0");
}

/* What the first semop gave was taken back at the end of the creator. */
static bool undid_the_values(const struct failure *failure,
                             const struct autopsy_wait **wait)
{
    (void)wait;
    return seen(failure, "values 0, 0 and 0") &&
           called(failure, SEMOPS, "SEM_UNDO");
}

static bool gave_a_wrong_mode(const struct failure *failure,
                              const struct autopsy_wait **wait)
{
    (void)wait;
    return strncmp(failure->seen, "mode ", 5) == 0;
}

static bool waits_for_otime(const struct failure *failure,
                            const struct autopsy_wait **wait)
{
    (void)wait;
    return failure->kind == FAILED_END && is_run(failure, "hold") &&
           count_calls(failure, "semctl", "IPC_STAT", NULL) > 10;
}

static bool sets_the_value_again(const struct failure *failure,
                                 const struct autopsy_wait **wait)
{
    (void)wait;
    return failure->kind == FAILED_OTHER && !seen(failure, "no line") &&
           (called(failure, "semctl", "SETVAL") ||
            called(failure, "semctl", "SETALL"));
}

static bool left_half_a_set(const struct failure *failure,
                            const struct autopsy_wait **wait)
{
    (void)wait;
    return is_run(failure, "40000") && seen(failure, "still there");
}

static bool took_an_old_set(const struct failure *failure,
                            const struct autopsy_wait **wait)
{
    (void)wait;
    return is_run(failure, "new") && !is_run(failure, "40000") &&
           run_exit_status(failure->run) == 0;
}

/* ---- P and V ---------------------------------------------------------------
 */

static bool holder_is_dead(const struct autopsy_wait *wait)
{
    return !wait->semaphore.changer_lives && wait->semaphore.changed_by != 0;
}

static bool left_by_the_dead(const struct failure *failure,
                             const struct autopsy_wait **wait)
{
    return find_wait(failure, wait, holder_is_dead);
}

static bool gives_twice(const struct failure *failure,
                        const struct autopsy_wait **wait)
{
    (void)wait;
    return (seen(failure, "its value is") || seen(failure, "are lost")) &&
           called(failure, SEMOPS, "sem_op=-1, sem_flg=SEM_UNDO") &&
           called(failure, SEMOPS, "sem_op=1, sem_flg=0");
}

static bool looks_again_and_again(const struct failure *failure,
                                  const struct autopsy_wait **wait)
{
    (void)wait;
    return count_calls(failure, SEMOPS, "IPC_NOWAIT", "EAGAIN") > 20;
}

static bool was_interrupted(const struct failure *failure,
                            const struct autopsy_wait **wait)
{
    (void)wait;
    return says(failure, "Interrupted system call");
}

static bool went_on_without(const struct failure *failure,
                            const struct autopsy_wait **wait)
{
    (void)wait;
    return (failure->kind == FAILED_OTHER || failure->kind == FAILED_ERRORS) &&
           (count_calls(failure, SEMOPS, "", "EINTR") > 0 ||
            count_calls(failure, SEMOPS, "", "EIDRM") > 0);
}

static bool took_it_itself(const struct autopsy_wait *wait)
{
    return autopsy_holder(wait, WHO_ITSELF) != NULL;
}

static bool waits_for_itself(const struct failure *failure,
                             const struct autopsy_wait **wait)
{
    return find_wait(failure, wait, took_it_itself);
}

/* ---- Forks and private sets -------------------------------------------------
 */

/* One change at a time, and whoever took the other fork waits as well. */
static bool waits_for_a_neighbour(const struct autopsy_wait *wait)
{
    const struct autopsy_holder *holder = autopsy_holder(wait, WHO_SIBLING);

    return wait->semaphore.changes == 1 && holder != NULL && holder->blocked;
}

static bool one_fork_after_the_other(const struct failure *failure,
                                     const struct autopsy_wait **wait)
{
    return is_run(failure, "dine") &&
           find_wait(failure, wait, waits_for_a_neighbour);
}

static bool never_removes(const struct failure *failure,
                          const struct autopsy_wait **wait)
{
    (void)wait;
    return failure->kind == FAILED_LEFTOVERS &&
           (!called(failure, "semctl", "IPC_RMID") ||
            seen(failure, "System V semaphore set"));
}

static bool left_workers(const struct failure *failure,
                         const struct autopsy_wait **wait)
{
    (void)wait;
    return failure->kind == FAILED_LEFTOVERS;
}

static bool worker_removed_it(const struct failure *failure,
                              const struct autopsy_wait **wait)
{
    const struct trace *trace = run_trace(failure->run);

    (void)wait;
    for (size_t i = 0; trace && i < trace->event_count; i++)
        if (trace->events[i].kind == TRACE_CALL &&
            strcmp(trace->events[i].name, "semctl") == 0 &&
            strstr(trace->events[i].args, "IPC_RMID") != NULL &&
            trace->events[i].error == NULL &&
            trace->processes[trace->events[i].process].parent >= 0)
            return true;
    return false;
}

/* ---- The barrier
 * -------------------------------------------------------------- */

static bool adds_and_waits(const struct autopsy_wait *wait)
{
    return wait->semaphore.changes > 1;
}

static bool one_call_for_both(const struct failure *failure,
                              const struct autopsy_wait **wait)
{
    return is_run(failure, "barrier") &&
           find_wait(failure, wait, adds_and_waits);
}

static bool undoes_a_message(const struct failure *failure,
                             const struct autopsy_wait **wait)
{
    return is_run(failure, "barrier") && called(failure, SEMOPS, "SEM_UNDO") &&
           find_wait(failure, wait, holder_is_dead);
}

static bool is_used_twice(const struct failure *failure,
                          const struct autopsy_wait **wait)
{
    (void)wait;
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
