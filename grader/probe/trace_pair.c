// SPDX-License-Identifier: MIT
/*
 * trace_pair.c - which line of a parent made which process of the log?
 *
 * Outside the sandbox the result of clone(2) is the host pid that stands in
 * the first column.  Inside it is another number, but both kinds of numbers
 * grow as processes are made (pid_namespaces(7)), so both are sorted and
 * paired.  A process that made set_tid_address(2) told its own number: such
 * anchors cut the lists into pieces.  Where a piece does not match, because a
 * child was killed before its first line or its parent before its result, the
 * longest pairing is taken that contradicts neither the order of the lines nor
 * what parents were told of their children's deaths.
 */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "trace_private.h"

#define TABLE_MAX ((size_t)1 << 20) /* a tenth of a second */

/* A piece of both lists: tasks that need a fork, forks that need a child. */
struct piece {
    struct trace_log *log;
    const int *tasks, *forks;
    size_t task_count, fork_count;
};

/* How well TASK fits as FORK's child; 0: it cannot be. */
static unsigned fit(const struct trace_log *log, int task, int fork)
{
    const struct trace_task *child = &log->tasks[task];
    const struct trace_fork *made = &log->forks[fork];
    int status = child->process.killed_by ? -child->process.killed_by
                                          : child->process.exit_status;

    if (child->first_line <= made->begun || made->caller == task ||
        (child->anchor != 0 && child->anchor != made->child_pid))
        return 0;
    if (made->death_line == TRACE_NEVER)
        return 2;
    if (child->end_line >= made->death_line ||
        (made->death_status != INT_MIN && made->death_status != status))
        return 0;
    return 3;
}

/* Piece in order, one by one; false if that is contradicted. */
static bool pair_straight(struct piece *piece)
{
    if (piece->task_count != piece->fork_count)
        return false;
    for (size_t i = 0; i < piece->task_count; i++)
        if (fit(piece->log, piece->tasks[i], piece->forks[i]) == 0)
            return false;
    for (size_t i = 0; i < piece->task_count; i++)
        trace_pair_one(piece->log, &piece->log->forks[piece->forks[i]],
                       piece->tasks[i]);
    return true;
}

/*
 * Processes that are made at the same moment may be numbered in one order
 * outside and in another inside (the kernel takes one number after the other),
 * so neighbours may change places, at a cost that is less than a pair's worth.
 */
static const struct move {
    size_t count;
    size_t fork[3]; /* of the tasks that follow each other */
    unsigned cost;
} moves[] = {
    {1, {0}, 0},       {2, {1, 0}, 1},    {3, {1, 2, 0}, 2},
    {3, {2, 0, 1}, 2}, {3, {2, 1, 0}, 3},
};

/* What MOVE is worth from task I and fork J on; 0: it cannot be made. */
static unsigned worth(const struct piece *piece, size_t i, size_t j,
                      const struct move *move)
{
    unsigned sum = 0;

    if (i + move->count > piece->task_count ||
        j + move->count > piece->fork_count)
        return 0;
    for (size_t k = 0; k < move->count; k++) {
        unsigned one = fit(piece->log, piece->tasks[i + k],
                           piece->forks[j + move->fork[k]]);

        if (one == 0)
            return 0;
        sum += 4 * one;
    }
    return sum - move->cost;
}

static unsigned *cell(unsigned *best, const struct piece *piece, size_t i,
                      size_t j)
{
    return &best[i * (piece->fork_count + 1) + j];
}

/* The best for what begins at task I and fork J, where all that begins later
 * is known; *TAKEN is the move that it begins with, or NULL. */
