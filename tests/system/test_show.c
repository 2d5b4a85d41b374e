// SPDX-License-Identifier: MIT
/*
 * test_show.c - `ipclab show`: does a picture tell all that happened?
 *
 * The programs are none of ours.  What they did is counted in strace's log by
 * searching for words, without the parser that the pictures are made with.
 */
#include <fcntl.h>
#include <jansson.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system.h"

#define WRONG "tests/submissions/pipe/wrong/child_keeps_write_end.c"

static char *in_scratch(const char *name)
{
    return xformat("%s/%s", scratch(), name);
}

/* ---- Counting ----------------------------------------------------------- */

/* How many lines of TEXT match PATTERN (extended). */
static int count_lines(const char *text, const char *pattern)
{
    regex_t regex;
    int count = 0;

    cr_assert(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) == 0);
    char *copy = xstrdup(text), *rest = copy, *line;
    while ((line = strsep(&rest, "\n")) != NULL)
        count += regexec(&regex, line, 0, NULL, 0) == 0;
    free(copy);
    regfree(&regex);
    return count;
}

static bool is_kind(const json_t *step, const char *kind)
{
    return strcmp(json_string_value(json_object_get(step, "kind")), kind) == 0;
}

/* Whether STEP is the only one of its call: not a wait that came to an end. */
static bool is_told_once(const json_t *step)
{
    return !is_kind(step, "wait") ||
           json_is_null(json_object_get(step, "until"));
}

static const char *kind_of_object(const json_t *recording, const json_t *step)
{
    const json_t *index = json_object_get(step, "object");

    if (!json_is_integer(index))
        return "";
    return json_string_value(
        json_object_get(json_array_get(json_object_get(recording, "objects"),
                                       (size_t)json_integer_value(index)),
                        "kind"));
}

/* Steps of RECORDING whose call is one of CALLS, about a pipe or a socket. */
static int count_transfers(const json_t *recording, const char *calls)
{
    json_t *step;
    size_t i;
    int count = 0;

    json_array_foreach(json_object_get(recording, "steps"), i, step) count +=
        is_told_once(step) &&
        list_holds(calls, ',',
                   json_string_value(json_object_get(step, "call"))) &&
        list_holds("pipe,socket", ',', kind_of_object(recording, step));
    return count;
}

static int count_kind(const json_t *recording, const char *kind)
{
    json_t *step;
    size_t i;
    int count = 0;

    json_array_foreach(json_object_get(recording, "steps"), i, step) count +=
        is_kind(step, kind);
    return count;
}

/* ---- Programs that nobody here wrote ------------------------------------ */

static const struct program {
    const char *name;
    const char *argv[6]; /* ends with NULL */
} programs[] = {
    {"a reader who leaves", {"sh", "-c", "yes | head -1"}},
    {"a pipeline", {"sh", "-c", "seq 1 1000 | sort -rn | uniq | wc -l"}},
    {"xargs", {"sh", "-c", "seq 1 8 | xargs -P 4 -n 1 echo"}},
    {"make",
     {"sh", "-c",
      "printf 'all: a b c\\na b c:\\n\\t@echo $@ | cat\\n' | make -j3 -f -"}},
    {"sort", {"sh", "-c", "seq 1 60000 | sort --parallel=4 -S 100K | tail -1"}},
    {"bash", {"bash", "-c", "diff <(seq 1 5) <(seq 2 6); cat <<< hi"}},
    {"a coprocess",
     {"bash", "-c",
      "coproc cat; echo hi >&${COPROC[1]}; read -r x <&${COPROC[0]}; "
      "echo $x"}},
    {"tar", {"sh", "-c", "tar cf - grader/base | gzip | wc -c"}},
    {"perl",
     {"perl", "-e",
      "pipe(R, W); if (fork) { print W qq(hi\\n); close W; wait } else { close "
      "W; print <R> }"}},
    {"the compiler",
     {"sh", "-c", "echo 'int main(){}' | gcc -pipe -xc -o /dev/null -"}},
    {"timeout", {"timeout", "-s", "KILL", "0.2", "cat", "/dev/zero"}},
    {"ssh-agent", {"ssh-agent", "sh", "-c", "ssh-add -l; true"}},
    {"a shell of loops",
     {"sh", "-c",
      "for i in 1 2 3; do (echo $i; exit $i) | while read -r x; do echo $x; "
      "done & done; wait"}},
};

