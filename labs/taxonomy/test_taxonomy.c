// SPDX-License-Identifier: MIT
/*
 * test_taxonomy.c - the tests of the taxonomy lab, as the autograder runs them.
 *
 * What the table claims is compared with the key; and the key, where something
 * is measured, with what the experiments show at the same time, on the same
 * kernel.
 * A student's experiment is judged by what it prints, and by the trace: whether
 * it has really been made. Where speed could decide what it prints, it is
 * slowed down at the decisive point.
 *
 * Run one of them with `make taxonomy TEST=table_shape`.
 */
#include <errno.h>
#include <signal.h>

#include "test_taxonomy.h"

NEEDS_FULL_SANDBOX

/* ---- taxonomy.1: the table -------------------------------------------------
 */

Graded(taxonomy, table_shape, .points = 5, .step = "taxonomy.1",
       .description = "list prints 14 rows of 11 cells, each filled in with a "
                      "word that its column knows")
{
    struct run *run = launch(ARGS("list"));
    int empty = 0;

    expect_exit(run, 0);
    if (probe_is_memcheck())
        return;
    struct list list = read_list(run);
    const char *first = "";
    for (int m = 0; m < MECHS; m++) {
        expect_that(run, strcmp(list.words[1 + m][0], key[m].mech) == 0,
                    "there is a row for each mechanism", "there is none for %s",
                    key[m].mech);
        for (int p = 0; p < PROPERTIES; p++)
            if (strcmp(list.words[1 + m][1 + p], "?") == 0 && empty++ == 0)
                first = properties[p];
    }
    expect_that(run, empty == 0, "every cell is filled in",
                "%d cells have no value of their column, the first of them in "
                "%s",
                empty, first);
}

/* Append a sentence on a cell to the text at END, which has room up to LIMIT;
 * the new end. */
static char *complain(char *end, const char *limit, const char *mech,
                      const char *property, const char *claim,
                      const char *shown)
{
    size_t room = (size_t)(limit - end);
    int size;

    if (strcmp(claim, "?") == 0)
        size = snprintf(end, room, "%s: %s is not filled in; ", mech, property);
    else if (strcmp(shown, "-") == 0)
        size = snprintf(end, room, "%s: %s is not %s; ", mech, property, claim);
    else
        size = snprintf(end, room, "%s: %s is not %s, an experiment shows %s; ",
                        mech, property, claim, shown);
    return size < (int)room ? end + size : end;
}

/* The student's cells of the properties NAMES are right, all of them. */
static void expect_claims(const char *const names[])
{
    static char wrong[4000];
    char *end = wrong;

    if (probe_is_memcheck())
        return;
    struct world *world = make_world();
    struct run *run = launch(ARGS("list"), .world = world, NATIVE);
    expect_exit(run, 0);
    struct list list = read_list(run);
    for (int p = 0; p < PROPERTIES; p++) {
        const char *shown[MECHS];
        bool asked = false;
        for (int i = 0; names[i]; i++)
            asked = asked || strcmp(names[i], properties[p]) == 0;
        if (!asked)
            continue;
        measure(world, properties[p], shown);
        for (int m = 0; m < MECHS; m++) {
            const char *claim = list.words[1 + m][1 + p];
            /* Of a kernel that does otherwise the key knows nothing. */
            cr_assert(strcmp(shown[m], "-") == 0 ||
                          is_one_of(shown[m], key[m].cells[p]),
                      "%s: %s is %s on this kernel, which the key lacks",
                      key[m].mech, properties[p], shown[m]);
            if (!is_one_of(claim, key[m].cells[p]))
                end = complain(end, wrong + sizeof(wrong), key[m].mech,
                               properties[p], claim, shown[m]);
        }
    }
    if (end > wrong)
        end[-2] = '\0'; /* the last "; " */
    expect_that(run, end == wrong, "the table says what the kernel does", "%s",
                wrong);
}

#define CLAIMS(...) ((const char *const[]){__VA_ARGS__, NULL})

Graded(taxonomy, claims_direction_relation, .points = 10, .step = "taxonomy.1",
       .description = "Direction, and who can use it, are right for all 14 "
                      "mechanisms")
{
    expect_claims(CLAIMS("direction", "relation"));
}

Graded(taxonomy, claims_sync_bounded, .points = 10, .step = "taxonomy.1",
       .description = "Whether a sender waits for the receiver, and how long "
                      "it need not, is right for all 14 mechanisms")
{
    expect_claims(CLAIMS("sync", "bounded"));
}

