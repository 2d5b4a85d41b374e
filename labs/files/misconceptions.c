// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the files lab.
 *
 * How each is recognised is written here and nowhere else; the sentence is what
 * the student is told, the hint of the step says more.  The table is searched
 * in order: the most specific entry first.
 */
#include <stdlib.h>
#include <string.h>

#include "evidence.h"

/* ---- What the evidence says --------------------------------------------- */

/* A call of the student's code that takes a lock, or gives it back, as strace
 * writes it. */
static bool takes_lock(const struct trace_event *event)
{
    return (strcmp(event->name, "flock") == 0 &&
            strstr(event->args, "LOCK_UN") == NULL) ||
           (strcmp(event->name, "fcntl") == 0 &&
            strstr(event->args, "_SETLK") != NULL &&
            strstr(event->args, "F_UNLCK") == NULL);
}

static bool gives_lock(const struct trace_event *event)
{
    return strstr(event->args, "LOCK_UN") != NULL ||
           strstr(event->args, "F_UNLCK") != NULL;
}

/* slow_read_number and slow_read_balance: no other call here looks like that.
 */
static bool reads(const struct trace_event *event)
{
    size_t size = strlen(event->args);

    return (strcmp(event->name, "read") == 0 && size > 4 &&
            strcmp(event->args + size - 4, ", 31") == 0) ||
           (strcmp(event->name, "pread64") == 0 &&
            strstr(event->args, ", 16, ") != NULL);
}

static bool writes(const struct trace_event *event)
{
    return strncmp(event->name, "write", 5) == 0 ||
           strncmp(event->name, "pwrite", 6) == 0;
}

static bool seeks(const struct trace_event *event)
{
    return strcmp(event->name, "lseek") == 0;
}

static bool cuts(const struct trace_event *event)
{
    return strcmp(event->name, "ftruncate") == 0;
}

/* A child that has executed a command since was ours, too. */
static bool is_own(const struct trace_process *process)
{
    return process->own_code || process->own_child;
}

/* Where the run first does that at or after FROM; SIZE_MAX: nowhere. */
static size_t find(const struct failure *failure, size_t from,
                   bool (*does)(const struct trace_event *))
{
    const struct trace *trace = run_trace(failure->run);

    for (size_t i = from; trace && i < trace->event_count; i++)
        if (trace->events[i].kind == TRACE_CALL &&
            is_own(&trace->processes[trace->events[i].process]) &&
            does(&trace->events[i]))
            return i;
    return SIZE_MAX;
}

static bool locks_at_all(const struct failure *failure)
{
    return find(failure, 0, takes_lock) != SIZE_MAX;
}

/* A child that still runs the student's code. */
static bool is_childs(const struct failure *failure, size_t i)
{
    const struct trace *trace = run_trace(failure->run);

    return i != SIZE_MAX &&
           trace->processes[trace->events[i].process].parent >= 0;
}

MATCH(is_for_lock)
{
    return wait->object == OBJECT_LOCK;
}

/* ---- Numbers ------------------------------------------------------------- */

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

WHEN(uses_stdio)
{
    return saw(failure, "they were not called") ||
           saw(failure, "nothing was written") ||
           called(failure, "read", ", 4096");
}

/* The number is written where reading has ended. */
WHEN(does_not_seek)
{
    size_t read = find(failure, 0, reads);
    size_t write = find(failure, read, writes);

    return is_run(failure, "next") && read != SIZE_MAX && write != SIZE_MAX &&
           find(failure, read, seeks) > write;
}

WHEN(shares_lock)
{
    return called(failure, "flock", "LOCK_SH") ||
           called(failure, "fcntl", "_SETLK, {l_type=F_RDLCK") ||
           called(failure, "fcntl", "_SETLKW, {l_type=F_RDLCK");
}

WHEN(locks_nothing)
{
    return !locks_at_all(failure);
}

WHEN(reads_before_lock)
{
    return find(failure, 0, reads) < find(failure, 0, takes_lock);
}

WHEN(unlocks_before_write)
{
    size_t read = find(failure, 0, reads);

    return read != SIZE_MAX &&
           find(failure, read, gives_lock) < find(failure, read, writes);
}

/* For a lock of a process it is enough that another descriptor is closed. */
WHEN(loses_lock)
{
    return called(failure, "fcntl", "F_SETLK") &&
           (is_run(failure, "-s") ||
            count_calls(failure, "open,openat", "\"f\"", NULL) > 1);
}

WHEN(cuts_before_write)
{
    return find(failure, 0, cuts) < find(failure, 0, writes);
}

WHEN(takes_error_for_number)
{
    return is_status(failure, 0);
}

WHEN(leaves_old_digits)
{
    return wanted(failure, "is all that FILE contains");
}