static json_t *show_program(const struct program *program, char **log)
{
    char *json = in_scratch("show.json"), *trace = in_scratch("show.log");
    struct argv argv = {0};

    argv_add_all(&argv, (const char *const[]){"show", "--json", json, "--log",
                                              trace, "--", NULL});
    argv_add_all(&argv, program->argv);
    struct outcome outcome = ipclab((const char *const *)argv.items);
    cr_assert(outcome.status == 0, "%s: status %d: %s", program->name,
              outcome.status, outcome.errors);
    json_t *recordings = json_load_file(json, 0, NULL);
    *log = read_file(AT_FDCWD, trace, 1u << 30, NULL);
    cr_assert(recordings && *log, "%s: nothing was written", program->name);
    argv_release(&argv);
    free(trace);
    free(json);
    return recordings;
}

#define OF_PIPE "\\([0-9]+<(pipe|socket|UNIX-[A-Z]+):\\["

/* A call that the kernel begins again, after a signal that only its tracer has
 * noticed, is one. */
static void expect_transfers(const struct program *program,
                             const json_t *recording, const char *log,
                             const char *call)
{
    char *begun = xformat(" %s" OF_PIPE, call);
    char *again = xformat("[ .]%s(\\(| resumed).* ERESTART", call);
    int steps = count_transfers(recording, call),
        calls = count_lines(log, begun);

    cr_expect(steps <= calls && steps >= calls - count_lines(log, again),
              "%s: %s: %d steps, %d calls", program->name, call, steps, calls);
    free(again);
    free(begun);
}

static void expect_everything(const struct program *program)
{
    static const char *const calls[] = {"read", "write"};
    char *log;
    json_t *recordings = show_program(program, &log);
    const json_t *recording = json_array_get(recordings, 0);

    cr_expect_eq(json_integer_value(json_object_get(recording, "missing")), 0);
    cr_expect_eq(count_kind(recording, "exit"),
                 count_lines(log, "\\+\\+\\+ (exited with|killed by)"),
                 "%s: ends of processes", program->name);
    cr_expect_eq((int)json_array_size(json_object_get(recording, "processes")),
                 1 + count_kind(recording, "fork"), "%s: processes",
                 program->name);
    for (size_t i = 0; i < LENGTH(calls); i++)
        expect_transfers(program, recording, log, calls[i]);
    free(log);
    json_decref(recordings);
}

/* Not every machine has all of them. */
static bool is_installed(const char *name)
{
    const char *rest = getenv("PATH");
    bool found = false;

    while (rest && *rest && !found) {
        size_t size = strcspn(rest, ":");
        char *path = xformat("%.*s/%s", (int)size, rest, name);
        found = access(path, X_OK) == 0;
        free(path);
        rest += size + (rest[size] == ':');
    }
    return found;
}

Test(show, any_program_loses_no_event)
{
    for (size_t i = 0; i < LENGTH(programs); i++)
        if (is_installed(programs[i].argv[0]))
            expect_everything(&programs[i]);
        else
            (void)fprintf(stderr, "show: %s: not installed, and not shown\n",
                          programs[i].name);
    expect_clean_machine();
}

/* ---- A daemon ----------------------------------------------------------- */

Test(show, what_goes_into_the_background_is_left_alone)
{
    struct outcome outcome =
        IPCLAB("show", "--ascii", "--", "sh", "-c", "sleep 1000 & echo $!");
    pid_t pid = (pid_t)strtol(outcome.output, NULL, 10);

    cr_expect_eq(outcome.status, 0, "%s", outcome.errors);
    cr_assert(pid > 1 && kill(pid, 0) == 0, "it goes on");
    (void)kill(pid, SIGKILL);
    cr_expect(strstr(outcome.output, "exec sleep 1000"));
    expect_clean_machine();
}