Graded(taxonomy, claims_boundaries_order, .points = 10, .step = "taxonomy.1",
       .description = "Boundaries and order are right for all 14 mechanisms")
{
    expect_claims(CLAIMS("boundaries", "order"));
}

Graded(taxonomy, claims_persistence_host, .points = 10, .step = "taxonomy.1",
       .description = "How long it lives, and how far it reaches, are right "
                      "for all 14 mechanisms")
{
    expect_claims(CLAIMS("persistence", "host"));
}

Graded(taxonomy, claims_carries_notify_pollable, .points = 10,
       .step = "taxonomy.1",
       .description = "What it carries, and how a receiver can learn of it, "
                      "are right for all 14 mechanisms")
{
    expect_claims(CLAIMS("carries", "notify", "pollable"));
}

/* ---- taxonomy.2: the experiments -------------------------------------------
 */

/* Only the calls of this mechanism make a channel of it. */
static const struct {
    const char *mech, *answer, *makers, *word;
} channels[] = {
    {"sysv-msgq", "message\n", "msgget", ""},
    {"posix-mq", "message\n", "mq_open", ""},
    {"pipe", "stream\n", "pipe,pipe2", ""},
    {"fifo", "stream\n", "mknod,mknodat", "S_IFIFO"},
    {"socketpair", "stream\n", "socketpair", ""},
    {"unix-socket", "stream\n", "connect", "AF_UNIX"},
    {"tcp", "stream\n", "connect", "AF_INET"},
    {"udp", "message\n", "socket", "SOCK_DGRAM"},
};

/* At DELAY each process waits until all the others sleep; one that looks again
 * and again instead burns a processor meanwhile, with our leave. */
static struct run *probe_slowly(struct world *world, const char *mech,
                                const char *property, const char *delay)
{
    struct run *run = launch(ARGS("probe", mech, property), .world = world,
                             .delay = delay, .spin_ms = 20000, NATIVE);

    open_gate_when_still(world, run);
    (void)run_end(run);
    world_close_gate(world, "go");
    return run;
}

/* There may be a channel, but it cannot be had now: that says nothing of
 * boundaries. Nor does one that fails: who notices that in a child knows that
 * there is no answer, and need not know why. */
static void expect_no_answer(void)
{
    static const char *const failures[] = {"msgsnd:error=ENOMEM:when=2",
                                           "msgrcv:error=EIDRM"};
    struct run *run = launch(ARGS("probe", "socketpair", "boundaries"),
                             .inject = "socketpair:error=EMFILE", NATIVE);

    expect_exit(run, 1);
    expect_error(run, EMFILE);
    for (int i = 0; i < 2; i++) {
        run = launch(ARGS("probe", "sysv-msgq", "boundaries"),
                     .inject = failures[i], NATIVE);
        if (run_was_injected(run))
            expect_exit(run, 1);
    }
}

/* A receiver that takes what is there when the second piece is held up gets
 * three bytes of a stream, every time. */
Graded(taxonomy, probe_boundaries_works, .points = 12, .step = "taxonomy.2",
       .description = "probe MECHANISM boundaries sends twice, receives once, "
                      "and says what came, however slow the sender is")
{
    if (probe_is_memcheck()) {
        expect_exit(launch(ARGS("probe", "pipe", "boundaries")), 0);
        expect_exit(launch(ARGS("probe", "posix-mq", "boundaries")), 0);
        expect_exit(launch(ARGS("probe", "signal", "boundaries")), 0);
        return;
    }
    struct world *world =
        make_world(.also_trace = SENDS "," RECEIVES ",connect");
    for (size_t i = 0; i < sizeof(channels) / sizeof(*channels); i++) {
        struct run *run = probe_slowly(world, channels[i].mech, "boundaries",
                                       "write@2=@go,send@2=@go");
        expect_exit(run, 0);
        const struct trace *trace = run_trace(run);
        expect_that(run, find_made(trace, channels[i].makers, channels[i].word),
                    "the experiment opens a channel of the mechanism",
                    "there was none of %s", channels[i].mech);
        int sent = count_moves(trace, SENDS, 3);
        expect_that(run, sent >= 2, "two pieces of 3 bytes are sent",
                    "%d pieces of this size were sent through a %s", sent,
                    channels[i].mech);
        expect_output(run, text(channels[i].answer));
    }
    struct run *none =
        launch(ARGS("probe", "signal", "boundaries"), .world = world, NATIVE);
    expect_exit(none, 0);
    expect_output(none, LITERAL("none\n"));
    world_end(world);
    expect_no_answer();
}

/* The call that looks, with a word of it, where it matters when it does: the
 * maker's death takes such an object with it. What /proc says is a look, too,
 * at "/proc/locks" and the like: proc(5). */
