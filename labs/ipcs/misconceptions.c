// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the ipcs lab.
 *
 * How each is recognised is written here and nowhere else; the sentence is what
 * the student is told, the hint of the step says more.  Most tests say in their
 * expectation of which object they speak, "a set whose ... is used", and what
 * it was taken for.  The table is searched in order: the most specific first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

/* ---- list ---------------------------------------------------------------- */

WHEN(starts_program)
{
    return wanted(failure, "asks the kernel by itself");
}

WHEN(takes_message)
{
    return wanted(failure, "leaves its message there");
}

/* An object of the user 0 without permissions or a key: what nobody made. */
WHEN(lists_heading)
{
    return prints(failure, "m 0 0x00000000 0 0000 ");
}

WHEN(skips_zero)
{
    return saw(failure, " 0 is not listed") || saw(failure, " 0 is not there");
}

WHEN(skips_unreadable)
{
    return wanted(failure, "nobody may read is listed");
}

WHEN(takes_slot_for_id)
{
    return wanted(failure, "took the place of a removed one is listed");
}

WHEN(leaves_slots_out)
{
    return wanted(failure, "last of the kernel's slots is listed");
}

WHEN(misreads_key)
{
    unsigned right, wrong;

    return failure->expected && failure->seen &&
           sscanf(failure->expected, "%*c %*d 0x%x ", &right) == 1 &&
           sscanf(failure->seen, "%*c %*d 0x%x ", &wrong) == 1 &&
           right != wrong;
}

WHEN(keeps_other_bits)
{
    return wanted(failure, " 0600 ") && saw(failure, " 1600 ");
}

WHEN(is_unsorted)
{
    return wanted(failure, "each by ascending id");
}

WHEN(leaves_objects_out)
{
    return wanted(failure, "each of 307 objects");
}

WHEN(is_refused_facts)
{
    return is_run(failure, "who") && !is_run(failure, "s") &&
           says(failure, "Permission denied");
}

WHEN(dies_of_unreadable)
{
    return says(failure, "Permission denied");
}

/* ---- States -------------------------------------------------------------- */

/* An object that is described by WHAT is taken for STATE. */
static bool takes(const struct failure *failure, const char *what,
                  const char *state)
{
    const char *last = failure->seen ? strrchr(failure->seen, ' ') : NULL;

    return wanted(failure, what) && last && strcmp(last + 1, state) == 0;
}

WHEN(forgets_marked)
{
    return wanted(failure, "marked, but attached") &&
           saw(failure, "is not listed");
}

WHEN(believes_in_exit)
{
    return takes(failure, "a segment whose users are dead", "used");
}

WHEN(asks_for_pid_zero)
{
    return takes(failure, "a queue whose sender is dead", "used") ||
           takes(failure, "the set with id 0", "used");
}

WHEN(forgets_sender)
{
    return takes(failure, "a queue whose sender is dead", "unknown") ||
           takes(failure, "a queue whose sender lives", "orphan");
}

WHEN(looks_at_first_semaphore)
{
    return takes(failure, "a set whose users are dead", "unknown") ||
           takes(failure, "second semaphore has a living user", "orphan");
}

WHEN(asks_for_time)
{
    return takes(failure, "did SETVAL", "unknown");
}

WHEN(invents_pid_of_set)
{
    return takes(failure, "a set that was never used", "orphan");
}

WHEN(removes_unused)
{
    return takes(failure, "a segment that was never attached", "orphan");
}

WHEN(removes_unreadable)
{
    return takes(failure, "a set that may not be read", "orphan");
}

WHEN(is_refused_by_process)
{
    return wanted(failure, "(EPERM)");
}

WHEN(forgets_zombie)
{
    return takes(failure, "whose sender is a zombie", "orphan");
}

WHEN(removes_attached)
{
    return takes(failure, "a segment that is attached", "orphan");
}

WHEN(forgets_creator)
{
    return takes(failure, "a segment whose creator lives", "orphan");
}

WHEN(forgets_waiters)
{
    return takes(failure, "second semaphore is waited for", "orphan") ||
           takes(failure, "a set that is to become zero", "orphan");
}

/* ---- rm ------------------------------------------------------------------ */

WHEN(finds_by_key)
{
    return is_run(failure, "rm") && called(failure, "shmget,semget,msgget", "");
}

WHEN(skips_private)
{
    return wanted(failure, " without a key");
}

WHEN(ignores_type)
{
    return wanted(failure, "rm q removes");
}

WHEN(removes_in_spite_of_n)
{
    return wanted(failure, "nothing is removed");
}