static unsigned best_from(unsigned *best, const struct piece *piece, size_t i,
                          size_t j, const struct move **taken)
{
    unsigned most = *cell(best, piece, i, j + 1);

    *taken = NULL;
    if (*cell(best, piece, i + 1, j) > most)
        most = *cell(best, piece, i + 1, j);
    for (size_t k = LENGTH(moves); k-- > 0;) {
        unsigned gain = worth(piece, i, j, &moves[k]);

        if (gain == 0)
            continue;
        gain += *cell(best, piece, i + moves[k].count, j + moves[k].count);
        if (gain >= most) { /* of equals, the plainest */
            most = gain;
            *taken = &moves[k];
        }
    }
    return most;
}

/* The best pairing of all, by dynamic programming; ties go to the earlier. */
static void pair_best(struct piece *piece)
{
    size_t n = piece->task_count;
    size_t m = piece->fork_count;
    unsigned *best = xcalloc((n + 1) * (m + 1), sizeof(*best));
    const struct move *move;

    for (size_t i = n; i-- > 0;)
        for (size_t j = m; j-- > 0;)
            *cell(best, piece, i, j) = best_from(best, piece, i, j, &move);
    for (size_t i = 0, j = 0; i < n && j < m;) {
        unsigned most = best_from(best, piece, i, j, &move);

        if (move == NULL && most == *cell(best, piece, i, j + 1)) {
            j++;
            continue;
        }
        for (size_t k = 0; move != NULL && k < move->count; k++)
            trace_pair_one(piece->log,
                           &piece->log->forks[piece->forks[j + move->fork[k]]],
                           piece->tasks[i + k]);
        i += move ? move->count : 1;
        j += move ? move->count : 0;
    }
    free(best);
}

/* For what is too long for a table: the first that fits. */
static void pair_greedily(struct piece *piece)
{
    for (size_t i = 0, j = 0; i < piece->task_count && j < piece->fork_count;) {
        if (fit(piece->log, piece->tasks[i], piece->forks[j]) != 0)
            trace_pair_one(piece->log, &piece->log->forks[piece->forks[j++]],
                           piece->tasks[i++]);
        else if (piece->task_count - i > piece->fork_count - j)
            i++;
        else
            j++;
    }
}

/* What is left over is paired without regard to the order, nearby. */
static void pair_crossed(struct piece *piece)
{
    size_t first = 0;

    for (size_t i = 0; i < piece->task_count; i++) {
        if (piece->log->tasks[piece->tasks[i]].fork >= 0)
            continue;
        while (first < piece->fork_count &&
               piece->log->forks[piece->forks[first]].child >= 0)
            first++;
        for (size_t j = first; j < piece->fork_count && j < first + 64; j++) {
            struct trace_fork *fork = &piece->log->forks[piece->forks[j]];

            if (fork->child < 0 &&
                fit(piece->log, piece->tasks[i], piece->forks[j]) != 0) {
                trace_pair_one(piece->log, fork, piece->tasks[i]);
                break;
            }
        }
    }
}

static void pair_piece(struct piece *piece)
{
    if (piece->task_count == 0 || piece->fork_count == 0 ||
        pair_straight(piece))
        return;
    if (piece->task_count <= TABLE_MAX / piece->fork_count)
        pair_best(piece);
    else
        pair_greedily(piece);
    pair_crossed(piece);
}

/* The tasks of which it is not yet known whose children they are. */
static size_t list_unpaired(const struct trace_log *log, bool outside,
                            int *list)
{
    size_t count = 0;

    for (size_t i = 0; i < log->task_count; i++) {
        const struct trace_task *task = &log->tasks[log->order[i]];

        if (log->order[i] != 0 && task->fork < 0 && (outside || !task->outside))
            list[count++] = log->order[i];
    }
    return count;
}

/* Pair what told its number; PLACES receives where in by_pid that stands, or
 * -1.  The last result that strace logs of a process before SIGKILL may be
 * another process's: a number that contradicts the log is forgotten. */