/* ---- Records ------------------------------------------------------------- */

WHEN(seeks_without_lock)
{
    return !locks_at_all(failure) && called(failure, "lseek", "SEEK_END");
}

WHEN(keeps_in_buffer)
{
    return saw(failure, "0 bytes are there");
}

/* Pieces of 32 bytes, one a record: it takes seven of them. */
WHEN(ignores_short_write)
{
    return count_calls(failure, "write,pwrite64", ", 32", NULL) < 7;
}

WHEN(was_interrupted)
{
    return says(failure, "Interrupted system call");
}

WHEN(unlocks_in_record)
{
    size_t write = find(failure, 0, writes);

    return write != SIZE_MAX &&
           find(failure, write, gives_lock) < find(failure, write + 1, writes);
}

WHEN(leaves_half)
{
    return saw(failure, "of the record that failed");
}

WHEN(cuts_off_others)
{
    return saw(failure, "the other one's record is gone");
}

/* ---- One at a time ------------------------------------------------------- */

WHEN(waits_for_holder)
{
    return failure->kind == FAILED_END && find_wait(failure, wait, is_for_lock);
}

WHEN(believes_file)
{
    return says(failure, "held by 99999");
}

WHEN(names_nobody)
{
    return called(failure, "fcntl", "F_GETLK, {l_type=F_UNLCK");
}

/* What F_GETLK has answered was asked with: this unlocks, and succeeds. */
WHEN(asks_with_answer)
{
    return wanted(failure, "at the second try") &&
           called(failure, "fcntl", "LK, {l_type=F_UNLCK");
}

WHEN(makes_lock_file)
{
    return called(failure, "open,openat", "O_EXCL");
}

WHEN(child_gives_back)
{
    size_t i = find(failure, 0, gives_lock);

    return is_childs(failure, i);
}

WHEN(child_takes)
{
    size_t i = find(failure, 0, takes_lock);

    return is_childs(failure, i);
}

WHEN(removes_file)
{
    return saw(failure, "it was removed") ||
           called(failure, "unlink,unlinkat", "\"f\"");
}

WHEN(makes_no_child)
{
    return (failure->kind == FAILED_END || is_run(failure, "fdprobe")) &&
           !called(failure, "clone,clone3,fork,vfork", "");
}

WHEN(lock_lives_on)
{
    return wanted(failure, "when the holder is dead");
}

WHEN(leaves_descriptor)
{
    return says(failure, "fds: 0 1 2 ");
}

WHEN(overwrites_file)
{
    return wanted(failure, "every record is in FILE");
}

WHEN(makes_file_private)
{
    return saw(failure, "its mode is");
}

WHEN(makes_files)
{
    return wanted(failure, "is the only file");
}

/* ---- Accounts ------------------------------------------------------------ */

WHEN(multiplies_money)
{
    return saw(failure, "account 3 has");
}

WHEN(leaves_first_write)
{
    return wanted(failure, "after a failure both balances");
}

/* Refused again and again. */
WHEN(keeps_first_lock)
{
    return failure->kind == FAILED_END &&
           count_calls(failure, "fcntl", "F_SETLKW", "EDEADLK") > 1;
}

WHEN(ignores_refusal)
{
    return count_calls(failure, "fcntl", "F_SETLKW", "EDEADLK") > 0 &&
           failure->kind == FAILED_OTHER;
}

WHEN(meets_in_a_circle)
{
    return says(failure, "Resource deadlock avoided") ||
           (hangs(failure) && find_wait(failure, wait, is_for_lock));
}

WHEN(locks_by_flock)
{
    return called(failure, "flock", "LOCK_EX");
}

WHEN(locks_everything)
{
    return saw(failure, "had to wait") || saw(failure, "others are");
}

WHEN(locks_one_of_two)
{
    return failure->kind == FAILED_OTHER &&
           (saw(failure, "one of them is not") || saw(failure, "account "));
}

/* One at a time was changed under its lock. */
WHEN(locks_one_then_the_other)
{
    size_t give = find(failure, 0, gives_lock);

    return saw(failure, "one of them is not") && give != SIZE_MAX &&
           find(failure, give, takes_lock) != SIZE_MAX;
}

/* Both were locked, and one is given back before the last write. */
WHEN(gives_back_early)
{
    size_t first = find(failure, 0, takes_lock);
    size_t give = find(failure, 0, gives_lock);

    return saw(failure, "one of them is not") && give != SIZE_MAX &&
           find(failure, first + 1, takes_lock) < give &&
           find(failure, give, writes) != SIZE_MAX;
}

/* ---- All ----------------------------------------------------------------- */

WHEN(asks_again)
{
    return called(failure, "flock", "LOCK_NB") ||
           called(failure, "fcntl", "SETLK, ");
}

