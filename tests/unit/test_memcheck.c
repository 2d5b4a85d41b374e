// SPDX-License-Identifier: MIT
/*
 * test_memcheck.c - what memcheck wrote is read rightly, and a log that is not
 * whole is never taken for a clean one.
 *
 * The logs in evidence/memcheck/ were recorded: small programs pipe/pipe.c,
 * compiled with -O0 -fno-builtin in a directory /src and run under
 * memcheck_command() in a sandbox of their own, where the first process is 2.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "memcheck.h"

#define EVIDENCE "tests/unit/evidence/memcheck/"
#define FIRST    2

/* Lives as long as the test's process. */
static char *recorded(const char *name, size_t *size)
{
    char *path = xformat(EVIDENCE "%s.log", name);
    char *text = read_file(AT_FDCWD, path, 1 << 20, size);

    cr_assert(text != NULL, "%s cannot be read", path);
    free(path);
    return text;
}

static struct memcheck_log *parse(const char *text)
{
    return memcheck_parse(text, strlen(text), "pipe.c", FIRST);
}

static struct memcheck_log *parse_recorded(const char *name)
{
    size_t size;
    char *text = recorded(name, &size);
    struct memcheck_log *log = memcheck_parse(text, size, "pipe.c", FIRST);

    free(text);
    return log;
}

static bool is_complete(const struct memcheck_log *log, pid_t pid)
{
    for (size_t i = 0; i < log->process_count; i++)
        if (log->processes[i].pid == pid)
            return log->processes[i].summary;
    cr_fatal("process %d is not in the log", (int)pid);
    return false;
}

static bool is_whole(const struct memcheck_log *log)
{
    for (size_t i = 0; i < log->process_count; i++)
        if (!log->processes[i].summary)
            return false;
    return log->process_count > 0;
}

/* ---- Recorded logs ------------------------------------------------------- */

/* What each log holds: its findings in one line each, "kind what @ function
 * line", and whether every process wrote its summary. */
static const struct {
    const char *name, *findings;
    size_t processes;
    bool whole;
} expectations[] = {
    {"clean", "", 2, true},
    {"invalid_access",
     "0 Invalid read of size 1 @ upper 15\n"
     "0 Invalid write of size 1 @ upper 15\n",
     1, true},
    {"invalid_free",
     "0 Invalid free() / delete / delete[] / realloc() @ main 16\n"
     "0 Invalid free() / delete / delete[] / realloc() @ main 17\n",
     1, true},
    {"uninitialised",
     "1 Conditional jump or move depends on uninitialised value(s) @ check 18\n"
     "1 Syscall param write(buf) points to uninitialised byte(s) @ main 29\n",
     1, true},
    {"leak_fork", "2 17 bytes in 1 blocks are definitely lost @ keep 14\n", 2,
     true},
    {"leak_indirect",
     "2 48 (16 direct, 32 indirect) bytes in 1 blocks are definitely lost "
     "@ node_new 18\n",
     1, true},
    {"descriptors",
     "3 Open file descriptor 4 @ main 15\n3 Open file descriptor 3 @ main 15\n",
     2, true},
    {"segfault", "0 Invalid write of size 1 @ main 15\n", 1, true},
    {"child_execs", "0 Invalid read of size 1 @ main 17\n", 3, false},
    {"killed", "0 Invalid write of size 1 @ main 15\n", 2, false},
    {"thread", "0 Invalid write of size 4 @ work 15\n", 1, true},
    {"inherited", "0 Invalid read of size 1 @ peek 14\n", 2, true},
    {"mq_thread", "", 1, true},
    {"mq_signal", "3 Open file descriptor 3: ipclab @ main 15\n", 1, true},
    {"overlap",
     "4 Source and destination overlap in strcpy(0x4a37040, 0x4a37041) "
     "@ main 15\n",
     1, true},
    {"interleaved", "0 Invalid write of size 1 @ main 19\n", 7, true},
};

static char *summarise(const struct memcheck_log *log)
{
    char *all = xstrdup("");

    for (size_t i = 0; i < log->finding_count; i++) {
        const struct finding *finding = &log->findings[i];
        char *more = xformat("%s%d %s @ %s %d\n", all, (int)finding->kind,
                             finding->what, finding->function, finding->line);
        free(all);
        all = more;
        cr_expect_str_eq(finding->file, "pipe.c");
    }
    return all;
}