static void pair_anchors(struct trace_log *log, const int *tasks, size_t count,
                         long *places)
{
    long *place_of = xcalloc(log->fork_count, sizeof(*place_of));

    for (size_t i = 0; i < log->by_pid_count; i++)
        place_of[log->by_pid[i]] = (long)i;
    for (size_t i = 0; i < count; i++) {
        struct trace_task *task = &log->tasks[tasks[i]];

        places[i] = -1;
        if (task->anchor == 0)
            continue;
        struct trace_fork *fork =
            trace_fork_by_pid(log, false, task->anchor, task->first_line);
        if (fork == NULL)
            continue;
        int index = (int)(fork - log->forks);
        if (fork->child >= 0 || fit(log, tasks[i], index) == 0) {
            task->anchor = 0;
            continue;
        }
        trace_pair_one(log, fork, tasks[i]);
        places[i] = place_of[index];
    }
    free(place_of);
}

/* An anchor cuts both lists if no other is on the wrong side of it; the PLACES
 * of those that do not are made -1. */
static void keep_cuts(long *places, size_t count)
{
    long *least = xcalloc(count + 1, sizeof(*least));
    long most = -1;

    least[count] = LONG_MAX;
    for (size_t i = count; i-- > 0;)
        least[i] = places[i] >= 0 && places[i] < least[i + 1] ? places[i]
                                                              : least[i + 1];
    for (size_t i = 0; i < count; i++) {
        bool cut = places[i] > most && places[i] <= least[i];

        if (places[i] > most)
            most = places[i];
        if (!cut)
            places[i] = -1;
    }
    free(least);
}

/* What lies between two cuts: tasks from FROM up to TO, and the forks between
 * their places. */
static void pair_between(struct trace_log *log, const int *tasks, size_t from,
                         size_t to, size_t low, size_t high)
{
    int *left = xcalloc(to - from, sizeof(*left));
    int *forks = xcalloc(high - low, sizeof(*forks));
    struct piece piece = {.log = log, .tasks = left, .forks = forks};

    for (size_t i = from; i < to; i++)
        if (log->tasks[tasks[i]].fork < 0)
            left[piece.task_count++] = tasks[i];
    for (size_t i = low; i < high; i++)
        if (log->forks[log->by_pid[i]].child < 0)
            forks[piece.fork_count++] = log->by_pid[i];
    pair_piece(&piece);
    free(left);
    free(forks);
}

/* Processes left over are given to the calls whose results never came. */
static void pair_unfinished(struct trace_log *log)
{
    int *tasks = xcalloc(log->task_count, sizeof(*tasks));
    size_t count = list_unpaired(log, true, tasks);
    size_t next = 0;

    for (size_t i = 0; i < count; i++) {
        const struct trace_task *task = &log->tasks[tasks[i]];

        while (next < log->fork_count && log->forks[next].child_pid != 0)
            next++;
        if (next == log->fork_count)
            break;
        if (log->forks[next].begun < task->first_line &&
            log->forks[next].caller != tasks[i])
            trace_pair_one(log, &log->forks[next++], tasks[i]);
    }
    free(tasks);
}

static void pair_inside(struct trace_log *log)
{
    int *tasks = xcalloc(log->task_count, sizeof(*tasks));
    size_t count = list_unpaired(log, false, tasks);
    long *places = xcalloc(count + 1, sizeof(*places));
    size_t inside = 0;
    size_t from = 0;
    size_t low = 0;

    while (inside < log->by_pid_count &&
           !log->forks[log->by_pid[inside]].outside)
        inside++;
    pair_anchors(log, tasks, count, places);
    keep_cuts(places, count);
    places[count] = (long)inside;
    for (size_t i = 0; i <= count; i++) {
        if (places[i] < 0)
            continue;
        pair_between(log, tasks, from, i, low, (size_t)places[i]);
        from = i + 1;
        low = (size_t)places[i] + 1;
    }
    free(tasks);
    free(places);
}

void trace_pair(struct trace_log *log)
{
    pair_inside(log);
    pair_unfinished(log);
    for (size_t i = 0; i < log->task_count; i++)
        if (log->tasks[i].process.pid == 0)
            log->tasks[i].process.pid = log->tasks[i].anchor;
}
