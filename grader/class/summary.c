// SPDX-License-Identifier: MIT
/* summary.c - the end of `ipclab class`; see summary.h. */
#include "summary.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base.h"
#include "db.h"
#include "intake.h"
#include "layout.h"

static int count(const struct summary *summary, const char *sql)
{
    return (int)db_number(summary->book, 0, sql, "");
}

static double cpu_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* What it cost, the grader's own part apart. */
static void tell_cost(const struct summary *summary)
{
    struct rusage own, jobs;
    long seconds = (long)((now_ms() - summary->begun_ms) / 1000);

    if (getrusage(RUSAGE_SELF, &own) < 0 ||
        getrusage(RUSAGE_CHILDREN, &jobs) < 0)
        return;
    double all = cpu_of(&own) + cpu_of(&jobs);
    (void)printf(
        "  %ld:%02ld; CPU: jobs %.1f s, the grader itself %.2f s (%.1f %%); "
        "memory %ld MiB\n",
        seconds / 60, seconds % 60, cpu_of(&jobs), cpu_of(&own),
        all > 0 ? 100 * cpu_of(&own) / all : 0, own.ru_maxrss / 1024);
}

/* C files that are no lab's may be misnamed, and an archive may be damaged:
 * people must see them. */
static void tell_unnamed(const struct summary *summary)
{
    struct report report;
    sqlite3_stmt *rows = db_query(
        summary->book,
        "SELECT path || ': ' || why FROM ignored WHERE why IN ('" INTAKE_NO_LAB
        "', '" INTAKE_NOBODYS "') OR path LIKE '%.zip' OR path LIKE '%.tar' OR "
        "path LIKE '%z' LIMIT 10",
        "");

    report_init(&report, stdout);
    while (db_next(rows) > 0)
        layout_block(&report, 2, NULL, db_text(rows, 0));
}

void summary_print(const struct summary *summary)
{
    int left = count(summary, "SELECT count(*) FROM counted WHERE result IS "
                              "NULL OR EXISTS (SELECT * FROM unsettled AS u "
                              "WHERE u.student = counted.student AND u.lab = "
                              "counted.lab)");

    (void)printf("  %d students; %d handed in %d files that count, %d of them "
                 "different\n",
                 count(summary, "SELECT count(*) FROM student"),
                 count(summary, "SELECT count(DISTINCT student) FROM attempt"),
                 count(summary, "SELECT count(*) FROM counted"),
                 count(summary, "SELECT count(DISTINCT hash || lab) FROM "
                                "counted"));
    (void)printf("  %zu graded now, %zu known from before, sandbox %s\n",
                 summary->graded, summary->known, summary->level);
    if (left > 0)
        (void)printf("  %d not judged yet, or not in full: see the overview\n",
                     left);
    tell_unnamed(summary);
    (void)printf("  %d files passed over: the overview lists them\n",
                 count(summary, "SELECT count(*) FROM ignored"));
    tell_cost(summary);
    (void)printf("  overview  %s/index.html\n  grades    %s/gradebook.csv\n",
                 summary->out, summary->out);
}
