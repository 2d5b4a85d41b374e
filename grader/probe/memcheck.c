// SPDX-License-Identifier: MIT
/*
 * memcheck.c - how Valgrind's memcheck is asked, and what it answered, as
 * findings; see memcheck.h.
 *
 * A log is never called complete on a doubt.  Its ERROR SUMMARY must be a whole
 * line and the last of its process, no line of the process may be cut, and the
 * errors that it counts must have been shown (a child counts its parent's too).
 */
#include "memcheck.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "memcheck_text.h"

/* ---- The command line ---------------------------------------------------- */

/* Times were measured with Valgrind 3.19 on Debian 12: of one start (0.29 s),
 * or of one served run with a child of its own (0.033 s). */
static const char *const options[] = {
    "--command-line-only=yes", /* no .valgrindrc of a student's */
    "--tool=memcheck",
    "--vgdb=no", /* it would open FIFOs in /tmp, which a run could see */
    /* Otherwise _exit(2) flushes stdio, and a run costs 0.018 s more. */
    "--run-libc-freeres=no", "--run-cxx-freeres=no", "--leak-check=full",
    "--show-leak-kinds=definite", /* a thread's TLS is "possibly lost" */
    "--errors-for-leak-kinds=definite", "--track-fds=yes",
    "--trace-children=no", /* what a program execs is not the student's */
    "--child-silent-after-fork=no",
    "--read-inline-info=no", /* 0.055 s a start; lines are right without */
    "--max-threads=128",     /* as processes; of 500: 0.01 s a run */
    "--sanity-level=0",      /* Valgrind's check of itself: 0.014 s a run */
    "--num-callers=12",
    "--fullpath-after=", /* the C library has a pipe.c too */
};

void memcheck_command(struct argv *argv, const char *suppressions, int log_fd)
{
    /* Debian's valgrind is a script that sets LD_LIBRARY_PATH, which the
     * program and all that it execs would inherit, and then runs this. */
    static const char direct[] = "/usr/bin/valgrind.bin";

    argv_add(argv, access(direct, X_OK) == 0 ? direct : "valgrind");
    for (size_t i = 0; i < LENGTH(options); i++)
        argv_add(argv, options[i]);
    if (suppressions)
        argv_addf(argv, "--suppressions=%s", suppressions);
    argv_addf(argv, "--log-fd=%d", log_fd);
}

/* ---- Records: a head and the indented lines that follow ------------------ */

/* A finding before equal ones are merged. */
struct candidate {
    struct finding finding;
    const char *at; /* where it stands in the text */
    char *key;      /* equal for what is the same error */
};

struct parser {
    struct memcheck_log *log;
    const char *source;
    pid_t first_pid;
    struct candidate *candidates;
    size_t candidate_count;
    int64_t shown;     /* errors, in all processes */
    int64_t *contexts; /* of each process: errors that its summary counts */
    size_t context_count;
};

/* What the head of a record means; the first entry that fits decides. */
static const struct {
    const char *words;
    bool anywhere; /* rather than at its start */
    bool counted;
    enum finding_kind kind;
} heads[] = {
    {"Open ", false, true, FINDING_DESCRIPTOR},
    {"Use --track-origins", false, false, FINDING_OTHER},
    {"Process terminating", false, false, FINDING_OTHER},
    {"Stack overflow in thread", false, false, FINDING_OTHER},
    {"Warning: ", false, false, FINDING_OTHER},
    {"WARNING: ", false, false, FINDING_OTHER},
    {"valgrind: ", false, false, FINDING_OTHER},
    {"Invalid ", false, true, FINDING_INVALID_ACCESS},
    {"Mismatched ", false, true, FINDING_INVALID_ACCESS},
    {"Jump to the invalid ", false, true, FINDING_INVALID_ACCESS},
    {"naddressable byte(s)", true, true, FINDING_INVALID_ACCESS},
    {"ninitialised ", true, true, FINDING_UNINITIALISED},
    {" definitely lost in loss record", true, true, FINDING_LEAK},
    {" lost in loss record", true, false, FINDING_OTHER},
    {" still reachable in loss record", true, false, FINDING_OTHER},
};

/* A record while its lines are read. */
struct record {
    struct finding finding;
    struct buffer stack, key;
    bool has_frame, has_source;
    bool ends_key; /* what follows tells of a block or an origin */
    bool passes_mq_notify;
};

/* False if it is no error. */
static bool classify(struct slice head, bool has_frame, enum finding_kind *kind)
{
    for (size_t i = 0; i < LENGTH(heads); i++) {
        if (heads[i].anywhere ? slice_find(head, heads[i].words) == NULL
                              : !slice_starts(head, heads[i].words))
            continue;
        *kind = heads[i].kind;
        return heads[i].counted;
    }
    *kind = FINDING_OTHER; /* memcheck shows where each error happened */
    return has_frame;
}