/* ---- The drawing -------------------------------------------------------- */

static void expect_columns(const char *text)
{
    char *copy = xstrdup(text), *rest = copy, *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        for (const char *c = line; *c; c++)
            cr_expect((unsigned char)*c < 128 && c - line < 80, "%s", line);
    free(copy);
}

Test(show, drawing_fits_eighty_columns_of_ascii)
{
    struct outcome outcome =
        IPCLAB("show", "pipe", "eof", "--solution", "--ascii");

    cr_expect_eq(outcome.status, 0, "%s", outcome.errors);
    cr_expect(strstr(outcome.output, "wrong: child_keeps_write_end"));
    cr_expect(strstr(outcome.output, "should have closed its descriptor 4"));
    cr_expect(strstr(outcome.output, "the solution"));
    expect_columns(outcome.output);
    expect_clean_machine();
}

Test(show, failed_test_names_who_keeps_the_end)
{
    char *json = in_scratch("show.json");
    struct outcome outcome = IPCLAB("show", "pipe", "--test", "upper_empty_eof",
                                    "--submission", WRONG, "--json", json);
    json_t *recordings = json_load_file(json, 0, NULL);
    const json_t *recording = json_array_get(recordings, 0);
    const json_t *waits = json_object_get(recording, "waits");
    size_t lines = 0, i;
    json_t *step;

    cr_assert(outcome.status == 0 && recording, "%s", outcome.errors);
    cr_expect(json_is_true(json_object_get(recording, "hung")));
    cr_expect_eq(json_array_size(waits), 2, "the parent and the child");
    json_array_foreach(json_object_get(recording, "steps"), i, step) lines +=
        json_is_integer(json_object_get(step, "line"));
    cr_expect_geq(lines, 5, "calls know their lines");
    cr_expect(json_object_get(json_object_get(recording, "sources"), "pipe.c"));
    free(json);
    json_decref(recordings);
    expect_clean_machine();
}

/* ---- Alone --------------------------------------------------------------- */

Test(show, who_waits_alone_is_seen_to_wait)
{
    struct outcome outcome = IPCLAB("show", "--ascii", "--", "sleep", "0.2");

    cr_expect_eq(outcome.status, 0, "%s", outcome.errors);
    cr_expect(strstr(outcome.output, "clock_nanosleep (waited "), "%s",
              outcome.output);
    expect_clean_machine();
}

/* The tester puts the messages in, and is not traced. */
Test(show, queue_of_a_tester_has_no_invented_state)
{
    char *json = in_scratch("show.json");
    struct outcome outcome = IPCLAB("show", "msgq", "--solution", "--test",
                                    "take_by_type", "--json", json);
    json_t *recordings = json_load_file(json, 0, NULL), *object;
    const json_t *recording = json_array_get(recordings, 0);
    int queues = 0;
    size_t i;

    cr_assert(outcome.status == 0 && recording, "%s", outcome.errors);
    json_array_foreach(json_object_get(recording, "objects"), i, object)
    {
        if (!is_kind(object, "messages"))
            continue;
        queues++;
        cr_expect(json_is_true(json_object_get(object, "outside")));
        cr_expect_eq(json_array_size(json_object_get(object, "states")), 0);
    }
    cr_expect_geq(queues, 1);
    free(json);
    json_decref(recordings);
    expect_clean_machine();
}

/* ---- MODEL.md ------------------------------------------------------------ */

static void add_name(json_t *set, const char *name, size_t size)
{
    char *copy = xstrndup(name, size);

    (void)json_object_set_new(set, copy, json_true());
    free(copy);
}

/* The members that SECTION of MODEL.md tells of: what is in the first column
 * of a table, and the keys of what is written as JSON. */