#define NUMBERS                                                                \
    "next_unique next_truncates next_survives_kill lock_survives_other_close"
#define RECORDS "append_intact append_short_io"
#define MOVES   "move_conserves move_only_two"

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* next */
    {"stdio_across_lock", NUMBERS, uses_stdio,
     "The number did not go through slow_read_number and slow_write_number: "
     "what stdio reads or prints is in a buffer of this process, which others "
     "do not see, and which is written when the lock is gone."},
    {"offset_not_set", NUMBERS, does_not_seek,
     "The new number was written behind the old one: read and write both begin "
     "where the last of them ended, so set the offset before each."},
    {"shared_lock", NUMBERS " " RECORDS, shares_lock,
     "A shared lock (LOCK_SH, F_RDLCK) is for readers: any number of processes "
     "have it at once. Who writes needs an exclusive one."},
    {"lock_lost_by_close", "lock_survives_other_close once_exclusive",
     loses_lock,
     "A lock of fcntl or lockf belongs to the process, and is gone when the "
     "process closes any descriptor of the file: here another one was opened "
     "and closed. flock and F_OFD_SETLKW go with the descriptor, or leave the "
     "file closed."},
    {"no_lock", NUMBERS, locks_nothing,
     "Two processes read the same number, for nobody was kept out: lock FILE "
     "from before the read until after the write."},
    {"locked_after_reading", NUMBERS, reads_before_lock,
     "The number was read before the lock was there, and then it was out of "
     "date: the read belongs inside the lock, too."},
    {"unlocked_between", NUMBERS, unlocks_before_write,
     "The lock was given back between reading and writing, and another process "
     "read the same number: one lock must cover both."},
    {"cut_before_writing", "next_survives_kill", cuts_before_write,
     "FILE was cut before the new number was written; who is killed in between "
     "leaves no number, or the first digits of one. Write first, then cut off "
     "what is left behind."},
    {"error_taken_for_number", "next_truncates", takes_error_for_number,
     "slow_read_number found no number and said so, by -1; FILE was "
     "overwritten "
     "all the same. Look at what it returns, and leave FILE as it is."},
    {"old_digits_left", "next_truncates", leaves_old_digits,
     "Digits of the old number are left behind the new one: write replaces "
     "bytes, and only ftruncate makes a file shorter."},

    /* append */
    {"seek_then_write", "append_intact", seeks_without_lock,
     "Another process appended between lseek and write, and was overwritten: "
     "finding the end and writing there must be one step, under a lock or by "
     "O_APPEND."},
    {"stdio_across_lock", RECORDS, keeps_in_buffer,
     "The record was not in FILE when append_record returned: it was in a "
     "stdio buffer, which is written when the lock is gone."},
    {"eintr_is_fatal", RECORDS " once_exclusive waits_asleep", was_interrupted,
     "A signal came before the call had done anything (EINTR): nothing has "
     "failed, so call it again. It may come while you write, while you wait "
     "for a lock, and while you wait for a child."},
    {"half_record_left", "append_short_io", leaves_half,
     "A write failed in the middle of the record, and the first part of it is "
     "still in FILE: cut it off again."},
    {"undone_too_far", "append_short_io", cuts_off_others,
     "After the failure FILE was cut back to where it had ended before the "
     "lock "
     "was there, and so was what others had appended meanwhile: look for the "
     "end inside the lock."},
    {"append_without_lock", "append_short_io", locks_nothing,
     "A write may take only a part of the record, and others append before the "
     "rest: O_APPEND puts each write at the end, only a lock keeps several of "
     "them together."},
    {"short_write_ignored", "append_short_io", ignores_short_write,
     "write took a part of the record only, and said so: write the rest, too."},
    {"unlocked_in_record", "append_short_io", unlocks_in_record,
     "The lock was given back between two parts of a record, and another "
     "process appended there: one lock must cover them all."},

    /* once */
    {"waits_for_holder", "once_exclusive", waits_for_holder,
     "{process} waits in {call} until the other one is done: it should say who "
     "that is, and end. F_SETLK does not wait."},
    {"pid_in_file", "once_exclusive", believes_file,
     "The pid in FILE was that of an earlier holder: a note is written after "
     "the lock was taken, and not removed by who is killed. F_GETLK tells who "
     "has the lock now."},
    {"answer_as_question", "once_exclusive", asks_with_answer,
     "F_GETLK has written its answer, F_UNLCK, into the struct flock, and with "
     "that F_SETLK gives a lock back: it succeeds, and nothing is locked. Fill "
     "in all of it before each call."},
    {"holder_gone_meanwhile", "once_exclusive", names_nobody,
     "The lock was refused, and free again when F_GETLK asked for its holder "
     "(F_UNLCK): then nobody has it, so try again."},
    {"file_removed", "once_exclusive clean", removes_file,
     "FILE was removed: who has it open now locks a file that nobody will find "
     "again, and who comes next makes and locks a new one."},
    {"child_unlocks", "once_exclusive", child_gives_back,
     "The child gave back the lock of its parent: a lock of flock belongs to "
     "the open file description, and after fork both have the same one."},
    {"locked_by_child", "once_exclusive once_after_kill9", child_takes,
     "The child took the lock, and it stayed with the command: take it in the "
     "process that waits for the command, which is the one to be named, and "
     "whose death must give it back."},
    {"lock_file", "once_after_kill9 clean", makes_lock_file,
     "A file that was made with O_EXCL outlives its maker, so that after "
     "kill -9 the lock is there for ever: the kernel's locks vanish with the "
     "process."},
    {"runs_in_its_place", "once_after_kill9 clean", makes_no_child,
     "The command was executed in place of files itself: holder and command "
     "are then one process, which has FILE open. Run the command in a child."},
    {"lock_inherited", "once_after_kill9", lock_lives_on,
     "The holder is dead, and its command keeps the lock: it inherited the "
     "descriptor, and with it the open file description that a lock of flock "
     "belongs to. O_CLOEXEC closes it."},
    {"descriptor_inherited", "clean", leaves_descriptor,
     "The command has the descriptor of FILE: open it with O_CLOEXEC."},
    {"file_overwritten", "clean", overwrites_file,
     "once has changed what FILE contains: the lock is all that it needs, and "
     "the bytes are somebody else's."},
    {"file_made_private", "clean", makes_file_private,
     "FILE was made, but not with the mode that others need to open it and to "
     "lock it: ask for 0666, and the umask takes away what this user wants to "
     "keep."},
    {"other_files", "clean", makes_files,
     "There are other files than FILE now: the lock is on FILE itself."},

    /* move */
    {"no_lock", MOVES, locks_nothing,
     "A balance was changed by another process between the read and the write, "
     "for nobody was kept out: lock both accounts."},
    {"locked_after_reading", MOVES " move_no_deadlock", reads_before_lock,
     "The balances were read before the locks were there, and then they were "
     "out of date: the reads belong inside the locks, too."},
    {"first_write_stays", "move_conserves", leaves_first_write,
     "The second balance could not be written, and the first one stayed "
     "changed: money is lost, or has appeared. Write the old balance back "
     "before you say that the transfer failed."},
    {"same_account", "move_conserves", multiplies_money,
     "From an account to itself nothing moves: here the second write overwrote "
     "the first one, and money appeared."},
    {"flock_has_no_ranges", "move_only_two", locks_by_flock,
     "flock locks the whole file, so that all transfers wait for one another: "
     "fcntl and lockf lock ranges of bytes."},
    {"whole_file_locked", "move_only_two", locks_everything,
     "More was locked than the two accounts, and transfers wait that have "
     "nothing to do with each other: l_start and l_len name the bytes."},
    {"one_after_the_other", "move_only_two", locks_one_then_the_other,
     "One account was locked and changed, and then the other; in between the "
     "money is nowhere. Lock both before you change the first."},
    {"given_back_early", "move_only_two", gives_back_early,
     "Both accounts were locked, but one was given back before the other one "
     "was written; whoever locks the two then finds the money in both of them, "
     "or in neither. Unlock when both are written."},
    {"asks_again_after_edeadlk", "move_no_deadlock", keeps_first_lock,
     "fcntl(F_SETLKW) said EDEADLK and was called again, and again: the other "
     "process waits for a lock that this one has already, and will not let go. "
     "Give that one back first, then begin again."},
    {"refusal_ignored", "move_no_deadlock", ignores_refusal,
     "The kernel refused a lock (EDEADLK), and this transfer never took place: "
     "give up what you have locked and begin again, or lock in an order in "
     "which that cannot happen."},
    {"one_account_locked", MOVES " move_no_deadlock", locks_one_of_two,
     "Only one of the two accounts was locked; a transfer the other way "
     "changes both."},
    {"order_of_the_caller", "move_no_deadlock", meets_in_a_circle,
     "Each of two transfers had locked the account that the other one wanted. "
     "Let all lock the lower one first, or release and retry; the kernel sees "
     "such a circle (EDEADLK) only between locks of processes."},

    {"no_lock", "waits_asleep", locks_nothing,
     "Somebody has locked FILE, and this process went through all the same: it "
     "takes no lock."},
    {"polling", "waits_asleep", asks_again,
     "The lock is asked for again and again: without LOCK_NB, or with F_SETLKW "
     "or F_OFD_SETLKW, the process sleeps until it is free."},
    {NULL, NULL, NULL, NULL},
};