/* Add LINE to the stack; the student's FILE in it goes by its name alone. */
static void add_to_stack(struct record *record, struct slice line,
                         const struct slice *file, const char *source)
{
    if (record->stack.size > 0)
        buffer_add(&record->stack, slice_of("\n"));
    if (file) {
        size_t before = (size_t)(file->at - line.at);
        buffer_add(&record->stack, (struct slice){line.at, before});
        buffer_add(&record->stack, slice_of(source));
        line = slice_from(line, before + file->size);
    }
    buffer_add(&record->stack, line);
}

static void read_record_line(struct record *record, struct slice line,
                             const char *source)
{
    struct finding *finding = &record->finding;
    struct frame frame;

    if (!frame_parse(line, &frame)) {
        record->ends_key = record->has_frame;
        add_to_stack(record, line, NULL, NULL);
        return;
    }
    bool ours = frame_is_in(&frame, source);
    record->has_frame = true;
    if (slice_find(frame.function, "mq_notify"))
        record->passes_mq_notify = true;
    add_to_stack(record, line, ours ? &frame.file : NULL, source);
    if (!record->ends_key) {
        buffer_add(&record->key, slice_of("\n"));
        buffer_add_plain(&record->key, line);
    }
    if (ours && !record->has_source) {
        record->has_source = true;
        slice_copy(frame.function, finding->function,
                   sizeof(finding->function));
        slice_copy(slice_of(source), finding->file, sizeof(finding->file));
        finding->line = frame.line;
    }
}

/* "128 bytes in 1 blocks are definitely lost", "Open file descriptor 4" */
static struct slice trim_head(struct slice head)
{
    const char *end = slice_find(head, " in loss record");

    if (end)
        head.size = (size_t)(end - head.at);
    else if (head.size > 0 && head.at[head.size - 1] == ':')
        head.size--;
    return head;
}

/* Whether RECORD counts, not only for memcheck but for the student. */
static bool is_finding(const struct parser *parser, const struct record *record)
{
    bool first = record->finding.pid == parser->first_pid;

    /* What it still holds at an end that it did not choose. */
    if (parser->log->unsupported &&
        (record->finding.kind == FINDING_LEAK ||
         record->finding.kind == FINDING_DESCRIPTOR))
        return false;
    if (record->finding.kind == FINDING_DESCRIPTOR)
        return first && record->has_source && !record->passes_mq_notify;
    return record->finding.kind != FINDING_LEAK || first;
}

/* Two leaks at one place are one: the amount may differ between processes. */
static char *make_key(struct record *record, struct slice head)
{
    struct buffer key = {0};
    char kind = (char)('0' + record->finding.kind);

    buffer_add(&key, (struct slice){&kind, 1});
    if (record->finding.kind != FINDING_LEAK)
        buffer_add_plain(&key, head);
    if (record->key.size > 0)
        buffer_add(&key, (struct slice){record->key.data, record->key.size});
    return key.data;
}

/* COUNT lines of one process: a head and what belongs to it. */
static void read_record(struct parser *parser, const struct log_line *lines,
                        size_t count)
{
    struct record record = {.finding.pid = lines->pid};
    struct slice head = lines->body;
    struct frame frame;

    if (frame_parse(head,
                    &frame)) { /* the message that it is part of is lost */
        parser->log->damaged = true;
        return;
    }
    buffer_add(&record.stack, slice_of(""));
    for (size_t i = 1; i < count; i++)
        read_record_line(&record, lines[i].body, parser->source);
    bool counted = classify(head, record.has_frame, &record.finding.kind);
    if (counted)
        parser->shown++;
    if (counted && is_finding(parser, &record)) {
        struct candidate *candidate = grow(
            &parser->candidates, &parser->candidate_count, sizeof(*candidate));
        candidate->at = head.at;
        head = trim_head(head);
        slice_copy(head, record.finding.what, sizeof(record.finding.what));
        candidate->key = make_key(&record, head);
        record.finding.stack = record.stack.data;
        candidate->finding = record.finding;
        record.stack.data = NULL;
    }
    free(record.stack.data);
    free(record.key.data);
}

/* ---- Processes ----------------------------------------------------------- */

/* Where Valgrind started, which is not a run's business. */
static bool is_banner(struct slice body)
{
    static const char *const words[] = {"Memcheck, a memory error detector",
                                        "Copyright (C) ", "Using Valgrind-",
                                        "Command: ", "Parent PID: "};

    for (size_t i = 0; i < LENGTH(words); i++)
        if (slice_starts(body, words[i]))
            return true;
    return slice_is_blank(body);
}

/* The contexts of "ERROR SUMMARY: 3 errors from 2 contexts (suppressed: ...",
 * or -1 if LINE is not that. */
