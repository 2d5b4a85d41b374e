// SPDX-License-Identifier: MIT
/*
 * matrix.c - the kit's claim about a lab, checked: every known mistake is
 * caught and named, every right style is accepted.
 *
 *     matrix [--jobs N] [--quiet] [--quick] [--case PATTERN] LAB...
 *
 * Grades the skeleton (0 points), programs that exit at once (0), the solution
 * (all of them) and each file of tests/submissions/LAB/accepted (all) and
 * wrong.  The head of a wrong file says what must be found in it, and nothing
 * else may be:
 *
 *     Fails: upper_empty_eof upper_small      the tests, or "none"
 *     Shows: child_keeps_write_end            one of these diagnoses; or "none"
 *     Dirty: pipeline_three                   tests that lose their fifth
 *
 * Other diagnoses are printed, for somebody to read whether they are true.  A
 * bonus test has to pass with the solution, and to fail where a file says so.
 *
 * Quick, it leaves the second pass out, which is under Valgrind, where no claim
 * is about it: for wrong files without "Dirty:".  That saves a third.
 *
 * With a case, a name or a glob(7) pattern, only the files of that name,
 * without ".c", are graded.
 *
 * The cases of all labs are one queue, so that no processor waits for the last
 * case of a lab.
 *
 * It also checks what texts.h says.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "claims.h"
#include "result.h"
#include "texts.h"

#define COSTLY 6 /* cases that are named with what they cost */

static int passed, failed;
static bool quiet, quick;
static const char *wanted = "*"; /* --case */

struct entry {
    const char *lab;
    char *path;
    double cpu_s;                /* of its grade */
    char *fails, *shows, *dirty; /* NULL: the file makes no such claim */
    bool accepted;
    bool solution;
    bool skeleton;
    bool idle; /* made here: it exits at once, and must earn nothing */
};

void check(bool ok, const char *format, ...)
{
    va_list list;

    *(ok ? &passed : &failed) += 1;
    if (ok && quiet)
        return;
    va_start(list, format);
    (void)printf(ok ? "ok    " : "FAIL  ");
    (void)vprintf(format, list);
    (void)putchar('\n');
    (void)fflush(stdout);
    va_end(list);
}

/* ---- Grading ------------------------------------------------------------- */

static bool needs_memcheck(const struct entry *entry)
{
    return !quick || entry->fails == NULL || entry->dirty != NULL;
}

/* Start `ipclab grade` of ENTRY; its pid. */
static pid_t start(const struct entry *entry, const char *json)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd >= 0)
        (void)dup2(fd, STDOUT_FILENO);
    execl("build/ipclab", "ipclab", "grade", entry->lab, "--submission",
          entry->path, "--json", json, "--jobs", "2",
          needs_memcheck(entry) ? NULL : "--no-memcheck", (char *)NULL);
    _exit(127);
}

/* Each of NAMES, a list, is a test of GRADE. */
static void check_names(const struct entry *entry, const struct grade *grade,
                        const char *names)
{
    char *list = xstrdup(names), *rest = list, *name;

    while ((name = strsep(&rest, " ")) != NULL) {
        bool known = strcmp(name, "none") == 0;
        for (size_t i = 0; i < grade->test_count && !known; i++)
            known = strcmp(grade->tests[i].name, name) == 0;
        if (!known)
            check(false, "%s names a test %s, which the lab has not",
                  entry->path, name);
    }
    free(list);
}

