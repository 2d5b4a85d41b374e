// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `files`: what each function in files.c promises to
 * main.c, which calls it, and to the tests, which watch the whole program from
 * outside; and how main.c reads and writes what is in the files. Given; you
 * need not change it.
 *
 * Rules for all of them:
 * - On failure a function returns -1 with errno set and has printed nothing:
 *   main.c says what went wrong.
 * - The lock is on FILE itself, so that all who use FILE meet there. FILE is
 *   never removed, renamed or replaced.
 * - Who has to wait for a lock sleeps in the kernel. Every lock vanishes with
 *   the process that took it, even with kill -9.
 * - EINTR is invisible to the caller.
 * - Nothing but FILE is written to, and no other file appears.
 */
#ifndef FILES_H
#define FILES_H

#include <stddef.h>
#include <sys/types.h>

#define PROG "files"
#include "../common/lab.h"

enum {
    RECORD_SIZE = 200, /* of a record that append adds, with its newline */
    BALANCE_SIZE = 16, /* of an account that move changes: "%15ld\n" */
    ACCOUNTS = 64
};

/* ---- Given, in main.c ----------------------------------------------------
 *
 * Each lets other processes run in the middle: what may happen between a read
 * and a write happens here, and not once in a million times.
 */

/*
 * Read a number, decimal digits, at the file offset of fd, up to 31 bytes; the
 * offset moves. Returns it, 0 if there is nothing to read, or -1 with errno
 * (EINVAL if this is no number).
 *
 * With `next -s` it also takes a note of how large FILE is: it opens FILE,
 * looks, and closes it again. Many a library does such things, and does not
 * tell.
 */
long slow_read_number(int fd);

/* Write a number and a newline at the file offset of fd, which moves. Nothing
 * is cut off behind it. Returns 0, or -1 with errno. */
int slow_write_number(int fd, long number);

/* Read the balance of account i, 0 to ACCOUNTS - 1: the BALANCE_SIZE bytes of
 * FILE from byte i * BALANCE_SIZE on. The file offset is neither used nor
 * moved. Returns 0, or -1 with errno (EINVAL if there is no such account). */
int slow_read_balance(int fd, int i, long *balance);

/* Write it, likewise. */
int slow_write_balance(int fd, int i, long balance);

/* ---- Yours, in files.c --------------------------------------------------- */

/*
 * Call fn(fd, arg) while this process, and no other, has FILE for itself, of
 * all those that come through with_lock; other threads and children of this
 * process do not count. The lock must survive whatever fn does with other
 * descriptors of the same file. Returns what fn returned, with the errno that
 * fn left; or -1 if the lock could not be had, and fn was not called.
 *
 * The steps below are built on it; main.c does not call it.
 */
int with_lock(int fd, int (*fn)(int fd, void *arg), void *arg);

/*
 * Take the next number: read the number in FILE, add 1, write it back. FILE
 * then holds that number, a newline, and nothing else, whatever its length was.
 * fd is open for reading and writing; an empty FILE counts as 0. The reading is
 * done by slow_read_number, the writing by slow_write_number.
 *
 * Returns the number, which no other call in any process has returned, or will;
 * or -1 with errno: what is no number stays in FILE as it is. If the process is
 * killed at whatever moment, the first line of FILE is a number, the old or the
 * new one.
 */
long next_number(int fd);

/*
 * Add the n bytes at rec to the end of FILE, in one piece, whatever others add
 * at the same time, and however few bytes a write(2) takes at once. fd is open
 * for reading and writing, without O_APPEND. When the call returns, the bytes
 * are in FILE.
 *
 * Returns 0, or -1 with errno; then nothing of this record is in FILE, and all
 * that others have added is.
 */
int append_record(int fd, const char *rec, size_t n);

/*
 * Run a command, unless there is a process that does so for the same FILE: open
 * path (made if it is missing, mode 0666 less the umask) and take a lock on it
 * without waiting. argv is the command's, NULL-terminated, and it is found as
 * by execvp(3); it runs in a child, which inherits descriptors 0, 1 and 2 and
 * none that was opened here. The lock is held until the command has ended, and
 * belongs to this process alone: it vanishes if this process is killed,
 * although the command goes on.
 *
 * Returns the command's exit status, 128 + N if signal N killed it; 127 if
 * there is no such command (ENOENT), 126 if it cannot be executed (any other
 * error), after a message as fail(argv[0]) prints it. If the lock is taken
 * prints "files: PATH: held by PID" on stderr, where PID is the process that
 * has it, and returns 1, at once; if the lock has become free before its holder
 * could be named, tries again, still without waiting. What FILE contains is
 * neither read nor changed. Returns -1 with errno if something else fails.
 */
int run_once(const char *path, char **argv);

/*
 * Take `amount` from account `from` and give it to account `to`, by
 * slow_read_balance and slow_write_balance; from == to changes nothing. Only
 * these two accounts are locked (their bytes in FILE), each from before it is
 * read until both have been written: transfers between other accounts go on at
 * the same time, and nobody who locks the two ever finds the amount in both or
 * in neither. from and to are 0 to ACCOUNTS - 1.
 *
 * However many processes move whatever in whichever direction, each transfer
 * takes place, once. Returns 0, or -1 with errno; then both balances are as
 * they were.
 */
int move_amount(int fd, int from, int to, long amount);

#endif