static json_t *told_in(const char *section)
{
    json_t *set = json_object();
    const char *end = strstr(section + 1, "\n## ");
    const char *row = NULL;

    end = end ? end : section + strlen(section);
    for (const char *c = section; c < end; c++) {
        size_t word = strspn(c + 1, "abcdefghijklmnopqrstuvwxyz_");
        if (strncmp(c, "\n| ", 3) == 0)
            row = c + 3;
        else if (row && strncmp(c, " |", 2) == 0)
            row = NULL;
        if ((row && *c == '`' && c[1 + word] == '`' && word > 0) ||
            (*c == '"' && word > 0 && strncmp(c + 1 + word, "\":", 2) == 0))
            add_name(set, c + 1, word);
    }
    return set;
}

/* The members of JSON, and of all that is in it. */
static void add_members(json_t *set, const json_t *json)
{
    const char *key;
    json_t *value;
    size_t i;

    json_array_foreach(json, i, value) add_members(set, value);
    json_object_foreach((json_t *)json, key, value)
    {
        add_name(set, key, strlen(key));
        add_members(set, value);
    }
}

static void expect_subset(const json_t *one, const json_t *other,
                          const char *section, const char *what)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)one, key, value) cr_expect(
        json_object_get(other, key), "MODEL.md, %s: %s %s", section, key, what);
}

/* What MODEL.md tells of LIST ("": of a recording), and what RECORDINGS have
 * there, are the same. */
static void expect_told(const char *model, const json_t *recordings,
                        const char *list)
{
    char *head = xformat("\n## `%s`\n", list);
    const char *section = *list ? strstr(model, head) : model;
    json_t *had = json_object(), *recording, *value;
    const char *key;
    size_t i;

    cr_assert(section, "MODEL.md has no section %s", list);
    json_t *told = told_in(section);
    (void)json_object_del(told, *list ? "" : "kind"); /* an example's */
    json_array_foreach(recordings, i, recording)
    {
        if (*list)
            add_members(had, json_object_get(recording, list));
        else
            json_object_foreach(recording, key, value)
                add_name(had, key, strlen(key));
    }
    expect_subset(had, told, list, "is not told of");
    expect_subset(told, had, list, "is in no recording");
    json_decref(told);
    json_decref(had);
    free(head);
}

/* Add what `show WORDS` records to RECORDINGS. */
static void add_recording(json_t *recordings, const char *const words[])
{
    char *json = in_scratch("show.json");
    struct argv argv = {0};

    argv_add_all(&argv, (const char *const[]){"show", "--json", json, NULL});
    argv_add_all(&argv, words);
    struct outcome outcome = ipclab((const char *const *)argv.items);
    json_t *new = json_load_file(json, 0, NULL);
    cr_assert(outcome.status == 0 && new, "%s", outcome.errors);
    (void)json_array_extend(recordings, new);
    json_decref(new);
    argv_release(&argv);
    free(json);
}

Test(show, recording_is_what_model_md_says)
{
    static const char *const lists[] = {
        "", "processes", "objects", "descriptors", "steps", "waits"};
    json_t *recordings = json_array();
    char *model = read_file(AT_FDCWD, "grader/show/MODEL.md", 1u << 20, NULL);

    cr_assert(model);
    add_recording(recordings,
                  (const char *const[]){"pipe", "--test", "upper_empty_eof",
                                        "--submission", WRONG, NULL});
    /* A socket has items. */
    add_recording(recordings,
                  (const char *const[]){
                      "--", "perl", "-MSocket", "-e",
                      "socketpair(A, B, AF_UNIX, SOCK_STREAM, PF_UNSPEC); "
                      "syswrite(A, q(x)); sysread(B, $x, 1)",
                      NULL});
    for (size_t i = 0; i < LENGTH(lists); i++)
        expect_told(model, recordings, lists[i]);
    free(model);
    json_decref(recordings);
    expect_clean_machine();
}

/* ---- Refused ------------------------------------------------------------- */

static void expect_refused(struct outcome outcome, int status,
                           const char *words)
{
    cr_expect_eq(outcome.status, status, "%s", outcome.errors);
    cr_expect(strstr(outcome.errors, words), "%s", outcome.errors);
    expect_clean_machine();
}