Test(memcheck, recorded_logs_are_read,
     .description = "Findings, their places and the processes' summaries")
{
    for (size_t i = 0; i < LENGTH(expectations); i++) {
        struct memcheck_log *log = parse_recorded(expectations[i].name);
        char *findings = summarise(log);
        cr_expect_str_eq(findings, expectations[i].findings, "%s: got\n%s",
                         expectations[i].name, findings);
        cr_expect_eq(log->process_count, expectations[i].processes, "%s: %zu",
                     expectations[i].name, log->process_count);
        cr_expect_eq(is_whole(log), expectations[i].whole, "%s",
                     expectations[i].name);
        free(findings);
        memcheck_free(log);
    }
}

Test(memcheck, stack_is_valgrinds_own_lines,
     .description = "The stack tells of the block; our file has its name only")
{
    struct memcheck_log *log = parse_recorded("invalid_access");

    cr_assert_str_eq(
        log->findings[0].stack,
        "   at 0x10917A: upper (pipe.c:15)\n"
        "   by 0x1091DC: main (pipe.c:21)\n"
        " Address 0x4a3704a is 0 bytes after a block of size 10 alloc'd\n"
        "   at 0x48417B4: malloc (in "
        "/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)\n"
        "   by 0x1091B1: main (pipe.c:19)");
    memcheck_free(log);
}

Test(memcheck, process_without_summary_is_named,
     .description = "An exec'd child or a killed parent is not complete")
{
    struct memcheck_log *log = parse_recorded("child_execs");
    cr_expect(is_complete(log, 2));
    cr_expect_not(is_complete(log, 3));
    cr_expect(is_complete(log, 4), "its exec failed");
    memcheck_free(log);

    log = parse_recorded("killed");
    cr_expect_not(is_complete(log, 2));
    cr_expect(is_complete(log, 3));
    memcheck_free(log);
}

Test(memcheck, torn_line_makes_its_process_incomplete,
     .description = "A process wrote into another's long line")
{
    struct memcheck_log *log = parse_recorded("torn");
    size_t incomplete = 0;

    cr_expect_geq(log->finding_count, 1);
    cr_expect_eq(log->findings[0].kind, FINDING_INVALID_ACCESS);
    for (size_t i = 0; i < log->process_count; i++)
        incomplete += !log->processes[i].summary;
    cr_expect_not(is_complete(log, 3), "its line was cut");
    cr_expect_eq(incomplete, 1);
    memcheck_free(log);
}

Test(memcheck, end_of_an_older_record_is_no_finding,
     .description = "A log may begin in what another process wrote before")
{
    struct memcheck_log *log = parse("==2==    by 0x4004B49: _dl_init (d.c:1)\n"
                                     "==2==    by 0x401AB9F: ??? (in /ld.so)\n"
                                     "==2== \n"
                                     "==2== ERROR SUMMARY: 0 errors from 0 "
                                     "contexts (suppressed: 0 from 0)\n");

    cr_expect_eq(log->finding_count, 0);
    cr_expect(is_complete(log, 2));
    memcheck_free(log);
}

Test(memcheck, log_cut_anywhere_is_never_whole,
     .description = "Every prefix of a log leaves the first process incomplete")
{
    static const char *const names[] = {"clean", "leak_fork", "interleaved",
                                        "descriptors", "mq_thread"};

    for (size_t i = 0; i < LENGTH(names); i++) {
        size_t size;
        char *text = recorded(names[i], &size);
        for (size_t cut = 0; cut < size; cut++) {
            char *part = xcalloc(cut, 1); /* its own, for sanitisers */
            memcpy(part, text, cut);
            struct memcheck_log *log =
                memcheck_parse(part, cut, "pipe.c", FIRST);
            cr_assert_not(is_complete(log, FIRST), "%s cut at %zu", names[i],
                          cut);
            memcheck_free(log);
            free(part);
        }
        free(text);
    }
}

/* ---- Made up ------------------------------------------------------------- */

#define SUMMARY(pid, errors)                                                   \
    "==" #pid "== ERROR SUMMARY: " #errors " errors from " #errors             \
    " contexts (suppressed: 0 from 0)\n"