static const struct {
    const char *mech, *answers, *makers, *word, *look, *look_word;
} objects[] = {
    {"sysv-shm", "kernel", "shmget", "IPC_CREAT", NULL, NULL},
    {"sysv-msgq", "kernel", "msgget", "IPC_CREAT", NULL, NULL},
    {"posix-mq", "kernel", "mq_open", "O_CREAT", NULL, NULL},
    {"fifo", "filesystem", "mknod,mknodat", "S_IFIFO", NULL, NULL},
    {"unix-socket", "filesystem|process", "bind", "AF_UNIX", NULL, NULL},
    {"tcp", "process", "bind", "AF_INET", "bind,connect", "AF_INET"},
    {"file-lock", "process", "fcntl", "SETLK", "fcntl", "LK"},
    {"socketpair", "process", "socketpair", "", NULL, NULL},
};

/* Where PROCESS (-1: any) is killed, or NULL. */
static const struct trace_event *trace_kill(const struct trace *trace,
                                            int process)
{
    for (size_t i = 0; i < trace->event_count; i++)
        if (trace->events[i].kind == TRACE_KILLED &&
            (process == -1 || trace->events[i].process == process))
            return &trace->events[i];
    return NULL;
}

/* The one that made it did not come to an end of its own. */
static void expect_maker_killed(struct run *run, const char *makers,
                                const char *word)
{
    const struct trace *trace = run_trace(run);
    const struct trace_event *made = find_made(trace, makers, word);

    expect_that(run, made, "the experiment makes an object of the mechanism",
                trace_kill(trace, -1) ? "a process was killed before it had "
                                        "made one"
                                      : "it made none");
    expect_that(run, trace->processes[made->process].killed_by != 0,
                "the process that made it is killed, and another one looks",
                "it was not killed");
}

/* The first call that can have waited for the one that is killed in KILLED. */
static const struct trace_event *find_wait_for(const struct trace *trace,
                                               const struct trace_event *killed)
{
    const struct trace_event *first = NULL;

    for (size_t i = 0;
         (i = trace_find(trace, i, "wait4,waitid", -1)) < trace->event_count;
         i++) {
        const struct trace_event *event = &trace->events[i];
        /* With WNOHANG, wait4(2) may return 0: there is nobody yet. */
        bool done = event->finished && event->error == NULL &&
                    (event->result > 0 || strcmp(event->name, "waitid") == 0);
        if (done && event->ended > killed->begun &&
            (first == NULL || event->ended < first->ended))
            first = event;
    }
    return first;
}

/* Whether somebody else than MAKER calls one of LOOKS with WORD in its
 * arguments when the call WAITED is over. */
static bool is_seen_late(const struct trace *trace, int maker,
                         const struct trace_event *waited, const char *looks,
                         const char *word)
{
    for (size_t i = 0;
         (i = trace_find(trace, i, looks, -1)) < trace->event_count; i++)
        if (trace->events[i].process != maker &&
            strstr(trace->events[i].args, word) &&
            trace_before(waited, &trace->events[i]))
            return true;
    return false;
}

/* It was looked for, for the last time at least, when its maker had been waited
 * for. What comes out if not, speed decides: so what it says is no proof. */
static void expect_late_look(struct run *run, const char *makers,
                             const char *word, const char *look,
                             const char *look_word)
{
    const struct trace *trace = run_trace(run);
    int maker = find_made(trace, makers, word)->process;
    const struct trace_event *waited =
        find_wait_for(trace, trace_kill(trace, maker));

    expect_that(run,
                waited &&
                    (is_seen_late(trace, maker, waited, look, look_word) ||
                     is_seen_late(trace, maker, waited, "open,openat,openat2",
                                  "\"/proc/")),
                "it is looked for when its maker has been waited for",
                "nobody looked for it then");
}

/* The maker's lock is held up until all the others sleep, or have killed it: a
 * handshake waits for it, a guess at how long it takes does not. */
Graded(taxonomy, probe_persistence_works, .points = 12, .step = "taxonomy.2",
       .description =
           "probe MECHANISM persistence makes an object in a process "
           "that is killed, and says what another one finds")
{
    if (probe_is_memcheck()) {
        expect_exit(launch(ARGS("probe", "sysv-shm", "persistence")), 0);
        expect_exit(launch(ARGS("probe", "fifo", "persistence")), 0);
        return;
    }
    struct world *world = make_world(.also_trace = "bind,connect");
    for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
        struct run *run =
            probe_slowly(world, objects[i].mech, "persistence", "setlk=@go");
        expect_exit(run, 0);
        expect_maker_killed(run, objects[i].makers, objects[i].word);
        expect_no_children_left(run);
        const char *answer;
        split(run_output(run), &answer, 1);
        expect_that(run, is_one_of(answer, objects[i].answers),
                    "it says what the kernel shows",
                    "it says that a %s lives as long as this: %s",
                    objects[i].mech, answer);
        if (objects[i].look)
            expect_late_look(run, objects[i].makers, objects[i].word,
                             objects[i].look, objects[i].look_word);
    }
}