/* Wait until the file at PATH, which is removed then, is there. */
static void expect_file(const char *path)
{
    int64_t deadline = now_ms() + 30000;

    while (unlink(path) < 0)
        cr_assert(now_ms() < deadline && usleep(20000) == 0, "%s", path);
}

static void survive(int signal)
{
    (void)signal;
}

static void expect_end_by(int first, int second, int status)
{
    char *path = in_scratch("reached");
    char *script = xformat("trap ': >%s' INT; sleep 600 & : >%s; "
                           "while :; do sleep 0.1; done",
                           path, path);
    pid_t pid = ipclab_start(
        (const char *const[]){"show", "--", "sh", "-c", script, NULL});

    expect_file(path);
    if (first) { /* as ^C: for all of the terminal's group */
        cr_assert_eq(kill(0, first), 0);
        expect_file(path);
    }
    cr_assert_eq(kill(pid, second), 0);
    struct outcome outcome = ipclab_wait(pid);
    cr_expect_eq(outcome.status, status, "%d %s", outcome.status,
                 outcome.errors);
    free(script);
    free(path);
    expect_clean_machine();
}

Test(show, the_second_interrupt_ends_all, .timeout = 120)
{
    (void)setpgid(0, 0);
    (void)signal(SIGINT, survive); /* which the command does not inherit */
    expect_end_by(SIGINT, SIGINT, 0);
}

Test(show, sigterm_ends_all, .timeout = 120)
{
    expect_end_by(0, SIGTERM, 128 + SIGTERM);
}

Test(show, hangup_ends_all, .timeout = 120)
{
    (void)signal(SIGHUP, SIG_DFL); /* nohup(1) may have started the tests */
    expect_end_by(0, SIGHUP, 128 + SIGHUP);
}

Test(show, refuses_what_is_not_there)
{
    expect_refused(IPCLAB("show", "pipe", "no_such"), 2, "no such scenario");
    expect_refused(IPCLAB("show", "no_such"), 2, "no such lab");
    expect_refused(IPCLAB("show", "pipe", "--test", "no_such"), 2,
                   "no such test");
    expect_refused(IPCLAB("show", "--", "no-such-command"), 3,
                   "ipclab: no-such-command: No such file or directory; name");
    expect_refused(IPCLAB("show", "--", "/tmp"), 3,
                   "ipclab: /tmp: Is a directory; name");
    expect_refused(IPCLAB("show", "--"), 2, "no command");
}

/* Whatever would have no effect. */
Test(show, refuses_what_contradicts_itself)
{
    static const struct {
        const char *words[7]; /* end with NULL */
        const char *message;
    } refused[] = {
        {{"pipe", "eof", "--test", "filter_1mib"}, "scenario or --test"},
        {{"pipe", "eof", "--", "filter", "cat"}, "scenario or arguments"},
        {{"pipe", "--test", "filter_1mib", "--", "x"}, "--test or arguments"},
        {{"pipe", "eof", "--log", "log"}, "--log is for a command"},
        {{"pipe", "--test", "filter_1mib", "--wrong"}, "--wrong is for a"},
        {{"pipe", "--wrong", "--", "upper"}, "--wrong is for a"},
        {{"pipe", "eof", "--solution", "--submission", WRONG},
         "--solution or --submission"},
        {{"pipe", "eof", "--wrong", "--submission", WRONG},
         "--wrong or --submission"},
        {{"pipe", "eof", "--wrong", "--solution"}, "--wrong or --solution"},
        {{"--solution", "--", "true"}, "need a LAB"},
        {{"--test", "filter_1mib"}, "need a LAB"},
    };

    for (size_t i = 0; i < LENGTH(refused); i++) {
        struct argv argv = {0};
        argv_add(&argv, "show");
        argv_add_all(&argv, refused[i].words);
        struct outcome outcome = ipclab((const char *const *)argv.items);
        cr_expect_eq(count_lines(outcome.errors, "."), 1, "one line: %s",
                     outcome.errors);
        expect_refused(outcome, 2, refused[i].message);
        argv_release(&argv);
    }
}