Test(memcheck, empty_log_has_an_incomplete_first_process)
{
    struct memcheck_log *log = parse("");

    cr_assert_eq(log->process_count, 1);
    cr_expect_not(is_complete(log, FIRST));
    memcheck_free(log);
}

Test(memcheck, valgrinds_start_is_no_process,
     .description = "The server's banner is not of the run")
{
    struct memcheck_log *log =
        parse("==1== Memcheck, a memory error detector\n"
              "==1== Copyright (C) 2002-2022, and GNU GPL'd, by J. Seward\n"
              "==1== Using Valgrind-3.19.0 and LibVEX\n"
              "==1== Command: /kit/pipe\n==1== \n" SUMMARY(2, 0));

    cr_assert_eq(log->process_count, 1);
    cr_expect(is_complete(log, FIRST));
    memcheck_free(log);
}

Test(memcheck, summary_that_counts_unseen_errors_is_refused,
     .description = "Errors that were not shown are missing from the log")
{
    struct memcheck_log *log = parse(SUMMARY(2, 1));

    cr_expect_not(is_complete(log, FIRST));
    memcheck_free(log);
}

Test(memcheck, summary_must_come_last,
     .description = "Valgrind may crash behind a forged summary")
{
    static const char crash[] =
        SUMMARY(2, 0) "\nvalgrind: m_scheduler/sema.c:118: Assertion failed.\n"
                      "host stacktrace:\n==2==    at 0x580429AA: ??? (in x)\n";
    struct memcheck_log *log = parse(crash);

    cr_expect_not(is_complete(log, FIRST));
    memcheck_free(log);
}

Test(memcheck, summary_in_the_midst_of_a_line_proves_nothing,
     .description = "File names are the student's to choose, newlines too")
{
    struct memcheck_log *log =
        parse("==3== Open file descriptor 3: /tmp/x==2== ERROR SUMMARY: 0 "
              "errors from 0 contexts (suppressed: 0 from 0)\n"
              "==3== ==2== ERROR SUMMARY: 0 errors from 0 contexts "
              "(suppressed: 0 from 0)\n" SUMMARY(3, 0));

    cr_expect_not(is_complete(log, 2));
    cr_expect_not(is_complete(log, 3));
    memcheck_free(log);
}

Test(memcheck, c_library_files_are_not_the_students,
     .description = "glibc has a pipe.c too, by whatever path")
{
    static const char *const theirs[] = {
        "io/../sysdeps/unix/sysv/linux/pipe.c",
        "./io/../sysdeps/unix/sysv/linux/pipe.c",
        "/usr/src/debug/glibc/io/pipe.c",
        "/src/other/mypipe.c",
    };
    static const char *const ours[] = {"pipe.c", "./pipe.c",
                                       "/src/pipe/pipe.c"};

    for (size_t i = 0; i < LENGTH(theirs) + LENGTH(ours); i++) {
        bool own = i >= LENGTH(theirs);
        const char *path = own ? ours[i - LENGTH(theirs)] : theirs[i];
        char *text = xformat("==2== Open file descriptor 3:\n"
                             "==2==    at 0x1: pipe (%s:29)\n"
                             "==2==    by 0x2: main (main.c:4)\n",
                             path);
        struct memcheck_log *log = parse(text);
        cr_expect_eq(log->finding_count, own ? 1 : 0, "%s", path);
        memcheck_free(log);
        free(text);
    }
}

Test(memcheck, same_error_in_two_processes_is_one,
     .description = "Addresses may differ; another place is another error")
{
    struct memcheck_log *log =
        parse("==2== Invalid read of size 1\n==2==    at 0x1: f (pipe.c:5)\n"
              "==3== Invalid read of size 1\n==3==    at 0x2: f (pipe.c:5)\n"
              "==3== Invalid read of size 1\n==3==    at 0x2: f (pipe.c:6)\n");

    cr_assert_eq(log->finding_count, 2);
    cr_expect_eq(log->findings[0].pid, 2);
    cr_expect_eq(log->findings[0].line, 5);
    cr_expect_eq(log->findings[1].line, 6);
    memcheck_free(log);
}