static void compare(const struct entry *entry, const struct grade *grade)
{
    char *wrong = xstrdup("");
    bool shown = entry->shows == NULL || strcmp(entry->shows, "none") == 0;

    for (size_t i = 0; i < grade->test_count; i++) {
        const struct grade_test *test = &grade->tests[i];
        const char *seen = NULL;
        bool must_fail = list_holds(entry->fails, ' ', test->name);
        if (test->bonus && !must_fail && !entry->solution)
            continue; /* nobody has to try it */
        bool must_dirty = list_holds(entry->dirty, ' ', test->name);
        bool dirty = test->cleanliness != CLEANLINESS_CLEAN &&
                     test->cleanliness != CLEANLINESS_UNTESTED;
        if ((test->verdict == VERDICT_FAIL) != must_fail ||
            test->verdict == VERDICT_ERROR)
            seen = verdict_names[test->verdict];
        else if (dirty != must_dirty)
            seen = cleanliness_names[test->cleanliness];
        if (test->diagnosis.id &&
            list_holds(entry->shows, ' ', test->diagnosis.id))
            shown = true;
        else if (test->diagnosis.id)
            (void)printf("also  %s; %s: %s\n", entry->path, test->name,
                         test->diagnosis.id);
        if (seen == NULL)
            continue;
        char *longer = xformat("%s; %s: %s (%s)", wrong, test->name, seen,
                               test->seen  ? test->seen
                               : test->why ? test->why
                                           : "");
        free(wrong);
        wrong = longer;
    }
    if (entry->solution)
        texts_check_steps(entry->lab, grade);
    if (entry->fails)
        check_names(entry, grade, entry->fails);
    if (entry->dirty)
        check_names(entry, grade, entry->dirty);
    bool full = entry->fails || grade->score_tenths == 1000;
    check(*wrong == '\0' && shown && full, "%s%s%s%s", entry->path, wrong,
          shown ? "" : "; its diagnosis is not shown",
          full ? "" : "; it gets less than 100 points");
    free(wrong);
}

static void judge(struct entry *entry, const char *json, int status)
{
    char why[200] = "no result";
    int failed_before = failed;
    size_t size = 0;
    char *text = read_file(AT_FDCWD, json, 16u << 20, &size);
    struct grade *grade =
        text ? grade_from_json(text, size, why, sizeof(why)) : NULL;

    if (grade == NULL)
        check(false, "%s: %s (exit status %d)", entry->path, why, status);
    else if (entry->skeleton)
        check(grade->score_tenths == 0 && grade->build.ok &&
                  grade->build.message_count == 0,
              "%s: builds without a warning and scores 0", entry->path);
    else if (entry->idle)
        check(grade->score_tenths == 0 && grade->build.ok && grade->complete,
              "%s: it does nothing and earns nothing", entry->path);
    else
        compare(entry, grade);
    entry->cpu_s = grade ? grade->cpu_seconds : 0;
    grade_free(grade);
    free(text);
    if (failed == failed_before)
        (void)unlink(json);
    else
        (void)printf("      its grade: %s\n", json);
}

/* Grade all entries, JOBS at a time, and judge each when it has ended. */
static void grade_all(struct entry *entries, size_t count, size_t jobs)
{
    pid_t *pids = xcalloc(count, sizeof(*pids));
    size_t next = 0, running = 0;
    int status;

    while (next < count || running > 0) {
        if (next < count && running < jobs) {
            char *json =
                xformat("build/matrix-%d-%zu.json", (int)getpid(), next);
            pids[next] = start(&entries[next], json);
            free(json);
            next++;
            running++;
            continue;
        }
        pid_t pid = wait(&status);
        for (size_t i = 0; i < next; i++) {
            if (pids[i] != pid)
                continue;
            pids[i] = 0; /* the number may come again */
            char *json = xformat("build/matrix-%d-%zu.json", (int)getpid(), i);
            judge(&entries[i], json,
                  WIFEXITED(status) ? WEXITSTATUS(status) : -1);
            free(json);
            running--;
        }
    }
    free(pids);
}

/* ---- The files ----------------------------------------------------------- */

static struct entry *add_entry(struct entry **entries, size_t *count,
                               const char *lab, char *path)
{
    struct entry *entry = grow(entries, count, sizeof(*entry));

    entry->lab = lab;
    entry->path = path;
    return entry;
}

static void add_directory(struct entry **entries, size_t *count,
                          const char *lab, const char *kind)
{
    char *path = xformat("tests/submissions/%s/%s", lab, kind);
    struct dirent **list;
    int n = scandir(path, &list, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        const char *name = list[i]->d_name;
        size_t size = strlen(name);
        if (size > 2 && strcmp(name + size - 2, ".c") == 0) {
            struct entry *entry =
                add_entry(entries, count, lab, xformat("%s/%s", path, name));
            char *source = texts_read(entry->path);
            entry->accepted = strcmp(kind, "accepted") == 0;
            entry->fails = claim(source, "Fails");
            entry->shows = claim(source, "Shows");
            entry->dirty = claim(source, "Dirty");
            if (!entry->accepted)
                check(entry->fails && entry->shows,
                      "%s says what must be found", entry->path);
            free(source);
        }
        free(list[i]);
    }
    check(n > 2, "%s has submissions", path);
    if (n >= 0)
        free(list);
    free(path);
}