WHEN(says_nothing)
{
    return failure->kind == FAILED_OUTPUT && run_output(failure->run).size == 0;
}

WHEN(gives_up)
{
    return wanted(failure, "behind a foreign") &&
           says(failure, "Operation not permitted");
}

WHEN(hides_failure)
{
    return is_status(failure, 0);
}

WHEN(complains_of_vanished)
{
    return says(failure, "Invalid argument") ||
           says(failure, "Identifier removed");
}

WHEN(takes_vanished_for_orphan)
{
    return wanted(failure, "a set that has vanished is no orphan");
}

/* ---- who and mq ---------------------------------------------------------- */

WHEN(tells_of_first_semaphore)
{
    return is_run(failure, "s") && prints(failure, "0: ") &&
           !prints(failure, "\n1: ");
}

WHEN(tells_of_nothing)
{
    return is_run(failure, "77") && is_status(failure, 0);
}

WHEN(counts_messages)
{
    return prints(failure, "/full 2 ");
}

WHEN(skips_dot_names)
{
    return wanted(failure, "/.hidden 3 0") && !prints(failure, "/.hidden");
}

WHEN(skips_unreadable_queue)
{
    return is_run(failure, "mq") && is_status(failure, 0);
}

WHEN(prints_method)
{
    return wanted(failure, "/armed 9 ") && prints(failure, "/armed 9 ");
}

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* list */
    {"heading_is_an_object", NULL, lists_heading,
     "The first line of each table in /proc/sysvipc is its heading: it is no "
     "object, not even one with the id 0."},
    {"zero_is_no_id", NULL, skips_zero,
     "0 is a valid id, and the first object of each type has it; what is no "
     "object is -1."},
    {"other_program", "list_all_types", starts_program,
     "Another program was started for what the kernel tells everybody: read "
     "/proc/sysvipc, or ask shmctl, semctl and msgctl."},
    {"message_taken", "list_all_types", takes_message,
     "msgrcv takes out what it looks at: the message is lost for whom it was "
     "meant for. The queue's number of messages tells as much."},
    {"unreadable_skipped", "list_all_types", skips_unreadable,
     "An object that the caller may not read is there all the same: the tables "
     "in /proc/sysvipc show it, and so do SHM_STAT_ANY, SEM_STAT_ANY and "
     "MSG_STAT_ANY, where SHM_STAT fails with EACCES."},
    {"index_is_id", "list_all_types", takes_slot_for_id,
     "What SHM_STAT and the like take is the number of a slot; the id of the "
     "object in it is what they return, and differs once a slot is used for "
     "the second time."},
    {"some_slots_only", "list_all_types", leaves_slots_out,
     "The kernel's slots have holes where objects were removed: the number of "
     "objects is not the highest index, which is what SHM_INFO returns."},
    {"key_misread", NULL, misreads_key,
     "The key is another one: /proc/sysvipc has keys in decimal and with a "
     "sign, so that 0x80000062 is a negative number there."},
    {"mode_not_masked", NULL, keeps_other_bits,
     "Only the lowest nine bits of the mode are permissions: above them the "
     "kernel notes that a segment is marked for removal (SHM_DEST)."},
    {"order", "list_all_types", is_unsorted,
     "The objects are in another order: a table is in that of the kernel's "
     "slots, and an object in a slot that is used again has a higher id."},
    {"objects_left_out", "list_all_types", leaves_objects_out,
     "Some of many objects are not listed: there may be thousands of them, so "
     "take an array that grows, and read the tables to their end."},
    {"who_is_refused", "who_waits", is_refused_facts,
     "IPC_STAT needs permission to read; what it tells of a segment or a queue "
     "is also in /proc/sysvipc, and there for everybody."},
    {"unreadable_is_error", NULL, dies_of_unreadable,
     "One set that may not be read (EACCES) is no reason to give up: its state "
     "is unknown, and the others follow."},

    /* classify */
    {"dest_is_gone", "dest_segment", forgets_marked,
     "IPC_RMID only marks a segment that is attached: it is there, without a "
     "key, until the last detach frees it."},
    {"objects_end_with_process", NULL, believes_in_exit,
     "exit does not free System V objects: they live until IPC_RMID, when all "
     "processes that ever used them are long dead."},
    {"pid_zero_lives", NULL, asks_for_pid_zero,
     "Pid 0 means that there was nobody, but kill(0, 0) asks for the caller's "
     "own process group, which is alive."},
    {"sender_forgotten", NULL, forgets_sender,
     "A queue has two ends: it has an owner as soon as somebody has sent, and "
     "is in use while its sender lives, received or not."},
    {"first_semaphore_only", NULL, looks_at_first_semaphore,
     "Each semaphore of a set has a last process of its own: ask for all of "
     "them, not for the first only."},
    {"setval_is_no_use", "leaked_by_dead", asks_for_time,
     "SETVAL counts as operating, too: it leaves the pid that GETPID returns, "
     "though sem_otime is still 0."},
    {"unused_is_orphan", NULL, removes_unused,
     "Nobody has used this object yet, so nobody can have left it: whoever "
     "was told its id may be about to come."},
    {"set_has_no_pid", NULL, invents_pid_of_set,
     "semid_ds has no pid, and what follows the number of semaphores in "
     "/proc/sysvipc/sem are user ids: only semctl(GETPID) tells, for each "
     "semaphore."},
    {"unreadable_is_orphan", NULL, removes_unreadable,
     "GETPID failed with EACCES: then nothing is known of the set, least of "
     "all that its users are dead."},
    {"eperm_is_dead", NULL, is_refused_by_process,
     "kill(2) fails with EPERM because there is a process, of somebody else: "
     "only ESRCH means that there is none."},
    {"zombie_is_dead", NULL, forgets_zombie,
     "kill(2) reaches a zombie, and that is what alive means here: its pid is "
     "taken until its parent has waited for it."},
    {"attached_is_removed", NULL, removes_attached,
     "A segment that is attached is in use, whoever made it: removing it only "
     "keeps new users from finding it."},
    {"not_attached_is_unused", NULL, forgets_creator,
     "Not attached right now is not unused: look whether the creator, or the "
     "last one to attach it, is alive."},
    {"waiters_forgotten", NULL, forgets_waiters,
     "A process sleeps in semop for one of the set's semaphores: GETPID does "
     "not know it yet, GETNCNT and GETZCNT of that semaphore count it."},

    /* rm */
    {"removes_by_key", "rm_only_orphans", finds_by_key,
     "Key 0 is IPC_PRIVATE and names nothing: with it msgget makes a new "
     "queue. Remove what has the id."},
    {"key_zero_skipped", "rm_only_orphans", skips_private,
     "An object without a key (IPC_PRIVATE) is an object like others, with an "
     "id, and can be an orphan."},
    {"type_ignored", "rm_only_orphans", ignores_type,
     "rm with a type removes orphans of that type only."},
    {"dry_run_removes", "dry_run", removes_in_spite_of_n,
     "rm -n has removed something: it is there to see what rm would do."},
    {"dry_run_is_silent", "dry_run", says_nothing,
     "rm -n says nothing: it is there to see what rm would do, a line for each "
     "orphan."},
    {"stops_at_foreign", "foreign_uid", gives_up,
     "One object belongs to somebody else, EPERM, and the orphans behind it "
     "were left: report it and go on."},
    {"foreign_not_reported", "foreign_uid", hides_failure,
     "An orphan could not be removed, and neither a message nor the exit "
     "status tells."},
    {"vanished_is_error", "vanished_in_between", complains_of_vanished,
     "Somebody else has removed the object since it was listed, EINVAL or "
     "EIDRM: what you wanted is done, and no error."},
    {"vanished_is_orphan", "vanished_in_between", takes_vanished_for_orphan,
     "classify() has returned -1, for the set has vanished: what is neither "
     "used nor unknown is not yet an orphan."},

    /* who and mq */
    {"who_first_semaphore", "who_waits", tells_of_first_semaphore,
     "who tells of the first semaphore only: each one of a set has a line."},
    {"who_invents", "who_waits", tells_of_nothing,
     "There is no object with this id: that is EINVAL, as from shmctl."},
    {"qsize_is_bytes", "mq_list", counts_messages,
     "QSIZE is the number of bytes in a queue's messages, not the number of "
     "messages (mq_curmsgs)."},
    {"dot_names_skipped", "mq_list", skips_dot_names,
     "A queue whose name begins with a dot is left out: of what is in a "
     "directory only \".\" and \"..\" are no names of their own."},
    {"mq_unreadable_skipped", "mq_list", skips_unreadable_queue,
     "A queue that may not be read (EACCES) is left out, as if it were not "
     "there: ENOENT alone says that a queue has gone."},
    {"notify_is_no_pid", "mq_list", prints_method,
     "NOTIFY says how, and NOTIFY_PID who is to be told of the next message."},
    {NULL, NULL, NULL, NULL},
};