Test(memcheck, only_the_first_process_leaks,
     .description = "A child ends; in the first one a leak's amount is no key")
{
    struct memcheck_log *log = parse(
        "==3== 4 bytes in 1 blocks are definitely lost in loss record 1 of 1\n"
        "==3==    at 0x1: child (pipe.c:4)\n"
        "==2== 8 bytes in 1 blocks are definitely lost in loss record 1 of 2\n"
        "==2==    at 0x1: keep (pipe.c:5)\n"
        "==2== 16 bytes in 2 blocks are definitely lost in loss record 2 of 2\n"
        "==2==    at 0x2: keep (pipe.c:5)\n");

    cr_assert_eq(log->finding_count, 1);
    cr_expect_str_eq(log->findings[0].what,
                     "8 bytes in 1 blocks are definitely lost");
    cr_expect_eq(log->findings[0].pid, 2);
    memcheck_free(log);
}

Test(memcheck, refused_call_excuses_what_is_held_at_the_end,
     .description = "the end was not the program's choice; an error before is")
{
    static const char held[] =
        "==2== Open file descriptor 5: /work/a\n"
        "==2==    at 0x1: open (open64.c:41)\n"
        "==2==    by 0x2: main (pipe.c:5)\n"
        "==2== 8 bytes in 1 blocks are definitely lost in loss record 1 of 1\n"
        "==2==    at 0x1: keep (pipe.c:6)\n"
        "==2== Invalid read of size 1\n==2==    at 0x1: f (pipe.c:7)\n";
    char *refused = xformat("--2-- WARNING: unhandled amd64-linux syscall: "
                            "434\n%s",
                            held);
    struct memcheck_log *with = parse(held), *without = parse(refused);

    cr_expect_eq(with->finding_count, 3);
    cr_expect_not(with->unsupported);
    cr_expect(without->unsupported);
    cr_assert_eq(without->finding_count, 1);
    cr_expect_eq(without->findings[0].line, 7);
    memcheck_free(with);
    memcheck_free(without);
    free(refused);
}

Test(memcheck, unknown_error_with_a_stack_counts,
     .description = "Whatever a later memcheck calls it; a remark does not")
{
    struct memcheck_log *log =
        parse("==2== Something new happened\n==2==    at 0x1: f (pipe.c:5)\n"
              "==2== \n==2== Warning: invalid file descriptor -1\n"
              "==2==    at 0x1: f (pipe.c:6)\n==2== Just a remark\n"
              "==2== 8 bytes in 1 blocks are possibly lost in loss record 1 "
              "of 1\n==2==    at 0x1: f (pipe.c:7)\n");

    cr_assert_eq(log->finding_count, 1);
    cr_expect_eq(log->findings[0].kind, FINDING_OTHER);
    cr_expect_eq(log->findings[0].line, 5);
    memcheck_free(log);
}

Test(memcheck, stack_without_its_message_is_no_finding,
     .description = "Lines are missing: that is known, and proves nothing")
{
    static const char tail[] = "==2== Warning: set address range perms\n"
                               "==2== \n"
                               "==2==    by 0x4: _dl_init (elf/dl-init.c:106)\n"
                               "==2==    by 0x5: ??? (in /usr/lib/ld.so)\n"
                               "==2== \n"
                               "==2== ERROR SUMMARY: 0 errors from 0 contexts "
                               "(suppressed: 0 from 0)\n";
    struct memcheck_log *log = parse(tail);

    cr_expect_eq(log->finding_count, 0);
    cr_expect(log->damaged);
    memcheck_free(log);
    log = parse("==2== \n==2== ERROR SUMMARY: 0 errors from 0 contexts "
                "(suppressed: 0 from 0)\n");
    cr_expect_not(log->damaged);
    memcheck_free(log);
}

/* ---- The command --------------------------------------------------------- */

Test(memcheck, command_writes_to_the_descriptor,
     .description = "The log and the rules are named; the program may follow")
{
    struct argv argv = {0};
    bool log = false, rules = false;

    memcheck_command(&argv, "/kit/valgrind.supp", 7);
    for (size_t i = 0; i < argv.count; i++) {
        log = log || strcmp(argv.items[i], "--log-fd=7") == 0;
        rules = rules ||
                strcmp(argv.items[i], "--suppressions=/kit/valgrind.supp") == 0;
    }
    cr_expect(log && rules);
    cr_expect(strstr(argv.items[0], "valgrind") != NULL);
    argv_release(&argv);
}