/* One that was there before is somebody else's. */
static void expect_foreign_kept(void)
{
    struct world *world = make_world();

    (void)world_ask(world, ARGS("sysv", "new-msg", "0x7461786f"));
    struct run *run = launch(ARGS("probe", "sysv-msgq", "persistence"),
                             .world = world, NATIVE);
    (void)run_end(run);
    char *table = world_table(world, "msg");
    bool kept = strchr(table, '\n') && strchr(table, '\n')[1] != '\0';
    free(table);
    expect_that(run, kept, "a queue that was there before is left alone",
                "it was removed");
    expect_exit(run, 1);
    expect_error(run, EEXIST);
}

Graded(taxonomy, probes_clean_up, .points = 7, .step = "taxonomy.2",
       .description = "No experiment leaves an object, a file or a process "
                      "behind, or removes what is not its own")
{
    static const char *const probes[] = {"boundaries", "persistence"};

    if (probe_is_memcheck())
        return;
    for (int i = 0; i < 2; i++) {
        struct run *run = launch(ARGS("probe", "all", probes[i]), NATIVE);
        expect_exit(run, 0);
        expect_nothing_left(run);
    }
    expect_foreign_kept();
}

/* ---- taxonomy.3: the choice ------------------------------------------------
 */

/* Two tables: what is so, and what is not so, but is asked for. */
static void write_tables(const struct world *world)
{
    FILE *files[2];
    static const char *const names[] = {"real", "other"};

    for (int i = 0; i < 2; i++) {
        int fd = openat(world_directory(world), names[i],
                        O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        files[i] = fdopen(fd, "w");
        cr_assert_not_null(files[i]);
        for (int m = 0; m < MECHS; m++) {
            /* In the other one each has the cells of the one before. */
            const struct key *row = &key[i == 0 ? m : (m + MECHS - 1) % MECHS];
            (void)fprintf(files[i], "%s", key[m].mech);
            for (int p = 0; p < PROPERTIES; p++)
                (void)fprintf(files[i], "\t%.*s",
                              (int)strcspn(row->cells[p], "|"), row->cells[p]);
            (void)fputc('\n', files[i]);
        }
        cr_assert(fclose(files[i]) == 0);
    }
}

static const struct {
    const char *table, *needs[3], *names;
} choices[] = {
    {"real",
     {"carries=bytes", "boundaries=message", "order=priority"},
     "posix-mq\n"},
    {"real",
     {"direction=bi", "boundaries=stream"},
     "socketpair\ntcp\nunix-socket\n"},
    {"real",
     {"persistence=kernel"},
     "posix-mq\nsysv-msgq\nsysv-sem\nsysv-shm\n"},
    {"real", {"notify=yes", "carries=nothing", "host=same"}, "signal\n"},
    {"real", {"host=network", "order=priority"}, ""},
    {"real", {"direction=uni", "direction=bi"}, ""},
    {"other", {"host=network"}, "file-lock\nudp\n"},
    {"other",
     {"order=none", "pollable=no", "persistence=kernel"},
     "sysv-msgq\nsysv-shm\n"},
    {"other",
     {"relation=any"},
     "file-lock\npipe\nposix-mq\nrt-signal\nsignal\nsocketpair\n"
     "sysv-msgq\nsysv-sem\nsysv-shm\ntcp\nudp\n"},
};

Graded(taxonomy, choose_scenarios, .points = 14, .step = "taxonomy.3",
       .description = "choose prints the mechanisms that meet all "
                      "requirements, in alphabetical order, from any table")
{
    struct world *world = make_world();

    write_tables(world);
    for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
        const char *const args[] = {"choose",
                                    "-t",
                                    choices[i].table,
                                    choices[i].needs[0],
                                    choices[i].needs[1],
                                    choices[i].needs[2],
                                    NULL};
        struct run *run = launch(args, .world = world, .native_only = i > 1);
        expect_output(run, text(choices[i].names));
        expect_exit(run, 0);
        if (probe_is_memcheck() && i == 1)
            return;
    }
}