/* The skeleton of LAB, which exits with STATUS before main(); its path. */
static char *write_idle(const char *lab, int status)
{
    char *from = xformat("labs/%s/%s.c", lab, lab);
    char *path =
        xformat("build/matrix-%d-%s-exit-%d.c", (int)getpid(), lab, status);
    char *skeleton = texts_read(from);
    char *source = xformat("%s\n__attribute__((constructor)) static void "
                           "leave(void)\n{\n    _exit(%d);\n}\n",
                           skeleton, status);

    if (write_file(path, source, strlen(source), 0644) < 0) {
        (void)fprintf(stderr, "matrix: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    free(source);
    free(skeleton);
    free(from);
    return path;
}

/* ------------------------------------------------------------------------- */

static void release_entry(struct entry *entry)
{
    if (entry->idle)
        (void)unlink(entry->path);
    free(entry->path);
    free(entry->fails);
    free(entry->shows);
    free(entry->dirty);
}

/* The entries that are wanted, moved to the front; how many they are. */
static size_t keep_wanted(struct entry *entries, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const char *base = strrchr(entries[i].path, '/') + 1;
        char *name = xstrndup(base, strlen(base) - strlen(".c"));
        if (fnmatch(wanted, name, 0) == 0)
            entries[kept++] = entries[i];
        else
            release_entry(&entries[i]);
        free(name);
    }
    check(kept > 0, "there is a case %s", wanted);
    return kept;
}

static int compare_cpu(const void *a, const void *b)
{
    double cpu_a = ((const struct entry *)a)->cpu_s;
    double cpu_b = ((const struct entry *)b)->cpu_s;

    return (cpu_a < cpu_b) - (cpu_a > cpu_b);
}

/* Where the time of a lab goes: its COUNT entries. */
static void print_lab_costs(struct entry *entries, size_t count)
{
    double sum = 0;

    qsort(entries, count, sizeof(*entries), compare_cpu);
    for (size_t i = 0; i < count; i++)
        sum += entries[i].cpu_s;
    (void)printf("%s, CPU seconds: %.0f", entries[0].lab, sum);
    for (size_t i = 0; i < count && i < COSTLY; i++)
        (void)printf(", %s %.0f", strrchr(entries[i].path, '/') + 1,
                     entries[i].cpu_s);
    (void)printf("\n");
}

/* A lab's entries stand together. */
static void print_costs(struct entry *entries, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && entries[end].lab == entries[i].lab;)
            end++;
        print_lab_costs(&entries[i], end - i);
    }
}

static void add_lab(struct entry **entries, size_t *count, const char *lab)
{
    add_entry(entries, count, lab, xformat("labs/%s/%s.c", lab, lab))
        ->skeleton = true;
    for (int status = 0; status < 2; status++)
        add_entry(entries, count, lab, write_idle(lab, status))->idle = true;
    add_entry(entries, count, lab, xformat("solutions/%s/%s.c", lab, lab))
        ->solution = true;
    add_directory(entries, count, lab, "accepted");
    add_directory(entries, count, lab, "wrong");
}

int main(int argc, char **argv)
{
    size_t jobs = (size_t)sysconf(_SC_NPROCESSORS_ONLN), count = 0;
    struct entry *entries = NULL;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quiet") == 0) {
            quiet = true;
        } else if (strcmp(argv[i], "--quick") == 0) {
            quick = true;
        } else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc) {
            jobs = strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc) {
            wanted = argv[++i];
        } else {
            texts_check(argv[i]);
            add_lab(&entries, &count, argv[i]);
        }
    }
    if (count == 0) {
        (void)fprintf(stderr, "usage: matrix [--jobs N] [--quiet] "
                              "[--quick] [--case PATTERN] LAB...\n");
        return 2;
    }
    count = keep_wanted(entries, count);
    grade_all(entries, count, jobs > 0 ? jobs : 1);
    if (!quiet)
        print_costs(entries, count);
    for (size_t i = 0; i < count; i++)
        release_entry(&entries[i]);
    free(entries);
    (void)printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}