static int64_t read_summary(const struct log_line *line)
{
    static const char words[] = "ERROR SUMMARY: ";
    static const char from[] = " errors from ";
    struct slice body = line->body;

    if (line->torn || !slice_starts(body, words))
        return -1;
    body = slice_from(body, strlen(words));
    if (slice_take_number(&body) < 0 || !slice_starts(body, from))
        return -1;
    body = slice_from(body, strlen(from));
    int64_t contexts = slice_take_number(&body);
    return slice_starts(body, " contexts ") ? contexts : -1;
}

static struct memcheck_process *add_process(struct parser *parser, pid_t pid)
{
    struct memcheck_process *process = grow(
        &parser->log->processes, &parser->log->process_count, sizeof(*process));

    process->pid = pid;
    (void)grow(&parser->contexts, &parser->context_count,
               sizeof(*parser->contexts));
    return process;
}

/* COUNT lines: all of one process. */
static void read_process(struct parser *parser, const struct log_line *lines,
                         size_t count)
{
    struct memcheck_process *process = NULL;
    bool cut = false;

    for (size_t i = 0, next; i < count; i = next) {
        next = i + 1;
        cut = cut || lines[i].cut;
        if (is_banner(lines[i].body) && !lines[i].cut)
            continue;
        /* A record that began before this log did: the server's warming up is
         * still at its end when the first lease begins. */
        if (process == NULL && slice_starts(lines[i].body, " "))
            continue;
        if (process == NULL)
            process = add_process(parser, lines->pid);
        int64_t contexts = read_summary(&lines[i]);
        process->summary = contexts >= 0;
        if (contexts >= 0) {
            parser->contexts[parser->context_count - 1] = contexts;
            continue;
        }
        for (; next < count && slice_starts(lines[next].body, " ") &&
               !slice_is_blank(lines[next].body);
             next++)
            cut = cut || lines[next].cut;
        read_record(parser, &lines[i], next - i);
    }
    if (process && cut)
        process->summary = false;
}

static void read_processes(struct parser *parser, const struct log_lines *lines)
{
    struct memcheck_log *log = parser->log;
    struct memcheck_process *first = NULL;

    for (size_t i = 0, next; i < lines->count; i = next) {
        next = i + 1;
        while (next < lines->count &&
               lines->items[next].pid == lines->items[i].pid)
            next++;
        read_process(parser, &lines->items[i], next - i);
    }
    for (size_t i = 0; i < log->process_count; i++) {
        if (parser->contexts[i] > parser->shown)
            log->processes[i].summary = false;
        if (log->processes[i].pid == parser->first_pid)
            first = &log->processes[i];
    }
    if (first == NULL && parser->first_pid > 0)
        first = add_process(parser, parser->first_pid);
    if (first && lines->cut)
        first->summary = false;
}

/* ---- The log ------------------------------------------------------------- */

static int compare_keys(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = strcmp(a->key, b->key);

    return order ? order : (a->at > b->at) - (a->at < b->at);
}

static int compare_places(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    return (a->at > b->at) - (a->at < b->at);
}

/* Keep the first of equal candidates, in the order of the text. */
static void merge(struct parser *parser)
{
    struct candidate *items = parser->candidates;
    size_t kept = 0;

    if (parser->candidate_count == 0)
        return;
    qsort(items, parser->candidate_count, sizeof(*items), compare_keys);
    for (size_t i = 0; i < parser->candidate_count; i++) {
        if (kept > 0 && strcmp(items[kept - 1].key, items[i].key) == 0) {
            free(items[i].finding.stack);
            free(items[i].key);
        } else {
            items[kept++] = items[i];
        }
    }
    qsort(items, kept, sizeof(*items), compare_places);
    for (size_t i = 0; i < kept; i++) {
        struct finding *finding =
            grow(&parser->log->findings, &parser->log->finding_count,
                 sizeof(*finding));
        *finding = items[i].finding;
        free(items[i].key);
    }
}

struct memcheck_log *memcheck_parse(const char *text, size_t size,
                                    const char *source, pid_t first_pid)
{
    struct parser parser = {.source = source, .first_pid = first_pid};
    struct log_lines lines;

    parser.log = xcalloc(1, sizeof(*parser.log));
    parser.log->unsupported =
        slice_find((struct slice){text, size}, " WARNING: unhandled ") != NULL;
    log_lines_read(&lines, (struct slice){text, size});
    read_processes(&parser, &lines);
    merge(&parser);
    free(parser.candidates);
    free(parser.contexts);
    free(lines.items);
    return parser.log;
}

void memcheck_free(struct memcheck_log *log)
{
    if (log == NULL)
        return;
    for (size_t i = 0; i < log->finding_count; i++)
        free(log->findings[i].stack);
    free(log->findings);
    free(log->processes);
    free(log);
}
